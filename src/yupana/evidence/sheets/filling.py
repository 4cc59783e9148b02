"""Rows of a sheet as rows of a pack's files: every cell read, what may be left empty filled in."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from yupana.core.errors import DataError
from yupana.core.names import did_you_mean, is_row_id, listing
from yupana.core.units import canonical, is_unit
from yupana.evidence.pack import Pack
from yupana.evidence.sheets.cells import Doubt, check_percent, read_cell
from yupana.evidence.sheets.grid import Cell, Grid
from yupana.evidence.sheets.headers import FIELDS, Header


@dataclass(frozen=True, eq=False)
class SheetRow:
    """One row of a sheet.

    Attributes
    ----------
    table : ``facts`` or ``sources``.
    grid, header : of its sheet.
    number : of the row in the sheet.
    cells : field -> cell, for cells that hold anything.
    texts : field -> text, as a pack's file would hold it; empty ones left out.
    """

    table: str
    grid: Grid
    header: Header
    number: int
    cells: dict[str, Cell]
    texts: dict[str, str]

    @property
    def id(self) -> str:
        """Its id, or an empty text."""
        return self.texts.get("id", "")

    def address(self, field: str) -> str:
        """Address of the cell of a field, filled or not: ``facts!G12``."""
        column = self.header.column_of(field)
        return self.grid.where(Cell("", self.number, column or 1))

    def where(self, field: str = "id") -> tuple[str, ...]:
        """Cell, row and column, as an error's `where`."""
        return (self.address(field), f"row {self.id}" if self.id else "", f"column {field}")

    def refuse(self, what: str, field: str = "id", code: str = "Y258", **parts: Any) -> Refusal:
        """The refusal of this row for one of its cells."""
        return Refusal(self, field, DataError(what, code=code, where=self.where(field), **parts))


@dataclass(frozen=True)
class Refusal:
    """Why a row is not added, and the column that is to blame; empty where none is."""

    row: SheetRow
    field: str
    error: DataError


def read_rows(grid: Grid, header: Header, pack: Pack, decimal: str) -> tuple[list[SheetRow], list[Refusal]]:
    """Every row below the header, and what is wrong with the cells of some."""
    rows, refusals, names = [], [], _names(pack)
    for cells in grid.rows:
        if cells[0].row <= header.row:
            continue
        row, wrong = _read_row(grid, header, cells, pack, decimal, names)
        rows.append(row)
        refusals += wrong
    return rows, refusals


def _read_row(
    grid: Grid, header: Header, cells: tuple[Cell, ...], pack: Pack, decimal: str, names: Names
) -> tuple[SheetRow, list[Refusal]]:
    known = {header.columns[cell.column]: cell for cell in cells if cell.column in header.columns}
    texts: dict[str, str] = {}
    row = SheetRow(header.table, grid, header, cells[0].row, known, texts)
    wordy = header.table == "facts" and _is_wordy(pack, known.get("quantity"))
    doubts: list[tuple[str, Doubt]] = []
    for field in FIELDS[header.table]:
        if field not in known:
            continue
        read = read_cell(known[field], field, decimal, wordy)
        if isinstance(read, Doubt):
            doubts.append((field, read))
        elif read:
            texts[field] = read
    strays = [cell for cell in cells if cell.column not in header.columns]
    refusals = [_stray(row, grid, cell) for cell in strays]
    refusals += [
        row.refuse(doubt.why, field, expected="one reading", fix=doubt.offer) for field, doubt in doubts
    ]
    if not any(field == "id" for field, _ in doubts):
        refusals += list(_check_id(row))
    if header.table == "facts":
        refusals += list(_fill(row, pack, names))
    return row, refusals


Names = dict[str, dict[str, str]]
"""Field -> id -> name, of everything that a cell can refer to."""


def _names(pack: Pack) -> Names:
    places = pack.places
    return {
        "quantity": {item.id: item.name for item in pack.quantities.values()},
        "place": {place: places.name_of(place) for place in places.all_ids()},
        "source": {item.id: item.title for item in pack.sources.values()},
    }


def _is_wordy(pack: Pack, cell: Cell | None) -> bool:
    quantity = pack.quantities.get(cell.text) if cell else None
    return quantity is not None and quantity.kind == "text"


def _stray(row: SheetRow, grid: Grid, cell: Cell) -> Refusal:
    error = DataError(
        "a cell stands under no header",
        code="Y258",
        where=grid.where(cell),
        got=cell.text or "a cell that holds nothing of its own",
        expected="cells under named columns only",
        fix="name the column, or clear the cell",
    )
    return Refusal(row, "", error)


def _check_id(row: SheetRow) -> Iterator[Refusal]:
    if not row.id:
        offer = _suggest_id(row)
        yield row.refuse(
            "an empty cell",
            code="Y208",
            got="nothing",
            expected="an id",
            fix=f"write {offer}" if offer else None,
        )
    elif not is_row_id(row.id):
        offer = slug(row.id)
        yield row.refuse(
            "an id that cannot be one",
            code="Y207",
            got=row.id,
            expected="lower-case letters, digits, hyphens, underscores, dots",
            fix=f"write {offer}" if is_row_id(offer) else None,
        )


def _suggest_id(row: SheetRow) -> str:
    """An id in the usual form: quantity, place, period, source; publisher and year for a source."""
    fields = ("quantity", "place", "period", "source") if row.table == "facts" else ("publisher", "year")
    return slug("-".join(row.texts[field] for field in fields if field in row.texts))


def slug(text: str) -> str:
    """A text as an id.

    Examples
    --------
    >>> slug("UN Office, 2012")
    'un-office-2012'
    """
    import unicodedata

    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()
    return re.sub(r"[^a-z0-9_.+]+", "-", plain.lower()).strip("-")


def _fold(word: str) -> str:
    return re.sub(r"[\s_-]+", " ", word.strip().lower())


def _fill(row: SheetRow, pack: Pack, names: Names) -> Iterator[Refusal]:
    """Fill in the unit of the header and the kind of the quantity; refuse names that stand for ids."""
    texts, unit = row.texts, row.header.unit
    if unit and "unit" in texts and is_unit(texts["unit"]) and canonical(texts["unit"]) != unit:
        yield row.refuse(
            "the row's unit is not that of the header",
            "unit",
            "Y212",
            got=texts["unit"],
            expected=unit,
            fix="correct the cell, or take the unit out of the header",
        )
    elif unit:
        texts.setdefault("unit", unit)
    for field, known in names.items():
        text = texts.get(field, "")
        if text and text not in known:
            meant = sorted({key for key, name in known.items() if _fold(text) in (_fold(key), _fold(name))})
            if meant:
                yield row.refuse(
                    f"{text!r} is a name, and an id is needed",
                    field,
                    "Y210",
                    got=text,
                    expected=f"the id of a {field}",
                    fix=f"write {' or '.join(meant)}",
                )
            elif field == "quantity":  # without it the row's kind cannot be told either
                yield row.refuse(
                    f"unknown quantity {text!r}",
                    field,
                    "Y210",
                    got=text,
                    expected=listing(known),
                    fix=did_you_mean(text, known) or "choose one, or add it to quantities.yaml of the pack",
                )
    quantity = pack.quantities.get(texts.get("quantity", ""))
    if quantity is not None:
        texts.setdefault("kind", quantity.kind)
    for field in ("value", "low", "high"):
        cell = row.cells.get(field)
        doubt = check_percent(cell, texts.get("unit", "")) if cell is not None else None
        if doubt is not None:
            yield row.refuse(doubt.why, field, expected="one reading", fix=doubt.offer)
