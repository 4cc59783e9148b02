"""How far published facts move the rival explanations of few killings: prior draws weighted by a likelihood.

Every rival is a strength between 0 and 1 that a draw of the prior holds (parameters ``explain_*``). A draw's
weight is how well its run agrees with facts; a strength's mean under the weights stands beside its mean
without them. Nothing is fitted: where few draws agree, the effective number of draws says so.

A fact is one measurement. A series of one register is one too: its years share what the register counts too
much or too little, so that only its mean over years speaks, with one error on the log scale.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from numpy.typing import NDArray

from yupana.core.errors import DataError, UsageError

if TYPE_CHECKING:
    from yupana.evidence import Pack
    from yupana.evidence.rows import Measurement
    from yupana.results.result import Result

Floats = NDArray[np.float64]
Kind = Literal["measured", "floor", "ceiling"]

LAST = 2016
"""Last year that a fact may speak of."""
FEW = 50
"""Effective draws below which weights are to be read as a direction at most."""
STRENGTH = "explain_"
"""How the names of the strengths begin."""
RATE = "drug_homicide_rate"
TINY = 1e-12  # of a rate: a draw without the cause at all is as unlikely as it must be, and has a number


@dataclass(frozen=True)
class Fact:
    """One measurement, and what of the model it speaks of.

    Attributes
    ----------
    name : in words.
    terms : variable -> coefficient; their sum, in rates per 100,000 a year, is what the fact speaks of.
    quantity, place : of the rows of the ledger. `rows` names them one by one where not all are meant.
    kind : ``measured``; ``floor``: the truth is at least that; ``ceiling``: at most.
    sd : of the log: error of the figure, or of how sharp the bound is, common to all its years.
    less : place whose figure of the same quantity and year is taken off; what is left is an excess. Its rows
        set a level and are not counted as a measurement, so that another fact may rest on them.
    share : of the people of the country that the place holds.
    reason : why this sd.
    """

    name: str
    terms: Mapping[str, float]
    quantity: str
    place: str
    kind: Kind
    sd: float
    rows: tuple[str, ...] = ()
    less: str | None = None
    share: float = 1.0
    reason: str = ""


@dataclass(frozen=True)
class Reading:
    """A fact as the ledger gives it: `value` per 100,000 of the country's people a year, mean of `years`."""

    fact: Fact
    value: float
    years: tuple[int, ...]
    rows: tuple[str, ...]


@dataclass(frozen=True)
class Rival:
    """One explanation before and after the facts.

    Attributes
    ----------
    name : of the parameter.
    before, after : mean strength over draws.
    half_before, half_after : share of draws in which the strength is above one half.
    se : Monte Carlo standard error of `after`.
    """

    name: str
    before: float
    after: float
    half_before: float
    half_after: float
    se: float


@dataclass(frozen=True)
class Weighing:
    """Rivals and the rate of drug killings before and after the facts.

    Attributes
    ----------
    rivals : one for each strength.
    before, after : quantiles of the rate at 5, 50 and 95 percent; each draw counts with its mean over the
        years to :data:`LAST`, per 100,000 a year.
    draws, effective : draws that ended, and what they are worth under the weights.
    readings : facts that entered.
    medians : what the median draw says of each fact, per 100,000 a year.
    """

    rivals: tuple[Rival, ...]
    before: tuple[float, float, float]
    after: tuple[float, float, float]
    draws: int
    effective: float
    readings: tuple[Reading, ...]
    medians: tuple[float, ...]

    @property
    def few(self) -> bool:
        """Whether too few draws carry the weights for them to be more than a direction."""
        return self.effective < FEW


# Arrays ----------------------------------------------------------------------------------------------------


def log_likelihood(model: Floats, value: float, sd: float, kind: Kind) -> Floats:
    """Return the log likelihood of one fact in every draw, (draw,), up to a constant.

    Parameters
    ----------
    model : (draw,), what each draw says of it. value : what was published, in the same unit.
    sd : of the log. kind : a floor speaks only against draws below it, a ceiling against those above.
    """
    from scipy.special import log_ndtr

    apart = (np.log(np.maximum(model, TINY)) - np.log(value)) / sd
    if kind == "measured":
        return -0.5 * apart**2
    return log_ndtr(apart if kind == "floor" else -apart)


def weights_of(log_likelihoods: Floats) -> Floats:
    """Return weights that add up to one, (draw,); a draw that is not a number weighs nothing."""
    known = np.where(np.isfinite(log_likelihoods), log_likelihoods, -np.inf)
    if not np.isfinite(known).any():
        raise DataError(
            "no draw agrees with the facts at all",
            code="Y405",
            got=f"{len(known)} draws without a likelihood",
            expected="at least one",
        )
    raw = np.exp(known - known.max())
    return raw / raw.sum()


def effective_draws(weights: Floats) -> float:
    """Return how many draws of equal weight say as much: (sum w)^2 / sum w^2."""
    return float(weights.sum() ** 2 / (weights**2).sum())


def weighted_quantiles(values: Floats, weights: Floats, shares: Sequence[float]) -> tuple[float, ...]:
    """Return quantiles of draws that do not count alike: the value at the middle of each draw's weight."""
    order = np.argsort(values)
    reached = np.cumsum(weights[order]) - 0.5 * weights[order]
    return tuple(float(found) for found in np.interp(shares, reached, values[order]))


def compare(name: str, strength: Floats, weights: Floats) -> Rival:
    """Return a strength's mean and share above one half, without weights and with them."""
    after = float(weights @ strength)
    above = strength > 0.5
    error = float(np.sqrt((weights**2) @ (strength - after) ** 2))
    return Rival(name, float(strength.mean()), after, float(above.mean()), float(weights @ above), error)


# The ledger ------------------------------------------------------------------------------------------------


def usable(pack: Pack, fact: Fact, place: str | None = None) -> dict[int, Measurement]:
    """Return the rows that may speak for a fact, by year: seen in a source, and of no year after LAST."""
    chosen = pack.ledger.select(quantity=fact.quantity, place=place or fact.place)
    rows = [
        row
        for row in chosen
        if pack.ledger.is_verified(row)
        and row.number is not None
        and row.years[1] <= LAST
        and (not fact.rows or place is not None or row.id in fact.rows)
    ]
    return {row.years[0]: row for row in sorted(rows, key=lambda row: row.pedigree)}


def read_fact(pack: Pack, fact: Fact, people: Mapping[int, float]) -> Reading | None:
    """Return a fact as the ledger gives it, or None where no row may speak for it.

    Parameters
    ----------
    people : year -> million inhabitants of the country; counts of persons become rates with it.
    """
    found, rows, years = [], [], []
    others = usable(pack, fact, fact.less) if fact.less else {}
    for year, row in sorted(usable(pack, fact).items()):
        if fact.less and year not in others:
            continue
        value = float(row.number or 0.0)
        covered = range(row.years[0], row.years[1] + 1)
        if row.unit == "persons":
            mean = float(np.mean([people[y] for y in covered]))
            value = value / _duration(row) / (10.0 * mean)
        elif fact.less:
            value = (value - float(others[year].number or 0.0)) * fact.share
        found.append(value)
        rows.append(row.id)
        years += list(covered)
    if not found:
        return None
    # an excess is a difference: its mean is taken before the log, since one year may be negative
    value = float(np.mean(found)) if fact.less else float(np.exp(np.mean(np.log(found))))
    return Reading(fact, value, tuple(dict.fromkeys(years)), tuple(rows))


def _duration(row: Measurement) -> float:
    """Return the years that a row covers."""
    from yupana.evidence.rows import first_day, last_day

    return ((last_day(row.end) - first_day(row.start)).days + 1) / 365.25


# A run -----------------------------------------------------------------------------------------------------


def weigh_rivals(result: Result, pack: Pack, facts: Sequence[Fact], scenario: str) -> Weighing:
    """Return the weight of every rival before and after the facts, from the draws of a run.

    Parameters
    ----------
    result : a run of the pack; its prior draws are what is weighted.
    pack : with the ledger. facts : to weigh by; those without a usable row are left out.
    scenario : of the run, as the country of the facts is.

    Raises
    ------
    UsageError
        Y510 where the run's draws were fitted: the facts would count twice.
    DataError
        Y213, Y214 where rows may not stand in one likelihood; Y405 where no draw agrees with the facts.
    """
    if result.fitted:
        raise UsageError(
            "facts would count twice",
            code="Y510",
            where=result.id,
            got=result.drawn.words,
            expected="a run from the priors",
        )
    first, last = result.years[0], min(result.years[-1], LAST)
    people = _people(pack, result.years)
    given = [found for fact in facts if (found := read_fact(pack, fact, people)) is not None]
    pack.ledger.likelihood_set([row for reading in given for row in reading.rows])

    def runs(key: str, years: Sequence[int]) -> Floats:
        values = result[key].sel(scenario=scenario, year=list(years))
        return values.to_numpy().astype(np.float64)

    total = np.zeros(result.draws)
    medians = []
    for reading in given:
        years = [year for year in reading.years if first <= year <= last]
        said: Any = sum(by * runs(key, years) for key, by in reading.fact.terms.items())
        # as the figures themselves were averaged: on the log scale, but for an excess
        level = np.exp(np.log(np.maximum(said, TINY)).mean(-1)) if not reading.fact.less else said.mean(-1)
        total += log_likelihood(level, reading.value, reading.fact.sd, reading.fact.kind)
        medians.append(float(np.nanmedian(level)))
    rate = runs(RATE, range(first, last + 1)).mean(-1)
    fine = np.isfinite(rate) & np.isfinite(total)
    weights = weights_of(total[fine])
    even = np.full(weights.size, 1.0 / weights.size)
    drawn = _strengths(result, pack)
    shares = (0.05, 0.5, 0.95)
    before, after = (weighted_quantiles(rate[fine], w, shares) for w in (even, weights))
    return Weighing(
        rivals=tuple(compare(name, values[fine], weights) for name, values in drawn.items()),
        before=(before[0], before[1], before[2]),
        after=(after[0], after[1], after[2]),
        draws=int(fine.sum()),
        effective=effective_draws(weights),
        readings=tuple(given),
        medians=tuple(medians),
    )


def _people(pack: Pack, years: Sequence[int]) -> dict[int, float]:
    from yupana.model import build_config, build_drivers

    drivers = build_drivers(pack, build_config(pack), pack.start, years[-1])
    return {int(year): float(number) for year, number in zip(drivers.year, drivers.people, strict=True)}


def _strengths(result: Result, pack: Pack) -> dict[str, Floats]:
    """Return the draws of every strength, name -> (draw,)."""
    from yupana.model import build_config
    from yupana.params import PriorSet

    priors = PriorSet.from_pack(pack, build_config(pack).dims)
    entries = [prior for prior in priors if prior.name.startswith(STRENGTH)]
    seed = int(result.manifest.recipe["seed"])
    return {name: np.asarray(v) for name, v in PriorSet(tuple(entries)).draw(seed, 0, result.draws).items()}
