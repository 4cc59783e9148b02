"""A file to the tables in it: which sheets hold facts, which hold sources, and what is left unread."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from yupana.core.errors import DataError, UsageError
from yupana.core.names import did_you_mean
from yupana.evidence.sheets.excel import empty, read_workbook
from yupana.evidence.sheets.grid import Grid, unreadable
from yupana.evidence.sheets.headers import Header, find_header, read_header
from yupana.evidence.sheets.separated import read_separated

WORKBOOKS = (".xlsx", ".xlsm")
SEPARATED = (".csv", ".tsv", ".txt")
GUIDE_SHEETS = ("columns", "allowed values")
"""Sheets that a template holds beside the tables."""

_ELSEWHERE = {
    ".xls": "open it in a spreadsheet program and save it as .xlsx",
    ".xlsb": "open it in a spreadsheet program and save it as .xlsx",
    ".ods": "save it as .xlsx from the spreadsheet program",
    ".numbers": "export it as .xlsx or CSV",
    ".pdf": "copy the figures into a sheet made by `yupana evidence template OUT.xlsx`",
}


@dataclass(frozen=True)
class Opened:
    """The tables of a file.

    Attributes
    ----------
    tables : grids of facts and of sources, each with its header.
    faults : what is wrong with sheets and headers as a whole.
    notes : what was assumed or left unread.
    """

    tables: tuple[tuple[Grid, Header], ...]
    faults: tuple[DataError, ...]
    notes: tuple[str, ...]


def beside(path: Path) -> Path:
    """The file of sources that goes with a CSV file of facts: ``NAME.sources.csv``."""
    return path.with_name(f"{path.stem}.sources.csv")


def open_sheets(path: Path) -> Opened:
    """The tables of an Excel or CSV file; for CSV, those of ``NAME.sources.csv`` beside it too.

    Raises
    ------
    UsageError
        Y102 where there is no such file.
    DataError
        Y256 where it cannot be read as a sheet, Y257 where it holds no table or no row.
    EnvironmentFault
        Where the system refuses.
    """
    _check_path(path)
    if path.suffix.lower() in WORKBOOKS:
        grids = read_workbook(path)
    else:
        grids = [read_separated(path)]
        more = beside(path)
        if more.is_file() and more != path:
            grids.append(read_separated(more))
    if not any(grid.rows for grid in grids):
        raise empty(grids, path.name)
    return _sort(grids, path.name)


def _check_path(path: Path) -> None:
    if not path.exists():
        near = (
            did_you_mean(path.name, [p.name for p in path.parent.iterdir()]) if path.parent.is_dir() else ""
        )
        raise UsageError(
            "there is no such file", where=str(path), expected="an .xlsx or .csv file", fix=near or None
        )
    if not path.is_file():
        raise UsageError(
            "a file was expected", where=str(path), got="a folder", expected="an .xlsx or .csv file"
        )
    ending = path.suffix.lower()
    if ending not in (*WORKBOOKS, *SEPARATED):
        got = f"a file that ends in {ending}" if ending else "a file without ending"
        raise unreadable("the file is not a sheet", path.name, got, _ELSEWHERE.get(ending))


def _sort(grids: list[Grid], file: str) -> Opened:
    tables, faults, notes = [], [], []
    for grid in grids:
        notes += grid.notes
        if grid.name.lower() in GUIDE_SHEETS:
            continue
        found = find_header(grid)
        if found is None:
            if grid.rows:
                notes.append(f"{grid.name}: not read, for it has no header of facts or of sources")
            continue
        table, cells = found
        if grid.hidden:
            faults.append(_hidden(grid, table))
            continue
        header, wrong = read_header(grid, table, cells)
        faults += wrong
        tables.append((grid, header))
    if not tables and not faults:
        raise DataError(
            "no sheet holds facts or sources",
            code="Y257",
            where=file,
            got=", ".join(f"{grid.name} ({len(grid.rows)} rows)" for grid in grids),
            expected="a header that names columns such as id, quantity, place, period, value, unit, source",
        )
    if not faults and not any(row[0].row > header.row for grid, header in tables for row in grid.rows):
        raise DataError(
            "the sheet holds a header and no row",
            code="Y257",
            where=", ".join(grid.name for grid, _ in tables),
            got="nothing below the header",
            expected="one fact a row",
            fix="fill in rows below the header",
        )
    return Opened(tuple(tables), tuple(faults), tuple(notes))


def _hidden(grid: Grid, table: str) -> DataError:
    return DataError(
        f"a hidden sheet holds {table}",
        code="Y258",
        where=f"sheet {grid.name}",
        got=f"{len(grid.rows)} rows that the reader of the workbook does not see",
        expected="visible sheets only",
        fix="unhide the sheet if its rows are to be added, or delete it",
    )
