"""Write the tables of parameters at the foot of the pages on mechanisms, from the model and the pack.

    .venv/bin/python tools/mechanisms.py           write them
    .venv/bin/python tools/mechanisms.py --check   name pages that are out of date, and fail if there are any
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from functools import cache
from pathlib import Path

from reference import code, load_pack, table

PAGES = Path(__file__).resolve().parent.parent / "docs" / "explanation" / "mechanisms"
GROUPS = (
    "farming", "processing", "trade", "enforcement", "markets", "accounts",
    "corruption", "justice", "groups", "violence", "other-trades", "public",
)
NAMES = {"other-trades": ("sectors",), "violence": ("violence", "yardstick")}
"""Page -> mechanisms whose parameters stand on it, where that is not the one of its name."""
HEADING = "## Parameters\n\n<!-- Written by tools/mechanisms.py; do not edit below this line. -->\n"
NOTE = (
    "Quantiles, reasons and rows of evidence stand under [priors](../../reference/priors.md). The last "
    "column says how the shipped pack knows a parameter: *cited* from a row, *derived* from rows, or "
    "*judged*."
)


@cache
def pedigrees() -> dict[str, str]:
    """How the shipped pack knows each parameter; several words where its places differ."""
    from yupana.model import build_config
    from yupana.params import PriorSet

    pack = load_pack()
    known: dict[str, set[str]] = {}
    for row in PriorSet.from_pack(pack, build_config(pack).dims).table():
        known.setdefault(row["name"], set()).add(row["pedigree"])
    return {name: ", ".join(sorted(words)) for name, words in known.items()}


def section(group: str) -> str:
    """The heading and table of one mechanism's parameters."""
    from yupana.model import parameters

    rows = [
        (code(p.name), ", ".join(p.over).replace("_", " "), p.unit, p.meaning, pedigrees()[p.name])
        for name in NAMES.get(group, (group,))
        for p in getattr(parameters, name.upper())
    ]
    return f"{HEADING}\n{NOTE}\n\n{table(('parameter', 'by', 'unit', 'meaning', 'known'), rows)}\n"


def renewed(group: str) -> tuple[Path, str, str]:
    """Path of a page, its text, and its text with the table as it should be."""
    path = PAGES / f"{group}.md"
    text = path.read_text(encoding="utf-8")
    return path, text, text.split("## Parameters\n")[0].rstrip() + "\n\n" + section(group)


def main(words: Sequence[str]) -> int:
    """Write the pages that are out of date, or name them."""
    stale = []
    for group in GROUPS:
        path, old, new = renewed(group)
        if old != new:
            stale.append(path.name)
            if "--check" not in words:
                path.write_text(new, encoding="utf-8")
    if stale:
        print(("out of date: " if "--check" in words else "written: ") + ", ".join(stale))
    return int(bool(stale) and "--check" in words)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
