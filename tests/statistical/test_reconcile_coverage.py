"""Made ledgers of the shipped balance: intervals cover, clean data stay unflagged, planted errors do not.

The study itself, with more solvers, anchors and sizes of error, is `tools/reconcile_study.py`.
"""

from __future__ import annotations

import numpy as np
import pytest
from reconcile_study import (
    BAND,
    LEDGERS,
    YEAR,
    Coverage,
    study_conflict,
    study_coverage,
    study_power,
    study_textbook,
)

from yupana.evidence.loading import load_pack
from yupana.evidence.pack import Pack
from yupana.evidence.reconcile.solve import Posed, pose


@pytest.fixture(scope="module")
def pack() -> Pack:
    return load_pack("peru")


@pytest.fixture(scope="module")
def posed(pack: Pack) -> Posed:
    return pose(pack, [YEAR])


@pytest.fixture(scope="module")
def found(pack: Pack, posed: Posed) -> Coverage:
    return study_coverage(pack, posed)


def test_intervals_cover_the_truth(found: Coverage) -> None:
    """200 intervals of 90 percent: 84 to 96 percent of them, for every total."""
    assert found.ledgers == LEDGERS
    for name, share in found.covered.items():
        assert BAND[0] <= share <= BAND[1], name


def test_every_ledger_settles(found: Coverage) -> None:
    assert found.failed == 0


def test_clean_ledgers_are_rarely_flagged(found: Coverage) -> None:
    """At most 5 percent of clean ledgers hold a flag; the limit is conservative, so no band is needed."""
    assert found.flagged <= 0.05


def test_planted_errors_on_redundant_data_are_flagged(posed: Posed) -> None:
    """Five standard deviations of the whole error: 90 percent of redundant data, 60 ledgers each."""
    power = study_power(posed, 60, ("whole",), every=False)
    assert all(item.redundant for item in power)
    assert len(power) >= 4
    assert float(np.mean([item.flagged["whole"] for item in power])) >= 0.9


def test_planted_errors_in_the_textbook_network_are_flagged() -> None:
    """Narasimhan and Jordache (2000), heat exchanger with bypass: five standard deviations on each flow."""
    assert float(np.mean(study_textbook(150))) >= 0.9


def test_conflict_of_supply_and_demand_is_as_rare_as_it_says(posed: Posed) -> None:
    """150 clean ledgers: p below a level as often as the level says, within three Monte Carlo errors."""
    found = study_conflict(posed, 150)
    for level in (0.1, 0.5):
        error = np.sqrt(level * (1 - level) / len(found))
        assert abs(float(np.mean(found < level)) - level) < 3 * error
