"""Weights of rival models from how well each foretells figures: stacking, and leave-one-out.

Stacking looks for the mixture of rivals whose log score is best, not for the rival that is true (Yao et al.
2018). Leave-one-out scores come from draws that saw all figures, by Pareto-smoothed importance ratios
(Vehtari et al. 2017); weights from them are those of the same paper as stacking, with the Bayesian bootstrap.

References: [yao2018]_, [vehtari2017]_, [vehtari2024]_, [burkner2020]_.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

REPLICATES = 1000
MOST_STEPS = 300
POWERS = 4.0 ** np.arange(8)
TINY = 1e-300  # under a logarithm
GAP = 1e-6
"""Log score a unit that better weights could still gain, below which the search ends."""


@dataclass(frozen=True, eq=False)
class Weights:
    """Weights of rivals, (rival,) each.

    Attributes
    ----------
    weights : adding up to one. se : standard error by resampling units.
    q05, q95 : of the resampled weights.
    """

    weights: Floats
    se: Floats
    q05: Floats
    q95: Floats


@dataclass(frozen=True, eq=False)
class LeftOut:
    """Leave-one-out log predictive densities, (figure,) each.

    Attributes
    ----------
    scores : log density of a figure given all others. k : Pareto shape of its ratios.
    noise : Monte Carlo error of the sum of scores, draws taken as independent.
    """

    scores: Floats
    k: Floats
    noise: float


def best_mixture(scores: Floats, counts: Floats | None = None) -> Floats:
    """Return the weights that maximise the log score of the mixture, (..., rival).

    Parameters
    ----------
    scores : (unit, rival), log predictive density of each unit under each rival.
    counts : (..., unit), how often each unit counts; once each if not given.

    Notes
    -----
    The problem is concave. Each step multiplies a weight by the mean of its rival's density over the
    mixture's, as for the shares of a mixture of known parts, to the power of :data:`POWERS` that does best:
    the first never does worse than before, and the others are quick where rivals are nearly alike. What can
    still be gained is at most the largest such mean less one.
    """
    units, rivals = scores.shape
    times = np.ones(units) if counts is None else np.asarray(counts, dtype=float)
    times = times / times.sum(axis=-1, keepdims=True)
    density = np.exp(scores - scores.max(axis=1, keepdims=True))  # (unit, rival)
    w = np.full((*times.shape[:-1], rivals), 1.0 / rivals)
    for _ in range(MOST_STEPS):
        gain = (times / (w @ density.T)) @ density  # (..., rival)
        if (gain.max(axis=-1) - 1.0).max() < GAP:
            break
        with np.errstate(divide="ignore"):
            logs = np.log(w) + POWERS.reshape(-1, *(1,) * w.ndim) * np.log(gain)  # (power, ..., rival)
        tried = np.exp(logs - logs.max(axis=-1, keepdims=True))
        tried /= tried.sum(axis=-1, keepdims=True)
        reached = (times * np.log(tried @ density.T + TINY)).sum(axis=-1)  # (power, ...)
        w = np.take_along_axis(tried, reached.argmax(axis=0)[None, ..., None], axis=0)[0]
    return w


def stack(scores: Floats, seed: int = 1, replicates: int = REPLICATES) -> Weights:
    """Return stacking weights, with errors from resampling units with replacement.

    Parameters
    ----------
    scores : (unit, rival). A unit is what may be taken as independent of the others, such as a year.
    """
    rng = np.random.Generator(np.random.Philox(seed))
    units = len(scores)
    counts = rng.multinomial(units, np.full(units, 1.0 / units), size=replicates)
    return _spread(best_mixture(scores), best_mixture(scores, counts.astype(float)))


def pseudo_weights(scores: Floats, seed: int = 1, replicates: int = REPLICATES) -> Weights:
    """Return weights proportional to the exponential of the total score, by Bayesian bootstrap.

    Parameters
    ----------
    scores : (figure, rival), leave-one-out log predictive densities.
    """
    rng = np.random.Generator(np.random.Philox(seed))
    figures = len(scores)
    shares = rng.dirichlet(np.ones(figures), size=replicates)
    total = figures * shares @ scores  # (replicate, rival)
    raw = np.exp(total - total.max(axis=1, keepdims=True))
    drawn = raw / raw.sum(axis=1, keepdims=True)
    return _spread(drawn.mean(axis=0), drawn)


def _spread(weights: Floats, drawn: Floats) -> Weights:
    q05, q95 = np.quantile(drawn, (0.05, 0.95), axis=0)
    return Weights(weights, drawn.std(axis=0, ddof=1), q05, q95)


def leave_one_out(log_densities: Floats) -> LeftOut:
    """Return leave-one-out scores from draws that saw every figure.

    Parameters
    ----------
    log_densities : (figure, draw), log density of each figure in each draw.
    """
    from arviz_stats.base.array import array_stats

    scores, shapes = [], []
    pulls = np.zeros(log_densities.shape[1])  # of each draw on the sum
    for one in log_densities:
        if np.ptp(one) < 1e-12:  # nothing depends on the draw: all ratios are one
            scores.append(float(one[0]))
            shapes.append(-np.inf)
            continue
        smoothed, shape = cast("tuple[Any, Any]", array_stats.psislw(np.array(one)))
        ratios, k = np.asarray(smoothed), float(np.asarray(shape).item())
        ratios = ratios - _log_sum(ratios)
        scores.append(_log_sum(ratios + one))
        shapes.append(k)
        pulls += np.exp(ratios) * (np.exp(one - scores[-1]) - 1.0)
    return LeftOut(np.array(scores), np.array(shapes), float(np.sqrt((pulls**2).sum())))


def _log_sum(values: Floats) -> float:
    top = float(values.max())
    return top + float(np.log(np.exp(values - top).sum()))


def total_error(differences: Floats) -> float:
    """Return the standard error of a sum of differences of scores, taken as independent."""
    count = len(differences)
    if count < 2:
        return float("nan")
    return float(np.sqrt(count) * differences.std(ddof=1))


def log_mean_density(log_densities: Floats) -> tuple[Floats, Floats]:
    """Return the log of the mean density of each figure, (figure,), and each draw's share in its error.

    Parameters
    ----------
    log_densities : (figure, draw).

    Returns
    -------
    log means, (figure,), and densities over their mean less one, (figure, draw): the Monte Carlo error of a
    sum of log means is the sd over draws of the sum of these, over the root of their number.
    """
    top = log_densities.max(axis=1, keepdims=True)
    density = np.exp(log_densities - top)
    mean = density.mean(axis=1, keepdims=True)
    return (np.log(mean) + top)[:, 0], density / mean - 1.0
