"""Sheets for tests: rows of facts and sources as workbooks and CSV files."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from openpyxl import Workbook

FACT = {
    "id": "fact-1",
    "quantity": "coca_area",
    "place": "exampleland",
    "period": "2015",
    "value": 1000,
    "unit": "ha",
    "source": "survey",
    "seen": "retrieved",
    "pedigree": 3,
    "confidence": "high",
}
SOURCE = {"id": "census", "title": "Census", "publisher": "Office", "year": 2016, "kind": "government"}


def fact(name: str, **changes: Any) -> dict[str, Any]:
    """A good fact under another id, with changes."""
    return {**FACT, "id": name, **changes}


def header_of(rows: Sequence[dict[str, Any]]) -> list[str]:
    """Every column that a row has, in order."""
    return list(dict.fromkeys(name for row in rows for name in row))


def workbook(path: Path, **sheets: Sequence[dict[str, Any]]) -> tuple[Path, Workbook]:
    """A workbook with one sheet for each keyword, written; and itself, to be changed and saved again."""
    book = Workbook()
    book.remove(book.worksheets[0])
    for name, rows in sheets.items():
        sheet, header = book.create_sheet(name), header_of(rows)
        sheet.append(header)
        for row in rows:
            sheet.append([row.get(field) for field in header])
    book.save(path)
    return path, book


def separated(
    path: Path, rows: Sequence[dict[str, Any]], separator: str = ",", encoding: str = "utf-8"
) -> Path:
    """A CSV file."""
    with path.open("w", encoding=encoding, newline="") as file:
        writer = csv.writer(file, delimiter=separator)
        writer.writerow(header_of(rows))
        writer.writerows([row.get(field) for field in header_of(rows)] for row in rows)
    return path
