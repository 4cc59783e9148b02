"""The page on illicit-flow accounts has the tables of its tool, for today's ledger and balance."""

from __future__ import annotations

import pytest
from accounts_page import COMPARED, PAGE, SECTIONS, accounts, inside, stale

from yupana.core.units import convert
from yupana.evidence.accounts.result import PARTS


@pytest.fixture(scope="module")
def page() -> str:
    return PAGE.read_text(encoding="utf-8")


def test_tables_are_those_of_today(page: str) -> None:
    assert stale(page) == [], "run tools/accounts_page.py --write"


@pytest.mark.parametrize("section", SECTIONS)
def test_an_empty_section_is_seen(page: str, section: str) -> None:
    assert any(word.startswith(section) for word in stale(page.replace(inside(page, section), "\n")))


def test_a_moved_figure_is_seen(page: str) -> None:
    line = accounts()["product_border"]
    row = next(text for text in page.splitlines() if text.startswith(f"| {line.name} | border"))
    parts = row.split(" | ")
    parts[4] = "9000"
    assert any(line.name in word for word in stale(page.replace(row, " | ".join(parts))))


def test_what_the_text_says_of_the_table_holds(page: str) -> None:
    found = accounts()
    assert (found["valley_added_residents"].q05 or 0.0) < 0.0, "makers may seem to lose"
    assert (found["added_abroad"].q05 or 0.0) > (found["product_border"].q50 or 0.0)
    assert not any(line.known for line in found.lines if line.part == "management")
    exported = convert(9.5e9 / 1670.0, "oz", "t")
    assert exported == pytest.approx(177.0, abs=0.5)
    assert 0.05 * exported > 0.5 * (exported - 161.7)
    for title in PARTS.values():
        assert f"**{title}**" in page
    assert set(COMPARED) <= set(found.amounts)


def test_failure_modes_of_the_page_are_those_of_the_pack(page: str) -> None:
    from yupana.evidence.loading import load_pack

    declared = load_pack("peru").accounts
    assert declared is not None
    assert declared.gold is not None
    for mode in declared.gold.mirror.failure_modes:
        assert f"| {mode.name} |" in page
