"""Sums of money and masses: what is unlike never adds, and a price meets only what it is paid for."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from yupana.core.errors import DataError
from yupana.evidence.accounts.amounts import (
    NAIVE,
    Amount,
    as_sold,
    difference,
    naive_sum,
    total,
    value,
    value_added,
)
from yupana.evidence.accounts.drawing import Z95, two_piece

DRAWS = np.array([1.0, 2.0, 4.0])
FARM = Amount(DRAWS, "million USD", "real", "farm_value", "farm", ("a",))
VALLEY = Amount(3.0 * DRAWS, "million USD", "real", "gross_output", "valley", ("b",), ("mass",))
BORDER = Amount(10.0 * DRAWS, "million USD", "real", "border_value", "border", ("c",))


def test_like_amounts_add_draw_by_draw_and_keep_rows_and_marks() -> None:
    other = replace(VALLEY, draws=DRAWS, rows=("d",), marks=("price of 2011",))
    both = total([VALLEY, other])
    assert both.draws.tolist() == [4.0, 8.0, 16.0]
    assert (both.stage, both.rows, both.marks) == ("valley", ("b", "d"), ("mass", "price of 2011"))
    assert difference(VALLEY, other).draws.tolist() == [2.0, 4.0, 8.0]


@pytest.mark.parametrize(
    ("name", "change"),
    [("account", "profit"), ("basis", "nominal"), ("unit", "USD"), ("stage", "capital")],
)
def test_unlike_amounts_never_add(name: str, change: str) -> None:
    with pytest.raises(DataError) as caught:
        total([VALLEY, replace(VALLEY, **{name: change})])
    assert caught.value.code == "Y212"


def test_sales_along_the_chain_never_add_but_value_added_does() -> None:
    with pytest.raises(DataError, match="unlike account"):
        total([FARM, VALLEY, BORDER])
    added = [value_added(FARM, None), value_added(VALLEY, FARM), value_added(BORDER, VALLEY)]
    np.testing.assert_allclose(total(added).draws, BORDER.draws, rtol=1e-12)
    assert total(added).stage == ""


def test_the_mistake_is_larger_than_the_border_value_and_enters_no_sum() -> None:
    wrong = naive_sum([FARM, VALLEY, BORDER])
    assert wrong.draws.tolist() == [14.0, 28.0, 56.0]
    assert wrong.account == NAIVE
    for pair in ([wrong, wrong], [BORDER, wrong], [wrong, BORDER]):
        with pytest.raises(DataError, match=r"no account|unlike account") as caught:
            total(pair)
        assert caught.value.code == "Y212"
    with pytest.raises(DataError):
        total([wrong])


def test_nothing_adds_to_nothing() -> None:
    with pytest.raises(DataError) as caught:
        total([])
    assert caught.value.code == "Y602"


def test_a_pure_mass_meets_no_price_of_a_diluted_kilogram() -> None:
    mass = Amount(DRAWS, "t", "pure")
    price = Amount(np.full(3, 1000.0), "USD/kg", "real+hydrochloride")
    with pytest.raises(DataError, match="same thing") as caught:
        value(mass, price, "gross_output")
    assert caught.value.code == "Y251"
    pure = as_sold(price, np.full(3, 0.8), "hydrochloride")
    assert value(mass, pure, "gross_output").draws.tolist() == [1.25, 2.5, 5.0]
    with pytest.raises(DataError, match="needs none") as caught:
        as_sold(pure, np.full(3, 0.8), "hydrochloride")
    assert caught.value.code == "Y251"


def test_leaf_meets_no_price_of_cocaine() -> None:
    leaf = Amount(DRAWS, "t", "sun-dried")
    with pytest.raises(DataError, match="same thing"):
        value(leaf, Amount(DRAWS, "USD/kg", "real+pure"), "farm_value")
    with pytest.raises(DataError, match="not a price"):
        value(leaf, Amount(DRAWS, "t", "real+sun-dried"), "farm_value")


def test_changing_units_changes_nothing() -> None:
    price = Amount(np.array([3.3, 2.8, 4.1]), "USD/kg", "real+sun-dried")
    per_gram = replace(price, draws=price.draws / 1000.0, unit="USD/g")
    tonnes = Amount(DRAWS, "t", "sun-dried")
    expected = value(tonnes, price, "farm_value").draws
    for unit, by in (("kg", 1e3), ("g", 1e6), ("thousand t", 1e-3)):
        mass = Amount(DRAWS * by, unit, "sun-dried")
        for paid in (price, per_gram):
            np.testing.assert_allclose(value(mass, paid, "farm_value").draws, expected, rtol=1e-9)
    billions = value(tonnes, price, "farm_value", unit="billion USD")
    np.testing.assert_allclose(billions.draws * 1000.0, expected, rtol=1e-9)


def test_two_sides_of_a_range_have_their_own_width() -> None:
    drawn = two_piece(np.array([-Z95, 0.0, Z95]), 10.0, 9.0, 15.0)
    np.testing.assert_allclose(drawn, [9.0, 10.0, 15.0])
    wider = two_piece(np.array([-Z95, 0.0, Z95]), 10.0, 9.0, 15.0, extra=0.3)
    assert wider[0] < 9.0
    assert wider[1] == 10.0
    assert wider[2] > 15.0
