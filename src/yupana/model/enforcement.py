"""Enforcement: what share of a class's flow is seized, where agencies put effort, what traffickers believe.

q = q_max e / (e + e0) / (1 + flow/capacity): it saturates in effort and falls with flow beyond capacity.
Effort moves between classes by past seizures (success rewarded, or failure, by the sign of one exponent)
within a constant budget; traffickers learn the risk and disperse.

References: caulkins1993 (adaptive response), magliocca2019 (learning on both sides).
"""

from __future__ import annotations

from typing import Any

from yupana.core.arrays import namespace
from yupana.model.numerics import Array, add_up, relax


def half_effort(p: dict[str, Array]) -> Array:
    """Return e0, (corridor,), such that the effort of the start seizes the share of the start."""
    capacity = p["corridor_capacity_ratio"]
    return p["seizure_probability_max"] / (p["seizure_probability"] * (1.0 + 1.0 / capacity)) - 1.0


def seizure_share(p: dict[str, Array], fixed: Any, effort: Array, flow: Array) -> Array:
    """Return the share of each class's flow that is seized, (corridor,), below ``seizure_probability_max``.

    Parameters
    ----------
    effort : (corridor,), relative to the start, levers applied; flow : (corridor,), t/year, remembered.
    """
    load = flow / fixed.flow_reference / p["corridor_capacity_ratio"]
    return p["seizure_probability_max"] * effort / (effort + fixed.effort_half) / (1.0 + load)


def move_effort(p: dict[str, Array], fixed: Any, effort: Array, memory: Array, step: float) -> Array:
    """Return effort by class after one step, (corridor,): the budget of the start, moved by results."""
    xp = namespace(effort)
    result = xp.log((memory + 0.01 * fixed.seizure_reference) / fixed.seizure_reference)
    wanted = xp.exp(p["effort_response"] * result)
    budget = add_up(fixed.seizure_reference)
    wanted = wanted * budget / add_up(fixed.seizure_reference * wanted)
    return relax(effort, wanted, 1.0 / p["effort_adjustment_time"], step)


def learn(p: dict[str, Array], belief: Array, share: Array, step: float) -> Array:
    """Return traffickers' belief about the share seized after one step, (corridor,)."""
    return relax(belief, share, p["belief_learning_rate"], step)
