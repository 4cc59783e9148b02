"""One month: the order in which the mechanisms act on the state.

``step(config, params, fixed, state, drivers, policy, noise) -> (state, flows)``: a pure function of
arrays, used unchanged by simulation, fit and search. Decisions read the state at the start of the step;
mass leaves stocks by competing hazards; prices paid are those of the start of the step.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from yupana.core.arrays import namespace
from yupana.model import accounts, enforcement, farming, markets, processing, trade
from yupana.model.advance import advance
from yupana.model.config import Config
from yupana.model.flows import Flows, Noise
from yupana.model.numerics import Array, add_up, cut, relax
from yupana.model.policy import Levers, resolve_levers
from yupana.model.state import Fixed, State

SHOCK_MEMORY = 1.0  # years over which an annual shock builds up and fades


def signals(config: Config, p: dict[str, Array], state: State) -> Array:
    """Return what a policy rule can see, (signal, batch), from the state at the start of the step."""
    xp = namespace(state.leaf)
    area = sum(add_up(age) for age in state.area)
    leaf_price = add_up(xp.exp(state.log_leaf_price) * state.leaf_throughput) / add_up(state.leaf_throughput)
    product = state.product_throughput
    product_price = add_up(xp.exp(state.log_hydrochloride_price) * product) / add_up(product)
    return xp.stack(
        [area, add_up(state.seizure_memory), leaf_price, product_price, add_up(state.corridor_flow)]
    )


def step_month(
    config: Config, p: dict[str, Array], fixed: Fixed, state: State, drivers: Any, policy: Any, noise: Noise
) -> tuple[State, Flows]:
    """Return the state one step later and the flows of the step.

    Parameters
    ----------
    config : Config, static.
    p : dict of parameters, (..., batch). fixed : reference of the start.
    state : State at the start of the step. drivers, policy : of this year. noise : standard normals of
    this year.
    """
    xp = namespace(state.leaf)
    step = config.step
    one = xp.ones_like(state.supply)
    recorded = drivers.eradication * xp.exp(drivers.eradication_log_sd * noise.eradication)
    levers = resolve_levers(config, policy, signals(config, p, state), recorded, p["support_baseline"])
    leaf_price, base_price = cut(xp.exp(state.log_leaf_price)), cut(xp.exp(state.log_base_price))
    product_price = cut(xp.exp(state.log_hydrochloride_price))
    demand_shock = relax(state.demand_shock, noise.demand, 1.0 / SHOCK_MEMORY, step)
    corridor_shock = relax(state.corridor_shock, noise.corridor, 1.0 / SHOCK_MEMORY, step)

    costs = farming.farm_costs(
        p, drivers.income * one, drivers.exchange, drivers.coffee, drivers.cocoa, levers.substitution_support
    )
    farm = farming.step_farming(
        p,
        fixed,
        state.area,
        state.expected_leaf_price,
        state.yield_price,
        costs,
        drivers.exchange,
        levers.eradication,
        levers.substitution_support,
        noise.planting,
        step,
    )

    seizure = enforcement.seizure_share(p, fixed, state.effort * levers.interdiction, state.corridor_flow)
    demand = _demand(config, p, fixed, state, drivers, levers, demand_shock)
    transport = trade.transport_costs(p, fixed, state.corridor_flow, levers.transport_cost, corridor_shock)
    plan = markets.planned_wholesale(p, fixed, state.log_retail_plan)
    routes = trade.plan_routes(
        config, p, fixed, state.base, state.hydrochloride, state.belief, plan, fixed.onward_cost, transport
    )
    clearing = markets.clear_markets(
        config,
        p,
        fixed,
        state.log_retail_plan,
        routes.netback,
        plan,
        routes.slope,
        state.supply,
        state.rival_supply,
        demand,
        config.price_solve_steps,
    )

    leaf_per_kg = processing.conversion(p, drivers.elapsed)
    cost = processing.processing_cost(p, levers.input_cost, levers.input_control)
    worth = processing.leaf_value(p, product_price, leaf_per_kg, cost)
    legal = (
        fixed.legal_demand
        * drivers.population
        * xp.exp(-p["legal_price_elasticity"] * (state.log_leaf_price - xp.log(fixed.leaf_price_reference)))
    )
    shipped_share = add_up(clearing.shares)
    process = processing.step_processing(
        p,
        fixed,
        state.leaf,
        state.base,
        state.hydrochloride,
        legal,
        worth,
        leaf_price,
        leaf_per_kg,
        shipped_share,
        levers.interdiction_valley,
        step,
    )
    passage = trade.step_passage(
        p,
        fixed,
        routes,
        state.moving_base,
        state.moving_hydrochloride,
        process.base_shippable,
        process.hydrochloride_shippable,
        clearing.shares,
        seizure,
        step,
    )
    neighbour = trade.step_neighbour(config, p, state.processing_abroad, passage.delivered_base, step)
    market = markets.step_stocks(p, state.abroad, state.stock, state.rival_abroad, state.rival_stock, step)
    rival = markets.step_rivals(p, state.rival_product, state.rival_capacity, clearing.rival_shares, step)
    sold = market.sold + add_up(market.rival_sold)
    retail, wholesale = markets.realised_prices(config, p, fixed, sold, demand, step)

    flows = Flows(
        farm,
        process,
        passage,
        neighbour,
        market,
        rival,
        trade=_trade(
            config,
            p,
            fixed,
            costs,
            farm,
            process,
            passage,
            neighbour,
            market,
            clearing,
            drivers,
            (leaf_price, base_price, product_price),
            (cost, transport, retail, wholesale),
            state,
            shipped_share,
            leaf_per_kg,
        ),
        routes=routes,
        clearing=clearing,
        costs=costs,
        base_shipped=process.base_shippable * shipped_share,
        hydrochloride_shipped=process.hydrochloride_shippable * shipped_share,
        potential=add_up((farm.harvest - process.legal) / leaf_per_kg),
        seizure_share=seizure,
        retail=retail,
        wholesale=wholesale,
        eradication_asked=levers.eradication,
    )
    rival_area = drivers.rival_area[:, None] * xp.exp(drivers.rival_area_log_sd[:, None] * noise.rival_area)
    new = advance(
        config,
        p,
        fixed,
        state,
        flows,
        drivers,
        levers,
        (demand_shock, corridor_shock),
        rival_area,
        leaf_per_kg,
        cost,
    )
    return new, flows


def _demand(
    config: Config,
    p: dict[str, Array],
    fixed: Fixed,
    state: State,
    drivers: Any,
    levers: Levers,
    shock: Array,
) -> Array:
    """Return use at the prices of the start, (market,), t/year: habits and trend abroad, users at home."""
    xp = namespace(shock)
    home = np.zeros((len(config.markets), 1))
    home[config.home_market] = 1.0
    home = xp.asarray(home, dtype=shock.dtype)
    users = (state.light_users + p["heavy_use_ratio"] * state.heavy_users) / fixed.users_reference
    abroad = state.habit * xp.exp(fixed.demand_trend * drivers.elapsed + p["demand_shock_sd"] * shock)
    return fixed.demand_reference * levers.demand * (home * users + (1.0 - home) * abroad)


def _trade(
    config: Config,
    p: dict[str, Array],
    fixed: Fixed,
    costs: farming.FarmCosts,
    farm: farming.FarmFlows,
    process: processing.ProcessFlows,
    passage: trade.Passage,
    neighbour: trade.Neighbour,
    market: markets.MarketFlows,
    clearing: markets.Clearing,
    drivers: Any,
    source: tuple[Array, ...],
    prices: tuple[Array, ...],
    state: State,
    shipped_share: Array,
    leaf_per_kg: Array,
) -> accounts.Trade:
    """Return what the accounts read."""
    leaf_price, base_price, product_price = source
    cost, transport, retail, wholesale = prices
    shipped = process.hydrochloride_shippable * shipped_share
    mean_price = add_up(product_price * shipped) / add_up(shipped)
    base_shipped = process.base_shippable * shipped_share
    mean_base_price = add_up(base_price * base_shipped) / add_up(base_shipped)
    netback = (1.0 - p["abroad_seizure_share"]) * clearing.price - fixed.onward_cost
    border, border_base = accounts.border_prices(p, mean_price, mean_base_price, netback)
    bearing = state.area[3] + state.area[4] + state.area[5]
    work = p["hired_labour_share"] * costs.labour + p["farm_input_cost"]
    return accounts.Trade(
        leaf_to_clans=process.processed,
        leaf_to_legal_use=process.legal,
        leaf_price=leaf_price,
        paid_work=(add_up(bearing) * work) * config.step / drivers.exchange / 1e6,
        base_made=process.base_made,
        processing_cost=cost,
        taxed_product=process.processed / leaf_per_kg,
        armed_tax=p["armed_tax"],
        base_to_firms=process.crystallised,
        base_to_exporters=base_shipped,
        base_price=base_price,
        crystallisation_cost=p["crystallisation_cost"],
        hydrochloride_to_exporters=shipped,
        hydrochloride_price=product_price,
        entered=passage.entered_base + passage.entered_hydrochloride,
        transport=transport,
        bribe=p["bribe_cost"],
        delivered=passage.delivered_base + passage.delivered_hydrochloride,
        delivered_base=passage.delivered_base,
        border_price=border,
        border_price_base=border_base,
        onward_cost=fixed.onward_cost,
        processed_abroad=neighbour.processed,
        arrived=market.arrived,
        import_price=(1.0 - p["wholesale_margin"]) * wholesale,
        sold=market.sold,
        wholesale_price=wholesale,
        retail_cost=p["retail_cost"],
        retail_price=retail,
    )
