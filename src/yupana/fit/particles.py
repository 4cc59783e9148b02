"""Draws by particles in independent repetitions, as many at once as threads; a stopped fit can go on.

Repetitions of a long fit are processes of their own (:mod:`yupana.fit.workers`), of a short one threads: a
process takes some seconds to begin.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from dataclasses import dataclass, fields, replace
from functools import partial
from pathlib import Path
from threading import Event, Lock
from typing import Any

import numpy as np

from yupana.fit import gates, smc, store, workers
from yupana.fit.laplace import Normal
from yupana.fit.posterior import Posterior
from yupana.fit.samplers import Sampler, Tempered

INFORMED = 20  # leading informed directions in which repetitions are compared


def draw(
    posterior: Posterior,
    sampler: Sampler,
    compared: np.ndarray,
    wanted: tuple[int, int, int],
    folder: Path,
    tell: Callable[[str, float], None],
    apart: bool = False,
) -> tuple[np.ndarray, list[gates.Gate]]:
    """Return the particles of independent repetitions, (coordinate, draw), and the gates on their agreement.

    Parameters
    ----------
    compared : (coordinate, direction), in which repetitions are compared.
    wanted : draws of all repetitions together, repetitions, seed.
    folder : of the fit; what its stage holds of the same fit is gone on from.
    tell : what is done, and the share of it. apart : whether repetitions are processes.
    """
    draws, repetitions, seed = wanted
    each = -(-draws // repetitions)
    kept = dict(store.read_stage(folder) or {})
    states = [_loaded(sampler, kept, chain) for chain in range(repetitions)]
    at_once = min(repetitions, posterior.threads)
    done = sum(sampler.done(state) for state in states if state is not None)
    moves = _Moves(repetitions * sampler.usual, done, tell)
    model = replace(posterior, threads=posterior.threads // at_once)
    seeds = [seed + 1_000_003 * (chain + 1) for chain in range(repetitions)]
    jobs = [
        partial(_repetition, posterior=model, sampler=sampler, at=(chain, each, seeds[chain]), state=state)
        for chain, state in enumerate(states)
    ]

    def heard(chain: int, state: Any) -> None:
        if state is None:
            moves.moved()
            return
        kept.update({f"{name}_{chain}": array for name, array in sampler.save(state).items()})
        store.write_arrays(folder / store.STAGE, kept)

    ended = (workers.run_each if apart and at_once > 1 else _in_threads)(jobs, at_once, heard)
    chains = np.stack([sampler.draws(state, each, seed + i) for i, state in enumerate(ended)])
    seen = sampler.chains(
        np.einsum("dk,cdn->ckn", compared, chains - chains.mean(axis=(0, 2))[None, :, None])
    )
    seen = np.swapaxes(seen, 1, 2)
    names = [f"direction {i + 1}" for i in range(seen.shape[-1])]
    found = gates.chain_gates(seen, names) + sampler.gates(posterior, ended, seeds)
    points = chains.transpose(1, 2, 0).reshape(chains.shape[1], -1)[:, :draws]
    return points, found


def _repetition(
    tell: workers.Tell, posterior: Posterior, sampler: Sampler, at: tuple[int, int, int], state: Any
) -> Any:
    """Return the last state of a repetition; tell None of every run of particles, and states as they come.

    Parameters
    ----------
    at : its number, draws, seed. state : from which it goes on, or None.
    """
    chain, count, seed = at
    return sampler.run(_counted(posterior, lambda: tell(None)), chain, count, seed, state, tell)


def _in_threads(jobs: Sequence[Any], at_once: int, told: Callable[[int, Any], None]) -> list[Any]:
    """Return the results of jobs in threads; when one fails the others end as they next tell."""
    lock, stopped = Lock(), Event()
    failed: list[BaseException] = []

    def one(place: int) -> Any:
        def tell(message: Any) -> None:
            if stopped.is_set():
                raise InterruptedError("another repetition was stopped")
            with lock:
                told(place, message)

        try:
            return jobs[place](tell)
        except BaseException as fault:
            failed.append(fault)
            stopped.set()
            raise

    with ThreadPoolExecutor(at_once) as pool:
        asked = [pool.submit(one, place) for place in range(len(jobs))]
        try:
            wait(asked)
        except BaseException:
            stopped.set()
            raise
    if failed:
        raise failed[0]  # the others only ended because of it
    return [each.result() for each in asked]


PILOT = 512
"""Particles that a sampler of another kind takes its scales and starts from."""


def pilot(posterior: Posterior, normal: Normal, seed: int, tell: Callable[[str, float], None]) -> smc.Cloud:
    """Return one cloud of particles."""
    moves = _Moves(Tempered(normal).usual, 0, lambda _, share: tell("pilot", share))
    return smc.run(_counted(posterior, moves.moved), normal.widened(smc.WIDE), PILOT, seed + 17)


def _loaded(sampler: Sampler, kept: Mapping[str, np.ndarray], chain: int) -> Any:
    """Return the state of a repetition that a stage holds; None where it holds none."""
    end = f"_{chain}"
    own = {name[: -len(end)]: array for name, array in kept.items() if name.endswith(end)}
    return sampler.load(own) if own else None


def _counted(posterior: Posterior, moved: Callable[[], None]) -> _Counted:
    parts = {each.name: getattr(posterior, each.name) for each in fields(Posterior)}
    return _Counted(**parts, inner=posterior, moved=moved)


@dataclass(frozen=True, eq=False)
class _Counted(Posterior):
    """A posterior that tells of every run of particles."""

    inner: Any = None
    moved: Any = None

    def log_figures(self, z: np.ndarray) -> np.ndarray:
        """Return what the posterior within returns, and tell."""
        found = self.inner.log_figures(z)
        self.moved()
        return found


class _Moves:
    """How much of the particles' moves is done: against those of a usual fit."""

    def __init__(self, usual: int, done: int, tell: Callable[[str, float], None]) -> None:
        self.usual, self.done, self.tell = usual, done, tell

    def moved(self) -> None:
        """Count a move."""
        self.done += 1
        self.tell("draws", min(self.done / self.usual, 0.99))


def compared(normal: Normal, ways: Sequence[np.ndarray] = ()) -> np.ndarray:
    """Return the directions in which repetitions are compared: the best informed, and ways to other modes."""
    return np.column_stack([normal.directions[:, :INFORMED], *ways])
