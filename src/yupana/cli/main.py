"""The command `yupana`: finds the verb, runs it, turns every failure into one message and an exit code.

A verb's module is imported when the verb is called, never before, so that `yupana --help` is quick. A module
offers either a Typer application called `app` (a verb with verbs of its own) or a function called `command`.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import Any, NamedTuple

import typer
from typer.core import TyperGroup

from yupana.cli.common import VerbGroup, refuse_unknown, run_guarded


class Verb(NamedTuple):
    """Where a verb lives and what `yupana --help` says of it."""

    module: str
    help: str


VERBS: dict[str, Verb] = {
    "run": Verb("yupana.cli.run", "Run a country's model: draws x scenarios."),
    "show": Verb("yupana.cli.show", "Print results with intervals and paired differences."),
    "plot": Verb("yupana.cli.plot", "Draw fan charts, flows and maps, with the record on top."),
    "export": Verb("yupana.cli.export", "Write results as csv, parquet, netcdf, xlsx or zarr."),
    "runs": Verb("yupana.cli.runs", "List or delete runs."),
    "explain": Verb("yupana.cli.explain", "Share a difference out over the settings behind it."),
    "fit": Verb("yupana.cli.fit", "Fit the model to the figures of a pack, and check the fit."),
    "score": Verb("yupana.cli.score", "Score forecasts of years that a fit did not see."),
    "identify": Verb("yupana.cli.identify", "Say what is prior, which data decide, what would flip it."),
    "compare-models": Verb("yupana.cli.compare_models", "Weigh rival models by what they foretell."),
    "studies": Verb("yupana.cli.studies", "Rank studies that could be bought by what they would tell."),
    "diagnose": Verb("yupana.cli.diagnose", "Show what a fit learned, what it failed, and how it fits."),
    "audit": Verb("yupana.cli.audit", "Judge published claims by evidence and model."),
    "evidence": Verb("yupana.cli.evidence", "List, show and check the cited figures of a pack."),
    "pack": Verb("yupana.cli.pack", "Check, make and read packs: a country's data."),
}


class LazyGroup(VerbGroup):
    """The top level: help comes from the table, modules are imported on use."""

    def list_commands(self, ctx: Any) -> list[str]:
        """Names of the verbs, in the order of the table."""
        return list(VERBS)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        """A stand-in that knows its help line only; `resolve_command` imports the real one."""
        verb = VERBS.get(cmd_name)
        return None if verb is None else _stand_in(cmd_name, verb.help)

    def resolve_command(self, ctx: Any, args: list[str]) -> tuple[str | None, Any, list[str]]:
        """The real command of the first argument."""
        if args and args[0] in VERBS:
            return args[0], load_verb(args[0]), args[1:]
        refuse_unknown(args[0] if args else "", list(VERBS), "yupana")


def _stand_in(name: str, text: str) -> Any:
    empty = typer.Typer(rich_markup_mode=None)
    empty.command(name, help=text, add_help_option=False)(lambda: None)
    return typer.main.get_command(empty)


def load_verb(name: str) -> Any:
    """Import a verb's module and return its command."""
    import importlib

    verb = VERBS[name]
    module = importlib.import_module(verb.module)
    app = getattr(module, "app", None)
    if app is None:
        app = typer.Typer(rich_markup_mode=None, add_completion=False)
        app.command(name, help=module.command.__doc__ or verb.help)(module.command)
    command = typer.main.get_command(app)
    command.name = name
    if isinstance(command, TyperGroup) and not command.help:
        command.help = verb.help
    return command


app = typer.Typer(
    cls=LazyGroup,
    name="yupana",
    help="An open laboratory for illicit economies: cited evidence, a monthly model, verdicts on claims.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)


def _print_version(wanted: bool) -> None:
    if wanted:
        from yupana import __version__

        typer.echo(f"yupana {__version__}")
        raise typer.Exit


@app.callback()
def _top(
    version: bool = typer.Option(False, "--version", callback=_print_version, is_eager=True, help="Version."),
) -> None:
    pass


def run(arguments: Sequence[str]) -> int:
    """Run one command line and return its exit code; messages go to standard error."""
    return run_guarded(
        lambda: typer.main.get_command(app).main(list(arguments), "yupana", standalone_mode=False)
    )


def main() -> None:
    """Entry point of the command `yupana`."""
    sys.exit(run(sys.argv[1:]))


if __name__ == "__main__":
    main()
