"""`yupana plot`: pictures of a run, each with its data beside it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from yupana.evidence.pack import Pack
    from yupana.results.result import Result


def command(
    run: Annotated[str, typer.Argument(metavar="RUN", help="Folder or id of a run.")],
    variables: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[VARIABLE]...", help="Such as coca_area or retail_price[brazil]; headline if none."
        ),
    ] = None,
    scenario: Annotated[
        list[str] | None, typer.Option("--scenario", help="Scenario of the run; repeatable; all by default.")
    ] = None,
    kind: Annotated[
        str | None,
        typer.Option(
            "--kind",
            help="fan, dots, flow, map, overview, killings, earnings, justice, trades or all; "
            "what suits the variables given, else all.",
        ),
    ] = None,
    year: Annotated[
        int | None,
        typer.Option("--year", help="Year of flow, map, dots and price ladder; last recorded by default."),
    ] = None,
    out: Annotated[
        Path | None, typer.Option("--out", help="Folder for the pictures; RUN/pictures by default.")
    ] = None,
    pack: Annotated[
        str | None, typer.Option("--pack", help="Pack with the published figures; the run's by default.")
    ] = None,
    formats: Annotated[str, typer.Option("--format", help="png, svg or png,svg.")] = "png,svg",
    money: Annotated[str, typer.Option("--money", help="real or nominal.")] = "real",
    monthly: Annotated[
        bool, typer.Option("--monthly", help="Fans by month; the run must hold months.")
    ] = False,
    json_: Annotated[bool, typer.Option("--json", help="Print the files as JSON.")] = False,
) -> None:
    """Draw fan charts, flow diagrams, maps and pages of society of a run, with published figures on top.

    A variable over up to 16 places is drawn as small fan charts, over more as dots of one year.
    """
    from yupana.cli.common import notice, print_json
    from yupana.ensemble.folder import check_path
    from yupana.report.pictures import make_pictures
    from yupana.report.save import check_formats
    from yupana.results.finding import find_run
    from yupana.results.result import Result

    kinds = check_formats(formats)
    folder = find_run(run)
    result = Result.open(folder)
    target = out or folder / "pictures"
    check_path(target)
    loaded = _load_pack(result, pack)
    if loaded.hash != result.manifest.recipe["pack_hash"]:
        notice(f"yupana: pack {loaded.id} has changed since the run was made; published figures are today's")
    written = make_pictures(
        result, loaded, target, variables or (), scenario or (), kind, year, money, monthly, kinds
    )
    if json_:
        print_json({"run": result.id, "folder": str(target), "files": [path.name for path in written]})
        return
    pictures = [path for path in written if path.suffix[1:] == kinds[0]]
    noun = "picture" if len(pictures) == 1 else "pictures"
    typer.echo(f"{len(pictures)} {noun} of run {result.id} in {target}, each with its data (.csv, .json):")
    for path in pictures:
        typer.echo(f"  {path.name}")


def _load_pack(result: Result, word: str | None) -> Pack:
    """Return the pack of a run: the one named, or the one that the run was made from."""
    from yupana.evidence.loading import load_pack

    return load_pack(word or result.manifest.about["pack_word"], until=result.manifest.recipe["until"])
