"""All priors of a pack in order, and the draws from them as points and as parameters."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Protocol

import numpy as np
from numpy.typing import DTypeLike, NDArray

from yupana.core.arrays import namespace
from yupana.core.errors import DataError, did_you_mean
from yupana.core.names import closest
from yupana.core.streams import uniforms
from yupana.params.distributions import FAMILIES, Distribution
from yupana.params.prior import Prior


class Declared(Protocol):
    """A parameter as a model declares it."""

    @property
    def name(self) -> str: ...
    @property
    def over(self) -> tuple[str, ...]: ...
    @property
    def unit(self) -> str: ...


@dataclass(frozen=True, eq=False)
class _Block:
    """All elements of one family, so that one call transforms them together.

    Attributes
    ----------
    distribution : (rows,)
    rows : (rows,) int. Where the elements stand among the latent points.
    slices : name of the prior -> its rows inside the block.
    """

    distribution: Distribution
    rows: NDArray[np.intp]
    slices: dict[str, slice]


@dataclass(frozen=True, eq=False)
class PriorSet:
    """The priors of a model, in order.

    A draw is a point of independent standard normals, one for each element (:attr:`latent_names`), and a
    smooth bijection takes points to parameters. The number behind an element depends on the seed, the
    element's name and the number of the draw alone: the first n of N draws are the same draws, and a new
    prior or another order of places changes no other number.

    Examples
    --------
    >>> entry = dict(name="yield", unit="kg/ha", meaning="yield", family="lognormal", q05=900, q95=1600)
    >>> priors = PriorSet.from_entries([entry], {})
    >>> draws = priors.draw(seed=1, first=0, count=4)
    >>> draws["yield"].shape
    (4,)
    """

    priors: tuple[Prior, ...]

    def __post_init__(self) -> None:
        names = [prior.name for prior in self.priors]
        for name in names:
            if names.count(name) > 1:
                raise DataError("Prior given twice", code="Y209", where="priors.yaml", got=name)

    @classmethod
    def from_pack(cls, pack: Any, dims: Mapping[str, tuple[str, ...]]) -> PriorSet:
        """Return the priors of a pack: its ``priors``, entries of priors.yaml.

        Parameters
        ----------
        pack : object with ``priors``, an iterable of entries.
        dims : names of the elements of each dimension, such as ``config.dims``.
        """
        return cls.from_entries(pack.priors, dims)

    @classmethod
    def from_entries(cls, entries: Iterable[Any], dims: Mapping[str, tuple[str, ...]]) -> PriorSet:
        """Return the priors that `entries` describe; see :meth:`Prior.from_entry`.

        Raises
        ------
        DataError
            When an entry is not usable or a name comes twice; all unusable entries are in its ``problems``.
        """
        priors, faults = [], []
        for entry in entries:
            try:
                priors.append(Prior.from_entry(entry, dims))
            except DataError as fault:
                faults.append(fault)
        if len(faults) == 1:
            raise faults[0]
        if faults:
            raise DataError(
                f"{len(faults)} priors are not usable; the first: {faults[0].what.lower()}",
                code=faults[0].code,
                where=faults[0].where,
                got=faults[0].got,
                expected=faults[0].expected,
                fix=faults[0].fix,
                problems=faults,
            )
        return cls(tuple(priors))

    def __iter__(self) -> Iterator[Prior]:
        return iter(self.priors)

    def __len__(self) -> int:
        return len(self.priors)

    def __contains__(self, name: object) -> bool:
        return name in self._by_name

    def __getitem__(self, name: str) -> Prior:
        try:
            return self._by_name[name]
        except KeyError:
            raise DataError(
                "No prior of that name",
                code="Y503",
                got=name,
                fix=did_you_mean(name, self._by_name) or "Run `yupana pack priors`.",
            ) from None

    @cached_property
    def _by_name(self) -> dict[str, Prior]:
        return {prior.name: prior for prior in self.priors}

    @cached_property
    def names(self) -> tuple[str, ...]:
        """Names of the priors, in order."""
        return tuple(self._by_name)

    @cached_property
    def latent_names(self) -> tuple[str, ...]:
        """Names of the elements, ``name`` or ``name[element]``, in the order of the points."""
        return tuple(name for prior in self.priors for name in prior.latent_names)

    @property
    def size(self) -> int:
        """Number of elements."""
        return len(self.latent_names)

    @cached_property
    def _blocks(self) -> tuple[_Block, ...]:
        ends = np.cumsum([0, *(prior.size for prior in self.priors)])
        blocks = []
        for family in FAMILIES:
            members = [(p, ends[i]) for i, p in enumerate(self.priors) if p.family == family]
            if not members:
                continue
            inner = np.cumsum([0, *(prior.size for prior, _ in members)])
            blocks.append(
                _Block(
                    Distribution.concatenate([prior.distribution for prior, _ in members]),
                    np.concatenate([np.arange(first, first + prior.size) for prior, first in members]),
                    {p.name: slice(int(inner[i]), int(inner[i + 1])) for i, (p, _) in enumerate(members)},
                )
            )
        return tuple(blocks)

    def points(self, seed: int, first: int, count: int) -> NDArray[np.float64]:
        """Return draws `first` to `first + count - 1` as points of the standard normal.

        Each element has the stream ``"prior/" + its latent name`` of :mod:`yupana.core.streams`.

        Returns
        -------
        (element, count) float64, dimensionless.
        """
        from scipy.special import ndtri

        shares = np.empty((self.size, count))
        for row, name in enumerate(self.latent_names):
            shares[row] = uniforms(seed, f"prior/{name}", first, count)
        # one inversion for all elements: the same numbers as `normals`, without a call for each
        return ndtri(shares, out=shares)

    def latents(
        self, seed: int, first: int, count: int, names: Iterable[str]
    ) -> dict[str, NDArray[np.float64]]:
        """Return the rows of :meth:`points` that belong to some priors: name -> (element, count)."""
        from scipy.special import ndtri

        return {
            name: ndtri(np.stack([uniforms(seed, f"prior/{row}", first, count) for row in rows]))
            for name, rows in ((name, self[name].latent_names) for name in names)
        }

    def from_points(self, z: Any) -> dict[str, Any]:
        """Return the parameters at the points `z`; differentiable, on NumPy and on JAX.

        Parameters
        ----------
        z : (element, *more), dimensionless. Its dtype is the dtype of the result.

        Returns
        -------
        name -> (*dimensions, *more), unit of the parameter.
        """
        if z.shape[:1] != (self.size,):
            raise ValueError(f"points need {self.size} rows, one for each element, got shape {z.shape}")
        values = {}
        for block in self._blocks:
            x = block.distribution.from_normal(z[block.rows])
            for name, rows in block.slices.items():
                values[name] = x[rows].reshape(self._by_name[name].shape + z.shape[1:])
        return {name: values[name] for name in self.names}

    def draw(
        self, seed: int, first: int, count: int, dtype: DTypeLike = np.float64
    ) -> dict[str, NDArray[Any]]:
        """Return draws `first` to `first + count - 1` of all parameters.

        They are computed in float64 and rounded to `dtype` at the end, so that draws of both kinds agree.

        Returns
        -------
        name -> (*dimensions, count), unit of the parameter.
        """
        values = self.from_points(self.points(seed, first, count))
        return {name: np.asarray(value, dtype=dtype) for name, value in values.items()}

    def median(self, dtype: DTypeLike = np.float64) -> dict[str, NDArray[Any]]:
        """Return the medians of all parameters: name -> (*dimensions,), unit of the parameter."""
        values = self.from_points(np.zeros(self.size))
        return {name: np.asarray(value, dtype=dtype) for name, value in values.items()}

    def to_points(self, params: Mapping[str, Any]) -> Any:
        """Return the points of the standard normal at `params`, the inverse of :meth:`from_points`.

        Parameters
        ----------
        params : name -> (*dimensions, *more), unit of the parameter. Other names are ignored.

        Returns
        -------
        (element, *more), dimensionless; not a number where JAX is given a value outside its support.

        Raises
        ------
        DataError
            When a parameter is missing or has another shape, or a NumPy value lies outside its support.
        """
        parts = [
            block.distribution.to_normal(self._stacked(block, params))  # (rows, *more)
            for block in self._blocks
        ]
        xp = namespace(*parts)
        order = np.argsort(np.concatenate([block.rows for block in self._blocks]))
        z = xp.concatenate(parts)[order]
        if xp is np and np.isnan(z).any():
            row = int(np.argwhere(np.isnan(z))[0][0])
            raise DataError(
                "Parameter outside the support of its prior", code="Y501", where=self.latent_names[row]
            )
        return z

    def log_density(self, params: Mapping[str, Any]) -> Any:
        """Return the log density of `params` under all priors together, with respect to the parameters.

        Returns
        -------
        (*more,), log of the product of 1/units; minus infinity outside the support.
        """
        return sum(
            block.distribution.log_density(self._stacked(block, params)).sum(axis=0) for block in self._blocks
        )

    def _stacked(self, block: _Block, params: Mapping[str, Any]) -> Any:
        """Return the values of one family's elements, one row each."""
        parts = []
        for name in block.slices:
            prior = self._by_name[name]
            if name not in params:
                raise DataError("Parameter missing", code="Y503", got="nothing", expected=name)
            value = params[name]
            value = value if hasattr(value, "shape") else np.asarray(value, dtype=np.float64)
            inner = len(prior.shape)
            if tuple(value.shape[:inner]) != prior.shape:
                raise DataError(
                    "Parameter has another shape than its prior",
                    code="Y503",
                    where=name,
                    got=str(value.shape),
                    expected=f"{prior.shape} over ({', '.join(prior.over)}), then any axes of draws",
                )
            parts.append(value.reshape((prior.size, *value.shape[inner:])))
        return namespace(*parts).concatenate(parts)

    def table(self) -> list[dict[str, Any]]:
        """Return one row for each element, for tables of priors.

        Keys: name, element (None for a single number), meaning, unit, family, q05, q50, q95, reason, sources
        (ids of evidence rows), pedigree, start.
        """
        rows = []
        for prior in self.priors:
            quantiles = [array.ravel() for array in (prior.q05, prior.q50, prior.q95)]
            for i, (element, basis) in enumerate(zip(prior.elements, prior.bases, strict=True)):
                q05, q50, q95 = (float(array[i]) for array in quantiles)
                rows.append(
                    {
                        "name": prior.name,
                        "element": element or None,
                        "meaning": prior.meaning,
                        "unit": prior.unit,
                        "family": prior.family,
                        "q05": q05,
                        "q50": q50,
                        "q95": q95,
                        "reason": basis.reason,
                        "sources": basis.sources,
                        "pedigree": basis.pedigree,
                        "start": prior.start,
                    }
                )
        return rows

    def expect(self, declared: Iterable[Declared]) -> None:
        """Raise unless the priors are those that a model declares, over the same dimensions and units.

        Raises
        ------
        DataError
            Listing every missing and superfluous prior, with near names, and every disagreement.
        """
        wanted = {parameter.name: parameter for parameter in declared}
        missing = [name for name in wanted if name not in self]
        superfluous = [name for name in self.names if name not in wanted]
        faults = [f"no prior of {name}" for name in missing]
        for name in superfluous:
            # only a parameter still without a prior can be what was meant
            near = closest(name, missing, limit=1)
            faults.append(f"unknown prior {name}" + (f" (did you mean {near[0]!r}?)" if near else ""))
        for name, parameter in wanted.items():
            if name not in self:
                continue
            prior = self[name]
            for what, got, want in (
                ("dimensions", ",".join(prior.over) or "none", ",".join(parameter.over) or "none"),
                ("unit", prior.unit, parameter.unit),
            ):
                if got != want:
                    faults.append(f"{name} has {what} {got!r} in place of {want!r}")
        if faults:
            rest = f"; and {len(faults) - 20} more" if len(faults) > 20 else ""
            raise DataError(
                "The priors do not fit the model: " + "; ".join(faults[:20]) + rest,
                code="Y503",
                where="priors.yaml",
                got=f"{len(faults)} disagreements",
                expected="one prior for each parameter of the model",
                problems=[DataError(fault, code="Y503", where="priors.yaml") for fault in faults],
            )
