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
border_share | | share | share of exporters in the gap between source and netback at the border
wholesale_margin | | share | share of the wholesale price kept by wholesalers
""")

PARAMETERS: tuple[Parameter, ...] = FARMING + PROCESSING + TRADE + ENFORCEMENT + MARKETS + ACCOUNTS
