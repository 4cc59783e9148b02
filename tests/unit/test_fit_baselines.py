"""Naive forecasts: closed forms where there are any, and intervals that hold what they promise."""

from __future__ import annotations

import numpy as np
import pytest

from yupana.fit.baselines import (
    NAIVE,
    Dice,
    History,
    Regressors,
    autoregression,
    drift,
    last_value,
    smoothing,
    usual_change,
    with_drivers,
)

YEARS = np.arange(2001, 2017)
TARGETS = np.array([2017, 2019, 2024])
DICE = Dice(1, "test", 4000)


def _history(logs: np.ndarray, years: np.ndarray = YEARS) -> History:
    return History(years, logs, 0.1)


def test_last_value_widens_with_the_root_of_time() -> None:
    logs = 0.1 * np.random.default_rng(1).standard_normal(16).cumsum()
    found = last_value(_history(logs), TARGETS, DICE)
    assert np.abs(np.median(found, 1) - logs[-1]).max() < 0.03
    spread = found.std(1)
    assert spread[2] / spread[0] == pytest.approx(np.sqrt(8.0), rel=0.05)
    # t with 18 degrees: variance 18/16 of the scale, three parts prior and fifteen parts data
    scale = (3 * 0.01 + (np.diff(logs) ** 2).sum()) / 18
    assert spread[0] ** 2 == pytest.approx(scale * 18 / 16, rel=0.1)


def test_drift_goes_on_and_its_own_error_counts() -> None:
    logs = 0.05 * np.arange(16.0)
    found = drift(_history(logs), TARGETS, DICE)
    assert np.median(found, 1) == pytest.approx(logs[-1] + 0.05 * np.array([1, 3, 8]), abs=0.02)
    ratio = found[2].std() / found[0].std()
    assert ratio == pytest.approx(np.sqrt((8 + 64 / 15) / (1 + 1 / 15)), rel=0.05)


def test_autoregression_returns_to_the_mean_of_a_mean_reverting_series() -> None:
    rng = np.random.default_rng(2)
    logs = 3.0 + 0.1 * rng.standard_normal(16)
    logs[-1] = 3.6
    found = np.median(autoregression(_history(logs), TARGETS, DICE), 1)
    assert abs(found[2] - 3.0) < 0.12
    assert abs(found[2] - 3.0) < abs(logs[-1] - 3.0) / 3


def test_smoothing_follows_a_trend_and_damps_it() -> None:
    logs = 0.1 * np.arange(16.0)
    found = np.median(smoothing(_history(logs), TARGETS, DICE), 1)
    assert logs[-1] + 0.02 < found[0] < logs[-1] + 0.11
    assert found[0] < found[1] < found[2] < logs[-1] + 0.8


def test_regression_finds_a_driver_and_only_with_drivers_that_move() -> None:
    rng = np.random.default_rng(3)
    x = rng.standard_normal(24).cumsum() * 0.2
    years = np.arange(2001, 2025)
    values = np.repeat(x[None, :, None], DICE.count, 2)
    logs = 0.8 * x[:16] + 0.01 * rng.standard_normal(16)
    found = with_drivers(Regressors(years, values))(_history(logs), TARGETS, DICE)
    truth = logs[-1] + 0.8 * (x[[16, 18, 23]] - x[15])
    held = logs[-1]
    assert (
        np.abs(np.median(found, 1) - truth).sum() < 0.35 * np.abs(held - truth).sum()
    )  # against the last value
    assert (np.abs(np.median(found, 1) - truth) < 2.0 * found.std(1)).all()
    still = with_drivers(Regressors(years, 0.0 * values))(_history(logs), TARGETS, DICE)
    assert still.std(1)[0] > 1.8 * found.std(1)[0]


@pytest.mark.parametrize("method", [*NAIVE, "ARX"])
def test_ninety_percent_intervals_of_a_random_walk_hold_ninety_percent(method: str) -> None:
    """500 walks with gaps; a method may be too wide for it, none may be too narrow."""
    rng = np.random.default_rng(4)
    kept = np.array([0, 1, 2, 4, 5, 6, 7, 10, 11, 12, 13, 15])
    driver = Regressors(np.arange(2001, 2025), np.repeat(rng.standard_normal((2, 24, 1)).cumsum(1), 200, 2))
    naive = NAIVE.get(method) or with_drivers(driver)
    inside = []
    for trial in range(250):
        walk = 0.1 * rng.standard_normal(24).cumsum()
        found = naive(
            _history(walk[:16][kept], YEARS[kept]), np.array([2017, 2019]), Dice(trial, "walk", 200)
        )
        low, high = np.quantile(found, (0.05, 0.95), axis=1)
        inside.append((low <= walk[[16, 18]]) & (walk[[16, 18]] <= high))
    share = np.mean(inside, 0)
    # three binomial errors of 250 trials; smoothing and mean reversion are the wrong model for a walk
    least = 0.90 - 3 * np.sqrt(0.09 / 250) - (0.04 if method in ("AR(1)", "ETS") else 0.0)
    assert (share > least).all(), share


@pytest.mark.parametrize("method", [*NAIVE, "ARX"])
@pytest.mark.parametrize("rows", [1, 2, 3])
def test_few_figures_give_wide_intervals_and_no_failure(method: str, rows: int) -> None:
    driver = Regressors(np.arange(2001, 2025), np.ones((2, 24, DICE.count)))
    naive = NAIVE.get(method) or with_drivers(driver)
    found = naive(_history(np.full(rows, 2.0), YEARS[:rows]), TARGETS, DICE)
    assert found.shape == (3, DICE.count)
    assert np.isfinite(found).all()
    assert found.std(1)[0] > 0.05  # figures that repeat each other do not make a forecast certain


def test_nothing_after_the_origin_is_seen() -> None:
    logs = np.random.default_rng(5).standard_normal(16)
    cut = _history(logs).to(2010)
    spoilt = np.where(YEARS <= 2010, logs, 1e6)
    for naive in NAIVE.values():
        same = naive(_history(spoilt).to(2010), TARGETS, DICE)
        assert (same == naive(cut, TARGETS, DICE)).all()


def test_usual_change_is_the_median_over_series_that_have_changes() -> None:
    years = np.arange(5)
    series = {
        "a": (years, np.array([0.0, 0.1, 0.0, 0.1, 0.0])),
        "b": (years, np.array([0.0, 0.3, 0.0, 0.3, 0.0])),
        "short": (years[:2], np.array([0.0, 9.0])),
    }
    assert usual_change(series) == pytest.approx(0.2)
    assert usual_change({}) == 0.2
