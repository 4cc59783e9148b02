"""One table of units; conversions are exact, unlike things never convert."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from yupana.core.errors import DataError
from yupana.core.units import canonical, convert, currency_of, factor, is_unit, units
from yupana.model import PARAMETERS, VARIABLES


@pytest.mark.parametrize(
    ("value", "start", "end", "outcome"),
    [
        (1.14, "million oz", "t", 35.457963552),
        (50, "USD/g", "USD/kg", 50_000),
        (12, "percent", "ratio", 0.12),
        (250, "US cents/lb", "USD/kg", 5.5115565546),
        (358, "short_ton", "t", 324.77213692),
        (1.2, "billion USD", "million USD", 1200),
        (62.3, "kt", "t", 62_300),
        (100, "km2", "ha", 10_000),
        (2350, "kg/ha", "t/ha", 2.35),
        (11.5, "per 100,000", "per 100k", 11.5),
        (1, "thousand persons", "persons", 1000),
        (375, "kg leaf per kg cocaine", "ratio", 375),
    ],
)
def test_conversions(value: float, start: str, end: str, outcome: float) -> None:
    assert convert(value, start, end) == pytest.approx(outcome, rel=1e-9)


@pytest.mark.parametrize(
    ("start", "end"),
    [("USD", "PEN"), ("ha", "t"), ("t", "USD"), ("persons", "households"), ("index", "ratio")],
)
def test_unlike_things_never_convert(start: str, end: str) -> None:
    with pytest.raises(DataError) as caught:
        factor(start, end)
    assert caught.value.code == "Y212"


def test_unknown_unit_has_a_near_miss() -> None:
    with pytest.raises(DataError, match=r"did you mean 'hectares'") as caught:
        canonical("hectars")
    assert caught.value.code == "Y211"


@settings(deadline=None)  # every pair of units is tried, which a busy machine takes its time for
@given(st.sampled_from(sorted(units())), st.floats(1e-6, 1e9))
def test_there_and_back(name: str, value: float) -> None:
    for other in units():
        try:
            there = convert(value, name, other)
        except DataError:
            continue
        assert convert(there, other, name) == pytest.approx(value, rel=1e-12)


def test_spellings_are_unambiguous() -> None:
    seen: dict[str, str] = {}
    for unit in units().values():
        for word in (unit.name, *unit.aliases):
            folded = " ".join(word.lower().split())
            assert seen.setdefault(folded, unit.name) == unit.name, word
            assert canonical(word) == unit.name
        assert unit.meaning


@pytest.mark.parametrize(
    ("unit", "code"),
    [
        ("GBP/g", "GBP"),
        ("million PEN", "PEN"),
        ("PEN/USD", None),
        ("t", None),
        ("US cents/lb", "USD"),
        ("USD", "USD"),
    ],
)
def test_currencies(unit: str, code: str | None) -> None:
    assert currency_of(unit) == code


def test_every_unit_of_the_model_is_in_the_table() -> None:
    known = {p.name: p.unit for p in PARAMETERS} | {v.key: v.unit for v in VARIABLES}
    assert {name: unit for name, unit in known.items() if not is_unit(unit)} == {}
