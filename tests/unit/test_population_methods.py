"""Methods for hidden populations: values worked out by hand, and refusals with a reason."""

from __future__ import annotations

import math

import numpy as np
import pytest

from yupana.core.errors import DataError
from yupana.evidence.populations import CaptureTable
from yupana.evidence.populations.bounds import interval_above, interval_of_positive
from yupana.evidence.populations.coverage import chao_lee, coverage_rows, sample_coverage
from yupana.evidence.populations.decomposable import Graph, average_graphs, decomposable_graphs
from yupana.evidence.populations.latent import LEAST_EFFECTIVE, fit_latent_classes
from yupana.evidence.populations.recruitment import rds_ii, successive_sampling, successive_weights
from yupana.evidence.populations.single import ESTIMATORS, check_frequencies, estimate_all
from yupana.evidence.populations.survey import generalised_scale_up, multiplier, scale_up

EVEN = dict.fromkeys(("111", "110", "101", "011", "100", "010", "001"), 27)
TWO = CaptureTable.from_patterns({"11": 10, "10": 40, "01": 90})


# --- one list --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("frequencies", "empty"),
    [
        ({1: 10}, {*ESTIMATORS, "chao-lee"}),
        ({1: 10, 2: 3}, {"one-inflated"}),
        ({1: 10, 3: 3}, {"chao", "zelterman"}),
        ({2: 10, 3: 3}, {"zelterman"}),
    ],
)
def test_estimators_without_an_answer_say_why(frequencies: dict[int, int], empty: set[str]) -> None:
    rows = estimate_all(frequencies)
    assert len(rows) == len(ESTIMATORS) + 1
    assert {row.method for row in rows if row.n_hat is None} == empty
    assert all(row.reason for row in rows if row.n_hat is None)
    assert all(math.isfinite(row.n_hat) for row in rows if row.n_hat is not None)


@pytest.mark.parametrize(
    ("frequencies", "code"),
    [
        ({0: 5, 1: 3}, "Y232"),
        ({-1: 5}, "Y232"),
        ({1.5: 5}, "Y232"),
        ({1: -3}, "Y232"),
        ({1: 2.5}, "Y232"),
        ({1: 0}, "Y236"),
        ({}, "Y236"),
    ],
)
def test_frequencies_that_cannot_be(frequencies: dict, code: str) -> None:
    with pytest.raises(DataError, match=code):
        check_frequencies(frequencies)


def test_one_inflation_is_not_negative() -> None:
    # 100 people of a Poisson with far fewer ones than it should have.
    names = ("truncated-poisson", "one-inflated")
    plain, inflated = (ESTIMATORS[name]({1: 10, 2: 60, 3: 30}) for name in names)
    assert inflated.n_hat == plain.n_hat
    assert inflated.parameters["inflation"] == 0
    assert "zero-truncated" in inflated.note


def test_one_inflated_rate_solves_its_equation() -> None:
    found = ESTIMATORS["one-inflated"]({1: 500, 2: 60, 3: 30, 4: 10})
    rate = found.parameters["rate"]
    mean = (2 * 60 + 3 * 30 + 4 * 10) / 100
    assert rate * (1 - math.exp(-rate)) / (1 - math.exp(-rate) * (1 + rate)) == pytest.approx(mean)
    assert found.n_hat == pytest.approx(600 / (1 - math.exp(-rate)))


def test_intervals_by_hand() -> None:
    low, high = interval_above(100, 300, 100)
    factor = math.exp(1.959964 * math.sqrt(math.log(1.25)))
    assert (low, high) == pytest.approx((100 + 200 / factor, 100 + 200 * factor), rel=1e-6)
    assert interval_above(100, 100, 5) == (100, 100)
    assert interval_of_positive(100, 0) == (100, 100)


# --- sample coverage -------------------------------------------------------------------------------------


def test_two_lists_give_petersens_estimate() -> None:
    found = sample_coverage(TWO)
    assert found.independent == pytest.approx(50 * 100 / 10)
    assert found.coverage == pytest.approx(1 - (40 / 50 + 90 / 100) / 2)
    (row,) = coverage_rows(TWO)
    assert row.low < 500 < row.high


def test_independent_lists_need_no_correction() -> None:
    # Of 216 people each list sees a half: 27 for every pattern, the unseen one too.
    found = sample_coverage(CaptureTable.from_patterns(EVEN))
    assert (found.independent, found.low_coverage, found.high_coverage) == pytest.approx((216, 216, 216))


def test_no_overlap_has_no_coverage() -> None:
    (row,) = coverage_rows(CaptureTable.from_patterns({"10": 4, "01": 9}))
    assert row.n_hat is None
    assert "coverage is zero" in row.reason


def test_chao_lee_by_hand() -> None:
    row = chao_lee({1: 60, 2: 20, 4: 5})
    coverage, sightings = 1 - 60 / 120, 120
    even = 85 / coverage
    spread = even * (2 * 20 + 12 * 5) / (sightings * (sightings - 1)) - 1
    assert spread > 0
    assert row.n_hat == pytest.approx(even + sightings * (1 - coverage) / coverage * spread)
    assert chao_lee({1: 5}).n_hat is None


# --- graphs ----------------------------------------------------------------------------------------------


def test_number_of_decomposable_graphs() -> None:
    assert [len(decomposable_graphs(lists)) for lists in range(1, 6)] == [1, 2, 8, 61, 822]


def test_a_path_has_its_middle_as_separator() -> None:
    path = next(g for g in decomposable_graphs(3) if g.edges == (0b011, 0b110))
    assert path == Graph((0b011, 0b110), (0b011, 0b110), (0b010,))


def test_cliques_and_separators_count_every_list_once() -> None:
    for graph in decomposable_graphs(5):
        for k in range(5):
            cliques, cuts = (sum(m >> k & 1 for m in masks) for masks in (graph.cliques, graph.separators))
            assert cliques - cuts == 1


def test_two_lists_against_a_sum_by_hand() -> None:
    """Independence and dependence of two lists, each cell's Dirichlet weight 1, unseen 1 to 50."""
    from math import lgamma

    a, b, c = 10, 40, 90
    scores: dict[tuple[str, int], float] = {}
    for x in range(1, 51):
        size = a + b + c + x
        base = lgamma(size + 1) - lgamma(x + 1) - math.log(size)
        joint = lgamma(4) - lgamma(4 + size) + sum(lgamma(1 + n) for n in (a, b, c, x))
        first = lgamma(4) - lgamma(4 + size) + lgamma(2 + a + b) + lgamma(2 + c + x) - 2 * lgamma(2)
        second = lgamma(4) - lgamma(4 + size) + lgamma(2 + a + c) + lgamma(2 + b + x) - 2 * lgamma(2)
        scores["[L1:L2]", x] = base + joint
        scores["[L1,L2]", x] = base + first + second
    top = max(scores.values())
    weights = {key: math.exp(value - top) for key, value in scores.items()}
    total = sum(weights.values())
    found = average_graphs(TWO, delta=1, most=50)
    for name in ("[L1:L2]", "[L1,L2]"):
        by_hand = sum(w for (graph, _), w in weights.items() if graph == name) / total
        assert found.weights[name] == pytest.approx(by_hand, abs=1e-9)
    mean = 140 + sum(x * w for (_, x), w in weights.items()) / total
    assert found.mean == pytest.approx(mean, rel=1e-9)


def test_a_range_too_short_gives_no_number() -> None:
    row = average_graphs(TWO, delta=1, most=50).specification()
    assert row.n_hat is None
    assert "largest number" in row.reason


def test_long_ranges_are_summed_by_points(monkeypatch: pytest.MonkeyPatch) -> None:
    table = CaptureTable.from_patterns({"11": 100, "10": 1400, "01": 2900})
    exact = average_graphs(table, delta=1, most=59_000)
    monkeypatch.setattr("yupana.evidence.populations.decomposable.EACH", 50_000)
    points = average_graphs(table, delta=1, most=59_000)
    assert len(points.unseen) < 6000
    assert points.mean == pytest.approx(exact.mean, rel=1e-6)
    assert points.weights == pytest.approx(exact.weights, rel=1e-6)
    for probability in (0.025, 0.5, 0.975):
        assert points.quantile(probability) == pytest.approx(exact.quantile(probability), rel=1e-3)


def test_graphs_refuse() -> None:
    six = CaptureTable.from_patterns({"111111": 3, "100000": 9})
    with pytest.raises(DataError, match="Y231"):
        average_graphs(six)
    with pytest.raises(DataError, match="Y232"):
        average_graphs(TWO, delta=0)
    with pytest.raises(DataError, match="Y232"):
        average_graphs(TWO, most=0)


# --- latent classes --------------------------------------------------------------------------------------


def test_latent_classes_refuse_two_lists() -> None:
    with pytest.raises(DataError, match="Y231"):
        fit_latent_classes(TWO)
    with pytest.raises(DataError, match="Y232"):
        fit_latent_classes(CaptureTable.from_patterns({"111": 3, "100": 9}), chains=1)


def test_gate_holds_back_too_few_draws() -> None:
    table = CaptureTable.from_patterns(EVEN)
    found = fit_latent_classes(table, draws=20, warmup=5, thin=1)
    assert found.effective < LEAST_EFFECTIVE
    row = found.specification()
    assert row.n_hat is None
    assert "wanted" in row.reason


def test_latent_classes_repeat() -> None:
    table = CaptureTable.from_patterns({"111": 30, "110": 30, "101": 30, "011": 30, "100": 30})
    one, other = (fit_latent_classes(table, draws=10, warmup=5, seed=4).sizes for _ in range(2))
    assert np.array_equal(one, other)


# --- surveys ---------------------------------------------------------------------------------------------


def test_rds_ii_by_hand() -> None:
    found = rds_ii([1, 0, 0], [10, 5, 2])
    assert found.share == pytest.approx(0.1 / (0.1 + 0.2 + 0.5))
    assert found.low < found.share < found.high


def test_successive_weights_add_up_to_the_population() -> None:
    ties = [1, 2, 5, 10, 40]
    for people in (5.5, 6, 50, 5e6):
        weights = successive_weights(ties, people)
        assert weights.sum() == pytest.approx(people)
        assert np.all(np.diff(weights) < 0)
    assert successive_weights(ties, 5) == pytest.approx(np.ones(5))
    large = successive_weights(ties, 5e9)
    assert large / large[0] == pytest.approx(1 / np.array(ties))


def test_a_whole_population_has_no_error() -> None:
    found = successive_sampling([1, 0, 0, 0], [9, 4, 3, 2], 4)
    assert (found.share, found.se) == (0.25, 0)


def test_all_alike_keep_the_whole_interval() -> None:
    found = rds_ii([1, 1, 1], [3, 4, 5])
    assert (found.share, found.low, found.high) == (1, 0, 1)


@pytest.mark.parametrize(
    ("trait", "ties"),
    [([1, 0], [3]), ([1, 2], [3, 4]), ([1, 0], [0, 4]), ([1], [3]), ([1, 0], [float("nan"), 2])],
)
def test_recruited_samples_that_cannot_be(trait: list[int], ties: list[float]) -> None:
    with pytest.raises(DataError, match="Y232"):
        rds_ii(trait, ties)


def test_recruiters_and_populations_that_cannot_be() -> None:
    with pytest.raises(DataError, match="Y232"):
        rds_ii([1, 0, 1], [3, 4, 5], [-1, 0, 7])
    with pytest.raises(DataError, match="chains too short"):
        rds_ii([1, 0, 1], [3, 4, 5], [-1, 0, 0])
    with pytest.raises(DataError, match="smaller than its sample"):
        successive_sampling([1, 0], [3, 4], 1)


def test_scale_up_by_hand() -> None:
    found = scale_up([[2, 3], [1, 4]], [500, 1500], [1, 0], 100_000)
    # Five ties of 2,000 are 250 of 100,000, twice; one of 500 is hidden.
    assert found.n_hat == pytest.approx(100_000 / 500)
    # Residuals 1 - 250 / 500 and -250 / 500, with n / (n - 1) = 2.
    assert found.se == pytest.approx(100_000 * math.sqrt(2 * (0.25 + 0.25)) / 500)
    weighted = scale_up([[2, 3], [1, 4]], [500, 1500], [1, 0], 100_000, [3, 1])
    assert weighted.n_hat == pytest.approx(300)


def test_generalised_scale_up_by_hand() -> None:
    found = generalised_scale_up([2, 0, 1], [100, 100, 100], [1, 3], [1, 1], 50, 300)
    assert found.n_hat == pytest.approx(300 / (300 / 50 * 2))
    mean_se = math.sqrt(2 * (1 / 4 + 1 / 4)) / 1  # of 1 and 3, weights a half each
    total_se = math.sqrt(3) * 100
    assert found.se == pytest.approx(25 * math.hypot(total_se / 300, mean_se / 2))


def test_multiplier_by_hand() -> None:
    found = multiplier(600, 0.25, 0.025, count_se=30)
    assert found.n_hat == 2400
    assert found.se == pytest.approx(2400 * math.hypot(0.1, 0.05))
    row = found.specification()
    assert row.method == "multiplier"
    assert row.low * row.high == pytest.approx(2400**2)


def test_surveys_that_cannot_be() -> None:
    for share in (0, -0.1, 1.2, float("nan")):
        with pytest.raises(DataError, match="Y232"):
            multiplier(600, share, 0.1)
    with pytest.raises(DataError, match="Y232"):
        scale_up([[1, 2], [1, 1]], [100], [0, 0], 1e6)
    with pytest.raises(DataError, match="Y232"):
        scale_up([[1], [-1]], [100], [0, 0], 1e6)
    with pytest.raises(DataError, match="nobody knows"):
        scale_up([[0], [0]], [100], [0, 1], 1e6)
    with pytest.raises(DataError, match="visible"):
        generalised_scale_up([1, 0], [1, 1], [0, 0], [1, 1], 10, 100)
    with pytest.raises(DataError, match="nobody reports"):
        generalised_scale_up([0, 0], [1, 1], [1, 0], [1, 1], 10, 100)
