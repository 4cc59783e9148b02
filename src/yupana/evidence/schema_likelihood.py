"""What likelihood.yaml may hold: which figures a fit confronts the model with, and how far they may err."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from yupana.evidence.schema import Id, Part, Text

LogSd = Annotated[float, Field(gt=0, le=3, allow_inf_nan=False)]

ErrorScale = Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)]


class LikelihoodSeries(Part):
    """Figures of one model variable in the likelihood."""

    variable: str = Field(description="Variable of the model, with its dimension in brackets.")
    discrepancy: LogSd = Field(description="Log sd of what the equations cannot say of one year.")
    bias: LogSd = Field(description="Log sd of the lasting bias of a source in a country.")
    error_scale: ErrorScale = Field(
        default=0.0,
        description="Log sd of a factor on all errors of the variable, which the figures decide; 0: none.",
    )
    reason: Text = Field(description="Why these sizes; judged before any fit.")
    quantities: tuple[Id, ...] = Field(
        default=(), description="Quantities of the ledger that may speak; if none, all that observe it."
    )
