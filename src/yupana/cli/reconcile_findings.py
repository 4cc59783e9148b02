"""What a reconciliation finds about its evidence, as text: conflict, sources left out, which datum next."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING

import typer

from yupana.cli.common import WIDTH, print_table

if TYPE_CHECKING:
    from yupana.evidence.reconcile.findings import Conflict, Findings

_NEXT_SHOWN = 6
_SHIFT_SHOWN = 0.05
"""Shifts below this many standard deviations are not worth a line."""
_SMALL = 0.05
"""Chance below which supply and demand are said to conflict."""


def print_findings(found: Findings) -> None:
    """Print findings, a section each; `--json` holds all of them."""
    _print_conflict(found)
    _print_sources(found)
    _print_next(found)


def _print_conflict(found: Findings) -> None:
    from yupana.evidence.rounding import interval_text

    name, last = found.totals[0], found.conflict[-1]
    if not (last.supply_rows or last.demand_rows):
        return
    typer.echo("")
    rows = []
    for item in found.conflict:
        sides = [
            "says nothing" if side is None else interval_text(side[1], side[0], side[2]).replace(" to ", "-")
            for side in (item.supply, item.demand)
        ]
        p_value = "none" if item.p_value is None else f"{item.p_value:.2g}"
        rows.append((str(item.year), *sides, p_value, _verdict(item)))
    title = f"Supply against demand: {name}, {last.unit}"
    headers = ("year", "by supply", "by demand", "p", "")
    print_table(headers, rows, title, numeric=headers[1:4], whole=headers)
    _say(
        f"by supply: priors and {_rows(last.supply_rows)} on what makes it. by demand: "
        f"{_rows(last.demand_rows)} on what becomes of it, alone. p: chance of so large a difference if both "
        "saw the same quantity."
    )


def _verdict(item: Conflict) -> str:
    if item.p_value is None:
        return "only one side speaks"
    return "CONFLICT" if item.p_value < _SMALL else "no conflict shown"


def _rows(rows: tuple[str, ...]) -> str:
    return f"{len(rows)} row" if len(rows) == 1 else f"{len(rows)} rows"


def _print_sources(found: Findings) -> None:
    from yupana.evidence.rounding import significant

    shown = [
        item
        for item in found.without_source
        if max(abs(shift) for shift in item.shift.values()) >= _SHIFT_SHOWN
    ]
    if not found.without_source:
        return
    typer.echo("")
    headers = ("without", "rows", *(f"{name}, {found.units[name]}" for name in found.totals))
    rows = [
        (
            _source(item.source),
            str(len(item.rows)),
            *(
                f"{significant(item.median[name])} ({item.shift[name]:+.1f} sd)".replace("-", "−")
                for name in found.totals
            ),
        )
        for item in shown
    ]
    title = f"Each source left out, {found.year}: median, and how far it moved"
    if rows:
        print_table(headers, rows, title, numeric=headers[1:], whole=headers[1:])
    rest = len(found.without_source) - len(shown)
    if rest:
        _say(f"{rest} {'source moves' if rest == 1 else 'sources move'} no total by {_SHIFT_SHOWN:g} sd.")


def _source(source: str) -> str:
    """Return a source as people know it."""
    return source.upper() if source in ("un", "us") else source


def _print_next(found: Findings) -> None:
    if not found.next:
        return
    typer.echo("")
    headers = ("one more figure on", "from", "error", *found.totals)
    rows = [
        (
            item.measures,
            _source(item.source),
            f"{100 * item.error:.0f}%",
            *(f"{100 * item.reduction[name]:.0f}%" for name in found.totals),
        )
        for item in found.next[:_NEXT_SHOWN]
    ]
    title = f"Which figure next, {found.year}: share of a total's variance that it is expected to remove"
    print_table(headers, rows, title, numeric=headers[2:], whole=headers)
    _say(
        "error: the median of the ledger's own rows of that kind; of a source of its own, with its unknown "
        f"bias. {len(found.next)} kinds were weighed; --json lists all."
    )


def _say(text: str) -> None:
    typer.echo(textwrap.fill(text, WIDTH, subsequent_indent="  "))
