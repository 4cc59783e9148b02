"""Violence: killings come from rents that can be taken by holding a place, not from the volume of a trade.

The rent of one exit among N alike in a class with share s of the flow Q is what the chain would lose
without it, K = (Q/theta) N [-ln(1 - s/N) - s/N]: it vanishes as exits multiply. n rivals contest it with
effort m (n-1)/n of it where they fight. Peace enforces itself while

    G = pi_c - (1 - delta) pi_d - delta pi_w > 0,   pi_c = (1-b)/n,  pi_d = g + (1-g) pi_c - sigma,
    pi_w = [n - m (n-1)]/n^2,   delta = exp(-(r + removal + turnover) T),

and the share of places at war relaxes to sigmoid((threshold - G) / noise); the threshold would be zero if
payoffs were exact, and is where the yardstick (see :mod:`yupana.model.yardstick`) puts it. Six published
explanations of a peaceful trade are strengths between 0 and 1 in the same equations. Expected deaths here;
counts belong to observation.

References: castillomejiarestrepo2020 and skaperdas2001 (contests), snyder2009, duranmartinez2015
(protection and competition), lessing2017 (conditional repression), calderon2015, dickenson2014 (leaders
removed), rios2013.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from yupana.core.arrays import namespace
from yupana.model.numerics import SMALLEST_FLOW, Array, add_up, cut, positive_part, relax, sigmoid

FEWEST = 1.5  # places to buy within reach; one alone would be irreplaceable
UNSEEN = 6.0 / 7.0  # of killings hidden at full under-recording: registers differ sevenfold
RIVAL_WIDTH = 0.6  # rivals, width of the floor under the second rival


class State(NamedTuple):
    """Regimes on a time bound."""

    war: Array  # (contest,) share of the class's places at war
    extortion: Array  # (city,) people in groups that extort


class Yardstick(NamedTuple):
    """What turns rents into killings, the same everywhere, (batch,); see :mod:`yupana.model.yardstick`."""

    cost: Array  # million USD of effort per killing, repression apart
    threshold: Array  # G at which half of the places are at war, share of the rent
    noise: Array  # spread of places around it, share of the rent
    friction: Array  # fighting in peace over fighting in war


class Killings(NamedTuple):
    """Expected killings of one step and what they come from; rates a year, places as named."""

    contest: Array  # (contest,) deaths/year: places of the class, succession apart
    succession: Array  # (contest,) deaths/year
    insurgents: Array  # () deaths/year
    threats: Array  # () deaths/year
    extortion: Array  # (city,) deaths/year
    background: Array  # () deaths/year
    rent: Array  # (contest,) million USD/year that can be taken
    rivals: Array  # (contest,)
    peace: Array  # (contest,) G, share of the rent
    recorded_share: Array  # () of drug killings that registers show


def rent_share(x: Array) -> Array:
    """Return [-ln(1 - x) - x] / x, what a tonne's way is worth over 1/theta where a typical exit has share x.

    With y = x/(2 - x) it is [x^2/(2 - x) + 2 y^3 (1/3 + y^2/5 + ...)] / x: no digits are lost for many exits.
    The series ends at 1e-6 of the whole where one exit in one and a half holds all.

    Parameters
    ----------
    x : (...), share of the flow in one exit, up to two thirds.
    """
    rest = 1.0 / (2.0 - x)
    y = x * rest
    square = y * y
    tail = 1.0 / 17.0 + 0.0 * square
    for order in range(15, 1, -2):
        tail = 1.0 / order + square * tail
    return x * rest + 2.0 * rest * square * tail


def place_rent(share: Array, exits: Array) -> Array:
    """Return N [-ln(1 - s/N) - s/N], the rent of a class's exits over Q/theta.

    Parameters
    ----------
    share : (...), share of the flow in the class. exits : (...), number of exits alike, at least ``FEWEST``.
    """
    return share * rent_share(share / exits)


def typical_exit(share: Array, exits: Array, few: Array, fragmented: Array) -> Array:
    """Return the share of the flow in a typical exit of a class, (...).

    Where exits can stand in for each other it is s/N. Where they cannot, the whole country has only as many
    that count as a trade of few exits, however many are seen; in between by the strength of the
    explanation. Halving a class halves s and N and leaves it.

    Parameters
    ----------
    share : (...), share of the flow in the class, positive. exits : (...), number of exits alike.
    few : (batch,), exits of the whole country where they cannot stand in. fragmented : (batch,), strength.
    """
    many = share / exits
    square = many * many
    whole = 1.0 / (few * few)
    least = namespace(share).sqrt(square + whole)  # a smooth maximum of 1/few and s/N
    return 1.0 / (fragmented / many + (1.0 - fragmented) / least)


def flow_rents(amount: Array, scale: Array, exits: Array, few: Array, fragmented: Array) -> Array:
    """Return rents that can be taken by class of exit, (corridor,), million USD/year.

    Parameters
    ----------
    amount : (corridor, market), t/year. scale : (market,), USD/kg, spread of costs between exits.
    exits : (corridor,), number of exits alike in each class. few, fragmented : of :func:`typical_exit`.
    """
    amount = amount + SMALLEST_FLOW
    share = cut(amount / add_up(amount))
    x = typical_exit(share, exits[:, None], few, fragmented)
    return add_up(amount * scale * rent_share(x), 1) / 1000.0


def class_rents(amount: Array, scale: Array, exits: Array, few: Array, fragmented: Array) -> Array:
    """Return rents that can be taken by place, (place,), million USD/year; the same with one destination.

    Parameters
    ----------
    amount : (place,), t/year. scale : (batch,), USD/kg. exits : (place,), number alike in each place.
    few, fragmented : of :func:`typical_exit`.
    """
    amount = amount + SMALLEST_FLOW
    x = typical_exit(amount / add_up(amount), exits, few, fragmented)
    return amount * scale * rent_share(x) / 1000.0


def rivals(contenders: Array, growth: Array, monopoly: Array) -> Array:
    """Return how many contest one exit, (contest,), at least one.

    n = 1 + max(contenders x growth - 1, 0) (1 - monopoly), smooth: a quasi-monopolist leaves nobody to fight.
    """
    return 1.0 + positive_part(contenders * growth - 1.0, RIVAL_WIDTH) * (1.0 - monopoly)


def peace_margin(
    p: dict[str, Array], n: Array, punished: Array, bribe: Array, removal: Array, turnover: Array
) -> Array:
    """Return G, what keeping the peace is worth over breaking it, (contest,), share of the rent.

    Parameters
    ----------
    n : (contest,), rivals. punished : (contest,), loss of who starts. bribe : (contest,), share of the rent.
    removal, turnover : (batch,), 1/year: leaders and protectors who fall shorten the horizon.
    """
    xp = namespace(n)
    grab = p["grab_share"] * (1.0 - p["explain_discipline"])
    keep = (1.0 - bribe) / n
    deviate = grab + (1.0 - grab) * keep - punished
    m = p["decisiveness"]
    war = (n - m * (n - 1.0)) / (n * n)
    later = xp.exp(-(p["horizon_discount"] + removal + turnover) * p["horizon"])
    return keep - (1.0 - later) * deviate - later * war


def effort(p: dict[str, Array], n: Array) -> Array:
    """Return what rivals spend on fighting over the rent, (contest,): m (n-1)/n, none for one."""
    return p["decisiveness"] * (n - 1.0) / n


def deterred(p: dict[str, Array], conditionality: Array, integrity: Array) -> Array:
    """Return how much dearer repression that answers killings makes them, (contest,), a ratio.

    Parameters
    ----------
    conditionality : (batch,), share of repression that answers killings, not trade. integrity : (contest,),
    of guards.
    """
    return 1.0 + p["repression_response"] * conditionality * integrity


def share_at_war(y: Yardstick, peace: Array) -> Array:
    """Return the share of places that would be at war at a margin of peace G, (...)."""
    return sigmoid((y.threshold - peace) / y.noise)


class Scene(NamedTuple):
    """What violence reads in one step; (contest,) unless said."""

    rent: Array  # million USD/year that can be taken
    growth: Array  # contenders over those of the start
    integrity: Array  # of the guards
    removal: Array  # () 1/year, leaders who fall
    conditionality: Array  # () share of repression that answers killings
    fighters: Array  # () armed remnants
    pressure: Array  # () on them, over the start
    frontier: Array  # () pressure on land, over the start
    people: Array  # () million inhabitants
    elapsed: Array  # () years since the start


def expected_killings(p: dict[str, Array], y: Yardstick, state: State, scene: Scene, zones: Any) -> Killings:
    """Return expected killings a year, and what they come from, in the regimes of `state`.

    Parameters
    ----------
    zones : (contest,), 1 where the place is a zone: only there can one group hold nearly all.
    """
    xp = namespace(scene.rent)
    inside = xp.asarray(np.asarray(zones)[:, None], dtype=scene.rent.dtype)
    n = rivals(p["contenders"], scene.growth, p["explain_monopolist"] * inside)
    g = margin(p, n, scene.integrity, scene.removal, p["protector_turnover"])
    spent = effort(p, n) * scene.rent / (y.cost * deterred(p, scene.conditionality, scene.integrity))
    hidden = p["explain_underrecording"] * UNSEEN
    return Killings(
        contest=spent * (state.war + (1.0 - state.war) * y.friction),
        succession=spent * (p["succession_gain"] * scene.removal),
        insurgents=p["insurgent_deaths"] * scene.fighters * scene.pressure,
        threats=p["threat_deaths"] * scene.frontier,
        extortion=p["extortion_deaths"] * state.extortion,
        background=p["background_rate"] * scene.people * 10.0 * xp.exp(p["background_trend"] * scene.elapsed),
        rent=scene.rent,
        rivals=n,
        peace=g,
        recorded_share=p["recording_share"] * (1.0 - hidden),
    )


def start(p: dict[str, Array], y: Yardstick, scene: Scene, zones: Any) -> tuple[State, Killings]:
    """Return the state at rest in the start, and killings in it."""
    empty = State(0.0 * scene.rent, p["extortion_initial"])
    peace = expected_killings(p, y, empty, scene, zones).peace
    state = State(share_at_war(y, peace), p["extortion_initial"])
    return state, expected_killings(p, y, state, scene, zones)


def step_violence(
    p: dict[str, Array],
    y: Yardstick,
    state: State,
    killings: Killings,
    income: Array,
    policing: Array,
    step: float,
) -> State:
    """Return the state one step later.

    Extortion is a term of its own: it grows where there is room, as logistic growth, whatever the drug
    trade does.

    Parameters
    ----------
    killings : of this step. income, policing : (batch,), over the start.
    """
    xp = namespace(income)
    war = relax(state.war, share_at_war(y, killings.peace), 1.0 / p["war_adjustment_time"], step)
    growing = p["extortion_growth"] * xp.exp(-p["extortion_policing"] * xp.log(policing))
    room = p["extortion_cap"] * income
    swell = xp.exp(growing * step)
    extortion = room * state.extortion * swell / (room + state.extortion * (swell - 1.0))
    return State(war, extortion)


def margin(p: dict[str, Array], n: Array, integrity: Array, removal: Array, turnover: Array) -> Array:
    """Return G from who contests, who guards and how long leaders and protectors last, (contest,)."""
    xp = namespace(n)
    lasting = xp.exp(-turnover * p["horizon"])
    punished = p["explain_protection"] * p["protector_punishment"] * (1.0 - integrity) * lasting
    bribe = p["protection_price"] * (1.0 - integrity)
    return peace_margin(p, n, punished, bribe, removal, turnover)


def enough(exits: Array) -> Array:
    """Return exits of a class that cannot be lost whole, (...): a little more than one at least."""
    return FEWEST + positive_part(exits - FEWEST, 0.3)
