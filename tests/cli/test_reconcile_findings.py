"""What `yupana evidence reconcile` says about its evidence: conflict, sources left out, which figure next."""

from __future__ import annotations

import json

import pytest

from yupana.cli.main import run

SECTIONS = ("Supply against demand", "Each source left out", "Which figure next")


def out_of(capsys: pytest.CaptureFixture[str], *words: str) -> str:
    """Standard output of a command that ends well."""
    assert run(["evidence", "reconcile", "peru", *words]) == 0
    return capsys.readouterr().out


def test_each_finding_has_its_section(capsys: pytest.CaptureFixture[str]) -> None:
    text = out_of(capsys, "--year", "2012")
    assert [text.count(section) for section in SECTIONS] == [1, 1, 1]
    line = next(line for line in text.splitlines() if line.startswith("2012 "))
    assert "no conflict shown" in line
    assert max(map(len, text.splitlines())) <= 100


def test_json_holds_what_the_text_says(capsys: pytest.CaptureFixture[str]) -> None:
    body = json.loads(out_of(capsys, "--year", "2012", "--json"))
    conflict = body["conflict"][0]
    assert (conflict["name"], conflict["year"], conflict["unit"]) == ("cocaine_output", 2012, "t")
    for side in ("supply", "demand"):
        assert conflict[side]["q05"] < conflict[side]["q50"] < conflict[side]["q95"]
    used = {datum["row"] for datum in body["data"]}
    assert {row for item in body["without_source"] for row in item["rows"]} == used
    for item in body["next"]:
        assert set(item["reduction"]) == {"cocaine_output", "cocaine_exports"}


def test_year_without_data_names_only_what_to_measure(capsys: pytest.CaptureFixture[str]) -> None:
    text = out_of(capsys, "--year", "1960")
    assert [text.count(section) for section in SECTIONS] == [0, 0, 1]


def test_each_year_of_several_has_its_conflict(capsys: pytest.CaptureFixture[str]) -> None:
    text = out_of(capsys, "--years", "2011:2012")
    assert [line[:4] for line in text.splitlines() if line.endswith("no conflict shown")] == ["2011", "2012"]
