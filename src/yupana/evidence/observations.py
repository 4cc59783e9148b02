"""Rows of the ledger as observations of a model variable, with every conversion said in words.

A quantity's links (quantities.yaml) say which variable its rows observe. What cannot be converted is left out
with the reason, never guessed: a flow over several years, money without an exchange rate, a unit that does
not measure the variable.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace

from yupana.core.errors import DataError
from yupana.core.names import split_key
from yupana.core.units import canonical, currency_of, factor
from yupana.evidence.pack import Pack
from yupana.evidence.references import dimension_elements
from yupana.evidence.rows import Measurement, first_day, last_day
from yupana.evidence.schema import Link

PRICE_INDEX = "consumer_price_us"  # driver: consumer prices of the unit of account
EXCHANGE_RATE = "exchange_rate"  # driver: local money for one unit of account
WHOLE_YEAR = 360  # days; a flow over fewer does not tell the year's sum


@dataclass(frozen=True)
class Observation:
    """One published figure, expressed as a model variable.

    Attributes
    ----------
    variable : key of the variable, element included.
    year : calendar year it speaks of; 31 December of it for a stock.
    value, low, high : in `unit`; low and high where the source, or the purity, gives a range.
    unit : unit of the figures.
    place : place of the row.
    row, quantity : ids.
    source, publisher, by : id of the source, who published it, and what kind of publisher that is.
    confidence, seen, pedigree, vintage : of the row.
    derived : whether the source computed it from other figures.
    basis : basis after conversion, in words.
    note : conversions applied, in words; empty for none.
    """

    variable: str
    year: int
    value: float
    low: float | None
    high: float | None
    unit: str
    place: str
    row: str
    quantity: str
    source: str
    publisher: str
    by: str
    confidence: str
    seen: str
    pedigree: int
    vintage: int
    derived: bool
    basis: str
    note: str

    @property
    def verified(self) -> bool:
        """Whether the figure was seen in a source and is not of low confidence."""
        return self.confidence != "low" and self.seen not in ("recalled", "judged")


@dataclass(frozen=True)
class Observed:
    """All observations of a variable, and the rows left out with the reason."""

    observations: tuple[Observation, ...]
    left_out: tuple[tuple[str, str], ...]


def observations(
    pack: Pack, variable: str, unit: str | None = None, elements: Collection[str] | None = None
) -> list[Observation]:
    """What was published about a model variable, by year and row.

    Parameters
    ----------
    variable : ``coca_area`` (the whole), ``coca_area[zone]`` (every element) or ``coca_area[north]`` (one).
    unit : unit to express it in; the quantity's own by default.
    elements : elements of the dimension in brackets; by default those that places.yaml defines. The model
        knows dimensions of its own (kinds of people, causes): ``build_config(pack).dims`` holds them all.
    """
    return list(observe(pack, variable, unit, elements).observations)


def observe(
    pack: Pack, variable: str, unit: str | None = None, elements: Collection[str] | None = None
) -> Observed:
    """As `observations`, with the rows that could not be converted."""
    found: list[Observation] = []
    left_out: list[tuple[str, str]] = []
    for row, link, key in _linked_rows(pack, variable, elements):
        try:
            found.append(_observe(pack, row, link, key, unit))
        except _LeftOut as reason:
            left_out.append((row.id, str(reason)))
    found.sort(key=lambda item: (item.year, item.variable, item.row))
    return Observed(tuple(found), tuple(left_out))


def of_quantity(pack: Pack, quantity: str, place: str, variable: str, unit: str) -> Observed:
    """Rows of one quantity and place, linked to no variable of the model, as if they observed `variable`.

    Nothing but the unit is converted: a basis stays as it is.
    """
    found: list[Observation] = []
    left_out: list[tuple[str, str]] = []
    link = Link(variable=variable)
    for row in pack.ledger.select(quantity=quantity, place=place):
        try:
            found.append(_observe(pack, row, link, variable, unit))
        except _LeftOut as reason:
            left_out.append((row.id, str(reason)))
    found.sort(key=lambda item: (item.year, item.row))
    return Observed(tuple(found), tuple(left_out))


def observed_variables(pack: Pack) -> dict[str, int]:
    """Keys of the variables that rows observe, and how many rows each has."""
    counts: dict[str, int] = {}
    for row in pack.ledger:
        for link in pack.quantities[row.quantity].all_links:
            key = _key_of(pack, link, row)
            if key is not None:
                counts[key] = counts.get(key, 0) + 1
    return counts


class _LeftOut(Exception):
    """Why a row does not become an observation."""


def _linked_rows(
    pack: Pack, variable: str, elements: Collection[str] | None
) -> Iterator[tuple[Measurement, Link, str]]:
    base, element = split_key(variable)
    inside = dimension_elements(pack.places).get(element or "", ()) if elements is None else elements
    wanted = {variable, *(f"{base}[{name}]" for name in inside)}
    for row in pack.ledger:
        for link in pack.quantities[row.quantity].all_links:
            if link.variable.partition("[")[0] != base:
                continue
            key = _key_of(pack, link, row)
            if key is not None and key in wanted:
                yield row, link, key


def _key_of(pack: Pack, link: Link, row: Measurement) -> str | None:
    """Key of the variable that `row` observes by `link`, or None."""
    base, _, rest = link.variable.partition("[")
    element = rest.rstrip("]")
    if element == "place":
        if link.places and row.place not in link.places:
            return None
        place = _element(pack, row.place)
        return f"{base}[{place}]" if place else None
    if link.places:
        return link.variable if row.place in link.places else None
    if not element:
        return link.variable if row.place == pack.home else None
    return link.variable if element in (row.place, _element(pack, row.place)) else None


def _element(pack: Pack, place: str) -> str | None:
    """The element of a dimension that a place is, or belongs to."""
    places = pack.places
    for group in (places.zones, places.corridors, places.markets):
        if any(item.id == place for item in group):
            return place
    for market in places.markets:
        if place in market.countries:
            return market.id
    return place if any(item.id == place for item in places.origins) else None


def _observe(pack: Pack, row: Measurement, link: Link, key: str, unit: str | None) -> Observation:
    if row.number is None:
        raise _LeftOut("no single number")
    year, when = _year(row)
    source = pack.sources[row.source]
    bare = Observation(
        variable=key,
        year=year,
        value=row.number,
        low=row.low,
        high=row.high,
        unit=canonical(row.unit),
        place=row.place,
        row=row.id,
        quantity=row.quantity,
        source=row.source,
        publisher=source.publisher,
        by=source.kind,
        confidence=row.confidence,
        seen=row.seen,
        pedigree=row.pedigree,
        vintage=pack.ledger.vintage(row),
        derived=bool(row.derived_from),
        basis=row.basis,
        note=when,
    )
    target = unit or pack.quantities[row.quantity].unit
    converted = _to_unit(pack, _to_account(pack, bare, target), target)
    converted = _to_real(pack, converted, link)
    converted = _to_pure(pack, converted, link)
    if link.factor != 1.0:
        converted = _scaled(converted, link.factor, f"times {link.factor:g}")
    if link.plus:
        converted = _shifted(converted, link.plus * factor(pack.quantities[row.quantity].unit, target))
    return replace(converted, note="; ".join(filter(None, (converted.note, link.note))))


def _year(row: Measurement) -> tuple[int, str]:
    """Calendar year of a row, and a remark where that is not plain."""
    first, last = row.years
    if row.kind == "stock":
        return last, ""
    days = (last_day(row.end) - first_day(row.start)).days + 1
    if row.kind in ("flow", "count"):
        if first != last:
            raise _LeftOut("a flow over several calendar years")
        if days < WHOLE_YEAR:
            raise _LeftOut("a flow over part of a year")
        return first, ""
    if first == last:
        return first, "" if days >= WHOLE_YEAR else f"period {row.period}"
    return (first + last) // 2, f"mean of {first} to {last}, set at the middle"


def _scaled(
    item: Observation, by: float, note: str, low: float | None = None, high: float | None = None
) -> Observation:
    """The observation times `by`; the ends of its range times `low` and `high` where given."""
    lower = item.low if item.low is not None else (item.value if low is not None else None)
    upper = item.high if item.high is not None else (item.value if high is not None else None)
    return replace(
        item,
        value=item.value * by,
        low=None if lower is None else lower * (by if low is None else low),
        high=None if upper is None else upper * (by if high is None else high),
        note="; ".join(filter(None, (item.note, note))),
    )


def _shifted(item: Observation, by: float) -> Observation:
    """The observation and the ends of its range, plus `by`."""
    return replace(
        item,
        value=item.value + by,
        low=None if item.low is None else item.low + by,
        high=None if item.high is None else item.high + by,
        note="; ".join(filter(None, (item.note, f"plus {by:g}"))),
    )


def _to_account(pack: Pack, item: Observation, target: str) -> Observation:
    """Money of another currency in the currency of the target unit."""
    currency, account = currency_of(item.unit), currency_of(target)
    if currency is None or account is None or currency == account:
        return item
    rate, origin = _exchange_rate(pack, currency, account, item.year)
    exchanged = _scaled(item, 1.0 / rate, f"{currency} at {rate:.4g} {currency}/{account} ({origin})")
    return replace(exchanged, unit=canonical(item.unit.replace(currency, account)))


def _exchange_rate(pack: Pack, currency: str, account: str, year: int) -> tuple[float, str]:
    """Units of `currency` for one unit of account in a year, and where that stands."""
    import numpy as np

    unit = canonical(f"{currency}/{account}")
    driver = pack.drivers.get(EXCHANGE_RATE)
    if driver is not None and canonical(driver.unit) == unit and year in pack.driver_years(EXCHANGE_RATE):
        return float(pack.driver_series(EXCHANGE_RATE, np.array([year])).value[0]), f"driver, {year}"
    rates = [
        row for row in pack.ledger if canonical(row.unit) == unit and row.years == (year, year) and row.number
    ]
    if not rates:
        raise _LeftOut(f"no exchange rate of {currency} for {year}")
    best = min(rates, key=lambda row: (-row.pedigree, row.id))
    return float(best.number or 1.0), f"row {best.id}"


def _to_unit(pack: Pack, item: Observation, target: str) -> Observation:
    try:
        by = factor(item.unit, target)
    except DataError as problem:
        raise _LeftOut(problem.what) from None
    if by == 1.0:
        return replace(item, unit=canonical(target))
    return replace(_scaled(item, by, f"{item.unit} in {canonical(target)}"), unit=canonical(target))


def _to_real(pack: Pack, item: Observation, link: Link) -> Observation:
    """Nominal money in money of the pack's year, by the price index of the unit of account."""
    words = item.basis.split("+")
    if "nominal" not in words or not link.deflate or item.year == pack.money.year:
        basis = "+".join("real" if word == "nominal" and link.deflate else word for word in words)
        return replace(item, basis=basis)
    import numpy as np

    try:
        index = pack.driver_series(PRICE_INDEX, np.array([item.year, pack.money.year])).value
    except DataError as problem:
        raise _LeftOut(f"no price index: {problem.what}") from None
    note = f"in {pack.money.unit} of {pack.money.year} by consumer prices"
    real = _scaled(item, float(index[1] / index[0]), note)
    return replace(real, basis="+".join("real" if word == "nominal" else word for word in words))


def _to_pure(pack: Pack, item: Observation, link: Link) -> Observation:
    """Bulk mass or bulk price as pure, by the purity of the link's good; its range widens the figure's."""
    words = item.basis.split("+")
    if link.purity is None or "bulk" not in words:
        return item
    purity = pack.goods[link.purity].purity if link.purity in pack.goods else None
    if purity is None:
        raise _LeftOut(f"no purity of {link.purity}")
    note = f"as pure, at a purity of {purity.median:g} ({purity.q05:g} to {purity.q95:g})"
    if link.divide_by_purity:
        pure = _scaled(item, 1 / purity.median, note, low=1 / purity.q95, high=1 / purity.q05)
    else:
        pure = _scaled(item, purity.median, note, low=purity.q05, high=purity.q95)
    return replace(pure, basis="+".join("pure" if word == "bulk" else word for word in words))
