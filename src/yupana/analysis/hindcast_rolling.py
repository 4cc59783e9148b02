"""Forecasts from one origin after another, one, three and five years ahead, against naive forecasts there.

Each origin has its own fit, to what was known then, and its own naive forecasts. One figure of one origin is
a case; cases are kept, so that scores are made from them without running anything again.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np

from yupana.analysis.hindcast import forecast
from yupana.analysis.hindcast_figures import SAMPLE, Against, Origin, errors_of, figures_of, naive_scores
from yupana.fit import scores
from yupana.fit.driver_paths import VERSIONS
from yupana.fit.form_error import QUANTILES, FormError, estimate
from yupana.fit.hindcast import HORIZONS, TestSeries, histories, regressors, scorable


@dataclass(frozen=True)
class Case:
    """One figure, forecast from one origin.

    Attributes
    ----------
    version, origin, horizon, name, part, unit, row : what was forecast, from where.
    crps : of the model. crps_log : of logs. naive : CRPS of every naive forecast; empty without a history.
    inside50, inside90 : whether the figure lay inside.
    variable : declared, its dimension in brackets. off : quantiles of the log of forecast over figure.
    """

    version: str
    origin: int
    horizon: int
    name: str
    part: str
    unit: str
    row: str
    crps: float
    crps_log: float
    naive: Mapping[str, float]
    inside50: bool
    inside90: bool
    variable: str
    off: tuple[float, ...]

    def to_json(self) -> dict[str, Any]:
        """Return the case as plain data."""
        return asdict(self)


def cases(
    origin: Origin, last: int, horizons: Sequence[int] = HORIZONS, threads: int = 2
) -> tuple[Case, ...]:
    """Return the figures of the years that lie `horizons` after an origin, forecast in both versions.

    Parameters
    ----------
    last : last year whose figures are looked at.
    """
    until = int(origin.until.pack.until or 0)
    years = [until + ahead for ahead in horizons if until + ahead <= last]
    if not years:
        return ()
    pack, config, end = origin.full.pack, origin.full.config, max(years)
    tests, biases = scorable(pack, config, until + 1, end, least=1)
    known = histories(origin.until.pack, origin.until.config)
    found: list[Case] = []
    for version in VERSIONS:
        result = forecast(origin, version, end, threads=threads)
        errors = errors_of(origin, result, biases, tests.scales)
        drivers = regressors(pack, origin.until.pack, config, version, end, origin.seed, SAMPLE)
        against = Against(known, dict.fromkeys(known, ""), drivers)
        for one in tests.series:
            wanted = replace(one, figures=tuple(f for f in one.figures if f.year in years))
            if wanted.figures:
                sample = figures_of(origin, wanted, result, errors)
                found += _cases(version, until, wanted, sample, naive_scores(origin, wanted, against)[1])
    return tuple(found)


def _cases(
    version: str, origin: int, series: TestSeries, sample: np.ndarray, naive: Mapping[str, np.ndarray]
) -> list[Case]:
    truth = series.values
    own, logs = scores.crps(sample, truth), scores.crps(np.log(sample), np.log(truth))
    off = np.nanquantile(np.log(sample), QUANTILES, axis=1) - np.log(truth)  # (share, figure)
    inside = {share: scores.covered(sample, truth, share) for share in (0.5, 0.9)}
    return [
        Case(
            version=version,
            origin=origin,
            horizon=figure.year - origin,
            name=series.name,
            part=series.part,
            unit=series.unit,
            row=figure.row,
            crps=float(own[i]),
            crps_log=float(logs[i]),
            naive={name: float(values[i]) for name, values in naive.items()},
            inside50=bool(inside[0.5][i]),
            inside90=bool(inside[0.9][i]),
            variable=figure.series,
            off=tuple(round(float(x), 4) for x in off[:, i]),
        )
        for i, figure in enumerate(series.figures)
    ]


def form_error(found: Iterable[Case], until: int) -> FormError:
    """Return what forecasts from earlier origins, given drivers, say of the error of form.

    Parameters
    ----------
    until : last year whose figures may have a part in it.
    """
    met = [one for one in found if one.version == VERSIONS[-1] and one.origin + one.horizon <= until]
    return estimate(met, until)


def rolling_scores(found: Iterable[Case]) -> list[dict[str, Any]]:
    """Return scores by version, series and horizon, as plain data.

    The naive forecast of a series is the one with the smallest mean CRPS over all its origins and
    horizons here: the hardest to beat, and known only afterwards. Forecasts of neighbouring origins share
    years: errors are those of blocks as long as the horizon.
    """
    groups: dict[tuple[str, str, str], list[Case]] = {}
    for case in found:
        groups.setdefault((case.version, case.name, case.part), []).append(case)
    return [
        _scores(best, [case for case in group if case.horizon == horizon])
        for group in groups.values()
        for best in [_hardest(group)]
        for horizon in sorted({case.horizon for case in group})
    ]


def _hardest(group: Sequence[Case]) -> str | None:
    """Return the naive forecast that was best over the cases that have any."""
    have = [case.naive for case in group if case.naive]
    if not have:
        return None
    return min(have[0], key=lambda name: float(np.mean([naive[name] for naive in have])))


def _scores(best: str | None, group: Sequence[Case]) -> dict[str, Any]:
    """Return the scores of cases of one version, series and horizon; compared where a naive forecast was."""
    horizon = group[0].horizon
    compared = [case for case in group if best and case.naive]
    body: dict[str, Any] = {
        "version": group[0].version,
        "name": group[0].name,
        "part": group[0].part,
        "unit": group[0].unit,
        "horizon": horizon,
        "n": len(group),
        "origins": len({case.origin for case in group}),
        "crps": float(np.mean([case.crps for case in group])),
        "crps_log": float(np.mean([case.crps_log for case in group])),
        "coverage50": float(np.mean([case.inside50 for case in group])),
        "coverage90": float(np.mean([case.inside90 for case in group])),
        "compared": len(compared),
        "best_naive": None,
    }
    if best is None or not compared:
        return body
    own = np.array([case.crps for case in compared])
    other = np.array([case.naive[best] for case in compared])
    origins = np.array([case.origin for case in compared])
    gap = scores.compare(own, other, origins, overlap=horizon)
    return body | {
        "best_naive": best,
        "crps_compared": float(own.mean()),
        "crps_se": scores.mean_error(own, origins, horizon),
        "crps_best_naive": float(other.mean()),
        "difference": gap.mean,
        "difference_se": gap.error,
        "difference_low": gap.low,
        "difference_high": gap.high,
        "verdict": gap.verdict,
    }
