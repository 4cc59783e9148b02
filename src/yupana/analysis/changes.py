"""What would change a verdict, in a sentence: the next datum and its value, or the datum that is missing.

The datum named is the one with the largest chance to change the verdict (`next_datum.py`). Where no single
figure is likely to do it, figures further out are tried, and then all the evidence for it is moved instead.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from yupana.analysis.next_datum import LEAST_CHANCE, Flip, Judge, NextDatum, parts_of
from yupana.analysis.wording import period
from yupana.evidence.claims import Outcome, Reading, Term
from yupana.evidence.claims_pool import Supposed
from yupana.evidence.claims_shelf import Shelf
from yupana.evidence.claims_terms import Bench, Tested, name_term, probe_reading
from yupana.evidence.rounding import significant
from yupana.evidence.verdicts import SILENT, Rule

#: how far the supposed figure is moved, as a multiple of what the evidence says now
REACH = np.geomspace(1.0, 30.0, 18)[1:]


def find_change(
    reading: Reading,
    rule: Rule,
    tested: Tested,
    bench: Bench,
    judge: Judge,
    candidates: tuple[NextDatum, ...],
) -> str:
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
    candidates : tuple of NextDatum
        Figures that could be published next, the likeliest to change the verdict first.
    """
    leaves = reading.test.leaves()
    if rule.verdict in SILENT and tested.draws is None:
        return _missing(reading, rule, tested)
    if any(leaf.outcome for leaf in leaves):
        chance = f" {_chance(candidates[0])}" if candidates else ""
        return _other_outcome(leaves, rule, bench.shelf) + chance
    if all(leaf.number for leaf in leaves):
        return "Only another wording of the text: the test compares its own numbers."
    if not candidates:
        return _nothing_to_draw(leaves, bench.shelf)
    change = _next(candidates[0], reading, rule, bench, judge)
    names = tuple(dict.fromkeys(name_term(leaf, bench.shelf) for leaf in leaves if leaf.model))
    if names and not candidates[0].model:
        return f"{change} {_measured(names)}, in the place of {bench.drawn.short} of the model."
    return change


def _nothing_to_draw(leaves: tuple[Term, ...], shelf: Shelf) -> str:
    asked = next((name_term(leaf, shelf) for leaf in leaves if not leaf.number), "")
    return f"A further independent figure for {asked} clearly above zero."


def _next(best: NextDatum, reading: Reading, rule: Rule, bench: Bench, judge: Judge) -> str:
    """Return the sentence for the likeliest datum."""
    if best.chance >= LEAST_CHANCE:
        return f"{_figure(best, bench)} {_ends(best.flips, best.unit)}. {_chance(best)}"
    term = dict(parts_of(reading.test))[best.part]
    now = probe_reading(reading.model_copy(update={"test": term}), replace(bench, extra=None, scale=None))
    assert now.draws is not None
    centre = float(np.median(now.draws))
    most = 100.0 if now.unit == "percent" else np.inf
    by = best.by[0] if best.by else ""
    flips = _search(
        lambda factor: replace(bench, extra=(best.part, Supposed(centre * factor, best.error, by))),
        rule,
        reading,
        judge,
        centre,
        most,
    )
    if flips:
        return f"{_figure(best, bench)} {_ends(flips, best.unit)}. {_chance(best)}"
    where = f"{best.what} ({period(best.years)})"
    if "/" in best.part or best.model:
        return f"No single further figure for {where}."
    number = int(best.part)
    flips = _search(lambda factor: replace(bench, scale=(number, factor)), rule, reading, judge, centre, most)
    if flips:
        ends = _ends(flips, best.unit)
        return f"No single further figure; all evidence for {where} would have to move, to a median {ends}."
    return f"No figure for {where} within a factor of thirty; only evidence on another part of the test."


def _figure(best: NextDatum, bench: Bench) -> str:
    """Return the datum in words, with whom it would come from and how wrong it may be."""
    where = f"{best.what} ({period(best.years)})"
    if not best.by:
        place = f"in the place of {bench.drawn.short},"
        return f"A measurement of {best.what}, with an error of {best.error:.0%}, {place}"
    return f"A further figure for {where}, by {' or '.join(best.by)}, with an error of {best.error:.0%},"


def _chance(best: NextDatum) -> str:
    """Return the chance that the next such datum changes the verdict, in words."""
    if best.chance < LEAST_CHANCE:
        return "Chance that the next one does: below 1%."
    if best.chance > 1.0 - LEAST_CHANCE:
        return "Chance that the next one does: above 99%."
    return f"Chance that the next one does: {best.chance:.0%}."


def _ends(flips: tuple[Flip, ...] | list[Flip], unit: str) -> str:
    """Return where the verdict changes, in words."""
    if not flips:
        return "whatever it says"
    if len(flips) == 2 and not flips[0].above and flips[0].value > flips[1].value:
        middle = f"between {significant(flips[1].value)} and {significant(flips[0].value)} {unit}"
        return f"{middle} ({flips[0].verdict})".replace("  ", " ")
    return " or ".join(_phrase(flip, unit) for flip in flips)


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


def _phrase(flip: Flip, unit: str) -> str:
    side = "above" if flip.above else "below"
    return f"{side} {significant(flip.value)} {unit} ({flip.verdict})".replace("  ", " ")


def _search(
    suppose: Callable[[float], Bench],
    rule: Rule,
    reading: Reading,
    judge: Judge,
    centre: float,
    most: float,
) -> list[Flip]:
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
            found.append(Flip(centre * edge, above, verdict))
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
