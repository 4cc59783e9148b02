"""Groups: clans that collect in a zone, firms, exporters by class of exit, their foreign buyers, and armed
remnants.

Members follow what there is to earn over what else they could earn; numbers follow it more slowly. A leader's
fall ends a group or splits it; groups merge the faster the more of them there are in a place, counted
against the place's own number, so that lumping places changes nothing. The gap at the border is shared by
outside options: sellers get buyers / (sellers + buyers).

References: prietocurielcampedellihope2023 (growth, arrests, losses of groups), calderon2015 and
dickenson2014 (leaders removed), jensen2019 (brokers), mejiarestrepo2016 (shares along the chain).
"""

from __future__ import annotations

from typing import NamedTuple

from yupana.core.arrays import namespace
from yupana.model.numerics import Array, add_up, cut, decay_factor, exits, relax, softfloor

RENT_MEMORY = 1.0  # years over which entrants see what groups take
TAX_RANGE = 1.5  # log, how far the tax of armed groups can move from that of the start: a factor of 4.5
ENTRY_FLOOR = 0.02  # 1/year, width of the floor under entry at the start


class State(NamedTuple):
    """Groups on a time bound. A place is a zone (clans), the country (firms) or a class of exits
    (exporters).
    """

    number: Array  # (place,) groups
    members: Array  # (place,) people
    rent: Array  # (place,) million USD/year taken, smoothed
    buyers: Array  # (buyer,) foreign buyers by origin
    fighters: Array  # () armed remnants


class Fixed(NamedTuple):
    """What the start implies."""

    number_reference: Array  # (place,)
    members_reference: Array  # (place,)
    rent_reference: Array  # (place,) million USD/year
    entry: Array  # () 1/year
    tax_reference: Array  # () million USD/year
    buyer_reference: Array  # (buyer,) raw weight at the start, normalised to the number


class GroupFlows(NamedTuple):
    """What happened to groups in one step."""

    removed: Array  # (place,) leaders removed
    founded: Array  # (place,) groups
    split: Array  # (place,) groups born of splits
    ended: Array  # (place,) groups that ended or merged
    joined: Array  # (place,) people
    left: Array  # (place,) people
    arrested: Array  # (place,) members arrested


def start(p: dict[str, Array], rent: Array, value: Array, tax: Array) -> tuple[Fixed, State]:
    """Return the reference of the start and the state in it.

    Parameters
    ----------
    p : parameters. rent : (place,), million USD/year taken in each place. value : (market,), million USD/year
    of exports by market. tax : (batch,), million USD/year taken by armed groups.
    """
    xp = namespace(rent)
    one = xp.ones_like(tax)[None]
    number = xp.concatenate([p["clan_number"], p["firm_number"][None] * one, p["exporter_number"]])
    size = xp.concatenate(
        [
            p["clan_size"] * xp.ones_like(p["clan_number"]),
            p["firm_size"] * one,
            p["exporter_size"] * xp.ones_like(p["exporter_number"]),
        ]
    )
    weight = _buyer_weights(p, value)
    removal = p["leader_removal"]
    lost = p["group_turnover"] + p["merger_rate"] + removal * (1.0 - p["split_share"])
    entry = softfloor(lost - removal * p["split_share"] * (p["split_size"] - 1.0), ENTRY_FLOOR)
    fixed = Fixed(number, number * size, rent, entry, tax, weight)
    return fixed, State(number, number * size, rent, weight, p["fighters_initial"])


def _buyer_weights(p: dict[str, Array], value: Array) -> Array:
    """Return foreign buyers by origin, (buyer,), as the value of exports draws them."""
    raw = p["buyer_weight"] * add_up(p["buyer_affinity"] * (value / add_up(value))[None], 1)
    return p["foreign_buyers"] * raw / add_up(raw)


def seller_share(state: State, zones: int) -> Array:
    """Return exporters' share of the gap at the border, (batch,): buyers over sellers and buyers together."""
    buyers = add_up(state.buyers)
    return buyers / (buyers + add_up(state.number[zones + 1 :]))


def leaf_buyers(p: dict[str, Array], fixed: Fixed, state: State, zones: int) -> Array:
    """Return the effective number of buyers of leaf, (zone,): it moves with the number of clans."""
    return p["buyers"] * cut(state.number[:zones] / fixed.number_reference[:zones])


def armed_tax(p: dict[str, Array], state: State) -> Array:
    """Return what armed groups take, (zone,), USD/kg: it moves with their strength, and cannot take
    everything.

    Without the bound a tax that feeds recruits who raise the tax has no end in one draw in forty of the
    prior.
    """
    xp = namespace(state.fighters)
    gain = p["armed_tax_strength"] * xp.log(state.fighters / p["fighters_initial"])
    return p["armed_tax"] * xp.exp(TAX_RANGE * xp.tanh(gain / TAX_RANGE))


def eradication_access(p: dict[str, Array], state: State) -> Array:
    """Return how easily eradication reaches a zone over the start, (zone,); armed groups keep it out.

    It moves only where they tax: tax / (tax + 20 USD/kg) is their presence in the zone.
    """
    xp = namespace(state.fighters)
    presence = p["armed_tax"] / (p["armed_tax"] + 20.0)
    gone = xp.log(state.fighters / p["fighters_initial"])
    return xp.exp(-p["armed_denial"] * presence * gone)


def removal_rates(p: dict[str, Array], targeting: Array, police: Array) -> Array:
    """Return the rate at which leaders fall, (batch,), 1/year: of the start, times targeting and honest
    police.
    """
    return p["leader_removal"] * targeting * police


def step_groups(
    p: dict[str, Array],
    fixed: Fixed,
    state: State,
    rent: Array,
    value: Array,
    wage: Array,
    removal: Array,
    arrested: Array,
    returned: Array,
    tax: Array,
    pressure: Array,
    step: float,
) -> tuple[State, GroupFlows]:
    """Return the state one step later and what happened.

    Parameters
    ----------
    rent : (place,), million USD/year taken now. value : (market,), million USD/year of exports.
    wage : (batch,), relative to the start. removal : (batch,), 1/year.
    arrested, returned : (place,), members arrested and held, and come back from the system, in the step;
    fewer are arrested than there are.
    tax : (batch,), million USD/year taken by armed groups. pressure : (batch,), on them, over the start.
    """
    xp = namespace(rent)
    gain = cut(xp.log(state.rent) - xp.log(fixed.rent_reference) - xp.log(wage))
    wanted = fixed.number_reference * xp.exp(p["group_rent_elasticity"] * gain)
    ending, falling = p["group_turnover"], removal * (1.0 - p["split_share"])
    gone = step * decay_factor((ending + falling) * step)
    left_over = state.number * (1.0 - gone * (ending + falling))
    # the exact solution of a quadratic loss: pairs merge, and lumping places changes nothing
    pairs = p["merger_rate"] * step * left_over / fixed.number_reference
    merged = left_over * pairs / (1.0 + pairs)
    split = state.number * (removal * p["split_share"] * (p["split_size"] - 1.0) * step)
    founded = fixed.entry * step * wanted

    aim = fixed.members_reference * xp.exp(p["member_rent_elasticity"] * gain)
    turning = p["member_turnover"] * step
    left = (state.members - arrested) * (turning * decay_factor(turning))
    joined = turning * aim

    lost = exits(state.fighters, [p["fighter_turnover"] * pressure], step)[0]
    recruits = p["fighter_turnover"] * p["fighters_initial"] * step
    recruits = recruits * xp.exp(
        p["fighter_tax_response"] * (xp.log(tax) - xp.log(fixed.tax_reference) - xp.log(wage))
    )
    new = State(
        number=left_over - merged + founded + split,
        members=state.members - arrested - left + joined + returned,
        rent=relax(state.rent, rent, 1.0 / RENT_MEMORY, step),
        buyers=relax(state.buyers, _buyer_weights(p, value), 1.0 / p["buyer_adjustment_time"], step),
        fighters=state.fighters + recruits - lost,
    )
    flows = GroupFlows(
        removed=state.number * (removal * step),
        founded=founded,
        split=split,
        ended=state.number - left_over + merged,
        joined=joined,
        left=left,
        arrested=arrested,
    )
    return new, flows
