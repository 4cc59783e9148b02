"""Who is to thank for a difference: the Shapley shares of groups of settings, draw by draw.

Between two scenarios some settings differ. They are put into groups, the players of a game: a coalition is a
set of groups that are set as in the second scenario while the others are as in the first, and its worth is
the statistic of the run that this makes. A group's share is what it adds to a coalition when it joins,
averaged over all orders of joining. Shares add up to the difference in every draw, a group that changes
nothing gets nothing, and groups that do the same get the same.

Coalitions are numbers: bit g is set where group g is in.

References
----------
shapley1953; mitchell2022 for antithetic sampling of orders.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

MOST_EXACT = 10
"""Groups up to which every coalition is computed; above, orders of joining are sampled."""
PAIRS = 32
"""Orders that are sampled, each together with its reverse."""

Worth = Mapping[int, NDArray[np.float64]]
"""coalition -> (draw,), unit of the statistic."""


@dataclass(frozen=True, eq=False)
class Shares:
    """Shares of a difference.

    Attributes
    ----------
    draws : (group, draw), unit of the statistic. Each draw's own shares; they add up to its difference.
    orders : (pair, group), unit of the statistic. Mean share in each sampled pair of orders; empty where
        every coalition was computed.
    """

    draws: NDArray[np.float64]
    orders: NDArray[np.float64]

    @property
    def mean(self) -> NDArray[np.float64]:
        """(group,). Mean over draws."""
        return self.draws.mean(axis=1)

    @property
    def interval(self) -> NDArray[np.float64]:
        """(2, group). Quantiles over draws at 5 and 95 per cent."""
        return np.quantile(self.draws, (0.05, 0.95), axis=1)

    @property
    def standard_error(self) -> NDArray[np.float64]:
        """(group,). Monte Carlo standard error of the mean: of draws and, where sampled, of orders."""
        return np.sqrt(_squared_error(self.draws.T) + _squared_error(self.orders))


def _squared_error(sample: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the squared standard error of the mean over the first axis; zero of one number or none."""
    count = sample.shape[0]
    if count < 2:
        return np.zeros(sample.shape[1])
    return sample.var(axis=0, ddof=1) / count


def whole(groups: int) -> int:
    """Return the coalition of all groups."""
    return (1 << groups) - 1


def all_coalitions(groups: int) -> tuple[int, ...]:
    """Return every coalition."""
    return tuple(range(1 << groups))


def exact_shares(groups: int, worth: Worth) -> Shares:
    """Return the Shapley shares from the worth of every coalition.

    share_g = sum over S without g of |S|! (n - |S| - 1)! / n! x (worth(S with g) - worth(S))

    Parameters
    ----------
    groups : number of groups, n.
    worth : of all coalitions.
    """
    table = np.stack([worth[coalition] for coalition in all_coalitions(groups)])  # (coalition, draw)
    sizes = np.array([coalition.bit_count() for coalition in all_coalitions(groups)])
    weight = np.array(
        [1.0 / (groups * math.comb(groups - 1, size)) for size in range(groups)] if groups else []
    )
    draws = np.empty((groups, table.shape[1]))
    for group in range(groups):
        without = np.flatnonzero(~(np.arange(1 << groups) >> group) & 1)
        gains = table[without | (1 << group)] - table[without]
        draws[group] = weight[sizes[without]] @ gains
    return Shares(draws, np.empty((0, groups)))


def sampled_orders(groups: int, seed: int, pairs: int = PAIRS) -> tuple[tuple[int, ...], ...]:
    """Return orders of joining, each followed by its reverse: an early and a late place even each other out.

    Parameters
    ----------
    groups : number of groups.
    seed : of the random numbers.
    pairs : orders drawn; twice as many are returned.
    """
    from yupana.core.streams import uniforms

    orders = []
    for pair in range(pairs):
        order = tuple(int(g) for g in np.argsort(uniforms(seed, f"explain/order/{pair}", 0, groups)))
        orders += [order, order[::-1]]
    return tuple(orders)


def coalitions_of(order: Sequence[int]) -> tuple[int, ...]:
    """Return the coalitions met while the groups join in an order, the empty one first."""
    return tuple(itertools.accumulate((1 << group for group in order), lambda a, b: a | b, initial=0))


def sampled_shares(groups: int, worth: Worth, orders: Sequence[Sequence[int]]) -> Shares:
    """Return the mean gains over sampled orders; they too add up to the difference in every draw.

    Parameters
    ----------
    groups : number of groups.
    worth : of every coalition that the orders meet.
    orders : pairs of an order and its reverse.
    """
    size = len(next(iter(worth.values())))
    gains = np.zeros((len(orders), groups, size))
    for number, order in enumerate(orders):
        met = coalitions_of(order)
        for group, before, after in zip(order, met[:-1], met[1:], strict=True):
            gains[number, group] = worth[after] - worth[before]
    pairs = gains.mean(axis=2).reshape(-1, 2, groups).mean(axis=1)
    return Shares(gains.mean(axis=0), pairs)


def wanted_coalitions(groups: int, seed: int) -> tuple[tuple[int, ...], tuple[tuple[int, ...], ...]]:
    """Return the coalitions to compute, and the orders where they are sampled.

    Those in which one group alone is switched are always among them.
    """
    if groups <= MOST_EXACT:
        return all_coalitions(groups), ()
    orders = sampled_orders(groups, seed)
    met = {coalition for order in orders for coalition in coalitions_of(order)}
    switched = {mask for group in range(groups) for mask in (1 << group, whole(groups) ^ (1 << group))}
    return tuple(sorted(met | switched)), orders


def shares_of(groups: int, worth: Worth, orders: Sequence[Sequence[int]]) -> Shares:
    """Return exact shares, or sampled ones where there are orders."""
    return sampled_shares(groups, worth, orders) if orders else exact_shares(groups, worth)
