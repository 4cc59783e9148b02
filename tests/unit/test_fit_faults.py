"""Faults planted in a fit of the model: a gate that is named fires, and without the fault all pass.

The country is made: figures of every year, drawn from the invented pack's own model at a draw of the prior,
with the errors that the likelihood states. The gates that watch chains are in test_fit_methods.py.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pytest

from yupana.fit import gates, smc
from yupana.fit.build import build_posterior
from yupana.fit.data import Data, Datum
from yupana.fit.halved import halved_gate
from yupana.fit.laplace import approximate, find_mode
from yupana.fit.posterior import Posterior
from yupana.fit.space import Space
from yupana.model import Engine
from yupana.study import load

UNTIL = 2012
SERIES = (
    "coca_area", "coca_area[highlands]", "coca_area[lowlands]", "leaf_price", "hcl_price", "seizures_home"
)  # fmt: skip
ERROR, BIAS = 0.02, 0.1
BOOM = 10.0  # what other crops fetch from 2004 on: growers leave coca, if they respond as they do


@dataclass(frozen=True, eq=False)
class Changed(Space):
    """Unknowns whose parameter `name` the model reads with another factor."""

    name: str = ""
    factor: float = 1.0

    def parameters(self, z: np.ndarray) -> dict[str, Any]:
        found = super().parameters(z)
        return found | {self.name: self.factor * found[self.name]}


@pytest.fixture(scope="module")
def country() -> Posterior:
    """A made country whose figures agree with the model; its growers respond to prices as usual."""
    study = load("exampleland", until=UNTIL)
    plain = build_posterior(study.pack, study.config, study.priors, UNTIL, "float32", 1)
    data = [
        Datum(f"{name}-{year}", name, year, 1.0, ERROR, f"un/here/{name.partition('[')[0]}")
        for name in SERIES
        for year in range(study.pack.start, UNTIL + 1)
    ]
    biases = {item.bias: BIAS for item in data}
    years = tuple(range(study.pack.start, UNTIL + 1))
    space = Space(study.priors, study.config, years, tuple(biases), np.full(len(biases), BIAS))
    better = np.where(plain.drivers.year >= 2004, BOOM, 1.0)
    drivers = plain.drivers._replace(coffee=better * plain.drivers.coffee, cocoa=better * plain.drivers.cocoa)
    made = replace(plain, space=space, data=Data(tuple(data), biases), drivers=drivers)
    truth = 0.5 * space.draw(5, 0, 1)
    truth[space.names.index("margin_response")] = 1.0
    errors = ERROR * np.random.default_rng(5).standard_t(5.0, size=(len(data), 1))
    figures = made.log_figures(truth) + space.log_biases(truth)[made.data.bias_of] + errors
    return replace(made, data=made.data.replace_values(figures[:, 0]))


def changed(posterior: Posterior, name: str, factor: float) -> Posterior:
    """The same figures under a model that reads a parameter wrongly."""
    s = posterior.space
    return replace(
        posterior, space=Changed(s.priors, s.config, s.years, s.biases, s.bias_sds, name=name, factor=factor)
    )


def with_values(posterior: Posterior, row: str, factor: float) -> Posterior:
    """The same posterior with one figure wrong."""
    wrong = [np.log(item.value) + np.log(factor) * (item.row == row) for item in posterior.data.data]
    return replace(posterior, data=posterior.data.replace_values(np.array(wrong)))


def checked(posterior: Posterior) -> dict[str, gates.Gate]:
    """The gates that a fit has on its figures and unknowns, by the words before the colon or bracket."""
    mode, weighted = find_mode(posterior, np.zeros(posterior.space.size), most=30)
    points = smc.start_cloud(posterior, approximate(mode, weighted), 256, 3).points
    figures = posterior.log_figures(points)
    found = [
        gates.shift_gate(posterior.space.names, points),
        *gates.predictive_gates(posterior, points, figures, 1),
        gates.furthest_gate(posterior, points, figures, 1),
        gates.copies_gate(posterior.data),
    ]
    return {gate.name: gate for gate in found}


def failed(found: dict[str, gates.Gate]) -> list[str]:
    return [name for name, gate in found.items() if not gate.passed]


def test_without_a_fault_every_gate_passes(country: Posterior) -> None:
    assert failed(checked(country)) == []


def test_a_wrong_sign_in_the_farm_response_fires(country: Posterior) -> None:
    """Areas fall though coca should pay ever better: only absurdly large shocks of planting could do that."""
    assert "largest shift in prior sd (planting_shock_sd)" in failed(
        checked(changed(country, "margin_response", -1.0))
    )


def test_a_prior_on_the_wrong_scale_fires(country: Posterior) -> None:
    """A prior of the first area in acres, read as hectares."""
    found = failed(checked(changed(country, "initial_area", 2.471)))
    assert any(name.startswith("largest shift in prior sd") for name in found), found


def test_a_doubled_figure_fires(country: Posterior) -> None:
    row = "leaf_price-2006"
    assert f"no figure further out than in made records ({row})" in failed(
        checked(with_values(country, row, 2.0))
    )


def test_a_step_that_is_too_long_fires(country: Posterior) -> None:
    """Twelve steps a year are enough for the outputs of a fit; two are not."""
    points = country.space.draw(1, 0, 64)
    usual = halved_gate(country, points)
    assert usual.passed, usual
    config = replace(country.engine.config, steps_per_year=2)
    long = halved_gate(replace(country, engine=Engine(config, "float32")), points)
    assert not long.passed
    assert long.value > 3.0 * usual.value


def test_a_figure_that_stands_twice_fires(country: Posterior) -> None:
    first = country.data.data[0]
    again = replace(first, row="again", value=1.002 * first.value, bias="agency/here/coca_area")
    assert gates.copies_gate(country.data).passed
    twice = gates.copies_gate(replace(country.data, data=(*country.data.data, again)))
    assert (twice.passed, twice.value) == (False, 1.0)
    assert "(again)" in twice.name
    # other places, years and values are no copies
    for other in (
        replace(again, bias="un/there/coca_area"),
        replace(again, year=first.year + 1),
        replace(again, value=1.01 * first.value),
    ):
        assert gates.copies_gate(replace(country.data, data=(*country.data.data, other))).passed
