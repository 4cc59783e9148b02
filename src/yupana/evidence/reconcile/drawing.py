"""Arrows and nodes of a reconciliation, and the quantiles of its draws."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

from yupana.core.errors import DataError
from yupana.evidence.reconcile.graph import Floats, Graph, Key
from yupana.evidence.reconcile.result import Estimate, Flow

if TYPE_CHECKING:
    from yupana.evidence.pack import Pack
    from yupana.evidence.schema_balance import Balance, DrawnFlow

LEVELS = (0.05, 0.5, 0.95)


def quantiles_of(values: Floats) -> Floats:
    """Return the 5, 50 and 95 per cent quantile of each row: (row, draw) to (3, row)."""
    count = values.shape[1]
    places = [level * (count - 1) for level in LEVELS]
    below = [int(place) for place in places]
    kth = sorted({*below, *(min(at + 1, count - 1) for at in below)})
    parted = np.partition(values, kth, axis=1)
    found = []
    for place, at in zip(places, below, strict=True):
        low, high = parted[:, at], parted[:, min(at + 1, count - 1)]
        found.append(low + (place - at) * (high - low))
    return np.stack(found)


def flows_of(
    pack: Pack, graph: Graph, values: Floats, quantities: Mapping[Key, Estimate]
) -> tuple[Flow, ...]:
    """Return the arrows that the balance declares, in every year, from draws: (quantity, draw).

    Raises
    ------
    DataError
        Y242 where an arrow names a quantity that the balance lacks.
    """
    assert pack.balance is not None
    arrows = [
        (arrow, *names) for arrow in pack.balance.flows for names in _spelt(pack.balance, arrow, graph)
    ]
    return tuple(
        Flow(
            source,
            target,
            arrow.stage,
            quantities[(name, year)]
            if arrow.over is None
            else _ratio(graph, values, (name, year), (arrow.over, year)),
        )
        for year in graph.years
        for arrow, source, target, name in arrows
    )


def _ratio(graph: Graph, values: Floats, one: Key, other: Key) -> Estimate:
    """Return one quantity over another, in t."""
    top, bottom = graph.index[one], graph.index[other]
    ratio = values[top : top + 1] / values[bottom : bottom + 1]
    prior = (graph.prior_logs[top] - graph.prior_logs[bottom]).var()
    contraction = float(1.0 - np.log(ratio).var() / prior)
    q05, q50, q95 = (float(end[0]) for end in quantiles_of(ratio))
    return Estimate(f"{one[0]}/{other[0]}", one[1], "t", q05, q50, q95, contraction)


def _spelt(balance: Balance, arrow: DrawnFlow, graph: Graph) -> list[tuple[str, str, str]]:
    """Return source, target and quantity of each element that an arrow stands for."""
    known = {name for name, _ in graph.names}
    groups = [
        balance.groups[name.partition("[")[2].rstrip("]")]
        for name in (arrow.source, arrow.target, arrow.quantity)
        if name.partition("[")[2].rstrip("]") in balance.groups
    ]
    if not groups:
        return [_known(arrow, arrow.source, arrow.target, arrow.quantity, known)]
    found = []
    for element in groups[0]:
        source, target, name = (
            _of(balance, text, element) for text in (arrow.source, arrow.target, arrow.quantity)
        )
        # an allotment has no flow from an exit to a market that it does not serve
        if name in known:
            found.append((source, target, name))
    return found or [_known(arrow, arrow.source, arrow.target, arrow.quantity, known)]


def _known(arrow: DrawnFlow, source: str, target: str, name: str, known: set[str]) -> tuple[str, str, str]:
    if name not in known:
        raise DataError(
            f"an arrow shows {arrow.quantity!r}, which the balance lacks",
            code="Y242",
            where=("balance.yaml", "flows"),
            got=arrow.quantity,
            expected="a quantity of the balance",
        )
    return source, target, name


def _of(balance: Balance, name: str, element: str) -> str:
    base, _, rest = name.partition("[")
    return f"{base}[{element}]" if rest.rstrip("]") in balance.groups else name


def nodes_of(pack: Pack) -> dict[str, str]:
    """Return the nodes in words; a node of a corridor or a market has its place's name."""
    assert pack.balance is not None
    found = dict(pack.balance.nodes)
    groups = pack.balance.groups
    for arrow in pack.balance.flows:
        for name in (arrow.source, arrow.target):
            base, _, rest = name.partition("[")
            inside = rest.rstrip("]")
            for element in groups.get(inside, (inside,) if inside else ()):
                found[f"{base}[{element}]"] = pack.places.name_of(element)
            if not inside:
                found.setdefault(name, name.replace("_", " ").capitalize())
    return found
