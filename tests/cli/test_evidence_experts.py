"""`yupana evidence experts`, from the outside."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from yupana.cli.main import run

HEADER = "expert,question,q05,q50,q95,truth"
ROWS = [
    "ana,s1,10,20,40,25",
    "ana,s2,100,150,300,160",
    "ana,labs,500,900,2000,",
    "ben,s1,24,24.5,26,25",
    "ben,s2,100,110,120,160",
    "ben,labs,200,250,300,",
]


def written(folder: Path, *rows: str, header: str = HEADER) -> str:
    """A CSV file of judgements."""
    file = folder / "judgements.csv"
    file.write_text("\n".join([header, *rows]) + "\n", encoding="utf-8")
    return str(file)


def test_both_pools_are_printed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["evidence", "experts", written(tmp_path, *ROWS), "--family", "lognormal"]) == 0
    caught = capsys.readouterr()
    assert caught.err == ""
    assert max(map(len, caught.out.splitlines())) <= 100
    for text in ("pool: equal", "pool: performance", "only 2 seed questions", "flatters", "misfit"):
        assert text in caught.out


def test_json_holds_both_pools(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["evidence", "experts", written(tmp_path, *ROWS), "--json"]) == 0
    found = json.loads(capsys.readouterr().out, parse_constant=lambda word: pytest.fail(word))
    assert found["seed_questions"] == 2
    assert [pool["name"] for pool in found["pools"]] == ["equal", "performance"]
    for pool in found["pools"]:
        assert sum(pool["weights"].values()) == pytest.approx(1)
        assert [each["question"] for each in pool["questions"]] == ["s1", "s2", "labs"]
        labs = pool["questions"][2]
        assert labs["q05"] < labs["q50"] < labs["q95"]
    assert [each["expert"] for each in found["experts"]] == ["ana", "ben"]


def test_semicolons_will_do(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rows = [row.replace(",", ";") for row in ROWS]
    assert run(["evidence", "experts", written(tmp_path, *rows, header=HEADER.replace(",", ";"))]) == 0
    assert "labs" in capsys.readouterr().out


def test_no_seed_question_leaves_one_pool(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rows = [row.rsplit(",", 1)[0] + "," for row in ROWS]
    assert run(["evidence", "experts", written(tmp_path, *rows), "--json"]) == 0
    equal, performance = json.loads(capsys.readouterr().out)["pools"]
    assert len(equal["questions"]) == 3
    assert performance["questions"] == []
    assert "known truth" in performance["reason"]


@pytest.mark.parametrize(
    ("code", "said", "old", "new"),
    [
        ("Y263", "row 2, ana, question s1", "10,20,40", "20,10,40"),
        ("Y264", "row 2, q05", "ana,s1,10", "ana,s1,"),
        ("Y264", "thousands", "500,900,2000", "500,900,2.000.000"),
        ("Y264", "two or more", "q05,q50,q95", "note,unit,q95"),
        ("Y266", "did you mean 'q50'", "q50", "q_50"),
        ("Y266", "ana says nothing of question s2", "ana,s2,100,150,300,160\n", ""),
        ("Y266", "as above", "26,25", "26,26"),
        ("Y266", "twice", "ana,s2", "ana,s1"),
        ("Y266", "is missing", "expert,", "exprt,"),
        ("Y266", "does not fit the header", "900,2000,", "900,2000"),
        ("Y266", "no expert", "ana,s1", ",s1"),
        ("Y266", "truth is no number", "40,25", "40,many"),
    ],
)
def test_bad_files(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], code: str, said: str, old: str, new: str
) -> None:
    file = Path(written(tmp_path, *ROWS))
    text = file.read_text(encoding="utf-8")
    assert old in text
    file.write_text(text.replace(old, new, 1), encoding="utf-8")
    assert run(["evidence", "experts", str(file)]) == 2
    caught = capsys.readouterr()
    assert caught.out == ""
    assert f"[{code}]" in caught.err
    assert said in caught.err


@pytest.mark.parametrize("content", [None, b"", b"expert,question,q05,q95\n", b"\xff\xfe\x00bad"])
def test_files_that_are_none(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], content: bytes | None
) -> None:
    file = tmp_path / "none.csv"
    if content is not None:
        file.write_bytes(content)
    assert run(["evidence", "experts", str(file)]) == 2
    assert "[Y266]" in capsys.readouterr().err
