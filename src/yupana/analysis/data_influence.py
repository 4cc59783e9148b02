"""Which series of figures inform an output: what each would tell alone, and what is lost without it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from yupana.analysis.information import Estimate, Figures, Floats, linear_share, resample

if TYPE_CHECKING:
    from pathlib import Path

    from yupana.ensemble.columns import Columns
    from yupana.fit.data import Data
    from yupana.fit.draws import PosteriorDraws
    from yupana.fit.posterior import Posterior

_MOST_BROKEN = 0.05
"""Share of prior draws without a logarithm above which a figure is left out."""


@dataclass(frozen=True)
class SeriesInfluence:
    """What one series of figures says of one output.

    Attributes
    ----------
    series : variable of the model that the figures are of. figures : how many.
    alone : share of the prior variance that these figures alone could be expected to remove, were all normal;
        None where their logarithms cannot be had.
    pareto : k of the importance weights that take the series out again.
    wider : variance without the series over variance with it; None where `pareto` is above its limit.
    moved : shift of the mean without it, in standard deviations with it; None likewise.
    """

    series: str
    figures: int
    alone: Estimate | None
    pareto: float
    wider: Estimate | None
    moved: Estimate | None

    def to_json(self) -> dict[str, Any]:
        """Return the influence as plain data."""
        return {
            "series": self.series,
            "figures": self.figures,
            "alone": self.alone.to_json() if self.alone else None,
            "pareto_k": self.pareto,
            "variance_without_over_with": self.wider.to_json() if self.wider else None,
            "mean_shift_in_sd": self.moved.to_json() if self.moved else None,
        }


@dataclass(frozen=True, eq=False)
class Removal:
    """A posterior without one series.

    Attributes
    ----------
    weights : (draw,), normalised. pareto : k of their tail; minus infinity where all are the same.
    """

    weights: Floats
    pareto: float


def series_rows(data: Data, columns: Columns) -> dict[str, list[int]]:
    """Return series -> positions of its figures; figures of all places of a variable are one series."""
    found: dict[str, list[int]] = {}
    for index, item in enumerate(data.data):
        owner = columns.owner.get(item.variable)
        found.setdefault(owner.key if owner else item.variable, []).append(index)
    return found


def removal(log_likelihood: Floats) -> Removal:
    """Return the posterior without some figures, by smoothed importance weights (vehtari2024).

    Parameters
    ----------
    log_likelihood : (draw,), of the figures taken out.
    """
    from arviz_stats.base.array import array_stats

    if np.ptp(log_likelihood) < 1e-9:
        return Removal(np.full(log_likelihood.size, 1.0 / log_likelihood.size), -np.inf)
    # the library takes the log likelihood left out, and gives log weights, which are its negative smoothed
    smoothed, k = array_stats.psislw(log_likelihood)
    weights = np.exp(np.asarray(smoothed) - np.max(smoothed))
    return Removal(weights / weights.sum(), float(k))


def lost_without(
    y: Floats, found: Removal, limit: float, copies: NDArray[np.intp], seed: int = 0
) -> tuple[Estimate | None, Estimate | None]:
    """Return variance without over with, and the shift of the mean in standard deviations.

    Parameters
    ----------
    y : (draw,), NaN where a draw failed. limit : largest k for which the weights may be used.
    copies : (draw,), number of the distinct draw. seed : of the bootstrap.
    """
    fine = np.isfinite(y)
    if not found.pareto <= limit or fine.sum() < 2 or not y[fine].std() > 0.0:
        return None, None
    values, removed = y[fine], found.weights[fine]
    group = np.unique(copies[fine], return_inverse=True)[1]

    def both(w: Floats) -> tuple[float, float]:
        p, q = w / w.sum(), w * removed / (w @ removed)
        mean, without = values @ p, values @ q
        variance = (values - mean) ** 2 @ p
        return float((values - without) ** 2 @ q / variance), float((without - mean) / np.sqrt(variance))

    wider = resample(lambda w: both(w)[0], group, seed).estimate()
    return wider, resample(lambda w: both(w)[1], group, seed).estimate(floor=-np.inf)


def as_fitted(model: Posterior, known: PosteriorDraws) -> Data:
    """Return the figures with errors as large as the fit found them, root mean square."""
    sds = np.sqrt((model.errors(known.points) ** 2).mean(axis=1))
    made = [replace(item, sd=float(sd)) for item, sd in zip(model.data.data, sds, strict=True)]
    return replace(model.data, data=tuple(made))


def same_figures(data: Data, about: Mapping[str, Any], folder: Path) -> None:
    """Refuse a fit to other figures than `data`.

    Raises
    ------
    DataError
        Y508 where the rows differ.
    """
    from yupana.core.errors import DataError

    rows, fitted = [item.row for item in data.data], list(about.get("rows", ()))
    if rows != fitted:
        differ = sorted(set(rows) ^ set(fitted))
        raise DataError(
            "the fit used other figures than the pack now has", code="Y508", where=str(folder),
            got=", ".join(differ[:4]) or "another order", expected=f"the {len(fitted)} rows of the fit",
        )  # fmt: skip


def told_alone(
    y: Floats, logs: Floats, rows: list[int], data: Data, inflate: float, seed: int
) -> Estimate | None:
    """Return the share of the prior variance of `y` that figures could be expected to remove.

    Parameters
    ----------
    y : (draw,), prior draws. logs : (row, draw), logs of what an unbiased source would publish in them.
    rows : positions of the figures. inflate : sd of an error over the scale that its row states.
    """
    kept = [row for row in rows if np.isfinite(logs[row]).mean() >= 1.0 - _MOST_BROKEN]
    if not kept:
        return None
    fine = np.isfinite(y) & np.isfinite(logs[kept]).all(0)
    bias = data.bias_of[kept]
    figures = Figures(logs[kept][:, fine], data.sds[kept] * inflate, data.bias_sds[bias], bias)
    size = int(fine.sum())
    if size < 2 * len(kept) + 10:
        return None
    values = y[fine]
    return resample(lambda w: linear_share(values, figures, w, size), np.arange(size), seed).estimate()


def series_influence(
    y: Floats,
    y_prior: Floats,
    logs: Floats,
    data: Data,
    series: Mapping[str, list[int]],
    removals: Mapping[str, Removal],
    limit: float,
    inflate: float,
    copies: NDArray[np.intp],
) -> tuple[SeriesInfluence, ...]:
    """Return what each series says of an output, the most telling first.

    Parameters
    ----------
    y, y_prior : (draw,), of the fit and of the priors, on one scale.
    logs : (row, draw), as in :func:`told_alone`.
    limit, inflate, copies : as there and in :func:`lost_without`.
    """
    found = []
    for number, (name, rows) in enumerate(series.items()):
        wider, moved = lost_without(y, removals[name], limit, copies, number)
        alone = told_alone(y_prior, logs, rows, data, inflate, number)
        found.append(SeriesInfluence(name, len(rows), alone, removals[name].pareto, wider, moved))
    return tuple(sorted(found, key=lambda one: (-(one.alone.value if one.alone else 0.0), one.series)))
