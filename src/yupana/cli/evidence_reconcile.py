"""`yupana evidence reconcile`: a year's mass balance under three anchors, a run of the model beside it."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from yupana.cli.common import WIDTH, print_json, print_table
from yupana.core.errors import UsageError

if TYPE_CHECKING:
    from yupana.analysis.rival_balance import Rival
    from yupana.evidence.pack import Pack
    from yupana.evidence.reconcile.result import Estimate, Reconciliation

_SPAN = re.compile(r"^\d{4}$|^\d{4}:\d{4}$")
_LEFT_OUT_SHOWN = 8


def command(
    pack: str = typer.Argument(
        None, metavar="[PACK]", help="Name or folder of a pack; the default pack if none."
    ),
    year: int = typer.Option(None, "--year", help="Calendar year to report; the last of --years by default."),
    years: str = typer.Option(
        None, "--years", metavar="YYYY:YYYY", help="Years solved jointly; --year alone by default."
    ),
    anchor: str = typer.Option("agnostic", "--anchor", help="agnostic, trust-un or trust-us."),
    solver: str = typer.Option("gauss-newton", "--solver", help="linear, gauss-newton or nuts."),
    against: str = typer.Option(
        None, "--against", metavar="RUN", help="Run of the model, by id or folder, to set beside it."
    ),
    every: bool = typer.Option(False, "--all", help="Every quantity, not only those that the pack shows."),
    out: Path = typer.Option(
        None, "--out", metavar="FILE", help="Draw the flows of --year into FILE (.svg, .png), data beside it."
    ),
    width: str = typer.Option("screen", "--width", help="Width of that picture: screen (900 pixels) or a4."),
    as_json: bool = typer.Option(False, "--json", help="One JSON object on standard output."),
) -> None:
    """Reconcile cited figures to one mass balance, with intervals, under three anchors."""
    from yupana.cli.pack import open_pack
    from yupana.cli.reconcile_findings import print_findings
    from yupana.evidence.reconcile.findings import find, findings_as_dict
    from yupana.evidence.reconcile.report import reconciliations_as_dict, shown_names
    from yupana.evidence.reconcile.solve import ANCHORS, check_word, pose, reconcile

    span, at = _check_years(year, years)
    check_word(anchor, ANCHORS, "anchor")
    _check_out(out, width)
    loaded = open_pack(pack)
    found = {name: reconcile(loaded, span, name, solver) for name in ANCHORS}
    rivals = _rivals(against, found[anchor], at)
    drawn = _draw(out, width, found[anchor], at, loaded)
    watched = loaded.balance is not None and loaded.balance.totals
    findings = find(pose(loaded, span, anchor), at) if watched else None
    if as_json:
        body = reconciliations_as_dict(found, anchor, at, loaded)
        if rivals is not None:
            body["against"] = [_rival_as_dict(rival) for rival in rivals]
        if drawn:
            body["files"] = drawn
        if findings is not None:
            body |= findings_as_dict(findings)
        print_json(body)
        return
    main = found[anchor]
    names = list(dict.fromkeys(n for n, _ in main.quantities)) if every else shown_names(loaded, main)
    _print_quantities(found, anchor, names, at)
    _print_data(loaded, main)
    if findings is not None:
        print_findings(findings)
    _print_gates(found)
    _print_rivals(rivals, names, loaded.id, at)
    if drawn:
        _say(f"drawn: {', '.join(drawn)}")


def _check_out(out: Path | None, width: str) -> None:
    if out is not None:
        from yupana.report.balance_file import check_file

        check_file(out, width)


def _draw(out: Path | None, width: str, found: Reconciliation, year: int, pack: Pack) -> list[str]:
    if out is None:
        return []
    from yupana.report.balance_file import draw_file

    return [str(path) for path in draw_file(found, out, year, pack, width)]


def _check_years(year: int | None, years: str | None) -> tuple[tuple[int, ...], int]:
    """Return the years to solve and the one to report."""
    if years is None:
        if year is None:
            raise UsageError("a year is missing", where="--year", expected="such as --year 2012")
        return (year,), year
    if not _SPAN.match(years):
        raise UsageError(
            "years not understood", code="Y102", where="--years", got=years, expected="2009:2013"
        )
    first, last = int(years[:4]), int(years[-4:])
    span = tuple(range(first, last + 1))
    at = last if year is None else year
    if at not in span:
        raise UsageError(
            "the year lies outside --years" if span else "the years run backwards",
            code="Y102",
            where="--year" if span else "--years",
            got=str(at) if span else years,
            expected=f"{first} to {last}" if span else f"{last}:{first}",
        )
    return span, at


def _rivals(against: str | None, found: Reconciliation, year: int) -> tuple[Rival, ...] | None:
    if against is None:
        return None
    from yupana.analysis.rival_balance import compare_with_run
    from yupana.results import Result, find_run

    return tuple(
        rival
        for rival in compare_with_run(found, Result.open(find_run(against)))
        if rival.balance.year == year
    )


def _rival_as_dict(rival: Rival) -> dict[str, object]:
    return {
        "name": rival.balance.name,
        "unit": rival.balance.unit,
        "balance": {"q05": rival.balance.q05, "q50": rival.balance.q50, "q95": rival.balance.q95},
        "model": {"q05": rival.q05, "q50": rival.q50, "q95": rival.q95},
        "verdict": rival.verdict,
    }


def _interval(q50: float, q05: float, q95: float) -> str:
    from yupana.evidence.rounding import interval_text

    return interval_text(q50, q05, q95).replace(" to ", "-")


def _cell(estimate: Estimate) -> str:
    return _interval(estimate.q50, estimate.q05, estimate.q95) + ("*" if estimate.is_prior else "")


def _print_quantities(found: Mapping[str, Reconciliation], anchor: str, names: list[str], year: int) -> None:
    main = found[anchor]
    joint = f", solved jointly over {main.years[0]} to {main.years[-1]}" if len(main.years) > 1 else ""
    typer.echo(f"{main.pack} {year}{joint}; solver {main.solver}; median (5 to 95 percent)\n")
    others = [name for name in found if name != anchor]
    rows = []
    for name in names:
        estimate = main.quantities[(name, year)]
        learned = "prior" if estimate.is_prior else f"{estimate.contraction:.2f}"
        beside = [_middle(found[one].quantities[(name, year)]) for one in others]
        rows.append((f"{name}, {estimate.unit}", _cell(estimate), learned, *beside))
    headers = ("quantity", anchor, "learned", *others)
    print_table(headers, rows, numeric=headers[1:], whole=headers)
    _print_anchors(found, anchor, [name for name in names if "[" not in name], year)
    _say(
        "* and prior: set by the prior, not by data (contraction below 0.1). learned: contraction, 1 - "
        "posterior over prior variance of the logarithm; of exits and markets, that of their share. "
        "Anchors say whose level is taken to be right."
    )


def _print_anchors(found: Mapping[str, Reconciliation], anchor: str, names: list[str], year: int) -> None:
    """The same with intervals under every anchor, for what stands for the whole country."""
    typer.echo("")
    order = [anchor, *(name for name in found if name != anchor)]
    rows = [(name, *(_cell(found[one].quantities[(name, year)]) for one in order)) for name in names]
    headers = ("under every anchor", *order)
    print_table(headers, rows, numeric=headers[1:], whole=headers)


def _print_data(pack: Pack, main: Reconciliation) -> None:
    typer.echo("")
    rows = [
        (
            f"{datum.name} {datum.year}",
            _figure(datum.value),
            _figure(datum.fitted),
            f"{datum.z:+.1f}" + (" GROSS ERROR?" if datum.flagged else ""),
            datum.row,
        )
        for datum in main.data
    ]
    if rows:
        headers = ("measures", "figure", "balance", "z", "row")
        print_table(headers, rows, numeric=("figure", "balance", "z"), whole=("measures",))
    else:
        typer.echo("No row measures anything of these years: every interval is the prior's.")
    if main.chi2 is not None:
        _say(f"global test: chi-square {main.chi2:.1f} on {main.degrees} degrees, p {main.p_value:.2g}")
    for row, reason in main.left_out[:_LEFT_OUT_SHOWN]:
        _say(f"not used: {row}: {reason}")
    if len(main.left_out) > _LEFT_OUT_SHOWN:
        _say(f"not used: {len(main.left_out) - _LEFT_OUT_SHOWN} more; --json lists all")


def _figure(value: float) -> str:
    from yupana.evidence.rounding import significant

    return significant(value, 3)


def _middle(estimate: Estimate) -> str:
    from yupana.evidence.rounding import round_to_interval

    mark = "*" if estimate.is_prior else ""
    return round_to_interval(estimate.q50, estimate.q05, estimate.q95) + mark


def _print_gates(found: Mapping[str, Reconciliation]) -> None:
    for name, one in found.items():
        if one.gates:
            said = "; ".join(
                f"{gate} {value:.4g} ({'passes' if passed else 'FAILS'} {limit:g})"
                for gate, (value, limit, passed) in one.gates.items()
            )
            _say(f"gates, {name}: {said}")


def _print_rivals(rivals: tuple[Rival, ...] | None, names: list[str], pack: str, year: int) -> None:
    typer.echo("")
    if rivals is None:
        _say(
            "This is a rival to the model, not a part of it: they share conversion priors and nothing else. "
            f"To see where they disagree: yupana run {pack}, then --against with its id."
        )
        return
    rows = [
        (
            f"{rival.balance.name}, {rival.balance.unit}",
            _cell(rival.balance),
            _interval(rival.q50, rival.q05, rival.q95),
            {"agree": "", "differ": "differ", "apart": "APART"}[rival.verdict],
        )
        for rival in rivals
        if rival.balance.name in names
    ]
    print_table(("against the model", "balance", "model", ""), rows, numeric=("balance", "model"))
    _say(
        "APART: the intervals do not meet. differ: a median lies outside the other's interval. Neither feeds "
        "the other; they share conversion priors."
    )


def _say(text: str) -> None:
    typer.echo(textwrap.fill(text, WIDTH, subsequent_indent="  "))
