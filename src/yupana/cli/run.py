"""`yupana run`: draws x scenarios, written to a folder."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING, Annotated, Any

import typer

from yupana.cli.common import Interrupted, notice, print_json, print_table, progress
from yupana.core.settings import DEFAULT_PACK, default

if TYPE_CHECKING:
    from yupana.results import Result


def command(
    pack: Annotated[str, typer.Argument(help="Name of a pack, or its folder.")] = DEFAULT_PACK,
    scenario: Annotated[
        list[str] | None, typer.Option(help="Name of a scenario or a scenario file; repeat for more.")
    ] = None,
    draws: Annotated[int | None, typer.Option(help=f"Number of draws. [default: {default('draws')}]")] = None,
    seed: Annotated[
        int | None, typer.Option(help=f"Seed of all random numbers. [default: {default('seed')}]")
    ] = None,
    start: Annotated[int | None, typer.Option(help="First year. [default: the pack's]")] = None,
    end: Annotated[int | None, typer.Option(help="Last year. [default: the pack's]")] = None,
    out: Annotated[str | None, typer.Option(help="Folder of the run. [default: yupana-runs/ID]")] = None,
    resume: Annotated[bool, typer.Option("--resume", help="Finish a run that was stopped.")] = False,
    prior: Annotated[
        bool, typer.Option("--prior", help="Draw from the priors, not from the fit that comes with the pack.")
    ] = False,
    posterior: Annotated[
        str | None,
        typer.Option(help="Folder or id of a fit: draw from it. [default: the pack's, else the priors]"),
    ] = None,
    allow_failed: Annotated[
        bool, typer.Option("--allow-failed", help="Use a fit that failed a gate; every output says so.")
    ] = False,
    monthly: Annotated[bool, typer.Option("--monthly", help="Keep months beside years.")] = False,
    threads: Annotated[
        int | None, typer.Option(help=f"Chunks computed at once. [default: {default('threads')}]")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Run a country's model: draws x scenarios, written to a folder.

    A scenario that ends in .yaml or .yml, or holds a separator, is a file. The default folder is named by
    the run's id; the same run is never computed twice there.
    """
    import yupana

    asked: dict[str, Any] = {
        "draws": draws, "seed": seed, "start": start, "end": end, "out": out, "threads": threads,
        "posterior": posterior,
    }  # fmt: skip
    try:
        study = yupana.load(pack)
        with progress("chunks") as on_chunk:
            result = study.run(
                scenarios=scenario or None,
                resume=resume,
                monthly=monthly,
                allow_failed=allow_failed,
                prior=prior,
                on_chunk=on_chunk,
                **asked,
            )
    except KeyboardInterrupt:
        flags = {
            "prior": prior, "monthly": monthly, "allow-failed": allow_failed, "json": as_json, "resume": True
        }  # fmt: skip
        raise Interrupted(_same_command(pack, scenario or [], asked, flags)) from None
    _tell(result)
    if as_json:
        from yupana.results.summary import summary_json

        print_json(summary_json(result))
    else:
        _print_summary(result)


def _same_command(pack: str, scenarios: list[str], options: dict[str, Any], flags: dict[str, bool]) -> str:
    """The command line that says what was asked."""
    words = ["yupana", "run", pack]
    for name in scenarios:
        words += ["--scenario", name]
    for name, value in options.items():
        words += [] if value is None else [f"--{name}", str(value)]
    return shlex.join([*words, *(f"--{name}" for name, given in flags.items() if given)])


def _tell(result: Result) -> None:
    """Say what was not computed anew, and what had to be."""
    manifest = result.manifest
    total = manifest.computed + manifest.reused
    if manifest.repaired:
        notice(f"yupana: {_count(manifest.repaired, 'damaged chunk')} computed again in {result.folder}")
    if manifest.reused:
        notice(f"yupana: {manifest.reused} of {_count(total, 'chunk')} were finished before and used again")


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def _print_summary(result: Result) -> None:
    from yupana.report.run_tables import about_lines, summary_tables

    for line in about_lines(result):
        typer.echo(line)
    for table in summary_tables(result):
        typer.echo()
        print_table(table.headers, table.rows, table.title, table.numeric, whole=table.headers[:-1])
    folder = shlex.quote(str(result.folder))
    typer.echo(f"\nRun {result.id} in {result.folder}")
    typer.echo("Next:")
    typer.echo(f'  yupana show {folder} "coca_area[zone]" --years {result.years[0]},{result.years[-1]}')
    typer.echo(f"  yupana plot {folder} --out pictures")
    typer.echo(f"  yupana audit {folder}")
