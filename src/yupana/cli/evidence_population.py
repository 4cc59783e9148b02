"""`yupana evidence population`: how many there are, by every method that fits the table."""

from __future__ import annotations

import textwrap
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from yupana.cli.common import WIDTH, print_json, print_table

if TYPE_CHECKING:
    from yupana.evidence.populations import HiddenList, Specification

_OPTIONS: dict[str, Any] = {
    "method": typer.Option(
        None, "--method", metavar="NAME", help="Only this method; may be given several times."
    ),
    "model": typer.Option(None, "--model", metavar="A:B+B:C", help="Also the model of these terms."),
    "bootstrap": typer.Option(
        None, "--bootstrap", metavar="N", help="Resamples of the intervals; 0 for profile likelihood."
    ),
    "kind": typer.Option("nonparametric", "--kind", help="Bootstrap: nonparametric or parametric."),
    "bic_size": typer.Option("individuals", "--bic-n", help="The n of BIC: individuals or cells."),
    "seed": typer.Option(0, "--seed", min=0, help="Seed of the random numbers."),
    "hide": typer.Option(False, "--hide", help="Also hide each list and predict it from the others."),
    "out": typer.Option(None, "--out", metavar="FIG", help="Specification curve, .png or .svg."),
}


def command(
    file: str = typer.Argument(..., metavar="FILE", help="CSV: lists as 0/1 columns and count, or records."),
    method: list[str] = _OPTIONS["method"],
    model: list[str] = _OPTIONS["model"],
    bootstrap: int = _OPTIONS["bootstrap"],
    kind: str = _OPTIONS["kind"],
    bic_size: str = _OPTIONS["bic_size"],
    seed: int = _OPTIONS["seed"],
    hide: bool = _OPTIONS["hide"],
    out: str = _OPTIONS["out"],
    as_json: bool = typer.Option(False, "--json", help="One JSON object on standard output."),
) -> None:
    """Estimate a hidden population from lists: a table of specifications, never one number."""
    from yupana.core.errors import DataError, UsageError
    from yupana.evidence.populations import CaptureTable, hide_lists, read_table, specifications
    from yupana.evidence.populations.specification import has_estimate
    from yupana.evidence.populations.tables import Options, interval_words

    table = read_table(file)
    options = Options(
        bootstrap=Options.bootstrap if bootstrap is None else bootstrap,
        kind=kind, seed=seed, bic_size=bic_size, models=tuple(model or ()),
    )  # fmt: skip
    several = isinstance(table, CaptureTable)
    if not several and (hide or model):
        raise UsageError("people counted by times seen have no lists", where="--hide or --model", got=file,
                         expected="lists as 0/1 columns")  # fmt: skip
    found = specifications(table, method or None, **vars(options))
    hidden = hide_lists(table, "stepwise", **(vars(options) | {"models": ()})) if several and hide else ()
    seen = table.n if several else sum(table.values())
    words = interval_words(options) if several else "95 percent intervals"
    if out:
        from yupana.report.specification_curve import save_specifications, specification_picture

        path = Path(out)
        title = f"How many are there? {Path(file).stem}"
        picture = specification_picture(path.stem, title, found, seen, words)
        save_specifications(path, picture, Path(file))
    if as_json:
        answer: dict[str, Any] = {"file": file, "seen": seen, "intervals": words}
        answer["specifications"] = [each.as_dict() for each in found]
        if hide:
            answer["hidden_lists"] = [each.as_dict() for each in hidden]
        print_json(answer)
    else:
        _print_specifications(found, seen, words)
        _print_hidden(hidden)
    if not has_estimate(found):
        raise DataError(
            "no specification has an estimate", code="Y235", where=file,
            got="; ".join(dict.fromkeys(each.reason for each in found)), expected="at least one",
        )  # fmt: skip


def _print_specifications(found: tuple[Specification, ...], seen: int, words: str) -> None:
    cells = []
    for each in found:
        size, interval = _figures(each)
        remark = "; ".join(part for part in (" ".join(each.terms), each.reason) if part)
        cells.append((each.name, size, interval, remark))
    print_table(("specification", "people", "95 %", "terms; remarks"), cells, numeric=("people", "95 %"))
    estimates = [each.n_hat for each in found if each.n_hat is not None]
    spread = ""
    if len(estimates) > 1:
        from yupana.evidence.rounding import significant

        spread = f"; estimates run from {significant(min(estimates), 3)} to {significant(max(estimates), 3)}"
    typer.echo(f"\n{seen:,} people seen{spread}")
    typer.echo(textwrap.fill(words, WIDTH))


def _figures(each: Specification) -> tuple[str, str]:
    """Estimate and interval with the digits that the interval supports."""
    from yupana.evidence.rounding import round_to_interval, significant

    if each.n_hat is None:
        return "none", ""
    if each.low is None:
        return significant(each.n_hat, 3), "" if each.high is None else f"to {significant(each.high, 3)}"
    if each.high is None:
        return significant(each.n_hat, 3), f"{significant(each.low, 3)} to unbounded"
    size, low, high = (round_to_interval(x, each.low, each.high) for x in (each.n_hat, each.low, each.high))
    return size, f"{low} to {high}"


def _print_hidden(hidden: tuple[HiddenList, ...]) -> None:
    if not hidden:
        return
    cells = []
    for each in hidden:
        if each.predicted is None:
            cells.append((each.name, each.observed, "none", "", each.reason))
            continue
        high = "unbounded" if each.high is None else f"{each.high:,.0f}"
        interval = "" if each.low is None else f"{each.low:,.0f} to {high}"
        said = "" if each.inside is None else "foreseen" if each.inside else "MISSED"
        cells.append((each.name, each.observed, f"{each.predicted:,.0f}", interval, said))
    typer.echo("")
    headers = ("hidden list", "on it alone", "predicted", "95 %", "")
    print_table(headers, cells, numeric=headers[1:4], title="Each list predicted from the others")
