"""Other places to begin: is there a second mode that draws from around the first would never see?

Repetitions that all begin at one mode agree with each other, whatever lies elsewhere, so that no comparison
between them can tell. The search for the mode is therefore begun again at draws of the prior and at their
mirror images, so that one of each pair lies on the other side of any coordinate. A mode elsewhere counts by
its share of the posterior, each mode taken as a normal distribution; repetitions begin at those that count,
and what is left is a gate.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields, replace
from functools import partial
from typing import Any

import numpy as np

from yupana.fit import workers
from yupana.fit.gates import Gate
from yupana.fit.laplace import Normal, approximate, find_mode
from yupana.fit.posterior import FAILED, Posterior

PAIRS = 4  # draws of the prior, each with its mirror image
FAR = 3.0  # posterior sd from a mode, beyond which another one is another one
SHARE = 0.01
"""Largest share of the posterior that may lie around a mode from which no repetition begins."""
BEGUN = 1e-4  # share of the posterior from which a mode is begun at: a small one may be the end of a long way
DULL = 0.03
"""Root of the figures' information on an unknown at the first mode, below which searches leave it alone.

In a large pack that is half of the unknowns; all together they know less than half a figure.
"""
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
    apart: bool = False,
) -> list[Mode]:
    """Return the modes that other starts lead to, each once, the largest share first.

    Parameters
    ----------
    normal : approximation at the first mode.
    seed : of the draws of the prior; those of a fit are others. pairs : how many, each with its mirror image.
    on_search : told the share of the searches that is done.
    apart : whether searches leave unknowns alone on which the figures say next to nothing, and are shared
        out among processes, as many as the posterior has threads.
    """
    drawn = posterior.space.draw(seed, 2**40, pairs)
    begins = list(np.concatenate([drawn, -drawn], axis=1).T)
    done = 0

    def heard(_: int, __: Any) -> None:
        nonlocal done
        done += 1
        if on_search:
            on_search(done / len(begins))

    if apart and posterior.threads > 1:
        model = _attentive(posterior, normal, threads=1)
        shared = [begins[i :: posterior.threads] for i in range(posterior.threads)]
        jobs = [partial(_searches, posterior=model, begins=some) for some in shared if some]
        found = [end for ends in workers.run_each(jobs, posterior.threads, heard) for end in ends]
    else:
        model = _attentive(posterior, normal, posterior.threads) if apart else posterior
        found = _searches(partial(heard, 0), model, begins)
    first = _log_weight(posterior, normal)
    modes = []
    for point, weighted in found:
        gap = np.clip(_log_weight(posterior, approximate(point, weighted)) - first, -700.0, 700.0)
        modes.append(Mode(point, weighted, float(1.0 / (1.0 + np.exp(-gap)))))
    kept: list[Mode] = []
    for mode in sorted(modes, key=lambda one: -one.share):
        if all(_away(one, mode.point) > FAR for one in (normal, *(other.normal for other in kept))):
            kept.append(mode)
    return kept


def _searches(
    tell: workers.Tell, posterior: Posterior, begins: Sequence[np.ndarray]
) -> list[tuple[np.ndarray, np.ndarray]]:
    """Return the mode that each start leads to and the Jacobian there; tell of every one."""
    found = []
    for start in begins:
        found.append(find_mode(posterior, _usable(posterior, start), _MOST))
        tell(None)
    return found


@dataclass(frozen=True, eq=False)
class _Attentive(Posterior):
    """A posterior that does not try what differs only in dull unknowns: the figures stay as they are.

    Attributes
    ----------
    inner : the posterior. live : (coordinate,) bool, which unknowns are not dull.
    """

    inner: Any = None
    live: Any = None

    def log_figures(self, z: np.ndarray) -> np.ndarray:
        """Return the figures, those of the last point for all that differ from it in dull unknowns alone."""
        tried = (z[self.live] != z[self.live, -1:]).any(axis=0)
        tried[-1] = True
        seen = self.inner.log_figures(z[:, tried])
        out = np.repeat(seen[:, -1:], z.shape[1], axis=1)
        out[:, tried] = seen
        return out


def _attentive(posterior: Posterior, normal: Normal, threads: int) -> _Attentive:
    """Return the posterior that leaves alone what the figures say next to nothing of at a mode."""
    known = (normal.directions**2 * normal.eigenvalues).sum(axis=1)
    parts = {each.name: getattr(posterior, each.name) for each in fields(Posterior)}
    return _Attentive(**parts, inner=replace(posterior, threads=threads), live=known > DULL**2)


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
