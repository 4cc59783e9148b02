"""Draws by tempered Monte Carlo in independent repetitions, as many at once as threads; they can go on.

Where rounds are asked for, the particles move on at the posterior itself (:mod:`yupana.fit.blocks`).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from threading import Lock
from typing import Any

import numpy as np

from yupana.fit import blocks, gates, smc, store
from yupana.fit.laplace import Normal
from yupana.fit.posterior import Posterior

USUAL_MOVES = 360
"""Moves of a particle in a fit of two hundred figures: only the remaining time is told by it."""
_PARTS = ("points", "log_target", "log_start")
FORGOTTEN = 0.25
"""Largest correlation of where particles ended with where rounds began."""


def draw(
    posterior: Posterior,
    normal: Normal,
    wanted: tuple[int, int, int],
    stage: dict[str, np.ndarray],
    folder: Path,
    tell: Callable[[str, float], None],
    rounds: int = 0,
) -> tuple[np.ndarray, list[gates.Gate]]:
    """Return the particles of independent repetitions, (coordinate, draw), and the gates on their agreement.

    Parameters
    ----------
    wanted : draws of all repetitions together, repetitions, seed.
    stage : what the folder holds of the same fit. tell : what is done, and the share of it.
    rounds : of moves at the posterior itself, after the last temperature.
    """
    draws, repetitions, seed = wanted
    each = -(-draws // repetitions)
    wide = normal.widened(smc.WIDE)
    known = _clouds(stage, repetitions)
    single = repetitions >= posterior.threads
    settled = [_settled(stage, i) for i in range(repetitions)]
    usual = USUAL_MOVES + rounds * blocks.MOVES
    moves = _Moves(repetitions, known, tell, usual, sum(one.round * blocks.MOVES for one in settled if one))
    inner = replace(posterior, threads=1) if single else posterior
    model = _Counted(**vars(inner), inner=inner, moves=moves)
    lock = Lock()

    def repetition(chain: int) -> tuple[smc.Cloud, tuple[float, int] | None]:
        own = seed + 1_000_003 * (chain + 1)
        cloud = known[chain] or smc.start_cloud(model, wide, each, own)

        def after(now: smc.Cloud) -> None:
            with lock:
                known[chain] = now
                _save(folder, stage, normal, known, settled)

        after(cloud)
        last = smc.run(model, wide, each, own, cloud, after)
        if not rounds:
            return last, None
        now = settled[chain] or blocks.begin(model, last.points)
        while now.round < rounds:
            now = blocks.advance(model, normal, now, own)
            with lock:
                settled[chain] = now
                _save(folder, stage, normal, known, settled)
        return _at(last, now, model), blocks.memory(normal, last.points, now.points)

    with ThreadPoolExecutor(posterior.threads if single else 1) as pool:
        try:
            ended = list(pool.map(repetition, range(repetitions)))
        except BaseException:
            moves.stopped = True  # the other repetitions end at their next move
            raise
    clouds = [cloud for cloud, _ in ended]
    chains = np.stack([_shuffled(cloud.points, seed + i) for i, cloud in enumerate(clouds)])
    informed = np.einsum("dk,cdn->cnk", normal.directions[:, :20], chains - normal.mean[None, :, None])
    names = [f"informed direction {i + 1}" for i in range(informed.shape[-1])]
    found = gates.chain_gates(informed, names)
    distinct = min(np.unique(cloud.log_target).size / cloud.log_target.size for cloud in clouds)
    found.append(gates.Gate("share of distinct draws", distinct, 0.9, "at least"))
    found.append(
        gates.Gate(
            "spread of the log evidence between repetitions",
            float(np.std([cloud.evidence for cloud in clouds], ddof=1)) if len(clouds) > 1 else np.nan,
            1.0,
            "at most",
        )
    )
    known_starts = [one for _, one in ended if one is not None]
    if known_starts:
        worst, direction = max(known_starts)
        name = f"memory of where rounds began, largest (informed direction {direction + 1})"
        found.append(gates.Gate(name, worst, FORGOTTEN, "at most"))
    points = chains.transpose(1, 2, 0).reshape(chains.shape[1], -1)[:, :draws]
    return points, found


PILOT = 512
"""Particles that a sampler of another kind takes its scales and starts from."""


def pilot(posterior: Posterior, normal: Normal, seed: int, tell: Callable[[str, float], None]) -> smc.Cloud:
    """Return one cloud of particles."""
    model = _Counted(
        **vars(posterior),
        inner=posterior,
        moves=_Moves(1, [None], lambda _, s: tell("pilot", s), USUAL_MOVES, 0),
    )
    return smc.run(model, normal.widened(smc.WIDE), PILOT, seed + 17)


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

    def __init__(
        self,
        chains: int,
        known: list[smc.Cloud | None],
        tell: Callable[[str, float], None],
        usual: int,
        more: int,
    ) -> None:
        self.all, self.tell, self.lock = chains * usual, tell, Lock()
        self.stopped = False
        self.done = sum(sum(cloud.moves) + 1 for cloud in known if cloud) + more

    def moved(self) -> None:
        """Count a move, and end a repetition whose neighbour was stopped."""
        if self.stopped:
            raise InterruptedError("another repetition was stopped")
        with self.lock:
            self.done += 1
            self.tell("draws", min(self.done / self.all, 0.99))


def _save(
    folder: Path,
    stage: dict[str, np.ndarray],
    normal: Normal,
    clouds: Sequence[smc.Cloud | None],
    settled: Sequence[blocks.Settled | None],
) -> None:
    kept = store.read_stage(folder) or stage
    arrays: dict[str, Any] = {name: kept[name] for name in ("mode", "weighted")}
    for i, cloud in enumerate(clouds):
        if cloud is None:
            continue
        arrays |= {f"{part}_{i}": getattr(cloud, part) for part in _PARTS}
        arrays[f"state_{i}"] = [cloud.stage, cloud.temperature, cloud.step, cloud.evidence]
        arrays[f"acceptance_{i}"], arrays[f"moves_{i}"] = cloud.acceptance, cloud.moves
    for i, one in enumerate(settled):
        if one is not None:
            arrays |= {f"settled_points_{i}": one.points, f"settled_figures_{i}": one.figures}
            arrays[f"settled_{i}"] = [one.round, one.step, *one.acceptance]
    store.write_arrays(folder / store.STAGE, arrays)


def _settled(stage: dict[str, np.ndarray], chain: int) -> blocks.Settled | None:
    if f"settled_{chain}" not in stage:
        return None
    number, step, *acceptance = (float(x) for x in stage[f"settled_{chain}"])
    points, figures = (stage[f"settled_{part}_{chain}"] for part in ("points", "figures"))
    return blocks.Settled(int(number), points, figures, step, tuple(acceptance))


def _at(cloud: smc.Cloud, now: blocks.Settled, posterior: Posterior) -> smc.Cloud:
    """Return the cloud with its particles where the rounds left them."""
    target = posterior.log_likelihood(now.points, now.figures) + posterior.log_prior(now.points)
    return replace(cloud, points=now.points, log_target=target)


def _clouds(stage: dict[str, np.ndarray], chains: int) -> list[smc.Cloud | None]:
    found: list[smc.Cloud | None] = []
    for i in range(chains):
        if f"state_{i}" not in stage:
            found.append(None)
            continue
        number, temperature, step, evidence = (float(x) for x in stage[f"state_{i}"])
        found.append(
            smc.Cloud(
                stage=int(number),
                temperature=temperature,
                points=stage[f"points_{i}"],
                log_target=stage[f"log_target_{i}"],
                log_start=stage[f"log_start_{i}"],
                step=step,
                evidence=evidence,
                acceptance=tuple(float(x) for x in stage[f"acceptance_{i}"]),
                moves=tuple(int(x) for x in stage[f"moves_{i}"]),
            )
        )
    return found


def _shuffled(points: np.ndarray, seed: int) -> np.ndarray:
    """Return particles in random order: the copies that resampling makes stand side by side before."""
    rng = np.random.Generator(np.random.Philox(key=np.array([seed, 2**33], dtype=np.uint64)))
    return points[:, rng.permutation(points.shape[1])]
