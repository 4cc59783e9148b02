"""A CSV file to a grid: any usual encoding, commas or semicolons or tabs; what was assumed is said."""

from __future__ import annotations

import csv
import io
from pathlib import Path

from yupana.core.errors import DataError, from_os_error
from yupana.evidence.sheets.grid import Cell, Grid, check_size, unreadable
from yupana.evidence.sheets.headers import SEARCHED, recognised

MAX_BYTES = 64 * 1024 * 1024
_SEPARATORS = {",": "commas", ";": "semicolons", "\t": "tabs"}


def read_separated(path: Path) -> Grid:
    """The grid of a CSV file.

    Raises
    ------
    DataError
        Y256 for a binary, empty or too large file, Y218 for an unclosed quote.
    EnvironmentFault
        Where it cannot be read.
    """
    try:
        size = path.stat().st_size
        raw = path.read_bytes() if size <= MAX_BYTES else b""
    except OSError as fault:
        raise from_os_error(fault, "reading the sheet", path) from None
    if size > MAX_BYTES:
        raise unreadable("the file is too large", path.name, f"{size / 1e6:,.0f} MB")
    text, notes = _decode(raw, path.name)
    if not text.strip():
        raise DataError(
            "the file is empty", code="Y257", where=path.name, got="nothing", expected="a header and rows"
        )
    text, separator = _separator(text)
    if separator != ",":
        notes.append(f"{path.name}: cells are separated by {_SEPARATORS[separator]}")
    return Grid(path.name, _rows(text, separator, path.name), False, tuple(notes), separator == ";")


def _decode(raw: bytes, name: str) -> tuple[str, list[str]]:
    """The text, and a remark where the encoding is not the usual one."""
    for mark, encoding in ((b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16")):
        if raw.startswith(mark):
            try:
                return raw.decode(encoding), [f"{name}: read as UTF-16"]
            except UnicodeDecodeError:
                raise unreadable("the file is not text", name, "broken UTF-16") from None
    if b"\x00" in raw:
        raise unreadable("the file is binary", name, "null bytes")
    try:
        return raw.decode("utf-8-sig"), []
    except UnicodeDecodeError as fault:
        start = fault.start
    try:
        text = raw.decode("cp1252")
    except UnicodeDecodeError:
        raise unreadable(
            "the encoding of the file is not known",
            name,
            f"byte 0x{raw[start]:02x}",
            "save it as CSV in UTF-8",
        ) from None
    sample = _word_around(text, start)
    return text, [
        f"{name}: not UTF-8, so it was read as Windows-1252 (Latin-1); if {sample!r} is wrong, "
        "save it as CSV in UTF-8"
    ]


def _word_around(text: str, place: int) -> str:
    """The word that holds a character; places are those of the bytes, one for each character."""
    begin = end = place
    while begin > 0 and text[begin - 1].isalpha():
        begin -= 1
    while end < len(text) and text[end].isalpha():
        end += 1
    return text[begin : max(end, place + 1)][:40]


def _separator(text: str) -> tuple[str, str]:
    """The text without Excel's ``sep=`` line, and what separates its cells."""
    first, _, rest = text.partition("\n")
    if first.strip().lower().startswith("sep=") and len(first.strip()) == 5:
        return rest, first.strip()[4] if first.strip()[4] in _SEPARATORS else ","
    scores = {mark: max(_known(line, mark) for line in text.splitlines()[:SEARCHED]) for mark in _SEPARATORS}
    return text, max(_SEPARATORS, key=scores.__getitem__)


def _known(line: str, separator: str) -> int:
    """How many names of columns a line holds; commas in a note must not outvote the header."""
    try:
        return recognised(next(csv.reader([line], delimiter=separator), []))
    except csv.Error:
        return 0


def _rows(text: str, separator: str, name: str) -> tuple[tuple[Cell, ...], ...]:
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
    rows, number = [], 0
    try:
        for cells in reader:
            number += 1  # spreadsheets count records, not lines
            check_size(number, len(cells), name)
            kept = tuple(
                Cell(cell.replace("\r\n", "\n").strip(), number, place)
                for place, cell in enumerate(cells, start=1)
                if cell.strip()
            )
            if kept:
                rows.append(kept)
    except csv.Error as fault:
        raise DataError(
            "broken CSV", code="Y218", where=(name, f"line {reader.line_num}"), got=str(fault)
        ) from None
    return tuple(rows)
