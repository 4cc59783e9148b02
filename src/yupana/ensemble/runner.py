"""Draws times scenarios, chunk by chunk: what is finished is kept, what is missing is computed.

A chunk is 256 draws. Its parameters and noise are drawn once and serve every scenario, so that a difference
between scenarios is caused by their settings. The last chunk is filled with the run's further draws, which
are not written. Memory holds one chunk a thread, however many draws there are.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from yupana.core.errors import from_os_error
from yupana.core.files import locked
from yupana.ensemble.chunks import MONTHS, check_chunk, encode, read_record, time_index, write_chunk
from yupana.ensemble.folder import clear_leftovers, prepared
from yupana.ensemble.manifest import FINISHED, RUNNING, Manifest
from yupana.ensemble.recipe import CHUNK, Recipe
from yupana.params.structure import Change, needed, structured


class Outcome(Protocol):
    """What an engine returns for one block of draws; the draw is the last axis of every array."""

    @property
    def yearly(self) -> Mapping[str, Any]: ...
    @property
    def monthly(self) -> Mapping[str, Any] | None: ...
    @property
    def code(self) -> Any: ...


class Simulator(Protocol):
    """An engine: noise by draw number, and a run of exactly 256 draws."""

    def draw_noise(self, seed: int, first: int, count: int, start: int, end: int) -> Any: ...
    def run(self, params: Any, drivers: Any, policy: Any, noise: Any) -> Outcome: ...


class Sampler(Protocol):
    """Priors, or any other source of draws by number."""

    def draw(self, seed: int, first: int, count: int, dtype: Any) -> Any: ...
    def latents(self, seed: int, first: int, count: int, names: Iterable[str]) -> Mapping[str, Any]: ...


@dataclass(frozen=True)
class Job:
    """A recipe made ready: engine, source of draws, and drivers and policies over the years it simulates.

    Attributes
    ----------
    first_year : year in which the simulation begins; the years before the run's start are simulated as
        recorded and not stored, so that a year has the same numbers in every run that reaches it.
    structures : scenario -> changes of parameters, which hold from the first simulated month; a scenario
        that is not named changes none.
    """

    recipe: Recipe
    engine: Simulator
    sampler: Sampler
    drivers: Any
    policies: Mapping[str, Any]
    first_year: int
    structures: Mapping[str, tuple[Change, ...]] = field(default_factory=dict)

    def params_of(self, scenario: str, params: Any, first: int) -> Any:
        """Return the parameters of a scenario in the chunk that begins with draw `first`.

        Parameters
        ----------
        scenario : name.
        params : what the priors draw in that chunk, name -> (..., draw).
        first : number of the chunk's first draw.
        """
        changes = self.structures.get(scenario, ())
        if not changes:
            return params
        latents = self.sampler.latents(self.recipe.seed, first, CHUNK, needed(changes))
        return structured(params, latents, changes)


OnChunk = Callable[[int, int], None]
"""Told the number of chunks done and of all chunks; called from the thread that called `run_job`."""


def run_job(
    job: Job,
    manifest: Manifest,
    out: Path,
    threads: int = 2,
    on_chunk: OnChunk | None = None,
    order: Sequence[int] | None = None,
) -> Manifest:
    """Run what the folder does not hold yet, and return the manifest of the finished run.

    Parameters
    ----------
    job : what to run.
    manifest : of the run; its counts are filled in here.
    out : the run folder, already found to be free or to hold this run.
    threads : how many chunks are computed at once; no number depends on it.
    on_chunk : told of progress.
    order : order in which missing chunks are computed; no number depends on it.

    Raises
    ------
    EnvironmentFault
        If a file cannot be written; finished chunks stay, and nothing half written does.
    UsageError
        If another process writes the same run.
    """
    with prepared(out), locked(out):
        clear_leftovers(out)
        missing, damaged = _missing(manifest, out)
        total = job.recipe.chunks * len(manifest.scenarios)
        absent = sum(len(names) for names in missing.values())
        manifest = manifest.with_progress(
            status=RUNNING, computed=0, reused=total - absent, repaired=damaged, members={}
        )
        manifest.write(out)
        _make_folders(manifest, out)
        if on_chunk:
            on_chunk(total - absent, total)
        _compute(job, manifest, out, missing, threads, on_chunk, order)
        manifest = manifest.with_progress(status=FINISHED, computed=absent, members=_members(manifest, out))
        manifest.write(out)
    return manifest


def _missing(manifest: Manifest, out: Path) -> tuple[dict[int, list[str]], int]:
    """Return chunk -> scenarios that are absent or damaged, and the number of damaged ones."""
    missing: dict[int, list[str]] = {}
    damaged = 0
    for chunk in range(-(-manifest.recipe["draws"] // CHUNK)):
        for scenario in manifest.scenarios:
            fault = check_chunk(out, scenario, chunk, manifest.tables)
            if fault is not None:
                missing.setdefault(chunk, []).append(scenario)
                damaged += fault != "absent"
    return missing, damaged


def _make_folders(manifest: Manifest, out: Path) -> None:
    for table in manifest.tables:
        for scenario in manifest.scenarios:
            folder = out / table / f"scenario={scenario}"
            try:
                folder.mkdir(parents=True, exist_ok=True)
            except OSError as fault:
                raise from_os_error(fault, "making a folder of the run", folder) from fault


def _compute(
    job: Job,
    manifest: Manifest,
    out: Path,
    missing: Mapping[int, Sequence[str]],
    threads: int,
    on_chunk: OnChunk | None,
    order: Sequence[int] | None,
) -> None:
    total = job.recipe.chunks * len(manifest.scenarios)
    done = total - sum(len(names) for names in missing.values())
    waiting = [chunk for chunk in (order if order is not None else sorted(missing)) if chunk in missing]
    stop = threading.Event()
    pool = ThreadPoolExecutor(threads, thread_name_prefix="yupana")
    running: dict[Future[None], int] = {}
    try:
        width = 1  # the first chunk goes alone: it compiles what all others then share
        while waiting or running:
            while waiting and len(running) < width:
                chunk = waiting.pop(0)
                future = pool.submit(_run_chunk, job, manifest, out, chunk, missing[chunk], stop)
                running[future] = len(missing[chunk])
            finished, _ = wait(running, return_when=FIRST_COMPLETED)
            width = threads
            for future in finished:
                future.result()
                done += running.pop(future)
                if on_chunk:
                    on_chunk(done, total)
    finally:
        # on an error or Ctrl-C the other thread ends its scenario, so that no file is left half way
        stop.set()
        pool.shutdown(wait=True, cancel_futures=True)


def _run_chunk(
    job: Job, manifest: Manifest, out: Path, chunk: int, scenarios: Sequence[str], stop: threading.Event
) -> None:
    recipe = job.recipe
    first, keep = chunk * CHUNK, recipe.draws_in(chunk)
    params = job.sampler.draw(recipe.seed, first, CHUNK, recipe.dtype)
    noise = job.engine.draw_noise(recipe.seed, first, CHUNK, job.first_year, recipe.end)
    for scenario in scenarios:
        if stop.is_set():
            return
        own = job.params_of(scenario, params, first)
        outcome = job.engine.run(own, job.drivers, job.policies[scenario], noise)
        code = np.asarray(outcome.code)[:keep]
        about = {"yupana_run": manifest.id, "scenario": scenario, "chunk": str(chunk)}
        tables = {}
        for table in manifest.tables:
            monthly = table == "months"
            values = outcome.monthly if monthly else outcome.yearly
            if values is None:
                raise ValueError("the engine was not asked for months")
            skip = (recipe.start - job.first_year) * (MONTHS if monthly else 1)
            flat = manifest.columns.flatten({key: value[skip:] for key, value in values.items()}, keep)
            index = time_index(recipe.years, first, code, monthly)
            tables[table] = encode(manifest.columns, flat, index, about)
        write_chunk(out, scenario, chunk, tables, code)


def _members(manifest: Manifest, out: Path) -> dict[str, Any]:
    """Return how the members of every scenario ended, from the records of its chunks."""
    members = {}
    for scenario in manifest.scenarios:
        draws, failed, codes = 0, 0, {}
        for chunk in range(-(-manifest.recipe["draws"] // CHUNK)):
            record = read_record(out, scenario, chunk)
            if record is None:
                continue
            draws += record.draws
            for code, count in record.codes.items():
                codes[code] = codes.get(code, 0) + count
                failed += count if int(code) & manifest.failures else 0
        members[scenario] = {"draws": draws, "failed": failed, "codes": dict(sorted(codes.items()))}
    return members
