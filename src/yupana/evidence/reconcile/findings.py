"""What a reconciliation finds about its evidence: where sides disagree, what sources move, what to measure.

Everything here is closed form about the mode that Gauss-Newton finds, whatever solver drew the intervals.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any, cast

import numpy as np

from yupana.core.errors import DataError
from yupana.evidence.claims_pool import row_error
from yupana.evidence.observations import observe, of_quantity
from yupana.evidence.reconcile.conflict import split_node
from yupana.evidence.reconcile.data import Selection, spelt_names
from yupana.evidence.reconcile.gaussian import LinearGaussian
from yupana.evidence.reconcile.graph import Floats, Key
from yupana.evidence.reconcile.next_datum import Candidate, rank_data
from yupana.evidence.reconcile.priors import Z95
from yupana.evidence.reconcile.problem import Normal, build_problem, solve_gauss_newton
from yupana.evidence.reconcile.solve import Posed, linear_gaussian, slopes_of_logs

if TYPE_CHECKING:
    from yupana.evidence.schema_balance import Balance, DataEntry

NEW_SOURCE = "a source of its own"
Interval = tuple[float, float, float]


@dataclass(frozen=True)
class Conflict:
    """One quantity of one year as the two sides of the evidence see it.

    Attributes
    ----------
    name, year, unit : the quantity.
    supply : 5, 50 and 95 per cent quantile by the priors and the supply side's data.
    demand : the same by the demand side's data and a flat prior on the quantity; None where they say nothing.
    supply_rows, demand_rows : rows of each side.
    z, p_value : difference of logs over its standard deviation, and the chance of a larger one where both
        sides see the same quantity; None where the demand side says nothing.
    """

    name: str
    year: int
    unit: str
    supply: Interval
    demand: Interval | None
    supply_rows: tuple[str, ...]
    demand_rows: tuple[str, ...]
    z: float | None
    p_value: float | None


@dataclass(frozen=True)
class Influence:
    """What one source moves, found by reconciling without it.

    Attributes
    ----------
    source : an institution or a publisher. rows : what it says.
    shift : total -> mode of its log without the source less with it, in standard deviations with it.
    widening : total -> its standard deviation without the source over that with it.
    median : total -> its median without the source.
    """

    source: str
    rows: tuple[str, ...]
    shift: dict[str, float]
    widening: dict[str, float]
    median: dict[str, float]


@dataclass(frozen=True)
class NextDatum:
    """A measurement that could be made, and what it is worth for one total.

    Attributes
    ----------
    measures, year : quantity of the balance.
    source : who would measure it: one who did, or a source of its own, whose bias nobody shares.
    error : standard deviation of its error in logs (log odds of a share), bias of a new source included.
    rows : how many such rows, not derived from others, the ledger has: their median error is taken.
    reduction : total -> share of the variance of its log that the measurement is expected to remove.
    """

    measures: str
    year: int
    source: str
    error: float
    rows: int
    reduction: dict[str, float]


@dataclass(frozen=True)
class Findings:
    """What was found about the totals that the balance names.

    Attributes
    ----------
    totals, year : what is watched, and when. units : total -> unit.
    conflict : the first total in every year of the question.
    without_source : sources by how far they move the first total, the most first.
    next : measurements by what they would remove from the variance of the first total, the most first.
    """

    totals: tuple[str, ...]
    units: dict[str, str]
    year: int
    conflict: tuple[Conflict, ...]
    without_source: tuple[Influence, ...]
    next: tuple[NextDatum, ...]


@dataclass(frozen=True, eq=False)
class _Bench:
    """A posed question at its mode, with the totals that are watched."""

    posed: Posed
    normal: Normal
    linear: LinearGaussian
    slopes: Floats
    totals: tuple[str, ...]
    year: int

    def weights(self, name: str, year: int) -> Floats:
        """Return derivatives of the log of a quantity by the unknowns."""
        return self.slopes[self.posed.graph.index[(name, year)]]

    def log(self, name: str, year: int) -> tuple[float, float]:
        """Return posterior mode and standard deviation of the log of a quantity."""
        graph = self.posed.graph
        logs = graph.logs_of(self.normal.mode[: graph.size, None])[:, 0]
        _, variance = self.linear.solution.estimate(self.weights(name, year))
        return float(logs[graph.index[(name, year)]]), math.sqrt(variance)


def find(posed: Posed, year: int | None = None) -> Findings:
    """Return what a posed question finds about its evidence.

    Parameters
    ----------
    posed : the question. year : whose totals are watched; the last of the question by default.

    Raises
    ------
    DataError
        Y242 where the balance names no totals, or one that it lacks; Y244 where it does not settle.
    """
    bench = _bench(posed, posed.graph.years[-1] if year is None else year)
    balance = _balance(posed)
    return Findings(
        totals=bench.totals,
        units={name: posed.graph.units[name] for name in bench.totals},
        year=bench.year,
        conflict=tuple(_conflict(bench, balance, year) for year in posed.graph.years),
        without_source=_without_each(bench),
        next=_next(bench, balance),
    )


def _balance(posed: Posed) -> Balance:
    assert posed.pack.balance is not None
    return posed.pack.balance


def _bench(posed: Posed, year: int) -> _Bench:
    totals = _balance(posed).totals
    unknown = [name for name in totals if (name, year) not in posed.graph.index]
    if not totals or unknown:
        raise DataError(
            "the balance does not name totals to watch",
            code="Y242",
            where=("balance.yaml", "totals"),
            got=unknown[0] if unknown else "none",
            expected="names of quantities of the balance",
        )
    normal = solve_gauss_newton(posed.problem)
    linear = linear_gaussian(posed.problem, normal)
    return _Bench(posed, normal, linear, slopes_of_logs(posed.problem, normal), totals, year)


# Conflict --------------------------------------------------------------------------------------------------


def side_rows(posed: Posed) -> dict[str, tuple[str, ...]]:
    """Return rows by the side that the balance gives to what they measure."""
    side_of: dict[str, str] = {}
    for entry in _balance(posed).data:
        if entry.side is not None:
            side_of.update(dict.fromkeys(spelt_names(posed.pack, entry.measures), entry.side))
    return {
        side: tuple(term.row for term in posed.problem.terms if side_of.get(term.key[0]) == side)
        for side in ("supply", "demand")
    }


def _conflict(bench: _Bench, balance: Balance, year: int) -> Conflict:
    name, graph = bench.totals[0], bench.posed.graph
    sides = side_rows(bench.posed)
    weights = bench.weights(name, year)
    found = split_node(bench.linear, weights, sides["supply"], sides["demand"])
    # weights give the log up to a constant: the log at the mode less what they make of the mode
    constant = bench.log(name, year)[0] - float(weights @ bench.normal.mode)
    if found is None:
        rest = set(sides["demand"])
        alone = bench.linear.without(rest).solution.estimate(weights)
    else:
        alone = found.first
    return Conflict(
        name=name,
        year=year,
        unit=graph.units[name],
        supply=_interval(constant, alone),
        demand=None if found is None else _interval(constant, found.second),
        supply_rows=sides["supply"],
        demand_rows=sides["demand"],
        z=None if found is None else found.z,
        p_value=None if found is None else found.p_value,
    )


def _interval(constant: float, estimate: tuple[float, float]) -> Interval:
    middle, half = constant + estimate[0], Z95 * math.sqrt(estimate[1])
    low, median, high = (math.exp(min(log, 700.0)) for log in (middle - half, middle, middle + half))
    return low, median, high


# Sources left out ------------------------------------------------------------------------------------------


def _without_each(bench: _Bench) -> tuple[Influence, ...]:
    posed, year = bench.posed, bench.year
    found = []
    for source in dict.fromkeys(term.bias[0] for term in posed.problem.terms):
        left = _bench(_pose_again(posed, posed.selection.without_source(source)), year)
        with_it = {name: bench.log(name, year) for name in bench.totals}
        without = {name: left.log(name, year) for name in bench.totals}
        rows = tuple(term.row for term in posed.problem.terms if term.bias[0] == source)
        found.append(
            Influence(
                source,
                rows,
                {name: (without[name][0] - with_it[name][0]) / with_it[name][1] for name in bench.totals},
                {name: without[name][1] / with_it[name][1] for name in bench.totals},
                {name: math.exp(without[name][0]) for name in bench.totals},
            )
        )
    first = bench.totals[0]
    return tuple(sorted(found, key=lambda item: -abs(item.shift[first])))


def _pose_again(posed: Posed, selection: Selection) -> Posed:
    problem = build_problem(posed.graph, selection, posed.problem.anchor)
    return replace(posed, selection=selection, problem=problem)


# Which datum next ------------------------------------------------------------------------------------------


def _next(bench: _Bench, balance: Balance) -> tuple[NextDatum, ...]:
    candidates = list(_candidates(bench, balance))
    solution = bench.linear.solution
    reductions: dict[int, dict[str, float]] = {at: {} for at in range(len(candidates))}
    for name in bench.totals:
        options = [replace(item[0], name=str(at)) for at, item in enumerate(candidates)]
        for worth in rank_data(solution, bench.weights(name, bench.year), options):
            reductions[int(worth.candidate.name)][name] = worth.reduction
    found = [
        NextDatum(key[0], key[1], candidate.name, math.sqrt(candidate.variance), rows, reductions[at])
        for at, (candidate, key, rows) in enumerate(candidates)
    ]
    first = bench.totals[0]
    return tuple(sorted(found, key=lambda item: (-item.reduction[first], item.measures, item.source)))


def _candidates(bench: _Bench, balance: Balance) -> Iterator[tuple[Candidate, Key, int]]:
    """Yield measurements of kinds that the ledger holds: by a new source, and again by each that spoke."""
    posed, year = bench.posed, bench.year
    free = posed.problem.anchor.free
    for entry in balance.data:
        for name in spelt_names(posed.pack, entry.measures):
            errors = _errors(posed, entry, name)
            if not errors:
                continue
            typical, key = float(np.median(errors)), (name, year)
            design = _design(bench, key)
            yield Candidate(NEW_SOURCE, "", design, typical**2 + free**2), key, len(errors)
            for at, term in enumerate(posed.problem.terms):
                if term.key == key:
                    again = bench.linear.design[at]
                    yield Candidate(term.bias[0], term.row, again, typical**2), key, len(errors)


def _design(bench: _Bench, key: Key) -> Floats:
    """Return what a figure of a quantity, without bias, would see of the unknowns."""
    graph = bench.posed.graph
    if key not in graph.shares:
        return bench.weights(*key)
    inside, outside = graph.shares[key]
    slopes = graph.atoms_and_slopes(bench.normal.mode[: graph.size])[1]
    odds = slopes[inside] - slopes[outside]
    return np.concatenate([odds, np.zeros(len(bench.posed.problem.biases))])


def _errors(posed: Posed, entry: DataEntry, name: str) -> list[float]:
    """Return the errors of all verified rows of a kind, of any year; a derived figure is no measurement."""
    unit = posed.graph.units[name]
    if entry.quantity is None:
        items = observe(posed.pack, name, unit).observations
    else:
        place = entry.place or posed.pack.home
        items = of_quantity(posed.pack, entry.quantity, place, name, unit).observations
    return [
        row_error(cast(Any, posed.pack.ledger[item.row]))
        for item in items
        if item.verified and not item.derived and item.value > 0 and (not entry.by or item.by in entry.by)
    ]


# Plain data ------------------------------------------------------------------------------------------------


def findings_as_dict(found: Findings) -> dict[str, Any]:
    """Return findings as plain data: the keys that `--json` adds."""
    return {
        "conflict": [
            {
                "name": item.name,
                "year": item.year,
                "unit": item.unit,
                "supply": _quantiles(item.supply),
                "demand": None if item.demand is None else _quantiles(item.demand),
                "supply_rows": list(item.supply_rows),
                "demand_rows": list(item.demand_rows),
                "z": item.z,
                "p_value": item.p_value,
            }
            for item in found.conflict
        ],
        "without_source": [asdict(item) for item in found.without_source],
        "next": [asdict(item) for item in found.next],
    }


def _quantiles(interval: Interval) -> dict[str, float]:
    return dict(zip(("q05", "q50", "q95"), interval, strict=True))
