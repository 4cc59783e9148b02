"""A difference between two scenarios of a run, explained: shares, switches, and what rests on judgement."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from yupana.analysis.coalitions import JUDGED, Game, Group, OnDone, Side, Statistic, groups_between, side_of
from yupana.analysis.difference_marks import mark_difference
from yupana.analysis.explain import Shares, shares_of, wanted_coalitions, whole
from yupana.core.drawn import PRIOR, Drawn
from yupana.core.errors import DataError, UsageError
from yupana.core.names import listing
from yupana.fit.informed import ALL_PRIOR, Mark

if TYPE_CHECKING:
    from yupana.ensemble.scenarios import RunScenario
    from yupana.fit.draws import PosteriorDraws
    from yupana.results.result import Result
    from yupana.study import Study

STATISTIC = "mean over draws and years"
MOST_DRAWS = 256
"""Draws that are simulated where nobody asks for another number."""


@dataclass(frozen=True)
class GroupShare:
    """What a group of settings contributes to a difference; numbers in the variable's unit.

    Attributes
    ----------
    group : the settings.
    share : mean over draws of the group's Shapley share.
    q05, q95 : quantiles over draws of the draw's own share.
    se : Monte Carlo standard error of `share`.
    alone : mean change when the group alone is switched in the first scenario.
    without : mean change that the group makes when it comes last, all others being switched.
    mark : how much of the share is prior.
    """

    group: Group
    share: float
    q05: float
    q95: float
    se: float
    alone: float
    without: float
    mark: Mark = ALL_PRIOR


@dataclass(frozen=True)
class Difference:
    """A difference, explained.

    Attributes
    ----------
    run : id.
    variable, unit : column of the run, and its unit.
    between : names of the two scenarios; the difference is the second less the first.
    years : of the mean.
    draws, failed : draws used and left out.
    coalitions : number simulated; `sampled` says whether orders of joining were sampled.
    levels : mean of either scenario.
    interval : 5 and 95 per cent quantiles over draws of the difference.
    shares : one for each group, the largest first.
    drawn : what the draws are.
    mark : how much of the difference is prior; level_marks : of either scenario's mean.
    """

    run: str
    variable: str
    unit: str
    between: tuple[str, str]
    years: tuple[int, ...]
    draws: int
    failed: int
    coalitions: int
    sampled: bool
    levels: tuple[float, float]
    interval: tuple[float, float]
    shares: tuple[GroupShare, ...]
    drawn: Drawn = PRIOR
    mark: Mark = ALL_PRIOR
    level_marks: tuple[Mark, Mark] = (ALL_PRIOR, ALL_PRIOR)

    @property
    def difference(self) -> float:
        """The second scenario's mean less the first's: the sum of the shares."""
        return float(sum(share.share for share in self.shares))

    @property
    def judged_share(self) -> float:
        """Sum of the shares of groups that rest on judged settings, in the variable's unit."""
        return float(sum(share.share for share in self.shares if share.group.basis == JUDGED))

    def to_json(self) -> dict[str, Any]:
        """Return the difference in plain types."""
        return {
            "statistic": STATISTIC,
            "unit": self.unit,
            "difference": self.difference,
            "shares": [
                {
                    "group": s.group.name,
                    "share": s.share,
                    "q05": s.q05,
                    "q95": s.q95,
                    "se": s.se,
                    **_mark_json(s.mark),
                }
                for s in self.shares
            ],
            **_mark_json(self.mark),
            "level_marks": {
                name: mark.to_json() for name, mark in zip(self.between, self.level_marks, strict=True)
            },
            "run": self.run,
            "drawn_from": self.drawn.words,
            "variable": self.variable,
            "between": list(self.between),
            "years": list(self.years),
            "draws": self.draws,
            "failed": self.failed,
            "coalitions": self.coalitions,
            "sampled": self.sampled,
            "levels": dict(zip(self.between, self.levels, strict=True)),
            "interval": {"q05": self.interval[0], "q95": self.interval[1]},
            "judged_share": self.judged_share,
            "basis": {s.group.name: s.group.basis for s in self.shares},
            "settings": {s.group.name: [*s.group.levers, *s.group.elements] for s in self.shares},
            "switches": [{"group": s.group.name, "alone": s.alone, "last": s.without} for s in self.shares],
        }


def _mark_json(mark: Mark) -> dict[str, Any]:
    return {"mark": mark.text, "contraction": mark.to_json()["contraction"]}


def explain_difference(
    result: Result,
    variable: str,
    between: tuple[str, str],
    years: Sequence[int] = (),
    draws: int = MOST_DRAWS,
    threads: int = 2,
    told: OnDone | None = None,
    posterior: str | None = None,
    allow_failed: bool = False,
    prior: bool = False,
) -> Difference:
    """Return the shares of groups of settings in the difference between two scenarios.

    Parameters
    ----------
    result : the run, whose pack, seed, draws and years are used.
    variable : one column: ``coca_area``, or ``coca_area[PLACE]``.
    between : two scenarios: of the run, of its pack, or files.
    years : of the mean; all of the run where none is given.
    draws : at most so many of the run's draws.
    threads : coalitions computed at once; no number depends on it.
    told : of progress.
    posterior : folder or id of a fit whose draws are used; where none is named, the fit of the run if it has
        one, else the priors.
    allow_failed : use a fit that failed a gate.
    prior : use draws of the priors in any case.

    Raises
    ------
    UsageError
        Y107 or Y108 for the variable, Y301 for a scenario, Y104 for a year, Y111 where nothing differs, Y505
        for a fit that is not there, Y506 for one that failed.
    DataError
        Y508 for a fit of other unknowns, Y404 where a scenario is no longer what the run was made with, Y405
        where every draw fails.
    """
    from yupana.ensemble.plan import draws_in_words
    from yupana.results.selection import select_years

    column, statistic = _statistic(result, variable, select_years(result.years, years))
    study = study_of(result)
    draws_used = (
        study.draws_of(posterior, prior) if prior else _posterior(result, study, posterior, allow_failed)
    )
    scenarios = [_scenario(result, study, word) for word in between]
    sides = [side_of(scenario, study.priors) for scenario in scenarios]
    groups = _groups(sides)
    recipe = result.manifest.recipe
    game = Game(study, sides[0], sides[1], groups, statistic, recipe["seed"], recipe["start"], draws_used)
    coalitions, orders = wanted_coalitions(len(groups), recipe["seed"])
    worth, failed = game.worths(coalitions, min(draws, result.draws), threads, told)
    _check_draws(worth, failed)
    shares = shares_of(len(groups), worth, orders)
    first, last = worth[0], worth[whole(len(groups))]
    prior_game = (
        None
        if draws_used is None
        else Game(study, sides[0], sides[1], groups, statistic, recipe["seed"], recipe["start"])
    )
    marks = mark_difference(game, prior_game, worth, shares, orders, draws, threads)
    return Difference(
        run=result.id,
        variable=column,
        unit=result.select(column).info.unit,
        between=(sides[0].name, sides[1].name),
        years=statistic.years,
        draws=first.size,
        failed=failed,
        coalitions=len(coalitions),
        sampled=bool(orders),
        levels=(float(first.mean()), float(last.mean())),
        interval=(float(np.quantile(last - first, 0.05)), float(np.quantile(last - first, 0.95))),
        shares=_ranked(groups, shares, worth, marks.groups),
        drawn=draws_in_words(draws_used, first.size + failed),
        mark=marks.difference,
        level_marks=marks.levels,
    )


def _posterior(result: Result, study: Study, word: str | None, allow_failed: bool) -> PosteriorDraws | None:
    """Return the draws to use; those of the run's own fit need no second permission."""
    from yupana.ensemble.plan import check_gates

    own = str(result.manifest.recipe["prior"]).removeprefix("fit ") if result.fitted else None
    if word is None and own is None:
        return None
    try:
        found = study.posterior(word or str(own))
    except UsageError as fault:
        if word is not None or fault.code != "Y505":
            raise
        raise UsageError(
            "the fit behind the run is not at hand",
            code="Y505",
            where=f"run {result.id}",
            got=own,
            expected="its folder",
            fix="name the folder with --posterior",
        ) from None
    check_gates(found, allow_failed or found.fit == own)
    return found


def _ranked(
    groups: Sequence[Group], shares: Shares, worth: Mapping[int, NDArray[np.float64]], marks: Sequence[Mark]
) -> tuple[GroupShare, ...]:
    every = whole(len(groups))
    mean, (low, high), error = shares.mean, shares.interval, shares.standard_error
    found = [
        GroupShare(
            group,
            float(mean[g]),
            float(low[g]),
            float(high[g]),
            float(error[g]),
            float((worth[1 << g] - worth[0]).mean()),
            float((worth[every] - worth[every ^ (1 << g)]).mean()),
            marks[g],
        )
        for g, group in enumerate(groups)
    ]
    return tuple(sorted(found, key=lambda share: -abs(share.share)))


def _statistic(result: Result, variable: str, years: tuple[int, ...]) -> tuple[str, Statistic]:
    """Return the column that is meant, and the statistic of it."""
    chosen = result.select(variable)
    if len(chosen.columns) > 1:
        raise UsageError(
            f"{variable} has several places",
            code="Y108",
            where="--of",
            got=variable,
            expected=listing(chosen.columns, 20),
            fix=f"choose one of them, such as {chosen.columns[0]}",
        )
    column = next(iter(chosen.columns))
    place = result.manifest.columns.elements(chosen.info).index(column)
    return column, Statistic(chosen.info.key, place, years)


def study_of(result: Result) -> Study:
    """Return the study that a run was made with: its pack, as far as it was known then, and its settings."""
    from yupana.evidence import load_pack
    from yupana.study import Study

    recipe = result.manifest.recipe
    word = result.manifest.about["pack_word"]
    return Study(load_pack(word, until=recipe["until"]), word, recipe["steps_per_year"], recipe["dtype"])


def _scenario(result: Result, study: Study, word: str) -> RunScenario:
    """Return a scenario by name or file; one that the run holds must still be the same."""
    from yupana.core.hashing import content_hash
    from yupana.ensemble.scenarios import resolve_scenario

    again = result.manifest.about.get("scenario_words", {}).get(word, word)
    found = resolve_scenario(study.pack, again, result.years)
    known = result.manifest.recipe["scenarios"].get(word)
    if known is not None and content_hash(known) != content_hash(_as_json(found.plain)):
        raise DataError(
            f"scenario {word!r} is no longer what the run was made with",
            code="Y404",
            where=again,
            fix="run the study again, and explain that run",
        )
    return found


def _as_json(value: Any) -> Any:
    """Return settings as a run's manifest holds them: keys as texts, tuples as lists."""
    import json

    return json.loads(json.dumps(value))


def _groups(sides: Sequence[Side]) -> tuple[Group, ...]:
    from yupana.model.structure import STRUCTURAL

    groups = groups_between(sides[0], sides[1], STRUCTURAL)
    if groups:
        return groups
    raise UsageError(
        f"{sides[0].name} and {sides[1].name} do not differ in any setting",
        code="Y111",
        where="--between",
        fix="name two scenarios whose levers or structure differ",
    )


def _check_draws(worth: Mapping[int, NDArray[np.float64]], failed: int) -> None:
    if worth[0].size == 0:
        raise DataError(
            "every draw fails in some coalition of settings",
            code="Y405",
            got=f"{failed} of {failed} draws",
            expected="draws that end in every one",
        )
