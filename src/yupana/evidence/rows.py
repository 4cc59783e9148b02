"""Rows of the ledger: one measurement, one source."""

from __future__ import annotations

import datetime
import math
import re
from functools import cached_property
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, model_validator

from yupana.evidence.schema import Confidence, Id, Kind, Part, RowId, Text

SourceKind = Literal["un", "us", "police", "government", "press", "academic", "judgement", "data"]
Seen = Literal["retrieved", "secondary", "recalled", "judged"]

Finite = Annotated[float, Field(allow_inf_nan=False)]
_DATE = re.compile(r"^(\d{4})(?:-(\d{2}))?(?:-(\d{2}))?$")
_SPAN = re.compile(r"^(\d{4})\s*-\s*(\d{4})$")


def _day(value: Any) -> Any:
    if isinstance(value, str) and value:
        if len(value) != len("YYYY-MM-DD"):
            raise ValueError(f"expected a day written YYYY-MM-DD; got {value!r}")
        first_day(value)
    return value


class Source(Part):
    """sources.csv: a document or data set."""

    id: RowId
    title: Text
    publisher: Text
    year: Annotated[int, Field(ge=1500, le=2200)] | None = None
    url: str = ""
    kind: SourceKind
    accessed: Annotated[str, BeforeValidator(_day)] = Field(
        default="", description="Day on which it was last read, YYYY-MM-DD; empty where not noted."
    )
    note: str = ""


def _value(value: Any) -> Any:
    """A number where the text is one, the text itself otherwise."""
    if not isinstance(value, str):
        return value
    try:
        number = float(value)
    except ValueError:
        return value
    if not math.isfinite(number):
        raise ValueError(f"expected a finite number; got {value}")
    return number


def _ids(value: Any) -> Any:
    if isinstance(value, str):
        return tuple(part.strip() for part in value.split(";") if part.strip())
    return value if value is not None else ()


def first_day(text: str) -> datetime.date:
    """First day of a year, month or day written ``YYYY[-MM[-DD]]``.

    Raises
    ------
    ValueError
        When the text is none of these.
    """
    year, month, day = _date_parts(text)
    return datetime.date(year, month or 1, day or 1)


def last_day(text: str) -> datetime.date:
    """Last day of a year, month or day written ``YYYY[-MM[-DD]]``.

    Raises
    ------
    ValueError
        When the text is none of these.
    """
    year, month, day = _date_parts(text)
    if day is not None:
        return datetime.date(year, month or 1, day)
    if month in (None, 12):
        return datetime.date(year, 12, 31)
    return datetime.date(year, (month or 1) + 1, 1) - datetime.timedelta(days=1)


def implied_bounds(period: str) -> tuple[str, str]:
    """Start and end of a period that names no others: ``2008-2012`` has two, all else is both."""
    span = _SPAN.match(period.strip())
    return (span[1], span[2]) if span else (period.strip(), period.strip())


def _date_parts(text: str) -> tuple[int, int | None, int | None]:
    match = _DATE.match(text.strip())
    if match is None:
        raise ValueError(f"expected YYYY, YYYY-MM or YYYY-MM-DD; got {text!r}")
    year, month, day = match.groups()
    return int(year), int(month) if month else None, int(day) if day else None


class Measurement(Part):
    """evidence/*.csv: one published figure about one quantity, place and period.

    `value` may be missing where a source gives only a range; it is a text where the quantity is one.
    """

    id: RowId
    quantity: Id
    place: Text
    period: Text = Field(description="The period as the source words it.")
    start: str = Field(default="", description="First day or year; read from `period` if empty.")
    end: str = Field(default="", description="Last day or year; read from `period` if empty.")
    value: Annotated[Finite | str | None, BeforeValidator(_value)] = None
    low: Finite | None = None
    high: Finite | None = None
    unit: Text
    basis: str = ""
    kind: Kind
    account: str = ""
    source: RowId
    vintage: Annotated[int, Field(ge=1500, le=2200)] | None = Field(
        default=None, description="Year in which the figure was published; the source's year by default."
    )
    derived_from: Annotated[tuple[RowId, ...], BeforeValidator(_ids)] = ()
    seen: Seen
    pedigree: Annotated[int, Field(ge=0, le=4)]
    confidence: Confidence
    note: str = ""

    @model_validator(mode="before")
    @classmethod
    def _dates(cls, data: Any) -> Any:
        if not isinstance(data, dict) or data.get("start") or data.get("end"):
            return data
        start, end = implied_bounds(str(data.get("period", "")))
        return {**data, "start": start, "end": end}

    @model_validator(mode="after")
    def _complete(self) -> Measurement:
        if not (self.start and self.end):
            raise ValueError("start and end: give both, or neither where the period is a year or YYYY-YYYY")
        if first_day(self.start) > last_day(self.end):
            raise ValueError(f"start must not lie after end; got {self.start} and {self.end}")
        if self.value is None and self.low is None and self.high is None:
            raise ValueError("value, low, high: at least one must be given")
        if self.low is not None and self.high is not None and self.low > self.high:
            raise ValueError(f"low must not lie above high; got {self.low} and {self.high}")
        if isinstance(self.value, float) and self._outside(self.value):
            raise ValueError(f"value must lie within low and high; got {self.value}, {self.low}, {self.high}")
        return self

    def _outside(self, value: float) -> bool:
        below = self.low is not None and value < self.low
        return below or (self.high is not None and value > self.high)

    @cached_property
    def years(self) -> tuple[int, int]:
        """First and last calendar year of the period."""
        return first_day(self.start).year, last_day(self.end).year

    @property
    def number(self) -> float | None:
        """The figure; the middle of the range where only a range is given; None for words or open ranges."""
        if isinstance(self.value, float):
            return self.value
        if self.value is None and self.low is not None and self.high is not None:
            return (self.low + self.high) / 2.0
        return None
