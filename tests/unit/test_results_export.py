"""Exports hold the numbers, the units and where they come from; a file is whole or absent."""

from __future__ import annotations

import errno
import json
from pathlib import Path

import numpy as np
import openpyxl
import pandas as pd
import pyarrow.parquet as pq
import pytest
import xarray as xr
from fake_run import FakeEngine, make_run

from yupana.core.errors import EnvironmentFault, UsageError
from yupana.results import Result
from yupana.results import export as export_module
from yupana.results.export import FORMATS, export_run

FAILING = (3, 259)


@pytest.fixture(scope="module")
def result(tmp_path_factory: pytest.TempPathFactory) -> Result:
    out = tmp_path_factory.mktemp("runs") / "run"
    make_run(out, draws=300, engine=FakeEngine(failing=FAILING), monthly=True)
    return Result.open(out)


@pytest.mark.parametrize("form", ["csv", "parquet"])
def test_tables_hold_every_draw(result: Result, tmp_path: Path, form: str) -> None:
    path = tmp_path / f"out.{form}"
    export_run(result, form, path)
    frame = pd.read_csv(path) if form == "csv" else pd.read_parquet(path)
    assert len(frame) == 2 * 300 * 5
    assert frame.loc[frame["draw"].isin(FAILING), "area"].isna().all()
    assert frame.loc[~frame["draw"].isin(FAILING), "area"].notna().all()
    row = frame[(frame["scenario"] == "cut") & (frame["draw"] == 280) & (frame["year"] == 2013)]
    expected = float(result["area[west]"].sel(scenario="cut", draw=280, year=2013))
    np.testing.assert_allclose(row["area[west]"].item(), expected, rtol=1e-6)


def test_a_csv_has_its_units_beside_it(result: Result, tmp_path: Path) -> None:
    written = export_run(result, "csv", tmp_path / "out.csv", ["price", "area"], ["cut"])
    assert [path.name for path in written] == ["out.csv", "out.csv-metadata.json"]
    about = json.loads(written[1].read_text())
    columns = {column["name"]: column for column in about["tableSchema"]["columns"]}
    assert columns["price"]["schema:unitText"] == "USD/kg (USD of 2012)"
    assert {"run": result.id} in about["notes"]
    assert list(pd.read_csv(written[0]).columns) == ["scenario", "draw", "year", "code", "price", "area"]


def test_parquet_carries_units_and_provenance(result: Result, tmp_path: Path) -> None:
    export_run(result, "parquet", tmp_path / "out.parquet", money="nominal")
    schema = pq.read_schema(tmp_path / "out.parquet")
    assert schema.field("price").metadata[b"unit"] == b"USD/kg (USD of each year)"
    assert schema.metadata[b"run"] == result.id.encode()
    assert b"prior" in schema.metadata[b"draws"]
    frame = pd.read_parquet(tmp_path / "out.parquet")
    one = frame[(frame["scenario"] == "baseline") & (frame["draw"] == 0)].set_index("year")["price"]
    expected = result.array("price", money="nominal").sel(scenario="baseline", draw=0)
    np.testing.assert_allclose(one.values, expected.values, rtol=1e-6)


@pytest.mark.parametrize("form", ["netcdf", "zarr"])
@pytest.mark.parametrize("monthly", [False, True])
def test_arrays_come_back_with_xarray(result: Result, tmp_path: Path, form: str, monthly: bool) -> None:
    path = tmp_path / f"out.{form}"
    export_run(result, form, path, monthly=monthly)
    opened = (
        xr.open_dataset(path, engine="h5netcdf")
        if form == "netcdf"
        else xr.open_zarr(path, consolidated=False)
    )
    with opened as data:
        assert data.attrs["run"] == result.id
        assert data["area_by_zone"].attrs["units"] == "ha"
        assert list(data["zone"].values) == ["north", "south", "west"]
        expected = result.array("area[zone]", monthly=monthly)
        np.testing.assert_array_equal(data["area_by_zone"].values, expected.values)
        assert data["code"].values.shape == (2, 300)
        if monthly:
            months = data["time"].values.astype("datetime64[M]")
            assert (months == expected["time"].values.astype("datetime64[M]")).all()


def test_a_spreadsheet_holds_quantiles(result: Result, tmp_path: Path) -> None:
    export_run(result, "xlsx", tmp_path / "out.xlsx", ["area", "price"])
    book = openpyxl.load_workbook(tmp_path / "out.xlsx", read_only=True)
    assert book.sheetnames == ["quantiles", "variables", "about"]
    rows = list(book["quantiles"].iter_rows(values_only=True))
    assert rows[0] == ("scenario", "variable", "year", "unit", "q05", "q25", "q50", "q75", "q95")
    assert len(rows) == 1 + 2 * 2 * 5
    expected = result.quantiles("area", (0.05,), ("baseline",)).values.ravel()[0]
    assert rows[1][:4] == ("baseline", "area", 2010, "ha")
    assert rows[1][4] == pytest.approx(expected)
    assert ("run", result.id) in list(book["about"].iter_rows(values_only=True))


def test_an_existing_file_is_replaced_and_a_folder_is_not(result: Result, tmp_path: Path) -> None:
    for _ in range(2):
        export_run(result, "zarr", tmp_path / "out.zarr", ["area"])
        export_run(result, "parquet", tmp_path / "out.parquet", ["area"])
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "notes.txt").write_text("x")
    for form in FORMATS:
        with pytest.raises(UsageError, match="a folder has that name"):
            export_run(result, form, tmp_path / "mine")
    assert (tmp_path / "mine" / "notes.txt").exists()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["mine", "out.parquet", "out.zarr"]


def test_unknown_formats_and_names_are_refused(result: Result, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="did you mean 'parquet'"):
        export_run(result, "parket", tmp_path / "out")
    with pytest.raises(UsageError, match="unknown variable"):
        export_run(result, "csv", tmp_path / "out", ["nothing"])
    with pytest.raises(UsageError, match="no scenario"):
        export_run(result, "csv", tmp_path / "out", [], ["cutt"])
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("form", FORMATS)
def test_a_full_disk_leaves_nothing_behind(
    result: Result, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, form: str
) -> None:
    def refuse(source: object, target: object) -> None:
        raise OSError(errno.ENOSPC, "no space")

    monkeypatch.setattr(export_module.os, "replace", refuse)
    with pytest.raises(EnvironmentFault) as caught:
        export_run(result, form, tmp_path / "out")
    assert caught.value.code == "Y902"
    assert not list(tmp_path.iterdir())
