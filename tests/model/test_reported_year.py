"""The year that gradients are taken of says what the engine's year says."""

from __future__ import annotations

import numpy as np
import pytest
from model_fixture import small

from yupana.fit.gradient import reported_year
from yupana.model import VARIABLES
from yupana.model.engine import _policy_year, _slice, enable_double, run_year
from yupana.model.reference import build_reference

KEYS = tuple(sorted(variable.key for variable in VARIABLES))


@pytest.mark.slow
def test_every_variable_of_a_year_is_that_of_the_engine() -> None:
    """Flows, prices, ratios and stocks; on NumPy, and on JAX without compiling."""
    country = small(1, 2, noisy=True, steps=3)
    config = country.config
    base = _slice(country.drivers, 0)
    fixed, state = build_reference(config, country.params, base)
    inputs = (base, _policy_year(country.policy({}), 0), _slice(country.noise, 0))
    end, values, _, _ = run_year(config, False, country.params, fixed, state, *inputs, 1e-10)
    jax = enable_double()
    traced = jax.tree.map(jax.numpy.asarray, (country.params, fixed, state, *inputs))
    with jax.disable_jit():
        new, rows = reported_year(config, KEYS, *traced)
    expected = np.concatenate([values[key].reshape(-1, 2) for key in KEYS])
    assert np.asarray(rows) == pytest.approx(expected, rel=1e-9, abs=1e-12)
    for one, other in zip(jax.tree.leaves(new), jax.tree.leaves(end), strict=True):
        assert np.asarray(one) == pytest.approx(np.asarray(other), rel=1e-9, abs=1e-12)
