"""The prior twin of a run from a fit: the same scenarios and years with draws of the priors.

It lies in the run's folder and tells of any number, a difference or a sum of variables too, what the priors
alone would have said of it.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from yupana.core.errors import YupanaError
from yupana.ensemble.manifest import NAME
from yupana.fit.informed import ALL_PRIOR, ENDS, NO_MARK, Mark, contraction, mark_of, standard_error
from yupana.results.result import Result

FOLDER = "prior"
SAME = ("pack_hash", "until", "steps_per_year", "scenarios", "seed", "start", "end", "dtype", "drivers")
"""What a run and its twin share; a twin's draws are fewer and those of the priors."""


def twin_folder(result: Result) -> Path:
    """Return the folder of a run's twin."""
    return result.folder / FOLDER


def find_twin(result: Result) -> Result | None:
    """Return the twin of a run from a fit where its folder holds one; None else."""
    folder = twin_folder(result)
    if not result.fitted or not (folder / NAME).is_file():
        return None
    try:
        found = Result.open(folder)
    except YupanaError:  # unfinished or damaged
        return None
    return found if is_twin(result, found) else None


def is_twin(result: Result, other: Result) -> bool:
    """Whether another run has all of a run but its draws, which are those of the priors."""
    one, two = result.manifest.recipe, other.manifest.recipe
    return not other.fitted and all(one.get(name) == two.get(name) for name in SAME)


def difference_marks(
    result: Result, twin: Result | None, columns: Sequence[str], scenario: str, against: str
) -> dict[str, tuple[Mark, ...]]:
    """Return the marks of the differences between two scenarios: column -> (year,)."""
    if not result.fitted or twin is None:
        mark = NO_MARK if result.fitted else ALL_PRIOR
        return {column: (mark,) * len(result.years) for column in columns}
    before = {name: band for name, band, _ in twin.differences(columns, scenario, against, ENDS)}
    found = {}
    for name, after, _ in result.differences(columns, scenario, against, ENDS):
        shares = contraction(before[name], after)
        found[name] = tuple(
            mark_of(share, standard_error(share, twin.draws, result.draws)) if np.isfinite(low) else NO_MARK
            for share, low in zip(shares.tolist(), after[0], strict=True)
        )
    return found
