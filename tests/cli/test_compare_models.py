"""`yupana compare-models`, from the outside, with made-up scores in the place of fits."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from yupana.analysis import compare_models as cm
from yupana.analysis import rival_scores
from yupana.analysis import rival_work as rw
from yupana.cli.main import run

LONGEST = 100


def scores(shift: float) -> rival_scores.Scores:
    rng = np.random.default_rng(3)
    return rival_scores.Scores(
        years=rng.normal(-3.0, 1.0, 4) + shift,
        year_noise=np.full(4, 0.05),
        figures=rng.normal(0.0, 1.0, 29) + shift / 4.0,
        figure_noise=0.1,
        shapes=np.full(29, 0.2),
        log_evidence=4.0 * shift,
    )


def made_up(work: rw.Work, tell: Any = None) -> rival_scores.Comparison:
    answers = tuple(
        rival_scores.answer(
            question.id,
            question.question,
            question.form,
            [(rival.id, rival.words) for rival in question.rivals],
            {rival.id: scores(-2.0 * i) for i, rival in enumerate(question.rivals)},
            1,
        )
        for question in work.questions
    )
    years = tuple(work.request.origins)
    return rival_scores.Comparison("exampleland", "s", work.request.until, years, 64, 1, 29, 8, answers)


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> list[str]:
    monkeypatch.setattr(cm, "compare", made_up)
    return ["compare-models", "exampleland", "--until", "2012", "--out", str(tmp_path / "out")]


def test_json_names_questions_rivals_weights_and_errors(
    asked: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert run([*asked, "--json"]) == 0
    body = json.loads(capsys.readouterr().out)
    assert [one["id"] for one in body["questions"]] == ["replanting", "anchors"]
    first, second = body["questions"][0]["rivals"]
    assert (first["ahead"]["difference"], second["ahead"]["worse"]) == (0.0, True)
    assert {"elpd", "difference_se", "noise", "weight", "weight_se"} <= set(second["left_out"])
    assert body["average"] is None
    assert body["origins"] == [2008, 2009, 2010, 2011]


def test_the_table_says_what_is_worse_and_fits_the_line(
    asked: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert run([*asked, "--question", "anchors"]) == 0
    found = capsys.readouterr()
    assert "Worse than the best rival by both measures: trust_us." in found.out
    assert "replanting" not in found.out
    lines = [line for line in found.out.splitlines() if not line.startswith("Comparison in")]
    assert max(map(len, lines)) <= LONGEST
    assert "4 origins only" in found.err


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (["--question", "anchor"], "Y512"),
        (["--average", "replant"], "Y512"),
        (["--from", "2012"], "Y104"),
        (["--draws", "0"], "Y1"),
        (["--posterior", "nowhere"], "Y505"),
    ],
)
def test_what_cannot_be_compared_is_refused_before_anything_is_written(
    words: list[str], code: str, asked: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run([*asked, *words]) == 2
    assert f"[{code}" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


def test_an_unfinished_comparison_needs_to_be_gone_on_with(
    asked: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(asked) == 0
    assert run(asked) == 2
    assert "--resume" in capsys.readouterr().err
    assert run([*asked, "--resume"]) == 0


def test_a_stopped_comparison_says_how_to_go_on(
    asked: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def stop(*_: Any) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(cm, "compare", stop)
    assert run([*asked, "--quick"]) == 130
    said = capsys.readouterr().err
    assert "yupana compare-models exampleland --until 2012" in said
    assert "--quick --resume" in said
