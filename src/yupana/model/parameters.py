"""What the model needs to be told: every parameter with its dimensions, unit and meaning.

A pack gives each of them a prior; the loader refuses a missing or a superfluous one. Money is real USD of the
pack's money year; mass is t of pure cocaine; rates and hazards are per year.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Parameter:
    """One uncertain quantity of the model."""

    name: str
    over: tuple[str, ...]
    unit: str
    meaning: str


def _rows(text: str) -> tuple[Parameter, ...]:
    rows = []
    for line in text.strip().splitlines():
        name, over, unit, meaning = (cell.strip() for cell in line.split("|"))
        rows.append(Parameter(name, tuple(over.split(",")) if over else (), unit, meaning))
    return tuple(rows)


FARMING = _rows("""
initial_area | | ha | area under coca at the start, all zones
initial_area_weight | zone | weight | share of the area at the start, relative to the other zones
suitable_land_ratio | zone | ratio | land suited to coca over the area at the start
planting_pull | | ratio | area wanted at the margin of the start over the area at the start
planting_rate | | 1/year | speed at which wanted area is planted
abandonment_rate | | 1/year | speed at which unwanted area is given up
margin_response | | logit per 100 days | response of the share planted to the margin, in hundreds of day wages a hectare
establishing_time | | year | planting to first harvest
young_time | | year | years at the yield of young bushes
mature_time | | year | years at full yield
old_time | | year | years at the yield of old bushes, after which a field is given up
young_yield_share | | share | yield of young over mature bushes
old_yield_share | | share | yield of old over mature bushes
mature_yield | zone | kg/ha/year | sun-dried leaf of a mature hectare
yield_price_elasticity | | elasticity | response of the yield to the price of leaf over two years
labour_days | | day/ha/year | days of work a harvested hectare
day_wage | | PEN/day | wage in coca zones at the start, real local money
wage_income_elasticity | | elasticity | response of the wage to income a head
hired_labour_share | | share | share of the work that is paid
farm_input_cost | | PEN/ha/year | bought inputs of a harvested hectare, real local money
alternative_revenue | | PEN/ha/year | gross revenue of the best licit crop at the prices of the start, real local money
alternative_cost | | PEN/ha/year | cost of the best licit crop, real local money
coffee_share | | share | weight of coffee, against cocoa, in the price of the best licit crop
price_expectation_time | | year | memory of growers for the price of leaf
yield_expectation_time | | year | memory of the yield for the price of leaf
eradication_weight | zone | weight | eradication a hectare of coca relative to the other zones
campaign_sd | | log | how far the weight of a zone in eradication moves in a year, as campaigns go from zone to zone
replanted_share | | share | area lost to eradication that is planted again when there is no assistance
replanted_onsite_share | | share | part of the replanting that stays in the zone
state_presence | zone | index | presence of the state, 0 none to 1 full
support_baseline | | share | share of growers assisted at the start and, without a policy, after it
support_gain | | ratio | gain in the margin of the best licit crop with full assistance and presence
planting_shock_sd | | log | size of the annual shock to planting
""")

PROCESSING = _rows("""
legal_use | | t/year | legal and traditional use of leaf at the start
legal_use_weight | zone | weight | where the leaf for legal use is bought
legal_price_elasticity | | elasticity | response of legal use to the price of leaf
leaf_processing_rate | | 1/year | speed at which leaf on hand goes into processing at the margin of the start
processing_margin_response | | elasticity | response of that speed to the value of leaf over its price
leaf_spoilage_rate | | 1/year | leaf spoiled on hand
leaf_seizure_rate | | 1/year | leaf seized on hand at the effort of the start
conversion | | kg/kg | sun-dried leaf in one kilogram of pure hydrochloride
conversion_deviation | zone | ratio | deviation of a zone's conversion from the national one
conversion_progress | | 1/year | yearly fall of the leaf needed
crystallisation_yield | | share | pure hydrochloride from pure base
crystallisation_rate | | 1/year | speed at which base on hand is crystallised
base_export_share | | share | share of base that leaves as base at the start
shipping_rate | | 1/year | speed at which product on hand is shipped at the start
product_loss_rate | | 1/year | product lost or spoiled on hand
valley_seizure_rate | | 1/year | product seized on hand at the effort of the start
valley_seizure_max | | ratio | the most that effort can multiply seizures in the valleys
processing_cost | | USD/kg | inputs and work for one kilogram of base at the start
input_control_share | | share | part of that cost that comes from the control of inputs
crystallisation_cost | | USD/kg | inputs and work to turn a kilogram of base into hydrochloride
armed_tax | zone | USD/kg | tax of armed groups on a kilogram of product
buyers | zone | count | effective number of buyers of leaf
grower_share_logit | | logit | share of growers in the value of leaf above its cost, at normal stocks and many buyers
leaf_cover_exponent | | exponent | response of that share to stocks of leaf
producer_share | | share | share of sellers at the source in the value at the border of the chain above cost
product_cover_exponent | | exponent | response of that share to stocks of product
""")

TRADE = _rows("""
exit_weight_hydrochloride | corridor | weight | share of hydrochloride leaving by the class at the start, among those serving a market
exit_weight_base | corridor | weight | share of base leaving by the class at the start, among those serving a market
zone_exit_cost | zone,corridor | USD/kg | cost from the zone to the exit beyond the class's own
exit_choice_scale | | ratio | spread of unobserved costs between exits over the market's price
zone_scale | | USD/kg | spread of unobserved costs of reaching exits from a zone
transport_cost | corridor | USD/kg | cost of moving a kilogram out of the country by the class
bribe_cost | corridor | USD/kg | payments to officials for a kilogram by the class
onward_cost | foreign_market | USD/kg | cost from the border to the market's wholesale level
seizure_penalty | | USD/kg | cost of a seizure beyond the product itself
corridor_capacity_ratio | | ratio | flow that halves the seizure share over the flow of the start
crowding | | share | rise of transport cost when the flow of the start is doubled
delivery_rate | corridor | 1/year | speed of the class
corridor_loss_rate | | 1/year | product lost on the way
processing_abroad_rate | | 1/year | speed of processing of base in the neighbouring country
processing_abroad_seizure_share | | share | share of that base seized there
corridor_shock_sd | | log | size of the annual shock to the cost of leaving the country
""")

ENFORCEMENT = _rows("""
seizure_probability | corridor | share | share of a class's flow seized at the start
seizure_probability_max | | share | the most that effort can seize of a small flow
effort_response | | exponent | response of effort to a class's seizures: positive rewards success, negative failure
effort_adjustment_time | | year | time in which agencies move effort
belief_learning_rate | | 1/year | speed at which traffickers learn the risk
abroad_seizure_share | market | share | share seized between the border and the market's wholesale level
""")

MARKETS = _rows("""
reference_price | market | USD/kg | wholesale price of a pure kilogram at the start
retail_markup | market | ratio | multiplicative part of the retail mark-up
retail_cost | market | USD/kg | additive part of the retail mark-up for a pure kilogram
home_origin_weight | market | weight | where the home origin's product goes at the start, relative to the other markets
rival_weight | rival,foreign_market | weight | where a rival's product goes at the start, relative to the other markets
hold_share | | share | share of product that waits at the start
market_choice_scale | | ratio | spread of unobserved gains between markets over the market's price
supply_smoothing_time | | year | memory of sellers for their own supply
demand_elasticity | market | elasticity | fall of use with price within months, positive
habit_elasticity | market | elasticity | further fall of use once habits have followed
habit_time | | year | time in which habits follow
demand_trend | foreign_market | 1/year | trend of demand
demand_shock_sd | | log | size of the annual shock to demand abroad
arrival_rate | | 1/year | speed from the border to the market
selling_rate | | 1/year | speed at which stock in the market is sold
market_loss_rate | | 1/year | product lost on the way and in stock
rival_yield | rival | kg/ha/year | pure cocaine from a hectare at the start
rival_yield_trend | rival | 1/year | trend of that yield
rival_seizure_share | rival | share | share of a rival's output seized in its own country
rival_price_elasticity | | elasticity | response of a rival's capacity to what it can earn
rival_adjustment_time | | year | time in which a rival's capacity follows
light_users | | thousand | occasional users at home at the start
escalation_rate | | 1/year | occasional users who become heavy
light_quit_rate | | 1/year | occasional users who stop
heavy_quit_rate | | 1/year | heavy users who stop
heavy_use_ratio | | ratio | use of a heavy over an occasional user
initiation_income_elasticity | | elasticity | response of first use to income a head
initiation_price_elasticity | | elasticity | fall of first use with the price
""")

ACCOUNTS = _rows("""
wholesale_margin | | share | share of the wholesale price kept by wholesalers
""")

CORRUPTION = _rows("""
integrity_initial | institution | share | officials of the institution who sell no protection at the start
tempted_initial | institution | share | officials for whom the bribes of the start outweigh pay and risk
temptation_width | | log | spread of what officials ask, in logs of bribes over pay
oversight_gain | | log | rise in what officials ask when oversight is multiplied by e
peer_control | | log | rise in what officials ask when all colleagues are honest instead of none
protector_turnover | | 1/year | officials in posts that protect who are replaced in a year
renewal_share | | share | part of those replaced who start anew without ties
bribe_rent_elasticity | | elasticity | response of the price of protection to the rent it protects
valley_bribe | | USD/kg | payments to officials in the zones for a kilogram of product at the start
case_bribe | person | USD | paid to the judiciary for a case, mean over all charged
""")

JUSTICE = _rows("""
arrests_initial | person | person/year | arrests of the trade's people at the start
charge_share | | share | arrested who are charged and held
court_rate | | 1/year | speed at which a charged case reaches a court without a queue
court_load | | ratio | cases that would reach a court at that speed over its capacity, at the start
collapse_rate | | 1/year | waiting cases that collapse
trial_time | | year | length of a trial
conviction_share | | share | trials that end in conviction at the start
sentence_time | person | year | time in prison after conviction until ordinary release
crowding_release | | elasticity | response of ordinary releases to crowding
prison_places | | thousand | places in prisons at the start
prison_places_growth | | 1/year | growth of places
other_prisoners | | thousand | prisoners for other offences at the start
other_prisoners_growth | | 1/year | growth of prisoners for other offences
pardon_weight | person | weight | chance of a pardon or commutation relative to the others in prison
pardon_reading | | ratio | people of the trade released by pardon or commutation over the recorded count
return_time | | year | time in which a released person settles or goes back
return_share | | share | released who go back to the trade
integrity_response | | elasticity | response of the odds of charge and conviction to the integrity of the courts
penalty_prison_share | | share | part of the cost of a seizure beyond the product that is time behind bars
family_area | | ha | coca of a growing family
carriers_per_tonne | | person/(t/year) | carriers at work for a tonne a year under way
foreign_agents | | person | foreigners at work in the country for one foreign buyer
""")

GROUPS = _rows("""
clan_number | zone | count | clans that make and collect base in the zone at the start
clan_size | | person | members of a clan
firm_number | | count | firms that make and move hydrochloride at the start
firm_size | | person | members of a firm
exporter_number | corridor | count | exporters by the class of exit at the start
exporter_size | | person | members of an exporting group
leaders_per_group | | person | leaders of a firm or an exporting group
foreign_buyers | | count | foreign buyers in the country
buyer_weight | buyer | weight | presence of buyers of an origin relative to the others
buyer_affinity | buyer,market | weight | how far buyers of an origin follow exports to a market
buyer_adjustment_time | | year | time in which the mix of buyers follows exports
group_turnover | | 1/year | groups that end for other reasons than arrest
group_rent_elasticity | | elasticity | response of the number of groups to what there is to earn
member_turnover | | 1/year | members who leave for other reasons than arrest
member_rent_elasticity | | elasticity | response of membership to what there is to earn
leader_removal | | 1/year | leaders of a group arrested or killed by the state at the start
split_share | | share | falls of a leader that split the group
split_size | | count | groups that come of a split
merger_rate | | 1/year | groups that merge at the numbers of the start
fighters_initial | | person | armed remnants at the start
fighter_turnover | | 1/year | armed remnants lost at the pressure of the start
fighter_tax_response | | elasticity | response of recruits to what armed groups take
armed_tax_strength | | elasticity | response of the tax of armed groups to their strength
armed_denial | | elasticity | how far armed groups keep eradication out of zones that they tax
""")

VIOLENCE = _rows("""
exit_substitutes | contest | count | exits alike, or places to collect or to sell, that can stand in for each other in a class
contenders | contest | count | groups that contest one of them at the start
retail_choice_share | | ratio | spread of unobserved costs between retail places at home over the retail price
ore_choice_share | | ratio | spread of costs between gold deposits over the price of gold
decisiveness | | ratio | effort spent on a contest over what its rules make worth spending for many rivals
horizon_discount | | 1/year | impatience of leaders
horizon | | year | time that a breach of peace takes to be answered
grab_share | | share | part of the rent taken by who breaks the peace
protection_price | | share | part of the rent paid for protection where all officials sell it
protector_punishment | | share | part of the rent lost by who starts where cohesive protectors punish
repression_conditionality | | share | part of repression that answers killings rather than trade
repression_response | | ratio | rise in the cost of a killing with repression that answers killings only
war_adjustment_time | | year | time in which war or peace spreads
succession_gain | | year | killings after the fall of a leader, as time at war
insurgent_deaths | | 1/year | deaths a year for one armed remnant
threat_deaths | | person/year | leaders of communities killed at the start
background_rate | | 1/100000/year | other killings
background_trend | | 1/year | trend of other killings
recording_share | | share | drug killings that registers show as killings
extortion_initial | city | person | people in groups that extort at the start
extortion_growth | | 1/year | growth of such groups where there is room
extortion_cap | city | person | people that a city's business could feed at the income of the start
extortion_policing | | elasticity | fall of that growth with police effort
extortion_deaths | | 1/year | killings a year for one person who extorts
extortion_income | | kUSD/year | taken by one person who extorts
explain_home_share | | share | strength of "only a small share of the value is kept at home"
explain_protection | | share | strength of "the state's protectors keep the peace"
explain_fragmentation | | share | strength of "many small clans and exits can stand in for each other"
explain_monopolist | | share | strength of "one quasi-monopolist leaves nobody to fight"
explain_discipline | | share | strength of "foreign buyers do not deal with those who fight"
explain_underrecording | | share | strength of "killings happen and are not recorded"
""")

YARDSTICK = _rows("""
yardstick_killings_war | | person/year | killings of the yardstick's trade in its years of war
yardstick_killings_peace | | person/year | killings of the yardstick's trade in its years of peace
yardstick_war_share | | share | its places at war in the years of war
yardstick_peace_share | | share | its places at war in the years of peace
yardstick_flow | | t/year | product under way there
yardstick_price | | USD/kg | wholesale price of a pure kilogram beyond its exits
yardstick_exits | | count | exits alike there
yardstick_contenders | | count | groups that contested one of them
yardstick_kept | | share | part of the value beyond its exits kept by its groups
yardstick_integrity | | share | its guards who sold nothing
yardstick_removal_war | | 1/year | leaders who fell a year in the years of war
yardstick_removal_peace | | 1/year | leaders who fell a year in the years of peace
yardstick_turnover_war | | 1/year | protectors replaced a year in the years of war
yardstick_turnover_peace | | 1/year | protectors replaced a year in the years of peace
yardstick_conditionality_war | | share | part of repression that answered killings in the years of war
yardstick_conditionality_peace | | share | part of repression that answered killings in the years of peace
""")

SECTORS = _rows("""
district_labour | district | thousand | people of working age within reach of the district's mines and forests
sector_weight | district,work | weight | people in a kind of work over those in legal work, at the start
sector_response | | elasticity | response of the choice of work to what it earns
sector_mobility | | 1/year | speed at which people change work
gold_diminishing | | elasticity | fall of gold a worker as more dig
gold_productivity | | kg/year | gold of one worker at the start
equipment_share | | elasticity | response of gold to equipment
equipment_time | | year | time in which equipment follows earnings
laundered_equipment | | ratio | equipment bought from laundered money over what earnings buy
gold_price_initial | | USD/kg | world price of gold at the start
gold_purchase_share | | share | price that diggers' owners get over the world price
gold_pay_share | | share | part of that price paid to diggers
gold_input_share | | share | part of that price paid for fuel and other inputs
gold_bribe_share | | share | part of that price paid to officials
gold_wage_pass | | elasticity | response of the cost of work in coca to gold nearby, by the share of people in gold
traceability_discount | | share | fall of the price of illegal gold under full traceability
mining_risk_response | | elasticity | fall of the return to illegal gold with pressure on it
formalisation_response | | elasticity | rise of the return to formal small mining with help to formalise
mining_forest | | ha/(thousand person-years) | forest lost to mining
coca_forest_share | | share | planted coca that replaces forest
timber_productivity | | m3/year | timber of one worker
timber_illegal_share | | share | part of the timber that is illegal
timber_price | | USD/m3 | price of timber at the mill
timber_pay_share | | share | part of it paid to loggers
timber_input_share | | share | part of it paid for inputs
laundering_share | | share | earnings of organised crime that are laundered
gold_laundering_share | | share | part of that which goes through gold
account_initial | trade | musd/year | earnings of a trade that is an account only
account_income_elasticity | | elasticity | response of those earnings to the output of the country
account_trend | trade | 1/year | trend of those earnings
""")

PUBLIC = _rows("""
fear_killings | | elasticity | response of perceived insecurity to recorded killings a head
fear_extortion | | elasticity | response of perceived insecurity to extortion a head
fear_time | | year | time in which perceptions follow
budget_fear_response | | elasticity | response of security budgets to perceived insecurity
police_budget_response | | elasticity | response of police effort to that part of the budget
security_budget | | musd/year | public security budget at the start: police, courts, prisons, drug policy
discretionary_share | | share | part of it that is not bound
eradication_cost | | USD/ha | full cost of a hectare eradicated
policy_cost | line | musd/year | cost of doubling what a policy line does
treatment_effect | | ratio | rise of the rate at which heavy users stop when treatment is doubled
announcement_response | | logit | rise of planting when all growers are promised payment for coca they hold
""")

PARAMETERS: tuple[Parameter, ...] = (
    FARMING
    + PROCESSING
    + TRADE
    + ENFORCEMENT
    + MARKETS
    + ACCOUNTS
    + CORRUPTION
    + JUSTICE
    + GROUPS
    + VIOLENCE
    + YARDSTICK
    + SECTORS
    + PUBLIC
)
