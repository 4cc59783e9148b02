"""The manifest of a run: what made it, what its columns mean, how far it came."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from yupana.core.errors import DataError
from yupana.core.files import require_json, write_json
from yupana.ensemble.columns import Columns
from yupana.ensemble.recipe import FORMAT, run_id

NAME = "manifest.json"
RUNNING, FINISHED = "running", "finished"


@dataclass(frozen=True)
class Manifest:
    """A run folder's description of itself; enough to read the run without its pack.

    Attributes
    ----------
    id : the run's address.
    recipe : everything that made it, as plain JSON.
    columns : variables and places.
    about : texts for people: the pack's name, labels of places, what the scenarios say.
    money : unit and year of real money, and the price index that turns it into nominal money, by year.
    failures : bit mask of the result codes that count as failed.
    codes : result code -> what it means.
    status : ``"running"`` or ``"finished"``.
    computed, reused, repaired : chunks that the last call computed, found finished, and found damaged.
    members : scenario -> {"draws": n, "failed": n, "codes": {code: n}}.
    """

    id: str
    recipe: dict[str, Any]
    columns: Columns
    about: dict[str, Any]
    money: dict[str, Any]
    failures: int
    codes: dict[str, str]
    status: str = RUNNING
    computed: int = 0
    reused: int = 0
    repaired: int = 0
    members: dict[str, Any] = field(default_factory=dict)

    @property
    def tables(self) -> tuple[str, ...]:
        """Folders of chunks: ``years``, and ``months`` where months are stored."""
        return ("years", "months") if self.recipe["monthly"] else ("years",)

    @property
    def years(self) -> tuple[int, ...]:
        """Calendar years of the run."""
        return tuple(range(self.recipe["start"], self.recipe["end"] + 1))

    @property
    def scenarios(self) -> tuple[str, ...]:
        """Names of the scenarios, in the order in which they were asked for."""
        return tuple(self.recipe["scenarios"])

    def with_progress(self, **changes: Any) -> Manifest:
        """Return the manifest with other counts or another status."""
        return replace(self, **changes)

    def write(self, folder: Path) -> None:
        """Write the manifest into its folder, whole or not at all."""
        value = {**asdict(self), "columns": self.columns.to_json()}
        write_json(folder / NAME, {"format": FORMAT, **value})

    @classmethod
    def read(cls, folder: Path) -> Manifest:
        """Return the manifest in `folder`.

        Raises
        ------
        DataError
            Y403 where it is missing or damaged, Y401 where another version wrote it.
        """
        path = folder / NAME
        value = require_json(path, "manifest of the run")
        check_format(value, path)
        value.pop("format")
        try:
            manifest = cls(**{**value, "columns": Columns.from_json(value["columns"])})
            address = run_id(manifest.recipe)
        except (KeyError, TypeError, AttributeError) as fault:
            raise DataError(
                "the manifest of the run is not complete",
                code="Y403",
                where=str(path),
                got=f"no usable {fault}" if isinstance(fault, KeyError) else str(fault),
            ) from None
        if manifest.id != address:
            raise DataError(
                "the manifest was changed: the run's id is not that of its recipe",
                code="Y403",
                where=str(path),
                got=manifest.id,
                expected=address,
            )
        return manifest


def check_format(value: dict[str, Any], path: Path) -> None:
    """Refuse a manifest of another layout.

    Raises
    ------
    DataError
        Y401.
    """
    found = value.get("format")
    if found == FORMAT:
        return
    recipe = value.get("recipe")
    software = recipe.get("software") if isinstance(recipe, dict) else None
    maker = software.get("yupana") if isinstance(software, dict) else None
    raise DataError(
        "the run was written by a version with another layout of run folders",
        code="Y401",
        where=str(path),
        got=f"layout {found!r}" + (f" of yupana {maker}" if maker else ""),
        expected=f"layout {FORMAT}",
        fix="run the study again into a new --out, or read the folder with the version that wrote it",
    )
