"""The start: what follows from parameters alone, and a state at rest in it.

Everything is a smooth closed form of the parameters. Demand is what the supply of the start would sell at the
prices of the start, so that markets clear there by construction and prices and volumes are not tuned apart.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from yupana.core.arrays import namespace
from yupana.model import enforcement, farming, markets, processing, trade
from yupana.model.config import Config
from yupana.model.numerics import Array, softfloor, standing_stock
from yupana.model.state import Fixed, State


def by_market(config: Config, values: Array) -> Array:
    """Return values over foreign markets as values over all markets, zero at home; (..., market, batch)."""
    xp = namespace(values)
    places = np.zeros((len(config.foreign_markets), len(config.markets)))
    places[np.arange(len(config.foreign_markets)), list(config.foreign_markets)] = 1.0
    spread = xp.asarray(places, dtype=values.dtype)
    return (values[..., :, None, :] * spread[:, :, None]).sum(-3)


def _normalised(weights: Array) -> Array:
    return weights / weights.sum(-2, keepdims=True)


def build_reference(config: Config, p: dict[str, Array], drivers: Any) -> tuple[Fixed, State]:
    """Return the reference of the start and the state on its first time bound.

    Parameters
    ----------
    config : Config.
    p : dict of (..., batch), parameters.
    drivers : Drivers of the first year, leading axis taken off; recorded eradication as (batch,).
    """
    xp = namespace(p["initial_area"])
    step = config.step
    one = xp.ones_like(p["initial_area"])
    hold = p["hold_share"]

    # farm
    area = p["initial_area"] * _normalised(p["initial_area_weight"])
    weight = p["eradication_weight"] * area
    pyramid = farming.age_pyramid(p, drivers.eradication * p["eradication_weight"] / weight.sum(0))
    ages = tuple(area * share for share in pyramid)
    costs = farming.farm_costs(
        p, drivers.income * one, drivers.exchange, drivers.coffee, drivers.cocoa, p["support_baseline"]
    )
    harvest = farming.bearing_area(p, ages) * p["mature_yield"] / 1000.0
    legal = p["legal_use"] * _normalised(p["legal_use_weight"])

    # product, at the speeds of the start
    leaf_per_kg = processing.conversion(p, 0.0 * one)
    surplus = softfloor(harvest - legal, 0.05 * harvest)
    leaf_exit = p["leaf_processing_rate"] + p["leaf_seizure_rate"] + p["leaf_spoilage_rate"]
    leaf = standing_stock(surplus, leaf_exit, step)
    processed = surplus * p["leaf_processing_rate"] / leaf_exit
    base_made = processed / (leaf_per_kg * p["crystallisation_yield"])
    drain = p["valley_seizure_rate"] + p["product_loss_rate"]
    as_base = p["base_export_share"] / (1.0 - p["base_export_share"]) * p["crystallisation_rate"]
    base_exit = p["crystallisation_rate"] + as_base + drain
    base = standing_stock(base_made, base_exit, step)
    base_shipped = base_made * as_base / base_exit
    made = p["crystallisation_yield"] * base_made * p["crystallisation_rate"] / base_exit
    product_exit = p["shipping_rate"] + drain
    product = standing_stock(made, product_exit, step)
    shipped = made * p["shipping_rate"] / product_exit

    # exits
    carries = xp.asarray(np.asarray(config.carries), dtype=area.dtype)
    distance = xp.exp(-p["zone_exit_cost"] / p["zone_scale"])
    route_base = p["exit_weight_base"] * carries[:, 0, None] * distance
    route_product = p["exit_weight_hydrochloride"] * carries[:, 1, None] * distance
    price = p["reference_price"]
    transport = p["transport_cost"] * 0.5 * (1.0 + 1.01**0.5)
    exit_cost = trade.exit_costs(p, transport, p["seizure_probability"], price)
    zero_market = 0.0 * price
    onward = by_market(config, p["onward_cost"])
    serves = xp.asarray(np.asarray(config.serves), dtype=area.dtype)[..., None]
    node_base = trade.node_means(base, trade.route_sums(route_base, serves))
    node_product = trade.node_means(product, trade.route_sums(route_product, serves))
    blank = _blank(zero_market)._replace(
        route_base=route_base,
        route_hydrochloride=route_product,
        exit_cost_reference=exit_cost,
        node_base=node_base,
        node_hydrochloride=node_product,
    )
    routes = trade.plan_routes(
        config, p, blank, base, product, p["seizure_probability"], price, onward, transport
    )
    route_cost = (routes.mix * exit_cost).sum(0)
    netback = (1.0 - p["abroad_seizure_share"]) * price - route_cost - onward
    shares = (1.0 - hold) * _normalised(p["home_origin_weight"])
    value = (shares * netback).sum(0) / (1.0 - hold)

    # prices at the source
    cost = p["processing_cost"]
    zone_value = trade.zone_value(p, routes, shares, value)
    prices = processing.source_prices(
        p, zone_value, costs.leaf_cost, leaf_per_kg, cost, 0.0 * area, 0.0 * area
    )
    worth = processing.leaf_value(p, prices.hydrochloride, leaf_per_kg, cost)
    margin = farming.coca_margin(p, prices.leaf, p["mature_yield"], costs, drivers.exchange) / costs.wage

    # on the way and abroad
    entering_base = shares * trade.spread(
        route_base, routes.nodes_base, routes.exit_weight, base_shipped / (1.0 - hold)
    )
    entering = shares * trade.spread(
        route_product, routes.nodes_hydrochloride, routes.exit_weight, shipped / (1.0 - hold)
    )
    flow = (entering_base + entering).sum(1)
    risk = p["seizure_probability"]
    leaving = (p["delivery_rate"] + p["corridor_loss_rate"]) / (1.0 - risk)
    arriving = (p["delivery_rate"] / leaving)[:, None]
    crossing = xp.asarray(np.asarray(config.transforms), dtype=area.dtype)[:, None, None]
    neighbour_in = (arriving * entering_base * crossing).sum(0)
    share = p["processing_abroad_seizure_share"]
    neighbour_exit = p["processing_abroad_rate"] / (1.0 - share) + zero_market
    direct = (arriving * (entering + entering_base * (1.0 - crossing))).sum(0)
    reaching = direct + p["crystallisation_yield"] * (1.0 - share) * neighbour_in
    taken = p["abroad_seizure_share"]
    way_exit = (p["arrival_rate"] + p["market_loss_rate"]) / (1.0 - taken)
    shop_exit = p["selling_rate"] + p["market_loss_rate"]
    sold_of = p["arrival_rate"] / way_exit * p["selling_rate"] / shop_exit

    capacity = markets.rival_target(
        p, drivers.rival_area[:, None], 0.0 * one, 1.0 + 0.0 * one, 1.0 + 0.0 * p["rival_yield"]
    )
    rival_share = p["rival_seizure_share"]
    rival_exit = p["shipping_rate"] / (1.0 - rival_share) + p["product_loss_rate"]
    rival_out = capacity * p["shipping_rate"] / rival_exit
    rival_weights = (1.0 - hold) * _normalised(by_market(config, p["rival_weight"]))
    rival_entering = rival_out[:, None] * rival_weights / (1.0 - hold)
    supply = (base_shipped + shipped).sum(0) / (1.0 - hold)
    rival_supply = rival_out / (1.0 - hold)
    sold = sold_of * (reaching + rival_entering.sum(0))
    users = p["light_users"] * (1.0 + p["heavy_use_ratio"] * p["escalation_rate"] / p["heavy_quit_rate"])
    retail = markets.retail_price(p, price)

    fixed = Fixed(
        land=p["suitable_land_ratio"] * area,
        margin_reference=margin,
        leaf_price_reference=prices.leaf,
        legal_demand=legal,
        leaf_cover=leaf / (processed + legal),
        product_cover=(base + product) / (base_shipped + shipped),
        leaf_value_ratio=softfloor(worth, processing.LEAF_WIDTH) / prices.leaf,
        route_base=route_base,
        route_hydrochloride=route_product,
        node_base=node_base,
        node_hydrochloride=node_product,
        route_cost_reference=route_cost,
        exit_cost_reference=exit_cost,
        netback_reference=netback,
        onward_cost=onward,
        demand_trend=by_market(config, p["demand_trend"]),
        delivery_ratio=sold_of * reaching / (routes.slope * supply * shares),
        rival_delivery_ratio=(sold_of / (1.0 - taken)) * xp.ones_like(rival_entering),
        origin_weights=shares,
        rival_weights=rival_weights,
        value_reference=value,
        demand_reference=sold,
        retail_reference=retail,
        effort_half=enforcement.half_effort(p),
        flow_reference=flow,
        seizure_reference=risk * flow,
        initiation=p["light_users"] * (p["escalation_rate"] + p["light_quit_rate"]),
        users_reference=users,
    )
    state = State(
        area=ages,
        leaf=leaf,
        base=base,
        hydrochloride=product,
        moving_base=standing_stock(entering_base, leaving[:, None], step),
        moving_hydrochloride=standing_stock(entering, leaving[:, None], step),
        processing_abroad=standing_stock(neighbour_in, neighbour_exit, step),
        abroad=standing_stock(reaching, way_exit, step),
        stock=standing_stock(reaching * p["arrival_rate"] / way_exit, shop_exit, step),
        rival_product=standing_stock(capacity, rival_exit, step),
        rival_abroad=standing_stock(rival_entering, way_exit, step),
        rival_stock=standing_stock(rival_entering * p["arrival_rate"] / way_exit, shop_exit, step),
        rival_capacity=capacity,
        supply=supply,
        rival_supply=rival_supply,
        habit=1.0 + zero_market,
        light_users=p["light_users"],
        heavy_users=p["light_users"] * p["escalation_rate"] / p["heavy_quit_rate"],
        log_leaf_price=xp.log(prices.leaf),
        log_base_price=xp.log(prices.base),
        log_hydrochloride_price=xp.log(prices.hydrochloride),
        expected_leaf_price=prices.leaf,
        yield_price=prices.leaf,
        leaf_throughput=processed + legal,
        product_throughput=base_shipped + shipped,
        log_retail_plan=xp.log(retail),
        belief=risk,
        effort=1.0 + 0.0 * risk,
        seizure_memory=risk * flow,
        corridor_flow=flow,
        demand_shock=0.0 * one,
        corridor_shock=0.0 * one,
    )
    return fixed, state


def _blank(zero: Array) -> Fixed:
    """Return a reference of zeros, for the one evaluation of routes that defines the real one."""
    return Fixed(*(zero for _ in Fixed._fields))
