"""Other places to begin: is there a second mode that draws from around the first would never see?

Every method begins at one mode. Chains that all begin there agree with each other, whatever lies elsewhere,
so that no comparison between them can tell. The search for the mode is therefore begun again at a draw of the
prior and at its mirror image, so that one of the two lies on the other side of any coordinate. A mode
elsewhere counts by its share of the posterior, each mode taken as a normal distribution.
"""

from __future__ import annotations

import numpy as np

from yupana.fit.gates import Gate
from yupana.fit.laplace import Normal, approximate, find_mode
from yupana.fit.posterior import FAILED, Posterior

PAIRS = 1  # draws of the prior, each with its mirror image
FAR = 3.0  # posterior sd from the first mode, beyond which another one is another one
SHARE = 0.01
"""Largest share of the posterior that may lie around another mode."""
_MOST = 30  # steps of a search


def other_mode_gate(posterior: Posterior, normal: Normal, seed: int, pairs: int = PAIRS) -> Gate:
    """Return the largest share of the posterior around a mode that other starts lead to.

    Parameters
    ----------
    normal : approximation at the first mode, from which the draws were made.
    seed : of the draws of the prior; those of a fit are others. pairs : how many, each with its mirror image.
    """
    name = "share of the posterior around another mode"
    first = _log_weight(posterior, normal)
    largest = 0.0
    drawn = posterior.space.draw(seed, 2**40, pairs)
    for start in np.concatenate([drawn, -drawn], axis=1).T:
        z = _usable(posterior, start)
        other = approximate(*find_mode(posterior, z, _MOST))
        away = float(np.linalg.norm(normal.unscale(other.mean[:, None])))
        if away > FAR:
            gap = np.clip(_log_weight(posterior, other) - first, -700.0, 700.0)
            largest = max(largest, float(1.0 / (1.0 + np.exp(-gap))))
    return Gate(f"{name}, of {2 * pairs} other starts", largest, SHARE, "at most")


def _log_weight(posterior: Posterior, normal: Normal) -> float:
    """Return the log of the posterior's mass around a mode, up to what all modes share."""
    z = normal.mean[:, None]
    height = posterior.log_likelihood(z, posterior.log_figures(z)) + posterior.log_prior(z)
    return float(height[0] - 0.5 * np.log1p(normal.eigenvalues).sum())


def _usable(posterior: Posterior, start: np.ndarray) -> np.ndarray:
    """Return the start, drawn towards the prior's centre until the model ends there."""
    share = 1.0
    while share > 0.1:
        z = (share * start)[:, None]
        if posterior.log_likelihood(z, posterior.log_figures(z))[0] > FAILED:
            return z[:, 0]
        share *= 0.7
    return np.zeros_like(start)
