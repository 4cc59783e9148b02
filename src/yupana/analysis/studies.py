"""Studies that could be bought, and what each can be expected to tell of an output or of a choice.

The draws of a run stand for what is known. In each draw a study would print its figures with its errors; how
much of the output's variance would be gone then, on average over what it may print, is its value
(raiffaschlaifer1961). For a choice between two scenarios it is the gain of choosing after the study.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from yupana.analysis.information import (
    LEAST_DRAWS,
    RESAMPLES,
    Estimate,
    Figures,
    Floats,
    Resampled,
    cost_samples,
    curve_of,
    distinct,
    linear_loss,
    linear_share,
    perfect_loss,
    resample,
)
from yupana.analysis.study_figures import read_columns, study_figures
from yupana.core.errors import DataError, UsageError
from yupana.core.names import listing
from yupana.results.selection import select_scenarios, select_years

if TYPE_CHECKING:
    from yupana.core.drawn import Drawn
    from yupana.evidence.schema_studies import FieldStudy
    from yupana.results.result import Result

MILLION = 1e6
_TELLING = ("coca_area", "leaf_price", "hcl_price", "homicide_rate")
"""Variables whose values in a run's first year tell copies of a draw from different draws."""


@dataclass(frozen=True)
class Question:
    """What one wants to know.

    Attributes
    ----------
    of : variable, one column. year : calendar year.
    between : two scenarios to choose from, or None for the output itself.
    threshold : what the first scenario must bring more than the second, in the unit of the output.
    scenario : the world in which studies measure, and, where nothing is chosen, in which the output is meant.
    """

    of: str
    year: int
    between: tuple[str, str] | None
    threshold: float
    scenario: str


@dataclass(frozen=True)
class StudyValue:
    """What one study can be expected to tell.

    Attributes
    ----------
    study : id. name : for people. figures : how many it would print.
    share : of the variance of what is asked, removed: as if all were normal. curved : the same by a spline.
    loss : of a choice, expected gain in the unit of the output; None where nothing is chosen.
    loss_curved : the same by a spline.
    per_million : share, or loss where there is one, by million US dollars.
    cost : 5, 50 and 95 percent, US dollars. pedigree : what error and cost rest on.
    dropped : figures that are not positive in every draw, and so have no logarithm.
    """

    study: str
    name: str
    figures: int
    share: Estimate
    curved: Estimate
    loss: Estimate | None
    loss_curved: Estimate | None
    per_million: Estimate
    cost: tuple[float, float, float]
    pedigree: str
    dropped: tuple[str, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """Return the value as plain data."""
        return {
            "study": self.study,
            "name": self.name,
            "figures": self.figures,
            "variance_removed": self.share.to_json(),
            "variance_removed_curved": self.curved.to_json(),
            "loss_removed": self.loss.to_json() if self.loss else None,
            "loss_removed_curved": self.loss_curved.to_json() if self.loss_curved else None,
            "per_million_usd": self.per_million.to_json(),
            "cost_usd": dict(zip(("q05", "q50", "q95"), self.cost, strict=True)),
            "pedigree": self.pedigree,
            "dropped": list(self.dropped),
        }


@dataclass(frozen=True)
class StudyFindings:
    """Studies in order of what they tell.

    Attributes
    ----------
    question : what is asked. unit : of the output. scale : ``"log"`` or ``"unit"``, of its variance.
    q05, q50, q95 : of the output, or of the difference, over draws, in `unit`.
    favours : share of draws in which the first scenario brings more than the threshold; None where nothing is
        chosen.
    perfect : gain of choosing with the output known; None where nothing is chosen.
    values : the most telling first. left_out : study -> why it was not valued.
    run, draws, different, drawn : of the run: draws used, how many of them are no copies, what they are.
    """

    question: Question
    unit: str
    scale: str
    interval: tuple[float, float, float]
    favours: float | None
    perfect: Estimate | None
    values: tuple[StudyValue, ...]
    run: str
    draws: int
    different: int
    drawn: Drawn
    left_out: Mapping[str, str] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        """Return the findings as plain data."""
        return {
            "run": self.run,
            "drawn_from": self.drawn.words,
            "draws": self.draws,
            "distinct_draws": self.different,
            "of": self.question.of,
            "year": self.question.year,
            "unit": self.unit,
            "variance_of": "log" if self.scale == "log" else "value",
            "between": list(self.question.between) if self.question.between else None,
            "threshold": self.question.threshold,
            "measured_in": self.question.scenario,
            "interval": dict(zip(("q05", "q50", "q95"), self.interval, strict=True)),
            "chance_first_is_more": self.favours,
            "loss_removed_if_known": self.perfect.to_json() if self.perfect else None,
            "studies": [value.to_json() for value in self.values],
            "left_out": dict(self.left_out),
        }


def value_studies(
    result: Result,
    studies: Sequence[FieldStudy],
    of: str,
    year: int | None = None,
    between: tuple[str, str] | None = None,
    threshold: float = 0.0,
    scenario: str | None = None,
) -> StudyFindings:
    """Return what each study can be expected to tell.

    Parameters
    ----------
    result : the run whose draws stand for what is known.
    studies : of the pack, or some of them.
    of : one column: ``cocaine_exports``, or ``coca_area[PLACE]``.
    year : calendar year; the run's last if none.
    between : two scenarios of the run to choose from: what is asked is then whether the first brings more.
    threshold : what it must bring more, in the unit of the output.
    scenario : in which studies measure; the baseline if the run has it, else its first.

    Raises
    ------
    UsageError
        Y107 or Y108 for the variable, Y104 for the year, Y301 for a scenario, Y111 for a scenario against
        itself, Y509 where there is no study.
    DataError
        Y405 where too few draws are left, Y503 for a study that names what the model does not have.
    """
    question = _question(result, of, year, between, threshold, scenario)
    if not studies:
        raise UsageError(
            "the pack names no study that could be bought",
            code="Y509",
            got="no studies.yaml, or an empty one",
            expected="studies.yaml, one entry for each study",
        )
    y, scale = _target(result, question)
    left_out: dict[str, str] = {}
    plans = {}
    for study in studies:
        try:
            plans[study.id] = study_figures(result, study, question.scenario, question.year)
        except UsageError as fault:
            if fault.code != "Y104":
                raise
            left_out[study.id] = f"measures {fault.got}, which the run does not hold"
    fine = np.isfinite(y)
    for figures, _ in plans.values():
        fine &= np.isfinite(figures.logs).all(0)
    _check(int(fine.sum()), y.size)
    copies = distinct(_telling(result, question.scenario)[:, fine])
    y = y[fine]
    values = []
    for number, study in enumerate(studies):
        if study.id not in plans:
            continue
        figures, dropped = plans[study.id]
        if not figures.errors.size:
            left_out[study.id] = "none of its figures is positive in every draw"
            continue
        kept = Figures(figures.logs[:, fine], figures.errors, figures.biases, figures.group)
        values.append(_value(study, kept, dropped, y, copies, question, number))
    return _findings(result, question, y, scale, copies, values, left_out)


def _question(
    result: Result,
    of: str,
    year: int | None,
    between: tuple[str, str] | None,
    threshold: float,
    scenario: str | None,
) -> Question:
    chosen = result.select(of)
    if len(chosen.columns) > 1:
        raise UsageError(
            f"{of} has several places",
            code="Y108",
            where="--of",
            got=of,
            expected=listing(chosen.columns, 20),
            fix=f"choose one of them, such as {chosen.columns[0]}",
        )
    (when,) = select_years(result.years, (year,)) if year is not None else (result.years[-1],)
    if between is not None:
        select_scenarios(result.scenarios, between)
        first, second = between
        if first == second:
            raise UsageError(
                "a scenario is compared with itself", code="Y111", where="--between", got=first,
                expected="two scenarios of the run",
            )  # fmt: skip
    if not np.isfinite(threshold):
        raise UsageError("a threshold is a number", code="Y102", where="--threshold", got=str(threshold))
    if scenario is not None:
        select_scenarios(result.scenarios, (scenario,))
    world = scenario or ("baseline" if "baseline" in result.scenarios else result.scenarios[0])
    return Question(next(iter(chosen.columns)), when, between, float(threshold), world)


def _target(result: Result, question: Question) -> tuple[Floats, str]:
    """Return what is asked, (draw,), and the scale of its variance."""
    if question.between:
        one, other = (
            read_columns(result, name, [question.of], [question.year])[0] for name in question.between
        )
        return one - other - question.threshold, "unit"
    y = read_columns(result, question.scenario, [question.of], [question.year])[0]
    if (y[np.isfinite(y)] > 0.0).all():
        with np.errstate(divide="ignore", invalid="ignore"):
            return np.log(y), "log"
    return y, "unit"


def _check(left: int, draws: int) -> None:
    if left < LEAST_DRAWS:
        raise DataError(
            "too few draws to say what a study would tell",
            code="Y405",
            got=f"{left} of {draws} draws that did not fail",
            expected=f"at least {LEAST_DRAWS}",
            fix="run the study with more --draws",
        )


def _telling(result: Result, scenario: str) -> Floats:
    """Return values by which copies of a draw are known, (column, draw): those of the run's first year."""
    names = [name for name in _TELLING if name in result.manifest.columns.owner]
    return read_columns(result, scenario, names or result.manifest.columns.names[:4], [result.years[0]])


def _value(
    study: FieldStudy,
    figures: Figures,
    dropped: tuple[str, ...],
    y: Floats,
    copies: Any,
    question: Question,
    seed: int,
) -> StudyValue:
    size = int(copies.max()) + 1
    share = resample(lambda w: linear_share(y, figures, w, size), copies, seed)
    curve = curve_of(y, figures, copies, seed, study.id)
    loss = loss_curved = None
    if question.between:
        loss = resample(lambda w: linear_loss(y, figures, w, size), copies, seed)
        loss_curved = resample(curve.loss, copies, seed).estimate()
    cost = (study.cost.low, study.cost.best, study.cost.high)
    main = loss or share
    paid = cost_samples(*cost, RESAMPLES, seed) / MILLION
    per_million = Resampled(main.value / (cost[1] / MILLION), main.samples / paid)
    return StudyValue(
        study=study.id,
        name=study.name,
        figures=int(figures.errors.size),
        share=share.estimate(),
        curved=resample(curve.share, copies, seed).estimate(),
        loss=loss.estimate() if loss else None,
        loss_curved=loss_curved,
        per_million=per_million.estimate(),
        cost=cost,
        pedigree=study.pedigree,
        dropped=dropped,
    )


def _findings(
    result: Result,
    question: Question,
    y: Floats,
    scale: str,
    copies: Any,
    values: list[StudyValue],
    left_out: Mapping[str, str],
) -> StudyFindings:
    shown = np.exp(y) if scale == "log" else y + question.threshold * bool(question.between)
    low, middle, high = (float(q) for q in np.quantile(shown, (0.05, 0.5, 0.95)))
    order = sorted(values, key=lambda v: (-(v.loss or v.share).value, v.study))
    return StudyFindings(
        question=question,
        unit=result.select(question.of).info.unit,
        scale=scale,
        interval=(low, middle, high),
        favours=float((y > 0.0).mean()) if question.between else None,
        perfect=resample(lambda w: perfect_loss(y, w), copies, 0).estimate() if question.between else None,
        values=tuple(order),
        run=result.id,
        draws=int(y.size),
        different=int(copies.max()) + 1,
        drawn=result.drawn,
        left_out=dict(left_out),
    )
