"""Forecasts of test years against what was observed, and against the best naive forecast.

Runs are made from a pack truncated to the origin, once blind and once with the drivers that leak nothing;
both are ordinary runs that hold every variable of the model. What is scored says where its draws came from.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from yupana.analysis.hindcast_figures import (
    Against,
    Errors,
    Origin,
    errors_of,
    figures_of,
    naive_forecasts,
    naive_scores,
)
from yupana.core.errors import UsageError
from yupana.fit.driver_paths import VERSIONS, DriverPaths, PathEngine
from yupana.fit.hindcast import Scorable, TestSeries, scorable

if TYPE_CHECKING:
    from collections.abc import Callable

    from yupana.results import Result

    OnStep = Callable[[int, int], None]

ENERGY_SAMPLE = 256
FORM_SHARES = (0.05, 0.5, 0.95)  # of the spread of the error of form


@dataclass(frozen=True)
class SeriesScore:
    """Scores of one series in one version.

    Attributes
    ----------
    name, part, version, unit : what was scored; `part` is years before or from a survey change, or empty.
    years, n : first and last year, and number of figures.
    crps, crps_se : mean, and its block bootstrap error. crps_log : of logs. log_score, energy : means.
    pit : of each figure. coverage50, coverage90 : share of figures inside.
    best_naive : chosen before the test years; None where no figure was known before.
    crps_best_naive, crps_best_naive_se : of that forecast. naive : CRPS of all of them.
    difference, difference_se, difference_low, difference_high : CRPS of the model minus the best naive one.
    verdict : better, worse, no difference, or why there is none.
    by_year : year, horizon, figures, CRPS of the model and of the best naive forecast.
    """

    name: str
    part: str
    version: str
    unit: str
    years: tuple[int, int]
    n: int
    crps: float
    crps_se: float
    crps_log: float
    log_score: float
    energy: float
    pit: tuple[float, ...]
    coverage50: float
    coverage90: float
    best_naive: str | None
    crps_best_naive: float | None
    crps_best_naive_se: float | None
    naive: Mapping[str, float]
    difference: float | None
    difference_se: float | None
    difference_low: float | None
    difference_high: float | None
    verdict: str
    by_year: tuple[Mapping[str, Any], ...]

    def to_json(self) -> dict[str, Any]:
        """Return the scores as plain data."""
        return dict(vars(self))


@dataclass(frozen=True)
class Scoreboard:
    """All scores of one set of draws.

    Attributes
    ----------
    pack, draws, origin, first, last : what was scored, in words and years.
    failed : gates that the fit failed.
    runs : version -> id of its run. observed : file of the figures, or empty for the ledger's.
    series : scores. left_out : name -> why it cannot be scored.
    form : declared variable -> 5, 50 and 95 percent quantile of the log error of form of one year, and the
        figures that decide it; empty where forecasts are made without.
    """

    pack: str
    draws: str
    origin: int
    first: int
    last: int
    failed: tuple[str, ...]
    runs: Mapping[str, str]
    observed: str
    series: tuple[SeriesScore, ...]
    left_out: Mapping[str, str]
    form: Mapping[str, Any]

    def to_json(self) -> dict[str, Any]:
        """Return the scoreboard as plain data."""
        return {**vars(self), "series": [one.to_json() for one in self.series]}


def forecast(
    origin: Origin,
    version: str,
    last: int,
    out: Path | None = None,
    threads: int = 2,
    end: int | None = None,
) -> Result:
    """Return the run of a version; an equal run that lies there is used again.

    Parameters
    ----------
    version : ``blind`` or ``given-drivers``. last : last year whose drivers may be given.
    out : folder; by default ``yupana-runs/ID``.
    end : last year of the run, `last` if not given.
    """
    from yupana.ensemble.folder import DEFAULT_ROOT, check_free
    from yupana.ensemble.recipe import run_id
    from yupana.ensemble.runner import run_job
    from yupana.results import Result

    study = origin.until
    plan = study.plan(
        draws=origin.draws,
        seed=origin.seed,
        end=last if end is None else end,
        posterior=origin.posterior,
        prior=origin.posterior is None,
        allow_failed=origin.allow_failed,
    )
    paths = DriverPaths.of(origin.full.pack, study.pack, study.config, version, last, end)
    recipe = replace(plan.job.recipe, drivers=f"{version} {_knowledge(origin, version, last)}")
    job = replace(plan.job, recipe=recipe, engine=PathEngine(plan.job.engine, paths))
    plain = recipe.to_json()
    words = {"blind": "random walks", "given-drivers": "as recorded where they leak nothing"}[version]
    about = {**plan.manifest.about, "drivers": f"{version}: after {study.pack.until} {words}"}
    manifest = replace(plan.manifest, id=run_id(plain), recipe=plain, about=about)
    folder = Path(DEFAULT_ROOT, manifest.id) if out is None else out
    check_free(folder, manifest, resume=True, named=out is not None)
    return Result(folder, run_job(job, manifest, folder, threads))


def _knowledge(origin: Origin, version: str, last: int) -> str:
    """Return the hash of the drivers that a version may know, so that another record makes another run."""
    from yupana.core.hashing import content_hash, short_id
    from yupana.fit.driver_paths import knowable_pack

    pack = knowable_pack(origin.full.pack, origin.until.pack, version, last)
    rows = sorted([row.driver, row.place, row.year, row.known, row.value] for row in pack.driver_rows)
    return short_id(content_hash({"drivers": rows}))


def score(
    origin: Origin,
    first: int,
    last: int,
    observed: str | Path | None = None,
    threads: int = 2,
    on_step: OnStep | None = None,
) -> Scoreboard:
    """Return the scores of both versions, and of the naive forecasts beside them.

    Parameters
    ----------
    first, last : test years. observed : CSV file of figures that take the place of the ledger's.
    on_step : told of versions done and of all.

    Raises
    ------
    UsageError
        Y104 where test years begin before the origin has ended. DataError where nothing can be scored.
    """
    until = origin.until.pack.until or 0
    if not until < first <= last:
        raise UsageError(
            "the test years are no test",
            code="Y104",
            where="--from and --to",
            got=f"{first} to {last}, forecast from {until}",
            expected=f"{until + 1} or later, the first not after the last",
            fix="choose years after the origin; another origin needs another fit",
        )
    pack, config = origin.full.pack, origin.full.config
    if observed is None:
        tests, biases = scorable(pack, config, first, last)
    else:
        from yupana.analysis.hindcast_observed import outside_figures

        tests, biases = outside_figures(observed, pack, config, first, last)
    naive = naive_forecasts(origin)
    scores, runs = [], {}
    for step, version in enumerate(VERSIONS):
        if on_step:
            on_step(step, len(VERSIONS))
        result = forecast(origin, version, last, threads=threads)
        runs[version] = result.id
        against = naive(version, last)
        errors = errors_of(origin, result, biases, tests.scales)
        scores += [_score(origin, one, version, result, errors, against) for one in tests.series]
    if on_step:
        on_step(len(VERSIONS), len(VERSIONS))
    return Scoreboard(
        pack=pack.id,
        draws=str(result.manifest.about["draws"]),
        origin=until,
        first=first,
        last=last,
        failed=_failed(origin),
        runs=runs,
        observed="" if observed is None else Path(observed).name,
        series=tuple(scores),
        left_out=tests.left_out,
        form=_form(origin, tests.series),
    )


def _form(origin: Origin, series: Sequence[TestSeries]) -> dict[str, Any]:
    """Return the error of form of the scored variables that have one."""
    if origin.form is None:
        return {}
    scored = sorted({one.figures[0].series for one in series} & set(origin.form.weights))
    return {
        name: {
            "a_year": [round(float(x), 4) for x in origin.form.quantiles(name, FORM_SHARES)],
            "figures": origin.form.figures[name],
        }
        for name in scored
    }


def _failed(origin: Origin) -> tuple[str, ...]:
    return () if origin.posterior is None else origin.until.posterior(origin.posterior).failed


def _score(
    origin: Origin,
    series: TestSeries,
    version: str,
    result: Result,
    known: Errors,
    against: Against,
) -> SeriesScore:
    from yupana.core.streams import uniforms
    from yupana.fit import scores

    sample = figures_of(origin, series, result, known)
    truth, years = series.values, series.years
    errors = scores.crps(sample, truth)
    u = np.array([uniforms(origin.seed, f"hindcast/pit/{f.row}", 0, 1)[0] for f in series.figures])
    best, naive = naive_scores(origin, series, against)
    gap = scores.compare(errors, naive[best], years) if best else None
    return SeriesScore(
        name=series.name,
        part=series.part,
        version=version,
        unit=series.unit,
        years=(int(years.min()), int(years.max())),
        n=len(series.figures),
        crps=float(errors.mean()),
        crps_se=scores.mean_error(errors, years),
        crps_log=float(scores.crps(np.log(sample), np.log(truth)).mean()),
        log_score=float(scores.log_score(sample, truth).mean()),
        energy=scores.energy_score(sample[:, :ENERGY_SAMPLE], truth),
        pit=tuple(float(value) for value in scores.pit(sample, truth, u)),
        coverage50=float(scores.covered(sample, truth, 0.5).mean()),
        coverage90=float(scores.covered(sample, truth, 0.9).mean()),
        best_naive=best,
        crps_best_naive=float(naive[best].mean()) if best else None,
        crps_best_naive_se=scores.mean_error(naive[best], years) if best else None,
        naive={name: float(values.mean()) for name, values in naive.items()},
        difference=gap.mean if gap else None,
        difference_se=gap.error if gap else None,
        difference_low=gap.low if gap else None,
        difference_high=gap.high if gap else None,
        verdict=gap.verdict if gap else "no naive forecast: no figure was known at the origin",
        by_year=_by_year(years, errors, naive[best] if best else None, origin.until.pack.until or 0),
    )


def _by_year(
    years: np.ndarray, errors: np.ndarray, naive: np.ndarray | None, origin: int
) -> tuple[Mapping[str, Any], ...]:
    return tuple(
        {
            "year": int(year),
            "horizon": int(year) - origin,
            "n": int((years == year).sum()),
            "crps": float(errors[years == year].mean()),
            "crps_best_naive": None if naive is None else float(naive[years == year].mean()),
        }
        for year in np.unique(years)
    )


__all__ = ["Origin", "Scorable", "Scoreboard", "SeriesScore", "forecast", "score"]
