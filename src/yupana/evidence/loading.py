"""A folder to a pack: read every file, hold it against its schema, resolve every reference.

All problems are collected, so that `pack check` can print them at once; `load_pack` raises.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from yupana.core.errors import DataError, YupanaError
from yupana.evidence.faults import validate, validate_rows
from yupana.evidence.ledger import Ledger
from yupana.evidence.locate import POSTERIOR, find_pack
from yupana.evidence.pack import Pack
from yupana.evidence.reading import Document, Loc, read_csv, read_yaml
from yupana.evidence.rows import Measurement, Source
from yupana.evidence.schema import Check, Good, PackInfo, Places, Quantity
from yupana.evidence.schema_balance import Balance
from yupana.evidence.schema_disputes import Dispute
from yupana.evidence.schema_hindcast import HindcastFile
from yupana.evidence.schema_likelihood import LikelihoodSeries
from yupana.evidence.schema_rival_models import RivalQuestion
from yupana.evidence.schema_studies import FieldStudy
from yupana.evidence.schema_study import DriverInfo, DriverRow, Lever, PriorEntry, Scenario


@dataclass
class Draft:
    """A pack while it is read: content by file, lines, problems."""

    root: Path
    problems: list[YupanaError] = field(default_factory=list)
    documents: dict[str, Document] = field(default_factory=dict)
    content: dict[str, Any] = field(default_factory=dict)
    row_lines: dict[tuple[str, str], tuple[str, int]] = field(default_factory=dict)
    ids: dict[str, set[str]] = field(default_factory=dict)
    unread: set[str] = field(default_factory=set)
    files: list[str] = field(default_factory=list)

    def where(self, label: str, loc: Loc = ()) -> tuple[str, ...]:
        """File, line and key path of a part of a YAML file."""
        return self.documents[label].where(loc) if label in self.documents else (label,)

    def row_where(self, table: str, key: str) -> tuple[str, ...]:
        """File and line of a CSV row."""
        label, line = self.row_lines.get((table, key), (table, 0))
        return (label, f"line {line}" if line else "", f"row {key}")

    def knows(self, table: str, row: str) -> bool:
        """Whether a CSV table has a row of that id, usable or not; True of a table that could not be read.

        One broken row or file must not make a problem of everything that refers to it.
        """
        return row in self.ids.get(table, ()) or table in self.unread

    def note(self, what: str, code: str, where: tuple[str, ...], **parts: Any) -> None:
        """Note a problem and go on."""
        self.problems.append(DataError(what, code=code, where=where, **parts))


def read_draft(root: Path) -> Draft:
    """Read every file of a pack; problems are noted, never raised."""
    draft = Draft(root)
    _yaml(draft, "pack.yaml", PackInfo)
    _yaml(draft, "places.yaml", Places)
    for label, model in (
        ("goods", Good),
        ("quantities", Quantity),
        ("drivers", DriverInfo),
        ("levers", Lever),
    ):
        _yaml(draft, f"{label}.yaml", list[model])
        _unique(draft, f"{label}.yaml", "id")
    _yaml(draft, "priors.yaml", list[PriorEntry])
    _unique(draft, "priors.yaml", "name")
    _yaml(draft, "checks.yaml", list[Check], optional=True)
    _unique(draft, "checks.yaml", "id")
    _yaml(draft, "balance.yaml", Balance, optional=True)
    _yaml(draft, "likelihood.yaml", list[LikelihoodSeries], optional=True)
    _unique(draft, "likelihood.yaml", "variable")
    _yaml(draft, "hindcast.yaml", HindcastFile, optional=True)
    _yaml(draft, "studies.yaml", list[FieldStudy], optional=True)
    _unique(draft, "studies.yaml", "id")
    _yaml(draft, "rival_models.yaml", list[RivalQuestion], optional=True)
    _unique(draft, "rival_models.yaml", "id")
    _yaml(draft, "disputes.yaml", list[Dispute], optional=True)
    _unique(draft, "disputes.yaml", "id")
    _claims(draft)
    _accounts(draft)
    _rows(draft, "sources", ["sources.csv"], Source, lambda row: row.id)
    _rows(draft, "evidence", _glob(draft, "evidence/*.csv", need=True), Measurement, lambda row: row.id)
    _rows(draft, "drivers", _glob(draft, "drivers/*.csv", need=True), DriverRow, _driver_key)
    _scenarios(draft)
    draft.content["map"] = {Path(label).stem: draft.root / label for label in _glob(draft, "map/*.geojson")}
    draft.files += _glob(draft, "map/*.geojson")
    _strangers(draft)
    return draft


def _driver_key(row: DriverRow) -> str:
    return f"{row.driver}/{row.place}/{row.year}/{row.known}"


def _glob(draft: Draft, pattern: str, need: bool = False) -> list[str]:
    found = sorted(path.relative_to(draft.root).as_posix() for path in draft.root.glob(pattern))
    if need and not found:
        draft.note("a file is missing", "Y201", (pattern,), expected="at least one file")
    return found


def _yaml(draft: Draft, label: str, kind: Any, optional: bool = False) -> None:
    if optional and not (draft.root / label).exists():
        return
    try:
        document = read_yaml(draft.root / label, label)
    except YupanaError as problem:
        draft.problems.append(problem)
        return
    draft.files.append(label)
    document = _unwrap(document, Path(label).stem)
    draft.documents[label] = document
    value, faults = validate(kind, document)
    draft.problems += faults
    if value is not None:
        draft.content[label] = value


def _unwrap(document: Document, stem: str) -> Document:
    """A list may stand under the name of its file (``priors:``): the list itself."""
    data = document.data
    if not (isinstance(data, dict) and list(data) == [stem] and isinstance(data[stem], list)):
        return document
    lines = {loc[1:]: line for loc, line in document.lines.items() if loc[:1] == (stem,)}
    return Document(document.label, data[stem], lines)


def _unique(draft: Draft, label: str, key: str) -> None:
    seen: dict[str, int] = {}
    for index, item in enumerate(draft.content.get(label, ())):
        name = getattr(item, key)
        if name in seen:
            first = draft.documents[label].line((seen[name],))
            draft.note(
                f"{key} {name!r} is given twice",
                "Y209",
                draft.where(label, (index, key)),
                got=f"{name} again; first on line {first}",
                expected="each once",
            )
        seen.setdefault(name, index)


def _claims(draft: Draft) -> None:
    if (draft.root / "claims.yaml").exists():
        from yupana.evidence.claims import ClaimFile

        _yaml(draft, "claims.yaml", ClaimFile)


def _accounts(draft: Draft) -> None:
    if (draft.root / "accounts.yaml").exists():
        from yupana.evidence.accounts.schema import AccountsFile

        _yaml(draft, "accounts.yaml", AccountsFile)


def _rows(draft: Draft, table: str, labels: list[str], model: Any, key: Callable[[Any], str]) -> None:
    rows = draft.content.setdefault(table, [])
    for label in labels:
        try:
            content = read_csv(draft.root / label, label)
        except YupanaError as problem:
            draft.problems.append(problem)
            draft.unread.add(table)
            continue
        draft.files.append(label)
        found, faults = validate_rows(model, content)
        draft.problems += faults
        draft.ids.setdefault(table, set()).update(cells.get("id", "") for _, cells in content.rows)
        if faults and not found:
            draft.unread.add(table)
        for line, row in found:
            name = key(row)
            if (table, name) in draft.row_lines:
                first_label, first_line = draft.row_lines[(table, name)]
                draft.note(
                    f"id {name!r} is given twice",
                    "Y209",
                    (label, f"line {line}"),
                    got=f"{name} again; first in {first_label}, line {first_line}",
                    expected="each id once",
                )
                continue
            draft.row_lines[(table, name)] = (label, line)
            rows.append(row)


def _scenarios(draft: Draft) -> None:
    scenarios: dict[str, Scenario] = {}
    for label in _glob(draft, "scenarios/*.yaml") + _glob(draft, "scenarios/*.yml"):
        _yaml(draft, label, Scenario)
        scenario = draft.content.get(label)
        if scenario is None:
            continue
        if scenario.name != Path(label).stem:
            draft.note(
                "a scenario is not named as its file",
                "Y207",
                draft.where(label, ("name",)),
                got=scenario.name,
                expected=Path(label).stem,
            )
        scenarios[scenario.name] = scenario
    if "baseline" not in scenarios:
        scenarios["baseline"] = Scenario(name="baseline", describe="Policies and outside forces as recorded.")
    draft.content["scenarios"] = dict(sorted(scenarios.items(), key=lambda item: item[0] != "baseline"))


def _strangers(draft: Draft) -> None:
    """A misspelt file would be ignored in silence: refuse data files that nothing reads."""
    for path in sorted(draft.root.rglob("*")):
        label = path.relative_to(draft.root).as_posix()
        if (
            not path.is_file()
            or label.startswith((".", "__pycache__"))
            or "/." in label
            or label in draft.files
            or label in (f"{POSTERIOR}/fit.json", f"{POSTERIOR}/form_error.json")
        ):
            continue
        if path.suffix.lower() in (
            ".yaml",
            ".yml",
            ".csv",
            ".geojson",
            ".json",
            ".py",
        ) and label not in _failed(draft):
            draft.note(
                "a file that nothing reads",
                "Y206",
                (label,),
                got=label,
                fix="correct its name, move it to the folder it belongs to, or remove it",
            )


def _failed(draft: Draft) -> set[str]:
    return {problem.where.split(", ")[0] for problem in draft.problems}


def build_pack(draft: Draft, until: int | None = None) -> Pack:
    """The pack of a draft without problems, truncated to what could be known by `until`."""
    content = draft.content
    sources = {source.id: source for source in content["sources"]}
    ledger = Ledger(content["evidence"], sources)
    driver_rows = tuple(row for row in content["drivers"] if until is None or row.known <= until)
    return Pack(
        path=draft.root,
        info=content["pack.yaml"],
        places=content["places.yaml"],
        goods={good.id: good for good in content["goods.yaml"]},
        quantities={quantity.id: quantity for quantity in content["quantities.yaml"]},
        sources=sources,
        ledger=ledger if until is None else ledger.until(until),
        drivers={driver.id: driver for driver in content["drivers.yaml"]},
        driver_rows=driver_rows,
        priors=tuple(content["priors.yaml"]),
        levers=tuple(content["levers.yaml"]),
        scenarios=content["scenarios"],
        claims=content.get("claims.yaml"),
        checks=tuple(content.get("checks.yaml", ())),
        balance=content.get("balance.yaml"),
        likelihood=tuple(content.get("likelihood.yaml", ())),
        hindcast=content.get("hindcast.yaml"),
        studies=tuple(content.get("studies.yaml", ())),
        rival_models=tuple(content.get("rival_models.yaml", ())),
        disputes=tuple(content.get("disputes.yaml", ())),
        maps=content["map"],
        files=tuple(sorted(draft.files)),
        until=until,
        accounts=content.get("accounts.yaml"),
    )


def load_pack(name_or_dir: str | os.PathLike[str], until: int | None = None) -> Pack:
    """The pack of that name or in that folder.

    Parameters
    ----------
    name_or_dir : name of a pack that comes with Yupana, or a folder.
    until : keep only what could be known by the end of this year: rows as `Ledger.until` says, and driver
        values whose `known` is not later.

    Raises
    ------
    UsageError
        Y103 where there is no such pack.
    DataError
        The pack's first problem; where there are more, `problems` holds them all.
    """
    from yupana.evidence.references import check_references

    root = find_pack(name_or_dir)
    draft = read_draft(root)
    check_references(draft)
    if draft.problems:
        raise summarise(draft.problems, root)
    return build_pack(draft, until)


def summarise(problems: list[YupanaError], root: Path) -> YupanaError:
    """One error for all problems of a pack: the first in words, the others counted."""
    first = problems[0]
    more = f" ({len(problems) - 1} more: yupana pack check {root})" if len(problems) > 1 else ""
    return type(first)(
        first.what,
        code=first.code,
        where=f"{root}/{first.where}",
        got=first.got,
        expected=first.expected,
        fix=f"{first.fix}{more}".strip(),
        problems=problems,
    )
