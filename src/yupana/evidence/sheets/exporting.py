"""What a pack holds as a sheet that can be read back, and an empty sheet to fill."""

from __future__ import annotations

import csv
import io
import os
import re
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from yupana.core.errors import DataError, UsageError
from yupana.core.files import write_whole
from yupana.evidence.pack import Pack
from yupana.evidence.rows import Measurement, Source, implied_bounds
from yupana.evidence.sheets.excel import number_text
from yupana.evidence.sheets.headers import FIELDS
from yupana.evidence.sheets.opening import beside

Content = str | float | int | None
_WIDTHS = {"id": 36, "title": 50, "note": 50, "url": 40, "quantity": 24, "publisher": 30, "source": 24}
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f\ufffe\uffff]")


def export_sheet(pack: Pack, rows: Iterable[Measurement], out: str | os.PathLike[str]) -> list[Path]:
    """Write facts and their sources to an Excel or CSV file that `import_sheet` reads back unchanged.

    Parameters
    ----------
    pack : the pack that the rows are of.
    rows : facts, in order.
    out : an .xlsx file, or a .csv file beside which ``NAME.sources.csv`` is written.

    Returns
    -------
    The files written.

    Raises
    ------
    UsageError
        Y109 for another ending, Y105 where a folder has that name.
    DataError
        Y258 where a text holds signs that a workbook cannot.
    EnvironmentFault
        Where a file cannot be written.
    """
    path, chosen = checked_path(out, (".xlsx", ".csv")), list(rows)
    used = {row.source for row in chosen}
    tables: dict[str, list[list[Content]]] = {
        "facts": [fact_cells(row) for row in chosen],
        "sources": [source_cells(item) for item in pack.sources.values() if item.id in used],
    }
    if path.suffix.lower() == ".csv":
        written = {path: _csv("facts", tables["facts"]), beside(path): _csv("sources", tables["sources"])}
    else:
        written = {path: _workbook(tables)}
    for file, data in written.items():
        write_whole(file, data)
    return list(written)


def checked_path(out: str | os.PathLike[str], endings: Sequence[str]) -> Path:
    """The file to write.

    Raises
    ------
    UsageError
        Y109 for an ending that is none of `endings`, Y105 where a folder has that name.
    """
    path = Path(out).expanduser()
    if path.suffix.lower() not in endings:
        raise UsageError(
            "the name of the file does not say its format",
            code="Y109",
            where=str(path),
            got=path.suffix or "no ending",
            expected=" or ".join(endings),
        )
    if path.is_dir():
        raise UsageError("a folder has that name", code="Y105", where=str(path), expected="a file")
    return path


def fact_cells(row: Measurement) -> list[Content]:
    """Cells of a fact in the order of the columns; start and end only where the period does not say them."""
    content = row.model_dump()
    if implied_bounds(row.period) == (row.start, row.end):
        content["start"] = content["end"] = ""
    content["derived_from"] = "; ".join(row.derived_from)
    return [_content(content[field]) for field in FIELDS["facts"]]


def source_cells(source: Source) -> list[Content]:
    """Cells of a source in the order of the columns."""
    content = source.model_dump()
    return [_content(content[field]) for field in FIELDS["sources"]]


def _content(value: Any) -> Content:
    return None if value == "" else value


def _csv(table: str, rows: Iterable[Sequence[Content]]) -> bytes:
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(FIELDS[table])
    writer.writerows([_text(cell) for cell in row] for row in rows)
    return text.getvalue().encode("utf-8")


def _text(cell: Content) -> str:
    return "" if cell is None else cell if isinstance(cell, str) else number_text(cell)


def _workbook(tables: dict[str, list[list[Content]]]) -> bytes:
    from openpyxl import Workbook

    book = Workbook()
    book.remove(book.worksheets[0])
    for table, rows in tables.items():
        fill_sheet(book.create_sheet(table), FIELDS[table], rows)
    return as_bytes(book)


def as_bytes(book: Any) -> bytes:
    """A workbook as the bytes of its file."""
    buffer = io.BytesIO()
    book.save(buffer)
    return buffer.getvalue()


def fill_sheet(sheet: Any, header: Sequence[str], rows: Iterable[Sequence[Content]]) -> None:
    """Write a header and rows into a sheet of a workbook.

    Raises
    ------
    DataError
        Y258 where a text holds control signs.
    """
    from openpyxl.styles import Font
    from openpyxl.utils import get_column_letter

    sheet.freeze_panes = "B2"
    for number, name in enumerate(header, start=1):
        sheet.cell(1, number, name).font = Font(bold=True)
        sheet.column_dimensions[get_column_letter(number)].width = _WIDTHS.get(name, 14)
    for place, row in enumerate(rows, start=2):
        for number, content in enumerate(row, start=1):
            if content is not None:
                _write(sheet.cell(place, number), content)


def _write(cell: Any, content: Content) -> None:
    if isinstance(content, float) and float(f"{content:.16g}") != content:
        content = number_text(content)  # workbooks are written with 16 digits; a text keeps all 17
    if not isinstance(content, str):
        cell.value = content
        return
    if _CONTROL.search(content):
        raise DataError(
            "a text holds control signs, which a workbook cannot",
            code="Y258",
            where=cell.coordinate,
            got=content,
            expected="printable text",
            fix="export as .csv, or clean the text in the pack",
        )
    cell.value = content
    # a note that begins with "=" is a text, never a formula; nor is 2010 in a period a number
    cell.data_type = "s"
    if content.isdigit() or content[:1] in "=+-@":
        cell.number_format = "@"


def write_template(pack: Pack, out: str | os.PathLike[str]) -> Path:
    """Write a workbook to fill: empty sheets of facts and sources, what columns mean, and allowed values.

    Parameters
    ----------
    pack : the pack whose quantities, places and sources are listed.
    out : an .xlsx file.

    Raises
    ------
    UsageError
        Y109 for another ending, Y105 where a folder has that name or the file exists.
    EnvironmentFault
        Where it cannot be written.
    """
    from yupana.evidence.sheets.template import template_book

    path = checked_path(out, (".xlsx",))
    if path.exists():
        raise UsageError(
            "the file exists, and may hold work",
            code="Y105",
            where=str(path),
            expected="a new file",
            fix="choose another name",
        )
    write_whole(path, as_bytes(template_book(pack)))
    return path
