"""Answers worked out by hand: revenue after a supply cut, choice, pass-through, ages, step size."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest

from yupana.model import farming, markets

ONE = np.ones((1, 1))


def _price(share: float, elasticity: float) -> float:
    """Return the retail price over the reference when `share` of the reference supply is sold."""
    p = {
        "demand_elasticity": elasticity * ONE,
        "retail_cost": 10.0 * ONE,
        "retail_markup": 1.0 * ONE,
        "reference_price": 45.0 * ONE,
    }
    fixed = SimpleNamespace(retail_reference=100.0 * ONE)
    retail, _ = markets.realised_prices(None, p, fixed, share * ONE / 12, ONE, 1 / 12)
    return float(retail[0, 0]) / 100.0


@pytest.mark.parametrize("elasticity", [0.3, 0.6, 1.0, 1.2])
@pytest.mark.parametrize("cut", [0.05, 0.2, 0.3])
def test_consumer_spending_after_a_supply_cut(elasticity, cut):
    spending = _price(1 - cut, elasticity) * (1 - cut)
    assert spending == pytest.approx((1 - cut) ** (1 - 1 / elasticity), rel=1e-5)
    assert (spending > 1.0 + 1e-9) == (elasticity < 1)


@pytest.mark.parametrize("elasticity", [0.4, 1.5])
def test_constant_cost_with_a_seizure_share(elasticity):
    """At a price of cost/(1 - q) use falls as (1 - q)^e and what is sourced as (1 - q)^(e - 1)."""
    q = 0.2
    used = (1 - q) ** elasticity
    assert _price(used, elasticity) == pytest.approx(1 / (1 - q), rel=1e-6)
    assert (used / (1 - q) > 1) == (elasticity < 1)


def _shares(weights, gains, hold=0.0):
    return markets._choose(np.array(weights)[:, None], np.array([hold]), np.array(gains)[:, None])[0][:, 0]


def test_closing_an_exit_sends_its_flow_to_the_others_in_proportion():
    before = _shares([0.5, 0.3, 0.2], [0.1, -0.4, 0.7])
    after = _shares([0.0, 0.3, 0.2], [0.1, -0.4, 0.7])
    assert np.allclose(after[1:], before[1:] / (1 - before[0]))


def test_choice_without_and_with_all_the_say_of_money():
    assert np.allclose(_shares([0.5, 0.3, 0.2], [0.0, 0.0, 0.0]), [0.5, 0.3, 0.2])
    assert np.allclose(_shares([0.5, 0.3, 0.2], [0.0, 500.0, 100.0]), [0.0, 1.0, 0.0])


def test_pass_through_is_one_plus_the_multiplicative_mark_up():
    p = {"retail_cost": 20.0, "retail_markup": 0.7}
    step = markets.retail_price(p, 101.0) - markets.retail_price(p, 100.0)
    assert step == pytest.approx(1.7)


def test_age_pyramid_is_at_rest_under_its_own_hazards(peru):
    p = peru.priors.draw(1, 0, 16, "float64")
    ages = farming.age_pyramid(p, np.zeros((14, 16)))
    area = tuple(1000.0 * age + np.zeros((14, 16)) for age in ages)
    step = 1e-4
    inflow = area[0] * 3.0 / p["establishing_time"] * step
    after, _, _ = farming._age(p, area, 1.0, np.zeros((14, 16)), inflow, step)
    for old, new in zip(area, after, strict=True):
        assert np.all(np.abs(new - old) < 1e-3 * inflow)


def test_halving_the_step_converges_at_first_order(peru):
    by_step = {n: peru.run(2003, 24, steps=n).yearly for n in (12, 24, 48)}
    for key in ("coca_area", "cocaine_exports", "leaf_price", "export_value"):
        first = by_step[12][key][-1] - by_step[24][key][-1]
        second = by_step[24][key][-1] - by_step[48][key][-1]
        ratio = np.median(np.abs(first)) / np.median(np.abs(second))
        assert 1.5 < ratio < 2.7, (key, ratio)
