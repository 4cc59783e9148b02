"""Posteriors under other priors: some coordinates put elsewhere or narrowed, model and figures as they are.

Coordinates are standard normal a priori. A restriction says z = mean + sd u, with u standard normal in its
place: the priors of the pack stay untouched, and every method of this package works in u as it does in z.

Draws under a restriction come from draws without it. The path between the two priors, mean t and sd^t for t
from 0 to 1, leaves u a standard normal throughout, so that only the likelihood changes along it: particles
are carried along with the normal approximation, weighted by what that misses, resampled, and moved by
preconditioned Crank-Nicolson steps (Del Moral et al. 2006, Cotter et al. 2013).

References: [delmoral2006]_, [cotter2013]_.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from yupana.core.errors import DataError, did_you_mean
from yupana.core.names import listing
from yupana.fit.laplace import Normal, approximate
from yupana.fit.posterior import FAILED, Posterior
from yupana.fit.smc import ACCEPT, KEEP, Halves, resample
from yupana.fit.space import Space
from yupana.params.distributions import Z95

if TYPE_CHECKING:
    from yupana.evidence.schema_rival_models import RivalModel, RivalPrior
    from yupana.params.prior import Prior

TRIES = 5  # halvings of a step along the path before it is taken as it is
MOVED = 0.5  # squared jumps, over those of independent draws, at which moving stops at the end of the path
ON_THE_WAY = 0.2  # the same before the end, where particles need only not stand together
LEAST, MOST = 4, 30  # moves of a stage
SLOWEST = 20  # informed directions among which the slowest decides that moving may stop
STREAM = 2**34  # of the generator, apart from those of other methods

Likelihood = Callable[[float, np.ndarray], np.ndarray]
"""Log likelihood at a share of a path, (batch,), of unknowns, (coordinate, batch)."""


@dataclass(frozen=True, eq=False)
class Restriction:
    """Other priors in latent coordinates.

    Attributes
    ----------
    mean, sd : (coordinate,), of the normal that stands in the place of each standard normal.
    """

    mean: np.ndarray
    sd: np.ndarray

    @property
    def changes(self) -> bool:
        """Whether anything is restricted."""
        return bool((self.mean != 0.0).any() or (self.sd != 1.0).any())

    def share(self, t: float) -> Restriction:
        """Return the restriction a share `t` of the way from none."""
        return Restriction(t * self.mean, self.sd**t)

    def apply(self, u: np.ndarray) -> np.ndarray:
        """Return the coordinates as the pack's priors know them, (coordinate, batch)."""
        return self.mean[:, None] + self.sd[:, None] * u


@dataclass(frozen=True, eq=False)
class Restricted:
    """A posterior in the coordinates of a restriction: standard normal a priori, as all methods expect."""

    base: Posterior
    restriction: Restriction

    def log_figures(self, u: np.ndarray) -> np.ndarray:
        """Return the log figures at restricted coordinates, (row, batch)."""
        return self.base.log_figures(self.restriction.apply(u))

    def log_likelihood(self, u: np.ndarray, log_figures: np.ndarray) -> np.ndarray:
        """Return the log likelihood up to a constant, (batch,)."""
        return self.base.log_likelihood(self.restriction.apply(u), log_figures)


def restriction_of(space: Space, rival: RivalModel) -> Restriction:
    """Return what a rival believes, in the coordinates of a space.

    A source that has published nothing in the years of the space has no bias there, and none is held.

    Raises
    ------
    DataError
        Y503 where the priors have no such parameter, Y108 where it has no such place, Y501 where numbers do
        not lie in its support.
    """
    mean, sd = np.zeros(space.size), np.ones(space.size)
    row = {name: index for index, name in enumerate(space.names)}
    for item in rival.priors:
        prior = space.priors[item.parameter]
        chosen = _elements(prior, item, rival.id)
        low, high = (end[chosen] for end in _ends(prior, item, rival.id))
        at = [row[prior.latent_names[index]] for index in chosen]
        mean[at], sd[at] = (low + high) / 2.0, (high - low) / (2.0 * Z95)
    first = space.size - len(space.biases)
    for held in rival.biases:
        for index, name in enumerate(space.biases):
            parts = name.split("/")
            if parts[0] == held.publisher and parts[-1] in held.quantities:
                sd[first + index] = held.sd / space.bias_sds[index]
    return Restriction(mean, sd)


def _elements(prior: Prior, item: RivalPrior, rival: str) -> list[int]:
    if item.place is None:
        return list(range(prior.size))
    key = ",".join(part.strip() for part in item.place.split(","))
    if key not in prior.elements:
        raise DataError(
            "Rival at an unknown place",
            code="Y108",
            where=("rival_models.yaml", rival, prior.name),
            got=item.place,
            expected=listing([e for e in prior.elements if e]) or "no place: the prior is a single number",
            fix=did_you_mean(key, prior.elements) or None,
        )
    return [prior.elements.index(key)]


def _ends(prior: Prior, item: RivalPrior, rival: str) -> tuple[np.ndarray, np.ndarray]:
    """Return the latent 5 and 95 percent points of every element, (element,) each."""
    if item.between is not None:
        from scipy.special import ndtri

        low, high = (np.full(prior.size, ndtri(share)) for share in item.between)
        return low, high
    ends = [
        np.asarray(prior.distribution.to_normal(np.full(prior.shape, value))).reshape(-1)
        for value in (item.q05, item.q95)
    ]
    if not np.isfinite(ends).all():
        raise DataError(
            "Rival outside the support of the prior",
            code="Y501",
            where=("rival_models.yaml", rival, prior.name),
            got=f"{item.q05:g} to {item.q95:g} {prior.unit}",
            expected=f"numbers that the {prior.family} prior allows",
        )
    return ends[0], ends[1]


# --- from one posterior to another ------------------------------------------------------------------------


@dataclass(frozen=True, eq=False)
class Bridged:
    """Draws at the end of a path.

    Attributes
    ----------
    points : (coordinate, draw), in the coordinates of the end. log_likelihood : (draw,), there.
    evidence : log of the ratio of the norms: how much better the end foretells the figures than the start.
    shares : of the path, where particles were resampled. moves : after each. acceptance : of each.
    """

    points: np.ndarray
    log_likelihood: np.ndarray
    evidence: float
    shares: tuple[float, ...] = ()
    moves: tuple[int, ...] = ()
    acceptance: tuple[float, ...] = ()


def bridge(
    likelihood: Likelihood,
    reference: Callable[[float], Normal],
    points: np.ndarray,
    seed: int,
    moved: float = MOVED,
    most: int = MOST,
) -> Bridged:
    """Return draws at the end of a path from draws at its start; a priori both are standard normal.

    Parameters
    ----------
    likelihood : at a share of the path. reference : normal approximation there, which moves are made from.
    points : (coordinate, draw), draws at share 0.
    seed : of the moves; the same seed makes the same proposals on another path.
    moved : squared jumps at which moving stops. most : moves of a stage.
    """
    now, stage, evidence, length = 0.0, 0, 0.0, 1.0
    shares, moves, acceptance = [], [], []
    old = likelihood(0.0, points)
    while now < 1.0:
        rng = np.random.Generator(np.random.Philox(key=np.array([seed, STREAM + stage], dtype=np.uint64)))
        to, points, new, gain = _next(likelihood, reference, points, old, now, min(2.0 * length, 1.0 - now))
        w = np.exp(gain - gain.max())
        evidence += float(np.log(w.mean()) + gain.max())
        chosen = resample(w / w.sum(), float(rng.random()))
        points, log_likelihood = points[:, chosen], new[chosen]
        normal = reference(to)
        points, old, count, accepted = _move(
            partial(likelihood, to),
            normal,
            points,
            log_likelihood,
            rng,
            ON_THE_WAY if to < 1.0 else moved,
            most,
        )
        now, stage, length = to, stage + 1, to - now
        shares.append(to)
        moves.append(count)
        acceptance.append(accepted)
    return Bridged(points, old, evidence, tuple(shares), tuple(moves), tuple(acceptance))


def _next(
    likelihood: Likelihood,
    reference: Callable[[float], Normal],
    points: np.ndarray,
    old: np.ndarray,
    now: float,
    length: float,
) -> tuple[float, np.ndarray, np.ndarray, np.ndarray]:
    """Return the next share of the path, points, log likelihoods and log weights there.

    Points are carried from one normal approximation to the next, which is exact where both are; where that
    is not enough, it is tried to leave them where they are.
    """
    at = now
    for _ in range(TRIES):
        at = 1.0 if now + length > 1.0 - 1e-9 else now + length
        carried, stretch = _carry(reference(now), reference(at), points)
        for there, grown in ((carried, stretch), (points, 0.0)):
            new = likelihood(at, there)
            gain = new - old - 0.5 * ((there**2).sum(axis=0) - (points**2).sum(axis=0)) + grown
            w = np.exp(gain - gain.max())
            if w.sum() ** 2 / (w**2).sum() >= KEEP * w.size:
                return at, there, new, gain
        length *= 0.5
    return at, there, new, gain


def _carry(start: Normal, end: Normal, points: np.ndarray) -> tuple[np.ndarray, float]:
    """Return the points that stand to `end` as `points` to `start`, and the log of the change of volume."""
    grown = 0.5 * (np.log1p(start.eigenvalues).sum() - np.log1p(end.eigenvalues).sum())
    return end.mean[:, None] + end.scale(start.unscale(points)), float(grown)


def _move(
    likelihood: Callable[[np.ndarray], np.ndarray],
    normal: Normal,
    points: np.ndarray,
    old: np.ndarray,
    rng: np.random.Generator,
    moved: float,
    most: int,
) -> tuple[np.ndarray, np.ndarray, int, float]:
    """Return points and log likelihoods after moves that keep the posterior, their number and acceptance."""
    informed = normal.directions[:, :SLOWEST]
    about = Halves.of(normal, points)
    place = informed.T @ normal.unscale(points)
    spread = 2.0 * place.var(axis=1)
    jumped, accepted, step = np.zeros(spread.size), [], 0.3
    excess = old - 0.5 * (points**2).sum(axis=0) - about.log_density(points)
    while len(accepted) < most and (len(accepted) < LEAST or jumped.min(initial=np.inf) < moved):
        proposed = about.move(points, step, rng.standard_normal(points.shape))
        new = likelihood(proposed)
        new_excess = new - 0.5 * (proposed**2).sum(axis=0) - about.log_density(proposed)
        taken = np.log(rng.random(new.size)) < new_excess - excess
        points, before = np.where(taken, proposed, points), place
        place = informed.T @ normal.unscale(points)
        jumped += ((place - before) ** 2).mean(axis=1) / spread
        old, excess = np.where(taken, new, old), np.where(taken, new_excess, excess)
        accepted.append(float(taken.mean()))
        step = float(np.clip(step * np.exp(accepted[-1] - ACCEPT), 0.02, 0.99))
    return points, old, len(accepted), float(np.mean(accepted))


def restricted_normal(normal: Normal, restriction: Restriction) -> Normal:
    """Return a normal approximation of the posterior under a restriction, in its coordinates.

    The figures' part of the approximation, a quadratic in z, is kept and written in u.
    """
    root = np.sqrt(normal.eigenvalues)[:, None] * normal.directions.T  # (k, coordinate)
    pull = normal.mean + root.T @ (root @ normal.mean) - root.T @ (root @ restriction.mean)
    rows = root * restriction.sd
    target = restriction.sd * pull
    inner = np.eye(len(rows)) + rows @ rows.T
    mean = target - rows.T @ np.linalg.solve(inner, rows @ target)
    return approximate(mean, rows)


def draw_restricted(
    posterior: Posterior, normal: Normal, points: np.ndarray, restriction: Restriction, seed: int
) -> Bridged:
    """Return draws of the posterior under a restriction, in the coordinates of the pack's own priors.

    Parameters
    ----------
    posterior, normal : without the restriction, and its approximation.
    points : (coordinate, draw), draws of it.
    """

    def likelihood(t: float, u: np.ndarray) -> np.ndarray:
        there = Restricted(posterior, restriction.share(t))
        return there.log_likelihood(u, there.log_figures(u))

    if not restriction.changes:
        return Bridged(points, likelihood(0.0, points), 0.0)
    found = bridge(likelihood, lambda t: restricted_normal(normal, restriction.share(t)), points, seed)
    return replace(found, points=restriction.apply(found.points))


def draw_with_more(
    posterior: Posterior, normal: Normal, points: np.ndarray, added: np.ndarray, seed: int
) -> Bridged:
    """Return draws given all figures from draws given all but the added ones.

    Parameters
    ----------
    posterior : with all figures. normal : its approximation. points : (coordinate, draw), draws without the
        added figures. added : (row,) bool, which were added.
    """

    def likelihood(t: float, z: np.ndarray) -> np.ndarray:
        each = posterior.log_densities(z, posterior.log_figures(z))
        total = (each * np.where(added, t, 1.0)[:, None]).sum(axis=0)
        return np.where(np.isfinite(total), total, FAILED)

    return bridge(likelihood, lambda t: normal, points, seed)
