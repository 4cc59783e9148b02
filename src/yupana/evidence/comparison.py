"""One figure with everything published against it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from yupana.core.errors import DataError
from yupana.core.units import factor
from yupana.evidence.disputes import BEYOND, size_between
from yupana.evidence.pack import Pack
from yupana.evidence.rows import Measurement

STATED_ERROR = {"high": 0.05, "medium": 0.10, "low": 0.20}
"""Half-width, relative, of a figure that states no range, by confidence."""


@dataclass(frozen=True)
class Entry:
    """A row beside the figure that was asked for.

    Attributes
    ----------
    row : the other row.
    relation : vintage, same figure, other publisher, sibling, parent, child.
    comparable : why the two cannot be compared, or an empty string.
    ratio : the other figure over this one, in one unit, or None.
    disputes : whether the two differ beyond their stated errors.
    """

    row: Measurement
    relation: str
    comparable: str
    ratio: float | None
    disputes: bool


@dataclass(frozen=True)
class Comparison:
    """A row, and all rows that speak of the same thing, the nearest first."""

    row: Measurement
    entries: tuple[Entry, ...]

    @property
    def disputes(self) -> tuple[Entry, ...]:
        """Entries that differ from the row beyond stated error."""
        return tuple(entry for entry in self.entries if entry.disputes)


_ORDER = ("vintage", "same figure", "other publisher", "sibling", "parent", "child")


def compare(pack: Pack, row_id: str) -> Comparison:
    """Everything published against one row.

    Rows of the same quantity and place with an overlapping period: other vintages and other tellings by the
    same kind of publisher, and figures of other publishers; rows of other quantities that observe the same
    model variable at that place; what the row is derived from, and what is derived from it.

    Raises
    ------
    UsageError
        Y223 for an unknown row.
    """
    row = pack.ledger[row_id]
    ancestors, descendants = pack.ledger.ancestors(row_id), pack.ledger.descendants(row_id)
    variables = _variables(pack, row)
    found = []
    for other in pack.ledger:
        if other.id == row.id:
            continue
        relation = _relation(pack, row, other, variables)
        if other.id in ancestors:
            relation = "parent"
        elif other.id in descendants:
            relation = "child"
        if relation:
            found.append(_entry(pack, row, other, relation))
    found.sort(key=lambda entry: (_ORDER.index(entry.relation), entry.row.years, entry.row.id))
    return Comparison(row, tuple(found))


def _variables(pack: Pack, row: Measurement) -> frozenset[str]:
    return frozenset(link.variable for link in pack.quantities[row.quantity].all_links)


def _relation(pack: Pack, row: Measurement, other: Measurement, variables: frozenset[str]) -> str:
    if other.place != row.place or other.end[:4] < row.start[:4] or other.start[:4] > row.end[:4]:
        return ""
    if other.quantity != row.quantity:
        return "sibling" if variables & _variables(pack, other) else ""
    if pack.ledger.publisher_kind(other) != pack.ledger.publisher_kind(row):
        return "other publisher"
    if (other.start, other.end) == (row.start, row.end) and pack.ledger.vintage(other) != pack.ledger.vintage(
        row
    ):
        return "vintage"
    return "same figure"


def _entry(pack: Pack, row: Measurement, other: Measurement, relation: str) -> Entry:
    reason = _unlike(row, other)
    if reason or row.number is None or other.number is None:
        texts = isinstance(row.value, str) and isinstance(other.value, str)
        differs = texts and row.value != other.value and relation not in ("parent", "child")
        return Entry(other, relation, reason, None, differs)
    scale = factor(other.unit, row.unit)
    ratio = other.number * scale / row.number if row.number else None
    return Entry(
        other, relation, "", ratio, relation not in ("parent", "child") and _differ(row, other, scale)
    )


def _unlike(row: Measurement, other: Measurement) -> str:
    """Why two figures cannot be compared; empty where they can."""
    for name in ("kind", "basis", "account"):
        mine, theirs = getattr(row, name), getattr(other, name)
        if mine != theirs:
            return f"{name}: {theirs or 'none'}, not {mine or 'none'}"
    try:
        factor(other.unit, row.unit)
    except DataError:
        return f"unit: {other.unit}, not {row.unit}"
    return ""


def interval(row: Measurement) -> tuple[float, float]:
    """Range of a figure: as stated, else its number and the error of its confidence."""
    number = row.number or 0.0
    half = abs(number) * STATED_ERROR[row.confidence]
    low = row.low if row.low is not None else number - half
    high = row.high if row.high is not None else number + half
    return low, high


def _differ(row: Measurement, other: Measurement, scale: float) -> bool:
    """Whether two figures differ beyond their errors; ranges decide where one is not above zero."""
    size = size_between(row, other)
    if size is not None:
        return size > BEYOND
    low, high = interval(row)
    other_low, other_high = interval(other)
    return not (other_low * scale <= high and other_high * scale >= low)


def row_as_dict(pack: Pack, row: Measurement) -> dict[str, Any]:
    """A row with its source, as plain data."""
    source = pack.sources[row.source]
    return {
        **row.model_dump(mode="json"),
        "vintage": pack.ledger.vintage(row),
        "verified": pack.ledger.is_verified(row),
        "publisher": source.publisher,
        "publisher_kind": source.kind,
        "source_title": source.title,
        "source_url": source.url or None,
    }


def comparison_as_dict(pack: Pack, comparison: Comparison) -> dict[str, Any]:
    """A comparison as plain data."""
    return {
        "row": row_as_dict(pack, comparison.row),
        "against": [
            {
                **row_as_dict(pack, entry.row),
                "relation": entry.relation,
                "not_comparable": entry.comparable or None,
                "ratio": entry.ratio,
                "disputes": entry.disputes,
            }
            for entry in comparison.entries
        ],
    }
