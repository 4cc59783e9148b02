"""Weights of rival models, on predictive densities and posteriors with known answers."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import norm

from yupana.analysis.stacking import (
    best_mixture,
    leave_one_out,
    log_mean_density,
    pseudo_weights,
    stack,
    total_error,
)


def two_densities(share: float, units: int, seed: int) -> np.ndarray:
    """Log densities of two rivals, N(-2, 1) and N(2, 1), at units of which a share comes from the first."""
    rng = np.random.default_rng(seed)
    first = rng.random(units) < share
    values = rng.standard_normal(units) + np.where(first, -2.0, 2.0)
    return np.stack([norm.logpdf(values, -2.0), norm.logpdf(values, 2.0)], axis=1)


def test_stacking_finds_the_mixture_that_made_the_units() -> None:
    found = stack(two_densities(0.3, 4000, 1), replicates=100)
    assert found.weights[0] == pytest.approx(0.3, abs=0.02)
    assert found.weights.sum() == pytest.approx(1.0)
    # units are nearly sure about their rival, so that the error is nearly that of a count
    assert found.se[0] == pytest.approx(np.sqrt(0.3 * 0.7 / 4000), rel=0.25)
    assert found.q05[0] < 0.3 < found.q95[0]


def test_stacking_agrees_with_a_search_over_the_one_weight() -> None:
    scores = two_densities(0.5, 12, 2) + np.array([0.3, 0.0])
    grid = np.linspace(0.0, 1.0, 20001)
    density = np.exp(scores)
    best = grid[np.argmax(np.log(np.outer(grid, density[:, 0]) + np.outer(1 - grid, density[:, 1])).sum(1))]
    assert best_mixture(scores)[0] == pytest.approx(best, abs=2e-3)


def test_a_rival_that_is_worse_everywhere_gets_nothing_and_one_unit_decides_nothing_alone() -> None:
    better = np.array([[0.0, -1.0, -3.0], [0.0, -0.5, -2.0]])
    assert best_mixture(better)[0] == pytest.approx(1.0, abs=1e-3)
    mixed = np.array([[0.0, -4.0], [-4.0, 0.0], [0.0, -4.0], [-4.0, 0.0]])
    found = stack(mixed)
    assert found.weights[0] == pytest.approx(0.5)
    assert found.se[0] > 0.2


def test_equal_rivals_share_the_weight() -> None:
    scores = np.tile(np.linspace(-3.0, 0.0, 8)[:, None], (1, 3))
    assert np.allclose(best_mixture(scores), 1.0 / 3.0)
    assert np.allclose(pseudo_weights(scores).weights, 1.0 / 3.0)
    assert np.allclose(pseudo_weights(scores).se, 0.0, atol=1e-12)


def test_pseudo_weights_of_a_constant_difference_are_those_of_the_formula() -> None:
    scores = np.zeros((40, 2))
    scores[:, 1] = -0.05
    assert pseudo_weights(scores).weights[0] == pytest.approx(1.0 / (1.0 + np.exp(-2.0)))


def test_leave_one_out_by_importance_sampling_is_that_of_the_formula() -> None:
    rng = np.random.default_rng(4)
    rows, unknowns, sd = 30, 4, 0.7
    x = rng.standard_normal((rows, unknowns))
    y = x @ rng.standard_normal(unknowns) + sd * rng.standard_normal(rows)

    def known(use: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        covariance = np.linalg.inv(np.eye(unknowns) + x[use].T @ x[use] / sd**2)
        return covariance @ x[use].T @ y[use] / sd**2, covariance

    exact = []
    for row in range(rows):
        mean, covariance = known(np.arange(rows) != row)
        exact.append(norm.logpdf(y[row], x[row] @ mean, np.sqrt(sd**2 + x[row] @ covariance @ x[row])))
    mean, covariance = known(np.ones(rows, dtype=bool))
    draws = mean[:, None] + np.linalg.cholesky(covariance) @ rng.standard_normal((unknowns, 4000))
    found = leave_one_out(norm.logpdf(y[:, None], x @ draws, sd))
    assert np.abs(found.scores - exact).max() < 0.05
    assert found.scores.sum() == pytest.approx(np.sum(exact), abs=0.1)
    assert found.k.max() < 0.7
    assert 0.0 < found.noise < 0.1


def test_a_figure_that_decides_all_is_seen_by_its_shape() -> None:
    rng = np.random.default_rng(5)
    z = rng.standard_normal(2000) * 0.01  # posterior of one sharp figure under a wide prior
    found = leave_one_out(norm.logpdf(0.0, z, 0.01)[None, :] * 40.0)
    assert found.k[0] > 0.7


def test_a_figure_that_no_draw_moves_keeps_its_density() -> None:
    found = leave_one_out(np.full((1, 100), -1.5))
    assert found.scores[0] == -1.5


def test_the_error_of_a_log_mean_is_what_repetition_shows() -> None:
    rng = np.random.default_rng(6)
    sums = []
    for _ in range(400):
        means, shares = log_mean_density(-0.5 * rng.standard_normal((3, 200)) ** 2)
        sums.append(means.sum())
    claimed = shares.sum(axis=0).std() / np.sqrt(200)
    assert claimed == pytest.approx(np.std(sums), rel=0.25)


def test_the_error_of_a_total_needs_two_units() -> None:
    assert total_error(np.array([1.0, 3.0])) == pytest.approx(2.0)
    assert np.isnan(total_error(np.array([1.0])))
