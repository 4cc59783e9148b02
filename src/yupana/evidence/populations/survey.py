"""Sizes from surveys: whom respondents know (network scale-up), and what share a count covers
(multiplier)."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from yupana.core.errors import DataError
from yupana.evidence.populations.bounds import interval_of_positive
from yupana.evidence.populations.specification import Specification

if TYPE_CHECKING:
    import numpy as np


@dataclass(frozen=True)
class SurveySize:
    """A size from a survey.

    Attributes
    ----------
    method, options : name, and what was chosen, in words.
    n_hat, se : people and standard error (delta method).
    low, high : 95 percent interval, normal in the logarithm.
    note : what the number rests on.
    citation : key of docs/references.bib.
    """

    method: str
    options: str
    n_hat: float
    se: float
    low: float
    high: float
    note: str
    citation: str

    def specification(self) -> Specification:
        """The size as a row of the common table."""
        return Specification(
            self.method, self.options, (), self.n_hat, self.low, self.high, self.note, citation=self.citation
        )


def scale_up(
    known: Sequence[Sequence[float]],
    known_sizes: Sequence[float],
    hidden: Sequence[float],
    population: float,
    weights: Sequence[float] | None = None,
) -> SurveySize:
    """The basic network scale-up: people known in the hidden group over people known in all, times everybody.

    A respondent's ties are population * (people known in the groups of known size) / (sum of those sizes);
    the size is population * sum(hidden) / sum(ties). The standard error is that of a ratio over respondents,
    so it holds the spread between them; it holds no ignorance of membership, no false report and no barrier
    between groups, which bias the size and often dominate.

    Parameters
    ----------
    known : (respondent, group), people that a respondent knows in each group of known size.
    known_sizes : (group,), people in those groups.
    hidden : (respondent,), people that a respondent knows in the hidden group.
    population : people, hidden ones included, that respondents and groups belong to.
    weights : (respondent,), one over the chance to be asked; equal by default.

    Raises
    ------
    DataError
        Y232 where shapes differ, a count is negative, or nobody knows anybody.

    References
    ----------
    killworth1998

    Examples
    --------
    >>> from yupana.evidence.populations.survey import scale_up
    >>> scale_up([[2, 3], [1, 4]], [500, 1500], [1, 0], 100_000).n_hat
    200.0
    """
    import numpy as np

    counts, sizes, reports = (np.asarray(x, dtype=float) for x in (known, known_sizes, hidden))
    if counts.ndim != 2 or counts.shape != (len(reports), len(sizes)):
        raise DataError(
            "reports do not fit",
            code="Y232",
            got=f"known {counts.shape}, hidden {reports.shape}",
            expected="a row for each respondent, a column for each group of known size",
        )
    w = _weights(weights, len(reports))
    _refuse_negative(known=counts, known_sizes=sizes, hidden=reports)
    if not (population > 0 and sizes.sum() > 0):
        raise DataError("sizes are zero", code="Y232", got=f"population {population}, groups {sizes.sum()}",
                        expected="both above 0")  # fmt: skip
    ties = population * counts.sum(axis=1) / sizes.sum()
    share, se = _ratio(reports, ties, w, "nobody knows anyone in the groups of known size")
    return _size("scale-up", f"basic, {len(sizes)} groups, {len(reports)} respondents", population * share,
                 population * se, "assumes that hidden people are as well known, and as known of, as others",
                 "killworth1998")  # fmt: skip


def generalised_scale_up(
    reports: Sequence[float],
    weights: Sequence[float],
    visible: Sequence[float],
    visible_weights: Sequence[float],
    probe_size: float,
    frame_size: float,
) -> SurveySize:
    """The generalised network scale-up: reports about hidden people over how often one hidden person is
    reported.

    The size is sum(weights * reports) / (frame_size / probe_size * weighted mean of visible). A second
    sample, of hidden people, says how visible they are, so nothing is assumed of their ties.

    Parameters
    ----------
    reports : (respondent,), hidden people that each respondent of the frame reports to know.
    weights : (respondent,), people of the frame that each stands for: one over the chance to be asked.
    visible : (hidden respondent,), members of the probe groups who know that this person is in the hidden
    group. visible_weights : (hidden respondent,), relative weights of the second sample.
    probe_size, frame_size : people in the probe groups, and in the frame.

    Raises
    ------
    DataError
        Y232 where shapes differ, a number is negative, or no hidden person is visible.

    References
    ----------
    feehansalganik2016
    """
    import numpy as np

    y, seen = np.asarray(reports, dtype=float), np.asarray(visible, dtype=float)
    w, c = _weights(weights, len(y)), _weights(visible_weights, len(seen))
    _refuse_negative(reports=y, visible=seen)
    if not 0 < probe_size <= frame_size:
        raise DataError("sizes do not fit", code="Y232", got=f"probe {probe_size}, frame {frame_size}",
                        expected="0 < probe_size <= frame_size")  # fmt: skip
    total = float(w @ y)
    if not total:
        raise DataError("nobody reports a hidden person", code="Y232", expected="at least one report")
    total_se = math.sqrt(len(y) * float(np.var(w * y, ddof=1)))
    mean, mean_se = _ratio(seen, np.ones(len(seen)), c, "weights of the hidden sample are zero")
    if not mean:
        raise DataError("no hidden person is visible to the probe groups", code="Y232",
                        expected="at least one who is")  # fmt: skip
    size = total / (frame_size / probe_size * mean)
    se = size * math.hypot(total_se / total, mean_se / mean)
    return _size("scale-up", f"generalised, {len(y)} and {len(seen)} respondents", size, se,
                 "assumes that reports are true, and that the second sample represents hidden people",
                 "feehansalganik2016")  # fmt: skip


def multiplier(count: float, share: float, share_se: float, count_se: float = 0.0) -> SurveySize:
    """People counted by a service or register, over the share of the hidden population that says it was
    there.

    Parameters
    ----------
    count, count_se : people counted, and its standard error if the count is itself estimated.
    share, share_se : of a survey of the hidden population that says so, above 0 and at most 1.

    Raises
    ------
    DataError
        Y232 for a share that is no share, or a count below zero.

    References
    ----------
    unaids2010

    Examples
    --------
    >>> from yupana.evidence.populations.survey import multiplier
    >>> found = multiplier(600, 0.25, 0.025)
    >>> found.n_hat, found.se
    (2400.0, 240.0)
    """
    if not (0.0 < share <= 1.0 and count > 0.0 and share_se >= 0.0 and count_se >= 0.0):
        raise DataError(
            "count or share not usable", code="Y232", got=f"count {count}, share {share}",
            expected="a count above 0, a share above 0 and at most 1, errors not negative",
        )  # fmt: skip
    size = count / share
    se = size * math.hypot(share_se / share, count_se / count)
    return _size("multiplier", f"count {count:,.0f}, share {share:.3g}", size, se,
                 "assumes that count and survey speak of the same people, place and time",
                 "unaids2010")  # fmt: skip


def _size(method: str, options: str, size: float, se: float, note: str, citation: str) -> SurveySize:
    low, high = interval_of_positive(size, se)
    return SurveySize(method, options, size, se, low, high, note, citation)


def _ratio(top: np.ndarray, bottom: np.ndarray, weights: np.ndarray, empty: str) -> tuple[float, float]:
    """A ratio of weighted sums and its linearised standard error over respondents."""
    import numpy as np

    below = float(weights @ bottom)
    if not below:
        raise DataError(empty, code="Y232", expected="at least one")
    ratio = float(weights @ top) / below
    parts = weights * (top - ratio * bottom)
    n = len(parts)
    return ratio, math.sqrt(n / (n - 1) * float(np.sum(parts**2))) / below


def _weights(weights: Sequence[float] | None, respondents: int) -> np.ndarray:
    import numpy as np

    if respondents < 2:
        raise DataError("too few respondents for an error", code="Y232", got=f"{respondents}",
                        expected="two or more")  # fmt: skip
    found = np.ones(respondents) if weights is None else np.asarray(weights, dtype=float)
    if found.shape != (respondents,):
        raise DataError("weights do not fit", code="Y232", got=f"{found.size} weights",
                        expected=f"one for each of {respondents} respondents")  # fmt: skip
    _refuse_negative(weights=found)
    return found


def _refuse_negative(**columns: np.ndarray) -> None:
    import numpy as np

    for name, values in columns.items():
        if not np.all((values >= 0) & np.isfinite(values)):
            raise DataError(f"{name} holds a value that cannot be", code="Y232",
                            got=str(values[~((values >= 0) & np.isfinite(values))].flat[0]),
                            expected="numbers, 0 or more")  # fmt: skip
