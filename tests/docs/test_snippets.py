"""Every snippet of the README and the documentation runs."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import pytest
from snippets import KNOWN, ROOT, pages, run_page, runnable, snippets

WITH_SNIPPETS = [page for page in pages() if runnable(page)]


@pytest.mark.parametrize("page", WITH_SNIPPETS, ids=lambda page: str(page.relative_to(ROOT)))
def test_snippets_run(page: Path, tmp_path: Path) -> None:
    run_page(page, tmp_path)


def test_every_block_says_its_language() -> None:
    odd = [str(s) for page in pages() for s in snippets(page) if s.language not in KNOWN]
    assert not odd, f"blocks of an unknown language are neither run nor checked: {odd}"


def test_blocks_left_out_have_a_reason() -> None:
    reasons = {str(s): s.reason for page in pages() for s in snippets(page) if s.reason}
    assert len(reasons) <= 8, reasons
    assert all(len(reason) > 10 for reason in reasons.values()), reasons


def test_no_fence_is_missed() -> None:
    for page in pages():
        fences = len(re.findall(r"^\s*```", page.read_text(encoding="utf-8"), re.M))
        assert fences == 2 * len(snippets(page)), f"{page}: a fence is indented, nested or not closed"


@pytest.mark.parametrize("example", sorted((ROOT / "examples").glob("*.py")), ids=lambda path: path.name)
def test_examples_run(example: Path, tmp_path: Path) -> None:
    import subprocess

    done = subprocess.run([sys.executable, str(example), "64"], cwd=tmp_path, text=True, capture_output=True)
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip(), "an example prints its answer"
