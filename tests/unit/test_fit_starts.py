"""A second mode that no chain has seen: other starts find it, and repetitions that begin there reach it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from fake_posterior import LinearPosterior, make_posterior

from yupana.fit import particles
from yupana.fit.laplace import Normal, approximate, find_mode
from yupana.fit.samplers import Settling, Tempered
from yupana.fit.starts import Mode, begun_from, other_mode_gate, other_modes

WANTED = (1024, 2, 1)


class TwoSided(LinearPosterior):
    """Figures that depend on the size of the first unknown and not on its sign."""

    def log_figures(self, z: np.ndarray) -> np.ndarray:
        read = z[: self.engine.shape[1]].copy()
        read[0] = np.abs(read[0])
        return self.engine @ read


def begun(kind: type[LinearPosterior]) -> tuple[LinearPosterior, Normal]:
    """Six figures of the first unknown, and the approximation at the mode on its right side."""
    made = make_posterior(np.tile(np.eye(1, 15), (6, 1)), np.ones(6), sd=0.2)
    two = kind(**vars(made))
    return two, approximate(*find_mode(two, np.full(two.space.size, 0.1)))


def test_chains_that_begin_at_one_mode_agree_and_see_nothing(tmp_path: Path) -> None:
    """Why the search is needed: R-hat and the rest pass on half of the posterior."""
    two, normal = begun(TwoSided)
    compared = particles.compared(normal)
    points, found = particles.draw(two, Tempered(normal), compared, WANTED, tmp_path, lambda *a: None)
    assert (points[0] > 0).all()
    assert all(gate.passed for gate in found), found


@pytest.mark.parametrize("along", [False, True])
def test_repetitions_that_begin_at_both_modes_tell(along: bool, tmp_path: Path) -> None:
    """Without moves between the modes each keeps its own and R-hat rings; with them both halves are found."""
    two, normal = begun(TwoSided)
    (other,) = begun_from(other_modes(two, normal, 1), 2)
    way = other.point - normal.mean
    sampler = Settling([normal, other.normal], way[:, None] if along else None)
    compared = particles.compared(normal, [way])
    points, found = particles.draw(two, sampler, compared, WANTED, tmp_path, lambda *a: None)
    assert all(gate.passed for gate in found) == along
    if (
        along
    ):  # both alike; a thousand draws tell a half to 0.016, and particles of one start are not independent
        assert (points[0] > 0).mean() == pytest.approx(0.5, abs=0.08)


@pytest.mark.parametrize("seed", [1, 2, 3, 4])
def test_other_starts_find_a_second_mode(seed: int) -> None:
    two, normal = begun(TwoSided)
    found = other_modes(two, normal, seed)
    assert len(found) == 1  # however many starts led to it
    gate = other_mode_gate(found, [])
    assert not gate.passed
    assert gate.value == pytest.approx(0.5, abs=0.01)  # both modes are alike
    assert other_mode_gate(found, begun_from(found, 2)).passed
    assert begun_from(found, 1) == []  # the only repetition begins at the first mode


@pytest.mark.parametrize("seed", [1, 2, 3, 4])
def test_one_mode_passes(seed: int) -> None:
    one, normal = begun(LinearPosterior)
    assert other_mode_gate(other_modes(one, normal, seed), []).value == 0.0


def test_small_modes_are_left_aside() -> None:
    modes = [Mode(np.zeros(2), np.zeros((1, 2)), share) for share in (0.4, 0.02, 0.005, 1e-5)]
    assert begun_from(modes, 2) == modes[:3]
    assert other_mode_gate(modes, modes[:2]).passed
    assert not other_mode_gate(modes, modes[:1]).passed
