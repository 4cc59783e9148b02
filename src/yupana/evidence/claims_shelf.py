"""The ledger as the tests of claims need it: rows by id, found by query, with the names to speak of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from yupana.evidence.claims import Exchange, Rows


class Row(Protocol):
    """What a row of the ledger must offer; values in words stay words."""

    @property
    def id(self) -> str: ...
    @property
    def quantity(self) -> str: ...
    @property
    def place(self) -> str: ...
    @property
    def value(self) -> Any: ...
    @property
    def low(self) -> float | None: ...
    @property
    def high(self) -> float | None: ...
    @property
    def unit(self) -> str: ...
    @property
    def basis(self) -> str: ...
    @property
    def account(self) -> str: ...
    @property
    def source(self) -> str: ...
    @property
    def seen(self) -> str: ...
    @property
    def pedigree(self) -> int: ...
    @property
    def confidence(self) -> str: ...
    @property
    def note(self) -> str: ...
    @property
    def derived_from(self) -> Sequence[str]: ...
    @property
    def years(self) -> tuple[int, int]: ...


@dataclass(frozen=True)
class Shelf:
    """The ledger as the audit needs it.

    Parameters
    ----------
    rows : mapping of str to Row
        Every row by id.
    source_kind : mapping of str to str
        Kind of each source: un, us, police, government, press, academic, judgement, data.
    convert : callable
        Factor from one unit to another of the same dimension; raises on unlike units.
    exchange : Exchange, optional
        Where rates of exchange are found.
    labels : mapping of str to str
        Names of quantities, places and sources by id, for sentences.
    accounts : mapping of str to str
        Account (or basis) of a quantity whose rows do not state one.
    """

    rows: Mapping[str, Row]
    source_kind: Mapping[str, str]
    convert: Callable[[str, str], float]
    exchange: Exchange | None = None
    labels: Mapping[str, str] = field(default_factory=dict)
    accounts: Mapping[str, str] = field(default_factory=dict)
    memo: dict[Any, Any] = field(default_factory=dict, repr=False, compare=False)

    def name(self, query: Rows) -> str:
        """Return what a query asks for, in words."""
        quantity = " or ".join(self.labels.get(key, key.replace("_", " ")) for key in query.quantity)
        place = " or ".join(self.labels.get(key, key.replace("_", " ").title()) for key in query.place)
        return f"{quantity}, {place}"

    def find(self, query: Rows) -> list[Row]:
        """Return the rows a query finds, by id."""
        if query not in self.memo:
            self.memo[query] = [row for _, row in sorted(self.rows.items()) if self._matches(row, query)]
        return self.memo[query]

    def _matches(self, row: Row, query: Rows) -> bool:
        first, last = row.years
        return (
            row.quantity in query.quantity
            and row.place in query.place
            and query.years[0] <= first
            and last <= query.years[1]
            and (not query.basis or row.basis in query.basis)
            and (not query.account or row.account in query.account)
            and (not query.by or self.source_kind.get(row.source, "") in query.by)
            and (not query.source or row.source in query.source)
            and (not query.ids or row.id in query.ids)
            and row.id not in query.exclude
            and (not query.note_has or any(text in row.note for text in query.note_has))
            and (not query.values or _printed(row.value) in query.values)
        )


def _printed(value: Any) -> str:
    """Return a value as it is written in a claim file: 400 for 400.0."""
    return f"{value:g}" if isinstance(value, (int, float)) else str(value)


def decides(row: Row) -> bool:
    """Return whether a row may decide a verdict: seen in a source, and of medium confidence or more."""
    return row.confidence in ("high", "medium") and row.seen not in ("recalled", "judged")
