"""Matrix work that does not depend on units: roots of covariances, scales of columns, exact equations."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from yupana.core.errors import DataError

Floats = npt.NDArray[np.floating[Any]]

SAME = 1e-10
"""Relative size below which a row of equations adds nothing to the others."""


def whiten_covariance(cov: Floats, names: tuple[str, ...], what: str) -> Floats:
    """Return the lower triangle L with L L' = cov, found from the correlations so that units do not matter.

    Raises
    ------
    DataError
        Y247 where a variance is not positive or the correlations contradict each other.
    """
    variance = np.diag(cov)
    for name, size in zip(names, variance, strict=True):
        if not size > 0:
            raise DataError(
                f"the {what} of {name} has no positive variance",
                code="Y247",
                got=f"{size:g}",
                expected="a variance above 0; what is known exactly is an equation",
            )
    sd = np.sqrt(variance)
    correlation = cov / np.outer(sd, sd)
    if not np.allclose(correlation, correlation.T, rtol=0, atol=1e-8):
        raise DataError(f"the {what} covariance is not symmetric", code="Y247")
    try:
        return np.asarray(sd[:, None] * np.linalg.cholesky((correlation + correlation.T) / 2), float)
    except np.linalg.LinAlgError:
        raise DataError(
            f"the {what} covariance is not positive definite",
            code="Y247",
            got=", ".join(names),
            expected="correlations that can hold together",
            fix="write sums that hold exactly as equations, not as correlations of one",
        ) from None


def whiten_precision(precision: Floats) -> Floats:
    """Return rows W with W' W = precision, which may be singular (flat in some directions).

    Raises
    ------
    DataError
        Y247 where the precision is not symmetric or has a negative direction.
    """
    size = np.sqrt(np.abs(np.diag(precision)))
    size[size == 0] = 1.0
    scaled = precision / np.outer(size, size)
    if not np.allclose(scaled, scaled.T, rtol=0, atol=1e-8):
        raise DataError("the prior precision is not symmetric", code="Y247")
    values, vectors = np.linalg.eigh((scaled + scaled.T) / 2)
    if values.size and values.min() < -1e-9 * max(values.max(), 1.0):
        raise DataError("the prior precision has a negative direction", code="Y247", got=f"{values.min():g}")
    kept = values > 1e-12 * max(values.max(initial=0.0), 1e-300)
    return np.asarray((np.sqrt(values[kept])[:, None] * vectors[:, kept].T) * size, float)


def column_scales(stacked: Floats, equations: Floats | None) -> Floats:
    """Return the size of each unknown in its own units: 1 over the norm of its column.

    An unknown that only equations touch takes the size that balances the largest known term of its equation.
    """
    norm = np.linalg.norm(stacked, axis=0)
    scale = np.zeros(len(norm))
    scale[norm > 0] = 1.0 / norm[norm > 0]
    if equations is not None:
        for _ in range(len(scale)):
            waiting = len(scale) - np.count_nonzero(scale)
            for row in np.abs(equations):
                largest = np.max(row * scale)
                new = (scale == 0) & (row > 0)
                if largest > 0:
                    scale[new] = largest / row[new]
            if len(scale) - np.count_nonzero(scale) in (0, waiting):
                break
    scale[scale == 0] = 1.0
    return scale


def null_space(
    equations: Floats | None, targets: Floats | None, scale: Floats, names: tuple[str, ...]
) -> tuple[Floats, Floats]:
    """Return a point that fulfils the equations and the directions that leave them fulfilled.

    Parameters
    ----------
    equations, targets : (equation, unknown), (equation,). A x = b; None for none.
    scale : (unknown,) size of each unknown.

    Returns
    -------
    start : (unknown,) one solution. directions : (unknown, free), orthogonal in scaled units.

    Raises
    ------
    DataError
        Y248 where the equations contradict each other.
    """
    unknowns = len(scale)
    if equations is None or targets is None or not len(equations):
        return np.zeros(unknowns), np.diag(scale)
    scaled = equations * scale
    norm = np.linalg.norm(scaled, axis=1)
    empty = norm == 0
    norm[empty] = 1.0
    scaled, goal = scaled / norm[:, None], targets / norm
    left, singular, right = np.linalg.svd(scaled)
    rank = int(np.sum(singular > SAME * singular[0])) if singular.size else 0
    start = right[:rank].T @ ((left[:, :rank].T @ goal) / singular[:rank])
    gap = np.abs(scaled @ start - goal)
    worst = int(np.argmax(gap))
    if gap[worst] > 1e-9 * max(np.abs(goal).max(), np.abs(start).max(), 1e-300):
        raise DataError(
            "equations of the balance contradict each other",
            code="Y248",
            where=f"equation {worst + 1}",
            got=", ".join(name for name, weight in zip(names, equations[worst], strict=True) if weight),
            expected="equations that can all hold",
        )
    # One step of refinement: balances close to rounding also where targets are large.
    start += right[:rank].T @ ((left[:, :rank].T @ (goal - scaled @ start)) / singular[:rank])
    return scale * start, scale[:, None] * right[rank:].T
