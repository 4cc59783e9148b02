"""A reconciliation as bars and ribbons of one year, and as the data beside its picture."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from yupana.core.errors import UsageError
from yupana.report.balance_sankey import LEAST_TONNES, Balance, balance_page
from yupana.report.layout import WIDTH
from yupana.report.palette import styled
from yupana.report.sankey import Link, Node
from yupana.report.save import Picture
from yupana.report.tables import Table

if TYPE_CHECKING:
    from yupana.evidence.pack import Pack
    from yupana.evidence.reconcile.result import Estimate, Flow, Reconciliation

ROLES: dict[str, str] = {
    "leaf": "leaf",
    "legal": "legal",
    "product": "hydrochloride",
    "seized": "seized",
    "lost": "lost",
    "home": "used",
    "corridor": "corridor",
    "market": "market",
    "consumed": "used",
}
"""Stage of a flow -> role of the palette."""

COLUMNS: tuple[str, ...] = (
    "layer", "source", "target", "name", "stage", "year", "unit", "q05", "q50", "q95", "contraction",
    "prior", "row", "publisher", "value", "fitted", "z", "flagged", "note",
)  # fmt: skip
"""Columns of the data beside the picture; cells that do not apply are empty."""

Value = tuple[float, float, float]
TELLING = 16
"""Draws on which a sum of flows must equal a quantity of the balance to be taken for it."""
Floats = NDArray[np.float64]


def balance_picture(
    found: Reconciliation, year: int | None = None, pack: Pack | None = None, width: float = WIDTH
) -> Picture:
    """Return the diagram of one year of a reconciliation with the numbers it shows.

    Parameters
    ----------
    found : reconciliation.
    year : one of its years; the last one by default.
    pack : its pack, whose publishers are then named as the source.
    width : of the picture, inches.

    Raises
    ------
    UsageError
        Y102 where the reconciliation has no flow in the year.
    """
    balance = balance_of(found, found.years[-1] if year is None else year, pack)
    with styled():
        figure = balance_page(balance, width)
    facts: dict[str, object] = {
        "kind": "balance", "pack": found.pack, "year": balance.year, "years": list(found.years),
        "anchor": found.anchor, "solver": found.solver, "chi2": found.chi2, "degrees": found.degrees,
        "p_value": found.p_value, "draws": len(found.draws),
        "gates": {name: list(gate) for name, gate in found.gates.items()},
        "left_out": dict(found.left_out),
    }  # fmt: skip
    name = f"balance-{balance.year}-{found.anchor}-{found.solver}"
    return Picture(name, figure, Table(COLUMNS, tuple(_rows(found, balance, pack)), facts))


def balance_of(found: Reconciliation, year: int, pack: Pack | None = None) -> Balance:
    """Return one year of a reconciliation as bars and ribbons.

    Parameters
    ----------
    found, year, pack : as in `balance_picture`.

    Raises
    ------
    UsageError
        Y102 where the reconciliation has no flow in the year.
    """
    flows = [flow for flow in found.flows if flow.estimate.year == year]
    if not flows:
        raise UsageError(
            f"the reconciliation has no flow in {year}",
            code="Y102",
            got=str(year),
            expected=", ".join(map(str, sorted({flow.estimate.year for flow in found.flows}))),
        )
    kept = [flow for flow in flows if flow.estimate.q95 >= LEAST_TONNES]
    links = tuple(
        Link(f.source, f.target, ROLES.get(f.stage, "stored"), _value(f.estimate), f.estimate.is_prior)
        for f in kept
    )
    nodes, summed = _nodes(found, kept, year)
    data = found.data  # figures of every year bear on this one: stocks of its start, years solved jointly
    return Balance(
        found.pack, year, found.anchor, found.solver, nodes, links, len(flows) - len(kept), summed,
        len(data), sum(datum.flagged for datum in data),
        tuple(filter(None, (_publisher(pack, datum.row) for datum in data))),
        tuple(name for name, gate in found.gates.items() if not gate[2]),
    )  # fmt: skip


def _value(estimate: Estimate) -> Value:
    return estimate.q05, estimate.q50, estimate.q95


def _nodes(found: Reconciliation, flows: Sequence[Flow], year: int) -> tuple[tuple[Node, ...], int]:
    """Return the bars in the order of their columns, and how many show summed quantiles."""
    columns = _columns(flows)
    stages = {flow.source: "leaf" for flow in flows} | {flow.target: flow.stage for flow in flows}
    nodes, summed = {}, 0
    for name in (*(n for n in found.nodes if n in columns), *(n for n in columns if n not in found.nodes)):
        value, prior, exact = _node_value(found, flows, name)
        summed += not exact
        nodes[name] = Node(
            name, columns[name], (found.nodes.get(name, name),), ROLES.get(stages[name], "stored"), value,
            stacked=any(flow.source == name for flow in flows), prior=prior,
        )  # fmt: skip
    return tuple(nodes[name] for name in _ordered(columns, list(nodes), flows)), summed


def _columns(flows: Sequence[Flow]) -> dict[str, int]:
    """Return how many flows lie before each node on the longest way to it."""
    columns = {name: 0 for flow in flows for name in (flow.source, flow.target)}
    for _ in columns:  # a balance without loops settles within as many rounds as it has nodes
        for flow in flows:
            columns[flow.target] = max(columns[flow.target], columns[flow.source] + 1)
    return columns


def _node_value(found: Reconciliation, flows: Sequence[Flow], name: str) -> tuple[Value, bool, bool]:
    """Return a bar's quantiles, whether only the prior sets them, and whether they are those of its draws."""
    coming = [flow.estimate for flow in flows if flow.target == name]
    going = [flow.estimate for flow in flows if flow.source == name]
    for side in (coming, going):
        if len(side) == 1:
            return _value(side[0]), side[0].is_prior, True
    parts = coming or going
    prior = all(part.is_prior for part in parts)
    columns = [_draws(found, part) for part in parts]
    drawn = [column for column in columns if column is not None]
    if len(drawn) < len(parts):
        low, middle, high = (sum(_value(part)[level] for part in parts) for level in range(3))
        return (low, middle, high), prior, False
    sums = np.sum(drawn, axis=0)
    close = np.isclose(found.draws[:TELLING], sums[:TELLING, None], rtol=1e-6, atol=0.0)
    same = np.all(close, axis=0).tolist()
    for key, fits in zip(found.names, same, strict=True):
        if fits and key in found.quantities:  # the sum is a quantity of the balance, with a prior of its own
            return _value(found.quantities[key]), found.quantities[key].is_prior, True
    low, middle, high = np.quantile(sums, (0.05, 0.5, 0.95))
    return (float(low), float(middle), float(high)), prior, True


def _draws(found: Reconciliation, part: Estimate) -> Floats | None:
    """Return the (draw,) values of a flow: a quantity, or one over another; None where there are none."""
    at = {key: place for place, key in enumerate(found.names)}
    top, over, bottom = part.name.partition("/")
    keys = [(top, part.year), (bottom, part.year)] if over else [(top, part.year)]
    if not len(found.draws) or any(key not in at for key in keys):
        return None
    values = [found.draws[:, at[key]] for key in keys]
    drawn = values[0] / values[1] if over else values[0]
    # a flow may bear the name of a quantity in another unit, as leaf weighed as leaf
    return drawn if abs(np.median(drawn) - part.q50) <= 0.01 * part.q50 else None


def _ordered(columns: dict[str, int], names: Sequence[str], flows: Sequence[Flow]) -> list[str]:
    """Return the nodes so that ribbons cross little: each near the mean of its neighbours, ends below."""
    sources = {flow.source for flow in flows}
    order = {column: [n for n in names if columns[n] == column] for column in sorted(set(columns.values()))}
    last = max(order)
    for sweep in range(4):
        for column, members in order.items():
            others = {n: i / len(ns) for c, ns in order.items() if c != column for i, n in enumerate(ns)}
            before = sweep % 2 == 0
            pull = {name: _pull(name, flows, others, before) for name in members}
            place = {name: i / len(members) for i, name in enumerate(members)}
            members.sort(
                key=lambda n: (column < last and n not in sources, pull.get(n) or place[n], place[n])
            )
    return [name for members in order.values() for name in members]


def _pull(name: str, flows: Sequence[Flow], places: dict[str, float], before: bool) -> float | None:
    """Return the mean place of the neighbours on one side, weighted by mass."""
    pairs = [(places.get(f.source), f.estimate.q50) for f in flows if before and f.target == name]
    pairs += [(places.get(f.target), f.estimate.q50) for f in flows if not before and f.source == name]
    known = [(place, mass) for place, mass in pairs if place is not None]
    weight = sum(mass for _, mass in known)
    return sum(place * mass for place, mass in known) / weight if weight > 0 else None


def _publisher(pack: Pack | None, row: str) -> str:
    if pack is None or row not in pack.ledger:
        return ""
    return pack.sources[pack.ledger[row].source].publisher


def _rows(found: Reconciliation, balance: Balance, pack: Pack | None) -> Iterable[dict[str, object]]:
    for node in balance.nodes:
        yield {
            "layer": "bar", "source": node.id, "name": node.label[0], "year": balance.year, "unit": "t",
            **_quantiles(node.value), "prior": node.prior,
        }  # fmt: skip
    for flow in found.flows:
        e = flow.estimate
        if e.year == balance.year:
            yield {
                "layer": "ribbon", "source": flow.source, "target": flow.target, "name": e.name,
                "stage": flow.stage, "year": e.year, "unit": e.unit, **_quantiles(_value(e)),
                "contraction": e.contraction,
                "prior": e.is_prior,
                "note": "" if e.q95 >= LEAST_TONNES else "too small to draw",
            }  # fmt: skip
    for datum in found.data:
        yield {
            "layer": "datum", "name": datum.name, "year": datum.year, "unit": datum.unit, "row": datum.row,
            "publisher": _publisher(pack, datum.row), "value": datum.value, "fitted": datum.fitted,
            "z": datum.z, "flagged": datum.flagged,
        }  # fmt: skip


def _quantiles(value: Value) -> dict[str, object]:
    return dict(zip(("q05", "q50", "q95"), value, strict=True))
