"""What the state would look like to those who measure it: model variables as ledger quantities.

Each row of a plan is one published figure: which variable it observes, at which place and year, in which
basis (bulk through the purity of a good), on which calendar (a date, a year, several years), in which
money, and with which source's bias. The prediction is a smooth function of the report, so that a fit can
use it unchanged.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from yupana.core.arrays import namespace
from yupana.model.config import Config
from yupana.model.numerics import Array
from yupana.model.variables import VARIABLES


@dataclass(frozen=True)
class Observable:
    """How one published figure reads the model.

    Attributes
    ----------
    key : model variable, such as ``coca_area[zone]``.
    place : element of the variable's dimension, None for a national figure.
    years : calendar years that the figure covers; flows are summed, stocks and prices averaged over them.
    factor : unit of the figure over the unit of the variable (kg for t: 1000; nominal money: the price
    index). purity : name of the good whose purity turns a pure mass into bulk, None for pure figures.
    price_of_bulk : True where the figure is a price for a bulk kilogram (a pure price times purity).
    bias : name of the log bias of the source, None for an unbiased reading.
    """

    key: str
    place: str | None
    years: tuple[int, ...]
    factor: float = 1.0
    purity: str | None = None
    price_of_bulk: bool = False
    bias: str | None = None


def observe(
    config: Config,
    report: Mapping[str, Array],
    years: Sequence[int],
    plan: Sequence[Observable],
    purity: Mapping[str, Array],
    bias: Mapping[str, Array],
) -> Array:
    """Return the figures that sources would publish of a run, (row, batch).

    Parameters
    ----------
    report : variable key -> (year, ..., batch), of :class:`yupana.model.engine.Engine`.
    years : calendar years of the report.
    plan : one entry for each figure.
    purity : good -> (batch,) or float, share of pure cocaine in bulk.
    bias : name -> (batch,) or float, log of what the source publishes over the truth.

    Raises
    ------
    KeyError
        If a figure names a variable, place, good or bias that is not there, or a year outside the report.
    """
    kinds = {variable.key: variable for variable in VARIABLES}
    position = {int(year): index for index, year in enumerate(years)}
    rows = []
    for item in plan:
        variable = kinds[item.key]
        values = report[item.key]
        if variable.over is not None:
            values = values[:, config.dims[variable.over].index(_required(item.place, item.key))]
        seen = [values[position[year]] for year in item.years]
        value = sum(seen[1:], seen[0])
        if variable.kind != "flow":
            value = value / len(seen)
        rows.append(_as_published(item, value, purity, bias))
    xp = namespace(rows[0])
    return xp.stack(rows)


def _required(place: str | None, key: str) -> str:
    if place is None:
        raise KeyError(f"{key} needs a place")
    return place


def _as_published(
    item: Observable, value: Array, purity: Mapping[str, Any], bias: Mapping[str, Any]
) -> Array:
    """Return one figure in its own unit, basis and with its source's bias."""
    xp = namespace(value)
    value = value * item.factor
    if item.purity is not None:
        share = purity[item.purity]
        value = value * share if item.price_of_bulk else value / share
    if item.bias is not None:
        value = value * xp.exp(xp.asarray(bias[item.bias], dtype=value.dtype))
    return value
