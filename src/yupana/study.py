"""A study: a pack and the settings of its model. What users hold, and the one owner of model settings."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from yupana.core.errors import UsageError
from yupana.core.settings import check_setting, default, usual_chains

if TYPE_CHECKING:
    from yupana.ensemble.plan import Plan
    from yupana.ensemble.runner import OnChunk
    from yupana.evidence import Pack
    from yupana.fit.draws import PosteriorDraws
    from yupana.fit.fitting import OnProgress
    from yupana.fit.store import FitRecord
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

    @cached_property
    def shipped(self) -> PosteriorDraws | None:
        """Draws of the fit that comes with the pack: what a run uses where nobody asks for other draws.

        None where the pack has no such fit, or was loaded with an `until` before the fit's last year.

        Raises
        ------
        DataError
            Y511 where the pack or the model has changed since the fit, Y403 where its files are damaged.
        """
        from yupana.fit.shipped import shipped

        folder = shipped(self.pack)
        return None if folder is None else self.posterior(folder)

    def plan(
        self,
        draws: int | None = None,
        seed: int | None = None,
        scenarios: str | Sequence[str] | None = None,
        start: int | None = None,
        end: int | None = None,
        monthly: bool = False,
        posterior: str | os.PathLike[str] | None = None,
        allow_failed: bool = False,
        prior: bool = False,
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
            posterior=self.draws_of(posterior, prior),
            allow_failed=allow_failed,
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
        posterior: str | os.PathLike[str] | None = None,
        allow_failed: bool = False,
        prior: bool = False,
    ) -> Result:
        """Run draws times scenarios and return the result.

        The numbers depend on the pack, the settings, the seed, the years and the scenarios, and on nothing
        else: not on `threads`, `out`, nor on how often the run was stopped. The first n of N draws are the
        same draws.

        Parameters
        ----------
        draws : number of draws; 1,024 by default.
        seed : of all random numbers; 1 by default.
        scenarios : names of the pack's scenarios, or scenario files; the baseline by default.
        start, end : first and last calendar year; the pack's by default. Years of the pack before `start`
            are simulated as recorded and not stored.
        out : folder of the run; by default ``yupana-runs/ID``, where finished chunks are always used again.
        resume : finish a run that was stopped, in a folder that was named.
        monthly : keep months beside years.
        threads : chunks computed at once; 2 by default.
        on_chunk : called with the number of chunks done and of all chunks.
        posterior : folder or id of a fit whose draws are used; by default the fit that comes with the pack,
            and draws of the priors where there is none.
        allow_failed : use a fit that failed a gate; every output then says so.
        prior : draw from the priors in any case.

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
        plan = self.plan(draws, seed, scenarios, start, end, monthly, posterior, allow_failed, prior)
        folder = Path(DEFAULT_ROOT, plan.manifest.id) if out is None else Path(out).expanduser()
        check_free(folder, plan.manifest, resume, named=out is not None)
        manifest = run_job(plan.job, plan.manifest, folder, workers, on_chunk)
        self._mark(plan, folder, workers)
        return Result(folder, manifest)

    def _mark(self, plan: Plan, folder: Path, threads: int) -> None:
        """Copy into the folder of a run from a fit how much of each number is prior.

        A study that does not know everything is marked only where its fit holds its marks: they say what the
        figures told, not what they would have told.
        """
        from yupana.fit.draws import PosteriorDraws
        from yupana.fit.informed import informed_by
        from yupana.results.marks import write_marks

        known: object = plan.job.sampler
        if not isinstance(known, PosteriorDraws):
            return
        make, end = self.pack.until is None, plan.job.recipe.end
        told = informed_by(self.pack, self.config, self.priors, known, known.folder, end, threads, make)
        if told is not None:
            write_marks(folder, plan.manifest, told)

    def fit(
        self,
        draws: int | None = None,
        chains: int | None = None,
        seed: int | None = None,
        method: str | None = None,
        quick: bool = False,
        out: str | Path | None = None,
        resume: bool = False,
        threads: int | None = None,
        on_progress: OnProgress | None = None,
    ) -> tuple[Path, FitRecord]:
        """Fit the model to the pack's figures, and return the folder of the fit and its record.

        The study must have been loaded with `until`: nothing that became known later is read.

        Parameters
        ----------
        draws : of all chains together. chains : independent repetitions, by default 2 of blocks, 4 of others.
        seed : of all numbers.
        method : ``"blocks"``, ``"smc"``, ``"laplace"``, ``"nuts"``.
        quick : laplace with 256 draws, whatever else is said.
        out : folder; by default ``yupana-fits/ID``, where a stopped fit always goes on.
        resume : go on with a stopped fit in a folder that was named.
        threads : blocks computed at once.
        on_progress : told what is done, the share done and the seconds since the start.

        Raises
        ------
        UsageError, DataError
            Before anything is written, where something asked for cannot be used.
        """
        from yupana.fit import fitting, store

        if self.pack.until is None:
            raise UsageError(
                "a fit needs a last year",
                code="Y104",
                where="until",
                got="a study that knows everything",
                expected="yupana.load(pack, until=2016)",
            )
        how = "laplace" if quick else check_setting("method", method)
        request = fitting.Request(
            until=self.pack.until,
            method=how,
            draws=256 if quick else check_setting("fit_draws", draws),
            chains=usual_chains(how) if chains is None else check_setting("chains", chains),
            seed=check_setting("seed", seed),
        )
        recipe = fitting.make_recipe(self.pack, self.config, request)
        record = store.FitRecord(recipe, store.RUNNING)
        folder = Path(store.DEFAULT_ROOT, record.id) if out is None else Path(out).expanduser()
        done = store.check_free(folder, record, resume, named=out is not None)
        if done is not None:
            return folder, done
        workers = check_setting("threads", threads)
        return folder, fitting.run_fit(
            self.pack, self.config, self.priors, request, recipe, folder, workers, on_progress
        )

    def posterior(self, word: str | os.PathLike[str]) -> PosteriorDraws:
        """Return the draws of a finished fit of this pack, by folder or id.

        Raises
        ------
        UsageError, DataError
            Y505, Y112, Y508.
        """
        from yupana.fit.fitting import open_draws
        from yupana.fit.store import find_fit

        folder = find_fit(os.fspath(word), self.pack.path)
        return replace(open_draws(folder, self.config, self.priors), folder=folder)

    def draws_of(
        self, posterior: str | os.PathLike[str] | None = None, prior: bool = False
    ) -> PosteriorDraws | None:
        """Return the draws of the fit that is named, else of the one that comes with the pack.

        None stands for draws from the priors: where `prior` asks for them, or the pack comes without a fit.

        Raises
        ------
        UsageError
            Y110 where both are asked for, Y505 for a fit that is not there.
        DataError
            Y511, Y508, Y403 where the fit cannot be used.
        """
        if prior and posterior is not None:
            raise UsageError(
                "--prior and --posterior exclude each other", code="Y110", fix="leave one of them out"
            )
        if prior:
            return None
        return self.shipped if posterior is None else self.posterior(posterior)


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
