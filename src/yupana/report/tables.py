"""What a picture is drawn from: plain labelled numbers, free of runs, packs and files."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from yupana.core.drawn import PRIOR
from yupana.fit.informed import Mark

LEVELS: tuple[float, ...] = (0.05, 0.25, 0.5, 0.75, 0.95)
"""Quantiles that every picture shows."""

WIDE = 10.0
"""Upper end of the intervals over the typical median from which a panel takes a logarithmic scale."""


@dataclass(frozen=True)
class Fan:
    """Quantiles of one variable in one scenario.

    Attributes
    ----------
    scenario : name.
    x : (time,) year, with a fraction in monthly pictures.
    values : (level, time) quantiles at `LEVELS`, in the variable's unit.
    form : (2, time) 5 and 95 percent quantiles with the error of form; NaN in years that were fitted, None
        where the error is not known.
    """

    scenario: str
    x: NDArray[np.float64]
    values: NDArray[np.float64]
    form: NDArray[np.float64] | None = None

    def __post_init__(self) -> None:
        if self.values.shape != (len(LEVELS), len(self.x)):
            raise ValueError(f"values must be {(len(LEVELS), len(self.x))}, got {self.values.shape}")

    def at(self, year: float) -> NDArray[np.float64]:
        """Return the (level,) quantiles at `year`."""
        return self.values[:, int(np.argmin(np.abs(self.x - year)))]


@dataclass(frozen=True)
class Observation:
    """One published figure on the plotted basis.

    Attributes
    ----------
    row : id in the ledger.
    x : year.
    value, low, high : in the variable's unit; low and high are NaN where none is published.
    kind : kind of source (un, us, police, press, ...).
    publisher : who published it, in few words.
    source : publisher and title, in full.
    verified : False for a recalled or otherwise low-confidence figure.
    note : how it was converted; empty where it was not.
    brief : the same in few words, the same for all figures converted in one way.
    """

    row: str
    x: float
    value: float
    low: float
    high: float
    kind: str
    publisher: str
    source: str
    verified: bool
    note: str = ""
    brief: tuple[str, ...] = ()


@dataclass(frozen=True)
class Panel:
    """One variable, or one element of it, in one or several scenarios, with what is published about it.

    Attributes
    ----------
    key : variable key, ``coca_area`` or ``coca_area[zone name]``.
    title : plain words.
    unit : unit of the registry.
    kind : stock, flow, price, ratio.
    basis : what a mass is a mass of, in words: pure, sun-dried; empty where nothing needs saying.
    left_out : (row, reason) of published figures that cannot be put on the plotted basis.
    marks : (time,) how much of the numbers is prior; empty where nothing is said.
    """

    key: str
    title: str
    unit: str
    kind: str
    fans: tuple[Fan, ...]
    points: tuple[Observation, ...] = ()
    basis: str = ""
    left_out: tuple[tuple[str, str], ...] = ()
    marks: tuple[Mark, ...] = ()

    @property
    def largest(self) -> float:
        """The largest finite number shown."""
        parts = [fan.values[np.isfinite(fan.values)] for fan in self.fans]
        parts.append(np.array([p for o in self.points for p in (o.value, o.high) if np.isfinite(p)]))
        joined = np.concatenate(parts) if parts else np.array([])
        return float(joined.max()) if joined.size else 0.0

    @property
    def wide(self) -> bool:
        """Whether intervals reach so far above medians that a straight scale shows only their ends."""
        fans = [fan.values[:, np.isfinite(fan.values[2])] for fan in self.fans]
        middle = np.concatenate([values[2] for values in fans])
        if not middle.size or middle.min() <= 0 or min(values.min() for values in fans) < 0:
            return False
        return float(max(values[-1].max() for values in fans)) > WIDE * float(np.median(middle))


@dataclass(frozen=True)
class Context:
    """What every picture of a run says about the run.

    Attributes
    ----------
    run : id.
    home : name of the country of the pack.
    prior : True where the draws are not fitted. drawn : what they are, in words.
    draws, failed : counts of draws shown and left out.
    last_data_year : last year with recorded drivers; None where unknown.
    fitted_to : last year of the figures that were fitted; None for draws from the priors.
    money_year : year of real money; None for money of each year.
    monthly : whether time runs in months.
    invented : whether the country and its data are invented.
    levers : whether marks are those of the baseline while other scenarios are shown.
    """

    run: str
    home: str
    prior: bool
    draws: int
    failed: int = 0
    last_data_year: int | None = None
    money_year: str | None = "2012"
    monthly: bool = False
    invented: bool = False
    drawn: str = PRIOR.words
    levers: bool = False
    fitted_to: int | None = None

    @property
    def last_known_year(self) -> int | None:
        """Last year that is no projection: of the figures that were fitted, else of recorded drivers."""
        return self.last_data_year if self.fitted_to is None else self.fitted_to


@dataclass(frozen=True)
class Table:
    """The numbers behind a picture, tidy, and what is needed to make them again."""

    columns: tuple[str, ...]
    rows: tuple[dict[str, object], ...]
    facts: dict[str, object] = field(default_factory=dict)


COLUMNS: tuple[str, ...] = (
    "layer", "variable", "place", "scenario", "year", "unit", "q05", "q25", "q50", "q75", "q95",
    "value", "low", "high", "row", "source", "source_kind", "verified", "note",
    "mark", "contraction",
)  # fmt: skip
"""Columns of every data file beside a picture; cells that do not apply are empty."""
