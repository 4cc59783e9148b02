"""Claims judged at two times: what was known, what made the difference, and how it is said."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from yupana.analysis.audit_pack import audit_pack
from yupana.analysis.hindsight import Hindsight, counts, look_back, read_back
from yupana.cli.main import run
from yupana.core.drawn import PRIOR, posterior
from yupana.evidence import Pack, load_pack
from yupana.report.hindsight_page import hindsight_markdown, hindsight_picture
from yupana.report.layout import collisions, cut_off

YEAR = 2004


@pytest.fixture(scope="module")
def packs() -> tuple[Pack, Pack]:
    return load_pack("exampleland", until=YEAR), load_pack("exampleland")


@pytest.fixture(scope="module")
def found(packs: tuple[Pack, Pack]) -> Hindsight:
    then, now = packs
    return look_back(audit_pack(then), audit_pack(now), now.ledger)


def test_no_answer_of_the_year_rests_on_a_later_row(packs: tuple[Pack, Pack]) -> None:
    then, now = packs
    audit = audit_pack(then)
    assert (audit.as_of, audit_pack(now).as_of) == (YEAR, None)
    rows = {row for claim in audit.claims for r in claim.readings for row in (*r.rows, *r.rates, *r.repeats)}
    traced = {trace.row for claim in audit.claims for trace in claim.traces}
    assert all(now.ledger[row].years[1] <= YEAR for row in rows | traced)
    later = audit_pack(now)
    used = {row for claim in later.claims for r in claim.readings for row in r.rows}
    assert any(now.ledger[row].years[1] > YEAR for row in used)  # the whole pack does use later rows


def test_every_reading_has_two_answers_and_a_reason(found: Hindsight) -> None:
    numbers = counts(found)
    assert numbers["all"] == len(found.readings) == numbers["same"] + numbers["changed"] + numbers["only now"]
    assert numbers["only now"] + numbers["changed"] > 0
    for reading in found.readings:
        assert reading.why
        if reading.differs:
            assert reading.why != "the same rows"


def test_a_difference_is_put_down_to_what_made_it(packs: tuple[Pack, Pack]) -> None:
    then, now = packs
    old, new = audit_pack(then), audit_pack(now)
    same = look_back(replace(new, as_of=2030), new, now.ledger)
    assert {r.why for r in same.readings} <= {"the same rows", "nothing known, then or now"}
    assert counts(same)["same"] == len(same.readings)
    assert not any(r.late for r in same.readings)
    assert any("of 20" in r.why for r in look_back(old, new, now.ledger).readings)

    def drawn(audit, words):  # as if the model had answered every reading
        claims = tuple(
            replace(c, readings=tuple(replace(r, drawn=words) for r in c.readings)) for c in audit.claims
        )
        return replace(audit, claims=claims, drawn=words)

    fits = (posterior("a fit", False), posterior("another fit", True))
    modelled = look_back(drawn(replace(new, as_of=2030), fits[0]), drawn(new, fits[1]), now.ledger)
    assert all("fitted to later figures" in r.why for r in modelled.readings)
    assert {r.now.mark for r in modelled.readings} == {"failed fit"}
    assert (modelled.then_drawn, modelled.now_drawn) == ("a fit", "another fit")


def test_rows_that_were_published_later_are_marked(packs: tuple[Pack, Pack]) -> None:
    """The invented sources are of 2013: what they say of 2004 is known from a later edition only."""
    then, now = packs
    both = look_back(audit_pack(then), audit_pack(now), now.ledger)
    for reading in both.readings:
        assert all(now.ledger.vintage(now.ledger[row]) > YEAR for row in reading.late)
    text = hindsight_markdown(both, "x.svg")
    assert text.count("†") == 1 + sum(bool(r.late) for r in both.readings)


def test_audits_of_other_claims_are_refused(packs: tuple[Pack, Pack]) -> None:
    audit = audit_pack(packs[1])
    with pytest.raises(ValueError, match="truncated"):
        look_back(audit, audit, packs[1].ledger)
    with pytest.raises(ValueError, match="same claims"):
        look_back(replace(audit, as_of=YEAR, claims=audit.claims[1:]), audit, packs[1].ledger)


def test_what_is_stored_is_what_was_found(found: Hindsight) -> None:
    assert read_back(json.loads(json.dumps(found.to_json()))) == found


def test_picture_and_page_show_every_reading(found: Hindsight) -> None:
    picture = hindsight_picture(found)
    assert collisions(picture.figure) == []
    assert cut_off(picture.figure) == []
    assert len(picture.table.rows) == len(found.readings)
    text = hindsight_markdown(found, "x.svg")
    for claim in found.claims:
        assert f"## {claim.text}" in text
        assert all(f"`{reading.reading}`" in text for reading in claim.readings)


# The command ---------------------------------------------------------------------------------------------


def told(words: list[str], capsys: pytest.CaptureFixture[str]) -> str:
    assert run(words) == 0
    return capsys.readouterr().out


def test_the_command_says_which_year_it_judges_by(capsys: pytest.CaptureFixture[str]) -> None:
    asked = ["audit", "--pack", "exampleland", "--no-run"]
    text = " ".join(told([*asked, "--as-of", str(YEAR)], capsys).split())
    assert f"judged by what was known at the end of {YEAR}" in text
    assert "judged by" not in told(asked, capsys)
    body = json.loads(told([*asked, "--as-of", str(YEAR), "--json"], capsys))
    assert body["as_of"] == YEAR
    assert json.loads(told([*asked, "--json"], capsys))["as_of"] is None


def test_a_fit_that_knows_more_is_refused(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from yupana.study import Study

    class Draws:
        fit, until, failed = "exampleland-2008-x", 2008, ()

    monkeypatch.setattr(Study, "draws_of", lambda *a, **k: Draws())
    words = ["audit", "--pack", "exampleland", "--posterior", "x", "--as-of", str(YEAR)]
    assert run(words) == 2
    error = capsys.readouterr().err
    assert "Y104" in error
    assert f"yupana fit --until {YEAR}" in error


def test_a_year_before_the_pack_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["audit", "--pack", "exampleland", "--no-run", "--as-of", "1950"]) == 2
    assert "Y104" in capsys.readouterr().err
    assert PRIOR.mark == "prior"
