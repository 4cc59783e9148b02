"""`yupana score`, from the outside, with made-up runs in the place of the model."""

from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from yupana.analysis import forecast_table, hindcast
from yupana.cli import score as verb
from yupana.cli.main import run
from yupana.study import load

LONGEST = 100


class MadeUp:
    """A run in which everything is 1,000 times a spread of a tenth."""

    id, scenarios, years = "made-up", ("baseline",), tuple(range(2000, 2025))
    reader = SimpleNamespace(fine=lambda scenario: np.ones(32, bool))
    manifest = SimpleNamespace(about={"draws": "prior draws, not fitted to data"})

    def select(self, name: str) -> Any:
        return SimpleNamespace(columns=(name,))

    def values(self, scenario: str, columns: Any) -> np.ndarray:
        z = np.random.default_rng(1).standard_normal(32)
        return np.tile(1000.0 * np.exp(0.1 * z), (1, len(self.years), 1))


@pytest.fixture(scope="module")
def origin() -> hindcast.Origin:
    return hindcast.Origin(load("peru"), load("peru", until=2016), 32, 1)


@pytest.fixture
def made_up(origin: hindcast.Origin, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hindcast, "forecast", lambda *_, **__: MadeUp())
    monkeypatch.setattr(verb, "find_origin", lambda *_: origin)
    monkeypatch.setattr(forecast_table, "store_forecasts", lambda *_: Path("forecasts.csv"))


@pytest.fixture
def table(tmp_path: Path) -> Path:
    path = tmp_path / "seen.csv"
    rows = ["series,place,period,value,unit", "coca_area,,2018,50000,ha", "coca_area,vraem,2018,25000,ha"]
    path.write_text("\n".join(rows) + "\n", encoding="utf-8")
    return path


@pytest.mark.usefixtures("made_up")
def test_json_of_an_outside_table(table: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["score", "any", "--observed", str(table), "--json"]) == 0
    body = json.loads(capsys.readouterr().out)
    assert body["forecasts"] == "forecasts.csv"
    found = {(one["name"], one["version"]): one for one in body["series"]}
    assert set(found) == {
        (name, version)
        for name in ("coca_area", "coca_area[vraem]")
        for version in ("blind", "given-drivers")
    }
    one = found["coca_area", "blind"]
    assert (one["n"], one["coverage90"], one["crps_se"]) == (1, 0.0, None)
    # 1,000 against 50,000: nearly the whole distance
    assert 40_000 < one["crps"] < 50_000
    assert one["crps"] > one["crps_best_naive"]


@pytest.mark.usefixtures("made_up")
def test_table_for_people_says_where_the_draws_came_from(
    table: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["score", "any", "--observed", str(table)]) == 0
    out = capsys.readouterr().out
    assert "prior draws, not fitted to data" in out
    assert "Blind:" in out
    assert "Given drivers:" in out
    assert "no difference" in out
    assert max(map(len, out.splitlines())) <= LONGEST


@pytest.mark.usefixtures("made_up")
def test_a_failed_fit_is_marked(
    table: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(hindcast, "_failed", lambda _: ("energy",))
    assert run(["score", "any", "--observed", str(table), "--json"]) == 0
    caught = capsys.readouterr()
    assert json.loads(caught.out)["failed"] == ["energy"]
    assert "FIT FAILED" in caught.err


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (["nothing-there"], "Y106"),
        (["nothing-there", "--from", "x"], "Y102"),
        (["nothing-there", "--draws", "0"], "Y102"),
    ],
)
def test_bad_words_are_refused(
    words: list[str],
    code: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    assert run(["score", *words]) == 2
    caught = capsys.readouterr()
    assert caught.out == ""
    assert f"[{code}]" in caught.err
    assert not list(tmp_path.iterdir())


@pytest.mark.usefixtures("made_up")
@pytest.mark.parametrize("years", [("2010", "2020"), ("2020", "2018")])
def test_years_that_are_no_test_are_refused(
    years: tuple[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["score", "any", "--from", years[0], "--to", years[1]]) == 2
    assert "[Y104]" in capsys.readouterr().err
