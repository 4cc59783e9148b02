"""Methods on posteriors whose answer is known, and gates that must fire.

Bands are standard errors over independent repetitions; how often a right method would miss them is written
beside each.
"""

from __future__ import annotations

import numpy as np
import pytest
from fake_posterior import LinearPosterior, make_posterior, whole_matrix, with_scale

from yupana.fit import gates, laplace, posterior, smc
from yupana.fit.laplace import Normal, approximate, find_mode
from yupana.fit.posterior import DEGREES


@pytest.fixture
def gaussian(monkeypatch: pytest.MonkeyPatch) -> LinearPosterior:
    """A linear posterior with normal errors: Student's t with so many degrees that nothing is left of it."""
    for module in (posterior, laplace):
        monkeypatch.setattr(module, "DEGREES", 1e9)
    return make_posterior(values=np.array([0.6, -0.4, 0.2, 0.9, -0.1, 0.5]))


def exact(made: LinearPosterior) -> tuple[np.ndarray, np.ndarray]:
    """Mean and covariance of the linear normal posterior."""
    a = whole_matrix(made) / made.data.sds[:, None]
    covariance = np.linalg.inv(np.eye(a.shape[1]) + a.T @ a)
    return covariance @ a.T @ (made.data.log_values / made.data.sds), covariance


def test_the_mode_and_covariance_of_a_linear_normal_posterior(gaussian: LinearPosterior) -> None:
    mean, covariance = exact(gaussian)
    mode, weighted = find_mode(gaussian, np.zeros(gaussian.space.size))
    normal = approximate(mode, weighted)
    assert mode == pytest.approx(mean, abs=1e-6)
    root = normal.scale(np.eye(mode.size))
    assert root @ root.T == pytest.approx(covariance, abs=1e-6)


def test_the_mode_under_heavy_tails_is_that_of_a_general_optimiser() -> None:
    from scipy.optimize import minimize

    # six figures of one number, one of them far from the others
    one = np.tile(np.eye(1, 15), (6, 1))
    made = make_posterior(one, np.array([0.6, -0.4, 0.2, 4.5, -0.1, 0.5]))

    def cost(z: np.ndarray) -> float:
        column = z[:, None]
        return -float((made.log_likelihood(column, made.log_figures(column)) + made.log_prior(column))[0])

    mode, _ = find_mode(made, np.zeros(made.space.size), most=60)
    best = minimize(cost, np.zeros(made.space.size), method="BFGS", options={"gtol": 1e-8})
    assert cost(mode) - best.fun < 0.05  # the gain at which the search stops
    assert cost(exact(made)[0]) - best.fun > 0.05  # under normal errors it would lie elsewhere


def test_weights_are_those_of_students_t() -> None:
    r = np.array([0.0, 1.0, 4.0, -4.0])
    # derivative of the log density over that of a normal: (v + 1) / (v + r^2)
    assert laplace.weights(r) == pytest.approx((DEGREES + 1) / (DEGREES + r**2))


def test_a_scale_of_errors_follows_the_figures() -> None:
    """Many figures without any signal: their spread alone decides the factor on their errors."""
    rng = np.random.default_rng(8)
    values = 0.15 * rng.standard_t(DEGREES, size=120)  # half of what was judged
    made = with_scale(make_posterior(matrix=np.zeros((120, 15)), values=values, sd=0.3), 0.5)
    made.space.bias_sds[:] = 1e-9
    at = made.space.moving
    grid = np.linspace(-4.0, 4.0, 8001)
    factor = np.exp(0.5 * grid)
    log = -0.5 * grid**2 - 120 * 0.5 * grid
    log -= 0.5 * (DEGREES + 1) * np.log1p((values[:, None] / (0.3 * factor)) ** 2 / DEGREES).sum(axis=0)
    w = np.exp(log - log.max())
    mean, peak = float((w * grid).sum() / w.sum()), float(grid[np.argmax(log)])
    spread = np.sqrt(float((w * (grid - mean) ** 2).sum() / w.sum()))
    mode, weighted = find_mode(made, np.zeros(made.space.size), 20)
    assert mode[at] == pytest.approx(peak, abs=0.03)
    normal = approximate(mode, weighted)
    assert (1.0 + normal.eigenvalues[0]) ** -0.5 == pytest.approx(spread, rel=0.15)
    cloud = smc.run(made, normal.widened(0.5), 2000, 3)
    assert cloud.points[at].mean() == pytest.approx(mean, abs=4.5 * spread / np.sqrt(2000.0) * 1.5)
    assert np.exp(0.5 * mean) == pytest.approx(0.5, rel=0.2)


# Tempered sequential Monte Carlo -------------------------------------------------------------------------


def _off(normal: Normal) -> Normal:
    """A start that is wrong in place and too wide, as an approximation may be."""
    mean = normal.mean + 0.5 * normal.directions[:, 0] - 0.3 * normal.directions[:, 1]
    return Normal(mean, normal.directions, 0.4 * normal.eigenvalues)


def _repeat(made: LinearPosterior, start: Normal, count: int, times: int) -> list[smc.Cloud]:
    return [smc.run(made, start, count, 100 + i) for i in range(times)]


def test_particles_have_the_mean_variance_and_norm_of_the_posterior(gaussian: LinearPosterior) -> None:
    mean, covariance = exact(gaussian)
    normal = approximate(*find_mode(gaussian, np.zeros(gaussian.space.size)))
    start = _off(normal)
    times = 16
    clouds = _repeat(gaussian, start, 300, times)
    assert all(cloud.finished and cloud.stage > 1 for cloud in clouds)
    v = normal.directions[:, :3]
    found = np.array([(v.T @ cloud.points).mean(axis=1) for cloud in clouds])
    spread = np.array([(v.T @ cloud.points).var(axis=1) for cloud in clouds])
    # 6 numbers, Student's t with 15 degrees beyond 4.5: a right sampler fails once in 400
    assert (np.abs(found.mean(0) - v.T @ mean) < 4.5 * found.std(0, ddof=1) / np.sqrt(times)).all()
    truth = np.diag(v.T @ covariance @ v)
    assert (np.abs(spread.mean(0) - truth) < 4.5 * spread.std(0, ddof=1) / np.sqrt(times)).all()
    # the norm: integral of exp(log posterior) over that of exp(log start)
    root = start.scale(np.eye(mean.size))
    column = mean[:, None]
    height = float((gaussian.log_likelihood(column, gaussian.log_figures(column)) - 0.5 * mean @ mean)[0])
    norm = height + 0.5 * np.linalg.slogdet(covariance)[1] - 0.5 * np.linalg.slogdet(root @ root.T)[1]
    evidence = np.array([cloud.evidence for cloud in clouds])
    error = evidence.std(ddof=1) / np.sqrt(times)
    # the log of an unbiased estimate lies below by half its variance
    assert abs(evidence.mean() + 0.5 * evidence.var(ddof=1) - norm) < 4.5 * error
    # and the start itself is told apart from the posterior by the same bands
    starts = [smc.start_cloud(gaussian, start, 300, 100 + i).points for i in range(times)]
    first = np.array([(v.T @ points).mean(axis=1) for points in starts])
    assert (np.abs(first.mean(0) - v.T @ mean) > 4.5 * first.std(0, ddof=1) / np.sqrt(times)).any()


def test_particles_follow_heavy_tails() -> None:
    """One datum far from the prior: the posterior is skew, and its moments come from quadrature."""
    made = make_posterior(matrix=np.eye(1, 15), values=np.array([2.5]), sd=0.4)
    made.space.bias_sds[:] = 1e-9
    grid = np.linspace(-6.0, 8.0, 20_001)
    log = -0.5 * grid**2 - 0.5 * (DEGREES + 1) * np.log1p(((2.5 - grid) / 0.4) ** 2 / DEGREES)
    w = np.exp(log - log.max())
    mean = float((w * grid).sum() / w.sum())
    variance = float((w * (grid - mean) ** 2).sum() / w.sum())
    normal = approximate(*find_mode(made, np.zeros(made.space.size)))
    # a start as narrow as the mode is would miss the far side: importance ratios there have no variance
    wide = Normal(normal.mean, normal.directions, 0.01 * normal.eigenvalues)
    clouds = _repeat(made, wide, 400, 16)
    means = np.array([cloud.points[0].mean() for cloud in clouds])
    variances = np.array([cloud.points[0].var() for cloud in clouds])
    # two numbers, beyond 4.5 of Student's t with 15 degrees: once in 1,200
    assert abs(means.mean() - mean) < 4.5 * means.std(ddof=1) / 4.0
    assert abs(variances.mean() - variance) < 4.5 * variances.std(ddof=1) / 4.0
    assert abs(normal.mean[0] - mean) > 4.5 * means.std(ddof=1) / 4.0  # the approximation is not the answer


def test_temperature_rises_as_far_as_the_particles_carry() -> None:
    ratio = np.random.default_rng(1).normal(size=2000) * 5.0
    to = smc.next_temperature(ratio, 0.0)
    w = np.exp(to * (ratio - ratio.max()))
    assert w.sum() ** 2 / (w**2).sum() == pytest.approx(smc.KEEP * 2000, rel=1e-6)
    assert smc.next_temperature(np.zeros(10), 0.3) == 1.0


def test_resampling_keeps_shares() -> None:
    weights = np.array([0.5, 0.25, 0.125, 0.125])
    # systematic: every index comes as often as its share says, rounded up or down
    for u in (0.1, 0.3, 0.999):
        counts = np.bincount(smc.resample(weights, u), minlength=4)
        assert (np.abs(counts - 4 * weights) < 1).all()


def test_a_run_goes_on_from_any_stage_to_the_same_points() -> None:
    made = make_posterior(values=np.full(6, 0.8))
    start = _off(approximate(*find_mode(made, np.zeros(made.space.size))))
    stages: list[smc.Cloud] = []
    whole = smc.run(made, start, 64, 5, on_stage=stages.append)
    assert len(stages) > 1
    again = smc.run(made, start, 64, 5, cloud=stages[0])
    assert np.array_equal(whole.points, again.points)
    assert whole.evidence == again.evidence


# Gates ---------------------------------------------------------------------------------------------------


def chains(count: int = 4, draws: int = 1000, seed: int = 2) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=(count, draws, 2))


def outcome(found: list[gates.Gate]) -> dict[str, bool]:
    return {gate.name.partition(",")[0]: gate.passed for gate in found}


def test_independent_draws_pass_the_gates_of_chains() -> None:
    assert all(outcome(gates.chain_gates(chains(), ["a", "b"])).values())


def test_a_stuck_chain_fails() -> None:
    stuck = chains()
    stuck[2, :, 1] = 0.4 + 1e-6 * stuck[2, :, 1]
    found = gates.chain_gates(stuck, ["a", "b"])
    assert not outcome(found)["R-hat"]
    assert "(b)" in found[0].name  # the quantity at fault is named


def test_a_slow_chain_fails_on_effective_draws() -> None:
    steps = chains(seed=4)
    slow = np.zeros_like(steps)
    for t in range(1, steps.shape[1]):
        slow[:, t] = 0.98 * slow[:, t - 1] + 0.2 * steps[:, t]
    assert not outcome(gates.chain_gates(slow, ["a", "b"]))["bulk effective draws"]


def test_a_bimodal_posterior_fails() -> None:
    modes = chains()
    modes[:2, :, 0] -= 3.0
    modes[2:, :, 0] += 3.0
    assert not outcome(gates.chain_gates(modes, ["a", "b"]))["R-hat"]


def test_an_approximation_that_is_too_narrow_fails_on_pareto_k() -> None:
    z = np.random.default_rng(7).normal(size=(5, 2000))

    def ratio(scale: float) -> np.ndarray:
        """Log ratio of a standard normal to draws of one `scale` times as wide."""
        draws = scale * z
        return (-0.5 * draws**2 + 0.5 * z**2).sum(axis=0)

    assert not gates.pareto_gate(ratio(0.5)).passed
    assert gates.pareto_gate(ratio(1.1)).passed


def _fitted(made: LinearPosterior) -> list[gates.Gate]:
    normal = approximate(*find_mode(made, np.zeros(made.space.size), most=40))
    points = smc.start_cloud(made, normal, 400, 3).points
    return gates.predictive_gates(made, points, made.log_figures(points), 1)


def test_a_prior_on_the_wrong_scale_fails_the_predictive_gates() -> None:
    """Figures ten times their error away from anything that the prior can reach."""
    values = np.array([3.0, -3.0, 3.0, -3.0, 3.0, -3.0])
    right = make_posterior(matrix=np.eye(6, 15), values=values)
    assert all(gate.passed for gate in _fitted(right))
    wrong = make_posterior(matrix=0.01 * np.eye(6, 15), values=values)
    assert not any(gate.passed for gate in _fitted(wrong))


def test_a_wrong_sign_fails_the_predictive_gates() -> None:
    """Two variables that the equations tie together with the wrong sign: no draw fits both."""
    matrix = np.zeros((6, 15))
    matrix[:, 0] = 1.0
    values = np.full(6, 1.5)
    assert all(gate.passed for gate in _fitted(make_posterior(matrix, values, sd=0.1)))
    matrix[1::2, 0] = -1.0  # the figures of x
    made = make_posterior(matrix, values, sd=0.1)
    made.space.bias_sds[:] = 1e-3  # else the bias of the source would explain it
    found = _fitted(made)
    planted = {gate.name.partition(": ")[2]: gate.passed for gate in found}
    assert not planted["all variables together"]


def test_a_gate_without_a_number_fails() -> None:
    gate = gates.Gate("g", float("nan"), 1.0, "at most")
    assert not gate.passed
    assert gate.to_json() == {"name": "g", "value": None, "limit": 1.0, "pass": False}


def test_contraction_of_prior_draws_is_nothing() -> None:
    made = make_posterior()
    z = made.space.draw(1, 0, 4000)
    # variance of 4,000 normals: standard error sqrt(2 / 4000); 14 numbers within 4: once in 1,100
    assert np.abs(gates.contraction(z)).max() < 4.0 * np.sqrt(2.0 / 4000)
    assert gates.contraction(0.5 * z) == pytest.approx(0.75, abs=0.25 * 4.0 * np.sqrt(2.0 / 4000))


def test_a_single_chain_has_no_rhat_and_fails_by_name() -> None:
    draws = np.random.default_rng(1).standard_normal((1, 32, 3))
    found = gates.chain_gates(draws, ["a", "b", "c"])
    assert not found[0].passed
    assert found[0].name.startswith("R-hat, worst of 3")
    assert found[0].to_json()["value"] is None
