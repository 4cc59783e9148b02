"""Same seed, same bits: any order, any number of threads, killed and resumed, from the shell or Python."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np
import pytest

import yupana as yu
from yupana.ensemble.runner import run_job
from yupana.results import Result

PACK = "exampleland"
KILLS = 10
CHUNKS = 24  # of each scenario, in the run that is killed
PULSE = "name: pulse\ndescribe: eradication x3 for two years\nlevers: {eradication: {2003: 3, 2005: 1}}\n"


def shell(*words: str) -> list[str]:
    return [sys.executable, "-m", "yupana.cli.main", *words]


def chunks(folder: Path) -> dict[str, bytes]:
    """The bytes of every chunk of a run, by name."""
    return {str(p.relative_to(folder)): p.read_bytes() for p in sorted(folder.glob("*/*/*.parquet"))}


@pytest.fixture(scope="module")
def study() -> yu.Study:
    return yu.load(PACK)


@pytest.fixture(scope="module")
def scenarios(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, str]:
    path = tmp_path_factory.mktemp("scenarios") / "pulse.yaml"
    path.write_text(PULSE)
    return "baseline", str(path)


@pytest.fixture(scope="module")
def reference(
    study: yu.Study, scenarios: tuple[str, str], tmp_path_factory: pytest.TempPathFactory
) -> Result:
    out = tmp_path_factory.mktemp("reference") / "run"
    return study.run(draws=700, scenarios=scenarios, end=2006, out=out, threads=1)


def test_threads_and_order_change_no_bit(
    study: yu.Study, scenarios: tuple[str, str], reference: Result, tmp_path: Path
) -> None:
    two = study.run(draws=700, scenarios=scenarios, end=2006, out=tmp_path / "two", threads=2)
    assert chunks(two.folder) == chunks(reference.folder)
    plan = study.plan(draws=700, scenarios=scenarios, end=2006)
    run_job(plan.job, plan.manifest, tmp_path / "order", 2, order=[2, 0, 1])
    assert chunks(tmp_path / "order") == chunks(reference.folder)


def test_another_seed_gives_other_numbers(study: yu.Study, reference: Result, tmp_path: Path) -> None:
    other = study.run(draws=100, seed=2, end=2006, out=tmp_path / "run")
    assert other.id != reference.id
    one, two = other["coca_area"].values, reference["coca_area"].values[0, :100]
    assert not np.isclose(one, two).any()


def test_first_draws_of_more_are_the_same_draws(
    study: yu.Study, scenarios: tuple[str, str], reference: Result, tmp_path: Path
) -> None:
    few = study.run(draws=300, scenarios=scenarios, end=2006, out=tmp_path / "run")
    for key in ("coca_area[zone]", "cocaine_exports", "profit[tier]"):
        np.testing.assert_array_equal(few[key].values, reference[key].values[:, :300])


def test_a_scenario_does_not_move_the_others(
    study: yu.Study, scenarios: tuple[str, str], reference: Result, tmp_path: Path
) -> None:
    alone = study.run(draws=300, scenarios=scenarios[1], end=2006, out=tmp_path / "run")
    np.testing.assert_array_equal(
        alone["leaf_price"].values[0], reference["leaf_price"].sel(scenario="pulse").values[:300]
    )


def test_a_later_end_changes_no_earlier_year(study: yu.Study, reference: Result, tmp_path: Path) -> None:
    longer = study.run(draws=100, end=2008, start=2003, out=tmp_path / "run")
    np.testing.assert_array_equal(
        longer["coca_area"].sel(year=slice(2003, 2006)).values[0],
        reference["coca_area"].sel(year=slice(2003, 2006)).values[0, :100],
    )


def test_levers_and_years_compile_nothing(study: yu.Study, reference: Result, tmp_path: Path) -> None:
    engine = study.plan(draws=1).job.engine
    before = engine.compilations  # type: ignore[attr-defined]
    text = "name: mine\ndescribe: x\nlevers: {demand: 0.5, eradication: {2004: 2}}\n"
    (tmp_path / "mine.yaml").write_text(text)
    study.run(draws=10, scenarios=str(tmp_path / "mine.yaml"), end=2011, out=tmp_path / "run")
    assert engine.compilations == before  # type: ignore[attr-defined]


def test_the_settings_of_a_study_are_part_of_the_address(study: yu.Study) -> None:
    ids = {one.plan(draws=1).manifest.id for one in (
        study, replace(study, steps_per_year=24), replace(study, dtype="float64"), yu.load(PACK, until=2016),
    )}  # fmt: skip
    assert len(ids) == 4


def test_the_shell_makes_the_same_run(scenarios: tuple[str, str], reference: Result, tmp_path: Path) -> None:
    words = ("run", PACK, "--draws", "700", "--end", "2006", "--out", "run", "--json")
    asked = [word for name in scenarios for word in ("--scenario", name)]
    done = subprocess.run(shell(*words, *asked), cwd=tmp_path, capture_output=True, text=True, check=True)
    assert json.loads(done.stdout)["run"] == reference.id
    assert done.stderr == ""
    assert chunks(tmp_path / "run") == chunks(reference.folder)


@pytest.mark.slow
def test_killed_ten_times_and_resumed(scenarios: tuple[str, str], tmp_path: Path) -> None:
    draws, dice = CHUNKS * 256 - 100, random.Random(20261124)
    words = ("run", PACK, "--draws", str(draws), "--end", "2030", "--out", "run", "--resume", "--json")
    asked = [word for name in scenarios for word in ("--scenario", name)]
    command, folder = shell(*words, *asked), tmp_path / "run"
    seen: dict[str, int] = {}
    for _ in range(KILLS):
        process = subprocess.Popen(
            command, cwd=tmp_path, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        target, limit = len(seen) + dice.randint(1, 4), time.monotonic() + 120
        while len(list(folder.glob("*/*/*.json"))) < target and time.monotonic() < limit:
            assert process.poll() is None, "the run ended before it was killed: give it more draws"
            time.sleep(0.002)
        time.sleep(dice.uniform(0.0, 0.12))
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
        for name, stamp in seen.items():
            assert (folder / name).stat().st_mtime_ns == stamp, f"{name} was written again"
        # a record is written after its chunk: where there is one, the chunk is finished
        records = [p.with_suffix(".parquet") for p in folder.glob("*/*/*.json")]
        seen = {str(p.relative_to(folder)): p.stat().st_mtime_ns for p in records}
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=True)
    manifest = json.loads((folder / "manifest.json").read_text())
    assert manifest["status"] == "finished"
    assert manifest["reused"] == len(seen)
    assert manifest["computed"] == 2 * CHUNKS - len(seen)
    assert not list(folder.rglob("*.tmp"))
    assert f"{len(seen)} of {2 * CHUNKS} chunks were finished before" in done.stderr

    again = yu.load(PACK).run(draws=draws, scenarios=scenarios, end=2030, out=tmp_path / "whole")
    assert json.loads(done.stdout)["run"] == again.id
    assert chunks(folder) == chunks(again.folder)


def test_ctrl_c_prints_the_command_that_goes_on(tmp_path: Path) -> None:
    command = shell("run", PACK, "--draws", "40000", "--out", "run")
    listens = partial(signal.signal, signal.SIGINT, signal.SIG_DFL)  # a shell's background job would not
    process = subprocess.Popen(
        command,
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=listens,
    )
    limit = time.monotonic() + 120
    while not list((tmp_path / "run").glob("*/*/*.json")) and time.monotonic() < limit:
        time.sleep(0.01)
    process.send_signal(signal.SIGINT)
    _, message = process.communicate(timeout=60)
    assert process.returncode == 130
    assert message.strip() == (
        f"yupana: stopped; go on with: yupana run {PACK} --draws 40000 --out run --resume"
    )
    assert not list((tmp_path / "run").rglob("*.tmp"))
