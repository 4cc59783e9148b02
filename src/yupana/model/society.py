"""Society around the trade: what institutions, courts, groups, the public and other trades tell it, and
learn from it.

`open_step` reads the state at the start of a step and returns the conditions under which the trade works;
`close_step` reads what happened and moves institutions, people, groups, peace, work and moods. Nothing here
is a mechanism: each has a file of its own.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from yupana.core.arrays import namespace
from yupana.model import accounts, corruption, groups, justice, public, readings, sectors, violence
from yupana.model.config import Config
from yupana.model.numerics import Array, add_up, cut, soft_minimum
from yupana.model.policy import SINGLE_LEVERS, paid_levers, policy_prices, split_levers
from yupana.model.society_records import Conditions, Fixed, Month, SocietyFlows, State
from yupana.model.yardstick import build_yardstick


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
    large = readings.people_at_large(config, p, group, month.area, flow)
    justice_fixed, just = justice.start(p, large, config.step)
    charged = p["arrests_initial"] * p["charge_share"]
    sector_fixed, sector = sectors.start(p)
    one = xp.ones_like(month.area)
    gold = readings.gold_revenue(p, sector_fixed.labour, one)
    valley = p["valley_bribe"] + 0.0 * month.base_made
    entries = accounts.bribes(
        config, p["bribe_cost"], valley, p["case_bribe"], month.entered, month.base_made, charged
    )
    none = 0.0 * one
    entries += sectors.postings(
        p, config.institutions[config.police], add_up(gold), none, none, p["account_initial"], config.trades
    )
    paid = paid_to(config, accounts.statement(entries))
    corrupt_fixed, corrupt = corruption.start(p, paid, readings.protected_rent(month))
    scene = violence.Scene(
        rent=readings.contest_rents(config, p, group, month, gold, 1.0),
        growth=1.0 + 0.0 * p["contenders"],
        integrity=readings.guard_integrity(config, p["integrity_initial"]),
        removal=p["leader_removal"],
        conditionality=p["repression_conditionality"],
        fighters=p["fighters_initial"],
        pressure=one,
        frontier=one,
        people=drivers.people * one,
        elapsed=0.0 * one,
    )
    yard = build_yardstick(p)
    peace, killings = violence.start(p, yard, scene, readings.zone_mask(config))
    fixed = Fixed(
        corrupt_fixed,
        justice_fixed,
        group_fixed,
        sector_fixed,
        killings=readings.all_killings(killings) / drivers.people,
        extortion=add_up(p["extortion_initial"]) / drivers.people,
        coca=_coca_logs(expected_leaf_price, drivers.exchange, eradication_rate),
        yardstick=yard,
        prices=policy_prices(config, p, {"substitution_support": p["support_baseline"]}),
    )
    return fixed, State(corrupt, just, group, peace, sector, public.start(one))


def conditioned(p: dict[str, Array], c: Conditions) -> dict[str, Array]:
    """Return the parameters of the trade as society leaves them in this step.

    The mechanisms of the trade read one set of parameters; these are the ones that institutions, courts,
    groups and policies move. At the start they are the priors themselves.
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


def paid_to(config: Config, account: accounts.Statement) -> Array:
    """Return what each institution was paid, (institution,), million USD, as posted."""
    some = next(iter(account.receipts.values()))
    return namespace(some).stack([account.receipts.get(name, 0.0 * some) for name in config.institutions])


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
    money = wanted[SINGLE_LEVERS.index("security_budget")]
    budget = public.budget(p, state.public, drivers.output * one, money, add_up(fixed.prices * beyond))
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
    large = readings.people_at_large(config, p, state.groups, area, add_up(add_up(entered)) / step)
    growth = drivers.elapsed * xp.ones_like(area)
    force = c.policing * public.service(p, drivers.output + 0.0 * area)
    seen = force * c.integrity[config.police]
    moving = add_up(entered, 1)
    sweep = add_up(c.levers.interdiction * moving) / add_up(moving) * seen
    hunt = [
        force,
        sweep,
        c.levers.interdiction_valley * seen,
        c.levers.leadership_targeting * seen,
        sweep,
    ]
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
        readings.protected_rent(month),
        c.levers.official_pay * drivers.payroll,
        c.levers.oversight,
        step,
    )
    scene = violence.Scene(
        rent=readings.contest_rents(config, p, state.groups, month, traded.gold / step, step),
        growth=readings.contender_growth(config, fixed, state),
        integrity=readings.guard_integrity(config, state.corruption.integrity),
        removal=c.removal,
        conditionality=soft_minimum(c.levers.conditional_repression, 0.99),
        fighters=state.groups.fighters,
        pressure=army,
        frontier=readings.frontier(state.sectors.labour) / readings.frontier(fixed.sectors.labour),
        people=drivers.people * one,
        elapsed=drivers.elapsed * one,
    )
    yard = fixed.yardstick
    killings = violence.expected_killings(p, yard, state.violence, scene, readings.zone_mask(config))
    peace = violence.step_violence(p, yard, state.violence, killings, drivers.income * one, c.policing, step)
    mood = public.step_fear(
        p,
        state.public,
        readings.all_killings(killings) / drivers.people / fixed.killings,
        add_up(state.violence.extortion) / drivers.people / fixed.extortion,
        step,
    )
    new = State(corrupt, just, group, peace, sector, mood)
    return new, SocietyFlows(
        c, moved, grouped, killings, traded.sectors, traded.gold, scene.people, p["coca_forest_share"]
    )


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
        return share * xp.concatenate([values[2] + 0.0 * members[:zones], values[3] + 0.0 * members[zones:]])

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
