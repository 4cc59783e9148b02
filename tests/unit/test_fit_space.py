"""The unknowns as one vector, the normal approximation of them, and posterior draws in a run."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from fake_posterior import YEARS, make_space

from yupana.core.streams import normals
from yupana.evidence import load_pack
from yupana.fit.draws import FittedEngine, PosteriorDraws
from yupana.fit.laplace import Normal
from yupana.fit.space import Space
from yupana.model import build_config
from yupana.model.flows import Noise
from yupana.model.noise import draw_noise
from yupana.params import PriorSet


def test_layout_has_every_unknown_once() -> None:
    space = make_space(parameters=2, biases=2)
    assert space.names[:2] == ("p0", "p1")
    assert space.names[2:6] == ("planting@2000", "planting@2001", "demand@2000", "demand@2001")
    assert space.names[-6:] == (
        "rival_area[r]@2000",
        "rival_area[r]@2001",
        "campaign[z]@2000",
        "campaign[z]@2001",
        "bias[un/home/0]",
        "bias[un/home/1]",
    )
    assert len(set(space.names)) == space.size == 2 + 6 * 2 + 2


def test_each_coordinate_moves_what_its_name_says() -> None:
    space = make_space(parameters=2, biases=2)
    z = np.eye(space.size)
    parameters, noise, biases = space.parameters(z), space.noise(z), space.log_biases(z)
    centre = space.priors.median()
    for i, name in enumerate(space.names):
        moved = {key for key, value in parameters.items() if value[i] != centre[key]}
        places = {"rival_area": "[r]", "campaign": "[z]"}
        for stream in Noise._fields:
            values = np.asarray(getattr(noise, stream))[..., i]
            for t, year in enumerate(YEARS):
                if np.any(values[t]):
                    moved.add(f"{stream}{places.get(stream, '')}@{year}")
        moved |= {f"bias[{bias}]" for bias, value in zip(space.biases, biases[:, i], strict=True) if value}
        assert moved == {name}
    assert biases.max() == pytest.approx(0.2)


def test_draws_are_those_of_a_run() -> None:
    """A fit's prior and a run's prior are one: same seed, same numbers, whatever the fit adds."""
    pack = load_pack("exampleland")
    config = build_config(pack)
    priors = PriorSet.from_pack(pack, config.dims)
    space = Space(priors, config, (2000, 2001, 2002), ("un/x/y",), np.array([0.1]))
    z = space.draw(7, 100, 5)
    assert np.array_equal(z[: priors.size], priors.points(7, 100, 5))
    for ours, theirs in zip(space.noise(z), draw_noise(config, 7, 100, 5, 2000, 2002), strict=True):
        assert np.array_equal(ours.astype(np.float32), np.asarray(theirs).astype(np.float32))
    assert np.array_equal(z[-1], normals(7, "bias/un/x/y", 100, 5))
    assert np.array_equal(space.draw(7, 0, 105)[:, 100:], z)


# The normal approximation --------------------------------------------------------------------------------


@pytest.fixture
def normal() -> Normal:
    rng = np.random.default_rng(5)
    directions, _ = np.linalg.qr(rng.normal(size=(7, 3)))
    return Normal(rng.normal(size=7), directions, np.array([30.0, 4.0, 0.3]))


def test_scale_and_unscale_undo_each_other(normal: Normal) -> None:
    xi = np.random.default_rng(6).normal(size=(7, 9))
    assert normal.unscale(normal.mean[:, None] + normal.scale(xi)) == pytest.approx(xi, abs=1e-12)


def test_covariance_is_the_inverse_of_the_precision(normal: Normal) -> None:
    root = normal.scale(np.eye(7))
    precision = np.eye(7) + normal.directions @ np.diag(normal.eigenvalues) @ normal.directions.T
    assert root @ root.T == pytest.approx(np.linalg.inv(precision), abs=1e-12)


def test_log_density_is_that_of_the_normal(normal: Normal) -> None:
    from scipy.stats import multivariate_normal

    root = normal.scale(np.eye(7))
    exact = multivariate_normal(normal.mean, root @ root.T)
    z = np.random.default_rng(8).normal(size=(7, 6))
    gaps = normal.log_density(z) - exact.logpdf(z.T)
    assert np.ptp(gaps) < 1e-9  # equal up to one constant


# Posterior draws in a run --------------------------------------------------------------------------------


@pytest.fixture
def draws() -> PosteriorDraws:
    space = make_space()
    return PosteriorDraws("f", YEARS[-1], space, np.random.default_rng(9).normal(size=(space.size, 4)))


def test_draws_repeat_modulo_their_number(draws: PosteriorDraws) -> None:
    many = draws.draw(1, 0, 10)
    assert np.array_equal(many["p1"][:4], many["p1"][4:8])
    assert np.array_equal(draws.draw(99, 6, 3)["p1"], many["p1"][6:9])  # the seed changes nothing
    assert np.array_equal(draws.latents(1, 5, 2, ["p2"])["p2"][0], draws.points[2, [1, 2]])
    assert len(set(many["p1"])) == 4


def test_shocks_are_the_fits_in_its_years_and_new_after(draws: PosteriorDraws) -> None:
    config: Any = draws.space.config
    fresh = draw_noise(config, 3, 0, 10, 2000, 2004)
    engine = FittedEngine(SimpleNamespace(draw_noise=lambda *a: draw_noise(config, *a), run=None), draws)
    used = engine.draw_noise(3, 0, 10, 2000, 2004)
    stored = draws.space.noise(draws.points)
    for new, got, own in zip(fresh, used, stored, strict=True):
        assert np.array_equal(got[:2, ..., :4], own)
        assert np.array_equal(got[:2, ..., 4:8], own)
        assert np.array_equal(got[2:], new[2:])
        # a repeated draw has other shocks in later years
        assert not np.array_equal(got[2:, ..., :4], got[2:, ..., 4:8])


def test_a_run_that_ends_within_the_fitted_years_takes_their_shocks(draws: PosteriorDraws) -> None:
    config: Any = draws.space.config
    short = draws.with_shocks(draw_noise(config, 3, 0, 4, 2000, 2000), 0, 2000)
    assert np.array_equal(short.demand, draws.space.noise(draws.points).demand[:1])


def test_draws_say_what_they_are(draws: PosteriorDraws) -> None:
    assert draws.in_words(4).mark == "posterior"
    assert "repeat" not in draws.in_words(4).words
    assert "the 4 stored draws repeat, with new shocks after 2001" in draws.in_words(5).words
    failed = PosteriorDraws("f", 2001, draws.space, draws.points, ("R-hat",)).in_words(4)
    assert failed.words.endswith("FIT FAILED 1 of its gates: R-hat")
    assert (failed.mark, failed.short) == ("failed fit", "posterior draws of a fit that failed gates")
