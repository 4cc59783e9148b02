"""What a run says of published figures, with every error between the two, and naive forecasts of the same."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from yupana.fit.hindcast import (
    TestSeries,
    choose_naive,
    error_factor,
    histories,
    predict,
    predict_naive,
    prior_factors,
    regressors,
)

if TYPE_CHECKING:
    from yupana.fit.baselines import History, Regressors
    from yupana.fit.form_error import FormError
    from yupana.results import Result
    from yupana.study import Study

SAMPLE = 1024
"""Draws of a forecast: run draws are used again, with other errors, where a run has fewer."""


@dataclass(frozen=True)
class Origin:
    """Where the draws of a forecast come from.

    Attributes
    ----------
    full : study of the whole pack. until : the same, truncated to the origin.
    posterior : folder of a fit, or None for prior draws. draws, seed : of the runs.
    allow_failed : use a fit that failed a gate.
    form : what the equations get wrong about later years; left out where it is None.
    """

    full: Study
    until: Study
    draws: int
    seed: int
    posterior: str | None = None
    allow_failed: bool = True
    form: FormError | None = None


def _logs(series: TestSeries, result: Result) -> np.ndarray:
    """Return logs of the run in the year of each figure, (figure, draw), failed draws left out."""
    chosen = result.select(series.name)
    values = result.values(result.scenarios[0], chosen.columns)[0].astype(np.float64)  # (year, draw)
    rows = np.array([result.years.index(int(year)) for year in series.years])
    with np.errstate(divide="ignore"):
        logs = np.log(np.maximum(values[rows], 1e-12))
    logs[:, ~np.isfinite(values[rows]).all(axis=0)] = np.nan
    return logs[:, _columns(result)]


def _columns(result: Result) -> np.ndarray:
    """Return the run draw of each draw of a forecast: draws that ended, again and again."""
    fine = np.flatnonzero(result.reader.fine(result.scenarios[0]))
    return fine[np.arange(max(SAMPLE, fine.size)) % fine.size]


@dataclass(frozen=True, eq=False)
class Errors:
    """What stands between a run and the figures that sources publish.

    Attributes
    ----------
    biases : name -> prior log sd.
    fitted : name -> (draw,), log biases that a fit drew together with the parameters; None for prior draws.
    factors : declared variable -> (draw,), factor on its errors: the fit's, else of the prior.
    """

    biases: Mapping[str, float]
    fitted: Mapping[str, np.ndarray] | None
    factors: Mapping[str, np.ndarray]


def errors_of(
    origin: Origin, result: Result, biases: Mapping[str, float], scales: Mapping[str, float]
) -> Errors:
    """Return the errors of a forecast's figures.

    Parameters
    ----------
    biases : name -> prior log sd. scales : declared variable -> prior log sd of the factor on its errors.
    """
    columns = _columns(result)
    factors = prior_factors(scales, origin.seed, columns.size)
    if origin.posterior is None:
        return Errors(biases, None, factors)
    draws = origin.until.posterior(origin.posterior)
    points = draws.points[:, columns % draws.count]
    space = draws.space
    fitted = dict(zip(space.biases, space.log_biases(points), strict=True))
    return Errors(
        biases, fitted, factors | {name: error_factor(space, points, name) for name in space.scales}
    )


def figures_of(origin: Origin, series: TestSeries, result: Result, errors: Errors) -> np.ndarray:
    """Return what sources would publish if a run were true, (figure, draw)."""
    logs = _logs(series, result)
    form = None
    if origin.form is not None:
        ahead = series.years - int(origin.until.pack.until or 0)
        variable = series.figures[0].series
        form = origin.form.path(variable, series.name, ahead, origin.seed, logs.shape[1])
    return predict(series, logs, errors.biases, origin.seed, errors.fitted, errors.factors, form)


def naive_scores(
    origin: Origin, series: TestSeries, against: Against
) -> tuple[str | None, dict[str, np.ndarray]]:
    """Return which naive forecast was chosen, and the CRPS of each, (figure,); none without a history."""
    from yupana.fit.baselines import NAIVE, with_drivers
    from yupana.fit.scores import crps

    history = against.known.get(series.name)
    if history is None:
        return None, {}
    methods = {**NAIVE, "ARX": with_drivers(against.drivers)}
    found = {
        name: crps(predict_naive(series, history, method, origin.seed, name, SAMPLE), series.values)
        for name, method in methods.items()
    }
    return against.best[series.name], found


@dataclass(frozen=True, eq=False)
class Against:
    """Naive forecasts of one version: what was known, which is best, and the drivers of a regression."""

    known: Mapping[str, History]
    best: Mapping[str, str]
    drivers: Regressors


def naive_forecasts(origin: Origin) -> Callable[[str, int], Against]:
    """Return what makes the naive forecasts of an origin: (version, last test year) -> forecasts."""
    pack, until, config = origin.full.pack, origin.until.pack, origin.until.config
    known = histories(until, config)

    def against(version: str, last: int) -> Against:
        return Against(
            known,
            choose_naive(known, until, config, version, origin.seed),
            regressors(pack, until, config, version, last, origin.seed, SAMPLE),
        )

    return against
