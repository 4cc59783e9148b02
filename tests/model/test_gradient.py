"""Exact derivatives of total exports against differences, for every parameter; and why some have none."""

from __future__ import annotations

import numpy as np
import pytest

from yupana.model import Engine, compile_policy
from yupana.model.engine import enable_double, simulate
from yupana.model.noise import draw_noise

END = 2005
STEP = 1e-3

# Parameters that total exports do not depend on, and why.
_READ_BY_NOBODY = "reported, and no decision reads it"
_UNPAID = "what policies cost binds only where one asks for more than the baseline"
WITHOUT_GRADIENT = {
    "hired_labour_share": "divides the cost of work into paid and own, decides nothing",
    "light_users": "use at home is anchored to what that market gets at the start: the number scales out",
    "prison_places": "crowding counts relative to the start: the number scales out",
    "firm_size": "members follow earnings relative to the start: the number scales out",
    "exporter_size": "members follow earnings relative to the start: the number scales out",
    "buyer_weight": "says where foreign buyers come from; their number decides",
    "buyer_affinity": "says where foreign buyers come from; their number decides",
    "buyer_adjustment_time": "says where foreign buyers come from; their number decides",
    "recording_share": _READ_BY_NOBODY,
    "explain_underrecording": _READ_BY_NOBODY,
    "extortion_income": _READ_BY_NOBODY,
    "gold_pay_share": "divides the price of gold between diggers and owners",
    "gold_input_share": "divides the price of gold between owners and inputs",
    "mining_forest": _READ_BY_NOBODY,
    "coca_forest_share": _READ_BY_NOBODY,
    "timber_productivity": _READ_BY_NOBODY,
    "timber_illegal_share": _READ_BY_NOBODY,
    "timber_price": _READ_BY_NOBODY,
    "timber_pay_share": _READ_BY_NOBODY,
    "timber_input_share": _READ_BY_NOBODY,
    "account_initial": "an account only",
    "account_income_elasticity": "an account only",
    "account_trend": "an account only",
    "security_budget": _UNPAID,
    "discretionary_share": _UNPAID,
    "eradication_cost": _UNPAID,
    "policy_cost": _UNPAID,
}
PLACES_WITHOUT_GRADIENT = {
    ("exit_weight_hydrochloride", "domestic"): "the only way to the home market, so its weight cancels",
    ("exit_weight_base", "domestic"): "the only way to the home market, so its weight cancels",
    ("exit_weight_base", "sea_container"): "carries no base",
    ("exit_weight_base", "sea_other"): "carries no base",
    ("exit_weight_base", "air_passenger"): "carries no base",
    ("habit_elasticity", "home"): "users at home are counted one by one instead of by habit",
}


@pytest.mark.slow
def test_gradient_of_exports(peru):
    jax = enable_double()
    jnp = jax.numpy
    config, drivers = peru.config, peru.drivers(END)
    engine = Engine(config, "float64")
    policy, noise = compile_policy(config, drivers, {}), draw_noise(config, 1, 3, 1, 2000, END)
    params = peru.priors.draw(1, 3, 1, "float64")
    d, pol, eps = (jax.tree.map(jnp.asarray, engine._cast(record)) for record in (drivers, policy, noise))

    def exports(p):
        return simulate(config, p, d, pol, eps)["cocaine_exports"].sum()

    total, gradient = jax.jit(jax.value_and_grad(exports))({k: jnp.asarray(v) for k, v in params.items()})
    names = [(name, index) for name in params for index in np.ndindex(params[name].shape[:-1])]
    estimate = _differences(peru, params, names, drivers, policy, noise)
    silent = set()
    for (name, index), difference in zip(names, estimate, strict=True):
        exact = float(np.asarray(gradient[name])[(*index, 0)])
        size = abs(float(total) / params[name][(*index, 0)])
        assert abs(exact - difference) < 1e-5 * max(abs(exact), 1e-6 * size), (name, index, exact, difference)
        if abs(exact) < 1e-13 * size:
            silent.add((name, index))
    assert silent == _expected(peru, names)


def _differences(peru, params, names, drivers, policy, noise):
    """Return fourth-order central differences, all perturbations as columns of one NumPy run."""
    shifts = [(name, index, multiple) for name, index in names for multiple in (1, -1, 2, -2)]
    columns = {name: np.repeat(value, len(shifts), axis=-1) for name, value in params.items()}
    sizes = {}
    for column, (name, index, multiple) in enumerate(shifts):
        sizes[name, index] = STEP * max(abs(params[name][(*index, 0)]), 1e-3)
        columns[name][(*index, column)] += multiple * sizes[name, index]
    wide = type(noise)(*(np.repeat(leaf, len(shifts), axis=-1) for leaf in noise))
    block = Engine(peru.config, "float64", backend="numpy").run(columns, drivers, policy, wide)
    totals = block.yearly["cocaine_exports"].sum(0).reshape(-1, 4)
    return [
        (8 * (a - b) - (c - d)) / (12 * sizes[key]) for key, (a, b, c, d) in zip(names, totals, strict=True)
    ]


def _expected(peru, names):
    dims = {prior.name: prior.over for prior in peru.priors.priors}
    out = set()
    for name, index in names:
        place = tuple(peru.config.dims[d][i] for d, i in zip(dims[name], index, strict=True))
        if name in WITHOUT_GRADIENT or (place and (name, place[0]) in PLACES_WITHOUT_GRADIENT):
            out.add((name, index))
    return out
