"""The page on violence has the tables of its tool, for today's regimes, settings, explanations and priors.

The draws are not run again here; `tools/violence_page.py --write` does.
"""

from __future__ import annotations

import re

import numpy as np
import pytest
from reference import load_pack
from violence_page import PAGE, SECTIONS, inside, judged_settings, mark, stale
from violence_runs import FACTS, REGIMES, Level

from yupana.analysis.rivals import LAST, usable


@pytest.fixture(scope="module")
def page() -> str:
    return PAGE.read_text(encoding="utf-8")


def test_tables_are_of_todays_form(page: str) -> None:
    assert stale(page, load_pack()) == []


@pytest.mark.parametrize("section", SECTIONS)
def test_an_empty_section_is_seen(page: str, section: str) -> None:
    begin, end = mark(section)
    empty = page.replace(inside(page, section), "\n")
    assert begin in empty
    assert end in empty
    assert f"{section}: no table" in stale(empty, load_pack())


def test_a_setting_that_is_not_moved_is_seen(page: str) -> None:
    row = re.search(r"^\| `mexico-2010` \| `contenders` .*\n", page, re.M)
    assert row is not None
    assert "sensitivity: no row of mexico-2010 contenders" in stale(page.replace(row[0], ""), load_pack())


def test_settings_with_a_source_are_not_called_judged() -> None:
    judged = judged_settings(load_pack(), "mexico-2010")
    assert "exit_substitutes" in judged
    assert "leader_removal" not in judged


def test_every_fact_has_rows_that_may_speak() -> None:
    pack = load_pack()
    for fact in FACTS:
        rows = usable(pack, fact)
        assert rows, fact.name
        assert all(row.confidence in ("high", "medium") and row.years[1] <= LAST for row in rows.values())


def test_regimes_of_the_tool_are_the_packs() -> None:
    pack = load_pack()
    assert set(REGIMES) <= set(pack.scenarios)


def test_a_level_is_the_median_over_years_of_yearly_quantiles() -> None:
    values = np.arange(101.0)[:, None] * np.array([1.0, 2.0, 10.0])
    assert Level.of(values) == Level(10.0, 100.0, 190.0)
