"""How much of an explained difference is prior: the same coalitions with draws of the priors beside them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from yupana.analysis.explain import Shares, Worth, shares_of, whole
from yupana.fit.informed import ALL_PRIOR, FEW, NO_MARK, Mark, compare

if TYPE_CHECKING:
    from yupana.analysis.coalitions import Game

MOST = 16
"""Coalitions up to which all are simulated under the priors; above, each group joins first and last only."""


@dataclass(frozen=True)
class DifferenceMarks:
    """Marks of an explained difference.

    Attributes
    ----------
    difference : of the whole. levels : of either scenario's mean. groups : of each group's share.
    """

    difference: Mark
    levels: tuple[Mark, Mark]
    groups: tuple[Mark, ...]


def mark_difference(
    game: Game,
    prior: Game | None,
    worth: Worth,
    shares: Shares,
    orders: Sequence[Sequence[int]],
    draws: int,
    threads: int,
) -> DifferenceMarks:
    """Return the marks of levels, difference and shares.

    Where there are more than 16 coalitions a group is marked by the mean of what it adds first and last, and
    the mark is a rough one.

    Parameters
    ----------
    game : that was played. prior : the same with draws of the priors; None where `game` has them itself.
    worth, shares, orders : of `game`. draws : of the priors at most. threads : coalitions computed at once.
    """
    count = len(game.groups)
    if prior is None:
        return DifferenceMarks(ALL_PRIOR, (ALL_PRIOR, ALL_PRIOR), (ALL_PRIOR,) * count)
    every, all_of_them = whole(count), len(worth) <= MOST
    ends = {0, every}
    wanted = (
        set(worth) if all_of_them else ends | {m for g in range(count) for m in (1 << g, every ^ (1 << g))}
    )
    before, _ = prior.worths(sorted(wanted), min(draws, FEW), threads)
    if before[0].size < 2:
        return DifferenceMarks(NO_MARK, (NO_MARK, NO_MARK), (NO_MARK,) * count)
    if all_of_them:
        rows = shares_of(count, before, orders).draws
        groups = tuple(compare(one, other) for one, other in zip(rows, shares.draws, strict=True))
    else:
        both = (compare(_ends(before, g, every), _ends(worth, g, every)) for g in range(count))
        groups = tuple(replace(mark, about=True) for mark in both)
    return DifferenceMarks(
        compare(before[every] - before[0], worth[every] - worth[0]),
        (compare(before[0], worth[0]), compare(before[every], worth[every])),
        groups,
    )


def _ends(worth: Worth, group: int, every: int) -> NDArray[np.float64]:
    """Return what a group adds in every draw, the mean of joining first and last."""
    first, last = worth[1 << group] - worth[0], worth[every] - worth[every ^ (1 << group)]
    return (first + last) / 2.0
