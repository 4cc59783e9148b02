"""What hindcast.yaml may hold: what must be decided about test years before any score is computed."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, model_validator

from yupana.evidence.schema import Id, Part, Text
from yupana.evidence.schema_likelihood import LogSd

Factor = Annotated[float, Field(gt=0, le=100, allow_inf_nan=False)]


class SurveyChange(Part):
    """A survey that began to count by other rules: its figures before and after are scored apart."""

    id: Id
    variables: tuple[Text, ...] = Field(
        min_length=1, description="Variables of the model, dimension included."
    )
    by: tuple[Id, ...] = Field(min_length=1, description="Kinds of publisher whose figures changed.")
    year: Annotated[int, Field(ge=1800, le=2200)] = Field(description="First year counted by the new rules.")
    q05: Factor = Field(description="5 percent quantile of figure by new rules over figure by old rules.")
    q95: Factor = Field(description="95 percent quantile of the same.")
    reason: Text = Field(description="Why, from what was known before the new figures.")

    @model_validator(mode="after")
    def _ordered(self) -> SurveyChange:
        if not self.q05 < self.q95:
            raise ValueError("q05 must be below q95")
        return self


class Undeclared(Part):
    """Errors of figures that likelihood.yaml does not name: they are scored, never fitted."""

    discrepancy: LogSd
    bias: LogSd
    reason: Text


class HindcastFile(Part):
    """Content of hindcast.yaml."""

    survey_changes: tuple[SurveyChange, ...] = ()
    undeclared: Undeclared
