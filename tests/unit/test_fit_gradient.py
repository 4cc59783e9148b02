"""The gradient of the log posterior of a small country: its value and its slope are the engine's."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from yupana.fit.build import build_posterior
from yupana.fit.centred import centred
from yupana.fit.gradient import Gradient
from yupana.fit.posterior import FAILED
from yupana.model import Engine
from yupana.study import load

STEP = 1e-4


@pytest.fixture(scope="module")
def posterior():
    study = load("exampleland", until=2010)
    return build_posterior(study.pack, study.config, study.priors, 2010, "float64", 2)


@pytest.fixture(scope="module")
def gradient(posterior):
    return Gradient(posterior)


def log_posterior(posterior, z):
    return posterior.log_likelihood(z, posterior.log_figures(z)) + posterior.log_prior(z)


def test_the_gradient_is_the_slope_of_the_log_posterior(posterior, gradient) -> None:
    """In random directions of all unknowns, and along every coordinate alone."""
    space = posterior.space
    z = 0.3 * space.draw(1, 0, 11)  # more than one group of columns, the last not full
    ways = np.concatenate(
        [np.random.default_rng(2).normal(size=(space.size, 20)), np.eye(space.size)], axis=1
    )
    value, slope = gradient(z)
    assert value == pytest.approx(log_posterior(posterior, z), abs=1e-9)
    for column in (0, 10):
        at = z[:, column, None]
        moved = [log_posterior(posterior, at + times * STEP * ways) for times in (1, -1, 2, -2)]
        differences = (8.0 * (moved[0] - moved[1]) - (moved[2] - moved[3])) / (12.0 * STEP)
        assert ways.T @ slope[:, column] == pytest.approx(differences, rel=1e-5, abs=1e-5)


def test_a_column_does_not_depend_on_its_neighbours(posterior, gradient) -> None:
    z = 0.3 * posterior.space.draw(1, 0, 10)
    value, slope = gradient(z)
    for columns in ([3], [9, 2, 7]):
        again, way = gradient(z[:, columns])
        assert np.array_equal(again, value[columns])
        assert np.array_equal(way, slope[:, columns])


def test_a_failed_run_has_the_value_of_one_and_no_slope(posterior, gradient) -> None:
    z = posterior.space.draw(1, 0, 3)
    z[:, 1] = 1e4
    value, slope = gradient(z)
    assert (value == FAILED).tolist() == [False, True, False]
    assert (slope[:, 1] == 0.0).all()
    assert np.isfinite(slope).all()


def test_single_precision_is_refused(posterior) -> None:
    with pytest.raises(ValueError, match="double precision"):
        Gradient(replace(posterior, engine=Engine(posterior.engine.config, "float32")))


def test_in_coordinates_of_chains_it_is_the_slope_of_the_same_posterior(posterior, gradient) -> None:
    """A bias and the figures that it moves: values are those of the space's points, slopes those along x."""
    space = posterior.space
    z = 0.3 * space.draw(3, 0, 40)
    figures = posterior.log_figures(z)
    coordinates = centred(posterior, z, figures)
    assert (coordinates.shares > 0.0).all()
    made = Gradient(posterior, coordinates)
    made.__dict__["model"] = gradient.model  # compiled once
    x = coordinates.there(z, figures)[:, :3]
    assert abs(x - z[:, :3])[-len(space.biases) :].max() > 0.1
    assert made.back(x) == pytest.approx(z[:, :3], abs=1e-9)
    ways = np.random.default_rng(4).normal(size=(space.size, 24))
    value, slope = made(x)
    assert value == pytest.approx(log_posterior(posterior, z[:, :3]), abs=1e-8)
    moved = [log_posterior(posterior, made.back(x[:, :1] + times * STEP * ways)) for times in (1, -1, 2, -2)]
    differences = (8.0 * (moved[0] - moved[1]) - (moved[2] - moved[3])) / (12.0 * STEP)
    assert ways.T @ slope[:, 0] == pytest.approx(differences, rel=1e-5, abs=1e-5)
