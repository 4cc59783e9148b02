"""Scenarios against the levers of a pack: names, places, ranges, units, inheritance."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from yupana.core.errors import DataError, UsageError, YupanaError, located
from yupana.core.names import did_you_mean, listing, split_key
from yupana.core.units import canonical, factor, is_unit
from yupana.evidence.reading import Loc
from yupana.evidence.schema_study import Lever, LeverSetting, Scenario
from yupana.evidence.structure import Rows, structure_problems

if TYPE_CHECKING:
    from yupana.evidence.pack import Pack

LISTED = 9  # further faults of a scenario file that its error names
Settings = dict[str, dict[int, tuple[str, float]]]
"""lever or lever[place] -> first year -> (multiple or absolute, value in the lever's unit)."""


def is_scenario_file(word: str) -> bool:
    """Whether a scenario given on the command line is a file rather than a name."""
    return word.endswith((".yaml", ".yml")) or "/" in word or os.sep in word


def load_scenario(pack: Pack, name_or_file: str) -> Scenario:
    """A scenario of the pack by name, or a scenario file.

    Raises
    ------
    UsageError
        Y301 where the pack has none of that name.
    DataError
        Where the file is missing, broken, or does not fit the pack's levers.
    """
    from yupana.evidence.faults import validate
    from yupana.evidence.reading import read_yaml
    from yupana.evidence.references import dimension_elements

    if not is_scenario_file(name_or_file):
        return pack.scenario(name_or_file)
    document = read_yaml(Path(name_or_file).expanduser(), name_or_file)
    scenario, faults = validate(Scenario, document)
    readable = scenario or _named_in(document.data)
    problems = list(
        scenario_problems(
            readable,
            {**pack.scenarios, readable.name: readable},
            pack.levers,
            dimension_elements(pack.places),
        )
    )
    if scenario is not None:
        problems += structure_problems(scenario, _rows_of(pack))
    faults += [located(problem, document.where(loc)) for loc, problem in problems]
    if faults or scenario is None:
        raise (
            faults[0]
            if len(faults) == 1
            else DataError(
                faults[0].what,
                code=faults[0].code,
                where=faults[0].where,
                got=faults[0].got,
                expected=faults[0].expected,
                fix=faults[0].fix,
                problems=faults,
                listed=LISTED,
            )
        )
    return scenario


def _named_in(data: Any) -> Scenario:
    """Return what a file of another form names, its values aside: names can be wrong as well."""
    written = data if isinstance(data, dict) else {}
    levers, extends = written.get("levers"), written.get("extends")
    return Scenario.model_construct(
        name="",
        describe="",
        extends=extends if isinstance(extends, str) else None,
        levers={str(key): {} for key in levers} if isinstance(levers, dict) else {},
        rules={},
        structure={},
    )


def _rows_of(pack: Pack) -> Rows:
    rows = pack.ledger.by_id
    return Rows(rows.__contains__, lambda row: rows[row].confidence, rows)


def scenario_problems(
    scenario: Scenario,
    family: Mapping[str, Scenario],
    levers: Iterable[Lever],
    elements: Mapping[str, tuple[str, ...]],
) -> Iterator[tuple[Loc, YupanaError]]:
    """What is wrong with a scenario, each with its place in the file."""
    known = {lever.id: lever for lever in levers}
    if scenario.extends is not None:
        yield from _chain_problems(scenario, family)
    for key in (*scenario.levers, *scenario.rules):
        group = "levers" if key in scenario.levers else "rules"
        problem = _name_problem(key, known, elements)
        if problem is not None:
            yield (group, key), problem
            continue
        if group == "levers":
            lever = known[split_key(key)[0]]
            for year, setting in scenario.levers[key].items():
                problem = setting_problem(lever, setting)
                if problem is not None:
                    yield (group, key, *((year,) if year else ())), problem


def _chain_problems(scenario: Scenario, family: Mapping[str, Scenario]) -> Iterator[tuple[Loc, YupanaError]]:
    seen, current = [scenario.name], scenario.extends
    while current is not None:
        if current not in family:
            yield (
                ("extends",),
                UsageError(
                    f"unknown scenario {current!r}",
                    code="Y301",
                    got=current,
                    expected=listing(family),
                    fix=did_you_mean(current, family) or None,
                ),
            )
            return
        if current in seen:
            yield (
                ("extends",),
                DataError("scenarios extend each other", code="Y305", got=" -> ".join((*seen, current))),
            )
            return
        seen.append(current)
        current = family[current].extends


def _name_problem(
    key: str, known: Mapping[str, Lever], elements: Mapping[str, tuple[str, ...]]
) -> YupanaError | None:
    base, place = split_key(key)
    if base not in known:
        return DataError(
            f"unknown lever {base!r}",
            code="Y302",
            got=key,
            expected=listing(known, 20),
            fix=did_you_mean(base, known) or None,
        )
    if place is None:
        return None
    over = known[base].over
    if over is None:
        return DataError(
            f"lever {base!r} has no places", code="Y302", got=key, expected=base, fix=f"write {base}"
        )
    options = elements.get(over, ())
    if place in options:
        return None
    return DataError(
        f"unknown {over.replace('_', ' ')} {place!r}",
        code="Y108",
        got=key,
        expected=listing(options),
        fix=did_you_mean(place, options) or None,
    )


def setting_problem(lever: Lever, setting: LeverSetting) -> YupanaError | None:
    """What is wrong with one value of a lever, or None."""
    mode, value, unit = setting
    if mode == "multiple":
        if lever.low <= value <= lever.high:
            return None
        return DataError(
            f"lever {lever.id!r} is out of range",
            code="Y303",
            got=f"{value:g}",
            expected=f"{lever.low:g} to {lever.high:g} times the baseline",
        )
    if lever.absolute_unit is None:
        return DataError(
            f"lever {lever.id!r} takes no absolute value",
            code="Y304",
            got=f"{value:g} {unit}",
            expected=f"a multiple of the baseline, {lever.low:g} to {lever.high:g}",
        )
    if unit is None or not is_unit(unit):
        return DataError(
            f"unknown unit {unit!r}", code="Y211", got=f"{value:g} {unit}", expected=lever.absolute_unit
        )
    try:
        amount = value * factor(unit, lever.absolute_unit)
    except DataError as problem:
        return DataError(
            f"lever {lever.id!r} has another unit",
            code="Y304",
            got=f"{value:g} {unit}",
            expected=lever.absolute_unit,
            fix=problem.fix,
        )
    low = lever.absolute_low if lever.absolute_low is not None else 0.0
    high = lever.absolute_high if lever.absolute_high is not None else float("inf")
    if low <= amount <= high:
        return None
    span = f"{low:g} to {high:g}" if high < float("inf") else f"at least {low:g}"
    return DataError(
        f"lever {lever.id!r} is out of range",
        code="Y303",
        got=f"{value:g} {unit}",
        expected=f"{span} {canonical(lever.absolute_unit)}",
    )


def chain_of(pack: Pack, scenario: Scenario) -> tuple[Scenario, ...]:
    """The scenario, the one it extends, and so on.

    Raises
    ------
    UsageError, DataError
        Where the scenario extends one that does not exist or itself.
    """
    chain, seen = [scenario], {scenario.name}
    while chain[-1].extends is not None:
        parent = pack.scenario(chain[-1].extends)
        if parent.name in seen:
            raise DataError("scenarios extend each other", code="Y305", got=" -> ".join((*seen, parent.name)))
        seen.add(parent.name)
        chain.append(parent)
    return tuple(chain)


def settings_of(pack: Pack, scenario: Scenario) -> dict[str, Any]:
    """The lever settings of a scenario, those it extends included, in the form that the model compiles.

    The nearest scenario wins lever by lever; a lever set for all places is overridden by one set for a place.

    Returns
    -------
    lever -> first year -> (multiple | absolute, value in the lever's unit); year 0 means the first year of
    the run. The key ``rules`` holds the rules, where there are any.

    Raises
    ------
    UsageError, DataError
        Where the scenario extends one that does not exist or itself.
    """
    levers: dict[str, Any] = {}
    rules: dict[str, Any] = {}
    for item in reversed(chain_of(pack, scenario)):
        # within one scenario, what is said of single places holds beside what is said of all
        for key, steps in sorted(item.levers.items(), key=lambda entry: "[" in entry[0]):
            if "[" not in key:
                levers = {other: value for other, value in levers.items() if not other.startswith(f"{key}[")}
            levers[key] = {year: _plain(pack.lever(key), setting) for year, setting in sorted(steps.items())}
        rules |= {key: rule.model_dump() for key, rule in item.rules.items()}
    ordered = dict(sorted(levers.items(), key=lambda entry: ("[" in entry[0], entry[0])))
    return {**ordered, "rules": rules} if rules else ordered


def _plain(lever: Lever, setting: LeverSetting) -> tuple[str, float]:
    mode, value, unit = setting
    if mode == "absolute" and unit is not None and lever.absolute_unit is not None:
        value *= factor(unit, lever.absolute_unit)
    return mode, value
