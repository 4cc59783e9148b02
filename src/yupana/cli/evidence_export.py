"""`yupana evidence export`: facts and their sources as a sheet."""

from __future__ import annotations

from typing import Annotated

import typer

from yupana.cli.common import print_json
from yupana.cli.pack import open_pack
from yupana.core.errors import UsageError

_Text = str | None


def command(
    out: Annotated[str, typer.Argument(metavar="OUT.xlsx|csv", help="File to write; replaced if it exists.")],
    quantity: Annotated[_Text, typer.Option(help="Id of a quantity.")] = None,
    place: Annotated[_Text, typer.Option(help="Id of a place.")] = None,
    years: Annotated[
        _Text, typer.Option(metavar="YYYY[-YYYY]", help="Periods that overlap these years.")
    ] = None,
    source: Annotated[_Text, typer.Option(help="Id of a source.")] = None,
    by: Annotated[
        _Text, typer.Option(help="Kind of publisher: un, us, police, government, press, ...")
    ] = None,
    kind: Annotated[
        _Text, typer.Option(help="stock, flow, price, ratio, share, index, count or text.")
    ] = None,
    confidence: Annotated[_Text, typer.Option(help="high, medium or low.")] = None,
    basis: Annotated[_Text, typer.Option(help="Such as pure, bulk, nominal+bulk.")] = None,
    account: Annotated[_Text, typer.Option(help="Such as border_value, profit.")] = None,
    pack: Annotated[
        _Text,
        typer.Option("--pack", metavar="PACK", help="Name or folder of a pack; the default pack if none."),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object on standard output.")] = False,
) -> None:
    """Write facts, filtered, and their sources to a workbook or CSV that `evidence import` reads back.

    A CSV file holds the facts; their sources stand in NAME.sources.csv beside it.
    """
    from yupana.cli.evidence import filtered
    from yupana.evidence.sheets.exporting import export_sheet

    loaded = open_pack(pack)
    exact = {
        "quantity": quantity,
        "place": place,
        "source": source,
        "by": by,
        "kind": kind,
        "confidence": confidence,
        "basis": basis,
        "account": account,
    }
    rows = list(filtered(loaded, years, exact))
    if not rows:
        raise UsageError(
            "no row passes the filters", got="no row", expected="at least one row", fix="loosen them"
        )
    files = [str(path) for path in export_sheet(loaded, rows, out)]
    sources = len({row.source for row in rows})
    if as_json:
        print_json({"pack": loaded.id, "rows": len(rows), "sources": sources, "files": files})
        return
    for name in files:
        typer.echo(f"wrote {name}")
    typer.echo(f"{len(rows)} rows, {sources} sources")
