"""Set up Yupana in a virtual environment of its own, then run it or test it.

    python3 tools/start.py run     a first answer about Peru, with pictures
    python3 tools/start.py test    every check that a change must pass

Needs nothing but Python 3.11 or newer. The environment is made once in `.venv`; a second call finds it and
goes straight to work. `--setup-only` stops once the environment stands.
"""

from __future__ import annotations

import argparse
import hashlib
import importlib.util
import json
import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
BIN = VENV / ("Scripts" if os.name == "nt" else "bin")
PYTHON = BIN / ("python.exe" if os.name == "nt" else "python")
LOG = VENV / "install.log"
OLDEST = (3, 11)
PINNED = "3.11"  # the Python that constraints.txt was written for; a newer one takes what pip resolves

NETWORK_SIGNS = (
    "NewConnectionError",
    "ConnectTimeoutError",
    "ReadTimeoutError",
    "ProxyError",
    "name resolution",
    "Network is unreachable",
    "Connection refused",
    "Could not fetch URL",
)

CHECKS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("style (ruff)", ("ruff", "check", ".")),
    ("spelling (codespell)", ("codespell",)),
    ("layers (import-linter)", ("lint-imports",)),
    ("types (pyright)", ("pyright",)),
    ("tests (pytest)", ("pytest", "-n", "2", "--dist", "loadfile")),
)


class Stop(Exception):
    """A failure with the sentence that the user needs."""


def check_python(version: tuple[int, int]) -> None:
    """Stop where the running Python is older than 3.11, naming newer ones found on the path."""
    if version >= OLDEST:
        return
    found = [name for name in ("python3.14", "python3.13", "python3.12", "python3.11") if shutil.which(name)]
    hint = f"This machine also has {found[0]}: use it in place of python3." if found else (
        "Install Python 3.11 or newer and call this again with it."
    )
    raise Stop(f"Yupana needs Python 3.11 or newer; this is Python {version[0]}.{version[1]}. {hint}")


def venv_version() -> str | None:
    """The major.minor version of the Python in `.venv`, or None where there is no usable environment."""
    settings = VENV / "pyvenv.cfg"
    if not settings.is_file() or not PYTHON.exists():
        return None
    match = re.search(r"^version(?:_info)?\s*=\s*(\d+)\.(\d+)", settings.read_text(encoding="utf-8"), re.M)
    if match is None or (int(match[1]), int(match[2])) < OLDEST:
        return None
    return f"{match[1]}.{match[2]}"


def make_venv() -> None:
    """Create `.venv` where there is none that can be used."""
    if venv_version() is not None:
        return
    if importlib.util.find_spec("venv") is None:
        raise Stop(no_venv_message())
    has_ensurepip = importlib.util.find_spec("ensurepip") is not None
    if not has_ensurepip and importlib.util.find_spec("pip") is None:
        raise Stop(no_venv_message())
    print(f"Making a virtual environment in {VENV.name}/ ...", flush=True)
    command = [sys.executable, "-m", "venv", "--clear", str(VENV)]
    if not has_ensurepip:
        command.append("--without-pip")  # the pip outside then installs into the new environment
    done = subprocess.run(command, text=True, capture_output=True)
    if done.returncode:
        raise Stop(f"{no_venv_message()}\n{(done.stdout + done.stderr).strip()}")


def no_venv_message() -> str:
    """What to do on a system whose Python comes without the venv module."""
    return (
        "This Python cannot make virtual environments. On Debian or Ubuntu install the module with\n"
        "    sudo apt install python3-venv\nand call this again."
    )


def development_needs() -> list[str]:
    """The requirements of the dependency group `dev` in pyproject.toml."""
    import tomllib

    with (ROOT / "pyproject.toml").open("rb") as file:
        return list(tomllib.load(file)["dependency-groups"]["dev"])


def state(version: str) -> str:
    """A digest of all that decides what must be installed."""
    parts = [str(ROOT), version]
    for name in ("pyproject.toml", "constraints.txt"):
        path = ROOT / name
        parts.append(path.read_text(encoding="utf-8") if path.is_file() else "")
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()


def install(purpose: str) -> None:
    """Install the package, and for `test` the development tools, unless they stand already."""
    version = venv_version() or ""
    wanted = state(version)
    stamps = {name: VENV / f"yupana-{name}.stamp" for name in ("run", "test")}
    # The test environment holds everything that the run environment holds.
    enough = ("test",) if purpose == "test" else ("run", "test")
    if any(stamps[name].is_file() and stamps[name].read_text() == wanted for name in enough):
        return
    print("Installing Yupana and what it needs; the first time takes a minute or two ...", flush=True)
    pip = [str(PYTHON), "-m", "pip"]
    if subprocess.run([*pip, "--version"], capture_output=True).returncode:
        pip = [sys.executable, "-m", "pip", "--python", str(PYTHON)]
    needs = ["--editable", str(ROOT), *(development_needs() if purpose == "test" else [])]
    pins = ["--constraint", str(ROOT / "constraints.txt")] if version == PINNED else []
    output = run_pip([*pip, "install", "--disable-pip-version-check"], needs, pins)
    if output is not None:
        raise Stop(install_message(output))
    stamps[purpose].write_text(wanted)


def run_pip(pip: list[str], needs: list[str], pins: list[str]) -> str | None:
    """Install with the pins, or without them where they cannot be had; what pip printed if it failed."""
    for extra in (pins, []) if pins else ([],):
        command = [*pip, *needs, *extra]
        done = subprocess.run(command, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        LOG.write_text(" ".join(command) + "\n" + done.stdout, encoding="utf-8")
        if done.returncode == 0:
            return None
        if not extra or any(sign in done.stdout for sign in NETWORK_SIGNS):
            return done.stdout
        print("The pinned versions cannot be had here; taking what pip resolves ...", flush=True)
    return None


def install_message(output: str) -> str:
    """What to tell a user whose installation failed, given what pip printed."""
    log = LOG.relative_to(ROOT)
    if any(sign in output for sign in NETWORK_SIGNS):
        return (
            "pip could not reach a package index. Check the network connection, or point pip at a mirror\n"
            f"(`pip config set global.index-url ...`), and call this again. What pip printed: {log}"
        )
    tail = "\n".join(output.strip().splitlines()[-8:])
    return f"The installation failed. What pip printed is in {log}; its end:\n{tail}"


def call(*words: str, capture: bool = False) -> subprocess.CompletedProcess[str]:
    """Run a command of the virtual environment at the root of the repository."""
    path = f"{BIN}{os.pathsep}{os.environ.get('PATH', '')}"
    environment = dict(os.environ, PATH=path, VIRTUAL_ENV=str(VENV))
    environment.pop("PYTHONHOME", None)
    out = subprocess.PIPE if capture else None
    command = [str(BIN / words[0]), *words[1:]]
    return subprocess.run(command, cwd=ROOT, env=environment, text=True, stdout=out, stderr=out)


def first_answer() -> int:
    """Run the shipped study, then draw its pictures; the exit status of the first step that fails."""
    status = call("yupana", "run").returncode
    if status:
        return status
    # The same run again computes nothing: it only tells its id.
    run = json.loads(call("yupana", "run", "--json", capture=True).stdout)["run"]
    print("\nDrawing ...", flush=True)
    status = call("yupana", "plot", run, "--out", "pictures").returncode
    if status == 0:
        print(f"\nThe command is {(BIN / 'yupana').relative_to(ROOT)}; try it with --help.")
    return status


def all_checks() -> int:
    """Run every check, all of them even where one fails; 1 where any failed."""
    rows: list[tuple[str, int, float]] = []
    for title, words in CHECKS:
        print(f"\n== {title}: {' '.join(words)}", flush=True)
        begin = time.monotonic()
        rows.append((title, call(*words).returncode, time.monotonic() - begin))
    print()
    for title, status, seconds in rows:
        print(f"{'passed' if status == 0 else 'FAILED':7}{seconds:7.1f} s  {title}")
    return int(any(status for _, status, _ in rows))


def main(words: Sequence[str] | None = None) -> int:
    """Parse the command line, set up, and do the job asked for."""
    parser = argparse.ArgumentParser(prog="tools/start.py", description="Set Yupana up, then run or test it.")
    parser.add_argument("job", choices=("run", "test"), help="run: a first answer; test: every check")
    parser.add_argument("--setup-only", action="store_true", help="stop once the environment stands")
    options = parser.parse_args(words)
    try:
        check_python(sys.version_info[:2])
        make_venv()
        install(options.job)
    except Stop as stop:
        print(stop, file=sys.stderr)
        return 1
    if options.setup_only:
        return 0
    return first_answer() if options.job == "run" else all_checks()


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(130)
