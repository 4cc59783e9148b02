"""What rival_models.yaml may hold: questions that models answer differently, each answer a restriction.

A rival is no other program: it is the same model with some priors put elsewhere or narrowed, or with some
sources held to be right. So rivals can be fitted, weighted and averaged alike, and a new one needs no code.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from pydantic import Field, model_validator

from yupana.core.errors import DataError
from yupana.core.names import did_you_mean, listing
from yupana.evidence.schema import Id, Part, RowId, Text

if TYPE_CHECKING:
    from yupana.evidence.loading import Draft

Number = Annotated[float, Field(allow_inf_nan=False)]
Share = Annotated[float, Field(gt=0, lt=1, allow_inf_nan=False)]


class RivalPrior(Part):
    """What a rival believes of one parameter, in place of the pack's prior."""

    parameter: Id = Field(description="A parameter of priors.yaml.")
    place: Text | None = Field(
        default=None, description="One element of it, as in priors.yaml; all elements if none."
    )
    q05: Number | None = Field(default=None, description="5 percent quantile, unit of the parameter.")
    q95: Number | None = Field(default=None, description="95 percent quantile, unit of the parameter.")
    between: tuple[Share, Share] | None = Field(
        default=None,
        description="In place of q05 and q95: the quantiles of the pack's prior where they lie.",
    )

    @model_validator(mode="after")
    def _one_way(self) -> RivalPrior:
        if (self.q05 is None) != (self.q95 is None) or (self.q05 is None) == (self.between is None):
            raise ValueError("give q05 with q95, or between, and not both")
        low, high = self.between or (self.q05, self.q95)
        if low is not None and high is not None and not low < high:
            raise ValueError("the lower end must be below the upper")
        return self


class HeldBias(Part):
    """A kind of source that a rival takes to be right: its lasting bias is held near zero."""

    publisher: Text = Field(description="Kind of publisher, or a publisher, as biases are named.")
    quantities: tuple[Id, ...] = Field(
        min_length=1, description="Quantities of the ledger that it publishes."
    )
    sd: Annotated[float, Field(gt=0, le=1, allow_inf_nan=False)] = Field(
        description="Log sd of what bias is left."
    )


class RivalModel(Part):
    """One answer to a question."""

    id: Id
    words: Text = Field(description="What it says, in one sentence.")
    priors: tuple[RivalPrior, ...] = Field(
        default=(), description="Restrictions of priors; with none and no biases it is the pack as it is."
    )
    biases: tuple[HeldBias, ...] = Field(default=(), description="Sources held to be right.")
    reason: Text = Field(description="Why these numbers, judged before any weight was seen.")
    sources: tuple[RowId, ...] = Field(default=(), description="Rows of the evidence that they rest on.")


class RivalQuestion(Part):
    """rival_models.yaml: one question with its rival answers."""

    id: Id
    question: Text
    form: Text = Field(
        description="How near the restrictions come to the rivals as the literature states them."
    )
    rivals: tuple[RivalModel, ...] = Field(min_length=2)

    @model_validator(mode="after")
    def _apart(self) -> RivalQuestion:
        names = [rival.id for rival in self.rivals]
        if len(set(names)) < len(names):
            raise ValueError("rivals of one question need different ids")
        return self


def check_rival_models(draft: Draft) -> None:
    """Note every parameter and row that rival_models.yaml names and the pack does not hold."""
    parameters = [entry.name for entry in draft.content.get("priors.yaml", ())]
    rows = [row.id for row in draft.content["evidence"]]
    for index, question in enumerate(draft.content.get("rival_models.yaml", ())):
        for at, rival in enumerate(question.rivals):
            for prior in rival.priors:
                if prior.parameter not in parameters:
                    _unknown(draft, "parameter", prior.parameter, parameters, (index, "rivals", at))
            for row in rival.sources:
                if not draft.knows("evidence", row):
                    _unknown(draft, "row", row, rows, (index, "rivals", at))


def _unknown(draft: Draft, kind: str, name: str, known: list[str], at: tuple[int | str, ...]) -> None:
    draft.problems.append(
        DataError(
            f"unknown {kind} {name!r}",
            code="Y210",
            where=draft.where("rival_models.yaml", at),
            got=name,
            expected=listing(known) or f"a {kind}",
            fix=did_you_mean(name, known) or None,
        )
    )
