"""Fits to one year after another, each with what was known then: a smaller fit, begun where the last ended.

Unknowns of neighbouring years are mostly the same, so that the mode of one year is a good guess of the next:
coordinates are matched by name, and new ones (shocks of the new year, biases of new sources) begin at their
prior's centre.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from yupana.core.hashing import content_hash, short_id
from yupana.core.settings import default
from yupana.fit import fitting, store
from yupana.fit.draws import PosteriorDraws

if TYPE_CHECKING:
    from yupana.evidence import Pack
    from yupana.model import Config
    from yupana.params import PriorSet

EACH = 256
"""Draws of a repetition."""
REPETITIONS = 2


@dataclass(frozen=True, eq=False)
class OriginFit:
    """A fit to the figures of the years to an origin.

    Attributes
    ----------
    origin : last year of the figures. folder : of the fit, for whatever takes one.
    draws : as of any fit. mode : coordinate -> its value at the mode, for the next origin.
    record : what was made, and its gates. seconds : that this call took; nearly none where the fit lay there.
    """

    origin: int
    folder: Path
    draws: PosteriorDraws
    mode: Mapping[str, float]
    record: store.FitRecord
    seconds: float


def fit_at_origin(
    pack: Pack,
    config: Config,
    priors: PriorSet,
    folder: Path,
    start: Mapping[str, float] | None = None,
    each: int = EACH,
    repetitions: int = REPETITIONS,
    seed: int = default("seed"),
    threads: int = default("threads"),
    tag: str = "",
    on_progress: fitting.OnProgress | None = None,
) -> OriginFit:
    """Return the fit of a pack that was truncated to its origin; one that lies in the folder is used again.

    Parameters
    ----------
    pack : loaded with ``until``. config, priors : of the study; other priors make another fit, with a `tag`.
    folder : of this fit and no other; a stopped fit goes on.
    start : the mode of a neighbouring origin; the prior's centre if not given.
    each : draws of a repetition. repetitions : independent, compared by the gates.
    seed, threads : as in a fit.
    tag : whatever else decides the draws, for the address of the fit.

    Raises
    ------
    ValueError
        If the pack knows everything.
    UsageError
        Y105 if the folder holds something else.
    """
    if pack.until is None:
        raise ValueError("a fit at an origin needs a pack that was truncated to it")
    began = time.monotonic()
    request = fitting.Request(pack.until, "smc", each * repetitions, repetitions, seed)
    recipe = fitting.make_recipe(pack, config, request)
    recipe["start"] = short_id(content_hash(dict(start))) if start else "centre"
    if tag:
        recipe["tag"] = tag
    record = store.FitRecord(recipe, store.RUNNING)
    done = store.check_free(folder, record, resume=True, named=True)
    if done is None:
        done = fitting.run_fit(
            pack, config, priors, request, recipe, folder, threads, on_progress, start, thorough=False
        )
    draws = fitting.open_draws(folder, config, priors)
    mode = store.read_arrays(folder / store.DRAWS, done.digest)["mode"]
    named = dict(zip(draws.space.names, map(float, mode), strict=True))
    return OriginFit(pack.until, folder, draws, named, done, time.monotonic() - began)
