"""`yupana evidence import`, `template`, `export`, `bibliography` and `yupana pack copy`, from the outside."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from sheet_files import SOURCE, fact, separated, workbook

from yupana.cli.main import run

Capture = pytest.CaptureFixture[str]


@pytest.fixture(scope="module")
def mine(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A copy of the invented pack."""
    folder = str(tmp_path_factory.mktemp("packs") / "mine")
    assert run(["pack", "copy", "exampleland", folder]) == 0
    return folder


def test_copy_says_what_comes_next(tmp_path: Path, capsys: Capture) -> None:
    folder = str(tmp_path / "mine")
    assert run(["pack", "copy", "exampleland", folder]) == 0
    assert f"yupana evidence import SHEET.xlsx --pack {folder}" in capsys.readouterr().out
    assert run(["pack", "copy", "exampleland", folder]) == 2
    assert "the folder is not empty" in capsys.readouterr().err


def test_from_template_to_pack(mine: str, tmp_path: Path, capsys: Capture) -> None:
    from openpyxl import load_workbook

    sheet = str(tmp_path / "new.xlsx")
    assert run(["evidence", "template", sheet, "--pack", mine]) == 0
    assert run(["evidence", "import", sheet, "--pack", mine]) == 2
    assert "no row" in capsys.readouterr().err
    book = load_workbook(sheet)
    columns = [cell.value for cell in book["facts"][1]]
    for name, value in fact("new-1", source="census", note="n").items():
        book["facts"].cell(2, columns.index(name) + 1, value)
    book["sources"].append([SOURCE.get(cell.value) for cell in book["sources"][1]])
    book.save(sheet)
    assert run(["evidence", "import", sheet, "--pack", mine, "--dry-run"]) == 0
    assert "1 row would be added to evidence/imported.csv, 1 source" in capsys.readouterr().out
    assert run(["evidence", "import", sheet, "--pack", mine]) == 0
    assert "1 row added" in capsys.readouterr().out
    assert run(["evidence", "import", sheet, "--pack", mine]) == 0
    assert capsys.readouterr().out == "2 entries of the sheet in the pack already, as the sheet says\n"
    assert run(["pack", "check", mine]) == 0
    assert run(["evidence", "show", "new-1", "--pack", mine]) == 0


def test_refusals_are_printed_with_their_cells(mine: str, tmp_path: Path, capsys: Capture) -> None:
    sheet, _ = workbook(tmp_path / "a.xlsx", facts=[fact("x", value="1,234"), fact("y")])
    words = ["evidence", "import", str(sheet), "--pack", mine]
    assert run(words) == 2
    caught = capsys.readouterr()
    assert caught.out == ""
    assert "facts!E2, row x, column value" in caught.err
    assert "write 1234 if the sign separates thousands" in caught.err
    assert "nothing was added: 1 cell refused [Y259]" in caught.err
    assert run([*words, "--keep-good", "--dry-run", "--json"]) == 0
    data = json.loads(capsys.readouterr().out)
    assert (data["rows"], data["written"]) == (["y"], False)
    assert [(r["cell"], r["code"]) for r in data["refused"]] == [("facts!E2", "Y258")]


def test_json_of_a_refused_import_is_one_object(mine: str, tmp_path: Path, capsys: Capture) -> None:
    sheet = separated(tmp_path / "a.csv", [fact("x", place="nowhere")])
    assert run(["evidence", "import", str(sheet), "--pack", mine, "--json"]) == 2
    data = json.loads(capsys.readouterr().out)
    assert set(data) == {"pack", "file", "written", "rows", "sources", "unchanged", "refused", "notes"}
    assert data["rows"] == []


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["import", "no.xlsx"], "there is no such file"),
        (["import", "a.csv"], "yupana pack copy"),
        (["import", "a.csv", "--decimal", "dot"], "--decimal"),
        (["import", "a.csv", "--pack", "nowhere"], "unknown pack"),
        (["export", "a.ods"], ".xlsx or .csv"),
        (["export", "b.csv", "--quantity", "coca_aera"], "did you mean 'coca_area'"),
        (["export", "b.csv", "--years", "1900"], "no row passes"),
        (["template", "a.csv"], ".xlsx"),
        (["bibliography", "no-run"], "unknown run"),
        (["bibliography", "--format", "ris"], "bibtex or csl-json"),
        (["bibliography", "--use", "prior"], "only a run uses rows"),
        (["bibliography", "--out", "a.txt"], ".bib"),
    ],
)
def test_bad_words(
    words: list[str], says: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Capture
) -> None:
    monkeypatch.chdir(tmp_path)
    separated(tmp_path / "a.csv", [fact("a")])
    known = ["--pack", "exampleland"] if "--pack" not in words else []
    dry = ["--dry-run"] if words[:2] == ["import", "no.xlsx"] else []
    assert run(["evidence", *words, *known, *dry]) == 2
    assert says in capsys.readouterr().err
    assert [path.name for path in tmp_path.iterdir()] == ["a.csv"]


def test_export_with_filters(tmp_path: Path, capsys: Capture) -> None:
    out = tmp_path / "out.csv"
    words = [
        "evidence",
        "export",
        str(out),
        "--pack",
        "exampleland",
        "--quantity",
        "coca_area",
        "--years",
        "2010",
    ]
    assert run([*words, "--json"]) == 0
    data = json.loads(capsys.readouterr().out)
    assert data["rows"] == len(out.read_text(encoding="utf-8").splitlines()) - 1
    assert data["files"] == [str(out), str(tmp_path / "out.sources.csv")]
    assert run(words) == 0
    assert f"{data['rows']} rows" in capsys.readouterr().out


def test_bibliography_of_a_pack(tmp_path: Path, capsys: Capture) -> None:
    out = tmp_path / "a.bib"
    words = ["evidence", "bibliography", "--pack", "exampleland"]
    assert run([*words, "--out", str(out)]) == 0
    assert capsys.readouterr().out == ""
    assert run(words) == 0
    assert capsys.readouterr().out == out.read_text(encoding="utf-8")
    assert run([*words, "--format", "csl-json"]) == 0
    assert len(json.loads(capsys.readouterr().out)) == 5


def test_bibliography_of_a_run(tmp_path: Path, capsys: Capture, monkeypatch: pytest.MonkeyPatch) -> None:
    import yupana as yu

    monkeypatch.chdir(tmp_path)
    # a plan names pack, years and scenarios as a run does; nothing has to be computed
    manifest = yu.load("exampleland").plan(draws=8, start=2010, end=2012).manifest
    manifest.with_progress(status="finished", members={"baseline": {"draws": 8, "failed": 0}}).write(
        _folder(tmp_path / "r1")
    )
    assert run(["evidence", "bibliography", "r1"]) == 0
    caught = capsys.readouterr()
    assert "@techreport{survey," in caught.out
    assert "used for: " in caught.out
    assert "priors rest on judgement alone" in caught.err
    assert f"of run {manifest.id}" in caught.err
    assert run(["evidence", "bibliography", "r1", "--use", "prior", "--format", "csl-json"]) == 0
    assert [item["id"] for item in json.loads(capsys.readouterr().out)] == ["survey"]
    from yupana.results import Result

    assert Result.open("r1").bibliography() == caught.out


def _folder(path: Path) -> Path:
    path.mkdir()
    return path
