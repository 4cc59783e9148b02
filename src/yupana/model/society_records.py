"""What society knows and tells: the records that pass between it and the trade."""

from __future__ import annotations

from typing import NamedTuple

from yupana.model import corruption, groups, justice, public, sectors, violence
from yupana.model.numerics import Array
from yupana.model.policy import Levers


class State(NamedTuple):
    """The state of every mechanism around the trade."""

    corruption: corruption.State
    justice: justice.State
    groups: groups.State
    violence: violence.State
    sectors: sectors.State
    public: public.State


class Fixed(NamedTuple):
    """What the start implies for them."""

    corruption: corruption.Fixed
    justice: justice.Fixed
    groups: groups.Fixed
    sectors: sectors.Fixed
    killings: Array  # () a year and million inhabitants
    extortion: Array  # () people a million inhabitants
    coca: Array  # (zone,) log of the return to coca
    yardstick: violence.Yardstick
    prices: Array  # (lever,) million USD/year for a unit of each lever beyond its baseline


class Conditions(NamedTuple):
    """What the trade meets in one step."""

    levers: Levers  # as far as the budget pays for them
    budget: public.Budget
    access: Array  # (zone,) how easily eradication reaches it, over the start
    presence: Array  # (zone,) presence of the state
    work: Array  # (zone,) cost of work over the general wage
    effort: Array  # (corridor,) of interdiction, levers, policing and integrity together
    valley_effort: Array  # (zone,)
    penalty: Array  # () cost of a seizure beyond the product, over the start
    protection: corruption.Prices
    armed_tax: Array  # (zone,) USD/kg
    buyers: Array  # (zone,) of leaf
    border_share: Array  # () exporters' share of the gap at the border
    quitting: Array  # () of heavy users at home, over the start
    integrity: Array  # (institution,) over the start
    policing: Array  # () police effort over the start
    removal: Array  # () leaders who fall, 1/year
    returns: sectors.Returns


class SocietyFlows(NamedTuple):
    """What happened around the trade in one step."""

    conditions: Conditions
    justice: justice.JusticeFlows
    groups: groups.GroupFlows
    killings: violence.Killings
    sectors: sectors.SectorFlows
    gold: Array  # (district,) million USD, illegal and informal gold sold
    people: Array  # () million inhabitants
    coca_forest_share: Array  # () planted coca that replaces forest


class Month(NamedTuple):
    """What the society learns of the trade in one step."""

    area: Array  # () ha
    entered: Array  # (corridor, market) t in the step
    risk: Array  # (corridor, market) USD/kg expected to be lost to seizure
    base_made: Array  # (zone,) t
    clan_takings: Array  # (zone,) million USD in the step
    firm_takings: Array  # () million USD
    exporter_takings: Array  # (corridor,) million USD
    market_value: Array  # (market,) million USD
    armed_take: Array  # () million USD
    home_use: Array  # () t
    home_price: Array  # () USD/kg retail
    product: Array  # (zone,) t of product made
