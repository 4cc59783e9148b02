"""Building blocks: what must hold for any argument, by search; and limits known in closed form."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from yupana.model import numerics

STEPS = st.sampled_from([1.0 / 12.0, 1.0 / 24.0, 1.0 / 365.0, 0.25, 1.0])
STOCKS = st.floats(1e-9, 1e9)
RATES = st.floats(0.0, 1e4)
QUICK = settings(max_examples=200, deadline=None, derandomize=True)
EPS = 8 * np.finfo(float).eps


@QUICK
@given(STOCKS, st.lists(RATES, min_size=1, max_size=5), STEPS)
def test_exits_are_positive_and_never_more_than_the_stock(stock, hazards, step):
    out = numerics.exits(np.float64(stock), [np.float64(h) for h in hazards], step)
    assert all(amount >= 0.0 for amount in out)
    assert sum(out) <= stock * (1.0 + EPS)
    # the series of small hazards leaves out less than h^8/9! of itself, and the quotient a rounding over h
    assert np.isclose(sum(out), stock * -np.expm1(-step * sum(hazards)), rtol=1e-12, atol=0.0)


@QUICK
@given(STOCKS, st.lists(st.floats(1e-6, 1e3), min_size=2, max_size=4), STEPS)
def test_competing_exits_share_in_proportion_to_their_hazards(stock, hazards, step):
    out = np.array(numerics.exits(np.float64(stock), [np.float64(h) for h in hazards], step))
    assert np.allclose(out / out.sum(), np.array(hazards) / sum(hazards), rtol=1e-12)


@QUICK
@given(STOCKS, st.floats(1e-6, 50.0), st.floats(1e-6, 50.0), STEPS, st.integers(2, 12))
def test_exits_of_many_short_steps_add_up_to_those_of_a_long_one(stock, first, second, step, parts):
    whole = numerics.exits(np.float64(stock), [first, second], step)
    left, taken = np.float64(stock), np.zeros(2)
    for _ in range(parts):
        out = np.array(numerics.exits(left, [first, second], step / parts))
        left, taken = left - out.sum(), taken + out
    assert np.allclose(taken, whole, rtol=1e-9)


@QUICK
@given(st.floats(0.0, 50.0))
def test_decay_factor_is_the_mean_of_the_exponential(hazard):
    phi = numerics.decay_factor(np.float64(hazard))
    assert 0.0 < phi <= 1.0
    expected = -np.expm1(-hazard) / hazard if hazard > 0.0 else 1.0
    assert np.isclose(phi, expected, rtol=1e-13)


def test_decay_factor_has_no_seam_where_the_series_ends():
    around = 1e-3 + np.linspace(-1e-9, 1e-9, 41)
    slopes = np.diff(numerics.decay_factor(around)) / np.diff(around)
    assert np.all(np.abs(slopes + 0.5) < 1e-2)


@QUICK
@given(STOCKS, st.floats(1e-6, 0.9), st.floats(0.0, 0.9), STEPS)
def test_demand_hazard_delivers_the_demand_while_the_stock_lasts(stock, share, rest, step):
    # other exits alone would take `rest`, so together with a demand of `share` the stock still lasts
    other = -np.log1p(-rest) / step
    amount = stock * share * (1.0 - rest) * 0.5
    hazard = numerics.demand_hazard(np.float64(stock), amount, other, step)
    delivered = numerics.exits(np.float64(stock), [hazard, np.float64(other)], step)[0]
    # the ratio d/x over phi(D h_other + d/x) is the first turn of the fixed point; it errs upwards, never
    # by more than the share of the stock that all exits take
    assert amount * 0.5 <= delivered <= stock * (1.0 + EPS)


@QUICK
@given(STOCKS, st.floats(1e-4, 1e4), STEPS)
def test_demand_hazard_is_bounded_however_large_the_demand(stock, multiple, step):
    hazard = numerics.demand_hazard(np.float64(stock), stock * multiple, 1.0, step)
    assert np.isfinite(hazard)
    assert hazard > 0.0
    delivered = numerics.exits(np.float64(stock), [hazard, np.float64(1.0)], step)[0]
    assert 0.0 < delivered <= stock * (1.0 + EPS)


@QUICK
@given(st.floats(1e-6, 1e6), st.floats(1e-4, 1e3), STEPS)
def test_standing_stock_loses_what_flows_in(inflow, hazard, step):
    stock = numerics.standing_stock(np.float64(inflow), np.float64(hazard), step)
    assert np.isclose(numerics.exits(stock, [np.float64(hazard)], step)[0], inflow * step, rtol=1e-10)


@QUICK
@given(st.floats(-1e6, 1e6), st.floats(1e-3, 1e3))
def test_softfloor_is_positive_above_its_argument_and_close_to_it(x, scale):
    value = numerics.softfloor(np.float64(x), scale)
    assert value >= max(x, 0.0) - EPS * abs(x)
    assert value - max(x, 0.0) <= scale * np.log(2.0) * (1.0 + 1e-9) + EPS * abs(x)


@QUICK
@given(st.floats(0.0, 1e6), st.floats(1e-3, 10.0))
def test_soft_minimum_never_passes_its_cap(x, cap):
    value = numerics.soft_minimum(np.float64(x), cap)
    assert 0.0 <= value <= min(x, cap) * (1.0 + 1e-12)
    if x < 0.5 * cap:
        assert np.isclose(value, x, rtol=5e-4)


@QUICK
@given(st.floats(-1e3, 1e3))
def test_positive_part_is_close_to_the_maximum(x):
    value = numerics.positive_part(np.float64(x))
    assert value >= 0.0
    assert abs(value - max(x, 0.0)) <= 0.5e-3 * (1.0 + 1e-9)


@QUICK
@given(st.floats(-700.0, 700.0))
def test_sigmoid_stays_between_zero_and_one_and_logit_undoes_it(x):
    share = numerics.sigmoid(np.float64(x))
    assert 0.0 <= share <= 1.0
    if abs(x) < 15.0:
        assert np.isclose(numerics.logit(share), x, rtol=1e-6, atol=1e-9)


@QUICK
@given(st.floats(-1e3, 1e3), st.floats(-1e3, 1e3), st.floats(0.0, 100.0), st.integers(1, 12))
def test_relax_is_exact_for_a_constant_target_whatever_the_step(value, target, rate, parts):
    one = numerics.relax(np.float64(value), np.float64(target), rate, 1.0)
    many = np.float64(value)
    for _ in range(parts):
        many = numerics.relax(many, np.float64(target), rate, 1.0 / parts)
    assert np.isclose(one, many, rtol=1e-9, atol=1e-9)
    assert min(value, target) - 1e-9 <= one <= max(value, target) + 1e-9


@QUICK
@given(st.integers(1, 6), st.integers(0, 10_000))
def test_solve_linear_agrees_with_the_library_on_gross_substitutes(size, seed):
    rng = np.random.default_rng(seed)
    matrix = -rng.uniform(0.0, 1.0, (size, size, 3))
    matrix[np.arange(size), np.arange(size)] = -matrix.sum(1) + rng.uniform(2.0, 3.0, (size, 3))
    right = rng.normal(size=(size, 3))
    got = np.array(numerics.solve_linear([list(row) for row in matrix], list(right)))
    expected = np.linalg.solve(matrix.transpose(2, 0, 1), right.T[..., None])[..., 0].T
    assert np.allclose(got, expected, rtol=1e-9, atol=1e-12)
