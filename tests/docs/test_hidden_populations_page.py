"""The page on hidden populations has a row for every method, and its figures are those of the code."""

from __future__ import annotations

import re
from pathlib import Path

from yupana.evidence.populations.single import ESTIMATORS, estimate_all
from yupana.evidence.populations.tables import METHODS

PAGE = Path(__file__).resolve().parents[2] / "docs/explanation/hidden-populations.md"
TEXT = PAGE.read_text(encoding="utf-8")


def test_every_method_has_its_row() -> None:
    rows = set(re.findall(r"^\| `([\w-]+)`", TEXT, re.M))
    assert {*METHODS, *ESTIMATORS, "chao-lee"} <= rows
    assert {"rds-ii", "successive-sampling", "scale-up", "multiplier"} <= rows


def test_rows_name_assumption_failure_and_source() -> None:
    for line in TEXT.splitlines():
        if line.startswith("| `"):
            cells = [cell.strip() for cell in line.strip("|").split("|")]
            assert len(cells) == 4, line
            assert all(len(cell) > 5 for cell in cells[1:3]), line
            assert re.search(r"`[a-z]+\d{4}`", cells[3]), line


def test_figures_of_one_list_are_the_codes() -> None:
    rows = estimate_all({1: 1645, 2: 183, 3: 37, 4: 13, 5: 1, 6: 1})
    said = "{}, {}, {}, {}, {} and {}".format(*(f"{row.n_hat:,.0f}" for row in rows))
    assert said in " ".join(TEXT.split())
