"""How much of what the model says of a claim is prior: the same test with draws of the priors beside it."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from yupana.core.drawn import PRIOR
from yupana.evidence.claims import Reading
from yupana.evidence.claims_terms import Bench, ModelDraws, Tested, weigh
from yupana.fit.informed import ALL_PRIOR, NO_MARK, Mark, compare


@dataclass(frozen=True)
class Yardstick:
    """What the priors alone say of model variables.

    Attributes
    ----------
    model : draws of a variable under the priors.
    before, after : different draws of the priors, and of the run.
    """

    model: ModelDraws
    before: int
    after: int


def marks_of(
    reading: Reading, tested: Tested, bench: Bench, yardstick: Yardstick | None
) -> tuple[Mark | None, tuple[Mark | None, ...]]:
    """Return the mark of what a reading tested, and of each part of it; None for what rests on rows alone.

    Rows and their errors are the same under the priors, so that the mark tells of the model's share.
    """
    none = (None,) * len(tested.parts)
    if not tested.model or tested.draws is None:
        return None, none
    if bench.drawn == PRIOR:
        return ALL_PRIOR, tuple(ALL_PRIOR if part.model else None for part in tested.parts)
    if yardstick is None:
        return NO_MARK, tuple(NO_MARK if part.model else None for part in tested.parts)
    prior = weigh(reading, replace(bench, model=yardstick.model))[1]
    counts = (yardstick.before, yardstick.after)
    parts = tuple(
        compare(other.draws, part.draws, counts) if part.model else None
        for other, part in zip(prior.parts, tested.parts, strict=True)
    )
    before = np.full(1, np.nan) if prior.draws is None else prior.draws
    return compare(before, tested.draws, counts), parts
