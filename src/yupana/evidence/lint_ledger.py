"""Lint of a pack: relations inside one source recomputed, slips of digits and separators flagged.

Three kinds of relation are checked: those that checks.yaml declares; a total against its parts, where one
source gives a figure for the country and for every zone; and area x yield = output, where a row is derived
from both or one source gives all three. Two rules look for a separator read wrong: a figure a thousand times
off that would add up with two others of its source, and one a thousand times off its own series. Across
sources nothing else is compared: two agencies may disagree.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import combinations
from statistics import median
from typing import Any

from yupana.core.errors import DataError
from yupana.core.units import factor
from yupana.evidence.ledger import ADDABLE
from yupana.evidence.lint import Slip, Suspect, check_relation, resolution, show
from yupana.evidence.pack import Pack
from yupana.evidence.rows import Measurement
from yupana.evidence.schema import Check

YIELD_TOLERANCE = 0.03  # relative; a national yield is itself rounded, or a mean over zones
TELLING_DIGITS = 4  # a figure with fewer may add up with two others by chance
SERIES_LEAST = 3  # other years that must agree before a row is said to be out by a thousand
SERIES_SPREAD = 0.35  # decades; how near to exactly a thousand times, and how alike the other years must be


@dataclass(frozen=True)
class Finding:
    """One thing that does not fit.

    Attributes
    ----------
    rule : declared, total, yield, separator, thousands.
    rows : ids of the rows concerned, the outcome first.
    source : id of the source of the first row.
    message : in words.
    suspects : (row id, what is printed, what was probably meant, kind of slip).
    certain : whether rounding cannot explain it.
    acknowledged : what the pack says of it, where it knows.
    """

    rule: str
    rows: tuple[str, ...]
    source: str
    message: str
    suspects: tuple[tuple[str, float, float, str], ...] = ()
    certain: bool = True
    acknowledged: str = ""

    def as_dict(self) -> dict[str, Any]:
        """Plain data."""
        suspects = [
            {"row": row, "printed": printed, "meant": meant, "slip": slip}
            for row, printed, meant, slip in self.suspects
        ]
        return {
            "rule": self.rule,
            "rows": list(self.rows),
            "source": self.source,
            "message": self.message,
            "suspects": suspects,
            "certain": self.certain,
            "acknowledged": self.acknowledged,
        }


def lint_pack(pack: Pack) -> list[Finding]:
    """Everything in a pack's ledger that does not fit, declared relations first."""
    found = [*_declared(pack), *_totals(pack), *_yields(pack), *_separators(pack), *_thousands(pack)]
    unique: dict[frozenset[str], Finding] = {}
    for finding in found:
        unique.setdefault(frozenset(finding.rows), finding)
    return list(unique.values())


def _finding(rule: str, result: Measurement, parts: Iterable[Measurement], slip: Slip, note: str) -> Finding:
    rows = (result, *parts)
    return Finding(
        rule=rule,
        rows=tuple(row.id for row in rows),
        source=result.source,
        message=f"{result.quantity}, {result.place}, {result.period}: {slip.message}",
        suspects=tuple(_suspect(suspect, rows) for suspect in slip.suspects),
        certain=slip.certain,
        acknowledged=note,
    )


def _suspect(suspect: Suspect, rows: tuple[Measurement, ...]) -> tuple[str, float, float, str]:
    index = int(suspect.role.removeprefix("term ")) if suspect.role.startswith("term ") else 0
    return (rows[index].id, suspect.printed, suspect.meant, suspect.slip)


def _declared(pack: Pack) -> Iterator[Finding]:
    for check in pack.checks:
        if not all(row in pack.ledger for row in (check.result, *check.parts)):
            continue  # truncated by `until`
        result, parts = pack.ledger[check.result], [pack.ledger[row] for row in check.parts]
        numbers = [_in_unit(check, row, parts[0]) for row in parts]
        if result.number is None or any(number is None for number in numbers):
            continue
        slip = check_relation(
            check.relation,
            [number for number in numbers if number is not None],
            result.number,
            factor=check.factor,
            plus=check.plus,
            tolerance=check.tolerance,
        )
        if slip is not None:
            yield _finding("declared", result, parts, slip, check.note)


def _in_unit(check: Check, row: Measurement, first: Measurement) -> float | None:
    """Figures that are added must be in one unit; those that are multiplied keep their own."""
    if row.number is None or check.relation in ("product", "ratio"):
        return row.number
    return row.number * factor(row.unit, first.unit)


def _groups(pack: Pack) -> dict[tuple[object, ...], list[Measurement]]:
    """Rows with numbers by source, vintage and period."""
    groups: dict[tuple[object, ...], list[Measurement]] = defaultdict(list)
    for row in pack.ledger:
        if row.number is not None:
            groups[(row.source, pack.ledger.vintage(row), row.start, row.end)].append(row)
    return groups


def _totals(pack: Pack) -> Iterator[Finding]:
    """A figure for the country against those of all its zones, or all its departments."""
    zones = frozenset(zone.id for zone in pack.places.zones)
    departments = frozenset(department.id for department in pack.places.departments)
    for rows in _groups(pack).values():
        alike: dict[tuple[object, ...], dict[str, Measurement]] = defaultdict(dict)
        for row in rows:
            alike[(row.quantity, row.basis, row.account, row.unit)].setdefault(row.place, row)
        for by_place in alike.values():
            total = by_place.get(pack.home)
            if total is None or total.kind not in ("stock", "flow", "count"):
                continue
            for family in (zones, departments):
                parts = [by_place[place] for place in sorted(family & set(by_place))]
                if not _declared_wider(pack, total, parts):
                    yield from _total(total, parts, family)


def _declared_wider(pack: Pack, total: Measurement, parts: list[Measurement]) -> bool:
    """Whether the pack declares the sum with more parts: a survey may cover places that the model has not."""
    mine = {part.id for part in parts}
    return any(
        check.result == total.id and check.relation == "sum" and mine < set(check.parts)
        for check in pack.checks
    )


def _total(total: Measurement, parts: list[Measurement], family: frozenset[str]) -> Iterator[Finding]:
    if len(parts) < 2 or total.number is None:
        return
    numbers = [part.number for part in parts if part.number is not None]
    slip = check_relation("sum", numbers, total.number)
    # Some parts only: their sum may fall short of the total, but never exceed it.
    excess = sum(numbers) - total.number
    allowed = sum(resolution(number) / 2 for number in (*numbers, total.number))
    if slip is not None and (len(parts) == len(family) or excess > allowed):
        yield _finding("total", total, parts, slip, "")


def _yields(pack: Pack) -> Iterator[Finding]:
    """Area x yield = output, where the row says that it is derived so or one source gives all three."""
    for rows in _groups(pack).values():
        outputs = [row for row in rows if row.kind == "flow" and _converts(row.unit, "t")]
        for output in outputs:
            for area, crop_yield in _factors(pack, output, rows):
                per_hectare = (
                    factor(crop_yield.unit, "t/ha") * factor(area.unit, "ha") * factor("t", output.unit)
                )
                slip = check_relation(
                    "product",
                    [area.number or 0.0, crop_yield.number or 0.0],
                    output.number or 0.0,
                    factor=per_hectare,
                    tolerance=YIELD_TOLERANCE,
                )
                if slip is not None:
                    yield _finding("yield", output, (area, crop_yield), slip, "")


def _factors(
    pack: Pack, output: Measurement, rows: list[Measurement]
) -> Iterator[tuple[Measurement, Measurement]]:
    parents = [pack.ledger[row] for row in output.derived_from if row in pack.ledger]
    for family, declared in ((parents, True), (rows, False)):
        areas = [row for row in family if row.kind == "stock" and _converts(row.unit, "ha")]
        yields = [row for row in family if row.kind == "ratio" and _converts(row.unit, "kg/ha")]
        areas = [row for row in areas if row.place == output.place and row.number]
        yields = [
            row for row in yields if row.place == output.place and row.basis == output.basis and row.number
        ]
        if len(areas) == 1 and len(yields) == 1 and (declared or output.basis):
            yield areas[0], yields[0]
            return


def _converts(unit: str, target: str) -> bool:
    try:
        factor(unit, target)
    except DataError:
        return False
    return True


def _separators(pack: Pack) -> Iterator[Finding]:
    """A figure a thousand times off that would make a sum with two others of its source and period.

    One report prints 12.024 tonnes for twelve tonnes and 24 kilograms; a reader who takes the dot for a
    thousands separator enters twelve thousand. Beside 28,976 kg and 41,000 kg only the first adds up.
    """
    for rows in _groups(pack).values():
        masses = [row for row in rows if row.kind in ADDABLE and row.number]
        for unit in sorted({row.unit for row in masses}):
            alike = [
                (row, (row.number or 0.0) * factor(row.unit, unit))
                for row in masses
                if _converts(row.unit, unit)
            ]
            if alike and alike[0][0].unit == unit:
                yield from _separators_in(alike, unit)


def _separators_in(alike: list[tuple[Measurement, float]], unit: str) -> Iterator[Finding]:
    for row, value in alike:
        others = [(other, number) for other, number in alike if other.id != row.id]
        if _telling(value) < TELLING_DIGITS or _sum_with(value, others) is not None:
            continue
        for meant in (value / 1000.0, value * 1000.0):
            pair = _sum_with(meant, others)
            if pair is not None:
                first, second = pair
                beside = " and ".join(f"{show(each.number or 0.0)} {each.unit}" for each in pair)
                yield Finding(
                    rule="separator",
                    rows=(row.id, first.id, second.id),
                    source=row.source,
                    message=(
                        f"{row.quantity}, {row.place}, {row.period}: {show(value)} {unit} adds up with "
                        f"{beside} as {show(meant)} {unit}"
                    ),
                    suspects=((row.id, value, meant, "misread thousands separator"),),
                )


def _telling(value: float) -> int:
    """Digits of a figure without the zeros at its ends."""
    return len(f"{value:.12g}".replace(".", "").split("e")[0].strip("0"))


def _sum_with(
    value: float, others: list[tuple[Measurement, float]]
) -> tuple[Measurement, Measurement] | None:
    """Two other figures that make a sum or a difference with this one, to its last digit."""
    near = 0.5 * min(1.0, resolution(value))
    for (first, a), (second, b) in combinations(others, 2):
        if min(abs(a + b - value), abs(abs(a - b) - value)) <= near:
            return first, second
    return None


def _thousands(pack: Pack) -> Iterator[Finding]:
    """A row a thousand times larger or smaller than the other years of its series, which agree."""
    series: dict[tuple[object, ...], list[Measurement]] = defaultdict(list)
    for row in pack.ledger:
        if row.number is not None and row.number > 0 and row.kind != "index":
            key = (row.quantity, row.place, row.basis, row.account, row.unit, row.end[:4] > row.start[:4])
            series[key].append(row)
    for rows in series.values():
        logs = {row.id: math.log10(row.number) for row in rows if row.number}
        for row in rows:
            others = [value for other, value in logs.items() if other != row.id]
            if len(others) < SERIES_LEAST or max(others) - min(others) > 2 * SERIES_SPREAD:
                continue
            decades = logs[row.id] - median(others)
            if abs(abs(decades) - 3.0) <= SERIES_SPREAD:
                meant = (row.number or 0.0) / 10 ** round(decades)
                yield Finding(
                    rule="thousands",
                    rows=(row.id,),
                    source=row.source,
                    message=(
                        f"{row.quantity}, {row.place}, {row.period}: {show(row.number or 0.0)} {row.unit} "
                        f"is a thousand times off the other years of its series"
                    ),
                    suspects=((row.id, row.number or 0.0, meant, "misread thousands separator"),),
                )
