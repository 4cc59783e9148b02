"""An Excel workbook to grids. What a cell shows and what it holds can differ; then the cell is at fault."""

from __future__ import annotations

import datetime
import warnings
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from yupana.core.errors import DataError, from_os_error
from yupana.evidence.sheets.grid import Cell, Grid, check_size, unreadable

MAX_UNPACKED = 300 * 1024 * 1024
_OLD_FORMAT = b"\xd0\xcf\x11\xe0"  # first bytes of .xls files, and of .xlsx files under a password
_EXACT = 1e15  # whole numbers below it have all their digits in a float


def read_workbook(path: Path) -> list[Grid]:
    """Every sheet of a workbook.

    Raises
    ------
    DataError
        Y256 where the file is no workbook, is protected by a password, or is too large.
    EnvironmentFault
        Where it cannot be read.
    """
    _check_file(path)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of parts that are not read: charts, extensions of Excel
        shown, written = _load(path, values=True), _load(path, values=False)
    return [_grid(shown[name], written[name], path.name) for name in _sheet_names(written)]


def _check_file(path: Path) -> None:
    try:
        with path.open("rb") as file:
            start = file.read(4)
        if start == _OLD_FORMAT:
            raise unreadable(
                "the workbook is in an old format or under a password",
                path.name,
                "an .xls file or an encrypted file",
                "open it in a spreadsheet program and save it as .xlsx without a password",
            )
        with zipfile.ZipFile(path) as archive:
            size = sum(item.file_size for item in archive.infolist())
    except zipfile.BadZipFile:
        raise unreadable("the file is not a workbook", path.name, "another kind of file") from None
    except OSError as fault:
        raise from_os_error(fault, "reading the sheet", path) from None
    if size > MAX_UNPACKED:
        raise unreadable("the workbook is too large", path.name, f"{size / 1e6:,.0f} MB unpacked")


def _load(path: Path, values: bool) -> Any:
    import openpyxl

    try:
        return openpyxl.load_workbook(path, data_only=values)
    except OSError as fault:
        raise from_os_error(fault, "reading the sheet", path) from None
    except Exception as fault:  # the library fails in many ways on a damaged file
        reason = (str(fault).strip() or type(fault).__name__).splitlines()[0]
        raise unreadable("the file is not a workbook, or is damaged", path.name, reason) from None


def _sheet_names(book: Any) -> list[str]:
    return [sheet.title for sheet in book.worksheets]


def _grid(shown: Any, written: Any, file: str) -> Grid:
    check_size(written.max_row, written.max_column, f"{file}, sheet {written.title}")
    merged = dict(_merged(written))
    rows, unseen = [], 0
    for values, sources in zip(shown.iter_rows(), written.iter_rows(), strict=True):
        cells = [_cell(value, source, merged) for value, source in zip(values, sources, strict=True)]
        kept = tuple(cell for cell in cells if cell.text or cell.fault)
        # merged cells with nothing in them are decoration
        if any(cell.text or (cell.row, cell.column) not in merged for cell in kept):
            rows.append(kept)
            unseen += bool(written.row_dimensions[kept[0].row].hidden)
    notes = [f"sheet {written.title}: {unseen} hidden rows were read too"] if unseen else []
    return Grid(written.title, tuple(rows), written.sheet_state != "visible", tuple(notes))


def _merged(sheet: Any) -> Iterator[tuple[tuple[int, int], str]]:
    """Cells of merged ranges, with the range; only its first cell holds anything."""
    for area in sheet.merged_cells.ranges:
        for row in range(area.min_row, min(area.max_row, sheet.max_row) + 1):
            for column in range(area.min_col, min(area.max_col, sheet.max_column) + 1):
                yield (row, column), area.coord


def _cell(shown: Any, written: Any, merged: dict[tuple[int, int], str]) -> Cell:
    place = (written.row, written.column)
    if place in merged:
        text = "" if shown.value is None else str(shown.value)
        fault = f"the cells {merged[place]} are merged, and only the first of them holds a value"
        return Cell(text, *place, fault=fault, offer="unmerge them and fill every cell")
    if written.data_type == "f" and shown.value is None:
        return Cell(
            "",
            *place,
            fault="the cell holds a formula whose value was not stored",
            offer="open and save the file in a spreadsheet program, or paste the value itself",
        )
    if shown.data_type == "e":
        return Cell(
            str(shown.value), *place, fault="the formula failed", offer="mend the formula, or write the value"
        )
    return _plain(shown.value, place, str(shown.number_format))


def _plain(value: Any, place: tuple[int, int], form: str) -> Cell:
    if value is None:
        return Cell("", *place)
    if isinstance(value, bool):
        word = str(value).upper()
        return Cell(
            word, *place, fault=f"the cell holds the truth value {word}", offer="write a word or a number"
        )
    if isinstance(value, (int, float)):
        return Cell(number_text(value), *place, sort="percent" if "%" in form else "number")
    if isinstance(value, datetime.datetime):
        if value.time() == datetime.time():
            return Cell(value.date().isoformat(), *place, sort="day" if "d" in form.lower() else "date")
        return Cell(
            value.isoformat(" "), *place, fault="the cell holds a time of day", offer="write the date only"
        )
    if isinstance(value, (datetime.time, datetime.timedelta)):
        return Cell(
            str(value), *place, fault="the cell holds a time", offer="write it as text, or as a number"
        )
    return Cell(str(value).replace("\r\n", "\n").strip(), *place)


def number_text(value: float) -> str:
    """A number in full precision: whole numbers without a point, no digit lost.

    Examples
    --------
    >>> number_text(2010.0), number_text(0.1)
    ('2010', '0.1')
    """
    if float(value).is_integer() and abs(value) < _EXACT:
        return str(int(value))
    return repr(float(value))


def empty(grids: list[Grid], file: str) -> DataError:
    """The error for a workbook in which nothing is written."""
    return DataError(
        "the workbook is empty",
        code="Y257",
        where=file,
        got=f"{len(grids)} sheet{'s' if len(grids) != 1 else ''} without a cell",
        expected="a sheet with a header and rows",
    )
