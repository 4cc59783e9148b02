"""The reference pages say what code and pack say: generated pages are up to date, the glossary joins."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from reference import GENERATED, PAGES

ROOT = Path(__file__).resolve().parents[2]
ROW = re.compile(r"^\| (?P<term>[^|]+?) \| (?P<meaning>[^|]+?) \|$", re.M)
LETTERS_FEW = 3


@pytest.mark.parametrize("name", sorted(GENERATED))
def test_page_is_up_to_date(name: str) -> None:
    assert (PAGES / name).read_text(encoding="utf-8") == GENERATED[name](), "run tools/reference.py"


def test_every_error_code_has_its_row() -> None:
    from yupana.core.errors import CODES

    text = (PAGES / "errors.md").read_text(encoding="utf-8")
    assert set(re.findall(r"^\| `(Y\d{3})` \|", text, re.M)) == set(CODES)


def test_every_code_raised_is_known() -> None:
    from yupana.core.errors import CODES

    raised: dict[str, str] = {}
    for path in (ROOT / "src").rglob("*.py"):
        for code in re.findall(r"""["'](Y\d{3})["']""", path.read_text(encoding="utf-8")):
            raised[code] = path.name
    assert set(raised) <= set(CODES), {c: f for c, f in raised.items() if c not in CODES}


def glossary() -> dict[str, dict[str, str]]:
    """Meaning by term, by heading."""
    text = (PAGES / "glossary.md").read_text(encoding="utf-8")
    parts = re.split(r"^## (.+)$", text, flags=re.M)[1:]
    sections = dict(zip(parts[::2], parts[1::2], strict=True))
    rows = {title: ROW.findall(body) for title, body in sections.items()}
    return {title: {t: m for t, m in found if t not in ("term", "---")} for title, found in rows.items()}


def terms(*titles: str) -> set[str]:
    """The terms in code font below some headings, or below all."""
    book = glossary()
    found = [term for title in titles or book for term in book[title]]
    return {term.strip("`") for term in found if term.startswith("`")}


def test_no_term_twice_below_a_heading() -> None:
    text = (PAGES / "glossary.md").read_text(encoding="utf-8")
    for body in re.split(r"^## ", text, flags=re.M)[1:]:
        found = [term for term, _ in ROW.findall(body) if term not in ("term", "---")]
        assert len(found) == len(set(found)), body.splitlines()[0]


def test_dimensions_and_kinds_are_those_of_the_model() -> None:
    from yupana.model import VARIABLES

    assert {v.over for v in VARIABLES if v.over} <= terms("Places and dimensions")
    assert {v.kind for v in VARIABLES} == terms("Kinds")


def test_tiers_and_forms_are_those_of_the_pack() -> None:
    from yupana.evidence import load_pack
    from yupana.model import build_config

    config = build_config(load_pack("peru"))
    assert set(config.tiers) == terms("Tiers")
    assert set(config.dims["form"]) <= terms("The trade")
    assert set(config.dims) <= terms("Places and dimensions")


def test_names_of_society_are_those_of_the_model() -> None:
    from yupana.model import config

    assert set(config.PERSONS) == terms("People in the trade")
    assert set(config.CAUSES) == terms("Causes of killings")
    assert {*config.WORK, *config.REGISTRIES} == terms("Work and gold")
    assert set(config.LINES) == terms("Lines of the budget")
    assert set(config.CHAIN_TRADES) == terms("Trades with money")
    assert {*config.SECTOR_TIERS, *config.POWER_ACCOUNTS} == terms("Accounts beside the tiers")


def test_names_that_two_variables_share_are_one_thing() -> None:
    """`earnings[people]` is an account and a trade: the same money. Two keys may share no other place."""
    from yupana.ensemble.columns import Columns
    from yupana.evidence import load_pack
    from yupana.model import VARIABLES, build_config

    dims = build_config(load_pack("peru")).dims
    columns = Columns.of(VARIABLES, dims)
    every = [name for info in columns.variables for name in columns.elements(info)]
    shared = {name for name in every if every.count(name) > 1}
    assert shared == {f"earnings[{trade}]" for trade in dims["trade"]}


def test_words_of_evidence_are_those_of_the_ledger() -> None:
    from yupana.evidence import load_pack

    ledger = load_pack("peru").ledger
    row = ledger.rows[0]
    columns = {name for name in terms("Evidence") if hasattr(row, name)}
    assert {"basis", "account", "vintage", "derived_from", "seen", "pedigree", "confidence"} <= columns
    assert {row.seen for row in ledger} <= terms("Evidence")


def test_every_suffix_is_used() -> None:
    from yupana.model import VARIABLES
    from yupana.model.parameters import PARAMETERS

    names = [v.name for v in VARIABLES] + [p.name for p in PARAMETERS]
    unused = {s for s in terms("Parts of names") if not any(name.endswith(s) for name in names)}
    assert not unused


def test_every_abbreviation_is_explained() -> None:
    """A word without a vowel, or of three letters or fewer that is no common word, is an abbreviation."""
    from yupana.evidence import load_pack
    from yupana.model import VARIABLES
    from yupana.model.parameters import PARAMETERS

    pack = load_pack("peru")
    names = [v.name for v in VARIABLES] + [p.name for p in PARAMETERS]
    names += [d.id for d in pack.drivers.values()] + [x.id for x in pack.levers]
    words = {word for name in names for word in name.split("_")}
    common = {"use", "by", "of", "in", "to", "at", "old", "day", "tax", "and", "per", "air", "sea", "gap"}
    common |= {"pay", "war", "ore"}
    short = {w for w in words if (len(w) <= LETTERS_FEW or not re.search(r"[aeiouy]", w)) and w not in common}
    assert short <= terms("Abbreviations"), short - terms("Abbreviations")


def test_settings_have_one_owner_each() -> None:
    from yupana.core.settings import SETTINGS

    names = [setting.name for setting in SETTINGS]
    assert len(names) == len(set(names))
    assert all(setting.owner for setting in SETTINGS)
