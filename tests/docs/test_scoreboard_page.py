"""The scoreboard is what the stored scores say, and hides no loss."""

from __future__ import annotations

import json
from pathlib import Path

import scoreboard

from yupana.fit.scores import LEAST_YEARS

PAGE = Path(__file__).parents[2] / "docs" / "explanation" / "scoreboard.md"


def test_the_page_is_what_the_stored_scores_say() -> None:
    assert scoreboard.main(["--check"]) == 0


def test_every_series_and_every_loss_stands_on_the_page() -> None:
    page = PAGE.read_text(encoding="utf-8")
    board = json.loads(scoreboard.STORED.read_text(encoding="utf-8"))
    for version, words in scoreboard.VERSIONS.items():
        part = page.split(f"## {words}")[1].split("\n## ")[0]
        found = [one for one in board["series"] if one["version"] == version]
        assert found
        losses = part.split("- Beats it")[0]
        for one in found:
            assert f"| `{one['name']}` {one['part']}".strip() in part
            assert (f"`{one['name']}` {one['part']}".strip() in losses) == (one["verdict"] == "worse")
    for name, why in board["left_out"].items():
        assert f"| `{name}` | {why} |" in page
    if board["draws"].startswith("prior"):
        assert "**Prior draws, nothing fitted.**" in page
    assert all(f"Gate failed: {gate}" in page for gate in board["failed"])


def test_page_and_scores_agree_on_when_nothing_is_concluded() -> None:
    assert scoreboard.LEAST_YEARS == LEAST_YEARS
