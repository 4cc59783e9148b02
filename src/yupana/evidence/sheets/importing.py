"""Facts from a sheet into a pack: everything is checked before anything is written."""

from __future__ import annotations

import os
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

from pydantic import ValidationError

from yupana.core.errors import DataError, UsageError, YupanaError
from yupana.evidence.ledger import measurement_key
from yupana.evidence.loading import load_pack
from yupana.evidence.locate import SHIPPED, find_pack
from yupana.evidence.pack import Pack
from yupana.evidence.rows import Measurement, Source
from yupana.evidence.sheets.appending import alone, append_rows, read_old, replace_files
from yupana.evidence.sheets.excel import number_text
from yupana.evidence.sheets.filling import Refusal, SheetRow, read_rows
from yupana.evidence.sheets.opening import open_sheets
from yupana.evidence.sheets.staging import Further, as_refusals, staged_problems

Decimal = Literal["point", "comma"]
DEFAULT_FILE = "imported"
_FILE = re.compile(r"[a-z0-9][a-z0-9_-]*")


@dataclass(frozen=True)
class ImportReport:
    """What an import did, or would do.

    Attributes
    ----------
    pack : id of the pack.
    file : name of the file of facts in the pack.
    rows, sources : ids added, in order.
    unchanged : ids that the pack has as the sheet says them.
    refused : why the other rows are not added; `where` begins with sheet and cell.
    notes : what was assumed or left unread.
    written : whether the pack was changed.
    """

    pack: str
    file: str
    rows: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()
    unchanged: tuple[str, ...] = ()
    refused: tuple[DataError, ...] = ()
    notes: tuple[str, ...] = ()
    written: bool = False

    def as_dict(self) -> dict[str, Any]:
        """The report as plain data; each refusal with its cell."""
        refused = [{"cell": error.where.split(",")[0], **error.as_dict()} for error in self.refused]
        return {
            "pack": self.pack,
            "file": self.file,
            "written": self.written,
            "rows": list(self.rows),
            "sources": list(self.sources),
            "unchanged": list(self.unchanged),
            "refused": refused,
            "notes": list(self.notes),
        }


def import_sheet(
    path: str | os.PathLike[str],
    pack: str | os.PathLike[str],
    *,
    keep_good: bool = False,
    dry_run: bool = False,
    decimal: Decimal | None = None,
    into: str = DEFAULT_FILE,
    further: Further | None = None,
) -> ImportReport:
    """Add the facts and sources of a sheet to a pack, if all is well.

    Nothing is written unless the pack with the new rows passes every check of `pack check`.

    Parameters
    ----------
    path : an .xlsx or .csv file.
    pack : folder of a pack; a name of a shipped pack only with `dry_run`.
    keep_good : add the rows that are well where others are refused.
    dry_run : write nothing.
    decimal : sign before decimals in numbers that are written as text; by default a point, and a doubtful
        number (``1.234`` where commas may be decimal) is refused.
    into : name of the CSV file of facts in the pack's folder ``evidence``, without ending.
    further : more checks of the pack as it would be.

    Returns
    -------
    A report; where rows are refused and `keep_good` is not set, nothing was added.

    Raises
    ------
    UsageError
        Y102 for a file that is not there or a name that cannot be one, Y103 for an unknown pack, Y260 for a
        pack that comes with Yupana.
    DataError
        Y256, Y257 where the file holds no table; Y259 where the pack changed meanwhile; the pack's own
        problem where it has one.
    EnvironmentFault
        Where the system refuses.

    Examples
    --------
    >>> import_sheet("facts.xlsx", "my_pack", dry_run=True)  # doctest: +SKIP
    """
    root, label = find_pack(pack), _label(into)
    if not dry_run:
        check_writable(root, pack)
        with alone(root):
            return _import(Path(path), root, label, keep_good, False, decimal, further)
    return _import(Path(path), root, label, keep_good, True, decimal, further)


def check_writable(root: Path, word: str | os.PathLike[str]) -> None:
    """Refuse a pack that comes with Yupana.

    Raises
    ------
    UsageError
        Y260 with the commands that make a copy and import into it.
    """
    if root.resolve().is_relative_to(SHIPPED.resolve()):
        raise UsageError(
            "packs that come with Yupana are read-only",
            code="Y260",
            where=f"pack {root.name}",
            got=os.fspath(word),
            expected="the folder of a pack of your own",
            fix=f"copy it with `yupana pack copy {root.name} my_{root.name}`, "
            f"then import with `--pack my_{root.name}`",
        )


def _label(into: str) -> str:
    word = into.removesuffix(".csv")
    if not _FILE.fullmatch(word):
        raise UsageError(
            "a file of facts cannot have that name",
            where="--into",
            got=into,
            expected="a plain name in lower case, such as prices; it becomes evidence/prices.csv",
        )
    return f"evidence/{word}.csv"


def _import(
    path: Path,
    root: Path,
    label: str,
    keep_good: bool,
    dry_run: bool,
    decimal: Decimal | None,
    further: Further | None,
) -> ImportReport:
    pack = load_pack(root)
    opened = open_sheets(path)
    if opened.faults:  # a header that is not understood makes every row doubtful
        return ImportReport(pack.id, label, refused=opened.faults, notes=opened.notes)
    rows: list[SheetRow] = []
    refusals: list[Refusal] = []
    for grid, header in opened.tables:
        # in a text file with commas between cells a point is the decimal sign; elsewhere it may not be
        doubtful = grid.semicolons or not grid.name.endswith((".csv", ".tsv", ".txt"))
        found, wrong = read_rows(grid, header, pack, decimal or ("doubtful" if doubtful else "point"))
        rows += found
        refusals += wrong
    refusals += _repeated(rows)
    broken = {id(refusal.row) for refusal in refusals}
    fresh, unchanged, differing = _against_pack([row for row in rows if id(row) not in broken], pack)
    refusals += differing
    report = ImportReport(pack.id, label, unchanged=unchanged, notes=opened.notes)
    good, refusals, changes = _settle(fresh, refusals, root, label, keep_good, further)
    if (refusals and not keep_good) or not good:
        return _closed(report, refusals)
    if not dry_run:
        replace_files({root / name: (old, new) for name, (old, new, _) in changes.items()})
    report = _closed(report, refusals)
    ids = {table: tuple(row.id for row in good if row.table == table) for table in ("facts", "sources")}
    notes = (*report.notes, *_twins(good, pack))
    return replace(report, rows=ids["facts"], sources=ids["sources"], notes=notes, written=not dry_run)


def _closed(report: ImportReport, refusals: Sequence[Refusal]) -> ImportReport:
    """The report with its refusals, in the order of the sheet."""
    tables = list(dict.fromkeys(refusal.row.grid.name for refusal in refusals))

    def place(refusal: Refusal) -> tuple[int, int, int]:
        row = refusal.row
        return (tables.index(row.grid.name), row.number, row.header.column_of(refusal.field) or 0)

    ordered = sorted(refusals, key=place)
    return replace(report, refused=tuple(refusal.error for refusal in ordered))


def _repeated(rows: list[SheetRow]) -> list[Refusal]:
    """Rows of one table that carry one id: which of them is meant, no one can tell."""
    counts = Counter((row.table, row.id) for row in rows if row.id)
    refusals = []
    for row in rows:
        if counts[(row.table, row.id)] > 1:
            others = [o for o in rows if o is not row and (o.table, o.id) == (row.table, row.id)]
            refusals.append(
                row.refuse(
                    f"id {row.id!r} is given twice",
                    code="Y209",
                    got=f"{row.id} also in {', '.join(o.address('id') for o in others)}",
                    expected="each id once",
                    fix="delete the repeated row, or give it an id of its own",
                )
            )
    return refusals


def _against_pack(rows: list[SheetRow], pack: Pack) -> tuple[list[SheetRow], tuple[str, ...], list[Refusal]]:
    """Rows that are new, ids that the pack has with the same content, and rows that say something else."""
    fresh, unchanged, refusals = [], [], []
    for row in rows:
        known = pack.ledger.by_id if row.table == "facts" else pack.sources
        if row.id not in known:
            fresh.append(row)
            continue
        here = known[row.id].model_dump()
        differing = _differences(row, pack, here)
        if not differing:
            unchanged.append(row.id)
            continue
        field = differing[0]
        refusals.append(
            row.refuse(
                "the pack has a row of that id, and it says something else",
                field,
                "Y261",
                got=f"{field}: {row.texts.get(field) or 'nothing'}"
                + (f" (also {', '.join(differing[1:])})" if differing[1:] else ""),
                expected=f"{field}: {_shown(here[field])}",
            )
        )
    return fresh, tuple(unchanged), refusals


def _shown(value: Any) -> str:
    return "; ".join(value) if isinstance(value, tuple) else _word(value)


def _word(value: Any) -> str:
    return number_text(value) if isinstance(value, (int, float)) else str(value or "nothing")


def _differences(row: SheetRow, pack: Pack, here: dict[str, Any]) -> list[str]:
    """Columns in which a row differs from the pack's row of the same id."""
    model = Measurement if row.table == "facts" else Source
    try:
        said = model.model_validate(row.texts).model_dump()
    except ValidationError as fault:
        return list(dict.fromkeys(str(item["loc"][0]) for item in fault.errors() if item["loc"])) or ["id"]
    quantity = pack.quantities.get(said.get("quantity", ""))
    for column in ("basis", "account"):
        allowed = getattr(quantity, column, ()) if row.table == "facts" else ()
        if allowed and not said[column]:
            said[column] = allowed[0]
    return [field for field, value in said.items() if value != here[field]]


Changes = dict[str, tuple[bytes | None, bytes, list[int]]]
"""Name of a file -> old content, new content, lines of the new rows."""


def _settle(
    fresh: list[SheetRow],
    refusals: list[Refusal],
    root: Path,
    label: str,
    keep_good: bool,
    further: Further | None,
) -> tuple[list[SheetRow], list[Refusal], Changes]:
    """Rows that can be added together, all refusals, and the files with those rows.

    Each pass checks the pack with all rows that are left; a row that leans on a refused one falls in the next
    pass. Every pass takes at least one row away, so it ends.
    """
    while True:
        refused = {id(r.row) for r in refusals}
        good = [row for row in fresh if id(row) not in refused]
        if not good:
            return [], refusals, {}
        changes, places = _compose(good, root, label)
        problems, _ = staged_problems(root, {name: new for name, (_, new, _) in changes.items()}, further)
        by_id = {r.row.id: r.row for r in refusals if r.row.id}
        found, others = as_refusals(problems, places, by_id)
        if others:
            raise _not_ours(others, root)
        if not found:
            return good, refusals, changes
        if not keep_good:
            return good, [*refusals, *_without_echoes(found, refusals)], changes
        refusals = [*refusals, *found]


def _compose(good: list[SheetRow], root: Path, label: str) -> tuple[Changes, dict[tuple[str, int], SheetRow]]:
    changes: Changes = {}
    places: dict[tuple[str, int], SheetRow] = {}
    for table, name in (("sources", "sources.csv"), ("facts", label)):
        chosen = [row for row in good if row.table == table]
        if not chosen:
            continue
        old = read_old(root / name)
        new, lines = append_rows(old, table, [row.texts for row in chosen])
        changes[name] = (old, new, lines)
        places.update({(name, line): row for line, row in zip(lines, chosen, strict=True)})
    return changes, places


def _without_echoes(found: list[Refusal], earlier: list[Refusal]) -> list[Refusal]:
    """Refusals without those of sources that only lack a fact because it was itself refused."""
    fallen = [r.row for r in (*earlier, *found) if r.row.table == "facts"]
    cited = {row.texts.get("source") for row in fallen}
    return [
        r
        for r in found
        if not (
            r.error.code == "Y216"
            and r.row.table == "sources"
            and r.row.id in cited
            and r.error.what == "a source that no row cites"
        )
    ]


def _not_ours(problems: list[YupanaError], root: Path) -> DataError:
    first = problems[0]
    return DataError(
        "the pack has a problem that no row of the sheet causes",
        code="Y220",
        where=f"{root}/{first.where}",
        got=f"{first.what}: {first.got}" if first.got else first.what,
        expected=first.expected,
        fix=f"mend it first: yupana pack check {root}",
        problems=problems,
    )


def _twins(good: list[SheetRow], pack: Pack) -> list[str]:
    """Remarks on new rows that tell a figure which the pack has under another id."""
    told = {}
    for row in pack.ledger:
        told.setdefault(measurement_key(row), row.id)
    notes = []
    for row in good:
        if row.table != "facts":
            continue
        fact = Measurement.model_validate(row.texts)
        quantity = pack.quantities[fact.quantity]
        basis, account = (
            (fact.basis or next(iter(quantity.basis), "")),
            (fact.account or next(iter(quantity.account), "")),
        )
        twin = told.get(measurement_key(fact.model_copy(update={"basis": basis, "account": account})))
        if twin:
            notes.append(
                f"{row.address('id')}: tells the same figure as row {twin}; they never enter one fit together"
            )
    return notes
