"""What the pictures of society show: killings by cause and place, earnings, justice, other trades."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from yupana.fit.informed import GIVEN, Mark
from yupana.report.gather import View, panels_of, variable_name
from yupana.report.gather_dots import strip_of
from yupana.report.sections import MOST_COLUMNS, Section
from yupana.report.tables import LEVELS, Fan, Panel
from yupana.report.words import say

GOLD_PRICE = "gold_price"
"""Driver that stands beside gold output."""


@dataclass(frozen=True)
class Society:
    """A page of society, ready to be drawn.

    Attributes
    ----------
    title : of the page.
    sections : in order.
    keys : variables shown.
    more : what must be said under it.
    """

    title: str
    sections: tuple[Section, ...]
    keys: tuple[str, ...]
    more: tuple[str, ...] = ()


JUSTICE = ("arrests[person]", "convictions[person]", "prisoners[person]", "released[person]",
           "pardoned[person]", "returned[person]")  # fmt: skip
"""Stages that a person arrested goes through, in order."""

_KEYS: dict[str, tuple[str, ...]] = {
    "killings": ("homicide_rate", "homicide_rate_recorded", "drug_homicide_rate", "homicide_rate[cause]",
                 "homicide_rate[site]"),
    "earnings": ("earnings[account]", "earnings[illicit_trade]", "illicit_earnings"),
    "justice": (*JUSTICE, "integrity[institution]"),
    "trades": ("workers[work]", "gold_output[registry]", "illegal_gold_value", "laundered_gold",
               "timber_output", "forest_lost"),
}  # fmt: skip

SOCIETY: tuple[str, ...] = tuple(_KEYS)
"""Names of the pictures of society."""


def holds_society(view: View, kind: str) -> bool:
    """Whether the run holds what a picture of society shows."""
    return all(key in view.result.manifest.columns.by_key for key in _KEYS[kind])


def society_of(view: View, kind: str, year: int) -> Society:
    """Return what a picture of society shows; `year` is that of its dots.

    Raises
    ------
    UsageError
        Y107 for a run made before its variables existed.
    """
    makers = {"killings": _killings, "earnings": _earnings, "justice": _justice, "trades": _trades}
    return makers[kind](view, year)


def _panels(view: View, key: str) -> tuple[Panel, ...]:
    """Return a panel for every element in the order of the dimension."""
    panels = panels_of(view, key)
    order = view.result.select(key).columns
    return tuple(sorted(panels, key=lambda panel: order.index(panel.key)))


def _one(view: View, key: str, words: str = "") -> Panel:
    (panel,) = panels_of(view, key)
    return replace(panel, title=say(words)) if words else panel


def _killings(view: View, year: int) -> Society:
    totals = (
        _one(view, "homicide_rate", "killings_all"),
        _one(view, "homicide_rate_recorded", "killings_recorded"),
        _one(view, "drug_homicide_rate", "killings_drug"),
    )
    causes = _panels(view, "homicide_rate[cause]")
    sites = strip_of(view, "homicide_rate[site]", year)
    return Society(
        say("killings_title", home=view.pack.name),
        (
            Section("", totals, columns=3),
            Section(say("killings_causes"), causes, columns=4),
            Section(say("killings_sites", year=year), strip=sites),
        ),
        _KEYS["killings"],
        (say("killings_note"),),
    )


def _earnings(view: View, year: int) -> Society:
    from yupana.model.config import build_config
    from yupana.model.report_society import account_places

    _, homes = account_places(build_config(view.pack))
    accounts = tuple(view.result.dims["account"])
    strip = strip_of(
        view, "earnings[account]", year, most=len(accounts), order=accounts,
        hollow=[name for name in accounts if homes.get(name) == "abroad"],
        hollow_words=say("earnings_hollow"),
    )  # fmt: skip
    trades = _panels(view, "earnings[illicit_trade]")
    total = _one(view, "illicit_earnings", "earnings_all")
    return Society(
        say("earnings_title", home=view.pack.name),
        (
            Section(say("earnings_accounts", year=year), strip=strip),
            Section(say("earnings_trades"), (*trades, total)),
        ),
        _KEYS["earnings"],
        (say("earnings_note"),),
    )


def _justice(view: View, year: int) -> Society:
    del year  # every panel shows all years
    sections = [_row(view, key) for key in (*JUSTICE, "integrity[institution]")]
    return Society(
        say("justice_title", home=view.pack.name), tuple(sections), _KEYS["justice"], (say("justice_note"),)
    )


def _row(view: View, key: str) -> Section:
    """Return a variable over a dimension as a row of panels."""
    panels = _panels(view, key)
    return Section(variable_name(key.partition("[")[0]), panels, columns=_columns(panels))


def _columns(panels: Sequence[Panel]) -> int:
    return max(3, min(MOST_COLUMNS, len(panels)))


def _trades(view: View, year: int) -> Society:
    del year
    gold = _panels(view, "gold_output[registry]")
    short = {"illegal_gold_value": "trades_value", "laundered_gold": "trades_laundered",
             "timber_output": "trades_timber", "forest_lost": "trades_forest"}  # fmt: skip
    more = [_one(view, key, words) for key, words in short.items()]
    price = _gold_price(view)
    return Society(
        say("trades_title", home=view.pack.name),
        (
            _row(view, "workers[work]"),
            Section(variable_name("gold_output"), (*gold, *([price] if price else [])), columns=4),
            Section(say("trades_more"), tuple(more), columns=4),
        ),
        _KEYS["trades"],
        (say("trades_note"),) if price else (),
    )


def _gold_price(view: View) -> Panel | None:
    """Return the recorded price of gold, in money of each year; None for a pack without one."""
    driver = view.pack.drivers.get(GOLD_PRICE)
    if driver is None:
        return None
    years = np.asarray(view.result.years)
    values = np.asarray(view.pack.driver_series(GOLD_PRICE, years).value, dtype=np.float64)
    fan = Fan(view.scenarios[0], years.astype(np.float64), np.tile(values, (len(LEVELS), 1)))
    marks = (Mark(GIVEN),) * len(years)
    return Panel(GOLD_PRICE, say("trades_price"), driver.unit, "price", (fan,), marks=marks)
