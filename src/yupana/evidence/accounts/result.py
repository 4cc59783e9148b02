"""What a set of accounts answers: lines with intervals, what each rests on, and the sums that must hold."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, Literal

from yupana.evidence.accounts.amounts import Amount

Who = Literal["residents", "non-residents", "both", "unknown"]
Part = Literal["generation", "flow", "management", "gold", "mistake"]

PARTS: dict[str, str] = {
    "generation": "Income generation",
    "flow": "What crosses the border",
    "management": "Income management",
    "gold": "Gold",
    "mistake": "The mistake to avoid: never a total",
}
"""Sections of the accounts, in order."""


@dataclass(frozen=True)
class Line:
    """One line of the accounts.

    Attributes
    ----------
    part : section; see `PARTS`.
    id, name : name for machines and for people.
    stage : where it is valued; empty where that does not matter.
    who : whose income it is.
    account : what the sum is a sum of.
    unit : unit of the quantiles.
    q05, q50, q95 : 5th, 50th and 95th percentile; None where there is no evidence.
    mass : reconciled quantities it rests on. rows : ids of rows of the ledger.
    contraction : of the mass, the smallest of its quantities; None where no reconciled mass enters.
    marks : why it is set by a prior rather than by data, in words; empty where it is not.
    note : what the line says and does not say; the reason where there is no evidence.
    """

    part: Part
    id: str
    name: str
    stage: str
    who: Who
    account: str
    unit: str
    q05: float | None
    q50: float | None
    q95: float | None
    mass: tuple[str, ...] = ()
    rows: tuple[str, ...] = ()
    contraction: float | None = None
    marks: tuple[str, ...] = ()
    note: str = ""

    @property
    def known(self) -> bool:
        """Whether the ledger has evidence for the line."""
        return self.q50 is not None


@dataclass(frozen=True, eq=False)
class Accounts:
    """The accounts of one country and year under one anchor.

    Attributes
    ----------
    pack, year, anchor, solver : what was asked.
    money : in words, such as ``million USD of 2012``.
    lines : in the order of the sections.
    amounts : the draws behind each line that has any, by id; joint draw by draw.
    """

    pack: str
    year: int
    anchor: str
    solver: str
    money: str
    lines: tuple[Line, ...]
    amounts: dict[str, Amount]

    def __getitem__(self, name: str) -> Line:
        """The line of that id."""
        return next(line for line in self.lines if line.id == name)

    def __contains__(self, name: str) -> bool:
        return any(line.id == name for line in self.lines)

    def as_dict(self) -> dict[str, Any]:
        """Plain data, without the draws."""
        return {
            "pack": self.pack,
            "year": self.year,
            "anchor": self.anchor,
            "solver": self.solver,
            "money": self.money,
            "lines": [{**asdict(line), "prior": bool(line.marks)} for line in self.lines],
        }
