"""What balance.yaml of a pack may hold: quantities, links between them, what measures them, how it is drawn.

Every quantity of a balance is positive, so that it is worked with in logarithms. A name is plain
(``leaf_output``) or stands for several (``inflow[ways]``, where ``ways`` is one of `groups`); the elements of
a group are corridors or markets of places.yaml. A link with a group holds for each element.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Discriminator, Field, Tag, model_validator

from yupana.evidence.schema import Id, Number, Part, RowId, Text


def _as_list(value: Any) -> Any:
    return (value,) if isinstance(value, str) else value


BalanceName = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*(\[[a-z0-9_]+\])?$")]
Names = Annotated[
    tuple[BalanceName, ...],
    BeforeValidator(_as_list, json_schema_input_type=str | tuple[str, ...]),
    Field(min_length=1),
]
Positive = Annotated[Number, Field(gt=0)]
SourceKindName = Literal["un", "us", "police", "government", "press", "academic", "judgement", "data"]
LINKS = ("mean", "product", "sum", "split", "allot")
"""Keys that say what kind of link an entry is; each entry has exactly one."""


class Spread(Part):
    """5 and 95 per cent quantile for one element."""

    q05: Positive
    q95: Positive

    @model_validator(mode="after")
    def _in_order(self) -> Spread:
        if self.q05 >= self.q95:
            raise ValueError(f"expected q05 < q95; got {self.q05} and {self.q95}")
        return self


class StatedPrior(Spread):
    """A prior that the balance states itself, with its reason."""

    family: Literal["lognormal", "logitnormal"] = Field(
        default="lognormal",
        description="logitnormal for shares; all quantities are positive.",
    )
    bounds: tuple[Number, Number] = Field(default=(0.0, 1.0), description="Ends of a logitnormal.")
    by: dict[Id, Spread] | None = Field(default=None, description="Departures by element.")
    reason: Text = Field(description="Why this range.")
    sources: tuple[RowId, ...] = Field(
        default=(), description="Rows it rests on; these are then no data of the balance."
    )

    @model_validator(mode="after")
    def _inside(self) -> StatedPrior:
        if self.family == "logitnormal":
            low, high = self.bounds
            if not 0.0 <= low < high <= 1.0:
                raise ValueError(f"bounds must lie within 0 and 1; got {low} and {high}")
            for spread in (self, *(self.by or {}).values()):
                if not (low < spread.q05 and spread.q95 < high):
                    raise ValueError(f"quantiles must lie within {low} and {high}")
        return self


Prior = Annotated[
    # tags of this form are left out of an error's key path
    Annotated[Id, Tag("function-named")] | Annotated[StatedPrior, Tag("function-stated")],
    Discriminator(lambda value: "function-named" if isinstance(value, str) else "function-stated"),
]
"""The name of an entry of priors.yaml, or a prior stated here."""


class Free(Part):
    """A quantity that no link defines: it has a prior."""

    name: BalanceName
    unit: Text
    kind: Literal["stock", "flow", "ratio"] = Field(
        description="A stock is of 31 December; the one of the year before the first is added."
    )
    basis: str = Field(default="", description="Basis that its rows must have after conversion.")
    prior: Prior
    walk: Annotated[Number, Field(ge=0)] = Field(
        default=0.0, description="Standard deviation of its yearly change, in logs (log odds for a share)."
    )
    reason: str = Field(default="", description="Why it moves that fast; asked for where `walk` is given.")

    @model_validator(mode="after")
    def _walk_explained(self) -> Free:
        if self.walk and not self.reason:
            raise ValueError("reason: a walk must be explained")
        return self


class Into(Part):
    """One part of a split; the last takes what is left."""

    name: BalanceName
    share: BalanceName | None = Field(
        default=None, description="Share of what the parts before it left; none for the last."
    )


class LinkEntry(Part):
    """One constraint. Exactly one of mean, product, sum, split and allot names what it is about."""

    mean: BalanceName | None = Field(default=None, description="Average of this and last year's stock `of`.")
    product: BalanceName | None = Field(
        default=None, description="Product of the quantities `of`, over those of `over`; units convert."
    )
    sum: BalanceName | None = Field(default=None, description="Sum of the quantities `of`.")
    split: BalanceName | None = Field(
        default=None, description="Whole that is split `into` parts by shares, or over a group by `weights`."
    )
    allot: BalanceName | None = Field(
        default=None, description="Corridors' flow, allotted `into` markets that each serves, by `weights`."
    )
    of: Names | None = None
    over: Names | None = None
    into: tuple[Into, ...] | BalanceName | None = None
    weights: Prior | None = Field(default=None, description="Weights of the elements, one prior each.")
    unit: str = Field(default="", description="Unit of a quantity that the link defines.")
    kind: Literal["stock", "flow", "ratio"] = "flow"
    basis: str = Field(default="", description="Basis that its rows must have after conversion.")
    meaning: str = ""

    @property
    def form(self) -> str:
        """Which link it is."""
        return next(name for name in LINKS if getattr(self, name) is not None)

    @model_validator(mode="after")
    def _one_form(self) -> LinkEntry:
        given = [name for name in LINKS if getattr(self, name) is not None]
        if len(given) != 1:
            raise ValueError(f"expected exactly one of {', '.join(LINKS)}; got {', '.join(given) or 'none'}")
        form = given[0]
        takes = {"mean": {"of"}, "product": {"of", "over"}, "sum": {"of"}, "split": {"into", "weights"}}
        allowed = takes.get(form, {"into", "weights"})
        other = [
            key for key in ("of", "over", "into", "weights") if getattr(self, key) and key not in allowed
        ]
        if other:
            raise ValueError(f"{other[0]} does not belong to a {form}")
        if form in ("mean", "product", "sum") and not self.of:
            raise ValueError(f"a {form} needs `of`")
        if form == "mean" and len(self.of or ()) != 1:
            raise ValueError("a mean is of one stock")
        if form in ("mean", "product") and not self.unit:
            raise ValueError(f"a {form} needs a unit")
        if form in ("split", "allot"):
            self._check_parts(form)
        return self

    def _check_parts(self, form: str) -> None:
        if self.into is None:
            raise ValueError(f"a {form} needs `into`")
        by_weight = isinstance(self.into, str)
        if by_weight != (self.weights is not None) or (form == "allot" and not by_weight):
            raise ValueError(
                "weights go with `into: name[group]`, shares with a list of parts; an allotment has weights"
            )
        if not by_weight:
            parts = [part for part in self.into or () if isinstance(part, Into)]
            if len(parts) < 2 or any(part.share is None for part in parts[:-1]) or parts[-1].share:
                raise ValueError("every part but the last has a share; the last takes what is left")


class DataEntry(Part):
    """What measures a quantity: rows that observe the variable, or rows of a named quantity of the ledger."""

    measures: BalanceName
    quantity: Id | None = Field(
        default=None, description="Quantity of the ledger; by default the rows that observe the variable."
    )
    place: Id | None = Field(default=None, description="Place of the rows; the home country by default.")
    by: tuple[SourceKindName, ...] = Field(default=(), description="Only these kinds of publishers.")
    carry: Annotated[int, Field(ge=0, le=10)] = Field(
        default=0, description="Use the nearest row up to so many years away where a year has none."
    )
    drift: Annotated[Number, Field(ge=0)] = Field(
        default=0.0, description="Error added for a row carried by a year, in logs; grows with the root."
    )
    reason: str = Field(default="", description="Why rows of other years may stand in.")
    side: Literal["supply", "demand"] | None = Field(
        default=None,
        description="Which side of the first of `totals` it measures: what makes it, or what becomes of it.",
    )

    @model_validator(mode="after")
    def _carry_explained(self) -> DataEntry:
        if self.carry and not (self.drift and self.reason):
            raise ValueError("carry needs a drift and a reason")
        return self


class Anchor(Part):
    """How far the figures of a source may lie from the truth, as a factor that all its years share."""

    name: Literal["agnostic", "trust-un", "trust-us"]
    free: Positive = Field(description="Standard deviation of the log bias of a source that is not trusted.")
    tight: Positive | None = Field(default=None, description="The same for those that are.")
    trusts: tuple[SourceKindName, ...] = ()
    reason: Text

    @model_validator(mode="after")
    def _trust(self) -> Anchor:
        if bool(self.trusts) != (self.tight is not None):
            raise ValueError("trusts and tight go together")
        return self


class DrawnFlow(Part):
    """An arrow of the diagram: a quantity between two nodes, in tonnes of pure cocaine equivalent."""

    source: BalanceName
    target: BalanceName
    quantity: BalanceName
    over: BalanceName | None = Field(
        default=None, description="Divided by this quantity: leaf over its conversion."
    )
    stage: Literal["leaf", "product", "legal", "seized", "lost", "home", "corridor", "market", "consumed"]


class Balance(Part):
    """balance.yaml: a year's chain as quantities and constraints."""

    groups: dict[Id, tuple[Id, ...]] = Field(default_factory=dict, description="Elements by group.")
    quantities: tuple[Free, ...] = Field(min_length=1)
    links: tuple[LinkEntry, ...] = Field(min_length=1)
    data: tuple[DataEntry, ...] = ()
    anchors: tuple[Anchor, ...] = Field(description="agnostic, trust-un and trust-us, each once.")
    totals: tuple[BalanceName, ...] = Field(
        default=(),
        description="Quantities that are watched when sources are left out or data added; supply and demand "
        "meet in the first.",
    )
    compositions: tuple[Names, ...] = Field(
        default=(),
        description="Parts of one whole. That a whole is known says nothing about its parts: the contraction "
        "of a part is that of its share of the sum, where this is smaller.",
    )
    shown: tuple[BalanceName, ...] = Field(
        default=(), description="Quantities that a summary shows, in order; all of them by default."
    )
    nodes: dict[Id, Text] = Field(default_factory=dict, description="Nodes of the diagram in words.")
    flows: tuple[DrawnFlow, ...] = ()

    def anchor(self, name: str) -> Anchor:
        """The anchor of that name."""
        return next(item for item in self.anchors if item.name == name)

    @model_validator(mode="after")
    def _three_anchors(self) -> Balance:
        names = sorted(item.name for item in self.anchors)
        if names != ["agnostic", "trust-un", "trust-us"]:
            raise ValueError("anchors: expected agnostic, trust-un and trust-us, each once")
        return self
