"""Published figures for the same thing that differ by more than their errors allow, and why they do.

Two rows speak of the same thing when quantity, place and kind agree, or when two quantities observe one
variable of the model, and when most of the one period lies in the other. They are in dispute when the
difference of their logarithms exceeds what two stated ranges, or two pedigrees, leave room for. The reason
is the pack's where `disputes.yaml` gives one; else what the rows themselves show; else it is unknown.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import combinations
from typing import TYPE_CHECKING, Any, cast

from yupana.core.errors import DataError
from yupana.core.units import factor
from yupana.evidence.disputes_why import days_of, find_reason

if TYPE_CHECKING:
    from yupana.evidence.claims_shelf import Row
    from yupana.evidence.pack import Pack
    from yupana.evidence.rows import Measurement
    from yupana.evidence.schema_disputes import Dispute

#: two figures differ when the 90 percent interval of their difference leaves out zero, as ranges are read
BEYOND = 1.6448536269514722
#: share of the longer period that two periods must have in common to count as one
COMMON = 0.5
#: how far apart, relative, their lengths may lie: a fiscal year is a year, nine months are not
LENGTHS = 0.1


@dataclass(frozen=True)
class Pair:
    """Two published figures for the same thing that differ.

    Attributes
    ----------
    rows : the two rows, the smaller figure first.
    size : difference of the logarithms in standard errors of that difference.
    ratio : the larger figure over the smaller, in one unit.
    errors : relative standard error of each figure, in logarithms.
    stated : for each row, whether its range is stated; otherwise the error follows from its pedigree.
    reason : one of the reasons of `schema_disputes`.
    known_from : pack, rows, note or nothing: where the reason was found.
    words : the reason in a sentence.
    source : id of the source that gives the reason, where the pack does.
    """

    rows: tuple[Measurement, Measurement]
    size: float
    ratio: float
    errors: tuple[float, float]
    stated: tuple[bool, bool]
    reason: str
    known_from: str
    words: str
    source: str = ""

    @property
    def beyond(self) -> bool:
        """Whether the two differ by more than their errors allow."""
        return self.size > BEYOND

    @property
    def notes(self) -> tuple[str, ...]:
        """Notes of the two rows, where they have one, each once."""
        return tuple(dict.fromkeys(row.note for row in self.rows if row.note))


@dataclass(frozen=True)
class Group:
    """All disputes about one thing at one place, the largest first, with the quantities concerned."""

    quantities: tuple[str, ...]
    place: str
    pairs: tuple[Pair, ...]


@dataclass(frozen=True)
class Disputes:
    """What is in dispute in a pack.

    Attributes
    ----------
    groups : by quantity and place, the largest dispute first.
    compared : pairs of figures for the same thing that were compared.
    within : pairs explained in disputes.yaml that lie within their errors.
    """

    groups: tuple[Group, ...]
    compared: int
    within: int

    @property
    def pairs(self) -> tuple[Pair, ...]:
        """Every pair, the largest first."""
        found = [pair for group in self.groups for pair in group.pairs]
        return tuple(sorted(found, key=_by_size))


def find_disputes(
    pack: Pack,
    quantity: str | None = None,
    place: str | None = None,
    reason: str | None = None,
    named: bool = False,
) -> Disputes:
    """Return the pairs of figures that differ beyond their errors, grouped, the largest first.

    Parameters
    ----------
    pack : the pack with its ledger.
    quantity, place, reason : only pairs with a row of this quantity, at this place, with this reason.
    named : also pairs that disputes.yaml explains although they lie within their errors.
    """
    rows = [row for row in pack.ledger if row.seen != "judged" and (row.number or 0.0) > 0]
    told = _Told(pack)
    pairs: list[Pair] = []
    compared = within = 0
    for first, second in _pairs(pack, rows):
        if place not in (None, first.place) or quantity not in (None, first.quantity, second.quantity):
            continue
        compared += 1
        entry = told.entry(first, second)
        pair = _compare(pack, first, second, entry, entry is not None)
        if pair is None or reason not in (None, pair.reason):
            continue
        within += not pair.beyond
        if pair.beyond or named:
            pairs.append(pair)
    return Disputes(_grouped(pairs), compared, within)


def _grouped(pairs: Iterable[Pair]) -> tuple[Group, ...]:
    """Pairs by place and by quantities that stand against each other, the largest first."""
    groups: list[tuple[str, set[str], list[Pair]]] = []
    for pair in sorted(pairs, key=_by_size):
        place, quantities, members = pair.rows[0].place, {row.quantity for row in pair.rows}, [pair]
        apart = []
        for group in groups:
            if group[0] == place and group[1] & quantities:
                quantities, members = quantities | group[1], group[2] + members
            else:
                apart.append(group)
        groups = [*apart, (place, quantities, members)]
    found = [
        Group(
            tuple(sorted(quantities, key=lambda name: (len(name), name))),
            place,
            tuple(sorted(members, key=_by_size)),
        )
        for place, quantities, members in groups
    ]
    return tuple(sorted(found, key=lambda group: _by_size(group.pairs[0])))


def _by_size(pair: Pair) -> tuple[float, tuple[str, str]]:
    return -pair.size, (pair.rows[0].id, pair.rows[1].id)


class _Told:
    """The pack's own reasons, found by pair."""

    def __init__(self, pack: Pack) -> None:
        self.by_row: dict[str, list[Dispute]] = defaultdict(list)
        self.by_place: dict[str, list[Dispute]] = defaultdict(list)
        self.kind = pack.ledger.publisher_kind
        for dispute in pack.disputes:
            for row in dispute.rows:
                self.by_row[row].append(dispute)
            if dispute.series is not None:
                self.by_place[dispute.series.place].append(dispute)

    def entry(self, first: Measurement, second: Measurement) -> Dispute | None:
        """The entry that speaks of these two rows, one that names them before one for their series."""
        for dispute in self.by_row.get(first.id, ()):
            if second.id in dispute.rows:
                return dispute
        for dispute in self.by_place.get(first.place, ()):
            if dispute.series is not None and self._fits(dispute, first, second):
                return dispute
        return None

    def _fits(self, dispute: Dispute, first: Measurement, second: Measurement) -> bool:
        series = dispute.series
        assert series is not None
        if not {first.quantity, second.quantity} <= set(series.quantity):
            return False
        if series.by and {self.kind(first), self.kind(second)} != set(series.by):
            return False
        return len(series.quantity) == 1 or first.quantity != second.quantity


def _pairs(pack: Pack, rows: Iterable[Measurement]) -> Iterator[tuple[Measurement, Measurement]]:
    """Every two rows that speak of one thing, each pair once."""
    alike: dict[tuple[str, str, str], list[Measurement]] = defaultdict(list)
    by_id = {row.id: row for row in rows}
    for row in by_id.values():
        for key in _things(pack, row):
            alike[(*key, row.place)].append(row)
    seen: set[frozenset[str]] = set()
    for group in alike.values():
        for first, second in combinations(group, 2):
            if first.kind == second.kind and _same_period(first, second):
                both = frozenset((first.id, second.id))
                if both not in seen:
                    seen.add(both)
                    yield first, second
    for dispute in pack.disputes:
        for one, other in combinations(dispute.rows, 2):
            both = frozenset((one, other))
            if one in by_id and other in by_id and both not in seen:
                seen.add(both)
                yield by_id[one], by_id[other]


def _things(pack: Pack, row: Measurement) -> Iterator[tuple[str, str]]:
    """What a row speaks of: its quantity, the variable it observes, the series the pack sets it against."""
    yield ("quantity", row.quantity)
    for link in pack.quantities[row.quantity].all_links:
        if link.factor == 1.0 and link.plus == 0.0:
            yield ("variable", link.variable)
    for dispute in pack.disputes:
        if dispute.series is not None and row.quantity in dispute.series.quantity:
            yield ("series", dispute.id)


def _same_period(first: Measurement, second: Measurement) -> bool:
    """Whether two periods are one: mostly in common, or a date within the year that the other names."""
    (a, b), (c, d) = days_of(first.start, first.end), days_of(second.start, second.end)
    common = min(b, d) - max(a, c)
    if common <= 0:
        return False
    shorter, longer = sorted((b - a, d - c))
    if common >= COMMON * longer and longer - shorter <= LENGTHS * longer:
        return True
    at_a_date = first.kind not in ("flow", "count")
    return at_a_date and first.years == second.years and common == shorter


def _compare(
    pack: Pack, first: Measurement, second: Measurement, entry: Dispute | None, named: bool
) -> Pair | None:
    """The two rows as a pair, or None where they cannot be compared, or agree within their errors unnamed."""
    ratio = _ratio(first, second)
    if ratio is None:
        return None
    if ratio < 1.0:
        first, second, ratio = second, first, 1.0 / ratio
    errors = (_error(first), _error(second))
    size = math.log(ratio) / math.hypot(*errors)
    if not size > BEYOND and not named:
        return None
    reason, known_from, words, source = find_reason(pack, first, second, entry)
    stated = (_states_range(first), _states_range(second))
    return Pair((first, second), size, ratio, errors, stated, reason, known_from, words, source)


def size_between(first: Measurement, second: Measurement) -> float | None:
    """Return how far two figures lie apart, in standard errors; None where they cannot be compared."""
    ratio = _ratio(first, second)
    return None if ratio is None else abs(math.log(ratio)) / math.hypot(_error(first), _error(second))


def _ratio(first: Measurement, second: Measurement) -> float | None:
    """Return the second figure over the first, in one unit."""
    try:
        scale = factor(second.unit, first.unit)
    except DataError:
        return None
    mine, theirs = first.number or 0.0, (second.number or 0.0) * scale
    return theirs / mine if mine > 0 and theirs > 0 else None


def _error(row: Measurement) -> float:
    """Relative standard error of a row, by the one rule of the claims' pool."""
    from yupana.evidence.claims_pool import row_error

    # a cached property reads like the plain one of the protocol
    return row_error(cast("Row", row))


def _states_range(row: Measurement) -> bool:
    return bool(row.low and row.high and 0 < row.low < row.high)


def disputes_as_dict(pack: Pack, found: Disputes) -> Mapping[str, Any]:
    """The disputes as plain data."""
    return {
        "pack": pack.id,
        "compared": found.compared,
        "explained_within_error": found.within,
        "pairs": [pair_as_dict(pack, pair) for pair in found.pairs],
    }


def pair_as_dict(pack: Pack, pair: Pair) -> dict[str, Any]:
    """One pair as plain data."""
    first = pair.rows[0]
    return {
        "quantity": first.quantity,
        "place": first.place,
        "size": round(pair.size, 2),
        "beyond_error": pair.beyond,
        "ratio": round(pair.ratio, 4),
        "reason": pair.reason,
        "known_from": pair.known_from,
        "words": pair.words,
        "reason_source": pair.source or None,
        "rows": [
            {
                "id": row.id,
                "quantity": row.quantity,
                "period": row.period,
                "value": row.number,
                "low": row.low,
                "high": row.high,
                "unit": row.unit,
                "basis": row.basis,
                "account": row.account,
                "error": round(error, 4),
                "error_from": "stated range" if stated else "pedigree",
                "verified": pack.ledger.is_verified(row),
                "publisher": pack.sources[row.source].publisher,
                "by": pack.ledger.publisher_kind(row),
                "vintage": pack.ledger.vintage(row),
                "note": row.note,
            }
            for row, error, stated in zip(pair.rows, pair.errors, pair.stated, strict=True)
        ],
    }
