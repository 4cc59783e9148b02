"""What a repetition of particles does from its start to its end, how it is stored between, and its gates.

Two kinds: tempering from the approximation to the posterior (:mod:`yupana.fit.smc`), and rounds of moves at
the posterior from a start that is too wide (:mod:`yupana.fit.blocks`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Protocol

import numpy as np

from yupana.fit import blocks, smc
from yupana.fit.gates import Gate
from yupana.fit.laplace import Normal
from yupana.fit.posterior import BLOCK, Posterior

Arrays = Mapping[str, Any]
FORGOTTEN = 0.25
"""Largest correlation of where particles ended with where they began."""


class Sampler(Protocol):
    """One way to draw; states are what a stopped repetition goes on from."""

    usual: ClassVar[int]
    """Moves of a usual repetition: only the remaining time is told by it."""

    def load(self, arrays: Arrays) -> Any:
        """Return the state that was stored."""
        ...

    def save(self, state: Any) -> dict[str, Any]:
        """Return arrays from which the state is loaded."""
        ...

    def done(self, state: Any) -> int:
        """Return the moves behind a state."""
        ...

    def run(
        self,
        posterior: Posterior,
        chain: int,
        count: int,
        seed: int,
        state: Any,
        after: Callable[[Any], None],
    ) -> Any:
        """Return the last state of a repetition of `count` particles; `after` is told of every state."""
        ...

    def draws(self, state: Any, count: int, seed: int) -> np.ndarray:
        """Return draws of an ended repetition, (coordinate, draw), the first as good as any."""
        ...

    def chains(self, draws: np.ndarray) -> np.ndarray:
        """Return draws of a repetition, (..., draw), in an order in which dependent ones are neighbours."""
        ...

    def gates(self, posterior: Posterior, states: Sequence[Any], seeds: Sequence[int]) -> list[Gate]:
        """Return what the repetitions' last states must pass beside agreeing with each other."""
        ...


@dataclass(frozen=True, eq=False)
class Tempered:
    """Tempered sequential Monte Carlo from the approximation at one mode."""

    normal: Normal
    usual: ClassVar[int] = 360

    def load(self, arrays: Arrays) -> smc.Cloud:
        """Return the cloud at the temperature that was stored last."""
        number, temperature, step, evidence = (float(x) for x in arrays["state"])
        return smc.Cloud(
            stage=int(number),
            temperature=temperature,
            points=arrays["points"],
            log_target=arrays["log_target"],
            log_start=arrays["log_start"],
            step=step,
            evidence=evidence,
            acceptance=tuple(float(x) for x in arrays["acceptance"]),
            moves=tuple(int(x) for x in arrays["moves"]),
        )

    def save(self, state: smc.Cloud) -> dict[str, Any]:
        """Return what a cloud consists of."""
        kept = ("points", "log_target", "log_start", "acceptance", "moves")
        numbers = [state.stage, state.temperature, state.step, state.evidence]
        return {name: getattr(state, name) for name in kept} | {"state": numbers}

    def done(self, state: smc.Cloud) -> int:
        """Return the moves of all temperatures, and the start."""
        return sum(state.moves) + 1

    def run(
        self, posterior: Posterior, chain: int, count: int, seed: int, state: smc.Cloud | None,
        after: Callable[[Any], None],
    ) -> smc.Cloud:  # fmt: skip
        """Return the cloud at the posterior."""
        wide = self.normal.widened(smc.WIDE)
        if state is None:
            state = smc.start_cloud(posterior, wide, count, seed)
            after(state)
        return smc.run(posterior, wide, count, seed, state, after)

    def draws(self, state: smc.Cloud, count: int, seed: int) -> np.ndarray:
        """Return the particles in random order: copies that resampling makes stand side by side before."""
        return state.points[:, _order(state.points.shape[1], seed)][:, :count]

    def chains(self, draws: np.ndarray) -> np.ndarray:
        """Return the draws as they are: the order of particles says nothing."""
        return draws

    def gates(self, posterior: Posterior, states: Sequence[smc.Cloud], seeds: Sequence[int]) -> list[Gate]:
        """Return whether copies have parted, and whether repetitions find the same evidence."""
        distinct = min(np.unique(cloud.log_target).size / cloud.log_target.size for cloud in states)
        apart = float(np.std([cloud.evidence for cloud in states], ddof=1)) if len(states) > 1 else np.nan
        return [
            Gate("share of distinct draws", distinct, 0.9, "at least"),
            Gate("spread of the log evidence between repetitions", apart, 1.0, "at most"),
        ]


@dataclass(frozen=True, eq=False)
class Settling:
    """Rounds of moves at the posterior, from the approximations at its modes.

    Even repetitions begin at the first mode, odd ones at the others in equal parts: only repetitions that
    begin apart can tell whether they have met.

    Attributes
    ----------
    normals : approximations at the modes from which repetitions begin.
    ways : (coordinate, way), from the first mode to others.
    """

    normals: Sequence[Normal]
    ways: np.ndarray | None = None
    usual: ClassVar[int] = 56 * blocks.MOVES + 1

    def load(self, arrays: Arrays) -> blocks.Settled:
        """Return the particles after the round that was stored last."""
        number, step, *acceptance = (float(x) for x in arrays["state"])
        kept = {name: arrays[name] for name in ("points", "figures", "trail", "kept")}
        return blocks.Settled(int(number), step=step, acceptance=tuple(acceptance), **kept)

    def save(self, state: blocks.Settled) -> dict[str, Any]:
        """Return what the particles after a round consist of."""
        numbers = [state.round, state.step, *state.acceptance]
        kept = {name: getattr(state, name) for name in ("points", "figures", "trail", "kept")}
        return {**kept, "state": numbers}

    def done(self, state: blocks.Settled) -> int:
        """Return the moves of all rounds, and the start."""
        return state.round * blocks.MOVES + 1

    def run(
        self, posterior: Posterior, chain: int, count: int, seed: int, state: blocks.Settled | None,
        after: Callable[[Any], None],
    ) -> blocks.Settled:  # fmt: skip
        """Return particles that have moved for long enough, told of after every few rounds."""
        particles = _particles(count)
        now = state or self._begin(posterior, chain, particles, seed)

        def told(now: blocks.Settled) -> None:
            if now.round % blocks.LAG == 0:
                after(now)

        states = -(-count // particles)
        return blocks.run(posterior, self.normals[0], now, states, seed, self.ways, told)

    def _begin(self, posterior: Posterior, chain: int, count: int, seed: int) -> blocks.Settled:
        first, others = self.normals[:1], self.normals[1:]
        normals = others if chain % 2 and others else first
        return blocks.begin(posterior, normals, count, seed)

    def draws(self, state: blocks.Settled, count: int, seed: int) -> np.ndarray:
        """Return the particles of the kept rounds, the last round first.

        Where fewer are asked for than were kept, looks lie as far apart as they can: they depend the less on
        each other.
        """
        turn = _order(state.points.shape[1], seed)
        looks = min(-(-count // turn.size), len(state.kept))
        chosen = np.linspace(len(state.kept) - 1, 0, looks).round().astype(int)
        return np.concatenate([state.kept[look][:, turn] for look in chosen], axis=1)[:, :count]

    def chains(self, draws: np.ndarray) -> np.ndarray:
        """Return the draws with those of one particle side by side: what depends on what can then be seen."""
        *rest, count = draws.shape
        particles = _particles(count)
        whole = count - count % particles
        looks = draws[..., :whole].reshape(*rest, -1, particles)
        return np.swapaxes(looks, -1, -2).reshape(*rest, whole)

    def gates(
        self, posterior: Posterior, states: Sequence[blocks.Settled], seeds: Sequence[int]
    ) -> list[Gate]:
        """Return whether particles have forgotten where they began, and moved for long enough."""
        worst, direction = 0.0, 0
        for chain, (state, seed) in enumerate(zip(states, seeds, strict=True)):
            start = self._begin(posterior, chain, state.points.shape[1], seed).points
            worst, direction = max((worst, direction), blocks.memory(self.normals[0], start, state.points))
        least = min(state.lengths for state in states)
        name = f"memory of where particles began, largest (informed direction {direction + 1})"
        return [
            Gate(name, worst, FORGOTTEN, "at most"),
            Gate("rounds over those in which particles forget", least, blocks.LENGTHS, "at least"),
        ]


def _particles(draws: int) -> int:
    """Return how many particles give so many draws: a block of the model, or as many as the looks ask for."""
    looks = len(blocks.kept_rounds(blocks.MOST))
    return min(draws, BLOCK * -(-draws // (looks * BLOCK)))


def _order(count: int, seed: int) -> np.ndarray:
    """Return the particles' places in random order."""
    rng = np.random.Generator(np.random.Philox(key=np.array([seed, 2**33], dtype=np.uint64)))
    return rng.permutation(count)
