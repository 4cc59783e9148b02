"""`yupana evidence import`: facts from a spreadsheet into a pack of one's own."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from yupana.cli.common import notice, print_json
from yupana.core.errors import DataError, UsageError
from yupana.core.settings import default

if TYPE_CHECKING:
    from collections.abc import Iterable

    from yupana.core.errors import YupanaError
    from yupana.evidence.pack import Pack
    from yupana.evidence.sheets.importing import ImportReport


def command(
    sheet: Annotated[str, typer.Argument(metavar="SHEET.xlsx|csv", help="Excel or CSV file with facts.")],
    pack: Annotated[
        str | None, typer.Option("--pack", metavar="DIR", help="Folder of a pack of yours.")
    ] = None,
    keep_good: Annotated[
        bool, typer.Option("--keep-good", help="Add the rows that are well, and list the others.")
    ] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Check everything and write nothing.")] = False,
    decimal: Annotated[
        str | None, typer.Option(help="point or comma: sign before decimals in numbers stored as text.")
    ] = None,
    into: Annotated[
        str, typer.Option(help="File of facts in the pack's folder evidence, without ending.")
    ] = "imported",
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object on standard output.")] = False,
) -> None:
    """Add the facts and sources of a sheet to a pack, if all are well; explain every refused cell.

    Sheets are recognised by their headers; `yupana evidence template` writes one to fill.
    """
    from yupana.evidence.sheets.importing import import_sheet

    if decimal not in (None, "point", "comma"):
        raise UsageError("unknown decimal sign", where="--decimal", got=decimal, expected="point or comma")
    report = import_sheet(
        sheet,
        pack or default("pack"),
        keep_good=keep_good,
        dry_run=dry_run,
        decimal="comma" if decimal == "comma" else "point" if decimal else None,
        into=into,
        further=_structures,
    )
    if as_json:
        print_json(report.as_dict())
    else:
        _print(report, dry_run)
    if report.refused and not (keep_good and (report.rows or report.sources)):
        raise DataError(
            f"nothing was added: {counted(len(report.refused), 'cell')} refused",
            code="Y259",
            where=sheet,
        )


def _structures(pack: Pack) -> Iterable[YupanaError]:
    from yupana.ensemble.structure import check_structures

    return check_structures(pack)


def _print(report: ImportReport, dry_run: bool) -> None:
    for note in report.notes:
        notice(f"note: {note}")
    for error in report.refused:
        notice(f"refused: {error}")
    rows, sources = len(report.rows), len(report.sources)
    would = "would be added" if dry_run else "added"
    if rows or sources:
        parts = [f"{counted(rows, 'row')} {would} to {report.file}"] if rows else []
        parts += [f"{counted(sources, 'source')} {would} to sources.csv"] if sources else []
        typer.echo(f"{', '.join(parts)} (pack {report.pack})")
    if report.refused and (rows or sources):
        typer.echo(f"{counted(len(report.refused), 'cell')} refused; what stands in their rows was left out")
    if report.unchanged:
        count = counted(len(report.unchanged), "entry", "entries")
        typer.echo(f"{count} of the sheet in the pack already, as the sheet says")


def counted(number: int, noun: str, plural: str = "") -> str:
    """A number with its noun.

    Examples
    --------
    >>> counted(1, "row"), counted(2, "row")
    ('1 row', '2 rows')
    """
    return f"{number} {noun if number == 1 else plural or noun + 's'}"
