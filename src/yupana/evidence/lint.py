"""Slips in printed figures: sums that do not add up, digits out of order, separators misread.

Works on bare numbers; `lint_ledger.py` applies it to the rows of a pack. A printed figure carries its
rounding: 41,000 may stand for anything from 40,500 to 41,500. A relation that fails by more than all
roundings together is reported. One that fails by less is reported only where a slip of digits explains the
difference exactly, for then rounding is the less likely story.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import combinations

RELATIONS: dict[str, Callable[[Sequence[float]], float]] = {
    "sum": lambda parts: float(sum(parts)),
    "difference": lambda parts: float(parts[0] - sum(parts[1:])),
    "product": lambda parts: float(math.prod(parts)),
    "ratio": lambda parts: float(parts[0] / parts[1]) if parts[1] else math.inf,
}
LONGEST_SLIP = 3  # digits; a longer run of changed digits is another number
SLACK = 0.005  # relative; products and ratios of figures that were rounded before they were printed


@dataclass(frozen=True)
class Suspect:
    """A figure that a slip would explain: what is printed, what was probably meant."""

    role: str
    printed: float
    meant: float
    slip: str

    def __str__(self) -> str:
        return f"likely {self.slip}: {show(self.printed)} for {show(self.meant)} ({self.role})"


@dataclass(frozen=True)
class Slip:
    """A relation that the printed figures break.

    Attributes
    ----------
    relation : sum, difference, product or ratio.
    printed, computed : the outcome as printed and as recomputed.
    suspects : the figures that a single slip would explain, the likeliest kind first.
    certain : whether rounding cannot explain the difference.
    """

    relation: str
    printed: float
    computed: float
    suspects: tuple[Suspect, ...]
    certain: bool

    @property
    def message(self) -> str:
        """What is wrong, in one line."""
        text = f"{self.relation} gives {show(self.computed)}, printed is {show(self.printed)}"
        return text + "".join(f"; {suspect}" for suspect in self.suspects)


def show(value: float) -> str:
    """A figure with thousands apart and its decimals."""
    if value == int(value) and abs(value) < 1e15:
        return f"{int(value):,}"
    return f"{value:,.6g}"


def resolution(value: float) -> float:
    """The unit of the last digit that is meant: 100 for 41,000 or 61,200, 0.1 for 62.3.

    Trailing zeros count as rounding, except in small figures: the zero of 30 is a digit like others.
    """
    if value == 0:
        return 1.0
    text = repr(float(f"{abs(value):.12g}"))
    whole, _, decimals = text.partition(".")
    if "e" in text:
        return 10.0 ** math.floor(math.log10(abs(value)) - 5)
    if decimals not in ("", "0"):
        return 10.0 ** -len(decimals)
    zeros = len(whole) - len(whole.rstrip("0"))
    return float(10**zeros) if abs(value) >= 100 else 1.0


def is_transposition(printed: float, meant: float) -> bool:
    """Whether one figure is the other with digits out of order.

    The changed digits form one run of two or three, and both runs hold the same digits, each at least once:
    ``69`` for ``96``, ``242`` for ``424``.
    """
    first, second = _digits(printed), _digits(meant)
    if len(first) != len(second) or first == second:
        return False
    changed = [i for i, (a, b) in enumerate(zip(first, second, strict=True)) if a != b]
    begin, end = changed[0], changed[-1] + 1
    run, other = first[begin:end], second[begin:end]
    return 2 <= len(run) <= LONGEST_SLIP and set(run) == set(other) and len(first) > 2


def _digits(value: float) -> str:
    scaled = abs(value)
    for _ in range(6):
        if abs(scaled - round(scaled)) < 1e-6 * max(1.0, scaled):
            break
        scaled *= 10
    return str(round(scaled))


def slip_of(printed: float, meant: float) -> str:
    """Name of the slip that turns `meant` into `printed`, or an empty string."""
    if printed <= 0 or meant <= 0:
        return ""
    if is_transposition(printed, meant):
        return "transposition"
    for factor, name in ((1000.0, "misread thousands separator"), (10.0, "misplaced decimal point")):
        if any(math.isclose(printed * f, meant, rel_tol=1e-4) for f in (factor, 1 / factor)):
            return name
    return ""


def check_relation(
    relation: str,
    parts: Sequence[float],
    printed: float,
    *,
    factor: float = 1.0,
    plus: float = 0.0,
    tolerance: float | None = None,
) -> Slip | None:
    """What is wrong with a relation between printed figures, or None.

    Parameters
    ----------
    relation : sum, difference (first less all others), product or ratio (first over second).
    parts : figures it is computed from.
    printed : the outcome as printed.
    factor, plus : outcome = factor x relation(parts) + plus.
    tolerance : relative; by default what rounding of the figures allows.

    Raises
    ------
    KeyError
        For an unknown relation.

    Examples
    --------
    >>> check_relation("difference", [121424, 9000], 112242).suspects[0].meant
    121242.0
    >>> check_relation("sum", [28976, 12024], 41000) is None
    True
    """
    compute = RELATIONS[relation]

    def outcome(values: Sequence[float]) -> float:
        return factor * compute(values) + plus

    computed = outcome(parts)
    gap = abs(computed - printed)
    allowed = (
        tolerance * abs(printed) if tolerance is not None else _rounding(outcome, parts, printed, relation)
    )
    certain = not gap <= allowed * (1 + 1e-9)
    if gap <= _strict(parts, printed, relation, factor) or not math.isfinite(computed):
        return None if math.isfinite(computed) else Slip(relation, printed, computed, (), True)
    suspects = _suspects(outcome, parts, printed, relation)
    if certain or any(suspect.slip == "transposition" for suspect in suspects):
        return Slip(relation, printed, computed, suspects, certain)
    return None


def _rounding(
    outcome: Callable[[Sequence[float]], float], parts: Sequence[float], printed: float, relation: str
) -> float:
    """Largest gap that the roundings of all figures together explain."""
    total = resolution(printed) / 2
    for index, part in enumerate(parts):
        moved = [*parts]
        moved[index] = part + resolution(part) / 2
        total += abs(outcome(moved) - outcome(parts))
    slack = SLACK * abs(printed) if relation in ("product", "ratio") else 0.0
    return total + slack


def _strict(parts: Sequence[float], printed: float, relation: str, factor: float) -> float:
    """Largest gap where every printed digit is meant, trailing zeros included."""
    if relation in ("product", "ratio") or factor != 1.0:
        return SLACK * abs(printed)
    return 0.5 * sum(min(resolution(value), 1.0) for value in (*parts, printed))


def _suspects(
    outcome: Callable[[Sequence[float]], float], parts: Sequence[float], printed: float, relation: str
) -> tuple[Suspect, ...]:
    found = []
    for index, part in enumerate(parts):
        meant = _needed(outcome, parts, index, printed)
        slip = slip_of(part, meant) if meant is not None else ""
        if slip and meant is not None:
            found.append(Suspect(f"term {index + 1}", part, meant, slip))
    computed = outcome(parts)
    slip = slip_of(printed, computed)
    if slip:
        found.append(Suspect(f"the {relation}", printed, computed, slip))
    return tuple(sorted(found, key=lambda suspect: suspect.slip != "transposition"))


def _needed(
    outcome: Callable[[Sequence[float]], float], parts: Sequence[float], index: int, printed: float
) -> float | None:
    """The value of one part that makes the relation hold; every relation is linear in it, or a ratio."""

    def at(value: float) -> float:
        return outcome([*parts[:index], value, *parts[index + 1 :]])

    part = parts[index]
    if index == 1 and not math.isclose(
        at(2 * part) - at(part), at(part) - at(0.0) if part else 0.0, rel_tol=1e-9
    ):
        # The second part of a ratio: the outcome is proportional to its inverse.
        return part * at(part) / printed if printed else None
    slope = at(part + 1.0) - at(part)
    return part + (printed - at(part)) / slope if slope else None


@dataclass(frozen=True)
class Figure:
    """A figure read from text: value, unit, and whether another reading is possible."""

    value: float
    unit: str
    why: str
    ambiguous: bool = False


def read_figure(text: str, unit: str, beside: Sequence[tuple[float, str]] = ()) -> Figure:
    """The likeliest reading of a printed figure whose separator may mean two things.

    ``12.024`` is twelve and a bit in English, twelve thousand in Spanish. A reading is preferred that adds up
    with two of the figures beside it; failing that, the one whose size is nearest to theirs.

    Parameters
    ----------
    text : the figure as printed, without its unit.
    unit : its unit as printed.
    beside : (value, unit) of figures in the same table or sentence.

    Returns
    -------
    The figure in the unit of its neighbours, where there are any and the units convert.

    Raises
    ------
    ValueError
        When the text is no figure.

    Examples
    --------
    >>> read_figure("12.024", "t", beside=[(28976, "kg"), (41000, "kg")])
    Figure(value=12024.0, unit='kg', why='adds up with 28,976 and 41,000', ambiguous=False)
    """
    from yupana.core.units import factor

    readings = _readings(text)
    target = beside[0][1] if beside else unit
    values = [value * factor(unit, target) for value in readings]
    others = [value * factor(other, target) for value, other in beside]
    for value in values:
        pair = _adds_up(value, others)
        if pair is not None:
            return Figure(round(value, 9), target, f"adds up with {show(pair[0])} and {show(pair[1])}")
    if len(values) == 1:
        return Figure(values[0], target, "one reading only")
    if not others:
        return Figure(values[0], target, "nothing beside it", ambiguous=True)
    middle = sum(math.log10(other) for other in others if other > 0) / max(1, len(others))
    values.sort(key=lambda value: abs(math.log10(value) - middle) if value > 0 else math.inf)
    return Figure(values[0], target, "nearest in size to the figures beside it", ambiguous=True)


def _readings(text: str) -> list[float]:
    """The numbers a text may stand for."""
    plain = text.strip().replace(" ", "").replace("\u00a0", "")
    marks = [mark for mark in ".," if mark in plain]
    if not marks:
        return [float(plain)]
    if len(marks) == 2:
        decimal = max(marks, key=plain.rfind)
        thousands = "," if decimal == "." else "."
        return [float(plain.replace(thousands, "").replace(decimal, "."))]
    mark = marks[0]
    groups = plain.split(mark)
    could_group = all(len(group) == 3 for group in groups[1:]) and 1 <= len(groups[0].lstrip("+-")) <= 3
    readings = [float(plain.replace(mark, "."))] if len(groups) == 2 else []
    if could_group and groups[0].lstrip("+-") != "0":
        readings.append(float("".join(groups)))
    if not readings:
        raise ValueError(f"expected a figure; got {text!r}")
    return readings


def _adds_up(value: float, others: Sequence[float]) -> tuple[float, float] | None:
    """Two figures with which `value` makes a sum or a difference, to the last printed digit."""
    for first, second in combinations(others, 2):
        for whole, part in ((first, second), (second, first)):
            if abs(whole - part - value) <= 1e-6 * abs(whole) + 0.5:
                return first, second
        if abs(first + second - value) <= 1e-6 * abs(value) + 0.5:
            return first, second
    return None
