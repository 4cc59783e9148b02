"""Where evidence disagrees: one quantity seen from two sides of the data."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from yupana.core.errors import DataError
from yupana.evidence.reconcile.gaussian import LinearGaussian
from yupana.evidence.reconcile.whitening import Floats

TELLS = 0.01
"""Share of a quantity's variance that a side must remove, below which it is said to tell nothing about it."""


@dataclass(frozen=True)
class Split:
    """One quantity estimated twice, once by each side of the data.

    Attributes
    ----------
    first : mean and variance by the prior and the first side's data (upstream of the quantity).
    second : mean and variance by the second side's data alone, with a flat prior on the quantity itself.
    difference, variance : first less second, and the variance of that if both see the same quantity.
    z, p_value : difference over its standard deviation, and the two-sided chance of a larger one.
    """

    first: tuple[float, float]
    second: tuple[float, float]
    difference: float
    variance: float
    z: float
    p_value: float


def split_node(
    balance: LinearGaussian, weights: Floats, first: Iterable[str], second: Iterable[str]
) -> Split | None:
    """Return how the quantity w'x differs between two sides of the data: node splitting.

    The quantity is copied. The first copy keeps its prior (what is known of its inputs) and the first side's
    data; the second has a flat prior and sees only the second side's data through what lies between. Data of
    neither side inform everything else first. The variance of the difference counts what the two sides share,
    so that p is uniform where the sides agree, also for a quantity that does not separate them fully.

    Parameters
    ----------
    weights : (unknown,) w. first, second : names of rows.

    Returns
    -------
    The split; None where the second side tells nothing about the quantity.

    Raises
    ------
    DataError
        Y247 where a row stands on both sides; Y248 where the quantity has no prior.

    References
    ----------
    .. [1] presanis2013
    .. [2] marshallspiegelhalter2007
    """
    from scipy.special import ndtr

    one, two = _places(balance, first), _places(balance, second)
    if both := sorted({balance.rows[at] for at in one} & {balance.rows[at] for at in two}):
        raise DataError("a datum stands on both sides", code="Y247", got=", ".join(both))
    if not two:
        return None
    base = balance.without(balance.rows[at] for at in (*one, *two)).solution
    middle, spread = base.estimate(weights)
    shift_one, gain_one, seen_one = _side(balance, base.mean, base.cov, weights, one)
    shift_two, gain_two, seen_two = _side(balance, base.mean, base.cov, weights, two)
    if seen_two < TELLS * spread:
        return None
    alone = spread / seen_two  # takes the prior of the quantity out of what the second side says
    shared = balance.design[one] @ base.cov @ balance.design[two].T + balance.errors[np.ix_(one, two)]
    variance = seen_one + alone**2 * seen_two - 2 * alone * float(gain_one @ shared @ gain_two)
    difference = shift_one - alone * shift_two
    z = difference / np.sqrt(variance)
    return Split(
        first=(middle + shift_one, spread - seen_one),
        second=(middle + alone * shift_two, spread * (alone - 1.0)),
        difference=difference,
        variance=variance,
        z=float(z),
        p_value=float(2 * ndtr(-abs(z))),
    )


def _places(balance: LinearGaussian, rows: Iterable[str]) -> list[int]:
    wanted = set(rows)
    return [at for at, row in enumerate(balance.rows) if row in wanted]


def _side(
    balance: LinearGaussian, mean: Floats, cov: Floats, weights: Floats, at: list[int]
) -> tuple[float, Floats, float]:
    """Return how far one side's data move the quantity, by what gain, and the variance that they remove."""
    from scipy.linalg import cho_factor, cho_solve

    if not at:
        return 0.0, np.zeros(0), 0.0
    design = balance.design[at]
    seen = design @ cov @ design.T + balance.errors[np.ix_(at, at)]
    scale = np.sqrt(np.diag(seen))  # units of the rows do not matter
    factor = cho_factor(seen / np.outer(scale, scale))
    link = design @ cov @ weights / scale
    gain = cho_solve(factor, link) / scale
    innovation = balance.values[at] - design @ mean
    return float(gain @ innovation), gain, float(link @ (gain * scale))
