"""`yupana export`: a run as one file for other tools."""

from __future__ import annotations

from typing import Annotated

import typer

from yupana.cli.common import notice


def command(
    run: Annotated[str, typer.Argument(help="Folder of a run, its id, or the beginning of its id.")],
    variable: Annotated[list[str] | None, typer.Argument(help="Variables. [default: all]")] = None,
    form: Annotated[str, typer.Option("--format", help="csv, parquet, netcdf, xlsx or zarr.")] = "csv",
    out: Annotated[
        str | None, typer.Option(help="File to write. [default: ID and the format's ending]")
    ] = None,
    scenario: Annotated[list[str] | None, typer.Option(help="Scenario of the run; repeat for more.")] = None,
    monthly: Annotated[bool, typer.Option("--monthly", help="Months; the run must hold them.")] = False,
    money: Annotated[str, typer.Option(help="real or nominal.")] = "real",
) -> None:
    """Write results as csv, parquet, netcdf, xlsx or zarr, with units and provenance.

    A spreadsheet holds quantiles, the other formats every draw.
    """
    from yupana.results import Result, find_run
    from yupana.results.export import ENDINGS, export_run

    result = Result.open(find_run(run))
    target = out or f"{result.id}{ENDINGS.get(form, '')}"
    for path in export_run(result, form, target, variable or (), scenario or (), monthly, money):
        notice(f"wrote {path}")
