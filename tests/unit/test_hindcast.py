"""Hindcast: what is scored, that no test year chooses anything, and that skill shows and only where it is."""

from __future__ import annotations

import csv
import shutil
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from yupana.analysis import hindcast
from yupana.analysis.hindcast_observed import outside_figures
from yupana.core.errors import DataError, UsageError
from yupana.evidence.locate import SHIPPED
from yupana.fit.data import Datum
from yupana.fit.hindcast import (
    LEAST_ROWS,
    Shift,
    TestSeries,
    choose_naive,
    declared_key,
    error_factor,
    histories,
    predict,
    prior_factors,
    scorable,
)
from yupana.model import VARIABLES
from yupana.study import Study, load

FIRST, LAST, ORIGIN = 2017, 2024, 2016


@pytest.fixture(scope="module")
def full() -> Study:
    return load("peru")


@pytest.fixture(scope="module")
def until() -> Study:
    return load("peru", until=ORIGIN)


def test_series_that_are_scored_and_those_that_are_not(full: Study) -> None:
    tests, biases = scorable(full.pack, full.config, FIRST, LAST)
    rows = [figure.row for one in tests.series for figure in one.figures]
    assert len(rows) == len(set(rows))
    full.pack.ledger.check_lineage(rows)  # no figure stands beside its parent
    for one in tests.series:
        assert len(one.figures) >= LEAST_ROWS
        assert all(FIRST <= figure.year <= LAST for figure in one.figures)
        assert {figure.bias for figure in one.figures} <= set(biases)
    parts = {one.part for one in tests.series if one.name == "coca_area"}
    assert parts == {"to 2020", "from 2021"}
    assert "input" in tests.left_out["eradicated_area"]
    scored = {one.name for one in tests.series}
    for name, why in tests.left_out.items():
        assert why
        assert name not in scored


def _spoil_evidence(root: Path, late: set[str]) -> None:
    """Multiply the figures of some rows by three to seven."""
    for path in (root / "evidence").glob("*.csv"):
        with path.open(encoding="utf-8", newline="") as file:
            rows = list(csv.DictReader(file))
        for index, row in enumerate(rows):
            for cell in ("value", "low", "high"):
                if row["id"] in late and row[cell].replace(".", "", 1).isdigit():
                    row[cell] = str(float(row[cell]) * (3.0 + index % 5))
        with path.open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, list(rows[0]))
            writer.writeheader()
            writer.writerows(rows)


def test_no_test_year_chooses_a_naive_forecast(full: Study, until: Study, tmp_path: Path) -> None:
    root = tmp_path / "peru"
    shutil.copytree(SHIPPED / "peru", root)
    late = {row.id for row in full.pack.ledger if row.years[1] >= FIRST}
    _spoil_evidence(root, late)
    spoilt = load(root, until=ORIGIN)
    changed = {row.id for row in load(root).pack.ledger if row.number != full.pack.ledger[row.id].number}
    assert len(changed) > len(late) / 2
    assert changed <= late
    one, other = histories(until.pack, until.config), histories(spoilt.pack, spoilt.config)
    assert one.keys() == other.keys()
    for name, history in one.items():
        assert (history.logs == other[name].logs).all()
        assert history.years.max() <= ORIGIN
        assert history.usual == other[name].usual
    best = choose_naive(one, until.pack, until.config, "given-drivers", 1, 50)
    assert best == choose_naive(other, spoilt.pack, spoilt.config, "given-drivers", 1, 50)
    assert set(best) == set(one)


def _figure(year: int, who: str = "un", value: float = 100.0) -> Datum:
    return Datum(f"row-{who}-{year}", "coca_area", year, value, 0.1, f"{who}/here/coca_area")


def test_a_figure_is_run_times_bias_times_error_and_the_survey_that_changed() -> None:
    shift = Shift("new", 2021, ("un",), 0.5, 0.05)
    rows = (_figure(2020), _figure(2021), _figure(2022), _figure(2022, "us"))
    series = TestSeries("coca_area", "", "ha", rows, shift)
    count = 20_000
    logs = np.full((4, count), np.log(100.0))
    biases = {"un/here/coca_area": 0.2, "us/here/coca_area": 0.0}
    drawn = np.log(predict(series, logs, biases, seed=1)) - np.log(100.0)
    # t with five degrees: variance 5/3 of its scale
    error = 0.01 * 5 / 3
    assert drawn[:, :].mean(1) == pytest.approx([0.0, 0.5, 0.5, 0.0], abs=0.01)
    assert drawn.var(1) == pytest.approx([0.04 + error, 0.0425 + error, 0.0425 + error, error], rel=0.1)
    # one bias and one shift for all years of a source
    assert np.corrcoef(drawn[1], drawn[2])[0, 1] == pytest.approx(0.0425 / (0.0425 + error), abs=0.03)
    known = {"un/here/coca_area": np.full(count, -1.0), "us/here/coca_area": np.zeros(count)}
    fitted = np.log(predict(series, logs, biases, 1, known)) - np.log(100.0)
    assert fitted.mean(1) == pytest.approx([-1.0, -0.5, -0.5, 0.0], abs=0.01)


def test_errors_take_the_factor_that_the_figures_decided() -> None:
    from fake_posterior import make_space

    space = make_space()
    points = space.draw(1, 0, 50)
    assert (error_factor(space, points, "a variable without a scale") == 1.0).all()
    for variable in space.scales:
        row = space.names.index(f"scale[{variable}]")
        sd = space.scale_sds[space.scales.index(variable)]
        assert error_factor(space, points, variable) == pytest.approx(np.exp(points[row] * sd))
    count = 20_000
    rows = (replace(_figure(2020), series="coca_area"), replace(_figure(2021), series="other"))
    logs, biases = np.zeros((2, count)), {"un/here/coca_area": 0.0}
    wide = {"coca_area": np.full(count, 3.0)}
    drawn = np.log(predict(TestSeries("coca_area", "", "ha", rows), logs, biases, 1, None, wide))
    assert drawn.std(1) == pytest.approx(np.array([0.3, 0.1]) * np.sqrt(5 / 3), rel=0.06)
    prior = prior_factors({"coca_area": 0.5}, 1, count)["coca_area"]
    assert np.log(prior).std() == pytest.approx(0.5, rel=0.02)


# --- the whole way, with made-up runs ---------------------------------------------------------------------


@dataclass
class FakeRun:
    """A run whose every variable is what was observed, times a factor and a spread."""

    truth: dict[str, dict[int, float]]
    factor: float
    spread: float
    id: str = "made-up"
    scenarios: tuple[str, ...] = ("baseline",)
    years: tuple[int, ...] = tuple(range(2000, LAST + 1))

    def __post_init__(self) -> None:
        about = {"draws": "prior draws, not fitted to data"}
        self.manifest = SimpleNamespace(about=about)
        self.reader = SimpleNamespace(fine=lambda scenario: np.arange(64) != 3)  # one draw failed

    def select(self, name: str) -> Any:
        return SimpleNamespace(columns=(name,))

    def values(self, scenario: str, columns: tuple[str, ...]) -> np.ndarray:
        z = np.random.default_rng(9).standard_normal(64)
        known = self.truth[columns[0]]
        rows = [known.get(year, 1.0) * self.factor * np.exp(self.spread * z) for year in self.years]
        out = np.array(rows)[None]
        out[..., 3] = np.nan
        return out


Board = Callable[[float, float], hindcast.Scoreboard]


@pytest.fixture(scope="module")
def board(full: Study, until: Study) -> Board:
    tests, _ = scorable(full.pack, full.config, FIRST, LAST)
    truth: dict[str, dict[int, float]] = {}
    for one in tests.series:
        for figure in one.figures:
            truth.setdefault(one.name, {})[figure.year] = figure.value
    origin = hindcast.Origin(full, until, 64, 1)

    def make(factor: float, spread: float) -> hindcast.Scoreboard:
        run: Any = FakeRun(truth, factor, spread)
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(hindcast, "forecast", lambda *_, **__: run)
            return hindcast.score(origin, FIRST, LAST)

    return make


def test_skill_shows_where_it_is_and_only_there(board: Board) -> None:
    right, far = board(1.0, 0.02), board(30.0, 0.02)
    judged = [one for one in right.series if one.best_naive and one.years[1] - one.years[0] >= 3]
    assert judged
    verdicts = [one.verdict for one in judged]
    assert "better" in verdicts
    assert "worse" not in verdicts
    # a run that knows the truth still reads it through its sources' biases
    assert np.mean([one.crps < (one.crps_best_naive or 0.0) for one in judged]) > 0.75
    assert all(one.coverage90 > 0.6 for one in judged)
    wrong = [one for one in far.series if one.best_naive and one.years[1] - one.years[0] >= 3]
    assert all(one.crps > (one.crps_best_naive or 0.0) for one in wrong)
    assert sum(one.verdict == "worse" for one in wrong) > len(wrong) / 2
    assert all(one.coverage90 < 0.3 for one in wrong)
    # naive forecasts owe nothing to the run
    assert [one.naive for one in right.series] == [one.naive for one in far.series]


def test_json_of_a_scoreboard(board: Board) -> None:
    from yupana.cli.common import without_nan

    body = without_nan(board(1.0, 0.3).to_json())
    assert body["draws"] == "prior draws, not fitted to data"
    assert (body["origin"], body["failed"]) == (ORIGIN, [])
    keys = {"name", "n", "version", "crps", "crps_se", "best_naive", "crps_best_naive"}
    for one in body["series"]:
        assert keys | {"coverage50", "coverage90", "verdict", "part"} <= set(one)
        assert declared_key(one["name"]) in {variable.key for variable in VARIABLES}
        assert len(one["pit"]) == one["n"] == sum(year["n"] for year in one["by_year"])
        assert all(year["horizon"] == year["year"] - ORIGIN for year in one["by_year"])
        if one["n"] < 4:
            assert one["verdict"] in ("no difference", "no naive forecast: no figure was known at the origin")
    assert {one["version"] for one in body["series"]} == {"blind", "given-drivers"}


def test_years_the_draws_know_are_no_test(full: Study, until: Study) -> None:
    with pytest.raises(UsageError, match="no test"):
        hindcast.score(hindcast.Origin(full, until, 64, 1), ORIGIN, LAST)


# --- outside tables --------------------------------------------------------------------------------------


def _table(folder: Path, *rows: str) -> Path:
    path = folder / "seen.csv"
    path.write_text("\n".join(["series,place,period,value,low,high,unit", *rows]) + "\n", encoding="utf-8")
    return path


def test_an_outside_table_becomes_series(full: Study, tmp_path: Path) -> None:
    path = _table(
        tmp_path,
        "coca_area,,2018,50000,45000,55000,ha",
        "coca_area,peru,2022,95000,,,ha",
        "coca_area,vraem,2018,25000,,,ha",
        "seizures_home,,2018,40000,,,kg",
        "coca_area,,2030,1,,,ha",
    )
    tests, biases = outside_figures(path, full.pack, full.config, FIRST, LAST)
    found = {(one.name, one.part): one for one in tests.series}
    assert set(found) == {
        ("coca_area", "to 2020"),
        ("coca_area", "from 2021"),
        ("coca_area[vraem]", "to 2020"),
        ("seizures_home", ""),
    }
    late = found["coca_area", "from 2021"]
    assert late.shift is not None
    assert late.shift.moves(late.figures[0])
    assert found["seizures_home", ""].values == pytest.approx([40.0])
    assert set(biases) == {figure.bias for one in tests.series for figure in one.figures}
    assert "2030" in "".join(tests.left_out.values())


@pytest.mark.parametrize(
    ("row", "code"),
    [
        ("coca_are,,2018,1,,,ha", "Y107"),
        ("coca_area,nowhere,2018,1,,,ha", "Y108"),
        ("coca_area,,2018,1,,,USD", "Y212"),
        ("coca_area,,2018,1,,,furlong", "Y211"),
        ("coca_area,,x,1,,,ha", "Y207"),
        ("coca_area,,2018,-1,,,ha", "Y207"),
        ("coca_area,,2018,5,6,9,ha", "Y207"),
        ("coca_area,,2018,5,4,,ha", "Y207"),
    ],
)
def test_what_is_wrong_with_an_outside_table_is_said(
    full: Study, tmp_path: Path, row: str, code: str
) -> None:
    with pytest.raises((UsageError, DataError)) as refusal:
        outside_figures(_table(tmp_path, row), full.pack, full.config, FIRST, LAST)
    assert refusal.value.code == code
    assert "line 2" in refusal.value.where


def test_a_missing_or_empty_table_is_refused(full: Study, tmp_path: Path) -> None:
    for path, code in ((tmp_path / "none.csv", "Y201"), (_table(tmp_path), "Y203")):
        with pytest.raises(DataError) as refusal:
            outside_figures(path, full.pack, full.config, FIRST, LAST)
        assert refusal.value.code == code
