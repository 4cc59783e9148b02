"""The mass ledger: every movement of leaf and product as a posting between accounts, and what does not close.

No account balances another: `lost` and `seized` have flows of their own, and a stock's change is compared
with the postings that touch it. Amounts are t in the step; leaf is sun-dried, product pure.
"""

from __future__ import annotations

from typing import NamedTuple

from yupana.core.arrays import namespace
from yupana.model.accounts import statement
from yupana.model.flows import Flows
from yupana.model.numerics import Array, add_up, largest
from yupana.model.state import State

OUTSIDE = ("fields", "legal_use", "seized", "lost", "used", "converted", "rival_fields")


class Movement(NamedTuple):
    """One movement of mass between two accounts, t, (batch,)."""

    origin: str
    destination: str
    good: str
    amount: Array


def _all(x: Array) -> Array:
    return add_up(x.reshape(-1, x.shape[-1])) if x.ndim > 1 else x


def balances(state: State) -> dict[str, Array]:
    """Return the mass in every account on a time bound, t, (batch,)."""
    return {
        "leaf": _all(state.leaf),
        "base": _all(state.base),
        "hydrochloride": _all(state.hydrochloride),
        "moving_base": _all(state.moving_base),
        "moving_hydrochloride": _all(state.moving_hydrochloride),
        "processing_abroad": _all(state.processing_abroad),
        "abroad": _all(state.abroad),
        "market_stock": _all(state.stock),
        "rival_product": _all(state.rival_product),
        "rival_abroad": _all(state.rival_abroad),
        "rival_stock": _all(state.rival_stock),
    }


def movements(flows: Flows) -> list[Movement]:
    """Return every movement of one step. Conversion changes the good: more enters than comes out."""
    f, c, w, n, m, r = (flows.farm, flows.process, flows.passage, flows.neighbour, flows.market, flows.rival)
    rows = [
        ("fields", "leaf", "leaf", f.harvest),
        ("leaf", "legal_use", "leaf", c.legal),
        ("leaf", "converted", "leaf", c.processed),
        ("leaf", "seized", "leaf", c.leaf_seized),
        ("leaf", "lost", "leaf", c.leaf_spoiled),
        ("converted", "base", "base", c.base_made),
        ("base", "converted", "base", c.crystallised),
        ("base", "moving_base", "base", flows.base_shipped),
        ("base", "seized", "base", c.base_seized),
        ("base", "lost", "base", c.base_lost),
        ("converted", "hydrochloride", "hydrochloride", c.hydrochloride_made),
        ("hydrochloride", "moving_hydrochloride", "hydrochloride", flows.hydrochloride_shipped),
        ("hydrochloride", "seized", "hydrochloride", c.hydrochloride_seized),
        ("hydrochloride", "lost", "hydrochloride", c.hydrochloride_lost),
        ("moving_base", "processing_abroad", "base", n.arrived),
        ("moving_base", "abroad", "base", add_up(w.delivered_base) - n.arrived),
        ("moving_base", "seized", "base", w.seized_base),
        ("moving_base", "lost", "base", w.lost_base),
        ("moving_hydrochloride", "abroad", "hydrochloride", w.delivered_hydrochloride),
        ("moving_hydrochloride", "seized", "hydrochloride", w.seized_hydrochloride),
        ("moving_hydrochloride", "lost", "hydrochloride", w.lost_hydrochloride),
        ("processing_abroad", "converted", "base", n.processed),
        ("processing_abroad", "seized", "base", n.seized),
        ("converted", "abroad", "hydrochloride", n.onward),
        ("abroad", "market_stock", "product", m.arrived),
        ("abroad", "seized", "product", m.seized),
        ("abroad", "lost", "product", m.way_lost),
        ("market_stock", "used", "product", m.sold),
        ("market_stock", "lost", "product", m.stock_lost),
        ("rival_fields", "rival_product", "rival product", r.made),
        ("rival_product", "seized", "rival product", r.seized),
        ("rival_product", "lost", "rival product", r.lost),
        ("rival_product", "rival_abroad", "rival product", r.shipped),
        ("rival_abroad", "rival_stock", "rival product", m.rival_arrived),
        ("rival_abroad", "seized", "rival product", m.rival_seized),
        ("rival_abroad", "lost", "rival product", m.rival_way_lost),
        ("rival_stock", "used", "rival product", m.rival_sold),
        ("rival_stock", "lost", "rival product", m.rival_stock_lost),
    ]
    return [Movement(a, b, good, _all(amount)) for a, b, good, amount in rows]


def mass_residual(old: State, new: State, flows: Flows) -> Array:
    """Return the largest gap between an account's change and its movements, over its turnover, (batch,)."""
    xp = namespace(new.leaf)
    before, after, moved = balances(old), balances(new), movements(flows)
    worst = 0.0 * before["leaf"]
    for account in before:
        change = sum(row.amount for row in moved if row.destination == account) - sum(
            row.amount for row in moved if row.origin == account
        )
        size = before[account] + after[account] + sum(row.amount for row in moved if row.origin == account)
        worst = xp.maximum(worst, xp.abs(after[account] - before[account] - change) / size)
    return worst


def money_residual(flows: Flows) -> Array:
    """Return what all accounts together gained from payments among themselves, relative to all payments."""
    xp = namespace(flows.potential)
    account = statement(flows.entries)
    total = sum(entry.amount for entry in flows.entries)
    return xp.abs(sum(account.left(name) for name in account.receipts)) / total


def people_residual(old: State, new: State, flows: Flows) -> Array:
    """Return the largest gap between a change of people in the system and their movements, relative,
    (batch,).
    """
    xp = namespace(flows.potential)
    a, b, m = old.society.justice, new.society.justice, flows.society.justice
    gaps = [
        (b.charged - a.charged - m.charged + m.tried + m.collapsed, b.charged + m.charged),
        (b.on_trial - a.on_trial - m.tried + m.convicted + m.acquitted, b.on_trial + m.tried),
        (b.prison - a.prison - m.convicted + m.released + m.pardoned, b.prison + m.convicted),
        (b.released - a.released - m.released - m.pardoned + m.returned + m.settled, b.released + m.released),
    ]
    worst = 0.0 * new.supply
    for gap, size in gaps:
        worst = xp.maximum(worst, largest(xp.abs(gap) / size))
    return worst
