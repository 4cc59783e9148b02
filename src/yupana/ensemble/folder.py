"""Where a run is written: which folders may be used, and what is said of those that may not."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from yupana.core.errors import DataError, UsageError, from_os_error
from yupana.core.files import read_json
from yupana.core.names import listing
from yupana.ensemble.manifest import FINISHED, NAME, Manifest, check_format

DEFAULT_ROOT = "yupana-runs"
"""Folder, beside the user, that holds the runs whose folder nobody named."""


def check_path(out: Path) -> None:
    """Refuse a path on which no folder can be made.

    Raises
    ------
    UsageError
        Y105 where the path or a part of it is a regular file.
    """
    for part in (out, *out.parents):
        try:
            is_file = part.exists() and not part.is_dir()
        except OSError as fault:
            raise from_os_error(fault, "looking at the output folder", part) from fault
        if is_file:
            raise UsageError(
                "the output folder cannot be made: a part of its path is a file",
                code="Y105",
                where=str(out),
                got=f"the file {part}",
                expected="a new or empty folder",
            )


def check_free(out: Path, manifest: Manifest, resume: bool, named: bool) -> None:
    """Refuse a folder that holds anything but this very run, and an unfinished one without `resume`.

    A folder that nobody named carries the run's id as its name; going on in it is always right.

    Parameters
    ----------
    out : the folder, which need not exist.
    manifest : of the run to be made.
    resume : whether an unfinished run is to be finished.
    named : whether the user named the folder.

    Raises
    ------
    UsageError
        Y105.
    DataError
        Y401, Y403 where the folder holds a run that this version cannot read.
    """
    check_path(out)
    if not out.exists():
        return
    if not (out / NAME).exists():
        _check_empty(out)
        return
    found = _read_there(out)
    if found.id != manifest.id:
        raise UsageError(
            "the output folder holds another run",
            code="Y105",
            where=str(out),
            got=f"{found.id}: {_differences(found.recipe, manifest.recipe)}",
            expected=f"{manifest.id}, an empty folder, or none",
            fix="choose a new folder with --out, or leave --out away",
        )
    if found.status != FINISHED and named and not resume:
        raise UsageError(
            "the output folder holds this run, unfinished",
            code="Y105",
            where=str(out),
            fix="add --resume to finish it, or choose a new folder with --out",
        )


def _read_there(out: Path) -> Manifest:
    """Return the manifest of the run that a folder holds already."""
    raw = read_json(out / NAME)
    if raw is not None:
        check_format(raw, out / NAME)
    try:
        return Manifest.read(out)
    except DataError as fault:
        fix = f"delete the folder with `yupana runs delete {out}`, or choose another --out"
        raise DataError(
            fault.what, code=fault.code, where=fault.where, got=fault.got, expected=fault.expected, fix=fix
        ) from None


def _check_empty(out: Path) -> None:
    try:
        # a run that was killed at birth leaves a lock and a temporary name behind
        others = sorted(p.name for p in out.iterdir() if p.name != ".lock" and not p.name.endswith(".tmp"))
    except OSError as fault:
        raise from_os_error(fault, "reading the output folder", out) from fault
    if others:
        raise UsageError(
            "the output folder holds other files",
            code="Y105",
            where=str(out),
            got=listing(others, 4),
            expected="an empty folder, or none",
        )


def _differences(found: dict[str, Any], wanted: dict[str, Any]) -> str:
    """Return in words how two recipes differ, found against wanted."""
    parts = []
    for key in wanted:
        one, other = found.get(key), wanted[key]
        if one == other:
            continue
        if isinstance(one, dict) and isinstance(other, dict):
            inner = [k for k in {**one, **other} if one.get(k) != other.get(k)]
            parts.append(f"{key} ({', '.join(inner)})")
        elif key.endswith("_hash"):
            parts.append("content of the pack")
        else:
            parts.append(f"{key} {one} instead of {other}")
    return "it has another " + "; ".join(parts) if parts else "same recipe"


@contextlib.contextmanager
def prepared(out: Path) -> Iterator[None]:
    """Make the folder for the time of a run, and take it away again if nothing was finished in it.

    Raises
    ------
    EnvironmentFault
        If the folder cannot be made.
    """
    made = [part for part in (out, *out.parents) if not part.exists()]
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as fault:
        _remove_empty(made)
        raise from_os_error(fault, "making the output folder", out) from fault
    try:
        yield
    except BaseException:
        if made and not any(out.glob("years/*/*.json")):
            _remove_run(out)
            _remove_empty(made)
        raise


def _remove_run(out: Path) -> None:
    """Remove what a run without a finished chunk leaves: its own files and empty folders, nothing else."""
    with contextlib.suppress(OSError):
        for pattern in ("*/scenario=*/*", NAME, ".lock", ".*.tmp"):
            for path in out.glob(pattern):
                path.unlink(missing_ok=True)
        for pattern in ("*/scenario=*", "years", "months"):
            for path in out.glob(pattern):
                path.rmdir()


def _remove_empty(folders: list[Path]) -> None:
    for folder in folders:
        with contextlib.suppress(OSError):
            folder.rmdir()


def clear_leftovers(out: Path) -> None:
    """Remove temporary files of a killed run; call it only while holding the folder's lock."""
    for pattern in (".*.tmp", "*/*/.*.tmp"):
        for path in out.glob(pattern):
            with contextlib.suppress(OSError):
                path.unlink()
