"""A fit on disk: what is damaged is refused, what was stopped goes on to the same numbers."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from fake_posterior import YEARS, make_posterior

from yupana.core.errors import DataError, UsageError
from yupana.fit import blocks, fitting, samplers, store
from yupana.fit.draws import PosteriorDraws
from yupana.fit.gates import Gate

RECIPE = {"pack": "somewhere", "until": YEARS[-1], "method": "smc", "seed": 1}


class Killed(Exception):
    """What a test stops a fit with."""


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch) -> Any:
    """A fit of a posterior without a model: (folder, method, where to stop) -> record."""
    made = make_posterior(values=np.full(6, 1.2))
    monkeypatch.setattr(fitting, "build_posterior", lambda *arguments: made)
    monkeypatch.setattr(samplers.Tempered, "usual", 12)  # few are needed here
    monkeypatch.setattr(samplers.Settling, "usual", 12 * blocks.MOVES)
    # there is no model whose time step could be halved
    monkeypatch.setattr(
        fitting, "halved_gate", lambda *arguments: Gate("half the time step", 0.0, 1.0, "at most")
    )

    def fit(folder: Path, method: str = "smc", stop: float = 9.0, seed: int = 1) -> store.FitRecord:
        request = fitting.Request(YEARS[-1], method, 48, 2, seed)

        def told(what: str, share: float, seconds: float) -> None:
            if what == "draws" and share >= stop:
                raise Killed

        recipe = {**RECIPE, "method": method, "seed": seed}
        nothing: Any = None
        return fitting.run_fit(nothing, nothing, nothing, request, recipe, folder, 1, told)

    return fit


def points(folder: Path) -> np.ndarray:
    return store.read_arrays(folder / store.DRAWS)["points"]


def opened(folder: Path) -> PosteriorDraws:
    space = make_posterior().space
    return fitting.open_draws(folder, space.config, space.priors)


@pytest.mark.parametrize("stop", [0.2, 0.7])
def test_a_killed_fit_goes_on_to_the_same_numbers(run: Any, tmp_path: Path, stop: float) -> None:
    whole = run(tmp_path / "whole")
    with pytest.raises(Killed):
        run(tmp_path / "killed", stop=stop)
    assert store.read_record(tmp_path / "killed").status == store.RUNNING
    kept = store.read_stage(tmp_path / "killed")
    assert kept is not None
    assert "state_0" in kept
    again = run(tmp_path / "killed")
    assert np.array_equal(points(tmp_path / "whole"), points(tmp_path / "killed"))
    assert again.gates == whole.gates
    assert not (tmp_path / "killed" / store.STAGE).exists()


@pytest.mark.parametrize("stop", [0.0, 0.05, 0.6])
def test_a_fit_killed_between_rounds_goes_on_to_the_same_numbers(
    run: Any, tmp_path: Path, stop: float
) -> None:
    whole = run(tmp_path / "whole", "blocks")
    assert any(gate["name"].startswith("memory of where particles began") for gate in whole.gates)
    with pytest.raises(Killed):
        run(tmp_path / "killed", "blocks", stop=stop)
    kept = store.read_stage(tmp_path / "killed")
    assert kept is not None
    assert ("figures_0" in kept) == (stop > 0.5)
    again = run(tmp_path / "killed", "blocks")
    assert np.array_equal(points(tmp_path / "whole"), points(tmp_path / "killed"))
    assert again.gates == whole.gates
    run(tmp_path / "plain")
    assert not np.array_equal(points(tmp_path / "whole"), points(tmp_path / "plain"))


def test_a_damaged_stage_is_begun_anew(run: Any, tmp_path: Path) -> None:
    run(tmp_path / "whole")
    with pytest.raises(Killed):
        run(tmp_path / "killed", stop=0.2)
    stage = tmp_path / "killed" / store.STAGE
    stage.write_bytes(stage.read_bytes()[:200])
    run(tmp_path / "killed")
    assert np.array_equal(points(tmp_path / "whole"), points(tmp_path / "killed"))


def test_another_seed_gives_other_draws(run: Any, tmp_path: Path) -> None:
    one, other = run(tmp_path / "a"), run(tmp_path / "b", seed=2)
    assert one.id != other.id
    assert not np.array_equal(points(tmp_path / "a"), points(tmp_path / "b"))


def test_a_finished_fit_opens_as_draws(run: Any, tmp_path: Path) -> None:
    record = run(tmp_path / "f", method="laplace")
    draws = opened(tmp_path / "f")
    assert (draws.fit, draws.until, draws.count) == (record.id, YEARS[-1], 48)
    assert draws.failed == record.failed
    assert store.read_record(tmp_path / "f") == record


def test_damaged_draws_are_refused(run: Any, tmp_path: Path) -> None:
    run(tmp_path / "f", method="laplace")
    path = tmp_path / "f" / store.DRAWS
    whole = bytearray(path.read_bytes())
    whole[len(whole) // 2] ^= 1
    path.write_bytes(bytes(whole))
    with pytest.raises(DataError) as refused:
        opened(tmp_path / "f")
    assert refused.value.code == "Y403"
    path.unlink()
    with pytest.raises(DataError):
        opened(tmp_path / "f")


def test_an_unfinished_fit_has_no_draws(run: Any, tmp_path: Path) -> None:
    with pytest.raises(Killed):
        run(tmp_path / "f", stop=0.2)
    with pytest.raises(UsageError) as refused:
        opened(tmp_path / "f")
    assert refused.value.code == "Y112"


def test_a_fit_of_other_unknowns_is_refused(run: Any, tmp_path: Path) -> None:
    run(tmp_path / "f", method="laplace")
    space = make_posterior().space
    config: Any = SimpleNamespace(rivals=("r", "s"), zones=("z",))
    with pytest.raises(DataError) as refused:
        fitting.open_draws(tmp_path / "f", config, space.priors)
    assert refused.value.code == "Y508"


# Folders ---------------------------------------------------------------------------------------------------


def record(**changes: Any) -> store.FitRecord:
    return store.FitRecord({**RECIPE, **changes}, store.RUNNING)


def refusal(folder: Path, asked: store.FitRecord, resume: bool = False, named: bool = True) -> str:
    with pytest.raises(UsageError) as refused:
        store.check_free(folder, asked, resume, named)
    return refused.value.code


def test_a_folder_that_holds_something_else_is_refused(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("mine", encoding="utf-8")
    assert refusal(tmp_path, record()) == "Y105"
    assert (tmp_path / "notes.txt").read_text(encoding="utf-8") == "mine"
    assert refusal(tmp_path / "notes.txt", record()) == "Y105"


def test_a_folder_that_holds_another_fit_is_refused_even_with_resume(tmp_path: Path) -> None:
    record(seed=2).write(tmp_path)
    assert refusal(tmp_path, record()) == "Y105"
    assert refusal(tmp_path, record(), resume=True) == "Y105"


def test_an_unfinished_fit_in_a_named_folder_waits_for_resume(tmp_path: Path) -> None:
    record().write(tmp_path)
    assert refusal(tmp_path, record()) == "Y105"
    assert store.check_free(tmp_path, record(), True, True) is None
    assert store.check_free(tmp_path, record(), False, False) is None
    assert store.check_free(tmp_path / "new", record(), False, True) is None


def test_an_unknown_fit_gets_a_near_miss(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    made = record()
    made.write(tmp_path / store.DEFAULT_ROOT / made.id)
    assert store.find_fit(made.id) == Path(store.DEFAULT_ROOT, made.id)
    with pytest.raises(UsageError) as refused:
        store.find_fit(made.id[:-1])
    assert refused.value.code == "Y505"
    assert made.id in str(refused.value)


def test_another_versions_fit_is_refused(tmp_path: Path) -> None:
    record().write(tmp_path)
    path = tmp_path / store.NAME
    path.write_text(path.read_text(encoding="utf-8").replace('"format": 1', '"format": 99'), encoding="utf-8")
    with pytest.raises(DataError) as refused:
        store.read_record(tmp_path)
    assert refused.value.code == "Y401"
