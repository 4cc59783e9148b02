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
LENGTHS = np.array([1.0, 0.7, 0.5, 0.35, 0.25, 0.15, 0.08, 0.04])
"""Shares of a step that are tried."""
ROUNDS = 50  # of weights and scales at one linear problem


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
    """Return the mode, (coordinate,), and the weighted Jacobian there, (row, coordinate).

    Scales of errors stand where they are likeliest with everything else integrated out: at a joint mode they
    would be far too small, since a thousand unknowns can come close to any figure.
    """
    z = start
    for step in range(most):
        values, slope = jacobian(posterior, z)
        line = _Line(posterior, z, values, slope)
        target = line.solve()
        scales = slice(posterior.space.moving, posterior.space.moving + len(posterior.space.scales))
        moved = float(np.abs(target[scales] - z[scales]).max(initial=0.0))
        here = z.copy()
        here[scales] = target[scales]
        before = _height(posterior, here[:, None], values[:, None])[0]
        tried = here[:, None] + (target - here)[:, None] * LENGTHS
        found = _height(posterior, tried, posterior.log_figures(tried))
        best = int(np.argmax(found))
        z = tried[:, best] if found[best] > before else here
        if on_step:
            on_step(step, float(max(found[best], before)))
        if found[best] - before < 0.05 and moved < 0.05:
            break
    return z, _Line(posterior, z, *jacobian(posterior, z)).weighted(z)


def _height(posterior: Posterior, z: np.ndarray, log_figures: np.ndarray) -> np.ndarray:
    return posterior.log_likelihood(z, log_figures) + posterior.log_prior(z)


@dataclass(frozen=True, eq=False)
class _Line:
    """The posterior with figures that are linear in the unknowns: as at `at`, with slopes `slope` there."""

    posterior: Posterior
    at: np.ndarray  # (coordinate,)
    values: np.ndarray  # (row,), log figures there
    slope: np.ndarray  # (row, coordinate)

    def _away(self, z: np.ndarray) -> np.ndarray:
        """Return published less expected, in logs, (row,)."""
        posterior = self.posterior
        bias = posterior.space.log_biases(self.at)[posterior.data.bias_of]
        return posterior.data.log_values - self.values - bias - self.slope @ (z - self.at)

    def _rows(self, z: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return slopes over errors with the weights at `z`, (row, coordinate), and the residuals there."""
        errors = self.posterior.errors(z[:, None])[:, 0]
        r = self._away(z) / errors
        return self.slope * (np.sqrt(weights(r)) / errors)[:, None], r

    def _scales(self, a: np.ndarray, r: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return slope and information of the log likelihood by the scales, (scale,), less the rest.

        The rest is integrated out: a figure that the unknowns follow says little of its error, and counts by
        one less its leverage.
        """
        space, data = self.posterior.space, self.posterior.data
        gram = a @ a.T
        left = 1.0 - np.einsum("ij,ji->i", gram, np.linalg.inv(np.eye(len(gram)) + gram))
        count = len(space.scales)

        def summed(each: np.ndarray) -> np.ndarray:
            return np.bincount(data.scale_of, each, minlength=count + 1)[:count]

        slope = space.scale_sds * summed(weights(r) * r**2 - left)
        return slope, space.scale_sds**2 * summed(left) * 2.0 * DEGREES / (DEGREES + 3.0)

    def solve(self) -> np.ndarray:
        """Return the mode of this posterior, (coordinate,)."""
        first, count = self.posterior.space.moving, len(self.posterior.space.scales)
        z = self.at.copy()
        for _ in range(ROUNDS):
            a, r = self._rows(z)
            b = (
                np.sqrt(weights(r)) * self._away(self.at) / self.posterior.errors(z[:, None])[:, 0]
                + a @ self.at
            )
            new = a.T @ np.linalg.solve(np.eye(len(a)) + a @ a.T, b)
            scales = z[first : first + count]
            new[first : first + count] = scales
            slope, known = self._scales(*self._rows(new))
            new[first : first + count] = scales + np.clip((slope - scales) / (1.0 + known), -1.0, 1.0)
            moved = np.abs(new - z).max()
            z = new
            if moved < 1e-3:
                break
        return z

    def weighted(self, z: np.ndarray) -> np.ndarray:
        """Return the rows whose squares are the data's precision at `z`, (row and scale, coordinate)."""
        a, r = self._rows(z)
        first, count = self.posterior.space.moving, len(self.posterior.space.scales)
        own = np.zeros((count, z.size))
        own[np.arange(count), first + np.arange(count)] = np.sqrt(self._scales(a, r)[1])
        return np.concatenate([a, own])


def approximate(mode: np.ndarray, weighted: np.ndarray) -> Normal:
    """Return the normal approximation at the mode."""
    _, singular, vectors = np.linalg.svd(weighted, full_matrices=False)
    return Normal(mode, vectors.T, singular**2)
