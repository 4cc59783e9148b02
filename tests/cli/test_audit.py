"""`yupana audit` from the outside: formats, JSON, filters, refusals."""

from __future__ import annotations

import csv
import io
import json
import shutil
from pathlib import Path

import pytest

from yupana.cli.main import run
from yupana.evidence import find_pack

PACK = "exampleland"
KEYS = {"id", "text", "verdict", "probability", "rows", "year", "would_change"}


def call(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, str, str]:
    code = run(["audit", *words])
    out, err = capsys.readouterr()
    return code, out, err


def test_json_is_one_object_with_the_promised_keys(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = call(capsys, "--pack", PACK, "--no-run", "--json")
    found = json.loads(out)
    assert code == 0
    assert found["claims"]
    for claim in found["claims"]:
        assert {"id", "text", "readings"} <= set(claim)
        for reading in claim["readings"]:
            assert set(reading) >= KEYS
            assert isinstance(reading["rows"], list)
            if reading["verdict"] in ("undetermined", "untraceable"):
                assert reading["probability"] is None


@pytest.mark.parametrize("form", ["text", "md", "html", "csv"])
def test_each_format_holds_every_reading(capsys: pytest.CaptureFixture[str], form: str) -> None:
    _, out, _ = call(capsys, "--pack", PACK, "--no-run", "--json")
    readings = [reading for claim in json.loads(out)["claims"] for reading in claim["readings"]]
    code, page, err = call(capsys, "--pack", PACK, "--no-run", "--format", form)
    assert (code, err) == (0, "")
    if form == "text":
        assert max(map(len, page.splitlines())) <= 100
    if form == "csv":
        lines = list(csv.DictReader(io.StringIO(page)))
        assert [line["reading"] for line in lines] == [reading["id"] for reading in readings]
    else:
        flat = " ".join(page.split())
        assert all(reading["text"] in flat for reading in readings)
    if form == "html":
        assert page.startswith("<!doctype html>")
        assert page.rstrip().endswith("</html>")
        assert not any(word in page for word in ("http:", "https:", "<script", "<link"))


def test_out_takes_its_format_from_the_ending_and_is_written_whole(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    target = tmp_path / "audit.html"
    code, out, err = call(capsys, "--pack", PACK, "--no-run", "--out", str(target))
    assert (code, out) == (0, "")
    assert str(target) in err
    assert target.read_text(encoding="utf-8").startswith("<!doctype html>")
    assert [path.name for path in tmp_path.iterdir()] == ["audit.html"]


def test_one_claim(capsys: pytest.CaptureFixture[str]) -> None:
    _, out, _ = call(capsys, "--pack", PACK, "--no-run", "--json")
    first = json.loads(out)["claims"][0]["id"]
    _, out, _ = call(capsys, "--pack", PACK, "--no-run", "--json", "--claim", first)
    assert [claim["id"] for claim in json.loads(out)["claims"]] == [first]


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["--claim", "no-such-claim"], "no-such-claim"),
        (["--format", "htlm"], "html"),
        (["--format", "md", "--json"], "exclude"),
        (["some-run", "--no-run"], "exclude"),
        (["no-such-run"], "no-such-run"),
        (["--pack", "no-such-pack"], "no-such-pack"),
        (["--out", "no-such-folder/audit.md"], "no-such-folder"),
        (["--out", "."], "folder"),
    ],
)
def test_refusals_name_the_place_and_the_remedy(
    capsys: pytest.CaptureFixture[str], words: list[str], told: str
) -> None:
    pack = [] if "--pack" in words else ["--pack", PACK]
    run_option = [] if any("run" in word for word in words) else ["--no-run"]
    code, out, err = call(capsys, *pack, *run_option, *words)
    assert (code, out) == (2, "")
    assert told in err
    assert "Traceback" not in err


def test_a_pack_without_rows_for_its_claims_is_silent_not_broken(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    folder = tmp_path / PACK
    shutil.copytree(find_pack(PACK), folder)
    claims = folder / "claims.yaml"
    claims.write_text(
        claims.read_text(encoding="utf-8").replace("2012}, unit", "1950}, unit"), encoding="utf-8"
    )
    code, out, _ = call(capsys, "--pack", str(folder), "--no-run", "--json")
    verdicts = [r["verdict"] for claim in json.loads(out)["claims"] for r in claim["readings"]]
    assert code == 0
    assert "undetermined" in verdicts


def test_a_pack_without_claims_says_so(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    folder = tmp_path / PACK
    shutil.copytree(find_pack(PACK), folder)
    (folder / "claims.yaml").unlink()
    code, _, err = call(capsys, "--pack", str(folder), "--no-run")
    assert code == 2
    assert "claims.yaml" in err


@pytest.mark.slow
def test_a_run_answers_what_evidence_does_not(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    folder = tmp_path / "run"
    made = ["run", "peru", "--prior", "--draws", "24", "--end", "2013", "--out", str(folder), "--json"]
    assert run(made) == 0
    capsys.readouterr()
    words = ("--claim", "us-share-five-percent", "--claim", "home-market", "--json")
    code, out, _ = call(capsys, str(folder), *words)
    found = json.loads(out)
    assert code == 0
    assert found["run"]
    readings = {r["id"]: r for claim in found["claims"] for r in claim["readings"]}
    for name in ("consumption", "tonnes"):
        assert readings[name]["rests_on_prior"]
        assert readings[name]["word"] is None
        assert readings[name]["rows"] == []
        assert readings[name]["year"] == 2012
    assert not readings["samples-at-most"]["rests_on_prior"]


def test_a_run_that_ends_too_early_is_refused(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    folder = tmp_path / "run"
    assert run(["run", "peru", "--draws", "8", "--end", "2005", "--out", str(folder), "--json"]) == 0
    capsys.readouterr()
    code, out, err = call(capsys, str(folder), "--claim", "home-market")
    assert (code, out) == (2, "")
    assert "2012" in err
