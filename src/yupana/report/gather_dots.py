"""One year of a variable over a dimension as rows of dots: largest first, or in a given order."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from yupana.fit.informed import Mark
from yupana.report.dots import Dot, Strip
from yupana.report.gather import Three, View, place_name, three, title_of
from yupana.report.marking import mark_cells
from yupana.report.words import say

MOST_DOTS = 15
"""Rows shown by name; what is left is one row, its sum in every draw."""

_NO_SUMS = ("share", "index", "ratio", "year", "usd/kg", "1")
"""Units that mean nothing summed over places."""


def strip_of(
    view: View,
    key: str,
    year: int,
    *,
    most: int = MOST_DOTS,
    order: Sequence[str] = (),
    hollow: Sequence[str] = (),
    hollow_words: str = "",
) -> Strip:
    """Return the dots of a variable over a dimension.

    Parameters
    ----------
    view : run and scenarios, by year.
    key : variable with its dimension.
    year : of the numbers.
    most : rows by name; the smallest of more are summed, or left out where sums mean nothing.
    order : elements in the order wanted; by the median of the first scenario where empty.
    hollow, hollow_words : elements drawn hollow, and what that means.
    """
    chosen = view.result.select(key)
    info, columns = chosen.info, list(chosen.columns)
    at = view.result.years.index(year)
    draws = {
        name: np.asarray(view.result.values(name, columns, "years", view.money)[:, at], dtype=np.float64)
        for name in view.scenarios
    }
    ids = [column[len(info.name) + 1 : -1] for column in columns]
    middle = np.array([[three(row)[1] for row in draws[name]] for name in view.scenarios])
    rank = np.nan_to_num(middle.max(axis=0), nan=-np.inf)
    kept = set(np.argsort(-rank, kind="stable")[:most].tolist())
    shown = sorted(kept, key=lambda i: -middle[0, i])
    if order:
        shown = sorted(kept, key=lambda i: order.index(ids[i]))
    dots = [
        Dot(
            columns[i],
            _label(view, info.over, ids[i]),
            tuple(three(draws[name][i]) for name in view.scenarios),
            ids[i] in hollow,
            marks=_marks(view, columns[i], year),
        )
        for i in shown
    ]
    rest = [i for i in range(len(columns)) if i not in kept]
    summed = bool(rest) and info.unit.lower() not in _NO_SUMS
    if summed:
        names = [columns[i] for i in rest]
        dots.append(_rest(view, key, names, [draws[n][rest] for n in view.scenarios], year))
    note = say("dots_left_out", count=len(rest)) if rest and not summed else ""
    return Strip(
        key=key,
        title=say("title_year", title=title_of(view, chosen), year=year),
        unit=info.unit,
        kind=info.kind,
        year=year,
        scenarios=view.scenarios,
        dots=tuple(dots),
        hollow=hollow_words if any(dot.hollow for dot in dots) else "",
        note=note,
    )


def _label(view: View, dims: tuple[str, ...], element: str) -> str:
    places = zip(dims, element.split(","), strict=True)
    return ", ".join(place_name(view.pack, dim, place) for dim, place in places)


def _marks(view: View, column: str, year: int) -> tuple[Mark, ...]:
    mark = view.mark(column, year)
    return () if mark is None else (mark,) * len(view.scenarios)


def _rest(
    view: View, key: str, columns: Sequence[str], draws: Sequence[NDArray[np.float64]], year: int
) -> Dot:
    """Return the sum of the elements that are not shown, draw by draw, marked against the prior twin."""
    name, dim = key.rstrip("]").split("[")
    values = tuple(three(each.sum(axis=0)) for each in draws)
    before: list[Three | None] = [None] * len(values)
    if view.twin is not None:
        at = view.result.years.index(year)
        read = (view.twin.values(one, columns, "years", view.money)[:, at] for one in view.scenarios)
        before = [three(each.astype(np.float64).sum(axis=0)) for each in read]
    marks = (view.compared(one, other) for one, other in zip(before, values, strict=True))
    return Dot(
        f"{name}[rest of {dim}]",
        say("dots_rest", count=len(columns)),
        values,
        note="; ".join(column[len(name) + 1 : -1] for column in columns),
        marks=tuple(mark for mark in marks if mark is not None),
    )


def strip_rows(strip: Strip) -> list[dict[str, object]]:
    """Return the numbers of a strip as tidy rows."""
    rows: list[dict[str, object]] = []
    for dot in strip.dots:
        name, _, place = dot.column.partition("[")
        for at, (scenario, values) in enumerate(zip(strip.scenarios, dot.values, strict=True)):
            rows.append(
                {"layer": "dot", "variable": name, "place": place.rstrip("]"), "scenario": scenario,
                 "year": strip.year, "unit": strip.unit, "note": dot.note,
                 **dict(zip(("q05", "q50", "q95"), values, strict=True)),
                 **mark_cells(dot.marks[at] if dot.marks else None)}
            )  # fmt: skip
    return rows
