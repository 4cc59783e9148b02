"""Moves at the posterior itself that run the model only for what needs it.

A move goes: weights of the errors given all else; what the model reads, by preconditioned Crank-Nicolson
about the other half of the particles, with biases of sources integrated out and one scale of errors summed over
(:mod:`yupana.fit.conditionals`); that scale, the biases and the other scales given the rest; sizes of shocks
at the same products (:mod:`yupana.fit.sizes`). Each step keeps the posterior. Without the integral a proposal
has to hit the figures with biases and errors as they happen to stand, and steps must be short: a fit that
leaves that way is too narrow in what figures and biases decide together.

Particles begin as draws of a normal approximation made far wider than it is, and move in rounds: several
times as long as they take to forget where they were. Where another mode is known, some moves lead along
the line between the two.

References: [cotter2013]_, [vandyk2008]_ (partial integration).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from yupana.fit.conditionals import draw_biases, draw_weights, move_scales, pick_scale, summed
from yupana.fit.laplace import Normal
from yupana.fit.posterior import Posterior
from yupana.fit.sizes import move_sizes
from yupana.fit.smc import ACCEPT, REFRESH, Halves

MOVES = 60
"""Moves of a round."""
LAG = 4  # rounds between two looks at the same particles
SLOWEST = 10  # of the leading directions, by whose memory over so many rounds the length of a fit is set
LENGTHS = 5.0
"""Rounds of a fit, in those after which the slowest directions remember a share 1/e of where they were."""
LEAST, MOST = 8, 32  # rounds
WIDE = 0.1  # share of the data's precision in the distribution that particles start from
LEADING = 60  # informed directions that are watched
ALONG = 5  # every so many moves one goes along a way to another mode
PACES = (1.0, 0.3)  # of such moves, in lengths of the way
TRIES = 20  # batches of starts of which too many do not run
FIRST_STEP = 0.3


@dataclass(frozen=True, eq=False)
class Settled:
    """Particles that have moved at the posterior.

    Attributes
    ----------
    round : rounds done. points : (coordinate, particle). figures : (row, particle), logs of the model's.
    step : of the moves. acceptance : mean of each round.
    trail : (round, direction, particle), leading informed directions in the last rounds, oldest first.
    """

    round: int
    points: np.ndarray
    figures: np.ndarray
    step: float
    acceptance: tuple[float, ...]
    trail: np.ndarray

    @property
    def time(self) -> float:
        """Rounds after which the slowest directions remember a share 1/e; infinite before it can be told."""
        if self.round <= LAG:
            return float("inf")
        kept = _correlations(self.trail[0], self.trail[-1])
        slow = float(np.sort(kept)[-SLOWEST:].mean())
        return -LAG / float(np.log(np.clip(slow, 1e-6, 1.0 - 1e-6)))

    @property
    def lengths(self) -> float:
        """Rounds done, in those times."""
        return self.round / self.time


def begin(posterior: Posterior, normal: Normal, count: int, seed: int) -> Settled:
    """Return particles that have not moved yet: draws of the approximation made wide, those that run.

    Raises
    ------
    ValueError
        If too few of them run.
    """
    wide, rng = normal.widened(WIDE), _generator(seed, 2**31)
    points, figures, have = [], [], 0
    for _ in range(TRIES):
        tried = wide.mean[:, None] + wide.scale(rng.standard_normal((wide.mean.size, count)))
        seen = posterior.log_figures(tried)
        runs = np.isfinite(seen).all(axis=0)
        points.append(tried[:, runs])
        figures.append(seen[:, runs])
        have += int(runs.sum())
        if have >= count:
            found = np.concatenate(points, axis=1)[:, :count]
            return start(normal, found, np.concatenate(figures, axis=1)[:, :count])
    raise ValueError(f"{have} of {TRIES * count} starts around the mode give all figures, not {count}")


def start(normal: Normal, points: np.ndarray, figures: np.ndarray) -> Settled:
    """Return particles that have not moved yet."""
    return Settled(0, points, figures, FIRST_STEP, (), _watched(normal, points)[None])


def _watched(normal: Normal, points: np.ndarray) -> np.ndarray:
    return normal.directions[:, :LEADING].T @ points


def _correlations(before: np.ndarray, after: np.ndarray) -> np.ndarray:
    """Return the correlation of each direction between two looks at the same particles, (direction,)."""
    a, b = (x - x.mean(axis=1, keepdims=True) for x in (before, after))
    return (a * b).sum(axis=1) / np.sqrt((a**2).sum(axis=1) * (b**2).sum(axis=1))


def run(
    posterior: Posterior,
    normal: Normal,
    count: int,
    seed: int,
    ways: np.ndarray | None = None,
    now: Settled | None = None,
    on_round: Callable[[Settled], None] | None = None,
) -> Settled:
    """Return `count` particles that moved for some times as long as they take to forget where they were.

    Parameters
    ----------
    normal : approximation at the mode where they begin. ways : (coordinate, way), to other modes.
    now : where a stopped fit goes on.
    """
    now = now or begin(posterior, normal, count, seed)
    while now.round < MOST and (now.round < LEAST or now.lengths < LENGTHS):
        now = advance(posterior, normal, now, seed, ways)
        if on_round:
            on_round(now)
    return now


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
    rng, held = _generator(seed, now.round), posterior.space.moving
    biases = held + len(posterior.space.scales)
    x, figures, step, accepted = now.points.copy(), now.figures, now.step, []
    for count in range(moves):
        if count % REFRESH == 0:
            about = Halves(tuple(marginal(one, held) for one in Halves.of(normal, x).each))  # type: ignore[arg-type]
        weights = draw_weights(posterior, x, figures, rng)
        proposed = x.copy()
        along = ways is not None and ways.shape[1] > 0 and count % ALONG == ALONG - 1
        if along:
            proposed[:held] += _along(ways[:held], x.shape[1], rng)  # type: ignore[index]
            drift = np.zeros(x.shape[1])
        else:
            proposed[:held] = about.move(x[:held], step, rng.standard_normal((held, x.shape[1])))
            drift = about.log_density(proposed[:held]) - about.log_density(x[:held])
        seen = posterior.log_figures(proposed)
        runs = np.isfinite(seen).all(axis=0)
        seen = np.where(runs, seen, figures)
        scale = pick_scale(posterior, rng)
        here, there = (summed(posterior, z, f, weights, scale) for z, f in ((x, figures), (proposed, seen)))
        taken = (np.log(rng.random(x.shape[1])) < there.total - here.total - drift) & runs
        if here.row is not None:
            proposed[here.row] = there.draw(rng)
            x[here.row] = here.draw(rng)
        x, figures = np.where(taken, proposed, x), np.where(taken, seen, figures)
        x[biases:] = draw_biases(posterior, x, figures, weights, rng)
        x = move_scales(posterior, x, figures, rng)
        x = move_sizes(posterior.space, x, rng)
        if not along:
            share = float(taken.mean())
            accepted.append(share)
            step = float(np.clip(step * np.exp(share - ACCEPT), 0.02, 0.99))
    trail = np.concatenate([now.trail[-LAG:], _watched(normal, x)[None]])
    return Settled(
        now.round + 1,
        x,
        figures,
        step,
        (*now.acceptance, float(np.mean(accepted))),
        trail,
    )


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
