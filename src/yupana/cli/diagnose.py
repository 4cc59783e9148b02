"""`yupana diagnose`: what a fit learned, what it failed, and how it stands against the record."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from yupana.cli.common import WIDTH, notice, print_json, print_table

if TYPE_CHECKING:
    from yupana.fit.diagnosis import Diagnosis
    from yupana.report.save import Picture

PAGES = (".html", ".htm")
SHOWN = {"parameters": 12, "scales": 30, "biases": 8, "shocks": 6}
"""How many unknowns of a kind the terminal shows."""
MOST_SERIES = 15


def command(
    fit: Annotated[
        str | None,
        typer.Argument(metavar="[FIT]", help="Folder or id of a fit. [default: the one of the pack]"),
    ] = None,
    pack: Annotated[
        str | None, typer.Option("--pack", help="Pack that was fitted; by default the one the fit names.")
    ] = None,
    out: Annotated[
        Path | None, typer.Option("--out", help="A page (PAGE.html), or a folder for the figures.")
    ] = None,
    formats: Annotated[str, typer.Option("--format", help="png, svg or png,svg, in a folder.")] = "png,svg",
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Show gates, what was learned of every unknown, and the record against the fit.

    Nothing is simulated. A figure's z score is the standard normal quantile of the probability that the fit
    would have published less. With --out, a page that needs nothing else, or one picture a figure.
    """
    from yupana.core.settings import DEFAULT_PACK
    from yupana.fit.diagnosis import diagnose
    from yupana.fit.shipped import required
    from yupana.fit.store import find_fit, read_record
    from yupana.report.save import check_formats
    from yupana.study import load

    kinds = check_formats(formats)
    folder = required(load(pack or DEFAULT_PACK).pack) if fit is None else find_fit(fit)
    record = read_record(folder)
    _check_out(out)
    word = pack or str((record.about or {}).get("pack_word", record.recipe["pack"]))
    study = load(word, until=int(record.recipe["until"]))
    words = study.posterior(folder).in_words(1).words
    found = diagnose(folder, study.pack, study.config, study.priors, words)
    if found.changed:
        notice(f"yupana: pack {study.pack.id} has changed since the fit; published figures are today's")
    written = _write(found, study.pack.name, str(study.pack.money.year), out, kinds) if out else []
    if as_json:
        print_json({**found.to_json(), "folder": str(folder), "files": [str(path) for path in written]})
        return
    _print(found, folder)
    if written:
        drawn = [str(path) for path in written if path.suffix not in (".csv", ".json")]
        typer.echo(f"\nWrote {', '.join(drawn)}")


def _check_out(out: Path | None) -> None:
    """Refuse what cannot be written, before any work is done for nothing."""
    from yupana.core.errors import UsageError
    from yupana.ensemble.folder import check_path

    if out is None:
        return
    page = out.suffix.lower() in PAGES
    if page and out.is_dir():
        raise UsageError("--out is a folder", code="Y105", where=str(out), expected="a file, or another name")
    if not page and out.is_file():
        raise UsageError("--out is a file", code="Y105", where=str(out), expected="a folder, or PAGE.html")
    check_path(out.parent if page else out)


def _write(found: Diagnosis, home: str, year: str, out: Path, kinds: tuple[str, ...]) -> list[Path]:
    from yupana.core.files import write_whole
    from yupana.report.diagnosis_figures import fit_pictures
    from yupana.report.diagnosis_page import diagnosis_html
    from yupana.report.save import save_picture

    pictures: list[Picture] = fit_pictures(found, home, year)
    if out.suffix.lower() not in PAGES:
        return [path for picture in pictures for path in save_picture(picture, out, kinds)]
    out.parent.mkdir(parents=True, exist_ok=True)
    write_whole(out, diagnosis_html(found, pictures, home).encode("utf-8"))
    return [out]


def _print(found: Diagnosis, folder: Path) -> None:
    from yupana.report.diagnosis_figures import PLURALS
    from yupana.report.diagnosis_page import (
        MARKS,
        SERIES_HEADERS,
        UNKNOWN_HEADERS,
        WORST_HEADERS,
        counts,
        gate_rows,
        made_by,
        reasons,
        series_rows,
        unknown_rows,
        worst_rows,
    )

    about = found.about
    _wrap(f"Fit {found.record.id}: {len(about['rows'])} figures, {about['coordinates']} unknowns")
    _wrap(found.words[:1].upper() + found.words[1:])
    _wrap(made_by(found))
    print_table(("", "value", "limit", "gate"), gate_rows(found), "\nGates", numeric=("value", "limit"))
    _wrap(
        f"\n{about['informed']} directions of the unknowns have more than half of their variance removed; "
        f"the eigenvalues begin {', '.join(f'{value:.3g}' for value in found.eigenvalues[:8])}"
    )
    print_table(("unknowns", "all", "prior", "unclear"), counts(found), numeric=("all", "prior", "unclear"))
    _wrap(MARKS)
    for kind, plural in PLURALS.items():
        shown = [u for u in found.of_kind(kind) if u.mark != "prior"][: SHOWN[plural]]
        if shown:
            title = f"\nWhat the figures say most about: {plural}"
            print_table(UNKNOWN_HEADERS, unknown_rows(shown), title, ("contraction", "shift"), ("unknown",))
    rows = series_rows(found)
    title = "\nThe record against the fit: figures within the intervals that the fit gives them"
    print_table(SERIES_HEADERS, rows[:MOST_SERIES], title, SERIES_HEADERS[1:5])
    if len(rows) > MOST_SERIES:
        typer.echo(f"and {len(rows) - MOST_SERIES} more, none with a figure further out (--out, --json)")
    title = "\nFigures furthest out"
    print_table(WORST_HEADERS, worst_rows(found, 5), title, ("year", "published", "z"), ("row",))
    left = reasons(found)
    if left:
        rows = [(number, why, some) for why, number, some in left]
        print_table(("rows", "why", "such as"), rows, "\nRows left out", ("rows",))
    word = shlex.quote(str(folder))
    typer.echo(f"\nNext:\n  yupana diagnose {word} --out page.html\n  yupana diagnose {word} --json")


def _wrap(text: str) -> None:
    import textwrap

    lead = "\n" if text.startswith("\n") else ""
    typer.echo(lead + textwrap.fill(text.strip(), WIDTH))
