"""The page on disputes is what its script writes, and names every reason."""

from __future__ import annotations

from pathlib import Path

import disputes_page

from yupana.evidence.schema_disputes import REASONS

PAGE = Path(__file__).parents[2] / "docs" / "explanation" / "disputes.md"


def test_the_page_is_what_the_script_writes() -> None:
    assert disputes_page.main(["--check"]) == 0


def test_the_page_names_every_reason() -> None:
    page = PAGE.read_text(encoding="utf-8")
    for reason, meaning in REASONS.items():
        assert f"| {reason} | {meaning} |" in page
