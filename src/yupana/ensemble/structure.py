"""Structural settings against the model: which parameters a scenario may set, and which it may not."""

from __future__ import annotations

from typing import Any

from yupana.core.errors import DataError, located
from yupana.core.names import did_you_mean
from yupana.model.structure import FORBIDDEN, STRUCTURAL
from yupana.params import PriorSet, compile_settings
from yupana.params.structure import split_setting


def name_problem(pack: Any, key: str) -> DataError | None:
    """What is wrong with the parameter that a structural setting names, or None.

    Parameters
    ----------
    pack : whose priors are meant.
    key : parameter or parameter[place].
    """
    name, _ = split_setting(key)
    known = {prior.name for prior in pack.priors}
    if name in STRUCTURAL and name in known:
        return None
    may = ", ".join(option for option in STRUCTURAL if option in known)
    if name in FORBIDDEN:
        return DataError(
            f"no scenario may set {name}: {FORBIDDEN[name]}",
            code="Y306",
            got=key,
            expected=f"one of {may}",
            fix="change the prior, for all scenarios alike, or leave it",
        )
    what = f"{name} is not open to scenarios" if name in known else f"unknown parameter {name!r}"
    fix = did_you_mean(name, [option for option in STRUCTURAL if option in known])
    return DataError(what, code="Y306", got=key, expected=f"one of {may}", fix=fix or None)


def check_structures(pack: Any) -> list[DataError]:
    """Every structural setting of a pack's scenarios that the model or its priors refuse."""
    from yupana.evidence.reading import read_yaml

    found = []
    for name, scenario in pack.scenarios.items():
        label = next((f for f in pack.files if f in (f"scenarios/{name}.yaml", f"scenarios/{name}.yml")), "")
        for key, setting in scenario.structure.items():
            problem = name_problem(pack, key) or _number_problem(pack, key, setting.plain)
            if problem is not None:
                document = read_yaml(pack.path / label, label)
                found.append(located(problem, document.where(("structure", key))))
    return found


def _number_problem(pack: Any, key: str, setting: tuple[Any, ...]) -> DataError | None:
    from yupana.model import build_config

    entries = [entry for entry in pack.priors if entry.name == split_setting(key)[0]]
    try:
        compile_settings(PriorSet.from_entries(entries, build_config(pack).dims), {key: setting})
    except DataError as problem:
        return problem
    return None
