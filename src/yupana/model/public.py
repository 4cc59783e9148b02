"""The public: what people fear, what they let the state spend, and what the policies may cost.

Fear follows recorded killings and extortion slowly, and budgets follow fear and the size of the economy.
Policies pay from the part of the security budget that is not bound: what they ask beyond it is scaled down,
all of it alike, so that no lever is free. The responses are priors.
"""

from __future__ import annotations

from typing import NamedTuple

from yupana.core.arrays import namespace
from yupana.model.numerics import Array, eighth_root, positive_part, relax


class State(NamedTuple):
    """Mood on a time bound."""

    fear: Array  # () perceived insecurity, relative to the start


class Budget(NamedTuple):
    """What policies cost and what of it can be paid."""

    size: Array  # () security budget over the start
    available: Array  # () million USD/year that is not bound
    asked: Array  # () million USD/year that levers ask beyond the baseline
    paid_share: Array  # () of what is asked


def start(one: Array) -> State:
    """Return the state at the start: fear is its own reference."""
    return State(one)


def budget(p: dict[str, Array], state: State, output: Array, money: Array, asked: Array) -> Budget:
    """Return the budget of a step.

    Parameters
    ----------
    output : (batch,), real output of the country over the start. money : (batch,), what policies may spend
    over the baseline, from wherever it comes. asked : (batch,), million USD/year.
    """
    xp = namespace(state.fear)
    size = output * xp.exp(p["budget_fear_response"] * xp.log(state.fear))
    available = p["security_budget"] * p["discretionary_share"] * size * money
    ratio = asked / available
    return Budget(size, available, asked, 1.0 / eighth_root(1.0 + ratio**8))


def beyond(wanted: Array, base: Array) -> Array:
    """Return what levers ask beyond the baseline, (lever, batch): smooth, zero at it.

    Below the baseline it is less than nothing by no more than 0.0005 of the baseline.
    """
    width = 1e-3 * (base + 1e-3)
    return positive_part(wanted - base, width) - 0.5 * width


def policing(p: dict[str, Array], state: State) -> Array:
    """Return police effort over the start, (batch,): budgets follow fear, effort follows budgets."""
    xp = namespace(state.fear)
    return xp.exp(p["budget_fear_response"] * p["police_budget_response"] * xp.log(state.fear))


def service(p: dict[str, Array], output: Array) -> Array:
    """Return the size of the police over the start, (batch,): it grows with the economy that pays it.

    It arrests more; what share of a flow it seizes is another matter and does not follow.

    Parameters
    ----------
    output : (batch,), real output of the country over the start.
    """
    xp = namespace(output)
    return xp.exp(p["police_budget_response"] * xp.log(output))


def step_fear(p: dict[str, Array], state: State, killings: Array, extortion: Array, step: float) -> State:
    """Return fear one step later.

    Parameters
    ----------
    killings, extortion : (batch,), recorded killings and people who extort, each per head over the start.
    """
    xp = namespace(killings)
    aim = xp.exp(p["fear_killings"] * xp.log(killings) + p["fear_extortion"] * xp.log(extortion))
    return State(relax(state.fear, aim, 1.0 / p["fear_time"], step))
