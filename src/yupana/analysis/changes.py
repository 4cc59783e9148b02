"""What would change a verdict: the value of the next datum, or the datum that is missing.

For the first figure a test rests on, a further independent figure is supposed and moved up and down until
the rules give another verdict. Where no single figure can do it, all the evidence for it is moved instead.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from yupana.analysis.wording import period
from yupana.evidence.claims import Outcome, Reading, Rows, Term
from yupana.evidence.claims_shelf import Shelf
from yupana.evidence.claims_terms import Bench, Tested, name_term, probe_reading
from yupana.evidence.rounding import significant
from yupana.evidence.verdicts import SILENT, Rule, Weighing

Judge = Callable[[Reading, Bench], tuple[Rule, Weighing, Tested]]

#: how far the supposed figure is moved, as a multiple of what the evidence says now
REACH = np.geomspace(1.0, 30.0, 18)[1:]


@dataclass(frozen=True)
class _Flip:
    """A supposed figure at which the verdict becomes another."""

    value: float
    above: bool
    verdict: str


def find_change(reading: Reading, rule: Rule, tested: Tested, bench: Bench, judge: Judge) -> str:
    """Return a sentence on what would change the verdict of a reading.

    Parameters
    ----------
    reading : Reading
        The reading that was judged.
    rule : Rule
        The rule that decided.
    tested : Tested
        What it rests on.
    bench : Bench
        The ledger and the model.
    judge : callable
        The judgement to repeat under what is supposed.
    """
    leaves = reading.test.leaves()
    if rule.verdict in SILENT and tested.draws is None:
        return _missing(reading, rule, tested)
    if any(leaf.outcome for leaf in leaves):
        return _other_outcome(leaves, rule, bench.shelf)
    if all(leaf.number for leaf in leaves):
        return "Only another wording of the text: the test compares its own numbers."
    number, leaf = next(((n, leaf) for n, leaf in enumerate(leaves) if leaf.rows), (0, leaves[0]))
    if leaf.rank is not None:
        return _other_rank(leaf, rule, reading, bench, judge)
    names = tuple(dict.fromkeys(name_term(leaf, bench.shelf) for leaf in leaves if leaf.model))
    if leaf.rows is None:
        return f"{_measured(names)}: the verdict rests on prior draws of the model alone."
    change = _other_figure(number, leaf.rows, leaf.unit, rule, reading, bench, judge)
    return f"{change} {_measured(names)}, in the place of prior draws of the model." if names else change


def _measured(names: tuple[str, ...]) -> str:
    """Return the measurement that would take the place of the model."""
    which = names[0] if len(names) == 1 else f"any of: {'; '.join(names)}"
    return f"A measurement of {which}"


def _missing(reading: Reading, rule: Rule, tested: Tested) -> str:
    if rule.verdict == "untraceable":
        return "An independent count or measurement: every row at hand repeats the statement or its source."
    wanted = "; ".join(tested.silent) or reading.text
    if tested.model:
        return f"{wanted[:1].upper()}{wanted[1:]}, or a measurement."
    outcome = next((leaf.outcome for leaf in reading.test.leaves() if leaf.outcome), None)
    says = _quoted(outcome.agrees + outcome.contradicts) if outcome else ""
    return f"A row of at least medium confidence for {wanted}{says}."


def _other_outcome(leaves: tuple[Term, ...], rule: Rule, shelf: Shelf) -> str:
    outcome: Outcome | None = next(leaf.outcome for leaf in leaves if leaf.outcome)
    assert outcome is not None
    wanted = outcome.contradicts if rule.verdict == "consistent" else outcome.agrees
    return f"An independent row that says otherwise on {shelf.name(outcome.rows)}{_quoted(wanted)}."


def _quoted(words: tuple[str, ...]) -> str:
    return f": {' or '.join(repr(word) for word in words)}" if words else ""


def _other_rank(leaf: Term, rule: Rule, reading: Reading, bench: Bench, judge: Judge) -> str:
    assert leaf.rank is not None
    return _other_figure(0, leaf.rank.of, "", rule, reading, bench, judge)


def _other_figure(
    number: int, rows: Rows, unit: str, rule: Rule, reading: Reading, bench: Bench, judge: Judge
) -> str:
    """Return the sentence for a figure in rows: the nearest value, up and down, that flips the verdict."""
    alone = reading.model_copy(update={"test": Term(rows=rows, unit=unit), "published": reading.published})
    now = probe_reading(alone, replace(bench, extra=None, scale=None))
    if now.draws is None:
        return f"A row of at least medium confidence for {bench.shelf.name(rows)}, {period(rows.years)}."
    centre = float(np.median(now.draws))
    where = f"{bench.shelf.name(rows)} ({period(rows.years)})"
    if centre == 0:
        return f"A further independent figure for {where} clearly above zero."
    most = 100.0 if now.unit == "percent" else np.inf
    flips = _search(
        lambda factor: replace(bench, extra=(number, centre * factor)), rule, reading, judge, centre, most
    )
    if flips:
        ends = " or ".join(_phrase(flip, now.unit) for flip in flips)
        return f"A further independent figure for {where} {ends}."
    flips = _search(lambda factor: replace(bench, scale=(number, factor)), rule, reading, judge, centre, most)
    if flips:
        ends = " or ".join(_phrase(flip, now.unit) for flip in flips)
        return f"No single further figure; all evidence for {where} would have to move, to a median {ends}."
    return f"No figure for {where} within a factor of thirty; only evidence on another part of the test."


def _phrase(flip: _Flip, unit: str) -> str:
    side = "above" if flip.above else "below"
    return f"{side} {significant(flip.value)} {unit} ({flip.verdict})".replace("  ", " ")


def _search(
    suppose: Callable[[float], Bench],
    rule: Rule,
    reading: Reading,
    judge: Judge,
    centre: float,
    most: float,
) -> list[_Flip]:
    """Return the nearest flips above and below, by steps and then bisection in logs."""
    found = []
    for above in (False, True):
        held = 1.0
        for step in REACH:
            factor = float(step) if above else 1.0 / float(step)
            if centre * factor > most:
                break
            verdict = judge(reading, suppose(factor))[0].verdict
            if verdict == rule.verdict:
                held = factor
                continue
            edge, verdict = _bisect(held, factor, suppose, rule, reading, judge, verdict)
            found.append(_Flip(centre * edge, above, verdict))
            break
    return found


def _bisect(
    held: float,
    gone: float,
    suppose: Callable[[float], Bench],
    rule: Rule,
    reading: Reading,
    judge: Judge,
    verdict: str,
) -> tuple[float, str]:
    """Return the factor nearest to `held` at which the verdict is another, and that verdict."""
    for _ in range(5):
        middle = float(np.sqrt(held * gone))
        now = judge(reading, suppose(middle))[0].verdict
        if now == rule.verdict:
            held = middle
        else:
            gone, verdict = middle, now
    return gone, verdict
