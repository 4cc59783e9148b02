"""Claims: published statements, each with the readings its words allow.

A claim file holds what was said and how each reading can be tested, never a verdict: verdicts are computed
from the ledger by the rules in `verdicts.py`, so that a new row changes them and an opinion cannot.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, model_validator

from yupana.evidence.schema import Number as Amount
from yupana.evidence.schema import Part, Text


def _as_tuple(value: Any) -> Any:
    """Let a single word or number stand for a list of one."""
    return (value,) if isinstance(value, (str, int, float)) else value


def _as_span(value: Any) -> Any:
    """Let a single year stand for a span of one."""
    return (value, value) if isinstance(value, int) else value


Words = Annotated[
    tuple[str, ...], BeforeValidator(_as_tuple, json_schema_input_type=str | float | tuple[str, ...])
]
Span = Annotated[tuple[int, int], BeforeValidator(_as_span, json_schema_input_type=int | tuple[int, int])]


class Rows(Part):
    """Rows of the ledger by what they measure, where and when; all conditions must hold."""

    quantity: Words = Field(description="Ids of quantities of the ledger.")
    place: Words = Field(description="Ids of places.")
    years: Span = Field(description="First and last year; a row counts when its period lies inside.")
    basis: Words = Field(default=(), description="Only rows on these bases.")
    account: Words = Field(default=(), description="Only rows of these accounts of money.")
    by: Words = Field(default=(), description="Only sources of these kinds: un, us, police, government, ...")
    source: Words = Field(default=(), description="Only these sources.")
    ids: Words = Field(default=(), description="Only these rows.")
    exclude: Words = Field(default=(), description="Not these rows.")
    note_has: Words = Field(default=(), description="Only rows whose note holds one of these texts.")
    values: Words = Field(default=(), description="Only rows that carry one of these texts as value.")


class Model(Part):
    """A variable of the model, for what the ledger is silent about; rests on prior draws until a fit."""

    variable: str = Field(
        description="Key of a model variable, such as cocaine_made or exports[brazil]; "
        "exports[market] is the sum over markets."
    )
    year: int = Field(description="Year of the run.")
    earlier: int | None = Field(default=None, description="If given, the ratio to the value of this year.")


class Rank(Part):
    """The place of one country among others, by the same quantity."""

    of: Rows
    among: tuple[Rows, ...] = Field(description="The others, one query each; each must have a deciding row.")


class Outcome(Part):
    """An outcome in words: which values of the rows bear the statement out, and which contradict it."""

    rows: Rows
    agrees: Words
    contradicts: Words = ()
    latest: bool = Field(default=False, description="Only the latest row speaks.")


class Number(Part):
    """A number of the text itself, or of a definition, never of the evidence."""

    value: Amount
    unit: str = ""
    tolerance: Amount = Field(default=0.0, ge=0, le=1, description="Half-width of the hedge, relative.")
    why: str = ""


class Term(Part):
    """One step of a test: exactly one of its keys is set."""

    rows: Rows | None = None
    model: Model | None = None
    number: Number | None = None
    rank: Rank | None = None
    outcome: Outcome | None = None
    ratio: tuple[Term, Term] | None = None
    difference: tuple[Term, Term] | None = None
    product: tuple[Term, ...] | None = None
    sum: tuple[Term, ...] | None = None
    name: str = Field(default="", description="What the step is, for the reader: a part of a sum.")
    unit: str = Field(default="", description="Unit the step is expressed in; rows are converted to it.")
    unlike: str = Field(default="", description="Why figures of unlike account are put together (sum only).")

    @model_validator(mode="after")
    def _one_key(self) -> Term:
        keys = [key for key in _STEPS if getattr(self, key) is not None]
        if len(keys) != 1:
            raise ValueError(f"expected exactly one of {', '.join(_STEPS)}; got {', '.join(keys) or 'none'}")
        if self.unlike and self.sum is None:
            raise ValueError("'unlike' belongs to a sum")
        return self

    def children(self) -> tuple[Term, ...]:
        """Return the terms this one is computed from."""
        for group in (self.ratio, self.difference, self.product, self.sum):
            if group is not None:
                return group
        return ()

    def leaves(self) -> tuple[Term, ...]:
        """Return the terms at the ends, in reading order."""
        children = self.children()
        return tuple(leaf for child in children for leaf in child.leaves()) if children else (self,)


_STEPS = ("rows", "model", "number", "rank", "outcome", "ratio", "difference", "product", "sum")

#: relations a statement may take, and whether each is two-sided
RELATIONS: dict[str, Literal["band", "bound", "category"]] = {
    "about": "band",
    "between": "band",
    "rank": "bound",
    "more_than": "bound",
    "at_least": "bound",
    "less_than": "bound",
    "at_most": "bound",
    "rises": "bound",
    "falls": "bound",
    "is": "category",
}


class Statement(Part):
    """What is said, in a form that can be true or false."""

    relation: Literal[
        "about", "between", "rank", "more_than", "at_least", "less_than", "at_most", "rises", "falls", "is"
    ]
    value: Amount | None = None
    low: Amount | None = None
    high: Amount | None = None
    tolerance: Amount | None = Field(default=None, gt=0, le=1, description="Relative half-width of 'about'.")
    unit: str = ""

    @model_validator(mode="after")
    def _complete(self) -> Statement:
        needs = {
            "about": ("value", "tolerance"),
            "between": ("low", "high"),
            "rises": (),
            "falls": (),
            "is": (),
        }.get(self.relation, ("value",))
        missing = [name for name in needs if getattr(self, name) is None]
        if missing:
            raise ValueError(f"relation '{self.relation}' needs {' and '.join(missing)}")
        if self.relation == "between" and not (self.low or 0) < (self.high or 0):
            raise ValueError(f"low must lie below high; got {self.low} and {self.high}")
        return self

    def band(self) -> tuple[float, float]:
        """Return the ends of what counts as true, in the unit of the statement; infinite where open."""
        inf = float("inf")
        value = self.value if self.value is not None else 0.0
        if self.relation == "about":
            width = abs(value) * (self.tolerance or 0.0)
            return value - width, value + width
        if self.relation == "between":
            return float(self.low or 0.0), float(self.high or 0.0)
        if self.relation == "rank":
            return value - 0.5, value + 0.5
        if self.relation in ("more_than", "at_least"):
            return value, inf
        if self.relation in ("less_than", "at_most"):
            return -inf, value
        return (1.0, inf) if self.relation == "rises" else (-inf, 1.0)


class Reading(Part):
    """One way to understand a claim, with the test it allows."""

    id: str = Field(pattern=r"^[a-z0-9][a-z0-9-]*$")
    text: Text
    statement: Statement
    test: Term
    year: int = Field(description="Year the statement speaks of under this reading.")
    earlier: Span | None = Field(
        default=None, description="Earlier years in which the statement may have been true: decides 'stale'."
    )
    published: bool = Field(
        default=False,
        description="About the figure as published, not about the world: only rounding errs.",
    )
    repeats: tuple[Rows, ...] = Field(default=(), description="Rows that repeat the claim or its source.")
    note: str = Field(default="", description="Definitions, and what the reading leaves out.")


class Claim(Part):
    """A published statement."""

    id: str = Field(pattern=r"^[a-z0-9][a-z0-9-]*$")
    text: Text = Field(description="What is said, in our words; figures as in the text.")
    topic: str = ""
    traces: tuple[Rows, ...] = Field(default=(), description="Where the figure may come from.")
    figure: Amount | None = Field(default=None, description="The figure to trace, in the unit of the rows.")
    readings: tuple[Reading, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _unique(self) -> Claim:
        seen: set[str] = set()
        for reading in self.readings:
            if reading.id in seen:
                raise ValueError(f"two readings are called '{reading.id}'")
            seen.add(reading.id)
        return self


class Rate(Part):
    """How money of another currency becomes the unit of account."""

    currency: str = Field(description="Code that opens the unit of a row, such as GBP in GBP/kg.")
    place: str = Field(description="Place whose exchange rate is used.")


class Exchange(Part):
    """Where rates of exchange are found in the ledger (local currency for one unit of account)."""

    quantity: str
    into: str = "USD"
    rates: tuple[Rate, ...] = ()


class ClaimFile(Part):
    """A file of claims made by one text."""

    about: Text = Field(description="The text that makes the claims: author, title, year.")
    year: int = Field(description="Year of the text.")
    exchange: Exchange | None = None
    claims: tuple[Claim, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _unique(self) -> ClaimFile:
        seen: set[str] = set()
        for claim in self.claims:
            if claim.id in seen:
                raise ValueError(f"two claims are called '{claim.id}'")
            seen.add(claim.id)
        return self


def queries_of(term: Term) -> tuple[Rows, ...]:
    """Return every query of rows inside a test."""
    found: list[Rows] = []
    for leaf in term.leaves():
        if leaf.rows is not None:
            found.append(leaf.rows)
        if leaf.rank is not None:
            found += [leaf.rank.of, *leaf.rank.among]
        if leaf.outcome is not None:
            found.append(leaf.outcome.rows)
    return tuple(found)


def find_unknown(
    claims: ClaimFile, quantities: Collection[str], places: Collection[str]
) -> list[tuple[tuple[str | int, ...], str, str]]:
    """Return what a file of claims refers to and a pack does not have.

    Returns
    -------
    list of (location, kind, id)
        Location as key path into the file, ``("claims", 3, "readings", 0)``; kind ``quantity`` or ``place``.
    """
    unknown = []
    for number, claim in enumerate(claims.claims):
        places_in = [(("claims", number), query) for query in claim.traces]
        for index, reading in enumerate(claim.readings):
            where = ("claims", number, "readings", index)
            places_in += [(where, query) for query in (*queries_of(reading.test), *reading.repeats)]
        for where, query in places_in:
            unknown += [(where, "quantity", word) for word in query.quantity if word not in quantities]
            unknown += [(where, "place", word) for word in query.place if word not in places]
    return list(dict.fromkeys(unknown))
