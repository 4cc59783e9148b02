"""The datum that is likeliest to change a verdict, before anyone has measured it.

For every part of a test and every kind of source that has published such a quantity, a truth is drawn from
what is known now, a figure is drawn round it with the error typical of that kind, the figure is added to the
evidence, and the rules judge again. The share of figures after which the verdict is another is the chance
that the next such figure changes it. This is the preposterior analysis of raiffaschlaifer1961.

How much of the evidence lies below, inside and above the statement is a smooth function of the figure, so it
is computed at some values of the figure, more of them where it bends, and read off between them; the rules
then judge at many values, and the draws are counted between those where the verdict changes.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any

import numpy as np

from yupana.core.streams import normals
from yupana.evidence.claims import Outcome, Reading, Rows, Term
from yupana.evidence.claims_pool import (
    DRAWS,
    ERROR_BY_PEDIGREE,
    INSTITUTIONS,
    Floats,
    Supposed,
    row_error,
    scatter,
)
from yupana.evidence.claims_shelf import Shelf, decides
from yupana.evidence.claims_terms import Bench, Tested, name_term, probe_reading
from yupana.evidence.ledger import MEASURERS
from yupana.evidence.verdicts import Rule, Weighing, judge

Judge = Callable[[Reading, Bench], tuple[Rule, Weighing, Tested]]

#: standard scores of the next figure at which the evidence is weighed first
_WEIGHED = np.linspace(-2.6, 2.6, 13)
#: two neighbours that differ by more than this in a probability get a value between them, so many times over
_BEND, _PASSES = 0.08, 3
#: values of the next figure at which the rules judge, and halvings between two that they judge otherwise
_JUDGED, _HALVINGS = 41, 5
#: pedigree of a measurement of what only the model gives today
_NEW_PEDIGREE = 3
#: a chance below this is not worth a sentence
LEAST_CHANCE = 0.01


@dataclass(frozen=True)
class Flip:
    """A value of the next figure beyond which the verdict becomes another, in the unit of the figure."""

    value: float
    above: bool
    verdict: str


@dataclass(frozen=True)
class NextDatum:
    """A figure that could be published next, and what it would do.

    Parameters
    ----------
    what : str
        What would be measured, in words.
    years : tuple of int
        First and last year.
    by : tuple of str
        Kinds of sources whose typical error it has.
    error : float
        Its relative standard error; 0 for an outcome in words.
    unit : str
        Of the figure.
    chance : float
        Probability, 0 to 1, that the verdict changes when such a figure is published.
    flips : tuple of Flip
        Where the verdict changes, nearest first: at most one below and one above.
    part : str
        Place of the part in the test.
    model : bool
        True for a measurement of what only the model gives today.
    """

    what: str
    years: tuple[int, int]
    by: tuple[str, ...]
    error: float
    unit: str
    chance: float
    flips: tuple[Flip, ...]
    part: str
    model: bool = False

    def to_json(self) -> dict[str, Any]:
        """Return the candidate as plain values."""
        ends = {
            "above" if flip.above else "below": {"value": flip.value, "verdict": flip.verdict}
            for flip in self.flips
        }
        return {
            "what": self.what,
            "years": list(self.years),
            "by": list(self.by),
            "error": round(self.error, 3),
            "instead_of_model": self.model,
            "unit": self.unit,
            "chance": round(self.chance, 2),
            "below": ends.get("below"),
            "above": ends.get("above"),
        }


def next_data(
    reading: Reading, rule: Rule, weighing: Weighing, bench: Bench, judge_again: Judge
) -> tuple[NextDatum, ...]:
    """Return the figures that could be published next, the likeliest to change the verdict first.

    Empty where nothing is known that a truth could be drawn from.

    Parameters
    ----------
    reading : Reading
        The reading that was judged.
    rule, weighing : Rule, Weighing
        How it was judged.
    bench : Bench
        The ledger and the model.
    judge_again : callable
        The judgement to repeat with a supposed figure.
    """
    found = [
        candidate
        for part, term in parts_of(reading.test)
        for candidate in _candidates(part, term, reading, rule, weighing, bench, judge_again)
    ]
    return tuple(
        sorted(found, key=lambda each: (-round(each.chance, 3), len(each.part), each.part, each.error))
    )


def parts_of(test: Term) -> Iterator[tuple[str, Term]]:
    """Return what a test asks of ledger and model, with its place: ``"1"``, or ``"1/0"`` inside a rank."""
    for number, leaf in enumerate(test.leaves()):
        if leaf.rank is not None:
            yield f"{number}", Term(rows=leaf.rank.of)
            for index, other in enumerate(leaf.rank.among):
                yield f"{number}/{index}", Term(rows=other)
        elif leaf.number is None:
            yield f"{number}", leaf


def _candidates(
    part: str, term: Term, reading: Reading, rule: Rule, weighing: Weighing, bench: Bench, judge_again: Judge
) -> Iterator[NextDatum]:
    if term.outcome is not None:
        if weighing.form == "category" and weighing.speak:
            yield _word(part, term.outcome, rule, weighing, bench.shelf)
        return
    alone = reading.model_copy(update={"test": term})
    now = probe_reading(alone, replace(bench, extra=None, scale=None))
    if now.draws is None or not np.all(now.draws > 0):
        return
    what = bench.shelf.name(term.rows) if term.rows else name_term(term, bench.shelf)
    years = term.rows.years if term.rows else now.years or (reading.year, reading.year)
    for by, error in _kinds(term.rows, now, bench.shelf):
        figures = np.sort(scatter(now.draws, error, _noise(bench.shelf), now.unit))

        def weigh_at(value: float, error: float = error, by: tuple[str, ...] = by) -> Weighing:
            supposed = Supposed(value, error, by[0])
            return judge_again(reading, replace(bench, extra=(part, supposed)))[1]

        chance, flips = _count(figures, weigh_at, rule.verdict)
        named = tuple(kind for kind in by if kind)
        yield NextDatum(what, years, named, error, now.unit, chance, flips, part, term.model is not None)


def _noise(shelf: Shelf) -> Floats:
    if "next" not in shelf.memo:
        shelf.memo["next"] = normals(0, "claims/next", 0, DRAWS)
    return shelf.memo["next"]


def _kinds(rows: Rows | None, now: Tested, shelf: Shelf) -> list[tuple[tuple[str, ...], float]]:
    """Return kinds of sources with the error typical of them; kinds that act alike stand together.

    Kinds that measure by themselves come before those that repeat what they were told.
    """
    if rows is None:
        return [(("",), ERROR_BY_PEDIGREE[_NEW_PEDIGREE])]
    typical = _typical(rows.quantity, shelf)
    known = {kind: error for kind, error in typical.items() if not rows.by or kind in rows.by}
    known = {kind: error for kind, error in known.items() if kind in MEASURERS} or known
    speaking = {shelf.source_kind.get(shelf.rows[row].source, "") for row in now.rows}
    alike: dict[tuple[str, float], list[str]] = {}
    for kind, error in sorted((known or typical).items()):
        joins = kind if kind in INSTITUTIONS and kind in speaking else ""
        alike.setdefault((joins, error), []).append(kind)
    return [(tuple(kinds), error) for (_, error), kinds in sorted(alike.items(), key=lambda item: item[0][1])]


def _typical(quantities: Sequence[str], shelf: Shelf) -> dict[str, float]:
    """Return the median error of the rows of some quantities that may decide, by kind of source."""
    key = ("typical", tuple(quantities))
    if key not in shelf.memo:
        errors: dict[str, list[float]] = {}
        for row in shelf.rows.values():
            if row.quantity in quantities and decides(row) and isinstance(row.value, (int, float)):
                errors.setdefault(shelf.source_kind.get(row.source, ""), []).append(row_error(row))
        shelf.memo[key] = {kind: round(float(np.median(found)), 2) for kind, found in errors.items()}
    return shelf.memo[key]


def _count(
    figures: Floats, weigh_at: Callable[[float], Weighing], now: str
) -> tuple[float, tuple[Flip, ...]]:
    """Return the share of figures that change the verdict, and the nearest values at which it changes.

    Parameters
    ----------
    figures : (DRAWS,) float64
        Draws of the next figure, in order.
    weigh_at : callable
        What the rules may see once a figure of this value is there.
    now : str
        The verdict as it is.
    """
    from scipy.special import ndtr

    logs = np.log(np.unique(np.quantile(figures, ndtr(_WEIGHED))))
    seen = {float(log): weigh_at(float(np.exp(log))) for log in logs}
    for _ in range(_PASSES):
        order = sorted(seen)
        middles = [(low + high) / 2 for low, high in pairwise(order) if _gap(seen[low], seen[high]) > _BEND]
        seen |= {middle: weigh_at(float(np.exp(middle))) for middle in middles}
    verdict_at = _reader(seen)
    asked = [float(log) for log in np.linspace(logs[0], logs[-1], _JUDGED)]
    verdicts = [verdict_at(log) for log in asked]
    bounds, held = [-np.inf], [verdicts[0]]
    for (low, before), (high, after) in pairwise(zip(asked, verdicts, strict=True)):
        if before != after:
            bounds.append(float(np.exp(_edge(low, high, before, verdict_at))))
            held.append(after)
    counts = np.diff([0, *np.searchsorted(figures, [*bounds[1:], np.inf])])
    changed = sum(count for count, verdict in zip(counts, held, strict=True) if verdict != now)
    return float(changed / len(figures)), _nearest(bounds, held, now, figures)


def _probabilities(weighing: Weighing) -> tuple[float, float, float]:
    return weighing.below or 0.0, weighing.holds or 0.0, weighing.above or 0.0


def _gap(first: Weighing, second: Weighing) -> float:
    """Return the largest difference of a probability between two weighings; one where they differ in kind."""
    if replace(first, below=None, holds=None, above=None) != replace(
        second, below=None, holds=None, above=None
    ):
        return 1.0
    return max(abs(a - b) for a, b in zip(_probabilities(first), _probabilities(second), strict=True))


def _reader(seen: dict[float, Weighing]) -> Callable[[float], str]:
    """Return the verdict by the log of the figure, the probabilities read off between those seen."""
    order = sorted(seen)
    columns = np.array([_probabilities(seen[log]) for log in order]).T

    def verdict_at(log: float) -> str:
        below, holds, above = (float(np.interp(log, order, column)) for column in columns)
        nearest = seen[order[min(bisect_left(order, log), len(order) - 1)]]
        return judge(replace(nearest, below=below, holds=holds, above=above)).verdict

    return verdict_at


def _edge(low: float, high: float, before: str, verdict_at: Callable[[float], str]) -> float:
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        low, high = (middle, high) if verdict_at(middle) == before else (low, middle)
    return (low + high) / 2


def _nearest(bounds: Sequence[float], held: Sequence[str], now: str, figures: Floats) -> tuple[Flip, ...]:
    """Return the ends of the stretch round the median where the verdict stays, or of that where it goes."""
    median = float(np.median(figures))
    here = max(index for index, bound in enumerate(bounds) if bound <= median)
    if held[here] != now:
        return _way_back(bounds, held, here)
    found = []
    if here > 0:
        found.append(Flip(bounds[here], False, held[here - 1]))
    if here + 1 < len(bounds):
        found.append(Flip(bounds[here + 1], True, held[here + 1]))
    return tuple(found)


def _way_back(bounds: Sequence[float], held: Sequence[str], here: int) -> tuple[Flip, ...]:
    """Return the limits of the stretch in which a figure as expected changes the verdict.

    Where it has both, the value of the end below which the verdict changes is the larger one.
    """
    found = []
    if here + 1 < len(bounds):
        found.append(Flip(bounds[here + 1], False, held[here]))
    if here > 0:
        found.append(Flip(bounds[here], True, held[here]))
    return tuple(found)


def _word(part: str, outcome: Outcome, rule: Rule, weighing: Weighing, shelf: Shelf) -> NextDatum:
    """Return what one more lineage would do where outcomes are in words, half a vote added to each side."""
    agrees = (weighing.agree + 0.5) / (weighing.speak + 1)
    chance = 0.0
    for more, probability in ((1, agrees), (0, 1.0 - agrees)):
        then = replace(
            weighing, agree=weighing.agree + more, speak=weighing.speak + 1, deciding=weighing.deciding + 1
        )
        chance += probability * (judge(then).verdict != rule.verdict)
    return NextDatum(shelf.name(outcome.rows), outcome.rows.years, (), 0.0, "", chance, (), part)
