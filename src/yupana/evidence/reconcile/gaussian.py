"""Unknowns with a Gaussian prior, linear data and exact linear equations: closed-form answers.

Everything that a reconciliation says about its data stands on this file: adjusted values, the global test,
the test of each datum, what a group of data says alone. Quantities may be in any units: columns and rows are
scaled before anything is factored, so that a change of units changes nothing.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import cached_property
from typing import cast

import numpy as np

from yupana.core.errors import DataError
from yupana.evidence.reconcile.whitening import (
    Floats,
    column_scales,
    null_space,
    whiten_covariance,
    whiten_precision,
)

FALSE_FLAGS = 0.05
"""Chance that a clean set of data holds a flagged datum."""
UNTESTABLE = 1e-9
"""Share of a datum's variance left in its adjustment, below which no other datum or prior checks it."""
RANK = 1e-10
"""Size of a pivot, relative to the largest, below which a direction counts as not determined."""


@dataclass(frozen=True, eq=False)
class LinearGaussian:
    """Unknowns x with a prior, data y = H x + e with e ~ N(0, R), and exact equations A x = b.

    Attributes
    ----------
    names : (unknown,) names of the unknowns.
    rows : (row,) names of the data.
    design : (row, unknown) H.
    values : (row,) y.
    error_cov : (row,) variances of the errors, or (row, row) their covariance R.
    prior_mean : (unknown,) mean of the prior; zeros where None.
    prior_cov : (unknown, unknown) covariance of the prior, positive definite.
    prior_precision : (unknown, unknown) instead of `prior_cov`: its inverse, which may be singular. With
        neither, the prior is flat, as in the reconciliation of process data.
    equations, targets : (equation, unknown) A and (equation,) b.

    Raises
    ------
    DataError
        Y247 where shapes or covariances cannot be used; Y248 where an unknown is determined by neither data
        nor prior, or equations contradict each other.

    Examples
    --------
    >>> flow = LinearGaussian(("flow",), ("a", "b"), [[1], [1]], [100, 110], [100, 100])
    >>> round(float(flow.solution.mean[0]), 3), round(flow.solution.chi2, 3)
    (105.0, 0.5)

    References
    ----------
    .. [1] narasimhanjordache2000
    """

    names: tuple[str, ...]
    rows: tuple[str, ...]
    design: Floats
    values: Floats
    error_cov: Floats
    prior_mean: Floats | None = None
    prior_cov: Floats | None = None
    prior_precision: Floats | None = None
    equations: Floats | None = None
    targets: Floats | None = None

    def __post_init__(self) -> None:
        unknowns, rows = len(self.names), len(self.rows)
        equations = 0 if self.equations is None else len(self.equations)
        shapes = {
            "design": (rows, unknowns),
            "values": (rows,),
            "error_cov": (rows,) if np.ndim(self.error_cov) == 1 else (rows, rows),
            "prior_mean": (unknowns,),
            "prior_cov": (unknowns, unknowns),
            "prior_precision": (unknowns, unknowns),
            "equations": (equations, unknowns),
            "targets": (equations,),
        }
        for name, shape in shapes.items():
            if getattr(self, name) is None:
                continue
            array = np.asarray(getattr(self, name), float)
            if array.size == 0 == np.prod(shape):
                array = array.reshape(shape)
            if array.shape != shape or not np.isfinite(array).all():
                raise DataError(
                    f"{name} of a linear balance cannot be used",
                    code="Y247",
                    got=f"shape {array.shape}" + ("" if np.isfinite(array).all() else " with gaps"),
                    expected=f"finite numbers in shape {shape}",
                )
            object.__setattr__(self, name, array)
        if (self.equations is None) != (self.targets is None):
            raise DataError("equations and their targets come together", code="Y247")
        if self.prior_cov is not None and self.prior_precision is not None:
            raise DataError("a prior has a covariance or a precision, not both", code="Y247")

    @cached_property
    def solution(self) -> Solution:
        """The posterior with its tests, found once."""
        return _solve(self)

    def keep(self, rows: Iterable[str]) -> LinearGaussian:
        """Return the same balance with only these data."""
        wanted = set(rows)
        at = [index for index, row in enumerate(self.rows) if row in wanted]
        error = self.error_cov[at] if self.error_cov.ndim == 1 else self.error_cov[np.ix_(at, at)]
        return replace(
            self,
            rows=tuple(self.rows[index] for index in at),
            design=self.design[at],
            values=self.values[at],
            error_cov=error,
        )

    def without(self, rows: Iterable[str]) -> LinearGaussian:
        """Return the same balance without these data."""
        gone = set(rows)
        return self.keep(row for row in self.rows if row not in gone)

    @property
    def errors(self) -> Floats:
        """(row, row) covariance of the errors."""
        return np.diag(self.error_cov) if self.error_cov.ndim == 1 else self.error_cov


@dataclass(frozen=True, eq=False)
class Solution:
    """Posterior of a linear balance and how its data fared.

    Attributes
    ----------
    mean, cov : (unknown,), (unknown, unknown). Posterior.
    fitted : (row,) data as the posterior mean predicts them.
    chi2, degrees, p_value : global test. With a flat prior the weighted squared adjustments on as many
        degrees as there are redundant data; with a prior the squared distance of the data from prediction.
    z : (row,) adjustment over its standard error, signed, in its form of maximum power [1]_: with a prior
        this is the datum against the prediction from all others. NaN where nothing else checks the datum.
    redundancy : (row,) share of the datum's variance that is left in its adjustment: 0 where the datum alone
        decides, 1 where it adds nothing.
    z_limit : size above which z is flagged: two-sided level 1 - 0.95^(1/m) for m testable data [2]_, so that
        a clean set of data holds a flag with a chance of at most 0.05 whatever the correlation of the z.
    flagged : (row,) whether each datum is.

    References
    ----------
    .. [1] mahtamhane1982
    .. [2] sidak1967
    """

    mean: Floats
    cov: Floats
    fitted: Floats
    chi2: float
    degrees: int
    p_value: float
    z: Floats
    redundancy: Floats
    z_limit: float
    flagged: np.ndarray

    @property
    def sd(self) -> Floats:
        """(unknown,) posterior standard deviations."""
        return np.sqrt(np.diag(self.cov))

    def estimate(self, weights: Floats) -> tuple[float, float]:
        """Return mean and variance of a weighted sum of the unknowns."""
        return float(weights @ self.mean), float(weights @ self.cov @ weights)


def z_limit(tests: int, false_flags: float = FALSE_FLAGS) -> float:
    """Return the size of z above which one of `tests` data is flagged: a clean set rarely holds a flag.

    Examples
    --------
    >>> round(z_limit(1), 3), round(z_limit(40), 3)
    (1.96, 3.22)
    """
    from scipy.special import ndtri

    level = -np.expm1(np.log1p(-false_flags) / max(tests, 1))
    return float(-ndtri(level / 2))


def chi2_tail(chi2: float, degrees: int) -> float:
    """Return the chance of a larger chi-square; 1 where nothing is redundant."""
    from scipy.special import gammaincc

    return float(gammaincc(degrees / 2, chi2 / 2)) if degrees else 1.0


def _solve(balance: LinearGaussian) -> Solution:
    from scipy.linalg import qr, solve_triangular

    data, target, root = _data_rows(balance)
    prior, prior_target = _prior_rows(balance)
    stacked, goal = np.vstack([data, prior]), np.concatenate([target, prior_target])
    scale = column_scales(stacked, balance.equations)
    start, free = null_space(balance.equations, balance.targets, scale, balance.names)

    jacobian = stacked @ free
    residual = goal - stacked @ start
    # The stubs know no pivoting: three arrays come back.
    full, triangle, order = cast(tuple[Floats, Floats, np.ndarray], qr(jacobian, pivoting=True))
    unknowns = free.shape[1]
    _check_rank(triangle, order, free, scale, balance.names)
    basis, rest = full[:, :unknowns], full[:, unknowns:]
    triangle = triangle[:unknowns]
    step = np.empty(unknowns)
    step[order] = solve_triangular(triangle, basis.T @ residual)
    mean = start + free @ step
    spread = solve_triangular(triangle, free[:, order].T, trans=1).T
    left = rest @ (rest.T @ residual)

    rows = len(balance.rows)
    prior_chi2, prior_rank = _prior_alone(prior @ free, prior_target - prior @ start)
    chi2 = max(float(left @ left) - prior_chi2, 0.0)
    degrees = rows - (unknowns - prior_rank)
    # Maximum power: the errors' inverse times the adjustments, each over its own standard error.
    direction = solve_triangular(root, left[:rows], trans=1, lower=True)
    spread_of_rest = solve_triangular(root, rest[:rows], trans=1, lower=True)
    variance = np.sum(spread_of_rest**2, axis=1)
    errors = balance.errors
    redundancy = variance * np.diag(errors) if balance.error_cov.ndim == 1 else _redundancy(rest[:rows], root)
    testable = redundancy > UNTESTABLE
    z = np.full(rows, np.nan)
    z[testable] = direction[testable] / np.sqrt(variance[testable])
    limit = z_limit(int(testable.sum()))
    return Solution(
        mean=mean,
        cov=spread @ spread.T,
        fitted=balance.design @ mean,
        chi2=chi2,
        degrees=degrees,
        p_value=chi2_tail(chi2, degrees),
        z=z,
        redundancy=redundancy,
        z_limit=limit,
        flagged=np.abs(np.nan_to_num(z)) > limit,
    )


def _redundancy(rest: Floats, root: Floats) -> Floats:
    """Return the share of each datum's variance that is left in its adjustment, for correlated errors."""
    return np.sum((root @ rest) ** 2, axis=1) / np.sum(root**2, axis=1)


def _data_rows(balance: LinearGaussian) -> tuple[Floats, Floats, Floats]:
    """Return design and values with unit errors, and the lower root of the errors' covariance."""
    from scipy.linalg import solve_triangular

    root = whiten_covariance(balance.errors, balance.rows, "error")
    both = solve_triangular(root, np.column_stack([balance.design, balance.values]), lower=True)
    return both[:, :-1], both[:, -1], root


def _prior_rows(balance: LinearGaussian) -> tuple[Floats, Floats]:
    """Return the prior as data with unit errors about the unknowns; no row where it is flat."""
    unknowns = len(balance.names)
    mean = np.zeros(unknowns) if balance.prior_mean is None else balance.prior_mean
    if balance.prior_cov is not None:
        from scipy.linalg import solve_triangular

        root = whiten_covariance(balance.prior_cov, balance.names, "prior")
        rows = solve_triangular(root, np.eye(unknowns), lower=True)
    elif balance.prior_precision is not None:
        rows = whiten_precision(balance.prior_precision)
    else:
        rows = np.zeros((0, unknowns))
    return rows, rows @ mean


def _prior_alone(rows: Floats, residual: Floats) -> tuple[float, int]:
    """Return how far the exact equations push the prior alone, and how many directions it determines."""
    if not rows.size:
        return 0.0, 0
    basis, singular, _ = np.linalg.svd(rows, full_matrices=False)
    known = basis[:, singular > RANK * singular[0]]
    left = residual - known @ (known.T @ residual)
    return float(left @ left), known.shape[1]


def _check_rank(
    triangle: Floats, order: np.ndarray, free: Floats, scale: Floats, names: tuple[str, ...]
) -> None:
    unknowns = free.shape[1]
    size = np.abs(np.diag(triangle[:unknowns]))
    if len(size) == unknowns and (not unknowns or size.min() > RANK * size.max()):
        return
    known = int(np.sum(size > RANK * size.max())) if size.size else 0
    lost = np.zeros((unknowns, unknowns - known))
    lost[known:] = np.eye(unknowns - known)
    if known:
        lost[:known] = -np.linalg.lstsq(triangle[:known, :known], triangle[:known, known:unknowns])[0]
    back = np.empty_like(lost)
    back[order] = lost
    weight = np.abs(free @ back / scale[:, None]).max(axis=1)
    loose = [name for name, share in zip(names, weight, strict=True) if share > 1e-6 * weight.max()]
    raise DataError(
        "quantities that neither data nor priors determine",
        code="Y248",
        got=", ".join(loose),
        expected="a datum, an equation or a prior for each",
        fix="add a measurement of one of them, or give it a prior",
    )
