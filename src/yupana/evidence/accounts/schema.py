"""What accounts.yaml of a pack may hold: which mass is sold at which price and stage, and whose it is.

The stages follow the product from the farm to the user abroad. Income generation (`stages`), money that
crosses the border, and income management (`published`) are kept apart, as are residents and non-residents
[unodcunctad2020]_.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from yupana.evidence.schema import ACCOUNTS, Id, Number, Part, RowId, Text

StageName = Literal["farm", "valley", "capital", "border", "wholesale", "retail"]
"""Where a good is valued. Wholesale and retail are markets, home or abroad as the variable says."""

Section = Literal["generation", "flow", "management", "gold"]


class PriceTerm(Part):
    """One way to find a price: a variable that rows observe, or that times a ratio."""

    variable: Text = Field(description="Variable of the model whose observations price the mass.")
    times: Id | None = Field(default=None, description="Quantity of a ratio at home that multiplies it.")
    purity: Id | None = Field(
        default=None, description="Good whose purity turns the pure mass into what the price is paid for."
    )
    window: Annotated[int, Field(ge=0, le=10)] = Field(
        default=3, description="Years around the account's from which a price may be carried."
    )
    drift: Annotated[Number, Field(ge=0)] = Field(
        default=0.1, description="Standard deviation of the logarithm added for each year it is carried."
    )
    spread: Annotated[Number, Field(ge=0)] = Field(
        default=0.0, description="Standard deviation of the logarithm beyond what the row states."
    )
    reason: Text = Field(description="Why this price, this spread and this drift.")


class ResidentShare(Part):
    """Share of a stage's margin that residents earn: a prior, for no row measures it."""

    q05: Annotated[Number, Field(gt=0, lt=1)]
    q95: Annotated[Number, Field(gt=0, lt=1)]
    reason: Text
    sources: tuple[RowId, ...] = ()
    pedigree: Literal["cited", "derived", "judged"]

    @model_validator(mode="after")
    def _in_order(self) -> ResidentShare:
        if self.q05 >= self.q95:
            raise ValueError(f"expected q05 < q95; got {self.q05} and {self.q95}")
        return self


class Stage(Part):
    """A mass sold at a stage."""

    id: Id
    name: Text
    stage: StageName
    account: str = Field(description="What the sum of money is: farm_value, gross_output, border_value, ...")
    mass: tuple[Text, ...] = Field(min_length=1, description="Reconciled quantities that are added.")
    less: tuple[Text, ...] = Field(default=(), description="Reconciled quantities that are taken off.")
    basis: Literal["pure", "sun-dried"] = Field(description="What the mass is a mass of.")
    prices: tuple[PriceTerm, ...] = Field(
        min_length=1, description="Ways to price it; where there are several each has equal weight."
    )
    earner: Text = Field(description="Who sells, in words.")
    residents: Literal["all", "none"] | ResidentShare = Field(description="Whose margin it is.")
    abroad: bool = Field(default=False, description="Whether the sale is made outside the country.")
    chain: bool = Field(
        default=True, description="Whether it is a link of the chain; false for a valuation shown beside it."
    )
    note: str = ""

    @model_validator(mode="after")
    def _account(self) -> Stage:
        if self.account not in ACCOUNTS:
            raise ValueError(f"account: expected one of {', '.join(ACCOUNTS)}; got {self.account!r}")
        return self


class Published(Part):
    """A line that only a published figure can fill; without one it says that there is no evidence."""

    id: Id
    name: Text
    section: Section
    quantity: Id | None = Field(default=None, description="Quantity of the rows; none where none exists.")
    residents: Literal["all", "none", "unknown"] = "unknown"
    note: str = Field(default="", description="What the figure is, and what it is not.")


class FailureMode(Part):
    """One way in which a gap of mirror trade is not what it seems."""

    name: Text
    effect: Text


class Mirror(Part):
    """Partner imports less reported exports."""

    imports: Id = Field(description="Quantity: value that partners record as coming from the country.")
    exports: Id = Field(description="Quantity: value that the country reports.")
    margin_low: Annotated[Number, Field(ge=0, lt=1)] = Field(
        description="Freight and insurance in import values, low."
    )
    margin_high: Annotated[Number, Field(ge=0, lt=1)] = Field(description="The same, high.")
    reason: Text
    pedigree: Annotated[int, Field(ge=0, le=1)] = Field(description="0 or 1: a mirror gap is never more.")
    failure_modes: tuple[FailureMode, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _in_order(self) -> Mirror:
        if self.margin_low > self.margin_high:
            raise ValueError("margin_low must not lie above margin_high")
        return self


class Gold(Part):
    """A mined good that is legal by itself: what leaves beyond what was registered."""

    price: Id = Field(description="Quantity of the world price.")
    export_value: Id = Field(description="Quantity: value of all exports.")
    production: Id = Field(description="Quantity: mass in the production register.")
    unregistered: Id = Field(description="Quantity: mass exported that stands in no register, as published.")
    note: str = ""
    mirror: Mirror


class AccountsFile(Part):
    """accounts.yaml: the accounts of illicit flows that a pack declares."""

    stages: tuple[Stage, ...] = Field(min_length=1, description="In the order of the chain.")
    published: tuple[Published, ...] = ()
    gold: Gold | None = None

    @model_validator(mode="after")
    def _ids(self) -> AccountsFile:
        ids = [item.id for item in (*self.stages, *self.published)]
        repeated = sorted({name for name in ids if ids.count(name) > 1})
        if repeated:
            raise ValueError(f"id {repeated[0]!r} is given twice")
        abroad = [stage.abroad for stage in self.stages if stage.chain]
        if abroad != sorted(abroad):
            raise ValueError("stages: those at home must stand before those abroad")
        if not any(stage.chain and not stage.abroad for stage in self.stages):
            raise ValueError("stages: at least one link of the chain must be at home")
        return self
