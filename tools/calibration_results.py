"""Made countries whose truth is known: the fit of one, and what all of them say. See calibration_study.py."""

from __future__ import annotations

import argparse
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from yupana.fit import calibration, gates, synthetic
from yupana.fit.posterior import Posterior
from yupana.results.headlines import CHANGES, HEADLINES

LEAST = 0.3
"""Contraction from which the data are taken to say something about an unknown."""
AIM = (0.84, 0.96)
DIRECTIONS = 8  # informed ones of each country whose ranks are tested
PARAMETERS = 12  # that contract most, whose ranks are tested
THINNED = (63, 31, 15)  # draws among which truths are ranked: as many as are effective
BACK = 6  # years between the two in which outputs are read
LIKELIHOOD = "log likelihood"
SECOND = 10**6  # between the seeds of two repetitions
NARROWED = (0.8, 0.6)  # of their spread, to which draws are drawn together to see whether the test rings
COMMON = 8  # countries in which an unknown contracts, below which its own coverage is not told


@dataclass(frozen=True)
class Task:
    """A made country: its place among all, and whether it is fitted twice."""

    index: int
    twice: bool

    @property
    def file(self) -> str:
        """Name of its file."""
        return f"country-{self.index:04d}{'-twice' * self.twice}.npz"


def tasks(asked: argparse.Namespace, quick: Posterior, seed: int) -> list[Task]:
    """Return the countries of a study."""
    return [Task(index, index < asked.twice) for index in range(asked.countries)]


def fit(task: Task, exact: Posterior, quick: Posterior, draws: int, seed: int, method: str) -> dict[str, Any]:
    """Return the truth of a country and the draws of its fit."""
    truths = synthetic.find_truths(quick, seed, task.index + 1)
    truth, number = truths.points[:, -1], int(truths.numbers[-1])
    data = synthetic.made_record(quick, truth, seed, number, truths.log_figures[:, -1])
    fitted = synthetic.fit_record(exact, quick, data, draws, seed + number, method)
    drawn = fitted.drawn
    directions = fitted.normal.directions[:, :DIRECTIONS]
    away = np.sign(fitted.mode @ directions)  # no direction has a sign of its own: away from the centre
    given = synthetic.with_data(quick, data)
    column = truth[:, None]
    arrays = {
        "points": drawn.points.astype(np.float32),
        "truth": truth,
        "directions": directions * np.where(away == 0.0, 1.0, away),
        "outputs": outputs(quick, drawn.points),
        "true_outputs": outputs(quick, column)[..., 0],
        "likelihood": given.log_likelihood(drawn.points, given.log_figures(drawn.points)),
        "true_likelihood": given.log_likelihood(column, given.log_figures(column)),
        "number": number,
        "refused": truths.refused,
        "moves": drawn.moves,
        "acceptance": drawn.acceptance,
    }
    if task.twice:
        other = synthetic.again(quick, data, fitted.normal, draws, seed + number + SECOND, method)
        arrays["again"] = other.points.astype(np.float32)
    return arrays


def output_years(posterior: Posterior) -> tuple[int, int]:
    """Return the years in which outputs are read: the last, and one some years before."""
    last = posterior.space.years[-1]
    return max(last - BACK, posterior.space.years[0]), last


def outputs(posterior: Posterior, z: np.ndarray) -> np.ndarray:
    """Return the headline outputs at `z`, (output, year, draw), of one block at most."""
    years = [posterior.space.years.index(year) for year in output_years(posterior)]
    full = np.concatenate([z, np.repeat(z[:, -1:], synthetic.BLOCK - z.shape[1], axis=1)], axis=1)
    parameters, noise = posterior.space.parameters(full), posterior.space.noise(full)
    block = posterior.engine.run(parameters, posterior.drivers, posterior.policy, noise)
    return np.stack([block.yearly[name][years, : z.shape[1]] for name in HEADLINES])


# --- what all countries say ------------------------------------------------------------------------------


def kind_of(name: str) -> str:
    """Return what an unknown is."""
    if "@" in name:
        return "annual shocks"
    if name.startswith(("bias[", "scale[")):
        return "biases of sources" if name.startswith("bias[") else "scales of errors"
    return "parameters"


def summary(
    asked: argparse.Namespace,
    quick: Posterior,
    made: Sequence[Task],
    files: Mapping[str, Mapping[str, np.ndarray]],
    seed: int,
) -> dict[str, Any]:
    """Return coverage and ranks of all countries in plain types."""
    names = quick.space.names
    found = [files[task.file] for task in made]
    points = np.stack([one["points"] for one in found]).astype(np.float64)  # (country, coordinate, draw)
    truth = np.stack([one["truth"] for one in found])
    contraction = np.stack([gates.contraction(one) for one in points])
    hits = calibration.covers(points, truth)
    kinds = np.array([kind_of(name) for name in names])
    table = {}
    for kind in ("parameters", "annual shocks", "scales of errors", "biases of sources"):
        table[kind] = _coverage(hits, (contraction > LEAST) & (kinds == kind))
    table["all unknowns"] = _coverage(hits, contraction > LEAST)
    seen = np.stack([one["outputs"] for one in found]).astype(np.float64)
    true = np.stack([one["true_outputs"] for one in found]).astype(np.float64)
    covered = calibration.covers(seen, true).reshape(len(found), -1)
    table["headline outputs"] = _coverage(covered, np.ones_like(covered))
    effective, cases = _effective(found, points, contraction)
    thinned = next((n for n in THINNED if n <= effective), THINNED[-1])
    chosen, draws, true_values = _quantities(found, points, truth, contraction, names, seen, true)
    rng = np.random.default_rng(seed)
    kept = np.stack([one[:, rng.permutation(one.shape[-1])[:thinned]] for one in draws])
    test = calibration.rank_test(kept, true_values, seed)
    return {
        "countries": len(found),
        "refused": int(max(one["refused"] for one in found)),
        "least_contraction": LEAST,
        "aim": list(AIM),
        "coverage": table,
        "by_unknown": _by_unknown(hits, contraction, names),
        "output_years": list(output_years(quick)),
        "by_output": _by_output(covered, len(output_years(quick))),
        "covered": _within(table["parameters"]),
        "effective": {"draws": round(effective, 1), "cases": cases, "countries": sum(t.twice for t in made)},
        "thinned": thinned,
        "ranks": [
            {"name": name, "ranks": ranks.tolist(), "p": round(float(p), 4), "inside": bool(good)}
            for name, ranks, p, good in zip(chosen, test.ranks, test.chance, test.inside, strict=True)
        ],
        "worst": test.worst,
        "together": test.together,
        "calibrated": test.passed(),
        "narrowed": {f"{share:g}": _narrowed(kept, true_values, share, seed) for share in NARROWED},
    }


def _narrowed(draws: np.ndarray, truth: np.ndarray, share: float, seed: int) -> dict[str, float]:
    """Return the two p where the draws of each quantity are drawn together about their mean."""
    middle = draws.mean(axis=-1, keepdims=True)
    test = calibration.rank_test(middle + share * (draws - middle), truth, seed)
    return {"worst": test.worst, "together": test.together}


def _coverage(hits: np.ndarray, counted: np.ndarray) -> dict[str, Any]:
    found = calibration.coverage((hits & counted.astype(bool)).sum(1), counted.astype(bool).sum(1))
    return {key: None if value != value else round(value, 4) for key, value in asdict(found).items()}


def _within(one: Mapping[str, Any]) -> bool:
    return one["share"] is not None and AIM[0] <= one["share"] <= AIM[1]


def _by_unknown(hits: np.ndarray, contraction: np.ndarray, names: Sequence[str]) -> list[dict[str, Any]]:
    """Return how often each unknown that often contracts was covered, and the chance of so odd a count."""
    from scipy.stats import binomtest

    out = []
    for index, name in enumerate(names):
        used = contraction[:, index] > LEAST
        n = int(used.sum())
        if n >= COMMON:
            k = int(hits[used, index].sum())
            p = float(binomtest(k, n, 0.9).pvalue)
            out.append({"name": name, "countries": n, "covered": k, "p": round(p, 4)})
    return sorted(out, key=lambda one: (one["p"], one["name"]))


def _by_output(covered: np.ndarray, years: int) -> dict[str, float]:
    shares = covered.reshape(len(covered), len(HEADLINES), years).mean(axis=(0, 2))
    return {name: round(float(share), 3) for name, share in zip(HEADLINES, shares, strict=True)}


def _effective(
    found: Sequence[Mapping[str, np.ndarray]], points: np.ndarray, contraction: np.ndarray
) -> tuple[float, int]:
    """Return the effective draws of a fit, by countries that were fitted twice, and of how many cases."""
    pairs = [(one["again"].astype(np.float64), i) for i, one in enumerate(found) if "again" in one]
    if not pairs:
        return float(THINNED[-1]), 0
    told = [contraction[i] > LEAST for _, i in pairs]
    one = np.concatenate([points[i][use] for (_, i), use in zip(pairs, told, strict=True)])
    other = np.concatenate([again[use] for (again, _), use in zip(pairs, told, strict=True)])
    return calibration.effective_draws(one, other), len(one)


def _quantities(
    found: Sequence[Mapping[str, np.ndarray]],
    points: np.ndarray,
    truth: np.ndarray,
    contraction: np.ndarray,
    names: Sequence[str],
    seen: np.ndarray,
    true: np.ndarray,
) -> tuple[list[str], np.ndarray, np.ndarray]:
    """Return names, draws (country, quantity, draw) and truths of the quantities whose ranks are tested."""
    of_model = np.array([kind_of(name) == "parameters" for name in names])
    most = np.argsort(-np.where(of_model, contraction.mean(axis=0), -np.inf))[:PARAMETERS]
    chosen = [names[int(i)] for i in most]
    directions = np.stack([one["directions"] for one in found])  # (country, coordinate, direction)
    along = np.einsum("cik,cin->ckn", directions, points)
    true_along = np.einsum("cik,ci->ck", directions, truth)
    last = [HEADLINES.index(name) for name in CHANGES]
    logs = np.stack([one["likelihood"] for one in found])[:, None]
    true_logs = np.stack([one["true_likelihood"] for one in found])
    draws = [points[:, most], along, seen[:, last, -1], logs]
    values = [truth[:, most], true_along, true[:, last, -1], true_logs]
    chosen += [f"informed direction {k + 1}" for k in range(directions.shape[-1])]
    return [*chosen, *CHANGES, LIKELIHOOD], np.concatenate(draws, axis=1), np.concatenate(values, axis=1)
