"""Sizes by sample coverage: the share of all chances to be seen that belongs to people who were seen.

Where few people stand on one list alone, the lists cover most of the population and whatever made some people
easier to see than others matters little. The coverage says how much is left to assume.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from yupana.evidence.populations.single import check_frequencies
from yupana.evidence.populations.specification import Specification

if TYPE_CHECKING:
    from yupana.evidence.populations.lists import CaptureTable

ENOUGH = 0.55
"""Coverage from which the full correction for dependence is stable enough to be read (chao2001)."""

LABEL = "Chao and Lee, coverage"

RESAMPLES = 1000
"""Parametric bootstrap samples behind an interval: 25 of them lie beyond each end."""


@dataclass(frozen=True)
class Coverage:
    """Sizes of several lists by sample coverage.

    Attributes
    ----------
    coverage : estimated share of the lists' capture chances that belongs to people seen.
    independent : all people, if lists are independent.
    low_coverage : all people, corrected once for pairwise dependence. None unless there are three lists.
    high_coverage : all people, corrected in full: for good coverage only. None where it has no value.
    """

    coverage: float
    independent: float | None
    low_coverage: float | None
    high_coverage: float | None


def sample_coverage(table: CaptureTable) -> Coverage:
    """Coverage of two or more lists, and the sizes that follow.

    With n_k on list k and u_k on it alone, coverage is 1 - mean(u_k / n_k); D = seen - mean(u_k) is the mean
    number seen without one list, and D / coverage the size if lists are independent (Petersen's for two).
    The coefficient of covariation of two lists, size * both / (n_j n_k) - 1, corrects it for three lists.

    Parameters
    ----------
    table : two or more lists.

    References
    ----------
    chaotsay1998, chao2001
    """
    return _coverage([float(count) for count in table.counts], table.lists)


def _coverage(cells: Sequence[float], lists: int) -> Coverage:
    masks = range(len(cells))
    on = [sum(cells[m] for m in masks if m >> k & 1) for k in range(lists)]
    alone = [cells[1 << k] for k in range(lists)]
    if min(on) <= 0:
        return Coverage(0.0, None, None, None)
    coverage = 1.0 - sum(u / n for u, n in zip(alone, on, strict=True)) / lists
    if coverage <= 0:
        return Coverage(0.0, None, None, None)
    seen = sum(cells)
    independent = (seen - sum(alone) / lists) / coverage
    if lists != 3:
        return Coverage(coverage, independent, None, None)
    slope = constant = 0.0
    for j, k in ((0, 1), (0, 2), (1, 2)):
        third = 3 - j - k
        # Found by one of the pair and missed by the third list: the weight of the pair's dependence.
        missed = sum(cells[m] * ((m >> j & 1) + (m >> k & 1)) for m in masks if not m >> third & 1)
        both = sum(cells[m] for m in masks if m >> j & 1 and m >> k & 1)
        slope += missed * both / (on[j] * on[k]) / (3.0 * coverage)
        constant += missed / (3.0 * coverage)
    # size = independent + slope size - constant: iterated once from independence, or solved.
    once = independent + slope * independent - constant
    low = independent + slope * once - constant
    high = (independent - constant) / (1.0 - slope) if slope < 1.0 else None
    return Coverage(coverage, independent, low, high)


def coverage_rows(
    table: CaptureTable, resamples: int = RESAMPLES, seed: int = 0
) -> tuple[Specification, ...]:
    """Rows of the sizes by sample coverage, with intervals from a parametric bootstrap.

    Each resample draws the table again from as many people as the row estimates, the unseen among them.

    Parameters
    ----------
    table : two or more lists.
    resamples : bootstrap samples.
    seed : of the resamples.
    """
    found = sample_coverage(table)
    rows = []
    for name, reason in _reasons(table, found).items():
        size = getattr(found, name)
        options = name.replace("_", " ")
        if size is None or size < table.n:
            why = reason if size is None else f"the estimate, {size:.0f}, is below the {table.n} people seen"
            rows.append(Specification("sample-coverage", options, (), None, None, None, why))
            continue
        low, high = _bootstrap_interval(
            table.counts[1:], size, lambda again, name=name: _size(again, table.lists, name), resamples, seed
        )
        if high is None:
            reason = f"{reason}; the data set no upper bound"
        rows.append(
            Specification("sample-coverage", options, (), size, low, high, reason, citation="chaotsay1998")
        )
    return tuple(rows)


def _size(counts: Sequence[int], lists: int, name: str) -> float | None:
    return getattr(_coverage([0.0, *counts], lists), name)


def _reasons(table: CaptureTable, found: Coverage) -> dict[str, str]:
    """Size -> what to know of it, or why there is none."""
    share = f"coverage {found.coverage:.2f}"
    if found.independent is None:
        return {"independent": "nobody stands on two lists, or a list is empty: coverage is zero"}
    reasons = {"independent": f"{share}; assumes that lists are independent"}
    if table.lists == 3:
        reasons["low_coverage"] = f"{share}; corrected once for dependence, often a lower bound"
        steady = "good enough" if found.coverage >= ENOUGH else f"below {ENOUGH}: unstable"
        failed = "the correction for dependence has no finite solution"
        reasons["high_coverage"] = failed if found.high_coverage is None else f"{share}, {steady}"
    return reasons


def _bootstrap_interval(
    seen: Sequence[int],
    size: float,
    estimate: Callable[[list[int]], float | None],
    resamples: int,
    seed: int,
) -> tuple[float, float | None]:
    """2.5 and 97.5 percent of the sizes of tables drawn anew; one without a positive size counts as infinite.

    seen : (cell,), people seen; estimate : of the counts of these cells.
    """
    import numpy as np

    people = sum(seen)
    chances = np.array([size - people, *seen]) / size
    draws = np.random.default_rng(seed).multinomial(round(size), chances, size=resamples)
    values = np.full(resamples, np.inf)
    for position, draw in enumerate(draws):
        value = estimate(draw[1:].tolist())
        if value is not None and value > 0:
            values[position] = value
    low, high = np.quantile(values, (0.025, 0.975), method="inverted_cdf")
    return max(float(low), float(people)), float(high) if np.isfinite(high) else None


def chao_lee(frequencies: Mapping[int, int], resamples: int = RESAMPLES, seed: int = 0) -> Specification:
    """Size of one list by the coverage of its sightings, corrected for unequal rates.

    Coverage is c = 1 - f1 / sightings, and N = people / c + cv^2 sightings (1 - c) / c, with cv^2 the squared
    variation of rates, estimated too. Where coverage is low, cv^2 is estimated too low, and so is the size;
    the bootstrap's interval does not hold that.

    Parameters
    ----------
    frequencies : times seen -> people seen exactly so often.
    resamples, seed : of the bootstrap.

    Raises
    ------
    DataError
        Y232 for a count or times that cannot be, Y236 where nobody was seen.

    References
    ----------
    chaolee1992
    """
    checked = check_frequencies(frequencies)
    times, people = list(checked), list(checked.values())
    size, coverage, spread = _chao_lee(times, people)
    if size is None:
        reason = "nobody was seen twice: coverage is zero"
        return Specification("chao-lee", "", (), None, None, None, reason, LABEL)
    low, high = _bootstrap_interval(people, size, lambda again: _chao_lee(times, again)[0], resamples, seed)
    options = f"coverage {coverage:.2f}, squared variation of rates {spread:.2f}"
    note = "too low where coverage is" + ("" if high is not None else "; the data set no upper bound")
    return Specification("chao-lee", options, (), size, low, high, note, LABEL, "chaolee1992")


def _chao_lee(times: Sequence[int], people: Sequence[int]) -> tuple[float | None, float, float]:
    """Size, coverage and squared variation of rates; no size where coverage is zero."""
    sightings = sum(t * n for t, n in zip(times, people, strict=True))
    once = sum(n for t, n in zip(times, people, strict=True) if t == 1)
    if sightings <= once:
        return None, 0.0, 0.0
    coverage = 1.0 - once / sightings
    even = sum(people) / coverage
    pairs = sum(t * (t - 1) * n for t, n in zip(times, people, strict=True))
    spread = max(even * pairs / (sightings * (sightings - 1)) - 1.0, 0.0)
    return even + sightings * (1.0 - coverage) / coverage * spread, coverage, spread
