"""What would change a verdict: the chance of the next datum, against the rules asked draw by draw."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from test_audit import ABOUT_325, Fact, claim_file, judge_one, rows_of, shelf_of

from yupana.analysis.audit import ReadingFinding, audit_claims, judge_reading
from yupana.evidence.claims import Model
from yupana.evidence.claims_pool import DRAWS, Supposed, row_error
from yupana.evidence.claims_terms import Bench
from yupana.report.audit_page import render_audit

POLICE = {"report": "police", "un-report": "un", "us-report": "us", "paper": "press"}


def found(*facts: Fact, statement: dict[str, Any] = ABOUT_325, **more: Any) -> ReadingFinding:
    return judge_one(shelf_of(*facts, **POLICE), rows_of(), statement, **more)


@pytest.mark.parametrize(
    ("value", "statement"),
    [
        (320.0, ABOUT_325),
        (365.0, ABOUT_325),
        (300.0, {"relation": "more_than", "value": 310, "unit": "t"}),
        (340.0, {"relation": "at_most", "value": 325, "unit": "t"}),
    ],
)
def test_the_chance_is_the_share_of_figures_after_which_the_rules_say_otherwise(
    value: float, statement: dict[str, Any]
) -> None:
    fact = Fact("a", value, pedigree=2)
    finding = found(fact, statement=statement)
    best = finding.next_data[0]
    error = row_error(fact)
    assert best.error == pytest.approx(error, abs=0.006)
    # by hand: a truth from the row, a figure round it, the rules again; numbers of another generator
    rng = np.random.default_rng(5)
    asked = 600
    figures = value * np.exp(error * rng.standard_normal(asked) + best.error * rng.standard_normal(asked))
    shelf = shelf_of(fact, **POLICE)
    reading = claim_file(rows_of(), statement).claims[0].readings[0]
    changed = [
        judge_reading(reading, Bench(shelf, extra=("0", Supposed(float(each), best.error, "police"))))[
            0
        ].verdict
        != finding.verdict
        for each in figures
    ]
    share = float(np.mean(changed))
    assert abs(best.chance - share) <= 3 * math.sqrt(max(share * (1 - share), 0.01) / asked) + 0.01


def test_the_verdict_goes_just_beyond_the_value_named() -> None:
    fact = Fact("a", 320.0, pedigree=2)
    finding = found(fact)
    shelf = shelf_of(fact, **POLICE)
    reading = claim_file(rows_of(), ABOUT_325).claims[0].readings[0]
    best = finding.next_data[0]
    assert best.flips
    for flip in best.flips:
        for factor, verdict in ((1.02, flip.verdict), (0.98, finding.verdict)):
            value = flip.value * (factor if flip.above else 1 / factor)
            bench = Bench(shelf, extra=("0", Supposed(value, best.error, "police")))
            assert judge_reading(reading, bench)[0].verdict == verdict


def test_an_institution_that_speaks_already_has_no_second_vote() -> None:
    facts = (
        Fact("a", 700.0, source="un-report"),
        Fact("b", 690.0, source="us-report"),
        Fact("c", 705.0, source="report"),
    )
    data = {each.by: each for each in found(*facts).next_data}
    shelf = shelf_of(*facts, **POLICE)
    reading = claim_file(rows_of(), ABOUT_325).claims[0].readings[0]

    def inside(by: str) -> float:
        bench = Bench(shelf, extra=("0", Supposed(325.0, 0.02, by)))
        return judge_reading(reading, bench)[1].holds or 0.0

    assert {("un",), ("us",), ("police",)} == set(data)
    assert inside("un") == pytest.approx(1 / 6, abs=0.02)  # half of one lineage of three
    assert inside("police") == pytest.approx(1 / 4, abs=0.02)  # a fourth lineage


def test_only_kinds_that_measure_are_asked_where_there_are_any() -> None:
    facts = (Fact("a", 320.0, source="report"), Fact("b", 330.0, source="paper"))
    assert {each.by for each in found(*facts).next_data} == {("police",)}
    assert {each.by for each in found(facts[1]).next_data} == {("press",)}


def test_the_part_with_the_largest_chance_is_named() -> None:
    test = {
        "ratio": [
            rows_of(),
            {"rows": {"quantity": "hectares", "place": "home", "years": [2000, 2020]}},
        ],
        "unit": "t/ha",
    }
    sure = Fact("a", 320.0, low=315.0, high=325.0)
    doubtful = Fact("b", 100.0, quantity="hectares", unit="ha", low=50.0, high=200.0)
    statement = {"relation": "more_than", "value": 2.9, "unit": "t/ha"}
    finding = judge_one(shelf_of(sure, doubtful, **POLICE), test, statement)
    assert finding.next_data[0].what.startswith("hectares")
    assert finding.next_data[0].chance > finding.next_data[1].chance
    assert "hectares" in finding.would_change


def test_a_measurement_takes_the_place_of_the_model() -> None:
    test = {"model": {"variable": "made", "year": 2012}, "unit": "t"}
    spread: Callable[[Model, str], Any] = lambda *_: np.exp(np.linspace(5.2, 6.4, DRAWS))  # noqa: E731
    finding = audit_claims(claim_file(test, ABOUT_325), shelf_of(), spread).claims[0].readings[0]
    (best,) = finding.next_data
    assert best.model
    assert best.chance > 0.3
    assert "in the place of prior draws" in finding.would_change


def test_a_further_lineage_in_words() -> None:
    test = {
        "outcome": {
            "rows": {"quantity": "output", "place": "home", "years": [2000, 2020]},
            "agrees": ["released"],
            "contradicts": ["held"],
        }
    }
    finding = judge_one(shelf_of(Fact("a", "released", unit="text")), test, {"relation": "is"})
    assert finding.verdict == "consistent"
    assert finding.next_data[0].chance == pytest.approx(0.25)  # (0 + 1/2) of (1 + 1)


def test_nothing_known_gives_no_chance() -> None:
    finding = found()
    assert finding.next_data == ()
    assert finding.to_json()["next_datum"] is None
    assert finding.would_change


@pytest.mark.parametrize("form", ["text", "md", "html", "csv"])
def test_pages_print_chance_and_confidence(form: str) -> None:
    claims = claim_file(rows_of(), ABOUT_325)
    audit = audit_claims(claims, shelf_of(Fact("a", 320.0, pedigree=2), **POLICE))
    page = " ".join(render_audit(audit, form).split())
    assert "low confidence" in page or ",low," in page
    assert "Chance that the next one does" in page
    assert "as likely" not in page  # no word below medium confidence
    data = audit.to_json()["claims"][0]["readings"][0]["next_datum"]
    assert {"what", "years", "by", "error", "unit", "chance", "below", "above"} <= set(data)
