"""The decision table, case by case."""

from __future__ import annotations

import ast
from itertools import pairwise
from pathlib import Path

import pytest

from yupana.evidence.verdicts import (
    AGREEMENT,
    CONFIDENCE,
    EVIDENCE,
    LIKELIHOOD,
    MEANINGS,
    RULES,
    Support,
    Weighing,
    agreement_of,
    combine_verdicts,
    confidence_of,
    evidence_of,
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


EPS = 1e-9

# one row a boundary: (what, the last weighing to which the rule applies, the first to which it does not)
BOUNDARIES = [
    ("V1", "nothing decides, repeats only", Weighing("band", repeats=1), Weighing("band", repeats=0)),
    ("V1", "no unverified row", Weighing("band", repeats=1), Weighing("band", repeats=1, unverified=1)),
    ("V1", "nothing decides", Weighing("bound", 0, 1, 0, repeats=1), bound(1.0, repeats=1)),
    ("V2", "nothing decides", Weighing("bound", 0, 1, 0, deciding=0), bound(1.0, deciding=1)),
    ("V3", "95 percent below", bound(0.05 - EPS, internal=True), bound(0.05, internal=True)),
    (
        "V3",
        "95 percent above",
        band(0, 0.05 - EPS, 0.95 + EPS, internal=True),
        band(0, 0.05, 0.95, internal=True),
    ),
    ("V3", "the text's own numbers", bound(0.01, internal=True), bound(0.01)),
    (
        "V4",
        "fits no more, by what is inside",
        band(0.4, 1 / 3 - EPS, 0.3, earlier=True),
        band(0.4, 1 / 3, 0.2, earlier=True),
    ),
    (
        "V4",
        "fits no more, by one side",
        band(2 / 3 + EPS, 1 / 3, 0, earlier=True),
        band(2 / 3, 1 / 3, 0, earlier=True),
    ),
    ("V4", "a bound fits no more", bound(2 / 3 - EPS, earlier=True), bound(2 / 3, earlier=True)),
    ("V4", "it fitted earlier", band(0.99, 0.01, 0, earlier=True), band(0.99, 0.01, 0)),
    ("V5", "rows disagree: one agrees", category(1, 3), category(0, 3)),
    ("V5", "rows disagree: one does not", category(2, 3), category(3, 3)),
    ("V5", "fits by unlike accounts", bound(2 / 3, unlike=True), bound(2 / 3 - EPS, unlike=True)),
    ("V6", "95 percent below", band(0.95 + EPS, 0.05, 0), band(0.95, 0.05, 0)),
    ("V6", "95 percent above", band(0, 0.05, 0.95 + EPS), band(0, 0.05, 0.95)),
    ("V6", "95 percent below a bound", bound(0.05 - EPS), bound(0.05)),
    ("V6", "no row agrees", category(0, 2), category(1, 2)),
    ("V7", "a third inside", band(0.4, 1 / 3, 0.2), band(0.4, 1 / 3 - EPS, 0.3)),
    ("V7", "two thirds below", band(2 / 3, 1 / 3, 0), band(2 / 3 + EPS, 1 / 3, 0)),
    ("V7", "two thirds above", band(0, 1 / 3, 2 / 3), band(0, 1 / 3, 2 / 3 + EPS)),
    ("V7", "two thirds hold", bound(2 / 3), bound(2 / 3 - EPS)),
    ("V7", "every row agrees", category(3, 3), category(2, 3)),
    ("V8", "two-sided: more than two thirds below", band(2 / 3 + EPS, 0.3, 0), band(2 / 3, 0.3, 0)),
    ("V8", "not more than 95 percent below", band(0.95, 0.05, 0), band(0.95 + EPS, 0.05, 0)),
    ("V8", "one-sided: more below than above", bound(0.5, below=0.25 + EPS), bound(0.5, below=0.25)),
    ("V9", "two-sided: more than two thirds above", band(0, 0.3, 2 / 3 + EPS), band(0, 0.3, 2 / 3)),
    ("V9", "not more than 95 percent above", band(0, 0.05, 0.95), band(0, 0.05, 0.95 + EPS)),
    ("V9", "one-sided: more above than below", bound(0.5, below=0.25 - EPS), bound(0.5, below=0.25)),
    ("V10", "less than a third inside", band(0.4, 1 / 3 - EPS, 0.3), band(0.4, 1 / 3, 0.2)),
    ("V10", "no side has two thirds", band(2 / 3, 0.1, 0.2), band(2 / 3 + EPS, 0.1, 0.2)),
]


@pytest.mark.parametrize(
    ("rule", "last", "first"),
    [(rule, last, first) for rule, _, last, first in BOUNDARIES],
    ids=[f"{rule}: {what}" for rule, what, _, _ in BOUNDARIES],
)
def test_each_rule_at_its_boundary_on_both_sides(rule: str, last: Weighing, first: Weighing) -> None:
    assert judge(last).id == rule
    assert judge(first).id != rule


def test_every_rule_has_a_boundary() -> None:
    assert {rule for rule, *_ in BOUNDARIES} == {rule.id for rule in RULES}


def test_likelihood_words_fall_with_probability() -> None:
    assert likelihood_word(None, "high") is None
    assert [lower for lower, _ in LIKELIHOOD] == sorted((lower for lower, _ in LIKELIHOOD), reverse=True)
    for (lower, word), (_, below) in pairwise(LIKELIHOOD):
        assert likelihood_word(lower, "medium") == word
        assert likelihood_word(lower - EPS, "medium") == below
    assert likelihood_word(0.0, "medium") == LIKELIHOOD[-1][1]


def test_words_need_medium_confidence_and_draws() -> None:
    spoken = [confidence for confidence in CONFIDENCE if likelihood_word(0.97, confidence)]
    assert spoken == ["medium", "high", "very high"]
    assert likelihood_word(0.97, None) is None


@pytest.mark.parametrize(
    ("support", "evidence", "agreement", "confidence"),
    [
        (Support(1, 2), "limited", "medium", "low"),
        (Support(1, 3), "medium", "medium", "medium"),
        (Support(2, 0, 1.0), "medium", "high", "high"),
        (Support(2, 4, 0.0), "medium", "low", "low"),
        (Support(3, 2, 1.0), "medium", "high", "high"),
        (Support(3, 3, 1.0), "robust", "high", "very high"),
        (Support(3, 3, 2 / 3), "robust", "medium", "high"),
        (Support(4, 3, 0.5), "robust", "low", "medium"),
        (Support(4, 3, 0.5 + EPS), "robust", "medium", "high"),
    ],
)
def test_confidence_follows_from_evidence_and_agreement(
    support: Support, evidence: str, agreement: str, confidence: str
) -> None:
    assert (evidence_of(support), agreement_of(support)) == (evidence, agreement)
    assert confidence_of([support]) == confidence


def test_confidence_is_that_of_the_weakest_part() -> None:
    strong, weak = Support(3, 4, 1.0), Support(1, 2)
    assert confidence_of([strong, weak]) == confidence_of([weak]) == "low"
    assert confidence_of([strong, Support(0, 0)]) == "very high"
    assert confidence_of([]) is None


def test_the_rules_stand_in_one_file() -> None:
    # elsewhere the name of a verdict may be compared with, or have a colour; nothing else may give one
    source = Path(__file__).parents[2] / "src" / "yupana"
    names = set(MEANINGS) - {"undetermined"}
    strangers = []
    for path in source.rglob("*.py"):
        if path.name == "verdicts.py":
            continue
        tree = ast.parse(path.read_text(encoding="utf-8"))
        allowed: set[int] = set()
        for node in ast.walk(tree):
            if isinstance(node, ast.Compare):
                allowed |= {id(item) for item in (node.left, *node.comparators)}
            elif isinstance(node, ast.Dict):
                allowed |= {id(key) for key in node.keys}
        strangers += [
            f"{path.name}:{node.lineno} {node.value}"
            for node in ast.walk(tree)
            if isinstance(node, ast.Constant) and node.value in names and id(node) not in allowed
        ]
    assert not strangers


def test_the_page_prints_the_table() -> None:
    page = (Path(__file__).parents[2] / "docs" / "explanation" / "verdicts.md").read_text(encoding="utf-8")
    for rule in RULES:
        assert f"| {rule.id} | {rule.verdict} | {rule.when} |" in page
    for verdict, meaning in MEANINGS.items():
        assert f"| {verdict} | {meaning} |" in page
    for lower, word in LIKELIHOOD:
        assert f"| from {lower:g} | {word} |" in page
    for step, word in enumerate(EVIDENCE):
        cells = " | ".join(CONFIDENCE[step + other] for other in range(len(AGREEMENT)))
        assert f"| {word} | {cells} |" in page
