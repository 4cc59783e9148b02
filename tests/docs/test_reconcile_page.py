"""The page on reconciliation: its tables are those of today, as far as they can be had in a moment."""

from __future__ import annotations

import pytest
import reconcile_page

from yupana.evidence import load_pack
from yupana.evidence.reconcile.solve import ANCHORS, reconcile


@pytest.fixture(scope="module")
def page() -> str:
    return reconcile_page.PAGE.read_text(encoding="utf-8")


def test_every_section_is_there() -> None:
    assert reconcile_page.main(["--check"]) == 0


def test_closed_forms_of_the_page_are_those_of_today(page: str) -> None:
    """Samples are not drawn again: `tools/reconcile_page.py --write` does that."""
    pack = load_pack("peru")
    year = reconcile_page.YEAR
    for anchor in ANCHORS:
        found = [reconcile(pack, year, anchor, solver) for solver in ("linear", "gauss-newton")]
        for name in reconcile_page.MAIN:
            cells = " | ".join(reconcile_page.words(one.quantities[(name, year)]) for one in found)
            assert f"| `{name}` | {anchor} | {cells} |" in page
    for datum in reconcile(pack, year).data:
        assert f"`{datum.row}`" in page


def test_gates_of_the_page_pass(page: str) -> None:
    gates = page.partition("<!-- gates:")[2].partition("<!-- end of gates -->")[0]
    assert gates.count("| yes |") == 3 * 4
    assert "**no**" not in gates
