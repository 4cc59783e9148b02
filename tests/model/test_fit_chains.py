"""Chains of NUTS in processes, on the whole model of a small country: to the end, stopped, gone on with."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from yupana.fit import chains, nuts, store
from yupana.fit.build import build_posterior
from yupana.fit.centred import centred
from yupana.fit.laplace import Normal
from yupana.study import load

DRAWS, CHAINS = 12, 3


@pytest.fixture(scope="module")
def posterior():
    study = load("exampleland", until=2005)
    return build_posterior(study.pack, study.config, study.priors, 2005, "float64", 2)


def drawn(posterior, folder, kept, tell):
    size = posterior.space.size
    start = 0.1 * posterior.space.draw(1, 0, CHAINS)
    figures = posterior.log_figures(start)
    coordinates = centred(posterior, start, figures)
    about = Normal(np.zeros(size), np.eye(size)[:, :1], np.zeros(1))
    there = coordinates.there(start, figures)
    return chains.draw(posterior, coordinates, about, there, DRAWS, 5, kept, folder, tell)


def test_a_stopped_fit_goes_on_to_the_same_draws(posterior, tmp_path) -> None:
    """Both ways at once, as each compiles the model."""
    folders = [tmp_path / name for name in ("whole", "stopped")]
    for folder in folders:
        folder.mkdir()
    told: list[float] = []

    def stage() -> dict[str, np.ndarray]:
        return dict(store.read_arrays(folders[1] / store.STAGE))

    def stop(share: float) -> None:
        if (folders[1] / store.STAGE).is_file() and "nuts_points@0" in stage():
            raise KeyboardInterrupt

    with ThreadPoolExecutor(2) as pool:
        whole = pool.submit(drawn, posterior, folders[0], {}, told.append)
        stopped = pool.submit(drawn, posterior, folders[1], {"mode": np.ones(2)}, stop)
        assert isinstance(stopped.exception(), KeyboardInterrupt)
    found = whole.result()
    assert told == sorted(told)
    assert len(told) == nuts.WARM_UP + DRAWS
    assert told[-1] == 1.0
    kept = stage()
    assert kept["mode"].tolist() == [1.0, 1.0]
    assert nuts.WARM_UP < int(kept["nuts_done@0"]) < nuts.WARM_UP + DRAWS
    again = drawn(posterior, folders[1], kept, lambda _: None)
    assert found.points.shape == (DRAWS, CHAINS, posterior.space.size)
    assert np.array_equal(again.points, found.points)
    assert np.array_equal(again.potential, found.potential)
    at = found.points[-1].T.astype(np.float64)
    value = posterior.log_likelihood(at, posterior.log_figures(at)) + posterior.log_prior(at)
    assert -found.potential[-1] == pytest.approx(value, abs=0.05)  # points are kept in single precision
