"""disputes.yaml: why published figures for one thing differ, where somebody has said why."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from pydantic import Field, model_validator

from yupana.core.errors import DataError
from yupana.core.names import did_you_mean, listing
from yupana.core.units import factor
from yupana.evidence.schema import Id, Part, RowId, Text, Words

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from yupana.evidence.loading import Draft
    from yupana.evidence.rows import Measurement

Reason = Literal[
    "definition", "basis", "purity", "fiscal year", "parentage", "vintage", "method", "misprint", "unknown"
]

REASONS: dict[str, str] = {
    "definition": "what is counted differs: another quantity, account, scope or register",
    "basis": "stated on another basis: sun-dried or fresh, nominal or real, another form",
    "purity": "one is stated pure, the other as it was weighed, or for another form",
    "fiscal year": "the two years do not begin on the same day",
    "parentage": "one is computed from the other, or both from a common parent",
    "vintage": "one publisher revised its own figure",
    "method": "measured in another way, or across a break of the method",
    "misprint": "a slip of print, of a separator or of a unit",
    "unknown": "neither the rows nor the pack say why",
}
"""Every reason and what it means, the most telling first."""


class Series(Part):
    """Figures that stand against each other year after year."""

    quantity: Words = Field(min_length=1, description="One quantity, or those whose figures are set apart.")
    place: Id
    by: Words = Field(default=(), max_length=2, description="Kinds of the two publishers, if it is they.")

    @model_validator(mode="after")
    def _two_sides(self) -> Series:
        if len(self.quantity) < 2 and len(self.by) < 2:
            raise ValueError("expected two kinds of publishers under 'by', or several quantities")
        return self


class Dispute(Part):
    """disputes.yaml: rows that differ, and why."""

    id: RowId
    rows: tuple[RowId, ...] = Field(default=(), description="Rows that differ; any two of them are a pair.")
    series: Series | None = Field(default=None, description="Instead of rows: two series.")
    reason: Reason
    words: Text = Field(description="Why they differ, in a sentence.")
    source: RowId = Field(description="Source that says so, or whose rows show it.")

    @model_validator(mode="after")
    def _one_kind(self) -> Dispute:
        if bool(self.rows) == (self.series is not None):
            raise ValueError("give either rows or series")
        if self.rows and len(set(self.rows)) < 2:
            raise ValueError("rows: expected at least two different rows")
        return self


def check_disputes(draft: Draft) -> None:
    """Note what disputes.yaml refers to and the pack lacks, and rows that cannot be compared."""
    places = draft.content.get("places.yaml")
    known: dict[str, Collection[str]] = {
        "row": {row.id: None for row in draft.content["evidence"]},
        "source": [source.id for source in draft.content["sources"]],
        "quantity": [quantity.id for quantity in draft.content.get("quantities.yaml", ())],
        "place": places.all_ids() if places else (),
        "kind of publisher": {source.kind for source in draft.content["sources"]},
    }
    rows = {row.id: row for row in draft.content["evidence"]}
    for index, dispute in enumerate(draft.content.get("disputes.yaml", ())):
        for key, kind, name in _referred(dispute):
            table = {"row": "evidence", "source": "sources"}.get(kind)
            if not known[kind] or name in known[kind] or (table and draft.knows(table, name)):
                continue
            draft.note(
                f"unknown {kind} {name!r}",
                "Y210",
                (*draft.where("disputes.yaml", (index, *key)), f"dispute {dispute.id}"),
                got=name,
                expected=listing(sorted(known[kind]), 12),
                fix=did_you_mean(name, known[kind]) or None,
            )
        for got in _unlike([rows[row] for row in dispute.rows if row in rows]):
            draft.note(
                "rows of a dispute cannot be compared",
                "Y267",
                (*draft.where("disputes.yaml", (index, "rows")), f"dispute {dispute.id}"),
                got=got,
                expected="figures in units that convert into each other",
            )


def _referred(dispute: Dispute) -> Iterator[tuple[tuple[str, ...], str, str]]:
    """Key, kind and id of everything a dispute refers to."""
    yield ("source",), "source", dispute.source
    for row in dispute.rows:
        yield ("rows",), "row", row
    if dispute.series is not None:
        yield ("series", "place"), "place", dispute.series.place
        for quantity in dispute.series.quantity:
            yield ("series", "quantity"), "quantity", quantity
        for kind in dispute.series.by:
            yield ("series", "by"), "kind of publisher", kind


def _unlike(rows: list[Measurement]) -> Iterator[str]:
    for row in rows:
        if row.number is None or row.number <= 0:
            yield f"{row.id} has no figure above zero"
            continue
        try:
            factor(row.unit, rows[0].unit)
        except DataError:
            yield f"{rows[0].unit} ({rows[0].id}) and {row.unit} ({row.id})"
