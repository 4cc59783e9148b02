"""A run as one file for other tools: csv, parquet, netcdf, xlsx or zarr, each with units and provenance.

Every format but xlsx holds every draw, and is written chunk by chunk or variable by variable, so that memory
does not grow with the number of draws. A spreadsheet holds quantiles. A file appears under its name only when
it is whole.
"""

from __future__ import annotations

import contextlib
import os
import shutil
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from yupana.core.errors import UsageError, did_you_mean, from_os_error
from yupana.results.money import check_kind, is_money, money_words
from yupana.results.result import Result
from yupana.results.selection import Selection, select_all, select_scenarios

ENDINGS = {"csv": ".csv", "parquet": ".parquet", "netcdf": ".nc", "xlsx": ".xlsx", "zarr": ".zarr"}
FORMATS = tuple(ENDINGS)


@dataclass(frozen=True)
class Export:
    """What to write.

    Attributes
    ----------
    result : the run.
    selections : variables.
    scenarios : names.
    monthly, money : months instead of years; real or nominal.
    """

    result: Result
    selections: tuple[Selection, ...]
    scenarios: tuple[str, ...]
    monthly: bool
    money: str

    @property
    def table(self) -> str:
        """Table of chunks to read."""
        return self.result.table(self.monthly)

    @property
    def columns(self) -> tuple[str, ...]:
        """Columns of all variables, each once."""
        return tuple(dict.fromkeys(c for selection in self.selections for c in selection.columns))

    @property
    def facts(self) -> dict[str, str]:
        """Where the numbers come from."""
        from yupana.core.hashing import canonical_json

        result, recipe = self.result, self.result.manifest.recipe
        facts = {
            "title": f"{result.manifest.about['pack_name']}: run {result.id}",
            "run": result.id,
            "source": f"yupana {recipe['software']['yupana']}, pack {recipe['pack']}",
            "draws": result.drawn.words,
            "money": money_words(result.manifest.money, self.money),
            "licence": result.manifest.about["licence"],
            "failed_members": canonical_json(result.failed),
            "recipe": canonical_json(recipe),
        }
        if result.manifest.about.get("invented"):
            facts["comment"] = "an invented country: no figure here was measured anywhere"
        return facts

    def unit(self, column: str) -> str:
        """Unit of a column in words, its money included."""
        unit = self.result.manifest.columns.owner[column].unit
        return f"{unit} ({self.facts['money']})" if is_money(unit) else unit


def export_run(
    result: Result,
    form: str,
    out: str | Path,
    variables: Sequence[str] = (),
    scenarios: Sequence[str] = (),
    monthly: bool = False,
    money: str = "real",
) -> list[Path]:
    """Write a run, or part of it, to one file, and return the paths written.

    Parameters
    ----------
    result : the run.
    form : one of `FORMATS`.
    out : the file; a folder for zarr. An existing file of that name is replaced.
    variables, scenarios : what to write; everything where empty.
    monthly, money : months instead of years; real or nominal.

    Raises
    ------
    UsageError
        Y109 unknown format, Y107, Y108, Y301 for names the run does not hold, Y105 where `out` is a folder.
    EnvironmentFault
        If the disk is full or a folder may not be written; nothing stays behind.
    """
    writers = _writers()
    if form not in writers:
        raise UsageError(
            f"unknown format {form!r}",
            code="Y109",
            where="--format",
            got=form,
            expected=", ".join(FORMATS),
            fix=did_you_mean(form, FORMATS) or None,
        )
    selections = tuple(select_all(result.manifest.columns, variables))
    names = select_scenarios(result.scenarios, scenarios)
    export = Export(result, selections, names, monthly, check_kind(money))
    _ = export.table  # refuses months that were not stored before anything is written
    path = Path(out).expanduser()
    with _whole(path, folder=form == "zarr") as temporary:
        writers[form](export, temporary)
    written = [path]
    if form == "csv":
        from yupana.results.export_table import write_description

        written.append(write_description(export, path))
    return written


def _writers() -> dict[str, Callable[[Export, Path], None]]:
    from yupana.results.export_arrays import write_netcdf, write_zarr
    from yupana.results.export_sheet import write_xlsx
    from yupana.results.export_table import write_csv, write_parquet

    return {
        "csv": write_csv,
        "parquet": write_parquet,
        "netcdf": write_netcdf,
        "xlsx": write_xlsx,
        "zarr": write_zarr,
    }


@contextlib.contextmanager
def _whole(path: Path, folder: bool) -> Iterator[Path]:
    """Give a temporary path, and move it to `path` when the writing has ended well."""
    from yupana.ensemble.folder import check_path

    check_path(path.parent)
    if path.is_dir() and not (folder and (path / "zarr.json").is_file()):
        raise UsageError(
            "the export cannot be written: a folder has that name",
            code="Y105",
            where=str(path),
            expected="a new file",
            fix="choose another --out",
        )
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        yield temporary
        if path.is_dir():
            shutil.rmtree(path)
        os.replace(temporary, path)
    except OSError as fault:
        raise from_os_error(fault, "writing the export", path) from fault
    finally:
        if temporary.is_dir():
            shutil.rmtree(temporary, ignore_errors=True)
        else:
            with contextlib.suppress(OSError):
                temporary.unlink(missing_ok=True)


def describe_columns(export: Export) -> list[dict[str, Any]]:
    """Return name, unit, kind and meaning of every column, those of the index first."""
    index = [
        ("scenario", "", "name of the scenario"),
        ("draw", "", "number of the draw"),
        ("year", "year", "calendar year"),
        *([("month", "month", "month of the year, 1 to 12")] if export.monthly else []),
        ("code", "", "result code of the member; 0 is fine, a failed member's values are empty"),
    ]
    rows = [{"name": name, "unit": unit, "kind": "index", "meaning": text} for name, unit, text in index]
    owner = export.result.manifest.columns.owner
    for column in export.columns:
        info = owner[column]
        rows.append({"name": column, "unit": export.unit(column), "kind": info.kind, "meaning": info.meaning})
    return rows
