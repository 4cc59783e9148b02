"""What the equations get wrong about later years: an error of form that grows with the horizon.

A fit narrows parameters, not equations: its forecasts are as sure as if the form were right. How wrong the
form goes can be seen where a forecast from an earlier origin met a figure that was published by the last
year of the fit. The log of a variable is taken to walk away from the run by independent yearly steps, of
one spread a variable; the spread has a prior, and what the met figures say of it is kept whole, on a grid.
No figure of a test year has a part in it.

References: kennedy2001 (discrepancy between a model and what it is a model of).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from yupana.core.errors import DataError, UsageError
from yupana.core.files import read_json, write_json
from yupana.core.streams import normals, uniforms

if TYPE_CHECKING:
    from yupana.evidence import Pack

FILE = "form_error.json"
SPREADS = np.linspace(0.0, 1.5, 151)
"""Log spreads of one year that are told apart."""
PRIOR = 0.2
"""Standard deviation of the half-normal prior of a spread: a fifth a year, so 45 percent in five years."""
QUANTILES = (np.arange(33) + 0.5) / 33
"""Shares at which the forecast of a met figure is kept."""
SMOOTHING = 0.3
"""Width of the kernel over the kept quantiles, in standard deviations of the forecast."""


class Met(Protocol):
    """A figure that a forecast met: what :class:`yupana.analysis.hindcast_rolling.Case` says of it."""

    @property
    def variable(self) -> str:
        """Declared variable, its dimension in brackets."""
        ...

    @property
    def row(self) -> str:
        """Id of the figure."""
        ...

    @property
    def origin(self) -> int:
        """Last year that the forecast knew."""
        ...

    @property
    def horizon(self) -> int:
        """Years from the origin to the figure."""
        ...

    @property
    def off(self) -> Sequence[float]:
        """Logs of the forecast over the figure, at :data:`QUANTILES`."""
        ...


@dataclass(frozen=True, eq=False)
class FormError:
    """Errors of form by declared variable.

    Attributes
    ----------
    until : last year of the figures that decide them. origins : from which forecasts were made.
    weights : variable -> (spread,), posterior weight of each of :data:`SPREADS`; they sum to one.
    figures : variable -> how many figures decide it.
    """

    until: int
    origins: tuple[int, ...]
    weights: Mapping[str, np.ndarray]
    figures: Mapping[str, int]

    def quantiles(self, variable: str, shares: Sequence[float]) -> np.ndarray:
        """Return quantiles of the spread of one year, (share,), in logs."""
        return _at(self.weights[variable], np.asarray(shares))

    def path(self, variable: str, element: str, ahead: np.ndarray, seed: int, count: int) -> np.ndarray:
        """Return the log factor on an element of a variable some years after the origin, (year, draw).

        Parameters
        ----------
        ahead : (year,) int, one or more. element : name of the variable with its place, for its own steps.

        Where nothing is known of a variable's form the factor is one: the caller says so.
        """
        if variable not in self.weights:
            return np.zeros((len(ahead), count))
        spread = _at(self.weights[variable], uniforms(seed, f"form/spread/{variable}", 0, count))
        steps = np.stack(
            [normals(seed, f"form/step/{element}/{year}", 0, count) for year in range(1, int(max(ahead)) + 1)]
        )
        return spread * np.cumsum(steps, axis=0)[np.asarray(ahead) - 1]


def _at(weights: np.ndarray, shares: np.ndarray) -> np.ndarray:
    """Return the spreads below which lies each share of the weight, cells of the grid filled evenly."""
    width = SPREADS[1] - SPREADS[0]
    edges = np.concatenate([[0.0], SPREADS + width / 2.0])
    return np.interp(shares, np.concatenate([[0.0], np.cumsum(weights)]), edges)


def estimate(met: Iterable[Met], until: int) -> FormError:
    """Return what met figures say of the errors of form.

    Parameters
    ----------
    met : figures of years to `until`, each forecast from an earlier origin.

    Notes
    -----
    A figure that several origins forecast counts once in all: the misses of neighbouring origins are mostly
    one miss, told several times.

    Raises
    ------
    ValueError
        If a figure is of a later year, or of no later year than its origin.
    """
    groups: dict[str, list[Met]] = {}
    for one in met:
        if one.horizon < 1 or one.origin + one.horizon > until:
            raise ValueError(f"{one.row} from {one.origin} is no figure of a later year to {until}")
        groups.setdefault(one.variable, []).append(one)
    prior = -0.5 * (SPREADS / PRIOR) ** 2
    weights, figures = {}, {}
    for variable, group in sorted(groups.items()):
        rows = [one.row for one in group]
        told = {row: rows.count(row) for row in set(rows)}
        shares = np.array([1.0 / told[row] for row in rows])
        log_weight = prior + shares @ log_densities(group)
        raw = np.exp(log_weight - log_weight.max())
        weights[variable] = raw / raw.sum()
        figures[variable] = len(told)
    origins = {one.origin for group in groups.values() for one in group}
    return FormError(until, tuple(sorted(origins)), weights, figures)


def log_densities(group: Sequence[Met]) -> np.ndarray:
    """Return the log density of each met figure under each spread, (figure, spread)."""
    off = np.array([one.off for one in group])  # (figure, quantile)
    ahead = np.array([one.horizon for one in group], dtype=float)
    kernel = SMOOTHING * off.std(axis=1)
    variance = kernel[:, None] ** 2 + SPREADS**2 * ahead[:, None]  # (figure, spread)
    scaled = -0.5 * off[:, None, :] ** 2 / variance[..., None]
    top = scaled.max(axis=-1)
    return top + np.log(np.exp(scaled - top[..., None]).mean(axis=-1)) - 0.5 * np.log(variance)


def write(error: FormError, folder: Path, stamp: str, fits: Sequence[str]) -> Path:
    """Write an error of form beside the fit that comes with a pack, and return the file.

    Parameters
    ----------
    stamp : of the pack to the last year of the figures, for which alone it holds. fits : of the origins.
    """
    path = folder / FILE
    write_json(
        path,
        {
            "stamp": stamp,
            "until": error.until,
            "origins": list(error.origins),
            "fits": list(fits),
            "prior": PRIOR,
            "spreads": [float(SPREADS[0]), float(SPREADS[-1]), SPREADS.size],
            "figures": dict(error.figures),
            "weights": {name: [round(float(x), 5) for x in w] for name, w in error.weights.items()},
        },
    )
    return path


def of_pack(pack: Pack, until: int) -> FormError:
    """Return the error of form that comes with a pack.

    Parameters
    ----------
    until : last year that a forecast may know.

    Raises
    ------
    UsageError
        Y513 where the pack has none, or one that knows later figures.
    DataError
        Y511 where the pack or the model has changed since it was made.
    """
    from yupana.evidence.locate import POSTERIOR
    from yupana.fit.stamp import stamp

    path = pack.path / POSTERIOR / FILE
    body: dict[str, Any] | None = read_json(path)
    if body is None or body["until"] > until:
        raise UsageError(
            "no error of form is known",
            code="Y513",
            where=f"pack {pack.id}, forecasts from {until}",
            got="none" if body is None else f"one that knows figures to {body['until']}",
            expected="a file made from forecasts of earlier origins",
            fix="leave --form-error out",
        )
    if body["stamp"] != stamp(pack, body["until"]):
        raise DataError(
            "the error of form does not belong to the pack any more",
            code="Y511",
            where=str(path),
            got="one of other figures, priors or drivers, or of another version of the model",
            expected="what it was made from",
            fix="leave --form-error out, or make it again with tools/rolling_origins.py",
        )
    weights = {name: np.array(w) / np.sum(w) for name, w in body["weights"].items()}
    return FormError(body["until"], tuple(body["origins"]), weights, body["figures"])
