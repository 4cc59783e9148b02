"""Priors of a balance: stated in it, or read by name from priors.yaml, which the model reads too."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from yupana.core.errors import DataError, did_you_mean
from yupana.core.names import listing
from yupana.core.units import factor

if TYPE_CHECKING:
    from yupana.evidence.pack import Pack
    from yupana.evidence.schema_balance import StatedPrior
    from yupana.evidence.schema_study import PriorEntry

Z95 = 1.6448536269514722
"""Quantile of the standard normal at 0.95."""


@dataclass(frozen=True)
class NormalPrior:
    """A normal distribution of the log of a quantity, or of the log odds of a share between two bounds.

    Attributes
    ----------
    centre, scale : mean and standard deviation. share : whether it is of a share. bounds : its ends.
    """

    centre: float
    scale: float
    share: bool = False
    bounds: tuple[float, float] = (0.0, 1.0)


@dataclass
class PriorBook:
    """Finds priors, and remembers which rows they cite: what made a prior may not be counted again as data.

    Attributes
    ----------
    pack : the pack. cited : row -> name of the prior that cites it.
    """

    pack: Pack
    cited: dict[str, str] = field(default_factory=dict)

    def find(
        self, prior: str | StatedPrior, element: str | None, unit: str | None, where: str
    ) -> NormalPrior:
        """Return a prior for an element, in a unit.

        Raises
        ------
        DataError
            Y242 where priors.yaml has no such entry, or it is not of a positive quantity; Y212 for its unit.
        """
        if not isinstance(prior, str):
            spread = (prior.by or {}).get(element or "", prior)
            self.cited.update(dict.fromkeys(prior.sources, "stated in balance.yaml"))
            return normal_prior(prior.family, spread.q05, spread.q95, prior.bounds, 1.0)
        entry = self._entry(prior, where)
        self.cited.update(dict.fromkeys(entry.cited, entry.name))
        place = (entry.by or {}).get(element or "")
        q05 = place.q05 if place is not None and place.q05 is not None else entry.q05
        q95 = place.q95 if place is not None and place.q95 is not None else entry.q95
        if q05 is None or q95 is None or q05 <= 0 or entry.family not in ("lognormal", "logitnormal"):
            raise DataError(
                f"the prior {prior!r} is not of a positive quantity",
                code="Y242",
                where=("balance.yaml", where),
                got=entry.family,
                expected="lognormal, or logitnormal within 0 and 1, with quantiles",
            )
        times = factor(entry.unit, unit) if unit else 1.0
        return normal_prior(entry.family, q05, q95, entry.bounds or (0.0, 1.0), times)

    def _entry(self, name: str, where: str) -> PriorEntry:
        entries = {entry.name: entry for entry in self.pack.priors}
        if name not in entries:
            raise DataError(
                f"unknown prior {name!r}",
                code="Y242",
                where=("balance.yaml", where),
                got=name,
                expected=listing(entries, 8),
                fix=did_you_mean(name, entries) or "name an entry of priors.yaml, or state the prior here",
            )
        return entries[name]


def normal_prior(
    family: str, q05: float, q95: float, bounds: tuple[float, float], times: float
) -> NormalPrior:
    """Return the distribution with these quantiles; those of a lognormal are multiplied by `times`."""
    if family == "lognormal":
        first, last = math.log(q05 * times), math.log(q95 * times)
        return NormalPrior((first + last) / 2, (last - first) / (2 * Z95))
    low, high = bounds
    first, last = (math.log((x - low) / (high - x)) for x in (q05, q95))
    return NormalPrior((first + last) / 2, (last - first) / (2 * Z95), True, (low, high))


def sticks_of_weights(weights: Sequence[NormalPrior]) -> list[NormalPrior]:
    """Return the log odds of each part against the parts after it, all but the last, from weights.

    The sum of the later weights is read as lognormal with the same mean and variance (Fenton's method) [1]_.

    References
    ----------
    .. [1] fenton1960
    """
    sticks = []
    for index, one in enumerate(weights[:-1]):
        later = weights[index + 1 :]
        mean = sum(math.exp(w.centre + w.scale**2 / 2) for w in later)
        variance = sum(math.expm1(w.scale**2) * math.exp(2 * w.centre + w.scale**2) for w in later)
        spread = math.log1p(variance / mean**2)
        centre = one.centre - (math.log(mean) - spread / 2)
        sticks.append(NormalPrior(centre, math.sqrt(one.scale**2 + spread), True))
    return sticks
