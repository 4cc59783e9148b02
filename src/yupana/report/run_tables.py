"""Results as tables of text, no wider than a page: what `yupana run` and `yupana show` print."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from textwrap import wrap

import numpy as np

from yupana.fit.informed import Mark
from yupana.report.numbers import Scale, interval, number, scale_for
from yupana.results import Result
from yupana.results.headlines import CHANGES, headline_columns, headline_years
from yupana.results.money import money_words
from yupana.results.summary import Band, Choice, difference_bands, level_bands
from yupana.results.twin import find_twin

WIDTH = 100
MOST_SCENARIOS = 3  # past this, a summary shows only differences


@dataclass(frozen=True)
class TextTable:
    """A table ready to print.

    Attributes
    ----------
    title : line above it.
    headers : names of the columns.
    rows : cells.
    numeric : headers of right-aligned columns.
    """

    title: str
    headers: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    numeric: tuple[str, ...]

    @property
    def width(self) -> int:
        """Characters of the widest line, two between columns, the last column broken at its spaces."""
        *columns, last = zip(self.headers, *self.rows, strict=True)
        longest = max(len(word) for text in last for word in text.split(" "))
        return sum(max(map(len, column)) + 2 for column in columns) + longest


def _scale(band: Band, money_year: str | None) -> Scale:
    """The unit in which a band reads well."""
    sizes = np.abs(band.values)
    finite = sizes[np.isfinite(sizes)]
    scale = scale_for(band.unit, float(finite.max()) if finite.size else 0.0, money_year)
    # the year of the money stands above the tables, and every rate is one of a year: a cell has no room
    return Scale(scale.factor, scale.unit.replace(f" of {money_year}", "").removesuffix(" a year"))


def wide_table(bands: Sequence[Band], title: str, money_year: str | None) -> TextTable:
    """One line a column, one cell a year: median, in brackets the 5 and 95 per cent quantiles, the mark."""
    rows = []
    for band in bands:
        scale = _scale(band, money_year)
        values = band.values * scale.factor
        cells = [_marked(interval(*values[:, time]), band, time) for time in range(len(band.labels))]
        rows.append((band.column, *cells, scale.unit))
    labels = bands[0].labels
    return TextTable(title, ("variable", *labels, "unit"), tuple(rows), labels)


def _marked(text: str, band: Band, time: int) -> str:
    """A number with the sign of its mark; a number that is none has no mark."""
    if not band.marks or not np.isfinite(band.values[1, time]):
        return text
    return f"{text} {band.marks[time].sign}"


def _mark(mark: Mark, short: bool) -> str:
    """The word of a mark, or its sign where the line is long."""
    return mark.sign if short else mark.text


def tall_table(bands: Sequence[Band], title: str, money_year: str | None) -> TextTable:
    """One line for each column and time, one cell for each quantile."""
    rows = []
    for band in bands:
        scale = _scale(band, money_year)
        values = band.values * scale.factor
        for time, label in enumerate(band.labels):
            cells = [number(value) for value in values[:, time]]
            share = () if band.positive is None else (_share(band, time),)
            mark = (_mark(band.marks[time], bool(share)),) if band.marks else ()
            rows.append((band.column, label, *cells, *share, *mark, scale.unit))
    headers = ("variable", "when", "5%", "50%", "95%")
    extra = () if bands[0].positive is None else ("rises in",)
    mark = ("mark",) if bands[0].marks else ()
    return TextTable(title, (*headers, *extra, *mark, "unit"), tuple(rows), (*headers[2:], *extra))


def _share(band: Band, time: int) -> str:
    """Share of draws in which the difference is positive; a dash where nothing differs."""
    share = band.positive[time] if band.positive is not None else np.nan
    if not np.isfinite(share) or not np.any(band.values[:, time]):
        return "–"
    return f"{100 * share:.0f}% of draws"


def level_tables(result: Result, choice: Choice) -> list[TextTable]:
    """Return a table a scenario where it fits on a page, a table a variable otherwise."""
    year = money_year(result, choice.money)
    tables = []
    for name, group in groupby(level_bands(result, choice), key=lambda band: band.scenario):
        bands = list(group)
        wide = wide_table(bands, name, year)
        tables += [wide] if wide.width <= WIDTH else _by_variable(result, bands, name, year)
    return tables


def _by_variable(result: Result, bands: Sequence[Band], scenario: str, year: str | None) -> list[TextTable]:
    """Return a table for every variable over places, named once, and tables for those between them."""
    owner = result.manifest.columns.owner
    tables = []
    for key, group in groupby(bands, key=lambda band: owner[band.column].key if "[" in band.column else ""):
        members = list(group)
        title = f"{scenario}, {key}" if key else scenario
        if key and len(members) > 1:  # the name of the variable stands above, so that lines are short
            members = [replace(band, column=band.column.partition("[")[2].rstrip("]")) for band in members]
        wide = wide_table(members, title, year)
        tables.append(wide if wide.width <= WIDTH else tall_table(members, title, year))
    return tables


def difference_tables(
    result: Result, choice: Choice, against: str, twin: Result | None = None
) -> list[TextTable]:
    """Return a table of paired differences for every chosen scenario but the one compared with."""
    year = money_year(result, choice.money)
    tables = []
    for name, group in groupby(
        difference_bands(result, choice, against, twin), key=lambda band: band.scenario
    ):
        title = f"{name} less {against}, draw by draw (the same random numbers in both)"
        tables.append(tall_table(list(group), title, year))
    return tables


def money_year(result: Result, money: str) -> str | None:
    """Year of real money as text, None for money of each year."""
    return None if money == "nominal" else str(result.manifest.money.get("year"))


def summary_tables(result: Result) -> list[TextTable]:
    """Return the headline variables at a few years, and what the other scenarios change."""
    first, *others = result.scenarios
    columns = result.manifest.columns
    levels = Choice(headline_columns(columns), (first,), headline_years(result.years))
    tables = level_tables(result, levels)
    for name in others[:MOST_SCENARIOS]:
        changes = Choice(headline_columns(columns, CHANGES), (name,), _turning_years(result, name))
        tables += difference_tables(result, changes, first)
    return tables


def _turning_years(result: Result, scenario: str) -> tuple[int, ...]:
    """Years in which the levers first and last move, and the last year; a few years where none moves."""
    settings = result.manifest.recipe["scenarios"][scenario]
    others = ("rules", "structure")
    moves = sorted(int(year) for lever, steps in settings.items() if lever not in others for year in steps)
    moves = [year for year in moves if year]
    if not moves:
        return headline_years(result.years)
    return tuple(dict.fromkeys((moves[0], moves[-1], result.years[-1])))


def about_lines(result: Result, money: str = "real") -> list[str]:
    """Return what must be said above any table of a run."""
    about, recipe = result.manifest.about, result.manifest.recipe
    names = ", ".join(result.scenarios)
    span = f"{result.years[0]} to {result.years[-1]}"
    lines = [f"{about['pack_name']}: {result.draws:,} draws x {names}, {span}, seed {recipe['seed']}"]
    if about.get("invented"):
        lines.append("An invented country: no figure here was measured anywhere.")
    money = money_words(result.manifest.money, money)
    lines.append(f"{result.drawn.words}; median and, in brackets, the 5% and 95% quantiles; {money}")
    lines.append(result.marks.about())
    lines += [result.after_fit] if result.after_fit else []
    if len(result.scenarios) > 1 and result.fitted and find_twin(result) is None:
        lines.append("How much of a difference is prior is not known yet: `yupana show` finds it out")
    lines += failure_lines(result)
    return [
        part for line in lines for part in wrap(line[0].upper() + line[1:], WIDTH, break_on_hyphens=False)
    ]


def failure_lines(result: Result) -> list[str]:
    """Return how many members failed and why; nothing where none did."""
    lines = []
    for name, member in result.manifest.members.items():
        if not member["failed"]:
            continue
        reasons: dict[str, int] = {}
        for code, count in member["codes"].items():
            if int(code) & result.manifest.failures:
                reason = _reason(result, int(code) & result.manifest.failures)
                reasons[reason] = reasons.get(reason, 0) + count
        why = "; ".join(f"{count:,}: {reason}" for reason, count in reasons.items())
        count = f"{member['failed']:,} of {member['draws']:,} members"
        lines.append(f"{count} failed in {name} and are left out of every number ({why})")
    return lines


def _reason(result: Result, code: int) -> str:
    """The first reason in a result code: those of higher flags follow from it."""
    flag = code & -code
    return result.manifest.codes.get(str(flag), f"code {flag}").split(";")[0]
