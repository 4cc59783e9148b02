"""Cells and headers of sheets: what they say, or why no one can be sure."""

from __future__ import annotations

import pytest

from yupana.evidence.sheets.cells import Doubt, check_percent, read_cell, read_number
from yupana.evidence.sheets.grid import Cell, Grid, column_letters
from yupana.evidence.sheets.headers import find_header, read_header, recognised


@pytest.mark.parametrize(
    ("text", "decimal", "number"),
    [
        ("1234", "point", "1234"),
        ("-0.5", "doubtful", "-0.5"),
        ("1e5", "point", "1e5"),
        ("−5", "point", "-5"),
        ("+3", "point", "3"),
        ("1.234", "point", "1.234"),
        ("1.5", "doubtful", "1.5"),
        ("45,5", "comma", "45.5"),
        ("1,234", "comma", "1.234"),
    ],
)
def test_plain_numbers_are_read(text: str, decimal: str, number: str) -> None:
    assert read_number(text, decimal) == number


@pytest.mark.parametrize(
    ("text", "decimal", "offered"),
    [
        ("1,234", "point", ["1234", "1.234"]),
        ("1.234", "doubtful", ["1234", "1.234"]),
        ("1.234", "comma", ["1234", "1.234"]),
        ("1,234,567", "point", ["1234567"]),
        ("1,234.5", "point", ["1234.5"]),
        ("1.234,5", "point", ["1234.5"]),
        ("12 345", "point", ["12345"]),
        ("12\u00a0345", "point", ["12345"]),
        ("12'345", "point", ["12345"]),
        ("45,5", "point", ["45.5", "--decimal comma"]),
        ("<10", "point", ["10 in high"]),
        (">= 10", "point", ["10 in low"]),
        ("10-20", "point", ["10 in low and 20 in high"]),
        ("~45", "point", ["45", "note"]),
        ("45 ha", "point", ["45", "'ha'"]),
        ("45%", "point", ["45", "'%'"]),
        ("$1,200", "point", ["1200", "currency"]),
        ("(5)", "point", ["-5"]),
        ("n/a", "point", ["empty"]),
        ("-", "point", ["empty"]),
        ("many", "point", ["digits"]),
        ("1_000", "point", ["1"]),
        ("nan", "point", ["digits"]),
        ("inf", "point", ["digits"]),
    ],
)
def test_doubtful_numbers_are_refused_with_what_they_may_mean(
    text: str, decimal: str, offered: list[str]
) -> None:
    found = read_number(text, decimal)
    assert isinstance(found, Doubt)
    assert text in found.why
    assert all(part in found.offer for part in offered), found.offer


@pytest.mark.parametrize("field", ["period", "id", "value", "start"])
def test_dates_that_hide_their_day_are_refused(field: str) -> None:
    found = read_cell(Cell("2010-01-01", 2, 4, sort="date"), field, "point")
    assert isinstance(found, Doubt)
    assert "2010-01-01" in found.why
    if field == "period":
        assert all(word in found.offer for word in ("2010-01-01", "2010-01 ", "2010"))


def test_a_date_that_shows_its_day_is_one_where_days_stand() -> None:
    cell = Cell("2010-01-01", 2, 4, sort="day")
    assert read_cell(cell, "start", "point") == "2010-01-01"
    assert isinstance(read_cell(cell, "period", "point"), Doubt)


def test_words_are_lower_case_and_texts_are_not() -> None:
    assert read_cell(Cell("High", 2, 4), "confidence", "point") == "high"
    assert read_cell(Cell("High", 2, 4), "note", "point") == "High"


def test_a_value_in_words_is_one_only_for_a_quantity_in_words() -> None:
    assert read_cell(Cell("1,234 or so", 2, 4), "value", "point", wordy=True) == "1,234 or so"
    assert isinstance(read_cell(Cell("1,234 or so", 2, 4), "low", "point", wordy=True), Doubt)


def test_a_percentage_is_a_hundred_times_what_its_cell_holds() -> None:
    cell = Cell("0.45", 2, 4, sort="percent")
    doubt = check_percent(cell, "%")
    assert doubt is not None
    assert "45" in doubt.offer
    assert check_percent(cell, "ratio") is None
    assert check_percent(Cell("45", 2, 4, sort="number"), "percent") is None


def test_letters_of_columns() -> None:
    assert [column_letters(n) for n in (1, 26, 27, 702, 703)] == ["A", "Z", "AA", "ZZ", "AAA"]


def grid(*rows: list[str]) -> Grid:
    """A grid of texts, its rows counted from 1."""
    cells = [
        tuple(Cell(text, number, place) for place, text in enumerate(row, start=1) if text)
        for number, row in enumerate(rows, start=1)
    ]
    return Grid("facts", tuple(row for row in cells if row))


FRIENDLY = {
    "ID": "id",
    "Indicator": "quantity",
    "Location": "place",
    "Year": "period",
    "Value (ha)": "value",
    "Lower bound": "low",
    "Max": "high",
    "Reference": "source",
    "How seen": "seen",
    "Pedigree": "pedigree",
    "Confidence": "confidence",
    "Derived from": "derived_from",
    "Comments": "note",
}


def test_friendly_names_and_a_title_above_the_header() -> None:
    sheet = grid(["My figures"], [], list(FRIENDLY))
    found = find_header(sheet)
    assert found is not None
    header, faults = read_header(sheet, *found)
    assert not faults
    assert (header.table, header.row, header.unit) == ("facts", 3, "ha")
    assert list(header.columns.values()) == list(FRIENDLY.values())


@pytest.mark.parametrize(
    ("name", "code", "said"),
    [
        ("quantty", "Y206", "did you mean 'quantity'?"),
        ("favourite colour", "Y206", "delete the column"),
        ("location", "Y205", "delete or rename"),
        ("value (stone)", "Y205", ""),
        ("low (stone)", "Y211", ""),
        ("low (kg)", "Y212", ""),
    ],
)
def test_headers_that_are_not_understood(name: str, code: str, said: str) -> None:
    sheet = grid(
        ["id", "quantity", "place", "period", "value (ha)", "source", "seen", "pedigree", "confidence", name]
    )
    found = find_header(sheet)
    assert found is not None
    _, faults = read_header(sheet, *found)
    assert [fault.code for fault in faults] == [code]
    assert faults[0].where == "facts!J1"
    assert said in (faults[0].fix or "")


def test_missing_columns_are_named() -> None:
    sheet = grid(["id", "quantity", "place", "period", "value"])
    found = find_header(sheet)
    assert found is not None
    _, faults = read_header(sheet, *found)
    assert [fault.expected for fault in faults] == ["unit", "source", "seen", "pedigree", "confidence"]


def test_rows_of_figures_are_no_header() -> None:
    assert find_header(grid(["2010", "2011"], ["total", "12"])) is None
    assert recognised(["id", "title", "publisher"]) == 3
