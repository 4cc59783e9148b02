"""What studies of a pack would measure in a run: columns, and the figures they would print in each draw."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from yupana.analysis.information import Figures, Floats, stack_figures
from yupana.core.errors import DataError, UsageError, YupanaError, did_you_mean
from yupana.core.names import listing
from yupana.results.selection import select, select_years

if TYPE_CHECKING:
    from yupana.ensemble.columns import Columns
    from yupana.evidence.pack import Pack
    from yupana.evidence.schema_studies import FieldStudy, Measure
    from yupana.results.result import Result


def find_studies(pack: Pack, wanted: Sequence[str] = ()) -> tuple[FieldStudy, ...]:
    """Return the studies of a pack, those of the ids that are wanted or all.

    Raises
    ------
    UsageError
        Y509 for an id that the pack does not have.
    """
    known = {study.id: study for study in pack.studies}
    for name in wanted:
        if name not in known:
            raise UsageError(
                f"unknown study {name!r}",
                code="Y509",
                where=f"pack {pack.id}, studies.yaml",
                got=name,
                expected=listing(known, 20) if known else "a pack with studies.yaml",
                fix=did_you_mean(name, known) or None,
            )
    return tuple(known[name] for name in dict.fromkeys(wanted)) or tuple(pack.studies)


def measured(measure: Measure, columns: Columns) -> tuple[tuple[str, str | None], ...]:
    """Return what a measure measures: columns, each with the column that it is divided by.

    Raises
    ------
    UsageError
        Y107 or Y108 for a variable or place that the model does not have.
    DataError
        Y503 where the two do not pair up.
    """
    tops = select(columns, measure.variable).columns
    if measure.over is None:
        return tuple((top, None) for top in tops)
    below = select(columns, measure.over).columns
    if len(below) not in (1, len(tops)):
        raise DataError(
            "a measure divides variables that do not pair up",
            code="Y503",
            where="studies.yaml",
            got=f"{len(tops)} of {measure.variable} over {len(below)} of {measure.over}",
            expected="as many of one as of the other, or one below",
        )
    return tuple(zip(tops, below * len(tops) if len(below) == 1 else below, strict=True))


def check_measures(pack: Pack) -> list[DataError]:
    """Return what is wrong with the variables that a pack's studies would measure."""
    from yupana.ensemble.columns import Columns
    from yupana.model import VARIABLES, build_config

    if not pack.studies:
        return []
    columns = Columns.of(VARIABLES, build_config(pack).dims)
    found = []
    for study in pack.studies:
        for measure in study.measures:
            try:
                measured(measure, columns)
            except YupanaError as fault:
                found.append(
                    DataError(
                        fault.what, code="Y503", where=("studies.yaml", f"study {study.id}"), got=fault.got,
                        expected=fault.expected, fix=fault.fix,
                    )
                )  # fmt: skip
    return found


def read_columns(result: Result, scenario: str, columns: Sequence[str], years: Sequence[int]) -> Floats:
    """Return values of one scenario, (column and year, draw)."""
    at = [result.years.index(year) for year in years]
    values = result.values(scenario, columns)[:, at].astype(np.float64)
    return values.reshape(-1, values.shape[-1])


def study_figures(
    result: Result, study: FieldStudy, scenario: str, year: int
) -> tuple[Figures, tuple[str, ...]]:
    """Return the figures of a study over all draws, and names of those that have no logarithm.

    Parameters
    ----------
    scenario : in which it measures. year : measured where the study names none.

    Raises
    ------
    UsageError
        Y104 for a year, Y107 or Y108 for a variable that the run does not hold.
    """
    parts, dropped = [], []
    for measure in study.measures:
        years = select_years(result.years, measure.years or (year,))
        pairs = measured(measure, result.manifest.columns)
        values = read_columns(result, scenario, [top for top, _ in pairs], years)
        if measure.over is not None:
            below = read_columns(result, scenario, [str(low) for _, low in pairs], years)
            with np.errstate(divide="ignore", invalid="ignore"):
                values = values / below
        positive = np.array([bool((row[np.isfinite(row)] > 0.0).all()) for row in values])
        positive &= np.isfinite(values).any(1)
        names = [f"{top} over {low}" if low else top for top, low in pairs for _ in years]
        dropped += [name for name, fine in zip(names, positive, strict=True) if not fine]
        count = int(positive.sum())
        if count:
            parts.append(
                Figures(
                    np.log(values[positive]),
                    np.full(count, measure.error),
                    np.full(count, measure.bias),
                    np.zeros(count, np.intp),
                )
            )
    if not parts:
        return Figures(np.zeros((0, result.draws)), np.zeros(0), np.zeros(0), np.zeros(0, np.intp)), tuple(
            dropped
        )
    return stack_figures(parts), tuple(dropped)
