"""Rivals are weighed by what they say of facts, and only by facts that may speak."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import xarray

from yupana.analysis.rivals import (
    FEW,
    Fact,
    compare,
    effective_draws,
    log_likelihood,
    read_fact,
    usable,
    weigh_rivals,
    weighted_quantiles,
    weights_of,
)
from yupana.core.drawn import PRIOR
from yupana.core.errors import DataError, UsageError
from yupana.evidence import load_pack
from yupana.evidence.ledger import Ledger

PACK = load_pack("peru")
YEARS = tuple(range(2000, 2018))
DRAWS = 400
NATION = Fact("register", {"homicide_rate_recorded": 1.0}, "homicide_rate_inei", "peru", "measured", 0.15)


def fake_run(values: Mapping[str, np.ndarray]) -> Any:
    """A run that holds some variables, each the same in all years; (draw,) each."""

    class Fake:
        years, draws = YEARS, DRAWS
        id, fitted, drawn = "fake", False, PRIOR
        manifest = SimpleNamespace(recipe={"seed": 1})

        def __getitem__(self, key: str) -> xarray.DataArray:
            data = np.repeat(values[key][None, :, None], len(YEARS), axis=2)
            coords = {"scenario": ["baseline"], "draw": np.arange(DRAWS), "year": list(YEARS)}
            return xarray.DataArray(data, coords, ("scenario", "draw", "year"))

    return Fake()


def with_row(**change: Any) -> Any:
    """The pack with one more row of the national register."""
    row = PACK.ledger["homicide_rate_inei-peru-2016-gov"]
    new = type(row).model_validate({**row.model_dump(), "id": "added", "value": 99.0, **change})
    return replace(PACK, ledger=Ledger((*PACK.ledger.rows, new), PACK.ledger.sources))


# Arrays ----------------------------------------------------------------------------------------------------


def test_weights_follow_a_known_likelihood() -> None:
    # a strength known to 0.1 around 0.7: a flat prior becomes a normal cut at 0 and 1
    rng = np.random.default_rng(1)
    strength = rng.uniform(0.0, 1.0, 200_000)
    weights = weights_of(-0.5 * ((strength - 0.7) / 0.1) ** 2)
    found = compare("x", strength, weights)
    # the upper end is three sd away
    phi, tail = np.exp(-4.5) / np.sqrt(2 * np.pi), 0.00134990
    assert found.after == pytest.approx(0.7 - 0.1 * phi / (1.0 - tail), abs=4.0 * found.se)
    assert found.half_after == pytest.approx(1.0 - 0.02275 / (1.0 - tail), abs=0.003)
    assert found.before == pytest.approx(0.5, abs=4.0 / np.sqrt(12.0 * strength.size))


def test_a_flat_likelihood_leaves_the_prior() -> None:
    strength = np.linspace(0.0, 0.9, DRAWS)
    weights = weights_of(np.full(DRAWS, -3.0))
    found = compare("x", strength, weights)
    assert effective_draws(weights) == pytest.approx(DRAWS)
    assert (found.after, found.half_after) == pytest.approx((found.before, found.half_before))


def test_effective_draws() -> None:
    assert effective_draws(np.array([1.0, 0.0, 0.0])) == pytest.approx(1.0)
    assert effective_draws(np.array([0.5, 0.5, 0.0])) == pytest.approx(2.0)
    # exponential weights: E[w]^2 / E[w^2] = 1/2 of the draws
    weights = np.random.default_rng(2).exponential(size=100_000)
    assert effective_draws(weights) / weights.size == pytest.approx(0.5, rel=0.02)


def test_bounds_speak_on_one_side() -> None:
    model = np.array([0.01, 1.0, 100.0])
    floor, ceiling = (log_likelihood(model, 1.0, 0.4, kind) for kind in ("floor", "ceiling"))
    assert floor == pytest.approx(ceiling[::-1])
    assert floor[0] < -20.0
    assert floor[1:] == pytest.approx([np.log(0.5), 0.0], abs=1e-9)
    measured = log_likelihood(model, 1.0, 0.4, "measured")
    assert measured[1] == 0.0
    assert measured[0] == pytest.approx(measured[2])


def test_a_draw_without_a_number_weighs_nothing() -> None:
    weights = weights_of(np.array([0.0, np.nan, -np.inf, 0.0]))
    assert weights == pytest.approx([0.5, 0.0, 0.0, 0.5])
    with pytest.raises(DataError, match="no draw agrees"):
        weights_of(np.array([np.nan, -np.inf]))


def test_quantiles_of_equal_weights_are_quantiles() -> None:
    values = np.random.default_rng(3).normal(size=2001)
    found = weighted_quantiles(values, np.full(values.size, 1.0 / values.size), (0.05, 0.5, 0.95))
    assert found == pytest.approx(np.quantile(values, (0.05, 0.5, 0.95)), abs=0.02)
    assert found[1] == pytest.approx(np.median(values), abs=1e-12)


# The ledger ------------------------------------------------------------------------------------------------


def test_a_series_is_one_measurement() -> None:
    reading = read_fact(PACK, NATION, {})
    assert reading is not None
    assert reading.years == tuple(range(2011, 2017))
    published = np.array([5.43, 6.53, 6.61, 6.74, 7.2, 7.7])
    assert reading.value == pytest.approx(np.exp(np.log(published).mean()))


@pytest.mark.parametrize(
    "change",
    [
        {"confidence": "low", "period": "2010", "start": "2010", "end": "2010"},
        {"seen": "recalled", "period": "2010", "start": "2010", "end": "2010"},
        {"period": "2018", "start": "2018", "end": "2018"},
        {"period": "2016 to 2017", "start": "2016", "end": "2017"},
    ],
)
def test_rows_that_may_not_speak_never_enter(change: dict[str, Any]) -> None:
    assert usable(with_row(**change), NATION) == usable(PACK, NATION)


def test_a_row_that_may_speak_does() -> None:
    added = with_row(period="2010", start="2010", end="2010")
    assert usable(added, NATION).keys() - usable(PACK, NATION).keys() == {2010}


def test_persons_become_a_rate_and_an_excess_a_share_of_it() -> None:
    people = dict.fromkeys(YEARS, 30.0)
    contract = Fact("contract", {}, "contract_killings", "peru", "floor", 0.5)
    reading = read_fact(PACK, contract, people)
    assert reading is not None
    assert reading.value == pytest.approx(np.sqrt(97.0 * 102.0) / 300.0, rel=1e-3)
    excess = Fact("port", {}, "homicide_rate_inei", "callao", "ceiling", 0.7, less="peru", share=0.1)
    reading = read_fact(PACK, excess, people)
    assert reading is not None
    assert reading.value == pytest.approx(0.1 * ((15.2 - 7.2) + (12.7 - 7.7)) / 2.0)
    assert all("callao" in row for row in reading.rows)


# A run -----------------------------------------------------------------------------------------------------


def test_facts_favour_the_draws_that_give_them() -> None:
    # a run in which hidden killings are all that recorded killings depend on: the register tells the strength
    from yupana.analysis.rivals import _strengths

    probe = fake_run({})
    hidden = _strengths(probe, PACK)["explain_underrecording"]
    assert hidden.shape == (DRAWS,)
    recorded = 6.66 * np.exp(2.0 * (hidden - 0.8))
    run = fake_run({"homicide_rate_recorded": recorded, "drug_homicide_rate": 1.0 + hidden})
    found = weigh_rivals(run, PACK, [NATION], "baseline")
    rival = {entry.name: entry for entry in found.rivals}
    moved = rival["explain_underrecording"]
    assert moved.before == pytest.approx(hidden.mean())
    # where the register is met the strength is 0.8; the prior thins out there and pulls down
    assert 0.7 < moved.after < 0.85
    assert found.after[1] == pytest.approx(1.8, abs=0.1)
    # the others are drawn apart from it: they stay where they were but for the noise of few draws
    for name, entry in rival.items():
        if name != "explain_underrecording":
            assert abs(entry.after - entry.before) < 4.0 * entry.se, name
    assert found.few == (found.effective < FEW)
    assert found.draws == DRAWS


def test_one_measurement_may_not_enter_twice() -> None:
    run = fake_run({"homicide_rate_recorded": np.full(DRAWS, 6.0), "drug_homicide_rate": np.ones(DRAWS)})
    with pytest.raises(DataError, match="twice"):
        weigh_rivals(run, PACK, [NATION, NATION], "baseline")
    # the register as the United Nations tell it is derived from it
    again = replace(NATION, quantity="homicide_rate")
    with pytest.raises(DataError, match="derived"):
        weigh_rivals(run, PACK, [NATION, again], "baseline")


def test_draws_that_were_fitted_are_refused() -> None:
    run = fake_run({"homicide_rate_recorded": np.full(DRAWS, 6.0), "drug_homicide_rate": np.ones(DRAWS)})
    run.fitted = True
    with pytest.raises(UsageError, match="twice"):
        weigh_rivals(run, PACK, [NATION], "baseline")


def test_facts_that_say_the_same_of_all_draws_leave_the_prior() -> None:
    run = fake_run({"homicide_rate_recorded": np.full(DRAWS, 9.0), "drug_homicide_rate": np.ones(DRAWS)})
    found = weigh_rivals(run, PACK, [NATION], "baseline")
    assert found.effective == pytest.approx(DRAWS)
    assert all(entry.after == pytest.approx(entry.before) for entry in found.rivals)
