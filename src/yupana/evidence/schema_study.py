"""What drivers.yaml, priors.yaml, levers.yaml and the scenarios of a pack may hold."""

from __future__ import annotations

import re
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, model_validator

from yupana.core.names import SCENARIO_PATTERN, split_key
from yupana.evidence.schema import Id, Number, Part, RowId, Text

ScenarioName = Annotated[str, Field(pattern=SCENARIO_PATTERN)]

LeverSetting = tuple[Literal["multiple", "absolute"], float, str | None]
"""How a lever is set: a multiple of its baseline, or an absolute value with its unit."""

_ABSOLUTE = re.compile(r"^\s*([+-]?(?:\d[\d_]*\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)\s+(\S.*?)\s*$")

_PARAMETER = re.compile(r"^[a-z][a-z0-9_]*(\[[a-z0-9_]+(,[a-z0-9_]+)*\])?$")


def _dimensions(value: Any) -> Any:
    return (
        tuple(part.strip() for part in value.split(",") if part.strip()) if isinstance(value, str) else value
    )


Dimensions = Annotated[
    tuple[Id, ...], BeforeValidator(_dimensions, json_schema_input_type=str | tuple[str, ...])
]


def _row_ids(value: Any) -> Any:
    return (value,) if isinstance(value, str) else value


RowIds = Annotated[
    tuple[RowId, ...],
    BeforeValidator(_row_ids, json_schema_input_type=str | tuple[str, ...]),
    Field(min_length=1),
]


class DriverInfo(Part):
    """drivers.yaml: a series from outside the country's trade."""

    id: Id
    unit: Text
    over: str | None = Field(default=None, description="Dimension whose places it has; none by default.")
    meaning: Text
    after: Literal["hold", "trend"] = Field(description="What holds after the last known year.")
    after_note: str = Field(default="", description="Why, in words.")
    before: Literal["hold", "refuse"] = Field(
        default="refuse", description="What holds before the first year."
    )
    trend_years: Annotated[int, Field(ge=2, le=30)] = Field(
        default=5, description="Years whose mean growth goes on, where `after` is trend."
    )
    note: str = ""


class PriorPlace(Part):
    """What a prior says of one place; what it leaves out comes from the entry itself."""

    q05: Number | None = None
    q95: Number | None = None
    bounds: tuple[Number, Number] | None = None
    reason: str | None = None
    sources: tuple[RowId, ...] | None = None
    pedigree: Literal["cited", "derived", "judged"] | None = None
    note: str | None = None


class PriorEntry(Part):
    """priors.yaml: one uncertain parameter."""

    name: Id
    unit: Text
    meaning: Text
    over: Dimensions | None = Field(
        default=None, description='Dimensions: zone, or "zone,corridor"; none by default.'
    )
    family: Literal["lognormal", "normal", "logitnormal", "uniform"]
    q05: Number | None = Field(default=None, description="5 per cent quantile.")
    q95: Number | None = Field(default=None, description="95 per cent quantile.")
    bounds: tuple[Number, Number] | None = Field(default=None, description="For logitnormal and uniform.")
    by: dict[str, PriorPlace] | None = Field(default=None, description="Departures by place.")
    reason: Text = Field(description="Why this range.")
    sources: tuple[RowId, ...] = Field(default=(), description="Rows of the evidence it rests on.")
    pedigree: Literal["cited", "derived", "judged"]
    start: bool = Field(default=False, description="Describes the start: cites rows dated 2003 or earlier.")
    note: str | None = None

    @model_validator(mode="after")
    def _usable(self) -> PriorEntry:
        if self.q05 is not None and self.q95 is not None and not self.q05 < self.q95:
            raise ValueError(f"expected q05 < q95; got {self.q05} and {self.q95}")
        return self

    @property
    def cited(self) -> tuple[str, ...]:
        """Every row that the entry or one of its places cites."""
        places = tuple(row for place in (self.by or {}).values() for row in place.sources or ())
        return tuple(dict.fromkeys((*self.sources, *places)))


class Lever(Part):
    """levers.yaml: something that a policy, or the world, can move."""

    id: Id
    target: Text = Field(description="What it moves, in words.")
    over: str | None = Field(default=None, description="Dimension whose places can be set apart.")
    unit: Text = Field(default="multiple", description="Unit of a plain number: a multiple of the baseline.")
    absolute_unit: str | None = Field(
        default=None, description="Unit of an absolute value; none is allowed if empty."
    )
    low: Annotated[Number, Field(ge=0)]
    high: Number
    absolute_low: Number | None = None
    absolute_high: Number | None = None
    meaning: Text
    stage: Text = Field(description="Stage of the chain it acts on.")

    @model_validator(mode="after")
    def _in_order(self) -> Lever:
        if not self.low <= 1.0 <= self.high:
            raise ValueError(f"the range must hold 1, the baseline; got {self.low} to {self.high}")
        return self


def parse_setting(value: Any) -> LeverSetting:
    """How a lever is set by one value of a scenario.

    Parameters
    ----------
    value : a number (a multiple of the baseline) or a text such as ``"20000 ha"`` (absolute).

    Raises
    ------
    ValueError
        For anything else.

    Examples
    --------
    >>> parse_setting(3), parse_setting("20000 ha")
    (('multiple', 3.0, None), ('absolute', 20000.0, 'ha'))
    """
    import math

    if isinstance(value, (int, float)) and not isinstance(value, bool):
        if not math.isfinite(value):
            raise ValueError(f"expected a finite number; got {value}")
        return ("multiple", float(value), None)
    match = _ABSOLUTE.match(value) if isinstance(value, str) else None
    if match is None:
        raise ValueError(
            f'expected a multiple (3), an absolute value ("20000 ha") or steps by year; got {value!r}'
        )
    return ("absolute", float(match[1].replace("_", "")), match[2])


def _steps(value: Any) -> Any:
    """Steps by year; a value alone holds from the first year of the run (year 0)."""
    if isinstance(value, dict):
        if not value:
            raise ValueError("expected at least one year")
        found = {}
        for year, setting in value.items():
            text = str(year)
            if not text.isdigit() or not 1800 <= int(text) <= 2200:
                raise ValueError(f"expected a year; got {year!r}")
            found[int(text)] = parse_setting(setting)
        return found
    if isinstance(value, (list, tuple)):
        raise ValueError(f"expected a multiple, an absolute value or steps by year; got the list {value!r}")
    return {0: parse_setting(value)}


_Written = float | str
Steps = Annotated[
    dict[int, LeverSetting],
    BeforeValidator(_steps, json_schema_input_type=_Written | dict[str, _Written]),
]


class Rule(Part):
    """A policy that reacts: gain x smooth((signal - threshold) / width), added to the lever."""

    signal: Id
    threshold: Number
    width: Annotated[Number, Field(gt=0)]
    gain: Number


class StructuralSetting(Part):
    """A parameter set for the whole run: by a value, a multiple of the draw, or two quantiles; and why."""

    value: Number | None = Field(default=None, description="The same number in all draws.")
    multiple: Number | None = Field(default=None, description="Times what the prior draws.")
    q05: Number | None = Field(default=None, description="5 per cent quantile in place of the prior's.")
    q95: Number | None = Field(default=None, description="95 per cent quantile in place of the prior's.")
    source: RowIds | None = Field(default=None, description="Rows of the evidence it rests on.")
    judged: Text | None = Field(default=None, description="Why, where no row of the evidence says it.")

    @property
    def plain(self) -> tuple[str, float] | tuple[str, float, float]:
        """Mode and numbers, as parameters are transformed by them."""
        if self.value is not None:
            return ("value", self.value)
        if self.multiple is not None:
            return ("multiple", self.multiple)
        assert self.q05 is not None
        assert self.q95 is not None
        return ("quantiles", self.q05, self.q95)


class Scenario(Part):
    """scenarios/NAME.yaml: levers and when they move, and parameters set for the whole run."""

    name: ScenarioName
    extends: ScenarioName | None = Field(
        default=None, description="Scenario whose levers hold where this one is silent."
    )
    describe: Text
    levers: dict[str, Steps] = Field(
        default_factory=dict,
        description='Lever -> 3 (a multiple), "20000 ha" (absolute) or {2013: 3, 2015: 1} (steps that hold).',
    )
    rules: dict[str, Rule] = Field(default_factory=dict, description="Lever -> rule that reacts to a signal.")
    structure: dict[str, StructuralSetting] = Field(
        default_factory=dict,
        description="Parameter, or parameter[place] -> value, multiple, or q05 and q95, with its basis.",
    )

    @model_validator(mode="after")
    def _names(self) -> Scenario:
        for key in (*self.levers, *self.rules):
            split_key(key)
        for key in self.structure:
            if not _PARAMETER.match(key):
                raise ValueError(f"expected a parameter or parameter[place]; got {key!r}")
        return self


class DriverRow(Part):
    """drivers/*.csv: one value of a driver."""

    driver: Id
    place: str = ""
    year: Annotated[int, Field(ge=1800, le=2200)]
    value: Annotated[float, Field(allow_inf_nan=False)]
    unit: Text
    known: Annotated[int, Field(ge=1800, le=2200)]
    evidence: RowId | None = Field(default=None, description="Row of the evidence that it repeats, if any.")
    log_sd: Annotated[float, Field(ge=0, le=2, allow_inf_nan=False)] = 0.0
    confidence: Literal["high", "medium", "low"]
    note: str = ""
