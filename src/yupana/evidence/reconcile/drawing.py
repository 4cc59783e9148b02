"""Arrows and nodes of a reconciliation, and the quantiles of its draws."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING

import numpy as np

from yupana.core.errors import DataError, did_you_mean
from yupana.evidence.reconcile.graph import Arrow, Floats, Graph, Key
from yupana.evidence.reconcile.result import Estimate, Flow

if TYPE_CHECKING:
    from yupana.evidence.pack import Pack
    from yupana.evidence.schema_balance import Balance

LEVELS = (0.05, 0.5, 0.95)


def quantiles_of(values: Floats) -> Floats:
    """Return the 5, 50 and 95 per cent quantile of each row: (row, draw) to (3, row)."""
    # the nearest draw, not a point between two: half of a thousandth is far below the Monte Carlo error
    kth = [round(level * (values.shape[1] - 1)) for level in LEVELS]
    return np.partition(values, kth, axis=1)[:, kth].T


def flows_of(graph: Graph, values: Floats, quantities: Mapping[Key, Estimate]) -> tuple[Flow, ...]:
    """Return the arrows of a graph in every year, from draws: (quantity, draw)."""
    return tuple(
        Flow(
            arrow.source,
            arrow.target,
            arrow.stage,
            quantities[(arrow.quantity, year)]
            if arrow.over is None
            else _ratio(graph, values, (arrow.quantity, year), (arrow.over, year)),
        )
        for year in graph.years
        for arrow in graph.arrows
    )


def _ratio(graph: Graph, values: Floats, one: Key, other: Key) -> Estimate:
    """Return one quantity over another, in t."""
    top, bottom = graph.index[one], graph.index[other]
    ratio = values[top : top + 1] / values[bottom : bottom + 1]
    prior = (graph.prior_logs[top] - graph.prior_logs[bottom]).var()
    contraction = float(1.0 - np.log(ratio).var() / prior)
    q05, q50, q95 = (float(end[0]) for end in quantiles_of(ratio))
    return Estimate(f"{one[0]}/{other[0]}", one[1], "t", q05, q50, q95, contraction)


def arrows_of(balance: Balance, known: Collection[str]) -> tuple[Arrow, ...]:
    """Return the arrows that a balance declares, groups spelt out.

    Raises
    ------
    DataError
        Y242 where an arrow names a quantity that the balance lacks.
    """
    found = []
    for index, drawn in enumerate(balance.flows):
        names = (drawn.source, drawn.target, drawn.quantity)
        inside = [name.partition("[")[2].rstrip("]") for name in names]
        elements = next((balance.groups[word] for word in inside if word in balance.groups), ("",))
        spelt = [tuple(_of(balance, name, element) for name in names) for element in elements]
        # an allotment has no flow from an exit to a market that it does not serve
        there = [
            Arrow(source, target, name, drawn.over, drawn.stage)
            for source, target, name in spelt
            if name in known
        ]
        if not there or (drawn.over is not None and drawn.over not in known):
            word = drawn.quantity if not there else drawn.over
            raise DataError(
                f"an arrow shows {word!r}, which the balance lacks",
                code="Y242",
                where=("balance.yaml", f"flows[{index}]"),
                got=word,
                expected="a quantity of the balance",
                fix=did_you_mean(word or "", known) or None,
            )
        found += there
    return tuple(found)


def _of(balance: Balance, name: str, element: str) -> str:
    base, _, rest = name.partition("[")
    return f"{base}[{element}]" if rest.rstrip("]") in balance.groups else name


def nodes_of(pack: Pack, arrows: Collection[Arrow]) -> dict[str, str]:
    """Return the nodes in words; a node of a corridor or a market has its place's name."""
    found = dict(pack.balance.nodes) if pack.balance else {}
    for arrow in arrows:
        for name in (arrow.source, arrow.target):
            element = name.partition("[")[2].rstrip("]")
            if element:
                found[name] = pack.places.name_of(element)
            else:
                found.setdefault(name, name.replace("_", " ").capitalize())
    return found
