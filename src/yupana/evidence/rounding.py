"""Figures for reading, printed no finer than their interval supports."""

from __future__ import annotations

import math


def round_to(value: float, step: float) -> float:
    """Return a value rounded to a step, free of binary noise.

    Examples
    --------
    >>> round_to(71234.0, 1000.0)
    71000.0
    """
    if step <= 0 or not math.isfinite(value) or not math.isfinite(step):
        return value
    return float(f"{round(value / step) * step:.12g}")


def step_of(low: float, high: float) -> float:
    """Return the step that an interval supports: the power of ten at or below a fifth of its width.

    An interval of no width supports three digits of its larger end.

    Examples
    --------
    >>> step_of(55000.0, 90000.0)
    1000.0
    """
    width = abs(high - low)
    if width <= 0 or not math.isfinite(width):
        size = max(abs(low), abs(high))
        return 10.0 ** (math.floor(math.log10(size)) - 2) if 0 < size < math.inf else 0.0
    return 10.0 ** math.floor(math.log10(width / 5))


def own_step(value: float) -> float:
    """Return the step at which a value keeps one digit: a small end of a wide interval is not zero.

    Examples
    --------
    >>> own_step(4321.0)
    1000.0
    """
    return 10.0 ** math.floor(math.log10(abs(value))) if value and math.isfinite(value) else math.inf


def round_with_interval(value: float, low: float, high: float) -> float:
    """Return a value rounded as its interval from `low` to `high` supports, one digit kept at least.

    Examples
    --------
    >>> round_with_interval(327.4, 251.3, 418.9)
    330.0
    """
    return round_to(value, min(step_of(low, high), own_step(value)))


def figure(value: float) -> str:
    """Return a number for reading: thousands separated, no trailing zeros.

    Examples
    --------
    >>> figure(62000.0), figure(330.0), figure(0.25)
    ('62,000', '330', '0.25')
    """
    if not math.isfinite(value):
        return str(value)
    if value == int(value) and abs(value) < 1e15:
        return f"{int(value):,}" if abs(value) >= 10_000 else str(int(value))
    return f"{value:,.6g}" if abs(value) < 10_000 else f"{value:,.0f}"


def round_to_interval(value: float, low: float, high: float) -> str:
    """Return a value as text with the digits that its interval from `low` to `high` supports.

    Examples
    --------
    >>> round_to_interval(327.4, 251.3, 418.9), round_to_interval(62403.2, 60112.0, 64900.0)
    ('330', '62,400')
    """
    return figure(round_with_interval(value, low, high))


def interval_text(middle: float, low: float, high: float) -> str:
    """Return "middle (low to high)", each with the digits that the interval supports.

    Examples
    --------
    >>> interval_text(327.4, 251.3, 418.9)
    '330 (250 to 420)'
    """
    middle_text, low_text, high_text = (round_to_interval(value, low, high) for value in (middle, low, high))
    return middle_text if low == high else f"{middle_text} ({low_text} to {high_text})"


def significant(value: float, digits: int = 2) -> str:
    """Return a number with a few significant digits, for thresholds no one should read too finely.

    Examples
    --------
    >>> significant(71234.0)
    '71,000'
    """
    if value == 0 or not math.isfinite(value):
        return figure(value)
    step = 10.0 ** (math.floor(math.log10(abs(value))) - digits + 1)
    return figure(round_to(value, step))
