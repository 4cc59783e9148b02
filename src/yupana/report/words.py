"""Every word that a picture shows, in one table a language, so that a language is one more table."""

from __future__ import annotations

WORDS: dict[str, dict[str, str]] = {
    "en": {
        # what the drawing shows
        "prior": "Prior draws, not fitted to data",
        "draws": "{count} draws",
        "failed": "{count} failed draws left out",
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
        "kind_judgement": "judgement",
        "unverified": "hollow: unverified",
        # under the chart
        "own_scale": "Each panel has a scale of its own.",
        "sources": "Published figures: {sources}.",
        "conversions": "Converted to the plotted basis: {notes}.",
        "nothing_published": "No published figure on this basis in the ledger.",
        "shaded": "Shaded: after the last recorded year ({year}).",
        "monthly_points": "Figures published for a year are shown at its twelfth part.",
        "run": "Run {run}.",
        "more": "and {count} more",
        # titles
        "title_over": "{name} by {dimension}",
        "title_place": "{name}: {place}",
        "title_home": "{title}, {home}",
        "by_zone": "zone",
        "by_market": "market",
        "by_corridor": "corridor class",
        "by_tier": "tier",
        "by_rival": "rival",
        "by_origin": "origin",
        "by_form": "form",
        "by_user": "type of user",
        "by_type": "type of user",
        # units
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
        "flow_subtitle": "Tonnes of pure cocaine; leaf as the cocaine it could yield. Width: median; "
        "in brackets: nine in ten draws (5–95%)",
        "flow_note": "Medians of parts need not add up to the median of their sum; every single draw balances. "
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
        "flow_stored": "Put into store",
        "flow_drawn": "Drawn from store",
        "flow_exports": "Exports",
        "flow_processed_abroad": "Processed abroad",
        "flow_seized_abroad": "Seized abroad",
        "flow_consumed": "Consumed abroad",
        "flow_other_abroad": "Lost or in stock abroad",
        # map
        "map_title": "Where coca grows: {home}, {year}",
        "map_subtitle": "Departments shaded by their share of the coca area of the monitored zones, median",
        "map_note": "Areas are modelled by monitored zone, not by department: a zone that spans several departments "
        "is split evenly among them ({split}).",
        "map_note_whole": "Areas are modelled by monitored zone and drawn in the department that holds the zone.",
        "map_position": "Boundaries are simplified for drawing and imply no position on any of them.",
        "map_source": "Shapes: Natural Earth, public domain.",
        "map_zones": "Coca area by monitored zone",
        "map_scale": "Median by department, {unit}",
        # overview
        "overview_title": "{home}: a first answer with its uncertainty",
        "overview_subtitle": "Marks are published figures, each on the basis of its panel",
        "ladder_unit": "{unit}; × the leaf for it; hollow: wholesale",
        "panel_leaf_price": "Leaf price at the farm",
        "panel_exports": "Cocaine exports",
        "panel_seizures": "Cocaine seized at home",
        "panel_multiples": "Price of a kilogram along the chain, {year}",
        "panel_area": "Land under coca",
        "panel_output": "Cocaine the leaf could yield",
        "step_leaf": "leaf for 1 kg",
        "step_base": "base",
        "step_hcl": "hydrochloride",
        "step_border": "at the border",
        "step_wholesale": "wholesale, {place}",
        "step_retail": "retail, {place}",
        "times": "×{factor}",
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


def has_words(key: str, language: str = "en") -> bool:
    """Whether the table holds `key`."""
    return key in WORDS[language]
