"""The gradient of the log posterior, year by year, on a stand-in of two lines.

The real model takes minutes to differentiate (``benchmarks/fit_gradient.py`` does so); here a model of two
lines with the same doors stands in.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import pytest

from yupana.fit import gradient
from yupana.fit.build import build_posterior
from yupana.fit.posterior import FAILED
from yupana.model import VARIABLES, codes, engine
from yupana.model.engine import enable_double
from yupana.study import load

STEP = 1e-4


@pytest.fixture(scope="module")
def posterior():
    study = load("exampleland", until=2001)
    return build_posterior(study.pack, study.config, study.priors, 2001, "float64")


class _Start(NamedTuple):
    level: Any


def _reference(config, p, drivers):
    """Everything that the stand-in keeps: a level from two parameters, both as `fixed` and as the state."""
    level = p["supply_smoothing_time"] + 0.1 * p["retail_markup"].sum(0)
    return _Start(level), _Start(0.5 * level)


def _year(config, monthly, p, fixed, state, drivers, policy, noise, tolerance):
    shocks = noise.planting - 0.5 * noise.demand + 0.3 * noise.corridor + 0.2 * noise.eradication
    level = state.level + 0.1 * fixed.level + 0.1 * shocks + 0.05 * noise.rival_area.sum(0)
    level = level * (1.0 + 0.1 * p["supply_smoothing_time"])
    values = {}
    for variable in VARIABLES:
        size = config.dims[variable.over] if variable.over else None
        rows = level if size is None else np.arange(1.0, len(size) + 1.0)[:, None] * level
        values[variable.key] = 1.0 + rows**2
    return _Start(level), values, (0 * level).astype("int32"), None


def _rows(config, keys, *inputs):
    """The stand-in as gradients are taken of it."""
    state, values, _, _ = _year(config, False, *inputs, 0.0)
    return state, enable_double().numpy.concatenate(
        [values[key].reshape(-1, values[key].shape[-1]) for key in keys]
    )


@pytest.fixture
def small_model(monkeypatch):
    monkeypatch.setattr(gradient, "reported_year", _rows)
    for module in (engine, gradient):
        monkeypatch.setattr(module, "run_year", _year)
        monkeypatch.setattr(module, "build_reference", _reference)
    for cache in (engine._compiled, gradient._programs):
        cache.cache_clear()
    yield
    for cache in (engine._compiled, gradient._programs):
        cache.cache_clear()


def test_the_gradient_is_the_slope_of_the_log_posterior(posterior, small_model) -> None:
    """In random directions of all unknowns, and along every shock and bias and many parameters alone."""
    space = posterior.space
    z = 0.3 * space.draw(1, 0, 34)  # more than one block of columns
    ways = np.concatenate(
        [np.random.default_rng(2).normal(size=(space.size, 20)), np.eye(space.size)], axis=1
    )

    def log_posterior(points):
        return posterior.log_likelihood(points, posterior.log_figures(points)) + posterior.log_prior(points)

    value, slope = gradient.value_and_gradient(posterior, z)
    assert value == pytest.approx(log_posterior(z), abs=1e-9)
    for column in (0, 33):
        at = z[:, column, None]
        moved = [log_posterior(at + times * STEP * ways) for times in (1, -1, 2, -2)]
        differences = (8.0 * (moved[0] - moved[1]) - (moved[2] - moved[3])) / (12.0 * STEP)
        assert ways.T @ slope[:, column] == pytest.approx(differences, rel=1e-5, abs=1e-6)


def test_a_failed_run_has_the_value_of_one_and_no_slope(posterior, small_model, monkeypatch) -> None:
    def broken(*inputs):
        state, values, code, months = _year(*inputs)
        return state, values, code + codes.NOT_FINITE, months

    monkeypatch.setattr(gradient, "run_year", broken)
    value, slope = gradient.value_and_gradient(posterior, posterior.space.draw(1, 0, 4))
    assert (value == FAILED).all()
    assert (slope == 0.0).all()


def test_single_precision_is_refused(posterior) -> None:
    from dataclasses import replace

    from yupana.model import Engine

    with pytest.raises(ValueError, match="double precision"):
        gradient.Gradient(replace(posterior, engine=Engine(posterior.engine.config, "float32")))
