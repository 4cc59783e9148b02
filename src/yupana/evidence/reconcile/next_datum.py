"""Which datum next: how much of a total's variance one more measurement would remove."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from yupana.evidence.reconcile.gaussian import Solution
from yupana.evidence.reconcile.whitening import Floats


@dataclass(frozen=True, eq=False)
class Candidate:
    """A measurement that could be made.

    Attributes
    ----------
    name : what is measured, by whom. row : a row of that kind, whose error it is expected to have.
    design : (unknown,) what it would see. variance : of its error.
    """

    name: str
    row: str
    design: Floats
    variance: float


@dataclass(frozen=True)
class Worth:
    """What one more measurement would remove from the variance of one total.

    Attributes
    ----------
    candidate : the measurement.
    reduction : share of the total's posterior variance that it is expected to remove, 0 to 1.
    sd : standard deviation of the total that would be left.
    """

    candidate: Candidate
    reduction: float
    sd: float


def rank_data(solution: Solution, weights: Floats, candidates: Iterable[Candidate]) -> tuple[Worth, ...]:
    """Return candidates by what they would remove from the variance of w'x, the most first.

    With Gaussian errors the reduction does not depend on the figure that would be found:
    (w' C h)^2 / (h' C h + r), where C is the posterior covariance, h the design and r the error's variance.

    References
    ----------
    .. [1] lindley1956
    """
    variance = float(weights @ solution.cov @ weights)
    toward = solution.cov @ weights
    found = []
    for candidate in candidates:
        seen = float(candidate.design @ solution.cov @ candidate.design) + candidate.variance
        gone = float(candidate.design @ toward) ** 2 / seen
        left = max(variance - gone, 0.0)
        found.append(Worth(candidate, gone / variance if variance else 0.0, float(np.sqrt(left))))
    return tuple(sorted(found, key=lambda item: (-item.reduction, item.candidate.name)))
