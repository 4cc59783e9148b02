"""An eradication pulse: what must follow, and the share of draws that shows it.

The pulse stands in 2009-10, where three times the record is what was reached a few years later (some
35,000 ha). From 2013 three times the record is twice the coca within reach: the shares below were missed
there (0.96, 0.90 and 0.75 for area, leaf price and the VRAEM).
"""

from __future__ import annotations

import numpy as np
import pytest

PULSE = {"eradication": {2009: ("multiple", 3.0), 2011: ("multiple", 1.0)}}


@pytest.fixture(scope="module")
def pair(peru):
    return peru.run(2020, 256), peru.run(2020, 256, PULSE)


# (variable, year, sign of the difference, share of draws expected at least, reason), written before running
EXPECTED = [
    ("coca_area", 2010, -1, 0.99, "hectares are taken faster than growers replant"),
    ("leaf_price", 2010, +1, 0.95, "less leaf on hand at the same demand for it"),
    ("replanted_area", 2010, +1, 0.99, "a share of what is lost is planted again"),
    ("coca_area[vraem]", 2011, +1, 0.90, "eradication does not reach the zone, and its price rises"),
    ("cocaine_output", 2010, -1, 0.95, "less leaf after legal use"),
]


@pytest.mark.parametrize(("key", "year", "sign", "share", "reason"), EXPECTED)
def test_pulse(peru, pair, key, year, sign, share, reason):
    base, pulse = (_value(peru, block, key)[year - 2000] for block in pair)
    seen = np.mean(sign * (pulse - base) > 0)
    assert seen >= share, f"{key} {year}: {seen:.2f} of draws, expected {share}: {reason}"


def test_nothing_happens_before_the_pulse(pair):
    base, pulse = pair
    assert np.array_equal(base.yearly["coca_area"][:9], pulse.yearly["coca_area"][:9])


def _value(peru, block, key):
    if key in block.yearly:
        return block.yearly[key]
    name, place = key[:-1].split("[")
    return block.yearly[f"{name}[zone]"][:, peru.config.zones.index(place)]
