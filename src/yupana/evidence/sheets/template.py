"""The workbook that an analyst fills: drop-down lists where the pack knows the answers."""

from __future__ import annotations

from typing import Any, get_args

from yupana.core.units import units
from yupana.evidence.pack import Pack
from yupana.evidence.rows import Seen, SourceKind
from yupana.evidence.schema import ACCOUNTS, BASES, Confidence, Kind
from yupana.evidence.sheets.exporting import fill_sheet
from yupana.evidence.sheets.headers import FIELDS, REQUIRED

_ROWS = 1000  # rows that get drop-down lists

_MEANING = {
    "facts": {
        "id": (
            "short, readable, never changed: quantity, place, period, source",
            "coca_area-north-2012-survey",
        ),
        "quantity": ("what was measured; see allowed values", "coca_area"),
        "place": ("where; see allowed values", "north"),
        "period": ("as the source words it", "2012"),
        "start": ("first day or year; only where the period is no year", "2011-07-01"),
        "end": ("last day or year; only where the period is no year", "2012-06-30"),
        "value": ("as printed, in the unit printed; empty where only a range is printed", "60400"),
        "low": ("lower end, if printed", "58000"),
        "high": ("upper end, if printed", "63000"),
        "unit": ("see allowed values; never convert", "ha"),
        "basis": ("what was weighed, or which money; empty for the first that the quantity allows", "pure"),
        "kind": ("stock, flow, ...; empty for that of the quantity", "stock"),
        "account": ("what a sum of money is a sum of; empty for the first that the quantity allows", ""),
        "source": ("id in the sheet sources, or of a source that the pack has", "survey-2013"),
        "vintage": ("year in which this figure was published; empty for the year of the source", "2013"),
        "derived_from": ("ids of rows that it was computed from, separated by ;", ""),
        "seen": ("retrieved: read at the source; secondary: quoted; recalled; judged", "retrieved"),
        "pedigree": ("0 a guess to 4 a count or survey with its method published", "3"),
        "confidence": ("high, medium or low; low for recalled and judged", "high"),
        "note": ("what a reader must know", ""),
    },
    "sources": {
        "id": ("short and readable: publisher and year", "survey-2013"),
        "title": ("of the document or data set that you saw", "Coca survey 2012"),
        "publisher": ("who published it", "Statistical office"),
        "year": ("of publication", "2013"),
        "url": ("address, if it has one", ""),
        "kind": ("what kind of publisher; see allowed values", "government"),
        "accessed": ("day on which you last read it, YYYY-MM-DD", "2024-05-31"),
        "note": ("what a reader must know", ""),
    },
}


def allowed_values(pack: Pack) -> dict[str, list[tuple[str, str]]]:
    """What a cell may hold, by column: each value with its meaning."""
    return {
        "quantity": [(q.id, f"{q.name}; {q.kind}, {q.unit}; {q.meaning}") for q in pack.quantities.values()],
        "place": [(place, pack.places.name_of(place)) for place in pack.places.all_ids()],
        "unit": [(unit.name, unit.meaning) for unit in units().values()],
        "source": [(s.id, f"{s.publisher}: {s.title}") for s in pack.sources.values()],
        "basis": [(word, "joined by + where two apply") for word in BASES],
        "kind": [(word, "") for word in get_args(Kind)],
        "account": [(word, "") for word in ACCOUNTS],
        "seen": [(word, "") for word in get_args(Seen)],
        "confidence": [(word, "") for word in get_args(Confidence)],
        "kind of source": [(word, "") for word in get_args(SourceKind)],
    }


def template_book(pack: Pack) -> Any:
    """The workbook: facts, sources, columns, allowed values."""
    from openpyxl import Workbook

    book = Workbook()
    book.remove(book.worksheets[0])
    facts, sources = book.create_sheet("facts"), book.create_sheet("sources")
    fill_sheet(facts, FIELDS["facts"], ())
    fill_sheet(sources, FIELDS["sources"], ())
    _guide(book.create_sheet("columns"))
    lists = _lists(book.create_sheet("allowed values"), allowed_values(pack))
    for field in ("quantity", "place", "unit", "kind", "account", "seen", "confidence"):
        _choose(facts, FIELDS["facts"].index(field) + 1, lists[field])
    _choose(sources, FIELDS["sources"].index("kind") + 1, lists["kind of source"])
    for sheet, fields in ((facts, ("id", "period", "start", "end")), (sources, ("id", "accessed"))):
        _as_text(sheet, fields)
    return book


def _guide(sheet: Any) -> None:
    rows = [
        (table, field, "yes" if field in REQUIRED[table] else "", *_MEANING[table][field])
        for table, fields in FIELDS.items()
        for field in fields
    ]
    fill_sheet(sheet, ("sheet", "column", "needed", "meaning", "example"), rows)
    for letter, width in (("B", 16), ("D", 90), ("E", 30)):
        sheet.column_dimensions[letter].width = width


def _lists(sheet: Any, allowed: dict[str, list[tuple[str, str]]]) -> dict[str, str]:
    """Write the lists side by side; returns the range of each."""
    from openpyxl.utils import get_column_letter

    names = [name for key in allowed for name in (key, f"{key}: meaning")]
    longest = max(len(values) for values in allowed.values())
    rows = [
        [part for values in allowed.values() for part in (values[i] if i < len(values) else (None, None))]
        for i in range(longest)
    ]
    fill_sheet(sheet, names, rows)
    ranges = {}
    for place, (key, values) in enumerate(allowed.items()):
        letter, words = get_column_letter(2 * place + 1), get_column_letter(2 * place + 2)
        sheet.column_dimensions[letter].width = 28
        sheet.column_dimensions[words].width = 40 if any(meaning for _, meaning in values) else 4
        ranges[key] = f"'allowed values'!${letter}$2:${letter}${len(values) + 1}"
    return ranges


def _choose(sheet: Any, column: int, values: str) -> None:
    from openpyxl.utils import get_column_letter
    from openpyxl.worksheet.datavalidation import DataValidation

    # other values are let in: the import explains them better than a spreadsheet does
    rule = DataValidation(type="list", formula1=f"={values}", allow_blank=True, showErrorMessage=False)
    letter = get_column_letter(column)
    rule.add(f"{letter}2:{letter}{_ROWS + 1}")
    sheet.add_data_validation(rule)


def _as_text(sheet: Any, fields: tuple[str, ...]) -> None:
    """Format columns as text, so that a spreadsheet makes no date of 2012-06."""
    from openpyxl.utils import get_column_letter

    header = [cell.value for cell in sheet[1]]
    for field in fields:
        sheet.column_dimensions[get_column_letter(header.index(field) + 1)].number_format = "@"
