"""Reconciliations made by hand, for pictures: a chain of the shipped form, and nasty ones."""

from __future__ import annotations

import numpy as np

from yupana.evidence.reconcile.result import Datum, Estimate, Flow, Reconciliation

CORRIDORS = {
    "Sea, containers": 60.0, "Sea, other vessels": 45.0, "Land to one neighbour": 70.0,
    "Land to another neighbour": 9.0, "Land to the north": 12.0, "Land to the east": 6.0,
    "River to the east": 14.0, "River to the north": 7.0, "Air, small aircraft": 40.0,
    "Air, parcels and couriers": 3.0,
}  # fmt: skip
MARKETS = (
    "Northern market",
    "Eastern market",
    "Old World",
    "Southern market",
    "Rest of the world",
    "Far islands",
)
YEAR = 2012


def make_balance(
    corridors: dict[str, float] | None = None,
    markets: tuple[str, ...] = MARKETS,
    spread: float = 0.55,
    seed: int = 1,
    anchor: str = "agnostic",
    draws: int = 400,
) -> Reconciliation:
    """Return a chain whose corridors carry `corridors` tonnes at the median, each to two markets.

    `spread` is the standard deviation of the logarithm of a corridor's mass.
    """
    chosen = CORRIDORS if corridors is None else corridors
    rng = np.random.default_rng(seed)
    nodes = {"leaf": "Coca leaf", "legal": "Legal and traditional use", "base": "Cocaine base",
             "hydrochloride": "Hydrochloride", "lost": "Lost", "seized_home": "Seized at home",
             "home_use": "Used at home"}  # fmt: skip
    columns: dict[str, np.ndarray] = {}
    drawn: list[tuple[str, str, str, float]] = []

    def add(source: str, target: str, stage: str, values: np.ndarray, contraction: float) -> None:
        columns[f"{source}>{target}"] = values
        drawn.append((source, target, stage, contraction))

    exits = {}
    for place, (name, size) in enumerate(chosen.items()):
        key = f"corridor{place}"
        nodes[key] = name
        exits[key] = size * np.exp(rng.normal(0, spread, draws))
    at_home = {"lost": 6.0 * np.exp(rng.normal(0, 0.6, draws)),
               "seized_home": 24 * np.exp(rng.normal(0, 0.05, draws)),
               "home_use": 8.0 * np.exp(rng.normal(0, 0.3, draws))}  # fmt: skip
    made = sum(exits.values()) + sum(at_home.values())
    add("leaf", "legal", "legal", 25 * np.exp(rng.normal(0, 0.2, draws)), 0.4)
    add("leaf", "base", "product", made, 0.6)
    add("base", "hydrochloride", "product", made, 0.6)
    for name, stage, contraction in (
        ("lost", "lost", 0.0),
        ("seized_home", "seized", 0.9),
        ("home_use", "home", 0.3),
    ):
        add("hydrochloride", name, stage, at_home[name], contraction)
    inflow = {}
    for place, (key, values) in enumerate(exits.items()):
        add("hydrochloride", key, "corridor", values, 0.02 if place % 3 else 0.5)
        first, second = markets[place % len(markets)], markets[(place + 1) % len(markets)]
        part = rng.beta(4, 2, draws)
        for market, mass in {first: values * part, second: values * (1 - part)}.items():
            add(key, market, "market", mass, 0.05 if place % 2 else 0.3)
            inflow[market] = inflow.get(market, 0.0) + mass
    nodes |= {market: market for market in markets if market in inflow}
    nodes |= {"seized_way": "Seized on the way", "consumed": "Consumed"}
    for market, mass in inflow.items():
        share = rng.beta(8, 20, draws)
        add(market, "seized_way", "seized", mass * share, 0.7)
        add(market, "consumed", "consumed", mass * (1 - share), 0.2)
    flows = tuple(
        Flow(
            source, target, stage, _estimate(f"{source}>{target}", columns[f"{source}>{target}"], contraction)
        )
        for source, target, stage, contraction in drawn
    )
    data = (
        Datum("row-area", "leaf", YEAR, "t", 118_000.0, 120_500.0, 0.4, False),
        Datum("row-seized", "seized_home", YEAR, "t", 24.0, 23.8, -0.1, False),
        Datum("row-odd", "home_use", YEAR, "t", 31.0, 8.0, 4.9, True),
    )
    names = tuple((name, YEAR) for name in columns)
    quantities = {(flow.estimate.name, YEAR): flow.estimate for flow in flows}
    return Reconciliation("somewhere", (YEAR,), anchor, "gauss-newton", quantities, flows, nodes, data,
                          (("row-old", "derived from row-area"),), 3.2, 4, 0.52, names,
                          np.column_stack(list(columns.values())), {})  # fmt: skip


def _estimate(name: str, values: np.ndarray, contraction: float) -> Estimate:
    low, middle, high = (float(part) for part in np.quantile(values, (0.05, 0.5, 0.95)))
    return Estimate(name, YEAR, "t", low, middle, high, contraction)
