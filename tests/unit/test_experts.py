"""Experts' quantiles: fits, scores and pools against values worked out by hand."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest

from yupana.core.errors import DataError, UsageError
from yupana.evidence.experts import Judgements, fit_quantiles, pool_judgements, score_experts
from yupana.evidence.experts.classical import score_quantiles
from yupana.evidence.experts.pooling import pooled_quantiles

LEVELS = (0.05, 0.5, 0.95)


def said(
    *experts: Sequence[tuple[float, float, float]],
    truths: Sequence[float | None],
    scale: str = "uniform",
) -> Judgements:
    """Judgements of experts a, b, ... on questions 0, 1, ...; (expert, question, level)."""
    return Judgements(
        LEVELS,
        tuple("abcdef"[: len(experts)]),
        tuple(str(i) for i in range(len(truths))),
        tuple(tuple(rows) for rows in experts),
        tuple(truths),
        (scale,) * len(truths),
    )


def upper_tail_three(x: float) -> float:
    """P(chi-squared with three degrees of freedom > x), in closed form."""
    return math.erfc(math.sqrt(x / 2)) + math.sqrt(2 * x / math.pi) * math.exp(-x / 2)


# --- scores ----------------------------------------------------------------------------------------------


def test_calibration_is_one_where_truths_fall_as_stated() -> None:
    truths = [0.5] + [1.5] * 9 + [2.5] * 9 + [3.5]
    (score,) = score_experts(said([(1, 2, 3)] * 20, truths=truths))
    assert score.counts == (1, 9, 9, 1)
    assert score.calibration == pytest.approx(1)


def test_calibration_by_hand() -> None:
    (score,) = score_experts(said([(1, 2, 3)] * 20, truths=[1.5] * 10 + [2.5] * 10))
    # 2 * 20 * ln(0.5 / 0.45), nothing from the empty tails.
    assert score.calibration == pytest.approx(upper_tail_three(40 * math.log(0.5 / 0.45)), rel=1e-9)


def test_a_truth_on_a_quantile_belongs_below_it() -> None:
    (score,) = score_experts(said([(1, 2, 3)] * 3, truths=[1.0, 2.0, 3.0]))
    assert score.counts == (1, 1, 1, 0)


def test_information_by_hand() -> None:
    (score,) = score_experts(said([(1, 2, 3)], truths=[2.5]))
    # The range is 0.8 to 3.2: bins take 1/12, 5/12, 5/12, 1/12 of it.
    assert score.information == pytest.approx(0.1 * math.log(0.05 * 12) + 0.9 * math.log(0.45 * 12 / 5))


def test_a_truth_outside_widens_the_range() -> None:
    (score,) = score_experts(said([(1, 2, 3)], truths=[11.0]))
    # 1 to 11 with a tenth on either side: 0 to 12.
    by_hand = (
        0.05 * math.log(0.05 * 12 / 1)
        + 0.9 * math.log(0.45 * 12 / 1)
        + 0.05 * math.log(0.05 * 12 / 9)
    )  # fmt: skip
    assert score.information == pytest.approx(by_hand)


def test_units_change_nothing() -> None:
    rows = [[(1, 2, 3), (5, 9, 20), (2, 3, 9)], [(2, 4, 5), (1, 10, 30), (1, 2, 3)]]
    table = said(*rows, truths=[2.2, 6.0, None])
    scaled = replace(
        table,
        quantiles=tuple(tuple(tuple(1000 * v for v in row) for row in rows) for rows in table.quantiles),
        truths=(2200.0, 6000.0, None),
    )
    for one, other in zip(score_experts(table), score_experts(scaled), strict=True):
        assert one.calibration == pytest.approx(other.calibration, abs=1e-9)
        assert one.information == pytest.approx(other.information, abs=1e-9)
    for one, other in zip(pool_judgements(table).pools, pool_judgements(scaled).pools, strict=True):
        assert np.array(other.quantiles) == pytest.approx(1000 * np.array(one.quantiles), rel=1e-9)


# --- pools -----------------------------------------------------------------------------------------------


def test_linear_pool_by_hand() -> None:
    table = said([(1, 2, 3)], [(2, 3, 4)], truths=[None])
    low, middle, high = pooled_quantiles(table, [0.5, 0.5])[0]
    # The range is 0.7 to 4.3. At 1 the mean distribution is (0.05 + 0.05 * 0.3 / 1.3) / 2, and it rises by
    # (0.45 + 0.05 / 1.3) / 2 a unit up to 2; the other end mirrors it.
    start, slope = (0.05 + 0.05 * 0.3 / 1.3) / 2, (0.45 + 0.05 / 1.3) / 2
    assert low == pytest.approx(1 + (0.05 - start) / slope)
    assert middle == pytest.approx(2.5)
    assert high == pytest.approx(5 - low)


def test_pool_of_experts_who_agree_is_what_they_say() -> None:
    table = said([(1, 2, 9)], [(1, 2, 9)], [(1, 2, 9)], truths=[None])
    assert pool_judgements(table).equal.quantiles[0] == pytest.approx((1, 2, 9))


def test_pool_of_a_log_scale_is_the_pool_of_logarithms() -> None:
    rows = [[(1.0, 10.0, 100.0)], [(20.0, 50.0, 90.0)]]
    logs = [[tuple(math.log(v) for v in row) for row in expert] for expert in rows]
    log_pool = pool_judgements(said(*rows, truths=[None], scale="log")).equal.quantiles[0]
    plain = pool_judgements(said(*logs, truths=[None])).equal.quantiles[0]  # type: ignore[arg-type]
    assert log_pool == pytest.approx([math.exp(v) for v in plain])


def test_an_expert_whose_truths_fall_outside_loses_the_weight() -> None:
    truths = [1.5] * 5 + [2.5] * 5
    good, bad = [(1, 2, 3)] * 10 + [(1, 2, 3)], [(7, 8, 9)] * 10 + [(7, 8, 9)]
    found = pool_judgements(said(good, bad, truths=[*truths, None]))
    assert found.performance.weights == {"a": 1.0, "b": 0.0}
    assert found.performance.cutoff == pytest.approx(found.scores[0].calibration)
    assert found.performance.quantiles[-1] == pytest.approx((1, 2, 3))
    assert found.equal.weights == {"a": 0.5, "b": 0.5}
    assert found.equal.quantiles[-1][2] > 8


def test_weights_are_calibration_times_information() -> None:
    truths = [1.5] * 4 + [2.5] * 4
    near, wide = [(1, 2, 3)] * 8, [(0, 2, 4)] * 8
    found = pool_judgements(said(near, wide, truths=truths))
    products = np.array([score.calibration * score.information for score in found.scores])
    assert found.scores[0].calibration == pytest.approx(found.scores[1].calibration)
    assert list(found.performance.weights.values()) == pytest.approx(products / products.sum())
    assert found.performance.weights["a"] > found.performance.weights["b"]


def test_cutoff_is_the_best_of_all() -> None:
    rng = np.random.default_rng(5)
    truths = rng.normal(0, 1, 12)
    experts = [
        [tuple(centre + spread * np.array([-1.6, 0.0, 1.6])) for centre in truths + rng.normal(0, e, 12)]
        for e, spread in ((0.5, 0.5), (1.0, 0.5), (1.0, 1.0), (2.0, 0.4))
    ]
    table = said(*experts, truths=truths.tolist())
    found = pool_judgements(table)
    assert found.performance.score is not None
    for cutoff in (score.calibration for score in found.scores):
        raw = np.array([s.combined if s.calibration >= cutoff else 0.0 for s in found.scores])
        quantiles = pooled_quantiles(table, (raw / raw.sum()).tolist())
        assert score_quantiles(table, "", quantiles).combined <= found.performance.score.combined + 1e-12


def test_without_seed_questions_there_is_one_pool_and_a_reason() -> None:
    table = said([(1, 2, 3)], [(2, 3, 4)], truths=[None])
    found = pool_judgements(table)
    assert (found.scores, found.performance.quantiles) == ((), ())
    assert "known truth" in found.performance.reason
    assert found.equal.quantiles
    with pytest.raises(DataError, match="Y265"):
        score_experts(table)


def test_few_seed_questions_are_named() -> None:
    found = pool_judgements(said([(1, 2, 3)], truths=[2.5]))
    assert "only 1 seed" in found.performance.reason


# --- fits ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("family", ["normal", "lognormal", "gamma", "beta"])
def test_two_quantiles_are_met(family: str) -> None:
    found = fit_quantiles((0.1, 0.9), (0.2, 0.5), family)
    assert found.reached == pytest.approx((0.2, 0.5), rel=1e-5)
    assert found.misfit < 1e-6


@pytest.mark.parametrize(
    ("family", "parameters"),
    [
        ("normal", {"mean": 3.0, "sd": 2.0}),
        ("lognormal", {"mean": 1.0, "sd": 0.7}),
        ("gamma", {"shape": 3.0, "scale": 2.0}),
        ("beta", {"a": 2.0, "b": 5.0}),
    ],
)
def test_own_quantiles_give_back_the_parameters(family: str, parameters: dict[str, float]) -> None:
    from scipy import stats

    first, second = parameters.values()
    exact = {
        "normal": stats.norm(first, second),
        "lognormal": stats.lognorm(second, scale=math.exp(first)),
        "gamma": stats.gamma(first, scale=second),
        "beta": stats.beta(first, second),
    }[family]
    found = fit_quantiles(LEVELS, exact.ppf(LEVELS).tolist(), family)
    assert found.parameters == pytest.approx(parameters, rel=1e-5)


def test_misfit_is_reported() -> None:
    found = fit_quantiles(LEVELS, (0.0, 1.0, 50.0), "normal")
    assert not found.close
    assert found.misfit > 0.1


# --- refusals --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("code", "rows", "truths", "scale"),
    [
        ("Y263", [[(2, 1, 3)]], [None], "uniform"),
        ("Y263", [[(1, 1, 3)]], [None], "uniform"),
        ("Y264", [[(1, float("nan"), 3)]], [None], "uniform"),
        ("Y264", [[(1, 3)]], [None], "uniform"),
        ("Y266", [[(1, 2, 3)], []], [None], "uniform"),
        ("Y266", [[(-1, 2, 3)]], [None], "log"),
        ("Y266", [[(1, 2, 3)]], [-1.0], "log"),
        ("Y266", [[(1, 2, 3)]], [None], "linear"),
        ("Y266", [], [None], "uniform"),
        ("Y266", [[(1, 2, 3)]], [float("inf")], "uniform"),
    ],
)
def test_bad_judgements(code: str, rows: list, truths: list, scale: str) -> None:
    with pytest.raises(DataError, match=code):
        said(*rows, truths=truths, scale=scale)


def test_bad_fits() -> None:
    with pytest.raises(UsageError, match="Y102"):
        fit_quantiles(LEVELS, (1, 2, 3), "betta")
    with pytest.raises(DataError, match="Y266"):
        fit_quantiles(LEVELS, (-1, 2, 3), "lognormal")
    with pytest.raises(DataError, match="Y266"):
        fit_quantiles(LEVELS, (0.2, 0.4, 1.2), "beta")
    with pytest.raises(DataError, match="Y263"):
        fit_quantiles(LEVELS, (3, 2, 1), "normal")


def test_bad_weights() -> None:
    with pytest.raises(DataError, match="Y266"):
        pooled_quantiles(said([(1, 2, 3)], truths=[None]), [0.5])
