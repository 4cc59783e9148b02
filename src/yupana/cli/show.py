"""`yupana show`: the results of a run as tables, and what a scenario changes draw by draw."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated

import typer

from yupana.cli.common import notice, print_json, print_table, progress
from yupana.core.errors import UsageError

if TYPE_CHECKING:
    from yupana.results import Result
    from yupana.results.summary import Choice


def command(
    run: Annotated[str, typer.Argument(help="Folder of a run, its id, or the beginning of its id.")],
    variable: Annotated[
        list[str] | None,
        typer.Argument(
            help='Variables: coca_area, "coca_area[zone]", "coca_area[PLACE]". [default: headlines]'
        ),
    ] = None,
    scenario: Annotated[list[str] | None, typer.Option(help="Scenario of the run; repeat for more.")] = None,
    against: Annotated[str | None, typer.Option(help="Scenario to compare with, draw by draw.")] = None,
    years: Annotated[str | None, typer.Option(help="Years: 2008,2010 or 2008-2012.")] = None,
    monthly: Annotated[bool, typer.Option("--monthly", help="By month; the run must hold months.")] = False,
    money: Annotated[str, typer.Option(help="real or nominal.")] = "real",
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Print the results of a run, with intervals and paired differences.

    With --against, differences from that scenario; without it, levels, and where several scenarios are
    shown also their differences from the first.
    """
    from yupana.results import Result, find_run
    from yupana.results.headlines import headline_columns, headline_years
    from yupana.results.money import check_kind
    from yupana.results.summary import Choice, columns_of

    result = Result.open(find_run(run))
    keys = tuple(variable or headline_columns(result.manifest.columns))
    chosen = parse_years(years) if years else ()
    if not chosen and not monthly and len(columns_of(result, keys)) > 1:
        chosen = headline_years(result.years)
    choice = Choice(keys, tuple(scenario or ()), chosen, monthly, check_kind(money))
    other = _against(result, choice, against)
    with _twin(result, other) as twin:
        if as_json:
            print_json(_json(result, choice, other, twin))
        else:
            _print(result, choice, against, other, twin)


def parse_years(text: str) -> tuple[int, ...]:
    """Return the years that a text such as ``2008,2010-2012`` means.

    Raises
    ------
    UsageError
        Y102 where it means none.
    """
    found: list[int] = []
    try:
        for part in text.replace(" ", "").split(","):
            first, dash, last = part.partition("-")
            found += range(int(first), int(last if dash else first) + 1)
    except ValueError:
        found = []
    if not found:
        raise UsageError(
            "the years cannot be read",
            code="Y102",
            where="--years",
            got=text,
            expected="2008,2010 or 2008-2012",
        )
    return tuple(found)


def _against(result: Result, choice: Choice, against: str | None) -> str | None:
    """The scenario to compare with: the one asked for, or the first of several."""
    from yupana.results.selection import select_scenarios

    if against is not None:
        return select_scenarios(result.scenarios, (against,))[0]
    names = select_scenarios(result.scenarios, choice.scenarios)
    return names[0] if len(names) > 1 else None


@contextmanager
def _twin(result: Result, other: str | None) -> Iterator[Result | None]:
    """Give the prior draws that a difference of a run from a fit is marked by; None where none is shown."""
    if other is None or not result.fitted:
        yield None
        return
    from yupana.analysis.prior_twin import prior_twin
    from yupana.results.twin import find_twin

    if find_twin(result) is None:
        notice("yupana: running prior draws of the same scenarios, to see how much of a difference is prior")
    with progress("chunks") as told, prior_twin(result, told=told) as twin:
        yield twin


def _json(result: Result, choice: Choice, other: str | None, twin: Result | None) -> dict[str, object]:
    from yupana.results.summary import bands_json, difference_bands, level_bands

    time = "months" if choice.monthly else "years"
    value: dict[str, object] = {
        "run": result.id,
        "draws": result.draws,
        "failed": result.failed,
        "fitted": result.fitted,
        "drawn_from": result.drawn.words,
        "marks": result.marks.about(),
        "after_fit": result.after_fit,
        "money": choice.money,
        "scenarios": bands_json(level_bands(result, choice), time),
    }
    if other is not None:
        value["against"] = other
        value["differences"] = bands_json(difference_bands(result, choice, other, twin), time)
    return value


def _print(
    result: Result, choice: Choice, against: str | None, other: str | None, twin: Result | None
) -> None:
    from yupana.report.run_tables import about_lines, difference_tables, level_tables

    tables = [] if against is not None else level_tables(result, choice)
    tables += difference_tables(result, choice, other, twin) if other is not None else []
    if not tables:
        raise UsageError(
            "a scenario was to be compared with itself",
            code="Y111",
            got=str(against),
            fix="name another one with --scenario, or leave --scenario away",
        )
    for line in about_lines(result, choice.money):
        typer.echo(line)
    for table in tables:
        typer.echo()
        print_table(table.headers, table.rows, table.title, table.numeric, whole=table.headers[:-1])
