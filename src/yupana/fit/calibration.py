"""Is a fit right about what it does not know? Coverage and ranks of known truths, with what chance would do.

A truth drawn from the prior and draws of the posterior given its record are exchangeable: the rank of the
truth among them is uniform, for every quantity and every record. Within a country ranks of several
quantities depend on each other, so that tests of all together exchange the truth with a draw, for all
quantities at once.

References: [talts2018]_ (ranks), [sailynoja2022]_ (simultaneous bands of the distribution of ranks).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = np.ndarray
Ints = np.ndarray
SIMULATIONS = 4000
LEVEL = 0.95
"""Chance that a band holds the whole curve of a right sampler."""
NARROW = (0.05, 0.95)


@dataclass(frozen=True)
class Coverage:
    """Share of intervals that hold the truth.

    Attributes
    ----------
    intervals, countries : how many. share : of the intervals that cover.
    binomial : standard error if all were independent. cluster : with those of one country dependent.
    """

    intervals: int
    countries: int
    share: float
    binomial: float
    cluster: float


def covers(draws: Floats, truth: Floats) -> NDArray[np.bool_]:
    """Return whether the interval of 90 percent of the draws, (..., draw), holds the truth, (...,).

    Quantiles stand at p (n + 1) of the ordered draws, so that a right sampler covers 90 percent for any n.
    """
    low, high = np.quantile(draws, NARROW, axis=-1, method="weibull")
    return (low <= truth) & (truth <= high)


def coverage(hits: np.ndarray, counts: np.ndarray) -> Coverage:
    """Return the share of all intervals that cover.

    Parameters
    ----------
    hits, counts : (country,), intervals that cover and intervals.
    """
    total, used = int(counts.sum()), int((counts > 0).sum())
    if not total:
        return Coverage(0, 0, float("nan"), float("nan"), float("nan"))
    share = float(hits.sum() / total)
    away = ((hits - share * counts) ** 2).sum()
    grow = used / (used - 1.0) if used > 1 else float("nan")
    return Coverage(
        total,
        used,
        share,
        float(np.sqrt(share * (1.0 - share) / total)),
        float(np.sqrt(grow * away) / total),
    )


def positions(values: Floats, seed: int = 0) -> Ints:
    """Return the place of every value among those of its row, (..., value) from 0; ties by lot."""
    lot = np.random.default_rng(seed).random(values.shape)
    order = np.lexsort((lot, values), axis=-1)
    places = np.empty_like(order)
    np.put_along_axis(places, order, np.arange(values.shape[-1]), axis=-1)
    return places


def band(countries: int, bins: int, seed: int = 0) -> tuple[Floats, float]:
    """Return two-sided chances of every count, (country + 1, bin), and the limit of their smallest.

    A curve leaves its simultaneous band where the smallest chance along it lies below the limit, as that of
    a right sampler does in 5 percent of the cases.
    """
    table = _chances(countries, bins)
    rng = np.random.default_rng(seed)
    made = rng.integers(0, bins, size=(SIMULATIONS, countries))
    return table, float(np.quantile(smallest(_counts(made, bins), table), 1.0 - LEVEL))


def _chances(countries: int, bins: int) -> Floats:
    from scipy.stats import binom

    p = np.arange(1, bins) / bins
    k = np.arange(countries + 1)[:, None]
    return np.minimum(1.0, 2.0 * np.minimum(binom.cdf(k, countries, p), binom.sf(k - 1, countries, p)))


def _counts(ranks: Ints, bins: int) -> Ints:
    """Return how many ranks are at most each but the last, (..., bin - 1), of ranks (..., country)."""
    flat = ranks.reshape(-1, ranks.shape[-1])
    each = np.stack([np.bincount(row, minlength=bins) for row in flat])
    return each.cumsum(axis=-1)[:, : bins - 1].reshape(*ranks.shape[:-1], bins - 1)


def smallest(counts: Ints, table: Floats) -> Floats:
    """Return the smallest two-sided chance along curves of counts, (..., bin - 1) to (...,)."""
    return table[counts, np.arange(table.shape[1])].min(axis=-1)


def limits(table: Floats, limit: float) -> tuple[Ints, Ints]:
    """Return the smallest and the largest count inside the band at each bin, (bin - 1,) each."""
    inside = table >= limit
    return inside.argmax(axis=0), len(table) - 1 - inside[::-1].argmax(axis=0)


@dataclass(frozen=True, eq=False)
class RankTest:
    """Ranks of truths against uniform ones.

    Attributes
    ----------
    bins : possible ranks. ranks : (quantity, country).
    chance : (quantity,), p of each quantity. limit : of the smallest chance along a curve.
    inside : (quantity,), whether the curve lies in its band.
    worst : p of the worst quantity among all. together : p of the ranks of all quantities in one curve.
    """

    bins: int
    ranks: Ints
    chance: Floats
    limit: float
    inside: NDArray[np.bool_]
    worst: float
    together: float

    def passed(self, level: float = 1.0 - LEVEL) -> bool:
        """Whether neither test of all quantities rejects, each at half of the level."""
        return min(self.worst, self.together) >= level / 2.0


def rank_test(draws: Floats, truth: Floats, seed: int = 0) -> RankTest:
    """Return the test of truths among thinned draws.

    Parameters
    ----------
    draws : (country, quantity, draw), nearly independent. truth : (country, quantity).
    """
    places = positions(np.concatenate([truth[..., None], draws], axis=-1), seed)
    countries, bins = places.shape[0], places.shape[-1]
    table, limit = band(countries, bins, seed)
    real = places[..., 0].T
    rng = np.random.default_rng(seed + 1)
    alone = np.sort(smallest(_counts(rng.integers(0, bins, (SIMULATIONS, countries)), bins), table))
    found = smallest(_counts(real, bins), table)
    chance = (1.0 + np.searchsorted(alone, found, side="right")) / (1.0 + SIMULATIONS)
    worst, together = np.empty(SIMULATIONS), np.empty(SIMULATIONS)
    for index in range(SIMULATIONS):
        chosen = rng.integers(0, bins, countries)
        ranks = np.take_along_axis(places, chosen[:, None, None], axis=-1)[..., 0].T
        counts = _counts(ranks, bins)
        worst[index], together[index] = smallest(counts, table).min(), _away(counts, countries, bins)
    least, away = found.min(), _away(_counts(real, bins), countries, bins)
    return RankTest(
        bins,
        real,
        chance,
        limit,
        found >= limit,
        float((1 + (worst <= least).sum()) / (1 + SIMULATIONS)),
        float((1 + (together >= away).sum()) / (1 + SIMULATIONS)),
    )


def _away(counts: Ints, countries: int, bins: int) -> float:
    """Return how far the curve of all quantities together lies from the even one, summed squares."""
    return float(((counts.mean(axis=0) / countries - np.arange(1, bins) / bins) ** 2).sum())


def effective_draws(one: Floats, other: Floats) -> float:
    """Return the effective draws of a repetition, from how far the means of two repetitions lie apart.

    Parameters
    ----------
    one, other : (case, draw), cases of countries and quantities.
    """
    apart = (one.mean(-1) - other.mean(-1)) ** 2
    usual = one.var(-1, ddof=1) + other.var(-1, ddof=1)
    good = usual > 0.0
    return float(1.0 / np.mean(apart[good] / usual[good]))
