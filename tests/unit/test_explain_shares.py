"""Shapley shares on games whose answer is known, exact and sampled."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from yupana.analysis.explain import (
    MOST_EXACT,
    all_coalitions,
    coalitions_of,
    exact_shares,
    sampled_orders,
    sampled_shares,
    shares_of,
    wanted_coalitions,
    whole,
)

DRAWS = 50


def worth_of(groups: int, value: Callable[[frozenset[int]], object]) -> dict[int, np.ndarray]:
    """The worth of every coalition, the same formula for all draws."""
    return {
        mask: np.broadcast_to(
            np.asarray(value(frozenset(g for g in range(groups) if mask >> g & 1)), np.float64), (DRAWS,)
        )
        for mask in all_coalitions(groups)
    }


def random_worth(groups: int, seed: int, draws: int = DRAWS) -> dict[int, np.ndarray]:
    table = np.random.default_rng(seed).normal(size=(1 << groups, draws))
    return dict(enumerate(table))


def by_orders(groups: int, worth: dict[int, np.ndarray]) -> np.ndarray:
    """Shares by their definition: mean gains over all orders of joining."""
    total = np.zeros((groups, len(worth[0])))
    for order in itertools.permutations(range(groups)):
        met = coalitions_of(order)
        for group, before, after in zip(order, met[:-1], met[1:], strict=True):
            total[group] += worth[after] - worth[before]
    return total / math.factorial(groups)


@pytest.mark.parametrize("groups", [1, 2, 3, 5])
def test_exact_shares_are_the_mean_over_all_orders(groups: int) -> None:
    worth = random_worth(groups, groups)
    found = exact_shares(groups, worth)
    np.testing.assert_allclose(found.draws, by_orders(groups, worth), atol=1e-12)


@settings(max_examples=20, deadline=None)
@given(st.integers(1, 7), st.integers(0, 1000))
def test_shares_add_up_in_every_draw(groups: int, seed: int) -> None:
    worth = random_worth(groups, seed)
    gap = worth[whole(groups)] - worth[0]
    np.testing.assert_allclose(exact_shares(groups, worth).draws.sum(axis=0), gap, atol=1e-12)
    orders = sampled_orders(groups, seed, pairs=2)
    np.testing.assert_allclose(sampled_shares(groups, worth, orders).draws.sum(axis=0), gap, atol=1e-12)


def test_a_group_that_changes_nothing_gets_nothing() -> None:
    base = random_worth(3, 1)
    worth = {mask: base[mask & 0b111] for mask in all_coalitions(4)}  # group 3 is a null player
    found = exact_shares(4, worth)
    assert (found.draws[3] == 0).all()
    np.testing.assert_allclose(found.draws[:3], exact_shares(3, base).draws, atol=1e-12)


def test_groups_that_do_the_same_get_the_same() -> None:
    rng = np.random.default_rng(4)
    by_size = rng.normal(size=(3, 2, DRAWS))  # worth depends on how many of 0 and 1, and on 2
    worth = {m: by_size[(m & 1) + (m >> 1 & 1), m >> 2 & 1] for m in all_coalitions(3)}
    found = exact_shares(3, worth)
    np.testing.assert_allclose(found.draws[0], found.draws[1], atol=1e-12)
    assert not np.allclose(found.draws[0], found.draws[2])


def test_an_additive_game_gives_each_its_own() -> None:
    own = np.array([1.0, -2.0, 0.5, 4.0])
    found = exact_shares(4, worth_of(4, lambda s: sum(own[g] for g in s)))
    np.testing.assert_allclose(found.draws, np.broadcast_to(own[:, None], (4, DRAWS)), atol=1e-12)
    np.testing.assert_allclose(found.standard_error, 0.0, atol=1e-12)


def test_the_glove_game() -> None:
    # one left glove, two right ones: a pair is worth 1. Shares 2/3, 1/6, 1/6.
    found = exact_shares(3, worth_of(3, lambda s: float(0 in s and bool(s & {1, 2}))))
    np.testing.assert_allclose(found.mean, [2 / 3, 1 / 6, 1 / 6], atol=1e-12)


def test_the_majority_game_with_weights() -> None:
    # votes 4, 3, 2, 1 and a quota of 6: swings in 24 orders are 10, 6, 6, 2
    votes = (4, 3, 2, 1)
    found = exact_shares(4, worth_of(4, lambda s: float(sum(votes[g] for g in s) >= 6)))
    np.testing.assert_allclose(found.mean, np.array([10, 6, 6, 2]) / 24, atol=1e-12)


def test_a_product_is_shared_alike_and_switches_differ_from_shares() -> None:
    worth = worth_of(2, lambda s: (3.0 if 0 in s else 1.0) * (3.0 if 1 in s else 1.0))
    np.testing.assert_allclose(exact_shares(2, worth).mean, [4.0, 4.0], atol=1e-12)
    assert worth[1][0] - worth[0][0] == 2.0
    assert worth[3][0] - worth[2][0] == 6.0


def test_intervals_and_errors_are_those_of_the_draws() -> None:
    rng = np.random.default_rng(7)
    own = rng.lognormal(size=(2, 400))
    worth = {m: own[0] * (m & 1) + own[1] * (m >> 1 & 1) for m in all_coalitions(2)}
    found = exact_shares(2, worth)
    np.testing.assert_allclose(found.interval, np.quantile(own, (0.05, 0.95), axis=1), rtol=1e-12)
    np.testing.assert_allclose(found.standard_error, own.std(axis=1, ddof=1) / 20.0, rtol=1e-12)


def test_one_draw_has_no_error_to_tell() -> None:
    found = exact_shares(2, random_worth(2, 3, draws=1))
    assert (found.standard_error == 0).all()


def game_of_twelve(seed: int) -> dict[str, np.ndarray]:
    """A game with interactions of two, whose shares are known: own worth and half of each interaction."""
    rng = np.random.default_rng(seed)
    own, pairs = rng.normal(size=12), np.triu(rng.normal(size=(12, 12)), 1)
    inside = (np.arange(1 << 12)[:, None] >> np.arange(12) & 1).astype(float)
    value = inside @ own + np.einsum("mi,ij,mj->m", inside, pairs, inside)
    return {"table": value, "shares": own + (pairs.sum(0) + pairs.sum(1)) / 2}


def test_sampled_shares_agree_with_the_exact_ones_within_their_errors() -> None:
    inside, total = 0, 0
    for seed in range(12):
        rng = np.random.default_rng(seed)
        # three groups act only together, which a reverse order cannot even out
        triple = rng.normal(size=(12, 12, 12)) * 0.3
        base = game_of_twelve(seed)
        masks = np.arange(1 << 12)
        held = (masks[:, None] >> np.arange(12) & 1).astype(float)
        value = base["table"] + np.einsum("mi,mj,mk,ijk->m", held, held, held, triple)
        table = {int(m): np.full(4, value[m]) for m in masks}
        exact = exact_shares(12, table).mean
        orders = sampled_orders(12, seed, pairs=32)
        found = sampled_shares(12, table, orders)
        inside += int((np.abs(found.mean - exact) <= 2.5 * found.standard_error).sum())
        total += 12
    # of 144 normal deviations 1.2 percent lie beyond 2.5 errors; t with 31 degrees of freedom: 1.8 percent.
    # More than 11 outside would be a chance below one in ten thousand.
    assert total - inside <= 11


def test_orders_and_their_reverses_are_exact_for_interactions_of_two() -> None:
    game = game_of_twelve(3)
    table = {m: np.full(2, game["table"][m]) for m in range(1 << 12)}
    found = sampled_shares(12, table, sampled_orders(12, 1, pairs=2))
    np.testing.assert_allclose(found.mean, game["shares"], atol=1e-10)
    np.testing.assert_allclose(found.standard_error, 0.0, atol=1e-10)


def test_what_is_computed_grows_with_the_groups_and_turns_to_sampling() -> None:
    coalitions, orders = wanted_coalitions(MOST_EXACT, 1)
    assert (len(coalitions), orders) == (1 << MOST_EXACT, ())
    coalitions, orders = wanted_coalitions(14, 1)
    assert len(coalitions) < 64 * 14
    alone, without = {1 << g for g in range(14)}, {whole(14) ^ (1 << g) for g in range(14)}
    assert {0, whole(14)} | alone | without <= set(coalitions)
    assert all(sorted(order) == list(range(14)) for order in orders)
    assert orders[1] == orders[0][::-1]
    assert orders == wanted_coalitions(14, 1)[1]
    worth = {c: np.array([float(c.bit_count())]) for c in coalitions}
    np.testing.assert_allclose(shares_of(14, worth, orders).mean, 1.0)
