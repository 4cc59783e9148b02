"""The audit on a small made-up ledger: who decides, how rows are pooled, what would change a verdict."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pytest

from yupana.analysis.audit import ReadingFinding, audit_claims, needs_model
from yupana.core.errors import DataError
from yupana.core.units import factor
from yupana.evidence.claims import Claim, ClaimFile, Model, Rows, Statement
from yupana.evidence.claims_pool import DRAWS, pool_rows, rounding_error, row_error, split_lineages
from yupana.evidence.claims_shelf import Shelf
from yupana.evidence.rounding import round_to, step_of
from yupana.report.audit_page import render_audit


@dataclass(frozen=True)
class Fact:
    """A row of the ledger."""

    id: str
    value: Any
    quantity: str = "output"
    place: str = "home"
    unit: str = "t"
    years: tuple[int, int] = (2010, 2010)
    low: float | None = None
    high: float | None = None
    basis: str = ""
    account: str = ""
    source: str = "report"
    seen: str = "retrieved"
    pedigree: int = 3
    confidence: str = "high"
    note: str = ""
    derived_from: tuple[str, ...] = ()


def shelf_of(*facts: Fact, **kinds: str) -> Shelf:
    return Shelf({fact.id: fact for fact in facts}, kinds, factor)


def rows_of(**more: Any) -> dict[str, Any]:
    return {"rows": {"quantity": "output", "place": "home", "years": [2000, 2020], **more}}


def claim_file(test: dict[str, Any], statement: dict[str, Any], **more: Any) -> ClaimFile:
    reading = {"id": "only", "text": "a reading", "year": 2010, "test": test, "statement": statement, **more}
    rates = [{"currency": "GBP", "place": "island"}]
    return ClaimFile.model_validate(
        {
            "about": "a text",
            "year": 2013,
            "exchange": {"quantity": "exchange_rate", "rates": rates},
            "claims": [{"id": "claim", "text": "a claim", "readings": [reading]}],
        }
    )


def judge_one(shelf: Shelf, test: dict[str, Any], statement: dict[str, Any], **more: Any) -> ReadingFinding:
    return audit_claims(claim_file(test, statement, **more), shelf).claims[0].readings[0]


ABOUT_325 = {"relation": "about", "value": 325, "tolerance": 0.1, "unit": "t"}


# ------------------------------------------------------------------ who decides


def test_a_row_near_the_figure_supports_it() -> None:
    finding = judge_one(shelf_of(Fact("a", 320.0)), rows_of(), ABOUT_325)
    assert (finding.verdict, finding.rows, finding.year) == ("consistent", ("a",), 2010)
    assert finding.probability is not None
    assert finding.probability > 0.5
    assert finding.word


@pytest.mark.parametrize("weak", [{"confidence": "low"}, {"seen": "recalled"}, {"seen": "judged"}])
def test_unverified_rows_are_shown_and_never_decide(weak: dict[str, str]) -> None:
    finding = judge_one(shelf_of(replace(Fact("a", 320.0), **weak)), rows_of(), ABOUT_325)
    assert (finding.verdict, finding.probability, finding.rows, finding.unverified) == (
        "undetermined",
        None,
        (),
        ("a",),
    )


def test_an_empty_ledger_leaves_everything_undetermined() -> None:
    finding = judge_one(shelf_of(), rows_of(), ABOUT_325)
    assert (finding.verdict, finding.probability, finding.year, finding.word) == (
        "undetermined",
        None,
        None,
        None,
    )
    assert "output, Home" in finding.would_change


def test_rows_that_repeat_the_claim_do_not_prove_it() -> None:
    repeats = [rows_of(values=["325"])["rows"]]
    finding = judge_one(shelf_of(Fact("a", 325.0)), rows_of(), ABOUT_325, repeats=repeats)
    assert (finding.verdict, finding.rows, finding.repeats) == ("untraceable", (), ("a",))


def test_a_part_without_rows_leaves_the_ratio_undetermined() -> None:
    test = {"ratio": [rows_of(), rows_of(quantity="nothing")]}
    finding = judge_one(shelf_of(Fact("a", 320.0)), test, {"relation": "about", "value": 2, "tolerance": 0.1})
    assert finding.verdict == "undetermined"
    assert "nothing" in finding.reason


# ------------------------------------------------------------------ pooling


def test_children_are_left_out_beside_their_parents() -> None:
    shelf = shelf_of(Fact("parent", 320.0), Fact("child", 900.0, derived_from=("parent",), source="other"))
    finding = judge_one(shelf, rows_of(), ABOUT_325)
    assert (finding.rows, finding.derived, finding.verdict) == (("parent",), ("child",), "consistent")


def test_one_lineage_has_one_vote() -> None:
    facts = [Fact(f"u{n}", 320.0 + n, source=f"un{n}") for n in range(5)] + [Fact("p", 600.0, source="paper")]
    shelf = shelf_of(*facts, **{f"un{n}": "un" for n in range(5)}, paper="press")
    assert split_lineages(facts, shelf) == (("p",), tuple(f"u{n}" for n in range(5)))
    pool = pool_rows(facts, shelf, "t", "test")
    assert pool.draws is not None
    # half the weight on each lineage: 3 sigma of a share of one half in 4096 stratified draws is below 0.024
    assert abs(float(np.mean(pool.draws > 450)) - 0.5) < 0.024


def test_the_same_number_told_twice_is_one_lineage() -> None:
    facts = [Fact("a", 325.0, source="x"), Fact("b", 325.0, source="y"), Fact("c", 300.0, source="z")]
    assert split_lineages(facts, shelf_of(*facts)) == (("a", "b"), ("c",))


def test_a_common_ancestor_makes_one_lineage() -> None:
    facts = [
        Fact("leaf", 120.0, quantity="leaf", source="w"),
        Fact("a", 325.0, source="x", derived_from=("leaf",)),
        Fact("b", 310.0, source="y", derived_from=("leaf",)),
    ]
    assert split_lineages(facts[1:], shelf_of(*facts)) == (("a", "b"),)


def test_a_stated_range_is_5_to_95_percent() -> None:
    fact = Fact("a", 300.0, low=250.0, high=360.0)
    pool = pool_rows([fact], shelf_of(fact), "t", "test")
    assert pool.draws is not None
    # standard error of a 5% quantile of 4096 lognormal draws here: about 0.8 t; three of them
    assert np.quantile(pool.draws, 0.05) == pytest.approx(250, abs=3)
    assert np.quantile(pool.draws, 0.95) == pytest.approx(360, abs=4)


def test_errors_grow_with_weaker_pedigree_and_less_confidence() -> None:
    errors = [row_error(Fact("a", 323.0, pedigree=score)) for score in (4, 3, 2, 1, 0)]
    assert errors == sorted(errors)
    assert row_error(Fact("a", 323.0, confidence="medium")) == pytest.approx(0.15, rel=0.01)
    assert row_error(Fact("a", 323.0), published=True) < 0.01
    assert rounding_error(300.0) > rounding_error(310.0) > rounding_error(311.0)


def test_percentages_stay_below_one_hundred() -> None:
    fact = Fact("a", 95.5, unit="percent")
    pool = pool_rows([fact], shelf_of(fact), "percent", "test")
    assert pool.draws is not None
    assert 0 < pool.draws.min() <= pool.draws.max() < 100


def test_draws_do_not_depend_on_the_other_rows() -> None:
    fact, more = Fact("a", 300.0), Fact("z", 300.0, quantity="other")
    one = pool_rows([fact], shelf_of(fact), "t", "test").draws
    two = pool_rows([fact], shelf_of(fact, more), "t", "test").draws
    assert one is not None
    assert two is not None
    assert (one == two).all()
    assert len(one) == DRAWS


# ------------------------------------------------------------------ units, money, accounts


def test_money_is_converted_at_the_rate_of_its_year() -> None:
    price = Fact("p", 45.0, quantity="price", place="island", unit="GBP/g", years=(2009, 2009))
    rates = [
        Fact(f"r{year}", rate, "exchange_rate", "island", "GBP/USD", (year, year), pedigree=4)
        for year, rate in ((2005, 0.55), (2009, 0.64), (2012, 0.63))
    ]
    test = {**rows_of(quantity="price", place="island"), "unit": "USD/kg"}
    said = {"relation": "about", "value": 70312, "tolerance": 0.2, "unit": "USD/kg"}
    finding = judge_one(shelf_of(price, *rates), test, said)
    assert (finding.verdict, finding.rates) == ("consistent", ("r2009",))
    assert finding.evidence is not None
    assert finding.evidence.q50 == pytest.approx(70312, rel=0.03)


def test_a_recalled_rate_costs_the_word_and_a_missing_one_the_verdict() -> None:
    price = Fact("p", 45.0, quantity="price", place="island", unit="GBP/g", years=(2009, 2009))
    rate = Fact(
        "r", 0.64, "exchange_rate", "island", "GBP/USD", (2009, 2009), seen="recalled", confidence="low"
    )
    test = {**rows_of(quantity="price", place="island"), "unit": "USD/kg"}
    said = {"relation": "more_than", "value": 1000, "unit": "USD/kg"}
    doubtful = judge_one(shelf_of(price, rate), test, said)
    assert (doubtful.verdict, doubtful.word) == ("consistent", None)
    assert judge_one(shelf_of(price), test, said).verdict == "undetermined"


def test_adding_unlike_accounts_raises_unless_the_reading_says_why() -> None:
    one = Fact("a", 3.0, "gold", unit="billion USD", account="border_value")
    two = Fact("b", 3.0, "timber", unit="billion USD", account="profit", source="other")
    parts = {"sum": [rows_of(quantity="gold"), rows_of(quantity="timber")]}
    said = {"relation": "at_least", "value": 5, "unit": "billion USD"}
    with pytest.raises(DataError, match="unlike account"):
        judge_one(shelf_of(one, two), parts, said)
    finding = judge_one(shelf_of(one, two), {**parts, "unlike": "nothing better is known"}, said)
    assert (finding.verdict, finding.word) == ("definition-dependent", None)


def test_unlike_units_raise() -> None:
    with pytest.raises(DataError):
        judge_one(shelf_of(Fact("a", 3.0, unit="ha")), {**rows_of(), "unit": "t"}, ABOUT_325)


# ------------------------------------------------------------------ forms of statement


def test_stale_is_true_before_and_false_now() -> None:
    facts = [Fact("old", 300.0, years=(2006, 2006)), Fact("new", 150.0, years=(2010, 2010))]
    said = {"relation": "about", "value": 300, "tolerance": 0.15, "unit": "t"}
    now = rows_of(years=[2008, 2013])
    finding = judge_one(shelf_of(*facts), now, said, earlier=[2005, 2007])
    assert (finding.verdict, finding.rows, finding.year) == ("stale", ("new",), 2010)
    assert "above" in finding.would_change
    assert judge_one(shelf_of(*facts), now, said).verdict == "not supported"


def test_ranks() -> None:
    facts = [
        Fact("a", 325.0),
        Fact("b", 195.0, place="rival", source="b"),
        Fact("c", 100.0, place="third", source="c"),
    ]
    among = [rows_of(place="rival")["rows"], rows_of(place="third")["rows"]]
    test = {"rank": {"of": rows_of()["rows"], "among": among}}
    assert judge_one(shelf_of(*facts), test, {"relation": "rank", "value": 1}).verdict == "consistent"
    assert judge_one(shelf_of(*facts), test, {"relation": "rank", "value": 2}).verdict == "not supported"
    assert judge_one(shelf_of(*facts[:2]), test, {"relation": "rank", "value": 1}).verdict == "undetermined"


def test_trends_and_bounds() -> None:
    facts = [
        Fact("a", 1.5, years=(2010, 2010), unit="percent"),
        Fact("b", 2.4, years=(2013, 2013), unit="percent"),
    ]
    test = {"ratio": [rows_of(years=2013), rows_of(years=2010)]}
    assert judge_one(shelf_of(*facts), test, {"relation": "rises"}).verdict == "consistent"
    assert judge_one(shelf_of(*facts), test, {"relation": "falls"}).verdict == "not supported"
    bound = {"relation": "at_most", "value": 5, "unit": "percent"}
    assert judge_one(shelf_of(*facts), rows_of(), bound).verdict == "consistent"


def test_outcomes_in_words() -> None:
    facts = [
        Fact("first", "acquitted", unit="text", years=(2023, 2023)),
        Fact("second", "new trial", unit="text", years=(2025, 2025), source="other"),
    ]
    outcome = {
        "rows": rows_of(years=[2013, 2026])["rows"],
        "agrees": ["acquitted"],
        "contradicts": ["convicted"],
    }
    first = judge_one(shelf_of(*facts), {"outcome": outcome}, {"relation": "is"})
    assert (first.verdict, first.rows, first.word) == ("consistent", ("first",), None)
    last = judge_one(shelf_of(*facts), {"outcome": {**outcome, "latest": True}}, {"relation": "is"})
    assert (last.verdict, last.probability) == ("undetermined", None)


def test_the_text_against_itself() -> None:
    parts = {"sum": [{"number": {"value": 3.0, "unit": "t"}}, {"number": {"value": 4.0, "unit": "t"}}]}
    said = {"relation": "at_most", "value": 5, "unit": "t"}
    assert judge_one(shelf_of(), parts, said).verdict == "internally inconsistent"
    assert judge_one(shelf_of(), parts, {**said, "value": 8}).verdict == "consistent"


def test_the_model_answers_only_where_it_is_asked() -> None:
    claims = claim_file({"model": {"variable": "made", "year": 2012}, "unit": "t"}, ABOUT_325)
    assert needs_model(claims)
    assert not needs_model(claims, ["another"])

    def model(asked: Model, unit: str) -> np.ndarray:
        assert (asked.variable, unit) == ("made", "t")
        return np.full(DRAWS, 300.0)

    finding = audit_claims(claims, shelf_of(), model).claims[0].readings[0]
    assert (finding.verdict, finding.rests_on_prior, finding.word) == ("consistent", True, None)
    silent = audit_claims(claims, shelf_of()).claims[0].readings[0]
    assert (silent.verdict, silent.probability) == ("undetermined", None)
    assert "run" in silent.would_change


# ------------------------------------------------------------------ what would change it


def test_the_next_datum_named_does_change_the_verdict() -> None:
    fact = Fact("a", 700.0)
    finding = judge_one(shelf_of(fact), rows_of(), ABOUT_325)
    assert finding.verdict == "not supported"
    words = finding.would_change.split()
    value = float(words[words.index("below") + 1].replace(",", ""))
    further = Fact("b", value * 0.9, source="other", low=value * 0.9 / 1.18, high=value * 0.9 * 1.18)
    changed = judge_one(shelf_of(fact, further), rows_of(), ABOUT_325)
    assert changed.verdict != finding.verdict


# ------------------------------------------------------------------ schema and rounding


@pytest.mark.parametrize(
    "statement",
    [
        {"relation": "about", "value": 3},
        {"relation": "between", "low": 3, "high": 2},
        {"relation": "more_than"},
        {"relation": "roughly", "value": 3},
        {"relation": "about", "value": 3, "tolerance": 0.1, "verdict": "consistent"},
    ],
)
def test_unfinished_statements_are_refused(statement: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="Statement"):
        Statement.model_validate(statement)


def test_a_step_has_exactly_one_key_and_ids_are_unique() -> None:
    with pytest.raises(ValueError, match="exactly one"):
        claim_file({**rows_of(), "model": {"variable": "x", "year": 2000}}, ABOUT_325)
    reading = claim_file(rows_of(), ABOUT_325).claims[0].readings[0].model_dump(exclude_none=True)
    with pytest.raises(ValueError, match="two readings"):
        Claim.model_validate({"id": "c", "text": "t", "readings": [reading, reading]})


def test_claim_files_have_no_place_for_a_verdict() -> None:
    fields = {*Claim.model_fields, *ClaimFile.model_fields, *Rows.model_fields}
    assert not {"verdict", "probability", "would_change"} & fields


def test_figures_are_rounded_to_what_their_interval_supports() -> None:
    assert step_of(18.2, 29.7) == 1.0
    assert round_to(23.47, step_of(18.2, 29.7)) == 23.0
    assert math.isclose(round_to(0.123, step_of(0.10, 0.15)), 0.12)


@pytest.mark.parametrize("form", ["text", "md", "html", "csv"])
def test_pages_hold_every_reading(form: str) -> None:
    audit = audit_claims(claim_file(rows_of(), ABOUT_325), shelf_of(Fact("a", 320.0)))
    page = render_audit(audit, form)
    assert "consistent" in page.lower()
    assert "a claim" in page
    if form == "text":
        assert max(len(line) for line in page.splitlines()) <= 100
    if form == "html":
        assert "http" not in page
        assert page.count("<table>") == page.count("</table>") == 1
