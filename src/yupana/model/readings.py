"""What society reads off the trade and its own state: who is at large, what can be contested or protected."""

from __future__ import annotations

from yupana.core.arrays import namespace
from yupana.model import corruption, groups, violence
from yupana.model.config import Config
from yupana.model.numerics import SMALLEST_FLOW, Array, add_up, cut
from yupana.model.society_records import Fixed, Month, State
from yupana.model.trade import exit_scale


def people_at_large(
    config: Config, p: dict[str, Array], state: groups.State, area: Array, flow: Array
) -> Array:
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


def zone_mask(config: Config) -> tuple[int, ...]:
    """Return 1 for every contest that is in a zone."""
    return tuple(int(i < len(config.zones)) for i in range(len(config.contests)))


def guard_integrity(config: Config, integrity: Array) -> Array:
    """Return the integrity of who guards each contest, (contest,); police at home and in districts."""
    rest = (config.police,) * (1 + len(config.districts))
    return corruption.at((*config.zone_guards, *config.corridor_guards, *rest), integrity)


def gold_revenue(p: dict[str, Array], labour: Array, price: Array) -> Array:
    """Return what illegal and informal gold sells for, (district,), million USD/year.

    At the productivity of the start; `price` is over that of the start.
    """
    return (labour[:, 1] + labour[:, 2]) * p["gold_productivity"] * p["gold_price_initial"] * price / 1000.0


def protected_rent(month: Month) -> Array:
    """Return what protection saves on a kilogram by class, (corridor,), USD/kg: expected loss to seizure."""
    moving = month.entered + SMALLEST_FLOW  # a class can be left so far that nothing at all enters it
    return cut(add_up(moving * month.risk, 1) / add_up(moving, 1))


def contest_rents(
    config: Config,
    p: dict[str, Array],
    group: groups.State,
    month: Month,
    gold: Array,
    step: float,
) -> Array:
    """Return rents that can be taken in every contest, (contest,), million USD/year.

    Rents of exits are worth the chain's loss without them; where only a share of the value is kept at home,
    only that share can be taken there. Deposits of all districts can stand in for each other.

    Parameters
    ----------
    gold : (district,), million USD/year. step : years that `month` covers.
    """
    xp = namespace(gold)
    zones, corridors = len(config.zones), len(config.corridors)
    kept = groups.seller_share(group, zones)
    kept = 1.0 - p["explain_home_share"] * (1.0 - kept)
    exits, few = p["exit_substitutes"], p["yardstick_exits"]
    strength = p["explain_fragmentation"]
    upstream = violence.class_rents(month.product / step, p["zone_scale"], exits[:zones], few, strength)
    ways = exits[zones : zones + corridors]
    outward = violence.flow_rents(month.entered / step, exit_scale(p), ways, few, strength) * kept
    spending = month.home_use / step * month.home_price * p["retail_choice_share"] / 1000.0
    home = violence.rent_share(1.0 / violence.enough(exits[zones + corridors])) * spending
    deposit = gold / add_up(gold) / exits[zones + corridors + 1 :]
    mines = violence.rent_share(deposit) * gold * p["ore_choice_share"]
    return xp.concatenate([upstream, outward, home[None], mines])


def all_killings(k: violence.Killings) -> Array:
    """Return killings of all causes, (batch,), a year."""
    return (
        add_up(k.contest)
        + add_up(k.succession)
        + k.insurgents
        + k.threats
        + add_up(k.extortion)
        + k.background
    )


def frontier(labour: Array) -> Array:
    """Return people in timber, illegal gold and coca, (batch,), thousand."""
    return add_up(labour[:, 0] + labour[:, 1] + labour[:, 4])


def contender_growth(config: Config, fixed: Fixed, state: State) -> Array:
    """Return contenders over those of the start, (contest,): clans, exporters, and people who dig."""
    xp = namespace(state.groups.number)
    zones = len(config.zones)
    ratio = state.groups.number / fixed.groups.number_reference
    dug = (state.sectors.labour[:, 1] + state.sectors.labour[:, 2]) / (
        fixed.sectors.labour[:, 1] + fixed.sectors.labour[:, 2]
    )
    one = xp.ones_like(ratio[:1])
    return xp.concatenate([ratio[:zones], ratio[zones + 1 :], one, dug])
