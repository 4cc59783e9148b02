"""Pictures on disk, each with the numbers it shows beside it as CSV and JSON."""

from __future__ import annotations

import csv
import io
import json
import math
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from yupana.core.errors import UsageError, from_os_error
from yupana.core.names import did_you_mean
from yupana.report.palette import DOTS_PER_INCH, styled
from yupana.report.tables import COLUMNS, Table

if TYPE_CHECKING:
    from matplotlib.figure import Figure

FORMATS = ("png", "svg")


@dataclass(frozen=True)
class Picture:
    """A drawn page and its numbers; `name` is the file name without ending."""

    name: str
    figure: Figure
    table: Table


def check_formats(text: str) -> tuple[str, ...]:
    """Return the formats named in `text`, joined by commas.

    Raises
    ------
    UsageError
        Y109 where one is unknown.
    """
    wanted = tuple(dict.fromkeys(part.strip().lower() for part in text.split(",") if part.strip()))
    for each in wanted or ("",):
        if each not in FORMATS:
            raise UsageError(
                f"unknown picture format {each!r}",
                code="Y109",
                where="--format",
                got=text,
                expected=" or ".join(FORMATS) + ", or both joined by a comma",
                fix=did_you_mean(each, FORMATS) or None,
            )
    return wanted


def save_picture(picture: Picture, folder: Path, formats: Sequence[str] = FORMATS) -> tuple[Path, ...]:
    """Write the picture and its data into `folder` and return the paths, pictures first.

    The same picture gives the same bytes: no dates, no versions, no random names.

    Raises
    ------
    EnvironmentFault
        Where the machine refuses.
    """
    contents = [(kind, drawn(picture.figure, kind)) for kind in formats]
    contents.append(("csv", csv_text(picture.table).encode()))
    contents.append(("json", json_text(picture.table).encode()))
    paths = []
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for kind, content in contents:
            path = folder / f"{picture.name}.{kind}"
            _write(path, content)
            paths.append(path)
    except OSError as fault:
        raise from_os_error(fault, f"writing picture {picture.name}", folder) from fault
    return tuple(paths)


def drawn(figure: Figure, kind: str) -> bytes:
    """Return a figure as a file of one of `FORMATS`."""
    buffer = io.BytesIO()
    metadata = {"Date": None, "Creator": "yupana"} if kind == "svg" else {"Software": None}
    with styled():
        figure.savefig(buffer, format=kind, dpi=DOTS_PER_INCH, metadata=metadata)
    return buffer.getvalue()


def _write(path: Path, content: bytes) -> None:
    """Write whole or not at all: a reader never meets half a picture."""
    partial = path.with_name(f".{path.name}.tmp")
    try:
        partial.write_bytes(content)
        os.replace(partial, path)
    except BaseException:
        partial.unlink(missing_ok=True)
        raise


def csv_text(table: Table) -> str:
    """Return the rows as CSV; missing numbers are empty cells."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(table.columns)
    for row in table.rows:
        writer.writerow([_cell(row.get(column)) for column in table.columns])
    return out.getvalue()


def json_text(table: Table) -> str:
    """Return facts and rows as JSON; missing numbers are null, never NaN."""
    rows = [
        {key: _plain(row[key]) for key in table.columns if _plain(row.get(key)) is not None}
        for row in table.rows
    ]
    return json.dumps({**table.facts, "data": rows}, indent=1, ensure_ascii=False, allow_nan=False) + "\n"


def _plain(value: object) -> object:
    if isinstance(value, float):
        return float(f"{value:.9g}") if math.isfinite(value) else None
    return None if value == "" else value


def _cell(value: object) -> object:
    plain = _plain(value)
    if plain is None:
        return ""
    return f"{plain:.9g}" if isinstance(plain, float) else plain


def tidy(rows: Sequence[dict[str, object]], facts: dict[str, object]) -> Table:
    """Return a table with the columns that every picture's data share."""
    return Table(COLUMNS, tuple(rows), facts)
