"""Cooke's classical model: experts scored by questions with a known answer (cooke1991, cookegoossens2008)."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from yupana.core.errors import DataError

if TYPE_CHECKING:
    import numpy as np

    from yupana.evidence.experts.judgements import Judgements

FEW_SEEDS = 8
"""Seed questions below which scores say little; ten or so are usual."""


@dataclass(frozen=True)
class ExpertScore:
    """How well a set of quantiles met known truths, and how much it said.

    Attributes
    ----------
    name : of the expert or pool.
    calibration : 0 to 1. Probability of truths at least as far from the stated probabilities, were those
        right.
    information : mean over seed questions, nats; how much narrower than the question's range the density is.
    information_all : the same over all questions.
    counts : (bin,), seed questions whose truth fell below the first quantile, between, ..., above the last.
    """

    name: str
    calibration: float
    information: float
    information_all: float
    counts: tuple[int, ...]

    @property
    def combined(self) -> float:
        """Calibration times information over the seed questions: the weight before the cutoff."""
        return self.calibration * self.information


def score_experts(judgements: Judgements) -> tuple[ExpertScore, ...]:
    """The score of every expert, in the order of the table.

    Raises
    ------
    DataError
        Y265 where no question has a known truth.

    References
    ----------
    cooke1991
    """
    return tuple(
        score_quantiles(judgements, name, judgements.array[i]) for i, name in enumerate(judgements.experts)
    )


def score_quantiles(judgements: Judgements, name: str, quantiles: np.ndarray) -> ExpertScore:
    """The score of one set of quantiles.

    Of n seed questions the shares s of truths in each bin are compared with the stated p: 2 n sum(s log(s /
    p)) is about chi-squared with one degree of freedom less than bins, and calibration its upper tail.
    Information is the mean of sum(p log(p / r)), r the bin's share of the question's range.

    Parameters
    ----------
    judgements : questions, levels and truths.
    name : of whose quantiles these are.
    quantiles : (question, level), scaled.

    Raises
    ------
    DataError
        Y265 where no question has a known truth.
    """
    import numpy as np
    from scipy.stats import chi2

    seeds = judgements.seeds
    if not seeds:
        raise DataError("no question has a known truth", code="Y265",
                        got=f"{len(judgements.questions)} questions", expected="some truths")  # fmt: skip
    stated = bin_probabilities(judgements.levels)
    counts = np.zeros(len(stated), dtype=int)
    for question in seeds:
        counts[int(np.searchsorted(quantiles[question], judgements.truth(question), side="left"))] += 1
    statistic = 2.0 * len(seeds) * relative_information(counts / len(seeds), stated)
    information = [_information(judgements, question, quantiles[question]) for question in
                   range(len(judgements.questions))]  # fmt: skip
    return ExpertScore(
        name,
        float(chi2.sf(statistic, len(stated) - 1)),
        float(np.mean([information[question] for question in seeds])),
        float(np.mean(information)),
        tuple(int(count) for count in counts),
    )


def bin_probabilities(levels: Sequence[float]) -> np.ndarray:
    """(bin,), what the levels say of each bin: 0.05, 0.45, 0.45, 0.05 for 5, 50 and 95 percent."""
    import numpy as np

    return np.diff([0.0, *levels, 1.0])


def relative_information(found: Sequence[float] | np.ndarray, stated: np.ndarray) -> float:
    """Sum of found log(found / stated), nats; empty bins add nothing."""
    return sum(float(s) * math.log(float(s) / float(p)) for s, p in zip(found, stated, strict=True) if s > 0)


def _information(judgements: Judgements, question: int, quantiles: np.ndarray) -> float:
    import numpy as np

    low, high = judgements.range_of(question)
    widths = np.diff([low, *quantiles, high]) / (high - low)
    return relative_information(bin_probabilities(judgements.levels), widths)
