"""Mexican facts come back from the numbers drawn of them, and the priors of the pack hold those numbers."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from yupana.evidence import load_pack

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def tool() -> Any:
    sys.path.insert(0, str(ROOT / "tools"))
    try:
        import calibrate_violence
    finally:
        sys.path.pop(0)
    return calibrate_violence


@pytest.fixture(scope="module")
def found(tool: Any) -> Any:
    return tool.solve(load_pack("peru"), draws=4000)


def test_the_facts_come_back(found: Any) -> None:
    values, share = found
    assert 0.05 < share < 0.95
    assert values["killings, later years"] == pytest.approx(41648 / (43 / 12), rel=1e-9)
    assert values["killings, first years"] == pytest.approx(8901 / 6, rel=0.01)
    assert (values["places at war, first years"] < values["places at war, later years"]).all()


def test_the_rise_after_a_fall_comes_back(tool: Any, found: Any) -> None:
    gain = found[0]["succession_gain"]
    share = found[0]["places at war, later years"]
    fighting = share + (1.0 - share) * found[0]["peace_friction"]
    low, high, _ = tool.MEXICO["reach"]
    rise = gain / (0.5 * fighting)  # share of killings, times the reach of a fall
    assert np.median(rise) == pytest.approx(0.365 * np.sqrt(low * high), rel=0.05)


@pytest.mark.parametrize("name", ["cost_per_death", "peace_noise", "peace_friction", "grab_share", "horizon"])
def test_priors_hold_what_was_found(name: str, found: Any) -> None:
    prior = next(entry for entry in load_pack("peru").priors if entry.name == name)
    low, high = np.quantile(found[0][name], [0.05, 0.95])
    assert prior.q05 == pytest.approx(low, rel=0.15)
    assert prior.q95 == pytest.approx(high, rel=0.15)
