"""The test of a reading, computed from the ledger: ratios, sums, ranks, trends and outcomes of rows.

One step at a time: each term gives draws of what it measures and the rows it rests on. A test decides only
when each of its parts does; a part without a deciding row leaves the whole undetermined, never a crash.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from yupana.core.drawn import PRIOR, Drawn
from yupana.core.errors import DataError
from yupana.core.streams import normals
from yupana.evidence.claims import RELATIONS, Model, Outcome, Rank, Reading, Rows, Statement, Term
from yupana.evidence.claims_pool import DRAWS, Floats, Supposed, pool_rows, split_lineages, supposed_draws
from yupana.evidence.claims_shelf import Row, Shelf, decides
from yupana.evidence.verdicts import Support, Weighing

#: draws of a model variable in the unit asked for, or None where the run has no such variable
ModelDraws = Callable[[Model, str], "Floats | None"]


@dataclass(frozen=True)
class SumPart:
    """One part of a sum: name, draws in the unit of the sum, its rows, and whether the model gave it."""

    name: str
    draws: Floats
    rows: tuple[str, ...]
    model: bool


@dataclass(frozen=True)
class Tested:
    """What one term says, and on what it rests.

    Parameters
    ----------
    draws : (DRAWS,) float64 or None
        Draws in `unit`; None when a part has nothing that decides.
    lineages : tuple of tuple of str
        Deciding rows by lineage.
    silent : tuple of str
        The parts for which no row decides, in words.
    parts : tuple of SumPart
        The parts of a sum, when the whole test is one.
    supports : tuple of Support
        How well each query of rows is founded.
    """

    draws: Floats | None
    unit: str = ""
    rows: tuple[str, ...] = ()
    unverified: tuple[str, ...] = ()
    derived: tuple[str, ...] = ()
    rates: tuple[str, ...] = ()
    lineages: tuple[tuple[str, ...], ...] = ()
    years: tuple[int, int] | None = None
    accounts: frozenset[str] = frozenset()
    silent: tuple[str, ...] = ()
    numbers: bool = False
    model: bool = False
    doubtful: bool = False
    unlike: bool = False
    agree: int = 0
    speak: int = 0
    parts: tuple[SumPart, ...] = ()
    supports: tuple[Support, ...] = ()


@dataclass(frozen=True)
class Bench:
    """Everything a test needs: the ledger, the model where it is asked, and what to suppose.

    Parameters
    ----------
    shelf : Shelf
        The ledger.
    model : callable, optional
        Draws of a model variable; None when no run is at hand.
    extra : tuple of str and Supposed, optional
        Suppose a further figure for one part of the test: the n-th leaf, ``"0"``, or the m-th of the others
        that a rank compares, ``"0/2"``.
    scale : tuple of int and float, optional
        Suppose all evidence for the n-th leaf were this many times larger.
    drawn : Drawn
        What the draws of the model are, in words.
    """

    shelf: Shelf
    model: ModelDraws | None = None
    extra: tuple[str, Supposed] | None = None
    scale: tuple[int, float] | None = None
    silenced: frozenset[str] = frozenset()
    drawn: Drawn = PRIOR

    def find(self, query: Rows) -> list[Row]:
        """Return the rows a query finds, without those that only repeat the claim."""
        return [row for row in self.shelf.find(query) if row.id not in self.silenced]


def find_repeats(reading: Reading, shelf: Shelf) -> frozenset[str]:
    """Return the rows that repeat the claim or its source: shown, and kept out of the test."""
    return frozenset(row.id for query in reading.repeats for row in shelf.find(query))


def probe_reading(reading: Reading, bench: Bench) -> Tested:
    """Return what the test of a reading says, and what it rests on."""
    bench = replace(bench, silenced=find_repeats(reading, bench.shelf))
    return _evaluate(reading.test, bench, reading.published, _Counter())


def weigh(reading: Reading, bench: Bench, holds_earlier: bool = False) -> tuple[Weighing, Tested]:
    """Return what the rules may see of a reading, and what it rests on."""
    tested = probe_reading(reading, bench)
    form = RELATIONS[reading.statement.relation]
    common = {
        "unverified": len(tested.unverified),
        "repeats": len(find_repeats(reading, bench.shelf)),
        "internal": tested.numbers and not tested.rows and not tested.model,
        "earlier": holds_earlier,
        "unlike": tested.unlike,
    }
    if form == "category":
        holds = (tested.agree + 0.5) / (tested.speak + 1) if tested.speak else None
        return Weighing(
            form, holds=holds, deciding=tested.speak, agree=tested.agree, speak=tested.speak, **common
        ), tested
    if tested.draws is None:
        return Weighing(form, **common), tested
    tested = _in_unit_of(reading.statement, tested, bench)
    assert tested.draws is not None
    below, above = _tails(reading.statement, tested.draws)
    voices = max(1, len(tested.lineages))
    return Weighing(form, below, 1.0 - below - above, above, deciding=voices, **common), tested


def _in_unit_of(statement: Statement, tested: Tested, bench: Bench) -> Tested:
    """Return what was tested in the unit of the statement."""
    if tested.draws is None or not statement.unit or statement.unit == tested.unit:
        return tested
    factor = _factor(tested.unit, statement.unit, bench)
    parts = tuple(replace(part, draws=part.draws * factor) for part in tested.parts)
    return replace(tested, draws=tested.draws * factor, unit=statement.unit, parts=parts)


def _tails(statement: Statement, draws: Floats) -> tuple[float, float]:
    """Return how much of the evidence lies below and above what counts as true."""
    low, high = statement.band()
    if statement.relation == "rank":
        # a rank is better the smaller it is: "below" means that the truth is less than was claimed
        draws, (low, high) = -draws, (-high, -low)
    return float(np.mean(draws < low)), float(np.mean(draws > high))


@dataclass
class _Counter:
    """Number of the leaf being evaluated, in reading order."""

    leaf: int = -1


def _move(rows: Rows, years: tuple[int, int]) -> Rows:
    return rows.model_copy(update={"years": years})


def at_years(term: Term, years: tuple[int, int] | None) -> Term:
    """Return a term whose first query of rows, or whose whole rank, looks at other years."""
    if years is None:
        return term
    if term.rows is not None:
        return term.model_copy(update={"rows": _move(term.rows, years)})
    if term.rank is not None:
        among = tuple(_move(other, years) for other in term.rank.among)
        return term.model_copy(update={"rank": Rank(of=_move(term.rank.of, years), among=among)})
    for key in ("ratio", "difference", "product", "sum"):
        group = getattr(term, key)
        if group is not None:
            return term.model_copy(update={key: (at_years(group[0], years), *group[1:])})
    return term


def _evaluate(term: Term, bench: Bench, published: bool, counter: _Counter) -> Tested:
    if term.children():
        return _combine(term, bench, published, counter)
    counter.leaf += 1
    if term.rows is not None:
        return _test_rows(term.rows, term.unit, bench, published, counter.leaf)
    if term.number is not None:
        noise = normals(0, f"claims/number/{counter.leaf}", 0, DRAWS)
        # the hedge is read as two standard deviations
        draws = term.number.value * np.exp(term.number.tolerance / 2 * noise)
        return Tested(draws, term.number.unit, numbers=True)
    if term.model is not None:
        return _test_model(term.model, term.unit, bench, counter.leaf)
    if term.rank is not None:
        return _test_rank(term.rank, bench, published, counter.leaf)
    assert term.outcome is not None
    return _test_outcome(term.outcome, bench)


def _test_rows(rows: Rows, unit: str, bench: Bench, published: bool, leaf: int, name: str = "") -> Tested:
    extra = bench.extra[1] if bench.extra and bench.extra[0] == f"{leaf}{name}" else None
    path = f"{leaf}{name}/{','.join(rows.quantity)}/{','.join(rows.place)}"
    pool = pool_rows(bench.find(rows), bench.shelf, unit, path, published, extra)
    draws = pool.draws
    if draws is not None and bench.scale and bench.scale[0] == leaf and not name:
        draws = draws * bench.scale[1]
    return Tested(
        draws,
        pool.unit,
        pool.rows,
        pool.unverified,
        pool.derived,
        pool.rates,
        pool.lineages,
        pool.years,
        pool.accounts,
        silent=() if draws is not None else (f"{bench.shelf.name(rows)}, {_period(rows.years)}",),
        doubtful=pool.doubtful,
        supports=(Support(len(pool.lineages), pool.best, pool.agreeing),),
    )


def _period(years: tuple[int, int]) -> str:
    return str(years[0]) if years[0] == years[1] else f"{years[0]}-{years[1]}"


def _test_model(model: Model, unit: str, bench: Bench, leaf: int) -> Tested:
    if bench.extra and bench.extra[0] == f"{leaf}":
        # a measurement takes the place of the model
        return Tested(supposed_draws(bench.extra[1], unit, bench.shelf), unit, years=(model.year, model.year))
    draws = bench.model(model, unit) if bench.model else None
    what = f"a run with the variable {model.variable} in {model.year}"
    return Tested(
        draws,
        unit,
        years=(model.year, model.year) if draws is not None else None,
        silent=() if draws is not None else (what,),
        model=True,
    )


def _test_rank(rank: Rank, bench: Bench, published: bool, leaf: int) -> Tested:
    """Return draws of the rank: one plus the number of others that are larger."""
    parts = [_test_rows(rank.of, "", bench, published, leaf)]
    parts += [
        _test_rows(other, parts[0].unit, bench, published, leaf, f"/{number}")
        for number, other in enumerate(rank.among)
    ]
    joined = _join(parts)
    if joined.silent:
        return joined
    own, *others = [part.draws for part in parts if part.draws is not None]
    place = 1.0 + np.sum([other > own for other in others], axis=0)
    return replace(joined, draws=place, unit="rank")


def _test_outcome(outcome: Outcome, bench: Bench) -> Tested:
    """Return how many lineages bear an outcome out, and how many speak of it at all."""
    found = bench.find(outcome.rows)
    speaking = [row for row in found if decides(row) and row.value not in (None, "")]
    if outcome.latest and speaking:
        last = max(row.years[1] for row in speaking)
        speaking = [row for row in speaking if row.years[1] == last]
    known = set(outcome.agrees) | set(outcome.contradicts)
    speaking = [row for row in speaking if str(row.value) in known]
    lineages = split_lineages(speaking, bench.shelf)
    values = {row.id: str(row.value) for row in speaking}
    agree = sum(all(values[key] in outcome.agrees for key in members) for members in lineages)
    years = [year for row in speaking for year in row.years]
    return Tested(
        None,
        rows=tuple(row.id for row in speaking),
        unverified=tuple(row.id for row in found if not decides(row)),
        lineages=lineages,
        years=(min(years), max(years)) if years else None,
        silent=() if speaking else (f"{bench.shelf.name(outcome.rows)}, {_period(outcome.rows.years)}",),
        agree=agree,
        speak=len(lineages),
    )


def _combine(term: Term, bench: Bench, published: bool, counter: _Counter) -> Tested:
    parts = [_evaluate(child, bench, published, counter) for child in term.children()]
    joined = replace(_join(parts), unlike=bool(term.unlike) or any(part.unlike for part in parts))
    if joined.silent:
        return joined
    draws = [part.draws for part in parts if part.draws is not None]
    units = [part.unit for part in parts]
    if term.ratio is not None:
        factor = _factor(units[0], units[1], bench) if not term.unit else 1.0
        return replace(joined, draws=draws[0] * factor / draws[1], unit=term.unit)
    if term.product is not None:
        return replace(joined, draws=np.prod(draws, axis=0), unit=term.unit)
    if term.sum is not None and not term.unlike:
        _refuse_unlike(parts)
    first = units[0]
    same = [values * _factor(unit, first, bench) for values, unit in zip(draws, units, strict=True)]
    total = same[0] - same[1] if term.difference is not None else np.sum(same, axis=0)
    factor = _factor(first, term.unit, bench) if term.unit else 1.0
    named = () if term.sum is None else zip(term.children(), parts, same, strict=True)
    return replace(
        joined,
        draws=total * factor,
        unit=term.unit or first,
        parts=tuple(
            SumPart(name_term(child, bench.shelf), values * factor, part.rows, part.model)
            for child, part, values in named
        ),
    )


def name_term(term: Term, shelf: Shelf) -> str:
    """Return what a step is, in words: its own name, or that of what it asks for."""
    if term.name:
        return term.name
    if term.rows is not None:
        return f"{shelf.name(term.rows)}, {_period(term.rows.years)}"
    if term.model is not None:
        return f"{term.model.variable}, {term.model.year}"
    if term.number is not None:
        return term.number.why or f"{term.number.value:g}"
    return "; ".join(name_term(child, shelf) for child in term.children())


def _factor(unit: str, into: str, bench: Bench) -> float:
    return 1.0 if unit == into or not unit or not into else bench.shelf.convert(unit, into)


def _refuse_unlike(parts: list[Tested]) -> None:
    accounts = {part.accounts for part in parts if part.accounts}
    if len(accounts) > 1:
        named = " and ".join(sorted(", ".join(sorted(each)) for each in accounts))
        raise DataError(
            "a test adds figures of unlike account or basis",
            code="Y212",
            got=named,
            expected="rows of one account",
            fix="choose rows of one account, or say under 'unlike' why they must be added",
        )


def _join(parts: list[Tested]) -> Tested:
    """Return the union of what several parts rest on, without draws."""

    def union(name: str) -> tuple[str, ...]:
        return tuple(sorted({item for part in parts for item in getattr(part, name)}))

    years = [year for part in parts if part.years for year in part.years]
    return Tested(
        None,
        rows=union("rows"),
        unverified=union("unverified"),
        derived=union("derived"),
        rates=union("rates"),
        lineages=tuple(sorted({members for part in parts for members in part.lineages})),
        years=(min(years), max(years)) if years else None,
        accounts=frozenset().union(*(part.accounts for part in parts)),
        silent=tuple(dict.fromkeys(item for part in parts for item in part.silent)),
        numbers=any(part.numbers for part in parts),
        model=any(part.model for part in parts),
        doubtful=any(part.doubtful for part in parts),
        unlike=any(part.unlike for part in parts),
        agree=sum(part.agree for part in parts),
        speak=sum(part.speak for part in parts),
        supports=tuple(support for part in parts for support in part.supports),
    )
