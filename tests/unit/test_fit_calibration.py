"""Coverage and ranks: nothing is found in a right sampler, and a wrong one rings."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from fake_posterior import make_posterior, whole_matrix

from yupana.fit import calibration, synthetic
from yupana.fit.posterior import DEGREES

COUNTRIES, DRAWS = 50, 63


def known(countries: int, seed: int, quantities: int = 6) -> tuple[np.ndarray, np.ndarray]:
    """Exact draws and truths of normal posteriors whose quantities depend on each other."""
    rng = np.random.default_rng(seed)
    mix = np.linalg.cholesky(0.5 * np.eye(quantities) + 0.5)
    centre = rng.normal(size=(countries, quantities))
    truth = centre + rng.normal(size=(countries, quantities)) @ mix.T
    draws = centre[..., None] + mix @ rng.normal(size=(countries, quantities, DRAWS))
    return draws, truth


def changed(draws: np.ndarray, width: float = 1.0, shift: float = 0.0) -> np.ndarray:
    """The draws with another spread, or moved by a share of it."""
    middle, spread = draws.mean(-1, keepdims=True), draws.std(-1, keepdims=True)
    return middle + width * (draws - middle) + shift * spread


def covered(draws: np.ndarray, truth: np.ndarray) -> calibration.Coverage:
    hits = calibration.covers(draws, truth)
    return calibration.coverage(hits.sum(1), np.full(len(hits), hits.shape[1]))


@pytest.fixture(scope="module")
def fitted() -> tuple[np.ndarray, np.ndarray]:
    """Tempered draws and truths of made countries of a small posterior: (country, quantity, draw)."""
    posterior = make_posterior(rows=12, sd=0.2)
    truths = synthetic.find_truths(posterior, 11, COUNTRIES)
    assert truths.refused == 0
    draws = []
    for index in range(COUNTRIES):
        data = synthetic.made_record(posterior, truths.points[:, index], 11, index)
        draws.append(synthetic.fit_record(posterior, posterior, data, 256, index, "smc").drawn.points[:, ::4])
    return np.stack(draws)[..., :DRAWS], truths.points.T


def test_a_made_record_can_be_fitted_by_either_method() -> None:
    """Each draw within what few draws can tell of the other method's mean, and as wide."""
    posterior = make_posterior(rows=12, sd=0.2)
    truth = synthetic.find_truths(posterior, 11, 1).points[:, 0]
    data = synthetic.made_record(posterior, truth, 11)
    one, other = (
        synthetic.fit_record(posterior, posterior, data, 512, 3, method) for method in ("smc", "blocks")
    )
    assert (one.mode == other.mode).all()
    assert one.drawn.log_evidence is not None
    assert other.drawn.log_evidence is None
    a, b = one.drawn.points, other.drawn.points
    assert a.shape == b.shape
    assert abs(a.mean(1) - b.mean(1)).max() < 0.35
    assert abs(np.log(a.std(1) / b.std(1))).max() < 0.35
    with pytest.raises(ValueError, match="smc or blocks"):
        synthetic.again(posterior, data, one.normal, 8, 1, "laplace")


def test_the_tempered_draws_of_a_known_model_are_right(fitted: tuple[np.ndarray, np.ndarray]) -> None:
    draws, truth = fitted
    found = covered(draws, truth)
    assert abs(found.share - 0.9) < 3 * found.cluster
    assert calibration.rank_test(draws, truth).passed()


@pytest.mark.parametrize(("width", "shift"), [(0.6, 0.0), (1.0, 0.7), (1.8, 0.0)])
def test_narrow_wide_and_shifted_draws_ring(
    fitted: tuple[np.ndarray, np.ndarray], width: float, shift: float
) -> None:
    draws, truth = changed(fitted[0], width, shift), fitted[1]
    assert not calibration.rank_test(draws, truth).passed()
    found = covered(draws, truth)
    assert abs(found.share - 0.9) > 3 * found.cluster


def test_one_wrong_quantity_rings_among_right_ones() -> None:
    draws, truth = known(COUNTRIES, 5)
    draws[:, 2] = changed(draws[:, 2], shift=0.9)
    found = calibration.rank_test(draws, truth)
    assert not found.inside[2]
    assert not found.passed()
    assert np.argmin(found.chance) == 2


def test_false_alarms_are_as_rare_as_stated(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of 80 studies of a right sampler 5 percent may ring, within three standard errors; alike for curves."""
    monkeypatch.setattr(calibration, "SIMULATIONS", 300)
    tests = [calibration.rank_test(*known(COUNTRIES, seed), seed=seed) for seed in range(80)]
    alarms = np.mean([not test.passed() for test in tests])
    outside = np.mean([~test.inside for test in tests])
    assert alarms <= 0.05 + 3 * np.sqrt(0.05 * 0.95 / 80)
    assert 0.02 < outside < 0.05 + 3 * np.sqrt(0.05 * 0.95 / 80)


def test_coverage_of_a_few_draws_is_that_of_the_level() -> None:
    rng = np.random.default_rng(2)
    draws, truth = rng.normal(size=(40_000, 19)), rng.normal(size=40_000)
    assert abs(calibration.covers(draws, truth).mean() - 0.9) < 3 * np.sqrt(0.09 / 40_000)


def test_the_error_of_a_share_knows_countries() -> None:
    hits, counts = np.array([10, 10, 0, 10]), np.full(4, 10)
    found = calibration.coverage(hits, counts)
    assert found.share == 0.75
    assert found.binomial == pytest.approx(np.sqrt(0.75 * 0.25 / 40))
    assert found.cluster == pytest.approx(0.25)  # one country of four: sd 0.5 over root 4
    assert np.isnan(calibration.coverage(np.zeros(3), np.zeros(3)).share)


def test_ties_are_broken_by_lot() -> None:
    places = calibration.positions(np.zeros((4000, 4)), seed=3)
    share = np.mean(places[:, 0] == 0)
    assert abs(share - 0.25) < 3 * np.sqrt(0.25 * 0.75 / 4000)
    assert calibration.positions(np.array([[3.0, 1.0, 2.0]])).tolist() == [[2, 0, 1]]


def test_limits_are_where_the_band_ends() -> None:
    table, limit = calibration.band(50, 16)
    low, high = calibration.limits(table, limit)
    at = np.arange(15)
    assert (table[low, at] >= limit).all()
    assert (table[high, at] >= limit).all()
    assert (table[np.maximum(low - 1, 0), at][low > 0] < limit).all()
    assert (table[np.minimum(high + 1, 50), at][high < 50] < limit).all()


def test_effective_draws_are_those_of_independent_ones() -> None:
    rng = np.random.default_rng(4)
    one, other = rng.normal(size=(2, 4000, 64))
    assert calibration.effective_draws(one, other) == pytest.approx(64, rel=3 * np.sqrt(2 / 4000))


# --- made records ----------------------------------------------------------------------------------------


def test_a_made_record_has_the_errors_and_biases_of_its_truth() -> None:
    posterior = make_posterior(np.random.default_rng(0).normal(size=(400, 15)) * 0.3, np.zeros(400))
    z = posterior.space.draw(3, 0, 1)[:, 0]
    data = synthetic.made_record(posterior, z, 9)
    made = replace(posterior, data=data)
    residuals = made.residuals(z[:, None], posterior.log_figures(z[:, None]))[:, 0]
    variance = DEGREES / (DEGREES - 2)
    assert abs(residuals.mean()) < 3 * np.sqrt(variance / 400)
    assert abs(np.mean(np.abs(residuals) < 1.4758840488) - 0.8) < 3 * np.sqrt(0.16 / 400)
    assert [item.row for item in data.data] == [item.row for item in posterior.data.data]
    assert data == synthetic.made_record(posterior, z, 9)
    assert data != synthetic.made_record(posterior, z, 9, number=1)
    assert whole_matrix(made).shape == (400, z.size)


def test_truths_that_do_not_run_are_counted_and_left_out() -> None:
    posterior = make_posterior()

    class Broken(type(posterior)):
        def log_figures(self, z: np.ndarray) -> np.ndarray:
            return np.where(z[0] > 0, np.nan, super().log_figures(z))

    broken = Broken(posterior.space, posterior.data, posterior.engine, None, None)
    found = synthetic.find_truths(broken, 1, 20)
    assert (found.points[0] <= 0).all()
    assert found.refused == found.numbers[-1] + 1 - 20 > 0
    with pytest.raises(ValueError, match="no logarithm"):
        synthetic.made_record(broken, np.ones(posterior.space.size), 1)

    class Dead(type(posterior)):
        def log_figures(self, z: np.ndarray) -> np.ndarray:
            return np.full((6, z.shape[1]), np.nan)

    with pytest.raises(ValueError, match="prior draws"):
        synthetic.find_truths(Dead(posterior.space, posterior.data, posterior.engine, None, None), 1, 2)


def test_permuted_years_keep_figures_gaps_and_company() -> None:
    data = make_posterior(rows=6).data
    years = (1990, 1991, 1995, 1995, 1999, 2004)
    rows = tuple(
        replace(item, variable="x" if i < 5 else "y", year=years[i], value=float(i + 1))
        for i, item in enumerate(data.data)
    )
    data = replace(data, data=rows)
    found = [synthetic.permuted_years(data, seed) for seed in range(20)]
    for made in found:
        assert [(a.row, a.value, a.sd, a.bias) for a in made.data] == [
            (b.row, b.value, b.sd, b.bias) for b in data.data
        ]
        assert sorted({a.year for a in made.data[:5]}) == [1990, 1991, 1995, 1999]
        assert made.data[2].year == made.data[3].year
        assert made.data[5].year == 2004
    assert len({tuple(a.year for a in made.data) for made in found}) > 5
    assert found[0] == synthetic.permuted_years(data, 0)
    assert [a.year for a in synthetic.to_year(data, 1995).data] == [1990, 1991, 1995, 1995]


def test_rows_to_a_year_leave_biases_and_scales_without_rows() -> None:
    posterior = make_posterior(rows=6)
    rows = [
        replace(item, series=item.variable, bias=f"un/home/{i % 2}")
        for i, item in enumerate(posterior.data.data)
    ]
    data = replace(
        posterior.data,
        data=tuple(rows),
        biases={"un/home/0": 0.2, "un/home/1": 0.3},
        scales={"x": 0.5, "y": 0.5},
    )
    whole = synthetic.with_data(posterior, data)
    early = synthetic.with_data(whole, synthetic.to_year(data, rows[0].year))
    assert whole.space.names[-4:] == ("scale[x]", "scale[y]", "bias[un/home/0]", "bias[un/home/1]")
    assert early.space.names[-2:] == ("scale[y]", "bias[un/home/0]")
    some = replace(whole, engine=whole.engine[::2])
    fit = synthetic.fit_record(some, some, early.data, 64, 1, "smc")
    wide = synthetic.in_space(fit.drawn.points, early.space.names, whole.space, 1)
    assert wide.shape == (whole.space.size, 64)
    assert (wide[whole.space.names.index("scale[y]")] == fit.drawn.points[-2]).all()
    assert abs(wide[-1].mean()) < 3 / 8


def test_the_evidence_of_a_fit_is_that_of_the_integral() -> None:
    """One unknown that matters: the integral over it by a grid, against the constant of the other ones."""
    matrix = np.zeros((3, make_posterior().engine.shape[1]))
    matrix[:, 0] = 1.0
    found = []
    for values in (np.zeros(3), np.array([2.0, 2.1, 1.8])):
        posterior = make_posterior(matrix, values)
        bias = posterior.space.bias_sds[0]
        grid = np.linspace(-8, 8, 801)
        z = np.zeros((posterior.space.size, grid.size))
        total = np.hypot(1.0, bias) * grid  # of the first unknown and the bias, a normal number
        z[0] = total
        likelihood = posterior.log_likelihood(z, posterior.log_figures(z))
        truth = np.log(np.mean(np.exp(likelihood - 0.5 * grid**2)))
        fit = synthetic.fit_record(posterior, posterior, posterior.data, 2048, 1, "smc")
        found.append(fit.drawn.log_evidence - truth)
    assert found[0] == pytest.approx(found[1], abs=0.15)
