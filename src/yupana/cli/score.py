"""`yupana score`: forecasts of years that a fit did not see, against what was observed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from yupana.cli.common import WIDTH, notice, print_json, print_table, progress
from yupana.core.errors import UsageError
from yupana.core.settings import DEFAULT_PACK, default

if TYPE_CHECKING:
    from yupana.analysis.hindcast import Origin, Scoreboard, SeriesScore


def command(
    source: Annotated[
        str | None,
        typer.Argument(
            metavar="[FIT_OR_RUN]",
            help="A fit, by folder or id; or a run: draws from where it drew. [default: the pack's fit]",
        ),
    ] = None,
    first: Annotated[int, typer.Option("--from", help="First test year.")] = default("fit_until") + 1,
    last: Annotated[int, typer.Option("--to", help="Last test year.")] = default("score_to"),
    observed: Annotated[
        str | None,
        typer.Option(
            metavar="FILE.csv",
            help="Score against this table (series, place, period, value, low, high, unit), not the ledger.",
        ),
    ] = None,
    draws: Annotated[
        int | None, typer.Option(help="Draws of the forecasts. [default: those of the fit or run]")
    ] = None,
    pack: Annotated[str | None, typer.Option(help="Pack, where the fit or run does not name it.")] = None,
    prior: Annotated[bool, typer.Option("--prior", help="Score draws from the priors of the pack.")] = False,
    form_error: Annotated[
        bool,
        typer.Option("--form-error", help="Widen forecasts by what the equations got wrong before."),
    ] = False,
    threads: Annotated[
        int | None, typer.Option(help=f"Chunks computed at once. [default: {default('threads')}]")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Score forecasts of test years: CRPS, coverage, and the best naive forecast beside them.

    Two forecasts are made and kept apart: blind (drivers walk from the origin) and given drivers (recorded
    eradication, world prices, exchange rate and growth; never a rival's area, seizures or drug prices).
    Forecasts of every variable to the pack's last year are stored as a table with their date.
    """
    from yupana.analysis import forecast_table
    from yupana.analysis.hindcast import score
    from yupana.core.settings import check_setting

    asked = None if draws is None else check_setting("draws", draws)
    origin = find_origin(source, first, asked, pack, prior)
    if form_error:
        origin = with_form_error(origin)
    with progress("forecasts") as on_step:
        board = score(origin, first, last, observed, check_setting("threads", threads), on_step)
    table = forecast_table.store_forecasts(origin, last, check_setting("threads", threads))
    if board.failed:
        notice(f"yupana: FIT FAILED {len(board.failed)} of its gates: {'; '.join(board.failed)}")
    if as_json:
        print_json({**board.to_json(), "forecasts": str(table)})
    else:
        _print(board)
        without = ", without the error of form" if form_error else ""
        typer.echo(f"\nForecasts of every variable, scored or not, with today's date{without}: {table}")


def with_form_error(origin: Origin) -> Origin:
    """Return an origin whose forecasts are widened by the error of form that comes with the pack.

    Raises
    ------
    UsageError
        Y110 for prior draws, Y513 where the pack knows none. DataError Y511 where it is stale.
    """
    from dataclasses import replace

    from yupana.fit.form_error import of_pack

    if origin.posterior is None:
        raise UsageError(
            "--form-error is for the draws of a fit",
            code="Y110",
            got="prior draws, which no figure has narrowed",
            fix="leave --form-error out, or name a fit",
        )
    return replace(origin, form=of_pack(origin.full.pack, int(origin.until.pack.until or 0)))


def find_origin(
    source: str | None, first: int, draws: int | None = None, pack: str | None = None, prior: bool = False
) -> Origin:
    """Return where the draws of a forecast come from: a fit, or the fit or priors behind a run.

    Parameters
    ----------
    source : fit or run; None for the fit that comes with the pack, or the priors where there is none.
    prior : the priors of the pack.

    Raises
    ------
    UsageError
        Y106 where there is neither a fit nor a run of that name, Y110 where a source and `prior` are given.
    """
    if source is None:
        return _own_origin(pack or DEFAULT_PACK, first, draws, prior)
    if prior:
        raise UsageError(
            "--prior and FIT_OR_RUN exclude each other", code="Y110", fix="leave one of them out"
        )
    from yupana.fit.store import find_fit, read_record
    from yupana.results import Result, find_run

    try:
        folder = find_fit(source)
    except UsageError:
        result = Result.open(find_run(source))
        recipe = result.manifest.recipe
        word = pack or str(result.manifest.about.get("pack_word", recipe["pack"]))
        fit = str(recipe["prior"]).removeprefix("fit ") if recipe["prior"] != "pack" else None
        asked = draws or int(recipe["draws"])
        if fit is None:
            return _origin(word, recipe["until"] or first - 1, asked, int(recipe["seed"]), None)
        folder = find_fit(fit)
        return _origin(
            word, int(read_record(folder).recipe["until"]), asked, int(recipe["seed"]), str(folder)
        )
    recipe = read_record(folder).recipe
    asked = draws or min(int(recipe["draws"]), default("draws"))
    return _origin(pack or recipe["pack"], int(recipe["until"]), asked, int(recipe["seed"]), str(folder))


def _own_origin(pack: str, first: int, draws: int | None, prior: bool) -> Origin:
    """Return the fit that comes with a pack as an origin, else the priors as known before the test years."""
    from yupana.fit.shipped import shipped
    from yupana.study import load

    folder = None if prior else shipped(load(pack).pack)
    if folder is None:
        return _origin(pack, first - 1, draws or default("draws"), default("seed"), None)
    return find_origin(str(folder), first, draws, pack)


def _origin(pack: str, until: int, draws: int, seed: int, posterior: str | None) -> Origin:
    from yupana.analysis.hindcast import Origin
    from yupana.study import load

    return Origin(load(pack), load(pack, until=until), draws, seed, posterior)


def _print(board: Scoreboard) -> None:
    import textwrap

    about = f"{board.pack}: forecasts from {board.origin}, {board.first}-{board.last}. {board.draws}."
    typer.echo(textwrap.fill(about, WIDTH))
    for version, words in (
        ("blind", "Blind: every driver walks from the origin"),
        ("given-drivers", "Given drivers: recorded where they leak nothing"),
    ):
        rows = [_row(one) for one in board.series if one.version == version]
        typer.echo("")
        headers = ("series", "years", "n", "CRPS", "se", "naive", "its CRPS", "50/90%", "model is")
        title = f"{words} (run {board.runs[version]})"
        print_table(
            headers, rows, title, ("n", "CRPS", "se", "its CRPS", "50/90%"), ("series", "years", "naive")
        )
    typer.echo("")
    typer.echo(
        "CRPS in the unit of the series, smaller is better; naive: the best of last value, drift, AR(1),\n"
        f"ETS and ARX, chosen on origins to {board.origin}. 'no difference': the 90 percent interval of the\n"
        "difference holds zero, or there are fewer than four years; '-': no figure was known at the origin.\n"
        "50/90%: percent of the figures inside the intervals that should hold 50 and 90."
    )
    if board.form:
        typer.echo("")
        form_rows = [(name, *one["a_year"], one["figures"]) for name, one in board.form.items()]
        title = "Error of form: log spread of a year's step away from the equations, by earlier forecasts"
        numbers = ("5%", "50%", "95%", "figures")
        print_table(("variable", *numbers), form_rows, title, numbers, ("variable",))
    if board.left_out:
        typer.echo("")
        rows = [(name, why) for name, why in board.left_out.items()]
        print_table(("not scored", "why"), rows, whole=("not scored",))


def _row(one: SeriesScore) -> tuple[Any, ...]:
    covered = f"{100 * one.coverage50:.0f}/{100 * one.coverage90:.0f}"
    return (
        one.name,
        f"{one.years[0] % 100:02d}-{one.years[1] % 100:02d}",
        one.n,
        _three(one.crps),
        _three(one.crps_se),
        one.best_naive or "-",
        _three(one.crps_best_naive),
        covered,
        one.verdict if one.best_naive else "-",
    )


def _three(value: float | None) -> str:
    if value is None or value != value:
        return ""
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.3g}"
