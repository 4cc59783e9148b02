"""Stored forecasts: every variable after the origin, quantiles of the run, and a day that does not move."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from yupana.analysis import forecast_table
from yupana.analysis.hindcast import Origin
from yupana.study import load

END = 2008


@pytest.fixture(scope="module")
def stored(tmp_path_factory: pytest.TempPathFactory) -> tuple[Origin, dict[str, Any], Path]:
    folder = tmp_path_factory.mktemp("forecasts")
    origin = Origin(load("exampleland"), load("exampleland", until=2005), 8, 1)
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        runs = forecast_table.forecast_runs(origin, ("blind",), END)
        path = forecast_table.write_forecasts(origin, runs, folder / "f.csv", "2026-01-01")
        runs["blind"] = type(runs["blind"])(folder / runs["blind"].folder, runs["blind"].manifest)
    return origin, runs, path


def test_every_variable_and_year_after_the_origin(stored: tuple[Origin, dict[str, Any], Path]) -> None:
    origin, runs, path = stored
    result = runs["blind"]
    with path.open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert tuple(rows[0]) == forecast_table.COLUMNS
    found = {
        (f"{r['variable']}[{r['place']}]" if r["place"] else r["variable"], int(r["year"])) for r in rows
    }
    years = [year for year in result.years if year > 2005]
    assert max(years) == max(END, origin.full.pack.end)
    assert found == {(name, year) for name in result.manifest.columns.names for year in years}
    assert len(rows) == len(found)
    assert {row["made_on"] for row in rows} == {"2026-01-01"}
    assert {row["fit"] for row in rows} == {"prior draws"}
    area = result.values("baseline", result.select("coca_area").columns)[0]
    first = next(r for r in rows if r["variable"] == "coca_area" and not r["place"] and r["year"] == "2006")
    wanted = np.quantile(area[result.years.index(2006)], forecast_table.SHARES)
    assert [float(first[f"p{share}"]) for share in ("05", "25", "50", "75", "95")] == pytest.approx(
        wanted, rel=1e-3
    )


def test_the_day_moves_only_with_the_numbers(
    stored: tuple[Origin, dict[str, Any], Path], tmp_path: Path
) -> None:
    origin, runs, path = stored
    packed = forecast_table.write_forecasts(origin, runs, tmp_path / "f.csv.gz", "2026-01-01")
    assert forecast_table.read_forecasts(packed) == forecast_table.read_forecasts(path)
    before = packed.read_bytes()
    forecast_table.write_forecasts(origin, runs, packed, "2027-02-02")
    assert packed.read_bytes() == before
    plain = tmp_path / "g.csv"
    text = path.read_text().replace("coca_area,,2006,blind,", "coca_area,,2006,blind,9")
    assert text != path.read_text()
    plain.write_text(text)
    forecast_table.write_forecasts(origin, runs, plain, "2027-02-02")
    assert "2027-02-02" in plain.read_text()


def test_large_numbers_are_plain_and_small_ones_short() -> None:
    assert [forecast_table._figure(x) for x in (39284.2, 1.23456, 0.000012345, float("nan"))] == [
        "39280",
        "1.235",
        "1.234e-05",
        "",
    ]
