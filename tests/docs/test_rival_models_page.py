"""The page on rival models is what the stored comparison says, and holds for this code and evidence."""

from __future__ import annotations

import json

import compare_models_page as tool
import pytest

from yupana.analysis.compare_models import comparison_stamp
from yupana.study import load


def stored() -> dict:
    """The stored comparison; where it was not made the page must say so."""
    if not tool.STORED.is_file():
        assert "No comparison is stored." in tool.PAGE.read_text(encoding="utf-8")
        pytest.skip("not made yet: tools/compare_models_page.py")
    return json.loads(tool.STORED.read_text(encoding="utf-8"))


def test_the_comparison_was_made_with_this_code_and_evidence() -> None:
    found = stored()
    now = comparison_stamp(load(found["pack"], until=found["until"]))
    assert found["stamp"] == now, "stale: run tools/compare_models_page.py"


def test_the_page_is_what_the_stored_comparison_says() -> None:
    stored()
    assert tool.main(["--check"]) == 0


def test_every_question_and_rival_of_the_pack_stands_on_the_page() -> None:
    found = stored()
    page = tool.PAGE.read_text(encoding="utf-8")
    questions = {one["id"]: one for one in found["questions"]}
    for question in load(found["pack"]).pack.rival_models:
        part = page.split(f"### {question.question}")[1].split("\n### ")[0].split("\n## ")[0]
        assert f"**{questions[question.id]['finding'].capitalize()}.**" in part
        for rival in question.rivals:
            assert f"| `{rival.id}` |" in part
    assert found["origins"] == list(range(tool.FIRST, found["until"]))
    assert found["draws"] >= tool.DRAWS


def test_weights_add_up_and_findings_follow_from_the_numbers() -> None:
    for one in stored()["questions"]:
        for measure in ("ahead", "left_out"):
            assert sum(rival[measure]["weight"] for rival in one["rivals"]) == pytest.approx(1.0)
            assert min(abs(rival[measure]["difference"]) for rival in one["rivals"]) == 0.0
        worse = [(rival["ahead"]["worse"], rival["left_out"]["worse"]) for rival in one["rivals"]]
        expected = (
            "told apart"
            if (True, True) in worse
            else "leaning"
            if any(a or b for a, b in worse)
            else "not told apart"
        )
        assert one["finding"] == expected
