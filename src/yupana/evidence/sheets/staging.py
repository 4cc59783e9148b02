"""The pack as it would be: a copy with the new rows, checked by everything that `pack check` demands."""

from __future__ import annotations

import re
import shutil
import tempfile
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

from yupana.core.errors import DataError, YupanaError, from_os_error
from yupana.evidence.checking import check_pack
from yupana.evidence.pack import Pack
from yupana.evidence.sheets.filling import Refusal, SheetRow

Further = Callable[[Pack], Iterable[YupanaError]]
"""Checks of a pack by parts of Yupana that know more than the evidence does."""

_DATA = (".yaml", ".yml", ".csv", ".geojson", ".json", ".py")
_PLACE = re.compile(r"^(?P<label>[^,]+), line (?P<line>\d+)(?P<rest>.*)$", re.S)
_COLUMN = re.compile(r"column (\w+)")


def staged_problems(
    root: Path, changes: Mapping[str, bytes], further: Further | None = None
) -> tuple[list[YupanaError], Pack | None]:
    """What is wrong with the pack once files have a new content, and that pack where it can be built.

    Parameters
    ----------
    root : folder of the pack; it is only read.
    changes : name of a file, relative to the folder -> its new content.
    further : more checks.

    Raises
    ------
    EnvironmentFault
        Where the copy cannot be made.
    """
    try:
        with tempfile.TemporaryDirectory(prefix="yupana-import-") as name:
            copy = Path(name) / root.resolve().name
            _copy(root, copy)
            for label, data in changes.items():
                (copy / label).parent.mkdir(parents=True, exist_ok=True)
                (copy / label).write_bytes(data)
            report = check_pack(copy)
            problems = list(report.problems)
            if report.pack is not None and further is not None:
                problems += further(report.pack)
            return problems, report.pack
    except OSError as fault:
        raise from_os_error(fault, "checking the pack with the new rows", root) from None


def _copy(root: Path, copy: Path) -> None:
    for source in sorted(root.rglob("*")):
        label = source.relative_to(root)
        if (
            source.is_file()
            and source.suffix.lower() in _DATA
            and not any(p.startswith(".") for p in label.parts)
        ):
            (copy / label).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(source, copy / label)


def as_refusals(
    problems: Iterable[YupanaError], rows: Mapping[tuple[str, int], SheetRow], refused: Mapping[str, SheetRow]
) -> tuple[list[Refusal], list[YupanaError]]:
    """Problems of the staged pack as refusals of rows, and those that no new row causes.

    Parameters
    ----------
    problems : of the pack.
    rows : (name of a file, line) -> row of the sheet that stands there.
    refused : id -> row of the sheet that was refused before; others may lean on it.
    """
    refusals, others = [], []
    by_id = {row.id: row for row in rows.values()}
    for problem in problems:
        match = _PLACE.match(problem.where)
        row = rows.get((match["label"], int(match["line"]))) if match else None
        if row is None:
            others.append(problem)
            continue
        if problem.code == "Y208" and "column kind" in problem.where and "quantity" not in row.texts:
            continue  # an empty kind is the quantity's: the empty quantity is told already
        circle = (problem.got or "").split(" <- ") if problem.code == "Y221" else [row.id]
        for name in dict.fromkeys(circle):
            member = by_id.get(name)
            if member is not None:
                refusals.append(_translate(problem, member, match["rest"] if match else "", refused))
    return refusals, others


def _translate(problem: YupanaError, row: SheetRow, rest: str, refused: Mapping[str, SheetRow]) -> Refusal:
    found = _COLUMN.search(rest)
    field = found[1] if found else _field_of(problem, row)
    leaned = refused.get(problem.got or "") if problem.code == "Y210" else None
    what, fix = problem.what.replace("wrong value of the file", f"wrong value of {field}"), problem.fix
    if leaned is not None:
        what = f"the row leans on {problem.got!r}, which was refused"
        fix = f"mend {leaned.address('id')} first"
    got = "nothing" if (problem.got or "").startswith("a mapping with") else problem.got
    error = DataError(
        what, code=problem.code, where=row.where(field), got=got, expected=problem.expected, fix=fix
    )
    return Refusal(row, field, error)


def _field_of(problem: YupanaError, row: SheetRow) -> str:
    """The column that a problem of a whole row is about."""
    if problem.code == "Y221":
        return "derived_from"
    if problem.code == "Y216" and "confidence" in problem.what:
        return "confidence"
    if problem.what.startswith("a sum of money without account"):
        return "account"
    expected = problem.expected or ""
    if expected.startswith("YYYY"):
        return next(
            (f for f in ("start", "end") if row.texts.get(f) == (problem.got or "").strip("'")), "period"
        )
    words = re.findall(r"[a-z_]+", expected)
    named = [word for word in words[:4] if row.header.column_of(word) is not None]
    if named[:1] in (["start"], ["end"]) and not {"start", "end"} & set(row.cells):
        return "period"
    return named[0] if named and problem.code != "Y209" else "id"
