"""Exact derivatives of total exports against differences, for every parameter, on a small country.

The whole country takes minutes to compile and is checked by hand: benchmarks/gradient.py, the same code.
"""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest
from model_fixture import Country, priors, small

from yupana.model.engine import enable_double, simulate

SCRIPT = Path(__file__).resolve().parents[2] / "benchmarks" / "gradient.py"
YEARS = 3


@pytest.fixture(scope="module")
def script() -> ModuleType:
    """The benchmark as a module; it is no part of the package."""
    spec = importlib.util.spec_from_file_location("benchmark_gradient", SCRIPT)
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # dataclasses look it up
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def country() -> Country:
    """The small country with one draw; every outside series moves, so that what answers to it counts."""
    time = np.arange(YEARS)
    flat = small(YEARS, 1, noisy=True)
    rising = ("income", "population", "exchange", "coffee", "cocoa", "output", "people", "payroll", "gold",
              "gold_dollar", "pardons")  # fmt: skip
    moved = {
        name: getattr(flat.drivers, name) * (1.0 + 0.01 * (2 + place)) ** time
        for place, name in enumerate(rising)
    }
    wide = {"eradication_log_sd": 0.1, "rival_area_log_sd": 0.1}
    return flat.with_drivers(elapsed=time, **moved, **wide)


def given(country: Country) -> tuple[Any, ...]:
    return country.config, country.params, country.drivers, country.policy({}), country.noise


@pytest.mark.slow
def test_gradient_of_exports(script: ModuleType, country: Country) -> None:
    rows = script.check(script.by_month, *given(country))
    assert {row.name for row in rows} == {prior.name for prior in priors().priors}
    worst = max(rows, key=lambda row: row.error)
    assert worst.error < script.MOST, worst
    found, expected = script.silent(rows), script.expected(country.config, rows)
    assert found == expected, sorted(found ^ expected)


def test_the_whole_program_can_be_differentiated(script: ModuleType, country: Country) -> None:
    # traced, not compiled: shapes and types of the gradient through every year and its checkpoints
    jax = enable_double()
    config, *records = given(country)
    p, d, pol, eps = script._arrays(config, *records)
    found = jax.eval_shape(jax.grad(lambda q: simulate(config, q, d, pol, eps)["cocaine_exports"].sum()), p)
    assert {name: part.shape for name, part in found.items()} == {k: v.shape for k, v in p.items()}
    assert all(part.dtype == np.float64 for part in found.values())
