"""`yupana studies`: which study to buy next, by what it can be expected to tell of an output or a choice."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from yupana.cli.common import WIDTH, notice, print_json, print_table
from yupana.core.settings import DEFAULT_PACK

if TYPE_CHECKING:
    from yupana.analysis.information import Estimate
    from yupana.analysis.studies import StudyFindings
    from yupana.results.result import Result


def command(
    of: Annotated[
        str, typer.Option("--of", metavar="VARIABLE", help="Such as cocaine_exports or coca_area[PLACE].")
    ],
    run: Annotated[
        str | None,
        typer.Argument(metavar="[RUN]", help="Folder or id of a run. [default: the default run]"),
    ] = None,
    year: Annotated[
        int | None, typer.Option("--year", help="Calendar year. [default: the run's last]")
    ] = None,
    between: Annotated[
        tuple[str, str] | None,
        typer.Option(
            "--between", metavar="A B", help="Two scenarios to choose from, by whether A brings more than B."
        ),
    ] = None,
    threshold: Annotated[
        float, typer.Option("--threshold", help="What A must bring more, in the unit of the variable.")
    ] = 0.0,
    scenario: Annotated[
        str | None, typer.Option("--scenario", help="In which studies measure. [default: the baseline]")
    ] = None,
    study: Annotated[
        list[str] | None, typer.Option("--study", help="Only this study; repeat for more. [default: all]")
    ] = None,
    pack: Annotated[
        str | None, typer.Option("--pack", help="Pack whose studies.yaml is read. [default: the run's]")
    ] = None,
    prior: Annotated[
        bool, typer.Option("--prior", help="Draw the default run from the priors, not from the pack's fit.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Rank studies that could be bought by what they can be expected to tell.

    Of an output: the share of its variance that would be gone. Of a choice between two scenarios: the gain of
    choosing after the study and not now. Both over the draws of the run, by study and by million US dollars.
    """
    from yupana.analysis.studies import value_studies
    from yupana.analysis.study_figures import find_studies
    from yupana.evidence.loading import load_pack

    result = _open(run, prior, pack, [*(between or ()), *([scenario] if scenario else [])])
    loaded = load_pack(pack or result.manifest.about["pack_word"])
    chosen = find_studies(loaded, study or ())
    found = value_studies(result, chosen, of, year, between, threshold, scenario)
    if as_json:
        print_json(found.to_json())
        return
    _print(result, found)


def _open(run: str | None, prior: bool, pack: str | None, scenarios: list[str]) -> Result:
    """Return the run that is named, else the default run with the scenarios asked for."""
    from yupana.core.errors import UsageError
    from yupana.results.finding import find_run
    from yupana.results.result import Result
    from yupana.study import load

    if run is not None:
        if prior:
            raise UsageError(
                "RUN and --prior exclude each other", code="Y110",
                fix="leave one of them out: a run keeps the draws that it was made with",
            )  # fmt: skip
        return Result.open(find_run(run))
    notice("yupana: no run is named: using or making the default run")
    wanted = tuple(dict.fromkeys(["baseline", *scenarios]))
    return load(pack or DEFAULT_PACK).run(scenarios=wanted, prior=prior)


def _print(result: Result, found: StudyFindings) -> None:
    import textwrap

    for line in _about(result, found):
        typer.echo(textwrap.fill(line, WIDTH))
    removed = "removes" if found.question.between is None else f"gain, {found.unit}"
    headers = (
        "study",
        removed,
        "5 to 95 %",
        "curved",
        "USD million",
        "per million",
        "5 to 95 %  ",
        "figures",
    )
    rows = []
    for value in found.values:
        main, other = (value.loss, value.loss_curved) if value.loss else (value.share, value.curved)
        assert main is not None
        assert other is not None
        show = _percent if value.loss is None else _plain
        each = value.per_million
        rows.append(
            (value.study, show(main.value), _span(main, show), show(other.value), value.cost[1] / 1e6,
             show(each.value), _span(each, show), value.figures)
        )  # fmt: skip
    numeric = headers[1:]
    print_table(headers, rows, "\nStudies, the most telling first", numeric, whole=headers)
    for name, reason in found.left_out.items():
        notice(f"yupana: {name} is not valued: {reason}")
    for value in found.values:
        if value.dropped:
            count = len(value.dropped)
            notice(f"yupana: {value.study}: without {count} figures that are not positive in every draw")
    typer.echo()
    for line in _notes(found):
        typer.echo(textwrap.fill(line, WIDTH))


def _about(result: Result, found: StudyFindings) -> list[str]:
    asked, unit = found.question, found.unit
    low, middle, high = (_plain(x) for x in found.interval)
    lines = [f"Run {result.id}: {found.drawn.words}"]
    copies = "" if found.different == found.draws else f", {found.different} of them no copies"
    lines.append(f"{found.draws} draws{copies}; studies measure in {asked.scenario}")
    if asked.between is None:
        lines.append(f"{asked.of} {asked.year}: {middle} {unit} ({low} to {high})")
        return lines
    first, second = asked.between
    lines.append(f"{asked.of} {asked.year}, {first} less {second}: {middle} {unit} ({low} to {high})")
    more = f"more than {_plain(asked.threshold)} {unit} more" if asked.threshold else "more"
    lines.append(f"{first} brings {more} in {_percent(found.favours or 0.0)} of draws")
    if found.perfect is not None:
        lines.append(
            f"Gain of choosing with the difference known: {_plain(found.perfect.value)} {unit} "
            f"({_plain(found.perfect.low)} to {_plain(found.perfect.high)}); no study can bring more"
        )
    return lines


def _notes(found: StudyFindings) -> list[str]:
    scale = "its log" if found.scale == "log" else "its value"
    first = (
        f"removes: expected share of the variance of {scale} that would be gone, as if all were normal"
        if found.question.between is None
        else "gain: expected, of choosing after the study and not now, as if all were normal"
    )
    judged = [value.study for value in found.values if value.pedigree == "judged"]
    lines = [f"{first}; curved: the same by a spline. 5 to 95 %: over draws; by million also over the cost."]
    if judged:
        what = "all studies" if len(judged) == len(found.values) else ", ".join(judged)
        lines.append(f"Errors and costs of {what} are judged: nobody has quoted them.")
    return lines


def _percent(value: float) -> str:
    return f"{100 * value:.1f} %"


def _plain(value: float) -> str:
    return f"{value:,.3g}" if abs(value) < 1000 else f"{value:,.0f}"


def _span(estimate: Estimate, show: object) -> str:
    assert callable(show)
    return f"{show(estimate.low)} to {show(estimate.high)}"
