"""Other places to begin: is there a second mode that draws from around the first would never see?

Repetitions that all begin at one mode agree with each other, whatever lies elsewhere, so that no comparison
between them can tell. The search for the mode is therefore begun again at draws of the prior and at their
mirror images, so that one of each pair lies on the other side of any coordinate. A mode elsewhere counts by
its share of the posterior, each mode taken as a normal distribution; repetitions begin at those that count,
and what is left is a gate.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from yupana.fit.gates import Gate
from yupana.fit.laplace import Normal, approximate, find_mode
from yupana.fit.posterior import FAILED, Posterior

PAIRS = 4  # draws of the prior, each with its mirror image
FAR = 3.0  # posterior sd from a mode, beyond which another one is another one
SHARE = 0.01
"""Largest share of the posterior that may lie around a mode from which no repetition begins."""
BEGUN = 1e-4  # share of the posterior from which a mode is begun at: a small one may be the end of a long way
_MOST = 30  # steps of a search


@dataclass(frozen=True, eq=False)
class Mode:
    """A mode that another start led to.

    Attributes
    ----------
    point : (coordinate,). weighted : Jacobian there, (row, coordinate). share : of the posterior, of the two
        modes this and the first one.
    """

    point: np.ndarray
    weighted: np.ndarray
    share: float

    @property
    def normal(self) -> Normal:
        """The normal approximation there."""
        return approximate(self.point, self.weighted)


def other_modes(
    posterior: Posterior,
    normal: Normal,
    seed: int,
    pairs: int = PAIRS,
    on_search: Callable[[float], None] | None = None,
) -> list[Mode]:
    """Return the modes that other starts lead to, each once, the largest share first.

    Parameters
    ----------
    normal : approximation at the first mode.
    seed : of the draws of the prior; those of a fit are others. pairs : how many, each with its mirror image.
    on_search : told the share of the searches that is done.
    """
    first = _log_weight(posterior, normal)
    drawn = posterior.space.draw(seed, 2**40, pairs)
    found: list[Mode] = []
    for start in np.concatenate([drawn, -drawn], axis=1).T:
        point, weighted = find_mode(posterior, _usable(posterior, start), _MOST)
        gap = np.clip(_log_weight(posterior, approximate(point, weighted)) - first, -700.0, 700.0)
        found.append(Mode(point, weighted, float(1.0 / (1.0 + np.exp(-gap)))))
        if on_search:
            on_search(len(found) / (2 * pairs))
    kept: list[Mode] = []
    for mode in sorted(found, key=lambda one: -one.share):
        if all(_away(one, mode.point) > FAR for one in (normal, *(other.normal for other in kept))):
            kept.append(mode)
    return kept


def begun_from(modes: Sequence[Mode], repetitions: int) -> list[Mode]:
    """Return the other modes at which particles begin; a single repetition begins at the first mode alone."""
    return [mode for mode in modes if mode.share > BEGUN] if repetitions > 1 else []


def other_mode_gate(modes: Sequence[Mode], begun: Sequence[Mode], pairs: int = PAIRS) -> Gate:
    """Return the largest share of the posterior around a mode from which no repetition began."""
    left = max((mode.share for mode in modes if mode not in begun), default=0.0)
    name = f"share of the posterior around a mode where no repetition began, of {2 * pairs} other starts"
    return Gate(name, left, SHARE, "at most")


def _away(normal: Normal, point: np.ndarray) -> float:
    return float(np.linalg.norm(normal.unscale(point[:, None])))


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
