"""Sizes of shocks move at the same products: the model's figures stay, and so does the prior."""

from __future__ import annotations

import numpy as np
import pytest
from fake_posterior import make_space
from scipy.stats import kstest

from yupana.fit.build import build_posterior
from yupana.fit.posterior import Posterior
from yupana.fit.sizes import OF_GROUP, OF_STREAM, move_sizes, sizes
from yupana.study import load


@pytest.fixture(scope="module")
def country() -> Posterior:
    study = load("exampleland", until=2006)
    return build_posterior(study.pack, study.config, study.priors, 2006, "float64", 1)


def test_every_size_has_the_numbers_of_its_streams(country: Posterior) -> None:
    space = country.space
    found = {size.name: size for size in sizes(space)}
    assert set(found) == {*OF_STREAM.values(), *OF_GROUP.values()}
    for name, size in found.items():
        assert space.names[size.row] == name
        streams = {one.partition("@")[0] for one in space.names[size.numbers]}
        wanted = {stream for stream, owner in OF_STREAM.items() if owner == name}
        assert streams == wanted or (name == "campaign_sd" and len(streams) == len(space.config.zones))
        assert len(space.names[size.numbers]) == len(streams) * len(space.years)
    assert sizes(make_space()) == ()  # parameters without sizes


def test_no_figure_changes(country: Posterior) -> None:
    x = country.space.draw(1, 0, 64)
    moved = move_sizes(country.space, x, np.random.default_rng(1))
    assert (np.abs(moved - x).max(axis=1) > 0.01).sum() > 20
    np.testing.assert_allclose(country.log_figures(moved), country.log_figures(x), rtol=1e-9, atol=1e-9)


def test_the_prior_stays(country: Posterior) -> None:
    space = country.space
    x = space.draw(2, 0, 4000)
    rng = np.random.default_rng(2)
    for _ in range(20):
        x = move_sizes(space, x, rng)
    for size in sizes(space):
        assert kstest(x[size.row], "norm").pvalue > 1e-3
        assert kstest(x[size.numbers][0], "norm").pvalue > 1e-3
        # a right move keeps them independent: 4,000 draws tell a correlation to 0.016
        assert abs(np.corrcoef(x[size.row], (x[size.numbers] ** 2).sum(axis=0))[0, 1]) < 0.06
