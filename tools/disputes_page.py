"""Write the table of disputes into its page, from the pack.

.venv/bin/python tools/disputes_page.py           write it
.venv/bin/python tools/disputes_page.py --check   fail if it is out of date
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from yupana.evidence import Pack
    from yupana.evidence.disputes import Group

PAGE = Path(__file__).resolve().parent.parent / "docs" / "explanation" / "disputes.md"
PACK = "peru"
BEGIN, END = "<!-- written by tools/disputes_page.py -->", "<!-- end of what is written -->"


def main(words: Sequence[str]) -> int:
    """Write the page, or with --check compare."""
    old = PAGE.read_text(encoding="utf-8")
    head, rest = old.split(BEGIN)
    new = f"{head}{BEGIN}\n{table()}{END}{rest.split(END)[1]}"
    if new == old:
        return 0
    if "--check" in words:
        print(f"out of date: {PAGE.name}; run tools/disputes_page.py")
        return 1
    PAGE.write_text(new, encoding="utf-8")
    print(f"written: {PAGE.name}")
    return 0


def table() -> str:
    """Largest pair of every quantity and place in dispute, and the reasons."""
    from yupana.evidence import load_pack
    from yupana.evidence.disputes import find_disputes

    pack = load_pack(PACK)
    found = find_disputes(pack)
    reasons = [pair.reason for pair in found.pairs]
    counts = ", ".join(
        f"{reasons.count(name)} {name}" for name in sorted(set(reasons), key=lambda r: -reasons.count(r))
    )
    lines = [
        "",
        f"Of {found.compared} pairs of figures for one thing in `{PACK}`, {len(found.pairs)} differ beyond "
        f"their errors: {counts}.",
        "The largest of each quantity and place:",
        "",
        "| what | when | figures | standard errors | why |",
        "|---|---|---|---|---|",
        *(_line(pack, group) for group in found.groups),
        "",
    ]
    return "\n".join(lines) + "\n"


def _line(pack: Pack, group: Group) -> str:
    from yupana.cli.common import format_number

    pair = group.pairs[0]
    first, second = pair.rows
    names = list(dict.fromkeys(pack.quantities[row.quantity].name for row in pair.rows))
    what = f"{' against '.join(names)}, {pack.places.name_of(group.place)}"
    when = " and ".join(dict.fromkeys((first.period, second.period)))
    figures = " and ".join(
        f"{format_number(row.number)} {row.unit} ({pack.ledger.publisher_kind(row)})" for row in pair.rows
    )
    more = f" ({len(group.pairs)} pairs)" if len(group.pairs) > 1 else ""
    label = {"note": f"perhaps {pair.reason}", "nothing": "unknown"}.get(pair.known_from, pair.reason)
    why = label if pair.known_from == "nothing" else f"{label}: {pair.words}"
    return f"| {what}{more} | {when} | {figures} | {pair.size:.1f} | {why} |"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
