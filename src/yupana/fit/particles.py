"""Draws by particles in independent repetitions, as many at once as threads; a stopped fit can go on."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from threading import Lock
from typing import Any

import numpy as np

from yupana.fit import gates, smc, store
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
) -> tuple[np.ndarray, list[gates.Gate]]:
    """Return the particles of independent repetitions, (coordinate, draw), and the gates on their agreement.

    Parameters
    ----------
    compared : (coordinate, direction), in which repetitions are compared.
    wanted : draws of all repetitions together, repetitions, seed.
    folder : of the fit; what its stage holds of the same fit is gone on from.
    tell : what is done, and the share of it.
    """
    draws, repetitions, seed = wanted
    each = -(-draws // repetitions)
    kept = dict(store.read_stage(folder) or {})
    states = [_loaded(sampler, kept, chain) for chain in range(repetitions)]
    single = repetitions >= posterior.threads
    done = sum(sampler.done(state) for state in states if state is not None)
    moves = _Moves(repetitions * sampler.usual, done, tell)
    model = _counted(replace(posterior, threads=1) if single else posterior, moves)
    seeds = [seed + 1_000_003 * (chain + 1) for chain in range(repetitions)]
    lock = Lock()

    def repetition(chain: int) -> Any:
        def after(now: Any) -> None:
            with lock:
                states[chain] = now
                kept.update({f"{name}_{chain}": array for name, array in sampler.save(now).items()})
                store.write_arrays(folder / store.STAGE, kept)

        return sampler.run(model, chain, each, seeds[chain], states[chain], after)

    with ThreadPoolExecutor(posterior.threads if single else 1) as pool:
        try:
            ended = list(pool.map(repetition, range(repetitions)))
        except BaseException:
            moves.stopped = True  # the other repetitions end at their next move
            raise
    chains = np.stack([sampler.draws(state, each, seed + i) for i, state in enumerate(ended)])
    seen = sampler.chains(
        np.einsum("dk,cdn->ckn", compared, chains - chains.mean(axis=(0, 2))[None, :, None])
    )
    seen = np.swapaxes(seen, 1, 2)
    names = [f"direction {i + 1}" for i in range(seen.shape[-1])]
    found = gates.chain_gates(seen, names) + sampler.gates(posterior, ended, seeds)
    points = chains.transpose(1, 2, 0).reshape(chains.shape[1], -1)[:, :draws]
    return points, found


PILOT = 512
"""Particles that a sampler of another kind takes its scales and starts from."""


def pilot(posterior: Posterior, normal: Normal, seed: int, tell: Callable[[str, float], None]) -> smc.Cloud:
    """Return one cloud of particles."""
    moves = _Moves(Tempered(normal).usual, 0, lambda _, share: tell("pilot", share))
    return smc.run(_counted(posterior, moves), normal.widened(smc.WIDE), PILOT, seed + 17)


def _loaded(sampler: Sampler, kept: Mapping[str, np.ndarray], chain: int) -> Any:
    """Return the state of a repetition that a stage holds; None where it holds none."""
    end = f"_{chain}"
    own = {name[: -len(end)]: array for name, array in kept.items() if name.endswith(end)}
    return sampler.load(own) if own else None


def _counted(posterior: Posterior, moves: _Moves) -> _Counted:
    return _Counted(**vars(posterior), inner=posterior, moves=moves)


@dataclass(frozen=True, eq=False)
class _Counted(Posterior):
    """A posterior that tells of every run of particles."""

    inner: Any = None
    moves: Any = None

    def log_figures(self, z: np.ndarray) -> np.ndarray:
        """Return what the posterior within returns, and count a move."""
        found = self.inner.log_figures(z)
        self.moves.moved()
        return found


class _Moves:
    """How much of the particles' moves is done: against those of a usual fit."""

    def __init__(self, usual: int, done: int, tell: Callable[[str, float], None]) -> None:
        self.usual, self.done, self.tell, self.lock = usual, done, tell, Lock()
        self.stopped = False

    def moved(self) -> None:
        """Count a move, and end a repetition whose neighbour was stopped."""
        if self.stopped:
            raise InterruptedError("another repetition was stopped")
        with self.lock:
            self.done += 1
            self.tell("draws", min(self.done / self.usual, 0.99))


def compared(normal: Normal, ways: Sequence[np.ndarray] = ()) -> np.ndarray:
    """Return the directions in which repetitions are compared: the best informed, and ways to other modes."""
    return np.column_stack([normal.directions[:, :INFORMED], *ways])
