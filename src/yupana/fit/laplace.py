"""The mode by Gauss-Newton and the normal approximation around it, in all unknowns at once.

In coordinates that are standard normal a priori the precision is I + J'WJ with J of as many rows as there are
figures: its eigenvectors with eigenvalues above one are what the data inform (likelihood-informed subspace,
Cui et al. 2014), and everything else keeps its prior exactly. J is taken by central differences, which costs
a few blocks of the forward model and no gradient.

References: [cui2014]_.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from yupana.fit.posterior import DEGREES, Posterior

STEP = 0.02  # of a coordinate, in prior standard deviations
MOST_DIRECTIONS = 40
"""Directions of parameters that a fit may move; the others keep their prior."""


@dataclass(frozen=True, eq=False)
class Normal:
    """A normal distribution: N(mean, I - V diag(s) V').

    Attributes
    ----------
    mean : (coordinate,).
    directions : (coordinate, k), orthonormal V.
    eigenvalues : (k,), of the data's precision in units of the prior's; s = l / (1 + l).
    """

    mean: np.ndarray
    directions: np.ndarray
    eigenvalues: np.ndarray

    def widened(self, share: float) -> Normal:
        """Return the distribution with a share of the data's precision: a start that covers the tails."""
        return Normal(self.mean, self.directions, share * self.eigenvalues)

    def scale(self, xi: np.ndarray) -> np.ndarray:
        """Return covariance^(1/2) times `xi`, (coordinate, batch)."""
        shrink = 1.0 / np.sqrt(1.0 + self.eigenvalues) - 1.0
        return xi + self.directions @ (shrink[:, None] * (self.directions.T @ xi))

    def unscale(self, z: np.ndarray) -> np.ndarray:
        """Return the inverse of :meth:`scale` applied to z - mean, (coordinate, batch)."""
        away = z - self.mean[:, None]
        grow = np.sqrt(1.0 + self.eigenvalues) - 1.0
        return away + self.directions @ (grow[:, None] * (self.directions.T @ away))

    def log_density(self, z: np.ndarray) -> np.ndarray:
        """Return the log density up to a constant, (batch,)."""
        return -0.5 * (self.unscale(z) ** 2).sum(axis=0)


def jacobian(posterior: Posterior, z: np.ndarray, step: float = STEP) -> tuple[np.ndarray, np.ndarray]:
    """Return the log figures at `z`, (row,), and their derivatives without the biases, (row, coordinate)."""
    size = posterior.space.moving
    moves = np.zeros((z.size, 2 * size + 1))
    index = np.arange(size)
    moves[index, index] = step
    moves[index, size + index] = -step
    values = posterior.log_figures(z[:, None] + moves)
    out = np.zeros((values.shape[0], z.size))
    out[:, :size] = (values[:, :size] - values[:, size : 2 * size]) / (2.0 * step)
    bias = posterior.data.bias_of
    first = size + len(posterior.space.scales)
    out[np.arange(len(bias)), first + bias] = posterior.space.bias_sds[bias]
    return values[:, -1], out


def weights(residuals: np.ndarray) -> np.ndarray:
    """Return the weight of each figure under heavy-tailed errors, (row,): one at zero, small far away."""
    return (DEGREES + 1.0) / (DEGREES + residuals**2)


def find_mode(
    posterior: Posterior,
    start: np.ndarray,
    most: int = 12,
    on_step: Callable[[int, float], None] | None = None,
) -> tuple[np.ndarray, np.ndarray]:
    """Return the mode, (coordinate,), and the weighted Jacobian there, (row, coordinate)."""
    z = start
    objective = -np.inf
    for step in range(most):
        values, slope = jacobian(posterior, z)
        a, b = _least_squares(posterior, z, values, slope)
        gram = np.eye(a.shape[0]) + a @ a.T
        target = a.T @ np.linalg.solve(gram, b)
        lengths = np.array([1.0, 0.7, 0.5, 0.35, 0.25, 0.15, 0.08, 0.04])
        tried = z[:, None] + (target - z)[:, None] * lengths
        found = posterior.log_likelihood(tried, posterior.log_figures(tried)) + posterior.log_prior(tried)
        best = int(np.argmax(found))
        gain = found[best] - objective if np.isfinite(objective) else np.inf
        if on_step:
            on_step(step, float(found[best]))
        if found[best] <= objective:
            break
        z, objective = tried[:, best], float(found[best])
        if gain < 0.05:
            break
    return z, _least_squares(posterior, z, *jacobian(posterior, z))[0]


def _least_squares(
    posterior: Posterior, z: np.ndarray, values: np.ndarray, slope: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Return the weighted Jacobian, (row, coordinate), and the weighted targets, (row,), of one step.

    A scale of errors is no location: it enters by one row of its own, with the information that so many
    figures are expected to hold on it. Location and scale of a symmetric error share none.
    """
    r = posterior.residuals(z[:, None], values[:, None])[:, 0]
    root = np.sqrt(weights(r))
    a = slope * (root / posterior.errors(z[:, None])[:, 0])[:, None]
    space, data = posterior.space, posterior.data
    count = len(space.scales)
    own = np.zeros((count, z.size))
    figures = np.bincount(data.scale_of, minlength=count + 1)[:count]
    surplus = np.bincount(data.scale_of, weights(r) * r**2 - 1.0, minlength=count + 1)[:count]
    known = np.sqrt(figures * 2.0 * DEGREES / (DEGREES + 3.0)) * space.scale_sds
    own[np.arange(count), space.moving + np.arange(count)] = known
    b = np.concatenate([r * root, surplus * space.scale_sds / known])
    a = np.concatenate([a, own])
    return a, b + a @ z


def approximate(mode: np.ndarray, weighted: np.ndarray) -> Normal:
    """Return the normal approximation at the mode."""
    _, singular, vectors = np.linalg.svd(weighted, full_matrices=False)
    return Normal(mode, vectors.T, singular**2)
