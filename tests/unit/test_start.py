"""The set-up script: what it installs, when it does nothing, and what it says when it cannot go on."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def start(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """A copy of the script whose repository is an empty folder."""
    spec = importlib.util.spec_from_file_location("start_under_test", ROOT / "tools" / "start.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    venv = tmp_path / ".venv"
    monkeypatch.setattr(module, "ROOT", tmp_path)
    monkeypatch.setattr(module, "VENV", venv)
    monkeypatch.setattr(module, "LOG", venv / "install.log")
    monkeypatch.setattr(module, "PYTHON", venv / "bin" / "python")
    (tmp_path / "pyproject.toml").write_text('[dependency-groups]\ndev = ["pytest>=8"]\n')
    (tmp_path / "constraints.txt").write_text("numpy==2.0.0\n")
    return module


def make_venv(module: Any, version: str) -> None:
    """A folder that looks like a virtual environment of that version."""
    (module.VENV / "bin").mkdir(parents=True)
    (module.VENV / "bin" / "python").touch()
    (module.VENV / "pyvenv.cfg").write_text(f"home = x\nversion = {version}\n")


def record(
    module: Any, monkeypatch: pytest.MonkeyPatch, output: str = "", status: int = 0
) -> list[list[str]]:
    """Replace subprocess.run by one that notes commands; installations end with `status`."""
    calls: list[list[str]] = []

    def run(command: list[str], **_: Any) -> SimpleNamespace:
        calls.append([str(word) for word in command])
        code = status if "install" in command else 0
        return SimpleNamespace(returncode=code, stdout=output, stderr="")

    monkeypatch.setattr(module.subprocess, "run", run)
    return calls


def test_old_python_is_refused_with_a_remedy(start: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(start.shutil, "which", lambda name: None)
    with pytest.raises(start.Stop, match=r"needs Python 3\.11 or newer; this is Python 3\.9\. Install"):
        start.check_python((3, 9))
    monkeypatch.setattr(start.shutil, "which", lambda name: name == "python3.12")
    with pytest.raises(start.Stop, match=r"also has python3\.12"):
        start.check_python((3, 10))
    start.check_python((3, 11))


def test_missing_venv_module_names_the_package(start: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(start.importlib.util, "find_spec", lambda name: None)
    with pytest.raises(start.Stop, match="sudo apt install python3-venv"):
        start.make_venv()


def test_without_ensurepip_the_pip_outside_is_used(start: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    calls = record(start, monkeypatch)
    monkeypatch.setattr(start.importlib.util, "find_spec", lambda name: None if name == "ensurepip" else name)
    start.make_venv()
    assert "--without-pip" in calls[0]


def test_usable_environment_is_kept(start: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    calls = record(start, monkeypatch)
    make_venv(start, "3.12.1")
    start.make_venv()
    assert calls == []


def test_environment_of_an_old_python_is_made_anew(start: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    calls = record(start, monkeypatch)
    make_venv(start, "3.10.4")
    start.make_venv()
    assert "--clear" in calls[0]


def test_pins_hold_on_their_python_only(start: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    make_venv(start, "3.11.2")
    calls = record(start, monkeypatch)
    start.install("run")
    assert "--constraint" in calls[-1]
    (start.VENV / "pyvenv.cfg").write_text("version = 3.13.0\n")
    start.install("run")
    assert "--constraint" not in calls[-1]


def test_second_call_installs_nothing(start: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    make_venv(start, "3.11.2")
    calls = record(start, monkeypatch)
    start.install("test")
    assert "pytest>=8" in calls[-1]
    calls.clear()
    start.install("test")
    start.install("run")
    assert calls == []
    (start.ROOT / "pyproject.toml").write_text('[dependency-groups]\ndev = ["pytest>=9"]\n')
    start.install("run")
    assert calls


def test_no_network_is_said_and_nothing_is_marked_done(start: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    make_venv(start, "3.11.2")
    record(start, monkeypatch, "WARNING: Retrying ... NewConnectionError(...)\nERROR: No matching", status=1)
    with pytest.raises(start.Stop, match=r"could not reach a package index(.|\n)*install\.log"):
        start.install("run")
    assert not list(start.VENV.glob("*.stamp"))


def test_pins_that_cannot_be_had_are_dropped(start: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    make_venv(start, "3.11.2")
    calls: list[list[str]] = []

    def run(command: list[str], **_: Any) -> SimpleNamespace:
        calls.append(command)
        failed = "--constraint" in command
        return SimpleNamespace(returncode=int(failed), stdout="ERROR: ResolutionImpossible" if failed else "")

    monkeypatch.setattr(start.subprocess, "run", run)
    start.install("run")
    assert [("--constraint" in c) for c in calls if "install" in c] == [True, False]
    assert (start.VENV / "yupana-run.stamp").is_file()


def test_other_failures_show_the_end_of_the_log(start: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    make_venv(start, "3.11.2")
    record(start, monkeypatch, "ERROR: no wheel for this machine", status=1)
    with pytest.raises(start.Stop, match="no wheel for this machine"):
        start.install("run")
