"""The benchmark of the engine runs, and the page that shows it can be written again."""

from __future__ import annotations

import importlib.util
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).resolve().parents[2]
SCRIPT = ROOT / "benchmarks" / "engine.py"
PAGE = ROOT / "docs" / "reference" / "benchmarks.md"


@pytest.fixture(scope="module")
def benchmark_module() -> ModuleType:
    """The script as a module; it is no part of the package."""
    spec = importlib.util.spec_from_file_location("benchmark_engine", SCRIPT)
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_benchmark_runs_tiny() -> None:
    """In a process of its own, since it keeps itself to one core."""
    command = [sys.executable, str(SCRIPT), "--repeats", "1", "--years", "1"]
    done = subprocess.run(command, cwd=ROOT, text=True, capture_output=True, timeout=300)
    assert done.returncode == 0, done.stderr
    rows = [line.split("|")[1:-1] for line in done.stdout.splitlines() if line.startswith("| float")]
    assert [row[0].strip() for row in rows] == ["float32", "float64"]
    assert all(float(cell) > 0.0 for row in rows for cell in row[1:])
    assert "one core" in done.stdout
    assert str(ROOT) not in done.stdout


def test_page_keeps_what_was_written_by_hand(benchmark_module: ModuleType, tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text(PAGE.read_text(encoding="utf-8"), encoding="utf-8")
    benchmark_module.write("new", page)
    benchmark_module.write("newer", page)
    text = page.read_text(encoding="utf-8")
    assert "newer" in text
    assert "float32 |" not in text
    assert text.startswith("# Benchmarks")
    assert "## Memory" in text


def test_missed_targets_are_named(benchmark_module: ModuleType) -> None:
    slow = {
        ("jax", "float32"): 4.0,
        ("numpy", "float32"): 40.0,
        ("jax", "float64"): 6.0,
        ("numpy", "float64"): 24.0,
    }
    missed = benchmark_module.verdict(slow)
    assert len(missed) == 2
    assert "3.5 us" in missed[0]
    assert "float64" in missed[1]
    assert not benchmark_module.verdict({**slow, ("jax", "float32"): 3.4, ("numpy", "float64"): 36.0})


def test_the_page_says_whether_its_figures_meet_the_targets(benchmark_module: ModuleType) -> None:
    lines = PAGE.read_text(encoding="utf-8").splitlines()
    rows = [line.split("|")[1:-1] for line in lines if line.startswith("| float")]
    best = {}
    for precision, compiled, numpy, _ in rows:
        best["jax", precision.strip()] = float(compiled)
        best["numpy", precision.strip()] = float(numpy)
    assert len(best) == 4
    assert benchmark_module.sentence(best) in lines
