"""`yupana evidence`, from the outside."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from yupana.cli.main import run

PACK = ["--pack", "exampleland"]
ROW = "coca-area-exampleland-2010-survey"


def out_of(capsys: pytest.CaptureFixture[str], *words: str) -> str:
    """Standard output of a command that ends well and says nothing on standard error."""
    assert run(["evidence", *words]) == 0
    caught = capsys.readouterr()
    assert caught.err == ""
    assert max(map(len, caught.out.splitlines())) <= 100 or "--json" in words
    return caught.out


def json_of(capsys: pytest.CaptureFixture[str], *words: str) -> dict[str, Any]:
    """The one JSON object of a command."""
    return json.loads(out_of(capsys, *words, *PACK, "--json"), parse_constant=lambda word: pytest.fail(word))


@pytest.mark.parametrize(
    ("filters", "count"),
    [
        ([], 36),
        (["--quantity", "coca_area", "--place", "exampleland"], 7),
        (["--years", "2010"], 11),
        (["--years", "2009-2011", "--by", "us"], 2),
        (["--confidence", "low"], 1),
        (["--kind", "price", "--basis", "nominal+bulk"], 5),
        (["--source", "police"], 3),
        (["--variable", "hcl_price"], 3),
        (["--variable", "coca_area[zone]", "--years", "2012"], 2),
    ],
)
def test_filters(filters: list[str], count: int, capsys: pytest.CaptureFixture[str]) -> None:
    data = json_of(capsys, "list", *filters)
    assert data["count"] == count == len(data["rows"])
    text = out_of(capsys, "list", *filters, *PACK)
    assert f"{count} rows" in text
    assert all(row["id"] in text for row in data["rows"])


def test_limit(capsys: pytest.CaptureFixture[str]) -> None:
    data = json_of(capsys, "list", "--limit", "2")
    assert (data["count"], len(data["rows"])) == (36, 2)
    assert "36 rows, 2 shown" in out_of(capsys, "list", "--limit", "2", *PACK)


def test_unverified_rows_are_marked(capsys: pytest.CaptureFixture[str]) -> None:
    assert "9*" in out_of(capsys, "list", "--source", "herald", *PACK)
    assert "NOT VERIFIED" in out_of(capsys, "show", "cocaine-seized-exampleland-2012-herald", *PACK)


def test_show_prints_what_stands_against_a_figure(capsys: pytest.CaptureFixture[str]) -> None:
    text = out_of(capsys, "show", ROW, *PACK)
    for word in ("14,100", "DISPUTE", "Farland", "child", "coca_area = 14,100 ha, 2010"):
        assert word in text
    data = json_of(capsys, "show", ROW)
    assert data["row"]["publisher_kind"] == "un"
    assert {entry["relation"] for entry in data["against"]} == {"other publisher", "child"}
    assert data["observes"][0]["variable"] == "coca_area"


def test_lint_of_a_clean_and_a_spoilt_pack(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert out_of(capsys, "lint", *PACK).startswith("0 findings")
    folder = tmp_path / "mine"
    assert run(["pack", "new", str(folder)]) == 0
    ledger = folder / "evidence" / "ledger.csv"
    ledger.write_text(ledger.read_text().replace(",26790,", ",27690,"))
    capsys.readouterr()
    text = " ".join(out_of(capsys, "lint", "--pack", str(folder)).split())
    assert "1 findings" in text
    assert "likely transposition" in text


def test_sources(capsys: pytest.CaptureFixture[str]) -> None:
    data = json_of(capsys, "sources")
    assert sum(source["rows"] for source in data["sources"]) == 36
    assert [s["id"] for s in json_of(capsys, "sources", "--by", "us")["sources"]] == ["agency"]


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["list", "--place", "nroth"], "did you mean 'north'"),
        (["list", "--quantity", "coca"], "unknown quantity 'coca'"),
        (["list", "--years", "x"], "2010 or 2008-2012"),
        (["list", "--years", "2012-2008"], "years not understood"),
        (["list", "--limit", "-1"], "--limit"),
        (["list", "--variable", "coca_aera"], "did you mean 'coca_area'"),
        (["list", "--variable", "]["], "no row observes"),
        (["show", "coca-area-exampleland-2010-surevy"], f"did you mean '{ROW}'"),
        (["lint", "--source", "nobody"], "unknown source 'nobody'"),
    ],
)
def test_misuse(words: list[str], message: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["evidence", *words, *PACK]) == 2
    caught = capsys.readouterr()
    assert caught.out == ""
    assert message in caught.err
    assert caught.err.startswith("yupana: ")
