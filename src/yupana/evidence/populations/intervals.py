"""Intervals: profile likelihood of a given model, and a BCa bootstrap that repeats the choice of model."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from yupana.core.errors import UsageError
from yupana.evidence.populations.loglinear import Design
from yupana.evidence.populations.newton import Bools, Cells, Floats, newton

RESAMPLES = 1000
LEVEL = 0.95
KINDS = ("nonparametric", "parametric")
_FAR = 200.0  # times the estimate of the unseen, up to which an upper end is looked for

Estimator = Callable[[Floats], Floats]
"""(table, cell) people -> (table,) estimates of the whole population, NaN where there is none."""


@dataclass(frozen=True)
class Interval:
    """An interval of the whole population.

    Attributes
    ----------
    low, high : people; None where the end is not bounded by the data.
    note : what to know about it, in words; empty if nothing.
    """

    low: float | None
    high: float | None
    note: str = ""


def resample(
    counts: Floats, resamples: int, seed: int, fitted: Floats | None = None, n_hat: float | None = None
) -> Floats:
    """(resample, cell), tables of people drawn anew.

    Parameters
    ----------
    counts : (cell,), people seen.
    resamples, seed : how many, and the seed of the random numbers.
    fitted, n_hat : (cell,) means of a model and its whole population: people are then drawn from the model,
        and those who fall into no cell stay unseen (parametric). Without them, the people seen are drawn with
        replacement (nonparametric).
    """
    random = np.random.Generator(np.random.Philox(seed))
    if fitted is None or n_hat is None:
        return random.multinomial(int(counts.sum()), counts / counts.sum(), size=resamples).astype(float)
    shares = np.append(fitted, max(n_hat - fitted.sum(), 0.0))
    drawn = random.multinomial(round(n_hat), shares / shares.sum(), size=resamples)
    return drawn[:, :-1].astype(float)


def bca(counts: Floats, estimator: Estimator, tables: Floats, level: float = LEVEL) -> Interval:
    """The bias-corrected and accelerated interval of an estimator that chooses its model anew in each table.

    The acceleration comes from leaving out one person of each cell that has any. A resample without an
    estimate counts as beyond the upper end: more of them than the upper tail holds leave it open.

    Parameters
    ----------
    counts : (cell,), people seen.
    estimator : from tables to estimates, selection included.
    tables : (resample, cell), from `resample`.

    References
    ----------
    efron1987, silverman2024.
    """
    from scipy.special import ndtr, ndtri

    cells = np.flatnonzero(counts > 0)
    left_out = np.repeat(counts[None, :], len(cells), axis=0)
    left_out[np.arange(len(cells)), cells] -= 1.0
    found = estimator(np.vstack([counts[None, :], left_out, tables]))
    estimate, jackknife, draws = found[0], found[1 : len(cells) + 1], found[len(cells) + 1 :]
    if not np.isfinite(estimate):
        return Interval(None, None)
    missing = int(np.isnan(draws).sum())
    draws = np.sort(np.where(np.isnan(draws), np.inf, draws))
    note = f"{missing} of {len(draws):,} resamples had no estimate" if missing else ""
    if missing > (1.0 - level) / 2.0 * len(draws):
        # Bending the ends by a bias that the missing ones feign would hide them: plain percentiles.
        low = _at(draws, (1.0 - level) / 2.0 * (len(draws) - 1.0))
        return Interval(low, None, f"{note}: the upper end is not bounded")
    below = (draws < estimate).mean() + 0.5 * (draws == estimate).mean()
    edge = 0.5 / len(draws)
    shift = float(ndtri(np.clip(below, edge, 1.0 - edge)))
    ends = ndtri(np.array([(1.0 - level) / 2.0, (1.0 + level) / 2.0]))
    bent = shift + (shift + ends) / (1.0 - _acceleration(jackknife, counts[cells]) * (shift + ends))
    places = ndtr(bent) * (len(draws) + 1) - 1
    low, high = (_at(draws, float(place)) for place in places)
    return Interval(low, high, note)


def _acceleration(jackknife: Floats, weights: Floats) -> float:
    good = np.isfinite(jackknife)
    if not good.any():
        return 0.0
    values, weights = jackknife[good], weights[good]
    apart = np.average(values, weights=weights) - values
    spread = float((weights * apart**2).sum()) ** 1.5
    return float((weights * apart**3).sum()) / (6.0 * spread) if spread > 0 else 0.0


def _at(draws: Floats, place: float) -> float | None:
    """The value at a place between two sorted draws; None where it is not finite."""
    place = min(max(place, 0.0), len(draws) - 1.0)
    below, above = draws[int(np.floor(place))], draws[int(np.ceil(place))]
    if not np.isfinite(above):
        return None
    return float(below + (place - np.floor(place)) * (above - below))


def profile(design: Design, counts: Floats, on: Bools, n_hat: float, level: float = LEVEL) -> Interval:
    """The profile likelihood interval of the whole population, the model given.

    The number of the unseen is held at each of many values, the model fitted to the completed table, and the
    multinomial likelihood compared with its largest value.

    Parameters
    ----------
    design, on : the model, as in `loglinear.fit`. counts : (cell,), people seen. n_hat : its estimate.

    References
    ----------
    cormack1992.
    """
    from scipy.special import chdtri

    unseen = max(n_hat - counts.sum(), 1e-3)
    grid = np.concatenate([[0.0], unseen * np.geomspace(1.0 / _FAR, _FAR, 120)])
    values = _complete(design, counts, on, grid)
    for _ in range(2):  # twice finer around both ends
        drop = 2.0 * (values.max() - values) - float(chdtri(1.0, 1.0 - level))
        inside = np.flatnonzero(drop <= 0)
        first, last = int(inside[0]), int(inside[-1])
        near = [grid]
        if first > 0:
            near.append(np.linspace(grid[first - 1], grid[first], 12)[1:-1])
        if last < len(grid) - 1:
            near.append(np.linspace(grid[last], grid[last + 1], 12)[1:-1])
        grid = np.sort(np.concatenate(near))
        values = _complete(design, counts, on, grid)
    drop = 2.0 * (values.max() - values) - float(chdtri(1.0, 1.0 - level))
    inside = np.flatnonzero(drop <= 0)
    low = float(counts.sum() + grid[inside[0]])
    high = float(counts.sum() + grid[inside[-1]]) if inside[-1] < len(grid) - 1 else None
    return Interval(low, high, "" if high is not None else "the likelihood does not bound the upper end")


def _complete(design: Design, counts: Floats, on: Bools, unseen: Floats) -> Floats:
    """(value,), profile multinomial log likelihood at each number of the unseen, up to a constant."""
    from scipy.special import gammaln, xlogy

    full = np.hstack([unseen[:, None], np.broadcast_to(counts, (len(unseen), len(counts)))])
    gone = on & (counts @ design.matrix == 0)
    kept = np.append(True, (design.matrix @ gone) == 0)
    cells = Cells(design.lists, [design.terms[i] for i in np.flatnonzero(on & ~gone)])
    active = np.ones((len(unseen), len(cells.terms)), dtype=bool)
    _, mean, _, _ = newton(cells, full, np.tile(kept, (len(unseen), 1)), active)
    total = full.sum(axis=1)
    found = xlogy(full, np.maximum(mean, 1e-300)).sum(axis=1) - gammaln(unseen + 1.0)
    return found - xlogy(total, total) + gammaln(total + 1.0)


def check_kind(kind: str) -> str:
    """`kind` of bootstrap if there is one of that name.

    Raises
    ------
    UsageError
        Y102 where there is none.
    """
    if kind not in KINDS:
        raise UsageError(f"unknown bootstrap {kind!r}", got=kind, expected=" or ".join(KINDS))
    return kind
