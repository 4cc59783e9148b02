"""Published sizes averaged over decomposable graphs.

Madigan and York (1997), Bayesian methods for estimation of the size of a closed population, Biometrika 84:
children born with spina bifida in upstate New York, three lists. The killings in Kosovo in 1999, four lists
(Ball and others 2002), are the same method on another published table.
"""

from __future__ import annotations

import pytest

from yupana.evidence.populations import CaptureTable
from yupana.evidence.populations.decomposable import average_graphs

SPINA_BIFIDA = {"100": 60, "010": 49, "110": 4, "001": 247, "101": 112, "011": 142, "111": 12}
KOSOVO = {
    "1000": 1131, "0100": 845, "0010": 936, "0001": 306, "1100": 177, "1010": 228, "1001": 106, "0110": 217,
    "0101": 31, "0011": 123, "1110": 181, "1101": 18, "1011": 42, "0111": 32, "1111": 27,
}  # fmt: skip
QUANTILES = (0.025, 0.5, 0.975)


def test_spina_bifida() -> None:
    found = average_graphs(CaptureTable.from_patterns(SPINA_BIFIDA), delta=1, most=300)
    assert found.n == 626
    assert found.mean == pytest.approx(733.7219, abs=5e-5)
    assert [found.quantile(p) for p in QUANTILES] == [682, 732, 798]
    best = list(found.weights.items())[:4]
    assert [graph for graph, _ in best] == ["[L1:L2,L3]", "[L1:L2,L2:L3]", "[L1:L2,L1:L3]", "[L1:L2:L3]"]
    assert [weight for _, weight in best] == pytest.approx([0.371, 0.312, 0.280, 0.036], abs=5e-4)
    assert sum(found.weights.values()) == pytest.approx(1, abs=1e-9)


def test_kosovo() -> None:
    table = CaptureTable.from_patterns(KOSOVO, ("EXH", "ABA", "OSCE", "HRW"))
    found = average_graphs(table, delta=1 / 16, most=20_000)
    assert found.n == 4400
    assert found.mean == pytest.approx(12_749.174, abs=5e-4)
    assert [found.quantile(p) for p in QUANTILES] == [9827, 12_595, 16_543]
    row = found.specification()
    assert (row.low, row.n_hat, row.high) == (9827, 12_595, 16_543)
