"""Linear pools of experts: with equal weights, and with weights that seed questions earned."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from yupana.core.errors import DataError
from yupana.evidence.experts.classical import FEW_SEEDS, ExpertScore, score_experts, score_quantiles

if TYPE_CHECKING:
    import numpy as np

    from yupana.evidence.experts.judgements import Judgements


@dataclass(frozen=True)
class Pool:
    """One pooled answer to all questions, or why there is none.

    Attributes
    ----------
    name : ``equal`` or ``performance``.
    weights : expert -> share of the pool; they add up to 1. Empty where there is no pool.
    quantiles : (question, level), in each question's unit. Empty where there is no pool.
    score : of the pool's own quantiles; None without seed questions.
    cutoff : calibration below which an expert has no weight; None for equal weights.
    reason : why there is no pool, or what to know about it; empty if nothing.
    """

    name: str
    weights: dict[str, float]
    quantiles: tuple[tuple[float, ...], ...]
    score: ExpertScore | None
    cutoff: float | None
    reason: str


@dataclass(frozen=True)
class PooledJudgements:
    """Scores of the experts and both pools, always both.

    Attributes
    ----------
    scores : (expert,); empty without seed questions.
    equal, performance : the pools.
    """

    scores: tuple[ExpertScore, ...]
    equal: Pool
    performance: Pool

    @property
    def pools(self) -> tuple[Pool, Pool]:
        """Both pools."""
        return self.equal, self.performance


def pool_judgements(judgements: Judgements) -> PooledJudgements:
    """Both pools: equal weights, and Cooke's weights with the cutoff that makes the pool score best.

    Without seed questions, or where no expert earns a weight, the performance pool is empty and says why.

    Parameters
    ----------
    judgements : what experts said.

    References
    ----------
    cooke1991

    Examples
    --------
    >>> from yupana.evidence.experts import Judgements, pool_judgements
    >>> said = Judgements((0.05, 0.5, 0.95), ("a", "b"), ("tonnes",),
    ...                   (((1.0, 2.0, 3.0),), ((2.0, 3.0, 4.0),)), (None,), ("uniform",))
    >>> found = pool_judgements(said)
    >>> round(found.equal.quantiles[0][1], 6), found.performance.reason
    (2.5, 'no question has a known truth: experts cannot be scored')
    """
    experts = judgements.experts
    even = [1.0 / len(experts)] * len(experts)
    if not judgements.seeds:
        equal = _pool(judgements, "equal", even, None, None, "")
        reason = "no question has a known truth: experts cannot be scored"
        return PooledJudgements((), equal, Pool("performance", {}, (), None, None, reason))
    scores = score_experts(judgements)
    quantiles = pooled_quantiles(judgements, even)
    equal = _pool(judgements, "equal", even, score_quantiles(judgements, "equal", quantiles), None, "")
    return PooledJudgements(scores, equal, performance_pool(judgements, scores))


def performance_pool(judgements: Judgements, scores: Sequence[ExpertScore]) -> Pool:
    """The pool under Cooke's weights: calibration times information, zero below the best cutoff.

    Every expert's calibration is tried as cutoff; kept is the one whose pool has the largest product of
    calibration and information on the seed questions. These also set the weights, so the pool's own score
    flatters it.

    Parameters
    ----------
    judgements : what experts said.
    scores : (expert,), of the same experts.

    Raises
    ------
    DataError
        Y265 where no question has a known truth.
    """
    best: tuple[float, float, list[float], ExpertScore] | None = None
    for cutoff in sorted({score.calibration for score in scores}):
        raw = [score.combined if score.calibration >= cutoff else 0.0 for score in scores]
        total = sum(raw)
        if not total > 0.0:
            continue
        weights = [weight / total for weight in raw]
        score = score_quantiles(judgements, "performance", pooled_quantiles(judgements, weights))
        if best is None or score.combined > best[0]:
            best = (score.combined, cutoff, weights, score)
    if best is None:
        return Pool(
            "performance", {}, (), None, None, "no expert earns a weight: calibration is zero for all"
        )
    _, cutoff, weights, score = best
    seeds = len(judgements.seeds)
    reason = f"only {seeds} seed questions: scores say little" if seeds < FEW_SEEDS else ""
    return _pool(judgements, "performance", weights, score, cutoff, reason)


def _pool(
    judgements: Judgements, name: str, weights: Sequence[float], score: ExpertScore | None,
    cutoff: float | None, reason: str,
) -> Pool:  # fmt: skip
    scaled = pooled_quantiles(judgements, weights)
    quantiles = tuple(
        tuple(judgements.unscaled(question, value) for value in row) for question, row in enumerate(scaled)
    )
    shares = dict(zip(judgements.experts, map(float, weights), strict=True))
    return Pool(name, shares, quantiles, score, cutoff, reason)


def pooled_quantiles(judgements: Judgements, weights: Sequence[float]) -> np.ndarray:
    """(question, level), scaled quantiles of the weighted mean of the experts' distributions.

    An expert's distribution has the stated probability between neighbouring quantiles, spread evenly over the
    question's scale, and in the tails down to the ends of its range (cooke1991).

    Parameters
    ----------
    judgements : what experts said.
    weights : (expert,), adding up to 1.

    Raises
    ------
    DataError
        Y266 where weights do not fit.
    """
    import numpy as np

    w = np.asarray(weights, dtype=float)
    if w.shape != (len(judgements.experts),) or np.any(w < 0) or abs(w.sum() - 1.0) > 1e-9:
        raise DataError("weights do not fit", code="Y266", got=str(list(weights)),
                        expected="one for each expert, none negative, adding up to 1")  # fmt: skip
    steps = np.array([0.0, *judgements.levels, 1.0])
    found = np.empty((len(judgements.questions), len(judgements.levels)))
    for question in range(len(judgements.questions)):
        low, high = judgements.range_of(question)
        values = judgements.array[:, question]
        knots = np.unique(np.concatenate([[low, high], values.ravel()]))
        curves = [np.interp(knots, [low, *row, high], steps) for row in values]
        found[question] = np.interp(judgements.levels, w @ np.array(curves), knots)
    return found
