"""Every word that a picture shows, in one table a language, so that a language is one more table."""

from __future__ import annotations

WORDS: dict[str, dict[str, str]] = {
    "en": {
        # what the drawing shows
        "prior": "Prior draws, not fitted to data",
        "invented": "Invented country",
        "draws": "{count} draws",
        "failed": "{count} failed draws left out",
        "failed_one": "1 failed draw left out",
        "scenario": "scenario {name}",
        "scenarios": "scenarios {names}",
        "stock": "at 31 December",
        "flow": "sum of the calendar year",
        "price": "mean of the months",
        "ratio": "mean of the months",
        "monthly_stock": "at the end of each month",
        "monthly_flow": "per month",
        "monthly_price": "monthly",
        "monthly_ratio": "monthly",
        "nominal": "in money of each year",
        "projection": "projection",
        "median": "median",
        "half": "half of draws (25–75%)",
        "ninety": "nine in ten (5–95%)",
        # sources
        "kind_un": "UN",
        "kind_us": "US government",
        "kind_police": "police",
        "kind_government": "government",
        "kind_press": "press",
        "kind_academic": "academic",
        "kind_data": "data series",
        "kind_judgement": "recalled or derived for the ledger",
        "unverified": "hollow: unverified",
        # under the chart
        "own_scale": "Each panel has a scale of its own.",
        "sources": "Published figures: {sources}.",
        "conversions": "Converted to the plotted basis: {notes}.",
        "nothing_published": "No published figure on this basis in the ledger.",
        "shaded": "Shaded: after the last recorded year ({year}).",
        "left_out": "{count} published figures cannot be put on this basis and are left out.",
        "left_out_one": "1 published figure cannot be put on this basis and is left out.",
        "rate": "{currency} at the year's exchange rate",
        "stands_for": "{place} for {element}",
        "monthly_points": "Figures published for a year are shown at its twelfth part.",
        "run": "Run {run}.",
        "more": "and {count} more",
        # titles
        "title_over": "{name} by {dimension}",
        "title_place": "{name}, {place}",
        "by_zone": "zone",
        "by_market": "market",
        "by_corridor": "corridor class",
        "by_tier": "tier",
        "by_rival": "rival",
        "by_origin": "origin",
        "by_form": "form",
        "by_user": "type of user",
        "by_type": "type of user",
        # variables; one without words here is called by its key
        "name_coca_area": "Land under coca",
        "name_leaf_output": "Coca leaf harvested",
        "name_leaf_legal_use": "Leaf for legal and traditional use",
        "name_leaf_lost": "Leaf spoiled or seized",
        "name_cocaine_output": "Cocaine the leaf could yield",
        "name_cocaine_made": "Cocaine actually made",
        "name_base_made": "Cocaine base made",
        "name_hydrochloride_made": "Hydrochloride made",
        "name_eradicated_area": "Coca eradicated",
        "name_planted_area": "Coca planted by choice",
        "name_replanted_area": "Coca planted again after eradication",
        "name_seizures_home": "Cocaine seized at home",
        "name_seizures_valley": "Cocaine seized in the growing valleys",
        "name_seizures_corridor": "Cocaine seized on the way out",
        "name_seizures_abroad": "Cocaine seized abroad, of this origin",
        "name_lost": "Cocaine lost at home",
        "name_cocaine_exports": "Cocaine exports",
        "name_exports": "Cocaine exports",
        "name_exports_corridor": "Cocaine exports",
        "name_base_export_share": "Share of base in exports",
        "name_base_processed_abroad": "Base processed by a neighbour",
        "name_home_use": "Cocaine used at home",
        "name_consumption": "Cocaine used, all origins",
        "name_origin_share": "Share of this origin in the market",
        "name_product_stock": "Base and hydrochloride in store",
        "name_leaf_price": "Price of coca leaf at the farm",
        "name_base_price": "Price of cocaine base at the source",
        "name_hcl_price": "Price of hydrochloride at the source",
        "name_border_price": "Price of cocaine at the border",
        "name_wholesale_price": "Wholesale price of a pure kilogram",
        "name_retail_price": "Retail price of a pure kilogram",
        "name_home_users": "Users at home",
        "name_export_value": "Value of exports at the border",
        "name_revenue": "Receipts",
        "name_profit": "Profit",
        "name_grower_net_income": "Net income of growers",
        "name_organised_crime_earnings": "Earnings of clans, firms and exporters",
        "name_bribes": "Bribes paid",
        "name_armed_tax": "Payments to armed groups",
        "name_consumer_spending": "What consumers pay",
        "name_seizure_probability": "Share seized on the way out",
        "name_effort": "Enforcement effort relative to the start",
        "name_rival_output": "Cocaine made by rivals",
        "name_clearing_gap": "Largest gap of the planning prices",
        # units
        "basis_leaf": "sun-dried",
        "basis_cocaine": "pure",
        "unit_thousand": "thousand {unit}",
        "unit_per_month": "{unit} a month",
        "usd": "USD of {year}",
        "usd_nominal": "USD of each year",
        "unit_musd": "million {usd}",
        "unit_busd": "billion {usd}",
        "unit_per_kg": "{usd} per kg",
        "unit_share": "percent",
        "unit_people": "thousand people",
        # flow diagram
        "flow_title": "From leaf to consumer: {home}, {year}",
        "flow_subtitle": "Tonnes of pure cocaine; leaf as the base it yields. Width: median; "
        "in brackets: nine in ten draws (5–95%)",
        "flow_note": "Medians of parts need not add up to the median of their sum; every single draw "
        "balances. Ends that take both base and hydrochloride are drawn from both in proportion. "
        "Consumed abroad is the mean share of this origin in the year times the use of the year. "
        "Corridors are classes, not routes.",
        "flow_leaf": "Coca leaf",
        "flow_leaf_tonnes": "{tonnes} of sun-dried leaf",
        "flow_legal": "Legal and traditional use",
        "flow_unprocessed": "Leaf lost or kept",
        "flow_base": "Cocaine base",
        "flow_hydrochloride": "Hydrochloride",
        "flow_seized_home": "Seized at home",
        "flow_lost": "Lost",
        "flow_home_use": "Used at home",
        "flow_stored": "Stored or under way",
        "flow_drawn": "Drawn from stocks",
        "flow_exports": "Exports",
        "flow_seized_abroad": "Seized abroad",
        "flow_consumed": "Consumed abroad",
        "flow_net_abroad": "Lost abroad less drawn from stocks",
        "flow_other_abroad": "Lost or in stock abroad",
        # map
        "map_title": "Where coca grows: {home}, {year}",
        "map_subtitle": "Departments shaded by their share of the coca area of the monitored zones, median",
        "map_note": "Areas are modelled by monitored zone, not by department: a zone that spans several "
        "departments is split evenly among them ({split}).",
        "map_note_whole": "Areas are modelled by monitored zone and drawn in the department that holds it.",
        "map_position": "Boundaries are simplified for drawing and imply no position on any of them.",
        "map_source": "Shapes: {source}.",
        "map_zones": "Coca area by monitored zone",
        "map_scale": "Median by department, {unit}",
        # overview
        "overview_title": "{home}: a first answer with its uncertainty",
        "overview_note": "Marks are published figures, put on the basis of their panel.",
        "ladder_note": "Prices ({name}): × is the multiple of the leaf for a kilogram; hollow: wholesale.",
        "panel_multiples": "Price of a kilogram along the chain, {year}",
        "step_leaf": "leaf for 1 kg",
        "step_base": "base",
        "step_hcl": "hydrochloride",
        "step_border": "at the border",
        "step_wholesale": "wholesale, {place}",
        "step_retail": "retail, {place}",
        "times": "×{factor}",
        # a difference explained
        "explain_title": "{variable}: from {one} to {other}",
        "explain_title_place": "{variable}, {place}: from {one} to {other}",
        "explain_mean": "mean of {years}",
        "explain_up": "raises",
        "explain_down": "lowers",
        "explain_judged": "hatched: rests on judged settings",
        "explain_level": "mean of the scenario",
        "explain_range": "nine in ten draws (5–95%)",
        "explain_note": "A bar is the mean Shapley share of a group of settings: what it adds when it joins, "
        "over all orders of joining. Shares add up to the difference.",
        "explain_sampled": "Orders of joining are sampled.",
        "explain_rests": "{share} of the difference rests on judged settings.",
        "explain_lever": "lever",
    }
}


def say(key: str, language: str = "en", **values: object) -> str:
    """Return the words of `key`, with `values` filled in.

    Raises
    ------
    KeyError
        When no such words exist: a defect of the calling picture.
    """
    return WORDS[language][key].format(**values)


def say_count(key: str, count: int, language: str = "en") -> str:
    """Return the words of `key` for a number of things; one thing has words of its own."""
    if count == 1:
        return say(f"{key}_one", language)
    return say(key, language, count=f"{count:,}")


def has_words(key: str, language: str = "en") -> bool:
    """Whether the table holds `key`."""
    return key in WORDS[language]
