"""Writing a file so that it is either whole or not there, and reading JSON that may have been damaged."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from yupana.core.errors import DataError, UsageError, from_os_error


def write_whole(path: Path, data: bytes) -> None:
    """Write `data` to `path` under a temporary name, sync it to the disk, and rename it.

    A reader, also one after a crash, finds the old content, the new content, or no file; never a part. A link
    stays a link, and a file that is replaced keeps its permissions.

    Raises
    ------
    EnvironmentFault
        If the disk is full or the folder may not be written; the temporary file is removed.
    """
    try:
        path = path.resolve()
        temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
        try:
            with temporary.open("wb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            if path.exists():
                shutil.copymode(path, temporary)
            os.replace(temporary, path)
        except BaseException:
            with contextlib.suppress(OSError):
                temporary.unlink(missing_ok=True)
            raise
        _sync_folder(path.parent)
    except OSError as fault:
        raise from_os_error(fault, f"writing {path.name}", path) from fault


def _sync_folder(folder: Path) -> None:
    # the new name itself must survive a power cut; systems that cannot open folders do without
    with contextlib.suppress(OSError):
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def write_json(path: Path, value: Any) -> None:
    """Write `value` as indented JSON, whole or not at all."""
    write_whole(path, (json.dumps(value, indent=1, ensure_ascii=False, allow_nan=False) + "\n").encode())


def read_json(path: Path) -> dict[str, Any] | None:
    """Return the JSON object in `path`, or None where there is none or it is damaged."""
    try:
        value = json.loads(path.read_text(encoding="utf-8"))
    except (FileNotFoundError, NotADirectoryError, UnicodeDecodeError, json.JSONDecodeError):
        return None
    except OSError as fault:
        raise from_os_error(fault, f"reading {path.name}", path) from fault
    return value if isinstance(value, dict) else None


@contextlib.contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Hold the only right to write in `folder`; the system takes it back when the process dies.

    Raises
    ------
    UsageError
        If another process writes there.
    """
    try:
        import fcntl
    except ImportError:  # no such lock on this system: renaming whole files still protects every file
        yield
        return
    path = folder / ".lock"
    try:
        file = path.open("w")
    except OSError as fault:
        raise from_os_error(fault, "locking the run folder", path) from fault
    with file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise UsageError(
                "another process is writing this run",
                code="Y105",
                where=str(folder),
                fix="wait for it to end, or choose another --out",
            ) from None
        except OSError:
            pass  # a file system without locks
        yield


def require_json(path: Path, what: str) -> dict[str, Any]:
    """Return the JSON object in `path`.

    Raises
    ------
    DataError
        Y403 where it is missing or damaged.
    """
    value = read_json(path)
    if value is None:
        state = "is empty or not valid JSON" if path.exists() else "is missing"
        raise DataError(f"the {what} {state}", code="Y403", where=str(path))
    return value
