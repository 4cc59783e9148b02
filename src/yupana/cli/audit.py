"""`yupana audit`: verdicts on published claims."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from yupana.core.errors import UsageError, did_you_mean
from yupana.core.settings import DEFAULT_PACK

if TYPE_CHECKING:
    from yupana.evidence.pack import Pack
    from yupana.results.result import Result

FORMATS = ("text", "md", "html", "csv")
_SUFFIXES = {".md": "md", ".html": "html", ".htm": "html", ".csv": "csv", ".txt": "text", ".json": "json"}


def command(
    run: str = typer.Argument(
        None, metavar="[RUN]", help="Run behind readings that ask the model; by default the default run."
    ),
    pack: str = typer.Option(None, "--pack", help="Pack with the claims; by default the run's."),
    claim: list[str] = typer.Option([], "--claim", help="Only this claim; may be given again."),
    form: str = typer.Option(None, "--format", help="text, md, html or csv."),
    as_json: bool = typer.Option(False, "--json", help="One JSON object on standard output."),
    out: str = typer.Option(None, "--out", help="Write to this file; its ending may choose the format."),
    no_run: bool = typer.Option(False, "--no-run", help="Leave readings that ask the model undetermined."),
    prior: bool = typer.Option(
        False, "--prior", help="The default run draws from the priors, not from the fit of the pack."
    ),
    posterior: str = typer.Option(
        None, "--posterior", help="Folder or id of a fit: the default run draws from it."
    ),
    allow_failed: bool = typer.Option(
        False, "--allow-failed", help="Use a fit that failed a gate; every output says so."
    ),
    as_of: int = typer.Option(
        None, "--as-of", metavar="YEAR", help="Judge by what was known at the end of this year."
    ),
) -> None:
    """Judge published claims: each reading by the evidence, by the model only where evidence is silent."""
    form = _choose_format(form, as_json, out)
    if run and no_run:
        raise UsageError("RUN and --no-run exclude each other", code="Y110", fix="leave one of them out")
    if (posterior or prior) and (run or no_run):
        raise UsageError(
            f"--{'prior' if prior else 'posterior'} and {'RUN' if run else '--no-run'} exclude each other",
            code="Y110",
            fix="leave one of them out: a run keeps the draws that it was made with",
        )
    target = _check_out(out)
    from yupana.analysis.audit_pack import audit_pack
    from yupana.ensemble.plan import check_gates

    result = _open_run(run) if run else None
    loaded, study = _load(pack or _pack_of(result), as_of)
    _warn_other_pack(result, loaded)
    if result is not None:
        _check_known(f"run {result.id}", result.manifest.recipe.get("until"), as_of)
    if posterior or prior:
        draws = study.draws_of(posterior, prior)
        check_gates(draws, allow_failed)  # before any work is done for nothing
        if draws is not None:
            _check_known(f"fit {draws.fit}", draws.until, as_of)

    def answers() -> Result:
        return result or _default_run(study, posterior, allow_failed, prior)

    audit = audit_pack(loaded, None if no_run else answers, tuple(claim))
    _write(audit, form, target)


def _choose_format(form: str | None, as_json: bool, out: str | None) -> str:
    """Return the format: as asked for, as the file's ending says, or text."""
    if form and as_json:
        raise UsageError("--format and --json exclude each other", code="Y110", fix="leave one of them out")
    if as_json:
        return "json"
    if form is None:
        return _SUFFIXES.get(Path(out).suffix.lower(), "text") if out else "text"
    if form not in FORMATS:
        raise UsageError(
            f"unknown format {form!r}",
            code="Y109",
            where="--format",
            got=form,
            expected=", ".join(FORMATS),
            fix=did_you_mean(form, FORMATS) or None,
        )
    return form


def _check_out(out: str | None) -> Path | None:
    """Return the file to write, before any work is done for nothing."""
    if out is None:
        return None
    path = Path(out).expanduser()
    if path.is_dir():
        raise UsageError(
            "--out is a folder", code="Y105", where=out, expected="a file", fix="give a file name"
        )
    if not path.parent.is_dir():
        raise UsageError(
            "the folder of --out does not exist",
            code="Y105",
            where=str(path.parent),
            expected="a folder that exists",
            fix="make the folder first",
        )
    return path


def _open_run(word: str) -> Result:
    from yupana.results import Result, find_run

    return Result.open(find_run(word))


def _pack_of(result: Result | None) -> str:
    if result is None:
        return DEFAULT_PACK
    return str(result.manifest.about.get("pack_word", result.manifest.recipe["pack"]))


def _load(word: str, as_of: int | None) -> tuple[Pack, Any]:
    from yupana.study import load

    study = load(word, until=as_of)
    if as_of is not None and as_of < study.pack.start:
        raise UsageError(
            "the year lies before the pack begins",
            code="Y104",
            where="--as-of",
            got=str(as_of),
            expected=f"{study.pack.start} or later",
        )
    return study.pack, study


def _check_known(what: str, until: int | None, as_of: int | None) -> None:
    """Refuse draws that know more than the year allows.

    Raises
    ------
    UsageError
        Y104 where they do.
    """
    if as_of is None or (until is not None and until <= as_of):
        return
    raise UsageError(
        f"{what} knows more than was known in {as_of}",
        code="Y104",
        where="--as-of",
        got="everything" if until is None else f"figures to {until}",
        expected=f"figures to {as_of} or earlier",
        fix=f"make a fit with `yupana fit --until {as_of}` and name it with --posterior",
    )


def _default_run(study: Any, posterior: str | None, allow_failed: bool, prior: bool) -> Result:
    from yupana.cli.common import notice

    notice("yupana: some readings ask the model: using or making the default run (--no-run leaves them out)")
    return study.run(posterior=posterior, allow_failed=allow_failed, prior=prior)


def _warn_other_pack(result: Result | None, pack: Pack) -> None:
    if result is None or result.manifest.recipe.get("pack_hash") == pack.hash:
        return
    from yupana.cli.common import notice

    notice(f"yupana: run {result.id} was made from another pack, or from an earlier state of {pack.id}")


def _write(audit: Any, form: str, path: Path | None) -> None:
    from yupana.cli.common import notice, print_json, without_nan

    if form == "json" and path is None:
        print_json(audit.to_json())
        return
    if form == "json":
        import json

        text = json.dumps(without_nan(audit.to_json()), ensure_ascii=False, allow_nan=False, indent=1) + "\n"
    else:
        from yupana.report.audit_page import render_audit

        text = render_audit(audit, form)
    if path is None:
        typer.echo(text.rstrip("\n"))
        return
    from yupana.core.files import write_whole

    write_whole(path, text.encode("utf-8"))
    notice(f"yupana: wrote {path}")
