"""What a fit knows of each headline output: how much is prior, which data inform it, what would flip it."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from yupana.analysis.data_influence import (
    Removal,
    SeriesInfluence,
    as_fitted,
    removal,
    same_figures,
    series_influence,
    series_rows,
)
from yupana.analysis.flips import Flip, find_flip
from yupana.analysis.information import LEAST_DRAWS, RESAMPLES, Estimate, Floats, distinct
from yupana.core.errors import DataError, UsageError
from yupana.fit.informed import word_of

if TYPE_CHECKING:
    from yupana.fit.data import Data
    from yupana.fit.draws import PosteriorDraws
    from yupana.fit.posterior import Posterior
    from yupana.results.result import Result
    from yupana.study import Study

BACK = 5
"""Years back to the year that an output is compared with."""
MOST_DRAWS = 1024
HARDLY = 1e-3
"""Width of an interval over its middle below which an output is taken as given."""
Told = Callable[[str], None]


@dataclass(frozen=True)
class Identified:
    """What a fit knows of one output.

    Attributes
    ----------
    output, year, unit : what it is.
    prior, posterior : 5, 50 and 95 percent over draws, in `unit`.
    scale : ``"log"`` or ``"unit"``, in which variances are compared.
    remaining : variance of posterior draws over that of prior draws: how much of the interval is prior.
    series : what each series of figures says of it. flips : statements and what would flip them.
    """

    output: str
    year: int
    unit: str
    prior: tuple[float, float, float]
    posterior: tuple[float, float, float]
    scale: str
    remaining: Estimate
    series: tuple[SeriesInfluence, ...]
    flips: tuple[Flip, ...]

    @property
    def word(self) -> str:
        """The words of the marks of a run; two where the interval of the ratio reaches over a limit."""
        if self.remaining.low > 1.0:
            return "wider than the prior"
        ends = (self.remaining.low, self.remaining.high)
        best, worst = (word_of(1.0 - left) for left in ends)
        return best if best == worst else f"{best} or {worst}"

    def to_json(self) -> dict[str, Any]:
        """Return what is known as plain data."""
        names = ("q05", "q50", "q95")
        return {
            "output": self.output,
            "year": self.year,
            "unit": self.unit,
            "prior": dict(zip(names, self.prior, strict=True)),
            "posterior": dict(zip(names, self.posterior, strict=True)),
            "variance_of": "log" if self.scale == "log" else "value",
            "variance_remaining": self.remaining.to_json(),
            "word": self.word,
            "series": [one.to_json() for one in self.series],
            "flips": [one.to_json() for one in self.flips],
        }


@dataclass(frozen=True)
class Identification:
    """What a fit knows of every headline output.

    Attributes
    ----------
    fit, pack, until : of the fit. failed : names of the gates that it failed.
    draws, different : used of the fit, and how many of them are no copies. prior_draws : of the priors.
    limit : largest Pareto k at which a series is taken out.
    outputs : in the order of the headlines. left_out : output -> why it is not here.
    changed : whether the pack has changed since the fit.
    """

    fit: str
    pack: str
    until: int
    failed: tuple[str, ...]
    draws: int
    different: int
    prior_draws: int
    limit: float
    outputs: tuple[Identified, ...]
    left_out: Mapping[str, str]
    changed: bool = False

    def to_json(self) -> dict[str, Any]:
        """Return the identification as plain data."""
        return {
            "fit": self.fit,
            "pack": self.pack,
            "until": self.until,
            "failed_gates": list(self.failed),
            "draws": self.draws,
            "distinct_draws": self.different,
            "prior_draws": self.prior_draws,
            "pareto_limit": self.limit,
            "pack_changed": self.changed,
            "outputs": [one.to_json() for one in self.outputs],
            "left_out": dict(self.left_out),
        }


def open_fit(word: str | None, pack: str | None = None, allow_failed: bool = False) -> tuple[Path, Study]:
    """Return the folder of a finished fit and the study of its pack, as far as it was known to the fit.

    Parameters
    ----------
    word : folder or id of the fit; None for that of the pack. pack : its name or folder; as the fit says.
    allow_failed : use a fit that failed a gate.

    Raises
    ------
    UsageError
        Y505 where there is no such fit, Y112 where it is unfinished, Y506 where it failed a gate.
    DataError
        Y508 where it was made with another pack.
    """
    from yupana.core.settings import DEFAULT_PACK
    from yupana.fit import store
    from yupana.fit.shipped import required
    from yupana.study import load

    folder = required(load(pack or DEFAULT_PACK).pack) if word is None else store.find_fit(word)
    record = store.read_record(folder)
    if record.status != store.FINISHED:
        raise UsageError(
            "the fit was not finished", code="Y112", where=str(folder), fix="go on with --resume"
        )
    if record.failed and not allow_failed:
        raise UsageError(
            "the fit failed a gate", code="Y506", where=record.id, got="; ".join(record.failed),
            expected="a fit that passed all its gates, or --allow-failed",
        )  # fmt: skip
    study = load(pack or str(record.recipe["pack"]), until=int(record.recipe["until"]))
    if study.pack.id != record.recipe["pack"]:
        raise DataError(
            "the fit was made with another pack", code="Y508", where=str(folder), got=study.pack.id,
            expected=str(record.recipe["pack"]), fix="name its pack with --pack",
        )  # fmt: skip
    return folder, study


def identify(
    folder: Path,
    study: Study,
    draws: int | None = None,
    thresholds: Mapping[str, float] | None = None,
    threads: int | None = None,
    told: Told | None = None,
) -> Identification:
    """Return what a finished fit knows of the headline outputs in its last year.

    Draws of the fit and of the priors are run with the same seed; nothing of the runs is kept.

    Parameters
    ----------
    folder : of the fit. study : of its pack, loaded with the fit's last year as `until`.
    draws : at most so many of the fit's; 1,024 by default.
    thresholds : column -> value in its unit: what would move the output across it.
    threads : blocks computed at once. told : what is being done.

    Raises
    ------
    UsageError
        Y112 for an unfinished fit, Y107 or Y108 for an output of `thresholds`.
    DataError
        Y508 where the pack has other unknowns or figures than the fit, Y405 where too few draws are left.
    """
    from yupana.fit import gates, store
    from yupana.fit.build import build_posterior
    from yupana.fit.posterior import DEGREES

    say = told or (lambda _: None)
    record = store.read_record(folder)
    known = study.posterior(folder)
    until, seed = known.until, int(record.recipe["seed"])
    count = _count(known, draws)
    model = build_posterior(study.pack, study.config, study.priors, until, "float32", threads or 2)
    same_figures(model.data, record.about or {}, folder)
    with tempfile.TemporaryDirectory() as work:
        say("draws of the fit")
        fitted = study.run(
            draws=count, seed=seed, end=until, out=Path(work, "fit"), threads=threads, posterior=folder,
            allow_failed=True,
        )  # fmt: skip
        say("draws of the priors")
        prior = study.run(
            draws=count, seed=seed, end=until, out=Path(work, "prior"), threads=threads, prior=True
        )
        asked = _thresholds(fitted, thresholds or {})
        say("figures under the priors")
        logs = model.log_figures(model.space.draw(seed, 0, count))
        parts = _Parts(fitted, prior, known.points[:, :count], known.space.names, logs,
                       as_fitted(model, known),
                       _removals(model, known, folder, record.digest, count, fitted), gates.PARETO,
                       float(np.sqrt(DEGREES / (DEGREES - 2.0))))  # fmt: skip
        say("outputs")
        outputs, left_out = _outputs(parts, until, asked)
    return Identification(
        fit=record.id, pack=study.pack.id, until=until, failed=record.failed, draws=count,
        different=int(parts.copies.max()) + 1, prior_draws=count, limit=gates.PARETO, outputs=outputs,
        left_out=left_out, changed=study.pack.hash != record.recipe["pack_hash"],
    )  # fmt: skip


class _Parts:
    """What every output is read from."""

    def __init__(
        self,
        fitted: Result,
        prior: Result,
        points: Floats,
        names: tuple[str, ...],
        logs: Floats,
        data: Data,
        removals: tuple[Mapping[str, list[int]], Mapping[str, Removal]],
        limit: float,
        inflate: float,
    ) -> None:
        self.fitted, self.prior, self.points, self.names = fitted, prior, points, names
        self.logs, self.data, self.limit, self.inflate = logs, data, limit, inflate
        self.series, self.removals = removals
        self.copies = distinct(points)

    def read(self, result: Result, column: str) -> Floats:
        """Return a column by year: (year, draw), NaN where a member failed."""
        return result.values(result.scenarios[0], [column])[0].astype(np.float64)


def _count(known: PosteriorDraws, draws: int | None) -> int:
    from yupana.core.settings import check_setting

    count = min(MOST_DRAWS if draws is None else check_setting("draws", draws), known.count)
    if count < LEAST_DRAWS:
        raise DataError(
            "too few draws to say what a fit knows", code="Y405", got=f"{count} draws",
            expected=f"at least {LEAST_DRAWS}", fix="use more --draws, or a fit with more",
        )  # fmt: skip
    return count


def _thresholds(result: Result, wanted: Mapping[str, float]) -> dict[str, float]:
    found = {}
    for name, value in wanted.items():
        columns = result.select(name).columns
        if len(columns) > 1:
            raise UsageError(
                f"{name} has several places", code="Y108", where="--threshold", got=name,
                expected=f"one of them, such as {columns[0]}",
            )  # fmt: skip
        found[next(iter(columns))] = value
    return found


def _removals(
    model: Posterior, known: PosteriorDraws, folder: Path, digest: str, count: int, fitted: Result
) -> tuple[dict[str, list[int]], dict[str, Removal]]:
    """Return the series, and the posterior without each of them."""
    from yupana.fit import store

    figures = store.read_arrays(folder / store.DRAWS, digest)["figures"][:, :count].astype(np.float64)
    each = model.log_densities(known.points[:, :count], figures)
    each = np.where(np.isfinite(each), each, 0.0)
    series = series_rows(model.data, fitted.manifest.columns)
    return series, {name: removal(each[rows].sum(0)) for name, rows in series.items()}


def _outputs(
    parts: _Parts, year: int, thresholds: Mapping[str, float]
) -> tuple[tuple[Identified, ...], dict[str, str]]:
    from yupana.results.headlines import headline_columns

    names = dict.fromkeys((*headline_columns(parts.fitted.manifest.columns), *thresholds))
    found, left_out = [], {}
    for name in names:
        after, before = parts.read(parts.fitted, name), parts.read(parts.prior, name)
        if min(np.isfinite(after[-1]).sum(), np.isfinite(before[-1]).sum()) < LEAST_DRAWS:
            left_out[name] = "too many draws failed"
        elif min(_width(after[-1]), _width(before[-1])) < HARDLY:
            left_out[name] = "hardly varies between draws"
        else:
            found.append(_identified(parts, name, year, after, before, thresholds.get(name)))
    return tuple(found), left_out


def _identified(
    parts: _Parts, name: str, year: int, after: Floats, before: Floats, threshold: float | None
) -> Identified:
    y, y_prior = after[-1], before[-1]
    positive = bool(np.nanmin(y) > 0.0 and np.nanmin(y_prior) > 0.0)
    one, other = (np.log(y), np.log(y_prior)) if positive else (y, y_prior)
    unit = parts.fitted.select(name).info.unit
    return Identified(
        output=name,
        year=year,
        unit=unit,
        prior=_band(y_prior),
        posterior=_band(y),
        scale="log" if positive else "unit",
        remaining=remaining_variance(one, other, parts.copies),
        series=series_influence(
            one,
            other,
            parts.logs,
            parts.data,
            parts.series,
            parts.removals,
            parts.limit,
            parts.inflate,
            parts.copies,
        ),
        flips=_flips(parts, after, year, unit, threshold),
    )


def _flips(parts: _Parts, after: Floats, year: int, unit: str, threshold: float | None) -> tuple[Flip, ...]:
    fine = np.isfinite(after).all(0)
    points, values = parts.points[:, fine], after[:, fine]
    size = len(np.unique(parts.copies[fine]))
    back = min(BACK, len(values) - 1)
    found = []
    if back > 0:
        words = f"more in {year} than in {year - back}"
        found.append(find_flip(words, values[-1] > values[-1 - back], points, parts.names, size))
    if threshold is not None:
        words = f"more than {threshold:g} {unit}"
        found.append(find_flip(words, values[-1] > threshold, points, parts.names, size))
    return tuple(found)


def remaining_variance(y: Floats, y_prior: Floats, copies: Any, seed: int = 0) -> Estimate:
    """Return the variance of posterior draws over that of prior draws, with its bootstrap interval.

    Parameters
    ----------
    y, y_prior : (draw,), NaN where a draw failed. copies : number of the distinct posterior draw, (draw,).
    """
    fine = np.isfinite(y)
    values, group = y[fine], np.unique(copies[fine], return_inverse=True)[1]
    others = y_prior[np.isfinite(y_prior)]
    size = int(group.max()) + 1
    rng = np.random.Generator(np.random.Philox(key=np.array([seed, 2**35], dtype=np.uint64)))

    def ratio() -> float:
        w = rng.multinomial(size, np.full(size, 1.0 / size)).astype(float)[group]
        mean = (w @ values) / w.sum()
        again = others[rng.integers(0, others.size, others.size)]
        return float((w @ (values - mean) ** 2) / w.sum() / again.var())

    low, high = np.quantile([ratio() for _ in range(RESAMPLES)], (0.05, 0.95))
    return Estimate(float(values.var() / others.var()), float(low), float(high))


def _band(y: Floats) -> tuple[float, float, float]:
    low, middle, high = (float(q) for q in np.nanquantile(y, (0.05, 0.5, 0.95)))
    return low, middle, high


def _width(y: Floats) -> float:
    """Return the width of the 90 percent interval over the size of the median; 0 where nothing varies."""
    low, middle, high = _band(y)
    return (high - low) / max(abs(middle), 1e-300) if high > low else 0.0
