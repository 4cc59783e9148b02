"""The same claims judged at two times: what could be said at the end of a year, and what is said now.

Each reading has two answers, and one reason why they differ: rows of later years, rows of earlier years that
became known later, or draws of a fit to later figures.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from yupana.analysis.wording import Interval, count

if TYPE_CHECKING:
    from yupana.analysis.audit import Audit, ReadingFinding
    from yupana.evidence.ledger import Ledger

SILENT = "undetermined"


@dataclass(frozen=True)
class Answer:
    """What is said of one reading at one time.

    Attributes
    ----------
    verdict : one of the nine. probability : that the statement holds, None where nothing can be said.
    interval : of what was tested. mark : prior, posterior or failed fit where the model spoke; else empty.
    """

    verdict: str
    probability: float | None
    interval: Interval | None
    mark: str

    def to_json(self) -> dict[str, Any]:
        """Return the answer in plain types."""
        return {**asdict(self), "interval": self.interval.to_json() if self.interval else None}


@dataclass(frozen=True)
class TwoAnswers:
    """One reading, then and now.

    Attributes
    ----------
    reading, text : of the claim file. said : what counts as true, in words.
    then, now : the two answers.
    late : deciding rows of `then` of which no edition published by the year is in the ledger.
    why : what made the difference.
    """

    reading: str
    text: str
    said: str
    then: Answer
    now: Answer
    late: tuple[str, ...]
    why: str

    @property
    def differs(self) -> bool:
        """Whether the verdict is another one."""
        return self.then.verdict != self.now.verdict

    def to_json(self) -> dict[str, Any]:
        """Return the reading in plain types."""
        return {
            "reading": self.reading,
            "text": self.text,
            "said": self.said,
            "then": self.then.to_json(),
            "now": self.now.to_json(),
            "differs": self.differs,
            "rows_published_later": list(self.late),
            "why": self.why,
        }


@dataclass(frozen=True)
class ClaimTwice:
    """One claim, then and now."""

    claim: str
    text: str
    then: str
    now: str
    readings: tuple[TwoAnswers, ...]

    def to_json(self) -> dict[str, Any]:
        """Return the claim in plain types."""
        own = {"claim": self.claim, "text": self.text, "then": self.then, "now": self.now}
        return {**own, "readings": [reading.to_json() for reading in self.readings]}


@dataclass(frozen=True)
class Hindsight:
    """Two audits of one text.

    Attributes
    ----------
    about : the text. year : at whose end the first audit's evidence was known.
    then_drawn, now_drawn : what the draws of the two runs are, empty where the model was not asked.
    """

    about: str
    year: int
    claims: tuple[ClaimTwice, ...]
    then_drawn: str
    now_drawn: str

    @property
    def readings(self) -> tuple[TwoAnswers, ...]:
        """Every reading of every claim."""
        return tuple(reading for claim in self.claims for reading in claim.readings)

    def to_json(self) -> dict[str, Any]:
        """Return the comparison in plain types."""
        return {
            "about": self.about,
            "year": self.year,
            "then_drawn": self.then_drawn,
            "now_drawn": self.now_drawn,
            "claims": [claim.to_json() for claim in self.claims],
        }


def read_back(stored: Mapping[str, Any]) -> Hindsight:
    """Return a comparison from its plain types, as :meth:`Hindsight.to_json` gives them."""

    def answer(each: Mapping[str, Any]) -> Answer:
        interval = each["interval"]
        return Answer(
            each["verdict"], each["probability"], Interval(**interval) if interval else None, each["mark"]
        )

    def reading(each: Mapping[str, Any]) -> TwoAnswers:
        then, now = answer(each["then"]), answer(each["now"])
        late = tuple(each["rows_published_later"])
        return TwoAnswers(each["reading"], each["text"], each["said"], then, now, late, each["why"])

    claims = tuple(
        ClaimTwice(
            each["claim"], each["text"], each["then"], each["now"], tuple(map(reading, each["readings"]))
        )
        for each in stored["claims"]
    )
    return Hindsight(stored["about"], stored["year"], claims, stored["then_drawn"], stored["now_drawn"])


def look_back(then: Audit, now: Audit, ledger: Ledger) -> Hindsight:
    """Return two audits of one text side by side.

    Parameters
    ----------
    then : made from a pack loaded with `until`. now : of the whole pack, the same claims in the same order.
    ledger : of the whole pack, which dates the rows.
    """
    if then.as_of is None or [c.id for c in then.claims] != [c.id for c in now.claims]:
        raise ValueError("the first audit must be of a truncated pack, and both of the same claims")
    claims = tuple(
        ClaimTwice(
            old.id,
            old.text,
            old.verdict,
            new.verdict,
            tuple(
                _pair(before, after, ledger, then.as_of)
                for before, after in zip(old.readings, new.readings, strict=True)
            ),
        )
        for old, new in zip(then.claims, now.claims, strict=True)
    )
    return Hindsight(now.about, then.as_of, claims, _drawn(then), _drawn(now))


def _drawn(audit: Audit) -> str:
    return audit.drawn.words if audit.drawn else ""


def _pair(before: ReadingFinding, after: ReadingFinding, ledger: Ledger, year: int) -> TwoAnswers:
    late = tuple(row for row in before.rows if ledger.vintage(ledger[row]) > year)
    return TwoAnswers(
        before.id,
        before.text,
        before.said,
        _answer(before),
        _answer(after),
        late,
        _why(before, after, ledger, year),
    )


def _answer(found: ReadingFinding) -> Answer:
    return Answer(found.verdict, found.probability, found.evidence, found.drawn.mark if found.drawn else "")


def _why(before: ReadingFinding, after: ReadingFinding, ledger: Ledger, year: int) -> str:
    """Return what made the difference, in words; rows count however they came in: deciding or as rates."""
    old, new = {*before.rows, *before.rates}, {*after.rows, *after.rates}
    fresh, gone = sorted(new - old), sorted(old - new)
    years = [ledger[row].years[1] for row in fresh]
    later = sum(last > year for last in years)
    parts = []
    if later:
        parts.append(f"{count(later, 'row')} of {_span([last for last in years if last > year])}")
    if len(fresh) > later:
        parts.append(f"{count(len(fresh) - later, 'row')} of earlier years that became known later")
    if gone:
        parts.append(f"{count(len(gone), 'row')} decided then and {_no_longer(len(gone))}")
    if before.drawn and after.drawn:
        parts.append(
            "the model, fitted to later figures" if before.drawn != after.drawn else "the model as then"
        )
    elif before.drawn or after.drawn:
        parts.append("the model, then" if before.drawn else "the model, now")
    if not parts:
        return "the same rows" if old else "nothing known, then or now"
    return "; ".join(parts)


def _no_longer(number: int) -> str:
    return "does no longer" if number == 1 else "do no longer"


def _span(years: list[int]) -> str:
    return str(min(years)) if min(years) == max(years) else f"{min(years)} to {max(years)}"


def counts(found: Hindsight) -> Mapping[str, int]:
    """Return how many readings stayed, changed, and could be judged only now."""
    readings = found.readings
    silent = [r for r in readings if r.then.verdict == SILENT and r.now.verdict != SILENT]
    changed = [r for r in readings if r.differs and r not in silent]
    return {
        "all": len(readings),
        "same": sum(not r.differs for r in readings),
        "only now": len(silent),
        "changed": len(changed),
        "on late rows": sum(bool(r.late) for r in readings),
    }
