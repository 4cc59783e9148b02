"""A fit on disk: what made it, how it went, its draws; a killed fit goes on where it stood."""

from __future__ import annotations

import io
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import numpy as np

from yupana.core.errors import DataError, UsageError, did_you_mean
from yupana.core.files import read_json, require_json, write_json, write_whole
from yupana.core.hashing import content_hash, hash_bytes, short_id
from yupana.evidence.locate import POSTERIOR, shipped_packs

DEFAULT_ROOT = "yupana-fits"
"""Folder, beside the user, that holds the fits whose folder nobody named."""
NAME = "fit.json"
DRAWS = "draws.npz"
STAGE = "stage.npz"
FORMAT = 1
RUNNING, FINISHED = "running", "finished"


@dataclass(frozen=True)
class FitRecord:
    """What fit.json says.

    Attributes
    ----------
    recipe : everything that decides the numbers. status : ``"running"`` or ``"finished"``.
    gates : of a finished fit, one mapping each: name, value, limit, pass.
    about : rows used, rows left out with the reason, coordinates, seconds, words for people.
    digest : hash of the file of draws.
    """

    recipe: Mapping[str, Any]
    status: str
    gates: tuple[Mapping[str, Any], ...] = ()
    about: Mapping[str, Any] | None = None
    digest: str = ""

    @property
    def id(self) -> str:
        """Address of the fit: the pack's id, the last year and the hash of the recipe."""
        return f"{self.recipe['pack']}-{self.recipe['until']}-{short_id(content_hash(dict(self.recipe)))}"

    @property
    def failed(self) -> tuple[str, ...]:
        """Names of the gates that were not passed."""
        return tuple(str(gate["name"]) for gate in self.gates if not gate["pass"])

    def write(self, folder: Path) -> None:
        """Write fit.json."""
        folder.mkdir(parents=True, exist_ok=True)
        body = {
            "format": FORMAT,
            "fit": self.id,
            "status": self.status,
            "recipe": dict(self.recipe),
            "gates": [dict(gate) for gate in self.gates],
            "digest": self.digest,
            "about": dict(self.about or {}),
        }
        write_json(folder / NAME, body)


def read_record(folder: Path) -> FitRecord:
    """Return what fit.json says.

    Raises
    ------
    DataError
        Y403 where it is missing or damaged, Y401 where another version wrote it.
    """
    body = require_json(folder / NAME, "record of the fit")
    if body.get("format") != FORMAT:
        raise DataError(
            "another version wrote this fit", code="Y401", where=str(folder), got=str(body.get("format")),
            expected=str(FORMAT),
        )  # fmt: skip
    return FitRecord(body["recipe"], body["status"], tuple(body["gates"]), body["about"], body["digest"])


def check_free(folder: Path, record: FitRecord, resume: bool, named: bool) -> FitRecord | None:
    """Return the finished fit that the folder already holds, or None where it may be written.

    Raises
    ------
    UsageError
        Y105 where the folder holds anything else, or this fit unfinished and `resume` was not asked for.
    """
    if not folder.exists():
        return None
    if not folder.is_dir() or (not (folder / NAME).exists() and any(folder.iterdir())):
        raise UsageError(
            "the output folder holds something else", code="Y105", where=str(folder),
            expected="a new or empty folder",
        )  # fmt: skip
    if not (folder / NAME).exists():
        return None
    found = read_record(folder)
    if found.id != record.id:
        raise UsageError(
            "the output folder holds another fit", code="Y105", where=str(folder), got=found.id,
            expected=f"{record.id}, an empty folder, or none",
        )  # fmt: skip
    if found.status == FINISHED:
        return found
    if named and not resume:
        raise UsageError(
            "the output folder holds this fit, unfinished",
            code="Y105",
            where=str(folder),
            fix="go on with --resume",
        )
    return None


def find_fit(word: str, *packs: Path) -> Path:
    """Return the folder of a fit named by folder or id.

    Parameters
    ----------
    packs : folders of packs whose own fit may be meant, beside those that come with Yupana.

    Raises
    ------
    UsageError
        Y505 where there is none.
    """
    for folder in (Path(word).expanduser(), Path(DEFAULT_ROOT, word)):
        if (folder / NAME).is_file():
            return folder
    for pack in (*packs, *shipped_packs().values()):
        folder = pack / POSTERIOR
        if (read_json(folder / NAME) or {}).get("fit") == word:
            return folder
    known = sorted(path.parent.name for path in Path(DEFAULT_ROOT).glob(f"*/{NAME}"))
    raise UsageError(
        "no such fit",
        code="Y505",
        got=word,
        expected="the folder of a fit, or its id",
        fix=did_you_mean(word, known) or "make one with `yupana fit`",
    )


def write_arrays(path: Path, arrays: Mapping[str, Any]) -> str:
    """Write arrays, whole or not at all, and return the hash of the file."""
    buffer = io.BytesIO()
    plain: dict[str, Any] = {name: np.asarray(value) for name, value in arrays.items()}
    np.savez_compressed(buffer, **plain)
    write_whole(path, buffer.getvalue())
    return hash_bytes(buffer.getvalue())


def read_arrays(path: Path, digest: str | None = None) -> dict[str, np.ndarray]:
    """Return the arrays of a file.

    Raises
    ------
    DataError
        Y403 where it is missing, damaged, or has another hash than `digest`.
    """
    try:
        data = path.read_bytes()
        if digest and hash_bytes(data) != digest:
            raise ValueError("its hash differs from what was written")
        with np.load(io.BytesIO(data), allow_pickle=False) as found:
            return {name: found[name] for name in found.files}
    except (OSError, ValueError, KeyError, EOFError, BadZipFile) as fault:
        raise DataError(
            "the draws of the fit cannot be read",
            code="Y403",
            where=str(path),
            got=str(fault),
            fix="fit again; a stopped fit goes on with --resume",
        ) from fault


def read_stage(folder: Path) -> dict[str, np.ndarray] | None:
    """Return where a stopped fit stood, or None where nothing usable is there."""
    if not (folder / STAGE).is_file() or read_json(folder / NAME) is None:
        return None
    try:
        return read_arrays(folder / STAGE)
    except DataError:
        return None
