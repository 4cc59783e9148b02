"""Accounts: who pays whom, at what price for what mass, and what is left to each tier.

Each payment is one entry ``(payer, payee, amount)``, posted once with plus and once with minus. Outside
accounts: consumers, leaf consumers, work and inputs, carriers, officials, armed groups. A tier's profit is
the residual of its own entries and may be negative. A seizure moves mass, never money.

Million USD of the pack's money year: USD/kg x t / 1000.
"""

from __future__ import annotations

from typing import NamedTuple

from yupana.model.config import Config
from yupana.model.numerics import Array, add_up, softfloor

PAYERS_OF_CASES = ("growers", "exporters", "clans", "firms", "foreign")
BORDER_WIDTH = 200.0  # USD/kg, width of the floor under the gap between source and netback


class Trade(NamedTuple):
    """Masses and prices of one step as the accounts read them (t and USD/kg; farm costs in million USD)."""

    leaf_to_clans: Array  # (zone,)
    leaf_to_legal_use: Array  # (zone,)
    leaf_price: Array  # (zone,)
    paid_work: Array  # () million USD of growers
    base_made: Array  # (zone,)
    processing_cost: Array  # () USD/kg of base
    taxed_product: Array  # (zone,) t of pure product
    armed_tax: Array  # (zone,)
    base_to_firms: Array  # (zone,)
    base_to_exporters: Array  # (zone,)
    base_price: Array  # (zone,)
    crystallisation_cost: Array  # () USD/kg of base
    hydrochloride_to_exporters: Array  # (zone,)
    hydrochloride_price: Array  # (zone,)
    entered: Array  # (corridor, market) all product entering the exits
    transport: Array  # (corridor,)
    bribe: Array  # (corridor,)
    valley_bribe: Array  # (zone,) USD/kg of base
    case_bribe: Array  # (person,) USD
    charged: Array  # (person,) cases
    border_share: Array  # () exporters' share of the gap at the border
    delivered: Array  # (corridor, market) all product leaving the exits
    delivered_base: Array  # (corridor, market) the part of it that is base
    border_price: Array  # (market,) of hydrochloride
    border_price_base: Array  # (market,)
    onward_cost: Array  # (market,)
    processed_abroad: Array  # (market,)
    arrived: Array  # (market,)
    import_price: Array  # (market,)
    sold: Array  # (market,)
    wholesale_price: Array  # (market,)
    retail_cost: Array  # (market,)
    retail_price: Array  # (market,)


class Posting(NamedTuple):
    """One payment between two accounts, million USD, (batch,)."""

    payer: str
    payee: str
    what: str
    amount: Array


def border_prices(
    p: dict[str, Array],
    share: Array,
    source: Array,
    source_base: Array,
    outward: Array,
    loss: Array,
    netback: Array,
) -> tuple[Array, Array]:
    """Return what foreign buyers pay at the border for hydrochloride and for base, (market,), USD/kg each.

    What a kilogram that arrives cost the exporter, lost kilograms included, plus the exporters' share of
    the gap to the netback. A kilogram of base carries the gap of the hydrochloride that can be made of it.

    Parameters
    ----------
    share : (batch,), sellers' share of the gap. source, source_base : (batch,), USD/kg at the source.
    outward : (market,), USD/kg of transport and bribes. loss : (market,), share seized or lost on the way
    out.
    netback : (market,), USD/kg that foreign buyers have left at the border.
    """
    kept = 1.0 - loss
    cost = (source + outward) / kept
    gap = share * softfloor(netback - cost, BORDER_WIDTH)
    return cost + gap, (source_base + outward) / kept + p["crystallisation_yield"] * gap


def bribes(
    config: Config,
    corridor: Array,
    valley: Array,
    case: Array,
    entered: Array,
    base_made: Array,
    charged: Array,
) -> list[Posting]:
    """Return every bribe of the trade with its payer and its institution.

    Parameters
    ----------
    corridor : (corridor,), valley : (zone,), USD/kg; case : (person,), USD.
    entered : (corridor, market), base_made : (zone,), t; charged : (person,), cases.
    """
    by_corridor = corridor * add_up(entered, 1) / 1000.0
    by_zone = valley * base_made / 1000.0
    by_case = case * charged / 1e6
    entries = [
        Posting("exporters", config.institutions[guard], "bribes on the way out", by_corridor[index])
        for index, guard in enumerate(config.corridor_guards)
    ]
    entries += [
        Posting("clans", config.institutions[guard], "bribes in the zone", by_zone[index])
        for index, guard in enumerate(config.zone_guards)
    ]
    courts = config.institutions[config.courts]
    entries += [
        Posting(payer, courts, "bribes for a case", by_case[index])
        for index, payer in enumerate(PAYERS_OF_CASES)
    ]
    return _merged(entries)


def _merged(entries: list[Posting]) -> list[Posting]:
    """Return one entry for all that one account pays another for one thing."""
    found: dict[tuple[str, str, str], Array] = {}
    for entry in entries:
        key = (entry.payer, entry.payee, entry.what)
        found[key] = found[key] + entry.amount if key in found else entry.amount
    return [Posting(*key, amount) for key, amount in found.items()]


def border_value(t: Trade) -> Array:
    """Return the worth at the border of what left the exits, (market,), million USD."""
    base = add_up(t.delivered_base)
    return (t.border_price * (add_up(t.delivered) - base) + t.border_price_base * base) / 1000.0


def postings(config: Config, t: Trade) -> list[Posting]:
    """Return every payment of one step."""
    home = config.home_market
    foreign = list(config.foreign_markets)

    def worth(price: Array, mass: Array) -> Array:
        return add_up(price * mass) / 1000.0

    def both(price: Array, mass: Array) -> Array:
        return add_up(add_up(price * mass)) / 1000.0

    def abroad(price: Array, mass: Array) -> Array:
        return sum(price[m] * mass[m] for m in foreign) / 1000.0

    crossed, bought = add_up(t.delivered), border_value(t)
    return [
        Posting("clans", "growers", "leaf", worth(t.leaf_price, t.leaf_to_clans)),
        Posting("leaf_consumers", "growers", "leaf for legal use", worth(t.leaf_price, t.leaf_to_legal_use)),
        Posting("growers", "work_and_inputs", "paid work and inputs", t.paid_work),
        Posting("clans", "work_and_inputs", "processing", worth(t.processing_cost, t.base_made)),
        Posting("clans", "armed_groups", "tax", worth(t.armed_tax, t.taxed_product)),
        Posting("firms", "clans", "base", worth(t.base_price, t.base_to_firms)),
        Posting("exporters", "clans", "base shipped", worth(t.base_price, t.base_to_exporters)),
        Posting(
            "firms", "work_and_inputs", "crystallisation", worth(t.crystallisation_cost, t.base_to_firms)
        ),
        Posting(
            "exporters", "firms", "hydrochloride", worth(t.hydrochloride_price, t.hydrochloride_to_exporters)
        ),
        Posting("exporters", "carriers", "transport", both(t.transport[:, None], t.entered)),
        Posting("foreign", "exporters", "product at the border", sum(bought[m] for m in foreign)),
        Posting("foreign", "carriers", "transport abroad", abroad(t.onward_cost, crossed)),
        Posting(
            "foreign",
            "work_and_inputs",
            "processing abroad",
            worth(t.crystallisation_cost, t.processed_abroad),
        ),
        Posting("wholesale", "foreign", "imports", abroad(t.import_price, t.arrived)),
        Posting(
            "wholesale",
            "exporters",
            "supply of the home market",
            t.import_price[home] * t.arrived[home] / 1000.0,
        ),
        Posting("retail", "wholesale", "wholesale", worth(t.wholesale_price, t.sold)),
        Posting("retail", "work_and_inputs", "retail costs", worth(t.retail_cost, t.sold)),
        Posting("consumers", "retail", "consumer spending", worth(t.retail_price, t.sold)),
        *bribes(config, t.bribe, t.valley_bribe, t.case_bribe, t.entered, t.base_made, t.charged),
    ]


class Statement(NamedTuple):
    """Receipts and payments of every account that a list of postings names, million USD in the step."""

    receipts: dict[str, Array]
    payments: dict[str, Array]

    def left(self, name: str) -> Array:
        """Return what is left to an account: receipts less payments."""
        return self.receipts[name] - self.payments[name]


def statement(entries: list[Posting]) -> Statement:
    """Return receipts and payments of all accounts, summed from postings."""
    zero = entries[0].amount * 0.0
    names = dict.fromkeys(name for entry in entries for name in (entry.payer, entry.payee))
    receipts: dict[str, Array] = dict.fromkeys(names, zero)
    payments: dict[str, Array] = dict(receipts)
    for entry in entries:
        receipts[entry.payee] = receipts[entry.payee] + entry.amount
        payments[entry.payer] = payments[entry.payer] + entry.amount
    return Statement(receipts, payments)
