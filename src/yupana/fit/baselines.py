"""Naive forecasts to beat, with fair intervals: a series' own past, and nothing else unless it says so.

All work in logs, on one figure a year with gaps allowed, and are sampled with every unknown integrated out:
the spread has a scaled inverse chi-square posterior whose prior counts as three yearly changes of the usual
size, so that a series of two figures has wide intervals rather than none.

References: hyndman2008 (exponential smoothing), gelman2013 (conjugate regression).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from yupana.core.streams import normals, uniforms

PRIOR_CHANGES = 3.0
"""Yearly changes of the usual size that the prior of a spread counts as."""
EFFECT = 1.0  # prior sd of what one yearly sd of a driver does, in yearly spreads
DAMPING = 0.9  # of a trend that is smoothed


@dataclass(frozen=True, eq=False)
class History:
    """What a naive forecast may see.

    Attributes
    ----------
    years : (row,) ascending, each once. logs : (row,) logs of the figures.
    usual : log sd of a yearly change of series of this kind.
    """

    years: np.ndarray
    logs: np.ndarray
    usual: float

    @property
    def gaps(self) -> np.ndarray:
        """Years between neighbouring figures, (row - 1,)."""
        return np.diff(self.years).astype(np.float64)

    def to(self, year: int) -> History:
        """Return what was there at the end of `year`."""
        kept = self.years <= year
        return History(self.years[kept], self.logs[kept], self.usual)


@dataclass(frozen=True)
class Dice:
    """Random numbers of one forecast, by name and draw number."""

    seed: int
    name: str
    count: int

    def normal(self, what: str) -> np.ndarray:
        """Return standard normals, (draw,)."""
        return normals(self.seed, f"{self.name}/{what}", 0, self.count)

    def uniform(self, what: str) -> np.ndarray:
        """Return uniform numbers, (draw,)."""
        return uniforms(self.seed, f"{self.name}/{what}", 0, self.count)

    def spread(self, history: History, squares: np.ndarray | float, seen: np.ndarray | float) -> np.ndarray:
        """Return draws of a spread, (draw,), given `squares` summed over `seen` standardised errors."""
        from scipy.stats import chi2

        degrees = PRIOR_CHANGES + seen
        total = PRIOR_CHANGES * history.usual**2 + squares
        return np.sqrt(total / chi2.ppf(self.uniform("spread"), degrees))


Naive = Callable[[History, np.ndarray, Dice], np.ndarray]
"""(history, target years ascending and later, dice) -> logs, (target, draw)."""


def _wander(targets: np.ndarray, last: int, dice: Dice) -> np.ndarray:
    """Return a standard random walk at the targets, (target, draw), zero in `last`."""
    steps = [dice.normal(f"step/{year}") for year in range(last + 1, int(targets[-1]) + 1)]
    return np.cumsum(steps, axis=0)[targets - last - 1]


def last_value(history: History, targets: np.ndarray, dice: Dice) -> np.ndarray:
    """Return the last figure, its error growing with the root of the years since."""
    changes = np.diff(history.logs) / np.sqrt(history.gaps)
    spread = dice.spread(history, float((changes**2).sum()), float(changes.size))
    return history.logs[-1] + spread * _wander(targets, int(history.years[-1]), dice)


def drift(history: History, targets: np.ndarray, dice: Dice) -> np.ndarray:
    """Return a random walk with the mean change of the past; with one change only, the last value."""
    if history.years.size < 3:
        return last_value(history, targets, dice)
    span = float(history.years[-1] - history.years[0])
    mean = (history.logs[-1] - history.logs[0]) / span
    errors = (np.diff(history.logs) - mean * history.gaps) / np.sqrt(history.gaps)
    spread = dice.spread(history, float((errors**2).sum()), errors.size - 1.0)
    ahead = (targets - history.years[-1])[:, None]
    slope = mean + spread * dice.normal("slope") / np.sqrt(span)
    return history.logs[-1] + slope * ahead + spread * _wander(targets, int(history.years[-1]), dice)


def autoregression(history: History, targets: np.ndarray, dice: Dice) -> np.ndarray:
    """Return AR(1) around a mean: persistence, mean and spread by their joint posterior.

    The persistence is one of twenty values from 0 to 0.95, alike beforehand; mean and spread are integrated
    out for each.
    """
    if history.years.size < 3:
        return last_value(history, targets, dice)
    grid = np.arange(0.0, 1.0, 0.05)
    fits = [_at_persistence(history, phi) for phi in grid]
    chosen = _pick(np.array([fit[0] for fit in fits]), dice.uniform("persistence"))
    _, mean, precision, squares = (np.array(part)[chosen] for part in zip(*fits, strict=True))
    spread = dice.spread(history, squares, history.years.size - 1.0)
    centre = mean + spread * dice.normal("mean") / np.sqrt(precision)
    phi = grid[chosen]
    now, out = np.full(dice.count, history.logs[-1]), []
    wanted = set(targets.tolist())
    for year in range(int(history.years[-1]) + 1, int(targets[-1]) + 1):
        now = centre + phi * (now - centre) + spread * dice.normal(f"step/{year}")
        if year in wanted:
            out.append(now)
    return np.stack(out)


def _at_persistence(history: History, phi: float) -> tuple[float, float, float, float]:
    """Return log evidence, mean, its precision and the sum of squares of AR(1) at a persistence."""
    keep = np.concatenate([[0.0], phi**history.gaps])
    variance = (1.0 - keep**2) / (1.0 - phi**2)
    y = history.logs - keep * np.concatenate([[0.0], history.logs[:-1]])
    x = 1.0 - keep
    precision = float((x**2 / variance).sum())
    mean = float((x * y / variance).sum()) / precision
    squares = float(((y - x * mean) ** 2 / variance).sum())
    return (
        _evidence(history, squares, float(np.log(variance).sum() + np.log(precision)), 1),
        mean,
        precision,
        squares,
    )


def _evidence(history: History, squares: float, log_determinant: float, lost: int) -> float:
    degrees = PRIOR_CHANGES + history.years.size - lost
    return -0.5 * log_determinant - 0.5 * degrees * np.log(PRIOR_CHANGES * history.usual**2 + squares)


def _pick(log_weights: np.ndarray, u: np.ndarray) -> np.ndarray:
    """Return an index for each uniform number, (draw,)."""
    weights = np.exp(log_weights - log_weights.max())
    return np.minimum(np.searchsorted(np.cumsum(weights) / weights.sum(), u), weights.size - 1)


def smoothing(history: History, targets: np.ndarray, dice: Dice) -> np.ndarray:
    """Return exponential smoothing, simple or with a damped trend, its weights by their posterior.

    Level weights 0.1 to 1, trend weights 0 (simple) to 0.3 of it, all alike beforehand.
    """
    if history.years.size < 3:
        return last_value(history, targets, dice)
    grid = [(a, b) for a in (0.1, 0.3, 0.5, 0.7, 0.9, 1.0) for b in (0.0, 0.1, 0.3)]
    fits = [_smooth(history, a, a * b) for a, b in grid]
    chosen = _pick(np.array([fit[0] for fit in fits]), dice.uniform("weights"))
    _, squares, level, trend = (np.array(part)[chosen] for part in zip(*fits, strict=True))
    alpha = np.array([a for a, _ in grid])[chosen]
    beta = np.array([a * b for a, b in grid])[chosen]
    spread = dice.spread(history, squares, history.years.size - 1.0)
    out, wanted = [], set(targets.tolist())
    for year in range(int(history.years[-1]) + 1, int(targets[-1]) + 1):
        error = spread * dice.normal(f"step/{year}")
        trend = DAMPING * trend
        seen = level + trend + error
        level, trend = level + trend + alpha * error, trend + beta * error
        if year in wanted:
            out.append(seen)
    return np.stack(out)


def _smooth(history: History, alpha: float, beta: float) -> tuple[float, float, float, float]:
    """Return log evidence, sum of squares, last level and trend for given weights."""
    level, trend = float(history.logs[0]), 0.0
    squares = logs = 0.0
    for gap, value in zip(history.gaps, history.logs[1:], strict=True):
        for _ in range(int(gap)):
            trend = DAMPING * trend
            level = level + trend
        # years without a figure let the level wander by alpha times a yearly error each
        size = 1.0 + (gap - 1.0) * alpha**2
        error = float(value) - level
        squares, logs = squares + error**2 / size, logs + float(np.log(size))
        level, trend = level + alpha * error, trend + beta * error
    return _evidence(history, squares, logs, 1), squares, level, trend


@dataclass(frozen=True, eq=False)
class Regressors:
    """Drivers of a regression.

    Attributes
    ----------
    years : (year,), of the second axis.
    values : (feature, year, draw), logs; recorded years alike in all draws.
    """

    years: np.ndarray
    values: np.ndarray

    def at(self, years: np.ndarray) -> np.ndarray:
        """Return the values of some years, (feature, year, draw); before the first, those of the first."""
        index = np.clip(years - int(self.years[0]), 0, self.years.size - 1)
        return self.values[:, index]


def with_drivers(regressors: Regressors) -> Naive:
    """Return a forecast whose yearly changes follow changes of drivers (ARX in first differences)."""

    def forecast(history: History, targets: np.ndarray, dice: Dice) -> np.ndarray:
        if history.years.size < 4:
            return drift(history, targets, dice)
        past = regressors.at(history.years)[:, :, 0]
        all_past = regressors.at(np.arange(regressors.years[0], history.years[-1] + 1))[:, :, 0]
        sizes = np.maximum(np.diff(all_past, axis=1).std(axis=1), 1e-6)
        root = np.sqrt(history.gaps)
        x = np.column_stack([root, (np.diff(past, axis=1) / sizes[:, None] / root).T])
        y = np.diff(history.logs) / root
        prior = np.diag([1e-4, *np.full(len(sizes), EFFECT**-2)])
        precision = prior + x.T @ x
        mean = np.linalg.solve(precision, x.T @ y)
        squares = float(y @ y - mean @ precision @ mean)
        spread = dice.spread(history, max(squares, 0.0), float(y.size))
        noise = np.stack([dice.normal(f"effect/{k}") for k in range(mean.size)])
        effects = mean[:, None] + spread * np.linalg.solve(np.linalg.cholesky(precision).T, noise)
        ahead = regressors.at(targets) - regressors.at(history.years[-1:])
        moved = (effects[1:, None] * ahead[:, :, : dice.count] / sizes[:, None, None]).sum(0)
        trend = effects[0] * (targets - history.years[-1])[:, None]
        return history.logs[-1] + trend + moved + spread * _wander(targets, int(history.years[-1]), dice)

    return forecast


NAIVE: Mapping[str, Naive] = {
    "last value": last_value,
    "drift": drift,
    "AR(1)": autoregression,
    "ETS": smoothing,
}
"""Forecasts from a series alone; the one with drivers, "ARX", is made by :func:`with_drivers`."""


def usual_change(series: Mapping[str, tuple[np.ndarray, np.ndarray]], fallback: float = 0.2) -> float:
    """Return the median log sd of a yearly change over series, (years, logs) each.

    Series with fewer than three changes do not speak; `fallback` where none does.
    """
    found = []
    for years, logs in series.values():
        if years.size > 3:
            found.append(float(np.sqrt((np.diff(logs) ** 2 / np.diff(years)).mean())))
    return float(np.median(found)) if found else fallback
