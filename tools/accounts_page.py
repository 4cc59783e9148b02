"""Write the tables of the page on illicit-flow accounts.

    .venv/bin/python tools/accounts_page.py            print them
    .venv/bin/python tools/accounts_page.py --write    write them into the page (a few seconds)
    .venv/bin/python tools/accounts_page.py --check    say whether the page's tables are those of today

`--check` compares names, marks and middles; middles may move by a tenth of the interval's width, for
figures are rounded to what their interval supports.
"""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Sequence
from functools import cache
from pathlib import Path

from reference import code, load_pack, table

from yupana.evidence.accounts.building import build_accounts
from yupana.evidence.accounts.result import PARTS, Accounts, Line
from yupana.evidence.reconcile.solve import ANCHORS, reconcile
from yupana.evidence.rounding import round_to_interval

PAGE = Path(__file__).resolve().parent.parent / "docs/explanation/illicit-flow-accounts.md"
YEAR = 2012
SECTIONS = ("accounts", "silent", "anchors")
COMPARED = (
    "leaf_farm",
    "product_border",
    "inward",
    "passed_on",
    "foreign_at_home",
    "added_abroad",
    "sales_summed",
)
"""Lines shown under every anchor."""

HEAD = ("line", "stage", "whose", "5 %", "50 %", "95 %", "contraction", "prior")


@cache
def accounts(anchor: str = "agnostic") -> Accounts:
    """Accounts of the year under an anchor."""
    pack = load_pack()
    return build_accounts(pack, reconcile(pack, YEAR, anchor), YEAR)


def figures(line: Line) -> tuple[str, str, str]:
    """The three quantiles as text, as fine as the interval supports."""
    low, middle, high = line.q05 or 0.0, line.q50 or 0.0, line.q95 or 0.0
    return (
        round_to_interval(low, low, high),
        round_to_interval(middle, low, high),
        round_to_interval(high, low, high),
    )


def known() -> str:
    """Every line with evidence, section by section."""
    found = accounts()
    parts = []
    for part, title in PARTS.items():
        lines = [line for line in found.lines if line.part == part and line.known]
        if not lines:
            parts.append(f"**{title}**: no line has evidence for {YEAR}.")
            continue
        rows = [
            (
                line.name if line.unit.startswith("million") else f"{line.name} ({line.unit})",
                line.stage,
                line.who,
                *figures(line),
                "" if line.contraction is None else f"{line.contraction:.2f}",
                "; ".join(line.marks),
            )
            for line in lines
        ]
        parts.append(f"**{title}**\n\n{table(HEAD, rows)}")
    head = f"{found.money}; `yupana evidence accounts --year {YEAR}`, anchor {found.anchor}, {found.solver}."
    return "\n\n".join([head, *parts])


def why(line: Line) -> str:
    """Why a line has no figure; what it would have to answer stands in the page's own table."""
    return line.note.split(". ")[0]


def silent() -> str:
    """Every line without evidence, and why."""
    rows = [(PARTS[line.part], line.name, why(line)) for line in accounts().lines if not line.known]
    return table(("section", "line", "why there is no figure"), rows)


def anchors() -> str:
    """The main lines under every anchor."""
    rows = [
        (accounts()[name].name, *(" to ".join(figures(accounts(a)[name])[::2]) for a in ANCHORS))
        for name in COMPARED
    ]
    text = f"5 to 95 percent, {accounts().money}."
    return f"{text}\n\n{table(('line', *(code(a) for a in ANCHORS)), rows)}"


WRITERS = {"accounts": known, "silent": silent, "anchors": anchors}


def mark(section: str) -> tuple[str, str]:
    """Marks around a section."""
    return f"<!-- {section}: written by tools/accounts_page.py -->", f"<!-- end of {section} -->"


def inside(text: str, section: str) -> str:
    """What stands between the marks of a section."""
    begin, end = mark(section)
    if text.count(begin) != 1 or text.count(end) != 1:
        raise SystemExit(f"{PAGE.name}: the marks of {section} must stand there once each")
    return text.split(begin)[1].split(end)[0]


def cells(text: str) -> dict[str, list[str]]:
    """Rows of all tables of a text by their first cell; the first of a name counts."""
    found: dict[str, list[str]] = {}
    for row in re.findall(r"^\| (.+) \|$", text, re.M):
        parts = [part.strip() for part in row.split(" | ")]
        found.setdefault(parts[0], parts)
    return found


def number(text: str) -> float:
    """A printed figure."""
    return float(text.replace(",", ""))


def stale(text: str) -> list[str]:
    """Lines of the page that are missing, say something else, or have moved."""
    printed = cells(inside(text, "accounts"))
    said = inside(text, "silent")
    found = []
    for line in accounts().lines:
        name = line.name if line.unit.startswith("million") else f"{line.name} ({line.unit})"
        if not line.known:
            if f"| {line.name} | {why(line)} |" not in said:
                found.append(f"silent: {line.name}")
            continue
        row = printed.get(name)
        if row is None:
            found.append(f"accounts: no row of {name}")
        elif row[7] != "; ".join(line.marks):
            found.append(f"accounts: marks of {name}")
        else:
            width = (line.q95 or 0.0) - (line.q05 or 0.0)
            if abs(number(row[4]) - (line.q50 or 0.0)) > 0.1 * width:
                found.append(f"accounts: {name} is {row[4]} on the page and {line.q50:.4g} now")
    missing = [name for name in COMPARED if accounts()[name].name not in cells(inside(text, "anchors"))]
    return found + [f"anchors: no row of {name}" for name in missing]


def main(words: Sequence[str]) -> int:
    """Print, write or check."""
    parser = argparse.ArgumentParser(description="tables of the page on illicit-flow accounts")
    parser.add_argument("--write", action="store_true")
    parser.add_argument("--check", action="store_true")
    options = parser.parse_args(words)
    text = PAGE.read_text(encoding="utf-8")
    if options.check:
        problems = stale(text)
        print("\n".join(problems) or "the tables are those of today")
        return int(bool(problems))
    for section, writer in WRITERS.items():
        body = f"\n\n{writer()}\n\n"
        if options.write:
            begin, end = mark(section)
            text = text.replace(f"{begin}{inside(text, section)}{end}", f"{begin}{body}{end}")
        else:
            print(body)
    if options.write:
        PAGE.write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
