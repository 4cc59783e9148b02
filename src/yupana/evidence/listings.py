"""What a pack holds, as plain data for lists: each entry with unit, range and meaning."""

from __future__ import annotations

from typing import Any

from yupana.evidence.pack import Pack
from yupana.evidence.schema_study import Lever, LeverSetting, PriorEntry, StructuralSetting


def pack_list() -> list[dict[str, Any]]:
    """Packs that come with Yupana; a pack that cannot be read says so in its note."""
    from yupana.core.errors import YupanaError
    from yupana.core.settings import default
    from yupana.evidence.faults import validate
    from yupana.evidence.locate import shipped_packs
    from yupana.evidence.reading import read_yaml
    from yupana.evidence.schema import PackInfo

    found = []
    for name, folder in shipped_packs().items():
        entry: dict[str, Any] = {
            "id": name,
            "name": name,
            "start": None,
            "end": None,
            "version": "",
            "note": "",
        }
        try:
            info, faults = validate(PackInfo, read_yaml(folder / "pack.yaml", "pack.yaml"))
        except YupanaError as problem:
            info, faults = None, [problem]
        if info is None:
            entry["note"] = f"not readable: {faults[0].what}"
        else:
            entry |= {
                "name": info.name,
                "start": info.start,
                "end": info.end,
                "version": info.version,
                "licence": info.licence,
                "invented": info.invented,
                "default": name == default("pack"),
                "note": info.note,
            }
        found.append(entry)
    return found


def number(value: float | None) -> str:
    """A number without needless digits."""
    return "" if value is None else f"{value:,.10g}" if abs(value) >= 1e4 else f"{value:.6g}"


def span(low: float | None, high: float | None) -> str:
    """A range in words."""
    return f"{number(low)} to {number(high)}"


def lever_list(pack: Pack) -> list[dict[str, Any]]:
    """Levers with unit and range."""
    return [_lever(pack, lever) for lever in pack.levers]


def _lever(pack: Pack, lever: Lever) -> dict[str, Any]:
    from yupana.evidence.references import dimension_elements

    text = f"{span(lever.low, lever.high)} x baseline"
    if lever.absolute_unit:
        ends = (
            span(lever.absolute_low or 0.0, lever.absolute_high) if lever.absolute_high is not None else "any"
        )
        text += f", or {ends} {lever.absolute_unit}"
    return {
        "id": lever.id,
        "over": lever.over,
        "elements": list(dimension_elements(pack.places).get(lever.over or "", ())),
        "unit": lever.unit,
        "low": lever.low,
        "high": lever.high,
        "absolute_unit": lever.absolute_unit,
        "absolute_low": lever.absolute_low,
        "absolute_high": lever.absolute_high,
        "range": text,
        "target": lever.target,
        "stage": lever.stage,
        "meaning": lever.meaning,
    }


def setting_text(setting: LeverSetting) -> str:
    """A lever's value in words."""
    mode, value, unit = setting
    return f"{number(value)} x" if mode == "multiple" else f"{number(value)} {unit}"


def structure_text(key: str, setting: StructuralSetting) -> str:
    """A structural setting in words, and whether it is judged."""
    mode, *numbers = setting.plain
    value = {"multiple": f"{number(numbers[0])} x the draw", "quantiles": span(numbers[0], numbers[-1])}
    text = f"{key} {value.get(mode, number(numbers[0]))}"
    return f"{text} ({'judged' if setting.judged else 'sourced'})"


def _structure(setting: StructuralSetting) -> dict[str, Any]:
    mode, *numbers = setting.plain
    return {
        "mode": mode,
        "numbers": numbers,
        "judged": setting.judged,
        "sources": list(setting.source or ()),
    }


def scenario_list(pack: Pack) -> list[dict[str, Any]]:
    """Scenarios with the levers they move and the parameters they set."""
    found = []
    for scenario in pack.scenarios.values():
        moves = []
        for lever, steps in scenario.levers.items():
            parts = [
                setting_text(s) if year == 0 else f"{year}: {setting_text(s)}" for year, s in steps.items()
            ]
            moves.append(f"{lever} {', '.join(parts)}")
        moves += [f"{lever} reacts to {rule.signal}" for lever, rule in scenario.rules.items()]
        moves += [structure_text(key, setting) for key, setting in scenario.structure.items()]
        found.append(
            {
                "name": scenario.name,
                "extends": scenario.extends,
                "meaning": scenario.describe,
                "settings": "; ".join(moves),
                "levers": {
                    lever: [
                        {"year": year or None, "mode": mode, "value": value, "unit": unit or "multiple"}
                        for year, (mode, value, unit) in steps.items()
                    ]
                    for lever, steps in scenario.levers.items()
                },
                "structure": {key: _structure(setting) for key, setting in scenario.structure.items()},
            }
        )
    return found


def prior_list(pack: Pack) -> list[dict[str, Any]]:
    """Priors with their range, and those of every place that departs from it."""
    return [_prior(prior) for prior in pack.priors]


def _prior(prior: PriorEntry) -> dict[str, Any]:
    places = []
    if prior.q05 is not None or prior.bounds is not None or not prior.by:
        places.append(_place(prior, "", prior.q05, prior.q95, prior.bounds))
    for name, place in (prior.by or {}).items():
        entry = _place(
            prior,
            name,
            prior.q05 if place.q05 is None else place.q05,
            prior.q95 if place.q95 is None else place.q95,
            place.bounds or prior.bounds,
        )
        entry |= {
            "reason": place.reason or prior.reason,
            "sources": list(place.sources if place.sources is not None else prior.sources),
            "pedigree": place.pedigree or prior.pedigree,
        }
        places.append(entry)
    lows = [entry["low"] for entry in places if entry["low"] is not None]
    highs = [entry["high"] for entry in places if entry["high"] is not None]
    return {
        "name": prior.name,
        "unit": prior.unit,
        "meaning": prior.meaning,
        "over": list(prior.over or ()),
        "family": prior.family,
        "range": span(min(lows), max(highs)) if lows and highs else "",
        "reason": prior.reason,
        "sources": list(prior.cited),
        "pedigree": prior.pedigree,
        "start": prior.start,
        "places": places,
    }


def _place(
    prior: PriorEntry, name: str, q05: float | None, q95: float | None, bounds: tuple[float, float] | None
) -> dict[str, Any]:
    if q05 is None and q95 is None and prior.family == "uniform" and bounds is not None:
        width = bounds[1] - bounds[0]
        q05, q95 = bounds[0] + 0.05 * width, bounds[0] + 0.95 * width
    return {
        "place": name,
        "low": q05,
        "high": q95,
        "bounds": list(bounds) if bounds else None,
        "range": span(q05, q95),
        "reason": prior.reason,
        "sources": list(prior.sources),
        "pedigree": prior.pedigree,
    }


def claim_list(pack: Pack) -> tuple[str, list[dict[str, Any]]]:
    """The text that makes the claims, and the claims with their readings."""
    if pack.claims is None:
        return "", []
    found = []
    for claim in pack.claims.claims:
        readings = []
        for reading in claim.readings:
            said = reading.statement
            values = [number(v) for v in (said.value, said.low, said.high) if v is not None]
            readings.append(
                {
                    "id": reading.id,
                    "text": reading.text,
                    "statement": " ".join((said.relation.replace("_", " "), *values, said.unit)).strip(),
                    "unit": said.unit or None,
                    "year": reading.year,
                    "note": reading.note or None,
                }
            )
        found.append({"id": claim.id, "text": claim.text, "topic": claim.topic, "readings": readings})
    return pack.claims.about, found
