"""Columns of a run from its chunks, a few at a time, every chunk held against its hash before it is used."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from yupana.core.errors import DataError, from_os_error
from yupana.ensemble.chunks import MONTHS, check_chunk, chunk_path
from yupana.ensemble.manifest import Manifest
from yupana.ensemble.recipe import CHUNK

BUDGET = 64 * 1024 * 1024
"""Bytes of values held at once while quantiles are computed; never less than one column of one scenario."""


@dataclass
class ChunkReader:
    """Reads columns of one run folder.

    Attributes
    ----------
    folder, manifest : of the run.
    """

    folder: Path
    manifest: Manifest
    _checked: set[tuple[str, int]] = field(default_factory=set, repr=False)
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    @property
    def chunks(self) -> int:
        """Number of chunks of each scenario."""
        return -(-self.manifest.recipe["draws"] // CHUNK)

    @property
    def draws(self) -> int:
        """Number of draws, failed ones included."""
        return int(self.manifest.recipe["draws"])

    def times(self, table: str = "years") -> int:
        """Return the number of time steps in a table."""
        return len(self.manifest.years) * (MONTHS if table == "months" else 1)

    def check(self, scenario: str, chunk: int) -> None:
        """Hold a chunk against its hash, once.

        Raises
        ------
        DataError
            Y402 where it is missing or differs.
        """
        with self._lock:
            if (scenario, chunk) in self._checked:
                return
            fault = check_chunk(self.folder, scenario, chunk, self.manifest.tables)
            if fault is not None:
                raise DataError(
                    f"a chunk of the run is damaged: {'it is missing' if fault == 'absent' else fault}",
                    code="Y402",
                    where=str(chunk_path(self.folder, "years", scenario, chunk)),
                    fix=f"repair the run with: {resume_command(self.manifest, self.folder)}",
                )
            self._checked.add((scenario, chunk))

    def read(self, scenario: str, columns: Sequence[str], table: str = "years") -> NDArray[Any]:
        """Return values of one scenario.

        Parameters
        ----------
        scenario : name.
        columns : names of columns.
        table : ``years`` or ``months``.

        Returns
        -------
        (column, time, draw), in the units of the columns.
        """
        dtype = np.dtype(self.manifest.recipe["dtype"])
        values = np.empty((len(columns), self.times(table), self.draws), dtype)
        for chunk in range(self.chunks):
            part = self.read_chunk(scenario, chunk, columns, table)
            first = chunk * CHUNK
            for place, column in enumerate(part):
                values[place, :, first : first + column.shape[1]] = column
        return values

    def read_chunk(self, scenario: str, chunk: int, columns: Sequence[str], table: str) -> list[NDArray[Any]]:
        """Return columns of one chunk, each (time, draw); draw, year, month and code are columns too."""
        import pyarrow as pa
        import pyarrow.parquet as pq

        self.check(scenario, chunk)
        path = chunk_path(self.folder, table, scenario, chunk)
        try:
            data = pq.ParquetFile(path).read(columns=list(columns))
            # a column with a comma in its name is found by name, never by position
            return [data[name].to_numpy().reshape(self.times(table), -1) for name in columns]
        except (pa.ArrowException, KeyError, ValueError) as fault:
            raise DataError(
                "a chunk of the run cannot be read", code="Y402", where=str(path), got=str(fault)
            ) from None
        except OSError as fault:
            raise from_os_error(fault, "reading a chunk", path) from fault

    def codes(self, scenario: str) -> NDArray[np.int16]:
        """Return the result code of every draw: (draw,)."""
        first = []
        for chunk in range(self.chunks):
            (code,) = self.read_chunk(scenario, chunk, ["code"], "years")
            first.append(code[0])
        return np.concatenate(first)

    def fine(self, scenario: str) -> NDArray[np.bool_]:
        """Return which draws count: (draw,), False for failed members."""
        return (self.codes(scenario) & self.manifest.failures) == 0

    def groups(self, columns: Sequence[str], scenarios: int, table: str = "years") -> Iterator[list[str]]:
        """Split columns into groups of which all scenarios fit into the budget, one column at the least."""
        size = self.times(table) * self.draws * np.dtype(self.manifest.recipe["dtype"]).itemsize * scenarios
        step = max(1, BUDGET // max(1, 2 * size))
        for start in range(0, len(columns), step):
            yield list(columns[start : start + step])


def resume_command(manifest: Manifest, folder: Path) -> str:
    """Return the command that makes this run, or finishes it, in its folder."""
    import shlex

    recipe = manifest.recipe
    words = ["yupana", "run", manifest.about.get("pack_word", recipe["pack"])]
    for name in manifest.scenarios:
        words += ["--scenario", manifest.about.get("scenario_words", {}).get(name, name)]
    for option in ("draws", "seed", "start", "end"):
        words += [f"--{option}", str(recipe[option])]
    words += ["--monthly"] if recipe["monthly"] else []
    return shlex.join([*words, "--out", str(folder), "--resume"])
