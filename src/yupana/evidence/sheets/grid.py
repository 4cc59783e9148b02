"""A sheet before anyone knows what it means: cells as texts, each with its address."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from yupana.core.errors import DataError

MAX_ROWS = 50_000
MAX_COLUMNS = 100


@dataclass(frozen=True)
class Cell:
    """One cell.

    Attributes
    ----------
    text : its content as a text; numbers in full precision; empty for none.
    row, column : numbers from 1, as spreadsheets count.
    sort : ``text``, ``number``, ``percent`` (a number shown as a percentage), ``day`` (a date that shows its
        day) or ``date`` (a date that does not).
    fault : what is wrong with it, and what could be written instead; empty where it can be used.
    offer : what to do about the fault.
    """

    text: str
    row: int
    column: int
    sort: str = "text"
    fault: str = ""
    offer: str = ""

    @property
    def address(self) -> str:
        """Such as ``G12``."""
        return f"{column_letters(self.column)}{self.row}"


@dataclass(frozen=True)
class Grid:
    """One sheet.

    Attributes
    ----------
    name : of the sheet; of the file, for CSV.
    rows : cells of every row that holds anything, empty ones left out.
    hidden : whether the sheet is hidden.
    notes : remarks on how it was read.
    semicolons : whether cells were separated by semicolons, as where commas are decimal.
    """

    name: str
    rows: tuple[tuple[Cell, ...], ...]
    hidden: bool = False
    notes: tuple[str, ...] = ()
    semicolons: bool = False

    @cached_property
    def by_number(self) -> dict[int, tuple[Cell, ...]]:
        """Rows by their number."""
        return {row[0].row: row for row in self.rows}

    def where(self, cell: Cell) -> str:
        """Address of a cell with the name of its sheet: ``facts!G12``."""
        return f"{self.name}!{cell.address}"


def column_letters(number: int) -> str:
    """Letters of a column, counted from 1.

    Examples
    --------
    >>> column_letters(1), column_letters(28)
    ('A', 'AB')
    """
    letters = ""
    while number > 0:
        number, rest = divmod(number - 1, 26)
        letters = chr(ord("A") + rest) + letters
    return letters


def unreadable(what: str, where: str, got: str, fix: str | None = None) -> DataError:
    """The error for a file that is no sheet."""
    return DataError(what, code="Y256", where=where, got=got, expected="an .xlsx or .csv file", fix=fix)


def check_size(rows: int, columns: int, where: str) -> None:
    """Refuse a sheet of which no one filled every row.

    Raises
    ------
    DataError
        Y256 past 50,000 rows or 100 columns.
    """
    if rows > MAX_ROWS or columns > MAX_COLUMNS:
        raise DataError(
            "the sheet is too large",
            code="Y256",
            where=where,
            got=f"cells in use as far as {column_letters(columns)}{rows}",
            expected=f"at most {MAX_ROWS:,} rows and {MAX_COLUMNS} columns",
            fix="delete the empty rows and columns beyond the table (formats count as use), or split it",
        )
