"""What all verbs share: the error boundary, JSON without NaN, tables, progress on terminals only."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, NoReturn

import typer
from typer.core import TyperGroup

from yupana.core.errors import UsageError, YupanaError, did_you_mean, from_os_error
from yupana.core.names import listing

WIDTH = 100
"""Columns that every human-readable output fits in."""


class Interrupted(Exception):
    """The user stopped a verb that can go on later.

    Parameters
    ----------
    resume : the command that goes on.
    """

    def __init__(self, resume: str = "") -> None:
        super().__init__(resume)
        self.resume = resume


class VerbGroup(TyperGroup):
    """A verb with verbs of its own: an unknown one gets a near miss."""

    def resolve_command(self, ctx: Any, args: list[str]) -> tuple[str | None, Any, list[str]]:
        """The command of the first argument."""
        if args and self.get_command(ctx, args[0]) is None:
            refuse_unknown(args[0], self.list_commands(ctx), ctx.command_path)
        return super().resolve_command(ctx, args)


def refuse_unknown(word: str, known: Iterable[str], path: str) -> NoReturn:
    """Refuse an unknown verb or option.

    Raises
    ------
    UsageError
        Always.
    """
    options = list(known)
    noun = "option" if word.startswith("-") else "command"
    raise UsageError(
        f"unknown {noun} {word!r}",
        code="Y101",
        got=word,
        expected=listing(options, 20) if noun == "command" else None,
        fix=did_you_mean(word, options) or f"read `{path} --help`",
    )


def verb_group(text: str) -> typer.Typer:
    """A Typer application for a verb with verbs of its own."""
    return typer.Typer(
        cls=VerbGroup,
        help=text,
        no_args_is_help=True,
        add_completion=False,
        rich_markup_mode=None,
        context_settings={"help_option_names": ["-h", "--help"], "max_content_width": WIDTH},
    )


def run_guarded(action: Callable[[], Any]) -> int:
    """Run `action` and return the exit code; every failure becomes one message on standard error."""
    try:
        code = action()
        sys.stdout.flush()
        return code if isinstance(code, int) and not isinstance(code, bool) else 0
    except YupanaError as error:
        return _report(error, error.exit_code)
    except Interrupted as stop:
        return _stopped(stop.resume)
    except KeyboardInterrupt:
        return _stopped("")
    except BrokenPipeError:
        # The reader of our output went away, as `head` does. Nothing is wrong.
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        return 0
    except OSError as fault:
        return _report(from_os_error(fault, "a file operation"), 1)
    except MemoryError:
        from yupana.core.errors import EnvironmentFault

        return _report(EnvironmentFault("no memory left", code="Y903"), 1)
    except Exception as error:
        return _foreign(error)


def _foreign(error: Exception) -> int:
    """Exit code of an exception that is not ours: the option parser's, or a defect."""
    if type(error).__name__ == "Abort":
        return _stopped("")
    if hasattr(error, "format_message") and hasattr(error, "exit_code"):
        if type(error).__name__ == "NoArgsIsHelpError":
            typer.echo(str(error), err=True)
            return 2
        return _report(_usage_error(error), 2)
    if os.environ.get("YUPANA_DEBUG") == "1":
        import traceback

        traceback.print_exc()
    reason = (str(error).strip() or "no message").splitlines()[0][:200]
    typer.echo(
        f"yupana: unexpected {type(error).__name__}: {reason} [Y999]; this is a defect: run again with "
        "YUPANA_DEBUG=1 and report what it prints",
        err=True,
    )
    return 1


def _usage_error(error: Any) -> UsageError:
    """The option parser's complaint as one of ours, with a near miss for options."""
    context = getattr(error, "ctx", None)
    path = getattr(context, "command_path", "yupana")
    option = getattr(error, "option_name", None)
    if option and type(error).__name__ == "NoSuchOption":
        known = [name for item in context.command.params for name in item.opts] if context else []
        near = did_you_mean(option, [*known, "--help"])
        return UsageError(
            f"unknown option {option!r}", code="Y101", got=option, fix=near or f"read `{path} --help`"
        )
    text = " ".join(str(error.format_message()).split()).rstrip(".")
    return UsageError(text, code="Y102", where=path, fix=f"read `{path} --help`")


def _report(error: YupanaError, code: int) -> int:
    typer.echo(f"yupana: {error}", err=True)
    if os.environ.get("YUPANA_DEBUG") == "1":
        import traceback

        traceback.print_exception(error)
    return code


def _stopped(resume: str) -> int:
    typer.echo(f"\nyupana: stopped; go on with: {resume}" if resume else "\nyupana: stopped", err=True)
    return 130


def without_nan(value: Any) -> Any:
    """`value` as plain data that JSON can hold: NaN and infinity become null, arrays lists."""
    if hasattr(value, "model_dump"):
        value = value.model_dump(mode="json")
    if hasattr(value, "tolist"):
        value = value.tolist()
    if isinstance(value, float):
        return value if value == value and abs(value) != float("inf") else None
    if isinstance(value, Mapping):
        return {str(key): without_nan(item) for key, item in value.items()}
    if isinstance(value, (list, tuple, set, frozenset)):
        return [without_nan(item) for item in value]
    if value is None or isinstance(value, (str, int, bool)):
        return value
    return str(value)


def print_json(value: Mapping[str, Any]) -> None:
    """Print one JSON object on standard output, without NaN."""
    typer.echo(json.dumps(without_nan(value), ensure_ascii=False, allow_nan=False, indent=1))


def is_terminal() -> bool:
    """Whether standard output is a terminal."""
    return sys.stdout.isatty()


def notice(text: str) -> None:
    """Print a remark for people on standard error."""
    typer.echo(text, err=True)


@contextmanager
def progress(noun: str) -> Iterator[Callable[[int, int], None] | None]:
    """A bar on a terminal, told of things done and of all; nothing at all in a pipe."""
    if not sys.stderr.isatty():
        yield None
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(noun, total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)


def format_number(value: object) -> str:
    """A number for people: at most six significant digits, thousands apart, no exponent in common ranges."""
    if value is None:
        return ""
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return str(value)
    if value != value:
        return ""
    if isinstance(value, int) or (value == int(value) and abs(value) < 1e15):
        return f"{int(value):,}"
    if abs(value) >= 1000:
        return f"{value:,.0f}" if abs(value) >= 1e5 else f"{value:,.1f}"
    return f"{value:.4g}"


def print_table(
    headers: Sequence[str],
    rows: Iterable[Sequence[object]],
    title: str = "",
    numeric: Sequence[str] = (),
    whole: Sequence[str] = (),
) -> None:
    """Print a table: drawn on a terminal, plain aligned text in a pipe; 100 columns at most.

    Parameters
    ----------
    headers : names of the columns; the last one is wrapped where the table is too wide.
    rows : cells; numbers are formatted.
    title : a line above.
    numeric : headers of right-aligned columns.
    whole : headers of columns that are never wrapped, such as ids that a reader will copy.
    """
    cells = [[format_number(cell) for cell in row] for row in rows]
    if is_terminal():
        _print_rich(headers, cells, title, numeric, whole)
        return
    if title:
        typer.echo(title)
    for line in plain_table(headers, cells, numeric, whole):
        typer.echo(line)


def _print_rich(
    headers: Sequence[str],
    cells: list[list[str]],
    title: str,
    numeric: Sequence[str],
    whole: Sequence[str],
) -> None:
    from rich.box import SIMPLE_HEAD
    from rich.console import Console
    from rich.markup import escape
    from rich.table import Table

    table = Table(title=title or None, box=SIMPLE_HEAD, title_justify="left", pad_edge=False)
    for header in headers:
        align = "right" if header in numeric else "left"
        table.add_column(header, justify=align, overflow="fold", no_wrap=header in whole)
    for row in cells:
        table.add_row(*(escape(cell) for cell in row))
    console = Console()
    Console(width=min(WIDTH, console.width)).print(table)


def plain_table(
    headers: Sequence[str],
    cells: Sequence[Sequence[str]],
    numeric: Sequence[str] = (),
    whole: Sequence[str] = (),
) -> list[str]:
    """Lines of an aligned table, at most 100 columns wide; texts are wrapped where they must be."""
    import textwrap

    rows = [list(headers), *(list(row) for row in cells)]
    fixed = [header in whole for header in headers]
    widths = _fit([max(len(row[i]) for row in rows) for i in range(len(headers))], fixed)
    lines = []
    for row in rows:
        wrapped = [textwrap.wrap(text, width) or [""] for text, width in zip(row, widths, strict=True)]
        for number in range(max(len(parts) for parts in wrapped)):
            parts = [texts[number] if number < len(texts) else "" for texts in wrapped]
            line = "  ".join(
                text.rjust(width) if header in numeric else text.ljust(width)
                for text, width, header in zip(parts, widths, headers, strict=True)
            )
            lines.append(line.rstrip())
    return lines


def _fit(widths: list[int], fixed: list[bool]) -> list[int]:
    """Widths that fit the line: the last column gives way first, then the widest; fixed ones never."""
    least_last, least = 36, 8
    last = len(widths) - 1
    free = [i for i in range(len(widths)) if not fixed[i]]
    while sum(widths) + 2 * last > WIDTH and any(widths[i] > least for i in free):
        give = last if last in free and widths[last] > least_last else max(free, key=widths.__getitem__)
        widths[give] -= 1
    return widths
