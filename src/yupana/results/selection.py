"""From what a user calls a variable to columns, dimensions and places."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from yupana.core.errors import UsageError
from yupana.core.names import did_you_mean, listing
from yupana.ensemble.columns import Columns, VariableInfo


@dataclass(frozen=True)
class Selection:
    """Columns of one variable and how they are laid out.

    Attributes
    ----------
    key : as asked for.
    info : the variable.
    columns : names of the columns, in the order of the places.
    dims : name -> places, empty for a single column.
    """

    key: str
    info: VariableInfo
    columns: tuple[str, ...]
    dims: dict[str, tuple[str, ...]]

    @property
    def shape(self) -> tuple[int, ...]:
        """Number of places along each dimension."""
        return tuple(len(places) for places in self.dims.values())


def select(columns: Columns, key: str) -> Selection:
    """Return what `key` means: ``coca_area``, ``coca_area[zone]`` for all places, or ``coca_area[PLACE]``.

    Raises
    ------
    UsageError
        Y107 for an unknown variable, Y108 for an unknown place.
    """
    if key in columns.by_key:
        info = columns.by_key[key]
        return Selection(key, info, columns.elements(info), {dim: columns.dims[dim] for dim in info.over})
    if key in columns.owner:
        return Selection(key, columns.owner[key], (key,), {})
    name, _, rest = key.partition("[")
    family = [info for info in columns.variables if info.name == name]
    if not family:
        raise UsageError(
            f"unknown variable {key!r}",
            code="Y107",
            got=key,
            expected=listing(dict.fromkeys(info.name for info in columns.variables), 8),
            fix=did_you_mean(key, [*columns.by_key, *columns.owner]) or None,
        )
    spread = [info for info in family if info.over]
    if not rest and spread:  # a variable that exists by place only: the user means all places
        return select(columns, spread[0].key)
    options = [element[len(name) + 1 : -1] for info in spread for element in columns.elements(info)]
    place = rest.rstrip("]")
    raise UsageError(
        f"{name} has no place {place!r}",
        code="Y108",
        got=key,
        expected=listing(options, 20) if options else f"{name}, without a place",
        fix=did_you_mean(place, options) or None,
    )


def select_all(columns: Columns, keys: Sequence[str]) -> list[Selection]:
    """Return the selections of `keys`, or of every variable where none is given."""
    return [select(columns, key) for key in (keys or columns.by_key)]


def select_scenarios(known: Sequence[str], wanted: Sequence[str]) -> tuple[str, ...]:
    """Return the scenarios asked for, all of them where none is named.

    Raises
    ------
    UsageError
        Y301 for one that the run does not hold.
    """
    for name in wanted:
        if name not in known:
            raise UsageError(
                f"the run has no scenario {name!r}",
                code="Y301",
                got=name,
                expected=listing(known),
                fix=did_you_mean(name, known) or "run the study again with that --scenario",
            )
    return tuple(dict.fromkeys(wanted)) or tuple(known)


def select_years(known: Sequence[int], wanted: Sequence[int]) -> tuple[int, ...]:
    """Return the years asked for, all of them where none is named.

    Raises
    ------
    UsageError
        Y104 for one outside the run.
    """
    for year in wanted:
        if year not in known:
            raise UsageError(
                f"the run does not hold the year {year}",
                code="Y104",
                got=str(year),
                expected=f"{known[0]} to {known[-1]}",
                fix="choose a year of the run",
            )
    return tuple(sorted(set(wanted))) or tuple(known)
