"""The start: what follows from parameters alone, and a state at rest in it.

Everything is a smooth closed form of the parameters. Demand is what the supply of the start would sell at the
prices of the start, so that markets clear there by construction and prices and volumes are not tuned apart.
"""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np

from yupana.core.arrays import namespace
from yupana.model import enforcement, farming, markets, processing, society, trade
from yupana.model.config import Config
from yupana.model.numerics import Array, positive_part, softfloor, standing_stock
from yupana.model.reference_society import start_around
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
    farm = _start_farm(p, drivers)
    made = _start_product(config, p, farm)
    ways = _start_routes(config, p, farm, made)
    source = _start_prices(p, drivers, farm, made, ways)
    abroad = _start_abroad(config, p, farm, made, ways)
    rivals = _start_rivals(config, p, drivers)
    around = start_around(config, p, drivers, farm, made, ways, source, abroad)
    fixed = _fixed(config, p, farm, made, ways, source, abroad, rivals, around[0])
    return fixed, _state(config, p, fixed, farm, made, ways, source, abroad, rivals, around[1])


def _start_farm(p: dict[str, Array], drivers: Any) -> SimpleNamespace:
    """Return areas by age, costs and harvest of the start."""
    xp = namespace(p["initial_area"])
    one = xp.ones_like(p["initial_area"])
    area = p["initial_area"] * _normalised(p["initial_area_weight"])
    weight = p["eradication_weight"] * area
    pyramid = farming.age_pyramid(p, drivers.eradication * p["eradication_weight"] / weight.sum(0))
    ages = tuple(area * share for share in pyramid)
    costs = farming.farm_costs(
        p,
        drivers.income * one,
        drivers.exchange,
        drivers.coffee,
        drivers.cocoa,
        p["support_baseline"],
        xp.ones_like(area),
    )
    harvest = farming.bearing_area(p, ages) * p["mature_yield"] / 1000.0
    legal = p["legal_use"] * _normalised(p["legal_use_weight"])
    lost = drivers.eradication * p["eradication_weight"] / weight.sum(0)
    return SimpleNamespace(
        area=area, ages=ages, costs=costs, harvest=harvest, legal=legal, eradication_rate=lost
    )


def _start_product(config: Config, p: dict[str, Array], farm: SimpleNamespace) -> SimpleNamespace:
    """Return leaf and product made, on hand and shipped at the speeds of the start."""
    step = config.step
    leaf_per_kg = processing.conversion(p, 0.0 * p["initial_area"])
    surplus = positive_part(farm.harvest - farm.legal, 0.1 * farm.harvest)
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
    return SimpleNamespace(
        leaf_per_kg=leaf_per_kg,
        leaf=leaf,
        processed=processed,
        base_made=base_made,
        base=base,
        base_shipped=base_shipped,
        base_sold=base_shipped + base_made * p["crystallisation_rate"] / base_exit,
        product=product,
        shipped=shipped,
    )


def _start_routes(
    config: Config, p: dict[str, Array], farm: SimpleNamespace, made: SimpleNamespace
) -> SimpleNamespace:
    """Return exits, their costs, and what the home origin nets in every market at the start."""
    xp = namespace(farm.area)
    hold = p["hold_share"]
    carries = xp.asarray(np.asarray(config.carries), dtype=farm.area.dtype)
    distance = xp.exp(-p["zone_exit_cost"] / p["zone_scale"])
    route_base = p["exit_weight_base"] * carries[:, 0, None] * distance
    route_product = p["exit_weight_hydrochloride"] * carries[:, 1, None] * distance
    price = p["reference_price"]
    transport = p["transport_cost"] * 0.5 * (1.0 + 1.01**0.5)
    exit_cost = trade.exit_costs(p, transport, p["seizure_probability"], price)
    zero_market = 0.0 * price
    onward = by_market(config, p["onward_cost"])
    serves = xp.asarray(np.asarray(config.serves), dtype=farm.area.dtype)[..., None]
    node_base = trade.node_means(made.base, trade.route_sums(trade.served(config, 0), route_base, serves))
    node_product = trade.node_means(
        made.product, trade.route_sums(trade.served(config, 1), route_product, serves)
    )
    blank = _blank(zero_market)._replace(
        route_base=route_base,
        route_hydrochloride=route_product,
        exit_cost_reference=exit_cost,
        node_base=node_base,
        node_hydrochloride=node_product,
    )
    routes = trade.plan_routes(
        config, p, blank, made.base, made.product, p["seizure_probability"], price, onward, transport
    )
    route_cost = (routes.mix * exit_cost).sum(0)
    netback = (1.0 - p["abroad_seizure_share"]) * price - route_cost - onward
    shares = (1.0 - hold) * _normalised(p["home_origin_weight"])
    value = (shares * netback).sum(0) / (1.0 - hold)
    return SimpleNamespace(
        route_base=route_base,
        route_product=route_product,
        transport=transport,
        exit_cost=exit_cost,
        onward=onward,
        node_base=node_base,
        node_product=node_product,
        routes=routes,
        route_cost=route_cost,
        netback=netback,
        shares=shares,
        value=value,
    )


def _start_prices(
    p: dict[str, Array], drivers: Any, farm: SimpleNamespace, made: SimpleNamespace, ways: SimpleNamespace
) -> SimpleNamespace:
    """Return prices at the source, the worth of leaf and the growers' margin at the start."""
    cost = p["processing_cost"] + p["valley_bribe"] + 0.0 * farm.area
    zone_value = trade.zone_value(p, ways.routes, ways.shares, ways.value)
    prices = processing.source_prices(
        p, zone_value, farm.costs.leaf_cost, made.leaf_per_kg, cost, 0.0 * farm.area, 0.0 * farm.area
    )
    worth = processing.leaf_value(p, prices.hydrochloride, made.leaf_per_kg, cost)
    margin = (
        farming.coca_margin(p, prices.leaf, p["mature_yield"], farm.costs, drivers.exchange) / farm.costs.wage
    )
    return SimpleNamespace(prices=prices, worth=worth, margin=margin)


def _start_abroad(
    config: Config, p: dict[str, Array], farm: SimpleNamespace, made: SimpleNamespace, ways: SimpleNamespace
) -> SimpleNamespace:
    """Return flows on the way and in the markets at the start, a year."""
    xp = namespace(farm.area)
    hold = p["hold_share"]
    zero_market = 0.0 * p["reference_price"]
    entering_base = ways.shares * trade.spread(
        ways.route_base, ways.routes.nodes_base, ways.routes.exit_weight, made.base_shipped / (1.0 - hold)
    )
    entering = ways.shares * trade.spread(
        ways.route_product,
        ways.routes.nodes_hydrochloride,
        ways.routes.exit_weight,
        made.shipped / (1.0 - hold),
    )
    flow = (entering_base + entering).sum(1)
    risk = p["seizure_probability"]
    leaving = (p["delivery_rate"] + p["corridor_loss_rate"]) / (1.0 - risk)
    arriving = (p["delivery_rate"] / leaving)[:, None]
    crossing = xp.asarray(np.asarray(config.transforms), dtype=farm.area.dtype)[:, None, None]
    neighbour_in = (arriving * entering_base * crossing).sum(0)
    share = p["processing_abroad_seizure_share"]
    neighbour_exit = p["processing_abroad_rate"] / (1.0 - share) + zero_market
    direct = (arriving * (entering + entering_base * (1.0 - crossing))).sum(0)
    reaching = direct + p["crystallisation_yield"] * (1.0 - share) * neighbour_in
    taken = p["abroad_seizure_share"]
    way_exit = (p["arrival_rate"] + p["market_loss_rate"]) / (1.0 - taken)
    shop_exit = p["selling_rate"] + p["market_loss_rate"]
    sold_of = p["arrival_rate"] / way_exit * p["selling_rate"] / shop_exit
    return SimpleNamespace(
        entering_base=entering_base,
        entering=entering,
        flow=flow,
        leaving=leaving,
        neighbour_in=neighbour_in,
        delivered=arriving * (entering + entering_base),
        delivered_base=arriving * entering_base,
        neighbour_exit=neighbour_exit,
        reaching=reaching,
        taken=taken,
        way_exit=way_exit,
        shop_exit=shop_exit,
        sold_of=sold_of,
    )


def _start_rivals(config: Config, p: dict[str, Array], drivers: Any) -> SimpleNamespace:
    """Return rivals' capacity, losses and flows to the markets at the start, a year."""
    one = namespace(p["initial_area"]).ones_like(p["initial_area"])
    hold = p["hold_share"]
    capacity = markets.rival_target(
        p, drivers.rival_area[:, None], 0.0 * one, 1.0 + 0.0 * one, 1.0 + 0.0 * p["rival_yield"]
    )
    rival_share = p["rival_seizure_share"]
    rival_exit = p["shipping_rate"] / (1.0 - rival_share) + p["product_loss_rate"]
    rival_out = capacity * p["shipping_rate"] / rival_exit
    rival_weights = (1.0 - hold) * _normalised(by_market(config, p["rival_weight"]))
    rival_entering = rival_out[:, None] * rival_weights / (1.0 - hold)
    return SimpleNamespace(
        capacity=capacity,
        rival_exit=rival_exit,
        rival_out=rival_out,
        rival_weights=rival_weights,
        rival_entering=rival_entering,
    )


def _fixed(
    config: Config,
    p: dict[str, Array],
    farm: SimpleNamespace,
    made: SimpleNamespace,
    ways: SimpleNamespace,
    source: SimpleNamespace,
    abroad: SimpleNamespace,
    rivals: SimpleNamespace,
    around: society.Fixed,
) -> Fixed:
    """Return what the step reads of the start."""
    xp = namespace(farm.area)
    supply = (made.base_shipped + made.shipped).sum(0) / (1.0 - p["hold_share"])
    risk = p["seizure_probability"]
    sold = abroad.sold_of * (abroad.reaching + rivals.rival_entering.sum(0))
    users = p["light_users"] * (1.0 + p["heavy_use_ratio"] * p["escalation_rate"] / p["heavy_quit_rate"])
    retail = markets.retail_price(p, p["reference_price"])
    return Fixed(
        land=p["suitable_land_ratio"] * farm.area,
        margin_reference=source.margin,
        leaf_price_reference=source.prices.leaf,
        legal_demand=farm.legal,
        leaf_weight=made.processed + farm.legal,
        product_weight=made.base_shipped + made.shipped,
        leaf_cover=made.leaf / (made.processed + farm.legal),
        product_cover=(made.base + made.product) / (made.base_shipped + made.shipped),
        leaf_value_ratio=softfloor(source.worth, processing.LEAF_WIDTH) / source.prices.leaf,
        route_base=ways.route_base,
        route_hydrochloride=ways.route_product,
        node_base=ways.node_base,
        node_hydrochloride=ways.node_product,
        route_cost_reference=ways.route_cost,
        exit_cost_reference=ways.exit_cost,
        netback_reference=ways.netback,
        onward_cost=ways.onward,
        demand_trend=by_market(config, p["demand_trend"]),
        delivery_ratio=abroad.sold_of * abroad.reaching / (ways.routes.slope * supply * ways.shares),
        rival_delivery_ratio=(abroad.sold_of / (1.0 - abroad.taken)) * xp.ones_like(rivals.rival_entering),
        origin_weights=ways.shares,
        rival_weights=rivals.rival_weights,
        value_reference=ways.value,
        demand_reference=sold,
        retail_reference=retail,
        effort_half=enforcement.half_effort(p),
        flow_reference=abroad.flow,
        seizure_reference=risk * abroad.flow,
        initiation=p["light_users"] * (p["escalation_rate"] + p["light_quit_rate"]),
        users_reference=users,
        society=around,
    )


def _state(
    config: Config,
    p: dict[str, Array],
    fixed: Fixed,
    farm: SimpleNamespace,
    made: SimpleNamespace,
    ways: SimpleNamespace,
    source: SimpleNamespace,
    abroad: SimpleNamespace,
    rivals: SimpleNamespace,
    around: society.State,
) -> State:
    """Return the state at rest in the start."""
    xp = namespace(farm.area)
    step = config.step
    risk = p["seizure_probability"]
    one = xp.ones_like(p["initial_area"])
    supply = (made.base_shipped + made.shipped).sum(0) / (1.0 - p["hold_share"])
    rival_supply = rivals.rival_out / (1.0 - p["hold_share"])
    zero_market = 0.0 * p["reference_price"]
    return State(
        area=farm.ages,
        leaf=made.leaf,
        base=made.base,
        hydrochloride=made.product,
        moving_base=standing_stock(abroad.entering_base, abroad.leaving[:, None], step),
        moving_hydrochloride=standing_stock(abroad.entering, abroad.leaving[:, None], step),
        processing_abroad=standing_stock(abroad.neighbour_in, abroad.neighbour_exit, step),
        abroad=standing_stock(abroad.reaching, abroad.way_exit, step),
        stock=standing_stock(abroad.reaching * p["arrival_rate"] / abroad.way_exit, abroad.shop_exit, step),
        rival_product=standing_stock(rivals.capacity, rivals.rival_exit, step),
        rival_abroad=standing_stock(rivals.rival_entering, abroad.way_exit, step),
        rival_stock=standing_stock(
            rivals.rival_entering * p["arrival_rate"] / abroad.way_exit, abroad.shop_exit, step
        ),
        rival_capacity=rivals.capacity,
        supply=supply,
        rival_supply=rival_supply,
        habit=1.0 + zero_market,
        light_users=p["light_users"],
        heavy_users=p["light_users"] * p["escalation_rate"] / p["heavy_quit_rate"],
        log_leaf_price=xp.log(source.prices.leaf),
        log_base_price=xp.log(source.prices.base),
        log_hydrochloride_price=xp.log(source.prices.hydrochloride),
        expected_leaf_price=source.prices.leaf,
        yield_price=source.prices.leaf,
        leaf_throughput=made.processed + farm.legal,
        product_throughput=made.base_shipped + made.shipped,
        log_retail_plan=xp.log(fixed.retail_reference),
        belief=risk,
        effort=1.0 + 0.0 * risk,
        seizure_memory=fixed.seizure_reference,
        corridor_flow=abroad.flow,
        demand_shock=0.0 * one,
        corridor_shock=0.0 * one,
        society=around,
    )


def _blank(zero: Array) -> Fixed:
    """Return a reference of zeros, for the one evaluation of routes that defines the real one."""
    return Fixed(*(zero for _ in Fixed._fields))
