"""Rows of scenario, draw and year: csv and parquet, written one chunk at a time."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from yupana.core.files import write_json
from yupana.results.money import is_money, nominal_factors

if TYPE_CHECKING:
    import pyarrow as pa

    from yupana.results.export import Export


def _tables(export: Export) -> Iterator[pa.Table]:
    """Yield a table a chunk; values of failed members are null."""
    import pyarrow as pa

    reader = export.result.reader
    index = ("draw", "year", *(("month",) if export.monthly else ()), "code")
    schema = _schema(export)
    for scenario in export.scenarios:
        for chunk in range(reader.chunks):
            names = (*index, *export.columns)
            parts = dict(zip(names, reader.read_chunk(scenario, chunk, names, export.table), strict=True))
            failed = ((parts["code"] & export.result.manifest.failures) != 0).reshape(-1)
            scale = _scale(export, parts["year"])
            arrays: list[Any] = [pa.repeat(scenario, len(failed))]
            arrays += [pa.array(parts[name].reshape(-1)) for name in index]
            owner = export.result.manifest.columns.owner
            for column in export.columns:
                values = parts[column].reshape(-1)
                if scale is not None and is_money(owner[column].unit):
                    values = (values * scale).astype(values.dtype)
                arrays.append(pa.array(values, mask=failed))
            cast = [array.cast(field.type) for array, field in zip(arrays, schema, strict=True)]
            yield pa.Table.from_arrays(cast, schema=schema)


def _scale(export: Export, years: Any) -> Any:
    """Return the factor of each row from real to nominal money, or None for real money."""
    if export.money == "real":
        return None
    run = export.result.years
    return nominal_factors(export.result.manifest.money, run)[years.reshape(-1) - run[0]]


def _schema(export: Export) -> pa.Schema:
    import pyarrow as pa

    from yupana.results.export import describe_columns

    kinds = {
        "scenario": pa.string(),
        "draw": pa.int32(),
        "year": pa.int16(),
        "month": pa.int8(),
        "code": pa.int16(),
    }
    value = pa.float64() if export.result.manifest.recipe["dtype"] == "float64" else pa.float32()
    fields = []
    for row in describe_columns(export):
        about = {key: row[key] for key in ("unit", "kind", "meaning") if row[key]}
        fields.append(pa.field(row["name"], kinds.get(row["name"], value), metadata=about))
    return pa.schema(fields, metadata=export.facts)


def write_parquet(export: Export, path: Path) -> None:
    """Write every draw as one Parquet file; units and provenance in its metadata."""
    import pyarrow.parquet as pq

    layout: dict[str, Any] = {"compression": "zstd", "use_dictionary": ["scenario"]}
    with pq.ParquetWriter(path, _schema(export), **layout) as writer:
        for table in _tables(export):
            writer.write_table(table)


def write_csv(export: Export, path: Path) -> None:
    """Write every draw as comma-separated values, one header line; values of failed members are empty."""
    import pyarrow as pa
    import pyarrow.csv as csv

    options = csv.WriteOptions(quoting_style="needed")
    with (
        pa.OSFile(str(path), "wb") as sink,
        csv.CSVWriter(sink, _schema(export), write_options=options) as writer,
    ):
        for table in _tables(export):
            writer.write_table(table)


def write_description(export: Export, path: Path) -> Path:
    """Write what a csv cannot say beside it, by the convention of the W3C for tables on the web."""
    from yupana.results.export import describe_columns

    facts = export.facts
    columns = [
        {
            "name": row["name"],
            "titles": row["name"],
            "dc:description": row["meaning"],
            "schema:unitText": row["unit"],
        }
        for row in describe_columns(export)
    ]
    value = {
        "@context": ["http://www.w3.org/ns/csvw", {"language": "en"}],
        "url": path.name,
        "dc:title": facts["title"],
        "dc:source": facts["source"],
        "dc:license": facts["licence"],
        "notes": [{name: text} for name, text in facts.items()],
        "tableSchema": {"columns": columns, "primaryKey": [c["name"] for c in columns if c["name"] in _KEY]},
    }
    target = path.with_name(f"{path.name}-metadata.json")
    write_json(target, value)
    return target


_KEY = ("scenario", "draw", "year", "month")
