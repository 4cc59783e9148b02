"""One way to estimate a hidden population, with its answer: a row of the table that every method gives."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Specification:
    """A method with its options, and the size that it estimates or the reason why it gives none.

    Attributes
    ----------
    method : such as ``stepwise`` or ``chao``.
    options : what was chosen, in words, such as ``threshold 0.02``; empty where there was no choice.
    terms : interactions of the model that was fitted, such as ``A:C``; empty for main effects only.
    n_hat : people, seen and unseen. None where the specification has no estimate.
    low, high : ends of the 95 percent interval, people. None where it was not computed.
    reason : why there is no estimate, or what to know about it; empty if nothing.
    label : name for figures and tables.
    citation : key of docs/references.bib.
    """

    method: str
    options: str
    terms: tuple[str, ...]
    n_hat: float | None
    low: float | None
    high: float | None
    reason: str = ""
    label: str = ""
    citation: str = ""

    @property
    def name(self) -> str:
        """The label, or method and options where it has none."""
        return self.label or " ".join(part for part in (self.method, self.options) if part)

    def as_dict(self) -> dict[str, object]:
        """The fields that `--json` prints."""
        return {
            "method": self.method,
            "options": self.options,
            "terms": list(self.terms),
            "n_hat": self.n_hat,
            "low": self.low,
            "high": self.high,
            "reason": self.reason,
            "label": self.name,
            "citation": self.citation,
        }


def has_estimate(specifications: Sequence[Specification]) -> bool:
    """Whether at least one specification has an estimate."""
    return any(each.n_hat is not None for each in specifications)
