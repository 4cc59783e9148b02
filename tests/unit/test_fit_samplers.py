"""Which particles of a repetition become draws, in which order, and where they begin."""

from __future__ import annotations

import numpy as np
import pytest
from fake_posterior import LinearPosterior, make_posterior

from yupana.fit import blocks
from yupana.fit.laplace import Normal, approximate, find_mode
from yupana.fit.posterior import BLOCK
from yupana.fit.samplers import Settling


@pytest.fixture(scope="module")
def made() -> LinearPosterior:
    return make_posterior(values=np.array([0.6, -0.4, 0.2, 2.5, -0.1, 0.5]), sd=0.3)


@pytest.fixture(scope="module")
def normal(made: LinearPosterior) -> Normal:
    return approximate(*find_mode(made, np.zeros(made.space.size)))


def _moved(normal: Normal, by: float) -> Normal:
    return Normal(normal.mean + by, normal.directions, normal.eigenvalues)


@pytest.mark.parametrize(
    ("done", "rounds"), [(3, []), (8, [8]), (16, [12, 16]), (18, [12, 16]), (64, [*range(36, 65, 4)])]
)
def test_every_fourth_of_the_later_rounds_is_kept(done: int, rounds: list[int]) -> None:
    assert blocks.kept_rounds(done) == rounds


def test_what_is_kept_are_the_points_of_those_rounds(made: LinearPosterior, normal: Normal) -> None:
    now, seen = blocks.begin(made, [normal], 32, 1), {}
    for number in range(1, 19):
        now = blocks.advance(made, normal, now, 1, moves=2)
        seen[number] = now.points
        assert len(now.kept) == len(blocks.kept_rounds(number))
    assert np.array_equal(now.kept, np.stack([seen[12], seen[16]]).astype(np.float32))


def test_draws_are_the_last_rounds_first_and_chains_show_what_is_dependent(
    made: LinearPosterior, normal: Normal
) -> None:
    """Particle p of the look at round r has the value p + r / 100."""
    particles = np.arange(BLOCK, dtype=np.float64)
    kept = np.stack([(particles + round / 100.0)[None] for round in (12, 16, 20)])
    state = blocks.Settled(20, kept[-1], kept[-1], 0.3, (), np.zeros((1, 1, BLOCK)), kept)
    sampler = Settling([normal])
    found = sampler.draws(state, 2 * BLOCK, 5)
    assert found.shape == (1, 2 * BLOCK)
    assert found[0, :BLOCK] % 1.0 == pytest.approx(0.2)
    assert found[0, BLOCK:] % 1.0 == pytest.approx(0.12)  # of three looks the two that lie furthest apart
    assert set(found[0, :BLOCK].astype(int)) == set(range(BLOCK))
    order = sampler.chains(found)
    assert np.floor(order[0, ::2]) == pytest.approx(np.floor(order[0, 1::2]))  # looks at one particle
    assert np.sort(order, axis=1) == pytest.approx(np.sort(found, axis=1))


@pytest.mark.parametrize(("count", "particles"), [(24, 24), (512, BLOCK), (2304, BLOCK), (2305, 2 * BLOCK)])
def test_a_repetition_has_a_block_of_particles_or_as_many_as_its_draws_ask_for(
    made: LinearPosterior, normal: Normal, count: int, particles: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(blocks, "run", lambda posterior, normal, now, *rest: now)
    state = Settling([normal]).run(made, 0, count, 1, None, lambda now: None)
    assert state.points.shape[1] == particles


def test_odd_repetitions_begin_at_the_other_modes_in_equal_parts(
    made: LinearPosterior, normal: Normal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(blocks, "run", lambda posterior, normal, now, *rest: now)
    normals = [normal, _moved(normal, 100.0), _moved(normal, 200.0)]
    starts = [
        Settling(normals).run(made, chain, 40, 1, None, lambda now: None).points.mean(axis=0)
        for chain in (0, 1, 2)
    ]
    nearest = [np.rint(start / 100.0).astype(int) for start in starts]
    assert set(nearest[0]) == {0}
    assert set(nearest[2]) == {0}
    assert np.bincount(nearest[1]).tolist() == [0, 20, 20]
    alone = Settling([normal]).run(made, 1, 40, 1, None, lambda now: None).points
    assert abs(alone.mean()) < 5.0


def test_what_particles_say_of_informed_directions_and_the_approximation_of_the_rest(normal: Normal) -> None:
    """Twice the spread and another centre where the figures inform; where they hardly do, as approximated."""
    weak = Normal(
        normal.mean, normal.directions, np.where(np.arange(normal.eigenvalues.size) < 3, 50.0, 0.05)
    )
    rng = np.random.default_rng(1)
    wide = Normal(weak.mean, weak.directions, np.where(weak.eigenvalues > 1.0, 51.0 / 4.0 - 1.0, 0.0))
    points = 0.7 + wide.mean[:, None] + wide.scale(rng.standard_normal((weak.mean.size, 20_000)))
    found = blocks.about(weak, points)
    informed, rest = weak.directions[:, :3], weak.directions[:, 3:]
    root = found.scale(np.eye(weak.mean.size))
    covariance = root @ root.T
    assert informed.T @ covariance @ informed == pytest.approx(4.0 / 51.0 * np.eye(3), abs=0.004)
    assert rest.T @ covariance @ rest == pytest.approx(np.eye(rest.shape[1]) / 1.05)
    assert informed.T @ (found.mean - weak.mean) == pytest.approx(
        informed.T @ np.full(weak.mean.size, 0.7), abs=0.01
    )
    assert rest.T @ (found.mean - weak.mean) == pytest.approx(np.zeros(rest.shape[1]), abs=1e-9)
