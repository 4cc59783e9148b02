"""Society around the trade: what institutions, courts, groups, the public and other trades tell it, and learn from it.

`open_step` reads the state at the start of a step and returns the conditions under which the trade works;
`close_step` reads what happened and moves institutions, people, groups, peace, work and moods. Nothing here is a
mechanism: each has a file of its own.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from yupana.core.arrays import namespace
from yupana.model import accounts, corruption, groups, justice, public, sectors, violence
from yupana.model.config import Config
from yupana.model.numerics import SMALLEST_FLOW, Array, add_up, cut, soft_minimum
from yupana.model.policy import Levers, paid_levers, policy_prices, split_levers
from yupana.model.trade import exit_scale


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
    exits: Array  # (contest,) exits that count
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


def people_at_large(config: Config, p: dict[str, Array], state: groups.State, area: Array, flow: Array) -> Array:
    """Return people in the trade by kind, (person,).

    Parameters
    ----------
    area : (batch,), ha. flow : (batch,), t/year under way.
    """
    zones = len(config.zones)
    return namespace(area).stack(
        [
            area / p["family_area"],
            p["carriers_per_tonne"] * flow,
            add_up(state.members[:zones]),
            p["leaders_per_group"] * add_up(state.number[zones:]),
            p["foreign_agents"] * add_up(state.buyers),
        ]
    )


def _coca_logs(price: Array, exchange: Array, eradication_rate: Array) -> Array:
    """Return the log of what a day in coca earns, (zone,), up to a constant; eradication takes its share."""
    xp = namespace(price)
    return xp.log(price) + xp.log(exchange) - eradication_rate


def start_society(
    config: Config,
    p: dict[str, Array],
    drivers: Any,
    month: Month,
    expected_leaf_price: Array,
    eradication_rate: Array,
) -> tuple[Fixed, State]:
    """Return the reference of the start and the state in it; `month` in amounts a year."""
    xp = namespace(month.area)
    rents = xp.concatenate([month.clan_takings, month.firm_takings[None], month.exporter_takings])
    group_fixed, group = groups.start(p, rents, month.market_value, month.armed_take)
    flow = add_up(add_up(month.entered))
    large = people_at_large(config, p, group, month.area, flow)
    justice_fixed, just = justice.start(p, large, config.step)
    charged = p["arrests_initial"] * p["charge_share"]
    sector_fixed, sector = sectors.start(p)
    one = xp.ones_like(month.area)
    exits = counted_exits(config, p)
    gold = gold_revenue(p, sector_fixed.labour, one)
    valley = p["valley_bribe"] + 0.0 * month.base_made
    entries = accounts.bribes(
        config, p["bribe_cost"], valley, p["case_bribe"], month.entered, month.base_made, charged
    )
    none = 0.0 * one
    entries += sectors.postings(
        p, config.institutions[config.police], add_up(gold), none, none, p["account_initial"], config.trades
    )
    paid = paid_to(config, accounts.statement(entries))
    corrupt_fixed, corrupt = corruption.start(p, paid, protected_rent(month))
    scene = violence.Scene(
        rent=contest_rents(config, p, exits, group, month, gold, 1.0),
        growth=1.0 + 0.0 * p["contenders"],
        integrity=_guard_integrity(config, p["integrity_initial"]),
        removal=p["leader_removal"],
        conditionality=p["repression_conditionality"],
        fighters=p["fighters_initial"],
        pressure=one,
        frontier=one,
        people=drivers.people * one,
        elapsed=0.0 * one,
    )
    peace, killings = violence.start(p, scene, zone_mask(config))
    fixed = Fixed(
        corrupt_fixed,
        justice_fixed,
        group_fixed,
        sector_fixed,
        killings=all_killings(killings) / drivers.people,
        extortion=add_up(p["extortion_initial"]) / drivers.people,
        coca=_coca_logs(expected_leaf_price, drivers.exchange, eradication_rate),
        exits=exits,
        prices=policy_prices(config, p, {"substitution_support": p["support_baseline"]}),
    )
    return fixed, State(corrupt, just, group, peace, sector, public.start(one))


def conditioned(p: dict[str, Array], c: Conditions) -> dict[str, Array]:
    """Return the parameters of the trade as society leaves them in this step.

    The mechanisms of the trade read one set of parameters; these are the ones that institutions, courts, groups
    and policies move. At the start they are the priors themselves.
    """
    return p | {
        "eradication_weight": p["eradication_weight"] * c.access,
        "state_presence": c.presence,
        "seizure_penalty": p["seizure_penalty"] * c.penalty,
        "bribe_cost": c.protection.corridor,
        "armed_tax": c.armed_tax,
        "buyers": c.buyers,
        "heavy_quit_rate": p["heavy_quit_rate"] * c.quitting,
    }


def zone_mask(config: Config) -> tuple[int, ...]:
    """Return 1 for every contest that is in a zone."""
    return tuple(int(i < len(config.zones)) for i in range(len(config.contests)))


def _guard_integrity(config: Config, integrity: Array) -> Array:
    """Return the integrity of who guards each contest, (contest,); police at home and in districts."""
    rest = (config.police,) * (1 + len(config.districts))
    return corruption.at((*config.zone_guards, *config.corridor_guards, *rest), integrity)


def gold_revenue(p: dict[str, Array], labour: Array, price: Array) -> Array:
    """Return what illegal and informal gold sells for by district at the productivity of the start, (district,),
    million USD/year; `price` over that of the start."""
    return (labour[:, 1] + labour[:, 2]) * p["gold_productivity"] * p["gold_price_initial"] * price / 1000.0


def paid_to(config: Config, account: accounts.Statement) -> Array:
    """Return what each institution was paid, (institution,), million USD, as posted."""
    some = next(iter(account.receipts.values()))
    return namespace(some).stack([account.receipts.get(name, 0.0 * some) for name in config.institutions])


def protected_rent(month: Month) -> Array:
    """Return what protection saves on a kilogram by class, (corridor,), USD/kg: the expected loss to seizure."""
    moving = month.entered + SMALLEST_FLOW  # a class can be left so far that nothing at all enters it
    return cut(add_up(moving * month.risk, 1) / add_up(moving, 1))


def counted_exits(config: Config, p: dict[str, Array]) -> Array:
    """Return the exits that count in every contest, (contest,); how many explains peace only on the trade's way."""
    way = len(config.zones) + len(config.corridors)
    exits = p["exit_substitutes"]
    return namespace(exits).concatenate([violence.fragmented(p, exits[:way]), violence.enough(exits[way:])])


def contest_rents(
    config: Config,
    p: dict[str, Array],
    exits: Array,
    group: groups.State,
    month: Month,
    gold: Array,
    step: float,
) -> Array:
    """Return rents that can be taken in every contest, (contest,), million USD/year.

    Rents of exits are worth the chain's loss without them; where only a share of the value is kept at home, only
    that share can be taken there.

    Parameters
    ----------
    exits : (contest,), of :func:`counted_exits`. gold : (district,), million USD/year. step : years that `month`
    covers.
    """
    xp = namespace(gold)
    zones, corridors = len(config.zones), len(config.corridors)
    kept = groups.seller_share(group, zones)
    kept = 1.0 - p["explain_home_share"] * (1.0 - kept)
    upstream = violence.class_rents(month.product / step, p["zone_scale"], exits[:zones])
    ways = violence.flow_rents(month.entered / step, exit_scale(p), exits[zones : zones + corridors]) * kept
    spending = month.home_use / step * month.home_price * p["retail_choice_share"] / 1000.0
    home = violence.place_rent(1.0, exits[zones + corridors]) * spending
    mines = violence.place_rent(1.0, exits[zones + corridors + 1 :]) * gold * p["ore_choice_share"]
    return xp.concatenate([upstream, ways, home[None], mines])


def all_killings(k: violence.Killings) -> Array:
    """Return killings of all causes, (batch,), a year."""
    return (
        add_up(k.contest) + add_up(k.succession) + k.insurgents + k.threats + add_up(k.extortion) + k.background
    )


def open_step(
    config: Config,
    p: dict[str, Array],
    fixed: Fixed,
    state: State,
    drivers: Any,
    wanted: Array,
    base: Array,
    expected_leaf_price: Array,
    area: Array,
) -> Conditions:
    """Return what the trade meets in a step, from the state at its start.

    Parameters
    ----------
    wanted : (lever, batch), levers as policy asks. base : (lever, batch), their baseline.
    expected_leaf_price, area : (zone,), USD/kg and ha.
    """
    xp = namespace(area)
    one = xp.ones_like(state.public.fear)
    beyond = cut(public.beyond(wanted, base))
    budget = public.budget(p, state.public, drivers.output * one, add_up(fixed.prices * beyond))
    priced = xp.asarray(paid_levers(config), dtype=area.dtype)
    levers = split_levers(config, cut(wanted - (1.0 - budget.paid_share) * priced * beyond))
    integrity = corruption.relative(p, state.corruption)
    policing = public.policing(p, state.public)
    effort = levers.interdiction * (policing * corruption.at(config.corridor_guards, integrity))
    valley = levers.interdiction_valley * policing * corruption.at(config.zone_guards, integrity)
    served = justice.expected_served(
        p, fixed.justice, state.justice, integrity[config.courts], levers.pardons, levers.court_capacity
    )
    prison = p["penalty_prison_share"]
    wage = xp.exp(p["wage_income_elasticity"] * xp.log(drivers.income * one))
    access = groups.eradication_access(p, state.groups)
    weight = p["eradication_weight"] * access
    rate = levers.eradication * weight / add_up(weight * area)
    coca = xp.exp(_coca_logs(expected_leaf_price, drivers.exchange, rate) - fixed.coca)
    returns = sectors.returns(
        p,
        wage,
        drivers.gold * levers.price_gold,
        sectors.coca_return(config.district_links, coca, p["initial_area_weight"]),
        levers.gold_traceability,
        levers.mining_pressure,
        levers.mining_formalisation,
    )
    zones = len(config.zones)
    return Conditions(
        levers=levers,
        budget=budget,
        access=access,
        presence=soft_minimum(p["state_presence"] * levers.state_presence, 0.99),
        work=sectors.coca_wage(p, config.district_links, state.sectors, returns),
        effort=effort,
        valley_effort=valley,
        penalty=1.0 - prison + prison * served[1] / fixed.justice.served_reference[1],
        protection=corruption.protection_prices(
            p, fixed.corruption, state.corruption, config.corridor_guards, config.zone_guards
        ),
        armed_tax=groups.armed_tax(p, state.groups),
        buyers=groups.leaf_buyers(p, fixed.groups, state.groups, zones),
        border_share=groups.seller_share(state.groups, zones),
        quitting=1.0 + p["treatment_effect"] * (levers.treatment_home - 1.0),
        integrity=integrity,
        policing=policing,
        removal=groups.removal_rates(p, levers.leadership_targeting * policing, integrity[config.police]),
        returns=returns,
    )


def step_people(
    config: Config,
    p: dict[str, Array],
    fixed: Fixed,
    state: State,
    drivers: Any,
    c: Conditions,
    area: Array,
    entered: Array,
) -> tuple[justice.State, justice.JusticeFlows]:
    """Return the justice system a step later; before the payments, as cases are paid for.

    Parameters
    ----------
    area : (batch,), ha. entered : (corridor, market), t in the step.
    """
    xp = namespace(area)
    step = config.step
    large = people_at_large(config, p, state.groups, area, add_up(add_up(entered)) / step)
    seen = c.policing * c.integrity[config.police]
    moving = add_up(entered, 1)
    sweep = add_up(c.levers.interdiction * moving) / add_up(moving) * seen
    hunt = [
        c.policing,
        sweep,
        c.levers.interdiction_valley * seen,
        c.levers.leadership_targeting * seen,
        sweep,
    ]
    growth = drivers.elapsed * xp.ones_like(area)
    return justice.step_justice(
        p,
        fixed.justice,
        state.justice,
        large,
        xp.stack(hunt),
        c.integrity[config.courts],
        c.levers.pardons,
        c.levers.court_capacity,
        p["prison_places"] * xp.exp(p["prison_places_growth"] * growth) * c.levers.prison_capacity,
        p["other_prisoners"] * xp.exp(p["other_prisoners_growth"] * growth),
        step,
    )


class Other(NamedTuple):
    """What the other trades sold and took in one step."""

    sectors: sectors.SectorFlows
    gold: Array  # (district,) million USD, illegal and informal
    entries: list[accounts.Posting]


def step_other_trades(
    config: Config,
    p: dict[str, Array],
    fixed: Fixed,
    state: State,
    drivers: Any,
    c: Conditions,
    crime: Array,
) -> tuple[sectors.State, Other]:
    """Return the other trades a step later, and their payments.

    Parameters
    ----------
    crime : (batch,), million USD that organised crime kept in the step.
    """
    one = namespace(crime).ones_like(crime)
    sector, made = sectors.step_sectors(
        p,
        fixed.sectors,
        state.sectors,
        c.returns,
        crime,
        drivers.output * one,
        drivers.elapsed * one,
        config.step,
    )
    price = p["gold_price_initial"] * drivers.gold_dollar * c.levers.price_gold
    gold = (made.gold[0] + made.gold[1]) * price / 1000.0
    entries = sectors.postings(
        p,
        config.institutions[config.police],
        add_up(gold),
        add_up(made.timber) * p["timber_price"] / 1000.0,
        add_up(state.violence.extortion) * p["extortion_income"] * config.step / 1000.0,
        made.earned,
        config.trades,
    )
    return sector, Other(made, gold, entries)


def close_step(
    config: Config,
    p: dict[str, Array],
    fixed: Fixed,
    state: State,
    drivers: Any,
    c: Conditions,
    month: Month,
    account: accounts.Statement,
    people: tuple[justice.State, justice.JusticeFlows],
    other: tuple[sectors.State, Other],
) -> tuple[State, SocietyFlows]:
    """Return the state at the end of a step and what happened in it.

    Parameters
    ----------
    account : of every payment of the step. people, other : of :func:`step_people`, :func:`step_other_trades`.
    """
    xp = namespace(month.area)
    step = config.step
    one = xp.ones_like(month.area)
    just, moved = people
    sector, traded = other
    army = c.integrity[config.army]
    group, grouped = _step_groups(config, p, fixed, state, c, month, moved, army)
    corrupt = corruption.step_corruption(
        p,
        fixed.corruption,
        state.corruption,
        paid_to(config, account) / step,
        protected_rent(month),
        c.levers.official_pay,
        c.levers.oversight,
        step,
    )
    scene = violence.Scene(
        rent=contest_rents(config, p, fixed.exits, state.groups, month, traded.gold / step, step),
        growth=_contender_growth(config, fixed, state),
        integrity=_guard_integrity(config, state.corruption.integrity),
        removal=c.removal,
        conditionality=soft_minimum(p["repression_conditionality"] * c.levers.conditional_repression, 0.99),
        fighters=state.groups.fighters,
        pressure=army,
        frontier=_frontier(state.sectors.labour) / _frontier(fixed.sectors.labour),
        people=drivers.people * one,
        elapsed=drivers.elapsed * one,
    )
    killings = violence.expected_killings(p, state.violence, scene, zone_mask(config))
    peace = violence.step_violence(p, state.violence, killings, drivers.income * one, c.policing, step)
    mood = public.step_fear(
        p,
        state.public,
        all_killings(killings) / drivers.people / fixed.killings,
        add_up(state.violence.extortion) / drivers.people / fixed.extortion,
        step,
    )
    new = State(corrupt, just, group, peace, sector, mood)
    return new, SocietyFlows(
        c, moved, grouped, killings, traded.sectors, traded.gold, scene.people, p["coca_forest_share"]
    )


def _frontier(labour: Array) -> Array:
    """Return people in timber, illegal gold and coca, (batch,), thousand."""
    return add_up(labour[:, 0] + labour[:, 1] + labour[:, 4])


def _step_groups(
    config: Config,
    p: dict[str, Array],
    fixed: Fixed,
    state: State,
    c: Conditions,
    month: Month,
    moved: justice.JusticeFlows,
    army: Array,
) -> tuple[groups.State, groups.GroupFlows]:
    """Return groups one step later; arrests and returns fall on places by their members."""
    xp = namespace(month.area)
    step, zones = config.step, len(config.zones)
    members = state.groups.members
    inside, outside = add_up(members[:zones]), add_up(members[zones:])
    share = xp.concatenate([members[:zones] / inside, members[zones:] / outside])

    def spread(values: Array) -> Array:
        return share * xp.concatenate(
            [values[2] + 0.0 * members[:zones], values[3] + 0.0 * members[zones:]]
        )

    takings = xp.concatenate([month.clan_takings, month.firm_takings[None], month.exporter_takings])
    return groups.step_groups(
        p,
        fixed.groups,
        state.groups,
        takings / step,
        month.market_value / step,
        c.returns.wage,
        c.removal,
        spread(moved.charged),
        spread(moved.returned),
        month.armed_take / step,
        army,
        step,
    )


def _contender_growth(config: Config, fixed: Fixed, state: State) -> Array:
    """Return contenders over those of the start, (contest,): clans, exporters, and people who dig."""
    xp = namespace(state.groups.number)
    zones = len(config.zones)
    ratio = state.groups.number / fixed.groups.number_reference
    dug = (state.sectors.labour[:, 1] + state.sectors.labour[:, 2]) / (
        fixed.sectors.labour[:, 1] + fixed.sectors.labour[:, 2]
    )
    one = xp.ones_like(ratio[:1])
    return xp.concatenate([ratio[:zones], ratio[zones + 1 :], one, dug])
