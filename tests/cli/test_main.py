"""The frame of the command: quick help, one message a failure, exit codes, pipes."""

from __future__ import annotations

import importlib
import json
import os
import signal
import subprocess
import sys
import time
from functools import partial
from typing import Any

import pytest

from yupana.cli import common
from yupana.cli.main import VERBS, load_verb, run
from yupana.core.errors import DataError, EnvironmentFault, UsageError

COMMAND = [sys.executable, "-m", "yupana.cli.main"]


def test_help_is_quick() -> None:
    best = 9.0
    for _ in range(5):
        start = time.perf_counter()
        done = subprocess.run([*COMMAND, "--help"], capture_output=True, text=True)
        best = min(best, time.perf_counter() - start)
    assert done.returncode == 0
    assert best <= 0.5, f"{best:.2f} s"
    assert all(verb in done.stdout for verb in VERBS)
    assert max(map(len, done.stdout.splitlines())) <= 100
    assert "..." not in done.stdout.split("Commands:")[1]


@pytest.mark.parametrize("verb", VERBS)
def test_every_verb_has_help(verb: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run([verb, "--help"]) == 0
    text = capsys.readouterr().out
    assert "Usage: yupana " + verb in text
    for name, inner in getattr(load_verb(verb), "commands", {}).items():
        assert inner.help, name


def test_the_table_names_existing_modules() -> None:
    for name, verb in VERBS.items():
        module = importlib.import_module(verb.module)
        assert hasattr(module, "app") or callable(module.command), name
        assert verb.help.endswith(".")


def test_version(capsys: pytest.CaptureFixture[str]) -> None:
    import yupana

    assert run(["--version"]) == 0
    assert capsys.readouterr().out == f"yupana {yupana.__version__}\n"


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["rnu"], "did you mean 'run'?"),
        (["--verson"], "did you mean '--version'?"),
        (["xyzzy"], "expected: run, show"),
    ],
)
def test_unknown_words(words: list[str], message: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(words) == 2
    caught = capsys.readouterr()
    assert caught.out == ""
    assert message in caught.err
    assert "[Y101]" in caught.err


def raiser(error: BaseException) -> Any:
    def act() -> None:
        raise error

    return act


@pytest.mark.parametrize(
    ("error", "code", "message"),
    [
        (UsageError("u", code="Y102"), 2, "yupana: u [Y102]"),
        (DataError("d"), 2, "yupana: d [Y207]"),
        (EnvironmentFault("e", code="Y902"), 1, "yupana: e [Y902]"),
        (OSError(28, "No space left on device", "/x"), 1, "[Y902]"),
        (PermissionError(13, "Permission denied", "/x"), 1, "[Y901]"),
        (MemoryError(), 1, "[Y903]"),
        (KeyboardInterrupt(), 130, "yupana: stopped"),
        (common.Interrupted("yupana run --resume --out x"), 130, "go on with: yupana run --resume --out x"),
        (ZeroDivisionError("float division"), 1, "[Y999]"),
    ],
)
def test_every_failure_is_one_message(
    error: BaseException, code: int, message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert common.run_guarded(raiser(error)) == code
    caught = capsys.readouterr()
    assert message in caught.err
    assert "Traceback" not in caught.err
    assert caught.out == ""


def test_a_traceback_on_request(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("YUPANA_DEBUG", "1")
    assert common.run_guarded(raiser(ZeroDivisionError("x"))) == 1
    assert "Traceback" in capsys.readouterr().err


def test_a_reader_that_goes_away() -> None:
    shell = " ".join(COMMAND) + " evidence list --pack exampleland --json | head -1"
    done = subprocess.run(["bash", "-o", "pipefail", "-c", shell], capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == "{\n"


def test_interrupt_from_the_keyboard() -> None:
    lines = (
        "import sys, time, yupana.cli.common as common; print('up', flush=True)\n"
        "sys.exit(common.run_guarded(lambda: time.sleep(30)))"
    )
    command = [sys.executable, "-c", lines]
    listens = partial(signal.signal, signal.SIGINT, signal.SIG_DFL)  # a shell's background job would not
    process = subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, preexec_fn=listens
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "up\n"
    time.sleep(0.2)
    os.kill(process.pid, signal.SIGINT)
    _, err = process.communicate(timeout=10)
    assert process.returncode == 130
    assert "stopped" in err
    assert "Traceback" not in err


def test_json_never_holds_nan(capsys: pytest.CaptureFixture[str]) -> None:
    import numpy as np

    common.print_json(
        {"a": float("nan"), "b": [np.inf, np.array([1.0, np.nan])], "c": {1: (np.int64(3), "ñ")}}
    )
    text = capsys.readouterr().out
    assert json.loads(text) == {"a": None, "b": [None, [1.0, None]], "c": {"1": [3, "ñ"]}}


def test_numbers_for_people() -> None:
    shown = {
        1234567.0: "1,234,567",
        12.3456: "12.35",
        1234.56: "1,234.6",
        123456.7: "123,457",
        0.00012: "0.00012",
    }
    assert {value: common.format_number(value) for value in shown} == shown
    assert [common.format_number(v) for v in (None, True, "x", float("nan"), 5)] == ["", "True", "x", "", "5"]


def test_tables_fit(capsys: pytest.CaptureFixture[str]) -> None:
    long = "word " * 60
    common.print_table(
        ("id", "n", "text", "more"), [("a-long-id-" * 4, 1.5, long, long)], "T", ("n",), ("id",)
    )
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "T"
    assert max(map(len, lines)) <= 100
    assert lines[2].startswith("a-long-id-" * 4 + "  1.5")
