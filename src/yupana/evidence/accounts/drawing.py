"""Rows of the ledger, prices and shares as draws, named so that one thing has one set of draws everywhere."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from yupana.core.errors import DataError
from yupana.core.names import listing
from yupana.core.streams import normals, uniforms
from yupana.core.units import currency_of, factor
from yupana.evidence.accounts.amounts import Amount, as_sold, merge, split_basis
from yupana.evidence.accounts.schema import PriceTerm, ResidentShare
from yupana.evidence.comparison import STATED_ERROR
from yupana.evidence.observations import PRICE_INDEX, WHOLE_YEAR, Observation, observations
from yupana.evidence.pack import Pack
from yupana.evidence.rows import Measurement, first_day, last_day

Z95 = 1.6448536269514722
"""Standard normal quantile of 0.95: the ends of a range are read as 5 and 95 percent points."""


@dataclass(frozen=True)
class Bench:
    """A pack, the year, and the source of draws.

    Attributes
    ----------
    pack : the pack.
    year : year of the accounts.
    count : number of draws.
    seed : of the streams.
    """

    pack: Pack
    year: int
    count: int
    seed: int = 0
    _purity: dict[str, NDArray[np.float64]] = field(default_factory=dict, repr=False)

    def normal(self, name: str) -> NDArray[np.float64]:
        """(draw,), standard normal; one name gives one set of draws."""
        return normals(self.seed, f"accounts/{name}", 0, self.count)

    def uniform(self, name: str) -> NDArray[np.float64]:
        """(draw,), uniform on (0, 1)."""
        return uniforms(self.seed, f"accounts/{name}", 0, self.count)

    def purity(self, good: str) -> NDArray[np.float64]:
        """(draw,), purity of a good, 0 to 1; one set for all prices of it."""
        if good not in self._purity:
            found = self.pack.goods[good].purity
            assert found is not None  # references of accounts.yaml are checked when the pack is read
            drawn = two_piece(self.normal(f"purity/{good}"), found.median, found.q05, found.q95)
            self._purity[good] = np.minimum(drawn, 1.0)
        return self._purity[good]


def two_piece(
    z: NDArray[np.float64], middle: float, low: float, high: float, extra: float = 0.0
) -> NDArray[np.float64]:
    """Positive draws whose median is `middle` and whose 5 and 95 percent points are `low` and `high`.

    The logarithm is normal below and above the median, with a standard deviation of its own on each side.

    Parameters
    ----------
    z : (draw,), standard normal.
    extra : standard deviation of the logarithm that is added, in squares, on both sides.

    Examples
    --------
    >>> import numpy as np
    >>> [round(float(x), 6) for x in two_piece(np.array([-1.6448536269514722, 0.0]), 10.0, 8.0, 12.0)]
    [8.0, 10.0]
    """
    below, above = np.log(middle / low) / Z95, np.log(high / middle) / Z95
    side = np.where(z < 0, np.hypot(below, extra), np.hypot(above, extra))
    return middle * np.exp(side * z)


def stated_range(value: float, low: float | None, high: float | None, confidence: str) -> tuple[float, float]:
    """Range of a figure: as stated, else by its confidence."""
    error = STATED_ERROR[confidence]
    return (value * (1.0 - error) if low is None else low, value * (1.0 + error) if high is None else high)


def row_amount(bench: Bench, row: Measurement) -> Amount:
    """A row of the ledger as draws, in its own unit and basis.

    Sums of several years are divided by their number: the mean of the years.

    Raises
    ------
    DataError
        Y602 for a row in words, or one that is not positive.
    """
    if row.number is None or row.number <= 0:
        raise DataError(
            "a row without a positive number was to be valued", code="Y602", where=f"row {row.id}"
        )
    low, high = stated_range(row.number, row.low, row.high, row.confidence)
    if not 0 < low <= row.number <= high:
        raise DataError("a row's range is not positive", code="Y602", where=f"row {row.id}")
    years = row.years[1] - row.years[0] + 1
    marks = () if years == 1 else (f"mean of the {years} years of row {row.id}",)
    drawn = two_piece(bench.normal(f"row/{row.id}"), row.number, low, high)
    if row.kind in ("flow", "count"):
        drawn = drawn / years
    return Amount(drawn, row.unit, row.basis, row.account, "", (row.id,), marks)


def to_real(bench: Bench, amount: Amount, year: int) -> Amount:
    """Nominal money of a year in the pack's real money; other amounts as they are."""
    money, of = split_basis(amount.basis)
    if money != "nominal" or currency_of(amount.unit) != bench.pack.money.unit:
        return amount
    index = bench.pack.driver_series(PRICE_INDEX, np.array([year, bench.pack.money.year])).value
    basis = "+".join(word for word in ("real", of) if word)
    return replace(amount.scaled(float(index[1] / index[0])), basis=basis)


def rows_of(bench: Bench, quantity: str, place: str | None = None) -> list[Measurement]:
    """Usable rows of a quantity whose period covers the year; at home by default."""
    home = place or bench.pack.home
    return [
        row
        for row in bench.pack.ledger.select(quantity=quantity, place=home, first=bench.year, last=bench.year)
        if is_usable(bench, row)
    ]


def is_usable(bench: Bench, row: Measurement) -> bool:
    """Whether a row is verified, a positive number, and not the flow of a part of a year."""
    days = (last_day(row.end) - first_day(row.start)).days + 1
    part = row.kind in ("flow", "count") and days < WHOLE_YEAR
    return bench.pack.ledger.is_verified(row) and (row.number or 0.0) > 0 and not part


def nearest_years(bench: Bench, quantity: str, place: str | None = None) -> str:
    """Years for which the ledger has a verified row, nearest first, in words; empty for none."""
    rows = bench.pack.ledger.select(quantity=quantity, place=place or bench.pack.home)
    spans = {row.years for row in rows if is_usable(bench, row)}
    ordered = sorted(spans, key=lambda span: (min(abs(bench.year - year) for year in span), span))
    return listing([str(a) if a == b else f"{a}-{b}" for a, b in ordered[:3]])


def carried(bench: Bench, years: list[int], window: int) -> int | None:
    """The year nearest to the account's among those within the window; the earlier of two."""
    near = [year for year in years if abs(year - bench.year) <= window]
    return min(near, key=lambda year: (abs(year - bench.year), year), default=None)


def price_amount(bench: Bench, term: PriceTerm, variable: str) -> Amount | None:
    """A price as draws, in real money a unit of mass; None where no row lies within the window.

    All verified rows of the nearest year share the draws equally: a linear pool, in which two publishers
    who disagree make a wide price, not a mean.
    """
    found = [item for item in observations(bench.pack, variable) if item.verified and item.value > 0]
    year = carried(bench, [item.year for item in found], term.window)
    if year is None:
        return None
    extra = float(np.hypot(term.spread, term.drift * abs(year - bench.year)))
    rows = [item for item in found if item.year == year]
    pooled = _pool(bench, f"price/{variable}", [_observed(bench, item, extra) for item in rows])
    _check_one_basis(rows)
    marks = () if year == bench.year else (f"price of {year}",)
    price = Amount(pooled, rows[0].unit, rows[0].basis, rows=tuple(item.row for item in rows), marks=marks)
    if term.times is not None:
        ratio = _ratio(bench, term)
        if ratio is None:
            return None
        price = price.scaled(ratio.draws, *ratio.marks, rows=ratio.rows)
    if term.purity is not None and "pure" not in split_basis(price.basis)[1].split("+"):
        price = as_sold(price, bench.purity(term.purity), term.purity)
    return price


def _observed(bench: Bench, item: Observation, extra: float) -> NDArray[np.float64]:
    low, high = stated_range(item.value, item.low, item.high, item.confidence)
    return two_piece(bench.normal(f"row/{item.row}"), item.value, low, high, extra)


def _check_one_basis(rows: list[Observation]) -> None:
    """Refuse to pool prices of unlike things."""
    first = rows[0]
    for item in rows:
        if (item.basis, item.unit) != (first.basis, first.unit):
            raise DataError(
                "prices of unlike basis were to be pooled",
                code="Y251",
                where=f"rows {first.row} and {item.row}",
                got=f"{first.basis} ({first.unit}) and {item.basis} ({item.unit})",
                expected="one basis",
            )


def _ratio(bench: Bench, term: PriceTerm) -> Amount | None:
    """Ratio at home that turns a price of one stage into that of another."""
    rows = [
        row
        for row in bench.pack.ledger.select(quantity=term.times, place=bench.pack.home)
        if is_usable(bench, row)
    ]
    year = carried(bench, [row.years[0] for row in rows], term.window)
    near = [row for row in rows if year is not None and abs(row.years[0] - bench.year) <= term.window]
    if not near:
        return None
    # Mark-ups are few and far apart, and disagree: every row of the window counts, not the nearest alone.
    drawn = _pool(bench, f"ratio/{term.times}", [row_amount(bench, row).draws for row in near])
    off = sorted({row.years[0] for row in near if row.years[0] != bench.year})
    marks = (f"mark-up of {listing([str(y) for y in off])}",) if off else ()
    return Amount(drawn, "ratio", "", rows=tuple(row.id for row in near), marks=marks)


def _pool(bench: Bench, name: str, parts: list[NDArray[np.float64]]) -> NDArray[np.float64]:
    """Draws of several equally likely alternatives: each draw takes one of them."""
    if len(parts) == 1:
        return parts[0]
    chosen = (bench.uniform(f"{name}/of {len(parts)}") * len(parts)).astype(int)
    return np.stack(parts)[chosen, np.arange(bench.count)]


def pool_prices(bench: Bench, name: str, prices: list[Amount]) -> Amount:
    """One price of several ways to find it, each with equal weight.

    Raises
    ------
    DataError
        Y251 where they are not prices of one thing.
    """
    first = prices[0]
    parts = []
    for price in prices:
        if price.basis != first.basis:
            raise DataError(
                "prices of unlike basis were to be pooled",
                code="Y251",
                where=name,
                got=f"{first.basis} and {price.basis}",
                expected="one basis",
                fix="give the purity of each price that is paid for a diluted kilogram",
            )
        parts.append(price.draws * factor(price.unit, first.unit))
    return replace(
        first,
        draws=_pool(bench, f"ways/{name}", parts),
        rows=merge(*(price.rows for price in prices)),
        marks=merge(*(price.marks for price in prices)),
    )


def share_draws(bench: Bench, name: str, share: ResidentShare) -> NDArray[np.float64]:
    """(draw,), a share whose logit is normal with the 5 and 95 percent points given."""
    low, high = (float(np.log(x / (1.0 - x))) for x in (share.q05, share.q95))
    logit = (low + high) / 2.0 + (high - low) / (2.0 * Z95) * bench.normal(f"share/{name}")
    return 1.0 / (1.0 + np.exp(-logit))
