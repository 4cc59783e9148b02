"""What studies.yaml may hold: studies that could be bought, what each measures, how well, for how much."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field, model_validator

from yupana.core.errors import DataError
from yupana.core.names import did_you_mean, listing
from yupana.evidence.schema import Id, Part, RowId, Text, Year
from yupana.evidence.schema_likelihood import LogSd

if TYPE_CHECKING:
    from yupana.evidence.loading import Draft

Amount = Annotated[float, Field(gt=0, le=1e10, allow_inf_nan=False)]


class Measure(Part):
    """One kind of figure that a study would give."""

    variable: Text = Field(
        description="Variable of the model: whole, one place in brackets, or a dimension for every place."
    )
    over: Text | None = Field(
        default=None, description="Variable that it is divided by, as leaf by area for a yield."
    )
    years: tuple[Year, ...] = Field(
        default=(), description="Calendar years measured; if none, the year that is asked about."
    )
    error: LogSd = Field(description="Log sd of the error of each figure, independent of the others.")
    bias: Annotated[float, Field(ge=0, le=3, allow_inf_nan=False)] = Field(
        default=0.0, description="Log sd of an error that all figures of this measure share."
    )


class StudyCost(Part):
    """What a study costs, in US dollars of the pack's year of money."""

    low: Amount = Field(description="5 percent quantile.")
    best: Amount = Field(description="Median.")
    high: Amount = Field(description="95 percent quantile.")

    @model_validator(mode="after")
    def _ordered(self) -> StudyCost:
        if not self.low <= self.best <= self.high:
            raise ValueError(f"expected low <= best <= high; got {self.low}, {self.best} and {self.high}")
        return self


class FieldStudy(Part):
    """studies.yaml: one study that could be bought."""

    id: Id
    name: Text = Field(description="Name for people.")
    measures: tuple[Measure, ...] = Field(min_length=1)
    cost: StudyCost
    reason: Text = Field(description="Why this error and this cost.")
    sources: tuple[RowId, ...] = Field(default=(), description="Rows of the evidence that they rest on.")
    pedigree: Literal["cited", "derived", "judged"] = Field(description="What error and cost rest on.")

    @model_validator(mode="after")
    def _founded(self) -> FieldStudy:
        if self.pedigree != "judged" and not self.sources:
            raise ValueError(f"a study that is {self.pedigree} names its sources; without any it is judged")
        return self


def check_studies(draft: Draft) -> None:
    """Note every row that studies.yaml cites and the ledger does not hold."""
    names = [row.id for row in draft.content["evidence"]]
    for index, study in enumerate(draft.content.get("studies.yaml", ())):
        for row in study.sources:
            if not draft.knows("evidence", row):
                draft.problems.append(
                    DataError(
                        f"unknown row {row!r}",
                        code="Y210",
                        where=draft.where("studies.yaml", (index, "sources")),
                        got=row,
                        expected=listing(names) or "a row",
                        fix=did_you_mean(row, names) or None,
                    )
                )
