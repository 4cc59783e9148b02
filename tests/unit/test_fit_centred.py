"""Coordinates in which a bias stands for its figures: the same normal approximation, written otherwise."""

from __future__ import annotations

import numpy as np
import pytest

from yupana.fit import centred as module
from yupana.fit.build import build_posterior
from yupana.fit.centred import about_mode, centred
from yupana.study import load


@pytest.fixture(scope="module")
def posterior():
    study = load("exampleland", until=2004)
    return build_posterior(study.pack, study.config, study.priors, 2004, "float64", 1)


def made(posterior, by_unknown=None):
    """Draws of a model whose log figures are linear in the unknowns, and their coordinates of chains."""
    z = posterior.space.draw(1, 0, 30)
    figures = np.zeros((len(posterior.data.data), 30)) if by_unknown is None else by_unknown @ z
    return z, figures, centred(posterior, z, figures)


def test_there_and_back(posterior) -> None:
    by_unknown = np.random.default_rng(0).normal(size=(len(posterior.data.data), posterior.space.size))
    z, figures, coordinates = made(posterior, by_unknown)
    x = coordinates.there(z, figures)
    biases = len(posterior.space.biases)
    assert np.array_equal(x[:-biases], z[:-biases])
    assert not np.allclose(x[-biases:], z[-biases:])
    assert coordinates.back(x, figures) == pytest.approx(z)
    assert coordinates.away(figures).mean(axis=1) == pytest.approx(np.zeros(biases), abs=1e-12)


def test_more_and_better_figures_take_the_place_of_their_bias(posterior) -> None:
    """A bias that its figures know exactly is replaced by them whole, one of no figure not at all."""
    _, _, coordinates = made(posterior)
    of, sds = posterior.data.bias_of, posterior.space.bias_sds
    whole = coordinates.shares * sds
    assert (whole > 0.0).all()
    assert (whole < 1.0).all()
    assert np.bincount(of, coordinates.weights) == pytest.approx(np.ones(sds.size))
    errors = np.median(posterior.errors(posterior.space.draw(1, 0, 30)), axis=1)
    known = sds**2 * np.bincount(of, errors**-2.0)
    assert whole == pytest.approx(known / (1.0 + known))


def test_the_normal_approximation_is_the_same_distribution(posterior, monkeypatch) -> None:
    monkeypatch.setattr(module, "LEAST", 1e-9)
    space, rows = posterior.space, len(posterior.data.data)
    first = space.size - len(space.biases)
    rng = np.random.default_rng(1)
    by_unknown = np.zeros((rows, space.size))
    by_unknown[:, :first] = 0.1 * rng.normal(size=(rows, first))
    z, figures, coordinates = made(posterior, by_unknown)
    seen = by_unknown.copy()
    seen[np.arange(rows), first + coordinates.of] = space.bias_sds[coordinates.of]
    weighted = rng.uniform(1.0, 5.0, rows)[:, None] * seen
    normal = about_mode(posterior, coordinates, coordinates.there(z, figures), weighted)
    spread = np.linalg.inv(np.eye(space.size) + weighted.T @ weighted)
    turn = np.eye(space.size)
    turn += coordinates.there(turn, by_unknown) - coordinates.there(0.0 * turn, 0.0 * by_unknown) - turn
    half = normal.scale(np.eye(space.size))
    assert half @ half.T == pytest.approx(turn @ spread @ turn.T, abs=1e-8)
