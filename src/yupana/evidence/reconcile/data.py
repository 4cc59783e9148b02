"""Rows of the ledger as data of a balance: which count, how wrong each may be, and which bias they share.

Fairness is that of the verdicts: unverified rows never count, a figure never stands beside one it is derived
from, one measurement counts once, and of several vintages of an agency the latest. What a prior cites is in
the prior already and does not count again.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, cast

from yupana.core.errors import DataError, UsageError
from yupana.evidence.claims_pool import RANGE_WIDTH, row_error
from yupana.evidence.ledger import measurement_key
from yupana.evidence.observations import Observation, observe
from yupana.evidence.reconcile.graph import Graph, Key

if TYPE_CHECKING:
    from yupana.evidence.pack import Pack
    from yupana.evidence.schema_balance import Anchor, DataEntry

BiasKey = tuple[str, str, str]
INSTITUTIONS = ("un", "us")
"""Kinds of publishers that are one institution each, however many documents repeat its figures."""


@dataclass(frozen=True)
class Term:
    """One row that measures a quantity of the balance.

    Attributes
    ----------
    row : id. key : name and year of the quantity. value : in the unit of the balance.
    sd : standard deviation of its own error in logs (log odds for a share); of a carried row, drift included.
    bias : source (an institution, or a publisher), country and quantity, whose factor all its rows share.
    by : kind of publisher. shared : error of a conversion that all rows of the bias share (purity).
    note : conversions applied, in words.
    """

    row: str
    key: Key
    value: float
    sd: float
    bias: BiasKey
    by: str
    shared: float
    note: str


@dataclass(frozen=True)
class Selection:
    """Rows used and rows left out, each with the reason."""

    terms: tuple[Term, ...]
    left_out: tuple[tuple[str, str], ...]

    def without_source(self, source: str) -> Selection:
        """Return the selection without what one source, or one institution, says."""
        return replace(self, terms=tuple(term for term in self.terms if term.bias[0] != source))

    def with_row(self, pack: Pack, graph: Graph, row: str) -> Selection:
        """Return the selection with one more row of the ledger.

        Raises
        ------
        UsageError
            Y223 where there is no such row; Y245 where it measures nothing of the balance in its years.
        DataError
            Y213 where it is derived from a row that is there, or one that is there is derived from it, or
            the same measurement is there already; Y214 where it is not verified; Y243 for an unlike basis.
        """
        added = pack.ledger[row]
        pack.ledger.likelihood_set([*(term.row for term in self.terms), row])
        entries = pack.balance.data if pack.balance else ()
        for entry in entries:
            for name in spelt_names(pack, entry.measures):
                for item, term in _candidates(pack, graph, entry, name)[0]:
                    if item.row == row:
                        left = tuple(pair for pair in self.left_out if pair[0] != row)
                        return Selection((*self.terms, term), left)
        raise UsageError(
            f"row {row!r} measures nothing of the balance",
            code="Y245",
            got=f"{added.quantity}, {added.place}, {added.period}",
            expected=f"a quantity under `data` of balance.yaml, in {graph.years[0]} to {graph.years[-1]}",
        )


Found = list[tuple[Observation, Term]]
_SELECTIONS: dict[tuple[int, ...], tuple[tuple[object, ...], Selection]] = {}
_KEPT = 16


def bias_sd(term: Term, anchor: Anchor) -> float:
    """Standard deviation of the log bias of a term's source under an anchor, conversion included."""
    width = anchor.tight if anchor.tight is not None and term.by in anchor.trusts else anchor.free
    return math.hypot(width, term.shared)


def select_data(pack: Pack, graph: Graph) -> Selection:
    """Return the rows that measure a balance in its years; kept, so that a second call is free.

    Raises
    ------
    DataError
        Y243 where a row has another basis than the quantity it would measure.
    """
    owners = (graph, pack.ledger, pack.quantities, pack.goods)
    key = tuple(map(id, owners))
    if key not in _SELECTIONS:
        while len(_SELECTIONS) >= _KEPT:
            _SELECTIONS.pop(next(iter(_SELECTIONS)))
        # the owners are kept with the selection, so that no other object can take their id
        _SELECTIONS[key] = (owners, _select(pack, graph))
    return _SELECTIONS[key][1]


def _select(pack: Pack, graph: Graph) -> Selection:
    assert pack.balance is not None
    found: Found = []
    out: dict[str, str] = {}
    for entry in pack.balance.data:
        for name in spelt_names(pack, entry.measures):
            here, gone = _candidates(pack, graph, entry, name)
            found += here
            out.update(gone)
    found = _verified(pack, graph, found, out)
    found = _latest(pack, found, out)
    found = _parents(pack, found, out)
    found = _once(pack, found, out)
    for _, term in found:
        out.pop(term.row, None)
    return Selection(tuple(term for _, term in found), tuple(sorted(out.items())))


def spelt_names(pack: Pack, name: str) -> tuple[str, ...]:
    """Return the names that one with a group in brackets stands for."""
    base, _, rest = name.partition("[")
    inside = rest.rstrip("]")
    groups = pack.balance.groups if pack.balance else {}
    return tuple(f"{base}[{item}]" for item in groups[inside]) if inside in groups else (name,)


def _candidates(
    pack: Pack, graph: Graph, entry: DataEntry, name: str
) -> tuple[list[tuple[Observation, Term]], dict[str, str]]:
    """Return rows of one data entry in the years of the graph, and those that could not be converted."""
    unit = graph.units[name]
    if entry.quantity is None:
        seen = observe(pack, name, unit)
        items, out = list(seen.observations), dict(seen.left_out)
    else:
        items, out = _of_quantity(pack, entry, name, unit)
    items = [item for item in items if not entry.by or item.by in entry.by]
    wanted = sorted(year for known, year in graph.names if known == name)
    found = []
    for item, year in _in_years(items, wanted, entry.carry, pack):
        _check_basis(graph, name, item)
        apart = abs(item.year - year)
        found.append((item, _term(pack, graph, item, (name, year), entry.drift * math.sqrt(apart), apart)))
    # only the years asked for: a reason for a row of another year helps nobody
    near = {row for row in out if any(y in wanted for y in range(*_span(pack, row)))}
    return found, {row: reason for row, reason in out.items() if row in near}


def _span(pack: Pack, row: str) -> tuple[int, int]:
    first, last = pack.ledger[row].years
    return first, last + 1


def _of_quantity(
    pack: Pack, entry: DataEntry, name: str, unit: str
) -> tuple[list[Observation], dict[str, str]]:
    """Return rows of a quantity of the ledger that no variable of the model is linked to."""
    from yupana.evidence.observations import of_quantity

    place = entry.place or pack.home
    seen = of_quantity(pack, entry.quantity or "", place, name, unit)
    return list(seen.observations), dict(seen.left_out)


def _in_years(
    items: Iterable[Observation], wanted: list[int], carry: int, pack: Pack
) -> list[tuple[Observation, int]]:
    """Return each row with the year it stands for; a row of another year only where its source has none."""
    every = list(items)
    found = [(item, item.year) for item in every if item.year in wanted]
    covered = {_source(pack, item) for item, _ in found if _usable(item)}
    near: dict[str, tuple[Observation, int]] = {}
    for item in every:
        source = _source(pack, item)
        if item.year in wanted or source in covered or not _usable(item):
            continue
        year = min(wanted, key=lambda y: abs(y - item.year))
        apart = abs(year - item.year)
        rank = (apart, -item.vintage, item.row)
        if apart <= carry:
            other = near.get(source)
            if other is None or rank < (abs(other[1] - other[0].year), -other[0].vintage, other[0].row):
                near[source] = (item, year)
    return [*found, *near.values()]


def _usable(item: Observation) -> bool:
    return item.verified and not _only_bound(item) and item.value > 0


def _only_bound(item: Observation) -> bool:
    """Whether the source states no more than an upper, or a lower, bound."""
    one_sided = (item.low is None) != (item.high is None)
    return one_sided and item.value in (item.low, item.high)


def _check_basis(graph: Graph, name: str, item: Observation) -> None:
    want = graph.bases[name]
    if set(item.basis.split("+")) - {""} != set(want.split("+")) - {""}:
        raise DataError(
            "a row has another basis than the quantity it would measure",
            code="Y243",
            where=f"row {item.row}",
            got=f"{item.basis or 'no basis'} ({item.unit})",
            expected=f"{want or 'no basis'}, the basis of {name} in balance.yaml",
            fix="give the quantity's link a purity, mend the row, or name another quantity under `data`",
        )


def _source(pack: Pack, item: Observation) -> str:
    return _origin(pack, item.row)[0]


def _origin(pack: Pack, row: str) -> tuple[str, str]:
    """Return who measured a row and what kind of publisher it is; for a sum of one source's rows, it."""
    found = pack.ledger[row]
    parents = {_origin(pack, parent) for parent in found.derived_from if parent in pack.ledger}
    source = pack.sources[found.source]
    if source.kind == "judgement" and len(parents) == 1:
        return parents.pop()
    return (source.kind if source.kind in INSTITUTIONS else source.publisher), source.kind


def _term(pack: Pack, graph: Graph, item: Observation, key: Key, drift: float, apart: int) -> Term:
    row = pack.ledger[item.row]
    own = math.log(row.high / row.low) if row.low and row.high and 0 < row.low < row.high else 0.0
    both = math.log(item.high / item.low) if item.low and item.high and 0 < item.low < item.high else own
    carried = f"of {item.year}, {apart} year{'s' if apart > 1 else ''} away" if apart else ""
    return Term(
        row=item.row,
        key=key,
        value=item.value,
        sd=math.hypot(row_error(cast(Any, row)), drift),
        bias=(_source(pack, item), item.place, item.quantity),
        by=_origin(pack, item.row)[1],
        shared=max(both - own, 0.0) / RANGE_WIDTH,
        note="; ".join(filter(None, (item.note, carried))),
    )


def _verified(pack: Pack, graph: Graph, found: Found, out: dict[str, str]) -> Found:
    kept = []
    for item, term in found:
        if not item.verified:
            out[item.row] = f"not verified: {item.seen}, {item.confidence} confidence"
        elif _only_bound(item):
            out[item.row] = "the source states a bound, not a figure"
        elif item.value <= 0:
            out[item.row] = "not positive"
        elif item.row in graph.cited:
            out[item.row] = f"in the prior already ({graph.cited[item.row]})"
        else:
            kept.append((item, term))
    return kept


def _latest(pack: Pack, found: Found, out: dict[str, str]) -> Found:
    """Keep the latest vintage of what one source says of one quantity and year."""
    best: dict[tuple[object, ...], Observation] = {}
    for item, term in found:
        figure = (term.key, term.bias, item.year)
        other = best.get(figure)
        if other is None or _rank(item) > _rank(other):
            best[figure] = item
    kept = []
    for item, term in found:
        winner = best[(term.key, term.bias, item.year)]
        if winner.row == item.row:
            kept.append((item, term))
        else:
            out[item.row] = f"{winner.row} is the later vintage, or the better seen copy"
    return kept


def _rank(item: Observation) -> tuple[object, ...]:
    return (item.vintage, item.pedigree, not item.derived, item.row)


def _parents(pack: Pack, found: Found, out: dict[str, str]) -> Found:
    """Leave out children of rows that are there."""
    ids = {item.row for item, _ in found}
    kept = []
    for item, term in found:
        parents = sorted(pack.ledger.ancestors(item.row) & ids)
        if parents:
            out[item.row] = f"derived from {parents[0]}, which is there"
        else:
            kept.append((item, term))
    return kept


def _once(pack: Pack, found: Found, out: dict[str, str]) -> Found:
    """One measurement told by several rows counts once, by the row of best pedigree."""
    best: dict[tuple[object, ...], str] = {}
    order = sorted(found, key=lambda pair: (-pair[0].pedigree, pair[0].row))
    for item, _ in order:
        best.setdefault(measurement_key(pack.ledger[item.row]), item.row)
    kept, there = [], set()
    for item, term in found:
        first = best[measurement_key(pack.ledger[item.row])]
        if first != item.row:
            out[item.row] = f"the same measurement as {first}"
        elif (item.row, term.key) not in there:
            there.add((item.row, term.key))
            kept.append((item, term))
    return kept
