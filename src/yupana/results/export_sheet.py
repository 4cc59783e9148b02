"""A spreadsheet: quantiles by scenario, variable and time, what variables mean, and where it comes from."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from yupana.results.selection import select_years

if TYPE_CHECKING:
    from yupana.results.export import Export

QUANTILES = (0.05, 0.25, 0.5, 0.75, 0.95)


def write_xlsx(export: Export, path: Path) -> None:
    """Write three sheets: quantiles, variables, about. Draws are too many for a spreadsheet."""
    from openpyxl import Workbook

    book = Workbook(write_only=True)
    _sheet(book, "quantiles", _quantile_rows(export), widths=(18, 36, 10, 24))
    _sheet(book, "variables", _variable_rows(export), widths=(36, 28, 10, 80))
    _sheet(book, "about", [["what", "value"], *map(list, export.facts.items())], widths=(18, 100))
    # the library opens the file itself; a handle of ours keeps the temporary name's ending out of its sight
    with path.open("wb") as file:
        book.save(file)


def _sheet(book: Any, name: str, rows: Any, widths: tuple[int, ...]) -> None:
    from openpyxl.utils import get_column_letter

    sheet = book.create_sheet(name)
    sheet.freeze_panes = "A2"
    for place, width in enumerate(widths, start=1):
        sheet.column_dimensions[get_column_letter(place)].width = width
    for row in rows:
        sheet.append(row)


def _quantile_rows(export: Export) -> Any:
    years = select_years(export.result.years, ())
    times = [(year, month) for year in years for month in range(1, 13)] if export.monthly else years
    head = ["year", "month"] if export.monthly else ["year"]
    yield ["scenario", "variable", *head, "unit", *(f"q{100 * q:02.0f}" for q in QUANTILES)]
    bands = export.result.bands(export.columns, QUANTILES, export.scenarios, export.table, export.money)
    for scenario, column, values in bands:
        for place, time in enumerate(times):
            when = list(time) if isinstance(time, tuple) else [time]
            cells = [None if value != value else float(value) for value in values[:, place]]
            yield [scenario, column, *when, export.unit(column), *cells]


def _variable_rows(export: Export) -> Any:
    owner = export.result.manifest.columns.owner
    yield ["variable", "unit", "kind", "meaning"]
    for column in export.columns:
        info = owner[column]
        yield [column, export.unit(column), info.kind, info.meaning]
