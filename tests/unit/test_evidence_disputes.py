"""Disputes: which figures speak of one thing, which of them differ beyond their errors, and why."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import get_args

import pytest
from pack_copy import append, copy_pack, problems_of, replace

from yupana.cli.main import run
from yupana.evidence import Pack, load_pack
from yupana.evidence.disputes import BEYOND, Pair, find_disputes
from yupana.evidence.schema_disputes import REASONS, Reason

AREA = (
    "coca_area,exampleland,{period},{value},{low},{high},ha,,stock,,"
    "{source},{vintage},{parents},retrieved,{pedigree},high,{note}"
)


def area(name: str, value: float, **more: object) -> str:
    cells = {
        "period": "1993,,",
        "low": "",
        "high": "",
        "source": "police",
        "vintage": "",
        "parents": "",
        "pedigree": 3,
        "note": "",
        **more,
    }
    return f"{name}," + AREA.format(value=value, **cells)


def pack_with(folder: Path, *lines: str, disputes: str = "") -> Pack:
    root = copy_pack(folder)
    for line in lines:
        append(root / "evidence/ledger.csv", line)
    if disputes:
        (root / "disputes.yaml").write_text(disputes, encoding="utf-8")
    return load_pack(root)


def pairs_of(pack: Pack, **more: object) -> dict[tuple[str, str], Pair]:
    found = find_disputes(pack, **more)  # type: ignore[arg-type]
    pairs = {(pair.rows[0].id, pair.rows[1].id): pair for pair in found.pairs}
    return {key: pair for key, pair in pairs.items() if set(map(len, key)) == {1}}


@pytest.fixture(scope="module")
def peru() -> Pack:
    return load_pack("peru")


def test_size_is_the_difference_of_logarithms_in_standard_errors(tmp_path: Path) -> None:
    # stated ranges: 5th to 95th percentile, so their standard errors are log(high / low) / 3.29
    first = area("a", 1000, low=900, high=1100)
    second = area("b", 1500, low=1300, high=1700, source="agency")
    pair = pairs_of(pack_with(tmp_path, first, second))["a", "b"]
    errors = [math.log(1100 / 900) / (2 * BEYOND), math.log(1700 / 1300) / (2 * BEYOND)]
    assert pair.errors == pytest.approx(errors)
    assert pair.size == pytest.approx(math.log(1.5) / math.hypot(*errors))
    assert (pair.ratio, pair.stated) == (pytest.approx(1.5), (True, True))


@pytest.mark.parametrize(("times", "found"), [(1.24, False), (1.28, True)])
def test_the_boundary_lies_where_the_interval_of_the_difference_leaves_out_zero(
    times: float, found: bool, tmp_path: Path
) -> None:
    # pedigree 3 is an error of ten percent each; 1.6449 x 0.1414 is a factor of 1.262
    lines = (area("a", 10_001), area("b", round(10_001 * times), source="agency"))
    assert (("a", "b") in pairs_of(pack_with(tmp_path, *lines))) is found


def test_pedigree_stands_in_where_no_range_is_stated(tmp_path: Path) -> None:
    lines = (area("a", 10_001, pedigree=1), area("b", 14_001, pedigree=4, source="agency"))
    assert ("a", "b") not in pairs_of(pack_with(tmp_path, *lines))


@pytest.mark.parametrize(
    ("period", "found"),
    [
        ("1993,,", True),
        ("fiscal 1993,1992-10,1993-09", True),
        ("1993-12,1993-12,1993-12", True),  # a stock at a date of the year
        ("1994,,", False),
        ("1993-1994,,", False),
    ],
)
def test_what_counts_as_one_period(period: str, found: bool, tmp_path: Path) -> None:
    lines = (area("a", 10_001), area("b", 30_001, period=period, source="agency"))
    assert (("a", "b") in pairs_of(pack_with(tmp_path, *lines))) is found


def test_parts_of_a_year_are_no_dispute_about_a_flow(tmp_path: Path) -> None:
    line = "{},cocaine_seized,exampleland,{},{},,,t,bulk,flow,,police,,,retrieved,3,high,"
    lines = (line.format("a", "1993,,", 9), line.format("b", "1993 Jan-Jun,1993-01,1993-06", 3))
    assert not pairs_of(pack_with(tmp_path, *lines))


@pytest.mark.parametrize(
    ("first", "second", "reason", "known_from"),
    [
        ({}, {"period": "fiscal 1993,1992-10,1993-09"}, "fiscal year", "rows"),
        ({}, {"parents": "a"}, "parentage", "rows"),
        ({"vintage": 1994}, {"vintage": 1996, "source": "police"}, "vintage", "rows"),
        ({}, {"note": "break: another method"}, "method", "note"),
        ({"note": "partial"}, {}, "definition", "note"),
        ({}, {}, "unknown", "nothing"),
    ],
)
def test_reasons(
    first: dict[str, object], second: dict[str, object], reason: str, known_from: str, tmp_path: Path
) -> None:
    lines = (area("a", 10_001, **first), area("b", 30_001, **{"source": "agency", **second}))
    pair = pairs_of(pack_with(tmp_path, *lines))["a", "b"]
    assert (pair.reason, pair.known_from) == (reason, known_from)
    assert pair.words


def test_purity_is_read_from_the_basis(tmp_path: Path) -> None:
    root = copy_pack(tmp_path)
    replace(root / "quantities.yaml", "basis: bulk", "basis: [bulk, pure]")
    line = "{},cocaine_seized,exampleland,1993,,,{},,,t,{},flow,,{},,,retrieved,3,high,"
    append(root / "evidence/ledger.csv", line.format("a", 9, "pure", "police"))
    append(root / "evidence/ledger.csv", line.format("b", 21, "bulk", "agency"))
    assert pairs_of(load_pack(root))["a", "b"].reason == "purity"


ENTRY = """- id: known
  rows: [a, b]
  reason: method
  words: two instruments
  source: police
"""


def test_the_pack_has_the_last_word(tmp_path: Path) -> None:
    lines = (area("a", 10_001), area("b", 30_001, source="agency", note="partial"))
    pair = pairs_of(pack_with(tmp_path, *lines, disputes=ENTRY))["a", "b"]
    assert (pair.reason, pair.known_from, pair.words, pair.source) == (
        "method",
        "pack",
        "two instruments",
        "police",
    )


def test_a_named_pair_may_lie_within_its_errors_or_span_years(tmp_path: Path) -> None:
    lines = (area("a", 10_001), area("b", 10_501, source="agency", period="1994,,"))
    pack = pack_with(tmp_path, *lines, disputes=ENTRY)
    assert not pairs_of(pack)
    assert not pairs_of(pack, named=True)["a", "b"].beyond
    assert find_disputes(pack).within == 1


def test_series_are_explained_by_publisher(tmp_path: Path) -> None:
    entry = ENTRY.replace(
        "rows: [a, b]", "series: {quantity: coca_area, place: exampleland, by: [police, us]}"
    )
    lines = (area("a", 10_001), area("b", 30_001, source="agency"))
    assert pairs_of(pack_with(tmp_path, *lines, disputes=entry))["a", "b"].known_from == "pack"


@pytest.mark.parametrize(
    ("old", "new", "code", "says"),
    [
        ("rows: [a, b]", "rows: [a, zz]", "Y210", "unknown row 'zz'"),
        ("source: police", "source: polize", "Y210", "unknown source 'polize'"),
        ("rows: [a, b]", "rows: [a]", "Y207", "at least two"),
        ("reason: method", "reason: mistake", "Y207", "reason"),
        ("rows: [a, b]", "rows: [a, c]", "Y267", "cannot be compared"),
        (
            "rows: [a, b]",
            "series: {quantity: coca_areas, place: exampleland, by: [police, us]}",
            "Y210",
            "unknown quantity 'coca_areas'",
        ),
        ("words: two instruments", "wordz: two", "Y206", "wordz"),
    ],
)
def test_bad_entries_are_refused_by_the_pack_check(
    old: str, new: str, code: str, says: str, tmp_path: Path
) -> None:
    root = copy_pack(tmp_path)
    append(root / "evidence/ledger.csv", area("a", 10_001))
    append(root / "evidence/ledger.csv", area("b", 30_001, source="agency"))
    append(
        root / "evidence/ledger.csv",
        "c,cocaine_seized,exampleland,1993,,,9,,,t,bulk,flow,,police,,,retrieved,3,high,",
    )
    (root / "disputes.yaml").write_text(ENTRY.replace(old, new), encoding="utf-8")
    found = [problem for problem in problems_of(root) if problem.code == code]
    assert found, [str(problem) for problem in problems_of(root)]
    assert any(says in str(problem) for problem in found)
    assert any("disputes.yaml" in str(problem) for problem in found)


def test_every_reason_has_a_meaning() -> None:
    assert set(REASONS) == set(get_args(Reason))


# ------------------------------------------------------------------ the pack that is shipped


def test_the_famous_disputes_are_found_with_their_reasons(peru: Pack) -> None:
    pairs = {frozenset(row.id for row in pair.rows): pair for pair in find_disputes(peru, named=True).pairs}
    for rows, reason in (
        (("coca_area-peru-2009-un", "coca_area-peru-2009-us"), "method"),
        (("leaf_output-peru-2003-un", "leaf_output-peru-2004-un"), "method"),
        (("homicide_rate_inei-peru-2011-gov", "homicide_rate_prosecution-peru-2011-gov"), "definition"),
        (("leaf_per_cocaine-peru-2003-2008-un", "leaf_per_cocaine-peru-2017-police"), "method"),
        (("cocaine_output-bolivia-2011-us", "cocaine_output-bolivia-2011-us-2013"), "vintage"),
    ):
        assert pairs[frozenset(rows)].reason == reason


def test_figures_that_agree_are_no_dispute(peru: Pack) -> None:
    pairs = {frozenset(row.id for row in pair.rows) for pair in find_disputes(peru).pairs}
    assert frozenset(("coca_area-peru-2012-un", "coca_area-peru-2012-us")) not in pairs


def test_no_pair_stands_twice_and_the_largest_comes_first(peru: Pack) -> None:
    found = find_disputes(peru)
    keys = [frozenset(row.id for row in pair.rows) for pair in found.pairs]
    assert len(keys) == len(set(keys)) == sum(len(group.pairs) for group in found.groups)
    sizes = [pair.size for pair in found.pairs]
    assert sizes == sorted(sizes, reverse=True)
    assert all(pair.beyond and pair.rows[0].seen != "judged" for pair in found.pairs)


# ------------------------------------------------------------------ the command


def test_the_command_prints_text_and_json(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["evidence", "disputes", "peru", "--quantity", "coca_area"]) == 0
    text = capsys.readouterr().out
    assert "standard errors" in text
    assert "by pedigree" in text
    assert max(map(len, text.splitlines())) <= 100
    assert run(["evidence", "disputes", "peru", "--quantity", "coca_area", "--json"]) == 0
    data = json.loads(capsys.readouterr().out)
    assert {"pack", "compared", "pairs"} <= set(data)
    assert {"size", "ratio", "reason", "known_from", "rows"} <= set(data["pairs"][0])
    assert {row["error_from"] for pair in data["pairs"] for row in pair["rows"]} <= {
        "stated range",
        "pedigree",
    }


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (["--quantity", "coca_ara"], "Y102"),
        (["--reason", "bad"], "Y102"),
        (["nopack"], "Y103"),
        (["--place", "x"], "Y108"),
    ],
)
def test_refusals(words: list[str], code: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["evidence", "disputes", *words]) == 2
    assert code in capsys.readouterr().err
