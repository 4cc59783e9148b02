"""Sentences and rounded figures for findings: numbers are printed no finer than their interval supports."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from yupana.evidence.claims import Reading, Statement
from yupana.evidence.claims_pool import Floats
from yupana.evidence.claims_terms import Tested
from yupana.evidence.rounding import figure, round_to, round_with_interval, step_of
from yupana.evidence.verdicts import Rule, Weighing


@dataclass(frozen=True)
class Interval:
    """5th, 50th and 95th percentile of what was tested, in `unit`, rounded to what they support."""

    q05: float
    q50: float
    q95: float
    unit: str

    def to_json(self) -> dict[str, Any]:
        """Return the interval as plain values."""
        return {"q05": self.q05, "q50": self.q50, "q95": self.q95, "unit": self.unit}

    def __str__(self) -> str:
        unit = "" if self.unit in ("", "ratio", "rank", "1") else f" {self.unit}"
        if self.q05 == self.q95:
            return f"{figure(self.q50)}{unit}"
        return f"{figure(self.q50)}{unit} ({figure(self.q05)} to {figure(self.q95)})"


def interval_of(tested: Tested) -> Interval | None:
    """Return the rounded interval of what was tested, None when nothing decides."""
    return None if tested.draws is None else interval_over(tested.draws, tested.unit)


def interval_over(draws: Floats, unit: str) -> Interval:
    """Return the rounded interval of draws."""
    q05, q50, q95 = (float(value) for value in np.quantile(draws, (0.05, 0.5, 0.95)))
    low, middle, high = (round_with_interval(value, q05, q95) for value in (q05, q50, q95))
    return Interval(low, middle, high, unit)


def describe_band(statement: Statement) -> str:
    """Return what counts as true, in words."""
    unit = "" if statement.unit in ("", "ratio", "rank") else f" {statement.unit}"
    low, high = statement.band()
    if statement.relation in ("about", "between"):
        step = step_of(low, high) / 10
        return f"{figure(round_to(low, step))} to {figure(round_to(high, step))}{unit}"
    value = figure(statement.value) if statement.value is not None else ""
    return {
        "rank": f"rank {value}",
        "more_than": f"more than {value}{unit}",
        "at_least": f"at least {value}{unit}",
        "less_than": f"less than {value}{unit}",
        "at_most": f"at most {value}{unit}",
        "rises": "larger later than earlier",
        "falls": "smaller later than earlier",
    }.get(statement.relation, "as said")


def period(years: tuple[int, int] | None) -> str:
    """Return a span of years in words."""
    if years is None:
        return ""
    return str(years[0]) if years[0] == years[1] else f"{years[0]} to {years[1]}"


def explain(
    reading: Reading, rule: Rule, weighing: Weighing, tested: Tested, evidence: Interval | None, drawn: str
) -> str:
    """Return one line on why the verdict is what it is; `drawn` says what the draws of the model are."""
    if weighing.deciding == 0:
        return _silence(weighing, tested)
    if weighing.form == "category":
        return f"{weighing.agree} of {weighing.speak} independent lineages bear it out"
    basis = "the text's own numbers give" if weighing.internal else "evidence"
    if tested.model:
        basis = f"the model gives ({drawn})" if not tested.rows else f"evidence and {drawn} give"
    line = f"{basis} {evidence}; said: {describe_band(reading.statement)}"
    if weighing.form == "band" and weighing.below is not None and weighing.above is not None:
        line += f"; {weighing.below:.0%} of it lies below, {weighing.above:.0%} above"
    if rule.verdict == "stale" and reading.earlier:
        line += f"; it fitted {period(reading.earlier)}"
    if tested.unlike:
        line += "; adds unlike accounts"
    return line


def _silence(weighing: Weighing, tested: Tested) -> str:
    if weighing.repeats and not weighing.unverified:
        return f"{count(weighing.repeats, 'row')} found, only repeating the statement or its source"
    what = f" for {' and for '.join(tested.silent)}" if tested.silent else ""
    unverified = f"; {count(weighing.unverified, 'unverified row')} shown" if weighing.unverified else ""
    return f"nothing decides{what}{unverified}"


def count(number: int, noun: str) -> str:
    """Return a number with its noun.

    Examples
    --------
    >>> count(2, "row")
    '2 rows'
    """
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
