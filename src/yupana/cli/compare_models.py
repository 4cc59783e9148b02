"""`yupana compare-models`: rival models of a pack, weighted by what they foretell."""

from __future__ import annotations

import shlex
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from yupana.cli.common import WIDTH, Interrupted, notice, print_json, print_table
from yupana.core.settings import DEFAULT_PACK, default

if TYPE_CHECKING:
    from yupana.analysis.rival_clock import OnStep
    from yupana.analysis.rival_scores import Answer, Comparison, Measure


def command(
    pack: Annotated[str, typer.Argument(help="Name of a pack, or its folder.")] = DEFAULT_PACK,
    question: Annotated[
        list[str] | None,
        typer.Option("--question", help="Only this question; repeat for more. [default: all of the pack]"),
    ] = None,
    until: Annotated[
        int | None, typer.Option(help=f"Last year of the figures. [default: {default('fit_until')}]")
    ] = None,
    first: Annotated[
        int | None, typer.Option("--from", help="First origin, whose next year is scored. [default: 2008]")
    ] = None,
    draws: Annotated[int | None, typer.Option(help="Draws of every posterior. [default: 512]")] = None,
    seed: Annotated[
        int | None, typer.Option(help=f"Seed of all random numbers. [default: {default('seed')}]")
    ] = None,
    posterior: Annotated[
        str | None,
        typer.Option(
            metavar="FIT",
            help="Fit that rivals start from in the last year. [default: the pack's, if it ends there]",
        ),
    ] = None,
    average: Annotated[
        str | None,
        typer.Option(
            metavar="QUESTION",
            help="Also write a fit of draws from the rivals of this question by their stacking weights.",
        ),
    ] = None,
    out: Annotated[str | None, typer.Option(help="Folder. [default: yupana-comparisons/ID]")] = None,
    resume: Annotated[bool, typer.Option("--resume", help="Go on with one that was stopped.")] = False,
    quick: Annotated[
        bool, typer.Option("--quick", help="256 draws and the last four origins: a first look, not a result.")
    ] = False,
    threads: Annotated[
        int | None, typer.Option(help=f"Blocks computed at once. [default: {default('threads')}]")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Weigh rival models of a pack by how well they foretell the next year, and figures left out.

    Every rival is fitted to the figures of the years to each origin and scored on those of the year after,
    given recorded drivers. Weights by stacking of these scores and by leave-one-out of the last fit.
    """
    from yupana.analysis.compare_models import compare
    from yupana.analysis.rival_work import prepare

    words = {
        "until": until, "from": first, "draws": draws, "seed": seed, "posterior": posterior,
        "average": average, "out": out, "threads": threads,
    }  # fmt: skip
    work = _work(pack, question or [], words, quick)
    prepare(work, resume, named=out is not None)
    try:
        found = compare(work, _progress())
    except KeyboardInterrupt:
        raise Interrupted(_same_command(pack, question or [], words, quick, as_json)) from None
    folder = None
    if average is not None:
        from yupana.analysis.average_models import average as mix

        folder = mix(work, found, average)
    if found.failed:
        notice(f"yupana: FIT FAILED {len(found.failed)} of its gates: {'; '.join(found.failed)}")
    if as_json:
        print_json(found.to_json() | {"folder": str(work.folder), "average": folder and str(folder)})
        return
    _print(found)
    typer.echo(f"\nComparison in {shlex.quote(str(work.folder))}")
    if folder is not None:
        word = shlex.quote(str(folder))
        typer.echo(f"Averaged draws in {word}\nNext:\n  yupana run {shlex.quote(pack)} --posterior {word}")


def _work(pack: str, questions: list[str], words: dict[str, Any], quick: bool) -> Any:
    from yupana.analysis import rival_work as rw
    from yupana.core.settings import check_setting
    from yupana.fit.hindcast import FIRST_ORIGIN
    from yupana.study import load

    until = default("fit_until") if words["until"] is None else words["until"]
    first = words["from"]
    if first is None:
        start = FIRST_ORIGIN
        first = max(start, until - rw.QUICK_ORIGINS) if quick else start
    usual = rw.QUICK_DRAWS if quick else rw.DRAWS
    draws = usual if words["draws"] is None else words["draws"]
    request = rw.Request(
        first, until, check_setting("draws", draws), check_setting("seed", words["seed"]), tuple(questions)
    )
    study = load(pack, until=until)
    names = [*questions, *([words["average"]] if words["average"] else [])]
    rw.find_questions(study, names)
    given = rw.given_draws(study, words["posterior"])
    workers = check_setting("threads", words["threads"])
    work = rw.Work(study, request, Path(), given, workers)
    folder = Path(words["out"]).expanduser() if words["out"] else Path(rw.DEFAULT_ROOT, work.id)
    return rw.Work(study, request, folder, given, workers)


def _progress() -> OnStep | None:
    """A line on standard error that says what is done and how long all may still take; nothing in a pipe."""
    if not sys.stderr.isatty():
        return None

    def tell(what: str, share: float, seconds: float, rest: float | None) -> None:
        more = "" if rest is None else f", about {rest / 60:.0f} min more"
        sys.stderr.write(f"\r\033[K{share:.0%} after {seconds:.0f} s{more}: {what}")
        sys.stderr.flush()
        if share >= 1.0:
            sys.stderr.write("\n")

    return tell


def _same_command(pack: str, questions: list[str], words: dict[str, Any], quick: bool, as_json: bool) -> str:
    given = ["yupana", "compare-models", pack]
    for name in questions:
        given += ["--question", name]
    for name, value in words.items():
        given += [] if value is None else [f"--{name}", str(value)]
    flags = {"quick": quick, "json": as_json, "resume": True}
    return shlex.join([*given, *(f"--{name}" for name, on in flags.items() if on)])


def _print(found: Comparison) -> None:
    import textwrap

    about = (
        f"{found.pack}: {found.figures} figures to {found.until}, left out one by one; "
        f"{found.figures_ahead} of {found.origins[0] + 1} to {found.until}, foretold from the year before. "
        f"{found.draws} draws each."
    )
    typer.echo(textwrap.fill(about, WIDTH))
    for one in found.answers:
        _print_answer(one)
    typer.echo(
        "\nNext year, left out: sum of log predictive densities less that of the best rival, with standard\n"
        "errors, over years or figures and of so few draws. Stacking: weight in the averaged\n"
        "forecast of the next year, 5 to 95 percent over resampled years. BMA: from figures left out.\n"
        "k > 0.7: figures whose leave-one-out score is not to be trusted. Weights add up to one."
    )
    if len(found.origins) < 8:
        notice(f"yupana: {len(found.origins)} origins only: a first look, not a result")


def _print_answer(one: Answer) -> None:
    import textwrap

    rows = [
        (
            rival.id,
            _difference(rival.ahead),
            _weight(rival.ahead),
            _difference(rival.left_out),
            _weight(rival.left_out),
            rival.bad_shapes,
        )
        for rival in one.rivals
    ]
    headers = ("rival", "next year", "stacking", "left out", "BMA", "k > 0.7")
    typer.echo("")
    print_table(headers, rows, f"{one.id}: {one.question}", headers[1:], ("rival",))
    typer.echo(textwrap.fill(one.said, WIDTH))


def _difference(measure: Measure) -> str:
    if measure.difference == 0.0:
        return f"best ({measure.elpd:.1f})"
    return f"{measure.difference:.1f} ±{measure.difference_se:.1f} ±{measure.noise:.1f}"


def _weight(measure: Measure) -> str:
    return f"{measure.weight:.2f} ({measure.weight_q05:.2f}-{measure.weight_q95:.2f})"
