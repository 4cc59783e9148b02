"""The compiled engine against the same source on NumPy; what compiles and what does not; saved states."""

from __future__ import annotations

import numpy as np
import pytest

from yupana.model import Engine, build_drivers, compile_policy, lever_names
from yupana.model.engine import BLOCK
from yupana.model.noise import draw_noise

COUNT = BLOCK  # the shape that runs and the benchmark compile: one program serves all of them


@pytest.fixture(scope="module")
def inputs(peru):
    def make(end, settings=None):
        drivers = build_drivers(peru.pack, peru.config, 2000, end)
        return (
            drivers,
            compile_policy(peru.config, drivers, settings or {}),
            draw_noise(peru.config, 3, 0, COUNT, 2000, end),
        )

    return make


def test_compiled_double_agrees_with_numpy(peru, inputs):
    params = peru.priors.draw(3, 0, COUNT, "float64")
    given = inputs(2006)
    compiled = Engine(peru.config, "float64").run(params, *given)
    plain = Engine(peru.config, "float64", backend="numpy").run(params, *given)
    for key, value in plain.yearly.items():
        if key != "clearing_gap":  # a residual: its digits are rounding
            scale = np.abs(value).max() + 1e-9
            assert np.max(np.abs(compiled.yearly[key] - value)) < 1e-8 * scale, key


def test_single_precision_stays_close_and_separate(peru, inputs):
    params = peru.priors.draw(3, 0, COUNT, "float64")
    given = inputs(2006)
    single = Engine(peru.config, "float32").run(params, *given)
    double = Engine(peru.config, "float64").run(params, *given)
    assert single.yearly["coca_area"].dtype == np.float32
    assert double.yearly["coca_area"].dtype == np.float64
    for key in ("coca_area", "cocaine_output", "leaf_price", "cocaine_exports", "retail_price[market]"):
        assert np.allclose(single.yearly[key], double.yearly[key], rtol=2e-3), key


def test_no_lever_and_no_end_year_compiles_anything(peru, inputs):
    params = peru.priors.draw(3, 0, COUNT, "float32")
    engine = Engine(peru.config, "float32")
    engine.run(params, *inputs(2002))
    before = engine.compilations
    for end, settings in [
        (2001, {}),
        (2010, {}),
        (2004, {"eradication": {2001: ("absolute", 20000.0)}}),
        *((2001, {lever: {2001: ("multiple", 2.0)}}) for lever in lever_names(peru.config)),
        (2003, {"pardons": {2001: ("absolute", 3000.0)}, "support_announced": {2001: ("absolute", 0.5)}}),
        (2003, {"demand[brazil]": {2002: ("multiple", 0.5)}}),
        (
            2003,
            {
                "rules": {
                    "interdiction_sea": {"signal": "coca_area", "threshold": 5e4, "width": 1e3, "gain": 2.0}
                }
            },
        ),
    ]:
        engine.run(params, *inputs(end, settings))
    assert engine.compilations == before > 0


def test_a_run_goes_on_from_a_saved_state(peru, inputs):
    params = peru.priors.draw(3, 0, COUNT, "float64")
    engine = Engine(peru.config, "float64", backend="numpy")
    drivers, policy, noise = inputs(2006)
    whole = engine.run(params, drivers, policy, noise)
    first = engine.run(params, *inputs(2003))
    late = build_drivers(peru.pack, peru.config, 2004, 2006)
    rest = engine.run(
        params,
        late,
        compile_policy(peru.config, late, {}),
        draw_noise(peru.config, 3, 0, COUNT, 2004, 2006),
        state=first.state,
        reference=drivers,
    )
    for key in whole.yearly:
        assert np.array_equal(whole.yearly[key][4:], rest.yearly[key]), key


def test_rules_react_and_gain_zero_is_no_rule(peru, inputs):
    params = peru.priors.draw(3, 0, COUNT, "float64")
    engine = Engine(peru.config, "float64", backend="numpy")
    rule = {"signal": "coca_area", "threshold": 4e4, "width": 1e3, "gain": 0.0}
    base = engine.run(params, *inputs(2006)).yearly["coca_area"]
    idle = engine.run(params, *inputs(2006, {"rules": {"eradication": rule}})).yearly["coca_area"]
    active = engine.run(params, *inputs(2006, {"rules": {"eradication": {**rule, "gain": 2.0}}})).yearly[
        "coca_area"
    ]
    assert np.array_equal(base, idle)
    # in the first years: after six, replanting at a dearer leaf has made up for it in one draw in six
    assert np.all(active[:2] < base[:2])


def test_halved_and_monthly_reports_add_up(peru, inputs):
    params = peru.priors.draw(3, 0, COUNT, "float64")
    block = Engine(peru.config, "float64", monthly=True, backend="numpy").run(params, *inputs(2002))
    assert block.monthly is not None
    months = block.monthly["leaf_output"].reshape(3, 12, COUNT)
    assert np.allclose(months.sum(1), block.yearly["leaf_output"])
    assert np.allclose(block.monthly["coca_area"][11::12], block.yearly["coca_area"])
    assert np.allclose(block.monthly["leaf_price"].reshape(3, 12, COUNT).mean(1), block.yearly["leaf_price"])
