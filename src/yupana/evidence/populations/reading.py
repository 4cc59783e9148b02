"""Capture and frequency tables from CSV: one row a capture pattern with its count, or one row a person."""

from __future__ import annotations

import csv
from pathlib import Path

from yupana.core.errors import DataError, from_os_error
from yupana.evidence.populations.lists import CaptureTable, as_count, check_names

COUNT, TIMES, PATTERN = "count", "times", "pattern"
_ROWS = list[tuple[int, list[str]]]


def read_table(path: str | Path) -> CaptureTable | dict[int, int]:
    """The capture table of a CSV file, or the frequency table if its columns are `times` and `count`.

    Three forms are read. Lists as 0/1 columns and `count`: one row a capture pattern, absent patterns zero
    (or one column `pattern` such as 1011). Individual records: 0/1 columns without `count`, one row a person.
    Frequencies: `times` (1, 2, ...) and `count`, the people seen exactly so many times.

    Raises
    ------
    DataError
        Y231 to Y233 or Y236, with line and column.
    """
    names, rows = _read(Path(path))
    where = str(path)
    if sorted(names) == sorted((TIMES, COUNT)):
        return _frequencies(names, rows, where)
    if sorted(names) == sorted((PATTERN, COUNT)):
        return _patterns(names, rows, where)
    lists = [name for name in names if name != COUNT]
    check_names(lists, where)
    counts = [0] * (1 << len(lists))
    lines: dict[int, int] = {}
    for line, cells in rows:
        spot = f"{where}, line {line}"
        if len(cells) != len(names):
            raise DataError(
                "a capture pattern has the wrong length", code="Y233", where=spot, got=f"{len(cells)} cells",
                expected=f"{len(names)}: {', '.join(names)}",
            )  # fmt: skip
        mask, count = 0, 1
        for name, cell in zip(names, cells, strict=True):
            if name == COUNT:
                count = as_count(cell, f"{spot}, column {COUNT}")
            else:
                mask |= _bit(cell, f"{spot}, column {name}") << lists.index(name)
        if not mask and count:
            raise DataError(
                "a row says that people on no list were seen", code="Y233", where=spot, got=f"{count} people",
                expected="no such row: they are what is estimated",
            )  # fmt: skip
        if COUNT in names and mask in lines:
            raise DataError(
                "a capture pattern stands twice", code="Y233", where=spot, got=f"also on line {lines[mask]}",
                expected="one row for each pattern", fix="Add their counts if they are different people.",
            )  # fmt: skip
        lines[mask] = line
        counts[mask] += count
    return CaptureTable(tuple(lists), tuple(counts))


def _read(path: Path) -> tuple[list[str], _ROWS]:
    """Header and rows with their line numbers; blank lines are passed over."""
    if not path.is_file():
        what = "a folder was given in place of a file" if path.is_dir() else "no such file"
        raise DataError(what, code="Y236", where=str(path), expected="a CSV file of lists")
    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as fault:
        raise DataError(
            "the file is not text in UTF-8", code="Y236", where=str(path), expected="CSV, saved as UTF-8",
            fix="Save the sheet as CSV UTF-8.",
        ) from fault  # fmt: skip
    except OSError as fault:
        raise from_os_error(fault, "reading the table", path) from fault
    first = text.lstrip().split("\n", 1)[0]
    sign = next((sign for sign in (",", ";", "\t") if sign in first), ",")
    try:
        reader = csv.reader(text.splitlines(), delimiter=sign, strict=True)
        lines = [(reader.line_num, [cell.strip() for cell in cells]) for cells in reader]
    except csv.Error as fault:
        raise DataError(f"the file is not CSV: {fault}", code="Y236", where=str(path)) from fault
    lines = [(number, cells) for number, cells in lines if any(cells)]
    if len(lines) < 2:
        raise DataError(
            "the file holds no people" if lines else "the file is empty", code="Y236", where=str(path),
            got="a header only" if lines else "nothing", expected="a header and at least one row",
        )  # fmt: skip
    names = [name.lower() if name.lower() in (COUNT, TIMES, PATTERN) else name for name in lines[0][1]]
    doubled = sorted({name for name in names if names.count(name) > 1})
    if doubled:
        raise DataError(
            "two columns have one name", code="Y236", where=f"{path}, line {lines[0][0]}",
            got=", ".join(doubled) or "empty", expected="one name for each list",
        )  # fmt: skip
    return names, lines[1:]


def _bit(cell: str, where: str) -> int:
    if cell in ("0", "1"):
        return int(cell)
    raise DataError(
        "a list holds something other than 0 and 1", code="Y233", where=where, got=cell or "an empty cell",
        expected="1 where the people are on the list, 0 where not",
        fix="Keep only columns of lists, and `count`; leave out names, ids and dates.",
    )  # fmt: skip


def _frequencies(names: list[str], rows: _ROWS, where: str) -> dict[int, int]:
    found: dict[int, int] = {}
    for line, cells in rows:
        spot = f"{where}, line {line}"
        if len(cells) != 2:
            raise DataError("a row has the wrong length", code="Y233", where=spot, got=f"{len(cells)} cells",
                            expected="times and count")  # fmt: skip
        times = as_count(cells[names.index(TIMES)], f"{spot}, column {TIMES}")
        if times < 1 or times in found:
            raise DataError(
                "times must be 1 or more, each once", code="Y233", where=spot, got=times,
                expected="1, 2, 3, ...: those never seen are what is estimated",
            )  # fmt: skip
        found[times] = as_count(cells[names.index(COUNT)], f"{spot}, column {COUNT}")
    if not sum(found.values()):
        raise DataError(
            "the table holds nobody", code="Y236", where=where, expected="at least one person seen"
        )
    return dict(sorted(found.items()))


def _patterns(names: list[str], rows: _ROWS, where: str) -> CaptureTable:
    place, other = names.index(PATTERN), names.index(COUNT)
    found: dict[str, int] = {}
    for line, cells in rows:
        spot = f"{where}, line {line}"
        if len(cells) != 2 or cells[place] in found:
            raise DataError(
                "a capture pattern stands twice" if len(cells) == 2 else "a row has the wrong length",
                code="Y233", where=spot, got=", ".join(cells), expected="pattern and count, each once",
            )  # fmt: skip
        found[cells[place]] = as_count(cells[other], f"{spot}, column {COUNT}")
    return CaptureTable.from_patterns(found)
