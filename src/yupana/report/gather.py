"""From a run and its pack to plain tables: here and in `gather_year` alone a result and a pack are known."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from yupana.ensemble.labels import labels_of
from yupana.fit.informed import NO_MARK, Mark, contraction, mark_of, standard_error
from yupana.report.gather_form import with_form
from yupana.report.marking import mark_cells
from yupana.report.tables import LEVELS, Context, Fan, Observation, Panel
from yupana.report.words import has_words, say

if TYPE_CHECKING:
    from yupana.evidence.pack import Pack
    from yupana.results.result import Result
    from yupana.results.selection import Selection

Three = tuple[float, float, float]

_ABROAD_ONLY = {"exports", "seizures_abroad"}
"""Variables by market whose home market is no part of what the title says."""

_SECOND_HAND = re.compile(r",?\s+(?:quoted by|mirrored by|by memory|citing|via)\b|\s*\((?:via|quoted by)\b")
"""What follows the publisher of a figure seen at second hand: kept in the data, not under the chart."""


@dataclass(frozen=True)
class View:
    """One way of looking at a run.

    Attributes
    ----------
    result, pack : the run and the pack that it was made from.
    scenarios : shown, first one most visible.
    money : ``real`` or ``nominal``.
    monthly : by month instead of by year.
    twin : the same scenarios with draws of the priors, for a run from a fit; None where it is not at hand.
    """

    result: Result
    pack: Pack
    scenarios: tuple[str, ...]
    money: str = "real"
    monthly: bool = False
    twin: Result | None = None

    @property
    def context(self) -> Context:
        """What every picture says about the run."""
        result = self.result
        failed = max((result.failed[name] for name in self.scenarios), default=0)
        return Context(
            run=result.id,
            home=self.pack.name,
            prior=not result.fitted,
            draws=result.draws - failed,
            failed=failed,
            last_data_year=last_data_year(self.pack),
            money_year=str(self.pack.money.year) if self.money == "real" else None,
            monthly=self.monthly,
            invented=self.pack.info.invented,
            drawn=result.drawn.words,
            fitted_to=result.fitted_to,
            levers=any(result.manifest.recipe["scenarios"][name] for name in self.scenarios),
        )

    def yearly(self) -> View:
        """The same view by year: diagrams and maps show one year."""
        return replace(self, monthly=False)

    def only(self, scenario: str) -> View:
        """The same view of one scenario."""
        return replace(self, scenarios=(scenario,))

    @property
    def prior(self) -> View | None:
        """The same view of the prior twin; None where there is none."""
        return None if self.twin is None else replace(self, result=self.twin, twin=None)

    def mark(self, column: str, year: int) -> Mark | None:
        """How much of a column in a year is prior; None for a run from the priors, which says so itself."""
        return self.result.marks.at(column, year) if self.result.fitted else None

    def compared(self, before: Three | None, after: Three) -> Mark | None:
        """The mark of a number from its 5, 50 and 95 percent quantiles in the prior twin and in the run."""
        if not self.result.fitted:
            return None
        if self.twin is None or before is None or not np.isfinite((*before, *after)).all():
            return NO_MARK
        share = contraction(before[::2], after[::2]).item()
        return mark_of(share, standard_error(share, self.twin.draws, self.result.draws))


def last_data_year(pack: Pack) -> int | None:
    """Return the last year for which most series from outside are recorded; after it they follow a rule."""
    places = {row.driver: row.place or None for row in pack.driver_rows}
    last = [years[-1] for driver, place in places.items() if (years := pack.driver_years(driver, place))]
    return int(np.median(last)) if last else None


def place_name(pack: Pack, dim: str, place: str) -> str:
    """Return the name of a place of a dimension for people; its id in words where it has none."""
    return labels_of(pack).get(dim, {}).get(place, place.replace("_", " "))


def variable_name(name: str) -> str:
    """Return a variable in plain words; its key in words where the table of words has none."""
    return say(f"name_{name}") if has_words(f"name_{name}") else name.replace("_", " ").capitalize()


def title_of(view: View, chosen: Selection) -> str:
    """Return the title of a picture of a selection."""
    name = variable_name(chosen.info.name)
    if chosen.dims:
        dims = " and ".join(say(f"by_{dim}") if has_words(f"by_{dim}") else dim for dim in chosen.dims)
        return say("title_over", name=name, dimension=dims)
    if chosen.info.over:
        return say("title_place", name=name, place=_element_title(view.pack, chosen, chosen.columns[0]))
    return name


def _element_title(pack: Pack, chosen: Selection, column: str) -> str:
    places = column[len(chosen.info.name) + 1 : -1].split(",")
    return ", ".join(
        place_name(pack, dim, place) for dim, place in zip(chosen.info.over, places, strict=True)
    )


def panels_of(view: View, key: str) -> tuple[Panel, ...]:
    """Return a panel for each element of a variable, the largest first where sizes compare.

    Raises
    ------
    UsageError
        Y107, Y108 for a variable or place that the run does not hold.
    """
    chosen = view.result.select(key)
    fans = with_form(view, _fans(view, chosen.columns))
    known = {column: observations_of(view, column) for column in chosen.columns}
    panels = [
        Panel(
            key=column,
            title=_element_title(view.pack, chosen, column) if chosen.info.over else title_of(view, chosen),
            unit=chosen.info.unit,
            kind=chosen.info.kind,
            fans=tuple(fans[scenario, column] for scenario in view.scenarios),
            points=known[column][0],
            basis=_basis(chosen.info.name, chosen.info.unit),
            left_out=known[column][1],
            marks=_marks(view, column),
        )
        for column in chosen.columns
    ]
    if len(panels) > 1 and chosen.info.name in _ABROAD_ONLY:
        home = {f"{chosen.info.name}[{m.id}]" for m in view.pack.places.markets if m.kind == "home"}
        panels = [panel for panel in panels if panel.key not in home]
    if len(panels) > 1 and chosen.info.kind in ("stock", "flow"):
        panels.sort(key=lambda panel: -float(np.nanmax(panel.fans[0].values[2])))
        panels = [panel for panel in panels if panel.largest > 0]  # an exit that nothing of it can take
    return tuple(panels)


def _marks(view: View, column: str) -> tuple[Mark, ...]:
    """Return the mark of a column at every time."""
    marks = [view.result.marks.at(column, year) for year in view.result.years]
    return tuple(mark for mark in marks for _ in range(12 if view.monthly else 1))


def _basis(name: str, unit: str) -> str:
    """Return what a mass is a mass of: leaf is weighed sun-dried, everything made of it as pure cocaine."""
    if unit != "t" or name.startswith("gold_"):
        return ""
    return say("basis_leaf" if name.startswith("leaf_") else "basis_cocaine")


def _fans(view: View, columns: Sequence[str]) -> dict[tuple[str, str], Fan]:
    table = "months" if view.monthly else "years"
    kind = view.result.manifest.columns.owner[columns[0]].kind
    x = times(view.result.years, view.monthly, kind)
    return {
        (scenario, column): Fan(scenario, x, values)
        for scenario, column, values in view.result.bands(columns, LEVELS, view.scenarios, table, view.money)
    }


def times(years: Sequence[int], monthly: bool, kind: str) -> NDArray[np.float64]:
    """Return where values stand on the time axis, (time,), years.

    By year a value stands at its year. By month a stock stands at the end of its month and anything else in
    the middle, so that 2010.0 is the first of January.
    """
    if not monthly:
        return np.asarray(years, dtype=np.float64)
    months = np.arange(12) + (1.0 if kind == "stock" else 0.5)
    return (np.asarray(years, dtype=np.float64)[:, None] + months[None] / 12.0).ravel()


def observations_of(view: View, column: str) -> tuple[tuple[Observation, ...], tuple[tuple[str, str], ...]]:
    """Return what is published about one column, in the view's money and time, and what is left out."""
    from yupana.evidence.observations import observe

    info = view.result.manifest.columns.owner[column]
    first, last = view.result.years[0], view.result.years[-1]
    found = observe(view.pack, column, info.unit)
    points = []
    for row in found.observations:
        if not first <= row.year <= last:
            continue
        factor = _money_factor(view, column, row.year)
        x = float(row.year)
        if view.monthly:
            x += 1.0 if info.kind == "stock" else 0.5
            factor = factor / 12.0 if info.kind == "flow" else factor
        points.append(_observation(view.pack, row, x, factor))
    return tuple(sorted(points, key=lambda point: (point.x, point.row))), found.left_out


def _observation(pack: Pack, row: Any, x: float, factor: float) -> Observation:
    note, brief = row.note, [_brief(part) for part in row.note.split("; ") if part]
    element = row.variable.partition("[")[2].rstrip("]")
    if element and element != row.place and row.place != pack.home:
        stands = say("stands_for", place=pack.places.name_of(row.place), element=_market_name(pack, element))
        brief.append(stands)
        note = "; ".join(filter(None, (note, stands)))
    return Observation(
        row=row.row,
        x=x,
        value=row.value * factor,
        low=_number(row.low) * factor,
        high=_number(row.high) * factor,
        kind=row.by,
        publisher=_SECOND_HAND.split(row.publisher)[0].strip(),
        source=f"{row.publisher}: {pack.sources[row.source].title}",
        verified=row.verified,
        note=note,
        brief=tuple(brief),
    )


def _market_name(pack: Pack, element: str) -> str:
    return next((m.name for m in pack.places.markets if m.id == element), pack.places.name_of(element))


def _brief(note: str) -> str:
    """Return a conversion without the figures of its year, so that like conversions read alike."""
    rate = re.match(r"([A-Z]{3}) at [0-9.e+-]+ [A-Z]{3}/[A-Z]{3} \(", note)
    if rate:
        return say("rate", currency=rate[1])
    return re.sub(
        r"^mean of \d{4} to \d{4}, set at the middle$", "means of several years at the middle", note
    )


def _number(value: float | None) -> float:
    return float("nan") if value is None else float(value)


def _money_factor(view: View, column: str, year: int) -> float:
    from yupana.results.money import is_money, nominal_factors

    unit = view.result.manifest.columns.owner[column].unit
    if view.money == "real" or not is_money(unit):
        return 1.0
    return float(nominal_factors(view.result.manifest.money, [year])[0])


def draws_of(view: View, key: str, year: int) -> dict[str, NDArray[np.float64]]:
    """Return every draw of a variable in one year by column, (draw,); failed draws are NaN."""
    chosen = view.result.select(key)
    values = view.result.values(view.scenarios[0], chosen.columns, "years", view.money)
    at = view.result.years.index(year)
    return {column: np.asarray(values[i, at], dtype=np.float64) for i, column in enumerate(chosen.columns)}


def three(values: NDArray[np.float64]) -> tuple[float, float, float]:
    """Return the 5%, 50% and 95% quantile over draws that did not fail."""
    from yupana.results.quantiles import exact_quantiles

    low, middle, high = exact_quantiles(values[np.isfinite(values)], (0.05, 0.5, 0.95))
    return float(low), float(middle), float(high)


def rows_of(panels: Iterable[Panel]) -> list[dict[str, object]]:
    """Return bands and published figures of panels as tidy rows."""
    rows: list[dict[str, object]] = []
    for panel in panels:
        name, _, rest = panel.key.partition("[")
        same: dict[str, object] = {"variable": name, "place": rest.rstrip("]"), "unit": panel.unit}
        for fan in panel.fans:
            for at, x in enumerate(fan.x):
                q05, q25, q50, q75, q95 = (float(v) for v in fan.values[:, at])
                rows.append(
                    {**same, "layer": "band", "scenario": fan.scenario, "year": _year(x),
                     "q05": q05, "q25": q25, "q50": q50, "q75": q75, "q95": q95,
                     **mark_cells(panel.marks[at] if panel.marks else None)}
                )  # fmt: skip
                if fan.form is not None and np.isfinite(fan.form[0, at]):
                    q05, q95 = (float(v) for v in fan.form[:, at])
                    rows.append({**same, "layer": "band with error of form", "scenario": fan.scenario,
                                 "year": _year(x), "q05": q05, "q95": q95})  # fmt: skip
        for p in panel.points:
            rows.append(
                {**same, "layer": "observation", "year": _year(p.x), "value": p.value, "low": p.low,
                 "high": p.high, "row": p.row, "source": p.source, "source_kind": p.kind,
                 "verified": p.verified, "note": p.note}
            )  # fmt: skip
    return rows


def _year(x: float) -> object:
    return int(x) if float(x).is_integer() else float(x)
