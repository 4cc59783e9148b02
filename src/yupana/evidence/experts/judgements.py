"""Quantiles that experts gave, as one checked table."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from typing import TYPE_CHECKING

from yupana.core.errors import DataError

if TYPE_CHECKING:
    import numpy as np

SCALES = ("uniform", "log")
OVERSHOOT = 0.1
"""What is added to a question's range on either side, as a share: what nobody thought of (cooke1991)."""


@dataclass(frozen=True)
class Judgements:
    """What every expert said of every question.

    Attributes
    ----------
    levels : (level,), probabilities of the quantiles, rising, within 0 and 1.
    experts, questions : names.
    quantiles : (expert, question, level), rising along the levels.
    truths : (question,), what is known of seed questions; None for the others.
    scales : (question,), ``uniform``, or ``log`` for what may vary by powers of ten.

    Raises
    ------
    DataError
        Y263 where quantiles do not rise, Y264 where one is missing or no number, Y266 where the table has
        another shape, a name twice, or a log scale with numbers that are not positive.
    """

    levels: tuple[float, ...]
    experts: tuple[str, ...]
    questions: tuple[str, ...]
    quantiles: tuple[tuple[tuple[float, ...], ...], ...]
    truths: tuple[float | None, ...]
    scales: tuple[str, ...]

    def __post_init__(self) -> None:
        self._check_shape()
        for expert, rows in zip(self.experts, self.quantiles, strict=True):
            for question, row in zip(self.questions, rows, strict=True):
                check_quantiles(row, self.levels, f"{expert}, question {question}")
        for i, (question, scale) in enumerate(zip(self.questions, self.scales, strict=True)):
            known = self.truths[i]
            if known is not None and not math.isfinite(known):
                raise DataError("a truth is no number", code="Y266", where=f"question {question}", got=known)
            least = min(rows[i][0] for rows in self.quantiles)
            if scale == "log" and min(least, least if known is None else known) <= 0:
                raise DataError(
                    "a log scale needs positive numbers", code="Y266", where=f"question {question}",
                    got=f"{least:g}" if least <= 0 else f"truth {known:g}", expected="numbers above 0",
                    fix="Write scale uniform, or leave it out.",
                )  # fmt: skip

    def _check_shape(self) -> None:
        rising = all(a < b for a, b in pairwise(self.levels))
        if len(self.levels) < 2 or not rising or not self.levels[0] > 0 or not self.levels[-1] < 1:
            raise DataError("levels of quantiles not usable", code="Y264", got=str(self.levels),
                            expected="two or more, rising, between 0 and 1")  # fmt: skip
        for names, noun in ((self.experts, "expert"), (self.questions, "question")):
            if not names or len(set(names)) != len(names):
                raise DataError(f"no {noun}, or one {noun} twice", code="Y266",
                                got=", ".join(names) or "none", expected="one name each")  # fmt: skip
        shape = len(self.quantiles) == len(self.experts) and all(
            len(rows) == len(self.questions) for rows in self.quantiles
        )
        if not shape or len(self.truths) != len(self.questions) or len(self.scales) != len(self.questions):
            raise DataError("the table has holes", code="Y266",
                            expected="quantiles of every expert for every question")  # fmt: skip
        odd = [scale for scale in self.scales if scale not in SCALES]
        if odd:
            raise DataError("unknown scale", code="Y266", got=odd[0], expected=" or ".join(SCALES))

    @property
    def seeds(self) -> tuple[int, ...]:
        """Positions of the questions with a known truth."""
        return tuple(i for i, truth in enumerate(self.truths) if truth is not None)

    @property
    def targets(self) -> tuple[int, ...]:
        """Positions of the questions whose truth is not known."""
        return tuple(i for i, truth in enumerate(self.truths) if truth is None)

    @cached_property
    def array(self) -> np.ndarray:
        """(expert, question, level), quantiles; logarithms where the scale is log."""
        import numpy as np

        values = np.array(self.quantiles, dtype=float)
        for i, scale in enumerate(self.scales):
            if scale == "log":
                values[:, i] = np.log(values[:, i])
        return values

    def truth(self, question: int) -> float:
        """The known truth of a seed question, its logarithm where the scale is log."""
        known = self.truths[question]
        if known is None:
            raise DataError("no seed question", code="Y265", where=f"question {self.questions[question]}")
        return math.log(known) if self.scales[question] == "log" else known

    def range_of(self, question: int) -> tuple[float, float]:
        """The ends that all densities of a question share, quantiles and truth and overshoot; scaled."""
        values = self.array[:, question]
        ends = [float(values.min()), float(values.max())]
        if self.truths[question] is not None:
            ends.append(self.truth(question))
        low, high = min(ends), max(ends)
        return low - OVERSHOOT * (high - low), high + OVERSHOOT * (high - low)

    def unscaled(self, question: int, value: float) -> float:
        """A scaled value in the question's own unit."""
        return math.exp(value) if self.scales[question] == "log" else float(value)


def check_quantiles(values: tuple[float, ...], levels: tuple[float, ...], where: str) -> None:
    """Refuse quantiles that are missing or do not rise.

    Raises
    ------
    DataError
        Y264 where one is missing or no number, Y263 where they do not rise.
    """
    if len(values) != len(levels) or not all(math.isfinite(value) for value in values):
        raise DataError("a quantile is missing or no number", code="Y264", where=where,
                        got=", ".join(map(str, values)), expected=f"{len(levels)} numbers")  # fmt: skip
    if any(a >= b for a, b in pairwise(values)):
        raise DataError(
            "quantiles do not rise", code="Y263", where=where,
            got=", ".join(f"q{100 * p:02g} {value:g}" for p, value in zip(levels, values, strict=True)),
            expected="each above the one before",
        )  # fmt: skip
