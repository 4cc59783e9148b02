"""A second mode that no chain has seen: other starts find it, where chains agree with each other."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from fake_posterior import LinearPosterior, make_posterior

from yupana.fit import particles, store
from yupana.fit.laplace import Normal, approximate, find_mode
from yupana.fit.starts import other_mode_gate


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
    """Why the gate is needed: R-hat and the rest pass on half of the posterior."""
    two, normal = begun(TwoSided)
    stage = {"mode": normal.mean, "weighted": np.zeros((1, normal.mean.size))}
    store.FitRecord({"pack": "x", "until": 2001}, store.RUNNING).write(tmp_path)
    store.write_arrays(tmp_path / store.STAGE, stage)
    points, found = particles.draw(two, normal, (1024, 2, 1), stage, tmp_path, lambda *a: None)
    assert (points[0] > 0).all()
    assert all(gate.passed for gate in found), found


@pytest.mark.parametrize("seed", [1, 2, 3, 4])
def test_other_starts_find_a_second_mode(seed: int) -> None:
    two, normal = begun(TwoSided)
    gate = other_mode_gate(two, normal, seed)
    assert not gate.passed
    assert gate.value == pytest.approx(0.5, abs=0.01)  # both modes are alike


@pytest.mark.parametrize("seed", [1, 2, 3, 4])
def test_one_mode_passes(seed: int) -> None:
    one, normal = begun(LinearPosterior)
    assert other_mode_gate(one, normal, seed).value == 0.0
