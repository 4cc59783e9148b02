"""Figures carry the digits that their interval supports, no more."""

from __future__ import annotations

import math

import pytest

from yupana.evidence.rounding import (
    figure,
    interval_text,
    round_to_interval,
    round_with_interval,
    significant,
    step_of,
)


@pytest.mark.parametrize(
    ("value", "low", "high", "text"),
    [
        (327.4, 251.3, 418.9, "330"),
        (62403.2, 60112.0, 64900.0, "62,400"),
        (62403.2, 41000.0, 88000.0, "62,000"),
        (0.8731, 0.61, 1.24, "0.9"),
        (0.0421, 0.03, 0.06, "0.042"),
        (3.0, 0.2, 400.0, "3"),  # a small value in a wide interval keeps its digit
        (0.0, -50.0, 70.0, "0"),
        (-327.4, -418.9, -251.3, "-330"),
        (440.51, 440.51, 440.51, "441"),  # no interval: three digits
    ],
)
def test_digits_follow_the_interval(value: float, low: float, high: float, text: str) -> None:
    assert round_to_interval(value, low, high) == text


def test_rounding_moves_a_value_by_less_than_a_tenth_of_the_interval() -> None:
    for width in (0.03, 0.7, 5.0, 49.9, 50.0, 1234.0):
        for value in (1000.0, 1003.7, 1111.1):
            rounded = round_with_interval(value, value - width / 2, value + width / 2)
            assert abs(rounded - value) <= width / 10 + 1e-9


def test_a_finer_interval_never_gives_fewer_digits() -> None:
    steps = [step_of(0.0, width) for width in (0.1, 1.0, 10.0, 100.0, 1000.0)]
    assert steps == sorted(steps)


def test_interval_in_words() -> None:
    assert interval_text(327.4, 251.3, 418.9) == "330 (250 to 420)"
    assert interval_text(5.0, 5.0, 5.0) == "5"


def test_what_is_not_a_number_is_said_so() -> None:
    assert figure(math.inf) == "inf"
    assert round_to_interval(math.nan, 1.0, 2.0) == "nan"
    assert significant(0.0) == "0"
