"""A finished run as arrays, quantiles, differences, SQL; found, listed and deleted."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from fake_run import FakeEngine, make_job, make_run

from yupana.core.errors import DataError, UsageError
from yupana.ensemble.chunks import chunk_path
from yupana.results import Result, delete_run, find_run, list_runs
from yupana.results import reading as reading_module
from yupana.results.quantiles import exact_quantiles

DRAWS = 600
FAILING = (3, 4, 511)


@pytest.fixture(scope="module")
def result(tmp_path_factory: pytest.TempPathFactory) -> Result:
    out = tmp_path_factory.mktemp("runs") / "run"
    make_run(out, draws=DRAWS, engine=FakeEngine(failing=FAILING), monthly=True)
    return Result.open(out)


def test_quantiles_are_those_of_numpy() -> None:
    values = np.random.default_rng(1).normal(size=(3, 101))
    q = (0.0, 0.05, 0.5, 0.95, 1.0)
    np.testing.assert_allclose(exact_quantiles(values, q), np.quantile(values, q, axis=-1), rtol=1e-14)
    assert np.isnan(exact_quantiles(values[:, :0], q)).all()
    assert (exact_quantiles(np.full((1, 7), 0.1), q) == 0.1).all()


def test_arrays_are_labelled(result: Result) -> None:
    area = result["area[zone]"]
    assert area.dims == ("scenario", "draw", "year", "zone")
    assert area.shape == (2, DRAWS, 5, 3)
    assert area.attrs["unit"] == "ha"
    assert list(area["zone"].values) == ["north", "south", "west"]
    assert result["price"].attrs["money"] == "USD of 2012"
    np.testing.assert_array_equal(result["area[south]"], area.sel(zone="south"))
    np.testing.assert_allclose(result["area"], area.sum("zone", skipna=False), rtol=1e-6)
    assert result["income"].dims == ("scenario", "draw", "year", "zone")


def test_failed_members_are_seen_and_left_out(result: Result) -> None:
    assert result.failed == {"baseline": 3, "cut": 3}
    assert set(np.flatnonzero(np.isnan(result["area"].sel(scenario="cut", year=2010)))) == set(FAILING)
    assert set(np.flatnonzero(result.codes.sel(scenario="cut") & 1)) == set(FAILING)
    bands = result.quantiles("area")
    assert np.isfinite(bands).all()
    expected = result["area"].quantile([0.05, 0.5, 0.95], dim="draw")
    np.testing.assert_allclose(bands.values, expected.values, rtol=1e-6)


def test_quantiles_do_not_depend_on_the_memory_allowed(
    result: Result, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = result.quantiles("area[zone]", (0.1, 0.9))
    monkeypatch.setattr(reading_module, "BUDGET", 1)
    piecewise = result.quantiles("area[zone]", (0.1, 0.9))
    assert whole.identical(piecewise)
    assert whole.dims == ("quantile", "scenario", "year", "zone")


def test_differences_are_paired(result: Result) -> None:
    ((column, band, positive),) = result.differences(["area"], "cut", "baseline")
    change = result["area"].sel(scenario="cut") - result["area"].sel(scenario="baseline")
    expected = change.quantile([0.05, 0.5, 0.95], dim="draw")
    np.testing.assert_allclose(band, expected.values, rtol=1e-5, atol=1e-3)
    assert column == "area"
    assert (band[:, :2] == 0).all()
    assert (positive == 0).all()


def test_months_have_a_time_of_their_own(result: Result) -> None:
    area = result.monthly("area")
    assert area.dims == ("scenario", "draw", "time")
    assert str(area["time"].values[13])[:7] == "2011-02"
    yearly = area.groupby("time.year").sum(skipna=False)
    np.testing.assert_allclose(yearly.values, result["area"].values, rtol=1e-5)


def test_nominal_money_scales_money_only(result: Result) -> None:
    factor = 1.0 + 0.02 * (np.arange(2010, 2015) - 2012)
    nominal = result.array("price", money="nominal")
    np.testing.assert_allclose(nominal.values, (result["price"] * factor).values, rtol=1e-6)
    assert nominal.attrs["money"] == "USD of each year"
    assert result.array("area", money="nominal").equals(result["area"])
    np.testing.assert_allclose(
        result.quantiles("price", money="nominal").values,
        result.quantiles("price").values * factor,
        rtol=1e-6,
    )


def test_sql_reads_columns_by_name(result: Result) -> None:
    answer = result.sql(
        'SELECT scenario, median("area[north]") AS m FROM years WHERE year = 2012 AND code & 1 = 0 '
        "GROUP BY scenario ORDER BY scenario"
    )
    assert list(answer["scenario"]) == ["baseline", "cut"]
    expected = result.quantiles("area[north]", (0.5,)).sel(year=2012).values.ravel()
    np.testing.assert_allclose(answer["m"], expected, rtol=1e-6)
    units = result.sql("SELECT unit FROM variables WHERE \"column\" = 'price'")
    assert list(units["unit"]) == ["USD/kg"]
    assert len(result.sql("SELECT DISTINCT month FROM months")) == 12
    with pytest.raises(UsageError, match="cannot be answered"):
        result.sql("SELECT nothing FROM nowhere")


@pytest.mark.parametrize(
    ("key", "code", "words"),
    [("are", "Y107", "did you mean 'area'"), ("area[nort]", "Y108", "did you mean 'north'"),
     ("price[north]", "Y108", "without a place")],
)  # fmt: skip
def test_unknown_names_are_refused_with_the_near_one(result: Result, key: str, code: str, words: str) -> None:
    with pytest.raises(UsageError) as caught:
        result[key]
    assert caught.value.code == code
    assert words in str(caught.value)


def test_a_damaged_chunk_is_named(tmp_path: Path) -> None:
    make_run(tmp_path / "run", draws=300)
    path = chunk_path(tmp_path / "run", "years", "baseline", 1)
    path.write_bytes(path.read_bytes()[:-9] + b"\0" * 9)
    with pytest.raises(DataError) as caught:
        Result.open(tmp_path / "run")["area"]
    assert caught.value.code == "Y402"
    assert str(path) in str(caught.value)
    assert "--resume" in str(caught.value)


def test_an_unfinished_run_names_the_command_that_finishes_it(tmp_path: Path) -> None:
    make_run(tmp_path / "run", draws=10)
    make_job(draws=10)[1].write(tmp_path / "run")
    with pytest.raises(DataError) as caught:
        Result.open(tmp_path / "run")
    assert caught.value.code == "Y112"
    assert "yupana run fake --scenario baseline --scenario cut --draws 10" in str(caught.value)


def test_runs_are_found_by_folder_id_and_beginning(tmp_path: Path) -> None:
    one, two = make_job(draws=10)[1].id, make_job(draws=11)[1].id
    make_run(tmp_path / one, draws=10)
    make_run(tmp_path / two, draws=11)
    assert find_run(tmp_path / one) == tmp_path / one
    assert find_run(one, tmp_path) == tmp_path / one
    assert find_run(two[len("fake-") :][:6], tmp_path) == tmp_path / two
    with pytest.raises(UsageError, match="more than one run"):
        find_run("fake", tmp_path)
    with pytest.raises(UsageError, match="unknown run") as caught:
        find_run(one[:-1] + "zz", tmp_path)
    assert "did you mean" in str(caught.value)
    with pytest.raises(DataError, match="holds no run"):
        find_run(tmp_path, tmp_path)


def test_runs_are_listed_and_deleted(tmp_path: Path) -> None:
    make_run(tmp_path / "a", draws=10, engine=FakeEngine(failing=(1,)))
    make_run(tmp_path / "b", draws=10)
    (tmp_path / "b" / "manifest.json").write_text("{}")
    (tmp_path / "c").mkdir()
    runs = {run.folder.name: run for run in list_runs([tmp_path])}
    assert set(runs) == {"a", "b"}
    assert runs["a"].failed == 2
    assert runs["b"].id == ""
    (tmp_path / "b" / "notes.txt").write_text("mine")
    assert delete_run(tmp_path / "a") == []
    assert not (tmp_path / "a").exists()
    assert delete_run(tmp_path / "b") == ["notes.txt"]
    assert [p.name for p in (tmp_path / "b").iterdir()] == ["notes.txt"]
    with pytest.raises(DataError, match="holds no run"):
        delete_run(tmp_path / "c")
