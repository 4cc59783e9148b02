"""Intervals from a standard error that keep to what a size can be: not below those seen, not below zero."""

from __future__ import annotations

import math

NORMAL_95 = 1.959963984540054
"""The 97.5 percent point of the standard normal distribution."""


def interval_above(n: float, n_hat: float, se: float) -> tuple[float, float]:
    """95 percent interval of a size, log-normal in the people who were not seen.

    With f = n_hat - n and c = exp(1.96 sqrt(log(1 + (se / f)^2))) it is n + f / c to n + f c: no end below n,
    and a longer upper arm, as such estimates have (chao1987).

    Parameters
    ----------
    n : people seen.
    n_hat, se : estimate of all people and its standard error.
    """
    unseen = n_hat - n
    if unseen <= 0:
        return float(n), float(n)
    factor = math.exp(NORMAL_95 * math.sqrt(math.log1p((se / unseen) ** 2)))
    return n + unseen / factor, n + unseen * factor


def interval_of_positive(value: float, se: float) -> tuple[float, float]:
    """95 percent interval of a positive number, normal in its logarithm (delta method): value / c to value c.

    Parameters
    ----------
    value, se : a positive estimate and its standard error.
    """
    factor = math.exp(NORMAL_95 * se / value)
    return value / factor, value * factor
