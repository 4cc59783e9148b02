"""The scenarios of one run: found by name or file, held against the years of the run, with plain settings.

The settings are what the model's policy compiler reads: lever -> {year: (mode, value)}, where year 0 means
from the first year of the run, and the key ``"rules"`` holds what reacts to a signal. An empty mapping is the
baseline. What a scenario file may hold, the evidence folder knows; here stands what depends on the run.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from yupana.core.errors import DataError, UsageError, located
from yupana.core.names import did_you_mean, listing
from yupana.ensemble.structure import name_problem
from yupana.evidence.reading import Loc, read_yaml
from yupana.evidence.scenarios import chain_of, is_scenario_file, load_scenario, settings_of
from yupana.evidence.schema_study import Scenario, StructuralSetting
from yupana.evidence.structure import structure_of
from yupana.model.policy import SIGNALS
from yupana.params import Change, PriorSet, compile_settings

BASELINE = "baseline"


@dataclass(frozen=True)
class RunScenario:
    """A scenario ready to run.

    Attributes
    ----------
    name : unique within a run.
    describe : what it stands for, for people.
    settings : as the model's policy compiler reads them.
    structure : parameters set for the whole run, with their basis.
    word : how to ask for it again: its name, or the full path of its file.
    """

    name: str
    describe: str
    settings: dict[str, Any]
    word: str
    structure: dict[str, StructuralSetting] = field(default_factory=dict)

    @property
    def plain(self) -> dict[str, Any]:
        """Everything about the scenario that decides numbers: settings of levers, rules, and structure."""
        if not self.structure:
            return self.settings
        return {**self.settings, "structure": {key: part.plain for key, part in self.structure.items()}}


def resolve_scenarios(pack: Any, words: Iterable[str], years: Sequence[int]) -> tuple[RunScenario, ...]:
    """Return the scenarios that `words` name, each once, in order.

    Parameters
    ----------
    pack : whose scenarios and levers are meant.
    words : names of the pack's scenarios, or files.
    years : calendar years of the run.

    Raises
    ------
    UsageError
        Y301 for an unknown name, Y209 for two of one name, Y102 for none at all.
    DataError
        For a file that cannot be read, and for a lever, place, value, year or rule that cannot be used.
    """
    found: dict[str, RunScenario] = {}
    for word in words:
        scenario = resolve_scenario(pack, str(word), years)
        other = found.setdefault(scenario.name, scenario)
        if other.plain != scenario.plain:
            raise UsageError(
                f"two different scenarios are called {scenario.name!r}",
                code="Y209",
                where=str(word),
                fix="give one of them another name in its file",
            )
    if not found:
        raise UsageError("no scenario was asked for", code="Y102", expected="at least one, such as baseline")
    return tuple(found.values())


def resolve_scenario(pack: Any, word: str, years: Sequence[int]) -> RunScenario:
    """Return one scenario with everything that it extends folded in."""
    scenario = load_scenario(pack, word)
    settings = settings_of(pack, scenario)
    for lever, steps in settings.items():
        if lever != "rules":
            _check_years(pack, word, lever, steps, years)
    for lever, rule in settings.get("rules", {}).items():
        if rule["signal"] not in SIGNALS:
            raise DataError(
                f"unknown signal {rule['signal']!r}",
                code="Y107",
                where=_where(pack, word, ("rules", lever, "signal")),
                got=rule["signal"],
                expected=listing(SIGNALS),
                fix=did_you_mean(rule["signal"], SIGNALS) or None,
            )
    chain = chain_of(pack, scenario)
    structure = structure_of(chain)
    for key in structure:
        problem = name_problem(pack, key)
        if problem is not None:
            raise located(problem, _where(pack, *_author(chain, word, key)))
    again = str(Path(word).expanduser().resolve()) if is_scenario_file(word) else word
    return RunScenario(scenario.name, scenario.describe, settings, again, structure)


def _author(chain: Sequence[Scenario], word: str, key: str) -> tuple[str, Loc]:
    """Return the scenario, as a word, and the place in its file where a structural setting stands."""
    name = next(item.name for item in chain if key in item.structure)
    return (word if name == chain[0].name else name), ("structure", key)


def compile_structure(pack: Any, priors: PriorSet, scenario: RunScenario) -> tuple[Change, ...]:
    """Return the changes of parameters that a scenario makes, checked against the priors.

    Raises
    ------
    DataError
        Y306, Y108, Y308, with file and line of the setting.
    """
    for key, setting in scenario.structure.items():
        try:
            compile_settings(priors, {key: setting.plain})
        except DataError as problem:
            chain = chain_of(pack, load_scenario(pack, scenario.word))
            raise located(problem, _where(pack, *_author(chain, scenario.word, key))) from None
    return compile_settings(priors, {key: setting.plain for key, setting in scenario.structure.items()})


def _check_years(pack: Any, word: str, lever: str, steps: dict[int, Any], years: Sequence[int]) -> None:
    for year in steps:
        if year and not years[0] <= year <= years[-1]:
            raise DataError(
                f"lever {lever} is set in a year outside the run",
                code="Y104",
                where=_where(pack, word, ("levers", lever, year)),
                got=str(year),
                expected=f"a year from {years[0]} to {years[-1]}",
                fix="change the year, or the run's --start and --end",
            )


def _where(pack: Any, word: str, loc: Loc) -> tuple[str, ...]:
    """File, line and key; read anew, as this is needed only for a complaint."""
    if is_scenario_file(word):
        path, label = Path(word).expanduser(), word
    else:
        label = f"scenarios/{word}.yaml"
        path = Path(pack.path) / label
        if not path.is_file():
            return (f"pack {pack.id}", f"scenario {word}", ".".join(str(part) for part in loc))
    return read_yaml(path, label).where(loc)
