"""What figures not yet seen would tell of a quantity: the variance and the loss that they may remove.

Two ways, on the same draws. *Linear*: quantity and figures as jointly normal, where the expected reduction
has a closed form. *Curved*: figures are made from the draws, and the quantity is regressed on them by a
natural cubic spline, whose fitted values are the means after the study (strong2014). Both count what chance
alone would find and take it off, so that figures that tell nothing are expected to remove nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
RESAMPLES = 200
KNOTS = (0.05, 0.275, 0.5, 0.725, 0.95)
"""Quantiles of the figure at which the spline bends: those usual for five knots (harrell2015)."""
FOLDS = 5
LEAST_DRAWS = 40
_TAIL = 1.6448536269514722  # standard normal quantile of 95 percent


@dataclass(frozen=True)
class Estimate:
    """A number with its 90 percent interval over other draws that might have been taken."""

    value: float
    low: float
    high: float

    def to_json(self) -> dict[str, float]:
        """Return the estimate as plain values."""
        return {"value": self.value, "q05": self.low, "q95": self.high}


@dataclass(frozen=True, eq=False)
class Figures:
    """What would be measured, in each draw, and how well.

    Attributes
    ----------
    logs : (figure, draw), logs of the true values.
    errors : (figure,), log sd of the error of each figure alone.
    biases : (figure,), log sd of the error that it shares with the figures of its group.
    group : (figure,), number of that group.
    """

    logs: Floats
    errors: Floats
    biases: Floats
    group: NDArray[np.intp]

    @property
    def noise(self) -> Floats:
        """Covariance of the errors, (figure, figure)."""
        same = self.group[:, None] == self.group[None, :]
        return np.diag(self.errors**2) + same * np.outer(self.biases, self.biases)

    def make(self, seed: int, name: str) -> Floats:
        """Return figures that the study would print, one set a draw: (figure, draw)."""
        from yupana.core.streams import normals

        count = self.logs.shape[1]
        own = [normals(seed, f"study/{name}/{i}", 0, count) for i in range(self.errors.size)]
        shared = {g: normals(seed, f"study/{name}/group/{g}", 0, count) for g in set(self.group.tolist())}
        bias = np.stack([shared[g] for g in self.group.tolist()])
        return self.logs + self.errors[:, None] * np.stack(own) + self.biases[:, None] * bias


@dataclass(frozen=True, eq=False)
class Resampled:
    """A number and the same from resampled draws, their mean moved onto it."""

    value: float
    samples: Floats

    def estimate(self, floor: float = 0.0) -> Estimate:
        """Return the number with its interval; nothing lies below `floor`."""
        low, high = np.quantile(self.samples, (0.05, 0.95))
        return Estimate(max(self.value, floor), max(float(low), floor), max(float(high), floor))


def distinct(columns: Floats) -> NDArray[np.intp]:
    """Return a number for each draw, the same for draws that are copies of one another: (draw,).

    Parameters
    ----------
    columns : (column, draw), values of which no two draws share all but by being copies.
    """
    _, number = np.unique(columns, axis=1, return_inverse=True)
    return np.asarray(number, np.intp).reshape(-1)


def resample(
    statistic: Callable[[Floats], float], copies: NDArray[np.intp], seed: int, count: int = RESAMPLES
) -> Resampled:
    """Return a statistic of weighted draws with its bootstrap; copies are taken or left together.

    Parameters
    ----------
    statistic : of weights, (draw,), which are all one for the draws as they are.
    copies : (draw,), number of the distinct draw. seed : of the resampling.
    """
    size = int(copies.max()) + 1
    rng = np.random.Generator(np.random.Philox(key=np.array([seed, 2**34], dtype=np.uint64)))
    value = statistic(np.ones(copies.size))
    even = np.full(size, 1.0 / size)
    each = np.array([statistic(rng.multinomial(size, even).astype(float)[copies]) for _ in range(count)])
    # resampling adds what chance finds a second time: the samples are moved back onto the value
    return Resampled(value, each - each.mean() + value)


def linear_share(y: Floats, figures: Figures, weights: Floats, size: int) -> float:
    """Return the share of the variance of `y` that figures can be expected to remove, were all normal.

    With C the covariance of figures' logs and S that of their errors it is c' (C + S)^-1 c / var(y), less
    what chance would find: of useless figures it has mean tr(C (C + S)^-1) / n.

    Parameters
    ----------
    y : (draw,). weights : (draw,). size : number of distinct draws.
    """
    share, chance = _linear(y, figures, weights)
    return _adjusted(share, chance, size)


def linear_loss(y: Floats, figures: Figures, weights: Floats, size: int) -> float:
    """Return the expected gain of choosing after the study rather than now, were all normal.

    One of two actions is worth `y` more than the other. The mean after the study is normal with sd
    s = sd(y) sqrt(share); the gain is E max(mean, 0) - max(E y, 0) (raiffaschlaifer1961). In the unit of `y`.
    """
    share = max(linear_share(y, figures, weights, size), 0.0)
    mean, variance = _moments(y, weights)
    return unit_loss(mean, float(np.sqrt(variance * share)))


def unit_loss(mean: float, sd: float) -> float:
    """Return E max(X, 0) - max(E X, 0) of a normal X.

    Examples
    --------
    >>> round(unit_loss(0.0, 1.0), 4)
    0.3989
    """
    from scipy.special import ndtr

    if sd <= 0.0:
        return 0.0
    u = abs(mean) / sd
    return float(sd * (np.exp(-0.5 * u * u) / np.sqrt(2.0 * np.pi) - u * ndtr(-u)))


def perfect_loss(y: Floats, weights: Floats) -> float:
    """Return the expected gain of choosing with `y` known, E max(y, 0) - max(E y, 0), in the unit of `y`."""
    total = weights.sum()
    return float((weights * np.maximum(y, 0.0)).sum() / total - max((weights * y).sum() / total, 0.0))


@dataclass(frozen=True, eq=False)
class Curve:
    """A quantity against one summary of the figures: what a spline makes of it.

    Attributes
    ----------
    y : (draw,). basis : (draw, 5), a constant and the spline. size : number of distinct draws.
    """

    y: Floats
    basis: Floats
    size: int

    def share(self, weights: Floats) -> float:
        """Return the share of the variance that the figures can be expected to remove."""
        return self._fitted(weights)[1]

    def loss(self, weights: Floats) -> float:
        """Return the expected gain of choosing after the study rather than now, in the unit of `y`."""
        return perfect_loss(self._fitted(weights)[0], weights)

    def _fitted(self, weights: Floats) -> tuple[Floats, float]:
        """Return means after the study, drawn together by what chance would find, and the share."""
        root = np.sqrt(weights)
        slope, _, rank, _ = np.linalg.lstsq(self.basis * root[:, None], self.y * root, rcond=None)
        fitted = self.basis @ slope
        mean, variance = _moments(self.y, weights)
        if variance <= 0.0:
            return np.full_like(self.y, mean), 0.0
        raw = _moments(fitted, weights)[1] / variance
        share = _adjusted(raw, int(rank) - 1.0, self.size)
        shrink = np.sqrt(max(share, 0.0) / raw) if raw > 0.0 else 0.0
        return mean + (fitted - mean) * shrink, share


def curve_of(y: Floats, figures: Figures, copies: NDArray[np.intp], seed: int, name: str) -> Curve:
    """Return `y` against figures made from the draws.

    Several figures are summed into one by the best linear weights, found without the draws that they are
    applied to.
    """
    made = figures.make(seed, name)
    score = made[0] if len(made) == 1 else _score(y, made, figures, copies)
    return Curve(y, spline_basis(score), int(copies.max()) + 1)


def spline_basis(x: Floats) -> Floats:
    """Return a constant and a natural cubic spline of `x` with five knots: (draw, 5).

    Natural: straight beyond the outer knots. There are fewer columns where `x` has few values.
    """
    low, high = float(x.min()), float(x.max())
    if not high > low:
        return np.ones((x.size, 1))
    u = (x - x.mean()) / x.std()
    knots = np.unique(np.quantile(u, KNOTS))
    columns = [np.ones_like(u), u]
    if knots.size > 2:
        last, before = knots[-1], knots[-2]

        def bend(knot: float) -> Floats:
            return (np.maximum(u - knot, 0.0) ** 3 - np.maximum(u - last, 0.0) ** 3) / (last - knot)

        columns += [bend(knot) - bend(before) for knot in knots[:-2]]
    return np.stack(columns, axis=1)


def _score(y: Floats, made: Floats, figures: Figures, copies: NDArray[np.intp]) -> Floats:
    """Return the best linear summary of the figures, each draw's weights found without its fold."""
    score = np.zeros_like(y)
    fold = copies % FOLDS
    for part in range(FOLDS):
        inside, outside = fold == part, fold != part
        logs, target = figures.logs[:, outside], y[outside]
        middle = logs.mean(1, keepdims=True)
        cross = (logs - middle) @ (target - target.mean()) / target.size
        within = (logs - middle) @ (logs - middle).T / target.size
        weights = np.linalg.solve(within + figures.noise, cross)
        score[inside] = weights @ (made[:, inside] - middle)
    return score


def _linear(y: Floats, figures: Figures, weights: Floats) -> tuple[float, float]:
    """Return the raw share and the number of figures that count as fitted."""
    p = weights / weights.sum()
    logs = figures.logs - (figures.logs @ p)[:, None]
    away = y - y @ p
    variance = float((away**2) @ p)
    if variance <= 0.0:
        return 0.0, 0.0
    within = (logs * p) @ logs.T
    cross = (logs * p) @ away
    solved = np.linalg.solve(within + figures.noise, np.column_stack([cross, within]))
    return float(cross @ solved[:, 0]) / variance, float(np.trace(solved[:, 1:]))


def _adjusted(share: float, chance: float, size: int) -> float:
    """Return the share less what `chance` fitted numbers find in `size` draws by themselves."""
    return 1.0 - (1.0 - share) * (size - 1.0) / max(size - 1.0 - chance, 1.0)


def _moments(y: Floats, weights: Floats) -> tuple[float, float]:
    p = weights / weights.sum()
    mean = float(y @ p)
    return mean, float(((y - mean) ** 2) @ p)


def cost_samples(low: float, best: float, high: float, count: int, seed: int) -> Floats:
    """Return draws of a cost, (count,), whose 5, 50 and 95 percent quantiles are those given."""
    from yupana.core.streams import normals

    z = normals(seed, "study/cost", 0, count)
    spread = np.where(z > 0.0, np.log(high / best), np.log(best / low)) / _TAIL
    return best * np.exp(z * spread)


def stack_figures(parts: Sequence[Figures]) -> Figures:
    """Return figures of several measures as one, errors shared within each measure only."""
    first = np.cumsum([0, *(int(part.group.max()) + 1 for part in parts)])
    return Figures(
        np.concatenate([part.logs for part in parts]),
        np.concatenate([part.errors for part in parts]),
        np.concatenate([part.biases for part in parts]),
        np.concatenate([part.group + start for part, start in zip(parts, first, strict=False)]),
    )
