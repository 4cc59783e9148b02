"""`yupana evidence template`: a workbook to fill."""

from __future__ import annotations

from typing import Annotated

import typer

from yupana.cli.pack import open_pack


def command(
    out: Annotated[str, typer.Argument(metavar="OUT.xlsx", help="Workbook to write; a new file.")],
    pack: Annotated[
        str | None,
        typer.Option("--pack", metavar="PACK", help="Name or folder of a pack; the default pack if none."),
    ] = None,
) -> None:
    """Write an empty sheet of facts and sources, with what each column means and the values it may hold."""
    from yupana.evidence.sheets.exporting import write_template

    loaded = open_pack(pack)
    path = write_template(loaded, out)
    typer.echo(f"wrote {path}: fill the sheets facts and sources")
    typer.echo(f"check it with: yupana evidence import {path} --pack DIR --dry-run")
