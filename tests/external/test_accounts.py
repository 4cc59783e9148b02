"""Accounts against published sums.

Macroconsult (2012): unregistered gold of 2011. DEVIDA (2014): cocaine exports of 2012 at the point of exit.
UNODC (2011), Estimating illicit financial flows resulting from drug trafficking and other transnational
organized crimes: gross profits of the cocaine trade in 2009 by level.
"""

from __future__ import annotations

import numpy as np
import pytest

from yupana.core.errors import DataError
from yupana.evidence.accounts.amounts import Amount, naive_sum, total, value
from yupana.evidence.accounts.drawing import Bench, row_amount
from yupana.evidence.loading import load_pack
from yupana.evidence.pack import Pack


@pytest.fixture(scope="module")
def pack() -> Pack:
    return load_pack("peru")


def exact(amount: float, unit: str, basis: str, account: str = "") -> Amount:
    return Amount(np.array([amount]), unit, basis, account)


def test_unregistered_gold_of_2011_from_rows_of_the_ledger(pack: Pack) -> None:
    """1.14 million oz at the year's price is 1.789 billion USD; printed as 1.79."""
    bench = Bench(pack, 2011, 4001)
    mass = row_amount(bench, pack.ledger["gold_exports_unregistered-peru-2011-macroconsult-2012-bnamericas"])
    price = row_amount(bench, pack.ledger["gold_price-world-2011-gold-prices-2026"])
    worth = value(mass, price, "border_value", unit="billion USD")
    low, middle, high = worth.quantiles()
    standard_error = np.std(worth.draws) * np.sqrt(np.pi / 2.0 / len(worth.draws))
    assert middle == pytest.approx(1.789, abs=4.0 * standard_error)
    assert low < 1.79 < high
    printed = pack.ledger["illegal_gold_export_value-peru-2011-macroconsult-2012-insight"]
    assert (printed.number, printed.unit, printed.account) == (1.79, "billion USD", "border_value")


def test_cocaine_exports_of_2012_as_the_agency_valued_them(pack: Pack) -> None:
    """340 t at 4,000 USD a kilogram is 1.36 billion USD: the agency took mass and price for one basis."""
    price = pack.ledger["border_price-peru-2012-gov"]
    assert price.number == 4000.0
    worth = value(
        exact(340.0, "t", "hydrochloride"),
        exact(4000.0, price.unit, price.basis),
        "border_value",
        unit="billion USD",
    )
    assert worth.draws[0] == pytest.approx(1.36, rel=1e-12)
    with pytest.raises(DataError, match="same thing"):
        value(exact(340.0, "t", "pure"), exact(4000.0, price.unit, price.basis), "border_value")


def test_gross_profits_of_2009_by_level() -> None:
    """54 at retail, 22 at wholesale, 8 in transit: 84 billion USD; origin (1) and sales (85) stay out."""
    levels = [exact(size, "billion USD", "nominal", "profit") for size in (54.0, 22.0, 8.0)]
    assert total(levels).draws[0] == pytest.approx(84.0)
    origin = exact(1.0, "billion USD", "nominal", "farm_value")
    sales = exact(85.0, "billion USD", "nominal", "retail_value")
    for other in (origin, sales):
        with pytest.raises(DataError, match="unlike account"):
            total([*levels, other])
    assert sales.draws[0] - origin.draws[0] == pytest.approx(total(levels).draws[0])
    assert naive_sum([origin, sales]).draws[0] == pytest.approx(86.0)
