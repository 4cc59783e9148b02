"""One month: the order in which the mechanisms act on the state.

``step(config, params, fixed, state, drivers, policy, noise) -> (state, flows)``: a pure function of
arrays, used unchanged by simulation, fit and search. Decisions read the state at the start of the step;
mass leaves stocks by competing hazards; prices paid are those of the start of the step.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from yupana.core.arrays import namespace
from yupana.model import enforcement, farming, markets, processing, society, trade
from yupana.model.advance import advance
from yupana.model.books import Moved, Prices, Source, close_books
from yupana.model.config import Config
from yupana.model.flows import Flows, Noise
from yupana.model.numerics import Array, add_up, cut, relax
from yupana.model.policy import Levers, Plan, plan_year, resolve_levers
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


class Year(NamedTuple):
    """What does not change within a year; worked out once for all its steps."""

    plan: Plan
    rival_area: Array  # (rival,) ha
    leaf_per_kg: Array  # (zone,)
    campaign: Array  # (zone,), factor on a zone's weight in eradication


def open_year(config: Config, p: dict[str, Array], drivers: Any, policy: Any, noise: Noise) -> Year:
    """Return what the steps of a year share; arguments as in :func:`step_month`."""
    recorded = drivers.eradication * namespace(noise.planting).exp(
        drivers.eradication_log_sd * noise.eradication
    )
    bases = {
        "eradication": recorded,
        "substitution_support": p["support_baseline"],
        "support_announced": 0.0 * recorded,
        "pardons": drivers.pardons * p["pardon_reading"],
        "conditional_repression": p["repression_conditionality"],
    }
    rival_area = drivers.rival_area[:, None] * namespace(noise.rival_area).exp(
        drivers.rival_area_log_sd[:, None] * noise.rival_area
    )
    return Year(
        plan_year(config, policy, bases),
        rival_area,
        processing.conversion(p, drivers.elapsed),
        namespace(noise.campaign).exp(p["campaign_sd"] * noise.campaign),
    )


def step_month(
    config: Config,
    p: dict[str, Array],
    fixed: Fixed,
    state: State,
    drivers: Any,
    policy: Any,
    noise: Noise,
    year: Year,
) -> tuple[State, Flows]:
    """Return the state one step later and the flows of the step.

    Parameters
    ----------
    config : Config, static.
    p : dict of parameters, (..., batch). fixed : reference of the start.
    state : State at the start of the step. drivers, policy : of this year. noise : standard normals of
    this year. year : of :func:`open_year`.
    """
    xp = namespace(state.leaf)
    step = config.step
    one = xp.ones_like(state.supply)
    wanted = resolve_levers(policy, signals(config, p, state), year.plan)
    area = state.area[0] + state.area[1] + state.area[2] + state.area[3] + state.area[4] + state.area[5]
    p = p | {"eradication_weight": p["eradication_weight"] * year.campaign}
    here = society.open_step(
        config,
        p,
        fixed.society,
        state.society,
        drivers,
        wanted,
        year.plan.base,
        state.expected_leaf_price,
        area,
    )
    levers, p = here.levers, society.conditioned(p, here)
    source = Source(*(cut(xp.exp(log)) for log in _source_logs(state)))
    demand_shock = relax(state.demand_shock, noise.demand, 1.0 / SHOCK_MEMORY, step)
    corridor_shock = relax(state.corridor_shock, noise.corridor, 1.0 / SHOCK_MEMORY, step)

    costs = farming.farm_costs(
        p,
        drivers.income * one,
        drivers.exchange,
        drivers.coffee,
        drivers.cocoa,
        levers.substitution_support,
        here.work,
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
        levers.support_announced,
        noise.planting,
        step,
    )

    seizure = enforcement.seizure_share(p, fixed, state.effort * here.effort, state.corridor_flow)
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

    leaf_per_kg = year.leaf_per_kg
    cost = processing.processing_cost(p, levers.input_cost, levers.input_control)
    worth = processing.leaf_value(p, source.hydrochloride, leaf_per_kg, cost + here.protection.valley)
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
        source.leaf,
        leaf_per_kg,
        shipped_share,
        here.valley_effort,
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
    moved = Moved(farm, process, passage, neighbour, market, rival, clearing, routes)
    prices = Prices(cost, transport, retail, wholesale, source, costs, leaf_per_kg, shipped_share)
    new_society, books = close_books(config, p, fixed, state, drivers, here, moved, prices)

    flows = Flows(
        farm,
        process,
        passage,
        neighbour,
        market,
        rival,
        trade=books.trade,
        entries=books.entries,
        account=books.account,
        society=books.society,
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
    new = advance(
        config,
        p,
        fixed,
        state,
        flows,
        drivers,
        levers,
        (demand_shock, corridor_shock),
        year.rival_area,
        leaf_per_kg,
        cost + here.protection.valley,
        new_society,
    )
    return new, flows


def _source_logs(state: State) -> tuple[Array, Array, Array]:
    return state.log_leaf_price, state.log_base_price, state.log_hydrochloride_price


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
