"""Why two published figures for one thing differ, as far as the pack or the rows themselves tell."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from functools import lru_cache
from typing import TYPE_CHECKING

from yupana.core.units import factor
from yupana.evidence.rows import first_day, last_day

if TYPE_CHECKING:
    from yupana.evidence.pack import Pack
    from yupana.evidence.rows import Measurement
    from yupana.evidence.schema_disputes import Dispute

#: words in a note that hint at a reason; a hint is printed as such
_NOTE_SIGNS: tuple[tuple[str, re.Pattern[str]], ...] = (
    ("method", re.compile(r"\bbreak\b|\bmethod|back-cast|modelled|new survey|survey basis", re.I)),
    ("vintage", re.compile(r"\brevis|first release|first published|early figure|release of", re.I)),
    ("purity", re.compile(r"\bpurity|as seized|as weighed", re.I)),
    ("fiscal year", re.compile(r"fiscal year|financial year", re.I)),
    ("definition", re.compile(r"\bcounts\b|exclud|\bincl|\bscope\b|\bpartial\b|all drugs", re.I)),
)


@lru_cache(maxsize=4096)
def days_of(start: str, end: str) -> tuple[int, int]:
    """First day and the day after the last, counted from a fixed day."""
    return first_day(start).toordinal(), last_day(end).toordinal() + 1


def find_reason(
    pack: Pack, first: Measurement, second: Measurement, entry: Dispute | None
) -> tuple[str, str, str, str]:
    """Reason, where it is known from, words and source.

    The pack's entry comes first, then what the columns of the rows show, then a hint in a note.
    """
    if entry is not None:
        return entry.reason, "pack", entry.words, entry.source
    for reason, words in _from_rows(pack, first, second):
        return reason, "rows", words, ""
    for reason, sign in _NOTE_SIGNS:
        for row in (first, second):
            if sign.search(row.note):
                return reason, "note", f"the note of {row.id} speaks of it", ""
    return "unknown", "nothing", "neither the rows nor the pack say why", ""


def _from_rows(pack: Pack, first: Measurement, second: Measurement) -> Iterator[tuple[str, str]]:
    """Reasons that the columns of the rows give, the most telling first."""
    if first.quantity != second.quantity:
        names = " and ".join(pack.quantities[row.quantity].name for row in (first, second))
        yield "definition", f"two quantities: {names}"
    if first.account != second.account:
        yield "definition", f"account: {first.account or 'none'} and {second.account or 'none'}"
    words = (set(first.basis.split("+")) - {""}, set(second.basis.split("+")) - {""})
    if words[0] != words[1]:
        pure = {"pure", "bulk"} & (words[0] ^ words[1])
        yield (
            "purity" if pure else "basis",
            f"basis: {first.basis or 'none'} and {second.basis or 'none'}",
        )
    if (first.start, first.end) != (second.start, second.end):
        reason = "fiscal year" if _both_years(first, second) else "definition"
        yield reason, f"periods: {first.period} and {second.period}"
    mine, theirs = pack.ledger.ancestors(first.id), pack.ledger.ancestors(second.id)
    if first.id in theirs or second.id in mine:
        yield "parentage", "one is computed from the other"
    elif mine & theirs:
        yield "parentage", f"both are computed from {min(mine & theirs)}"
    else:
        yield from _from_parents(pack, first, second)
    if _one_publisher(pack, first, second):
        older, newer = sorted((first, second), key=pack.ledger.vintage)
        yield "vintage", f"published in {pack.ledger.vintage(older)}, then in {pack.ledger.vintage(newer)}"


def _from_parents(pack: Pack, first: Measurement, second: Measurement) -> Iterator[tuple[str, str]]:
    """What the two are computed from, where it differs the same way and by half as much or more."""
    apart = math.log((second.number or 1.0) * factor(second.unit, first.unit) / (first.number or 1.0))
    for one in (pack.ledger.by_id.get(row) for row in first.derived_from):
        for other in (pack.ledger.by_id.get(row) for row in second.derived_from):
            if one is None or other is None or one.quantity != other.quantity or one.unit != other.unit:
                continue
            if (one.number or 0.0) > 0 and math.log((other.number or 1.0) / (one.number or 1.0)) >= apart / 2:
                yield "parentage", f"what they are computed from differs too: {one.id} and {other.id}"


def _both_years(first: Measurement, second: Measurement) -> bool:
    lengths = [end - start for start, end in (days_of(r.start, r.end) for r in (first, second))]
    return all(360 <= length <= 370 for length in lengths)


def _one_publisher(pack: Pack, first: Measurement, second: Measurement) -> bool:
    """Whether one institution gave both figures, at different times."""
    kinds = {pack.ledger.publisher_kind(row) for row in (first, second)}
    names = {pack.sources[row.source].publisher for row in (first, second)}
    same = (len(kinds) == 1 and kinds <= {"un", "us"}) or len(names) == 1
    return same and pack.ledger.vintage(first) != pack.ledger.vintage(second)
