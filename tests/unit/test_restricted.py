"""Posteriors under a restriction, on a stand-in with a known answer; restrictions as a pack writes them."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from fake_posterior import LinearPosterior, make_posterior, make_space, whole_matrix

from yupana.core.errors import DataError
from yupana.evidence.schema_rival_models import HeldBias, RivalModel, RivalPrior
from yupana.fit.laplace import Normal, approximate
from yupana.fit.restricted import (
    Restricted,
    Restriction,
    draw_restricted,
    draw_with_more,
    restricted_normal,
    restriction_of,
)


class NormalErrors(LinearPosterior):
    """The linear stand-in with normal errors, so that every posterior is normal."""

    def log_densities(self, z: np.ndarray, log_figures: np.ndarray) -> np.ndarray:
        """Log density of every figure up to a constant."""
        return -0.5 * self.residuals(z, log_figures) ** 2


def stand_in() -> NormalErrors:
    made = make_posterior(values=np.linspace(-1.0, 1.0, 6), sd=0.4)
    return NormalErrors(made.space, made.data, made.engine, None, None)


def exact(posterior: NormalErrors, restriction: Restriction) -> tuple[np.ndarray, np.ndarray]:
    """Mean and covariance of the posterior in z."""
    rows = whole_matrix(posterior) / posterior.data.sds[:, None]
    values = posterior.data.log_values / posterior.data.sds
    precision = np.diag(restriction.sd**-2) + rows.T @ rows
    covariance = np.linalg.inv(precision)
    return covariance @ (restriction.mean / restriction.sd**2 + rows.T @ values), covariance


def none(size: int) -> Restriction:
    return Restriction(np.zeros(size), np.ones(size))


def draws_of(posterior: NormalErrors, count: int) -> tuple[Normal, np.ndarray]:
    mean, _ = exact(posterior, none(posterior.space.size))
    normal = approximate(mean, whole_matrix(posterior) / posterior.data.sds[:, None])
    xi = np.random.default_rng(5).standard_normal((mean.size, count))
    return normal, mean[:, None] + normal.scale(xi)


def rival(**parts: Any) -> RivalModel:
    return RivalModel(id="one", words="w", reason="r", **parts)


def moved(posterior: NormalErrors) -> Restriction:
    """One parameter two and a half sds away and narrow, the bias held."""
    mean, sd = np.zeros(posterior.space.size), np.ones(posterior.space.size)
    mean[1], sd[1], sd[-1] = -2.5, 0.3, 0.1
    return Restriction(mean, sd)


def test_a_restricted_posterior_has_the_same_figures_in_other_coordinates() -> None:
    posterior = stand_in()
    restriction = moved(posterior)
    inner = Restricted(posterior, restriction)
    u = np.random.default_rng(1).standard_normal((posterior.space.size, 3))
    z = restriction.apply(u)
    assert np.allclose(inner.log_figures(u), posterior.log_figures(z))
    assert np.allclose(
        inner.log_likelihood(u, inner.log_figures(u)), posterior.log_likelihood(z, posterior.log_figures(z))
    )


def test_the_approximation_of_a_restricted_normal_posterior_is_exact() -> None:
    posterior = stand_in()
    restriction = moved(posterior)
    normal = restricted_normal(draws_of(posterior, 2)[0], restriction)
    mean, covariance = exact(posterior, restriction)
    root = normal.scale(np.eye(mean.size)) * restriction.sd[:, None]
    assert np.allclose(restriction.apply(normal.mean[:, None])[:, 0], mean)
    assert np.allclose(root @ root.T, covariance)


def test_bridged_draws_are_those_of_the_restricted_posterior() -> None:
    posterior = stand_in()
    restriction = moved(posterior)
    normal, points = draws_of(posterior, 4000)
    found = draw_restricted(posterior, normal, points, restriction, 1)
    mean, covariance = exact(posterior, restriction)
    sds = np.sqrt(np.diag(covariance))
    assert np.abs((found.points.mean(axis=1) - mean) / sds).max() < 0.12
    assert np.abs(found.points.std(axis=1) / sds - 1.0).max() < 0.08
    assert found.shares[-1] == 1.0


def test_the_evidence_of_a_restriction_is_that_of_the_formula() -> None:
    posterior = stand_in()
    restriction = moved(posterior)
    normal, points = draws_of(posterior, 4000)
    found = draw_restricted(posterior, normal, points, restriction, 1)

    def log_norm(one: Restriction) -> float:
        rows = whole_matrix(posterior)
        spread = (rows * one.sd**2) @ rows.T + np.diag(posterior.data.sds**2)
        away = posterior.data.log_values - rows @ one.mean
        return float(-0.5 * (np.linalg.slogdet(spread)[1] + away @ np.linalg.solve(spread, away)))

    expected = log_norm(restriction) - log_norm(none(posterior.space.size))
    assert found.evidence == pytest.approx(expected, abs=0.15)


def test_no_restriction_leaves_the_draws() -> None:
    posterior = stand_in()
    normal, points = draws_of(posterior, 8)
    found = draw_restricted(posterior, normal, points, none(posterior.space.size), 1)
    assert found.points is points
    assert found.evidence == 0.0


def test_the_same_seed_gives_the_same_draws() -> None:
    posterior = stand_in()
    normal, points = draws_of(posterior, 64)
    once, again, other = (
        draw_restricted(posterior, normal, points, moved(posterior), seed).points for seed in (1, 1, 2)
    )
    assert np.array_equal(once, again)
    assert not np.array_equal(once, other)


def test_figures_that_are_added_move_the_draws_to_the_posterior_with_them() -> None:
    posterior = stand_in()
    added = np.arange(6) >= 4
    few = replace(
        posterior,
        data=replace(posterior.data, data=posterior.data.data[:4]),
        engine=whole_matrix(posterior)[:4, :-1],
    )
    _, points = draws_of(few, 4000)
    normal, _ = draws_of(posterior, 2)
    found = draw_with_more(posterior, normal, points, added, 1)
    mean, covariance = exact(posterior, none(posterior.space.size))
    sds = np.sqrt(np.diag(covariance))
    assert np.abs((found.points.mean(axis=1) - mean) / sds).max() < 0.12
    assert np.abs(found.points.std(axis=1) / sds - 1.0).max() < 0.08


def test_quantiles_of_a_rival_become_the_normal_that_has_them() -> None:
    space = make_space()
    item = RivalPrior(parameter="p1", q05=2.2, q95=2.9)
    found = restriction_of(space, rival(priors=(item,)))
    ends = found.mean[1] + found.sd[1] * np.array([-1.6448536, 1.6448536])
    values = space.priors["p1"].distribution.from_normal(ends)
    assert np.allclose(values, [2.2, 2.9])
    assert np.count_nonzero(found.mean) == 1
    assert np.count_nonzero(found.sd != 1.0) == 1


def test_between_names_quantiles_of_the_prior() -> None:
    found = restriction_of(make_space(), rival(priors=(RivalPrior(parameter="p0", between=(0.5, 0.95)),)))
    assert found.mean[0] == pytest.approx(1.6448536 / 2.0)
    assert found.sd[0] == pytest.approx(0.5)


def test_a_trusted_source_keeps_the_bias_that_is_said() -> None:
    space = make_space(biases=2)
    found = restriction_of(space, rival(biases=(HeldBias(publisher="un", quantities=("q",), sd=0.05),)))
    assert not found.changes
    named = replace(space, biases=("un/home/q", "us/home/q"))
    found = restriction_of(named, rival(biases=(HeldBias(publisher="un", quantities=("q",), sd=0.05),)))
    assert found.sd[-2] == pytest.approx(0.25)
    assert found.sd[-1] == 1.0
    assert not found.mean.any()


@pytest.mark.parametrize(
    ("item", "code"),
    [
        (RivalPrior(parameter="p9", q05=1.0, q95=2.0), "Y503"),
        (RivalPrior(parameter="p0", place="north", q05=1.0, q95=2.0), "Y108"),
        (RivalPrior(parameter="p0", q05=-1.0, q95=2.0), "Y501"),
    ],
)
def test_what_the_priors_do_not_know_is_refused(item: RivalPrior, code: str) -> None:
    with pytest.raises(DataError) as fault:
        restriction_of(make_space(), rival(priors=(item,)))
    assert fault.value.code == code


@pytest.mark.parametrize(
    "parts", [{}, {"q05": 1.0}, {"q05": 2.0, "q95": 1.0}, {"q05": 1.0, "q95": 2.0, "between": (0.1, 0.2)}]
)
def test_a_restriction_says_one_thing(parts: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"q05|below"):
        RivalPrior(parameter="p", **parts)
