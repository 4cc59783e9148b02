"""Draws of the posterior at one origin after another, and how well they foretell the next year.

Figures are taken by the year they speak of: an origin knows all figures of years to it, whenever published.
Draws at one origin become those at the next by letting in the new year's figures step by step, so that no
origin but the first starts from nothing (leave-future-out, Buerkner et al. 2020, exact but for the number of
draws).

References: [burkner2020]_.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from yupana.fit import smc
from yupana.fit.build import build_posterior
from yupana.fit.laplace import Normal, approximate, find_mode
from yupana.fit.posterior import DEGREES, Posterior
from yupana.fit.restricted import Restriction, draw_with_more
from yupana.fit.space import Space

if TYPE_CHECKING:
    from yupana.evidence import Pack
    from yupana.model import Config
    from yupana.params import PriorSet

FIRST_STEPS, NEXT_STEPS = 12, 3
"""Gauss-Newton steps to the mode from nothing, and from the mode of a neighbouring origin."""
REPEATS = 4
"""Times that every draw foretells a year, each with new shocks."""


@dataclass(frozen=True, eq=False)
class Base:
    """The posterior at an origin with draws of it, under the pack's own priors.

    Attributes
    ----------
    posterior : of the figures to the origin.
    mode : (coordinate,). weighted : Jacobian there, (row, coordinate).
    points : (coordinate, draw).
    """

    posterior: Posterior
    mode: np.ndarray
    weighted: np.ndarray
    points: np.ndarray

    @property
    def normal(self) -> Normal:
        """The normal approximation at the mode."""
        return approximate(self.mode, self.weighted)


def posteriors(
    pack: Pack, config: Config, priors: PriorSet, years: range, threads: int
) -> dict[int, Posterior]:
    """Return the posterior of the figures to each year; all run the same compiled model."""
    found: dict[int, Posterior] = {}
    for year in years:
        made = build_posterior(pack, config, priors, year, "float32", threads)
        found[year] = replace(made, engine=found[years[0]].engine) if found else made
    return found


def first_base(posterior: Posterior, count: int, seed: int) -> Base:
    """Return draws by tempering from the normal approximation at the mode."""
    mode, weighted = find_mode(posterior, np.zeros(posterior.space.size), FIRST_STEPS)
    cloud = smc.run(posterior, approximate(mode, weighted).widened(smc.WIDE), count, seed)
    return Base(posterior, mode, weighted, cloud.points)


def next_base(before: Base, posterior: Posterior, seed: int) -> Base:
    """Return draws given the figures of a further year from those without them."""
    old, new = before.posterior.space, posterior.space
    start = extend(before.mode[:, None], old, new, np.zeros((new.size, 1)))[:, 0]
    mode, weighted = find_mode(posterior, start, NEXT_STEPS)
    fresh = new.draw(seed, 0, before.points.shape[1])
    points = extend(before.points, old, new, fresh)
    added = _year_of(posterior) == new.years[-1]
    found = draw_with_more(posterior, approximate(mode, weighted), points, added, seed)
    return Base(posterior, mode, weighted, found.points)


def given_base(posterior: Posterior, points: np.ndarray) -> Base:
    """Return draws that were made elsewhere with an approximation around them."""
    mode, weighted = find_mode(posterior, points.mean(axis=1), NEXT_STEPS)
    return Base(posterior, mode, weighted, points)


def extend(points: np.ndarray, old: Space, new: Space, fresh: np.ndarray) -> np.ndarray:
    """Return points in another space: coordinates by name, those that it alone has from `fresh`.

    Parameters
    ----------
    points : (coordinate, draw) in `old`. fresh : (coordinate, draw) in `new`.
    """
    row = {name: index for index, name in enumerate(old.names)}
    out = fresh.copy()
    for index, name in enumerate(new.names):
        if name in row:
            out[index] = points[row[name]]
    return out


def next_year(
    posterior: Posterior, points: np.ndarray, known: Space, restriction: Restriction, seed: int
) -> tuple[tuple[str, ...], np.ndarray]:
    """Return the rows of the last year of a posterior, and their log densities, (row, draw x repeats).

    Parameters
    ----------
    posterior : to the year after the origin. points : (coordinate, draw) at the origin, in `known`.
    restriction : in the space of `posterior`; what is new there is drawn under it.
    seed : of new shocks and biases; the same for all rivals, so that their differences are less noisy.
    """
    count = points.shape[1] * REPEATS
    fresh = restriction.apply(posterior.space.draw(seed, 0, count))
    z = extend(np.repeat(points, REPEATS, axis=1), known, posterior.space, fresh)
    of = _year_of(posterior) == posterior.space.years[-1]
    rows = tuple(item.row for item, chosen in zip(posterior.data.data, of, strict=True) if chosen)
    return rows, log_densities(posterior, z)[of]


def log_densities(posterior: Posterior, z: np.ndarray) -> np.ndarray:
    """Return the normalised log density of every figure's log, (row, batch); very low where a run failed."""
    from scipy.special import gammaln

    each = posterior.log_densities(z, posterior.log_figures(z))
    unit = gammaln((DEGREES + 1.0) / 2.0) - gammaln(DEGREES / 2.0) - 0.5 * np.log(DEGREES * np.pi)
    return np.where(np.isfinite(each), each + unit - np.log(posterior.data.sds)[:, None], -1e3)


def _year_of(posterior: Posterior) -> np.ndarray:
    return np.array([item.year for item in posterior.data.data])
