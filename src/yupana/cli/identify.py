"""`yupana identify`: how much of each headline output is prior, which data inform it, what would flip it."""

from __future__ import annotations

import textwrap
from typing import Annotated

import typer

from yupana.cli.common import WIDTH, is_terminal, notice, print_json, print_table
from yupana.core.errors import UsageError
from yupana.core.settings import default


def command(
    fit: Annotated[
        str | None,
        typer.Argument(metavar="[FIT]", help="Folder or id of a fit. [default: the one of the pack]"),
    ] = None,
    draws: Annotated[
        int | None, typer.Option("--draws", help="At most so many draws of the fit. [default: 1024]")
    ] = None,
    threshold: Annotated[
        list[str] | None,
        typer.Option(
            "--threshold", metavar="OUTPUT=VALUE", help="What would move it across; repeat for more."
        ),
    ] = None,
    pack: Annotated[
        str | None, typer.Option("--pack", metavar="PACK", help="Name or folder of the fit's pack.")
    ] = None,
    allow_failed: Annotated[
        bool, typer.Option("--allow-failed", help="Use a fit that failed a gate; the output then says so.")
    ] = False,
    threads: Annotated[
        int | None, typer.Option(help=f"Blocks computed at once. [default: {default('threads')}]")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Say of each headline output how much is prior, which data inform it, and what would flip it.

    Draws of the fit are run beside prior draws of the same seed up to the fit's last year.
    """
    from yupana.analysis.identification import identify, open_fit

    limits = dict(_threshold(word) for word in threshold or ())
    folder, study = open_fit(fit, pack, allow_failed)
    told = (lambda what: notice(f"yupana: {what}")) if is_terminal() else None
    found = identify(folder, study, draws, limits, threads, told)
    if as_json:
        print_json(found.to_json())
        return
    from yupana.report.identification_page import (
        identification_help,
        identification_lines,
        identification_tables,
    )

    for line in identification_lines(found):
        typer.echo(textwrap.fill(line, WIDTH))
    for table in identification_tables(found, wide=False):
        whole = (table.headers[0], *table.numeric)
        print_table(table.headers, table.rows, f"\n{table.title}", table.numeric, whole)
    typer.echo()
    for paragraph in identification_help(found):
        typer.echo(textwrap.fill(paragraph.replace("*", ""), WIDTH))


def _threshold(word: str) -> tuple[str, float]:
    name, _, value = word.rpartition("=")
    try:
        number = float(value)
        if name and number == number and abs(number) != float("inf"):
            return name, number
    except ValueError:
        pass
    raise UsageError(
        "a threshold is not understood", code="Y102", where="--threshold", got=word,
        expected="a variable and a number in its unit, such as cocaine_exports=200",
    )  # fmt: skip
