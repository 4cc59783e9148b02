"""Moves at the posterior itself that run the model only for what needs it.

Biases of sources and scales of errors enter after the model: given its figures they can be drawn again and
again for nothing. An error of Student's t is a normal one whose precision has a gamma weight; given the
weights, biases are normal and can be integrated out. A move therefore goes: weights given all else; what the
model needs and the scales, by preconditioned Crank-Nicolson about the other half of the particles, with the
biases integrated out; biases given the rest; scales given the rest; sizes of shocks at the same products
(:mod:`yupana.fit.sizes`). Each step keeps the posterior. Without the integral a proposal has to hit the
figures with the biases where they happen to stand, and steps must be short: a fit that leaves that way is too
narrow in what figures and biases decide together.

Particles begin as draws of a normal approximation made far wider than it is, and move in rounds: several
times as long as they take to forget where they were. Where another mode is known, some moves lead along
the line between the two.

References: [cotter2013]_, [geweke1993]_ (Student's t as a mixture), [vandyk2008]_ (partial integration).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from yupana.fit.laplace import Normal
from yupana.fit.posterior import DEGREES, Posterior
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
SCALE_STEPS = (0.5, 1.2, 0.5)  # of random walks of the scales, in prior standard deviations
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
    rng, held = _generator(seed, now.round), _model_block(posterior)
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


def _model_block(posterior: Posterior) -> int:
    """Return how many coordinates come before the biases: those of the model, and the scales."""
    return posterior.space.moving + len(posterior.space.scales)


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
    out = np.zeros((count + 1, x.shape[1]))
    np.add.at(out, posterior.data.scale_of, posterior.log_densities(x, figures))
    return out[:count]


def _height(
    posterior: Posterior, x: np.ndarray, figures: np.ndarray, weights: np.ndarray, held: int
) -> np.ndarray:
    likelihood = marginal_log_likelihood(posterior, x, figures, weights)
    return likelihood - 0.5 * (x[:held] ** 2).sum(axis=0)
