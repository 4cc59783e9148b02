"""Which columns a grid has: the header found, its friendly names understood, all others asked about."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from yupana.core.errors import DataError
from yupana.core.names import did_you_mean, listing
from yupana.core.units import canonical, is_unit
from yupana.evidence.rows import Measurement, Source
from yupana.evidence.sheets.grid import Cell, Grid

SEARCHED = 20
"""Rows from the top among which the header must be."""

FIELDS: dict[str, tuple[str, ...]] = {
    "facts": tuple(Measurement.model_fields),
    "sources": tuple(Source.model_fields),
}
"""Columns of each table, in the order of the files of a pack."""

REQUIRED = {
    # an empty kind is that of the row's quantity
    "facts": ("id", "quantity", "place", "period", "unit", "source", "seen", "pedigree", "confidence"),
    "sources": ("id", "title", "publisher", "kind"),
}

_NAMES: dict[str, dict[str, tuple[str, ...]]] = {
    "facts": {
        "id": ("row", "row id", "fact"),
        "quantity": ("indicator", "measure", "variable"),
        "place": ("location", "area", "region", "where"),
        "period": ("year", "date", "when", "years"),
        "start": ("from", "begin", "first day"),
        "end": ("to", "until", "last day"),
        "value": ("figure", "estimate", "amount"),
        "low": ("lower", "minimum", "min", "lower bound"),
        "high": ("upper", "maximum", "max", "upper bound"),
        "unit": ("units",),
        "source": ("source id", "reference"),
        "vintage": ("year published", "published"),
        "derived_from": ("parents", "computed from"),
        "seen": ("how seen",),
        "note": ("notes", "comment", "comments", "remarks"),
    },
    "sources": {
        "id": ("source", "source id"),
        "publisher": ("author", "authors", "organisation", "organization"),
        "year": ("year published", "published"),
        "url": ("address", "link", "web address"),
        "kind": ("type", "kind of publisher"),
        "accessed": ("access date", "retrieved", "date accessed"),
        "note": ("notes", "comment", "comments", "remarks"),
    },
}
_UNIT_IN_NAME = re.compile(r"^(?P<name>.+?)\s*[(\[](?P<unit>[^()\[\]]+|[^()\[\]]*\([^()]*\)[^()]*)[)\]]$")


@dataclass(frozen=True)
class Header:
    """The columns of one sheet.

    Attributes
    ----------
    table : ``facts`` or ``sources``.
    row : number of the header's row.
    columns : number of the column -> field.
    unit : unit that a name carries, as in ``value (ha)``; it holds where the cell of the unit is empty.
    """

    table: str
    row: int
    columns: dict[int, str]
    unit: str = ""

    def column_of(self, field: str) -> int | None:
        """Number of the column of a field, or None."""
        return next((number for number, name in self.columns.items() if name == field), None)


def _fold(word: str) -> str:
    return re.sub(r"[\s_\-.:*]+", " ", word.lower()).strip()


def _spellings(table: str) -> dict[str, str]:
    found = {_fold(field): field for field in FIELDS[table]}
    for field, words in _NAMES[table].items():
        for word in words:
            found.setdefault(_fold(word), field)
    return found


_SPELLINGS = {table: _spellings(table) for table in FIELDS}


def _field(table: str, name: str) -> tuple[str, str] | None:
    """Field and unit that the name of a column means, or None."""
    hit = _SPELLINGS[table].get(_fold(name))
    if hit:
        return hit, ""
    match = _UNIT_IN_NAME.match(name.strip())
    if match and table == "facts":
        field = _SPELLINGS[table].get(_fold(match["name"]))
        if field in ("value", "low", "high"):
            return field, match["unit"].strip()
    return None


def recognised(names: Iterable[str]) -> int:
    """How many of the names are those of columns of one table."""
    words = [name for name in names if name.strip()]
    return max(sum(_field(table, word) is not None for word in words) for table in FIELDS)


def find_header(grid: Grid) -> tuple[str, tuple[Cell, ...]] | None:
    """Table and cells of the header: the row with most known names, three at least, near the top."""
    best: tuple[int, str, tuple[Cell, ...]] | None = None
    for row in grid.rows[:SEARCHED]:
        for table in FIELDS:
            known = {hit[0] for cell in row if (hit := _field(table, cell.text)) is not None}
            # most cells of a header are names; a list or a calculation may hold a few by chance
            if len(known) >= 3 and 2 * len(known) > len(row) and (best is None or len(known) > best[0]):
                best = (len(known), table, row)
    return None if best is None else best[1:]


def read_header(grid: Grid, table: str, cells: tuple[Cell, ...]) -> tuple[Header, list[DataError]]:
    """The columns of a grid, and what is wrong with its header."""
    columns: dict[int, str] = {}
    units: dict[str, Cell] = {}
    faults = []
    for cell in cells:
        hit = _field(table, cell.text)
        if hit is None:
            faults.append(_unknown(grid, table, cell))
            continue
        field, unit = hit
        if field in columns.values():
            faults.append(_twice(grid, cell, field))
            continue
        columns[cell.column] = field
        if unit and not is_unit(unit):
            faults.append(_no_unit(grid, cell, unit))
        elif unit:
            units.setdefault(canonical(unit), cell)
    if len(units) > 1:
        faults.append(_two_units(grid, list(units), list(units.values())[1]))
    unit = next(iter(units), "")
    faults += list(_missing(grid, table, cells, columns, bool(unit)))
    return Header(table, cells[0].row, columns, unit), faults


def _unknown(grid: Grid, table: str, cell: Cell) -> DataError:
    near = did_you_mean(cell.text, [*FIELDS[table], *_SPELLINGS[table]])
    return DataError(
        f"unknown column {cell.text!r}",
        code="Y206",
        where=grid.where(cell),
        got=cell.text,
        expected=listing(FIELDS[table], 30),
        fix=near or "delete the column, or move what it says into the column note",
    )


def _twice(grid: Grid, cell: Cell, field: str) -> DataError:
    return DataError(
        f"two columns mean {field!r}",
        code="Y205",
        where=grid.where(cell),
        got=cell.text,
        expected="each column once",
        fix="delete or rename one of the two",
    )


def _no_unit(grid: Grid, cell: Cell, unit: str) -> DataError:
    near = did_you_mean(unit, [])
    return DataError(
        f"unknown unit {unit!r} in the name of a column",
        code="Y211",
        where=grid.where(cell),
        got=cell.text,
        expected="a unit of the table of units, or no brackets",
        fix=near or None,
    )


def _two_units(grid: Grid, units: list[str], cell: Cell) -> DataError:
    return DataError(
        "columns of one row have different units",
        code="Y212",
        where=grid.where(cell),
        got=" and ".join(units),
        expected="one unit for value, low and high",
    )


def _missing(
    grid: Grid, table: str, cells: tuple[Cell, ...], columns: dict[int, str], unit: bool
) -> Iterator[DataError]:
    for field in REQUIRED[table]:
        if field not in columns.values() and not (field == "unit" and unit):
            yield DataError(
                "a column is missing",
                code="Y208",
                where=f"{grid.name}!{cells[0].row}:{cells[0].row}",
                got=listing([cell.text for cell in cells], 30),
                expected=field,
                fix=f"add a column {field}; `yupana evidence template OUT.xlsx` writes a sheet with all",
            )
