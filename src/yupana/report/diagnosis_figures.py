"""Figures of a fit: unknowns before and after, published figures against the fit, directions informed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import numpy as np

from yupana.fit.diagnosis import (
    BIAS,
    LEAST_CONTRACTION,
    PARAMETER,
    SCALE,
    SHOCK,
    Check,
    Diagnosis,
    Series,
    Unknown,
)
from yupana.report import palette
from yupana.report.fan import point_legend, year_ticks
from yupana.report.gather import variable_name
from yupana.report.layout import MARGIN, WIDTH, Page, text_width
from yupana.report.numbers import interval, scale_for, tick
from yupana.report.pages import join_parts, name_panel
from yupana.report.palette import styled
from yupana.report.save import Picture
from yupana.report.tables import Observation, Table
from yupana.report.words import say

if TYPE_CHECKING:
    from matplotlib.artist import Artist
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

PLURALS = {PARAMETER: "parameters", SHOCK: "shocks", SCALE: "scales", BIAS: "biases"}
MOST_UNKNOWNS = 30
MOST_PANELS = 18
COLUMNS = 3
PANEL = 1.75  # inches
ROW = 0.2
LETTERS = 7.8
_OUTER = 1.6448536
_GREY = "#c9c9c9"
_SIDE = 0.028  # of the time axis, between figures of one year
_UNKNOWN_COLUMNS = (
    *("name", "kind", "unit", "prior_q05", "prior_q50", "prior_q95", "q05", "q50", "q95"),
    *("contraction", "error", "shift", "mark"),
)
_SERIES_COLUMNS = (
    *("variable", "unit", "year", "row", "source", "value", "q05", "q25", "q50", "q75", "q95", "z"),
)


def fit_pictures(found: Diagnosis, home: str, money_year: str) -> list[Picture]:
    """Return every figure of a diagnosis.

    Parameters
    ----------
    home : name of the country. money_year : year of real money.
    """
    pictures = [
        _picture(
            f"fit-{PLURALS[kind]}",
            lambda kind=kind: unknowns_page(found, kind, home),
            _unknown_table(found, kind),
        )
        for kind in PLURALS
        if found.of_kind(kind)
    ]
    parts = -(-len(found.series) // MOST_PANELS)
    for part in range(parts):
        some = found.series[part * MOST_PANELS : (part + 1) * MOST_PANELS]
        title = say("fit_series") if parts == 1 else say("fit_series_part", part=part + 1, parts=parts)
        pictures.append(
            _picture(
                "fit-series" if parts == 1 else f"fit-series-{part + 1}",
                lambda some=some, title=title: series_page(found, some, title, home, money_year),
                _series_table(found, some),
            )
        )
    pictures.append(
        _picture("fit-directions", lambda: directions_page(found, home), _directions_table(found))
    )
    return pictures


def _picture(name: str, draw: Callable[[], Figure], table: Table) -> Picture:
    with styled():
        return Picture(name, draw(), table)


def _subtitle(found: Diagnosis, home: str) -> str:
    words = found.words[:1].upper() + found.words[1:]
    return join_parts([home, words, say("draws", count=f"{found.draws:,}")])


def _facts(found: Diagnosis) -> dict[str, object]:
    return {"fit": found.record.id, "drawn_from": found.words, "made_by": dict(found.record.recipe)}


def unknowns_page(found: Diagnosis, kind: str, home: str) -> Figure:
    """Return the page of one kind of unknown: prior and posterior side by side, and the contraction."""
    every = found.of_kind(kind)
    shown = every[:MOST_UNKNOWNS]
    texts = [_numbers(unknown) for unknown in shown]
    left = min(max(text_width(unknown.name, LETTERS) for unknown in shown) + 0.15, 3.0)
    right = max(text_width(text, LETTERS) for text in texts) + 0.2
    room = WIDTH - 2 * MARGIN - left - right
    height = ROW * len(shown)
    note = say(
        "fit_unknowns_note", shown=len(shown), all=len(every), draws=found.draws,
        prior=sum(unknown.mark == "prior" for unknown in every),
    )  # fmt: skip
    page = Page(
        height + 0.85,
        say(f"fit_{PLURALS[kind]}"),
        _subtitle(found, home),
        [note, say("fit_run", fit=found.record.id)],
        _unknown_legend(),
    )
    wide = 0.55 * (room - 0.3)
    intervals = page.axes(MARGIN + left, 0.38, wide, height)
    _draw_intervals(intervals, shown, texts, room - wide)
    narrow = page.axes(MARGIN + left + wide + 0.3, 0.38, room - wide - 0.3, height)
    _draw_contraction(narrow, shown)
    name_panel(intervals, say("fit_prior_side"), say("fit_prior_unit"), left=0)
    name_panel(narrow, say("fit_contraction"), say("fit_of_variance"), left=0)
    return page.figure


def _numbers(unknown: Unknown) -> str:
    unit = "" if unknown.unit in ("ratio", "share", "weight", "factor", "sd", "1") else f" {unknown.unit}"
    least = 10.0 ** min(np.floor(np.log10(max(abs(unknown.posterior[1]), 1e-9))) - 1, -2)
    low, middle, high = unknown.posterior
    return interval(low, middle, high, float(least)) + unit


def _draw_intervals(ax: Axes, shown: Sequence[Unknown], texts: Sequence[str], beyond: float) -> None:
    ends = [3.0]
    for row, (unknown, text) in enumerate(zip(shown, texts, strict=True)):
        low, middle, high = unknown.standard
        ends += [abs(low) + 0.2, abs(high) + 0.2]
        ax.plot([-_OUTER, _OUTER], [row, row], color=_GREY, linewidth=5.0, solid_capstyle="butt", zorder=2)
        ax.plot([low, high], [row, row], color=palette.BLUE, linewidth=1.8, zorder=3)
        ax.plot([middle], [row], "o", color=palette.BLUE, markersize=3.6, zorder=4)
        ax.annotate(
            text, (1.0, row), xycoords=("axes fraction", "data"), xytext=(72 * beyond + 8, 0),
            textcoords="offset points", fontsize=LETTERS, va="center", ha="left", color=palette.INK,
        )  # fmt: skip
    ax.set_xlim(-max(ends), max(ends))
    last = int(max(ends) - 0.4)  # the label at the edge would meet that of the next panel
    ax.set_xticks(range(-last, last + 1), [str(place).replace("-", "−") for place in range(-last, last + 1)])
    _rows(ax, len(shown))
    ax.set_yticks(range(len(shown)), [unknown.name for unknown in shown], fontsize=LETTERS)
    ax.axvline(0.0, color=palette.SOFT_INK, linewidth=0.7, zorder=1)


def _draw_contraction(ax: Axes, shown: Sequence[Unknown]) -> None:
    for row, unknown in enumerate(shown):
        reach = 2.0 * unknown.error
        ends = [max(unknown.contraction - reach, -0.3), min(unknown.contraction + reach, 1.0)]
        ax.plot(ends, [row, row], color=palette.SOFT_INK, linewidth=1.0, zorder=2)
        face = palette.PAPER if unknown.mark else palette.VERMILLION
        ax.plot([max(unknown.contraction, -0.3)], [row], "D", color=palette.VERMILLION, markersize=4.0,
                markerfacecolor=face, zorder=3)  # fmt: skip
    ax.axvline(LEAST_CONTRACTION, color=palette.SOFT_INK, linewidth=0.9, linestyle=(0, (3, 2)), zorder=1)
    ax.set_xlim(min(0.0, *(unknown.contraction - 2.0 * unknown.error for unknown in shown)) - 0.02, 1.0)
    ax.set_xticks([0.0, 0.5, 1.0], ["0", "0.5", "1"])
    _rows(ax, len(shown))
    ax.set_yticks([])


def _rows(ax: Axes, count: int) -> None:
    ax.set_ylim(count - 0.4, -0.6)
    ax.grid(axis="x")
    ax.spines["left"].set_visible(False)


def _unknown_legend() -> list[Artist]:
    from matplotlib.lines import Line2D
    from matplotlib.patches import Patch

    return [
        Patch(facecolor=_GREY, label=say("fit_prior_range")),
        Line2D([], [], color=palette.BLUE, marker="o", markersize=4, label=say("fit_posterior_range")),
        Line2D([], [], color=palette.VERMILLION, marker="D", markerfacecolor=palette.PAPER, linestyle="none",
               label=say("fit_marked", least=LEAST_CONTRACTION)),
    ]  # fmt: skip


def series_page(found: Diagnosis, shown: Sequence[Series], title: str, home: str, money_year: str) -> Figure:
    """Return a panel a variable: each published figure on the interval that the fit gives for it."""
    columns = min(COLUMNS, len(shown))
    rows = -(-len(shown) // columns)
    points = [_point(check) for series in shown for check in series.checks]
    page = Page(
        rows * PANEL + 0.1,
        title,
        _subtitle(found, home),
        [
            say("own_scale") + " " + say("fit_series_note", year=money_year),
            say("fit_run", fit=found.record.id),
        ],
        [*_series_legend(), *point_legend(points)],
    )
    step = (WIDTH - 2 * MARGIN) / columns
    for place, series in enumerate(shown):
        row, column = divmod(place, columns)
        bottom = (rows - 1 - row) * PANEL + 0.4
        ax = page.axes(MARGIN + column * step + 0.42, bottom, step - 0.52, PANEL - 0.82)
        _draw_series(ax, series, money_year, found.about["years"])
    return page.figure


def _draw_series(ax: Axes, series: Series, money_year: str, years: Sequence[int]) -> None:
    largest = max(max(check.value, check.predicted[4]) for check in series.checks)
    scale = scale_for(series.unit, largest, money_year)
    for check, x in zip(series.checks, _places(series.checks, len(years)), strict=True):
        low, quarter, _, three, high = (value * scale.factor for value in check.predicted)
        ax.plot([x, x], [low, high], color=palette.BLUE, alpha=0.3, linewidth=4.2, solid_capstyle="butt")
        ax.plot(
            [x, x], [quarter, three], color=palette.BLUE, alpha=0.55, linewidth=4.2, solid_capstyle="butt"
        )
        mark = palette.mark_of(check.source.partition("/")[0])
        ax.plot([x], [check.value * scale.factor], mark.marker, color=mark.colour, markersize=mark.size - 1.2,
                markeredgecolor=palette.PAPER, markeredgewidth=0.5, zorder=5)  # fmt: skip
    _frame(ax, 1.12 * largest * scale.factor)
    ax.set_xlim(years[0] - 0.7, years[-1] + 0.7)
    ticks = year_ticks(years[0], years[-1], 4)
    ax.set_xticks(ticks, [str(int(year)) for year in ticks])
    name, _, place = series.variable.partition("[")
    words = place.rstrip("]").replace("_", " ")
    inside = say("fit_inside", inside=series.within_ninety, n=len(series.checks))
    room = ax.get_position().width * WIDTH + 0.42
    title = _fitting(f"{variable_name(name)}, {words}" if words else variable_name(name), room)
    unit = scale.unit.replace(f" of {money_year}", "")
    name_panel(ax, title, f"{unit}; {inside}" if unit else inside, size=7.8)


def _frame(ax: Axes, top: float) -> None:
    from matplotlib.ticker import MaxNLocator

    places = MaxNLocator(nbins=4, steps=[1, 2, 2.5, 5, 10]).tick_values(0.0, top)
    step = float(places[1] - places[0])
    shown = [float(place) for place in places if place <= 0.97 * top]
    ax.set_ylim(0.0, top)
    ax.set_yticks(shown, [tick(place, step) for place in shown])
    ax.grid(axis="y")
    ax.spines["left"].set_visible(False)


def _fitting(text: str, room: float) -> str:
    """Return as much of a title as its panel has room for."""
    if text_width(text, 7.8, "bold") <= room:
        return text
    while text and text_width(text + "…", 7.8, "bold") > room:
        text = text[:-1]
    return text.rstrip(" ,") + "…"


def _places(checks: Sequence[Check], span: int) -> list[float]:
    """Return where figures stand on the time axis: those of one year side by side."""
    years = [check.year for check in checks]
    found = []
    for number, year in enumerate(years):
        beside = [i for i, other in enumerate(years) if other == year]
        found.append(year + _SIDE * span * (beside.index(number) - 0.5 * (len(beside) - 1)))
    return found


def _point(check: Check) -> Observation:
    kind = check.source.partition("/")[0]
    shown = kind if kind in palette.MARKS else "other sources"
    nan = float("nan")
    return Observation(check.row, float(check.year), check.value, nan, nan, shown, shown, "", True, "", ())


def _series_legend() -> list[Artist]:
    from matplotlib.patches import Patch

    return [
        Patch(facecolor=palette.BLUE, alpha=0.68, linewidth=0, label=say("fit_predicted_half")),
        Patch(facecolor=palette.BLUE, alpha=0.3, linewidth=0, label=say("fit_predicted_ninety")),
    ]


def directions_page(found: Diagnosis, home: str) -> Figure:
    """Return the share of prior variance that the figures remove, by direction."""
    values = np.array(found.eigenvalues)
    removed = values / (1.0 + values)
    shown = removed[: max(10, int((removed > 0.01).sum()) + 1)]
    every = max(1, len(shown) // 20)
    page = Page(
        2.6,
        say("fit_directions"),
        _subtitle(found, home),
        [say("fit_directions_note", informed=found.about["informed"]), say("fit_run", fit=found.record.id)],
    )
    ax = page.axes(0.72, 0.36, WIDTH - 0.72 - MARGIN, 1.9)
    colours = [palette.BLUE if share > 0.5 else "#b8cfe0" for share in shown]
    ax.bar(np.arange(1, len(shown) + 1), shown, color=colours, width=0.7)
    ax.set_ylim(0.0, 1.0)
    ax.set_yticks([0.0, 0.5, 1.0], ["0", "0.5", "1"])
    ax.set_xlim(0.4, len(shown) + 0.6)
    ax.set_xticks(range(every, len(shown) + 1, every))
    ax.grid(axis="y")
    ax.spines["left"].set_visible(False)
    name_panel(ax, say("fit_directions_panel"), "")
    return page.figure


def _unknown_table(found: Diagnosis, kind: str) -> Table:
    rows: list[dict[str, object]] = [
        {
            "name": u.name, "kind": u.kind, "unit": u.unit,
            **dict(zip(("prior_q05", "prior_q50", "prior_q95"), u.prior, strict=True)),
            **dict(zip(("q05", "q50", "q95"), u.posterior, strict=True)),
            "contraction": u.contraction, "error": u.error, "shift": u.shift, "mark": u.mark,
        }
        for u in found.of_kind(kind)
    ]  # fmt: skip
    return Table(_UNKNOWN_COLUMNS, tuple(rows), _facts(found))


def _series_table(found: Diagnosis, shown: Sequence[Series]) -> Table:
    names = ("q05", "q25", "q50", "q75", "q95")
    rows: list[dict[str, object]] = [
        {
            "variable": series.variable, "unit": series.unit, "year": c.year, "row": c.row,
            "source": c.source, "value": c.value, **dict(zip(names, c.predicted, strict=True)), "z": c.z,
        }
        for series in shown
        for c in series.checks
    ]  # fmt: skip
    return Table(_SERIES_COLUMNS, tuple(rows), _facts(found))


def _directions_table(found: Diagnosis) -> Table:
    rows: list[dict[str, object]] = [
        {"direction": i, "eigenvalue": value, "removed": value / (1.0 + value)}
        for i, value in enumerate(found.eigenvalues, 1)
    ]
    return Table(("direction", "eigenvalue", "removed"), tuple(rows), _facts(found))
