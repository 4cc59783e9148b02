"""Results as tables of text: one table where it fits, one for each variable where it does not."""

from __future__ import annotations

import pytest
from fake_run import make_run

from yupana.report import run_tables
from yupana.report.run_tables import level_tables
from yupana.results import Result
from yupana.results.summary import Choice

KEYS = ("area", "price", "area[zone]", "income[zone]")


@pytest.fixture(scope="module")
def result(tmp_path_factory: pytest.TempPathFactory) -> Result:
    out = tmp_path_factory.mktemp("run") / "fake"
    make_run(out, draws=50)
    return Result.open(out)


def test_what_fits_stays_in_one_table(result: Result) -> None:
    (table,) = level_tables(result, Choice(KEYS, ("baseline",), (2012,)))
    assert [row[0] for row in table.rows][:3] == ["area", "price", "area[north]"]


def test_what_does_not_fit_is_split_by_variable(result: Result, monkeypatch: pytest.MonkeyPatch) -> None:
    (whole,) = level_tables(result, Choice(KEYS, ("baseline",), (2010, 2012)))
    monkeypatch.setattr(run_tables, "WIDTH", whole.width - 1)
    tables = level_tables(result, Choice(KEYS, ("baseline",), (2010, 2012)))
    assert [table.title for table in tables] == ["baseline", "baseline, area[zone]", "baseline, income[zone]"]
    assert [row[0] for row in tables[1].rows] == ["north", "south", "west"]
    assert [row[1:-1] for table in tables for row in table.rows] == [row[1:-1] for row in whole.rows]


def test_what_never_fits_gets_a_line_a_year(result: Result, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run_tables, "WIDTH", 10)
    (table,) = level_tables(result, Choice(("area[zone]",), ("baseline",), (2010, 2012)))
    assert [row[:2] for row in table.rows][:3] == [("north", "2010"), ("north", "2012"), ("south", "2010")]
