"""Making the prior twin of a run from a fit: it tells of any number what the priors alone would have said."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from yupana.core.errors import EnvironmentFault, YupanaError
from yupana.fit.informed import FEW
from yupana.results.twin import find_twin, is_twin, twin_folder

if TYPE_CHECKING:
    from yupana.ensemble.runner import OnChunk
    from yupana.results.result import Result


@contextmanager
def prior_twin(
    result: Result, threads: int | None = None, told: OnChunk | None = None
) -> Iterator[Result | None]:
    """Give the twin of a run from a fit, made where the run has none yet.

    None for a run from the priors, and where no twin can be made: the pack or a scenario is no longer what
    the run was made with. A run in a folder that may not be written has a twin for the time of the call.

    Parameters
    ----------
    result : the run. threads : chunks computed at once. told : of progress.
    """
    found = find_twin(result)
    if found is not None or not result.fitted:
        yield found
        return
    with tempfile.TemporaryDirectory() as spare:
        yield _made(result, Path(spare, "prior"), threads, told)


def _made(result: Result, spare: Path, threads: int | None, told: OnChunk | None) -> Result | None:
    try:
        return _run(result, twin_folder(result), threads, told)
    except EnvironmentFault:
        return _run(result, spare, threads, told)
    except YupanaError:  # something else lies there, or the pack has changed
        return None


def _run(result: Result, folder: Path, threads: int | None, told: OnChunk | None) -> Result | None:
    from yupana.analysis.difference import study_of

    about, recipe = result.manifest.about, result.manifest.recipe
    study = study_of(result)
    if study.pack.hash != recipe["pack_hash"]:
        return None
    words = about.get("scenario_words", {})
    names = [words.get(name, name) for name in result.scenarios]
    made = study.run(
        draws=min(FEW, result.draws), seed=recipe["seed"], scenarios=names,
        start=recipe["start"], end=recipe["end"], out=folder, resume=True, threads=threads, on_chunk=told,
        prior=True,
    )  # fmt: skip
    return made if is_twin(result, made) else None
