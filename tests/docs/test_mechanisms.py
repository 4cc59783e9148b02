"""The pages on mechanisms name every parameter of the model, once, as model and pack say."""

from __future__ import annotations

import re

import pytest
from mechanisms import GROUPS, PAGES, renewed

PARTS = (
    "**Question.**",
    "**Code.**",
    "**Cited.**",
    "**Judged.**",
    "**Tried and dropped.**",
    "**Limits.**",
)


def table_of(group: str) -> str:
    """The part of a page below its parameters."""
    return (PAGES / f"{group}.md").read_text(encoding="utf-8").split("## Parameters\n")[1]


@pytest.mark.parametrize("group", GROUPS)
def test_table_of_parameters_is_up_to_date(group: str) -> None:
    _, old, new = renewed(group)
    assert old == new, "run tools/mechanisms.py"


def test_every_parameter_stands_on_one_page() -> None:
    from yupana.model import PARAMETERS

    found = [
        name
        for group in GROUPS
        for name in re.findall(r"^\| `(\w+)` \|", table_of(group), re.M)
    ]
    assert sorted(found) == sorted(p.name for p in PARAMETERS)


@pytest.mark.parametrize("group", GROUPS)
def test_page_says_what_it_rests_on(group: str) -> None:
    text = (PAGES / f"{group}.md").read_text(encoding="utf-8")
    for part in PARTS:
        assert text.count(part) == 1, part
    assert "```text\n" in text, "a page shows its equations"


def test_every_mechanism_has_its_page() -> None:
    assert {path.stem for path in PAGES.glob("*.md")} == set(GROUPS)


def test_places_for_tables_of_violence_are_marked() -> None:
    text = (PAGES / "violence.md").read_text(encoding="utf-8")
    for name in ("rivals", "regimes", "sensitivity", "robustness"):
        first, last = f"<!-- {name}: written by tools/violence_page.py -->", f"<!-- end of {name} -->"
        assert text.count(first) == text.count(last) == 1, name
        assert text.index(first) < text.index(last), name


def test_each_rival_says_what_data_would_tell_it_apart() -> None:
    from yupana.model.parameters import VIOLENCE

    # the table in words; the tables of weights come later
    text = (PAGES / "violence.md").read_text(encoding="utf-8").split("<!-- rivals: ")[0]
    rows = dict(re.findall(r"^\| `(explain_\w+)` \|(.+)\|$", text, re.M))
    assert set(rows) == {p.name for p in VIOLENCE if p.name.startswith("explain_")}
    assert all(len(row.split("|")[-1].strip()) > 40 for row in rows.values())
