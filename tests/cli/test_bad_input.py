"""Bad input, as a table: exit code, one message that names place and remedy, nothing written."""

from __future__ import annotations

import errno
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from yupana.cli.main import run
from yupana.core import files
from yupana.ensemble.chunks import chunk_path
from yupana.evidence import find_pack

PACK = "exampleland"
HEAD = "name: mine\ndescribe: text\n"


@dataclass(frozen=True)
class Case:
    """One bad input.

    Attributes
    ----------
    name : of the case.
    words : the command line; ``OUT`` stands for a folder that does not exist.
    says : what the message must hold.
    files : files to write first, by name.
    code : exit code.
    """

    name: str
    words: tuple[str, ...]
    says: tuple[str, ...]
    files: tuple[tuple[str, str | bytes], ...] = ()
    code: int = 2


def asked(*words: str) -> tuple[str, ...]:
    return ("run", PACK, *words, "--out", "OUT")


def scenario(name: str, text: str | bytes, *says: str) -> Case:
    return Case(name, asked("--scenario", "mine.yaml"), ("mine.yaml", *says), (("mine.yaml", text),))


CASES = (
    # options
    Case("no draws", asked("--draws", "0"), ("--draws", "0", "whole number from 1")),
    Case("negative draws", asked("--draws", "-1"), ("--draws", "-1")),
    Case("draws no number", asked("--draws", "x"), ("--draws", "integer")),
    Case("draws a fraction", asked("--draws", "1.5"), ("--draws", "integer")),
    Case("negative seed", asked("--seed", "-3"), ("--seed", "-3")),
    Case("no threads", asked("--threads", "0"), ("--threads", "0")),
    Case("end before start", asked("--start", "2010", "--end", "2005"), ("--start", "start 2010, end 2005")),
    Case("start before the pack", asked("--start", "1950"), ("--start", "1950", "2000 or later")),
    Case("end far away", asked("--end", "3000"), ("--end", "3000", "2,100")),
    Case("unknown option", asked("--drws", "3"), ("--drws", "did you mean '--draws'")),
    Case("unknown verb", ("rnu", PACK), ("rnu", "did you mean 'run'")),
    # packs
    Case("unknown pack", ("run", "examplelnd", "--out", "OUT"), ("examplelnd", "did you mean 'exampleland'")),
    Case("a folder without a pack", ("run", ".", "--out", "OUT"), ("pack.yaml",)),
    # scenarios
    Case("unknown scenario", asked("--scenario", "eradicat"), ("eradicat", "did you mean 'eradicate'")),
    Case("missing file", asked("--scenario", "./gone.yaml"), ("gone.yaml", "missing")),
    scenario("empty file", "", "empty"),
    scenario("only comments", "# nothing\n", "empty"),
    scenario("binary file", b"\x00\x01\x02\xff", "binary"),
    scenario("not UTF-8", b"name: \xff\xfe\n", "line 1", "UTF-8"),
    scenario("unclosed YAML", HEAD + "levers: {eradication: 2\n", "line"),
    scenario("a list", "- 1\n- 2\n", "line 1", "list"),
    scenario("key twice", HEAD + "name: again\n", "line 3", "twice"),
    scenario("wrong key", HEAD + "lever: {}\n", "line 3", "did you mean 'levers'"),
    scenario("no name", "describe: text\n", "name"),
    scenario("wrong type", HEAD + "levers: 3\n", "line 3", "levers"),
    scenario("name with a space", "name: Mein Plan\ndescribe: text\n", "line 1", "no spaces"),
    scenario("a list of levers", HEAD + "levers:\n  - eradication: 2\n", "line 3", "without a dash"),
    scenario("two mistakes", HEAD + "lever: {}\nlevers: 3\n", "line 3", "also:", "line 4", "a mapping"),
    scenario(
        "two levers",
        HEAD + "levers:\n  eradicaton: 2\n  demand[moon]: 2\n",
        "line 4",
        "also:",
        "line 5",
        "moon",
    ),
    scenario("unknown lever", HEAD + "levers:\n  eradicaton: 2\n", "line 4", "did you mean 'eradication'"),
    scenario("unknown place", HEAD + "levers:\n  demand[moon]: 2\n", "line 4", "moon", "overseas"),
    scenario("out of range", HEAD + "levers:\n  eradication: 99999\n", "line 4", "99999"),
    scenario("nan", HEAD + "levers:\n  eradication: .nan\n", "line 4", "finite"),
    scenario("a yes", HEAD + "levers:\n  eradication: yes\n", "line 4", "eradication"),
    scenario("a true", HEAD + "levers:\n  eradication: true\n", "line 4", "eradication"),
    scenario("unknown unit", HEAD + "levers:\n  eradication: 20000 acres\n", "line 4", "acres"),
    scenario("wrong unit", HEAD + "levers:\n  eradication: 20000 kg\n", "line 4", "ha"),
    scenario("year outside", HEAD + "levers:\n  eradication: {1980: 2}\n", "line 4", "1980"),
    scenario("extends itself", HEAD + "extends: mine\n", "line 3", "mine -> mine"),
    scenario("extends nothing", HEAD + "extends: nowhere\n", "line 3", "nowhere"),
    Case(
        "two of one name",
        asked("--scenario", "baseline", "--scenario", "mine.yaml"),
        ("'baseline'", "mine.yaml", "another name"),
        (("mine.yaml", "name: baseline\ndescribe: x\nlevers: {input_cost: 2}\n"),),
    ),
    # output folders
    Case("out is a file", ("run", PACK, "--out", "file"), ("file", "is a file"), (("file", "x"),)),
    Case("out below a file", ("run", PACK, "--out", "file/a/b"), ("file/a/b", "is a file"), (("file", "x"),)),
    Case("out holds other files", ("run", PACK, "--out", "."), ("other files", "notes.txt"),
         (("notes.txt", "x"),)),
    # runs
    Case("unknown run", ("show", "peru-nothing"), ("peru-nothing", "yupana runs list")),
    Case("a folder without a run", ("show", "."), ("manifest.json",)),
    Case("empty manifest", ("show", "."), ("manifest.json", "empty"), (("manifest.json", ""),)),
    Case("delete no run", ("runs", "delete", ".", "--yes"), ("manifest.json",)),
)  # fmt: skip


def check_message(message: str, says: tuple[str, ...]) -> None:
    """One message, of our own form, that holds what it must."""
    assert message.count("yupana: ") == 1, message
    assert message.startswith("yupana: ")
    assert "Traceback" not in message
    assert "fix:" in message
    for words in says:
        assert words in message, message


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_bad_input_is_refused(
    case: Case, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    for name, content in case.files:
        data = content if isinstance(content, bytes) else content.encode()
        (tmp_path / name).write_bytes(data)
    before = sorted(path.name for path in tmp_path.iterdir())
    assert run([*case.words, *(["--json"] if case.words[0] == "run" else [])]) == case.code
    caught = capsys.readouterr()
    assert caught.out == ""
    check_message(caught.err, case.says)
    assert sorted(path.name for path in tmp_path.iterdir()) == before


def test_there_are_enough_cases() -> None:
    assert len(CASES) >= 25


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("made") / "run"
    assert run(["run", PACK, "--draws", "300", "--end", "2003", "--out", str(out)]) == 0
    return out


def _another_version(folder: Path) -> None:
    path = folder / "manifest.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {"format": 7}))


def _cut(folder: Path) -> None:
    path = chunk_path(folder, "years", "baseline", 1)
    path.write_bytes(path.read_bytes()[:-100])


def _remove(folder: Path) -> None:
    chunk_path(folder, "years", "baseline", 1).unlink()


def _changed_by_hand(folder: Path) -> None:
    path = folder / "manifest.json"
    path.write_text(path.read_text().replace('"seed": 1,', '"seed": 2,'))


def _unfinished(folder: Path) -> None:
    path = folder / "manifest.json"
    path.write_text(path.read_text().replace('"finished"', '"running"'))


@pytest.mark.parametrize(
    ("damage", "words", "says"),
    [
        (_another_version, ("show", "run"), ("manifest.json", "layout 7", "layout 1", "--out")),
        (_another_version, ("run", PACK, "--draws", "300", "--end", "2003", "--out", "run"), ("layout 7",)),
        (_another_version, ("export", "run"), ("layout 7",)),
        (_cut, ("show", "run"), ("000001.parquet", "--resume")),
        (_cut, ("export", "run"), ("000001.parquet", "--resume")),
        (_remove, ("show", "run", "coca_area"), ("000001.parquet", "missing", "--resume")),
        (_changed_by_hand, ("show", "run"), ("manifest.json", "changed")),
        (_changed_by_hand, ("run", PACK, "--out", "run"), ("manifest.json", "yupana runs delete run")),
        (_unfinished, ("show", "run"), ("not finished", "--resume")),
        (_unfinished, ("run", PACK, "--draws", "300", "--end", "2003", "--out", "run"), ("--resume",)),
        (None, ("run", PACK, "--draws", "301", "--out", "run"), ("another run", "draws 300 instead of 301")),
        (None, ("run", PACK, "--draws", "301", "--out", "run", "--resume"), ("another run",)),
        (None, ("show", "run", "coca_aera"), ("coca_aera", "did you mean 'coca_area'")),
        (None, ("show", "run", "coca_area[highland]"), ("did you mean 'highlands'",)),
        (None, ("show", "run", "--scenario", "eradicate"), ("eradicate", "baseline")),
        (None, ("show", "run", "--years", "2010"), ("2010", "2000 to 2003")),
        (None, ("show", "run", "--years", "soon"), ("soon", "--years")),
        (None, ("show", "run", "--monthly"), ("months", "--monthly")),
        (None, ("show", "run", "--money", "nominla"), ("did you mean 'nominal'",)),
        (None, ("show", "run", "--against", "baseline"), ("itself",)),
        (None, ("export", "run", "--format", "parket"), ("did you mean 'parquet'",)),
    ],
)  # fmt: skip
def test_bad_runs_are_refused(
    damage: Callable[[Path], None] | None,
    words: tuple[str, ...],
    says: tuple[str, ...],
    made: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    shutil.copytree(made, tmp_path / "run")
    if damage is not None:
        damage(tmp_path / "run")
    before = {str(p): p.stat().st_mtime_ns for p in tmp_path.rglob("*") if p.name != ".lock"}
    capsys.readouterr()
    assert run(words) == 2
    caught = capsys.readouterr()
    assert caught.out == ""
    check_message(caught.err, says)
    assert before == {str(p): p.stat().st_mtime_ns for p in tmp_path.rglob("*") if p.name != ".lock"}


@pytest.mark.parametrize(
    ("label", "old", "new", "says"),
    [
        ("levers.yaml", "{id: eradication", "{idd: eradication", ("levers.yaml", "line 2", "key id")),
        ("drivers/drivers.csv", "year", "yaer", ("drivers.csv", "line 1", "yaer")),
        ("pack.yaml", "start: 2000", "start: soon", ("pack.yaml", "line 5", "start")),
        ("priors.yaml", "q05:", "q5:", ("priors.yaml", "line 9", "q5", "q05")),
    ],
)
def test_broken_packs_are_refused(
    label: str,
    old: str,
    new: str,
    says: tuple[str, ...],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    shutil.copytree(find_pack(PACK), tmp_path / "pack")
    path = tmp_path / "pack" / label
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new, 1))
    assert run(["run", "./pack", "--out", "OUT"]) == 2
    check_message(capsys.readouterr().err, says)
    assert not (tmp_path / "OUT").exists()


@pytest.mark.parametrize(
    ("number", "says"), [(errno.ENOSPC, "no room left on the disk"), (errno.EACCES, "no permission")]
)
def test_a_refusing_disk_is_an_environment_fault(
    number: int,
    says: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    def refuse(handle: int) -> None:
        raise OSError(number, os.strerror(number))

    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(files.os, "fsync", refuse)
    assert run(["run", PACK, "--draws", "10", "--end", "2001", "--out", "a/b"]) == 1
    check_message(capsys.readouterr().err, (says, "a/b"))
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_cannot_be_made(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def refuse(self: Path, *_: object, **__: object) -> None:
        raise PermissionError(errno.EACCES, "permission denied", str(self))

    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(Path, "mkdir", refuse)
    assert run(["run", PACK, "--draws", "10", "--out", "OUT"]) == 1
    check_message(capsys.readouterr().err, ("no permission", "OUT"))


def test_a_disk_that_really_refuses(tmp_path: Path) -> None:
    # a limit on the size of files, below that of a chunk: the system itself refuses the write
    limited = (
        "import os, resource, sys; resource.setrlimit(resource.RLIMIT_FSIZE, (60_000, 60_000)); "
        "os.execv(sys.executable, [sys.executable, *sys.argv[1:]])"
    )
    words = ["-m", "yupana.cli.main", "run", PACK, "--draws", "256", "--out", "a/b"]
    command = [sys.executable, "-c", limited, *words]
    # no bytecode and no compiled programs: their writing is not what is tested
    quiet = dict(os.environ, PYTHONDONTWRITEBYTECODE="1", JAX_ENABLE_COMPILATION_CACHE="false")
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, env=quiet, check=False)
    assert done.returncode == 1
    check_message(done.stderr, ("writing 000000.parquet failed", "a/b"))
    assert list(tmp_path.iterdir()) == []
