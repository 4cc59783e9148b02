"""The start of society: what institutions, groups and the public find of the trade in its first year."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from yupana.model import accounts, markets, society, trade
from yupana.model.config import Config
from yupana.model.numerics import Array


def start_around(
    config: Config,
    p: dict[str, Array],
    drivers: Any,
    farm: SimpleNamespace,
    made: SimpleNamespace,
    ways: SimpleNamespace,
    source: SimpleNamespace,
    abroad: SimpleNamespace,
) -> tuple[society.Fixed, society.State]:
    """Return what society learns of the trade at the start, in amounts a year, and its own start."""
    price = p["reference_price"]
    prices = source.prices
    shipped = made.shipped.sum(0)
    mean = (prices.hydrochloride * made.shipped).sum(0) / shipped
    mean_base = (prices.base * made.base_shipped).sum(0) / made.base_shipped.sum(0)
    netback = (1.0 - p["abroad_seizure_share"]) * price - ways.onward
    buyers = p["foreign_buyers"]
    share = buyers / (buyers + p["exporter_number"].sum(0))
    entered = abroad.entering_base + abroad.entering
    outward, loss = trade.way_out(p, entered, ways.transport, p["seizure_probability"])
    border, border_base = accounts.border_prices(p, share, mean, mean_base, outward, loss, netback)
    pure = abroad.delivered - abroad.delivered_base
    value = (border[None] * pure + border_base[None] * abroad.delivered_base) / 1000.0
    home = config.home_market
    month = society.Month(
        area=farm.area.sum(0),
        entered=entered,
        risk=ways.exit_cost - (ways.transport + p["bribe_cost"])[:, None],
        base_made=made.base_made,
        clan_takings=prices.base * made.base_sold / 1000.0,
        firm_takings=(prices.hydrochloride * made.shipped).sum(0) / 1000.0,
        exporter_takings=value.sum(1),
        market_value=value.sum(0),
        armed_take=(p["armed_tax"] * made.processed / made.leaf_per_kg).sum(0) / 1000.0,
        home_use=abroad.sold_of[home] * abroad.reaching[home],
        home_price=markets.retail_price(p, price)[home],
        product=made.processed / made.leaf_per_kg,
    )
    return society.start_society(config, p, drivers, month, prices.leaf, farm.eradication_rate)
