"""Lint of a pack: relations inside one source recomputed, slips of digits and separators flagged.

Three kinds of relation are checked: those that checks.yaml declares; a total against its parts, where one
source gives a figure for the country and for every zone; and area x yield = output, where a row is derived
from both or one source gives all three. Across sources nothing is compared: two agencies may disagree.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from statistics import median
from typing import Any

from yupana.core.errors import DataError
from yupana.core.units import factor
from yupana.evidence.lint import Slip, Suspect, check_relation, resolution, show
from yupana.evidence.pack import Pack
from yupana.evidence.rows import Measurement
from yupana.evidence.schema import Check

YIELD_TOLERANCE = 0.03  # relative; a national yield is itself rounded, or a mean over zones
SERIES_LEAST = 3  # other years that must agree before a row is said to be out by a thousand
SERIES_SPREAD = 0.35  # decades; how near to exactly a thousand times, and how alike the other years must be


@dataclass(frozen=True)
class Finding:
    """One thing that does not fit.

    Attributes
    ----------
    rule : declared, total, yield, thousands.
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
    found = [*_declared(pack), *_totals(pack), *_yields(pack), *_thousands(pack)]
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
