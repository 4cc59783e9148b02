"""`yupana pack`, from the outside."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from yupana.cli.main import run

LISTS = {
    "scenarios": ("scenarios", {"name", "extends", "meaning", "levers"}),
    "levers": ("levers", {"id", "unit", "low", "high", "range", "meaning"}),
    "variables": ("variables", {"key", "unit", "kind", "over", "observations", "meaning"}),
    "priors": ("priors", {"name", "unit", "range", "places", "reason", "sources", "meaning"}),
    "claims": ("claims", {"id", "text", "readings"}),
}
PACK = ["--pack", "exampleland"]


def out_of(capsys: pytest.CaptureFixture[str], *words: str, code: int = 0) -> str:
    """Standard output of a command that ends with `code`."""
    assert run(words) == code
    caught = capsys.readouterr()
    assert bool(caught.err) == bool(code), caught.err
    return caught.out


def json_of(capsys: pytest.CaptureFixture[str], *words: str) -> dict[str, Any]:
    """The one JSON object of a command; NaN is refused."""

    def refuse(word: str) -> None:
        raise AssertionError(word)

    return json.loads(out_of(capsys, *words, "--json"), parse_constant=refuse)


@pytest.mark.parametrize("verb", LISTS)
def test_lists(verb: str, capsys: pytest.CaptureFixture[str]) -> None:
    name, keys = LISTS[verb]
    text = out_of(capsys, "pack", verb, *PACK)
    assert max(map(len, text.splitlines())) <= 100
    data = json_of(capsys, "pack", verb, *PACK)
    assert data["pack"] == "exampleland"
    assert data[name]
    assert all(keys <= set(entry) for entry in data[name])


def test_list_of_packs(capsys: pytest.CaptureFixture[str]) -> None:
    packs = json_of(capsys, "pack", "list")["packs"]
    assert {"id", "name", "start", "end", "version", "licence", "invented", "note"} <= set(packs[0])
    assert "exampleland" in out_of(capsys, "pack", "list")


def test_one_prior_with_its_reason(capsys: pytest.CaptureFixture[str]) -> None:
    text = out_of(capsys, "pack", "priors", *PACK, "--name", "initial_area_w")
    assert "reason:" in text
    assert "highlands" in text


def test_check_prints_counts(capsys: pytest.CaptureFixture[str]) -> None:
    text = out_of(capsys, "pack", "check", "exampleland")
    assert "exampleland: valid" in text
    data = json_of(capsys, "pack", "check", "exampleland")
    assert data["valid"] is True
    assert data["counts"]["rows"] == 36
    assert data["problems"] == []


def test_new_then_check_then_new_again(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = tmp_path / "mine"
    assert f"yupana pack check {folder}" in out_of(capsys, "pack", "new", str(folder))
    assert "mine: valid" in out_of(capsys, "pack", "check", str(folder))
    assert run(["pack", "new", str(folder)]) == 2
    assert "not empty [Y105]" in capsys.readouterr().err


def test_check_lists_every_problem(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = tmp_path / "mine"
    assert run(["pack", "new", str(folder)]) == 0
    levers = folder / "levers.yaml"
    levers.write_text(levers.read_text().replace("stage: farm}", "stge: farm}").replace("low: 0.1", "low: 2"))
    (folder / "extra.csv").write_text("a,b\n1,2\n")
    capsys.readouterr()
    assert run(["pack", "check", str(folder)]) == 2
    err = capsys.readouterr().err
    assert "did you mean 'stage'?" in err
    assert "the range must hold 1" in err
    assert "a file that nothing reads" in err
    assert err.rstrip().splitlines()[-3].startswith("yupana: pack check failed:")
    assert "Traceback" not in err
    assert run(["pack", "check", str(folder), "--json"]) == 2
    data = json.loads(capsys.readouterr().out)
    assert data["valid"] is False
    assert {"code", "what", "where", "got", "expected", "fix"} == set(data["problems"][0])


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["pack", "chek"], "did you mean 'check'?"),
        (["pack", "levers", "--pakc", "x"], "did you mean '--pack'?"),
        (["pack", "levers", "--pack", "exampelland"], "did you mean 'exampleland'?"),
        (["pack", "check"], "DIR|NAME"),
        (["pack", "check", "/nowhere/at/all"], "unknown pack"),
        (["pack", "levers", "extra"], "extra"),
        (["pack", "priors", "--name", "mature_yeild", *PACK], "did you mean 'mature_yield'"),
    ],
)
def test_misuse(words: list[str], message: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(words) == 2
    caught = capsys.readouterr()
    assert caught.out == ""
    assert message in caught.err
    assert caught.err.count("[Y1") == 1


def test_structure_is_shown_with_its_basis_and_checked(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    import shutil

    from yupana.evidence.locate import SHIPPED

    root = tmp_path / "pack"
    shutil.copytree(SHIPPED / "exampleland", root)
    path = root / "scenarios" / "dear.yaml"
    head = "name: dear\ndescribe: d\nstructure:\n"
    path.write_text(head + "  transport_cost: {multiple: 2, judged: dear}\n", encoding="utf-8")
    words = ("pack", "scenarios", "--pack", str(root))
    assert "transport_cost 2 x the draw (judged)" in " ".join(out_of(capsys, *words).split())
    (found,) = (entry for entry in json_of(capsys, *words)["scenarios"] if entry["name"] == "dear")
    assert found["structure"] == {
        "transport_cost": {"mode": "multiple", "numbers": [2.0], "judged": "dear", "sources": []}
    }
    path.write_text(head + "  exit_choice_scale: {multiple: 2, judged: dear}\n", encoding="utf-8")
    assert run(["pack", "check", str(root)]) == 2
    caught = capsys.readouterr()
    assert "no scenario may set exit_choice_scale" in caught.err
    assert "line 4" in caught.err
