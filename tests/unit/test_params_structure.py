"""Parameters set by a scenario: forms, places, the same random numbers, what the priors refuse."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from yupana.core.errors import DataError
from yupana.params import PriorSet, compile_settings, structured
from yupana.params.structure import needed, spread_settings

DIMS = {"zone": ("north", "south"), "market": ("abroad", "home")}
COMMON = {"unit": "ratio", "meaning": "text", "reason": "invented", "pedigree": "judged"}


def priors() -> PriorSet:
    entries: list[dict[str, Any]] = [
        {"name": "cost", "over": ["zone"], "family": "lognormal", "q05": 1.0, "q95": 4.0},
        {"name": "share", "family": "logitnormal", "q05": 0.2, "q95": 0.6, "bounds": [0.1, 0.9]},
        {"name": "speed", "family": "uniform", "bounds": [1.0, 3.0]},
        {"name": "pull", "over": ["zone", "market"], "family": "normal", "q05": -1.0, "q95": 1.0},
    ]
    return PriorSet.from_entries([COMMON | entry for entry in entries], DIMS)


def applied(settings: dict[str, Any], first: int = 0, count: int = 200, dtype: Any = np.float64) -> Any:
    """The drawn parameters, and those of a scenario with `settings`."""
    every = priors()
    changes = compile_settings(every, settings)
    drawn = every.draw(3, first, count, dtype)
    return drawn, structured(drawn, every.latents(3, first, count, needed(changes)), changes)


def test_nothing_set_changes_nothing() -> None:
    drawn, found = applied({})
    assert all(found[name] is drawn[name] for name in drawn)


def test_latents_are_rows_of_the_points() -> None:
    every = priors()
    points = every.points(5, 40, 17)
    found = every.latents(5, 40, 17, ("pull", "share"))
    for name, rows in found.items():
        wanted = [i for i, row in enumerate(every.latent_names) if row.partition("[")[0] == name]
        np.testing.assert_array_equal(rows, points[wanted])


def test_a_value_and_a_multiple_hold_where_they_are_said() -> None:
    settings = {"cost": ("multiple", 0.5), "cost[south]": ("value", 7.0), "pull[north,home]": ("value", 0.25)}
    drawn, found = applied(settings)
    np.testing.assert_array_equal(found["cost"][0], drawn["cost"][0] * 0.5)
    assert (found["cost"][1] == 7.0).all()
    assert (found["pull"][0, 1] == 0.25).all()
    np.testing.assert_array_equal(found["pull"][1], drawn["pull"][1])
    np.testing.assert_array_equal(found["pull"][0, 0], drawn["pull"][0, 0])
    assert found["share"] is drawn["share"]


def test_a_multiple_of_a_place_is_of_the_draw_not_of_the_multiple_of_all() -> None:
    drawn, found = applied({"cost": ("multiple", 10.0), "cost[south]": ("multiple", 2.0)})
    np.testing.assert_array_equal(found["cost"][1], drawn["cost"][1] * 2.0)


@pytest.mark.parametrize(
    ("key", "low", "high"), [("cost", 0.1, 0.4), ("share", 0.3, 0.8), ("speed", 2.0, 2.9), ("pull", 3.0, 5.0)]
)
def test_a_replaced_prior_has_its_quantiles_and_the_ranks_of_the_draws(
    key: str, low: float, high: float
) -> None:
    count = 4000
    drawn, found = applied({key: ("quantiles", low, high)}, count=count)
    old, new = drawn[key].reshape(-1, count), found[key].reshape(-1, count)
    for before, after in zip(old, new, strict=True):
        np.testing.assert_array_equal(np.argsort(before), np.argsort(after))
        for level, quantile in ((0.05, low), (0.95, high)):
            # share of draws below the quantile: binomial, three standard errors
            error = 3 * np.sqrt(0.05 * 0.95 / count)
            assert abs((after < quantile).mean() - level) < error


def test_the_prior_itself_as_a_setting_changes_nothing() -> None:
    drawn, found = applied({"cost": ("quantiles", 1.0, 4.0), "share": ("quantiles", 0.2, 0.6)})
    np.testing.assert_allclose(found["cost"], drawn["cost"], rtol=1e-12)
    np.testing.assert_allclose(found["share"], drawn["share"], rtol=1e-12)


def test_any_slice_of_draws_is_the_same_draws_and_keeps_its_precision() -> None:
    settings = {"cost": ("quantiles", 2.0, 9.0), "share": ("multiple", 1.0)}
    _, whole = applied(settings, 0, 200, np.float32)
    _, part = applied(settings, 50, 20, np.float32)
    np.testing.assert_array_equal(part["cost"], whole["cost"][:, 50:70])
    assert part["cost"].dtype == np.float32


@given(st.floats(0.11, 0.89), st.floats(0.11, 0.89))
def test_a_share_stays_within_its_bounds(one: float, other: float) -> None:
    low, high = sorted((one, other))
    if high - low < 1e-3:
        return
    _, found = applied({"share": ("quantiles", low, high)})
    assert (found["share"] >= 0.1).all()
    assert (found["share"] <= 0.9).all()


@pytest.mark.parametrize(
    ("settings", "code", "words"),
    [
        ({"costs": ("value", 1.0)}, "Y306", "did you mean 'cost'"),
        ({"cost[nord]": ("value", 1.0)}, "Y108", "did you mean 'north'"),
        ({"share[north]": ("value", 0.5)}, "Y108", "without a place"),
        ({"cost": ("value", 0.0)}, "Y308", "above 0"),
        ({"share": ("value", 0.95)}, "Y308", "0.1 to 0.9"),
        ({"share": ("multiple", 1.5)}, "Y308", "leave their bounds"),
        ({"cost": ("multiple", -1.0)}, "Y308", "not positive"),
        ({"share": ("quantiles", 0.05, 0.5)}, "Y308", "no distribution"),
        ({"speed": ("quantiles", 0.5, 2.0)}, "Y308", "beyond its bounds"),
        ({"cost": ("quantiles", 4.0, 1.0)}, "Y308", "no distribution"),
    ],
)
def test_what_the_priors_refuse(settings: dict[str, Any], code: str, words: str) -> None:
    with pytest.raises(DataError) as caught:
        compile_settings(priors(), settings)
    assert caught.value.code == code
    assert words in str(caught.value)


def test_elements_are_told_which_setting_reaches_them() -> None:
    settings = {"cost[south]": ("value", 7.0), "cost": ("multiple", 0.5)}
    assert spread_settings(priors(), settings) == {"cost[north]": "cost", "cost[south]": "cost[south]"}
