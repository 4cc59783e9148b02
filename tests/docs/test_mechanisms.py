"""The pages on mechanisms name every parameter of the model, once, as model and pack say."""

from __future__ import annotations

import re

import pytest
from mechanisms import GROUPS, PAGES, renewed


@pytest.mark.parametrize("group", GROUPS)
def test_table_of_parameters_is_up_to_date(group: str) -> None:
    _, old, new = renewed(group)
    assert old == new, "run tools/mechanisms.py"


def test_every_parameter_stands_on_one_page() -> None:
    from yupana.model import PARAMETERS

    found = [
        name
        for group in GROUPS
        for name in re.findall(r"^\| `(\w+)` \|", (PAGES / f"{group}.md").read_text(encoding="utf-8"), re.M)
    ]
    assert sorted(found) == sorted(p.name for p in PARAMETERS)


@pytest.mark.parametrize("group", GROUPS)
def test_page_says_what_it_rests_on(group: str) -> None:
    text = (PAGES / f"{group}.md").read_text(encoding="utf-8")
    for part in ("**Question.**", "**Code.**", "**Cited.**", "**Judged.**", "**Limits.**"):
        assert text.count(part) == 1, part
