"""Shares of a hidden population from a respondent-driven sample, where people with many ties are found first.

Volz and Heckathorn's weights hold for a sample that is small beside its population, Gile's for one that is
not: they need the size of the population, and so show how the answer moves with it.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from yupana.core.errors import DataError
from yupana.evidence.populations.bounds import NORMAL_95

if TYPE_CHECKING:
    import numpy as np

SEED = -1
"""The recruiter of a respondent whom nobody recruited."""


@dataclass(frozen=True)
class Share:
    """An estimated share of a population.

    Attributes
    ----------
    method : ``rds-ii`` or ``successive-sampling``.
    share, se : 0 to 1, and its standard error.
    low, high : 95 percent interval, normal in the log odds, so within 0 and 1; 0 to 1 where the share is an
    end. respondents : people asked.
    note : how the standard error was found.
    citation : key of docs/references.bib.
    """

    method: str
    share: float
    se: float
    low: float
    high: float
    respondents: int
    note: str
    citation: str


def rds_ii(
    trait: Sequence[int],
    degrees: Sequence[float],
    recruiters: Sequence[int] | None = None,
    resamples: int = 1000,
    seed: int = 0,
) -> Share:
    """The share with the trait, each respondent weighed by one over the number of ties.

    Parameters
    ----------
    trait : (respondent,), 0 or 1.
    degrees : (respondent,), ties to members of the population, 1 or more.
    recruiters : (respondent,), position of who recruited each, -1 for a seed. With it the standard error
    comes from
        Salganik's bootstrap along the chains; without it from the weights alone, and is too small wherever
        people recruit their like.
    resamples, seed : of the bootstrap.

    Raises
    ------
    DataError
        Y232 where the columns differ in length or hold values that cannot be.

    References
    ----------
    volzheckathorn2008, salganik2006
    """
    import numpy as np

    has, ties = _checked(trait, degrees)
    weights = 1.0 / ties
    share = float(weights @ has / weights.sum())
    if recruiters is None:
        se = math.sqrt(len(has) / (len(has) - 1) * np.sum((weights * (has - share)) ** 2)) / weights.sum()
        note = "standard error of independent respondents: too small where people recruit their like"
    else:
        se = _chain_error(has, weights, recruiters, resamples, seed)
        note = "standard error from a bootstrap along the chains of recruitment"
    return _share("rds-ii", share, float(se), len(has), note, "volzheckathorn2008")


def successive_sampling(trait: Sequence[int], degrees: Sequence[float], population: float) -> Share:
    """The share with the trait under Gile's weights, for a population of a given size.

    Parameters
    ----------
    trait : (respondent,), 0 or 1.
    degrees : (respondent,), ties, 1 or more.
    population : people, at least as many as respondents.

    Raises
    ------
    DataError
        Y232 where the columns differ in length or hold values that cannot be, or the population is too small.

    References
    ----------
    gile2011
    """
    import numpy as np

    has, ties = _checked(trait, degrees)
    weights = successive_weights(ties.tolist(), population)
    share = float(weights @ has / weights.sum())
    # Linearised for unequal chances without replacement: what is wholly sampled has no error.
    chances = 1.0 / weights
    se = math.sqrt(np.sum((1.0 - chances) * (weights * (has - share)) ** 2)) / weights.sum()
    note = f"for a population of {population:,.0f}; standard error of independent recruitment"
    return _share("successive-sampling", share, float(se), len(has), note, "gile2011")


def successive_weights(degrees: Sequence[float], population: float) -> np.ndarray:
    """(respondent,), one over the chance to be sampled when people are drawn one by one by their ties.

    Drawing in proportion to ties without replacement is, in a large population, the same as giving each
    person of degree d a waiting time of rate d and stopping at a common time t: the chance is 1 - exp(-d t),
    and t is where weights add up to the population. Gile finds the same chances by simulation.

    Parameters
    ----------
    degrees : (respondent,), ties, 1 or more.
    population : people, at least as many as respondents.

    Raises
    ------
    DataError
        Y232 for a population below the number of respondents.

    References
    ----------
    gile2011
    """
    import numpy as np
    from scipy.optimize import brentq

    ties = np.asarray(degrees, dtype=float)
    if not population >= len(ties):
        raise DataError(
            "the population is smaller than its sample", code="Y232", got=f"{population:,.0f}",
            expected=f"at least the {len(ties)} respondents",
        )  # fmt: skip
    if population == len(ties):
        return np.ones(len(ties))

    def excess(log_time: float) -> float:
        return float(np.sum(1.0 / -np.expm1(-ties * math.exp(log_time)))) - population

    # Weights lie above 1 / (d t), and below 1 + 1 / (d t): the ends bracket the root.
    low = math.log(np.sum(1.0 / ties) / population) - 1.0
    high = math.log(np.sum(1.0 / ties) / (population - len(ties))) + 1.0
    time = math.exp(float(brentq(excess, low, high, xtol=1e-13)))  # type: ignore[arg-type]
    return 1.0 / -np.expm1(-ties * time)


def _share(method: str, share: float, se: float, respondents: int, note: str, citation: str) -> Share:
    if not 0.0 < share < 1.0:
        return Share(method, share, se, 0.0, 1.0, respondents, f"{note}; all respondents are alike", citation)
    centre = math.log(share / (1.0 - share))
    reach = NORMAL_95 * se / (share * (1.0 - share))
    low, high = (1.0 / (1.0 + math.exp(-x)) for x in (centre - reach, centre + reach))
    return Share(method, share, se, low, high, respondents, note, citation)


def _checked(trait: Sequence[int], degrees: Sequence[float]) -> tuple[np.ndarray, np.ndarray]:
    import numpy as np

    has, ties = np.asarray(trait, dtype=float), np.asarray(degrees, dtype=float)
    if has.ndim != 1 or has.shape != ties.shape or len(has) < 2:
        raise DataError("trait and degrees do not fit", code="Y232", got=f"{has.size} and {ties.size} values",
                        expected="one of each for every respondent, of two or more")  # fmt: skip
    wrong = np.flatnonzero(~np.isin(has, (0.0, 1.0)) | ~(ties >= 1.0) | ~np.isfinite(ties))
    if len(wrong):
        i = int(wrong[0])
        raise DataError("a respondent's answer cannot be", code="Y232", where=f"respondent {i + 1}",
                        got=f"trait {has[i]:g}, degree {ties[i]:g}",
                        expected="trait 0 or 1, degree 1 or more")  # fmt: skip
    return has, ties


def _chain_error(
    has: np.ndarray, weights: np.ndarray, recruiters: Sequence[int], resamples: int, seed: int
) -> float:
    """Standard deviation of shares resampled along the chains: after one with the trait comes someone whom
    one with the trait recruited, and so on."""
    import numpy as np

    by = np.asarray(recruiters, dtype=int)
    if by.shape != has.shape or np.any((by < SEED) | (by >= len(has))):
        raise DataError("recruiters do not fit", code="Y232", got=f"{by.size} recruiters",
                        expected=f"-1 or a position below {len(has)} for each respondent")  # fmt: skip
    recruited = [np.flatnonzero((by != SEED) & (has[np.maximum(by, 0)] == kind)) for kind in (0.0, 1.0)]
    if any(len(group) == 0 for group in recruited):
        raise DataError(
            "chains too short for their bootstrap", code="Y232",
            got="nobody recruited by those with the trait, or by those without",
            expected="recruits of both kinds",
            fix="Leave out recruiters: the error is then of the weights alone.",
        )  # fmt: skip
    rng = np.random.default_rng(seed)
    current = rng.integers(len(has), size=resamples)
    top, bottom = np.zeros(resamples), np.zeros(resamples)
    for _ in range(len(has)):
        top += weights[current] * has[current]
        bottom += weights[current]
        uniform = rng.random(resamples)
        after = [group[(uniform * len(group)).astype(int)] for group in recruited]
        current = np.where(has[current] == 1.0, after[1], after[0])
    return float(np.std(top / bottom, ddof=1))
