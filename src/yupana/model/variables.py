"""What a run reports: every variable with its dimension, unit, kind and meaning, and how a step yields it."""

from __future__ import annotations

from dataclasses import dataclass

from yupana.core.arrays import namespace
from yupana.model import society
from yupana.model.accounts import border_value
from yupana.model.config import Config
from yupana.model.flows import Flows
from yupana.model.numerics import Array, add_up, largest
from yupana.model.report_society import report_society, society_stocks
from yupana.model.state import Fixed, State

CRIME_TIERS = ("clans", "firms", "exporters")


@dataclass(frozen=True)
class Variable:
    """One reported quantity. `kind`: stock at the end of the interval, flow summed over it, price or ratio as its
    mean."""

    key: str
    unit: str
    kind: str
    meaning: str

    @property
    def name(self) -> str:
        """Name without its dimension."""
        return self.key.split("[")[0]

    @property
    def over(self) -> str | None:
        """Name of the dimension, or None."""
        return self.key.split("[")[1][:-1] if "[" in self.key else None


def _rows(text: str) -> tuple[Variable, ...]:
    rows = (tuple(cell.strip() for cell in line.split("|")) for line in text.strip().splitlines())
    return tuple(Variable(*row) for row in rows)


VARIABLES: tuple[Variable, ...] = _rows("""
coca_area | ha | stock | area under coca on 31 December, all zones
coca_area[zone] | ha | stock | area under coca on 31 December
leaf_output | t | flow | sun-dried leaf harvested
leaf_output[zone] | t | flow | sun-dried leaf harvested
leaf_legal_use | t | flow | leaf for legal and traditional use
leaf_lost | t | flow | leaf spoiled or seized
cocaine_output | t | flow | potential pure cocaine: all leaf after legal use, processed; what is published abroad
cocaine_made | t | flow | pure cocaine actually made, in hydrochloride
base_made | t | flow | base made, t pure
hydrochloride_made | t | flow | hydrochloride made, t pure
eradicated_area | ha | flow | area eradicated
eradicated_area[zone] | ha | flow | area eradicated
planted_area | ha | flow | area planted by choice
replanted_area | ha | flow | area planted again after eradication
seizures_home | t | flow | cocaine seized in the country: valleys, exits, home market
seizures_valley | t | flow | base and hydrochloride seized on hand in the valleys
seizures_corridor[corridor] | t | flow | seized on the way out, by class of exit
seizures_abroad[market] | t | flow | home-origin cocaine seized abroad on the way to the market, base seized by a neighbour included
lost | t | flow | cocaine lost in the country: spoiled on hand or on the way out, or in crystallisation
cocaine_exports | t | flow | cocaine that crossed the border, all forms
exports[market] | t | flow | cocaine that crossed the border for the market
exports_corridor[corridor] | t | flow | cocaine that crossed the border by the class
base_export_share | share | ratio | share of base in exports
base_processed_abroad | t | flow | base of the country processed by a neighbour
home_use | t | flow | cocaine used at home
consumption[market] | t | flow | cocaine used in the market, all origins
origin_share[market] | share | ratio | share of the home origin in what the market uses
product_stock | t | stock | base and hydrochloride on hand at the source
leaf_price | USD/kg | price | farm-gate price of sun-dried leaf, mean of zones with the weights of the start
leaf_price[zone] | USD/kg | price | farm-gate price of sun-dried leaf
base_price | USD/kg | price | base at the source, mean of zones with the weights of the start
hcl_price | USD/kg | price | hydrochloride at the source, mean of zones with the weights of the start
hcl_price[zone] | USD/kg | price | hydrochloride at the source
border_price | USD/kg | price | what foreign buyers pay at the border, mean weighted by exports
wholesale_price[market] | USD/kg | price | wholesale, for a pure kilogram
retail_price[market] | USD/kg | price | retail, for a pure kilogram
home_users[user] | thousand | stock | users at home
export_value | musd | flow | value of exports at the border
revenue[tier] | musd | flow | receipts of the tier from home-origin cocaine
profit[tier] | musd | flow | receipts less payments of the tier
grower_net_income | musd | flow | receipts of growers less paid work and inputs
organised_crime_earnings | musd | flow | receipts less payments of clans, firms and exporters in the country
bribes | musd | flow | payments to officials
armed_tax | musd | flow | payments to armed groups
consumer_spending | musd | flow | what users of home-origin cocaine pay, all markets
seizure_probability[corridor] | share | ratio | share of the class's flow seized
effort[corridor] | index | ratio | effort by class relative to the start, before levers
rival_output[rival] | t | flow | cocaine made by the rival
clearing_gap | share | ratio | largest gap of the planning prices, demand as one; a numerical check
value_kept_share | share | ratio | border value of exports over their wholesale value abroad: what is kept in the country
integrity[institution] | share | stock | officials who sell no protection
bribes[institution] | musd | flow | payments to the institution, all illicit trades
arrests[person] | persons | flow | arrests of the trade's people
convictions[person] | persons | flow | convictions
released[person] | persons | flow | ordinary releases from prison
pardoned[person] | persons | flow | pardons and commutations
returned[person] | persons | flow | released people who went back to the trade
prisoners[person] | persons | stock | people of the trade in the system: charged, on trial or serving
prisoners | persons | stock | the same, all kinds
time_served[person] | year | ratio | time behind bars that one arrested now must expect
prison_crowding | ratio | ratio | prisoners of all offences over places
clans[zone] | count | stock | clans that make and collect base
firms | count | stock | firms that make and move hydrochloride
exporters[corridor] | count | stock | exporting groups by class of exit
group_members | persons | stock | members of clans, firms and exporting groups
foreign_buyers[buyer] | count | stock | foreign buyers by where they come from
leaders_removed | persons | flow | leaders of groups arrested or killed by the state
fighters | persons | stock | armed remnants
homicide_rate | per_100000 | ratio | killings of all causes a year, per 100,000 of the pack's population
drug_homicide_rate | per_100000 | ratio | killings from contests, successions, insurgents and retail turf of the drug trade
homicide_rate[cause] | per_100000 | ratio | killings by cause; causes sum to the total
homicide_rate[site] | per_100000 | ratio | killings by place, per 100,000 of the pack's population; places sum to the total
homicide_rate_recorded | per_100000 | ratio | killings that registers would show, drug killings under-recorded
homicides | persons | flow | expected killings
contest_rent[contest] | musd/year | ratio | rent that holding the places of a class would yield
war_share[contest] | share | stock | places of a class at war
extorters[city] | persons | stock | people in groups that extort
gold_output[registry] | t | flow | gold of small and middling mining by registry
illegal_gold_value | musd | flow | what illegal and informal gold sells for
workers[work] | thousand | stock | people by kind of work in the districts of mines and forests
timber_output | thousand_m3 | flow | illegal timber
forest_lost | ha | flow | forest lost to coca and mining
laundered_gold | musd | flow | drug money laundered through gold
earnings[account] | musd | flow | receipts less payments of every account that earns from an illicit trade
earnings[illicit_trade] | musd | flow | the same by trade, at home and abroad
earnings[residence] | musd | flow | the same by residence of who earns
illicit_earnings | musd | flow | earnings at home of all illicit trades, nothing counted twice
illicit_turnover | musd | flow | receipts at home of all illicit trades, payments along a chain counted again
fear | index | stock | perceived insecurity relative to the start
policy_cost | musd | flow | what policies ask of the budget beyond the baseline
policy_paid_share | share | ratio | part of it that the budget pays
""")


def _weighted(values: Array, weights: Array) -> Array:
    return add_up(values * weights) / add_up(weights)


def report(config: Config, fixed: Fixed, old: State, flows: Flows) -> dict[str, Array]:
    """Return the value of every flow, price and ratio in one step; stocks are read off the state afterwards."""
    xp = namespace(old.leaf)
    home, process, passage, market = config.home_market, flows.process, flows.passage, flows.market
    t, account = flows.trade, flows.account
    seized_exit = add_up(passage.seized_base + passage.seized_hydrochloride, 1)
    valley = add_up(process.base_seized + process.hydrochloride_seized)
    abroad = [i for i in range(len(config.markets)) if i != home]
    crossed = sum(t.delivered[:, m] for m in abroad)
    by_market = add_up(t.delivered)
    total = add_up(crossed)
    bought = border_value(t)
    value = sum(bought[m] for m in abroad)
    base_crossed = add_up(sum(passage.delivered_base[:, m] for m in abroad))
    everything = market.sold + add_up(market.rival_sold)
    seized_abroad = market.seized + flows.neighbour.seized
    lost = (
        add_up(process.base_lost + process.hydrochloride_lost + process.crystallisation_lost)
        + add_up(add_up(passage.lost_base + passage.lost_hydrochloride))
        + market.way_lost[home]
        + market.stock_lost[home]
    )
    return {
        "leaf_output": add_up(flows.farm.harvest),
        "leaf_output[zone]": flows.farm.harvest,
        "leaf_legal_use": add_up(process.legal),
        "leaf_lost": add_up(process.leaf_seized + process.leaf_spoiled),
        "cocaine_output": flows.potential,
        "cocaine_made": add_up(t.taxed_product),
        "base_made": add_up(process.base_made),
        "hydrochloride_made": add_up(process.hydrochloride_made),
        "eradicated_area": add_up(flows.farm.eradicated),
        "eradicated_area[zone]": flows.farm.eradicated,
        "planted_area": add_up(flows.farm.planted),
        "replanted_area": add_up(flows.farm.replanted),
        "seizures_home": valley + add_up(seized_exit) + market.seized[home],
        "seizures_valley": valley,
        "seizures_corridor[corridor]": seized_exit,
        "seizures_abroad[market]": seized_abroad,
        "lost": lost,
        "cocaine_exports": total,
        "exports[market]": by_market,
        "exports_corridor[corridor]": crossed,
        "base_export_share": base_crossed / total,
        "base_processed_abroad": add_up(flows.neighbour.processed),
        "home_use": market.sold[home],
        "consumption[market]": everything,
        "origin_share[market]": market.sold / everything,
        "leaf_price": _weighted(t.leaf_price, fixed.leaf_weight),
        "leaf_price[zone]": t.leaf_price,
        "base_price": _weighted(t.base_price, fixed.product_weight),
        "hcl_price": _weighted(t.hydrochloride_price, fixed.product_weight),
        "hcl_price[zone]": t.hydrochloride_price,
        "border_price": value * 1000.0 / total,
        "wholesale_price[market]": flows.wholesale,
        "retail_price[market]": flows.retail,
        "export_value": value,
        "revenue[tier]": xp.stack([account.receipts[tier] for tier in config.tiers]),
        "profit[tier]": xp.stack([account.left(tier) for tier in config.tiers]),
        "grower_net_income": account.left("growers"),
        "organised_crime_earnings": sum(account.left(name) for name in CRIME_TIERS),
        "bribes": add_up(society.paid_to(config, account)),
        "armed_tax": account.receipts["armed_groups"],
        "consumer_spending": account.payments["consumers"],
        "seizure_probability[corridor]": flows.seizure_share,
        "effort[corridor]": old.effort,
        "rival_output[rival]": flows.rival.made,
        "clearing_gap": largest(xp.abs(flows.clearing.residual)),
        "value_kept_share": value * 1000.0 / sum(flows.wholesale[m] * by_market[m] for m in abroad),
        **report_society(config, flows),
    }


def report_stocks(config: Config, state: State) -> dict[str, Array]:
    """Return the value of every stock on a time bound."""
    area = sum(state.area[1:], state.area[0])
    return {
        "coca_area": add_up(area),
        "coca_area[zone]": area,
        "product_stock": add_up(state.base + state.hydrochloride),
        "home_users[user]": namespace(area).stack([state.light_users, state.heavy_users]),
        **society_stocks(config, state.society),
    }


def element_names(config: Config, variable: Variable) -> tuple[str, ...]:
    """Return the column names of a variable: its key, or one name for each place."""
    if variable.over is None:
        return (variable.name,)
    return tuple(f"{variable.name}[{place}]" for place in config.dims[variable.over])


def kinds() -> dict[str, str]:
    """Return the kind of every variable by key."""
    return {variable.key: variable.kind for variable in VARIABLES}


def summed(kind: str) -> bool:
    """Return whether values of this kind add up over steps."""
    return kind == "flow"
