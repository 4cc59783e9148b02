"""One prior: a parameter of the model with its distribution at every place, its reasons and its sources."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from yupana.core.errors import DataError, did_you_mean
from yupana.core.names import listing
from yupana.params.distributions import Distribution

PEDIGREES = ("cited", "derived", "judged")
"""How a prior came about: from cited rows, derived from them, or judged by the pack's authors."""

_PLACE_KEYS = frozenset({"q05", "q95", "bounds", "reason", "sources", "pedigree", "note"})
_KEYS = _PLACE_KEYS | {"name", "unit", "meaning", "over", "family", "by", "start"}


@dataclass(frozen=True)
class Basis:
    """What one element of a prior rests on: a reason in words, ids of evidence rows, and a pedigree."""

    reason: str
    sources: tuple[str, ...]
    pedigree: str


@dataclass(frozen=True, eq=False)
class Prior:
    """The prior of one parameter, with one independent distribution for each element.

    Attributes
    ----------
    name, unit, meaning : of the parameter.
    over : names of its dimensions, empty for a single number.
    places : names of the elements of each dimension.
    distribution : of shape ``shape``, unit of the parameter.
    bases : one for each element, in the order of ``elements``.
    start : whether the parameter describes the state at the start, so that only early rows may support it.
    """

    name: str
    unit: str
    meaning: str
    over: tuple[str, ...]
    places: tuple[tuple[str, ...], ...]
    distribution: Distribution
    bases: tuple[Basis, ...]
    start: bool = False

    @property
    def family(self) -> str:
        """Name of the family."""
        return self.distribution.family.name

    @property
    def shape(self) -> tuple[int, ...]:
        """Number of elements along each dimension."""
        return tuple(len(names) for names in self.places)

    @property
    def size(self) -> int:
        """Number of elements."""
        return int(np.prod(self.shape, dtype=int))

    @cached_property
    def elements(self) -> tuple[str, ...]:
        """Keys of the elements, such as ``"north"`` or ``"north,sea"``; one empty key for a single number."""
        return tuple(",".join(key) for key in itertools.product(*self.places))

    @cached_property
    def latent_names(self) -> tuple[str, ...]:
        """Names of the elements: ``name`` or ``name[element]``. Random streams go by them."""
        return tuple(f"{self.name}[{element}]" if element else self.name for element in self.elements)

    @cached_property
    def q05(self) -> NDArray[np.float64]:
        """5 per cent quantile, of shape ``shape``, unit of the parameter."""
        return self.distribution.quantile(np.full(self.shape, 0.05))

    @cached_property
    def q50(self) -> NDArray[np.float64]:
        """Median, of shape ``shape``, unit of the parameter."""
        return self.distribution.quantile(np.full(self.shape, 0.5))

    @cached_property
    def q95(self) -> NDArray[np.float64]:
        """95 per cent quantile, of shape ``shape``, unit of the parameter."""
        return self.distribution.quantile(np.full(self.shape, 0.95))

    @property
    def sources(self) -> tuple[str, ...]:
        """Ids of all evidence rows that any element cites, each once, in order."""
        return tuple(dict.fromkeys(source for basis in self.bases for source in basis.sources))

    @classmethod
    def from_entry(cls, entry: Any, dims: Mapping[str, tuple[str, ...]]) -> Prior:
        """Return the prior that an entry of priors.yaml describes.

        Parameters
        ----------
        entry : mapping, or object with the same names as attributes: name, unit, meaning, over, family, q05,
            q95, bounds, by, reason, sources, pedigree, start.
        dims : names of the elements of each dimension.

        Raises
        ------
        DataError
            When a key, dimension or place is unknown, an element has no quantiles, or they make no
            distribution. The message names the prior and the place.
        """
        return _read(_plain(entry), dims)


def _plain(entry: Any) -> dict[str, Any]:
    """Return an entry as a dict without empty values; of an object only the keys known here."""
    if isinstance(entry, Mapping):
        items: Iterable[tuple[str, Any]] = entry.items()
    elif hasattr(entry, "model_dump"):
        items = entry.model_dump(include=set(_KEYS)).items()
    else:
        items = ((key, getattr(entry, key)) for key in _KEYS if hasattr(entry, key))
    return {key: value for key, value in items if value is not None}


def _read(entry: dict[str, Any], dims: Mapping[str, tuple[str, ...]]) -> Prior:
    name = str(entry.get("name", "?"))
    where = ("priors.yaml", name)
    _known_keys(entry, _KEYS, where)
    for key in ("name", "unit", "meaning", "family"):
        if key not in entry:
            raise DataError("Prior without a required key", code="Y208", where=where, expected=key)
    over = _over(entry.get("over"), dims, where)
    places = tuple(tuple(dims[dim]) for dim in over)
    keys = [",".join(key) for key in itertools.product(*places)]
    default = {key: value for key, value in entry.items() if key in _PLACE_KEYS}
    by = _places(entry.get("by", {}), keys, where)
    rows = [{**default, **by.get(key, {})} for key in keys]
    distribution = _distribution(str(entry["family"]), rows, keys, where)
    shape = tuple(len(names) for names in places)
    fields = ("loc", "scale", "lower", "upper")
    return Prior(
        name=name,
        unit=str(entry["unit"]),
        meaning=str(entry["meaning"]),
        over=over,
        places=places,
        distribution=Distribution(
            distribution.family, *(_frozen(getattr(distribution, field).reshape(shape)) for field in fields)
        ),
        bases=tuple(_basis(row, where) for row in rows),
        start=bool(entry.get("start", False)),
    )


def _frozen(array: NDArray[np.float64]) -> NDArray[np.float64]:
    array.flags.writeable = False
    return array


def _over(value: Any, dims: Mapping[str, tuple[str, ...]], where: tuple[str, ...]) -> tuple[str, ...]:
    """Return the dimensions named by nothing, ``zone``, ``zone,corridor`` or a list of names."""
    names = value.split(",") if isinstance(value, str) else list(value or ())
    over = tuple(name for name in (str(part).strip() for part in names) if name and name != "none")
    for name in over:
        if name not in dims:
            raise DataError(
                "Prior over an unknown dimension",
                code="Y501",
                where=where,
                got=name,
                expected=listing(dims),
                fix=did_you_mean(name, dims) or None,
            )
    return over


def _known_keys(given: Iterable[str], known: frozenset[str], where: tuple[str, ...]) -> None:
    for key in given:
        if key not in known:
            raise DataError(
                "Prior with an unknown key",
                code="Y206",
                where=where,
                got=key,
                expected=listing(sorted(known)),
                fix=did_you_mean(str(key), known) or None,
            )


def _places(by: Any, keys: list[str], where: tuple[str, ...]) -> dict[str, dict[str, Any]]:
    """Return what the entry says of single places, by element key."""
    known = set(keys)
    result = {}
    for place, values in by.items():
        key = ",".join(part.strip() for part in str(place).split(","))
        if key not in known or key == "":
            raise DataError(
                "Prior at an unknown place",
                code="Y108",
                where=(*where, "by"),
                got=place,
                expected=listing(keys) if keys != [""] else "no places: the prior is over nothing",
                fix=did_you_mean(key, keys) or None,
            )
        result[key] = _plain(values)
        _known_keys(result[key], _PLACE_KEYS, (*where, key))
    return result


def _distribution(
    family: str, rows: list[dict[str, Any]], keys: list[str], where: tuple[str, ...]
) -> Distribution:
    """Return the distributions of all elements as one flat array, checked element by element on a fault."""
    if not rows:
        raise DataError("Prior over a dimension without elements", code="Y501", where=where)
    given = [_numbers(row, (*where, key)) for row, key in zip(rows, keys, strict=True)]
    names = set(given[0])
    try:
        if all(set(numbers) == names for numbers in given):
            return Distribution.from_quantiles(
                family, **{name: [numbers[name] for numbers in given] for name in names}
            )
        parts = [Distribution.from_quantiles(family, **numbers) for numbers in given]
        return Distribution.concatenate(parts)
    except DataError:
        # all elements were built at once; build one at a time to name the place at fault
        for numbers, key in zip(given, keys, strict=True):
            try:
                Distribution.from_quantiles(family, **numbers)
            except DataError as fault:
                raise DataError(
                    fault.what,
                    code=fault.code,
                    where=(*where, key),
                    got=fault.got,
                    expected=fault.expected,
                    fix=fault.fix,
                ) from None
        raise


def _numbers(row: dict[str, Any], where: tuple[str, ...]) -> dict[str, Any]:
    """Return the arguments of :meth:`Distribution.from_quantiles` that an element gives."""
    numbers = {name: row[name] for name in ("q05", "q95") if name in row}
    if "bounds" in row:
        bounds = row["bounds"]
        if isinstance(bounds, str) or not hasattr(bounds, "__len__") or len(bounds) != 2:
            raise DataError(
                "Bounds are not a pair", code="Y501", where=where, got=bounds, expected="[lower, upper]"
            )
        numbers["lower"], numbers["upper"] = bounds
    for name, value in numbers.items():
        if isinstance(value, (bool, str)) or not np.isscalar(value):
            raise DataError(
                f"{name} is not a number", code="Y219", where=where, got=value, expected="a number"
            )
    return numbers


def _basis(row: dict[str, Any], where: tuple[str, ...]) -> Basis:
    sources = row.get("sources", ())
    pedigree = str(row.get("pedigree", "judged"))
    if pedigree not in PEDIGREES:
        raise DataError(
            "Unknown pedigree",
            code="Y207",
            where=where,
            got=pedigree,
            expected=", ".join(PEDIGREES),
            fix=did_you_mean(pedigree, PEDIGREES) or None,
        )
    sources = (sources,) if isinstance(sources, str) else tuple(str(source) for source in sources)
    return Basis(str(row.get("reason", "")), sources, pedigree)
