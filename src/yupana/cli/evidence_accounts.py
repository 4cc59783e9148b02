"""`yupana evidence accounts`: what is earned at which stage, by whom, and what crosses the border."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING

import typer

from yupana.cli.common import WIDTH, is_terminal, print_json, print_table
from yupana.core.names import listing

if TYPE_CHECKING:
    from yupana.evidence.accounts.result import Accounts, Line


def command(
    pack: str = typer.Argument(
        None, metavar="[PACK]", help="Name or folder of a pack; the default pack if none."
    ),
    year: int = typer.Option(2012, "--year", help="Calendar year."),
    anchor: str = typer.Option(
        "agnostic", "--anchor", help="Whose level is trusted: agnostic, trust-un or trust-us."
    ),
    solver: str = typer.Option(
        "gauss-newton", "--solver", help="Of the masses: gauss-newton, linear or nuts."
    ),
    notes: bool = typer.Option(False, "--notes", help="Say of every line what it rests on and does not say."),
    as_json: bool = typer.Option(False, "--json", help="One JSON object on standard output."),
) -> None:
    """Illicit-flow accounts of a year: income by stage and residence, what crosses the border, gold."""
    from yupana.cli.pack import open_pack
    from yupana.evidence.accounts.building import build_accounts, declared_accounts
    from yupana.evidence.reconcile.solve import reconcile

    loaded = open_pack(pack)
    declared_accounts(loaded)
    found = build_accounts(loaded, reconcile(loaded, (year,), anchor, solver), year)
    if as_json:
        print_json(found.as_dict())
        return
    _print_accounts(found, notes)


def _print_accounts(accounts: Accounts, notes: bool) -> None:
    from yupana.evidence.accounts.result import PARTS

    typer.echo(
        f"{accounts.pack} {accounts.year}, {accounts.money}; anchor {accounts.anchor}, "
        f"solver {accounts.solver}; 5, 50 and 95 percent points"
    )
    for part, title in PARTS.items():
        lines = [line for line in accounts.lines if line.part == part]
        if not lines:
            continue
        typer.echo("")
        known = [line for line in lines if line.known]
        if known:
            print_table(
                ("line", "whose", "5%", "50%", "95%", "prior"),
                map(_cells, known),
                title,
                ("5%", "50%", "95%"),
            )
        else:
            typer.echo(title)
        for line in lines:
            if not line.known:
                _wrap(f"{line.name}: {line.note}")
        if notes:
            for line in known:
                _wrap(f"{line.name}: {_basis(line)}")
    typer.echo("")
    _wrap("prior: set by judgement or carried, not measured in the year. Rows and reasons: --notes, --json.")


def _cells(line: Line) -> tuple[str, ...]:
    from yupana.evidence.rounding import round_to_interval

    low, middle, high = line.q05 or 0.0, line.q50 or 0.0, line.q95 or 0.0
    figures = [round_to_interval(value, low, high) for value in (low, middle, high)]
    name = line.name if line.unit.startswith("million") else f"{line.name} ({line.unit})"
    return (name, line.who, *figures, "; ".join(line.marks))


def _basis(line: Line) -> str:
    parts = [line.note]
    if line.mass:
        parts.append(f"mass {listing(line.mass, 6)} (contraction {line.contraction:.2f})")
    if line.rows:
        parts.append(f"rows {listing(line.rows, 20)}")
    return "; ".join(filter(None, parts))


def _wrap(text: str) -> None:
    width = WIDTH if not is_terminal() else min(WIDTH, 100)
    typer.echo(textwrap.fill(text, width, initial_indent="  ", subsequent_indent="    "))
