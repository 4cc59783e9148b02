"""SQL over the chunks of a run, by DuckDB, which reads only the columns that a query needs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from yupana.core.errors import UsageError
from yupana.results.reading import ChunkReader

if TYPE_CHECKING:
    import pandas


def query_run(reader: ChunkReader, query: str) -> pandas.DataFrame:
    """Return the answer to `query` over the tables ``years``, ``months`` (where stored) and ``variables``.

    Raises
    ------
    UsageError
        Y102 where DuckDB refuses the query.
    DataError
        Y402 where a chunk is damaged.
    """
    import duckdb

    for scenario in reader.manifest.scenarios:
        for chunk in range(reader.chunks):
            reader.check(scenario, chunk)
    with duckdb.connect() as connection:
        for table in reader.manifest.tables:
            files = str(reader.folder.resolve() / table / "*" / "*.parquet").replace("'", "''")
            connection.execute(
                f"CREATE VIEW {table} AS SELECT * FROM read_parquet('{files}', hive_partitioning = true)"
            )
        _describe(connection, reader)
        try:
            return connection.execute(query).df()
        except duckdb.Error as fault:
            reason = str(fault).strip().splitlines()[0]
            raise UsageError(
                "the query cannot be answered",
                code="Y102",
                got=reason,
                fix="tables are years, months (where stored) and variables; quote names that hold brackets",
            ) from None


def _describe(connection: Any, reader: ChunkReader) -> None:
    connection.execute(
        'CREATE TABLE variables ("column" VARCHAR, key VARCHAR, unit VARCHAR, kind VARCHAR, meaning VARCHAR)'
    )
    rows = [
        (column, info.key, info.unit, info.kind, info.meaning)
        for column, info in reader.manifest.columns.owner.items()
    ]
    connection.executemany("INSERT INTO variables VALUES (?, ?, ?, ?, ?)", rows)
