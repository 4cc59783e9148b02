"""`yupana explain`: the difference between two scenarios, shared out over the settings that make it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from yupana.cli.common import notice, print_json, print_table, progress
from yupana.core.settings import check_setting, default

if TYPE_CHECKING:
    from yupana.analysis.difference import Difference
    from yupana.results.result import Result


def command(
    run: Annotated[str, typer.Argument(metavar="RUN", help="Folder or id of a run.")],
    of: Annotated[
        str, typer.Option("--of", metavar="VARIABLE", help="Such as coca_area or retail_price[PLACE].")
    ],
    between: Annotated[
        tuple[str, str],
        typer.Option("--between", metavar="A B", help="Two scenarios, of the run or its pack, or files."),
    ],
    years: Annotated[
        str | None, typer.Option("--years", help="Years of the mean: 2008:2012 or 2008,2010. [default: all]")
    ] = None,
    draws: Annotated[int, typer.Option("--draws", help="At most so many draws of the run.")] = 256,
    threads: Annotated[
        int | None, typer.Option(help=f"Simulations at once. [default: {default('threads')}]")
    ] = None,
    posterior: Annotated[
        str | None, typer.Option(help="Folder or id of a fit: draw from it. [default: as the run]")
    ] = None,
    prior: Annotated[
        bool, typer.Option("--prior", help="Draw from the priors, whatever the run drew from.")
    ] = False,
    allow_failed: Annotated[
        bool, typer.Option("--allow-failed", help="Use a fit that failed a gate; every output says so.")
    ] = False,
    out: Annotated[
        Path | None, typer.Option("--out", help="Folder of the picture; RUN/pictures by default.")
    ] = None,
    formats: Annotated[str, typer.Option("--format", help="png, svg or png,svg.")] = "png,svg",
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Share the difference of a variable between two scenarios out over the settings that make it.

    Every lever is a group; structural settings go by their category, judged apart from sourced ones. Shares
    are Shapley values of the mean over draws and years. They are exact up to ten groups and sampled above.
    """
    from yupana.analysis.difference import explain_difference
    from yupana.cli.show import parse_years
    from yupana.ensemble.folder import check_path
    from yupana.report.save import check_formats
    from yupana.results.finding import find_run
    from yupana.results.result import Result

    kinds = check_formats(formats)
    count, workers = check_setting("draws", draws), check_setting("threads", threads)
    folder = find_run(run)
    result = Result.open(folder)
    target = out or folder / "pictures"
    check_path(target)
    chosen = parse_years(years.replace(":", "-")) if years else ()
    with progress("coalitions") as told:
        found = explain_difference(
            result, of, between, chosen, count, workers, told, posterior, allow_failed, prior
        )
    files = _draw(result, found, target, kinds)
    if as_json:
        print_json({**found.to_json(), "folder": str(target), "files": files})
        return
    _print(result, found, target, files)


def _draw(result: Result, found: Difference, folder: Path, kinds: tuple[str, ...]) -> list[str]:
    """Write the picture with its data and return the names of the files."""
    from dataclasses import replace

    from yupana.analysis.difference import study_of
    from yupana.core.drawn import PRIOR
    from yupana.report.explain_page import difference_picture
    from yupana.report.gather import View
    from yupana.report.save import save_picture

    pack = study_of(result).pack
    if pack.hash != result.manifest.recipe["pack_hash"]:
        notice(f"yupana: pack {pack.id} has changed since the run was made; the shares are of today's pack")
    context = replace(
        View(result, pack, ()).context,
        draws=found.draws,
        failed=found.failed,
        drawn=found.drawn.words,
        prior=found.drawn == PRIOR,
    )
    picture = difference_picture(found, context)
    return [path.name for path in save_picture(picture, folder, kinds)]


def _print(result: Result, found: Difference, folder: Path, files: list[str]) -> None:
    import textwrap

    from yupana.cli.common import WIDTH
    from yupana.report.explain_page import difference_sentence, difference_table, table_note

    year = str(result.manifest.money["year"])
    table = difference_table(found, year)
    failed = f", {found.failed} failed and left out" if found.failed else ""
    how = "sampled orders of joining" if found.sampled else "every coalition"
    typer.echo(f"Run {found.run}: {found.draws} draws{failed}; {found.coalitions} simulations, {how}")
    typer.echo(textwrap.fill(found.drawn.words[:1].upper() + found.drawn.words[1:], WIDTH) + "\n")
    print_table(table.headers, table.rows, table.title, table.numeric, whole=("group", "share", "5 to 95 %"))
    typer.echo(f"\n{textwrap.fill(table_note(found), WIDTH)}\n")
    typer.echo(textwrap.fill(difference_sentence(found, year), WIDTH))
    typer.echo(f"\nPicture in {folder}: {', '.join(files)}")
