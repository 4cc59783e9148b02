"""The decision table, case by case."""

from __future__ import annotations

from pathlib import Path

import pytest

from yupana.evidence.verdicts import (
    LIKELIHOOD,
    MEANINGS,
    RULES,
    Weighing,
    combine_verdicts,
    judge,
    likelihood_word,
)


def band(below: float, holds: float, above: float, **more: object) -> Weighing:
    return Weighing("band", below, holds, above, **{"deciding": 1, **more})  # type: ignore[arg-type]


def bound(holds: float, below: float | None = None, **more: object) -> Weighing:
    below = 1 - holds if below is None else below
    return Weighing("bound", below, holds, 1 - holds - below, **{"deciding": 1, **more})  # type: ignore[arg-type]


def category(agree: int, speak: int, **more: object) -> Weighing:
    return Weighing("category", agree=agree, speak=speak, deciding=speak, **more)  # type: ignore[arg-type]


CASES = [
    ("only repetitions", Weighing("band", repeats=2), "V1", "untraceable"),
    ("repetitions and an unverified row", Weighing("band", repeats=2, unverified=1), "V2", "undetermined"),
    ("no row at all", Weighing("bound"), "V2", "undetermined"),
    ("unverified rows only", Weighing("bound", unverified=3), "V2", "undetermined"),
    ("no row of a category speaks", category(0, 0), "V2", "undetermined"),
    ("the text against itself", bound(0.01, internal=True), "V3", "internally inconsistent"),
    ("the text with itself", bound(0.9, internal=True), "V7", "consistent"),
    ("true earlier, false now", band(1.0, 0.0, 0.0, earlier=True), "V4", "stale"),
    ("true earlier, leaning now", band(0.8, 0.2, 0.0, earlier=True), "V4", "stale"),
    ("true earlier and now", band(0.1, 0.8, 0.1, earlier=True), "V7", "consistent"),
    ("rows disagree in words", category(1, 2), "V5", "definition-dependent"),
    ("fits by adding unlike accounts", bound(0.9, unlike=True), "V5", "definition-dependent"),
    ("fails even by adding unlike accounts", bound(0.01, unlike=True), "V6", "not supported"),
    ("wholly below", band(0.96, 0.04, 0.0), "V6", "not supported"),
    ("wholly above", band(0.0, 0.04, 0.96), "V6", "not supported"),
    ("bound fails", bound(0.04), "V6", "not supported"),
    ("no row of a category agrees", category(0, 3), "V6", "not supported"),
    ("inside the band", band(0.2, 0.6, 0.2), "V7", "consistent"),
    ("a third inside, two thirds on one side", band(0.65, 0.34, 0.01), "V7", "consistent"),
    ("bound holds", bound(2 / 3), "V7", "consistent"),
    ("every row of a category agrees", category(2, 2), "V7", "consistent"),
    ("more than two thirds below", band(0.7, 0.29, 0.01), "V8", "plausible-high"),
    ("bound leans the wrong way, from below", bound(0.4), "V8", "plausible-high"),
    ("more than two thirds above", band(0.01, 0.29, 0.7), "V9", "plausible-low"),
    ("bound leans the wrong way, from above", bound(0.4, below=0.0), "V9", "plausible-low"),
    ("too wide", band(0.4, 0.2, 0.4), "V10", "undetermined"),
]


@pytest.mark.parametrize(
    ("weighing", "rule", "verdict"), [case[1:] for case in CASES], ids=[c[0] for c in CASES]
)
def test_first_rule_that_applies_decides(weighing: Weighing, rule: str, verdict: str) -> None:
    found = judge(weighing)
    assert (found.id, found.verdict) == (rule, verdict)


def test_every_rule_has_a_case_and_every_verdict_a_meaning() -> None:
    assert {case[2] for case in CASES} == {rule.id for rule in RULES}
    assert {rule.verdict for rule in RULES} == set(MEANINGS)


def test_every_weighing_gets_a_verdict() -> None:
    steps = [0.0, 0.04, 0.3, 0.34, 0.65, 0.7, 0.96, 1.0]
    for below in steps:
        for holds in steps:
            if below + holds <= 1:
                assert judge(band(below, holds, 1 - below - holds)).verdict in MEANINGS


@pytest.mark.parametrize(
    ("readings", "verdict"),
    [
        (["consistent"], "consistent"),
        (["consistent", "consistent"], "consistent"),
        (["consistent", "undetermined"], "consistent"),
        (["consistent", "not supported"], "definition-dependent"),
        (["plausible-high", "consistent", "untraceable"], "definition-dependent"),
        (["undetermined", "undetermined"], "undetermined"),
        (["undetermined", "untraceable"], "untraceable"),
        (["stale"], "stale"),
    ],
)
def test_claims_take_the_verdict_of_readings_that_speak(readings: list[str], verdict: str) -> None:
    assert combine_verdicts(readings) == verdict


def test_likelihood_words_fall_with_probability() -> None:
    assert likelihood_word(None) is None
    assert likelihood_word(0.995) == "virtually certain"
    assert likelihood_word(0.5) == "about as likely as not"
    assert likelihood_word(0.0) == "exceptionally unlikely"
    assert [lower for lower, _ in LIKELIHOOD] == sorted((lower for lower, _ in LIKELIHOOD), reverse=True)


def test_the_page_prints_the_table() -> None:
    page = (Path(__file__).parents[2] / "docs" / "explanation" / "verdicts.md").read_text(encoding="utf-8")
    for rule in RULES:
        assert f"| {rule.id} | {rule.verdict} | {rule.when} |" in page
    for verdict, meaning in MEANINGS.items():
        assert f"| {verdict} | {meaning} |" in page
    for lower, word in LIKELIHOOD:
        assert f"| from {lower:g} | {word} |" in page
