"""`pack new` and `pack copy`: a pack under another name, to be filled with data of one's own."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

from yupana.core.errors import UsageError, from_os_error
from yupana.core.names import is_id
from yupana.evidence.locate import POSTERIOR, SHIPPED

TEMPLATE = SHIPPED / "exampleland"


def pack_id_of(folder: Path) -> str:
    """The id a pack in `folder` gets: the folder's name in lower case, other signs as underscores."""
    word = re.sub(r"[^a-z0-9_]+", "_", folder.resolve().name.lower()).strip("_")
    return word if is_id(word) else f"pack_{word}".rstrip("_")


def new_pack(folder: Path, template: Path = TEMPLATE) -> list[str]:
    """Write a copy of a pack, without its fit, into a new or empty folder, under the folder's name.

    Parameters
    ----------
    folder : where to.
    template : folder of the pack to copy; by default the small valid pack of an invented country.

    Returns
    -------
    Names of the files written, relative to the folder.

    Raises
    ------
    UsageError
        Y105 where the folder exists and is not empty, or is a file.
    EnvironmentFault
        Where it cannot be written; nothing stays half written.
    """
    try:
        existed = folder.exists()
        if existed and not folder.is_dir():
            raise UsageError(
                "a file of that name exists", code="Y105", where=str(folder), got="a regular file"
            )
        if existed and any(folder.iterdir()):
            raise UsageError(
                "the folder is not empty",
                code="Y105",
                where=str(folder),
                got=f"{len(list(folder.iterdir()))} entries",
                expected="a new or empty folder",
                fix="choose another folder",
            )
    except OSError as fault:
        raise from_os_error(fault, "making a pack", folder) from None
    try:
        names = _copy(folder, template)
    except OSError as fault:
        _remove(folder, existed)
        raise from_os_error(fault, "making a pack", folder) from None
    return names


def _copy(folder: Path, template: Path) -> list[str]:
    names = []
    for source in sorted(template.rglob("*")):
        if not source.is_file() or "__pycache__" in source.parts:
            continue
        name = source.relative_to(template).as_posix()
        if name.startswith(f"{POSTERIOR}/"):
            continue  # a fit is of one pack: the copy is made to be changed
        target = folder / name
        target.parent.mkdir(parents=True, exist_ok=True)
        data = source.read_bytes()
        if name == "pack.yaml":
            line = f"id: {pack_id_of(folder)}".encode()
            data = re.sub(rb"^id: [^\r\n]*", line, data, count=1, flags=re.M)
        target.write_bytes(data)
        names.append(name)
    return names


def _remove(folder: Path, existed: bool) -> None:
    """Take away what a failed copy left; the folder itself stays if it was there before."""
    if not existed:
        shutil.rmtree(folder, ignore_errors=True)
        return
    for child in folder.iterdir():
        if child.is_dir():
            shutil.rmtree(child, ignore_errors=True)
        else:
            child.unlink(missing_ok=True)
