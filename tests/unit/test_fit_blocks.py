"""Moves at the posterior itself: they keep it, reach it from elsewhere, and go on where they stopped."""

from __future__ import annotations

import numpy as np
import pytest
from fake_posterior import LinearPosterior, make_posterior, with_scale
from scipy.integrate import trapezoid
from scipy.stats import norm

from yupana.fit import blocks, conditionals, smc
from yupana.fit.laplace import Normal, approximate, find_mode
from yupana.fit.posterior import DEGREES
from yupana.fit.samplers import FORGOTTEN

VALUES = np.array([0.6, -0.4, 0.2, 2.5, -0.1, 0.5])  # one far from the others


@pytest.fixture(scope="module")
def made() -> LinearPosterior:
    return with_scale(make_posterior(values=VALUES, sd=0.3), 0.5)


@pytest.fixture(scope="module")
def normal(made: LinearPosterior) -> Normal:
    return approximate(*find_mode(made, np.zeros(made.space.size)))


@pytest.fixture(scope="module")
def truth(made: LinearPosterior) -> np.ndarray:
    """Draws of the posterior by NUTS on a density that is written again here, (coordinate, draw)."""
    from yupana.model.engine import enable_double

    jax = enable_double()
    from numpyro.infer import MCMC, NUTS

    space, data = made.space, made.data
    at, held = space.moving, made.engine.shape[1]

    def potential(z):
        scale = data.sds * jax.numpy.exp(space.scale_sds[0] * z[at])
        r = (data.log_values - made.engine @ z[:held] - space.bias_sds[0] * z[at + 1]) / scale
        errors = 0.5 * (DEGREES + 1.0) * jax.numpy.log1p(r**2 / DEGREES) + space.scale_sds[0] * z[at]
        return errors.sum() + 0.5 * (z**2).sum()

    sampler = MCMC(NUTS(potential_fn=potential), num_warmup=300, num_samples=2000, num_chains=4,
                   chain_method="vectorized", progress_bar=False)  # fmt: skip
    sampler.run(jax.random.PRNGKey(1), init_params=jax.numpy.zeros((4, space.size)))
    return np.asarray(sampler.get_samples()).T


def _run(
    made: LinearPosterior, normal: Normal, start: np.ndarray, rounds: int, seed: int = 5
) -> blocks.Settled:
    now = blocks.start(normal, start, made.log_figures(start))
    for _ in range(rounds):
        now = blocks.advance(made, normal, now, seed)
    return now


def test_biases_are_integrated_out(made: LinearPosterior) -> None:
    rng = np.random.default_rng(2)
    x = rng.standard_normal((made.space.size, 3))
    figures = made.log_figures(x)
    weights = rng.gamma(2.0, 0.5, figures.shape)
    found = conditionals.marginal_log_likelihood(made, x, figures, weights)
    grid = np.linspace(-60.0, 60.0, 60_001)
    sds = made.errors(x) / np.sqrt(weights)
    away = made.data.log_values[:, None] - figures
    sd = made.space.bias_sds[made.data.bias_of][:, None]
    wanted = []
    for k in range(3):
        log = norm.logpdf(away[:, k, None] - sd * grid, scale=sds[:, k, None]).sum(axis=0) + norm.logpdf(grid)
        wanted.append(np.log(trapezoid(np.exp(log - log.max()), grid)) + log.max())
    assert found - found[0] == pytest.approx(np.array(wanted) - wanted[0], abs=1e-8)


@pytest.mark.parametrize("start", ["posterior", "too narrow"])
def test_particles_keep_the_posterior_and_reach_it(
    made: LinearPosterior, normal: Normal, truth: np.ndarray, start: str
) -> None:
    if start == "posterior":
        points = truth[:, ::4]
    else:  # half the spread, and off by a prior standard deviation in every direction that is informed
        xi = np.random.default_rng(1).standard_normal((normal.mean.size, 2000))
        points = normal.mean[:, None] + 0.5 * normal.scale(xi) + normal.directions.sum(axis=1)[:, None]
    found = _run(made, normal, points, 12)
    sd = truth.std(axis=1)
    # two thousand particles: errors of means 0.03, of spreads 0.02; the tails of the scale are long
    assert (found.points.mean(axis=1) - truth.mean(axis=1)) / sd == pytest.approx(np.zeros(sd.size), abs=0.1)
    assert found.points.std(axis=1) / sd == pytest.approx(np.ones(sd.size), abs=0.08)
    assert found.figures == pytest.approx(made.log_figures(found.points))
    assert blocks.memory(normal, points, found.points)[0] < FORGOTTEN


def test_what_does_not_move_is_remembered(made: LinearPosterior, normal: Normal) -> None:
    start = np.random.default_rng(1).standard_normal((made.space.size, 256))
    assert blocks.memory(normal, start, start)[0] == pytest.approx(1.0)
    other = np.random.default_rng(2).standard_normal(start.shape)
    assert blocks.memory(normal, start, other)[0] < 0.25


def test_rounds_go_on_from_any_of_them_to_the_same_points(made: LinearPosterior, normal: Normal) -> None:
    start = np.random.default_rng(1).standard_normal((made.space.size, 64))
    whole = _run(made, normal, start, 3)
    part = _run(made, normal, start, 2)
    again = blocks.advance(made, normal, part, 5)
    assert np.array_equal(again.points, whole.points)
    assert (again.round, again.acceptance) == (3, whole.acceptance)
    other = _run(made, normal, start, 3, seed=6)
    assert not np.array_equal(other.points, whole.points)


def test_a_marginal_is_a_block_of_the_covariance(normal: Normal) -> None:
    whole = normal.scale(np.eye(normal.mean.size))
    part = blocks.marginal(normal, 9)
    root = part.scale(np.eye(9))
    assert root @ root.T == pytest.approx((whole @ whole.T)[:9, :9])
    assert part.mean == pytest.approx(normal.mean[:9])
    narrow = smc.reference(normal, 0.5 * np.random.default_rng(3).standard_normal((normal.mean.size, 400)))
    wide = Normal(narrow.mean, narrow.directions, np.full(narrow.eigenvalues.size, -0.5))  # variance of two
    root = blocks.marginal(wide, 9).scale(np.eye(9))
    assert root @ root.T == pytest.approx(
        (np.eye(narrow.mean.size) + wide.directions @ wide.directions.T)[:9, :9]
    )


def test_without_scales_nothing_of_them_moves(normal: Normal) -> None:
    plain = make_posterior(values=VALUES)
    x = np.zeros((plain.space.size, 5))
    assert conditionals.move_scales(plain, x, plain.log_figures(x), np.random.default_rng(1)) is x


def test_rounds_go_on_for_several_times_of_forgetting(
    made: LinearPosterior, normal: Normal, truth: np.ndarray
) -> None:
    told: list[blocks.Settled] = []
    found = blocks.run(made, normal, blocks.begin(made, [normal], 2000, 3), 2, 3, on_round=told.append)
    assert [one.round for one in told] == list(range(1, found.round + 1))
    assert blocks.FEWEST <= found.round < blocks.MOST
    assert found.lengths >= blocks.LENGTHS
    assert len(found.kept) == len(blocks.kept_rounds(found.round)) >= 2
    two = next(one for one in told if len(one.kept) == 2)
    assert two.round == blocks.FEWEST
    assert all(one.time == np.inf for one in told[: two.round - 1])
    assert np.isfinite(two.time)
    assert found.trail.shape == (len(found.kept), min(blocks.LEADING, normal.eigenvalues.size), 2000)
    leading = normal.directions[:, : blocks.LEADING]
    assert found.trail[-1] == pytest.approx(leading.T @ found.kept[-1], abs=1e-4)
    sd = truth.std(axis=1)
    assert (found.points.mean(axis=1) - truth.mean(axis=1)) / sd == pytest.approx(np.zeros(sd.size), abs=0.1)
    assert found.points.std(axis=1) / sd == pytest.approx(np.ones(sd.size), abs=0.08)


def test_the_time_of_forgetting_is_that_of_the_slowest_directions(normal: Normal) -> None:
    """Particles that walk with a known memory: 0.8 from round to round in ten directions, none else."""
    rng = np.random.default_rng(4)
    memory = np.where(np.arange(30) < blocks.SLOWEST, 0.8**blocks.LAG, 0.0)[:, None]

    def walk(particles: int, looks: int) -> blocks.Settled:
        seen = [rng.standard_normal((30, particles))]
        for _ in range(looks - 1):
            fresh = rng.standard_normal((30, particles))
            seen.append(memory * seen[-1] + np.sqrt(1.0 - memory**2) * fresh)
        points = np.zeros((3, particles))
        return blocks.Settled(12, points, points, 0.3, (), np.stack(seen), points[None])

    some = walk(4000, 2)
    assert some.time == pytest.approx(-1.0 / np.log(0.8), rel=0.05)
    assert some.lengths == pytest.approx(12 / some.time)
    assert walk(4000, 1).time == np.inf
    # a few particles tell it badly from one pair of looks, and well from many
    one, many = (np.array([walk(128, looks).time for _ in range(20)]) for looks in (2, 9))
    assert many.std() < 0.6 * one.std()
    assert many.mean() == pytest.approx(-1.0 / np.log(0.8), rel=0.1)


def test_particles_begin_wide_and_only_where_the_model_runs(normal: Normal) -> None:
    class Half(LinearPosterior):
        def log_figures(self, z: np.ndarray) -> np.ndarray:
            return np.where(z[0] > normal.mean[0], super().log_figures(z), np.nan)

    half = Half(**vars(make_posterior(values=VALUES)))
    found = blocks.begin(half, [normal], 500, 1)
    assert found.points.shape[1] == 500
    assert (found.points[0] > normal.mean[0]).all()
    assert np.isfinite(found.figures).all()
    leading = normal.directions[:, 0]
    usual = 1.0 / np.sqrt(1.0 + normal.eigenvalues[0])
    assert (leading @ found.points).std() > 1.3 * usual

    class Never(LinearPosterior):
        def log_figures(self, z: np.ndarray) -> np.ndarray:
            return np.full((6, z.shape[1]), np.nan)

    with pytest.raises(ValueError, match="0 of 200 starts around the mode give all figures"):
        blocks.begin(Never(**vars(half)), [normal], 10, 1)
