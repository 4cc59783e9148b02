"""Smooth building blocks: no kink, no pole, no unguarded branch on a state.

All functions take and return arrays of any shape, on NumPy or JAX, in the dtype they are given.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from yupana.core.arrays import namespace

Array = Any  # NumPy or JAX array: the two share no common base class
SERIES_BELOW = 0.1  # of a hazard over one step
SMALLEST_FLOW = 1e-15  # t, weight of a way that nothing takes at all
LARGEST_DEMAND = 8.0  # over the stock: more would empty it to below rounding


def decay_factor(hazard: Array) -> Array:
    """Return phi(H) = (1 - exp(-H)) / H, the share of a hazard that is realised in one step.

    Parameters
    ----------
    hazard : array, dimensionless, non-negative. Total hazard over the step.

    Notes
    -----
    Below one tenth the series to the seventh order, 1e-12 of itself where the two meet: the quotient loses
    digits there, and the compiled `expm1` costs ten times as much.
    """
    xp = namespace(hazard)
    small = hazard < SERIES_BELOW
    series = 1.0 - hazard * (1.0 / 8.0)
    for order in range(7, 1, -1):
        series = 1.0 - hazard * (1.0 / order) * series
    safe = xp.where(small, 1.0, hazard)
    return xp.where(small, series, (1.0 - xp.exp(-safe)) / safe)


def exits(stock: Array, hazards: Sequence[Array], step: float) -> list[Array]:
    """Return the amount that leaves `stock` in one step by each of several competing hazards.

    out_k = x h_k D phi(D sum h): positive, smooth, together never more than the stock.

    Parameters
    ----------
    stock : (...), any unit.
    hazards : sequence of (...), per year.
    step : float, years.

    Returns
    -------
    list of (...), unit of the stock per step.
    """
    total = sum(hazards[1:], hazards[0])
    factor = cut(stock * step * decay_factor(total * step))
    return [hazard * factor for hazard in hazards]


def demand_hazard(stock: Array, amount: Array, other: Array, step: float) -> Array:
    """Return the hazard by which a demand of `amount` in the step leaves `stock` beside `other` hazards.

    The plain ratio amount/stock would deliver little more than half of the demand, since competing exits
    share the step; dividing by phi of the total restores it while the stock suffices.

    Parameters
    ----------
    stock : (...), any unit; amount : (...), same unit in one step; other : (...), per year; step : years.

    Returns
    -------
    (...), per year.
    """
    # a demand far beyond the stock takes nearly all of it: a bound on the ratio that does not bend it before
    ratio = amount / stock
    ratio = ratio / eighth_root(1.0 + (ratio / LARGEST_DEMAND) ** 8)
    return ratio / step / decay_factor(step * other + ratio)


def standing_stock(inflow: Array, hazard: Array, step: float) -> Array:
    """Return the stock that a constant inflow keeps when all exits have the total `hazard`.

    Inverse of :func:`exits`: x (1 - exp(-D h)) = inflow D, with inflow per year and the step in years.
    """
    return inflow / (hazard * decay_factor(hazard * step))


def leaves(record: Any) -> list[Array]:
    """Return all arrays of a record, records inside it included."""
    if isinstance(record, tuple):
        return [leaf for part in record for leaf in leaves(part)]
    return [record]


def add_up(values: Array, axis: int = 0) -> Array:
    """Return the sum over one of the leading axes, added up in order.

    Written out element by element: a compiled step fuses it, where a library reduction over a leading axis
    costs several times as much, and NumPy then adds in the same order.
    """
    parts = [values[(slice(None),) * axis + (index,)] for index in range(values.shape[axis])]
    out = parts[0]
    for part in parts[1:]:
        out = out + part
    return cut(out)


def largest(values: Array) -> Array:
    """Return the largest element along the first axis, written out for the same reason as :func:`add_up`."""
    xp = namespace(values)
    out = values[0]
    for index in range(1, values.shape[0]):
        out = xp.maximum(out, values[index])
    return cut(out)


def log1p_of_share(x: Array) -> Array:
    """Return ln(1 + x) for x from 0 to 1, to 1e-9 of itself.

    2 artanh(x / (2 + x)) by its series: as exact as the library's function and several times cheaper
    compiled.
    """
    y = x / (2.0 + x)
    return 2.0 * y * artanh_series(y * y, 8)


def artanh_series(square: Array, terms: int) -> Array:
    """Return artanh(y)/y = 1 + y^2/3 + y^4/5 + ... to `terms` terms beyond the first, of y^2."""
    out = 1.0 / (2.0 * terms + 1.0) + 0.0 * square
    for order in range(terms - 1, -1, -1):
        out = 1.0 / (2.0 * order + 1.0) + square * out
    return out


def softplus(x: Array) -> Array:
    """Return ln(1 + exp(x)) without overflow."""
    xp = namespace(x)
    return xp.maximum(x, 0.0) + log1p_of_share(xp.exp(-xp.abs(x)))


def softfloor(x: Array, scale: Array) -> Array:
    """Return `scale` softplus(x / scale): about x where x is well above zero, else small and positive."""
    return cut(scale * softplus(x / scale))


def positive_part(x: Array, width: Array | float = 1e-3) -> Array:
    """Return a smooth max(x, 0) that differs from it by less than `width`/2, and by width^2/(4x) above."""
    xp = namespace(x)
    return 0.5 * (x + xp.sqrt(x * x + width * width))


def eighth_root(x: Array) -> Array:
    """Return x^(1/8) by square roots, cheaper in a compiled step than a power."""
    xp = namespace(x)
    return xp.sqrt(xp.sqrt(xp.sqrt(x)))


def soft_minimum(x: Array, cap: Array | float) -> Array:
    """Return x (1 + (x/cap)^8)^(-1/8): about x below `cap`, never above it, smooth for x >= 0."""
    return x / eighth_root(1.0 + (x / cap) ** 8)


def sigmoid(x: Array) -> Array:
    """Return 1 / (1 + exp(-x)) without overflow."""
    xp = namespace(x)
    return cut(0.5 * (xp.tanh(0.5 * x) + 1.0))


def logit(share: Array) -> Array:
    """Return ln(s / (1 - s)) of a share strictly between 0 and 1."""
    xp = namespace(share)
    return xp.log(share) - xp.log1p(-share)


def relax(value: Array, target: Array, rate: Array, step: float) -> Array:
    """Return `value` moved towards `target` at `rate` per year for one step, exactly exponential."""
    pace = rate * step
    if isinstance(pace, float):  # a setting, not a parameter: known before anything is compiled
        return value + (target - value) * -math.expm1(-pace)
    return value + (target - value) * cut(pace * decay_factor(pace))


def detach(x: Array) -> Array:
    """Return `x` without its derivative; used only for shifts that cancel analytically."""
    xp = namespace(x)
    if xp is np:
        return x
    import jax

    return jax.lax.stop_gradient(x)


def cut(x: Any) -> Any:
    """Return `x` unchanged, as a place where a compiled step must store it.

    Without such places the compiler writes sums out again inside every element that reads them.
    """
    if namespace(*(x if isinstance(x, tuple) else (x,))) is np:
        return x
    import jax

    return jax.lax.optimization_barrier(x)


def solve_linear(matrix: list[list[Array]], right: list[Array]) -> list[Array]:
    """Return the solution of a small dense system by elimination unrolled over lists of arrays.

    No pivoting: callers pass matrices with a dominant diagonal (gross substitutes). Four times faster in
    a compiled step than a batched library solve.

    Parameters
    ----------
    matrix : n x n list of (...batch); right : n list of (...batch).

    Returns
    -------
    n list of (...batch).
    """
    n = len(right)
    rows = [list(row) for row in matrix]
    rhs = list(right)
    for pivot in range(n):
        inverse = 1.0 / rows[pivot][pivot]
        for below in range(pivot + 1, n):
            factor = rows[below][pivot] * inverse
            for column in range(pivot + 1, n):
                rows[below][column] = rows[below][column] - factor * rows[pivot][column]
            rhs[below] = rhs[below] - factor * rhs[pivot]
    out: list[Array] = [None] * n
    for row in range(n - 1, -1, -1):
        value = rhs[row]
        for column in range(row + 1, n):
            value = value - rows[row][column] * out[column]
        out[row] = value / rows[row][row]
    return out
