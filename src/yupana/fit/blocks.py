"""Moves at the posterior itself that run the model only for what needs it.

Biases of sources and scales of errors enter after the model: given its figures they can be drawn again and
again for nothing (:mod:`yupana.fit.conditionals`). A move therefore goes: weights given all else; what the
model needs and the scales, by preconditioned Crank-Nicolson about the other half of the particles, with the
biases integrated out; biases given the rest; scales given the rest; sizes of shocks at the same products
(:mod:`yupana.fit.sizes`). Each step keeps the posterior. Without the integral a proposal has to hit the
figures with the biases where they happen to stand, and steps must be short: a fit that leaves that way is too
narrow in what figures and biases decide together.

Particles begin as draws of normal approximations made far wider than they are, and move in rounds: several
times as long as they take to forget where they were. Where other modes are known, some moves lead along the
lines to them. Draws are the particles of the later half of the rounds, a few rounds apart.

References: [cotter2013]_, [vandyk2008]_ (partial integration).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from yupana.fit.conditionals import draw_biases, draw_weights, marginal_log_likelihood, move_scales
from yupana.fit.laplace import Normal
from yupana.fit.posterior import Posterior
from yupana.fit.sizes import move_sizes
from yupana.fit.smc import ACCEPT, LEAST, REFRESH, Halves, shrunk_covariance

MOVES = 60
"""Moves of a round."""
LAG = 4
"""Rounds between two looks at the same particles, and between two that are kept as draws."""
SLOWEST = 10  # of the leading directions, by whose memory over so many rounds the length of a fit is set
LENGTHS = 9.0
"""Rounds of a fit, in those after which the slowest directions remember a share 1/e of where they were.

The first half is left out. Draws are spread evenly over the second, and remember a percent at most of where
their particles began.
"""
FEWEST, MOST = 12, 72  # rounds; before two looks no memory can be told
WIDE = 0.1  # share of the data's precision in the distribution that particles start from
LEADING = 60  # informed directions that are watched
ALONG = 5  # every so many moves one goes along a way to another mode
PACES = (1.0, 0.3)  # of such moves, in lengths of the way
HARDLY = 0.01  # eigenvalue of a direction below which the prior is as good
TRIES = 20  # batches of starts of which too many do not run
FIRST_STEP = 0.3


@dataclass(frozen=True, eq=False)
class Settled:
    """Particles that have moved at the posterior.

    Attributes
    ----------
    round : rounds done. points : (coordinate, particle). figures : (row, particle), logs of the model's.
    step : of the moves. acceptance : mean of each round.
    trail : (look, direction, particle), leading informed directions of what is kept.
    kept : (look, coordinate, particle), the points of the rounds of :func:`kept_rounds`, oldest first.
    """

    round: int
    points: np.ndarray
    figures: np.ndarray
    step: float
    acceptance: tuple[float, ...]
    trail: np.ndarray
    kept: np.ndarray

    @property
    def time(self) -> float:
        """Rounds after which the slowest directions remember a share 1/e; infinite before it can be told.

        Read from all pairs of looks that follow each other: one pair alone tells it to a tenth, and the
        slowest of many would seem slower than they are.
        """
        if len(self.trail) < 2:
            return float("inf")
        pairs = zip(self.trail[:-1], self.trail[1:], strict=True)
        kept = np.mean([_correlations(before, after) for before, after in pairs], axis=0)
        slow = float(np.sort(kept)[-SLOWEST:].mean())
        return -LAG / float(np.log(np.clip(slow, 1e-6, 1.0 - 1e-6)))

    @property
    def lengths(self) -> float:
        """Rounds done, in those times."""
        return self.round / self.time


def kept_rounds(done: int) -> list[int]:
    """Return after which of the rounds done the particles are draws: every fourth of the later half."""
    return [number for number in range(LAG, done + 1, LAG) if 2 * number > done]


def begin(posterior: Posterior, normals: Sequence[Normal], count: int, seed: int) -> Settled:
    """Return particles that have not moved yet: draws of approximations made wide, those that run.

    Parameters
    ----------
    normals : from which particles are drawn in turn; the first one's informed directions are watched.

    Raises
    ------
    ValueError
        If too few of them run.
    """
    wide, rng = [normal.widened(WIDE) for normal in normals], _generator(seed, 2**31)
    points, figures, have = [], [], 0
    for _ in range(TRIES):
        xi = rng.standard_normal((wide[0].mean.size, count))
        tried = np.empty_like(xi)
        for i, normal in enumerate(wide):
            own = slice(i, None, len(wide))
            tried[:, own] = normal.mean[:, None] + normal.scale(xi[:, own])
        seen = posterior.log_figures(tried)
        runs = np.isfinite(seen).all(axis=0)
        points.append(tried[:, runs])
        figures.append(seen[:, runs])
        have += int(runs.sum())
        if have >= count:
            found = np.concatenate(points, axis=1)[:, :count]
            return start(normals[0], found, np.concatenate(figures, axis=1)[:, :count])
    raise ValueError(f"{have} of {TRIES * count} starts around the mode give all figures, not {count}")


def start(normal: Normal, points: np.ndarray, figures: np.ndarray) -> Settled:
    """Return particles that have not moved yet."""
    none = np.zeros((0, *points.shape), dtype=np.float32)
    return Settled(0, points, figures, FIRST_STEP, (), np.zeros((0, *_watched(normal, points).shape)), none)


def _watched(normal: Normal, points: np.ndarray) -> np.ndarray:
    return normal.directions[:, :LEADING].T @ points


def _correlations(before: np.ndarray, after: np.ndarray) -> np.ndarray:
    """Return the correlation of each direction between two looks at the same particles, (direction,)."""
    a, b = (x - x.mean(axis=1, keepdims=True) for x in (before, after))
    return (a * b).sum(axis=1) / np.sqrt((a**2).sum(axis=1) * (b**2).sum(axis=1))


def run(
    posterior: Posterior,
    normal: Normal,
    now: Settled,
    states: int,
    seed: int,
    ways: np.ndarray | None = None,
    on_round: Callable[[Settled], None] | None = None,
) -> Settled:
    """Return particles that moved for some times as long as they take to forget where they were.

    Parameters
    ----------
    normal : whose informed directions are watched. now : where the rounds begin, or go on.
    states : looks at the particles that are wanted as draws. ways : (coordinate, way), to other modes.
    """
    while now.round < MOST and not _enough(now, states):
        now = advance(posterior, normal, now, seed, ways)
        if on_round:
            on_round(now)
    return now


def _enough(now: Settled, states: int) -> bool:
    return now.round >= FEWEST and now.lengths >= LENGTHS and len(now.kept) >= states


def _generator(seed: int, number: int) -> np.random.Generator:
    return np.random.Generator(np.random.Philox(key=np.array([seed, 2**32 + number], dtype=np.uint64)))


def advance(
    posterior: Posterior,
    normal: Normal,
    now: Settled,
    seed: int,
    ways: np.ndarray | None = None,
    moves: int = MOVES,
) -> Settled:
    """Return the particles after a round of moves; every number depends on the seed and the round alone.

    Parameters
    ----------
    normal : whose informed directions the moves are made about. ways : (coordinate, way), to other modes.
    """
    rng, held = _generator(seed, now.round), _model_block(posterior)
    x, figures, step, accepted = now.points.copy(), now.figures, now.step, []
    for count in range(moves):
        if count % REFRESH == 0:
            about = halves(normal, x, held)
        weights = draw_weights(posterior, x, figures, rng)
        proposed = x.copy()
        along = ways is not None and ways.shape[1] > 0 and count % ALONG == ALONG - 1
        if along:
            proposed[:held] += _along(ways[:held], x.shape[1], rng)  # type: ignore[index]
            drift = np.zeros(x.shape[1])
        else:
            proposed[:held], drift = _move(about, x[:held], step, rng.standard_normal((held, x.shape[1])))
        seen = posterior.log_figures(proposed)
        runs = np.isfinite(seen).all(axis=0)
        seen = np.where(runs, seen, figures)
        change = _height(posterior, proposed, seen, weights, held) - drift
        change -= _height(posterior, x, figures, weights, held)
        taken = (np.log(rng.random(change.size)) < change) & runs
        x, figures = np.where(taken, proposed, x), np.where(taken, seen, figures)
        x[held:] = draw_biases(posterior, x, figures, weights, rng)
        x = move_scales(posterior, x, figures, rng)
        x = move_sizes(posterior.space, x, rng)
        if not along:
            share = float(taken.mean())
            accepted.append(share)
            step = float(np.clip(step * np.exp(share - ACCEPT), 0.02, 0.99))
    done = now.round + 1
    return Settled(
        done,
        x,
        figures,
        step,
        (*now.acceptance, float(np.mean(accepted))),
        _kept(now.trail, _watched(normal, x), done),
        _kept(now.kept, x.astype(np.float32), done),
    )


def _move(about: Halves, x: np.ndarray, step: float, xi: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return proposals about the halves' references, and how much likelier these find them than `x`, in logs.

    Parameters
    ----------
    x : (coordinate, particle). xi : standard normals of that shape.
    """
    proposed, drift = np.empty_like(x), np.empty(x.shape[1])
    for half, normal in enumerate(about.each):
        at, centre = slice(half, None, 2), normal.mean[:, None]
        before = x[:, at] - centre
        after = np.sqrt(1.0 - step**2) * before + step * normal.scale(xi[:, at])
        proposed[:, at] = centre + after
        drift[at] = _log_density(normal, after) - _log_density(normal, before)
    return proposed, drift


def _log_density(normal: Normal, away: np.ndarray) -> np.ndarray:
    """Return the log density up to a constant at distances from the mean, (coordinate, batch)."""
    known = normal.eigenvalues @ (normal.directions.T @ away) ** 2
    return -0.5 * (np.einsum("ij,ij->j", away, away) + known)


def _kept(before: np.ndarray, now: np.ndarray, done: int) -> np.ndarray:
    """Return what belongs to the rounds that are draws after so many rounds, oldest first."""
    if done % LAG == 0:
        before = np.concatenate([before, now[None]])
    return before[max(len(before) - len(kept_rounds(done)), 0) :]


def halves(normal: Normal, points: np.ndarray, held: int) -> Halves:
    """Return what the halves of the particles say of the first `held` coordinates, each for the other."""
    one, other = (marginal(about(normal, points[:, i::2]), held) for i in (1, 0))
    return Halves((one, other))


def about(normal: Normal, points: np.ndarray) -> Normal:
    """Return a normal distribution with the particles' mean and covariance in the informed directions.

    As :func:`yupana.fit.smc.reference`, but in all informed directions, however few the particles, and with
    the approximation's variance and not the prior's in those that are hardly informed. Of 123 directions a
    half of 256 particles would give up the lesser half, and moves be accepted a fifth more seldom.
    """
    normal = _informed(normal)
    count = int((normal.eigenvalues > LEAST).sum())
    if count == 0:
        return normal
    first = Normal(normal.mean, normal.directions[:, :count], normal.eigenvalues[:count])
    size = np.sqrt(1.0 + first.eigenvalues)
    seen = size[:, None] * (first.directions.T @ (points - first.mean[:, None]))
    root = np.linalg.cholesky(shrunk_covariance(seen)) / size[:, None]
    turn, spread, _ = np.linalg.svd(root)
    return Normal(
        first.mean + first.directions @ (seen.mean(axis=1) / size),
        np.concatenate([first.directions @ turn, normal.directions[:, count:]], axis=1),
        np.concatenate([spread**-2.0 - 1.0, normal.eigenvalues[count:]]),
    )


def _informed(normal: Normal) -> Normal:
    """Return the approximation without the directions that the figures say next to nothing of."""
    known = normal.eigenvalues > HARDLY
    return Normal(normal.mean, normal.directions[:, known], normal.eigenvalues[known])


def _along(ways: np.ndarray, count: int, rng: np.random.Generator) -> np.ndarray:
    """Return steps along ways, (coordinate, particle): each along one of them, of a normal share of it."""
    chosen = rng.integers(ways.shape[1], size=count)
    return ways[:, chosen] * (rng.choice(PACES, size=count) * rng.standard_normal(count))


def memory(normal: Normal, start: np.ndarray, end: np.ndarray, directions: int = 40) -> tuple[float, int]:
    """Return the largest correlation of where particles ended with where they began, and its direction.

    Parameters
    ----------
    start, end : (coordinate, particle), the same particles in the same order.
    """
    before, after = (_watched(normal, x)[:directions] for x in (start, end))
    found = np.abs(_correlations(before, after))
    worst = int(np.argmax(found))
    return float(found[worst]), worst


def marginal(normal: Normal, count: int) -> Normal:
    """Return the distribution of the first `count` coordinates."""
    shrink = normal.eigenvalues / (1.0 + normal.eigenvalues)
    basis, rest = np.linalg.qr(normal.directions[:count])
    own, turn = np.linalg.eigh((rest * shrink) @ rest.T)
    return Normal(normal.mean[:count], basis @ turn, own / (1.0 - own))


def _model_block(posterior: Posterior) -> int:
    """Return how many coordinates come before the biases: those of the model, and the scales."""
    return posterior.space.moving + len(posterior.space.scales)


def _height(
    posterior: Posterior, x: np.ndarray, figures: np.ndarray, weights: np.ndarray, held: int
) -> np.ndarray:
    likelihood = marginal_log_likelihood(posterior, x, figures, weights)
    return likelihood - 0.5 * (x[:held] ** 2).sum(axis=0)
