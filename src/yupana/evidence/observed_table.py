"""A table of figures from outside that forecasts are scored against: what, where, when, how much."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from pydantic import Field, model_validator

from yupana.core.errors import DataError
from yupana.evidence.faults import validate_rows
from yupana.evidence.reading import read_csv
from yupana.evidence.schema import Part, Text

Positive = Annotated[float, Field(gt=0, allow_inf_nan=False)]


class ObservedRow(Part):
    """One figure of an outside table."""

    series: Text = Field(description="Variable of the model, such as coca_area.")
    place: str = Field(default="", description="Place of the variable's dimension; empty for the whole.")
    period: Annotated[int, Field(ge=1800, le=2200)] = Field(description="Calendar year.")
    value: Positive
    low: Positive | None = None
    high: Positive | None = None
    unit: Text

    @model_validator(mode="after")
    def _ordered(self) -> ObservedRow:
        if (self.low is None) != (self.high is None):
            raise ValueError("low and high are given together or not at all")
        if self.low is not None and self.high is not None and not self.low <= self.value <= self.high:
            raise ValueError("value must lie from low to high")
        return self


@dataclass(frozen=True)
class Observed:
    """A row with where it stands in its file."""

    where: str
    row: ObservedRow


def read_observed(path: str | Path) -> tuple[Observed, ...]:
    """Return the rows of an outside table.

    Parameters
    ----------
    path : CSV file with the columns series, place, period, value, low, high, unit; place, low and high may be
        empty or left out.

    Raises
    ------
    DataError
        The first problem of the file; `problems` holds them all. Y201 where there is no such file.
    """
    file = Path(path).expanduser()
    if not file.is_file():
        raise DataError(
            "there is no such file",
            code="Y201",
            where=str(path),
            expected="a CSV file of figures",
            fix="check the path",
        )
    rows, faults = validate_rows(ObservedRow, read_csv(file, file.name))
    if faults:
        raise _all(faults)
    if not rows:
        raise DataError(
            "the table holds no row", code="Y203", where=str(path), expected="a row or more", fix="add one"
        )
    return tuple(Observed(f"{file.name} line {line}", row) for line, row in rows)


def _all(faults: list[DataError]) -> DataError:
    """Return one error for all faults: the first in words, the others counted."""
    first, more = faults[0], len(faults) - 1
    return DataError(
        first.what,
        code=first.code,
        where=first.where,
        got=first.got,
        expected=first.expected,
        fix=f"{first.fix} ({more} more in this file)" if more else first.fix,
        problems=faults,
    )
