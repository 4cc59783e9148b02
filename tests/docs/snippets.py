"""Snippets of Markdown pages, as things that can be run.

Every fenced block of a page is found. ``sh`` blocks are run in order in one folder; ``python`` blocks are run
together after them, as a reader would type them into one session. A block with a title is written to the file
of that name. ``text`` blocks are pictures or output. A block is left out only when a comment
``<!-- not run: reason -->`` stands right before it.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
FENCE = re.compile(
    r"(?:^<!-- not run: (?P<reason>[^>]+) -->\n)?"
    r"^```(?P<language>\w*)(?P<options>[^\n]*)\n(?P<text>.*?)^```$",
    re.M | re.S,
)
TITLE = re.compile(r'title="([^"]+)"')
KNOWN = {"sh", "python", "text", "yaml", "csv"}


@dataclass(frozen=True)
class Snippet:
    """One fenced block."""

    page: Path
    line: int
    language: str
    title: str | None
    reason: str | None
    text: str

    def __str__(self) -> str:
        return f"{self.page.relative_to(ROOT)}:{self.line}"


def pages() -> list[Path]:
    """The pages whose snippets must run: the root's and all of docs."""
    return [*sorted(ROOT.glob("*.md")), *sorted((ROOT / "docs").rglob("*.md"))]


def snippets(page: Path) -> list[Snippet]:
    """Every fenced block of a page, in order."""
    text = page.read_text(encoding="utf-8")
    found = []
    for match in FENCE.finditer(text):
        title = TITLE.search(match["options"])
        line = text.count("\n", 0, match.start("language")) + 1
        found.append(Snippet(page, line, match["language"], title[1] if title else None, match["reason"],
                             match["text"]))
    return found


def runnable(page: Path) -> list[Snippet]:
    """The blocks of a page that are run or written to a file."""
    wanted = [s for s in snippets(page) if s.reason is None]
    return [s for s in wanted if s.language in ("sh", "python") or s.title is not None]


def run_page(page: Path, folder: Path) -> None:
    """Run the snippets of a page in a folder.

    Raises
    ------
    AssertionError
        When a snippet fails; the message names page and line and holds what was printed.
    """
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', '')}"
    environment = dict(os.environ, PATH=path, MPLBACKEND="Agg", COLUMNS="100")
    blocks = runnable(page)
    for block in blocks:
        if block.title is not None:
            (folder / block.title).write_text(block.text, encoding="utf-8")
        elif block.language == "sh":
            shell = ["bash", "-euo", "pipefail", "-c", block.text]
            call(shell, f"{block}\n{block.text}", folder, environment)
    spoken = "\n".join(block.text for block in blocks if block.language == "python")
    if spoken:
        call([sys.executable, "-c", spoken], f"Python of {page.name}\n{spoken}", folder, environment)


def call(command: list[str], label: str, folder: Path, environment: dict[str, str]) -> None:
    """Run one command; fail with what it printed."""
    done = subprocess.run(command, cwd=folder, env=environment, text=True, capture_output=True)
    assert done.returncode == 0, f"{label}\n{done.stdout}\n{done.stderr}"
    assert "Traceback" not in done.stderr, f"{label}\n{done.stderr}"
