"""Observation: units, purity, calendars and source bias, each by hand."""

from __future__ import annotations

import numpy as np
import pytest

from yupana.model.observe import Observable, observe

REPORT = {
    "coca_area": np.array([[40.0], [60.0]]),
    "seizures_home": np.array([[10.0], [14.0]]),
    "leaf_price": np.array([[2.0], [3.0]]),
    "wholesale_price[market]": np.array([[[100.0]] * 6, [[120.0]] * 6]),
}


def _see(peru, *plan, purity=None, bias=None):
    return observe(peru.config, REPORT, (2000, 2001), plan, purity or {}, bias or {})[:, 0]


def test_flows_add_up_and_prices_average(peru):
    seen = _see(
        peru, Observable("seizures_home", None, (2000, 2001)), Observable("leaf_price", None, (2000, 2001))
    )
    assert seen.tolist() == [24.0, 2.5]


def test_bulk_holds_more_mass_and_costs_less(peru):
    seen = _see(
        peru,
        Observable("seizures_home", None, (2000,), factor=1000.0, purity="hydrochloride"),
        Observable("wholesale_price[market]", "brazil", (2001,), purity="street", price_of_bulk=True),
        purity={"hydrochloride": 0.8, "street": 0.5},
    )
    assert np.allclose(seen, [12500.0, 60.0])


def test_bias_is_a_factor_in_logs(peru):
    seen = _see(peru, Observable("coca_area", None, (2001,), bias="us"), bias={"us": np.log(0.8)})
    assert np.allclose(seen, 48.0)


def test_what_is_not_there_is_refused(peru):
    with pytest.raises(KeyError):
        _see(peru, Observable("coca_area", None, (1999,)))
    with pytest.raises(KeyError):
        _see(peru, Observable("wholesale_price[market]", None, (2000,)))
