"""The ledger: every measurement once, and what may not be done with them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property

from yupana.core.errors import DataError, UsageError
from yupana.core.names import did_you_mean
from yupana.evidence.rows import Measurement, Source


class Ledger:
    """Measurements by id, in the order of the files; immutable.

    Parameters
    ----------
    rows : measurements.
    sources : sources by id.
    """

    def __init__(self, rows: Iterable[Measurement], sources: Mapping[str, Source]) -> None:
        self.rows = tuple(rows)
        self.sources = dict(sources)

    @cached_property
    def by_id(self) -> dict[str, Measurement]:
        """Measurements by id."""
        return {row.id: row for row in self.rows}

    def __len__(self) -> int:
        return len(self.rows)

    def __iter__(self) -> Iterator[Measurement]:
        return iter(self.rows)

    def __contains__(self, row: object) -> bool:
        return row in self.by_id

    def __getitem__(self, row: str) -> Measurement:
        if row not in self.by_id:
            raise UsageError(
                f"unknown row {row!r}",
                code="Y223",
                got=row,
                expected="the id of an evidence row",
                fix=did_you_mean(row, self.by_id) or None,
            )
        return self.by_id[row]

    def publisher_kind(self, row: Measurement) -> str:
        """Kind of the row's source: un, us, police, government, press, academic, judgement, data."""
        return self.sources[row.source].kind

    def vintage(self, row: Measurement) -> int:
        """Year in which the figure was published; the end of its period where nothing says."""
        return row.vintage or self.sources[row.source].year or row.years[1]

    def ancestors(self, row: str) -> frozenset[str]:
        """Ids of all rows that `row` is derived from, directly or through others.

        Raises
        ------
        DataError
            Y221 where the derivation runs in a circle.
        """
        found: set[str] = set()
        pending = [(parent, (row,)) for parent in self[row].derived_from]
        while pending:
            parent, path = pending.pop()
            if parent in path:
                raise DataError(
                    "rows are derived from each other in a circle",
                    code="Y221",
                    where="evidence",
                    got=" <- ".join((*path, parent)),
                )
            if parent in found:
                continue
            found.add(parent)
            if parent in self.by_id:
                pending += [(next_parent, (*path, parent)) for next_parent in self.by_id[parent].derived_from]
        return frozenset(found)
