"""Scores against values worked out by hand, closed forms, and what they must do on average."""

from __future__ import annotations

import numpy as np
import pytest

from yupana.fit.scores import compare, covered, crps, energy_score, log_score, mean_error, pit


def test_crps_by_hand() -> None:
    # draws 0, 1, 5 against 2: mean distance (2 + 1 + 3) / 3 = 2; pairs 1, 5, 4: mean 10/3, half of it 5/3
    assert crps(np.array([0.0, 1.0, 5.0]), np.array(2.0)) == pytest.approx(1.0 / 3.0)
    # a sample that is one number scores its distance
    assert crps(np.array([4.0, 4.0]), np.array(7.0)) == pytest.approx(3.0)


def test_crps_of_a_normal_has_its_closed_form_at_any_sample_size() -> None:
    rng = np.random.default_rng(1)
    # standard normal at 0: sigma (sqrt(2/pi) - 1/sqrt(pi))
    exact = np.sqrt(2.0 / np.pi) - 1.0 / np.sqrt(np.pi)
    for size in (3, 64):
        scores = crps(rng.standard_normal((20_000, size)), np.zeros(20_000))
        # four standard errors: one false alarm in 16,000
        assert abs(scores.mean() - exact) < 4.0 * scores.std() / np.sqrt(scores.size)


def test_crps_follows_the_unit_and_prefers_the_truth() -> None:
    rng = np.random.default_rng(2)
    y = rng.standard_normal(4000)
    right, narrow, off = (
        crps(a + b * rng.standard_normal((4000, 50)), y) for a, b in ((0, 1), (0, 0.3), (1, 1))
    )
    assert right.mean() < narrow.mean()
    assert right.mean() < off.mean()
    sample = rng.standard_normal(30)
    assert crps(1000.0 * sample, np.array(500.0)) == pytest.approx(1000.0 * crps(sample, np.array(0.5)))


def test_log_score_of_a_lognormal() -> None:
    rng = np.random.default_rng(3)
    sample = np.exp(0.5 * rng.standard_normal(40_000))
    y = np.array([1.0, 2.0])
    exact = 0.5 * (np.log(y) / 0.5) ** 2 + np.log(0.5 * np.sqrt(2.0 * np.pi)) + np.log(y)
    assert log_score(np.stack([sample, sample]), y) == pytest.approx(exact, abs=0.03)
    assert np.isfinite(log_score(sample, np.array(1e9)))


def test_pit_by_hand_and_uniform() -> None:
    assert pit(np.array([1.0, 2.0, 2.0, 3.0]), np.array(2.0), np.array(0.5)) == pytest.approx((1 + 1.5) / 5)
    assert pit(np.array([1.0, 2.0]), np.array(9.0), np.array(0.5)) == pytest.approx(2.5 / 3)
    rng = np.random.default_rng(4)
    ranks = pit(
        rng.standard_normal((9000, 9)), rng.standard_normal(9000), rng.random(9000).astype(np.float64)
    )
    counts = np.histogram(ranks, 10, (0, 1))[0]
    assert ((counts - 900) ** 2 / 900).sum() < 27.9  # chi-square of 9 degrees, one false alarm in 1000


def test_coverage_by_hand() -> None:
    sample = np.arange(101.0)
    assert covered(np.stack([sample] * 4), np.array([5.0, 4.9, 95.0, 50.0]), 0.9).tolist() == [
        True,
        False,
        True,
        True,
    ]
    assert not covered(sample, np.array(20.0), 0.5)


def test_energy_score_of_one_figure_is_crps() -> None:
    sample = np.array([[0.0, 1.0, 5.0]])
    assert energy_score(sample, np.array([2.0])) == pytest.approx(float(crps(sample[0], np.array(2.0))))
    # two figures: all draws at distance 5 (3-4-5) from the figure and at one point
    assert energy_score(np.array([[3.0, 3.0], [4.0, 4.0]]), np.zeros(2)) == pytest.approx(5.0)


def test_error_of_a_mean_by_hand() -> None:
    # 1, 2, 6 in three years: blocks of one; 1/(n-1) times mean square 14/3 is 7/3
    assert mean_error(np.array([1.0, 2.0, 6.0]), np.array([1, 2, 3])) == pytest.approx(np.sqrt(7.0 / 3.0))
    # two cases of one year count once: as the mean of that year
    assert mean_error(np.array([1.0, 1.0, 3.0, 3.0]), np.array([1, 1, 2, 2])) == pytest.approx(1.0)
    assert np.isnan(mean_error(np.array([1.0, 2.0]), np.array([5, 5])))


def test_error_of_a_mean_is_honest_for_independent_and_dependent_years() -> None:
    rng = np.random.default_rng(5)
    years = np.arange(8)
    white = rng.standard_normal((4000, 8))
    found = np.array([mean_error(row, years) for row in white])
    assert np.sqrt((found**2).mean()) >= 1.0 / np.sqrt(8.0) * 0.97  # never smaller than the truth
    assert np.sqrt((found**2).mean()) < 1.35 / np.sqrt(8.0)
    joined = (white + np.roll(white, 1, 1)) / np.sqrt(2.0)
    more = np.array([mean_error(row, years) for row in joined])
    # neighbouring years alike, by 1/2: blocks of two expect (3/4 - 1/4) / 3, single years (1 - 1/4) / 7
    assert (more**2).mean() > 1.4 * (joined.var(1, ddof=1) / 8.0).mean()


def test_nothing_is_concluded_from_few_years_or_little_difference() -> None:
    years = np.arange(2017, 2025)
    clear = compare(np.full(8, 1.0) + 0.01 * years % 2, np.full(8, 2.0), years)
    assert clear.verdict == "better"
    assert clear.high < 0
    assert compare(np.full(3, 1.0), np.array([2.0, 2.1, 2.2]), years[:3]).verdict == "no difference"
    assert compare(np.array([1.0]), np.array([2.0]), years[:1]).verdict == "no difference"
    rng = np.random.default_rng(6)
    verdicts = [compare(a, b, years).verdict for a, b in (rng.standard_normal((2, 8)) for _ in range(1500))]
    wrong = np.mean([verdict != "no difference" for verdict in verdicts])
    assert wrong < 0.12  # 10 percent by construction, where there is no difference
