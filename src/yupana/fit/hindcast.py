"""What forecasts of test years are held against: figures of the ledger, and what may be known of them before.

No choice here reads a figure of a test year: which series can be scored follows from how many rows there are,
the best naive forecast from origins before the first test year, errors from what packs declared.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from yupana.core.streams import normals, uniforms
from yupana.evidence.claims_pool import RANGE_WIDTH
from yupana.evidence.pack import Pack
from yupana.fit.baselines import NAIVE, Dice, History, Naive, Regressors, usual_change, with_drivers
from yupana.fit.data import Data, Datum, collect
from yupana.fit.driver_paths import DriverPaths
from yupana.fit.posterior import DEGREES
from yupana.fit.scores import crps
from yupana.fit.space import Space
from yupana.model import VARIABLES, Config

LEAST_ROWS = 3
"""Figures of test years below which a series is not scored."""
FIRST_ORIGIN = 2008
HORIZONS = (1, 3, 5)
OUTSIDE = "outside"
"""Who publishes the figures of an outside table, as the name of their bias begins."""
LEAST_PAIRS = 3  # of origin and horizon, below which a series does not choose its naive forecast alone


@dataclass(frozen=True)
class Shift:
    """A survey that changed its rules: log factor on the figures it publishes."""

    id: str
    year: int
    by: tuple[str, ...]
    mean: float
    sd: float

    def moves(self, figure: Datum) -> bool:
        """Whether a figure was counted by the new rules."""
        return figure.year >= self.year and figure.bias.split("/")[0] in self.by


@dataclass(frozen=True)
class TestSeries:
    """Figures of one variable that are scored together.

    Attributes
    ----------
    name : as in a run, place in brackets. part : years before or from a survey change, or empty.
    unit : of the variable. figures : by year and row. shift : the survey change, where there is one.
    """

    __test__ = False  # a test series is no test

    name: str
    part: str
    unit: str
    figures: tuple[Datum, ...]
    shift: Shift | None = None

    @property
    def years(self) -> np.ndarray:
        """Year of each figure, (figure,) int."""
        return np.array([figure.year for figure in self.figures])

    @property
    def values(self) -> np.ndarray:
        """The figures, (figure,)."""
        return np.array([figure.value for figure in self.figures])


@dataclass(frozen=True)
class Scorable:
    """Series that can be scored, and why the others cannot: name -> reason.

    Attributes
    ----------
    scales : declared variable -> prior log sd of the factor on its errors; a variable that is not named has
        errors as judged.
    """

    series: tuple[TestSeries, ...]
    left_out: Mapping[str, str]
    scales: Mapping[str, float] = field(default_factory=dict)


def entries(pack: Pack) -> tuple[Any, ...]:
    """Return the errors of every variable of the model: as declared, else those of undeclared figures."""
    from yupana.core.errors import DataError
    from yupana.evidence.schema_likelihood import LikelihoodSeries

    declared = {entry.variable for entry in pack.likelihood}
    rest = pack.hindcast.undeclared if pack.hindcast else None
    if rest is None:
        raise DataError(
            "the pack declares nothing about test years",
            code="Y507",
            where="hindcast.yaml",
            got="no such file",
            expected="errors of undeclared figures, and survey changes if any",
        )
    others = [variable.key for variable in VARIABLES if variable.key not in declared]
    made = (
        LikelihoodSeries(variable=key, discrepancy=rest.discrepancy, bias=rest.bias, reason=rest.reason)
        for key in others
    )
    return (*pack.likelihood, *made)


def figures(pack: Pack, config: Config, first: int, last: int) -> tuple[dict[str, list[Datum]], Data]:
    """Return the verified figures of `first` to `last` by variable, and all of them as a fit would see them.

    Parents and children never stand together, and a figure told twice counts once.
    """
    data = collect(pack, config, _units(), first, last, entries(pack))
    found: dict[str, list[Datum]] = {}
    for figure in data.data:
        found.setdefault(figure.variable, []).append(figure)
    return found, data


def scorable(
    pack: Pack, config: Config, first: int, last: int, least: int = LEAST_ROWS
) -> tuple[Scorable, dict[str, float]]:
    """Return what can be scored in the years `first` to `last`, and the prior log sd of every bias.

    Parameters
    ----------
    pack : the whole pack, not truncated. least : figures below which a series is left out.
    """
    found, data = figures(pack, config, first, last)
    inputs = _inputs(pack)
    series: list[TestSeries] = []
    left: dict[str, str] = {}
    for name in sorted(found):
        if declared_key(name) in inputs:
            left[name] = f"an input: the driver {inputs[declared_key(name)]} records it"
            continue
        for one in split_by_survey(pack, name, found[name]):
            count = len(one.figures)
            if count < least:
                label = f"{name} {one.part}".strip()
                left[label] = f"{count} verified row{'s' * (count != 1)} in {first}-{last}"
            else:
                series.append(one)
    for name in _observed(pack) - set(found):
        left[name] = f"no verified row in {first}-{last}"
    return Scorable(tuple(series), dict(sorted(left.items())), dict(data.scales)), dict(data.biases)


def _observed(pack: Pack) -> set[str]:
    """Return the variables of the model that any row of the ledger observes."""
    from yupana.evidence.observations import observed_variables

    names = {variable.name for variable in VARIABLES}
    return {key for key in observed_variables(pack) if key.partition("[")[0] in names}


def _units() -> dict[str, str]:
    return {variable.key: variable.unit for variable in VARIABLES}


def declared_key(name: str) -> str:
    """Return the key of a variable with its dimension in the place of an element."""
    base, bracket, _ = name.partition("[")
    keys = [v.key for v in VARIABLES if v.name == base and bool(v.over) == bool(bracket)]
    return keys[0] if keys else name


def _inputs(pack: Pack) -> dict[str, str]:
    """Return variables that a driver of the same name records: they are given, not forecast."""
    return {variable.key: variable.name for variable in VARIABLES if variable.name in pack.drivers}


def split_by_survey(pack: Pack, name: str, rows: Sequence[Datum], outside: bool = False) -> list[TestSeries]:
    """Return the figures of a variable before and from its survey change apart, or all as one.

    Parameters
    ----------
    outside : figures of a table that does not say who counted: taken to be of the survey that changed.
    """
    key = declared_key(name)
    unit = _units()[key]
    change = next(
        (c for c in (pack.hindcast.survey_changes if pack.hindcast else ()) if key in c.variables), None
    )
    if change is None:
        return [TestSeries(name, "", unit, tuple(rows))]
    low, high = np.log(change.q05), np.log(change.q95)
    who = (OUTSIDE,) if outside else change.by
    mean, sd = float((low + high) / 2), float((high - low) / RANGE_WIDTH)
    shift = Shift(change.id, change.year, who, mean, sd)
    before = tuple(row for row in rows if row.year < change.year)
    after = tuple(row for row in rows if row.year >= change.year)
    return [
        TestSeries(name, f"to {change.year - 1}", unit, before),
        TestSeries(name, f"from {change.year}", unit, after, shift),
    ]


def histories(pack: Pack, config: Config) -> dict[str, History]:
    """Return what was known of every variable at the origin: one figure a year, the mean of logs.

    Parameters
    ----------
    pack : truncated to its origin.
    """
    if pack.until is None:
        raise ValueError("histories need a pack that was truncated to its origin")
    found, _ = figures(pack, config, pack.start, pack.until)
    yearly = {}
    for name, rows in found.items():
        years = np.array(sorted({row.year for row in rows}))
        logs = np.array([np.mean([np.log(r.value) for r in rows if r.year == year]) for year in years])
        yearly[name] = (years, logs)
    usual = usual_change(yearly)
    return {name: History(years, logs, usual) for name, (years, logs) in yearly.items()}


# --- forecasts of figures --------------------------------------------------------------------------------


def predict(
    series: TestSeries,
    logs: np.ndarray,
    biases: Mapping[str, float],
    seed: int,
    fitted: Mapping[str, np.ndarray] | None = None,
    factors: Mapping[str, np.ndarray] | None = None,
    form: np.ndarray | None = None,
) -> np.ndarray:
    """Return what sources would publish, (figure, draw): run draw x source bias x survey change x error.

    Parameters
    ----------
    logs : (figure, draw), logs of the variable in the year of each figure.
    biases : name -> prior log sd.
    fitted : name -> (draw,), log biases that were drawn together with the run, where a fit knows them.
    factors : declared variable -> (draw,), factor on its errors; errors as judged where there is none.
    form : (figure, draw), log factor of what the equations get wrong; none if not given.

    Errors are Student's t as in a fit, with the log sd of the row and the discrepancy of the variable.
    """
    from scipy.stats import t

    count = logs.shape[1]
    out = np.empty_like(logs)
    logs = logs if form is None else logs + form
    for index, figure in enumerate(series.figures):
        known = (fitted or {}).get(figure.bias)
        bias = (
            biases[figure.bias] * normals(seed, f"bias/{figure.bias}", 0, count) if known is None else known
        )
        size = figure.sd * (factors or {}).get(figure.series, np.ones(1))
        error = size * t.ppf(uniforms(seed, f"hindcast/error/{figure.row}", 0, count), DEGREES)
        out[index] = logs[index] + bias + error
    return np.exp(out + _shifts(series, seed, count))


def error_factor(space: Space, points: np.ndarray, variable: str) -> np.ndarray:
    """Return what a fit multiplies the errors of a declared variable by, (draw,); one where it judged none.

    Parameters
    ----------
    points : (coordinate, draw).
    """
    if variable not in space.scales:
        return np.ones(points.shape[1])
    return np.exp(space.log_scales(points)[space.scales.index(variable)])


def prior_factors(scales: Mapping[str, float], seed: int, count: int) -> dict[str, np.ndarray]:
    """Return prior draws of the factor on the errors of each variable, (draw,)."""
    return {name: np.exp(sd * normals(seed, f"scale/{name}", 0, count)) for name, sd in scales.items()}


def _shifts(series: TestSeries, seed: int, count: int) -> np.ndarray:
    """Return the log factor of the survey change, (figure, draw); one number a draw for all years."""
    shift = series.shift
    if shift is None:
        return np.zeros((len(series.figures), count))
    drawn = shift.mean + shift.sd * normals(seed, f"hindcast/survey/{shift.id}", 0, count)
    moved = np.array([shift.moves(figure) for figure in series.figures])
    return moved[:, None] * drawn


def predict_naive(
    series: TestSeries, history: History, method: Naive, seed: int, name: str, count: int
) -> np.ndarray:
    """Return a naive forecast of the figures, (figure, draw), with the same survey change as the model's."""
    targets = np.unique(series.years)
    logs = method(history, targets, Dice(seed, f"naive/{name}/{series.name}", count))
    return np.exp(logs[np.searchsorted(targets, series.years)] + _shifts(series, seed, count))


# --- the best naive forecast, chosen before the test years ------------------------------------------------


def regressors(
    full: Pack, until: Pack, config: Config, version: str, last: int, seed: int, count: int
) -> Regressors:
    """Return the drivers of a regression from the origin of `until`, as `version` knows them."""
    paths = DriverPaths.of(full, until, config, version, last)
    return Regressors(paths.years, paths.features(paths.draw(seed, 0, count)))


def choose_naive(
    known: Mapping[str, History], until: Pack, config: Config, version: str, seed: int, count: int = 200
) -> dict[str, str]:
    """Return the naive forecast with the smallest mean CRPS of logs for each series, by name.

    Origins from 2008, horizons of 1, 3 and 5 years, targets to the origin of `until` at the latest. A series
    with fewer than three such pairs takes what is best over all series.
    """
    last = int(until.until or 0)
    found: dict[str, dict[str, list[float]]] = {name: {} for name in known}
    for origin in range(FIRST_ORIGIN, last):
        early = replace(
            until, until=origin, driver_rows=tuple(r for r in until.driver_rows if r.known <= origin)
        )
        drivers = regressors(until, early, config, version, last, seed, count)
        methods = {**NAIVE, "ARX": with_drivers(drivers)}
        for name, history in known.items():
            past = history.to(origin)
            targets = np.array([origin + h for h in HORIZONS if origin + h in history.years])
            if past.years.size < 2 or not targets.size:
                continue
            truth = history.logs[np.searchsorted(history.years, targets)]
            for method, naive in methods.items():
                dice = Dice(seed, f"naive/{method}/{name}/{origin}", count)
                found[name].setdefault(method, []).extend(crps(naive(past, targets, dice), truth))
    pooled: dict[str, list[float]] = {}
    for scores in found.values():
        for method, values in scores.items():
            pooled.setdefault(method, []).extend(values)
    common = _best(pooled, "last value")
    return {
        name: _best(scores, common) if len(scores.get("last value", ())) >= LEAST_PAIRS else common
        for name, scores in found.items()
    }


def _best(scores: Mapping[str, Sequence[float]], otherwise: str) -> str:
    means = {method: float(np.mean(values)) for method, values in scores.items() if len(values)}
    return min(means, key=lambda method: means[method]) if means else otherwise
