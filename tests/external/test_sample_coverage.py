"""Published sizes of a hepatitis A outbreak by sample coverage.

Chao, Tsay, Lin, Shau and Chao (2001), The applications of capture-recapture models to epidemiological data,
Statistics in Medicine 20: students of a college in Taiwan on three lists, 135, 122 and 126 of 271.
"""

from __future__ import annotations

import pytest

from yupana.evidence.populations import CaptureTable
from yupana.evidence.populations.coverage import coverage_rows, sample_coverage

OUTBREAK = CaptureTable.from_patterns(
    {"111": 28, "110": 21, "101": 17, "100": 69, "011": 18, "010": 55, "001": 63}, ("P", "Q", "E")
)


def test_sizes() -> None:
    found = sample_coverage(OUTBREAK)
    assert OUTBREAK.n == 271
    assert [OUTBREAK.overlap(1 << k) for k in range(3)] == [135, 122, 126]
    assert found.coverage == pytest.approx(0.513, abs=5e-4)
    # Published to the whole person.
    assert found.independent == pytest.approx(407, abs=0.5)
    assert found.low_coverage == pytest.approx(508, abs=0.5)
    assert found.high_coverage == pytest.approx(971, abs=0.5)


def test_low_coverage_is_said() -> None:
    rows = {row.options: row for row in coverage_rows(OUTBREAK)}
    assert "unstable" in rows["high coverage"].reason
    low = rows["low coverage"]
    assert low.low is not None
    assert low.high is not None
    assert low.low < 508 < low.high
