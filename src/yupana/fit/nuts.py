"""The No-U-Turn sampler on the whole posterior in double precision: the reference for the faster methods.

Chains run in coordinates in which a normal reference is standard normal, so that no scales have to be learned
and only the step is adapted, one for all chains. Trajectories turn at one length there, so that of the steps
that cost as many gradients the shortest is taken; forces are cut to a largest length. The reference and the
points where chains start come from particles of the default method: some directions of a posterior may be
three times as wide as at its mode, and a chain in coordinates of the mode then needs several times as many
steps. What chains converge to depends on none of these. The sampler is NumPyro's; it calls the model's
gradient on the host, so that only its own small program is compiled. Its whole state is kept every few draws:
a fit that was killed goes on to the same draws.

References: hoffmangelman2014 (NUTS), betancourt2016 (energy), cui2014 (informed directions).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from yupana.fit.gates import Gate, chain_gates
from yupana.fit.laplace import Normal

WARM_UP = 60
"""Draws of each chain that only adapt the step."""
FIRST_STEP = 0.2
TARGET = 0.6  # mean acceptance of all chains that the step is adapted to, before it is made shorter
TURN = 3.3
"""Length that turns any trajectory in whitened coordinates: half a period, pi, and a little."""
DEPTHS: Any = (5, 8)  # most doublings in the warm-up, which starts with steps far too short, and after
KEEP_EVERY = 10  # least draws between two writes of the state
KEEP_SHARE = 20  # and a twentieth of all draws so far: what is written grows with them
FORCE = 2.0  # largest force on a chain, over that usual in a standard normal of as many coordinates
ENERGY = 0.3  # smallest fraction of information on the energy
MARK = "nuts_"  # of this sampler's arrays in the file of the stage

Target = Callable[[np.ndarray], tuple[np.ndarray, np.ndarray]]
"""Points (coordinate, chain) -> log density (chain,) and gradient (coordinate, chain)."""


@dataclass(frozen=True, eq=False)
class Chains:
    """Draws after the warm-up, and how they were made; all arrays are (draw, chain) unless said.

    Attributes
    ----------
    points : (draw, chain, coordinate). energy : potential and kinetic. potential : minus the log posterior.
    diverged : whether the trajectory broke off. steps : gradients of each draw. acceptance : mean in a draw.
    step : (chain,), length of a step after the warm-up, the same in all chains.
    """

    points: np.ndarray
    energy: np.ndarray
    potential: np.ndarray
    diverged: np.ndarray
    steps: np.ndarray
    acceptance: np.ndarray
    step: np.ndarray


_KEPT = ("points", "energy", "potential", "diverged", "steps", "acceptance")


def prepare() -> None:
    """Let the host wait for every program: the sampler's calls back to it then take a third of the time.

    A call back holds a thread of the compiler's pool while the gradient needs another: with a pool of one,
    as on one core or in a process that is kept to one thread, both wait for ever, so that the pool is given
    four. Read when the first program runs; later in a process it changes nothing.
    """
    import os

    import jax

    os.environ["PJRT_NPROC"] = "4"
    jax.config.update("jax_cpu_enable_async_dispatch", False)


def _potential(target: Target, normal: Normal, jax: Any) -> Callable[[Any], Any]:
    """Return minus the log density as a JAX function of whitened points, its gradient taken on the host.

    The gradient is cut to a largest length. A force that is any function of the place keeps volumes and can
    be walked back, so that draws stay those of the density, whose own values the energies are. But a needle
    that a step falls upon, with a slope a hundred times the usual one, no longer throws a chain out.
    """
    size = normal.mean.size
    largest = FORCE * np.sqrt(size)
    kinds = (jax.ShapeDtypeStruct((), np.float64), jax.ShapeDtypeStruct((size,), np.float64))

    def host(xi: Any) -> tuple[np.ndarray, np.ndarray]:
        at = np.asarray(xi).reshape(-1, size).T
        value, slope = target(normal.mean[:, None] + normal.scale(at))
        pull = -normal.scale(slope)
        pull *= np.minimum(1.0, largest / np.maximum(np.linalg.norm(pull, axis=0), 1e-9))
        lead = np.shape(xi)[:-1]
        return -value.reshape(lead), pull.T.reshape(*lead, size)

    def both(xi: Any) -> Any:
        return jax.pure_callback(host, kinds, xi, vmap_method="broadcast_all")

    potential = jax.custom_vjp(lambda xi: both(xi)[0])
    potential.defvjp(both, lambda slope, pulled: (pulled * slope,))
    return potential


def run(
    target: Target,
    normal: Normal,
    chains: int,
    draws: int,
    seed: int,
    saved: Mapping[str, np.ndarray] | None = None,
    save: Callable[[dict[str, np.ndarray]], None] | None = None,
    tell: Callable[[float], None] | None = None,
    warm_up: int = WARM_UP,
    start: np.ndarray | None = None,
    back: Callable[[np.ndarray], np.ndarray] = lambda points: points,
) -> Chains:
    """Return `draws` draws of each of `chains` chains.

    Parameters
    ----------
    target : log posterior and gradient.
    normal : whose coordinates the chains move in.
    start : (coordinate, chain), where chains begin; at draws of `normal` where nothing is said.
    back : from points in the coordinates of the chains to those that are returned, (coordinate, chain).
    saved : what `save` was given before, by a run that was stopped.
    save : called every few draws with everything needed to go on.
    tell : called after every draw with the share of all gradients that is done, by the mean of late draws.
    """
    from yupana.model.engine import enable_double

    jax = enable_double()
    from numpyro.infer import NUTS

    kernel = NUTS(
        potential_fn=_potential(target, normal, jax),
        step_size=FIRST_STEP,
        adapt_step_size=False,
        adapt_mass_matrix=False,
        max_tree_depth=DEPTHS,
    )
    keys = jax.random.split(jax.random.PRNGKey(seed), chains + 1)
    first = jax.random.normal(keys[0], (chains, normal.mean.size), dtype=np.float64)
    if start is not None:
        first = jax.numpy.asarray(normal.unscale(start).T)
    state = kernel.init(keys[1:], warm_up, first, (), {})
    leaves, shape = jax.tree.flatten(state)
    advance = jax.jit(lambda now: kernel.sample(now, (), {}))
    kept: dict[str, list[np.ndarray]] = {name: [] for name in _KEPT}
    done, spent, step = 0, [], _Step(np.log(FIRST_STEP), 0.0, 0.0, 0)
    written = 0
    if saved and f"{MARK}done" in saved:
        done, step = int(saved[f"{MARK}done"]), _Step(*saved[f"{MARK}step"])
        spent = [float(x) for x in saved[f"{MARK}spent"]]
        state = jax.tree.unflatten(shape, [saved[f"{MARK}state_{i}"] for i in range(len(leaves))])
        if done > warm_up:
            kept = {name: list(saved[MARK + name]) for name in _KEPT}
        written = done
    while done < warm_up + draws:
        if done <= warm_up:
            state = _with_step(state, step.now if done < warm_up else _shortest(step.settled), jax)
        state = advance(state)
        done += 1
        if done <= warm_up:
            step = step.after(float(np.mean(state.accept_prob)))
        spent.append(float(np.max(state.num_steps)))
        if done > warm_up:
            for name, value in _values(state, normal, back).items():
                kept[name].append(value)
        if save and (done - written >= max(KEEP_EVERY, done // KEEP_SHARE) or done == warm_up + draws):
            written = done
            save(_snapshot(jax.tree.leaves(state), kept, done, spent, step))
        if tell:
            ahead = (warm_up + draws - done) * float(np.mean(spent[-30:]))
            tell(sum(spent) / (sum(spent) + ahead))
    arrays = {name: np.stack(parts) for name, parts in kept.items()}
    return Chains(**arrays, step=np.asarray(state.adapt_state.step_size))


class _Step(NamedTuple):
    """One step for all chains, in logs: few draws adapt it badly, and all chains wait for the shortest.

    Attributes
    ----------
    now : tried next. settled : mean of those tried, late ones counting more.
    gap : by how much acceptance has been below the target. draws : behind it.
    """

    now: float
    settled: float
    gap: float
    draws: float

    def after(self, acceptance: float) -> _Step:
        """Return the step after a draw with a mean acceptance (dual averaging, with its usual constants)."""
        draws = self.draws + 1
        gap = self.gap + (TARGET - acceptance - self.gap) / (draws + 10.0)
        now = np.log(10.0 * FIRST_STEP) - np.sqrt(draws) / 0.05 * gap
        weight = draws**-0.75
        return _Step(now, weight * now + (1.0 - weight) * self.settled, gap, draws)


def _shortest(log_step: float) -> float:
    """Return the shortest step, in logs, of as many gradients: trajectories double until they turn."""
    doublings = np.ceil(np.log2(TURN / np.exp(log_step) + 1.0))
    return float(np.log(TURN / (2.0**doublings - 1.0)))


def _with_step(state: Any, log_step: float, jax: Any) -> Any:
    steps = jax.numpy.full_like(state.adapt_state.step_size, np.exp(log_step))
    return state._replace(adapt_state=state.adapt_state._replace(step_size=steps))


def _values(state: Any, normal: Normal, back: Callable[[np.ndarray], np.ndarray]) -> dict[str, np.ndarray]:
    points = back(normal.mean[:, None] + normal.scale(np.asarray(state.z).T))
    return {
        "points": points.T.astype(np.float32),
        "energy": np.asarray(state.energy),
        "potential": np.asarray(state.potential_energy),
        "diverged": np.asarray(state.diverging),
        "steps": np.asarray(state.num_steps),
        "acceptance": np.asarray(state.accept_prob),
    }


def _snapshot(
    leaves: list[Any],
    kept: Mapping[str, list[np.ndarray]],
    done: int,
    spent: list[float],
    step: _Step,
) -> dict[str, np.ndarray]:
    """Return everything that a stopped run needs to go on, name -> array."""
    arrays = {f"{MARK}state_{i}": np.asarray(leaf) for i, leaf in enumerate(leaves)}
    numbers = {"done": done, "spent": spent, "step": step}
    arrays |= {MARK + name: np.asarray(value) for name, value in numbers.items()}
    return arrays | {MARK + name: np.stack(parts) for name, parts in kept.items() if parts}


def information_on_energy(energy: np.ndarray) -> np.ndarray:
    """Return the fraction of information on the energy of each chain, (chain,), of (draw, chain) energies."""
    return (np.diff(energy, axis=0) ** 2).sum(axis=0) / ((energy - energy.mean(axis=0)) ** 2).sum(axis=0)


def gates(chains: Chains, normal: Normal, directions: int = 20) -> list[Gate]:
    """Return the checks of the chains: R-hat and effective draws, divergences, energy, depth.

    Parameters
    ----------
    directions : how many of the informed directions are watched, beside the log posterior.
    """
    away = chains.points.transpose(1, 0, 2).astype(np.float64) - normal.mean
    watched = np.concatenate(
        [away @ normal.directions[:, :directions], chains.potential.T[..., None]], axis=-1
    )
    names = [f"informed direction {i + 1}" for i in range(watched.shape[-1] - 1)]
    deepest = 2 ** DEPTHS[1] - 1
    return [
        *chain_gates(watched, [*names, "log posterior"]),
        Gate("divergent draws", float(chains.diverged.sum()), 0.0, "at most"),
        Gate("information on the energy, least", float(information_on_energy(chains.energy).min()), ENERGY,
             "at least"),
        Gate("share of draws at the largest depth", float((chains.steps >= deepest).mean()), 0.0, "at most"),
    ]  # fmt: skip


def about(chains: Chains) -> dict[str, Any]:
    """Return how the chains went, for the record of a fit."""
    return {
        "acceptance": round(float(chains.acceptance.mean()), 3),
        "step": sorted({round(float(x), 4) for x in chains.step}),
        "gradients_per_draw": round(float(chains.steps.mean()), 1),
        "most_gradients": int(chains.steps.max()),
        "warm_up": WARM_UP,
    }
