"""From two scenarios to the game of `explain`: groups of settings that differ, and what coalitions are worth.

Every coalition is simulated with the run's pack, seed and draws, and nothing is compiled anew for it, so that
a difference between two coalitions is made by the settings that they do not share.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from yupana.analysis.explain import whole
from yupana.params.structure import Change, compile_settings, needed, spread_settings, structured

if TYPE_CHECKING:
    from yupana.ensemble.scenarios import RunScenario
    from yupana.fit.draws import PosteriorDraws
    from yupana.params import PriorSet
    from yupana.study import Study

OnDone = Callable[[int, int], None]
"""Told the number of coalitions done and of all."""

MANY = 256
"""Simulations from which on it pays to compile a program for the one variable."""

LEVER, JUDGED, SOURCED = "lever", "judged", "sourced"
"""What a group rests on: a lever is a choice and needs no evidence."""


@dataclass(frozen=True)
class Group:
    """Settings that are switched together.

    Attributes
    ----------
    name : of a lever, or of a category of structural settings.
    basis : ``lever``, ``judged`` or ``sourced``.
    levers : levers that it switches, their places and rules included.
    elements : elements of parameters that it switches, such as ``transport_cost[port]``.
    """

    name: str
    basis: str
    levers: tuple[str, ...] = ()
    elements: tuple[str, ...] = ()


@dataclass(frozen=True)
class Side:
    """A scenario as a coalition mixes it.

    Attributes
    ----------
    name : of the scenario.
    settings : of levers, as the policy compiler reads them.
    elements : element -> setting of the parameter, all places spelt out.
    judged : elements whose setting is judged.
    """

    name: str
    settings: Mapping[str, Any]
    elements: Mapping[str, tuple[Any, ...]]
    judged: frozenset[str]


def side_of(scenario: RunScenario, priors: PriorSet) -> Side:
    """Return a scenario as a coalition mixes it."""
    spread = spread_settings(priors, scenario.structure)
    return Side(
        scenario.name,
        scenario.settings,
        {element: scenario.structure[key].plain for element, key in spread.items()},
        frozenset(element for element, key in spread.items() if scenario.structure[key].judged is not None),
    )


def groups_between(one: Side, other: Side, categories: Mapping[str, str]) -> tuple[Group, ...]:
    """Return the groups of settings in which two scenarios differ.

    Every lever is a group. Structural settings form one group a category, or two where some of them are
    judged and others have sources: a difference rests on judgement where either scenario's setting does.

    Parameters
    ----------
    one, other : the scenarios.
    categories : parameter -> category.
    """
    found = [
        Group(lever, LEVER, levers=(lever,))
        for lever in _levers((one.settings, other.settings))
        if _of_lever(one.settings, lever) != _of_lever(other.settings, lever)
    ]
    sorted_out: dict[str, dict[str, list[str]]] = {}
    for element in dict.fromkeys((*one.elements, *other.elements)):
        if one.elements.get(element) == other.elements.get(element):
            continue
        basis = JUDGED if element in one.judged | other.judged else SOURCED
        category = categories[element.partition("[")[0]]
        sorted_out.setdefault(category, {}).setdefault(basis, []).append(element)
    for category in dict.fromkeys(categories.values()):
        parts = sorted_out.get(category, {})
        for basis in (SOURCED, JUDGED):
            if basis in parts:
                name = category if len(parts) == 1 else f"{category} ({basis})"
                found.append(Group(name, basis, elements=tuple(parts[basis])))
    return tuple(found)


def _levers(every: Iterable[Mapping[str, Any]]) -> list[str]:
    names = dict.fromkeys(
        key.partition("[")[0]
        for settings in every
        for key in (*settings, *settings.get("rules", {}))
        if key != "rules"
    )
    return sorted(names)


def _of_lever(settings: Mapping[str, Any], lever: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return what settings say of a lever: its steps, and its rules."""
    rules = settings.get("rules", {})
    steps = {k: v for k, v in settings.items() if k != "rules" and k.partition("[")[0] == lever}
    return steps, {key: rule for key, rule in rules.items() if key.partition("[")[0] == lever}


def mixed_settings(one: Side, other: Side, groups: Sequence[Group], coalition: int) -> dict[str, Any]:
    """Return the settings of levers in a coalition: its groups as in `other`, the rest as in `one`."""
    switched = {lever for group in _members(groups, coalition) for lever in group.levers}
    steps: dict[str, Any] = {}
    rules: dict[str, Any] = {}
    for lever in _levers((one.settings, other.settings)):
        own_steps, own_rules = _of_lever((other if lever in switched else one).settings, lever)
        steps |= own_steps
        rules |= own_rules
    # a place overrides all places: what is said of all places comes first
    ordered = dict(sorted(steps.items(), key=lambda item: ("[" in item[0], item[0])))
    return {**ordered, "rules": rules} if rules else ordered


def _members(groups: Sequence[Group], coalition: int) -> list[Group]:
    return [group for number, group in enumerate(groups) if coalition >> number & 1]


@dataclass(frozen=True)
class Statistic:
    """The number that a coalition is worth: the mean over years of one element of a variable, draw by draw.

    Attributes
    ----------
    key : of the variable, such as ``coca_area`` or ``coca_area[zone]``.
    element : number of the place within the variable.
    years : calendar years of the mean.
    """

    key: str
    element: int
    years: tuple[int, ...]

    def of(self, yearly: Mapping[str, Any], first_year: int) -> NDArray[np.float64]:
        """Return the statistic of each draw.

        Parameters
        ----------
        yearly : key -> (year, *places, draw), unit of the variable.
        first_year : calendar year of the first.
        """
        values = np.asarray(yearly[self.key])
        rows = [year - first_year for year in self.years]
        spread = values.reshape(values.shape[0], -1, values.shape[-1])[rows, self.element]
        return spread.astype(np.float64).mean(axis=0)


class Game:
    """Coalitions of the groups in which two scenarios differ, and what they are worth.

    Parameters
    ----------
    study : with the pack and the settings of the run.
    one, other : the scenarios; the empty coalition is `one`, that of all groups is `other`.
    groups : in which they differ.
    statistic : what a coalition is worth.
    seed : of the run.
    start : first year of the run, with which undated settings of levers begin.
    posterior : draws of a fit to use in the place of prior draws.
    """

    def __init__(
        self,
        study: Study,
        one: Side,
        other: Side,
        groups: Sequence[Group],
        statistic: Statistic,
        seed: int,
        start: int,
        posterior: PosteriorDraws | None = None,
    ) -> None:
        from yupana.ensemble.probe import Probe
        from yupana.fit.draws import FittedEngine
        from yupana.model import Engine, build_drivers

        self.study, self.one, self.other, self.groups = study, one, other, tuple(groups)
        self.statistic, self.seed, self.start = statistic, seed, start
        dtype = "float64" if study.dtype == "float64" else "float32"
        engine = Engine(study.config, dtype)
        self.sampler: Any = posterior or study.priors
        self.engine: Any = FittedEngine(engine, posterior) if posterior else engine
        self.probe = Probe(study.config, statistic.key, dtype)
        # later years than the statistic needs are not simulated
        self.last = max(statistic.years)
        self.drivers = build_drivers(study.pack, study.config, study.pack.start, self.last)
        self.changes = [
            {element: compile_settings(study.priors, {element: s})[0] for element, s in side.elements.items()}
            for side in (one, other)
        ]

    def policy(self, coalition: int) -> Any:
        """Return the levers of a coalition as arrays."""
        from yupana.ensemble.plan import dated
        from yupana.model import compile_policy

        settings = mixed_settings(self.one, self.other, self.groups, coalition)
        return compile_policy(
            self.study.config, self.drivers, dated(settings, self.study.pack.start, self.start)
        )

    def structure(self, coalition: int) -> tuple[Change, ...]:
        """Return the changes of parameters in a coalition, each of an element of its own."""
        switched = {e for group in _members(self.groups, coalition) for e in group.elements}
        mine, theirs = self.changes
        return tuple(
            found
            for element in dict.fromkeys((*mine, *theirs))
            if (found := (theirs if element in switched else mine).get(element)) is not None
        )

    def worths(
        self, coalitions: Sequence[int], draws: int, threads: int, told: OnDone | None = None
    ) -> tuple[dict[int, NDArray[np.float64]], int]:
        """Return what coalitions are worth, and the number of draws left out.

        A draw that fails in one coalition is left out of all.

        Parameters
        ----------
        coalitions : to compute.
        draws : the first so many draws of the run.
        threads : coalitions computed at once; no number depends on it.
        told : of progress.

        Returns
        -------
        coalition -> (draw,), unit of the variable.
        """
        from yupana.ensemble.recipe import CHUNK

        parts: dict[int, list[NDArray[np.float64]]] = {coalition: [] for coalition in coalitions}
        fine, firsts = [], range(0, draws, CHUNK)
        lean = len(coalitions) * len(firsts) > MANY
        for number, first in enumerate(firsts):
            keep = min(CHUNK, draws - first)
            good = np.ones(keep, bool)
            block = _Block.of(self, first)
            for done, (value, failed) in enumerate(block.worths(coalitions, threads, lean), 1):
                parts[coalitions[done - 1]].append(value[:keep])
                good &= ~failed[:keep]
                if told is not None:
                    told(number * len(coalitions) + done, len(firsts) * len(coalitions))
            fine.append(good)
        kept = np.concatenate(fine)
        return {c: np.concatenate(part)[kept] for c, part in parts.items()}, int((~kept).sum())


@dataclass(frozen=True)
class _Block:
    """One chunk of draws: parameters, their points and noise, drawn once for all coalitions."""

    game: Game
    params: Mapping[str, NDArray[Any]]
    latents: Mapping[str, NDArray[np.float64]]
    noise: Any

    @classmethod
    def of(cls, game: Game, first: int) -> _Block:
        """Return the chunk that begins with draw `first`."""
        from yupana.ensemble.recipe import CHUNK

        study, sampler = game.study, game.sampler
        names = needed(change for side in game.changes for change in side.values())
        return cls(
            game,
            sampler.draw(game.seed, first, CHUNK, study.dtype),
            sampler.latents(game.seed, first, CHUNK, names),
            game.engine.draw_noise(game.seed, first, CHUNK, study.pack.start, game.last),
        )

    def worth(self, coalition: int, lean: bool) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
        """Return the statistic of every draw of the chunk, and which draws failed."""
        from yupana.model import codes

        game = self.game
        # the two scenarios themselves always pass the checks of the whole engine
        ends = (0, whole(len(game.groups)))
        engine = game.probe if lean and coalition not in ends else game.engine
        params = structured(self.params, self.latents, game.structure(coalition))
        block = engine.run(params, game.drivers, game.policy(coalition), self.noise)
        value = game.statistic.of(block.yearly, game.study.pack.start)
        return value, ((block.code & codes.FAILURES) != 0) | ~np.isfinite(value)

    def worths(
        self, coalitions: Sequence[int], threads: int, lean: bool
    ) -> Iterator[tuple[NDArray[np.float64], NDArray[np.bool_]]]:
        """Yield what coalitions are worth, in order."""
        # the first two go alone: they compile what all others then share
        yield from (self.worth(coalition, lean) for coalition in coalitions[:2])
        pool = ThreadPoolExecutor(threads, thread_name_prefix="yupana")
        try:
            yield from pool.map(lambda coalition: self.worth(coalition, lean), coalitions[2:])
        finally:
            pool.shutdown(wait=True, cancel_futures=True)
