"""Structural settings of scenarios: their form, what they rest on, and inheritance.

Which parameters a scenario may set, the model says; here stands what a pack alone can tell.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from yupana.core.errors import DataError, YupanaError
from yupana.core.names import did_you_mean
from yupana.evidence.reading import Loc
from yupana.evidence.schema_study import Scenario, StructuralSetting


@dataclass(frozen=True)
class Rows:
    """What structural settings may cite.

    Attributes
    ----------
    known : whether a row of that id stands in the ledger.
    confidence : confidence of a row, None where it cannot be told.
    names : ids, for near misses.
    """

    known: Callable[[str], bool]
    confidence: Callable[[str], str | None]
    names: Iterable[str]


def structure_problems(scenario: Scenario, rows: Rows) -> Iterator[tuple[Loc, YupanaError]]:
    """What is wrong with the structural settings of a scenario, each with its place in the file."""
    for key, setting in scenario.structure.items():
        loc: Loc = ("structure", key)
        problem = _form_problem(key, setting) or _basis_problem(key, setting)
        if problem is not None:
            yield loc, problem
        for row in setting.source or ():
            problem = _row_problem(row, rows)
            if problem is not None:
                yield (*loc, "source"), problem


def _form_problem(key: str, setting: StructuralSetting) -> YupanaError | None:
    given = [name for name in ("value", "multiple", "q05", "q95") if getattr(setting, name) is not None]
    if given in (["value"], ["multiple"]):
        return None
    if given != ["q05", "q95"]:
        return DataError(
            f"the setting of {key} is not understood",
            code="Y308",
            got=" and ".join(given) or "no number",
            expected="exactly one of: value, multiple, or q05 with q95",
        )
    assert setting.q05 is not None
    assert setting.q95 is not None
    if setting.q05 < setting.q95:
        return None
    return DataError(
        f"the quantiles of {key} are out of order",
        code="Y308",
        got=f"q05 {setting.q05:g}, q95 {setting.q95:g}",
        expected="q05 < q95",
    )


def _basis_problem(key: str, setting: StructuralSetting) -> YupanaError | None:
    given = [name for name in ("source", "judged") if getattr(setting, name) is not None]
    if len(given) == 1:
        return None
    return DataError(
        f"the setting of {key} must rest on rows or on a judgement",
        code="Y307",
        got=" and ".join(given) or "neither",
        expected='exactly one of `source: [row-id]` and `judged: "why"`',
    )


def _row_problem(row: str, rows: Rows) -> YupanaError | None:
    if not rows.known(row):
        fix = did_you_mean(row, rows.names) or "run `yupana evidence list`"
        return DataError(f"unknown row {row!r}", code="Y210", got=row, expected="a row's id", fix=fix)
    if rows.confidence(row) != "low":
        return None
    return DataError(
        "a structural setting rests on a row of low confidence",
        code="Y214",
        got=row,
        expected="rows of medium or high confidence",
        fix="cite another row, or write `judged` and say why",
    )


def structure_of(chain: Sequence[Scenario]) -> dict[str, StructuralSetting]:
    """The structural settings of a scenario and of those it extends.

    The nearest scenario wins key by key; what it says of all places of a parameter takes the place of what
    farther ones said of single places; within one scenario a place overrides all places.

    Parameters
    ----------
    chain : the scenario, the one it extends, and so on.
    """
    found: dict[str, StructuralSetting] = {}
    for item in reversed(chain):
        for key, setting in sorted(item.structure.items(), key=lambda entry: "[" in entry[0]):
            if "[" not in key:
                found = {other: value for other, value in found.items() if not other.startswith(f"{key}[")}
            found[key] = setting
    return dict(sorted(found.items(), key=lambda entry: ("[" in entry[0], entry[0])))
