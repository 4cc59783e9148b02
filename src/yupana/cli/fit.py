"""`yupana fit`: the ledger's figures against the model, giving posterior draws."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Mapping
from typing import Annotated, Any

import typer

from yupana.cli.common import Interrupted, notice, print_json, print_table
from yupana.core.settings import DEFAULT_PACK, default


def command(
    pack: Annotated[str, typer.Argument(help="Name of a pack, or its folder.")] = DEFAULT_PACK,
    until: Annotated[
        int | None, typer.Option(help=f"Last year of the figures. [default: {default('fit_until')}]")
    ] = None,
    draws: Annotated[
        int | None, typer.Option(help=f"Draws of all chains together. [default: {default('fit_draws')}]")
    ] = None,
    chains: Annotated[
        int | None, typer.Option(help="Independent repetitions. [default: 2 of blocks, 4 of others]")
    ] = None,
    seed: Annotated[
        int | None, typer.Option(help=f"Seed of all random numbers. [default: {default('seed')}]")
    ] = None,
    method: Annotated[
        str | None, typer.Option(help=f"blocks, smc, laplace or nuts. [default: {default('method')}]")
    ] = None,
    out: Annotated[str | None, typer.Option(help="Folder of the fit. [default: yupana-fits/ID]")] = None,
    resume: Annotated[bool, typer.Option("--resume", help="Go on with a fit that was stopped.")] = False,
    quick: Annotated[
        bool, typer.Option("--quick", help="The normal approximation, 256 draws: a first look, not a result.")
    ] = False,
    threads: Annotated[
        int | None, typer.Option(help=f"Blocks computed at once. [default: {default('threads')}]")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Fit the model to the figures of a pack and check the fit.

    The exit code is 0 also where a gate fails: the gates say so, and whoever uses the draws is told.
    """
    from yupana.fit.fitting import summary
    from yupana.study import load

    asked: dict[str, Any] = {
        "draws": draws, "chains": chains, "seed": seed, "method": method, "out": out, "threads": threads
    }  # fmt: skip
    try:
        study = load(pack, until=default("fit_until") if until is None else until)
        folder, record = study.fit(resume=resume, quick=quick, on_progress=_progress(), **asked)
    except KeyboardInterrupt:
        flags = {"quick": quick, "json": as_json, "resume": True}
        raise Interrupted(_same_command(pack, {"until": until, **asked}, flags)) from None
    found = summary(record, folder)
    if as_json:
        print_json(found)
        return
    _print(found, record.about or {}, folder)


def _progress() -> Any:
    """A line on standard error that says what is done and how long it may still take; nothing in a pipe."""
    if not sys.stderr.isatty():
        return None

    def tell(what: str, share: float, seconds: float) -> None:
        rest = f", about {seconds * (1 - share) / share:.0f} s more of this" if share > 0.02 else ""
        sys.stderr.write(f"\r\033[K{what}: {share:.0%} after {seconds:.0f} s{rest}")
        sys.stderr.flush()
        if share >= 1.0:
            sys.stderr.write("\n")

    return tell


def _same_command(pack: str, options: dict[str, Any], flags: dict[str, bool]) -> str:
    words = ["yupana", "fit", pack]
    for name, value in options.items():
        words += [] if value is None else [f"--{name}", str(value)]
    return shlex.join([*words, *(f"--{name}" for name, given in flags.items() if given)])


def _print(found: Mapping[str, Any], about: Mapping[str, Any], folder: Any) -> None:
    gates = found["gates"]
    typer.echo(
        f"Fit {found['fit']}: {len(about['rows'])} figures, {about['coordinates']} unknowns; they take\n"
        f"more than half of the variance of {about['informed']} directions among them"
    )
    rows = [
        (
            "passed" if g["pass"] else "FAILED",
            "none" if g["value"] is None else g["value"],
            g["limit"],
            g["name"],
        )
        for g in gates
    ]
    print_table(("", "value", "limit", "gate"), rows, "\nGates", numeric=("value", "limit"))
    moved = list(about["contraction"].items())[:12]
    title = "\nWhat the figures say most about"
    print_table(("contraction", "unknown"), [(b, a) for a, b in moved], title, numeric=("contraction",))
    failed = [g["name"] for g in gates if not g["pass"]]
    if failed:
        notice(f"yupana: {len(failed)} of {len(gates)} gates failed; runs need --allow-failed and say so")
    word = shlex.quote(str(folder))
    typer.echo(f"\nFit in {folder}")
    typer.echo(f"Next:\n  yupana run {found['pack']} --posterior {word}")
