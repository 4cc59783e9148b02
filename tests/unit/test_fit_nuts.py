"""The No-U-Turn sampler: draws of a known density, the same after a stop, and gates that fire."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import pytest

from yupana.fit import nuts
from yupana.fit.laplace import Normal

SIZE, DRAWS = 6, 800
TRUE = 4.0  # precision of the first coordinate, beside one of each other


@lru_cache(maxsize=1)
def _compiled():
    from yupana.model.engine import enable_double

    jax = enable_double()

    def log_density(z):
        return -0.5 * (TRUE * (z[0] - 1.0) ** 2 + (z[1:] ** 2).sum())

    return jax.jit(jax.vmap(jax.value_and_grad(log_density), in_axes=1, out_axes=(0, 1)))


def _target(z: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """A normal around (1, 0, ...), computed by JAX as the model is: calls within a program must not lock."""
    value, slope = _compiled()(z)
    return np.asarray(value), np.asarray(slope)


@pytest.fixture(scope="module")
def normal() -> Normal:
    """An approximation that is off in place and scale."""
    return Normal(np.full(SIZE, 0.3), np.eye(SIZE)[:, :1], np.array([1.0]))


@pytest.fixture(scope="module")
def whole(normal):
    states: list[dict[str, np.ndarray]] = []
    told: list[float] = []
    found = nuts.run(_target, normal, 4, DRAWS, 3, save=states.append, tell=told.append, warm_up=60)
    return found, states, told


def test_draws_have_the_moments_of_the_density(whole) -> None:
    points = whole[0].points.reshape(-1, SIZE).astype(np.float64)
    assert points.mean(axis=0) == pytest.approx([1.0, 0, 0, 0, 0, 0], abs=0.12)
    assert points.var(axis=0) == pytest.approx([1.0 / TRUE, 1, 1, 1, 1, 1], rel=0.2)


def test_chains_share_one_step_after_the_warm_up(whole) -> None:
    assert np.unique(whole[0].step).size == 1
    assert 0.05 < whole[0].step[0] < 2.0


def test_the_step_is_the_shortest_that_costs_as_many_gradients(whole) -> None:
    found = whole[0]
    most = 2 ** np.log2(nuts.TURN / found.step[0] + 1.0) - 1
    assert np.log2(most + 1.0) == pytest.approx(round(np.log2(most + 1.0)), abs=1e-9)
    assert found.steps.max() <= round(most)
    assert (found.steps > most / 2).mean() > 0.5  # a doubling less would not have turned most of them


def test_a_stopped_run_goes_on_to_the_same_draws(whole, normal) -> None:
    found, states, _ = whole
    again = nuts.run(_target, normal, 4, DRAWS, 3, saved=states[3], warm_up=60)
    assert np.array_equal(again.points, found.points)
    assert np.array_equal(again.energy, found.energy)


def test_cut_forces_leave_the_density_as_it_is(normal, monkeypatch) -> None:
    """With seven tenths of the usual force as the most, most steps are cut."""
    monkeypatch.setattr(nuts, "FORCE", 0.7)
    found = nuts.run(_target, normal, 4, DRAWS, 3, warm_up=60)
    points = found.points.reshape(-1, SIZE).astype(np.float64)
    slopes = normal.scale(_target(points.T)[1])
    assert (np.linalg.norm(slopes, axis=0) > 0.7 * np.sqrt(SIZE)).mean() > 0.6
    assert points.mean(axis=0) == pytest.approx([1.0, 0, 0, 0, 0, 0], abs=0.12)
    assert points.var(axis=0) == pytest.approx([1.0 / TRUE, 1, 1, 1, 1, 1], rel=0.2)


def test_a_needle_does_not_throw_chains_out(normal) -> None:
    """A step of the log density of the size of one, hundreds of times as steep as the rest."""

    def target(z: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        value, slope = (np.array(x) for x in _target(z))
        edge = np.tanh((z[1] - 0.5) / 1e-4)
        slope[1] += 0.5 * (1.0 - edge**2) / 1e-4
        return value + 0.5 * edge, slope

    found = nuts.run(target, normal, 4, DRAWS, 3, warm_up=60)
    assert not found.diverged.any()
    above = (found.points[..., 1] > 0.5).mean()
    share = 0.3085 * np.e / (0.3085 * np.e + 0.6915)  # of a standard normal, weighted by exp(1) above 0.5
    assert above == pytest.approx(share, abs=0.05)


def test_gates_pass_on_good_chains_and_fire_on_bad_ones(whole, normal) -> None:
    from dataclasses import replace

    found = whole[0]
    assert all(gate.passed for gate in nuts.gates(found, normal)), nuts.gates(found, normal)
    stuck = found.points.copy()
    stuck[:, 0] = stuck[0, 0]
    failed = [g.name for g in nuts.gates(replace(found, points=stuck), normal) if not g.passed]
    assert any("R-hat" in name for name in failed)
    broken = replace(found, diverged=np.ones_like(found.diverged))
    assert "divergent draws" in [g.name for g in nuts.gates(broken, normal) if not g.passed]


def test_information_on_the_energy_is_low_where_energies_hardly_move() -> None:
    rng = np.random.default_rng(1)
    free, slow = rng.normal(size=(500, 1)), np.cumsum(rng.normal(size=(500, 1)), axis=0)
    assert nuts.information_on_energy(free)[0] == pytest.approx(2.0, abs=0.3)
    assert nuts.information_on_energy(slow)[0] < nuts.ENERGY


def test_the_share_that_is_told_grows_to_one(whole) -> None:
    told = whole[2]
    assert len(told) == DRAWS + 60
    assert told[-1] == 1.0
    assert 0.0 < told[0] < 0.2
