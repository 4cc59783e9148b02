"""Trade: which exit and which market product takes, what that is worth at the zone, and its way out.

Exits compete by a logit on cost and expected seizure with one scale in money. Choice weights factor into a
part of zone and exit, fixed for a member, and a part of exit and market, so that corridor and market shares
agree exactly and closing an exit sends its flow to the others in proportion to their shares. Base that
crosses to a neighbour is processed there and moves on.

A crowded class costs more, and the flow that crowds it is a memory of half a year. One more kilogram would
move the choice by g = (marginal cost of crowding) x (flow)/(spread of costs); the memory is stepped as an
exponential Rosenbrock step with that g, so that no draw and no step makes exits swap places (see
:func:`remember_flow`).

References: dell2015 (routes respond to enforcement), caulkins1993 (adaptation across routes),
caulkinshao2008 (allocation over markets).
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from yupana.core.arrays import namespace
from yupana.model.config import Config
from yupana.model.markets import FLOOR_SHARE, choice_scale
from yupana.model.numerics import (
    SMALLEST_FLOW,
    Array,
    add_up,
    cut,
    decay_factor,
    detach,
    exits,
    largest,
    positive_part,
    softfloor,
)

CROWDING_MEMORY = 0.5  # years over which carriers and prices of a class answer what moves through it
CROWDED_FLOOR = 0.1  # width of the floor under the multiple of a class's cost as it empties


class Routes(NamedTuple):
    """The choice of exits in one step, before the markets are solved."""

    exit_weight: Array  # (corridor, market), relative
    nodes_base: Array  # (zone, market), sum of weights over exits
    nodes_hydrochloride: Array  # (zone, market)
    cost: Array  # (corridor, market) USD/kg, all of it: transport, bribes, expected loss
    transport: Array  # (corridor,) USD/kg
    netback: Array  # (market,) USD/kg at last month's prices
    slope: Array  # (market,) gain in the netback for a dollar on the price
    loss: Array  # (market,) share believed lost to seizure on the way out
    log_gain: Array  # (market,) log of the choice sum over its reference
    mix: Array  # (corridor, market) shares of exits in product on hand
    nodes_mean: Array  # (market,) mean of the hydrochloride choice sums over product on hand


class Passage(NamedTuple):
    """Product under way in one step; (corridor, market) of t unless said."""

    entered_base: Array
    entered_hydrochloride: Array
    delivered_base: Array
    delivered_hydrochloride: Array
    seized_base: Array
    seized_hydrochloride: Array
    lost_base: Array
    lost_hydrochloride: Array


def served(config: Config, form: int) -> tuple[tuple[bool, ...], ...]:
    """Return which class takes which form to which market, (corridor)(market)."""
    return tuple(
        tuple(bool(serves and carries[form]) for serves in row)
        for row, carries in zip(config.serves, config.carries, strict=True)
    )


def ways_to(serves: Any, market: int) -> list[int]:
    """Return the classes that reach a market, of :func:`served`; the first of all where none does."""
    return [c for c, row in enumerate(serves) if row[market]] or [0]


def route_sums(serves: Any, route: Array, weight: Array) -> Array:
    """Return choice sums over exits, (zone, market), of (zone, corridor) and (corridor, market) weights.

    Parameters
    ----------
    serves : (corridor)(market), of :func:`served`: only these pairs are added up.
    """
    sums = []
    for market in range(weight.shape[1]):
        first, *others = ways_to(serves, market)
        total = route[:, first] * weight[first, market]
        for way in others:
            total = total + route[:, way] * weight[way, market]
        sums.append(total)
    return cut(namespace(weight).stack(sums, axis=1))


def node_means(product: Array, nodes: Array) -> Array:
    """Return (zone, ...) values averaged over zones by product on hand, (...)."""
    summed = product[0] * nodes[0]
    for zone in range(1, product.shape[0]):
        summed = summed + product[zone] * nodes[zone]
    return cut(summed / add_up(product))


def spread(route: Array, sums: Array, weight: Array, amount: Array) -> Array:
    """Return product by exit and market, (corridor, market), of (zone,) amounts to each market.

    Parameters
    ----------
    route : (zone, corridor); sums : (zone, market); weight : (corridor, market).
    amount : (zone,), t. What would leave if all of it went to a market.
    """
    share = cut(amount[:, None] / sums)
    total = route[0, :, None] * share[0, None]
    for zone in range(1, amount.shape[0]):
        total = total + route[zone, :, None] * share[zone, None]
    return cut(total * weight)


def _crowded(p: dict[str, Array], fixed: Any, flow: Array) -> Array:
    return 1.0 + p["crowding"] * (flow / fixed.flow_reference - 1.0)


def transport_costs(p: dict[str, Array], fixed: Any, flow: Array, lever: Array, shock: Array) -> Array:
    """Return the cost of moving a kilogram by each class, (corridor,), USD/kg; crowding raises it.

    Parameters
    ----------
    flow : (corridor,), t/year, remembered; lever : (corridor,) multiple; shock : standard normal of the year.
    """
    xp = namespace(flow)
    return (
        p["transport_cost"]
        * lever
        * xp.exp(p["corridor_shock_sd"] * shock)
        * positive_part(_crowded(p, fixed, flow), CROWDED_FLOOR)
    )


def remember_flow(
    p: dict[str, Array], fixed: Any, flow: Array, transport: Array, entered: Array, step: float
) -> Array:
    """Return the remembered flow of each class after one step, (corridor,), t/year.

    f' = (F(f) - f)/M, stepped as f + (F - f) (1 - exp(-(1 + g) D/M))/(1 + g), with g = c'(f) sum_m F_m k_m
    and k_m one over the spread of costs between exits plus one over that between markets.

    Notes
    -----
    F answers costs by choice shares: its derivative by them is minus a positive semidefinite matrix below
    diag(sum_m F_m k_m), as diag(s) - s s' lies below diag(s). So the step's matrix has eigenvalues between
    0 and 1 for every draw: it closes in without changing sides. A plain memory swings where g > 2 M/D - 1.
    As D falls both are the same equation; halving a class halves F and the reference and leaves g.

    Parameters
    ----------
    flow : (corridor,), t/year, remembered so far; transport : (corridor,), USD/kg, at that flow.
    entered : (corridor, market), t in the step.
    """
    xp = namespace(flow)
    crowded = _crowded(p, fixed, flow)
    steepness = p["crowding"] / fixed.flow_reference / xp.sqrt(crowded * crowded + CROWDED_FLOOR**2)
    moved = entered / step
    gain = transport * steepness * add_up(moved * (1.0 / exit_scale(p) + choice_scale(p)), 1)
    pace = step / CROWDING_MEMORY
    return flow + (add_up(moved, 1) - flow) * pace * decay_factor((1.0 + gain) * pace)


def exit_scale(p: dict[str, Array]) -> Array:
    """Return the spread of unobserved costs between exits for each market, (market,), USD/kg.

    A share of the market's reference price: one scale in dollars would empty whole classes after small
    changes of risk in dear markets and leave them unmoved in cheap ones.
    """
    return p["exit_choice_scale"] * p["reference_price"]


def exit_costs(p: dict[str, Array], transport: Array, belief: Array, price: Array) -> Array:
    """Return the full expected cost by exit and market, (corridor, market), USD/kg.

    Expected seizure costs the product's value in the market and the penalty: deterrence sits here and nowhere
    else. The planned price may be negative where nobody would sell; what is at stake may not.
    """
    worth = softfloor(price, FLOOR_SHARE * p["reference_price"])
    at_stake = (1.0 - p["abroad_seizure_share"]) * worth + p["seizure_penalty"]
    return (transport + p["bribe_cost"])[:, None] + belief[:, None] * at_stake[None]


def plan_routes(
    config: Config,
    p: dict[str, Array],
    fixed: Any,
    base: Array,
    hydrochloride: Array,
    belief: Array,
    price: Array,
    onward: Array,
    transport: Array,
) -> Routes:
    """Return the choice of exits and the netback of each market.

    The netback is linear in the market's price around last month's, with the log-sum over exits as its value
    there: monotone in every cost, and closed form before the markets are solved.

    Parameters
    ----------
    base, hydrochloride : (zone,), t on hand. belief : (corridor,). price : (market,), USD/kg, last month's
    plan. onward : (market,), USD/kg from the border to the market. transport : (corridor,), USD/kg.
    """
    xp = namespace(base)
    serves = np.asarray(config.serves, dtype=bool)[..., None]
    scale = exit_scale(p)
    cost = exit_costs(p, transport, belief, price)
    score = cut((fixed.exit_cost_reference - cost) / scale)
    shift = detach(largest(xp.where(serves, score, -1e9)))
    weight = cut(xp.where(serves, xp.exp(xp.where(serves, score - shift, 0.0)), 0.0))
    nodes_base = route_sums(served(config, 0), fixed.route_base, weight)
    nodes_hydrochloride = route_sums(served(config, 1), fixed.route_hydrochloride, weight)
    on_hand = add_up(base) + add_up(hydrochloride)
    share_base = cut(add_up(base) / on_hand)
    gain_base = node_means(base, nodes_base) / fixed.node_base
    gain_hydrochloride = node_means(hydrochloride, nodes_hydrochloride) / fixed.node_hydrochloride
    choice = share_base * gain_base + (1.0 - share_base) * gain_hydrochloride
    by_exit = (
        share_base * node_means(base, fixed.route_base)[:, None] / fixed.node_base
        + (1.0 - share_base)
        * node_means(hydrochloride, fixed.route_hydrochloride)[:, None]
        / fixed.node_hydrochloride
    )
    mix = cut(by_exit * weight / choice)
    loss = cut(add_up(mix * belief[:, None]))
    log_gain = xp.log(choice) + shift
    kept = 1.0 - p["abroad_seizure_share"]
    netback = kept * price - fixed.route_cost_reference + scale * log_gain - onward
    return Routes(
        weight,
        nodes_base,
        nodes_hydrochloride,
        cost,
        transport,
        netback,
        slope=(1.0 - loss) * kept,
        loss=loss,
        log_gain=log_gain,
        mix=mix,
        nodes_mean=gain_hydrochloride * fixed.node_hydrochloride,
    )


def zone_value(p: dict[str, Array], routes: Routes, shares: Array, national: Array) -> Array:
    """Return the value of a kilogram at each zone, (zone,), USD/kg, around the national one.

    Parameters
    ----------
    shares : (market,), shares of the home origin's product over markets; national : (batch,), USD/kg.
    """
    xp = namespace(national)
    relative = add_up(shares / routes.nodes_mean * routes.nodes_hydrochloride, 1) / add_up(shares)
    return national + p["zone_scale"] * xp.log(relative)


def step_passage(
    p: dict[str, Array],
    fixed: Any,
    routes: Routes,
    moving_base: Array,
    moving_hydrochloride: Array,
    base_shippable: Array,
    hydrochloride_shippable: Array,
    shares: Array,
    seizure: Array,
    step: float,
) -> Passage:
    """Return product entering, leaving and lost on the exits in one step.

    Parameters
    ----------
    moving_base, moving_hydrochloride : (corridor, market), t under way at the start of the step.
    base_shippable, hydrochloride_shippable : (zone,), t that leaves if all sellers ship.
    shares : (market,). seizure : (corridor,), share seized now.
    """
    delivery = p["delivery_rate"]
    lost = p["corridor_loss_rate"] + 0.0 * delivery
    seized = seizure / (1.0 - seizure) * (delivery + lost)
    rates = exits(1.0 + 0.0 * delivery, [delivery, seized, lost], step)
    out = [[rate[:, None] * moving for rate in rates] for moving in (moving_base, moving_hydrochloride)]
    weight = routes.exit_weight
    entered_base = shares * spread(fixed.route_base, routes.nodes_base, weight, base_shippable)
    entered = shares * spread(
        fixed.route_hydrochloride, routes.nodes_hydrochloride, weight, hydrochloride_shippable
    )
    (delivered_b, seized_b, lost_b), (delivered_h, seized_h, lost_h) = out
    return Passage(entered_base, entered, delivered_b, delivered_h, seized_b, seized_h, lost_b, lost_h)


def way_out(p: dict[str, Array], entered: Array, transport: Array, belief: Array) -> tuple[Array, Array]:
    """Return the mean cost of the way out and the share expected to be lost on it, (market,) each.

    Parameters
    ----------
    entered : (corridor, market), t: weights. transport : (corridor,), USD/kg. belief : (corridor,), share
    seized.
    """
    moving = entered + SMALLEST_FLOW
    total = add_up(moving)
    lost = p["corridor_loss_rate"] / (p["corridor_loss_rate"] + p["delivery_rate"])
    cost = add_up(moving * (transport + p["bribe_cost"])[:, None]) / total
    gone = 1.0 - (1.0 - belief) * (1.0 - lost)
    return cut(cost), cut(add_up(moving * gone[:, None]) / total)


class Neighbour(NamedTuple):
    """Base processed in a neighbouring country in one step; (market,) of t."""

    arrived: Array
    processed: Array
    onward: Array
    seized: Array
    lost: Array


def step_neighbour(
    config: Config, p: dict[str, Array], processing_abroad: Array, delivered_base: Array, step: float
) -> Neighbour:
    """Return base that arrives in a neighbouring country, is processed there and moves on."""
    xp = namespace(processing_abroad)
    crossing = xp.asarray(np.asarray(config.transforms), dtype=delivered_base.dtype)[:, None, None]
    arrived = add_up(crossing * delivered_base)
    share = p["processing_abroad_seizure_share"]
    rate = p["processing_abroad_rate"] + 0.0 * processing_abroad
    processed, seized = exits(processing_abroad, [rate, share / (1.0 - share) * rate], step)
    onward = p["crystallisation_yield"] * processed
    return Neighbour(arrived, processed, onward, seized, processed - onward)
