"""Rows to the end of a pack's CSV file: what stands there changes by no byte, and nothing is half written."""

from __future__ import annotations

import contextlib
import csv
import io
import os
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from yupana.core.errors import DataError, EnvironmentFault, from_os_error
from yupana.core.files import write_whole
from yupana.evidence.sheets.headers import FIELDS

_BOM = b"\xef\xbb\xbf"
OPTIONAL_COLUMNS = ("accessed",)
"""Columns that a file of a pack gets only where a row fills them."""


def append_rows(old: bytes | None, table: str, rows: Sequence[Mapping[str, str]]) -> tuple[bytes, list[int]]:
    """A CSV file with rows at its end, and the line on which each of them begins.

    Order, quoting, line ends and the byte-order mark of what stands there are kept. A column that the file
    lacks and a new row fills is added at the right, empty for the old rows.

    Parameters
    ----------
    old : content of the file; None for a new one.
    table : ``facts`` or ``sources``.
    rows : field -> text.
    """
    mark = old is not None and old.startswith(_BOM)
    text = "" if old is None else old.decode("utf-8-sig")
    used = {field for row in rows for field, value in row.items() if value}
    if not text.strip():
        header = [f for f in FIELDS[table] if f in used or f not in OPTIONAL_COLUMNS]
        text = ",".join(header) + "\n"
    header = [name.strip() for name in next(csv.reader(io.StringIO(text, newline="")))]
    newline = "\r\n" if text.partition("\n")[0].endswith("\r") else "\n"
    missing = [field for field in FIELDS[table] if field in used and field not in header]
    if missing:
        text = _widen(text, missing)
        header += missing
    if not text.endswith(("\n", "\r")):
        text += newline
    added = io.StringIO(newline="")
    writer = csv.writer(added, lineterminator=newline)
    writer.writerows([row.get(name, "") for name in header] for row in rows)
    whole = text + added.getvalue()
    lines = _record_lines(whole)[-len(rows) :] if rows else []
    return (_BOM if mark else b"") + whole.encode("utf-8"), lines


def _records(text: str) -> Iterator[tuple[int, list[str], list[str]]]:
    """First line, raw lines and cells of every record that is not blank."""
    raw = io.StringIO(text, newline="").readlines()
    reader, begin = csv.reader(raw), 0
    for cells in reader:
        yield begin + 1, raw[begin : reader.line_num], cells
        begin = reader.line_num


def _record_lines(text: str) -> list[int]:
    return [line for line, _, cells in _records(text) if any(cell.strip() for cell in cells)]


def _widen(text: str, columns: Sequence[str]) -> str:
    """The text with columns added at the right of every record, its own signs untouched."""
    parts = []
    for line, raw, cells in _records(text):
        record = "".join(raw)
        if any(cell.strip() for cell in cells):
            body = record.rstrip("\r\n")
            tail = record[len(body) :]
            record = body + "," + (",".join(columns) if line == 1 else "," * (len(columns) - 1)) + tail
        parts.append(record)
    return "".join(parts)


@contextlib.contextmanager
def alone(root: Path) -> Iterator[None]:
    """Hold a pack for one import at a time.

    Raises
    ------
    DataError
        Y259 where another import holds it.
    EnvironmentFault
        Where the folder may not be written.
    """
    lock = root / ".import.lock"
    try:
        handle = os.open(lock, os.O_CREAT | os.O_EXCL | os.O_WRONLY)
    except FileExistsError:
        raise DataError(
            "another import is at work on the pack",
            code="Y259",
            where=str(root),
            got=lock.name,
            fix=f"wait for it to end; if none is running, delete {lock}",
        ) from None
    except OSError as fault:
        raise from_os_error(fault, "importing into the pack", root) from None
    try:
        os.close(handle)
        yield
    finally:
        lock.unlink(missing_ok=True)


def read_old(path: Path) -> bytes | None:
    """Content of a file, or None where there is none.

    Raises
    ------
    EnvironmentFault
        Where it cannot be read.
    """
    try:
        return path.read_bytes() if path.exists() else None
    except OSError as fault:
        raise from_os_error(fault, "reading the pack", path) from None


def replace_files(changes: Mapping[Path, tuple[bytes | None, bytes]]) -> None:
    """Put new content in the place of old, all files or none.

    Parameters
    ----------
    changes : path -> (content on which the new one rests, new content).

    Raises
    ------
    DataError
        Y259 where a file is no longer what the new content rests on.
    EnvironmentFault
        Where a file cannot be written; those written before get their old content back.
    """
    for path, (old, _) in changes.items():
        if read_old(path) != old:
            raise DataError(
                "the pack changed during the import",
                code="Y259",
                where=str(path),
                got="another content than was checked",
                fix="run the same command again",
            )
    done: list[Path] = []
    try:
        for path, (_, new) in changes.items():
            path.parent.mkdir(parents=True, exist_ok=True)
            write_whole(path, new)
            done.append(path)
    except (OSError, EnvironmentFault) as fault:
        for path in done:
            old = changes[path][0]
            with contextlib.suppress(OSError, EnvironmentFault):
                if old is None:
                    path.unlink()
                else:
                    write_whole(path, old)
        if isinstance(fault, OSError):
            raise from_os_error(fault, "writing the pack") from None
        raise
