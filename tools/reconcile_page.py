"""Write the tables of the page on reconciliation: a year under three anchors by three solvers, the gates.

    .venv/bin/python tools/reconcile_page.py            print them
    .venv/bin/python tools/reconcile_page.py --write    write them into the page (a minute or two)
    .venv/bin/python tools/reconcile_page.py --check    say whether the page has every section

Nothing here is a target. Where Gauss-Newton lies beyond ten percent of the sampler, the table says so.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from reference import code, load_pack, table

if TYPE_CHECKING:
    from yupana.evidence.reconcile.result import Estimate, Reconciliation

PAGE = Path(__file__).resolve().parent.parent / "docs/explanation/reconciliation.md"
YEAR = 2012
MAIN = ("cocaine_output", "cocaine_exports")
OTHERS = (
    "coca_area", "leaf_output", "conversion", "base_made", "hydrochloride_made", "seizures_home", "lost",
    "home_use", "exports[europe]", "exports[brazil]", "exports[southern_cone]", "exports[united_states]",
    "consumption[united_states]", "exports_corridor[sea_container]", "exports_corridor[air_bolivia]",
)  # fmt: skip
NEAR = 0.10
SECTIONS = ("solvers", "beside", "gates", "rows")

Found = Mapping[tuple[str, str], "Reconciliation"]


def marks(section: str) -> tuple[str, str]:
    """Marks around a section."""
    return f"<!-- {section}: written by tools/reconcile_page.py -->", f"<!-- end of {section} -->"


def solve_all() -> Found:
    """The reconciliation of the year by (anchor, solver)."""
    from yupana.evidence.reconcile.solve import ANCHORS, SOLVERS, reconcile

    pack = load_pack()
    return {(a, s): reconcile(pack, YEAR, a, s) for a in ANCHORS for s in SOLVERS}


def words(estimate: Estimate) -> str:
    """Median and interval, as fine as the interval supports."""
    from yupana.evidence.rounding import interval_text

    return interval_text(estimate.q50, estimate.q05, estimate.q95) + (", prior" if estimate.is_prior else "")


def solvers(found: Found) -> str:
    """Main totals under three anchors by three solvers, and how far Gauss-Newton lies from the sampler."""
    rows = []
    for name in MAIN:
        for anchor in dict.fromkeys(anchor for anchor, _ in found):
            by = {s: found[(anchor, s)].quantities[(name, YEAR)] for a, s in found if a == anchor}
            rows.append(
                (
                    code(name),
                    anchor,
                    *(words(one) for one in by.values()),
                    _apart(by["gauss-newton"], by["nuts"]),
                )
            )
    head = ("total, t", "anchor", "linear", "Gauss-Newton", "NUTS", "Gauss-Newton over NUTS: 5, 50, 95 %")
    worst = max(_worst(found, name) for name in MAIN)
    verdict = "at most" if worst <= NEAR else "**more than ten percent:**"
    text = f"Of these totals Gauss-Newton differs from the sampler by {verdict} {worst:.1%} at any point."
    return f"{table(head, rows)}\n\n{text}"


def _apart(one: Estimate, other: Estimate) -> str:
    shifts = (one.q05 / other.q05 - 1, one.q50 / other.q50 - 1, one.q95 / other.q95 - 1)
    return ", ".join(f"{shift:+.1%}" for shift in shifts)


def _worst(found: Found, name: str) -> float:
    worst = 0.0
    for anchor, solver in found:
        if solver == "gauss-newton":
            one, other = (found[(anchor, s)].quantities[(name, YEAR)] for s in (solver, "nuts"))
            ends = ("q05", "q50", "q95")
            worst = max(worst, *(abs(getattr(one, end) / getattr(other, end) - 1) for end in ends))
    return worst


def beside(found: Found) -> str:
    """Other quantities, agnostic: sampler, Gauss-Newton and linear."""
    rows = []
    for name in OTHERS:
        by = {s: found[("agnostic", s)].quantities[(name, YEAR)] for s in ("linear", "gauss-newton", "nuts")}
        unit = by["nuts"].unit
        rows.append(
            (
                f"{code(name)}, {unit}",
                *(words(one) for one in by.values()),
                _apart(by["gauss-newton"], by["nuts"]),
            )
        )
    head = ("agnostic", "linear", "Gauss-Newton", "NUTS", "Gauss-Newton over NUTS: 5, 50, 95 %")
    far = [code(name) for name in (*MAIN, *OTHERS) if _worst(found, name) > NEAR]
    text = f"Farther apart than ten percent at some point, under some anchor: {', '.join(far) or 'none'}."
    return f"{table(head, rows)}\n\n{text}"


def gates(found: Found) -> str:
    """What the sampler must pass."""
    rows = [
        (anchor, gate, f"{value:.4g}", f"{limit:g}", "yes" if passed else "**no**")
        for (anchor, solver), one in found.items()
        if solver == "nuts"
        for gate, (value, limit, passed) in one.gates.items()
    ]
    return table(("anchor", "gate, worst of all quantities", "value", "limit", "passes"), rows)


def rows_used(found: Found) -> str:
    """Rows used and left out."""
    from yupana.evidence.rounding import significant

    one = found[("agnostic", "gauss-newton")]
    used = [
        (code(datum.row), code(datum.name), significant(datum.value, 3), significant(datum.fitted, 3),
         f"{datum.z:+.1f}" + (" flagged" if datum.flagged else ""))
        for datum in one.data
    ]  # fmt: skip
    left = [(code(row), reason) for row, reason in one.left_out]
    text = f"Global test, agnostic: chi-square {one.chi2:.1f} on {one.degrees} degrees, p {one.p_value:.2g}."
    return "\n\n".join(
        [
            table(("row", "measures", "figure", "balance", "z"), used),
            text,
            table(("row left out", "why"), left),
        ]
    )


WRITERS = {"solvers": solvers, "beside": beside, "gates": gates, "rows": rows_used}


def main(arguments: Sequence[str]) -> int:
    """Print, write or check."""
    parser = argparse.ArgumentParser(description="tables of the page on reconciliation")
    parser.add_argument("--write", action="store_true", help="write them into the page")
    parser.add_argument("--check", action="store_true", help="look at the page only")
    asked = parser.parse_args(arguments)
    text = PAGE.read_text(encoding="utf-8")
    missing = [section for section in SECTIONS if any(mark not in text for mark in marks(section))]
    if missing or asked.check:
        print("missing: " + ", ".join(missing) if missing else "every section is there")
        return int(bool(missing))
    found = solve_all()
    for section, write in WRITERS.items():
        made = write(found)
        print(f"## {section}\n\n{made}\n", flush=True)
        begin, end = marks(section)
        before, _, rest = text.partition(begin)
        text = f"{before}{begin}\n\n{made}\n\n{end}{rest.partition(end)[2]}"
    if asked.write:
        PAGE.write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
