"""Corruption: how many officials sell protection, what it costs, and what their price does to them.

An official accepts where bribes weigh more than pay and risk; colleagues who are honest raise the risk, so
that both a clean and a captured service can last, with a tipping point between them. Integrity recovers as
posts change hands. Protection is priced from the rent that it protected last month, never from itself.

    I' = turnover x renewal x oversight (1 - I) - erosion x tempted x I
    tempted = sigmoid(logit(t0) + [ln(bribes per seller/pay) - gain ln(oversight) - peers (I - I0)] / width)

`erosion` follows from the start being at rest.

References: dalbo2006 (bribes and threats), snyder2009 (protection by the state).
"""

from __future__ import annotations

from typing import Any, NamedTuple

from yupana.core.arrays import namespace
from yupana.model.numerics import Array, cut, logit, relax, sigmoid

RENT_MEMORY = 0.25  # years over which the rent that protection saves is seen
BRIBE_MEMORY = 1.0  # years over which officials weigh what they are offered
FLOOR = 1e-6  # million USD a year: an institution that nobody bribes


class State(NamedTuple):
    """Memories of corruption on a time bound."""

    integrity: Array  # (institution,) share of officials who sell nothing
    bribe_income: Array  # (institution,) million USD/year, smoothed
    protected_rent: Array  # (corridor,) USD/kg that protection saves, smoothed


class Fixed(NamedTuple):
    """What the start implies."""

    erosion: Array  # (institution,) 1/year at full temptation
    bribe_reference: Array  # (institution,) million USD/year
    rent_reference: Array  # (corridor,) USD/kg


class Prices(NamedTuple):
    """What protection costs now."""

    corridor: Array  # (corridor,) USD/kg
    valley: Array  # (zone,) USD/kg of product


def start(p: dict[str, Array], bribes: Array, rent: Array) -> tuple[Fixed, State]:
    """Return the reference of the start and the state at rest in it.

    Parameters
    ----------
    p : parameters. bribes : (institution,), million USD/year at the start. rent : (corridor,), USD/kg.
    """
    integrity = p["integrity_initial"]
    recovery = p["protector_turnover"] * p["renewal_share"]
    erosion = recovery * (1.0 - integrity) / (p["tempted_initial"] * integrity)
    income = bribes + FLOOR
    return Fixed(erosion, income, rent), State(integrity, income, rent)


def relative(p: dict[str, Array], state: State) -> Array:
    """Return integrity over that of the start, (institution,)."""
    return state.integrity / p["integrity_initial"]


def at(places: tuple[int, ...], values: Array) -> Array:
    """Return the value of each place's guard, (place,), of (institution,) values."""
    return namespace(values).stack([values[guard] for guard in places])


def protection_prices(p: dict[str, Array], fixed: Fixed, state: State, corridors: Any, zones: Any) -> Prices:
    """Return what protection costs by class of exit and by zone.

    b = b0 (rent / rent0)^elasticity (1 - I)/(1 - I0): the more officials sell, the larger the part of the
    flow that pays.

    Parameters
    ----------
    corridors, zones : index of the guarding institution of each class and zone.
    """
    xp = namespace(state.integrity)
    sold = (1.0 - state.integrity) / (1.0 - p["integrity_initial"])
    worth = xp.exp(p["bribe_rent_elasticity"] * (xp.log(state.protected_rent) - xp.log(fixed.rent_reference)))
    return Prices(
        p["bribe_cost"] * cut(worth * at(corridors, sold)), p["valley_bribe"] * cut(at(zones, sold))
    )


def tempted(
    p: dict[str, Array], fixed: Fixed, integrity: Array, bribe_income: Array, pay: Array, oversight: Array
) -> Array:
    """Return the share of officials for whom bribes outweigh pay and risk, (institution,).

    What counts is what one who sells gets: all bribes over those who sell.

    Parameters
    ----------
    integrity : (institution,), share. bribe_income : (institution,), million USD/year.
    pay, oversight : (institution,), relative to the start; pay of all officials, as bribes are of all.
    """
    xp = namespace(integrity)
    sellers = xp.log1p(-integrity) - xp.log1p(-p["integrity_initial"])
    offered = xp.log(bribe_income) - xp.log(fixed.bribe_reference) - xp.log(pay) - sellers
    asked = p["oversight_gain"] * xp.log(oversight) + p["peer_control"] * (integrity - p["integrity_initial"])
    return sigmoid(logit(p["tempted_initial"]) + (offered - asked) / p["temptation_width"])


def step_corruption(
    p: dict[str, Array],
    fixed: Fixed,
    state: State,
    bribes: Array,
    rent: Array,
    pay: Array,
    oversight: Array,
    step: float,
) -> State:
    """Return the state one step later.

    Parameters
    ----------
    bribes : (institution,), million USD/year paid in this step. rent : (corridor,), USD/kg protected in it.
    pay, oversight : (institution,), relative to the start.
    """
    share = tempted(p, fixed, state.integrity, state.bribe_income, pay, oversight)
    recovery = p["protector_turnover"] * p["renewal_share"] * oversight
    erosion = fixed.erosion * share
    total = recovery + erosion
    return State(
        integrity=relax(state.integrity, recovery / total, total, step),
        bribe_income=relax(state.bribe_income, bribes + FLOOR, 1.0 / BRIBE_MEMORY, step),
        protected_rent=relax(state.protected_rent, rent, 1.0 / RENT_MEMORY, step),
    )


def rest_points(p: dict[str, Array], fixed: Fixed, grid: Array, bribes_at: Any, oversight: Array) -> Array:
    """Return the drift of integrity on a grid of its values, (grid, institution, batch), 1/year.

    A sign change from minus to plus is a tipping point; from plus to minus, a state that lasts.

    Parameters
    ----------
    grid : (grid,), shares. bribes_at : function of (institution, batch) integrity to bribes, million
    USD/year.
    oversight : (institution, batch), relative to the start.
    """
    xp = namespace(p["integrity_initial"])
    drift = []
    for value in grid:
        level = value + 0.0 * p["integrity_initial"]
        share = tempted(p, fixed, level, bribes_at(level), 1.0 + 0.0 * level, oversight)
        recovery = p["protector_turnover"] * p["renewal_share"] * oversight
        drift.append(recovery * (1.0 - level) - fixed.erosion * share * level)
    return xp.stack(drift)
