"""What a run reports of society: institutions, people, groups, killings, other trades, earnings and the
public.
"""

from __future__ import annotations

from yupana.core.arrays import namespace
from yupana.model import society
from yupana.model.config import (
    CAUSES,
    CHAIN_TRADES,
    DRUG_CAUSES,
    POWER_ACCOUNTS,
    RESIDENCES,
    SECTOR_TIERS,
    Config,
)
from yupana.model.flows import Flows
from yupana.model.numerics import Array, add_up


def society_stocks(config: Config, state: society.State) -> dict[str, Array]:
    """Return the value of every stock of society on a time bound."""
    zones = len(config.zones)
    held = state.justice.charged + state.justice.on_trial + state.justice.prison
    return {
        "integrity[institution]": state.corruption.integrity,
        "prisoners[person]": held,
        "prisoners": add_up(held),
        "clans[zone]": state.groups.number[:zones],
        "firms": state.groups.number[zones],
        "exporters[corridor]": state.groups.number[zones + 1 :],
        "group_members": add_up(state.groups.members),
        "foreign_buyers[buyer]": state.groups.buyers,
        "fighters": state.groups.fighters,
        "extorters[city]": state.violence.extortion,
        "war_share[contest]": state.violence.war,
        "workers[work]": add_up(state.sectors.labour),
        "fear": state.public.fear,
    }


def report_society(config: Config, flows: Flows) -> dict[str, Array]:
    """Return the value of every flow, price and ratio of society in one step."""
    happened = flows.society
    moved, made, c = happened.justice, happened.sectors, happened.conditions
    planted = add_up(flows.farm.planted + flows.farm.replanted) * happened.coca_forest_share
    return {
        "bribes[institution]": society.paid_to(config, flows.account),
        "arrests[person]": moved.arrested,
        "convictions[person]": moved.convicted,
        "released[person]": moved.released,
        "pardoned[person]": moved.pardoned,
        "returned[person]": moved.returned,
        "time_served[person]": moved.served,
        "prison_crowding": moved.crowding,
        "leaders_removed": add_up(happened.groups.removed),
        **_killings(config, flows),
        "gold_output[registry]": namespace(planted).stack([add_up(part) for part in made.gold]),
        "illegal_gold_value": add_up(happened.gold),
        "timber_output": add_up(made.timber),
        "forest_lost": planted + made.mined_forest,
        "laundered_gold": made.laundered,
        **_earnings(config, flows),
        "policy_cost": c.budget.asked * config.step,
        "policy_paid_share": c.budget.paid_share,
    }


def _killings(config: Config, flows: Flows) -> dict[str, Array]:
    """Return rates per 100,000 of the pack's population by cause and by place, and the recorded total."""
    k, people = flows.society.killings, flows.society.people
    xp = namespace(people)
    per = 0.1 / people  # million inhabitants to 100,000
    upstream = len(config.zones) + len(config.corridors)
    causes = {
        "contest": add_up(k.contest[:upstream]),
        "succession": add_up(k.succession[:upstream]),
        "insurgents": k.insurgents,
        "retail": k.contest[upstream] + k.succession[upstream],
        "threats": k.threats,
        "mining": add_up(k.contest[upstream + 1 :] + k.succession[upstream + 1 :]),
        "extortion": add_up(k.extortion),
        "background": k.background,
    }
    total = sum(causes.values())
    drug = sum(causes[name] for name in DRUG_CAUSES)
    elsewhere = k.insurgents + k.threats + k.background
    return {
        "homicide_rate": total * per,
        "drug_homicide_rate": drug * per,
        "homicide_rate[cause]": xp.stack([causes[name] for name in CAUSES]) * per,
        "homicide_rate[site]": xp.concatenate([k.contest + k.succession, k.extortion, elsewhere[None]]) * per,
        "homicide_rate_recorded": (total - drug * (1.0 - k.recorded_share)) * per,
        "homicides": total * config.step,
        "contest_rent[contest]": k.rent,
    }


def _earnings(config: Config, flows: Flows) -> dict[str, Array]:
    """Return what is left to every account, and its sums by trade and by residence."""
    account = flows.account
    xp = namespace(flows.potential)
    left = {name: account.left(name) for name in config.accounts if name != "officials"}
    left["officials"] = sum(account.left(name) for name in config.institutions)
    taken = {name: account.receipts[name] for name in config.accounts if name != "officials"}
    taken["officials"] = sum(account.receipts[name] for name in config.institutions)
    trades, homes = account_places(config)
    order = config.accounts
    names = (*CHAIN_TRADES, *config.trades)
    by_trade = [sum(left[a] for a in order if trades[a] == name) for name in names]
    by_home = [sum(left[a] for a in order if homes[a] == place) for place in RESIDENCES]
    return {
        "earnings[account]": xp.stack([left[name] for name in order]),
        "earnings[illicit_trade]": xp.stack(by_trade),
        "earnings[residence]": xp.stack(by_home),
        "illicit_earnings": by_home[RESIDENCES.index("home")],
        "illicit_turnover": sum(taken[a] for a in order if homes[a] == "home"),
    }


def account_places(config: Config) -> tuple[dict[str, str], dict[str, str]]:
    """Return the trade and the residence of every account."""
    trades = dict.fromkeys(config.tiers, CHAIN_TRADES[0])
    homes = dict(zip(config.tiers, config.residences, strict=True))
    for name, (trade, residence) in (SECTOR_TIERS | POWER_ACCOUNTS).items():
        trades[name], homes[name] = trade, residence
    for name in config.trades:
        trades[name], homes[name] = name, "home"
    return trades, homes
