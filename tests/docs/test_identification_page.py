"""The page on what the data decide was written from the fit that comes with the pack."""

from __future__ import annotations

from pathlib import Path

from yupana.study import load

PAGE = Path(__file__).resolve().parents[2] / "docs" / "explanation" / "identification.md"


def test_the_page_is_of_the_fit_that_is_shipped() -> None:
    draws = load("peru").shipped
    assert draws is not None
    page = PAGE.read_text(encoding="utf-8")
    assert f"Fit {draws.fit}:" in page, "run tools/identification_page.py FIT --write"
