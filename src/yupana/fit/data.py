"""Rows of the ledger that a fit uses: each one figure of a model variable, with its error and source bias."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from yupana.core.names import split_key
from yupana.evidence.claims_pool import ERROR_BY_PEDIGREE, LESS_SURE, RANGE_WIDTH, rounding_error

if TYPE_CHECKING:
    from yupana.evidence import Observation, Pack
    from yupana.evidence.schema_likelihood import LikelihoodSeries
    from yupana.model import Config

AGENCIES = ("un", "us", "police", "government")
"""Kinds of publisher whose figures share one bias, whoever repeats them."""


@dataclass(frozen=True)
class Datum:
    """One figure of the likelihood.

    Attributes
    ----------
    row : id of the ledger's row. variable : key with its element. year : calendar year.
    value : in the unit of the variable. sd : of its log, error of the row and discrepancy together.
    bias : name of the log bias it shares, ``publisher/country/quantity``.
    series : entry of the likelihood that it belongs to, whose errors share one scale.
    """

    row: str
    variable: str
    year: int
    value: float
    sd: float
    bias: str
    series: str = ""


@dataclass(frozen=True)
class Data:
    """All figures of a likelihood, and the rows that were left out.

    Attributes
    ----------
    data : figures, by variable, year and row.
    biases : name of a bias -> its prior log sd.
    scales : series -> prior log sd of the factor on its errors; a series without one has errors as judged.
    left_out : row -> why it does not enter.
    """

    data: tuple[Datum, ...]
    biases: Mapping[str, float]
    left_out: Mapping[str, str] = field(default_factory=dict)
    scales: Mapping[str, float] = field(default_factory=dict)

    @property
    def log_values(self) -> np.ndarray:
        """Logs of the figures, (row,)."""
        return np.log([item.value for item in self.data])

    @property
    def sds(self) -> np.ndarray:
        """Standard deviations of the logs, (row,)."""
        return np.array([item.sd for item in self.data])

    @property
    def bias_of(self) -> np.ndarray:
        """Position of each figure's bias among `biases`, (row,) int."""
        order = {name: index for index, name in enumerate(self.biases)}
        return np.array([order[item.bias] for item in self.data])

    @property
    def bias_sds(self) -> np.ndarray:
        """Prior log sd of each bias, (bias,)."""
        return np.array(list(self.biases.values()))

    @property
    def scale_sds(self) -> np.ndarray:
        """Prior log sd of each scale, (scale,)."""
        return np.array(list(self.scales.values()))

    @property
    def scale_of(self) -> np.ndarray:
        """Position of each figure's scale among `scales`, (row,) int; their number where it has none."""
        order = {name: index for index, name in enumerate(self.scales)}
        return np.array([order.get(item.series, len(order)) for item in self.data], dtype=int)

    def replace_values(self, log_values: np.ndarray) -> Data:
        """Return the same rows with other figures: a made-up country with the real pattern of gaps."""
        from dataclasses import replace

        made = tuple(
            replace(item, value=float(np.exp(v))) for item, v in zip(self.data, log_values, strict=True)
        )
        return replace(self, data=made)


def row_sd(item: Observation) -> float:
    """Return the log sd of a figure: its stated range as 5 to 95 percent, else by pedigree, and rounding."""
    if item.low is not None and item.high is not None and 0.0 < item.low < item.high:
        own = float(np.log(item.high / item.low)) / RANGE_WIDTH
    else:
        own = ERROR_BY_PEDIGREE[item.pedigree]
    own *= LESS_SURE if item.confidence == "medium" else 1.0
    return float(np.hypot(own, rounding_error(item.value)))


def collect(
    pack: Pack,
    config: Config,
    units: Mapping[str, str],
    first: int,
    until: int,
    series: Sequence[LikelihoodSeries],
) -> Data:
    """Return the figures of `series` for the years `first` to `until`.

    A derived figure enters only where none of its ancestors does, a figure told by several rows once; what is
    unverified never enters.

    Parameters
    ----------
    units : variable key -> unit of the model.
    """
    from yupana.evidence.observations import observe

    left: dict[str, str] = {}
    found: list[tuple[LikelihoodSeries, Any]] = []
    for entry in series:
        element = split_key(entry.variable)[1]
        seen = observe(pack, entry.variable, units[entry.variable], config.dims.get(element or "", ()))
        left.update(seen.left_out)
        for item in seen.observations:
            reason = _unfit(item, first, until)
            if entry.quantities and item.quantity not in entry.quantities:
                reason = "not among the quantities that likelihood.yaml names"
            if reason:
                left[item.row] = reason
            else:
                found.append((entry, item))
    kept = _one_lineage(pack, found, left)
    biases: dict[str, float] = {}
    scales: dict[str, float] = {}
    data = []
    for entry, item in sorted(kept, key=lambda pair: (pair[1].variable, pair[1].year, pair[1].row)):
        name = _bias_name(pack, item)
        biases[name] = max(biases.get(name, 0.0), entry.bias)
        sd = float(np.hypot(row_sd(item), entry.discrepancy))
        data.append(Datum(item.row, item.variable, item.year, item.value, sd, name, entry.variable))
        if entry.error_scale:
            scales[entry.variable] = entry.error_scale
    return Data(tuple(data), biases, left, scales)


def _bias_name(pack: Pack, item: Observation) -> str:
    """Return who, where, what: agencies by their kind, whoever repeats them; others by their own name."""
    kind = pack.ledger.publisher_kind(pack.ledger[item.row])
    who = kind if kind in AGENCIES else item.publisher
    where = item.place if item.place in _abroad(pack) else pack.home
    return f"{who}/{where}/{item.quantity}"


def _abroad(pack: Pack) -> set[str]:
    places = pack.places
    return (
        {m.id for m in places.markets}
        | {c for m in places.markets for c in m.countries}
        | {o.id for o in places.origins} - {pack.home}
    )


def _unfit(item: Observation, first: int, until: int) -> str:
    if not item.verified:
        return "recalled, judged or of low confidence"
    if not first <= item.year <= until:
        return f"outside {first} to {until}"
    if not item.value > 0.0:
        return "not positive: no logarithm"
    return ""


def _one_lineage(
    pack: Pack, found: Iterable[tuple[LikelihoodSeries, Observation]], left: dict[str, str]
) -> list[tuple[LikelihoodSeries, Observation]]:
    """Leave out children whose ancestors stand, and rows that tell again what a better row tells."""
    from yupana.core.errors import DataError

    ordered = sorted(found, key=lambda pair: (pair[1].derived, -pair[1].pedigree, pair[1].row))
    kept: list[tuple[LikelihoodSeries, Observation]] = []
    for pair in ordered:
        same = [p for p in kept if _told_again(p[1], pair[1])]
        if same:
            left[pair[1].row] = f"tells again what {same[0][1].row} tells"
            continue
        try:
            pack.ledger.check_lineage([*(p[1].row for p in kept), pair[1].row])
        except DataError as fault:
            left[pair[1].row] = f"its parent stands: {fault.got or fault.what}"
            continue
        kept.append(pair)
    return kept


def _told_again(one: Observation, other: Observation) -> bool:
    """Whether two rows give one figure: the same variable and year within one part in two hundred."""
    return (
        one.variable == other.variable
        and one.year == other.year
        and one.place == other.place
        and abs(np.log(one.value / other.value)) < 0.005
    )
