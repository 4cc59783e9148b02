"""Where packs are: those that come with Yupana by name, all others by folder."""

from __future__ import annotations

import os
from pathlib import Path

from yupana.core.errors import DataError, UsageError
from yupana.core.names import did_you_mean, listing

SHIPPED = Path(__file__).resolve().parents[1] / "packs"
POSTERIOR = "posterior"
"""Folder of a pack that holds a fit of it. Made from the pack, it is no part of it and not in its hash."""


def shipped_packs() -> dict[str, Path]:
    """Packs that come with Yupana, by name."""
    if not SHIPPED.is_dir():
        return {}
    return {path.parent.name: path.parent for path in sorted(SHIPPED.glob("*/pack.yaml"))}


def find_pack(name_or_dir: str | os.PathLike[str]) -> Path:
    """The folder of a pack.

    A name of a shipped pack wins over a folder of that name in the working directory; write ``./name`` for
    the folder.

    Raises
    ------
    UsageError
        Y103 where neither exists.
    DataError
        Y201 where the folder holds no pack.yaml.
    """
    text = os.fspath(name_or_dir)
    shipped = shipped_packs()
    if text in shipped:
        return shipped[text]
    path = Path(text).expanduser()
    if path.is_file() and path.name == "pack.yaml":
        return path.parent
    if path.is_dir():
        if not (path / "pack.yaml").is_file():
            raise DataError(
                "the folder is not a pack", code="Y201", where=text, expected="a file pack.yaml in it"
            )
        return path
    got = "a regular file" if path.exists() else text
    raise UsageError(
        f"unknown pack {text!r}",
        code="Y103",
        got=got,
        expected=f"{listing(shipped)}, or a folder with a pack.yaml",
        fix=did_you_mean(text, shipped) or None,
    )
