"""The books of one step: who paid whom for what moved, and society a step later, which reads them."""

from __future__ import annotations

from typing import Any, NamedTuple

from yupana.model import accounts, farming, markets, processing, society, trade
from yupana.model.config import Config
from yupana.model.numerics import Array, add_up
from yupana.model.state import Fixed, State


class Source(NamedTuple):
    """Prices at the source at the start of a step, (zone,), USD/kg."""

    leaf: Array
    base: Array
    hydrochloride: Array


class Moved(NamedTuple):
    """What the mechanisms of the trade did in one step."""

    farm: farming.FarmFlows
    process: processing.ProcessFlows
    passage: trade.Passage
    neighbour: trade.Neighbour
    market: markets.MarketFlows
    rival: markets.RivalFlows
    clearing: markets.Clearing
    routes: trade.Routes


class Prices(NamedTuple):
    """Prices, costs and shares of one step."""

    cost: Array  # () USD/kg of base
    transport: Array  # (corridor,)
    retail: Array  # (market,)
    wholesale: Array  # (market,)
    source: Source
    farm: farming.FarmCosts
    leaf_per_kg: Array  # (zone,)
    shipped_share: Array  # ()


class Books(NamedTuple):
    """Payments of one step and what society did in it."""

    trade: accounts.Trade
    entries: list[accounts.Posting]
    account: accounts.Statement
    society: society.SocietyFlows


def close_books(
    config: Config,
    p: dict[str, Array],
    fixed: Fixed,
    state: State,
    drivers: Any,
    here: society.Conditions,
    moved: Moved,
    prices: Prices,
) -> tuple[society.State, Books]:
    """Return society a step later, with every payment of the step."""
    area = sum(add_up(age) for age in state.area)
    entered = moved.passage.entered_base + moved.passage.entered_hydrochloride
    people = society.step_people(config, p, fixed.society, state.society, drivers, here, area, entered)
    t = _trade(config, p, fixed, state, drivers, here, moved, prices, people[1].charged)
    entries = accounts.postings(config, t)
    crime = accounts.statement(entries)
    kept = crime.left("clans") + crime.left("firms") + crime.left("exporters")
    other = society.step_other_trades(config, p, fixed.society, state.society, drivers, here, kept)
    entries = entries + other[1].entries
    account = accounts.statement(entries)
    month = _month(config, t, area, moved, prices)
    new, happened = society.close_step(
        config,
        p,
        fixed.society,
        state.society,
        drivers,
        here,
        month,
        account,
        people,
        other,
    )
    return new, Books(t, entries, account, happened)


def _month(config: Config, t: accounts.Trade, area: Array, moved: Moved, prices: Prices) -> society.Month:
    """Return what society learns of the trade in one step."""
    home = config.home_market
    product = t.hydrochloride_price * t.hydrochloride_to_exporters / 1000.0
    base = t.delivered_base
    at_exit = t.border_price[None] * (t.delivered - base) + t.border_price_base[None] * base
    risk = moved.routes.cost - (t.transport + t.bribe)[:, None]
    return society.Month(
        area=area,
        entered=t.entered,
        risk=risk,
        base_made=t.base_made,
        clan_takings=t.base_price * (t.base_to_firms + t.base_to_exporters) / 1000.0,
        firm_takings=add_up(product),
        exporter_takings=add_up(at_exit, 1) / 1000.0,
        market_value=accounts.border_value(t),
        armed_take=add_up(t.armed_tax * t.taxed_product) / 1000.0,
        home_use=moved.market.sold[home],
        home_price=prices.retail[home],
        product=t.taxed_product,
    )


def _trade(
    config: Config,
    p: dict[str, Array],
    fixed: Fixed,
    state: State,
    drivers: Any,
    here: society.Conditions,
    moved: Moved,
    prices: Prices,
    charged: Array,
) -> accounts.Trade:
    """Return what the accounts read."""
    process, passage, market, source = moved.process, moved.passage, moved.market, prices.source
    shipped = process.hydrochloride_shippable * prices.shipped_share
    mean_price = add_up(source.hydrochloride * shipped) / add_up(shipped)
    base_shipped = process.base_shippable * prices.shipped_share
    mean_base_price = add_up(source.base * base_shipped) / add_up(base_shipped)
    netback = (1.0 - p["abroad_seizure_share"]) * moved.clearing.price - fixed.onward_cost
    entered = passage.entered_base + passage.entered_hydrochloride
    outward, loss = trade.way_out(p, entered, prices.transport, state.belief)
    border, border_base = accounts.border_prices(
        p, here.border_share, mean_price, mean_base_price, outward, loss, netback
    )
    bearing = state.area[3] + state.area[4] + state.area[5]
    work = p["hired_labour_share"] * prices.farm.labour + p["farm_input_cost"]
    return accounts.Trade(
        leaf_to_clans=process.processed,
        leaf_to_legal_use=process.legal,
        leaf_price=source.leaf,
        paid_work=add_up(bearing * work) * config.step / drivers.exchange / 1e6,
        base_made=process.base_made,
        processing_cost=prices.cost,
        taxed_product=process.processed / prices.leaf_per_kg,
        armed_tax=p["armed_tax"],
        base_to_firms=process.crystallised,
        base_to_exporters=base_shipped,
        base_price=source.base,
        crystallisation_cost=p["crystallisation_cost"],
        hydrochloride_to_exporters=shipped,
        hydrochloride_price=source.hydrochloride,
        entered=entered,
        transport=prices.transport,
        bribe=p["bribe_cost"],
        valley_bribe=here.protection.valley,
        case_bribe=p["case_bribe"],
        charged=charged,
        border_share=here.border_share,
        delivered=passage.delivered_base + passage.delivered_hydrochloride,
        delivered_base=passage.delivered_base,
        border_price=border,
        border_price_base=border_base,
        onward_cost=fixed.onward_cost,
        processed_abroad=moved.neighbour.processed,
        arrived=market.arrived,
        import_price=(1.0 - p["wholesale_margin"]) * prices.wholesale,
        sold=market.sold,
        wholesale_price=prices.wholesale,
        retail_cost=p["retail_cost"],
        retail_price=prices.retail,
    )
