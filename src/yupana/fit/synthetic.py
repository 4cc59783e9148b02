"""Made countries: records that the model itself wrote, so that the truth is known, and records without time.

A made record has the rows, years, sources and errors of the real one and other figures. A fit of it goes the
way of the real fit: the mode from the centre of the prior, then particles by the method asked for.

References: [talts2018]_.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace

import numpy as np

from yupana.core.settings import default
from yupana.core.streams import normals, uniforms
from yupana.fit import blocks, smc
from yupana.fit.compiled import Compiled, compiled
from yupana.fit.data import Data
from yupana.fit.laplace import Normal, approximate, find_mode
from yupana.fit.posterior import BLOCK, DEGREES, Posterior
from yupana.fit.space import Space

MOST_BLOCKS = 20  # of draws that are tried for truths
HALF = 0.5 * blocks.LENGTHS
"""Rounds by `blocks` before draws, in those after which particles forget: as before those of a fit."""


@dataclass(frozen=True, eq=False)
class Truths:
    """Truths of made countries.

    Attributes
    ----------
    numbers : (country,), of the prior draws. points : (coordinate, country). log_figures : (row, country).
    refused : draws before the last one taken that did not run, or gave a figure without a logarithm.
    """

    numbers: np.ndarray
    points: np.ndarray
    log_figures: np.ndarray
    refused: int


def find_truths(posterior: Posterior, seed: int, count: int) -> Truths:
    """Return the first `count` prior draws of a seed that run and give every figure.

    Raises
    ------
    ValueError
        If so many cannot be found among twenty blocks of draws.
    """
    numbers: list[int] = []
    points, figures = [], []
    for block in range(MOST_BLOCKS):
        z = posterior.space.draw(seed, block * BLOCK, BLOCK)
        logs = posterior.log_figures(z)
        good = np.flatnonzero(np.isfinite(logs).all(axis=0))[: count - len(numbers)]
        numbers += [int(block * BLOCK + i) for i in good]
        points.append(z[:, good])
        figures.append(logs[:, good])
        if len(numbers) == count:
            refused = numbers[-1] + 1 - count
            return Truths(np.array(numbers), np.concatenate(points, 1), np.concatenate(figures, 1), refused)
    raise ValueError(f"{len(numbers)} of {MOST_BLOCKS * BLOCK} prior draws give all figures, not {count}")


def made_record(
    posterior: Posterior, z: np.ndarray, seed: int, number: int = 0, log_figures: np.ndarray | None = None
) -> Data:
    """Return the record that the sources would publish of a country whose truth is `z`.

    Figures are those of the model at `z`, with the biases and scales of errors that `z` holds and errors of
    Student's t; rows, years and sources are the real ones.

    Parameters
    ----------
    z : (coordinate,). seed, number : of the errors, with the name of the row.
    log_figures : (row,), of the model at `z` where they are known.

    Raises
    ------
    ValueError
        If the model gives no logarithm of a figure at `z`.
    """
    from scipy.stats import t

    column = z[:, None]
    logs = posterior.log_figures(column)[:, 0] if log_figures is None else log_figures
    if not np.isfinite(logs).all():
        raise ValueError(f"{int((~np.isfinite(logs)).sum())} figures have no logarithm at this truth")
    dice = [float(uniforms(seed, f"record/{item.row}", number, 1)[0]) for item in posterior.data.data]
    errors = posterior.errors(column)[:, 0] * t.ppf(dice, DEGREES)
    biases = posterior.space.log_biases(column)[posterior.data.bias_of, 0]
    return posterior.data.replace_values(logs + biases + errors)


def permuted_years(data: Data, seed: int) -> Data:
    """Return the record with the years of each variable permuted; a figure keeps its error and its source.

    Figures of one year stay together, years without a figure stay without. What a variable is on average
    stays known, when it was high or low does not.
    """
    years: dict[str, list[int]] = {}
    for item in data.data:
        years.setdefault(item.variable, []).append(item.year)
    moved: dict[tuple[str, int], int] = {}
    for variable, seen in years.items():
        known = sorted(set(seen))
        order = np.argsort([uniforms(seed, f"placebo/{variable}/{year}", 0, 1)[0] for year in known])
        moved |= {(variable, year): known[place] for year, place in zip(known, order, strict=True)}
    made = tuple(replace(item, year=moved[item.variable, item.year]) for item in data.data)
    return replace(data, data=made)


def to_year(data: Data, year: int) -> Data:
    """Return the rows of the years to `year`, with the biases and scales that they have."""
    rows = tuple(item for item in data.data if item.year <= year)
    biases, series = {item.bias for item in rows}, {item.series for item in rows}
    return replace(
        data,
        data=rows,
        biases={name: sd for name, sd in data.biases.items() if name in biases},
        scales={name: sd for name, sd in data.scales.items() if name in series},
    )


def with_data(posterior: Posterior, data: Data) -> Posterior:
    """Return the posterior given other rows, with the biases and scales that these have."""
    space = replace(
        posterior.space,
        biases=tuple(data.biases),
        bias_sds=data.bias_sds,
        scales=tuple(data.scales),
        scale_sds=data.scale_sds,
    )
    return replace(posterior, data=data, space=space)


def in_space(points: np.ndarray, names: Sequence[str], space: Space, seed: int) -> np.ndarray:
    """Return points in a larger space, (coordinate, draw): what they do not hold keeps its prior.

    Parameters
    ----------
    points : (name, draw). names : of their coordinates. seed : of the prior draws.
    """
    at = {name: index for index, name in enumerate(names)}
    return np.stack(
        [
            points[at[name]] if name in at else normals(seed, f"unseen/{name}", 0, points.shape[1])
            for name in space.names
        ]
    )


@dataclass(frozen=True, eq=False)
class Fitted:
    """A fit of a made record.

    Attributes
    ----------
    mode : (coordinate,). weighted : (row, coordinate), Jacobian at the mode. normal : approximation there.
    drawn : particles of the posterior.
    """

    mode: np.ndarray
    weighted: np.ndarray
    normal: Normal
    drawn: Drawn


@dataclass(frozen=True, eq=False)
class Drawn:
    """Particles of a posterior, and how they came about.

    Attributes
    ----------
    points : (coordinate, draw). moves : of each stage, or in all. acceptance : of each stage or round.
    log_evidence : log of the integral of likelihood times prior, up to a constant that rows and errors
        decide; None where the method does not tell.
    """

    points: np.ndarray
    moves: tuple[int, ...]
    acceptance: tuple[float, ...]
    log_evidence: float | None = None


def fit_record(
    exact: Posterior, quick: Posterior, data: Data, draws: int, seed: int, method: str = default("method")
) -> Fitted:
    """Return the fit of a record in one repetition.

    Parameters
    ----------
    exact, quick : the posterior in double and in single precision; `data` takes the place of their rows.
        By `blocks` the mode is found in single precision: it is where particles begin, and no more.
    draws : particles. seed : of the particles. method : ``"smc"`` or ``"blocks"``.
    """
    given = compiled(with_data(quick, data)) if method == "blocks" else with_data(exact, data)
    mode, weighted = find_mode(given, np.zeros(given.space.size))
    normal = approximate(mode, weighted)
    return Fitted(mode, weighted, normal, again(quick, data, normal, draws, seed, method))


def again(
    quick: Posterior, data: Data, normal: Normal, draws: int, seed: int, method: str = default("method")
) -> Drawn:
    """Return an independent repetition of the particles of a fit whose mode is known.

    Raises
    ------
    ValueError
        If the method does not draw by particles.
    """
    given = with_data(quick, data)
    if method == "smc":
        wide = normal.widened(smc.WIDE)
        cloud = smc.run(given, wide, draws, seed)
        evidence = cloud.evidence - 0.5 * float(np.log1p(wide.eigenvalues).sum())
        return Drawn(cloud.points, cloud.moves, cloud.acceptance, evidence)
    if method != "blocks":
        raise ValueError(f"{method} does not draw by particles: smc or blocks was expected")
    return _settled(given, normal, draws, seed)


class _Few(Compiled):
    """A compiled posterior whose program has as many columns as there are particles."""

    def log_figures(self, z: np.ndarray) -> np.ndarray:
        """Return the logs of what an unbiased source would publish, (row, batch); NaN where a run fails."""
        return self._block(z)


def _settled(given: Posterior, normal: Normal, draws: int, seed: int) -> Drawn:
    """Return draws by `blocks`: the particles once they have forgotten, one draw each.

    They wait as long as those of a fit wait before the first look that is kept.
    """
    model = compiled(given)
    if isinstance(model, Compiled):
        model = _Few(**{each.name: getattr(model, each.name) for each in fields(Posterior)})
    now = blocks.begin(model, [normal], draws, seed)
    while now.round < blocks.MOST and (now.round % blocks.LAG or now.lengths < HALF):
        now = blocks.advance(model, normal, now, seed)
    return Drawn(now.points, (now.round * blocks.MOVES,), now.acceptance)
