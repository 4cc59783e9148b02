"""Rule E: how places are lumped or ordered changes nothing; stocks stay positive whatever the levers do."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from model_fixture import Country, flat_drivers, small, split, take

from yupana.model import VARIABLES, codes, lever_names

MOVED = {
    "eradication": {2001: 2.0},
    "demand": {2002: 1.3},
    "interdiction_sea": {2001: 1.5},
    "rival_supply": {2002: 1.4},
    "input_cost": {2003: 1.2},
    "leadership_targeting": {2001: 3.0},
    "mining_pressure": {2002: 2.0},
    "oversight[customs]": {2001: 2.0},
}
NATIONAL = [v.key for v in VARIABLES if v.over is None and v.key != "clearing_gap"]  # a check, not a result
WHOLE_DIMS = {
    "tier", "user", "institution", "person", "work", "registry", "city", "buyer", "cause", "account",
    "illicit_trade", "residence",
}  # fmt: skip
BY_KIND = [v.key for v in VARIABLES if v.over in WHOLE_DIMS]
OVER = {v.key: v.over for v in VARIABLES}
SPLITS = [
    ("zone", 0),
    ("zone", 1),
    ("corridor", 0),
    ("corridor", 1),
    ("corridor", 3),
    ("district", 0),
    ("district", 1),
    ("market", 0),
    ("market", 1),
    ("rival", 0),
]


CALM = {"eradication": {2001: 2.0}, "input_cost": {2003: 1.2}}  # prices clear within a month


# How far exits stand in for each other: not at all, by half, all of them. Splitting changes nothing in any.
STRENGTHS = (0.0, 0.5, 1.0)


def at_strength(strength: float, count: int = 64) -> Country:
    """Return the small country with the rival explanation of fragmented trade at a strength in every draw."""
    return small(6, count, noisy=True).with_params(explain_fragmentation=strength)


@pytest.fixture(scope="module", params=STRENGTHS)
def base(request):
    country = at_strength(request.param)
    return country, country.run(MOVED)


@pytest.fixture(scope="module")
def calm():
    country = at_strength(0.5)
    return country, country.run(CALM)


def departure(got: np.ndarray, expected: np.ndarray) -> float:
    """Return the largest departure relative to the largest value of the variable in the draw."""
    scale = np.max(np.abs(expected), axis=tuple(range(expected.ndim - 1))) + 1e-30
    return float(np.max(np.abs(got - expected) / scale))


@pytest.mark.parametrize(("dim", "place"), SPLITS)
def test_two_halves_are_one(base, dim, place):
    country, expected = base
    halves = split(country, dim, place).run(MOVED)
    for key in (*NATIONAL, *BY_KIND):
        assert departure(halves.yearly[key], expected.yearly[key]) < 1e-9, key


@pytest.mark.parametrize("place", [0, 1])
def test_two_halves_of_a_market_are_one_while_prices_clear(calm, place):
    country, expected = calm
    halves = split(country, "market", place).run(CALM)
    for key in (*NATIONAL, *BY_KIND):
        assert departure(halves.yearly[key], expected.yearly[key]) < 1e-9, key


@pytest.mark.parametrize(("dim", "place"), SPLITS)
def test_the_halves_are_alike_and_add_up(base, dim, place):
    country, expected = base
    halves = split(country, dim, place).run(MOVED)
    checked = 0
    for variable in VARIABLES:
        if variable.over != dim:
            continue
        whole, parts = expected.yearly[variable.key], halves.yearly[variable.key]
        assert departure(parts[:, place], parts[:, -1]) < 1e-9, variable.key
        together = parts[:, place] + parts[:, -1] if variable.kind in ("flow", "stock") else parts[:, place]
        assert departure(together, whole[:, place]) < 1e-9, variable.key
        others = [i for i in range(whole.shape[1]) if i != place]
        assert departure(parts[:, others], whole[:, others]) < 1e-9, variable.key
        checked += 1
    assert checked or dim == "district"  # of districts only their contests are reported


CONTESTED = [row for row in SPLITS if row[0] in ("zone", "corridor", "district")]


@pytest.mark.parametrize(("dim", "place"), CONTESTED)
def test_halves_of_a_contest_share_its_rent_and_its_killings(base, dim, place):
    country, expected = base
    parts = split(country, dim, place)
    halves, config = parts.run(MOVED).yearly, country.config
    name = config.dims[dim][place]
    one, two = (parts.config.contests.index(half) for half in (name, name + "_twin"))
    whole = config.contests.index(name)
    for key in ("contest_rent[contest]", "homicide_rate[site]"):
        got, want = halves[key], expected.yearly[key][:, whole]
        assert np.all(want > 0.0)
        assert np.max(np.abs((got[:, one] + got[:, two]) / want - 1.0)) < 1e-9, key
        assert np.allclose(got[:, one], got[:, two], rtol=1e-9), key
    key = "war_share[contest]"
    assert np.allclose(halves[key][:, one], expected.yearly[key][:, whole], rtol=1e-9)


@pytest.mark.parametrize("order", [(2, 0, 1), (1, 0, 2)])
def test_the_order_of_zones_is_of_no_account(base, order):
    country, expected = base
    config = country.config
    zones = tuple(config.zones[i] for i in order)
    contests = [*order, *range(len(order), len(config.contests))]
    other = replace(
        country,
        config=replace(
            config,
            zones=zones,
            zone_guards=tuple(config.zone_guards[i] for i in order),
            district_links=tuple(tuple(row[i] for i in order) for row in config.district_links),
        ),
        params=take(take(country.params, "zone", list(order)), "contest", contests),
        noise=country.noise._replace(campaign=country.noise.campaign[:, list(order)]),
    )
    place = {"zone": list(order), "contest": contests}
    place["site"] = [*contests, *range(len(contests), len(config.dims["site"]))]
    got = other.run(MOVED)
    for key, value in expected.yearly.items():
        if key == "clearing_gap":
            continue
        wanted = value[:, place[OVER[key]]] if OVER[key] in place else value
        assert departure(got.yearly[key], wanted) < 1e-9, key


def _stocks(record, name=""):
    """Return every stock of a state with its name, records inside it included; logs and shocks have signs."""
    if hasattr(record, "_fields"):
        return [row for field in record._fields for row in _stocks(getattr(record, field), field)]
    if isinstance(record, tuple):
        return [row for part in record for row in _stocks(part, name)]
    return [] if name.startswith("log_") or name.endswith("_shock") else [(name, record)]


EXTREME = {
    "all low": dict.fromkeys(("eradication", "interdiction", "input", "transport", "substitution"), 0.0),
    "eradication x20": {"eradication": 20.0},
    "interdiction x10": {"interdiction": 10.0},
    "costs x10": {"input": 10.0, "transport": 10.0},
    "demand x0.1": {"demand": 0.1},
    "demand x5": {"demand": 5.0},
    "rivals x0.02": {"rival_supply": 0.02},
    "rivals x10": {"rival_supply": 10.0},
    "everything against": {
        "eradication": 10.0,
        "interdiction": 10.0,
        "input": 5.0,
        "demand": 0.2,
        "rival_supply": 5.0,
    },
    "everything for": {
        "eradication": 0.0,
        "interdiction": 0.0,
        "input": 0.2,
        "demand": 3.0,
        "rival_supply": 0.1,
    },
    "support x100": {"substitution_support": 100.0},
}


@pytest.mark.parametrize("name", EXTREME)
def test_no_stock_turns_negative_under_extreme_levers(name):
    country = small(8, 128, noisy=True)
    settings = {
        lever: {2002: value}
        for stem, value in EXTREME[name].items()
        for lever in lever_names(country.config)
        if lever.startswith(stem)
    }
    assert settings
    block = country.run(settings)
    assert not np.any(block.code & codes.FAILURES)
    for field, stock in _stocks(block.state):
        # one mass can be absent for good: no base on an exit that carries none
        assert np.all(stock >= 0.0), field
    signed = ("profit", "grower_net_income", "organised_crime_earnings", "cocaine_output", "earnings",
              "illicit_earnings")  # fmt: skip
    costs = country.params["policy_cost"].sum(0)
    for key, value in block.yearly.items():
        if key == "policy_cost":  # below its baseline a lever saves no more than the width of a smooth floor
            assert np.all(value >= -1e-3 * costs)
        elif not key.startswith(signed):
            assert np.all(value >= 0.0), key


def test_a_country_without_eradication_or_support_runs():
    country = small(3).with_drivers(eradication=0.0).with_params(support_baseline=1e-9)
    assert not np.any(country.run().code & codes.FAILURES)
    assert flat_drivers(3, eradication=0.0).eradication.sum() == 0.0
