"""Published single-list estimates of the number of illegal immigrants in four cities of the Netherlands.

van der Heijden, Bustami, Cruyff, Engbersen and van Houwelingen (2003), Point and interval estimation of the
population size using the truncated Poisson regression model, Statistical Modelling 3: the frequencies and the
zero-truncated Poisson model without covariates. The other estimators of the same frequencies follow from the
formulas of Chao (1987), Zelterman (1988) and Niwitpong and others (2013).
"""

from __future__ import annotations

import pytest

from yupana.evidence.populations.single import chao, estimate_all, geometric, truncated_poisson, zelterman

SEEN = {1: 1645, 2: 183, 3: 37, 4: 13, 5: 1, 6: 1}
"""Times apprehended -> people; 1,880 in all."""


def test_truncated_poisson() -> None:
    found = truncated_poisson(SEEN)
    assert found.n == 1880
    assert found.n_hat == pytest.approx(7079.93, abs=0.005)
    assert found.se == pytest.approx(365.75, abs=0.005)
    assert found.parameters["rate"] == pytest.approx(0.308619, abs=5e-7)


def test_chao_lower_bound() -> None:
    found = chao(SEEN)
    assert found.n_hat == pytest.approx(9273.51, abs=0.005)
    assert found.se == pytest.approx(662.59, abs=0.005)


def test_zelterman() -> None:
    assert zelterman(SEEN).n_hat == pytest.approx(9424.56, abs=0.005)


def test_geometric() -> None:
    assert geometric(SEEN).n_hat == pytest.approx(13468.2, abs=0.05)


def test_table_holds_all_with_intervals_around_them() -> None:
    rows = estimate_all(SEEN)
    methods = ["truncated-poisson", "chao", "zelterman", "geometric", "one-inflated", "chao-lee"]
    assert [row.method for row in rows] == methods
    for row in rows:
        assert row.low is not None
        assert row.high is not None
        assert row.n_hat is not None
        assert 1880 < row.low < row.n_hat < row.high
