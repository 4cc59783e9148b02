"""`yupana evidence bibliography`: the works to cite for a run, or for a pack."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from yupana.cli.common import notice
from yupana.cli.pack import open_pack
from yupana.core.errors import UsageError

if TYPE_CHECKING:
    from yupana.results import Result


def command(
    run: Annotated[
        str | None, typer.Argument(metavar="[RUN]", help="Folder or id of a run; the whole pack if none.")
    ] = None,
    pack: Annotated[
        str | None,
        typer.Option("--pack", metavar="PACK", help="Name or folder of a pack; that of the run if none."),
    ] = None,
    form: Annotated[str, typer.Option("--format", help="bibtex or csl-json.")] = "bibtex",
    use: Annotated[
        list[str] | None,
        typer.Option("--use", help="prior, driver, scenario or observation; repeat for more. [default: all]"),
    ] = None,
    out: Annotated[str | None, typer.Option("--out", metavar="FILE", help="File to write.")] = None,
) -> None:
    """List the sources that a run rests on, or that a pack holds, as BibTeX or CSL-JSON.

    A run rests on the rows that its priors cite, that its drivers repeat, that its scenarios name, and on the
    observations of its variables within its years.
    """
    if run is None:
        from yupana.evidence.bibliography import write_bibliography

        if use:
            raise UsageError(
                "only a run uses rows",
                where="--use",
                got=", ".join(use),
                fix="name a run, or leave --use out",
            )
        loaded = open_pack(pack)
        text, count = write_bibliography(loaded.sources.values(), form), len(loaded.sources)
        about = f"pack {loaded.id}"
    else:
        from yupana.results import Result, find_run

        result = Result.open(find_run(run))
        text, count = _of_run(result, pack, form, use)
        about = f"run {result.id}"
    if out is None:
        typer.echo(text, nl=False)
    else:
        from yupana.core.files import write_whole
        from yupana.evidence.sheets.exporting import checked_path

        path = checked_path(out, (".bib",) if form == "bibtex" else (".json",))
        write_whole(path, text.encode("utf-8"))
        notice(f"wrote {path}")
    notice(f"{count} source{'' if count == 1 else 's'} of {about}")


def _of_run(result: Result, pack: str | None, form: str, use: list[str] | None) -> tuple[str, int]:
    from yupana.results.bibliography import USES, pack_of, run_bibliography, used_rows

    chosen = tuple(use or USES)
    known = pack_of(result, open_pack(pack) if pack else None)
    text = run_bibliography(result, form, known, chosen)
    judged = sum(not prior.cited for prior in known.priors)
    if "prior" in chosen and judged:
        notice(f"{judged} of {len(known.priors)} priors rest on judgement alone and cite nothing")
    return text, len({row.source for row in used_rows(result, known, chosen)})
