"""The state at the end of a step: stocks less what left, prices and memories moved towards their targets."""

from __future__ import annotations

from typing import Any

from yupana.core.arrays import namespace
from yupana.model import enforcement, farming, markets, processing, society, trade
from yupana.model.config import Config
from yupana.model.flows import Flows
from yupana.model.numerics import Array, add_up, relax
from yupana.model.policy import Levers
from yupana.model.state import Fixed, State

SPEED_OF_PRICE = 12.0 * 0.6931471805599453  # per year: half-way to the new price in a month
THROUGHPUT_MEMORY = 3.0  # years
SEIZURE_MEMORY = 1.0  # years
POOLED_COVER = 0.5  # weight of the nation, against the zone, in how stocks move prices


def _cover(stock: Array, throughput: Array, reference: Array) -> Array:
    """Return the log of stocks on hand over their reference, zone and nation blended, (zone,)."""
    xp = namespace(stock)
    normal = throughput * reference
    nation = xp.log(add_up(stock)) - xp.log(add_up(normal))
    return (1.0 - POOLED_COVER) * (xp.log(stock) - xp.log(normal)) + POOLED_COVER * nation


def advance(
    config: Config,
    p: dict[str, Array],
    fixed: Fixed,
    state: State,
    flows: Flows,
    drivers: Any,
    levers: Levers,
    shocks: tuple[Array, Array],
    rival_area: Array,
    leaf_per_kg: Array,
    cost: Array,
    new_society: society.State,
) -> State:
    """Return the state at the end of the step; `cost` (zone,) of base, with bribes in the zone."""
    xp = namespace(state.leaf)
    step = config.step
    farm, process, passage = flows.farm, flows.process, flows.passage
    neighbour, market, rival, clearing = flows.neighbour, flows.market, flows.rival, flows.clearing

    leaf = (
        state.leaf
        + farm.harvest
        - process.legal
        - process.processed
        - process.leaf_seized
        - process.leaf_spoiled
    )
    base = (
        state.base
        + process.base_made
        - process.crystallised
        - flows.base_shipped
        - process.base_seized
        - process.base_lost
    )
    product = (
        state.hydrochloride
        + process.hydrochloride_made
        - flows.hydrochloride_shipped
        - process.hydrochloride_seized
        - process.hydrochloride_lost
    )
    moving_base = (
        state.moving_base
        + passage.entered_base
        - passage.delivered_base
        - passage.seized_base
        - passage.lost_base
    )
    moving = (
        state.moving_hydrochloride
        + passage.entered_hydrochloride
        - passage.delivered_hydrochloride
        - passage.seized_hydrochloride
        - passage.lost_hydrochloride
    )
    direct = add_up(passage.delivered_base + passage.delivered_hydrochloride) - neighbour.arrived

    leaf_flow = (process.processed + process.legal) / step
    shipped = (flows.base_shipped + flows.hydrochloride_shipped) / step
    leaf_throughput = relax(state.leaf_throughput, leaf_flow, 1.0 / THROUGHPUT_MEMORY, step)
    product_throughput = relax(state.product_throughput, shipped, 1.0 / THROUGHPUT_MEMORY, step)
    value = fixed.value_reference + clearing.inclusive / add_up(
        fixed.origin_weights * markets.choice_scale(p)
    )
    wanted = processing.source_prices(
        p,
        trade.zone_value(p, flows.routes, clearing.shares, value),
        flows.costs.leaf_cost,
        leaf_per_kg,
        cost,
        _cover(base + product, product_throughput, fixed.product_cover),
        _cover(leaf, leaf_throughput, fixed.leaf_cover),
    )
    leaf_log, base_log, product_log = (
        relax(now, xp.log(target), SPEED_OF_PRICE, step)
        for now, target in (
            (state.log_leaf_price, wanted.leaf),
            (state.log_base_price, wanted.base),
            (state.log_hydrochloride_price, wanted.hydrochloride),
        )
    )
    expected, yield_price = farming.update_expectations(
        p, state.expected_leaf_price, state.yield_price, xp.exp(leaf_log), step
    )

    flow = trade.remember_flow(
        p,
        fixed,
        state.corridor_flow,
        flows.routes.transport,
        passage.entered_base + passage.entered_hydrochloride,
        step,
    )
    seized = add_up(passage.seized_base + passage.seized_hydrochloride, 1) / step
    memory = relax(state.seizure_memory, seized, 1.0 / SEIZURE_MEMORY, step)
    home = config.home_market
    users = markets.step_users(
        p,
        fixed,
        state.light_users,
        state.heavy_users,
        xp.log(flows.retail[home]) - xp.log(fixed.retail_reference[home]),
        drivers.income * xp.ones_like(value),
        drivers.population,
        step,
    )
    gain = add_up(fixed.rival_weights * flows.wholesale / p["reference_price"], 1) / (1.0 - p["hold_share"])
    capacity = markets.rival_target(p, rival_area, drivers.elapsed, levers.rival_supply, gain)
    sent = xp.stack([add_up(s) for s in clearing.rival_shares])
    supply_speed = 1.0 / p["supply_smoothing_time"]
    return State(
        area=farm.area,
        leaf=leaf,
        base=base,
        hydrochloride=product,
        moving_base=moving_base,
        moving_hydrochloride=moving,
        processing_abroad=state.processing_abroad
        + neighbour.arrived
        - neighbour.processed
        - neighbour.seized,
        abroad=state.abroad + direct + neighbour.onward - market.arrived - market.seized - market.way_lost,
        stock=state.stock + market.arrived - market.sold - market.stock_lost,
        rival_product=state.rival_product + rival.made - rival.seized - rival.lost - add_up(rival.shipped, 1),
        rival_abroad=state.rival_abroad
        + rival.shipped
        - market.rival_arrived
        - market.rival_seized
        - market.rival_way_lost,
        rival_stock=state.rival_stock + market.rival_arrived - market.rival_sold - market.rival_stock_lost,
        rival_capacity=relax(state.rival_capacity, capacity, 1.0 / p["rival_adjustment_time"], step),
        supply=relax(state.supply, add_up(shipped) / add_up(clearing.shares), supply_speed, step),
        rival_supply=relax(state.rival_supply, add_up(rival.shipped, 1) / sent / step, supply_speed, step),
        habit=markets.follow_habits(p, fixed, state.habit, flows.retail, step),
        light_users=users.light,
        heavy_users=users.heavy,
        log_leaf_price=leaf_log,
        log_base_price=base_log,
        log_hydrochloride_price=product_log,
        expected_leaf_price=expected,
        yield_price=yield_price,
        leaf_throughput=leaf_throughput,
        product_throughput=product_throughput,
        log_retail_plan=clearing.log_retail,
        belief=enforcement.learn(p, state.belief, flows.seizure_share, step),
        effort=enforcement.move_effort(p, fixed, state.effort, memory, step),
        seizure_memory=memory,
        corridor_flow=flow,
        demand_shock=shocks[0],
        corridor_shock=shocks[1],
        society=new_society,
    )
