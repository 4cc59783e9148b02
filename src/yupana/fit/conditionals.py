"""What can be drawn after the model, for nothing: weights of errors, biases of sources, scales of errors.

An error of Student's t is a normal one whose precision has a gamma weight; given the weights, biases are
normal: they can be drawn, or integrated out.

References: [geweke1993]_ (Student's t as a mixture), [vandyk2008]_ (partial integration).
"""

from __future__ import annotations

import numpy as np

from yupana.fit.posterior import DEGREES, Posterior

SCALE_STEPS = (0.5, 1.2, 0.5)  # of random walks of the scales, in prior standard deviations


def _by_bias(posterior: Posterior, values: np.ndarray) -> np.ndarray:
    """Return sums of rows that share a bias, (bias, particle)."""
    return _summed(posterior.data.bias_of, values, len(posterior.space.biases))


def _away(posterior: Posterior, figures: np.ndarray) -> np.ndarray:
    return posterior.data.log_values[:, None] - figures


def draw_weights(
    posterior: Posterior, x: np.ndarray, figures: np.ndarray, rng: np.random.Generator
) -> np.ndarray:
    """Return gamma weights of the errors given all else, (row, particle)."""
    r = posterior.residuals(x, figures)
    return 2.0 * rng.gamma(0.5 * (DEGREES + 1.0), size=r.shape) / (DEGREES + r**2)


def marginal_log_likelihood(
    posterior: Posterior, x: np.ndarray, figures: np.ndarray, weights: np.ndarray
) -> np.ndarray:
    """Return the log likelihood of normal errors with weights, biases integrated out, (particle,).

    Up to a constant that the figures alone decide. The biases in `x` are not read.
    """
    variance = posterior.errors(x) ** 2 / weights
    away, prior = _away(posterior, figures), posterior.space.bias_sds[:, None] ** 2
    precision, pull = _by_bias(posterior, 1.0 / variance), _by_bias(posterior, away / variance)
    spread = 1.0 + prior * precision
    squares = (away**2 / variance + np.log(variance)).sum(axis=0)
    return -0.5 * (squares + (np.log(spread) - prior * pull**2 / spread).sum(axis=0))


def draw_biases(
    posterior: Posterior, x: np.ndarray, figures: np.ndarray, weights: np.ndarray, rng: np.random.Generator
) -> np.ndarray:
    """Return coordinates of the biases given all else, (bias, particle)."""
    variance = posterior.errors(x) ** 2 / weights
    sds = posterior.space.bias_sds[:, None]
    precision = 1.0 + sds**2 * _by_bias(posterior, 1.0 / variance)
    pull = sds * _by_bias(posterior, _away(posterior, figures) / variance)
    return pull / precision + rng.standard_normal(pull.shape) / np.sqrt(precision)


def move_scales(
    posterior: Posterior, x: np.ndarray, figures: np.ndarray, rng: np.random.Generator
) -> np.ndarray:
    """Return particles whose scales of errors have moved given all else, by random walks of each alone."""
    count, first = len(posterior.space.scales), posterior.space.moving
    if count == 0:
        return x
    at = slice(first, first + count)
    now = _by_scale(posterior, x, figures, count)
    for step in SCALE_STEPS:
        proposed = x.copy()
        proposed[at] += step * rng.standard_normal((count, x.shape[1]))
        then = _by_scale(posterior, proposed, figures, count)
        change = then - now - 0.5 * (proposed[at] ** 2 - x[at] ** 2)
        taken = np.log(rng.random(change.shape)) < change
        x = x.copy()
        x[at], now = np.where(taken, proposed[at], x[at]), np.where(taken, then, now)
    return x


def _by_scale(posterior: Posterior, x: np.ndarray, figures: np.ndarray, count: int) -> np.ndarray:
    """Return the log likelihood of the figures of each scale, (scale, particle)."""
    return _summed(posterior.data.scale_of, posterior.log_densities(x, figures), count)


def _summed(group: np.ndarray, values: np.ndarray, count: int) -> np.ndarray:
    """Return sums of the rows of each of the first `count` groups, (group, particle)."""
    return (np.arange(count)[:, None] == group).astype(np.float64) @ values
