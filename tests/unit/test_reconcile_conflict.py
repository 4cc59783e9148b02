"""Conflict between sides, sources left out, and the worth of a further datum, against answers by hand."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from yupana.core.errors import DataError
from yupana.evidence.reconcile.conflict import split_node
from yupana.evidence.reconcile.gaussian import LinearGaussian
from yupana.evidence.reconcile.next_datum import Candidate, rank_data

FLOW = np.array([1.0])


def readings(values: list[float], sd: list[float], prior_sd: float = 1e5) -> LinearGaussian:
    """Return one flow, hardly known before, read several times."""
    return LinearGaussian(
        ("flow",),
        tuple("abcdefgh"[: len(values)]),
        np.ones((len(values), 1)),
        np.array(values),
        np.square(np.array(sd)),
        prior_mean=np.array([100.0]),
        prior_cov=np.array([[prior_sd**2]]),
    )


def chain() -> LinearGaussian:
    """Return a chain in logs: output = area + yield, sold = output + share; two data above, two below."""
    return LinearGaussian(
        ("area", "yield", "share"),
        ("satellite", "laboratory", "survey", "wastewater"),
        np.array([[1.0, 0, 0], [0, 1.0, 0], [1.0, 1.0, 1.0], [1.0, 1.0, 1.0]]),
        np.array([4.1, 1.5, 4.6, 4.9]),
        np.array([0.02, 0.05, 0.2, 0.1]),
        prior_mean=np.array([4.0, 1.2, -0.5]),
        prior_cov=np.diag([0.25, 0.16, 0.09]),
    )


OUTPUT = np.array([1.0, 1.0, 0.0])


def test_two_readings_one_on_each_side() -> None:
    found = split_node(readings([100, 110], [10, 10]), FLOW, ["a"], ["b"])
    assert found is not None
    assert found.z == pytest.approx(-10 / np.sqrt(200), rel=1e-5)
    assert found.p_value == pytest.approx(0.4795, abs=1e-4)
    assert found.second[0] == pytest.approx(110.0)
    assert found.second[1] == pytest.approx(100.0)


def test_gross_error_on_one_side() -> None:
    found = split_node(readings([100, 1100], [10, 10]), FLOW, ["a"], ["b"])
    assert found is not None
    assert found.z == pytest.approx(-1000 / np.sqrt(200), rel=1e-5)
    assert found.p_value < 1e-300


def test_sides_that_the_quantity_separates_add_their_variances() -> None:
    """Given output, supply and demand data are independent: the split is that of the graph cut at output."""
    given = chain()
    found = split_node(given, OUTPUT, ["satellite", "laboratory"], ["survey", "wastewater"])
    assert found is not None
    supply = given.keep(["satellite", "laboratory"]).solution.estimate(OUTPUT)
    np.testing.assert_allclose(found.first, supply, rtol=1e-9)
    # Demand by hand: two readings of sold, less the prior of the share that lies between.
    weight = 1 / np.array([0.2, 0.1])
    sold = float(weight @ [4.6, 4.9] / weight.sum())
    np.testing.assert_allclose(found.second, [sold + 0.5, 1 / weight.sum() + 0.09], rtol=1e-9)
    assert found.variance == pytest.approx(found.first[1] + found.second[1], rel=1e-9)
    assert found.z == pytest.approx(found.difference / np.sqrt(found.variance))


def test_conflict_p_is_uniform_where_sides_agree() -> None:
    """2,000 ledgers, a row of neither side and a shared error tie the sides: a tenth of p below 0.1."""
    rng, given = np.random.default_rng(3), chain()
    error = np.diag(given.error_cov)
    error[0, 2] = error[2, 0] = 0.04
    assert given.prior_cov is not None
    assert given.prior_mean is not None
    root, noise = np.linalg.cholesky(given.prior_cov), np.linalg.cholesky(error)
    below = 0
    for _ in range(2000):
        truth = given.prior_mean + root @ rng.normal(size=3)
        values = given.design @ truth + noise @ rng.normal(size=4)
        drawn = replace(given, values=values, error_cov=error)
        found = split_node(drawn, OUTPUT, ["satellite"], ["survey", "wastewater"])
        assert found is not None
        below += found.p_value < 0.1
    assert abs(below / 2000 - 0.1) < 3 * np.sqrt(0.09 / 2000)


def test_side_that_says_nothing() -> None:
    assert split_node(chain(), OUTPUT, ["satellite"], []) is None
    silent = replace(chain(), design=chain().design * np.array([[1.0], [1.0], [1e-6], [1e-6]]))
    assert split_node(silent, OUTPUT, ["satellite"], ["survey", "wastewater"]) is None


def test_row_on_both_sides_is_refused() -> None:
    with pytest.raises(DataError, match="both sides") as caught:
        split_node(chain(), OUTPUT, ["satellite", "survey"], ["survey"])
    assert caught.value.code == "Y247"


def test_units_of_rows_change_nothing() -> None:
    given, row = chain(), np.array([1e6, 1e-6, 907.18474, 1.0])
    odd = replace(
        given,
        design=given.design * row[:, None],
        values=given.values * row,
        error_cov=given.error_cov * row**2,
    )
    sides = (["satellite", "laboratory"], ["survey", "wastewater"])
    one, other = split_node(given, OUTPUT, *sides), split_node(odd, OUTPUT, *sides)
    assert one is not None
    assert other is not None
    np.testing.assert_allclose(
        [other.z, other.p_value, *other.first, *other.second],
        [one.z, one.p_value, *one.first, *one.second],
        rtol=1e-9,
    )


def test_worth_of_a_datum_is_what_it_removes_once_it_is_there() -> None:
    given = chain()
    design = np.array([0.0, 1.0, 0.0])
    worth = rank_data(
        given.solution,
        OUTPUT,
        [
            Candidate("second laboratory", "laboratory", design, 0.05),
            Candidate("second satellite", "satellite", np.array([1.0, 0, 0]), 0.02),
            Candidate("nothing", "none", np.zeros(3), 1.0),
        ],
    )
    by_name = {item.candidate.name: item for item in worth}
    for value in (-3.0, 1.5, 8.0):  # whatever figure comes
        more = replace(
            given,
            rows=(*given.rows, "new"),
            design=np.vstack([given.design, design]),
            values=np.append(given.values, value),
            error_cov=np.append(given.error_cov, 0.05),
        ).solution.estimate(OUTPUT)
        assert by_name["second laboratory"].sd == pytest.approx(np.sqrt(more[1]), rel=1e-9)
    assert [item.reduction for item in worth] == sorted((item.reduction for item in worth), reverse=True)
    assert by_name["nothing"].reduction == 0.0
