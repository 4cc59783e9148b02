"""Tempered sequential Monte Carlo from the normal approximation to the posterior (Del Moral et al. 2006).

Particles start as draws of the approximation q and pass through q^(1-t) p^t, with t raised so that the
effective number falls to a stated share each time; then they are resampled and moved. The moves are
preconditioned Crank-Nicolson (Cotter et al. 2013) about a normal reference: they keep it without any
rejection, whatever the number of unknowns, so that only the part of the target that is not normal rejects.
The reference of a stage has mean and covariance of particles in the directions that the data inform: each
half of the particles moves about the other half's, so that no particle has a say in its own move (the
complementary ensembles of Goodman and Weare 2010).
Every number depends on the seed and the number of the stage alone: a fit that was killed goes on from its
last stage to the same draws.

References: [delmoral2006]_, [cotter2013]_, [goodman2010]_, [schaefer2005]_.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from yupana.fit.laplace import Normal
from yupana.fit.posterior import Posterior

KEEP = 0.5
"""Share of the particles that stay effective when the temperature is raised."""
ACCEPT = 0.3  # share of moves that the step is steered to
MOVED = 0.5  # squared jumps of a stage, over those of independent draws, at which moving stops
WIDE = 0.5  # share of the data's precision in the distribution that particles start from
LAST_MOVED = 2.0  # the same at the last temperature, where copies must part
MOST_MOVES, MOST_LAST = 60, 240
LEAST = 0.1  # eigenvalue of the directions whose mean and spread the moves take from the particles
REFRESH = 8  # moves between two looks at the other half
SLOWEST = 40  # informed directions among which the slowest decides that moving may stop


@dataclass(frozen=True, eq=False)
class Cloud:
    """Particles at one temperature.

    Attributes
    ----------
    stage : how many temperatures were passed. temperature : 0 for q, 1 for the posterior.
    points : (coordinate, particle). log_target : (particle,), log posterior. log_start : (particle,), log q.
    step : of the moves, 0 to 1. evidence : log of the ratio of the norms so far.
    acceptance, moves : of each stage.
    """

    stage: int
    temperature: float
    points: np.ndarray
    log_target: np.ndarray
    log_start: np.ndarray
    step: float
    evidence: float
    acceptance: tuple[float, ...] = ()
    moves: tuple[int, ...] = ()

    @property
    def finished(self) -> bool:
        """Whether the particles are draws of the posterior."""
        return self.temperature >= 1.0


def _generator(seed: int, stage: int) -> np.random.Generator:
    return np.random.Generator(np.random.Philox(key=np.array([seed, stage], dtype=np.uint64)))


def log_posterior(posterior: Posterior, z: np.ndarray) -> np.ndarray:
    """Return the log posterior up to a constant, (batch,)."""
    return posterior.log_likelihood(z, posterior.log_figures(z)) + posterior.log_prior(z)


def start_cloud(posterior: Posterior, normal: Normal, count: int, seed: int) -> Cloud:
    """Return `count` draws of the approximation with their log densities."""
    xi = _generator(seed, 0).standard_normal((normal.mean.size, count))
    points = normal.mean[:, None] + normal.scale(xi)
    return Cloud(0, 0.0, points, log_posterior(posterior, points), normal.log_density(points), 0.5, 0.0)


def next_temperature(log_ratio: np.ndarray, now: float, keep: float = KEEP) -> float:
    """Return the highest temperature at which a share `keep` of the particles stays effective."""

    def share(to: float) -> float:
        w = np.exp((to - now) * (log_ratio - log_ratio.max()))
        return float(w.sum() ** 2 / (w**2).sum() / w.size)

    if share(1.0) >= keep:
        return 1.0
    low, high = now, 1.0
    for _ in range(60):
        middle = 0.5 * (low + high)
        low, high = (middle, high) if share(middle) >= keep else (low, middle)
    return low


def resample(weights: np.ndarray, u: float) -> np.ndarray:
    """Return indices by systematic resampling, (particle,) int."""
    places = (np.arange(weights.size) + u) / weights.size
    return np.minimum(np.searchsorted(np.cumsum(weights), places), weights.size - 1)


@dataclass(frozen=True, eq=False)
class Halves:
    """References of two halves of the particles, which were resampled in order: even and odd places."""

    each: tuple[Normal, Normal]

    @classmethod
    def of(cls, normal: Normal, points: np.ndarray) -> Halves:
        """Return the references that particles, (coordinate, particle), give each other."""
        return cls((reference(normal, points[:, 1::2]), reference(normal, points[:, ::2])))

    def _both(self, one: Callable[[Normal, slice], np.ndarray], like: np.ndarray) -> np.ndarray:
        out = np.empty_like(like)
        for half, normal in enumerate(self.each):
            places = slice(half, None, 2)
            out[..., places] = one(normal, places)
        return out

    def log_density(self, points: np.ndarray) -> np.ndarray:
        """Return the log density of every particle under its own reference, (particle,)."""
        return self._both(lambda normal, at: normal.log_density(points[:, at]), points[0])

    def move(self, points: np.ndarray, step: float, xi: np.ndarray) -> np.ndarray:
        """Return proposals, (coordinate, particle), from standard normals `xi` of that shape."""

        def one(normal: Normal, at: slice) -> np.ndarray:
            centre = normal.mean[:, None]
            return centre + np.sqrt(1.0 - step**2) * (points[:, at] - centre) + step * normal.scale(xi[:, at])

        return self._both(one, points)


def reference(normal: Normal, points: np.ndarray) -> Normal:
    """Return a normal distribution with the particles' mean and covariance in the informed directions.

    Few particles tell a covariance badly: correlations are shrunk by as much as they are unsure, which is
    estimated (Schaefer and Strimmer 2005). Elsewhere the prior stays.
    """
    count = min(int((normal.eigenvalues > LEAST).sum()), points.shape[1] // 2)
    if count == 0:
        return normal
    start = Normal(normal.mean, normal.directions[:, :count], normal.eigenvalues[:count])
    basis = start.directions / np.sqrt(1.0 + start.eigenvalues)  # (coordinate, direction), of unit variance
    seen = np.sqrt(1.0 + start.eigenvalues)[:, None] * (start.directions.T @ (points - start.mean[:, None]))
    centre = seen.mean(axis=1)
    root = basis @ np.linalg.cholesky(shrunk_covariance(seen))  # covariance in the directions is root root'
    turn, size, _ = np.linalg.svd(start.directions.T @ root)
    return Normal(start.mean + basis @ centre, start.directions @ turn, size**-2.0 - 1.0)


def shrunk_covariance(sample: np.ndarray) -> np.ndarray:
    """Return the covariance of a sample, (dimension, particle), its correlations shrunk towards none.

    Copies of a particle count once in how sure the correlations are.
    """
    size = sample.shape[1]
    own = np.unique(sample[0]).size
    sds = sample.std(axis=1, ddof=1)
    scores = (sample - sample.mean(axis=1, keepdims=True)) / sds[:, None]
    found = scores @ scores.T / (size - 1)
    unsure = ((scores**2) @ (scores**2).T / size - (found * (size - 1) / size) ** 2) / own
    np.fill_diagonal(unsure, 0.0)
    strength = float((found**2).sum() - np.trace(found**2))
    keep = 1.0 - min(1.0, float(unsure.sum()) / strength) if strength > 0.0 else 0.0
    found *= keep
    np.fill_diagonal(found, 1.0)
    return found * np.outer(sds, sds)


def advance(posterior: Posterior, normal: Normal, cloud: Cloud, seed: int) -> Cloud:
    """Return the cloud at the next temperature."""
    rng = _generator(seed, cloud.stage + 1)
    ratio = cloud.log_target - cloud.log_start
    temperature = next_temperature(ratio, cloud.temperature)
    raw = (temperature - cloud.temperature) * (ratio - ratio.max())
    w = np.exp(raw)
    gained = float(np.log(w.mean()) + (temperature - cloud.temperature) * ratio.max())
    chosen = resample(w / w.sum(), float(rng.random()))
    points, target, start = cloud.points[:, chosen], cloud.log_target[chosen], cloud.log_start[chosen]
    informed = normal.directions[:, :SLOWEST]
    spread = 2.0 * (informed.T @ normal.unscale(points)).var(axis=1)
    about, away = Halves((normal, normal)), start
    step, jumped, accepted, count = cloud.step, np.zeros(spread.size), [], 0
    enough, most = (LAST_MOVED, MOST_LAST) if temperature >= 1.0 else (MOVED, MOST_MOVES)
    while count < most and jumped.min(initial=np.inf) < enough:
        if count % REFRESH == 0:
            about = Halves.of(normal, points)
            away = about.log_density(points)
        proposed = about.move(points, step, rng.standard_normal(points.shape))
        new_target, new_start = log_posterior(posterior, proposed), normal.log_density(proposed)
        new_away = about.log_density(proposed)
        change = temperature * (new_target - target) + (1.0 - temperature) * (new_start - start)
        change -= new_away - away
        taken = np.log(rng.random(change.size)) < change
        before = informed.T @ normal.unscale(points)
        points = np.where(taken, proposed, points)
        jumped += ((informed.T @ normal.unscale(points) - before) ** 2).mean(axis=1) / spread
        target, start = np.where(taken, new_target, target), np.where(taken, new_start, start)
        away = np.where(taken, new_away, away)
        share = float(taken.mean())
        accepted.append(share)
        step = float(np.clip(step * np.exp(share - ACCEPT), 0.02, 0.99))
        count += 1
    return Cloud(
        cloud.stage + 1,
        temperature,
        points,
        target,
        start,
        step,
        cloud.evidence + gained,
        (*cloud.acceptance, float(np.mean(accepted))),
        (*cloud.moves, count),
    )


def run(
    posterior: Posterior,
    normal: Normal,
    count: int,
    seed: int,
    cloud: Cloud | None = None,
    on_stage: Callable[[Cloud], None] | None = None,
) -> Cloud:
    """Return particles of the posterior; from `cloud` where a fit goes on."""
    cloud = cloud or start_cloud(posterior, normal, count, seed)
    while not cloud.finished:
        cloud = advance(posterior, normal, cloud, seed)
        if on_stage:
            on_stage(cloud)
    return cloud
