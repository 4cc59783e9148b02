"""How much is prior, what a series tells and what flips a statement, on made draws with known answers."""

from __future__ import annotations

import numpy as np
import pytest

from yupana.analysis.data_influence import lost_without, removal, told_alone
from yupana.analysis.flips import find_flip
from yupana.analysis.identification import Identified, remaining_variance
from yupana.analysis.information import Estimate
from yupana.cli.main import run
from yupana.fit.data import Data, Datum

N = 4000
ALL = np.arange(N)


def test_remaining_variance_is_that_of_the_draws() -> None:
    rng = np.random.default_rng(1)
    y, prior = 0.5 * rng.standard_normal(N), rng.standard_normal(N)
    y[:3] = np.nan
    found = remaining_variance(y, prior, ALL)
    assert found.low < 0.25 < found.high
    assert found.high - found.low < 0.05


@pytest.mark.parametrize(
    ("low", "high", "word"),
    [
        (0.1, 0.3, "data"),
        (0.4, 0.6, "data or mostly prior"),
        (0.6, 0.8, "mostly prior"),
        (0.95, 1.02, "prior"),
        (1.1, 1.3, "wider than the prior"),
    ],
)
def test_the_word_is_that_of_the_marks_of_a_run(low: float, high: float, word: str) -> None:
    band = (1.0, 2.0, 3.0)
    left = Estimate((low + high) / 2.0, low, high)
    assert Identified("leaf_price", 2016, "USD2012_kg", band, band, "log", left, (), ()).word == word


def test_figures_left_out_leave_the_posterior_of_the_rest() -> None:
    """Prior N(0, 1); two figures of sd 1, both 0.5: with both N(1/3, 1/3), with one N(1/4, 1/2)."""
    y = 1.0 / 3.0 + np.sqrt(1.0 / 3.0) * np.random.default_rng(2).standard_normal(N)
    found = removal(-0.5 * (y - 0.5) ** 2)
    assert found.pareto < 0.5
    wider, moved = lost_without(y, found, 0.7, ALL)
    assert wider is not None
    assert moved is not None
    assert wider.low - 0.05 < 1.5 < wider.high + 0.05
    assert moved.low - 0.02 < (1.0 / 4.0 - 1.0 / 3.0) * np.sqrt(3.0) < moved.high + 0.02


def test_a_series_that_says_too_much_is_not_told() -> None:
    """Without a figure of sd 0.05 the draws would have to reach twenty times as far as they do."""
    y = 0.05 * np.random.default_rng(3).standard_normal(N)
    found = removal(-0.5 * (y / 0.05) ** 2 * 0.999)
    assert found.pareto > 0.7
    assert lost_without(y, found, 0.7, ALL) == (None, None)


def test_a_series_without_weight_changes_nothing() -> None:
    found = removal(np.zeros(N))
    assert found.weights == pytest.approx(1.0 / N)


def test_alone_counts_error_and_bias() -> None:
    """Of N(0, 1) a figure with error 0.6 and bias 0.8 removes one half; without logs it is not told."""
    y = np.random.default_rng(4).standard_normal(N)
    data = Data((Datum("a", "coca_area", 2000, 1.0, 0.6, "b"),), {"b": 0.8})
    found = told_alone(y, y[None], [0], data, 1.0, 1)
    assert found is not None
    assert found.low < 0.5 < found.high
    assert told_alone(y, np.full((1, N), np.nan), [0], data, 1.0, 1) is None


def test_a_flip_names_the_unknown_and_where() -> None:
    rng = np.random.default_rng(5)
    points = rng.standard_normal((50, N))
    holds = points[7] + 0.3 * rng.standard_normal(N) > -0.84  # true of four fifths
    found = find_flip("more", holds, points, [f"u{i}" for i in range(50)], N)
    assert found.unknown == "u7"
    assert found.lowest < 0.1
    assert found.highest > 0.99
    assert found.flips == "below its 20 % quantile"


def test_nothing_flips_what_nothing_moves() -> None:
    rng = np.random.default_rng(6)
    points, names = rng.standard_normal((300, 500)), [str(i) for i in range(300)]
    assert find_flip("more", rng.random(500) > 0.4, points, names, 500).unknown == ""
    assert find_flip("more", np.ones(500, bool), points, names, 500).flips == ""


def test_the_command_refuses_what_it_cannot_use(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["identify", "no-such-fit"]) == 2
    assert "Y505" in capsys.readouterr().err
    assert run(["identify", "no-such-fit", "--threshold", "cocaine_exports"]) == 2
    assert "Y102" in capsys.readouterr().err
