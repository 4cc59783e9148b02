"""`pack check`: everything loading demands, and what a pack that is published must also keep.

No coordinates finer than a department or a monitored zone; every row sourced; no place that nothing uses;
priors of the start that do not know the future; none that knows the years a fit is scored on.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from yupana.core.errors import DataError, YupanaError
from yupana.core.names import did_you_mean
from yupana.evidence.balance_references import check_balance
from yupana.evidence.claim_references import check_claims
from yupana.evidence.loading import Draft, build_pack, read_draft
from yupana.evidence.pack import Pack
from yupana.evidence.reading import Loc, read_csv, read_text
from yupana.evidence.references import check_references
from yupana.evidence.rows import Measurement
from yupana.evidence.schema import PLACE_GROUPS

START_KNOWS = 2003
"""Last year of the rows that a prior of the start may cite."""
FIT_KNOWS = 2016
"""Last year of the rows that any prior may cite: later years score the fit."""

_SHAPES = ("Polygon", "MultiPolygon")
_POSITION = re.compile(
    r"^(lat|lon|lng|latitude|longitude|coordinates?|coords|gps|geopoint|x_coord|y_coord|utm.*)$", re.I
)
_PAIR = re.compile(
    r"(?<![\d.])-?\d{1,2}\.\d{4,}\s*[,;/ ]\s*-?\d{1,3}\.\d{4,}"  # four decimals are ten metres
    r"|(?<![\d.])-\d{1,2}\.\d{2,}\s*[,;/ ]\s*-\d{1,3}\.\d{2,}"  # two negative numbers: south and west
    r"|(?<![\d.])\d{1,2}\.\d{2,}\s*°?\s*[NS]\b"
)
_DEGREES = re.compile(r"\d{1,3}\s*°\s*\d{1,2}\s*['’′]")
_LEAST_EXTENT = 0.02  # degrees, about two kilometres: a smaller shape is a point in disguise


@dataclass(frozen=True)
class CheckReport:
    """Outcome of a check: problems in the order found, counts, and the pack where it can be built."""

    root: Path
    problems: tuple[YupanaError, ...]
    counts: dict[str, int]
    pack: Pack | None

    @property
    def valid(self) -> bool:
        """Whether there is no problem."""
        return not self.problems


def check_pack(root: Path) -> CheckReport:
    """Check the pack in a folder; all problems are collected, none raised."""
    draft = read_draft(root)
    check_references(draft)
    loadable = not draft.problems
    _check_positions(draft)
    _check_maps(draft)
    _check_sourced(draft)
    _check_orphans(draft)
    _check_priors(draft)
    check_claims(draft)
    pack = build_pack(draft) if loadable else None
    if pack is not None:
        _check_drivers(draft, pack)
        check_balance(draft, pack)
    return CheckReport(root, tuple(draft.problems), _counts(draft), pack)


def _counts(draft: Draft) -> dict[str, int]:
    content = draft.content
    counts = {
        name: len(content.get(f"{name}.yaml", ()))
        for name in ("goods", "quantities", "priors", "drivers", "levers", "checks", "studies")
    }
    places = content.get("places.yaml")
    if places is not None:
        for group in PLACE_GROUPS:
            counts[group] = len(getattr(places, group))
    rows = content["evidence"]
    counts["rows"] = len(rows)
    for confidence in ("high", "medium", "low"):
        counts[f"rows, {confidence} confidence"] = sum(row.confidence == confidence for row in rows)
    counts["rows, derived"] = sum(bool(row.derived_from) for row in rows)
    counts["sources"] = len(content["sources"])
    counts["driver rows"] = len(content["drivers"])
    counts["scenarios"] = len(content["scenarios"])
    claims = content.get("claims.yaml")
    counts["claims"] = len(claims.claims) if claims else 0
    counts["readings"] = sum(len(claim.readings) for claim in claims.claims) if claims else 0
    counts["map files"] = len(content["map"])
    return counts


def _check_positions(draft: Draft) -> None:
    """No key, column or text of any file may give a position."""
    for label, document in draft.documents.items():
        _walk(draft, label, document.data, ())
    for label in draft.files:
        if label.endswith(".csv"):
            _scan_csv(draft, label)


def _walk(draft: Draft, label: str, value: Any, loc: Loc) -> None:
    if isinstance(value, dict):
        for key, child in value.items():
            if isinstance(key, str) and _POSITION.match(key):
                _too_fine(draft, draft.where(label, (*loc, key)), f"a key {key!r}")
            _walk(draft, label, child, (*loc, key))
    elif isinstance(value, list):
        for index, child in enumerate(value):
            _walk(draft, label, child, (*loc, index))
    elif isinstance(value, str):
        _scan_text(draft, draft.where(label, loc), value)


def _scan_csv(draft: Draft, label: str) -> None:
    table = read_csv(draft.root / label, label)
    for name in table.header:
        if _POSITION.match(name):
            _too_fine(draft, (label, "line 1"), f"a column {name!r}")
    for line, cells in table.rows:
        for name, text in cells.items():
            if name != "url":
                _scan_text(draft, (label, f"line {line}", f"column {name}"), text)


def _scan_text(draft: Draft, where: tuple[str, ...], text: str) -> None:
    found = _PAIR.search(text) or _DEGREES.search(text)
    if found:
        _too_fine(draft, where, f"the text {found[0]!r}")


def _too_fine(draft: Draft, where: tuple[str, ...], got: str) -> None:
    draft.note(
        "coordinates finer than a department or monitored zone",
        "Y215",
        where,
        got=got,
        expected="shapes of departments, zones or countries only",
    )


def _check_maps(draft: Draft) -> None:
    for path in draft.content["map"].values():
        label = path.relative_to(draft.root).as_posix()
        try:
            data = json.loads(read_text(path, label))
        except YupanaError as problem:
            draft.problems.append(problem)
            continue
        except (ValueError, RecursionError) as fault:
            draft.note(
                "broken JSON", "Y204", (label,), got=str(fault), expected="GeoJSON", fix="mend the file"
            )
            continue
        _check_features(draft, label, data)


def _check_features(draft: Draft, label: str, data: Any) -> None:
    features = data.get("features") if isinstance(data, dict) else None
    if not isinstance(features, list):
        draft.note(
            "not a map", "Y207", (label,), got=type(data).__name__, expected="a GeoJSON FeatureCollection"
        )
        return
    for index, feature in enumerate(features):
        where = (label, f"feature {index + 1}")
        geometry = feature.get("geometry") if isinstance(feature, dict) else None
        shape = geometry.get("type") if isinstance(geometry, dict) else None
        if geometry is None or shape not in _SHAPES:
            _too_fine(draft, where, f"a geometry of type {shape}")
            continue
        for key in _keys(feature.get("properties")):
            if _POSITION.match(key):
                _too_fine(draft, where, f"a property {key!r}")
        extent = _extent(geometry.get("coordinates"))
        if extent is not None and extent < _LEAST_EXTENT:
            _too_fine(draft, where, f"a shape {extent:g} degrees across")


def _keys(value: Any) -> list[str]:
    return [str(key) for key in value] if isinstance(value, dict) else []


def _extent(coordinates: Any) -> float | None:
    """Larger side, in degrees, of the box around a geometry."""
    points: list[tuple[float, float]] = []
    pending = [coordinates]
    while pending:
        item = pending.pop()
        if isinstance(item, list) and len(item) >= 2 and all(isinstance(v, (int, float)) for v in item[:2]):
            points.append((float(item[0]), float(item[1])))
        elif isinstance(item, list):
            pending += item
    if not points:
        return None
    return max(max(p[axis] for p in points) - min(p[axis] for p in points) for axis in (0, 1))


def _check_sourced(draft: Draft) -> None:
    whole = "evidence" not in draft.unread and len(draft.content["evidence"]) == len(
        draft.ids.get("evidence", ())
    )
    sources = {source.id for source in draft.content["sources"]}
    used = {row.source for row in draft.content["evidence"]}
    for source in draft.content["sources"]:
        where = draft.row_where("sources", source.id)
        if whole and source.id not in used:
            draft.note(
                "a source that no row cites", "Y216", where, got=source.id, expected="at least one row"
            )
        if source.kind != "judgement" and not source.url and source.year is None:
            draft.note(
                "a source without address and year",
                "Y216",
                where,
                got=source.id,
                expected="a url, or at least a year",
            )
    for row in draft.content["evidence"]:
        where = draft.row_where("evidence", row.id)
        if row.source in sources and row.seen == "recalled" and row.confidence != "low":
            draft.note(
                "a recalled figure has too high a confidence",
                "Y216",
                where,
                got=row.confidence,
                expected="low",
                fix="mark it low, or retrieve the source",
            )
        if row.account == "" and _is_money_sum(row):
            draft.note(
                "a sum of money without account", "Y208", where, expected="an account: see quantities.yaml"
            )


def _is_money_sum(row: Measurement) -> bool:
    from yupana.core.units import currency_of, is_unit

    return (
        row.kind in ("flow", "stock")
        and is_unit(row.unit)
        and currency_of(row.unit) is not None
        and ("/" not in row.unit)
    )


def _check_orphans(draft: Draft) -> None:
    """Places that nothing refers to, and that no model needs."""
    places = draft.content.get("places.yaml")
    if places is None or {"evidence", "drivers"} & draft.unread:
        return
    used = {row.place for row in draft.content["evidence"]} | {row.place for row in draft.content["drivers"]}
    used |= {country for market in places.markets for country in market.countries}
    used |= {corridor.neighbour for corridor in places.corridors}
    used |= {department for zone in places.zones for department in zone.departments}
    used |= _claim_places(draft)
    in_model = {item.id for group in (places.zones, places.markets, places.origins) for item in group}
    for group in ("departments", "countries", "regions"):
        shapes = _shape_ids(draft) if group == "departments" else set()
        for index, item in enumerate(getattr(places, group)):
            if item.id not in used | in_model | shapes:
                draft.note(
                    f"an orphan place {item.id!r}",
                    "Y210",
                    draft.where("places.yaml", (group, index, "id")),
                    got=item.id,
                    expected="a place that a row, a driver, a claim or a map uses",
                    fix=did_you_mean(item.id, used - {None}) or "remove it, or use it",
                )


def _claim_places(draft: Draft) -> set[str]:
    claims = draft.content.get("claims.yaml")
    return (
        set() if claims is None else set(re.findall(r"[a-z][a-z0-9_]+", str(claims.model_dump(mode="json"))))
    )


def _shape_ids(draft: Draft) -> set[str]:
    """Words in the properties of all map features."""
    words: set[str] = set()
    for path in draft.content["map"].values():
        try:
            data = json.loads(path.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            continue
        features = data.get("features", []) if isinstance(data, dict) else []
        for feature in features:
            properties = feature.get("properties") if isinstance(feature, dict) else None
            words |= {str(value) for value in (properties or {}).values()}
    return words


def _check_priors(draft: Draft) -> None:
    rows = {row.id: row for row in draft.content["evidence"]}
    for index, prior in enumerate(draft.content.get("priors.yaml", ())):
        where = draft.where("priors.yaml", (index, "sources"))
        if prior.pedigree == "cited" and not prior.cited:
            draft.note(
                "a prior is said to be cited and cites nothing",
                "Y216",
                (*where, prior.name),
                got="no sources",
                expected="ids of evidence rows, or pedigree: derived or judged",
            )
        last = START_KNOWS if prior.start else FIT_KNOWS
        for cited in prior.cited:
            if cited in rows and rows[cited].years[1] > last:
                draft.note(
                    f"prior {prior.name!r} cites a row it may not know",
                    "Y217",
                    where,
                    got=f"{cited}, dated {rows[cited].years[1]}",
                    expected=f"rows dated {last} or earlier" + (" (start: true)" if prior.start else ""),
                )


def _check_drivers(draft: Draft, pack: Pack) -> None:
    """Every driver must give a value for every year of the pack's default run."""
    import numpy as np

    from yupana.evidence.references import dimension_elements

    years = np.arange(pack.start, pack.end + 1)
    for driver in pack.drivers.values():
        places = dimension_elements(pack.places).get(driver.over, ()) if driver.over else (None,)
        for place in places:
            try:
                pack.driver_series(driver.id, years, place)
            except DataError as problem:
                draft.problems.append(problem)
