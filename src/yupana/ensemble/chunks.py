"""One chunk on disk: a Parquet file written once, and beside it a small record that says it is finished."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from yupana.core.files import read_json, write_json, write_whole
from yupana.core.hashing import hash_bytes, hash_file
from yupana.ensemble.columns import INDEX, MONTH_INDEX, Columns

MONTHS = 12


@dataclass(frozen=True)
class ChunkRecord:
    """What is known of a finished chunk without opening it.

    Attributes
    ----------
    draws : number of draws.
    digests : Hash of each file, by folder (``years``, ``months``).
    codes : result code as text -> number of draws; only codes other than 0.
    """

    draws: int
    digests: dict[str, str]
    codes: dict[str, int]


def chunk_name(chunk: int) -> str:
    """Return the name of a chunk's files, without ending."""
    return f"{chunk:06d}"


def chunk_path(folder: Path, table: str, scenario: str, chunk: int) -> Path:
    """Return the Parquet file of a chunk; `table` is ``years`` or ``months``."""
    return folder / table / f"scenario={scenario}" / f"{chunk_name(chunk)}.parquet"


def record_path(folder: Path, scenario: str, chunk: int) -> Path:
    """Return the file of a chunk's record."""
    return folder / "years" / f"scenario={scenario}" / f"{chunk_name(chunk)}.json"


def encode(
    columns: Columns,
    values: Mapping[str, NDArray[Any]],
    index: Mapping[str, NDArray[Any]],
    about: Mapping[str, str],
) -> bytes:
    """Return the bytes of a Parquet file.

    Parameters
    ----------
    columns : what the columns are.
    values : column -> (row,), in the unit of its variable.
    index : draw, year and so on -> (row,).
    about : provenance, stored as metadata of the schema.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    arrays = [pa.array(column) for column in (*index.values(), *values.values())]
    fields = [pa.field(name, pa.array(column[:0]).type, nullable=False) for name, column in index.items()]
    for name, column in values.items():
        info = columns.owner[name]
        about_column = {"unit": info.unit, "kind": info.kind, "meaning": info.meaning}
        fields.append(pa.field(name, pa.array(column[:0]).type, nullable=False, metadata=about_column))
    table = pa.Table.from_arrays(arrays, schema=pa.schema(fields, metadata=dict(about)))
    sink = pa.BufferOutputStream()
    layout: dict[str, Any] = {
        "use_dictionary": list(index),
        "use_byte_stream_split": list(values),
        "write_statistics": list(index),
    }
    pq.write_table(
        table, sink, compression="zstd", compression_level=1, row_group_size=len(arrays[0]), **layout
    )
    return sink.getvalue().to_pybytes()


def time_index(
    years: Sequence[int], first: int, code: NDArray[Any], monthly: bool = False
) -> dict[str, NDArray[Any]]:
    """Return the index columns of a chunk: times in the outer order, draws in the inner.

    Parameters
    ----------
    years : calendar years of the run.
    first : number of the chunk's first draw.
    code : (draw,). Result codes.
    monthly : whether the rows are months.
    """
    draws, steps = len(code), MONTHS if monthly else 1
    times = len(years) * steps
    index = {
        "draw": np.tile(np.arange(first, first + draws, dtype=np.int32), times),
        "year": np.repeat(np.asarray(years, dtype=np.int16), steps * draws),
        "code": np.tile(code.astype(np.int16), times),
    }
    if not monthly:
        return {name: index[name] for name in INDEX}
    index["month"] = np.tile(np.repeat(np.arange(1, MONTHS + 1, dtype=np.int8), draws), len(years))
    return {name: index[name] for name in MONTH_INDEX}


def write_chunk(
    folder: Path, scenario: str, chunk: int, tables: Mapping[str, bytes], code: NDArray[Any]
) -> None:
    """Write a chunk's files, then the record that makes it count as finished.

    Raises
    ------
    EnvironmentFault
        If the disk is full or the folder may not be written; no part of a file stays behind.
    """
    for table, data in tables.items():
        write_whole(chunk_path(folder, table, scenario, chunk), data)
    found, counts = np.unique(code[code != 0], return_counts=True)
    codes = {str(int(c)): int(n) for c, n in zip(found, counts, strict=True)}
    record = ChunkRecord(len(code), {name: hash_bytes(data) for name, data in tables.items()}, codes)
    write_json(record_path(folder, scenario, chunk), asdict(record))


def read_record(folder: Path, scenario: str, chunk: int) -> ChunkRecord | None:
    """Return the record of a chunk, or None where there is none or it is damaged."""
    value = read_json(record_path(folder, scenario, chunk))
    try:
        return ChunkRecord(**value) if value is not None else None
    except TypeError:
        return None


def check_chunk(folder: Path, scenario: str, chunk: int, tables: Sequence[str]) -> str | None:
    """Return None where a chunk is whole, ``"absent"`` where it is not there, else what is wrong with it."""
    paths = {table: chunk_path(folder, table, scenario, chunk) for table in tables}
    record = read_record(folder, scenario, chunk)
    if record is None:
        damaged = record_path(folder, scenario, chunk).exists()
        return "its record is damaged" if damaged else "absent"
    for table, path in paths.items():
        if not path.is_file():
            return f"{path.name} is missing"
        if hash_file(path) != record.digests.get(table):
            return f"{path.name} differs from what was written"
    return None
