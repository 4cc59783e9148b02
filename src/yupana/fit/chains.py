"""Chains of NUTS in groups, each a process of its own, and the short run of particles that they start from.

A group is as many chains as the machine code of the model works out at once. Chains of a group wait for the
one that makes the most gradients; groups wait for nobody, and share no lock.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import fields, replace
from functools import partial
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from yupana.fit import blocks, nuts, particles, store, workers
from yupana.fit.centred import Centred
from yupana.fit.gradient import Gradient
from yupana.fit.laplace import Normal
from yupana.fit.machine import LANES
from yupana.fit.posterior import Posterior
from yupana.fit.samplers import Settling

ROUNDS = 28
"""Of particles, four times as long as they take to forget where they began."""
REPETITIONS, PARTICLES = 2, 128
PILOT = REPETITIONS * PARTICLES * len(blocks.kept_rounds(ROUNDS))
"""Draws from which the scales and the starts of the chains are taken."""
FAR = 1_000_003  # between the seeds of groups


class Glance(Settling):
    """Rounds of moves at the posterior, as many as scales and starts need and no more."""

    usual: ClassVar[int] = ROUNDS * blocks.MOVES + 1

    def run(
        self, posterior: Posterior, chain: int, count: int, seed: int, state: blocks.Settled | None,
        after: Callable[[Any], None],
    ) -> blocks.Settled:  # fmt: skip
        """Return particles after the rounds, told of after every few."""
        now = state or self._begin(posterior, chain, PARTICLES, seed)
        while now.round < ROUNDS:
            now = blocks.advance(posterior, self.normals[0], now, seed, self.ways)
            if now.round % blocks.LAG == 0:
                after(now)
        return now


def pilot(
    posterior: Posterior, sampler: Glance, compared: np.ndarray, seed: int, folder: Path,
    tell: Callable[[float], None],
) -> np.ndarray:  # fmt: skip
    """Return draws for scales and starts, (coordinate, draw)."""
    wanted = (PILOT, REPETITIONS, seed)
    return particles.draw(posterior, sampler, compared, wanted, folder, lambda _, share: tell(share), True)[0]


def draw(
    posterior: Posterior,
    coordinates: Centred,
    normal: Normal,
    start: np.ndarray,
    draws: int,
    seed: int,
    kept: dict[str, np.ndarray],
    folder: Path,
    tell: Callable[[float], None],
) -> nuts.Chains:
    """Return draws of all chains, going on from what a stage holds of them.

    Parameters
    ----------
    posterior : in double precision.
    coordinates : of the chains. normal : in these; whose whitened coordinates the chains move in.
    start : (coordinate, chain), in the coordinates of the chains. draws : of each chain.
    kept : the stage, written to `folder` again whenever a group tells of its state. tell : the share done.
    """
    gradient = Gradient(replace(posterior, threads=1), coordinates)
    groups = np.array_split(np.arange(start.shape[1]), -(-start.shape[1] // LANES))
    jobs = [
        partial(
            _group, gradient=gradient, normal=normal, start=start[:, own],
            wanted=(draws, seed + FAR * i), saved=_own(kept, i),
        )
        for i, own in enumerate(groups)
    ]  # fmt: skip
    shares = [0.0] * len(groups)

    def heard(group: int, message: float | Mapping[str, np.ndarray]) -> None:
        if isinstance(message, Mapping):
            kept.update({f"{name}@{group}": array for name, array in message.items()})
            store.write_arrays(folder / store.STAGE, kept)
        else:
            shares[group] = message
            tell(float(np.mean(shares)))

    found = workers.run_each(jobs, min(len(groups), posterior.threads), heard)
    return nuts.Chains(
        **{
            each.name: np.concatenate(
                [getattr(one, each.name) for one in found], axis=-1 if each.name == "step" else 1
            )
            for each in fields(nuts.Chains)
        }
    )


def _own(kept: Mapping[str, np.ndarray], group: int) -> dict[str, np.ndarray]:
    """Return what a stage holds of a group."""
    end = f"@{group}"
    return {name.removesuffix(end): array for name, array in kept.items() if name.endswith(end)}


def _group(
    tell: workers.Tell,
    gradient: Gradient,
    normal: Normal,
    start: np.ndarray,
    wanted: tuple[int, int],
    saved: Mapping[str, np.ndarray],
) -> nuts.Chains:
    """Return the chains of a group; tell its state every few draws, and after each the share that is done.

    Parameters
    ----------
    wanted : draws, seed.
    """
    nuts.prepare()
    draws, seed = wanted
    return nuts.run(
        gradient,
        normal,
        start.shape[1],
        draws,
        seed,
        saved=saved,
        save=tell,
        tell=tell,
        start=start,
        back=gradient.back,
    )
