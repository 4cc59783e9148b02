"""Records whose years were permuted: the fit of one, and what must vanish. See calibration_study.py.

A permutation within a variable leaves its level, its spread, its errors and its sources as they are; drivers
keep their years. It destroys when a variable was high and when low, and so what is learned from that alone.
"""

from __future__ import annotations

import argparse
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from calibration_results import kind_of

from yupana.core.streams import normals, uniforms
from yupana.fit import gates, synthetic
from yupana.fit.data import Data
from yupana.fit.posterior import DEGREES, Posterior
from yupana.fit.scores import compare, crps

LEAST_YEARS = 3  # of figures of a variable before an origin, below which it is not forecast
USUAL = 3.0  # figures that the usual spread of a variable counts as, where years do not matter
GRID = 512  # draws of the forecast without time
TIMED = 0.5
"""Share of what figures say of a parameter that they say by differences between years: then it is timed."""
TOLD = 0.1  # contraction in the real fit, below which a parameter is not asked about
SMALL = 0.25  # share of the real contraction below which it has vanished
REAL = 0  # number of the record that was not permuted


@dataclass(frozen=True)
class Task:
    """A record to fit: last year, and number of the permutation; 0 is the real one."""

    origin: int
    number: int

    @property
    def file(self) -> str:
        """Name of its file."""
        return f"record-{self.origin}-{self.number:02d}.npz"


def tasks(asked: argparse.Namespace, quick: Posterior, seed: int) -> list[Task]:
    """Return the records of a study: all years with many permutations, earlier origins with a few."""
    last = quick.space.years[-1]
    made = [Task(last, number) for number in range(asked.seeds + 1)]
    for origin in range(last - asked.origins, last):
        made += [Task(origin, number) for number in range(asked.each + 1)]
    return made


def fit(task: Task, exact: Posterior, quick: Posterior, draws: int, seed: int, method: str) -> dict[str, Any]:
    """Return the draws of the fit of one record, and its forecast of the figures of the year after."""
    data = record(task, quick.data, seed)
    fitted = synthetic.fit_record(exact, quick, data, draws, seed + task.number, method)
    names = synthetic.with_data(quick, data).space.names
    points = synthetic.in_space(fitted.drawn.points, names, quick.space, seed)
    rows = next_rows(quick.data, task.origin)
    arrays: dict[str, Any] = {"points": points.astype(np.float32), "log_evidence": fitted.drawn.log_evidence}
    if rows:
        arrays["forecast"] = publish(quick, points, rows, seed)
    if task.number == REAL and rows == []:
        arrays["timed"] = timed_shares(data, fitted.weighted)
    return arrays


def record(task: Task, data: Data, seed: int) -> Data:
    """Return the rows to the origin, their years permuted but for the real record."""
    early = synthetic.to_year(data, task.origin)
    if task.number == REAL:
        return early
    return synthetic.permuted_years(early, seed + 1000 * task.number + task.origin)


def next_rows(data: Data, origin: int) -> list[int]:
    """Return the rows of the year after the origin whose variable had figures in enough years to it."""
    years: dict[str, set[int]] = {}
    for item in data.data:
        if item.year <= origin:
            years.setdefault(item.variable, set()).add(item.year)
    return [
        index
        for index, item in enumerate(data.data)
        if item.year == origin + 1 and len(years.get(item.variable, ())) >= LEAST_YEARS
    ]


def publish(posterior: Posterior, points: np.ndarray, rows: Sequence[int], seed: int) -> np.ndarray:
    """Return logs of what sources would publish, (row, draw): the model, biases and errors."""
    from scipy.stats import t

    biases = posterior.space.log_biases(points)[posterior.data.bias_of[rows]]
    scale = posterior.errors(points)[rows]
    names = [posterior.data.data[row].row for row in rows]
    dice = np.stack([uniforms(seed, f"placebo/error/{name}", 0, points.shape[1]) for name in names])
    return posterior.log_figures(points)[rows] + biases + scale * t.ppf(dice, DEGREES)


def timed_shares(data: Data, weighted: np.ndarray) -> np.ndarray:
    """Return which share of what figures say of a coordinate they say by differences within a variable.

    Parameters
    ----------
    weighted : (row or more, coordinate), derivatives of the figures over their errors.
    """
    total = np.zeros(weighted.shape[1])
    within = np.zeros(weighted.shape[1])
    for rows in gates.rows_of(data).values():
        some = weighted[rows]
        total += (some**2).sum(axis=0)
        within += ((some - some.mean(axis=0)) ** 2).sum(axis=0)
    return np.divide(within, total, out=np.zeros_like(total), where=total > 0.0)


def without_time(data: Data, origin: int, rows: Sequence[int]) -> np.ndarray:
    """Return the forecast of rows by all earlier figures of their variable, whatever their year: (row, draw).

    The next figure of normal ones whose order does not matter; their spread has a prior that counts as three
    figures of the median spread over variables.
    """
    from scipy.stats import t

    past: dict[str, list[float]] = {}
    for item in data.data:
        if item.year <= origin:
            past.setdefault(item.variable, []).append(float(np.log(item.value)))
    usual = float(np.median([np.var(logs, ddof=1) for logs in past.values() if len(logs) >= LEAST_YEARS]))
    grid = (np.arange(GRID) + 0.5) / GRID
    out = []
    for row in rows:
        logs = np.array(past[data.data[row].variable])
        degrees = USUAL + logs.size - 1
        spread = np.sqrt((USUAL * usual + ((logs - logs.mean()) ** 2).sum()) / degrees)
        out.append(logs.mean() + spread * np.sqrt(1.0 + 1.0 / logs.size) * t.ppf(grid, degrees))
    return np.stack(out)


# --- what all records say --------------------------------------------------------------------------------


def summary(
    asked: argparse.Namespace,
    quick: Posterior,
    made: Sequence[Task],
    files: Mapping[str, Mapping[str, np.ndarray]],
    seed: int,
) -> dict[str, Any]:
    """Return what vanished and what did not, in plain types."""
    last = quick.space.years[-1]
    whole = {task.number: files[task.file] for task in made if task.origin == last}
    numbers = [number for number in whole if number != REAL]
    skill = _skill(asked, quick, made, files, seed)
    evidence = {number: float(one["log_evidence"]) for number, one in whole.items()}
    higher = sum(evidence[number] >= evidence[REAL] for number in numbers)
    groups = _groups(quick.space.names, whole, numbers)
    shocks = _agreement(quick.space.names, whole, numbers)
    vanished = {
        "skill": skill["against_no_time"]["permuted"]["verdict"] != "better"
        and skill["real_against_permuted"]["verdict"] == "better",
        "evidence": higher == 0,
        "shocks": groups["annual shocks"]["ratio"] < SMALL,
        "timed parameters": groups["timed parameters"]["ratio"] < SMALL,
    }
    return {
        "permutations": len(numbers),
        "origins": [last - asked.origins, last - 1],
        "each": asked.each,
        "skill": skill,
        "evidence": {
            "real": round(evidence[REAL], 2),
            "permuted": [round(evidence[number], 2) for number in numbers],
            "p": round((1 + higher) / (1 + len(numbers)), 4),
        },
        "contraction": groups,
        "shock_correlation": shocks,
        "vanished": vanished,
    }


def _skill(
    asked: argparse.Namespace,
    quick: Posterior,
    made: Sequence[Task],
    files: Mapping[str, Mapping[str, np.ndarray]],
    seed: int,
) -> dict[str, Any]:
    """Return mean CRPS of logs one year ahead of each forecast, and their differences."""
    last = quick.space.years[-1]
    prior = quick.space.draw(seed, 0, asked.draws)
    scores: dict[str, list[np.ndarray]] = {"real": [], "permuted": [], "prior": [], "no_time": []}
    years: list[int] = []
    for origin in range(last - asked.origins, last):
        rows = next_rows(quick.data, origin)
        if not rows:
            continue
        y = quick.data.log_values[rows]
        years += [origin + 1] * len(rows)
        here = {task.number: files[task.file]["forecast"] for task in made if task.origin == origin}
        scores["real"].append(crps(here[REAL], y))
        scores["permuted"].append(np.mean([crps(here[n], y) for n in here if n != REAL], axis=0))
        scores["prior"].append(crps(publish(quick, prior, rows, seed), y))
        scores["no_time"].append(crps(without_time(quick.data, origin, rows), y))
    when = np.array(years)
    if when.size == 0:
        raise SystemExit("no figure can be forecast a year ahead: no variable has three years of figures")
    each = {name: np.concatenate(parts) for name, parts in scores.items()}
    return {
        "figures": int(when.size),
        "years": [int(year) for year in np.unique(when)],
        "crps": {name: round(float(values.mean()), 4) for name, values in each.items()},
        "against_no_time": {
            name: _difference(each[name], each["no_time"], when) for name in ("real", "permuted", "prior")
        },
        "real_against_permuted": _difference(each["real"], each["permuted"], when),
    }


def _difference(one: np.ndarray, other: np.ndarray, years: np.ndarray) -> dict[str, Any]:
    found = asdict(compare(one, other, years))
    return {key: round(value, 4) if isinstance(value, float) else value for key, value in found.items()}


def _groups(
    names: Sequence[str], whole: Mapping[int, Mapping[str, np.ndarray]], numbers: Sequence[int]
) -> dict[str, dict[str, Any]]:
    """Return summed contraction of groups of unknowns: real, permuted, their ratio.

    `chance` is the standard error of a sum: that of variances of so many draws of the prior.
    """
    draws = whole[REAL]["points"].shape[1]
    contraction = {n: 1.0 - one["points"].astype(np.float64).var(axis=1, ddof=1) for n, one in whole.items()}
    timed = whole[REAL]["timed"]
    kinds = np.array([kind_of(name) for name in names])
    asked = (kinds == "parameters") & (contraction[REAL] > TOLD)
    groups = {
        "annual shocks": kinds == "annual shocks",
        "timed parameters": asked & (timed > TIMED),
        "other parameters": asked & (timed <= TIMED),
        "scales of errors": kinds == "scales of errors",
        "biases of sources": kinds == "biases of sources",
    }
    found = {}
    for name, members in groups.items():
        real = float(contraction[REAL][members].sum())
        permuted = [float(contraction[n][members].sum()) for n in numbers]
        found[name] = {
            "unknowns": int(members.sum()),
            "chance": round(float(np.sqrt(2.0 * members.sum() / (draws - 1))), 2),
            "real": round(real, 2),
            "permuted": [round(value, 2) for value in permuted],
            "ratio": round(float(np.mean(permuted)) / real, 3) if real else None,
        }
    return found


def _agreement(
    names: Sequence[str], whole: Mapping[int, Mapping[str, np.ndarray]], numbers: Sequence[int]
) -> dict[str, Any]:
    """Return correlations of the shocks' means of permuted fits with those of the real one, and by chance."""
    shocks = np.array([kind_of(name) == "annual shocks" for name in names])
    means = {n: one["points"][shocks].astype(np.float64).mean(axis=1) for n, one in whole.items()}
    found = [float(np.corrcoef(means[REAL], means[n])[0, 1]) for n in numbers]
    chance = np.corrcoef(means[REAL], normals(1, "placebo/chance", 0, means[REAL].size))[0, 1]
    return {
        "shocks": int(shocks.sum()),
        "permuted": [round(one, 3) for one in found],
        "noise": round(float(chance), 3),
    }
