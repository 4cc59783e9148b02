"""Rows that enter a likelihood: never parent and child, never unverified, never of other or later years."""

from __future__ import annotations

import csv
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from pack_copy import append, copy_pack, replace

from yupana.evidence import load_pack
from yupana.evidence.pack import Pack
from yupana.evidence.schema_likelihood import LikelihoodSeries
from yupana.fit.data import Data, collect, row_sd
from yupana.model import VARIABLES, build_config, build_drivers, compile_policy
from yupana.params import PriorSet

UNITS = {variable.key: variable.unit for variable in VARIABLES}
UNTIL = 2008


@pytest.fixture(scope="module")
def pack() -> Pack:
    return load_pack("exampleland")


def read(pack: Pack, until: int = 2012, *more: LikelihoodSeries, only: bool = False) -> Data:
    series = (*more,) if only else (*pack.likelihood, *more)
    return collect(pack, build_config(pack), UNITS, pack.start, until, series)


def series(variable: str, bias: float = 0.2) -> LikelihoodSeries:
    return LikelihoodSeries(variable=variable, discrepancy=0.1, bias=bias, reason="a test")


def rows_of(data: Data) -> set[str]:
    return {item.row for item in data.data}


def test_a_child_enters_only_without_its_parents(pack: Pack) -> None:
    child = "leaf-output-exampleland-2010-survey"
    both = read(pack, 2012, series("leaf_output"))
    assert child not in rows_of(both)
    assert "coca-area-exampleland-2010-survey" in rows_of(both)
    assert "parent" in both.left_out[child]
    pack.ledger.check_lineage(sorted(rows_of(both)))  # raises where any two are parent and child
    alone = read(pack, 2012, series("leaf_output"), only=True)
    assert rows_of(alone) == {child}


def test_what_is_unverified_never_enters(pack: Pack, tmp_path: Path) -> None:
    herald = "cocaine-seized-exampleland-2012-herald"
    assert read(pack).left_out[herald] == "recalled, judged or of low confidence"
    root = copy_pack(tmp_path, priors=None)
    line = "coca_area,highlands,2004,,,7100,,,ha,,stock,,survey,2005,,retrieved,3,"
    replace(root / "evidence/ledger.csv", line + "high", line + "low")
    gone = rows_of(read(pack)) - rows_of(read(load_pack(root)))
    assert gone == {"coca-area-highlands-2004-survey"}


def test_other_years_never_enter(pack: Pack) -> None:
    data = read(pack, UNTIL)
    assert {item.year for item in data.data} == {2000, 2004, 2008}
    late = [row for row in data.left_out if "-2010-" in row or "-2012-" in row]
    assert all("outside 2000 to 2008" in data.left_out[row] for row in late if "herald" not in row)
    assert len(late) > 10


def test_a_figure_told_twice_counts_once(pack: Pack, tmp_path: Path) -> None:
    root = copy_pack(tmp_path, priors=None)
    again = "coca-area-exampleland-2004-agency"
    append(
        root / "evidence/ledger.csv",
        f"{again},coca_area,exampleland,2004,,,11520,,,ha,,stock,,agency,2005,,retrieved,2,high,",
    )
    data = read(load_pack(root))
    assert rows_of(data) == rows_of(read(pack))
    assert data.left_out[again] == "tells again what coca-area-exampleland-2004-survey tells"


def test_sources_share_a_bias_by_kind_place_and_quantity(pack: Pack) -> None:
    data = read(pack)
    bias = {item.row: item.bias for item in data.data}
    assert bias["coca-area-exampleland-2010-agency"] == "us/exampleland/coca_area"
    assert bias["coca-area-highlands-2010-survey"] == bias["coca-area-exampleland-2010-survey"]
    assert bias["retail-price-farland-2010-agency"] == "us/farland/retail_price"
    assert (data.bias_sds[data.bias_of] > 0).all()


def test_error_is_the_stated_range_with_rounding(pack: Pack) -> None:
    from yupana.evidence.observations import observe

    item = next(o for o in observe(pack, "coca_area", "ha").observations if o.year == 2004 and o.by == "un")
    stated = np.log(12650.0 / 10350.0) / (2.0 * 1.6448536)  # 5 to 95 percent of a lognormal
    assert stated < row_sd(item) < 1.1 * stated  # rounding adds a little
    assert next(d for d in read(pack).data if d.row == item.row).sd == pytest.approx(
        np.hypot(row_sd(item), 0.06)
    )


# The leak: nothing of later years can be seen ------------------------------------------------------------


def _edit(path: Path, change: Callable[[dict[str, str]], bool]) -> int:
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    changed = sum(change(row) for row in rows)
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
    return changed


def _spoil(root: Path, later: Callable[[int], bool]) -> int:
    """Replace every row and driver value of the years named by garbage; return how many."""

    def row_change(row: dict[str, str]) -> bool:
        if not later(int(row["period"][:4])):
            return False
        for column in ("value", "low", "high"):
            row[column] = str(7.7 * float(row[column])) if row[column] else ""
        return True

    def driver_change(row: dict[str, str]) -> bool:
        if not later(int(row["known"] or row["year"])):
            return False
        row["value"] = str(5.5 * float(row["value"]) + 3.0)
        return True

    files = [*(root / "drivers").glob("*.csv")]
    return _edit(root / "evidence/ledger.csv", row_change) + sum(_edit(path, driver_change) for path in files)


def _everything(root: Path) -> dict[str, np.ndarray]:
    """Every number that the likelihood of a fit to `UNTIL` is made of."""
    pack = load_pack(root, until=UNTIL)
    config = build_config(pack)
    data = collect(pack, config, UNITS, pack.start, UNTIL, pack.likelihood)
    drivers = build_drivers(pack, config, pack.start, UNTIL)
    policy = compile_policy(config, drivers, {})
    priors = PriorSet.from_pack(pack, config.dims)
    found = {
        "rows": np.array([item.row for item in data.data]),
        "values": data.log_values,
        "sds": data.sds,
        "biases": data.bias_sds,
        "priors": priors.from_points(np.full((priors.size, 1), 0.7))["initial_area"],
        "points": np.concatenate([v.ravel() for v in priors.from_points(np.ones(priors.size)).values()]),
    }
    for name, record in (("drivers", drivers), ("policy", policy)):
        for field, value in zip(record._fields, record, strict=True):
            found[f"{name}.{field}"] = np.asarray(value)
    return found


def test_garbage_after_the_last_year_changes_no_number(tmp_path: Path) -> None:
    clean, spoilt = (copy_pack(tmp_path / name, priors=None) for name in ("clean", "spoilt"))
    assert _spoil(spoilt, lambda year: year > UNTIL) > 30
    append(
        spoilt / "evidence/ledger.csv",
        "coca-area-exampleland-2011-survey,coca_area,exampleland,2011,,,99000,,,ha,,stock,,survey,2012,,"
        "retrieved,3,high,",
    )
    before, after = _everything(clean), _everything(spoilt)
    assert before.keys() == after.keys()
    for name, value in before.items():
        assert np.array_equal(value, after[name]), name


def test_garbage_before_it_is_seen(tmp_path: Path) -> None:
    """The comparison above can fail: the same garbage in earlier years moves figures and drivers."""
    clean, spoilt = (copy_pack(tmp_path / name, priors=None) for name in ("clean", "spoilt"))
    _spoil(spoilt, lambda year: year <= UNTIL)
    before, after = _everything(clean), _everything(spoilt)
    moved = {
        name.partition(".")[0] for name, value in before.items() if not np.array_equal(value, after[name])
    }
    assert {"values", "drivers"} <= moved
