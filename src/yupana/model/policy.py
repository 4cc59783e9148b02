"""Policy as arrays, evaluated inside the step so that a rule can react to the state.

A lever is ``scale x base``, or an absolute value, plus ``gain x sigmoid((signal - threshold) / width)``. The
gain is zero unless a scenario sets a rule. No lever value changes a shape, so none compiles anything.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np

from yupana.core.arrays import namespace
from yupana.model.config import LINES, STAGES, Config
from yupana.model.numerics import Array, add_up, cut, positive_part, sigmoid, soft_minimum

SIGNALS = ("coca_area", "seizures_home", "leaf_price", "hcl_price", "cocaine_exports")
SINGLE_LEVERS = (
    "eradication",
    "interdiction_valley",
    "interdiction_sea",
    "interdiction_land",
    "interdiction_air",
    "input_control",
    "input_cost",
    "transport_cost",
    "substitution_support",
    "support_announced",
    "state_presence",
    "court_capacity",
    "prison_capacity",
    "pardons",
    "leadership_targeting",
    "conditional_repression",
    "mining_formalisation",
    "gold_traceability",
    "mining_pressure",
    "price_gold",
    "treatment_home",
    "security_budget",
)
COSTS = {
    "interdiction_valley": "interdiction",
    "interdiction_sea": "interdiction",
    "interdiction_land": "interdiction",
    "interdiction_air": "interdiction",
    "official_pay": "pay",
    "oversight": "oversight",
    "court_capacity": "courts",
    "prison_capacity": "prisons",
    "state_presence": "presence",
    "substitution_support": "substitution",
    "leadership_targeting": "targeting",
    "treatment_home": "treatment",
    "mining_formalisation": "formalisation",
    "gold_traceability": "traceability",
    "mining_pressure": "mining_pressure",
}
"""Levers that the state pays for, with the line of the budget that pays; eradication is paid by the
hectare.
"""
PLACED_LEVERS = (
    ("demand", "market"),
    ("rival_supply", "rival"),
    ("official_pay", "institution"),
    ("oversight", "institution"),
)


def lever_names(config: Config) -> tuple[str, ...]:
    """Return the names of all levers of a configuration, one for each place where a lever has places."""
    placed = (f"{name}[{place}]" for name, dim in PLACED_LEVERS for place in config.dims[dim])
    return (*SINGLE_LEVERS, *placed)


class Policy(NamedTuple):
    """Lever settings on intervals; the leading axis of the first three is the year."""

    scale: np.ndarray  # (year, lever) multiple of the base
    absolute: np.ndarray  # (year, lever) value in the lever's own unit
    use_absolute: np.ndarray  # (year, lever) 0 or 1
    gain: np.ndarray  # (lever,)
    threshold: np.ndarray  # (lever,)
    width: np.ndarray  # (lever,)
    signal: np.ndarray  # (lever, signal) 0 or 1


class Levers(NamedTuple):
    """Levers as the mechanisms read them in one step."""

    eradication: Array  # (scale, absolute, use_absolute) resolved by the farm against its driver
    interdiction_valley: Array
    interdiction: Array  # (stage,)
    input_control: Array
    input_cost: Array
    transport_cost: Array
    substitution_support: Array
    support_announced: Array  # share of growers promised payment for coca they hold
    state_presence: Array
    court_capacity: Array
    prison_capacity: Array
    pardons: Array  # person/year
    leadership_targeting: Array
    conditional_repression: Array  # part of repression that answers killings
    mining_formalisation: Array
    gold_traceability: Array
    mining_pressure: Array
    price_gold: Array
    treatment_home: Array
    security_budget: Array
    demand: Array  # (market,)
    rival_supply: Array  # (rival,)
    official_pay: Array  # (institution,)
    oversight: Array  # (institution,)


def compile_policy(config: Config, drivers: Any, settings: Mapping[str, Any]) -> Policy:
    """Return the arrays of a scenario.

    Parameters
    ----------
    config : the model's configuration.
    drivers : Drivers of the run; their years are the policy's.
    settings : mapping of a lever's name (``eradication``, ``demand[brazil]``, or ``demand`` for all
    places) to
        ``{year: ("multiple" | "absolute", value)}``; a value holds from its year until the next one, and the
        baseline holds before the first. The key ``"rules"`` maps lever names to mappings with the keys
        ``signal, threshold, width, gain``.

    Raises
    ------
    KeyError
        If a lever or a signal is unknown (scenario files are checked before they come here).
    """
    names = lever_names(config)
    years = drivers.years
    shape = (len(years), len(names))
    scale, absolute, use = np.ones(shape), np.zeros(shape), np.zeros(shape)
    for lever, steps in settings.items():
        if lever == "rules":
            continue
        for column in _columns(names, lever):
            for year in sorted(steps):
                mode, value = steps[year]
                rows = np.asarray(years) >= year
                use[rows, column] = float(mode == "absolute")
                (absolute if mode == "absolute" else scale)[rows, column] = value
    gain, threshold, width = np.zeros(len(names)), np.zeros(len(names)), np.ones(len(names))
    signal = np.zeros((len(names), len(SIGNALS)))
    for lever, rule in settings.get("rules", {}).items():
        for column in _columns(names, lever):
            gain[column], threshold[column] = rule["gain"], rule["threshold"]
            width[column] = rule["width"]
            signal[column, SIGNALS.index(rule["signal"])] = 1.0
    return Policy(scale, absolute, use, gain, threshold, width, signal)


def _columns(names: tuple[str, ...], lever: str) -> list[int]:
    found = [i for i, name in enumerate(names) if name == lever or name.startswith(lever + "[")]
    if not found:
        raise KeyError(lever)
    return found


class Plan(NamedTuple):
    """What policy asks in a year before rules react, (lever, batch)."""

    wanted: Array
    base: Array


def plan_year(config: Config, policy: Any, bases: dict[str, Array]) -> Plan:
    """Return what policy asks in a year.

    Parameters
    ----------
    policy : Policy of one year: leading year axis taken off.
    bases : (batch,) baseline of the levers for which it is not one: recorded eradication, growers assisted,
    recorded pardons.
    """
    one = 1.0 + 0.0 * next(iter(bases.values()))
    rows = [bases.get(name, one) for name in SINGLE_LEVERS]
    rows += [one] * (len(policy.gain) - len(rows))
    base = cut(namespace(one).stack(rows))
    free = 1.0 - policy.use_absolute[:, None]
    wanted = policy.scale[:, None] * base * free + policy.absolute[:, None] * policy.use_absolute[:, None]
    return Plan(cut(wanted), base)


def resolve_levers(policy: Any, signals: Array, plan: Plan) -> Array:
    """Return the value of every lever in this step, (lever, batch), as policy asks it.

    Parameters
    ----------
    policy : Policy of one year: leading year axis taken off.
    signals : (signal, batch). State at the start of the step, in the order of ``SIGNALS``.
    plan : of :func:`plan_year`.
    """
    seen = add_up(policy.signal[:, :, None] * signals[None], 1)
    rule = policy.gain[:, None] * sigmoid((seen - policy.threshold[:, None]) / policy.width[:, None])
    return cut(positive_part(plan.wanted + rule * plan.base))


def policy_prices(config: Config, p: dict[str, Array], bases: dict[str, Array]) -> Array:
    """Return the cost of one unit of every lever beyond its baseline, (lever, batch), million USD/year.

    A line's cost of a doubling is shared by the levers that it pays for, in the unit of each; what the
    state does not pay for costs nothing.
    """
    xp = namespace(p["eradication_cost"])
    names = [name.split("[")[0] for name in lever_names(config)]
    price: Array = 0.0
    for name, line in COSTS.items():
        chosen = np.asarray([[float(other == name)] for other in names])
        one = p["policy_cost"][LINES.index(line)] * float(_part(name) / chosen.sum())
        if name in bases:
            one = one / bases[name]
        price = price + xp.asarray(chosen, dtype=one.dtype) * one
    chosen = np.asarray([[float(other == "eradication")] for other in names])
    return cut(price + xp.asarray(chosen, dtype=price.dtype) * p["eradication_cost"] / 1e6)


def paid_levers(config: Config) -> np.ndarray:
    """Return 1 for every lever that the state pays for, (lever, 1)."""
    names = [name.split("[")[0] for name in lever_names(config)]
    return np.asarray([[float(name in COSTS or name == "eradication")] for name in names])


def _part(lever: str) -> float:
    """Return the part of its line that a lever pays for: interdiction by stages alike, others alone.

    By stages and not by classes of exit, whose number says nothing: a class written as two costs the same.
    """
    return 1.0 / len(STAGES) if lever.startswith("interdiction_") else 1.0


def split_levers(config: Config, values: Array) -> Levers:
    """Return the rows of all levers, (lever, batch), as the mechanisms read them."""
    xp = namespace(values)
    single: dict[str, Array] = {name: values[i] for i, name in enumerate(SINGLE_LEVERS)}
    placed, first = {}, len(SINGLE_LEVERS)
    for name, dim in PLACED_LEVERS:
        count = len(config.dims[dim])
        placed[name] = values[first : first + count]
        first += count
    by_stage = [single[f"interdiction_{'valley' if s == 'domestic' else s}"] for s in STAGES]
    for stage in ("sea", "land", "air"):
        del single[f"interdiction_{stage}"]
    single["substitution_support"] = soft_minimum(single["substitution_support"], 1.0)
    single["support_announced"] = soft_minimum(single["support_announced"], 1.0)
    return Levers(interdiction=xp.stack([by_stage[stage] for stage in config.stages]), **single, **placed)
