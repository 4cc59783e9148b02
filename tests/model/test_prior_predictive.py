"""With priors alone the run must hold what was published, and must not be so wide that it says nothing."""

from __future__ import annotations

import numpy as np
import pytest


@pytest.fixture(scope="module")
def block(peru):
    return peru.run(2016, 1024)


def _band(block, key, year):
    return np.quantile(block.yearly[key][year - 2000], [0.05, 0.95], axis=-1)


@pytest.mark.parametrize("year", [2004, 2008, 2010, 2012])
def test_the_band_of_area_holds_the_united_nations_series(peru, block, year):
    rows = [
        row
        for row in peru.pack.ledger.select(quantity="coca_area", place="peru", first=year, last=year, by="un")
        if row.value is not None
    ]
    assert rows, "the ledger has the row"
    low, high = _band(block, "coca_area", year)
    for row in rows:
        assert low < row.value < high


def test_the_band_of_area_is_neither_sharp_nor_empty(block):
    low, high = _band(block, "coca_area", 2010)
    assert 1.3 < high / low < 4.0


@pytest.mark.parametrize(("year", "value"), [(2008, 302.0), (2010, 325.0)])
def test_the_band_of_potential_output_holds_the_published_figures(block, year, value):
    low, high = _band(block, "cocaine_output", year)
    assert low < value < high


def test_priors_cite_no_later_row_than_they_may(peru):
    checked = 0
    for row in peru.priors.table():
        for source in row["sources"]:
            measured = peru.pack.ledger[source]
            checked += 1
            assert int(measured.end[:4]) <= (2003 if row.get("start") else 2016), (row["name"], source)
    assert checked >= 10
