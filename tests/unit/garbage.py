"""Garbage in place of everything a pack holds about years after a given one: what a fit must not see."""

from __future__ import annotations

import csv
from collections.abc import Callable
from pathlib import Path

from yupana.evidence import load_pack

Change = Callable[[dict[str, str]], bool]
"""Changes a row of a CSV file in place, and says whether it did."""


def edit(path: Path, change: Change) -> int:
    """Rewrite a CSV file with `change` applied to every row, and return how many it changed."""
    with path.open(encoding="utf-8", newline="") as file:
        reader = csv.DictReader(file)
        names, rows = list(reader.fieldnames or ()), list(reader)
    changed = sum(change(row) for row in rows)
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, names, lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
    return changed


def spoil(root: Path, after: int, before: bool = False) -> dict[str, int]:
    """Put garbage into what is dated after the year `after`, or with `before` into the rest.

    Rows of the ledger by the last year they speak of, drivers by the year in which a value became known, and
    sources that none but such rows and no prior cites. Returns how many rows of each were spoilt.
    """
    ledger = load_pack(root).ledger
    late = {row.id for row in ledger if (row.years[1] <= after) == before}
    kept = {row.source for row in ledger if row.id not in late}

    def measurement(row: dict[str, str]) -> bool:
        if row["id"] not in late:
            return False
        for column in ("value", "low", "high"):
            try:
                row[column] = repr(_wrong(float(row[column]), row["unit"]))
            except ValueError:
                continue  # words, or nothing
        return True

    def driver(row: dict[str, str]) -> bool:
        if (int(row["known"] or row["year"]) <= after) != before:
            return False
        row["value"] = repr(_wrong(float(row["value"]), row["unit"]))
        return True

    def source(row: dict[str, str]) -> bool:
        if not row["year"] or (int(row["year"]) <= after) != before or row["id"] in kept:
            return False
        row["publisher"], row["kind"] = "nobody", "press"
        return True

    files = dict.fromkeys((root / "evidence").glob("*.csv"), measurement)
    return {
        "rows": sum(edit(path, change) for path, change in files.items()),
        "drivers": sum(edit(path, driver) for path in (root / "drivers").glob("*.csv")),
        "sources": edit(root / "sources.csv", source),
    }


def _wrong(value: float, unit: str) -> float:
    """A value far from the recorded one that the pack still accepts: shares stay shares, counts whole."""
    return (0.5 if unit in ("percent", "share") else 7.0) * value
