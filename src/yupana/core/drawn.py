"""What the draws behind a number are, in words: the one place that says prior, posterior, or failed fit."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Drawn:
    """Where draws come from.

    Attributes
    ----------
    words : what every output made from them says.
    short : the same in a few words, to stand within a sentence.
    mark : the same in one or two words, to stand beside a number.
    """

    words: str
    short: str
    mark: str

    def to_json(self) -> dict[str, str]:
        """Return the words as a mapping."""
        return {"words": self.words, "short": self.short, "mark": self.mark}


PRIOR = Drawn("prior draws, not fitted to data", "prior draws", "prior")


def posterior(words: str, failed: bool) -> Drawn:
    """Return what draws of a fit are, `words` saying of which."""
    if failed:
        return Drawn(words, "posterior draws of a fit that failed gates", "failed fit")
    return Drawn(words, "posterior draws", "posterior")
