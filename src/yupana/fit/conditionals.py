"""Biases of sources and scales of errors given the model's figures: drawn, moved, or summed over.

They enter after the model, so that none of this needs a run. An error of Student's t is a normal one whose
precision has a gamma weight; given the weights, biases are normal and can be integrated out, and a scale can
be summed over. The sum goes over values of its coordinate that are a fixed spacing apart and hold the present
one: given where these values stand the sum is exact, however wide the spacing, and other moves of the scale
change where they stand.

References: [geweke1993]_ (Student's t as a mixture), [vandyk2008]_ (partial integration).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from yupana.fit.posterior import DEGREES, Posterior

SCALE_STEPS = (0.5, 1.2, 0.5)  # of random walks of the scales, in prior standard deviations
SPACING, REACH = 0.4, 6.0  # of the values that a scale is summed over, in prior standard deviations


@dataclass(frozen=True, eq=False)
class Summed:
    """The log density of particles with one scale summed over and all biases integrated out.

    Attributes
    ----------
    row : coordinate of the scale; None where the posterior has none.
    values : (value, particle), of that coordinate. each : (value, particle), log density at each.
    """

    row: int | None
    values: np.ndarray
    each: np.ndarray

    @property
    def total(self) -> np.ndarray:
        """Log of the sum over the values, (particle,)."""
        top = self.each.max(axis=0)
        return top + np.log(np.exp(self.each - top).sum(axis=0))

    def draw(self, rng: np.random.Generator) -> np.ndarray:
        """Return one of the values of each particle by its share of the sum, (particle,)."""
        share = np.exp(self.each - self.each.max(axis=0)).cumsum(axis=0)
        chosen = (share < rng.random(share.shape[1]) * share[-1]).sum(axis=0)
        return self.values[chosen, np.arange(chosen.size)]


def pick_scale(posterior: Posterior, rng: np.random.Generator) -> int | None:
    """Return a scale to sum over, by lot with the number of its figures; None where there is none."""
    count = len(posterior.space.scales)
    rows = np.bincount(posterior.data.scale_of, minlength=count + 1)[:count]
    return int(rng.choice(count, p=rows / rows.sum())) if rows.sum() else None


def summed(
    posterior: Posterior, x: np.ndarray, figures: np.ndarray, weights: np.ndarray, scale: int | None
) -> Summed:
    """Return the log density of `x` up to a constant of the other scales, which are taken as they stand.

    Parameters
    ----------
    x : (coordinate, particle); biases are not read, of the scale only where its values stand.
    figures : (row, particle), logs of the model's. weights : (row, particle), gamma weights of the errors.
    scale : which to sum over.
    """
    space, data = posterior.space, posterior.data
    prior = -0.5 * (x[: space.moving] ** 2).sum(axis=0)
    if scale is None:
        return Summed(
            None, np.zeros((1, x.shape[1])), (prior + _log_marginal(posterior, x, figures, weights))[None]
        )
    row, own = space.moving + scale, data.scale_of == scale
    touched = np.isin(data.bias_of, data.bias_of[own])
    values = np.mod(x[row], SPACING) + SPACING * np.arange(-REACH / SPACING, REACH / SPACING)[:, None]
    variance = posterior.errors(x) ** 2 / weights
    grown = np.exp(2.0 * space.scale_sds[scale] * (values - x[row]))  # (value, particle)
    at = np.where(own[touched][:, None], variance[touched] * grown[:, None], variance[touched])
    each = _terms(posterior, touched, _away(posterior, figures)[touched], at) - 0.5 * values**2
    rest = _terms(posterior, ~touched, _away(posterior, figures)[~touched], variance[~touched])
    return Summed(row, values, each + rest + prior)


def _log_marginal(
    posterior: Posterior, x: np.ndarray, figures: np.ndarray, weights: np.ndarray
) -> np.ndarray:
    """Return the log likelihood of normal errors with weights, biases integrated out, (particle,)."""
    every = np.ones(len(posterior.data.scale_of), dtype=bool)
    return _terms(posterior, every, _away(posterior, figures), posterior.errors(x) ** 2 / weights)


def _terms(posterior: Posterior, rows: np.ndarray, away: np.ndarray, variance: np.ndarray) -> np.ndarray:
    """Return the log likelihood of some rows with all their biases integrated out, (..., particle).

    Parameters
    ----------
    rows : (row,) bool, with all rows of every bias that they have.
    away : (row of these, particle), published less the model's. variance : (..., row of these, particle).
    """
    biases, of = np.unique(posterior.data.bias_of[rows], return_inverse=True)
    member = (of == np.arange(biases.size)[:, None]).astype(float)  # (bias, row)
    prior = posterior.space.bias_sds[biases][:, None] ** 2
    inverse = 1.0 / variance
    spread, pull = 1.0 + prior * (member @ inverse), member @ (away * inverse)
    squares = (away**2 * inverse - np.log(inverse)).sum(axis=-2)
    return -0.5 * (squares + (np.log(spread) - prior * pull**2 / spread).sum(axis=-2))


def _by_bias(posterior: Posterior, values: np.ndarray) -> np.ndarray:
    """Return sums of rows that share a bias, (bias, particle)."""
    out = np.zeros((len(posterior.space.biases), values.shape[1]))
    np.add.at(out, posterior.data.bias_of, values)
    return out


def _away(posterior: Posterior, figures: np.ndarray) -> np.ndarray:
    return posterior.data.log_values[:, None] - figures


def draw_weights(
    posterior: Posterior, x: np.ndarray, figures: np.ndarray, rng: np.random.Generator
) -> np.ndarray:
    """Return gamma weights of the errors given all else, (row, particle)."""
    r = posterior.residuals(x, figures)
    return 2.0 * rng.gamma(0.5 * (DEGREES + 1.0), size=r.shape) / (DEGREES + r**2)


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
    out = np.zeros((count + 1, x.shape[1]))
    np.add.at(out, posterior.data.scale_of, posterior.log_densities(x, figures))
    return out[:count]
