"""The fit's draws run again with half the time step: do its outputs depend on how finely time is cut?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, cast

import numpy as np

from yupana.fit.gates import Gate
from yupana.fit.posterior import BLOCK, Posterior
from yupana.model import VARIABLES, Engine, codes

if TYPE_CHECKING:
    from yupana.model.engine import Precision

HALVED = 0.1
"""Largest difference that is allowed, in widths of the output's nine tenths interval: a third of an sd."""
WATCHED = (
    "coca_area", "cocaine_made", "seizures_home", "leaf_price", "base_price", "hcl_price", "prisoners",
    "grower_net_income", "organised_crime_earnings", "homicide_rate", "drug_homicide_rate",
)  # fmt: skip
"""Headline variables of the whole country."""


def halved_gate(posterior: Posterior, points: np.ndarray, watched: Sequence[str] = WATCHED) -> Gate:
    """Return how far half the time step moves any headline output in any fitted year.

    The value is the root mean square over draws of the difference, over the width of the output's nine tenths
    interval among the same draws; the worst output and year are named. Only draws that end with both steps
    count; if fewer than half do, the value is no number and the gate fails.

    Parameters
    ----------
    points : (coordinate, draw), of the posterior; a block of 256 at most is used, spread over them.
    """
    names = [variable.key for variable in VARIABLES if variable.key in watched and variable.over is None]
    count = min(BLOCK, points.shape[1])
    some = points[:, np.linspace(0, points.shape[1] - 1, count).astype(int)]
    z = some[:, np.arange(BLOCK) % count]  # a whole block: that program is compiled already
    coarse, fine = (_outputs(each, z, names)[..., :count] for each in (posterior, halved(posterior)))
    ended = np.asarray(np.isfinite(coarse).all(axis=(0, 1)) & np.isfinite(fine).all(axis=(0, 1)))
    name = "difference made by half the time step, in widths of the interval"
    if 2 * ended.sum() < count:
        return Gate(f"{name} (runs fail)", float("nan"), HALVED, "at most")
    coarse, fine = coarse[..., ended], fine[..., ended]
    low, high = np.quantile(coarse, (0.05, 0.95), axis=-1)
    moved = np.sqrt(((fine - coarse) ** 2).mean(axis=-1))
    share = moved / np.maximum(high - low, 1e-12 * np.abs(coarse).max(axis=-1) + 1e-300)  # (output, year)
    worst = np.unravel_index(int(np.argmax(share)), share.shape)
    where = f"{names[worst[0]]}, {posterior.space.years[worst[1]]}"
    return Gate(f"{name} ({where})", float(share[worst]), HALVED, "at most")


def halved(posterior: Posterior) -> Posterior:
    """Return the posterior whose model takes twice as many steps in a year."""
    config = posterior.engine.config
    finer = replace(config, steps_per_year=2 * config.steps_per_year)
    return replace(posterior, engine=Engine(finer, cast("Precision", posterior.engine.dtype)))


def _outputs(posterior: Posterior, z: np.ndarray, names: Sequence[str]) -> np.ndarray:
    """Return yearly values of national variables, (output, year, draw); NaN where a run fails."""
    space = posterior.space
    block = posterior.engine.run(space.parameters(z), posterior.drivers, posterior.policy, space.noise(z))
    values = np.stack([np.asarray(block.yearly[name], dtype=np.float64) for name in names])
    return np.where((block.code & codes.FAILURES) != 0, np.nan, values)
