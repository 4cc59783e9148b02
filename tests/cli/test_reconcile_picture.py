"""`yupana evidence reconcile --out`: the picture, its data, and what is refused before any work."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from yupana.cli.main import run


def test_the_picture_and_its_data_are_written_and_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "chain.svg"
    words = [
        "evidence",
        "reconcile",
        "peru",
        "--year",
        "2012",
        "--anchor",
        "trust-un",
        "--out",
        str(out),
        "--json",
    ]
    assert run(words) == 0
    body = json.loads(capsys.readouterr().out)
    assert [Path(path).name for path in body["files"]] == ["chain.svg", "chain.csv", "chain.json"]
    facts = json.loads((tmp_path / "chain.json").read_text(encoding="utf-8"))
    assert (facts["pack"], facts["year"], facts["anchor"]) == ("peru", 2012, "trust-un")
    drawn = {row["name"]: row for row in facts["data"] if row["layer"] == "ribbon"}
    for name in ("base_made", "home_use", "exports_to_europe[sea_container]"):
        told = body["quantities"][name]
        assert drawn[name]["q50"] == pytest.approx(told["q50"], rel=1e-6)
        assert drawn[name]["prior"] == told["prior"]


@pytest.mark.parametrize(
    ("words", "said"),
    [(["--out", "chain.pdf"], "Y109"), (["--out", "chain.svg", "--width", "a3"], "screen or a4")],
)
def test_what_cannot_be_drawn_is_refused_in_one_message(
    words: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["evidence", "reconcile", "peru", "--year", "2012", *words]) == 2
    told = capsys.readouterr()
    assert said in told.err
    assert told.out == ""
