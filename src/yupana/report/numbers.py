"""Numbers as people read them: a fitting multiple of the unit, thousands separators, no false digits."""

from __future__ import annotations

from dataclasses import dataclass
from math import floor, isfinite, log10

from yupana.report.words import say

_UNIT_WORDS = {
    "per_100000": "unit_per_100000",
    "thousand_m3": "unit_thousand_m3",
    "usd/oz": "unit_per_ounce",
    "persons": "unit_persons",
    "count": "unit_count",
    "year": "unit_years",
    "index": "unit_index",
}
"""Units that are said in words as they are."""


@dataclass(frozen=True)
class Scale:
    """A unit to show and the factor from the model's unit to it."""

    factor: float
    unit: str


def scale_for(
    unit: str, largest: float, money_year: str | None = "2012", monthly_flow: bool = False
) -> Scale:
    """Return the multiple of `unit` in which numbers up to `largest` read well.

    Parameters
    ----------
    unit : unit of the variable in the model's registry.
    largest : the largest number to be shown, in that unit.
    money_year : year of the money, None for money of each year.
    monthly_flow : whether the numbers are flows of one month.
    """
    scale = _scale(unit, largest, say("usd", year=money_year) if money_year else say("usd_nominal"))
    return Scale(scale.factor, say("unit_per_month", unit=scale.unit)) if monthly_flow else scale


def _scale(unit: str, largest: float, usd: str) -> Scale:
    folded = unit.lower().replace(" ", "")
    if folded.endswith("/year") and folded.startswith("musd"):
        scale = _scale("musd", largest, usd)
        return Scale(scale.factor, say("unit_per_year", unit=scale.unit))
    if folded == "persons" and largest >= 10_000:
        return Scale(1e-3, say("unit_people"))
    if folded in _UNIT_WORDS:
        return Scale(1.0, say(_UNIT_WORDS[folded]))
    if folded.startswith(("musd", "millionusd")):
        big = largest >= 2_000
        return Scale(1e-3 if big else 1.0, say("unit_busd" if big else "unit_musd", usd=usd))
    if folded.startswith("usd/kg"):
        unit = say("unit_per_kg", usd=usd)
        return Scale(1e-3, say("unit_thousand", unit=unit)) if largest >= 20_000 else Scale(1.0, unit)
    if folded in ("share", "1", "ratio", "dimensionless", "probability"):
        if largest <= 1.5 or folded in ("share", "probability"):
            return Scale(100.0, say("unit_share"))
        return Scale(1.0, "")
    if folded in ("thousand", "thousandpeople", "thousandpersons"):
        return Scale(1.0, say("unit_people"))
    if folded in ("ha", "t") and largest >= 20_000:
        return Scale(1e-3, say("unit_thousand", unit=unit))
    return Scale(1.0, unit)


def number(value: float, least: float = 0.01) -> str:
    """Return `value` with two or three digits that mean something and thousands separators.

    Parameters
    ----------
    value : to show.
    least : the smallest size worth telling; below it only that it is smaller.

    Examples
    --------
    >>> number(12345.6), number(325.4), number(74.2), number(3.26), number(0.0421), number(0.0)
    ('12,300', '325', '74', '3.3', '0.042', '0')
    >>> number(0.26, 0.1), number(0.04, 0.1)
    ('0.3', '<0.1')
    """
    if not isfinite(value):
        return "–"
    text = _positive(abs(value), least)
    return text if value >= 0 or text.startswith("<") else f"−{text}"


def _positive(size: float, least: float) -> str:
    if size == 0:
        return "0"
    if size >= 999.5:
        step = 10.0 ** (floor(log10(size)) - 2)
        return f"{round(size / step) * step:,.0f}"
    if size >= 9.95:  # 9.96 would read 10.0
        return f"{size:,.0f}"
    if size >= 0.95:
        return f"{size:.1f}"
    if size < least / 2:
        return f"<{least:g}"
    decimals = -floor(log10(least))
    return f"{size:.{decimals}f}" if decimals < 2 else f"{size:.2g}"


def interval(low: float, middle: float, high: float, least: float = 0.01) -> str:
    """Return "middle (low–high)".

    Examples
    --------
    >>> interval(31.2, 74.4, 140.1)
    '74 (31–140)'
    """
    join = "–" if low >= 0 else " to "
    return f"{number(middle, least)} ({number(low, least)}{join}{number(high, least)})"


def tick(value: float, step: float) -> str:
    """Return the label of an axis tick: as many decimals as the distance between ticks needs.

    Examples
    --------
    >>> tick(1500.0, 500.0), tick(0.5, 0.25), tick(0.0, 0.25)
    ('1,500', '0.50', '0')
    """
    if value == 0:
        return "0"
    decimals = 0
    while decimals < 4 and abs(step * 10**decimals - round(step * 10**decimals)) > 1e-9:
        decimals += 1
    return f"{value:,.{decimals}f}"
