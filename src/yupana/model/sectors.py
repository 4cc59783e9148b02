"""Other trades: gold by registry and timber by district, labour between them and coca, and accounts that
are priors only.

People of a district choose between legal work, timber, gold (illegal, informal, formal) and coca by a logit
on what a day earns over the start; they move slowly. A crackdown on one trade lowers its return and sends
people to the others. Gold raises what growers of the same district must pay for work. Part of what the drug
trade keeps is laundered through gold and buys equipment there. Gold has falling returns to labour.

References: tellman2020 (illicit trades and land), sviatschi2022 (labour in coca); shares and speeds are
priors.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from yupana.core.arrays import namespace
from yupana.model.accounts import Posting
from yupana.model.numerics import Array, add_up, cut, relax, softfloor


class State(NamedTuple):
    """People and equipment on a time bound."""

    labour: Array  # (district, work) thousand people
    equipment: Array  # (district,) relative to the start


class Fixed(NamedTuple):
    """What the start implies."""

    share: Array  # (district, work) of the district's people
    labour: Array  # (district, work) thousand people


class Returns(NamedTuple):
    """What moves returns: all relative to the start, (batch,) unless said."""

    wage: Array  # legal work
    gold: Array  # real local price of gold
    coca: Array  # (district,) margin of coca
    illegal: Array  # what traceability and pressure leave of illegal gold
    informal: Array
    formal: Array


class SectorFlows(NamedTuple):
    """What the other trades made in one step."""

    gold: tuple[Array, Array, Array]  # by registry, (district,) t
    timber: Array  # (district,) thousand m3, illegal part
    mined_forest: Array  # () ha
    laundered: Array  # () million USD
    earned: Array  # (account trade,) million USD


def start(p: dict[str, Array]) -> tuple[Fixed, State]:
    """Return the reference of the start and the state at rest in it."""
    xp = namespace(p["sector_weight"])
    share = p["sector_weight"] / (1.0 + add_up(p["sector_weight"], 1))[:, None]
    labour = p["district_labour"][:, None] * share
    return Fixed(share, labour), State(labour, xp.ones_like(p["district_labour"]))


def returns(
    p: dict[str, Array],
    wage: Array,
    gold: Array,
    coca: Array,
    traceability: Array,
    pressure: Array,
    formalisation: Array,
) -> Returns:
    """Return what each kind of work earns over the start.

    Parameters
    ----------
    wage, gold : (batch,), relative. coca : (district,), relative. traceability, pressure, formalisation :
    (batch,), policy over the start.
    """
    xp = namespace(gold)
    discount = p["traceability_discount"] * (1.0 - 1.0 / traceability)
    risk = xp.exp(-p["mining_risk_response"] * xp.log(pressure))
    half = xp.exp(-0.5 * p["mining_risk_response"] * xp.log(pressure))
    ease = xp.exp(p["formalisation_response"] * xp.log(formalisation))
    return Returns(wage, gold, coca, (1.0 - discount) * risk, (1.0 - 0.5 * discount) * half, ease)


def wanted_labour(p: dict[str, Array], fixed: Fixed, state: State, r: Returns) -> Array:
    """Return the labour that each kind of work would draw, (district, work), thousand people.

    share_k = a_k exp(lambda ln(return_k / wage)) / (1 + sum), legal work as the base.
    """
    xp = namespace(r.gold)
    crowd = -p["gold_diminishing"] * (
        xp.log(state.labour[:, 1] + state.labour[:, 2] + state.labour[:, 3])
        - xp.log(fixed.labour[:, 1] + fixed.labour[:, 2] + fixed.labour[:, 3])
    ) + p["equipment_share"] * xp.log(state.equipment)
    answer, wage = p["sector_response"], xp.log(r.wage)
    dug = cut(xp.exp(answer * (xp.log(r.gold) - wage + crowd)))
    grown = cut(xp.exp(answer * (xp.log(r.coca) - wage)))
    legal = xp.exp(-answer * wage)
    illegal, informal, formal = (xp.exp(answer * xp.log(x)) for x in (r.illegal, r.informal, r.formal))
    weight = p["sector_weight"]
    odds = (
        weight[:, 0] * legal,
        weight[:, 1] * (dug * illegal),
        weight[:, 2] * (dug * informal),
        weight[:, 3] * (dug * formal),
        weight[:, 4] * grown,
    )
    scale = cut(p["district_labour"] / (1.0 + sum(odds[1:], odds[0])))
    return xp.stack([odd * scale for odd in odds], axis=1)


def coca_wage(p: dict[str, Array], links: Any, state: State, r: Returns) -> Array:
    """Return the cost of work in coca over the general wage, (zone,): gold nearby bids for the same people.

    Parameters
    ----------
    links : (district)(zone) 0 or 1, which districts draw on a zone's people.
    """
    xp = namespace(r.gold)
    price = xp.log(r.gold) - xp.log(r.wage)
    gains = (price + xp.log(r.illegal), price + xp.log(r.informal), price + xp.log(r.formal))
    bids = sum(state.labour[:, k] * gain for k, gain in enumerate(gains, start=1))
    bid = p["gold_wage_pass"] * bids / p["district_labour"]
    return xp.exp(_means(tuple(zip(*links, strict=True)), bid, p["district_labour"], 0.0 * bid[0]))


def _means(links: Any, values: Array, weights: Array, other: Array) -> Array:
    """Return the weighted mean of the linked values for each row of `links`, (row,); `other` without a link.

    Weights are sizes, so that a place written as two halves counts as much as the whole.
    """
    rows = []
    for row in links:
        found = [column for column, linked in enumerate(row) if linked]
        size = sum((weights[c] for c in found[1:]), weights[found[0]]) if found else other
        rows.append(sum((values[c] * weights[c] / size for c in found), 0.0 * other) if found else other)
    return namespace(other).stack(rows)


def coca_return(links: Any, margin: Array, size: Array) -> Array:
    """Return the margin of coca over the start in each district, (district,), of (zone,) margins.

    A district without coca has the mean of all zones.

    Parameters
    ----------
    size : (zone,), area at the start, relative: zones count by it.
    """
    return _means(links, margin, size, add_up(margin * size) / add_up(size))


def step_sectors(
    p: dict[str, Array],
    fixed: Fixed,
    state: State,
    r: Returns,
    crime: Array,
    income: Array,
    elapsed: Array,
    step: float,
) -> tuple[State, SectorFlows]:
    """Return the state one step later and what was made.

    Parameters
    ----------
    crime : (batch,), million USD that organised crime kept in the step. income : (batch,), output of the
    country, relative. elapsed : years.
    """
    xp = namespace(r.gold)
    miners = state.labour[:, 1] + state.labour[:, 2] + state.labour[:, 3]
    crowd = xp.exp(
        -p["gold_diminishing"] * (xp.log(miners) - xp.log(add_up(fixed.labour[:, 1:4], 1)))
        + p["equipment_share"] * xp.log(state.equipment)
    )
    made = [
        state.labour[:, k] * p["gold_productivity"] * crowd * step for k in (1, 2, 3)
    ]  # thousand people x kg/year = t
    timber = state.labour[:, 0] * p["timber_productivity"] * step  # thousand people x m3/year = thousand m3
    # what is laundered rises with what is earned and cannot exceed what gold can hide
    through = softfloor(crime, 1.0) * p["laundering_share"] * p["gold_laundering_share"]
    revenue = add_up(made[0] + made[1]) * p["gold_price_initial"] * r.gold / 1000.0
    laundered = revenue * (1.0 - xp.exp(-through / revenue))
    bought = r.gold * (1.0 + p["laundered_equipment"] * laundered / revenue)
    equipment = relax(state.equipment, bought + 0.0 * state.equipment, 1.0 / p["equipment_time"], step)
    labour = relax(state.labour, wanted_labour(p, fixed, state, r), p["sector_mobility"], step)
    earned = (
        p["account_initial"]
        * xp.exp(p["account_income_elasticity"] * xp.log(income) + p["account_trend"] * elapsed)
        * step
    )
    flows = SectorFlows(
        gold=(made[0], made[1], made[2]),
        timber=timber * p["timber_illegal_share"],
        mined_forest=add_up(state.labour[:, 1] + state.labour[:, 2]) * p["mining_forest"] * step,
        laundered=laundered,
        earned=cut(earned),
    )
    return State(labour, equipment), flows


def postings(
    p: dict[str, Array], police: str, gold: Array, timber: Array, extorted: Array, earned: Array, trades: Any
) -> list[Posting]:
    """Return every payment of the other trades in one step.

    Parameters
    ----------
    police : name of the institution that diggers pay. gold, timber : (batch,), million USD that illegal and
    informal gold, and illegal timber, sell for. extorted : (batch,), million USD. earned : (account trade,).
    trades : names of the trades that are accounts only.
    """
    bought = gold * p["gold_purchase_share"]
    return [
        Posting("gold_market", "gold_traders", "gold", gold),
        Posting("gold_traders", "gold_owners", "gold bought", bought),
        Posting("gold_owners", "gold_miners", "pay of diggers", bought * p["gold_pay_share"]),
        Posting("gold_owners", "work_and_inputs", "fuel and inputs", bought * p["gold_input_share"]),
        Posting("gold_owners", police, "bribes of diggers", bought * p["gold_bribe_share"]),
        Posting("timber_market", "timber_traders", "timber", timber),
        Posting("timber_traders", "loggers", "pay of loggers", timber * p["timber_pay_share"]),
        Posting("timber_traders", "work_and_inputs", "inputs", timber * p["timber_input_share"]),
        Posting("victims", "extorters", "extortion", extorted),
        *(Posting("others", trade, "earnings", earned[index]) for index, trade in enumerate(trades)),
    ]
