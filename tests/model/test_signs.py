"""Signs that can be proved hold in every draw; others in a share of draws written down first."""

from __future__ import annotations

import numpy as np
import pytest

DRAWS = 256


@pytest.fixture(scope="module")
def base(peru):
    return peru.run(2009, DRAWS, monthly=True)


def _change(peru, base, settings, key, year, month, **kwargs):
    other = peru.run(2009, DRAWS, settings, monthly=True, **kwargs)
    at = (year - 2000) * 12 + month
    return other.monthly[key][at] - base.monthly[key][at]


def test_a_cost_downstream_lowers_prices_at_the_source_on_impact_in_every_draw(peru, base):
    settings = {"transport_cost": {2005: ("multiple", 1.5)}}
    for key in ("hcl_price[zone]", "leaf_price[zone]"):
        change = _change(peru, base, settings, key, 2005, 1)
        assert np.all(change < 0), key


def test_eradication_raises_the_leaf_price_on_impact_in_every_draw(peru, base):
    settings = {"eradication": {2005: ("multiple", 2.0)}}
    for month in (2, 5):
        change = _change(peru, base, settings, "leaf_price[zone]", 2005, month)
        assert np.all(change > 0), month
    assert np.all(_change(peru, base, settings, "leaf_price", 2005, 5) > 0)


# (levers, variable, year, sign, share of draws at least, reason), written before running
EXPECTED = [
    ({"demand": {2005: ("multiple", 0.5)}}, "leaf_price", 2007, -1, 0.95, "less is earned in every market"),
    ({"input_cost": {2005: ("multiple", 2.0)}}, "leaf_price", 2005, -1, 0.95, "dearer base, same sale price"),
    (
        {"substitution_support": {2005: ("absolute", 0.8)}},
        "coca_area",
        2008,
        -1,
        0.95,
        "a better licit margin",
    ),
    ({"rival_supply": {2005: ("multiple", 2.0)}}, "hcl_price", 2007, -1, 0.95, "rivals lower prices abroad"),
    (
        {"interdiction_sea": {2005: ("multiple", 3.0)}},
        "seizures_home",
        2005,
        1,
        0.95,
        "more effort finds more",
    ),
]


@pytest.mark.parametrize(("settings", "key", "year", "sign", "share", "reason"), EXPECTED)
def test_expected_shares(peru, base, settings, key, year, sign, share, reason):
    other = peru.run(2009, DRAWS, settings)
    change = sign * (other.yearly[key][year - 2000] - base.yearly[key][year - 2000])
    assert np.mean(change > 0) >= share, f"{np.mean(change > 0):.2f} of draws, expected {share}: {reason}"


@pytest.mark.parametrize(("elasticity", "rivals", "sign"), [(0.2, 1e-4, 1), (4.0, 1.0, -1)])
def test_home_seizures_move_the_source_price_as_the_elasticity_implies(peru, elasticity, rivals, sign):
    """Below one, the price more than makes up for the loss; above one it does not. No penalties here."""
    params = peru.priors.draw(1, 0, 128, "float64")
    params["demand_elasticity"] = np.full_like(params["demand_elasticity"], elasticity)
    params["habit_elasticity"] = np.full_like(params["habit_elasticity"], 1e-3)
    params["seizure_penalty"] = np.full_like(params["seizure_penalty"], 1.0)
    # rivals are absent from the start: taking them out later would drive prices to where demand chokes
    params["rival_yield"] = params["rival_yield"] * rivals
    harder = {f"interdiction_{stage}": {2005: ("multiple", 4.0)} for stage in ("sea", "land", "air")}
    calm = peru.run(2009, 128, params=params).yearly["hcl_price"][-1]
    hard = peru.run(2009, 128, harder, params=params).yearly["hcl_price"][-1]
    assert np.mean(sign * (hard - calm) > 0) >= 0.95
