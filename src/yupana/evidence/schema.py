"""What the YAML files of a pack may hold. Each model is the reference for its file.

Frozen, nothing unknown allowed: a misspelt key is an error with a near miss, never ignored. The JSON Schemas
in the documentation are written from these models.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from yupana.core.names import ID_PATTERN, ROW_ID_PATTERN


def _number(value: Any) -> Any:
    if isinstance(value, bool):
        raise ValueError("expected a number; got true or false")
    if isinstance(value, str):
        raise ValueError(f"expected a number; got the text {value!r}")
    return value


def _as_list(value: Any) -> Any:
    return (value,) if isinstance(value, str) else value


Id = Annotated[str, Field(pattern=ID_PATTERN)]
RowId = Annotated[str, Field(pattern=ROW_ID_PATTERN)]
Number = Annotated[float, BeforeValidator(_number, json_schema_input_type=float), Field(allow_inf_nan=False)]
Year = Annotated[int, BeforeValidator(_number, json_schema_input_type=int), Field(ge=1800, le=2200)]
Text = Annotated[str, Field(min_length=1)]
Words = Annotated[tuple[str, ...], BeforeValidator(_as_list, json_schema_input_type=str | tuple[str, ...])]

Kind = Literal["stock", "flow", "price", "ratio", "share", "index", "count", "text"]
Confidence = Literal["high", "medium", "low"]

BASES = ("pure", "bulk", "sun-dried", "fresh", "oven-dried", "nominal", "real", "base", "hydrochloride")
"""Words of which a basis is made, joined by ``+`` (``nominal+bulk``); an empty basis means none applies."""

ACCOUNTS = (
    "gross_output",
    "value_added",
    "farm_value",
    "border_value",
    "wholesale_value",
    "retail_value",
    "profit",
    "income",
    "cost",
    "bribes",
    "laundered",
    "reported",
    "budget",
    "assets",
    "national",
    "transfer",
)
"""What a sum of money is a sum of. Figures of different accounts never add."""


class Part(BaseModel):
    """Base of all models of a pack."""

    model_config = ConfigDict(frozen=True, extra="forbid", str_strip_whitespace=True)


class Money(Part):
    """The unit of account."""

    unit: Id | Literal["USD"] = Field(default="USD", description="Currency code.")
    year: Year = Field(description="Year whose prices real money is stated in.")


class PackInfo(Part):
    """pack.yaml: what the pack is."""

    id: Id = Field(description="Name by which the pack is called; as the folder is named.")
    name: Text = Field(description="Name for people.")
    language: str = Field(default="en", description="Language of the texts, two letters.")
    start: Year = Field(description="First year of a run by default.")
    end: Year = Field(description="Last year of a run by default.")
    money: Money
    home_origin: Id = Field(description="Id of the origin that the pack is about; one of places.yaml.")
    home_country: Id | None = Field(
        default=None,
        description="Id of the evidence place that means the whole country; home_origin by default.",
    )
    licence: Text = Field(description="Licence of the data.")
    version: Text = Field(description="Version of the pack.")
    note: str = ""
    invented: bool = Field(default=False, description="True where the country and its data are invented.")

    @model_validator(mode="after")
    def _in_order(self) -> PackInfo:
        if self.end <= self.start:
            raise ValueError(f"end must lie after start; got {self.start} and {self.end}")
        return self


class Named(Part):
    """Anything with an id and a name."""

    id: Id
    name: Text
    note: str = ""


class Zone(Named):
    """A monitored growing zone."""

    departments: tuple[Id, ...] = Field(default=(), description="Departments it touches, the main one first.")
    guard: Id = Field(description="Institution that polices it.")


class Department(Named):
    """A first-level division."""

    ubigeo: str | None = Field(default=None, description="Official code, as text.")


class Corridor(Named):
    """A class of ways out; never a route."""

    mode: Literal["sea", "land", "river", "air", "domestic"]
    stage: Literal["sea", "land", "air", "domestic"] = Field(description="Interdiction lever that moves it.")
    neighbour: Id | None = Field(default=None, description="Country it leads through.")
    serves: tuple[Id, ...] = Field(min_length=1, description="Markets it reaches.")
    forms: tuple[Literal["base", "hydrochloride"], ...] = Field(min_length=1, description="What moves on it.")
    transforms: bool = Field(default=False, description="Base crosses, is processed abroad and moves on.")
    guard: Id = Field(description="Institution that controls it.")


class Market(Named):
    """Where product is consumed."""

    kind: Literal["abroad", "home"]
    countries: tuple[Id, ...] = Field(default=(), description="Countries of the evidence that belong to it.")


class Origin(Named):
    """A country where leaf is grown."""

    kind: Literal["home", "rival"]


class Tier(Named):
    """A tier of the trade that earns."""

    residence: Literal["home", "abroad"]
    meaning: Text


class Institution(Named):
    """A service of the state that can be bribed."""

    role: Literal["arrests", "courts", "armed", "border"] = Field(
        description="What it does: exactly one arrests, one judges, one fights armed groups."
    )


class District(Named):
    """A district of mines and forests whose people choose between trades; an aggregate, never a site."""

    departments: tuple[Id, ...] = Field(default=(), description="Departments it lies in.")
    zones: tuple[Id, ...] = Field(default=(), description="Growing zones that draw on the same people.")


class City(Named):
    """A city, or a group of cities, where groups extort."""

    departments: tuple[Id, ...] = Field(default=(), description="Departments it lies in.")


class Places(Part):
    """places.yaml: every place that anything refers to."""

    zones: tuple[Zone, ...] = Field(min_length=1)
    departments: tuple[Department, ...] = ()
    corridors: tuple[Corridor, ...] = Field(min_length=1)
    markets: tuple[Market, ...] = Field(min_length=1)
    origins: tuple[Origin, ...] = Field(min_length=1)
    tiers: tuple[Tier, ...] = Field(min_length=1)
    institutions: tuple[Institution, ...] = Field(min_length=1)
    districts: tuple[District, ...] = Field(min_length=1)
    cities: tuple[City, ...] = Field(min_length=1)
    buyers: tuple[Named, ...] = Field(min_length=1, description="Foreign buyers by where they come from.")
    trades: tuple[Named, ...] = Field(min_length=1, description="Other trades, accounts only.")
    countries: tuple[Named, ...] = Field(default=(), description="Comparators; not part of the model.")
    regions: tuple[Named, ...] = Field(
        default=(), description="Other places of the evidence: cities, regions."
    )

    def all_ids(self) -> tuple[str, ...]:
        """Ids of everything that can be the place of a figure, each once."""
        groups = (
            self.zones,
            self.departments,
            self.corridors,
            self.markets,
            self.origins,
            self.countries,
            self.regions,
        )
        return tuple(dict.fromkeys(item.id for group in groups for item in group))

    def name_of(self, place: str) -> str:
        """Name of a place for people; its id where it is unknown."""
        groups = (
            self.countries,
            self.zones,
            self.departments,
            self.markets,
            self.origins,
            self.corridors,
            self.regions,
        )
        return next((item.name for group in groups for item in group if item.id == place), place)


PLACE_GROUPS = (
    "zones",
    "departments",
    "corridors",
    "markets",
    "origins",
    "tiers",
    "institutions",
    "districts",
    "cities",
    "buyers",
    "trades",
)
"""Lists of places.yaml that the model reads; comparators and regions of the evidence stand beside them."""


class Purity(Part):
    """How much of the bulk is the pure substance, 0 to 1."""

    median: Annotated[Number, Field(gt=0, le=1)]
    q05: Annotated[Number, Field(gt=0, le=1)]
    q95: Annotated[Number, Field(gt=0, le=1)]
    note: str = ""
    sources: tuple[RowId, ...] = ()

    @model_validator(mode="after")
    def _in_order(self) -> Purity:
        if not self.q05 <= self.median <= self.q95:
            raise ValueError(f"expected q05 <= median <= q95; got {self.q05}, {self.median}, {self.q95}")
        return self


class Conversion(Part):
    """How much of one good makes one of another."""

    into: Id
    unit: Text
    low: Number
    high: Number
    sources: tuple[RowId, ...] = Field(default=(), description="Rows of the evidence.")
    note: str = ""


class Good(Part):
    """A good of the chain."""

    id: Id
    name: Text
    unit: Text
    meaning: Text
    purity: Purity | None = None
    conversion: tuple[Conversion, ...] = ()
    note: str = ""


class Link(Part):
    """How rows of a quantity become observations of a model variable."""

    variable: Text = Field(description="Key of a model variable; [place] stands for the row's own place.")
    factor: Annotated[Number, Field(gt=0)] = Field(default=1.0, description="Multiplies the figure.")
    plus: Number = Field(
        default=0.0, description="Added after the factor, in the quantity's unit: an excess made a level."
    )
    purity: Id | None = Field(default=None, description="Good whose purity turns bulk into pure.")
    divide_by_purity: bool = Field(default=False, description="For prices: bulk price over purity.")
    deflate: bool = Field(default=True, description="Nominal money becomes money of the pack's year.")
    places: tuple[str, ...] = Field(
        default=(),
        description="Only rows of these places; by default the home country, or the element that is named.",
    )
    note: str = Field(default="", description="What is done, in words, for the reader of a plot.")


class Quantity(Part):
    """What a row of the ledger can measure."""

    id: Id
    name: Text
    unit: Text = Field(description="Unit of reference; rows may use any unit that converts, or local money.")
    basis: Words = Field(default=(), description="Allowed bases; the first is the default of a row.")
    kind: Kind
    account: Words = Field(default=(), description="Allowed accounts, for sums of money only.")
    meaning: Text
    variable: str | None = Field(
        default=None, description="Short form of links: one variable, no conversion."
    )
    links: tuple[Link, ...] = Field(default=(), description="Model variables that rows observe.")
    note: str = ""

    @model_validator(mode="after")
    def _vocabulary(self) -> Quantity:
        for basis in self.basis:
            for word in filter(None, basis.split("+")):
                if word not in BASES:
                    raise ValueError(
                        f"basis: expected words of {', '.join(BASES)} joined by '+'; got {word!r}"
                    )
        for account in self.account:
            if account not in ACCOUNTS:
                raise ValueError(f"account: expected one of {', '.join(ACCOUNTS)}; got {account!r}")
        if self.variable and self.links:
            raise ValueError("give either variable or links, not both")
        return self

    @property
    def all_links(self) -> tuple[Link, ...]:
        """Links, the short form included."""
        return self.links or ((Link(variable=self.variable),) if self.variable else ())


class Check(Part):
    """checks.yaml: a relation that the rows of one source state or imply."""

    id: RowId
    result: RowId = Field(description="Row that should equal the outcome.")
    sum: tuple[RowId, ...] | None = None
    difference: tuple[RowId, ...] | None = Field(default=None, description="First less all others.")
    product: tuple[RowId, ...] | None = None
    ratio: tuple[RowId, RowId] | None = None
    factor: Number = Field(default=1.0, description="Multiplies the outcome (units, purity).")
    plus: Number = Field(default=0.0, description="Added to the outcome: a term that has no row.")
    tolerance: Annotated[Number, Field(ge=0)] | None = Field(
        default=None, description="Relative; by default what rounding of the figures allows."
    )
    note: str = ""

    @model_validator(mode="after")
    def _one_relation(self) -> Check:
        given = [key for key in ("sum", "difference", "product", "ratio") if getattr(self, key) is not None]
        if len(given) != 1:
            raise ValueError(
                f"expected exactly one of sum, difference, product, ratio; got {given or 'none'}"
            )
        return self

    @property
    def relation(self) -> str:
        """Name of the relation."""
        return next(
            key for key in ("sum", "difference", "product", "ratio") if getattr(self, key) is not None
        )

    @property
    def parts(self) -> tuple[str, ...]:
        """Rows the outcome is computed from."""
        return tuple(getattr(self, self.relation))
