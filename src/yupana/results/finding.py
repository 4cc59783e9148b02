"""Runs on disk: found by folder, id or the beginning of an id; listed; deleted."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from yupana.core.errors import DataError, UsageError, YupanaError, did_you_mean, from_os_error
from yupana.core.names import listing
from yupana.ensemble.folder import DEFAULT_ROOT
from yupana.ensemble.manifest import NAME, Manifest
from yupana.results.marks import NAME as MARKS
from yupana.results.twin import FOLDER as TWIN


@dataclass(frozen=True)
class RunEntry:
    """One line of a list of runs.

    Attributes
    ----------
    folder : where it is.
    id : empty where the manifest cannot be read.
    state : ``finished``, ``running``, or what is wrong.
    scenarios, draws, years, failed : of the run.
    size : bytes on disk.
    """

    folder: Path
    id: str
    state: str
    scenarios: tuple[str, ...] = ()
    draws: int = 0
    years: tuple[int, int] = (0, 0)
    failed: int = 0
    size: int = 0


def find_run(word: str | Path, root: str | Path = DEFAULT_ROOT) -> Path:
    """Return the folder of a run.

    Parameters
    ----------
    word : a folder, an id, or the beginning of an id, with or without the name of its pack.
    root : where runs without a named folder lie.

    Raises
    ------
    UsageError
        Y106 where there is none, or more than one that begins so.
    DataError
        Y403 where the folder holds no run.
    """
    path, text = Path(word), str(word)
    if (path / NAME).is_file():
        return path
    folders = _folders(Path(root))
    exact = [folder for folder in folders if folder.name == text]
    near = [folder for folder in folders if _begins(folder.name, text)]
    if text and (exact or len(near) == 1):
        return (exact or near)[0]
    if text and len(near) > 1:
        raise UsageError(
            f"more than one run begins with {text!r}",
            code="Y106",
            where=str(root),
            got=listing(sorted(folder.name for folder in near)),
            fix="give more characters of the id",
        )
    if path.is_dir():
        raise DataError("the folder holds no run", code="Y403", where=str(path), expected=f"a {NAME}")
    names = [folder.name for folder in folders]
    raise UsageError(
        f"unknown run {text!r}",
        code="Y106",
        where=str(root),
        got=text,
        expected=f"a run's folder, or an id: {listing(sorted(names), 4)}"
        if names
        else "a run's folder, or an id",
        fix=did_you_mean(text, names) or None,
    )


def _begins(name: str, text: str) -> bool:
    return name.startswith(text) or name.rpartition("-")[2].startswith(text)


def _folders(root: Path) -> list[Path]:
    try:
        return sorted(path for path in root.iterdir() if (path / NAME).is_file()) if root.is_dir() else []
    except OSError as fault:
        raise from_os_error(fault, "reading the folder of runs", root) from fault


def list_runs(roots: Sequence[str | Path] = (DEFAULT_ROOT,)) -> list[RunEntry]:
    """Return the runs in folders of runs, newest first; a folder that is itself a run counts as one."""
    folders: list[Path] = []
    for root in (Path(root) for root in roots):
        folders += [root] if (root / NAME).is_file() else _folders(root)
    unique = list(dict.fromkeys(folders))
    return [_entry(folder) for folder in sorted(unique, key=_age, reverse=True)]


def _age(folder: Path) -> float:
    return (folder / NAME).stat().st_mtime


def _entry(folder: Path) -> RunEntry:
    size = sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
    try:
        manifest = Manifest.read(folder)
    except YupanaError as fault:
        return RunEntry(folder, "", fault.what, size=size)
    failed = sum(int(member["failed"]) for member in manifest.members.values())
    recipe = manifest.recipe
    return RunEntry(
        folder=folder,
        id=manifest.id,
        state=manifest.status,
        scenarios=manifest.scenarios,
        draws=recipe["draws"],
        years=(recipe["start"], recipe["end"]),
        failed=failed,
        size=size,
    )


def delete_run(folder: Path) -> list[str]:
    """Delete a run's own files, and the folder where nothing else is in it.

    Returns
    -------
    Names of other files, which stay.

    Raises
    ------
    DataError
        Y403 where the folder holds no run.
    EnvironmentFault
        If a file cannot be deleted.
    """
    if not (folder / NAME).is_file():
        raise DataError("the folder holds no run", code="Y403", where=str(folder), expected=f"a {NAME}")
    try:
        # the manifest last: a deletion that is cut short can be done again
        for table in ("years", "months"):
            for path in [*folder.glob(f"{table}/scenario=*/*"), *folder.glob(f"{table}/scenario=*/.*.tmp")]:
                path.unlink(missing_ok=True)
            for path in [*folder.glob(f"{table}/scenario=*"), folder / table]:
                if path.is_dir() and not os.listdir(path):
                    path.rmdir()
        if (folder / TWIN / NAME).is_file():
            delete_run(folder / TWIN)
        for name in (MARKS, ".lock", NAME):
            (folder / name).unlink(missing_ok=True)
        others = sorted(os.listdir(folder))
        if not others:
            folder.rmdir()
    except OSError as fault:
        raise from_os_error(fault, "deleting the run", folder) from fault
    return others
