"""A study: a pack and the settings of its model. What users hold, and the one owner of model settings."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from yupana.core.errors import UsageError
from yupana.core.settings import check_setting, default

if TYPE_CHECKING:
    from yupana.ensemble.plan import Plan
    from yupana.ensemble.runner import OnChunk
    from yupana.evidence import Pack
    from yupana.model import Config
    from yupana.params import PriorSet
    from yupana.results import Result


@dataclass(frozen=True)
class Study:
    """A pack with the settings of its model.

    Attributes
    ----------
    pack : the checked pack.
    pack_word : how the user called it: a name or a folder.
    steps_per_year : steps of the model in a year.
    dtype : precision of ensembles, ``"float32"`` or ``"float64"``.

    Examples
    --------
    >>> study = load("exampleland")
    >>> study.config.steps_per_year
    12
    """

    pack: Pack
    pack_word: str
    steps_per_year: int = default("steps_per_year")
    dtype: str = default("dtype")

    def __post_init__(self) -> None:
        check_setting("steps_per_year", self.steps_per_year)
        check_setting("dtype", self.dtype)

    def __repr__(self) -> str:
        """Pack and settings in one line."""
        return f"<Study {self.pack.id}: {self.steps_per_year} steps a year, {self.dtype}>"

    @cached_property
    def config(self) -> Config:
        """Places and structure of the model."""
        from yupana.model import build_config

        return build_config(self.pack, self.steps_per_year)

    @cached_property
    def priors(self) -> PriorSet:
        """Priors of every parameter of the model.

        Raises
        ------
        DataError
            Where the pack's priors are not those that the model needs.
        """
        from yupana.model import PARAMETERS
        from yupana.params import PriorSet

        priors = PriorSet.from_pack(self.pack, self.config.dims)
        priors.expect(PARAMETERS)
        return priors

    def plan(
        self,
        draws: int | None = None,
        seed: int | None = None,
        scenarios: str | Sequence[str] | None = None,
        start: int | None = None,
        end: int | None = None,
        monthly: bool = False,
    ) -> Plan:
        """Return a checked plan of a run; nothing is computed and nothing is written.

        Parameters are those of :meth:`run`.
        """
        from yupana.ensemble.plan import Request, make_plan

        if isinstance(scenarios, (str, os.PathLike)):
            scenarios = (os.fspath(scenarios),)
        if monthly and self.steps_per_year != 12:
            raise UsageError(
                "months can be kept only of a model that steps by month",
                code="Y504",
                got=f"{self.steps_per_year} steps a year",
                expected="12",
            )
        request = Request(
            draws=check_setting("draws", draws),
            seed=check_setting("seed", seed),
            scenarios=tuple(map(os.fspath, scenarios or default("scenarios"))),
            start=self.pack.start if start is None else start,
            end=self.pack.end if end is None else end,
            monthly=monthly,
        )
        return make_plan(self.pack, self.pack_word, self.config, self.priors, self.dtype, request)

    def run(
        self,
        draws: int | None = None,
        seed: int | None = None,
        scenarios: str | Sequence[str] | None = None,
        start: int | None = None,
        end: int | None = None,
        out: str | Path | None = None,
        resume: bool = False,
        monthly: bool = False,
        threads: int | None = None,
        on_chunk: OnChunk | None = None,
    ) -> Result:
        """Run draws times scenarios and return the result.

        The numbers depend on the pack, the settings, the seed, the years and the scenarios, and on nothing
        else: not on `threads`, `out`, nor on how often the run was stopped. The first n of N draws are the
        same draws.

        Parameters
        ----------
        draws : number of draws from the priors; 1,024 by default.
        seed : of all random numbers; 1 by default.
        scenarios : names of the pack's scenarios, or scenario files; the baseline by default.
        start, end : first and last calendar year; the pack's by default. Years of the pack before `start`
            are simulated as recorded and not stored.
        out : folder of the run; by default ``yupana-runs/ID``, where finished chunks are always used again.
        resume : finish a run that was stopped, in a folder that was named.
        monthly : keep months beside years.
        threads : chunks computed at once; 2 by default.
        on_chunk : called with the number of chunks done and of all chunks.

        Raises
        ------
        UsageError, DataError
            Before anything is written, where something asked for cannot be used.
        EnvironmentFault
            Where the disk is full or a folder may not be written; finished chunks stay.
        """
        from yupana.ensemble.folder import DEFAULT_ROOT, check_free
        from yupana.ensemble.runner import run_job
        from yupana.results import Result

        workers = check_setting("threads", threads)
        plan = self.plan(draws, seed, scenarios, start, end, monthly)
        folder = Path(DEFAULT_ROOT, plan.manifest.id) if out is None else Path(out).expanduser()
        check_free(folder, plan.manifest, resume, named=out is not None)
        manifest = run_job(plan.job, plan.manifest, folder, workers, on_chunk)
        return Result(folder, manifest)


def load(pack: str | os.PathLike[str], until: int | None = None) -> Study:
    """Return the study of a pack.

    Parameters
    ----------
    pack : name of a shipped pack, or a folder.
    until : keep only evidence and drivers that were known in this year.

    Raises
    ------
    UsageError
        Where there is no such pack.
    DataError
        Where the pack cannot be used.

    Examples
    --------
    >>> load("exampleland").pack.id
    'exampleland'
    """
    from yupana.evidence import find_pack, load_pack, shipped_packs

    word = os.fspath(pack)
    loaded = load_pack(word, until=until)
    # a folder is remembered by its full path, so that a run can be finished from another place
    name = word if word in shipped_packs() else str(find_pack(word).resolve())
    return Study(loaded, name)
