"""Farming: area under coca by zone and age, its planting, eradication and harvest, and the growers' margin.

Area wanted is a logistic share of suitable land: pull times the area at the margin of the start, moved by the
difference between the margin of coca and that of the best licit crop, in day wages (a difference, never a
ratio: licit crops have sold below cost). Planting and abandonment relax slowly towards it. Eradication
removes recorded hectares pro rata over ages; a share is planted again, on site or elsewhere, unless growers
are assisted where the state is present.

References: dionrussler2008, ibanezcarlsson2010, prem2023 (planting, presence, certainty of support);
rozo2013, reyes2014 (net effect of a hectare eradicated); the establishing time after andina2025.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from yupana.core.arrays import namespace
from yupana.model.numerics import Array, add_up, exits, logit, relax, sigmoid, soft_minimum, softfloor

ERADICATION_CEILING = 6.0  # per year: the fastest that a zone's coca can be cleared
ALTERNATIVE_FLOOR = 300.0  # PEN/ha/year, width of the floor under a licit margin below zero
LARGEST_START = 0.9  # of suitable land, the most that is wanted at the margin of the start
GAP_WIDTH = 0.02  # of suitable land, width of the smooth switch between planting and abandonment


class FarmCosts(NamedTuple):
    """Costs and returns of a hectare, real local money a year; (batch,) unless said."""

    wage: Array  # PEN/day
    labour: Array  # (zone,) PEN/ha/year, all work at the wage of the zone
    alternative: Array  # (zone,) PEN/ha/year, margin of the best licit crop, with support
    leaf_cost: Array  # (zone,) USD/kg, 0.8 of (labour + licit margin) over the yield


class FarmFlows(NamedTuple):
    """What happened on farms in one step."""

    area: tuple[Array, ...]  # six ages of (zone,), ha, at the end of the step
    planted: Array  # (zone,) ha
    replanted: Array  # (zone,) ha
    eradicated: Array  # (zone,) ha
    abandoned: Array  # (zone,) ha
    harvest: Array  # (zone,) t sun-dried


def farm_costs(
    p: dict[str, Array],
    income: Array,
    exchange: Array,
    coffee: Array,
    cocoa: Array,
    support: Array,
    work: Array,
) -> FarmCosts:
    """Return wage, labour cost, licit margin and the cost of a kilogram of leaf.

    Parameters
    ----------
    p : parameters; income : (), relative to the start; exchange : (), PEN/USD; coffee, cocoa : (), relative
    to the start; support : (batch,), share of growers assisted. work : (zone,), cost of work over the wage.
    """
    xp = namespace(p["day_wage"])
    wage = p["day_wage"] * xp.exp(p["wage_income_elasticity"] * xp.log(income))
    price = p["coffee_share"] * coffee + (1.0 - p["coffee_share"]) * cocoa
    licit = p["alternative_revenue"] * price - p["alternative_cost"]
    help_ = 1.0 + p["support_gain"] * support * p["state_presence"]
    alternative = softfloor(licit, ALTERNATIVE_FLOOR) * help_ + licit - softfloor(licit, ALTERNATIVE_FLOOR)
    labour = p["labour_days"] * wage * work
    cost = 0.8 * (labour + softfloor(alternative, ALTERNATIVE_FLOOR)) / p["mature_yield"] / exchange
    return FarmCosts(wage, labour, alternative, cost)


def coca_margin(
    p: dict[str, Array], leaf_price: Array, yield_now: Array, costs: FarmCosts, exchange: Array
) -> Array:
    """Return the margin of coca over the best licit crop, (zone,), PEN/ha/year."""
    return leaf_price * yield_now * exchange - costs.labour - p["farm_input_cost"] - costs.alternative


def share_wanted(p: dict[str, Array]) -> Array:
    """Return the share of suitable land wanted at the margin of the start, (zone,): pull over land ratio.

    A zone with too little land for it wants nearly all of its land instead.
    """
    return soft_minimum(p["planting_pull"] / p["suitable_land_ratio"], LARGEST_START)


def area_yield(p: dict[str, Array], yield_price: Array, reference: Array) -> Array:
    """Return leaf of a mature hectare, (zone,), kg/year, at the price of leaf over two years."""
    xp = namespace(yield_price)
    response = xp.exp(p["yield_price_elasticity"] * (xp.log(yield_price) - xp.log(reference)))
    return p["mature_yield"] * response


def step_farming(
    p: dict[str, Array],
    fixed: Any,
    area: tuple[Array, ...],
    expected_price: Array,
    yield_price: Array,
    costs: FarmCosts,
    exchange: Array,
    eradication: Array,
    support: Array,
    announced: Array,
    planting_shock: Array,
    step: float,
) -> FarmFlows:
    """Return the areas at the end of the step and the flows that led there.

    Parameters
    ----------
    p, fixed : parameters and reference of the start.
    area : six ages of (zone,), ha.
    expected_price, yield_price : (zone,), USD/kg.
    costs : of :func:`farm_costs`; exchange : (), PEN/USD.
    eradication : (batch,), ha/year, all zones.
    support : (batch,), share of growers assisted.
    announced : (batch,), share of growers promised payment for coca they hold, not yet paid.
    planting_shock : (batch,), standard normal of the year.
    step : float, years.
    """
    xp = namespace(expected_price)
    total = area[0] + area[1] + area[2] + area[3] + area[4] + area[5]
    leaf_of_hectare = area_yield(p, yield_price, fixed.leaf_price_reference)
    margin = coca_margin(p, expected_price, leaf_of_hectare, costs, exchange)
    change = p["margin_response"] * (margin / costs.wage - fixed.margin_reference) / 100.0
    change = change + p["announcement_response"] * announced
    wanted = fixed.land * sigmoid(logit(share_wanted(p)) + change)
    width = GAP_WIDTH * fixed.land
    gap = wanted - total
    planted = (
        step * p["planting_rate"] * softfloor(gap, width) * xp.exp(p["planting_shock_sd"] * planting_shock)
    )
    abandonment = p["abandonment_rate"] * softfloor(-gap, width) / total

    weight = p["eradication_weight"] * total
    asked = eradication * step * weight / add_up(weight)
    lost = total * soft_minimum(asked / total, ERADICATION_CEILING * step)
    kept = 1.0 - lost / total

    again = p["replanted_share"] * (1.0 - support * p["state_presence"]) * lost
    elsewhere = (1.0 - p["replanted_onsite_share"]) * again
    replanted = p["replanted_onsite_share"] * again + add_up(elsewhere) * wanted / add_up(wanted)

    ages, left, harvested = _age(p, area, kept, abandonment, planted + replanted, step)
    harvest = step * harvested * leaf_of_hectare / 1000.0
    return FarmFlows(ages, planted, replanted, lost, left, harvest)


def bearing_area(p: dict[str, Array], area: tuple[Array, ...]) -> Array:
    """Return the area that bears, in hectares of mature bushes, (zone,)."""
    return p["young_yield_share"] * area[3] + area[4] + p["old_yield_share"] * area[5]


def _age(
    p: dict[str, Array], area: tuple[Array, ...], kept: Array, abandonment: Array, planted: Array, step: float
) -> tuple[tuple[Array, ...], Array, Array]:
    """Return areas a step older, the area given up, and the bearing area before ageing."""
    establishing = 3.0 / p["establishing_time"]
    speeds = (
        establishing,
        establishing,
        establishing,
        1.0 / p["young_time"],
        1.0 / p["mature_time"],
        1.0 / p["old_time"],
    )
    standing = tuple(age * kept for age in area)
    inflow, given_up = planted, 0.0
    ages = []
    for age, speed in zip(standing, speeds, strict=True):
        onward, left = exits(age, [speed + 0.0 * age, abandonment], step)
        ages.append(age - onward - left + inflow)
        inflow, given_up = onward, given_up + left
    return tuple(ages), given_up + inflow, bearing_area(p, standing)


def update_expectations(
    p: dict[str, Array], expected: Array, yield_price: Array, price: Array, step: float
) -> tuple[Array, Array]:
    """Return the expected price and the yield price after one step, each (zone,), USD/kg."""
    return (
        relax(expected, price, 1.0 / p["price_expectation_time"], step),
        relax(yield_price, price, 1.0 / p["yield_expectation_time"], step),
    )


def age_pyramid(p: dict[str, Array], eradication_rate: Array) -> tuple[Array, ...]:
    """Return the shares of the six ages under constant planting and losses, each (zone,), summing to one."""
    establishing = 3.0 / p["establishing_time"]
    speeds = (
        establishing,
        establishing,
        establishing,
        1.0 / p["young_time"],
        1.0 / p["mature_time"],
        1.0 / p["old_time"],
    )
    flow, ages = 1.0, []
    for speed in speeds:
        stock = flow / (speed + eradication_rate)
        ages.append(stock)
        flow = speed * stock
    total = sum(ages[1:], ages[0])
    return tuple(age / total for age in ages)
