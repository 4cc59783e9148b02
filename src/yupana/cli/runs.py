"""`yupana runs`: which runs there are, and deleting them."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from yupana.cli.common import notice, print_json, print_table, verb_group
from yupana.core.errors import UsageError

app = verb_group("List or delete runs.")


@app.command("list")
def list_command(
    folder: Annotated[
        list[str] | None, typer.Argument(help="Folders to look in. [default: yupana-runs]")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """List runs, newest first."""
    from yupana.ensemble.folder import DEFAULT_ROOT
    from yupana.results import list_runs

    runs = list_runs(folder or [DEFAULT_ROOT])
    if as_json:
        rows = [
            {
                "run": run.id or None,
                "folder": str(run.folder),
                "state": run.state,
                "scenarios": run.scenarios,
                "draws": run.draws,
                "failed": run.failed,
                "years": run.years,
                "bytes": run.size,
            }
            for run in runs
        ]
        print_json({"runs": rows})
        return
    if not runs:
        notice("no runs; `yupana run` makes one")
        return
    headers = ("run", "state", "draws", "years", "failed", "MB", "scenarios")
    cells = [
        (
            str(run.folder),
            run.state,
            run.draws,
            f"{run.years[0]}-{run.years[1]}",
            run.failed,
            f"{run.size / 1e6:.1f}",
            ", ".join(run.scenarios),
        )
        for run in runs
    ]
    print_table(headers, cells, numeric=("draws", "failed", "MB"))


@app.command("delete")
def delete_command(
    run: Annotated[list[str], typer.Argument(help="Folders or ids of runs.")],
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
) -> None:
    """Delete runs: their own files, and the folder where nothing else is in it."""
    from yupana.results import delete_run, find_run

    folders = [find_run(word) for word in run]
    if not yes:
        if not sys.stdin.isatty():
            raise UsageError(
                "deleting runs needs a yes",
                code="Y102",
                where="--yes",
                fix="add --yes where nobody can answer",
            )
        names = ", ".join(str(folder) for folder in folders)
        typer.confirm(f"Delete {names}?", abort=True, err=True)
    for folder in folders:
        others = delete_run(folder)
        kept = f"; other files stay: {', '.join(others[:5])}" if others else ""
        notice(f"deleted {folder}{kept}")
