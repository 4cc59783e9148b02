"""The ledger: every measurement once, and what may not be done with them.

Two guards stand here. Figures of unlike basis, kind, unit or account never add: summing payments along the
chain is the commonest mistake in this field. And a likelihood never holds a figure together with one it is
derived from, a figure nobody verified, or one measurement twice.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property

from yupana.core.errors import DataError, UsageError
from yupana.core.names import did_you_mean
from yupana.core.units import canonical
from yupana.evidence.rows import Measurement, Source

UNVERIFIED = ("recalled", "judged")
"""How a row may have been seen without anyone having seen it in a source."""

MEASURERS = ("un", "us", "police", "government", "academic")
"""Kinds of publishers that measure by themselves; the others repeat what they were told."""


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

    def is_verified(self, row: Measurement) -> bool:
        """Whether someone saw the figure in a source and trusts it: it may anchor a fit."""
        return row.confidence != "low" and row.seen not in UNVERIFIED

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
                pending += [(older, (*path, parent)) for older in self.by_id[parent].derived_from]
        return frozenset(found)

    def descendants(self, row: str) -> frozenset[str]:
        """Ids of all rows that are derived from `row`, directly or through others."""
        return frozenset(other.id for other in self.rows if row in self.ancestors(other.id))

    def select(
        self,
        *,
        quantity: str | None = None,
        place: str | None = None,
        first: int | None = None,
        last: int | None = None,
        source: str | None = None,
        by: str | None = None,
        kind: str | None = None,
        confidence: str | None = None,
        basis: str | None = None,
        account: str | None = None,
        seen: str | None = None,
    ) -> Ledger:
        """The rows that pass every filter given.

        Parameters
        ----------
        quantity, place, source, kind, confidence, basis, account, seen : exact values of the columns.
        first, last : years; a row passes when its period overlaps them.
        by : kind of publisher: un, us, police, ...
        """
        exact = {
            "quantity": quantity,
            "place": place,
            "source": source,
            "kind": kind,
            "confidence": confidence,
            "basis": basis,
            "account": account,
            "seen": seen,
        }
        wanted = {column: value for column, value in exact.items() if value is not None}

        def passes(row: Measurement) -> bool:
            begin, end = row.years
            return (
                all(getattr(row, column) == value for column, value in wanted.items())
                and (first is None or end >= first)
                and (last is None or begin <= last)
                and (by is None or self.publisher_kind(row) == by)
            )

        return Ledger((row for row in self.rows if passes(row)), self.sources)

    def until(self, year: int) -> Ledger:
        """The ledger as it could be used at the end of `year`.

        Three rules. (1) A row stays when its period ends by `year`. (2) Of several vintages of one figure
        (same quantity, place, period, basis, account and kind of publisher), a revision published later is
        dropped where one published by `year` stands beside it; a figure of which only a later vintage is
        known stays, for the pack's authors often saw an old figure in a newer document. (3) A row derived
        from a dropped row is dropped, and so are its own descendants.
        """
        early = [row for row in self.rows if row.years[1] <= year]
        timely = {self._figure(row) for row in early if self.vintage(row) <= year}
        kept = {row.id for row in early if self.vintage(row) <= year or self._figure(row) not in timely}
        dropped = {row.id for row in self.rows} - kept
        stays = [row for row in early if row.id in kept and not (self.ancestors(row.id) & dropped)]
        return Ledger(stays, self.sources)

    def _figure(self, row: Measurement) -> tuple[object, ...]:
        """What makes two rows vintages of one figure."""
        publisher = self.publisher_kind(row)
        return (row.quantity, row.place, row.start, row.end, row.basis, row.account, publisher)

    def total(self, rows: Iterable[str]) -> float:
        """Sum of figures that may be added, in the unit of the first.

        Raises
        ------
        DataError
            Y212 where basis, kind, unit or account differ, or kinds that never add (prices, ratios) are
            given; Y213 where a row is counted with one of its ancestors, or twice.
        """
        found = [self[row] for row in rows]
        if not found:
            raise DataError("there is nothing to add", code="Y602", got="no row", expected="at least one row")
        check_alike(found)
        self.check_lineage([row.id for row in found])
        numbers = [row.number for row in found]
        if any(number is None for number in numbers):
            unknown = next(row.id for row in found if row.number is None)
            raise DataError("a row has no number to add", code="Y602", where=f"row {unknown}")
        return float(sum(number for number in numbers if number is not None))

    def difference(self, row: str, other: str) -> float:
        """`row` less `other`; guards as `total`."""
        self.total([row, other])
        return (self[row].number or 0.0) - (self[other].number or 0.0)

    def check_lineage(self, rows: Iterable[str]) -> None:
        """Refuse a set that holds one row twice, or a row with one of its ancestors.

        Raises
        ------
        DataError
            Y213.
        """
        ids = list(rows)
        repeated = sorted({row for row in ids if ids.count(row) > 1})
        if repeated:
            raise DataError(
                "one measurement enters twice", code="Y213", where=f"row {repeated[0]}", expected="once"
            )
        present = set(ids)
        for row in ids:
            both = sorted(self.ancestors(row) & present)
            if both:
                raise DataError(
                    "a figure and one it is derived from stand together",
                    code="Y213",
                    where=f"row {row}",
                    got=f"{row} and its ancestor {both[0]}",
                    expected="only one of the two",
                )

    def likelihood_set(self, rows: Iterable[str]) -> tuple[Measurement, ...]:
        """The rows, checked to be fit for one likelihood.

        Raises
        ------
        DataError
            Y213 for a figure with its ancestor (through any number of steps), or one measurement twice: the
            same id, or the same figure told again by another row. Y214 for a row of low confidence, recalled
            or judged. Y602 for a row in words.
        """
        found = [self[row] for row in rows]
        self.check_lineage([row.id for row in found])
        told: dict[tuple[object, ...], list[Measurement]] = {}
        for row in found:
            if not self.is_verified(row):
                raise DataError(
                    "an unverified figure was to anchor a likelihood",
                    code="Y214",
                    where=f"row {row.id}",
                    got=f"seen: {row.seen}, confidence: {row.confidence}",
                    expected="a retrieved or secondary row of medium or high confidence",
                )
            if row.number is None:
                raise DataError(
                    "a row without a number was to enter a likelihood", code="Y602", where=f"row {row.id}"
                )
            self._check_told_once(row, told)
        return tuple(found)

    def _check_told_once(self, row: Measurement, told: dict[tuple[object, ...], list[Measurement]]) -> None:
        """Refuse a figure that another row tells; two agencies that both measured repeat nothing."""
        same = told.setdefault(measurement_key(row), [])
        mine = self.publisher_kind(row)
        for other in same:
            theirs = self.publisher_kind(other)
            if mine == theirs or not {mine, theirs} <= set(MEASURERS):
                raise DataError(
                    "one measurement enters twice",
                    code="Y213",
                    where=f"row {row.id}",
                    got=f"{other.id} and {row.id}: one figure of {row.quantity}, {row.place}, {row.period}",
                    expected="one row a measurement",
                )
        same.append(row)


def measurement_key(row: Measurement) -> tuple[object, ...]:
    """What two rows share when they tell one measurement twice: what, where, when, and the same number."""
    number = row.number
    rounded = None if number is None else float(f"{number:.6g}")
    return (row.quantity, row.place, row.start, row.end, row.basis, row.account, canonical(row.unit), rounded)


ADDABLE = ("stock", "flow", "count")
"""Kinds whose figures can be added at all."""


def check_alike(rows: Iterable[Measurement]) -> None:
    """Refuse figures that may not be added.

    Raises
    ------
    DataError
        Y212 naming the first two rows that differ, and in what.
    """
    found = list(rows)
    first = found[0]
    for row in found:
        if row.kind not in ADDABLE:
            raise DataError(
                f"figures of kind {row.kind} do not add",
                code="Y212",
                where=f"row {row.id}",
                got=row.kind,
                expected=", ".join(ADDABLE),
            )
        for name in ("basis", "kind", "account", "unit"):
            mine, other = getattr(first, name), getattr(row, name)
            if name == "unit":
                mine, other = canonical(mine), canonical(other)
            if mine != other:
                raise DataError(
                    f"figures of unlike {name} were to be added",
                    code="Y212",
                    where=f"rows {first.id} and {row.id}",
                    got=f"{mine or 'none'} and {other or 'none'}",
                    expected=f"one {name}",
                )
