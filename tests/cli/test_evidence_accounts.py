"""`yupana evidence accounts`, from the outside."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from yupana.cli.main import run
from yupana.evidence.accounts.result import PARTS


def test_json_holds_every_section_with_intervals_rows_and_marks(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["evidence", "accounts", "peru", "--year", "2012", "--anchor", "trust-un", "--json"]) == 0
    caught = capsys.readouterr()
    assert caught.err == ""
    data = json.loads(caught.out, parse_constant=lambda word: pytest.fail(word))
    assert (data["pack"], data["year"], data["anchor"]) == ("peru", 2012, "trust-un")
    assert data["solver"] == "gauss-newton"
    assert list(dict.fromkeys(line["part"] for line in data["lines"])) == list(PARTS)
    for line in data["lines"]:
        assert set(line) >= {"id", "stage", "who", "account", "unit", "q05", "q50", "q95", "rows", "prior"}
        assert line["q50"] is not None or line["note"]
    lines = {line["id"]: line for line in data["lines"]}
    assert lines["sales_summed"]["account"] == "not an account"
    assert lines["inward"]["q50"] < lines["product_border"]["q50"] < lines["sales_summed"]["q50"]


def test_text_fits_the_page_names_the_mistake_and_says_what_has_no_evidence(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert run(["evidence", "accounts", "--notes"]) == 0
    caught = capsys.readouterr()
    assert caught.err == ""
    assert max(map(len, caught.out.splitlines())) <= 100
    text = " ".join(caught.out.split())
    for words in (
        "peru 2012, million USD of 2012",
        "The mistake to avoid: never a total",
        "share of residents judged",
        "no figure is carried over",
        "refining hubs",
        "rows leaf_price-peru-2012-un",
        "contraction",
    ):
        assert words in text


def test_a_new_pack_has_accounts_until_they_are_removed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "mine"
    assert run(["pack", "new", str(folder)]) == 0
    capsys.readouterr()
    assert run(["evidence", "accounts", str(folder)]) == 0
    text = " ".join(capsys.readouterr().out.split())
    assert "Inward flow" in text
    (folder / "accounts.yaml").unlink()
    assert run(["evidence", "accounts", str(folder)]) == 2
    caught = capsys.readouterr()
    assert "Y252" in caught.err
    assert "accounts.yaml" in caught.err


@pytest.mark.parametrize(
    ("words", "code", "message"),
    [
        (["--anchor", "trust-nu"], "Y246", "trust-un"),
        (["--solver", "newton"], "Y246", "gauss-newton"),
        (["--year", "2040"], "Y254", "no stage"),
        (["--year", "x"], "Y102", "--year"),
        (["peruu"], "Y103", "peru"),
    ],
)
def test_refusals(words: list[str], code: str, message: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["evidence", "accounts", *words]) == 2
    caught = capsys.readouterr()
    assert caught.out == ""
    assert code in caught.err
    assert message in caught.err
