"""Coordinates of chains in which the bias of a source stands for its figures, and not for itself.

Figures hold the sum of a bias and of the log that the model gives: where there are many of them, the sum is
known far better than either. In the coordinates of the space a chain then has to follow a ridge that bends
as the model does. Here the coordinate of a bias is the sum, as far as the figures know it better than the
prior knows the bias; the ridge becomes straight. Biases enter after the model, so that nothing is run for
it; the change of coordinates keeps volumes. Draws are handed back in the coordinates of the space.

References: yu2011 (centred parametrisations, and others).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from yupana.fit.laplace import Normal
from yupana.fit.posterior import Posterior

LEAST = 0.02  # change of a direction's precision from the prior's that is kept


@dataclass(frozen=True, eq=False)
class Centred:
    """What is added to the coordinates of biases: a share of the mean of their figures, less its usual value.

    Attributes
    ----------
    of : (row,) int, the bias of every figure. weights : (row,), of a figure in the mean of its bias.
    shares : (bias,), how much of the mean, over the prior sd of the bias. centres : (bias,), usual means.
    """

    of: np.ndarray
    weights: np.ndarray
    shares: np.ndarray
    centres: np.ndarray

    def away(self, log_figures: np.ndarray) -> np.ndarray:
        """Return what is added to the coordinates of biases, (bias, batch), at log figures, (row, batch)."""
        return self.shares[:, None] * (_mean(self, log_figures) - self.centres[:, None])

    def there(self, z: np.ndarray, log_figures: np.ndarray) -> np.ndarray:
        """Return points of the space, (coordinate, batch), in the coordinates of chains."""
        return _moved(z, self.away(log_figures))

    def back(self, x: np.ndarray, log_figures: np.ndarray) -> np.ndarray:
        """Return points of chains, (coordinate, batch), in the coordinates of the space."""
        return _moved(x, -self.away(log_figures))

    def slope(self, slope: np.ndarray, by_bias: np.ndarray) -> np.ndarray:
        """Return derivatives by the log figures at a fixed coordinate of chains, (row, batch).

        Parameters
        ----------
        slope : (row, batch), the same at fixed biases. by_bias : (bias, batch), derivatives by biases.
        """
        return slope - self.weights[:, None] * (self.shares[:, None] * by_bias)[self.of]


def centred(posterior: Posterior, points: np.ndarray, log_figures: np.ndarray) -> Centred:
    """Return coordinates for chains about some draws.

    Parameters
    ----------
    points : (coordinate, draw). log_figures : (row, draw) there; a draw that failed is NaN.
    """
    of, sds = posterior.data.bias_of, posterior.space.bias_sds
    known = np.median(posterior.errors(points), axis=1) ** -2.0
    total = np.bincount(of, known, sds.size)
    weights = known / total[of]
    shares = sds * total / (1.0 + sds**2 * total)
    found = Centred(of, weights, shares, np.zeros(sds.size))
    return Centred(of, weights, shares, np.nanmean(_mean(found, log_figures), axis=1))


def about_mode(
    posterior: Posterior, coordinates: Centred, points: np.ndarray, weighted: np.ndarray
) -> Normal:
    """Return the normal approximation at a mode in the coordinates of chains, about the mean of some draws.

    Parameters
    ----------
    points : (coordinate, draw), of chains.
    weighted : (row, coordinate), Jacobian at the mode in the coordinates of the space, figures first.
    """
    first, rows = posterior.space.size - coordinates.shares.size, np.arange(coordinates.of.size)
    of, sds = coordinates.of, posterior.space.bias_sds
    size = weighted[rows, first + of] / sds[of]  # by which a figure's derivatives were multiplied
    by_log = weighted[rows, :first] / size[:, None]
    turn = np.eye(posterior.space.size)
    turn[first:, :first] = -coordinates.shares[:, None] * _mean(coordinates, by_log)
    seen = weighted @ turn
    values, directions = np.linalg.eigh(turn.T @ turn + seen.T @ seen)
    order = np.argsort(-values)
    kept = order[np.abs(values[order] - 1.0) > LEAST]
    return Normal(points.mean(axis=1), directions[:, kept], values[kept] - 1.0)


def _mean(coordinates: Centred, log_figures: np.ndarray) -> np.ndarray:
    total = np.zeros((coordinates.shares.size, log_figures.shape[1]))
    np.add.at(total, coordinates.of, coordinates.weights[:, None] * log_figures)
    return total


def _moved(points: np.ndarray, by: np.ndarray) -> np.ndarray:
    moved = points.copy()
    moved[len(points) - len(by) :] += by
    return moved
