"""How the variables of a run lie in a chunk: one column for each element, years or months in rows."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

INDEX = ("draw", "year", "code")
MONTH_INDEX = ("draw", "year", "month", "code")


@dataclass(frozen=True)
class VariableInfo:
    """A variable as a run folder describes it: enough to read the run without the model."""

    key: str
    name: str
    over: tuple[str, ...]
    unit: str
    kind: str
    meaning: str


@dataclass(frozen=True)
class Columns:
    """The variables of a run and the names of their elements, in order.

    Attributes
    ----------
    variables : in the order of the model.
    dims : names of the elements of every dimension that a variable has.
    """

    variables: tuple[VariableInfo, ...]
    dims: dict[str, tuple[str, ...]]

    @classmethod
    def of(cls, variables: Iterable[Any], dims: Mapping[str, Iterable[str]]) -> Columns:
        """Return the columns of the model's `variables` over the places of a configuration."""
        infos = tuple(
            VariableInfo(v.key, v.name, _over(v.over), v.unit, v.kind, v.meaning) for v in variables
        )
        used = dict.fromkeys(dim for info in infos for dim in info.over)
        return cls(infos, {dim: tuple(dims[dim]) for dim in used})

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Columns:
        """Return the columns that :meth:`to_json` described."""
        infos = tuple(VariableInfo(**{**row, "over": tuple(row["over"])}) for row in value["variables"])
        return cls(infos, {dim: tuple(names) for dim, names in value["dims"].items()})

    def to_json(self) -> dict[str, Any]:
        """Return a description in plain lists and dicts."""
        rows = [{**asdict(info), "over": list(info.over)} for info in self.variables]
        return {"variables": rows, "dims": {dim: list(names) for dim, names in self.dims.items()}}

    @cached_property
    def by_key(self) -> dict[str, VariableInfo]:
        """Variables by key."""
        return {info.key: info for info in self.variables}

    def elements(self, info: VariableInfo) -> tuple[str, ...]:
        """Return the column names of a variable, in the order of its places."""
        if not info.over:
            return (info.name,)
        places = itertools.product(*(self.dims[dim] for dim in info.over))
        return tuple(f"{info.name}[{','.join(place)}]" for place in places)

    @cached_property
    def owner(self) -> dict[str, VariableInfo]:
        """The variable that each column belongs to, in the order of the columns."""
        return {name: info for info in self.variables for name in self.elements(info)}

    @property
    def names(self) -> tuple[str, ...]:
        """Names of all columns of values, in order."""
        return tuple(self.owner)

    def flatten(self, values: Mapping[str, NDArray[Any]], keep: int) -> dict[str, NDArray[Any]]:
        """Return the column of every element: times in the outer order, draws in the inner.

        Parameters
        ----------
        values : key of a variable -> (time, *over, draw), in the variable's unit.
        keep : number of draws to keep; the block's further draws are padding.
        """
        table: dict[str, NDArray[Any]] = {}
        for info in self.variables:
            array = np.asarray(values[info.key])
            times, draws = array.shape[0], array.shape[-1]
            spread = array.reshape(times, -1, draws)[:, :, :keep]
            names = self.elements(info)
            if spread.shape[1] != len(names):
                raise ValueError(f"{info.key} has {spread.shape[1]} elements, its places are {len(names)}")
            for place, name in enumerate(names):
                table[name] = np.ascontiguousarray(spread[:, place]).reshape(-1)
        return table


def _over(value: Any) -> tuple[str, ...]:
    if not value:
        return ()
    return (value,) if isinstance(value, str) else tuple(value)
