"""Justice: people arrested, charged, tried, imprisoned, released or pardoned, by their place in the trade.

Courts have a capacity: the queue in front of them moves at `rate x phi(load)`, so that cases wait, and
cases that wait collapse. Low integrity of the courts lowers charges and convictions and makes cases
collapse. Prisons have a capacity that matters little to releases (crowding rose while releases fell).
Pardons and commutations are dated acts of policy. Every stock leaves by competing hazards, so people are
conserved. The delays and shares are priors; no published model of this trade follows people from arrest to
release.
"""

from __future__ import annotations

from typing import NamedTuple

from yupana.core.arrays import namespace
from yupana.model.numerics import (
    Array,
    add_up,
    cut,
    decay_factor,
    demand_hazard,
    exits,
    logit,
    sigmoid,
    soft_minimum,
    standing_stock,
)


class State(NamedTuple):
    """People in the system on a time bound; (person,) each."""

    charged: Array  # arrested and charged, case not yet in court
    on_trial: Array
    prison: Array  # serving a sentence
    released: Array  # free and not yet settled: may go back to the trade


class Fixed(NamedTuple):
    """What the start implies."""

    arrest_rate: Array  # (person,) 1/year of those at large
    court_capacity: Array  # () person/year
    served_reference: Array  # (person,) years behind bars expected by one who is arrested
    crowding_reference: Array  # () prisoners over places


class JusticeFlows(NamedTuple):
    """People who moved in one step; (person,) each."""

    arrested: Array
    charged: Array
    tried: Array
    collapsed: Array
    convicted: Array
    acquitted: Array
    released: Array
    pardoned: Array
    returned: Array
    settled: Array
    served: Array  # years that one arrested now must expect
    crowding: Array  # () prisoners over places


def inmates(state: State) -> Array:
    """Return prisoners of this trade, sentenced and on remand, (batch,), thousand."""
    return add_up(state.charged + state.on_trial + state.prison) / 1000.0


def _durations(
    p: dict[str, Array], charge: Array, court: Array, collapse: Array, convict: Array, leave: Array
) -> Array:
    """Return years behind bars that one who is arrested expects, (person,)."""
    return charge * court / (court + collapse) * convict / leave


def start(p: dict[str, Array], at_large: Array, step: float) -> tuple[Fixed, State]:
    """Return the reference of the start and the state at rest in it.

    Parameters
    ----------
    p : parameters. at_large : (person,), people in the trade at the start. step : float, years.
    """
    arrested = p["arrests_initial"]
    court = p["court_rate"] * decay_factor(p["court_load"])
    collapse = p["collapse_rate"]
    leave = 1.0 / p["sentence_time"]
    charged_in = arrested * p["charge_share"]
    charged = standing_stock(charged_in, court + collapse, step)
    tried = charged_in * court / (court + collapse)
    convicted = tried * p["conviction_share"]
    settle = 1.0 / p["return_time"]
    state = State(
        charged=charged,
        on_trial=standing_stock(tried, 1.0 / p["trial_time"] + 0.0 * tried, step),
        prison=standing_stock(convicted, leave, step),
        released=standing_stock(convicted, settle + 0.0 * convicted, step),
    )
    fixed = Fixed(
        # the hazard that takes as many in a step; never all of those at large
        arrest_rate=-namespace(at_large).log1p(-soft_minimum(arrested * step / at_large, 0.95)) / step,
        court_capacity=add_up(charged) * p["court_rate"] / p["court_load"],
        served_reference=_durations(p, p["charge_share"], court, collapse, p["conviction_share"], leave),
        crowding_reference=(inmates(state) + p["other_prisoners"]) / p["prison_places"],
    )
    return fixed, state


def step_justice(
    p: dict[str, Array],
    fixed: Fixed,
    state: State,
    at_large: Array,
    effort: Array,
    integrity_courts: Array,
    pardons: Array,
    courts: Array,
    places: Array,
    others: Array,
    step: float,
) -> tuple[State, JusticeFlows]:
    """Return the state one step later and the people who moved.

    Parameters
    ----------
    at_large : (person,), people in the trade. effort : (person,), arrests relative to the start's hazard.
    integrity_courts : (batch,), relative to the start. pardons : (batch,), person/year pardoned or commuted.
    courts : (batch,), capacity relative to the start. places : (batch,), thousand places in prisons.
    others : (batch,), thousand prisoners for other offences.
    """
    xp = namespace(state.prison)
    honest = p["integrity_response"] * xp.log(integrity_courts)
    arrested = exits(at_large, [fixed.arrest_rate * effort], step)[0]
    charge = sigmoid(logit(p["charge_share"]) + honest)
    convict = sigmoid(logit(p["conviction_share"]) + honest)
    collapse = p["collapse_rate"] * xp.exp(-honest)

    load = add_up(state.charged) * p["court_rate"] / (fixed.court_capacity * courts)
    court = p["court_rate"] * decay_factor(load)
    nothing = 0.0 * state.prison
    tried, collapsed = exits(state.charged, [court + nothing, collapse + nothing], step)
    ended = exits(state.on_trial, [1.0 / p["trial_time"] + nothing], step)[0]
    convicted = convict * ended

    crowding = (inmates(state) + others) / places
    crowded = xp.exp(p["crowding_release"] * xp.log(crowding / fixed.crowding_reference))
    leave = crowded / p["sentence_time"]
    eligible = p["pardon_weight"] * state.prison
    asked = pardons * step * eligible / add_up(eligible)
    grace = demand_hazard(state.prison, asked, leave, step)
    released, pardoned = exits(state.prison, [leave, grace], step)
    back = 1.0 / p["return_time"]
    returned, settled = exits(
        state.released,
        [back * p["return_share"] + nothing, back * (1.0 - p["return_share"]) + nothing],
        step,
    )
    new = State(
        charged=state.charged + arrested * charge - tried - collapsed,
        on_trial=state.on_trial + tried - ended,
        prison=state.prison + convicted - released - pardoned,
        released=state.released + released + pardoned - returned - settled,
    )
    flows = JusticeFlows(
        arrested=arrested,
        charged=arrested * charge,
        tried=tried,
        collapsed=collapsed,
        convicted=convicted,
        acquitted=ended - convicted,
        released=released,
        pardoned=pardoned,
        returned=returned,
        settled=settled,
        served=_durations(p, charge, court, collapse, convict, leave + grace),
        crowding=crowding,
    )
    return new, flows


def expected_served(
    p: dict[str, Array], fixed: Fixed, state: State, integrity_courts: Array, pardons: Array, courts: Array
) -> Array:
    """Return years behind bars that one arrested now expects, (person,), from the state at the start of a
    step.

    The one place where punishment deters: it moves the cost of a seizure to the trade.
    """
    xp = namespace(state.prison)
    honest = p["integrity_response"] * xp.log(integrity_courts)
    load = add_up(state.charged) * p["court_rate"] / (fixed.court_capacity * courts)
    eligible = p["pardon_weight"] * state.prison
    grace = pardons * p["pardon_weight"] / add_up(eligible)
    return cut(
        _durations(
            p,
            sigmoid(logit(p["charge_share"]) + honest),
            p["court_rate"] * decay_factor(load),
            p["collapse_rate"] * xp.exp(-honest),
            sigmoid(logit(p["conviction_share"]) + honest),
            1.0 / p["sentence_time"] + grace,
        )
    )
