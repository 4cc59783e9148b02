"""The list of what matters most and is known least names priors as the pack has them now.

The draws are not run again here; `tools/least_known.py` does, when a prior of the list has changed.
"""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pytest
from least_known import BEGIN, END, OUTPUTS, PAGE, ROWS, element, ranked, ranks, width
from reference import code, figures, load_pack

ROW = re.compile(r"^\| (`[^|]+`) \| (.+) \|$", re.M)


@pytest.fixture(scope="module")
def priors() -> dict[str, dict[str, Any]]:
    from yupana.model import build_config
    from yupana.params import PriorSet

    pack = load_pack()
    return {code(element(row)): row for row in PriorSet.from_pack(pack, build_config(pack).dims).table()}


def listed() -> list[list[str]]:
    """Cells of every row between the marks, in order."""
    text = PAGE.read_text(encoding="utf-8")
    assert text.count(BEGIN) == text.count(END) == 1
    inside = text.split(BEGIN)[1].split(END)[0]
    return [[name, *rest.split(" | ")] for name, rest in ROW.findall(inside)]


def test_list_holds_ten_judged_priors_first() -> None:
    known = [row[5] for row in listed()]
    assert known == [pedigree for pedigree, count in ROWS.items() for _ in range(count)]


def test_list_says_what_the_pack_says(priors: dict[str, dict[str, Any]]) -> None:
    for name, unit, low, middle, high, known, *_ in listed():
        assert name in priors, f"{name}: run tools/least_known.py"
        row = priors[name]
        said = (unit, low, middle, high, known)
        now = (row["unit"], *(figures(row[q]) for q in ("q05", "q50", "q95")), row["pedigree"])
        assert said == now, f"{name}: run tools/least_known.py"


def test_scores_are_the_product_of_what_is_shown(priors: dict[str, dict[str, Any]]) -> None:
    for name, *_, known, strength, output, score in listed():
        assert output.strip("`") in OUTPUTS
        widest = width(priors[name])
        rounding = 0.005 * (1.0 + widest) + 1e-9
        assert abs(float(score) - abs(float(strength)) * widest) < rounding, (name, known)
    by_pedigree = {p: [float(row[-1]) for row in listed() if row[5] == p] for p in ROWS}
    assert all(scores == sorted(scores, reverse=True) for scores in by_pedigree.values())


def test_a_prior_that_moves_an_output_comes_before_one_that_does_not() -> None:
    rng = np.random.default_rng(4)
    points = rng.standard_normal((3, 400))
    outputs = np.stack([np.exp(2.0 * points[1]) + 0.01 * points[0]])
    rows = [{"q05": 0.1, "q95": 10.0}, {"q05": 1.0, "q95": 2.0}, {"q05": -1.0, "q95": 3.0}]
    found = ranked(rows, ranks(points) @ ranks(outputs).T, 400)
    assert [entry[1] for entry in found] == [1]
    assert found[0][0] == pytest.approx(np.log(2.0), rel=1e-2)
