"""What there is to know about a finished fit: gates, what was learned, the record against the fit."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from yupana.core.errors import DataError
from yupana.fit import store
from yupana.fit.build import read_data
from yupana.fit.draws import PosteriorDraws
from yupana.fit.fitting import open_draws
from yupana.fit.gates import contraction, rows_of
from yupana.fit.posterior import DEGREES, errors

if TYPE_CHECKING:
    from yupana.evidence import Pack
    from yupana.fit.data import Data
    from yupana.model import Config
    from yupana.params import PriorSet

LEAST_CONTRACTION = 0.1
"""Contraction below which a number is marked prior: the figures say next to nothing about it."""
PARAMETER, SHOCK, SCALE, BIAS = "parameter", "shock", "scale of errors", "bias"
LEVELS = (0.05, 0.25, 0.5, 0.75, 0.95)
NODES = 41  # points of the errors' distribution that every draw is spread over

Three = tuple[float, float, float]


@dataclass(frozen=True)
class Unknown:
    """What the figures say about one unknown.

    Attributes
    ----------
    name : of the coordinate. kind : ``"parameter"``, ``"shock"`` or ``"bias"``.
    unit : of the quantiles; a bias is a factor, a shock is in standard deviations of its prior.
    prior, posterior : 5, 50 and 95 percent quantiles.
    contraction : 1 - posterior over prior variance, on the scale on which the prior is normal.
    error : Monte Carlo standard error of the contraction, as if draws were independent.
    shift : posterior less prior mean, in prior standard deviations.
    standard : 5, 50 and 95 percent quantiles on the scale on which the prior is standard normal.
    """

    name: str
    kind: str
    unit: str
    prior: Three
    posterior: Three
    contraction: float
    error: float
    shift: float
    standard: Three

    @property
    def mark(self) -> str:
        """``"prior"`` below the least contraction, ``"unclear"`` within two errors of it, else nothing."""
        if self.contraction < LEAST_CONTRACTION:
            return "prior"
        return "unclear" if self.contraction < LEAST_CONTRACTION + 2.0 * self.error else ""

    def to_json(self) -> dict[str, Any]:
        """Return the unknown in plain types."""
        names = ("q05", "q50", "q95")
        return {
            **asdict(self),
            "prior": dict(zip(names, self.prior, strict=True)),
            "posterior": dict(zip(names, self.posterior, strict=True)),
            "standard": dict(zip(names, self.standard, strict=True)),
            "mark": self.mark,
        }


@dataclass(frozen=True)
class Check:
    """One published figure against what the fit would have published.

    Attributes
    ----------
    row : id in the ledger. year : calendar year. source : name of the bias it shares.
    value : published, in the unit of the variable.
    predicted : 5, 25, 50, 75 and 95 percent quantiles, with bias and error of the source.
    z : standard normal quantile of the probability that the fit would have published less.
    """

    row: str
    year: int
    source: str
    value: float
    predicted: tuple[float, ...]
    z: float

    def to_json(self) -> dict[str, Any]:
        """Return the figure in plain types."""
        names = ("q05", "q25", "q50", "q75", "q95")
        return {**asdict(self), "predicted": dict(zip(names, self.predicted, strict=True))}


@dataclass(frozen=True)
class Series:
    """The figures of one variable, by year.

    Attributes
    ----------
    variable, unit : of the model. checks : its figures.
    """

    variable: str
    unit: str
    checks: tuple[Check, ...]

    @property
    def within_half(self) -> int:
        """Number of figures inside the 25 to 75 percent interval."""
        return sum(c.predicted[1] <= c.value <= c.predicted[3] for c in self.checks)

    @property
    def within_ninety(self) -> int:
        """Number of figures inside the 5 to 95 percent interval."""
        return sum(c.predicted[0] <= c.value <= c.predicted[4] for c in self.checks)

    @property
    def worst(self) -> Check:
        """The figure furthest out."""
        return max(self.checks, key=lambda check: abs(check.z))

    def to_json(self) -> dict[str, Any]:
        """Return the series in plain types."""
        return {
            "variable": self.variable,
            "unit": self.unit,
            "n": len(self.checks),
            "within50": self.within_half,
            "within90": self.within_ninety,
            "rows": [check.to_json() for check in self.checks],
        }


@dataclass(frozen=True, eq=False)
class Diagnosis:
    """Everything that is known of a fit.

    Attributes
    ----------
    record : of the fit. words : what its draws are, as every output says it.
    unknowns : of all kinds, the most contracted first. series : by variable.
    draws, failed_draws : stored draws, and those among them whose run does not end.
    changed : whether the pack has changed since the fit was made.
    """

    record: store.FitRecord
    words: str
    unknowns: tuple[Unknown, ...]
    series: tuple[Series, ...]
    draws: int
    failed_draws: int
    changed: bool

    def of_kind(self, kind: str) -> tuple[Unknown, ...]:
        """Return the unknowns of a kind, the most contracted first."""
        return tuple(unknown for unknown in self.unknowns if unknown.kind == kind)

    @property
    def about(self) -> Mapping[str, Any]:
        """What the record says beside the gates."""
        return self.record.about or {}

    @property
    def eigenvalues(self) -> tuple[float, ...]:
        """Precision that the figures give to directions of the unknowns, in units of the prior's."""
        return tuple(float(value) for value in self.about["eigenvalues"])

    @property
    def worst(self) -> tuple[tuple[Series, Check], ...]:
        """Every figure with its series, the furthest out first."""
        pairs = [(series, check) for series in self.series for check in series.checks]
        return tuple(sorted(pairs, key=lambda pair: -abs(pair[1].z)))

    def to_json(self) -> dict[str, Any]:
        """Return the diagnosis in plain types."""
        return {
            "fit": self.record.id,
            "drawn_from": self.words,
            "made_by": dict(self.record.recipe),
            "seconds": self.about.get("seconds"),
            "pack_changed": self.changed,
            "gates": [dict(gate) for gate in self.record.gates],
            "failed": list(self.record.failed),
            "draws": self.draws,
            "failed_draws": self.failed_draws,
            "least_contraction": LEAST_CONTRACTION,
            "unknowns": [unknown.to_json() for unknown in self.unknowns],
            "series": [series.to_json() for series in self.series],
            "eigenvalues": list(self.eigenvalues),
            "informed": self.about["informed"],
            "rows": list(self.about["rows"]),
            "left_out": dict(self.about["left_out"]),
        }


def diagnose(folder: Path, pack: Pack, config: Config, priors: PriorSet, words: str) -> Diagnosis:
    """Return the diagnosis of a finished fit; nothing is simulated.

    Parameters
    ----------
    folder : of the fit. pack : loaded with the fit's last year. config, priors : of the study.
    words : what the draws of the fit are.

    Raises
    ------
    UsageError
        Y112 where the fit was not finished.
    DataError
        Y508 where the pack has other unknowns or other figures than the fit, Y403 where draws are damaged.
    """
    draws = open_draws(folder, config, priors)
    record = store.read_record(folder)
    figures = store.read_arrays(folder / store.DRAWS, record.digest)["figures"].astype(np.float64)
    data = read_data(pack, config, draws.until)
    _check_rows(record, data, folder)
    fine = np.asarray(np.isfinite(figures).all(axis=0))
    return Diagnosis(
        record,
        words,
        _unknowns(draws),
        _series(draws, data, figures, fine),
        draws.count,
        int((~fine).sum()),
        pack.hash != record.recipe["pack_hash"],
    )


def _check_rows(record: store.FitRecord, data: Data, folder: Path) -> None:
    used, now = list((record.about or {})["rows"]), [item.row for item in data.data]
    if used != now:
        gone, new = sorted(set(used) - set(now)), sorted(set(now) - set(used))
        raise DataError(
            "the fit was made from other figures than the pack holds now",
            code="Y508",
            where=str(folder),
            got=f"{len(gone)} rows gone, {len(new)} rows new: {', '.join((gone + new)[:3])}",
            expected="the pack as it was",
            fix="name that pack with --pack, or fit again",
        )


def _unknowns(draws: PosteriorDraws) -> tuple[Unknown, ...]:
    space, points = draws.space, draws.points
    moved = contraction(points)
    errors = (1.0 - moved) * np.sqrt(2.0 / draws.count)
    table = draws.priors.table()
    values = draws.draw(0, 0, draws.count)
    flat = np.concatenate([values[name].reshape(-1, draws.count) for name in draws.priors.names])
    biases = space.size - len(space.biases)
    scales = space.moving
    outer = np.array([-1.6448536, 0.0, 1.6448536])
    found = []
    for i, name in enumerate(space.names):
        if i < draws.priors.size:
            kind, unit, sample = PARAMETER, table[i]["unit"], flat[i]
            prior = np.array([table[i]["q05"], table[i]["q50"], table[i]["q95"]])
        elif i < scales:
            kind, unit, sample, prior = SHOCK, "sd", points[i], outer
        else:
            sd = space.bias_sds[i - biases] if i >= biases else space.scale_sds[i - scales]
            kind, unit = (BIAS if i >= biases else SCALE), "factor"
            sample, prior = np.exp(points[i] * sd), np.exp(outer * sd)
        found.append(
            Unknown(
                name,
                kind,
                unit,
                _three(prior),
                _three(np.quantile(sample, (0.05, 0.5, 0.95))),
                float(moved[i]),
                float(errors[i]),
                float(points[i].mean()),
                _three(np.quantile(points[i], (0.05, 0.5, 0.95))),
            )
        )
    return tuple(sorted(found, key=lambda unknown: -unknown.contraction))


def _three(values: np.ndarray) -> Three:
    low, middle, high = (float(value) for value in values)
    return low, middle, high


def _series(draws: PosteriorDraws, data: Data, figures: np.ndarray, fine: np.ndarray) -> tuple[Series, ...]:
    """Return every variable's figures against their posterior predictive distributions.

    These are mixtures over draws of Student's t, shifted by the source's bias; probabilities are exact given
    the draws, quantiles come from `NODES` points of every draw's distribution.
    """
    from scipy.special import ndtri, stdtr, stdtrit

    centre = (figures + draws.space.log_biases(draws.points)[data.bias_of])[:, fine]  # (row, draw)
    sds = errors(draws.space, data, draws.points)[:, fine]
    below = stdtr(DEGREES, (data.log_values[:, None] - centre) / sds).mean(axis=1)
    scores = ndtri(np.clip(below, 1e-12, 1.0 - 1e-12))
    nodes = stdtrit(DEGREES, (np.arange(NODES) + 0.5) / NODES)
    spread = centre[:, :, None] + sds[:, :, None] * nodes
    predicted = np.exp(np.quantile(spread.reshape(len(data.data), -1), LEVELS, axis=1)).T
    units = _units()
    found = []
    for variable, rows in rows_of(data).items():
        checks = tuple(
            Check(
                data.data[i].row,
                data.data[i].year,
                data.data[i].bias,
                data.data[i].value,
                tuple(float(q) for q in predicted[i]),
                float(scores[i]),
            )
            for i in rows
        )
        found.append(Series(variable, units[variable.partition("[")[0]], checks))
    return tuple(found)


def _units() -> dict[str, str]:
    from yupana.model import VARIABLES

    return {variable.name: variable.unit for variable in VARIABLES}
