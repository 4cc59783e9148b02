"""What scores say of rival models: differences, weights, and whether anything can be told at all."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from yupana.analysis.stacking import Weights, pseudo_weights, stack, total_error

LEAST_YEARS = 4
"""Years below which one-year-ahead scores decide nothing."""
LEVEL = 0.90
BAD_SHAPE = 0.7  # Pareto shape above which a leave-one-out score is not to be trusted
APART, LEANING, OPEN = "told apart", "leaning", "not told apart"


@dataclass(frozen=True)
class Measure:
    """How a rival does by one measure.

    Attributes
    ----------
    elpd : sum of log predictive densities of the figures' logs. se : of it, over units.
    difference : from the best rival of the question, zero or less. difference_se : over units.
    noise : Monte Carlo error of `elpd`: of so few draws.
    weight, weight_se, weight_q05, weight_q95 : in the averaged forecast, with error by resampling units.
    worse : whether the difference from the best is beyond its 90 percent interval, noise included.
    """

    elpd: float
    se: float
    difference: float
    difference_se: float
    noise: float
    weight: float
    weight_se: float
    weight_q05: float
    weight_q95: float
    worse: bool


@dataclass(frozen=True)
class RivalScore:
    """One rival.

    Attributes
    ----------
    id, words : as the pack says. ahead : one-year-ahead, units are years; weights by stacking.
    left_out : leave-one-out, units are figures; weights of pseudo-BMA with the Bayesian bootstrap.
    bad_shapes : figures whose leave-one-out score is not to be trusted.
    log_evidence : of all figures, over that of the pack's own priors.
    """

    id: str
    words: str
    ahead: Measure
    left_out: Measure
    bad_shapes: int
    log_evidence: float


@dataclass(frozen=True)
class Answer:
    """What the figures say of one question.

    Attributes
    ----------
    rivals : in the order of the pack. finding : ``told apart``, ``leaning`` or ``not told apart``.
    said : the same in words.
    """

    id: str
    question: str
    form: str
    rivals: tuple[RivalScore, ...]
    finding: str
    said: str


@dataclass(frozen=True)
class Comparison:
    """All questions of a pack.

    Attributes
    ----------
    pack : id. stamp : of what decides draws, with the rivals. until : last year of the figures.
    origins : of the one-year-ahead scores. draws : of every posterior.
    figures, figures_ahead : number of figures left out one by one, and foretold.
    fit : address of the fit whose draws the last year starts from, or None. failed : gates that it failed.
    """

    pack: str
    stamp: str
    until: int
    origins: tuple[int, ...]
    draws: int
    seed: int
    figures: int
    figures_ahead: int
    answers: tuple[Answer, ...]
    fit: str | None = None
    failed: tuple[str, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """Return plain types; an error that one unit cannot have is None."""
        body = _plain(asdict(self))
        body["questions"] = body.pop("answers")
        body["origins"] = list(self.origins)
        return body


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value]
    return None if isinstance(value, float) and not np.isfinite(value) else value


@dataclass(frozen=True, eq=False)
class Scores:
    """Scores of one rival.

    Attributes
    ----------
    years : (year,), one-year-ahead log predictive density of each year's figures, summed.
    year_noise : (year,), Monte Carlo error of each.
    figures : (figure,), leave-one-out scores. figure_noise : of their sum. shapes : (figure,), Pareto shapes.
    log_evidence : over that of the pack's own priors.
    """

    years: np.ndarray
    year_noise: np.ndarray
    figures: np.ndarray
    figure_noise: float
    shapes: np.ndarray
    log_evidence: float


def answer(
    id: str,
    question: str,
    form: str,
    rivals: Sequence[tuple[str, str]],
    scores: Mapping[str, Scores],
    seed: int,
) -> Answer:
    """Return what scores say of a question.

    Parameters
    ----------
    rivals : id and words of each. scores : by id.
    """
    each = [scores[name] for name, _ in rivals]
    years = np.stack([one.years for one in each], axis=1)
    figures = np.stack([one.figures for one in each], axis=1)
    year_noise = np.array([np.sqrt((one.year_noise**2).sum()) for one in each])
    figure_noise = np.array([one.figure_noise for one in each])
    ahead = _measures(years, year_noise, stack(years, seed))
    left = _measures(figures, figure_noise, pseudo_weights(figures, seed))
    found = tuple(
        RivalScore(
            name, words, ahead[i], left[i], int((each[i].shapes > BAD_SHAPE).sum()), each[i].log_evidence
        )
        for i, (name, words) in enumerate(rivals)
    )
    finding, said = _finding(found, len(years))
    return Answer(id, question, form, found, finding, said)


def _measures(scores: np.ndarray, noise: np.ndarray, weights: Weights) -> list[Measure]:
    from scipy.stats import t

    units = len(scores)
    total = scores.sum(axis=0)
    best = int(np.argmax(total))
    wide = float(t.ppf(0.5 + LEVEL / 2.0, max(units - 1, 1)))
    found = []
    for i in range(scores.shape[1]):
        apart = scores[:, i] - scores[:, best]
        error = total_error(apart) if i != best else 0.0
        reach = wide * float(np.hypot(error, np.hypot(noise[i], noise[best])))
        enough = units >= LEAST_YEARS
        found.append(
            Measure(
                elpd=float(total[i]),
                se=total_error(scores[:, i]),
                difference=float(total[i] - total[best]),
                difference_se=error,
                noise=float(noise[i]),
                weight=float(weights.weights[i]),
                weight_se=float(weights.se[i]),
                weight_q05=float(weights.q05[i]),
                weight_q95=float(weights.q95[i]),
                worse=bool(enough and i != best and total[best] - total[i] > reach),
            )
        )
    return found


def _finding(rivals: Sequence[RivalScore], years: int) -> tuple[str, str]:
    both = [one.id for one in rivals if one.ahead.worse and one.left_out.worse]
    either = [one.id for one in rivals if one.ahead.worse != one.left_out.worse]
    said = []
    if both:
        said.append(f"Worse than the best rival by both measures: {', '.join(both)}.")
    if either:
        said.append(f"Worse by one measure and not by the other: {', '.join(either)}.")
    if not said:
        said.append(
            "No rival does worse than the best beyond what chance would do, by either measure: these figures "
            "do not decide, and weights say next to nothing."
        )
    if years < LEAST_YEARS:
        said.append(f"With {years} years of {LEAST_YEARS}, one-year-ahead scores decide nothing.")
    return APART if both else LEANING if either else OPEN, " ".join(said)
