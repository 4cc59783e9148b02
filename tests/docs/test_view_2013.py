"""The view of 2013 is what is stored, and what is stored belongs to claims, evidence and model of today."""

from __future__ import annotations

import json
from pathlib import Path

import view_2013

from yupana.core.settings import DEFAULT_PACK
from yupana.evidence import load_pack


def stored() -> dict:
    return json.loads(view_2013.STORED.read_text(encoding="utf-8"))


def test_the_page_is_what_is_stored() -> None:
    assert view_2013.main(["--check"]) == 0
    assert view_2013.PICTURE.is_file()


def test_what_is_stored_is_of_today() -> None:
    """Claims, ledger, priors, drivers or model have changed: run tools/view_2013.py again."""
    found = stored()
    assert found["stamp"] == view_2013.view_stamp(load_pack(DEFAULT_PACK), model=bool(found["fits"]))


def test_the_view_is_that_of_the_year() -> None:
    found = stored()
    pack = load_pack(DEFAULT_PACK, until=view_2013.YEAR)
    assert found["year"] == view_2013.YEAR
    assert pack.claims is not None
    assert [claim["claim"] for claim in found["claims"]] == [claim.id for claim in pack.claims.claims]
    late = {row for claim in found["claims"] for r in claim["readings"] for row in r["rows_published_later"]}
    assert late
    assert all(row in pack.ledger.by_id for row in late)


def test_the_page_is_listed() -> None:
    nav = (Path(__file__).parents[2] / "zensical.toml").read_text(encoding="utf-8")
    assert "explanation/view-of-2013.md" in nav
