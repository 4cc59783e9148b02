"""From a pack and what a user asks for to a checked recipe, a manifest and a job; nothing is written yet."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from yupana.core.drawn import PRIOR, Drawn
from yupana.core.errors import UsageError
from yupana.core.settings import check_setting
from yupana.core.software import software
from yupana.ensemble.columns import Columns
from yupana.ensemble.labels import labels_of
from yupana.ensemble.manifest import Manifest
from yupana.ensemble.recipe import Recipe
from yupana.ensemble.runner import Job
from yupana.ensemble.scenarios import RunScenario, compile_structure, resolve_scenarios
from yupana.fit.draws import FittedEngine, PosteriorDraws
from yupana.model import VARIABLES, Config, Engine, build_drivers, codes, compile_policy
from yupana.params import PriorSet

MONEY_INDEX = "consumer_price_us"
"""Driver that turns real money into nominal money; the model reads the same one."""


@dataclass(frozen=True)
class Request:
    """What a user asks of a run; everything that is not said comes from the table of settings."""

    draws: int
    seed: int
    scenarios: tuple[str, ...]
    start: int
    end: int
    monthly: bool
    posterior: PosteriorDraws | None = None
    allow_failed: bool = False


@dataclass(frozen=True)
class Plan:
    """A run that can begin: everything a user may have got wrong has been checked.

    Attributes
    ----------
    job : what to run.
    manifest : what its folder will say of it.
    """

    job: Job
    manifest: Manifest


def check_request(request: Request, first_year: int) -> Request:
    """Return the request with every number checked.

    Parameters
    ----------
    request : what the user asks.
    first_year : first year of the pack.

    Raises
    ------
    UsageError
        Y102 for a number out of range, Y104 for years out of order or before the pack's first.
    """
    start, end = check_setting("start", request.start), check_setting("end", request.end)
    if start < first_year:
        raise UsageError(
            "the run would start before the pack does",
            code="Y104",
            where="--start",
            got=str(start),
            expected=f"{first_year} or later",
        )
    if end < start:
        raise UsageError(
            "the run would end before it starts",
            code="Y104",
            where="--start and --end",
            got=f"start {start}, end {end}",
            expected="start not after end",
        )
    check_gates(request.posterior, request.allow_failed)
    return Request(
        posterior=request.posterior,
        allow_failed=request.allow_failed,
        draws=check_setting("draws", request.draws),
        seed=check_setting("seed", request.seed),
        scenarios=request.scenarios,
        start=start,
        end=end,
        monthly=check_setting("monthly", request.monthly),
    )


def make_plan(
    pack: Any, pack_word: str, config: Config, priors: PriorSet, dtype: str, request: Request
) -> Plan:
    """Return the plan of a run.

    Parameters
    ----------
    pack : the study's pack.
    pack_word : how the user called it.
    config, priors, dtype : of the study.
    request : what is asked.

    Raises
    ------
    UsageError
        For numbers, years and scenario names that cannot be used.
    DataError
        For a scenario or pack that cannot be used.
    """
    request = check_request(request, pack.start)
    years = range(request.start, request.end + 1)
    scenarios = resolve_scenarios(pack, request.scenarios, years)
    recipe = Recipe(
        pack=pack.id,
        pack_hash=pack.hash,
        until=pack.until,
        prior=f"fit {request.posterior.fit}" if request.posterior else "pack",
        steps_per_year=config.steps_per_year,
        scenarios={scenario.name: scenario.plain for scenario in scenarios},
        seed=request.seed,
        draws=request.draws,
        start=request.start,
        end=request.end,
        dtype=dtype,
        monthly=request.monthly,
        software=software(),
    )
    drivers = build_drivers(pack, config, pack.start, request.end)
    policies = {
        scenario.name: compile_policy(config, drivers, dated(scenario.settings, pack.start, request.start))
        for scenario in scenarios
    }
    engine = Engine(config, dtype="float64" if dtype == "float64" else "float32", monthly=request.monthly)
    sampler: Any = request.posterior or priors
    ready: Any = FittedEngine(engine, request.posterior) if request.posterior else engine
    structures = {scenario.name: compile_structure(pack, priors, scenario) for scenario in scenarios}
    job = Job(recipe, ready, sampler, drivers, policies, first_year=pack.start, structures=structures)
    return Plan(job, _manifest(pack, pack_word, config, recipe, scenarios, request.posterior))


def check_gates(posterior: PosteriorDraws | None, allow_failed: bool) -> None:
    """Refuse the draws of a fit that failed a gate, unless that is allowed.

    Raises
    ------
    UsageError
        Y506.
    """
    if posterior is not None and posterior.failed and not allow_failed:
        raise UsageError(
            "the fit failed a gate",
            code="Y506",
            where=posterior.fit,
            got="; ".join(posterior.failed),
            expected="a fit that passed all its gates, --prior, or --allow-failed",
        )


def draws_in_words(posterior: PosteriorDraws | None, draws: int) -> Drawn:
    """Return where the draws come from, as every output of the run says it."""
    return PRIOR if posterior is None else posterior.in_words(draws)


def dated(settings: Mapping[str, Any], first_year: int, start: int) -> dict[str, Any]:
    """Return settings with the run's first year, `start`, named where the simulation begins before it."""
    if start == first_year:
        return dict(settings)
    found: dict[str, Any] = {}
    for lever, steps in settings.items():
        later = steps if lever == "rules" else {year or start: value for year, value in steps.items()}
        found[lever] = later
    return found


def _manifest(
    pack: Any,
    pack_word: str,
    config: Config,
    recipe: Recipe,
    scenarios: Sequence[RunScenario],
    posterior: PosteriorDraws | None,
) -> Manifest:
    drawn = draws_in_words(posterior, recipe.draws)
    about = {
        "pack_word": pack_word,
        "pack_name": pack.name,
        "pack_version": pack.info.version,
        "licence": pack.info.licence,
        "invented": pack.info.invented,
        "draws": drawn.words,
        "draws_marks": drawn.to_json(),
        "fitted_to": posterior.until if posterior else None,
        "labels": labels_of(pack),
        "scenarios": {scenario.name: scenario.describe for scenario in scenarios},
        "scenario_words": {scenario.name: scenario.word for scenario in scenarios},
    }
    return Manifest(
        id=recipe.id,
        recipe=recipe.to_json(),
        columns=Columns.of(VARIABLES, config.dims),
        about=about,
        money={"unit": pack.money.unit, "year": pack.money.year, "index": _price_index(pack, recipe.years)},
        failures=codes.FAILURES,
        codes={str(code): text for code, text in codes.MESSAGES.items()},
    )


def _price_index(pack: Any, years: Sequence[int]) -> dict[str, float]:
    """Return prices of each year over those of the year of real money."""
    wanted = np.array([pack.money.year, *years])
    value = pack.driver_series(MONEY_INDEX, wanted).value
    return {str(year): float(v / value[0]) for year, v in zip(years, value[1:], strict=True)}
