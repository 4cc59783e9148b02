"""A result as plain numbers: quantiles by scenario, variable and year, ready for JSON and for tables."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from yupana.fit.informed import Mark
from yupana.results.quantiles import DEFAULT
from yupana.results.result import Result
from yupana.results.selection import select_all, select_scenarios, select_years
from yupana.results.twin import difference_marks, find_twin

NAMES = ("q05", "q50", "q95")


@dataclass(frozen=True)
class Band:
    """Quantiles of one column in one scenario, or of its difference from another scenario.

    Attributes
    ----------
    scenario, against : names; `against` is empty for the column itself.
    column, unit : what it is.
    labels : (time,) year, or year and month.
    values : (quantile, time), 5, 50 and 95 per cent.
    positive : (time,) share of draws whose difference is positive; None for the column itself.
    marks : (time,) how much of the number is prior.
    """

    scenario: str
    against: str
    column: str
    unit: str
    labels: tuple[str, ...]
    values: NDArray[np.float64]
    positive: NDArray[np.float64] | None = None
    marks: tuple[Mark, ...] = ()

    def to_json(self) -> dict[str, dict[str, Any]]:
        """Return label -> quantiles by name and the mark; None where no draw counts."""
        rows: dict[str, dict[str, Any]] = {}
        for time, label in enumerate(self.labels):
            row: dict[str, Any] = {name: _number(self.values[i, time]) for i, name in enumerate(NAMES)}
            if self.marks:
                row |= {
                    "mark": self.marks[time].text,
                    "contraction": self.marks[time].to_json()["contraction"],
                }
            if self.positive is not None:
                row["positive"] = _number(self.positive[time])
            rows[label] = row
        return rows


def _number(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None


@dataclass(frozen=True)
class Choice:
    """What part of a result to show.

    Attributes
    ----------
    variables : keys; all where empty.
    scenarios : names; all where empty.
    years : calendar years; all where empty.
    monthly : by month.
    money : real or nominal.
    """

    variables: tuple[str, ...] = ()
    scenarios: tuple[str, ...] = ()
    years: tuple[int, ...] = ()
    monthly: bool = False
    money: str = "real"


def columns_of(result: Result, keys: Sequence[str]) -> tuple[str, ...]:
    """Return the columns that `keys` mean, each once."""
    chosen = select_all(result.manifest.columns, keys)
    return tuple(dict.fromkeys(column for selection in chosen for column in selection.columns))


def level_bands(result: Result, choice: Choice) -> list[Band]:
    """Return the bands of what was chosen, in the order of scenarios and columns."""
    table = result.table(choice.monthly)
    labels, kept = _times(result, choice)
    columns = columns_of(result, choice.variables)
    names = select_scenarios(result.scenarios, choice.scenarios)
    owner = result.manifest.columns.owner
    years = _years(result, choice)
    return [
        Band(
            name, "", column, owner[column].unit, labels, values[:, kept],
            marks=tuple(result.marks.at(column, year) for year in years),
        )
        for name, column, values in result.bands(columns, DEFAULT, names, table, choice.money)
    ]  # fmt: skip


def difference_bands(result: Result, choice: Choice, against: str, twin: Result | None = None) -> list[Band]:
    """Return the bands of the paired differences from `against`, for every other scenario chosen.

    They are marked against those of the run's prior twin: `twin`, or the one in the run's folder.
    """
    table = result.table(choice.monthly)
    labels, kept = _times(result, choice)
    columns = columns_of(result, choice.variables)
    names = select_scenarios(result.scenarios, choice.scenarios)
    select_scenarios(result.scenarios, (against,))
    owner, twin, years = result.manifest.columns.owner, twin or find_twin(result), _years(result, choice)
    bands = []
    for name in names:
        if name == against:
            continue
        found = result.differences(columns, name, against, DEFAULT, table, choice.money)
        marks = difference_marks(result, twin, columns, name, against)
        bands += [
            Band(
                name, against, column, owner[column].unit, labels, values[:, kept], positive[kept],
                tuple(marks[column][result.years.index(year)] for year in years),
            )
            for column, values, positive in found
        ]  # fmt: skip
    return bands


def _years(result: Result, choice: Choice) -> tuple[int, ...]:
    """Return the year of every time chosen."""
    years = select_years(result.years, choice.years)
    return tuple(np.repeat(years, 12).tolist()) if choice.monthly else years


def _times(result: Result, choice: Choice) -> tuple[tuple[str, ...], list[int]]:
    """Return labels and positions of the times chosen."""
    years = select_years(result.years, choice.years)
    positions = [result.years.index(year) for year in years]
    if not choice.monthly:
        return tuple(str(year) for year in years), positions
    labels = tuple(f"{year}-{month:02d}" for year in years for month in range(1, 13))
    return labels, [12 * position + month for position in positions for month in range(12)]


def summary_json(result: Result, money: str = "real") -> dict[str, Any]:
    """Return every variable of a run by year: run, draws, and quantiles by scenario, column and year.

    A run from a fit also says which, under ``drawn_from``, and marks its numbers; without it all are prior.
    """
    bands = level_bands(result, Choice(money=money))
    if not result.fitted:
        bands = [replace(band, marks=()) for band in bands]
    found = {"run": result.id, "draws": result.draws, "scenarios": bands_json(bands, "years")}
    return found | {"drawn_from": result.drawn.words} if result.fitted else found


def bands_json(bands: Iterable[Band], time: str) -> dict[str, Any]:
    """Return scenario -> column -> unit and quantiles by time; `time` is ``years`` or ``months``."""
    scenarios: dict[str, Any] = {}
    for band in bands:
        columns = scenarios.setdefault(band.scenario, {})
        columns[band.column] = {"unit": band.unit, time: band.to_json()}
    return scenarios
