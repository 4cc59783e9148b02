"""The audit: a verdict on each reading of each published claim, with what it rests on.

Evidence decides where there is evidence; the model speaks only where a reading asks for it. Nothing here
holds an opinion: the rules stand in :mod:`yupana.evidence.verdicts`, the readings in the pack, the figures in
the ledger.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from yupana.analysis.audit_marks import Yardstick, marks_of
from yupana.analysis.changes import find_change
from yupana.analysis.next_datum import NextDatum, next_data
from yupana.analysis.wording import Interval, describe_band, explain, interval_of, interval_over
from yupana.core.drawn import PRIOR, Drawn
from yupana.evidence.claims import Claim, ClaimFile, Reading
from yupana.evidence.claims_shelf import Row, Shelf
from yupana.evidence.claims_terms import Bench, ModelDraws, Tested, at_years, find_repeats, weigh
from yupana.evidence.verdicts import (
    SILENT,
    Rule,
    Weighing,
    combine_verdicts,
    confidence_of,
    judge,
    likelihood_word,
)
from yupana.fit.informed import Mark

#: a figure is traced to a row when it differs by no more than this
TRACE_TOLERANCE = 0.005


@dataclass(frozen=True)
class PartFinding:
    """One part of a sum: what it is, how much, its rows, whether the model gave it, how much is prior."""

    name: str
    amount: Interval
    rows: tuple[str, ...]
    from_model: bool
    mark: Mark | None = None

    def to_json(self) -> dict[str, Any]:
        """Return the part as plain values."""
        amount = self.amount.to_json()
        more = {"rows": list(self.rows), "from_model": self.from_model, **_mark_json(self.mark, self.rows)}
        return {"name": self.name, **amount, **more}


@dataclass(frozen=True)
class ReadingFinding:
    """The verdict on one reading.

    Parameters
    ----------
    id, text : str
        Of the reading.
    verdict, rule : str
        One of the nine verdicts, and the row of the decision table that gave it.
    probability : float or None
        Probability that the statement holds under this reading; None when undetermined or untraceable.
    word : str or None
        Calibrated likelihood word; None for outcomes in words, prior draws, recalled exchange rates, bare
        zeros and unlike accounts.
    confidence : str or None
        Confidence in the evidence, by its amount and agreement; None where no draws of evidence decide.
    evidence : Interval or None
        5th, 50th and 95th percentile of what was tested, in its unit.
    rows, unverified, repeats, derived, rates : tuple of str
        Rows that decide; of low confidence; that repeat the claim; left out beside their parents; rates.
    year : int or None
        Last year of the deciding rows, or of the model's answer.
    would_change : str
        What would change the verdict.
    next_data : tuple of NextDatum
        Figures that could be published next, the likeliest to change the verdict first.
    parts : tuple of PartFinding
        The parts of what was tested, when it is a sum.
    mark : Mark or None
        How much of what was tested is prior; None where it rests on rows alone.
    """

    id: str
    text: str
    verdict: str
    rule: str
    probability: float | None
    word: str | None
    confidence: str | None
    evidence: Interval | None
    said: str
    reason: str
    rows: tuple[str, ...]
    unverified: tuple[str, ...]
    repeats: tuple[str, ...]
    derived: tuple[str, ...]
    rates: tuple[str, ...]
    lineages: int
    year: int | None
    years: tuple[int, int] | None
    would_change: str
    note: str
    parts: tuple[PartFinding, ...] = ()
    next_data: tuple[NextDatum, ...] = ()
    drawn: Drawn | None = None
    mark: Mark | None = None

    @property
    def rests_on_prior(self) -> bool:
        """Whether it rests on draws of the model that no fit has seen."""
        return self.drawn == PRIOR

    def to_json(self) -> dict[str, Any]:
        """Return the finding as plain values."""
        evidence = self.evidence.to_json() if self.evidence else None
        return {
            "id": self.id,
            "text": self.text,
            "verdict": self.verdict,
            "probability": self.probability,
            "rows": list(self.rows),
            "year": self.year,
            "would_change": self.would_change,
            "next_datum": self.next_data[0].to_json() if self.next_data else None,
            "next_data": [each.to_json() for each in self.next_data],
            "word": self.word,
            "confidence": self.confidence,
            "rule": self.rule,
            "reason": self.reason,
            "said": self.said,
            "evidence": evidence,
            "years": list(self.years) if self.years else None,
            "independent_lineages": self.lineages,
            "unverified_rows": list(self.unverified),
            "repeating_rows": list(self.repeats),
            "derived_rows": list(self.derived),
            "rate_rows": list(self.rates),
            "rests_on_prior": self.rests_on_prior,
            "rests_on": self.drawn.short if self.drawn else None,
            **_mark_json(self.mark, self.rows),
            "note": self.note,
            "parts": [part.to_json() for part in self.parts],
        }


def _mark_json(mark: Mark | None, rows: tuple[str, ...]) -> dict[str, Any]:
    """Return how much of a number is prior; one that rests on rows alone is marked ``evidence``."""
    if mark is None:
        return {"mark": "evidence" if rows else None, "contraction": None}
    return {"mark": mark.text, "contraction": mark.to_json()["contraction"]}


@dataclass(frozen=True)
class Trace:
    """A row that carries the figure of a claim."""

    row: str
    year: int
    series: str
    source: str

    def to_json(self) -> dict[str, Any]:
        """Return the trace as plain values."""
        return {"row": self.row, "year": self.year, "series": self.series, "source": self.source}


@dataclass(frozen=True)
class ClaimFinding:
    """The verdicts on a claim, one for each reading and one for all of them."""

    id: str
    text: str
    topic: str
    verdict: str
    figure: float | None
    traces: tuple[Trace, ...]
    readings: tuple[ReadingFinding, ...]

    def to_json(self) -> dict[str, Any]:
        """Return the finding as plain values."""
        return {
            "id": self.id,
            "text": self.text,
            "readings": [reading.to_json() for reading in self.readings],
            "verdict": self.verdict,
            "topic": self.topic,
            "traced_to": [trace.to_json() for trace in self.traces],
        }


@dataclass(frozen=True)
class Audit:
    """The audit of one text; `as_of` is the year at whose end the evidence was known, None for all of it."""

    about: str
    year: int
    claims: tuple[ClaimFinding, ...]
    run: str | None = None
    drawn: Drawn | None = None
    as_of: int | None = None

    def to_json(self) -> dict[str, Any]:
        """Return ``{"claims": [...]}`` with plain values, ready for JSON."""
        return {
            "claims": [claim.to_json() for claim in self.claims],
            "about": self.about,
            "year": self.year,
            "as_of": self.as_of,
            "run": self.run,
            "drawn_from": self.drawn.words if self.drawn else None,
        }

    def counts(self) -> dict[str, int]:
        """Return how many readings have each verdict, commonest first."""
        names = [reading.verdict for claim in self.claims for reading in claim.readings]
        order = sorted(set(names), key=lambda name: (-names.count(name), name))
        return {name: names.count(name) for name in order}


def audit_claims(
    claims: ClaimFile,
    shelf: Shelf,
    model: ModelDraws | None = None,
    only: Iterable[str] = (),
    run: str | None = None,
    drawn: Drawn = PRIOR,
    yardstick: Yardstick | None = None,
) -> Audit:
    """Return a verdict on every reading of every claim, or of the claims named in `only`.

    Parameters
    ----------
    claims : ClaimFile
        What was said, and how each reading is tested.
    shelf : Shelf
        The ledger.
    model : callable, optional
        Draws of model variables, for readings the ledger is silent about; without it they stay undetermined.
    only : iterable of str
        Ids of claims; all when empty.
    run : str, optional
        Id of the run behind `model`.
    drawn : Drawn
        What the draws of that run are.
    yardstick : Yardstick, optional
        What the priors alone say, where `model` is of a fit; without it nobody knows how much is prior.

    Raises
    ------
    DataError
        If a test adds figures of unlike account without saying why, or converts unlike units.
    """
    wanted = set(only)
    bench = Bench(replace(shelf, exchange=claims.exchange), model, drawn=drawn)
    chosen = [claim for claim in claims.claims if not wanted or claim.id in wanted]
    findings = tuple(_audit_claim(claim, bench, yardstick) for claim in chosen)
    return Audit(claims.about, claims.year, findings, run, drawn if run else None)


def needs_model(claims: ClaimFile, only: Iterable[str] = ()) -> bool:
    """Return whether any reading asks the model."""
    wanted = set(only)
    return any(
        leaf.model is not None
        for claim in claims.claims
        if not wanted or claim.id in wanted
        for reading in claim.readings
        for leaf in reading.test.leaves()
    )


def _audit_claim(claim: Claim, bench: Bench, yardstick: Yardstick | None) -> ClaimFinding:
    readings = tuple(audit_reading(reading, bench, yardstick) for reading in claim.readings)
    verdict = combine_verdicts(reading.verdict for reading in readings)
    return ClaimFinding(
        claim.id, claim.text, claim.topic, verdict, claim.figure, _trace(claim, bench.shelf), readings
    )


def _trace(claim: Claim, shelf: Shelf) -> tuple[Trace, ...]:
    """Return the rows that carry the figure of a claim, oldest first."""
    if claim.figure is None:
        return ()
    found = {row.id: row for query in claim.traces for row in shelf.find(query)}
    same = [row for row in found.values() if _equals(row, claim.figure)]
    same.sort(key=lambda row: (row.years, row.id))
    return tuple(Trace(row.id, row.years[0], _series(row, shelf), _source(row, shelf)) for row in same)


def _equals(row: Row, figure: float) -> bool:
    value = row.value
    return isinstance(value, (int, float)) and abs(value - figure) <= TRACE_TOLERANCE * abs(figure)


def _series(row: Row, shelf: Shelf) -> str:
    names = (shelf.labels.get(key, key.replace("_", " ")) for key in (row.quantity, row.place))
    return ", ".join(names)


def _source(row: Row, shelf: Shelf) -> str:
    return shelf.labels.get(row.source, row.source)


def judge_reading(reading: Reading, bench: Bench) -> tuple[Rule, Weighing, Tested]:
    """Return the rule that decides a reading, what it saw, and what that rests on."""
    fits_earlier = False
    if reading.earlier is not None:
        before = reading.model_copy(update={"test": at_years(reading.test, reading.earlier), "earlier": None})
        weighing, _ = weigh(before, replace(bench, extra=None, scale=None))
        fits_earlier = judge(weighing).verdict == "consistent"
    weighing, tested = weigh(reading, bench, fits_earlier)
    return judge(weighing), weighing, tested


def audit_reading(reading: Reading, bench: Bench, yardstick: Yardstick | None = None) -> ReadingFinding:
    """Return the verdict on one reading, its probability, its rows and what would change it."""
    rule, weighing, tested = judge_reading(reading, bench)
    silent = rule.verdict in SILENT
    holds = None if silent or weighing.holds is None else float(np.clip(round(weighing.holds, 2), 0.01, 0.99))
    plain = weighing.form != "category" and not (tested.model or tested.doubtful or tested.unlike)
    confidence = confidence_of(tested.supports) if plain and not silent else None
    evidence = interval_of(tested)
    candidates = next_data(reading, rule, weighing, bench, judge_reading)
    mark, marks = marks_of(reading, tested, bench, yardstick)
    return ReadingFinding(
        id=reading.id,
        text=reading.text,
        verdict=rule.verdict,
        rule=rule.id,
        probability=holds,
        word=likelihood_word(holds, confidence),
        confidence=confidence,
        evidence=evidence,
        said=describe_band(reading.statement),
        reason=explain(reading, rule, weighing, tested, evidence, bench.drawn.short),
        rows=tested.rows,
        unverified=tested.unverified,
        repeats=tuple(sorted(find_repeats(reading, bench.shelf))),
        derived=tested.derived,
        rates=tested.rates,
        lineages=len(tested.lineages),
        year=tested.years[1] if tested.years else None,
        years=tested.years,
        would_change=find_change(reading, rule, tested, bench, judge_reading, candidates),
        next_data=candidates,
        drawn=bench.drawn if tested.model and tested.draws is not None else None,
        note=reading.note,
        parts=tuple(
            PartFinding(part.name, interval_over(part.draws, tested.unit), part.rows, part.model, each)
            for part, each in zip(tested.parts, marks, strict=True)
        ),
        mark=mark,
    )
