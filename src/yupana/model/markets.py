"""Markets: one clearing of planning prices, stocks in the markets, realised prices, habits and users at home.

Origins compete by a logit on netbacks with the option to hold. The unknown is the log of the retail price:
the import price need not be positive in every market, the retail price is. A fixed number of Newton steps,
scaled as a whole, warm-started, differentiated straight through. Mass never depends on whether they
converged: product moves by shares, and the realised price is the one at which what was sold is used.

References: caulkinshao2008 (a shortfall falls on the most elastic markets), caulkinspadman1993 and boivin2014
(additive and multiplicative mark-ups), gallet2014 and nrc2001 (elasticities), rydelleveringham1994 (users).
"""

from __future__ import annotations

from typing import Any, NamedTuple

from yupana.core.arrays import namespace
from yupana.model.config import Config
from yupana.model.numerics import (
    Array,
    add_up,
    cut,
    detach,
    eighth_root,
    exits,
    largest,
    relax,
    softfloor,
    solve_linear,
)

LARGEST_MOVE = 0.3  # of a log price in one Newton step; one cycles between flat parts of the logit
RIDGE = 1e-6  # of demand, keeps the step finite in a market that nobody supplies
CHOKE = 6.0  # log of the price, over that of the start, at which nobody buys any more
FLOOR_SHARE = 0.02  # of the reference price, width of the floor under the realised wholesale price


class Clearing(NamedTuple):
    """Planning prices and shares of one step."""

    log_retail: Array  # (market,)
    price: Array  # (market,) USD/kg wholesale; may be negative where nobody would sell
    shares: Array  # (market,) of the home origin's shippable product
    rival_shares: tuple[Array, ...]  # for each rival (market,)
    inclusive: Array  # () log-sum of the home origin's gains over the reference
    residual: Array  # (market,) excess supply over demand at reference prices


def choice_scale(p: dict[str, Array]) -> Array:
    """Return the logit scale theta of each market, (market,), 1/(USD/kg): one over a share of its price."""
    return 1.0 / (p["market_choice_scale"] * p["reference_price"])


def retail_price(p: dict[str, Array], wholesale: Array) -> Array:
    """Return the retail price of a pure kilogram, USD/kg: additive and multiplicative mark-up."""
    return p["retail_cost"] + (1.0 + p["retail_markup"]) * wholesale


def choked(x: Array) -> Array:
    """Return the log of the retail price over its reference, given the log fall of use over the elasticity.

    The same up to several times the reference, then bending towards a choke price, so that a market that
    nobody supplies has a price and not an infinite one.
    """
    return x / eighth_root(1.0 + (x / CHOKE) ** 8)


def planned_wholesale(p: dict[str, Array], fixed: Any, plan: Array) -> Array:
    """Return the planned wholesale price, (market,), USD/kg, of the plan's coordinate (see clear_markets)."""
    xp = namespace(plan)
    log_reference = xp.log(fixed.retail_reference)
    retail = xp.exp(log_reference + choked(plan - log_reference))
    return (retail - p["retail_cost"]) / (1.0 + p["retail_markup"])


def _choose(weights: Array, hold: Array, gains: Array) -> tuple[Array, Array]:
    """Return logit shares over markets, (market,), with the option to hold, and the log-sum."""
    xp = namespace(gains)
    shift = detach(xp.maximum(largest(gains), 0.0))
    odds = cut(weights * xp.exp(gains - shift))
    total = hold * xp.exp(-shift) + add_up(odds)
    return odds / total, shift + xp.log(total)


def clear_markets(
    config: Config,
    p: dict[str, Array],
    fixed: Any,
    log_retail: Array,
    netback: Array,
    netback_price: Array,
    slope: Array,
    supply: Array,
    rival_supply: Array,
    demand: Array,
    steps: int,
) -> Clearing:
    """Return the prices at which the supply that origins send to each market is what it would use.

    R_m = sum_o a_om S_o s_om - D_m(p_m), with s_om the logit shares; full Newton steps in ln retail price,
    the whole step scaled so that its size stays below ``LARGEST_MOVE``.

    Parameters
    ----------
    log_retail : (market,), start. netback, netback_price : (market,), USD/kg, the home netback at a price.
    slope : (market,), gain in the home netback for a dollar on the price.
    supply : (batch,), t/year; rival_supply : (rival,), t/year. demand : (market,), t/year at reference
    prices.
    """
    xp = namespace(log_retail)
    theta = choice_scale(p)
    kept = 1.0 - p["abroad_seizure_share"]
    log_reference = xp.log(fixed.retail_reference)
    n = len(config.markets)
    slopes = [slope, *(kept for _ in config.rivals)]
    supplies = [
        supply * fixed.delivery_ratio,
        *(rival_supply[r] * fixed.rival_delivery_ratio[r] for r in range(len(config.rivals))),
    ]
    weights = [fixed.origin_weights, *(fixed.rival_weights[r] for r in range(len(config.rivals)))]

    # weights of the markets in the size of a step: halving a market must not change the step
    part = fixed.demand_reference / add_up(fixed.demand_reference)

    def evaluate(u: Array) -> tuple[Array, list[tuple[Array, Array]], Array, Array]:
        price = cut(planned_wholesale(p, fixed, u))
        home_gain = netback + slope * (price - netback_price) - fixed.netback_reference
        gains = [theta * home_gain] + [theta * kept * (price - p["reference_price"]) for _ in config.rivals]
        chosen = [_choose(w, p["hold_share"], g) for w, g in zip(weights, gains, strict=True)]
        used = cut(demand * xp.exp(-p["demand_elasticity"] * (u - log_reference)))
        sent = sum(a * s * c[0] for a, s, c in zip(slopes, supplies, chosen, strict=True))
        return price, chosen, used, sent - used

    u = log_retail
    for _ in range(steps):
        price, chosen, used, residual = evaluate(u)
        bend = eighth_root(1.0 + ((u - log_reference) / CHOKE) ** 8)
        retail = price * (1.0 + p["retail_markup"]) + p["retail_cost"]
        move = theta * retail / bend**9 / (1.0 + p["retail_markup"])
        sent = [a * c[0] for a, c in zip(slopes, chosen, strict=True)]
        own = sum(a * t * s for a, t, s in zip(slopes, sent, supplies, strict=True)) * move
        own = own + p["demand_elasticity"] * used + RIDGE * demand
        pulled = [t * s for t, s in zip(sent, supplies, strict=True)]
        matrix = [
            [
                -sum(pulled[o][i] * sent[o][j] for o in range(len(supplies))) * move[j]
                + (own[i] if i == j else 0.0)
                for j in range(n)
            ]
            for i in range(n)
        ]
        change = xp.stack(solve_linear(matrix, [-residual[i] for i in range(n)]))
        size = add_up(part * (change / LARGEST_MOVE) ** 8)
        u = u + change / eighth_root(1.0 + size)
    price, chosen, used, residual = evaluate(u)
    return Clearing(u, price, chosen[0][0], tuple(c[0] for c in chosen[1:]), chosen[0][1], residual / demand)


class MarketFlows(NamedTuple):
    """Product in and on the way to the markets in one step, t."""

    arrived: Array  # (market,) home origin, into the market's stock
    seized: Array  # (market,)
    way_lost: Array  # (market,)
    stock_lost: Array  # (market,)
    sold: Array  # (market,)
    rival_arrived: Array  # (rival, market)
    rival_seized: Array
    rival_way_lost: Array
    rival_stock_lost: Array
    rival_sold: Array


def step_stocks(
    p: dict[str, Array], abroad: Array, stock: Array, rival_abroad: Array, rival_stock: Array, step: float
) -> MarketFlows:
    """Return arrivals, seizures, losses and sales of one step; stocks as in the state."""
    share = p["abroad_seizure_share"]
    seized_rate = share / (1.0 - share) * (p["arrival_rate"] + p["market_loss_rate"])
    way = exits(
        1.0 + 0.0 * share,
        [p["arrival_rate"] + 0.0 * share, seized_rate, p["market_loss_rate"] + 0.0 * share],
        step,
    )
    shop = exits(1.0 + 0.0 * p["selling_rate"], [p["selling_rate"], p["market_loss_rate"]], step)
    return MarketFlows(
        arrived=way[0] * abroad,
        seized=way[1] * abroad,
        way_lost=way[2] * abroad,
        stock_lost=shop[1] * stock,
        sold=shop[0] * stock,
        rival_arrived=way[0] * rival_abroad,
        rival_seized=way[1] * rival_abroad,
        rival_way_lost=way[2] * rival_abroad,
        rival_stock_lost=shop[1] * rival_stock,
        rival_sold=shop[0] * rival_stock,
    )


class RivalFlows(NamedTuple):
    """A rival's product in one step, t."""

    made: Array  # (rival,)
    seized: Array  # (rival,)
    lost: Array  # (rival,)
    shipped: Array  # (rival, market)


def step_rivals(
    p: dict[str, Array], product: Array, capacity: Array, shares: tuple[Array, ...], step: float
) -> RivalFlows:
    """Return what rivals make, lose and send; their product is held and shipped as the home origin's."""
    xp = namespace(product)
    share = p["rival_seizure_share"]
    ship = p["shipping_rate"] / (1.0 - p["hold_share"])
    seized_rate = share / (1.0 - share) * p["shipping_rate"]
    sent = xp.stack([add_up(s) for s in shares])
    out, seized, lost = exits(
        product, [ship * sent, seized_rate, p["product_loss_rate"] + 0.0 * product], step
    )
    shipped = xp.stack([out[r] / sent[r] * s for r, s in enumerate(shares)])
    return RivalFlows(capacity * step, seized, lost, shipped)


def rival_target(p: dict[str, Array], area: Array, elapsed: Array, lever: Array, gain: Array) -> Array:
    """Return the capacity towards which rivals move, (rival,), t/year.

    Recorded area times a yield with a trend, times the policy lever, times what rivals can earn to a power.

    Parameters
    ----------
    area : (rival,), ha; gain : (rival,), relative price of what they sell, 1 at the start.
    """
    xp = namespace(gain)
    output = area * p["rival_yield"] * xp.exp(p["rival_yield_trend"] * elapsed) / 1000.0
    return output * lever * xp.exp(p["rival_price_elasticity"] * xp.log(gain))


def realised_prices(
    config: Config, p: dict[str, Array], fixed: Any, sold: Array, demand: Array, step: float
) -> tuple[Array, Array]:
    """Return retail and wholesale prices at which what was sold is used, (market,), USD/kg each."""
    xp = namespace(sold)
    log_reference = xp.log(fixed.retail_reference)
    fall = (xp.log(demand) - xp.log(sold / step)) / p["demand_elasticity"]
    retail = xp.exp(log_reference + choked(fall))
    margin = (retail - p["retail_cost"]) / (1.0 + p["retail_markup"])
    return retail, softfloor(margin, FLOOR_SHARE * p["reference_price"])


def follow_habits(p: dict[str, Array], fixed: Any, habit: Array, retail: Array, step: float) -> Array:
    """Return habits after one step, (market,): use falls further once a price has lasted."""
    xp = namespace(habit)
    wanted = xp.exp(-p["habit_elasticity"] * (xp.log(retail) - xp.log(fixed.retail_reference)))
    return relax(habit, wanted, 1.0 / p["habit_time"], step)


class Users(NamedTuple):
    """Users at home after one step, thousand."""

    light: Array
    heavy: Array


def step_users(
    p: dict[str, Array],
    fixed: Any,
    light: Array,
    heavy: Array,
    log_price: Array,
    income: Array,
    population: Array,
    step: float,
) -> Users:
    """Return users at home; first use rises with income and falls with the price (log over reference)."""
    xp = namespace(light)
    first = (
        fixed.initiation
        * population
        * xp.exp(
            p["initiation_income_elasticity"] * xp.log(income) - p["initiation_price_elasticity"] * log_price
        )
    )
    escalated, quit_ = exits(light, [p["escalation_rate"], p["light_quit_rate"]], step)
    left = exits(heavy, [p["heavy_quit_rate"]], step)[0]
    return Users(light + first * step - escalated - quit_, heavy + escalated - left)
