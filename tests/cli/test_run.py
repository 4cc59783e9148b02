"""`yupana run`, `show`, `export`, `runs`: what they print, what they write, what they say."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import yupana as yu
from yupana.cli.main import run
from yupana.ensemble.chunks import chunk_path
from yupana.results import Result

PACK = "exampleland"
RUN = ("run", PACK, "--draws", "300", "--scenario", "baseline", "--scenario", "eradicate", "--end", "2016")
ISSUE_VARIABLES = (
    "coca_area", "leaf_output", "cocaine_output", "cocaine_made", "eradicated_area", "seizures_home",
    "cocaine_exports", "home_use", "leaf_price", "base_price", "hcl_price", "wholesale_price[overseas]",
    "retail_price[overseas]", "exports[overseas]", "coca_area[highlands]", "revenue[growers]",
    "profit[exporters]", "grower_net_income", "organised_crime_earnings",
)  # fmt: skip


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("runs") / "one"
    assert run([*RUN, "--monthly", "--out", str(out)]) == 0
    return out


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def printed(capsys: pytest.CaptureFixture[str], *words: str) -> str:
    assert run(words) == 0, capsys.readouterr().err
    return capsys.readouterr().out


def test_json_has_the_promised_shape(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    value = json.loads(printed(capsys, *RUN, "--out", "x", "--json", "--prior"), parse_constant=pytest.fail)
    assert set(value) == {"run", "draws", "scenarios"}
    assert value["draws"] == 300
    assert list(value["scenarios"]) == ["baseline", "eradicate"]
    for name in ISSUE_VARIABLES:
        entry = value["scenarios"]["eradicate"][name]
        assert set(entry) == {"unit", "years"}
        assert list(entry["years"]) == [str(year) for year in range(2000, 2017)]
        for band in entry["years"].values():
            assert set(band) == {"q05", "q50", "q95"}
            assert band["q05"] <= band["q50"] <= band["q95"]
    area = value["scenarios"]["baseline"]["coca_area"]
    assert area["unit"] == "ha"
    expected = np.quantile(Result.open("x")["coca_area"].sel(scenario="baseline", year=2010), 0.05)
    assert area["years"]["2010"]["q05"] == pytest.approx(float(expected), rel=1e-6)
    assert [path.name for path in tmp_path.iterdir()] == ["x"]


def test_the_summary_fits_a_page_and_says_what_it_is(capsys: pytest.CaptureFixture[str]) -> None:
    text = printed(capsys, *RUN, "--out", "x")
    assert max(map(len, text.splitlines())) <= 100
    for words in ("not fitted to data", "USD of 2012", "coca_area", "thousand ha", "in x", "yupana plot x",
                  "eradicate less baseline, draw by draw", "An invented country"):  # fmt: skip
        assert words in text


def test_the_default_folder_is_named_by_the_run_and_used_again(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    run_id = json.loads(printed(capsys, *RUN, "--json"))["run"]
    target = tmp_path / "yupana-runs" / run_id
    manifest = json.loads((target / "manifest.json").read_text())
    assert (manifest["computed"], manifest["reused"]) == (4, 0)
    path = chunk_path(target, "years", "eradicate", 1)
    stamp = path.stat().st_mtime_ns
    assert run([*RUN, "--json"]) == 0
    caught = capsys.readouterr()
    assert caught.err == "yupana: 4 of 4 chunks were finished before and used again\n"
    assert path.stat().st_mtime_ns == stamp
    whole = path.read_bytes()
    path.write_bytes(whole[:-1] + bytes([whole[-1] ^ 1]))
    assert run([*RUN, "--json"]) == 0
    assert "1 damaged chunk computed again" in capsys.readouterr().err
    assert path.read_bytes() == whole


def test_a_new_folder_computes_anew(capsys: pytest.CaptureFixture[str]) -> None:
    for name in ("a", "b"):
        printed(capsys, *RUN, "--out", name)
        assert Result.open(name).manifest.computed == 4


def test_show_prints_levels_and_paired_differences(capsys: pytest.CaptureFixture[str], folder: Path) -> None:
    text = printed(capsys, "show", str(folder))
    assert "organised_crime_earnings" in text
    assert max(map(len, text.splitlines())) <= 100
    words = (
        "show",
        str(folder),
        "coca_area",
        "leaf_price",
        "--years",
        "2013-2014",
        "--scenario",
        "eradicate",
    )
    text = printed(capsys, *words, "--against", "baseline")
    assert "eradicate less baseline" in text
    assert "of draws" in text
    value = json.loads(printed(capsys, *words, "--against", "baseline", "--json"))
    change = value["differences"]["eradicate"]["leaf_price"]["years"]["2014"]
    assert set(change) == {"q05", "q50", "q95", "positive", "mark", "contraction"}
    assert change["mark"] == "prior"
    result = Result.open(folder)["leaf_price"].sel(year=2014)
    pairs = result.sel(scenario="eradicate") - result.sel(scenario="baseline")
    assert change["q50"] == pytest.approx(float(np.median(pairs)), rel=1e-5)
    assert change["positive"] == pytest.approx(float((pairs > 0).mean()))


def test_an_eradication_pulse_moves_area_price_and_replanting(
    capsys: pytest.CaptureFixture[str], folder: Path
) -> None:
    words = ("show", str(folder), "coca_area", "leaf_price", "replanted_area", "--years", "2014", "--json")
    value = json.loads(printed(capsys, *words))["differences"]["eradicate"]
    assert value["coca_area"]["years"]["2014"]["q95"] < 0
    assert value["leaf_price"]["years"]["2014"]["positive"] > 0.9
    assert value["replanted_area"]["years"]["2014"]["q05"] > 0


def test_show_knows_months_places_and_money(capsys: pytest.CaptureFixture[str], folder: Path) -> None:
    text = printed(
        capsys, "show", str(folder), "leaf_price", "--monthly", "--years", "2010", "--money", "nominal"
    )
    assert "2010-12" in text
    assert "USD of each year" in text
    value = json.loads(printed(capsys, "show", str(folder), "coca_area[zone]", "--years", "2010", "--json"))
    assert set(value["scenarios"]["baseline"]) == {"coca_area[highlands]", "coca_area[lowlands]"}
    real, nominal = (
        json.loads(printed(capsys, "show", str(folder), "leaf_price", "--money", money, "--json"))
        for money in ("real", "nominal")
    )
    ratio: Any = [v["scenarios"]["baseline"]["leaf_price"]["years"]["2016"]["q50"] for v in (nominal, real)]
    assert ratio[0] > ratio[1]


@pytest.mark.parametrize("form", ["csv", "parquet", "netcdf", "xlsx", "zarr"])
def test_export_writes_a_file(
    capsys: pytest.CaptureFixture[str], folder: Path, tmp_path: Path, form: str
) -> None:
    assert run(["export", str(folder), "coca_area", "--format", form, "--out", "here/out"]) == 0
    assert "wrote here/out" in capsys.readouterr().err
    assert (tmp_path / "here" / "out").exists()


def test_runs_are_listed_and_deleted(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    run_id = json.loads(printed(capsys, *RUN, "--json"))["run"]
    (row,) = json.loads(printed(capsys, "runs", "list", "--json"))["runs"]
    assert row["run"] == run_id
    assert run_id in printed(capsys, "runs", "list")
    assert "coca_area" in printed(capsys, "show", run_id[-10:][:5], "coca_area")
    assert run(["runs", "delete", run_id]) == 2
    assert "--yes" in capsys.readouterr().err
    assert run(["runs", "delete", run_id, "--yes"]) == 0
    assert not (tmp_path / "yupana-runs" / run_id).exists()
    printed(capsys, "runs", "list")


def test_python_gives_the_same_run(capsys: pytest.CaptureFixture[str], folder: Path) -> None:
    study = yu.load(PACK)
    result = study.run(draws=300, scenarios=("baseline", "eradicate"), end=2016, monthly=True, out="here")
    assert result.id == Result.open(folder).id
    np.testing.assert_array_equal(result["profit[tier]"], Result.open(folder)["profit[tier]"])
    assert "Result" in repr(result)


def _read(terminal: int) -> bytes:
    """What was written to the other end; nothing once that is closed."""
    try:
        return os.read(terminal, 10_000)
    except OSError:
        return b""


def test_progress_is_drawn_on_a_terminal_only(tmp_path: Path) -> None:
    pty = pytest.importorskip("pty")
    seen, terminal = pty.openpty()
    command = [
        sys.executable,
        "-m",
        "yupana.cli.main",
        "run",
        PACK,
        "--draws",
        "300",
        "--end",
        "2003",
        "--out",
        "x",
    ]
    drawn: list[bytes] = []
    # read while it runs: a slow run draws more than a terminal holds, and would wait for ever
    reader = threading.Thread(target=lambda: drawn.extend(iter(lambda: _read(seen), b"")))
    reader.start()
    done = subprocess.run(
        command, stdout=subprocess.PIPE, stderr=terminal, cwd=tmp_path, text=True, check=True
    )
    os.close(terminal)
    reader.join()
    os.close(seen)
    assert b"chunks" in b"".join(drawn)
    assert "chunks" not in done.stdout
    command[-1] = "y"
    quiet = subprocess.run(command, capture_output=True, cwd=tmp_path, text=True, check=True)
    assert quiet.stderr == ""
