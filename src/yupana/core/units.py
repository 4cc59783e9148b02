"""One table of units. A figure outside it is refused; conversion happens at the edges only.

Inside the model every number has one unit, stated in words, and nothing is converted. Currencies convert by
an exchange rate of a year, and nominal to real money by a price index: both need data, so `convert` refuses
them and the caller says which series it used.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any

from yupana.core.errors import DataError
from yupana.core.names import did_you_mean


@dataclass(frozen=True)
class Unit:
    """One row of the table: canonical name, pint expression, other spellings, meaning."""

    name: str
    expression: str
    aliases: tuple[str, ...] = ()
    meaning: str = ""


_TABLE: tuple[tuple[str, str, tuple[str, ...], str], ...] = (
    # mass
    ("g", "gram", ("gram", "grams"), "gram"),
    ("kg", "kilogram", ("kilogram", "kilograms"), "kilogram"),
    (
        "t",
        "tonne",
        ("tonne", "tonnes", "mt", "tm", "t/yr", "t/year", "t dry leaf", "t sun-dried", "t pure"),
        "metric ton of 1,000 kg (purity and dryness stand in the basis, never in the unit)",
    ),
    ("short_ton", "short_ton", ("short ton", "short tons"), "907.18474 kg"),
    ("lb", "pound", ("pound", "pounds"), "avoirdupois pound"),
    ("oz", "troy_ounce", ("troy ounce", "troy oz"), "troy ounce, 31.1034768 g"),
    ("thousand t", "1000 * tonne", ("kt",), "thousand metric tons"),
    ("million oz", "1e6 * troy_ounce", (), "million troy ounces"),
    ("kg/year", "kilogram / year", ("kg/yr",), "kilograms a year"),
    # volume
    ("m3", "cubic_metre", ("cubic metre", "cubic metres"), "cubic metre"),
    ("thousand m3", "1000 * cubic_metre", ("thousand_m3",), "thousand cubic metres"),
    ("m3/year", "cubic_metre / year", ("m3/yr",), "cubic metres a year"),
    # area and yields
    ("ha", "hectare", ("hectare", "hectares", "has"), "hectare"),
    ("km2", "100 * hectare", ("sq km", "square kilometre"), "square kilometre"),
    (
        "kg/ha",
        "kilogram / hectare",
        ("kg/ha/yr", "kg/ha/year", "kg leaf/ha/yr"),
        "kilogram a hectare (and year)",
    ),
    ("t/ha", "tonne / hectare", (), "metric ton a hectare (and year)"),
    (
        "kg/kg",
        "kilogram / kilogram",
        ("kg leaf per kg cocaine", "kg leaf per kg pure cocaine"),
        "kilograms of one thing for a kilogram of another",
    ),
    ("kg/day", "kilogram / day", (), "kilogram a day"),
    ("t/month", "tonne / month", (), "metric ton a month"),
    # people, things and time
    (
        "persons",
        "person",
        ("person", "people", "deaths", "victims", "members", "growers", "jobs", "producers"),
        "persons",
    ),
    ("thousand persons", "1000 * person", ("thousand people", "thousand"), "thousand persons"),
    ("million persons", "1e6 * person", ("million people",), "million persons"),
    ("persons/year", "person / year", ("person/year", "persons/yr"), "persons a year"),
    ("person/(t/year)", "person * year / tonne", (), "persons for a metric ton a year"),
    (
        "ha/(thousand person-years)",
        "hectare / (1000 * person * year)",
        (),
        "hectares for a thousand persons at work for a year",
    ),
    ("households", "household", ("household", "families", "family"), "households"),
    (
        "count",
        "thing",
        (
            "number",
            "cases",
            "labs",
            "flights",
            "sentences",
            "organisations",
            "airstrips",
            "clans",
            "places",
            "communities",
            "reports",
            "zones",
            "groups",
        ),
        "number of things that are not persons",
    ),
    ("years", "year", ("year", "yr"), "years"),
    ("months", "month", ("month",), "months"),
    ("days", "day", ("day",), "days"),
    (
        "person-days/ha",
        "person * day / hectare",
        ("person-days/ha/yr", "day/ha/year"),
        "days of work a hectare (and year)",
    ),
    ("1/year", "1 / year", ("per year", "/yr"), "a rate or hazard a year"),
    ("count/year", "thing / year", ("per annum", "harvests/yr", "flights/yr"), "events a year"),
    # ratios
    (
        "ratio",
        "dimensionless",
        (
            "multiple",
            "dimensionless",
            "fraction",
            "share",
            "1",
            "elasticity",
            "exponent",
            "weight",
            "log",
            "logit",
            "logit per 100 days",
        ),
        "a plain number",
    ),
    ("percent", "0.01", ("%", "pct", "per cent"), "hundredths"),
    ("percent/year", "0.01 / year", ("percent per year", "% per year"), "hundredths a year"),
    ("percentage points", "0.01", ("pp",), "difference of two percentages"),
    (
        "per 100k",
        "person / (100000 * person)",
        ("per 100,000", "per 100000", "per_100000", "per_100k", "1/100000/year"),
        "in 100,000 inhabitants (and year)",
    ),
    (
        "index",
        "index_point",
        ("score", "0-100", "points"),
        "points of an index whose base the quantity states",
    ),
    ("rank", "rank_place", ("place in ranking",), "place in an order"),
    ("text", "text_value", ("category", "flag", "outcome"), "words, not a number"),
)
_CURRENCIES = {
    "USD": ("dollar", "United States dollars"),
    "PEN": ("sol", "soles"),
    "COP": ("colombian_peso", "Colombian pesos"),
    "BOB": ("boliviano", "bolivianos"),
    "BRL": ("brazilian_real", "Brazilian reais"),
    "EUR": ("euro", "euros"),
    "GBP": ("sterling", "pounds sterling"),
    "AUD": ("australian_dollar", "Australian dollars"),
    "MXN": ("mexican_peso", "Mexican pesos"),
    "LCU": ("local_currency", "units of a local currency that the pack names"),
}
_SCALES = {"thousand ": 1e3, "million ": 1e6, "billion ": 1e9}
_PER = {
    "g": "gram",
    "kg": "kilogram",
    "t": "tonne",
    "lb": "pound",
    "oz": "troy_ounce",
    "ha": "hectare",
    "m3": "cubic_metre",
    "day": "day",
    "month": "month",
    "year": "year",
    "person": "person",
    "household": "household",
}
_DEFINITIONS = (
    "gram = [mass]",
    "kilogram = 1000 * gram",
    "tonne = 1e6 * gram",
    "pound = 453.59237 * gram",
    "short_ton = 2000 * pound",
    "troy_ounce = 31.1034768 * gram",
    "hectare = [area]",
    "cubic_metre = [volume]",
    "person = [person]",
    "household = [household]",
    "thing = [thing]",
    "year = [time]",
    "month = year / 12",
    "day = year / 365.25",
    "index_point = [index]",
    "rank_place = [rank]",
    "text_value = [words]",
    *(f"{word} = [{code}]" for code, (word, _) in _CURRENCIES.items()),
)


@cache
def units() -> dict[str, Unit]:
    """Every unit of the project by its canonical name."""
    table = {row[0]: Unit(*row) for row in _TABLE}
    for code, (word, meaning) in _CURRENCIES.items():
        table[code] = Unit(code, word, (), f"{meaning} (nominal or real: see the basis)")
        for scale, factor in _SCALES.items():
            prefix = {"thousand ": "k", "million ": "m", "billion ": "b"}[scale]
            short = {f"{prefix}{code.lower()}", f"{prefix}{code.lower()}/year"}
            aliases = {f"{code} {scale.strip()}", f"{code} {scale.strip()}/yr", *short}
            table[scale + code] = Unit(
                scale + code, f"{factor:g} * {word}", tuple(sorted(aliases)), f"{scale}{meaning}"
            )
        for per, expression in _PER.items():
            name = f"{code}/{per}"
            other = {"year": [f"{code}/yr"], "ha": [f"{code}/ha/yr", f"{code}/ha/year"]}.get(per, [])
            aliases = (f"{code} per {per}", *other)
            table[name] = Unit(name, f"{word} / {expression}", aliases, f"{meaning} a {per}")
        if code != "USD":
            name = f"{code}/USD"
            table[name] = Unit(name, f"{word} / dollar", (f"{code} per USD",), f"{meaning} for one US dollar")
    for cent in ("lb", "kg"):
        name = f"US cents/{cent}"
        table[name] = Unit(name, f"0.01 * dollar / {_PER[cent]}", (), f"US cents a {cent}")
    return table


@cache
def _spellings() -> dict[str, str]:
    found: dict[str, str] = {}
    for unit in units().values():
        for word in (unit.name, *unit.aliases):
            found.setdefault(_fold(word), unit.name)
    return found


def _fold(word: str) -> str:
    return " ".join(word.strip().lower().split())


def is_unit(word: str) -> bool:
    """Whether `word` is a unit of the table or another spelling of one."""
    return _fold(word) in _spellings()


def canonical(word: str, where: str | None = None) -> str:
    """The canonical name of a unit.

    Raises
    ------
    DataError
        Y211 where the table does not hold it.

    Examples
    --------
    >>> canonical("tonnes"), canonical("per 100,000")
    ('t', 'per 100k')
    """
    hit = _spellings().get(_fold(word))
    if hit is None:
        hint = did_you_mean(word, [*units(), *_spellings()])
        raise DataError(
            f"unknown unit {word!r}",
            code="Y211",
            where=where,
            got=word,
            expected="a unit of the table of units",
            fix=hint or None,
        )
    return hit


@cache
def _registry() -> Any:
    # A registry of our own lines: pint's default file takes half a second to parse and knows units that no
    # pack may use.
    import pint

    registry = pint.UnitRegistry(filename=None)  # pyright: ignore[reportArgumentType]
    for line in _DEFINITIONS:
        registry.define(line)
    return registry


@cache
def factor(start: str, end: str) -> float:
    """What a figure in unit `start` must be multiplied by to be in unit `end`.

    Raises
    ------
    DataError
        Y211 for an unknown unit, Y212 where the two do not measure the same thing.
    """
    one, other = canonical(start), canonical(end)
    if one == other:
        return 1.0
    import pint

    registry = _registry()
    quantity = registry.Quantity(1.0, "dimensionless") * registry.parse_expression(units()[one].expression)
    target = registry.Quantity(1.0, "dimensionless") * registry.parse_expression(units()[other].expression)
    try:
        return float((quantity / target).to("dimensionless").magnitude)
    except pint.DimensionalityError:
        raise DataError(
            f"{one} cannot be converted to {other}",
            code="Y212",
            got=units()[one].meaning,
            expected=units()[other].meaning,
            fix="convert money with the exchange rate and price index of its year; other units never mix",
        ) from None


def convert(value: float, start: str, end: str) -> float:
    """`value` of unit `start`, expressed in unit `end`.

    Raises
    ------
    DataError
        Y211 for an unknown unit, Y212 where the two do not measure the same thing.

    Examples
    --------
    >>> convert(1.14, "million oz", "t")
    35.457963551999995
    """
    return value * factor(start, end)


def currency_of(unit: str) -> str | None:
    """The currency code in a unit's name, or None: ``GBP`` of ``GBP/kg``."""
    name = canonical(unit)
    if name.startswith("US cents"):
        return "USD"
    if name.endswith("/USD"):
        return None
    for scale in ("", *_SCALES):
        for code in _CURRENCIES:
            if name == scale + code or name.startswith(f"{scale}{code}/"):
                return code
    return None


@cache
def product_factor(times: tuple[str, ...], over: tuple[str, ...], end: str) -> float:
    """What the product of figures in `times` over those in `over` must be multiplied by to be in unit `end`.

    Raises
    ------
    DataError
        Y211 for an unknown unit, Y212 where the product does not measure what `end` does.

    Examples
    --------
    >>> product_factor(("ha", "kg/ha"), (), "t")
    0.001
    """
    import pint

    registry = _registry()

    def one(word: str) -> Any:
        expression = units()[canonical(word)].expression
        return registry.Quantity(1.0, "dimensionless") * registry.parse_expression(expression)

    made = registry.Quantity(1.0, "dimensionless")
    for word in times:
        made = made * one(word)
    for word in over:
        made = made / one(word)
    try:
        return float((made / one(end)).to("dimensionless").magnitude)
    except pint.DimensionalityError:
        product = " x ".join(canonical(word) for word in times)
        raise DataError(
            f"{product}{' / ' if over else ''}{' / '.join(map(canonical, over))} is no {canonical(end)}",
            code="Y212",
            expected=units()[canonical(end)].meaning,
        ) from None
