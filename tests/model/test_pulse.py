"""An eradication pulse: what must follow, and the share of draws that shows it."""

from __future__ import annotations

import numpy as np
import pytest

PULSE = {"eradication": {2013: ("multiple", 3.0), 2015: ("multiple", 1.0)}}


@pytest.fixture(scope="module")
def pair(peru):
    return peru.run(2020, 256), peru.run(2020, 256, PULSE)


# (variable, year, sign of the difference, share of draws expected at least, reason), written before running
EXPECTED = [
    ("coca_area", 2014, -1, 0.99, "hectares are taken faster than growers replant"),
    ("leaf_price", 2014, +1, 0.95, "less leaf on hand at the same demand for it"),
    ("replanted_area", 2014, +1, 0.99, "a share of what is lost is planted again"),
    ("coca_area[vraem]", 2015, +1, 0.90, "eradication does not reach the zone, and its price rises"),
    ("cocaine_output", 2014, -1, 0.95, "less leaf after legal use"),
]


@pytest.mark.parametrize(("key", "year", "sign", "share", "reason"), EXPECTED)
def test_pulse(peru, pair, key, year, sign, share, reason):
    base, pulse = (_value(peru, block, key)[year - 2000] for block in pair)
    seen = np.mean(sign * (pulse - base) > 0)
    assert seen >= share, f"{key} {year}: {seen:.2f} of draws, expected {share}: {reason}"


def test_nothing_happens_before_the_pulse(pair):
    base, pulse = pair
    assert np.array_equal(base.yearly["coca_area"][:13], pulse.yearly["coca_area"][:13])


def _value(peru, block, key):
    if key in block.yearly:
        return block.yearly[key]
    name, place = key[:-1].split("[")
    return block.yearly[f"{name}[zone]"][:, peru.config.zones.index(place)]
