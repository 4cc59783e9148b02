"""A run of the model beside a reconciliation: two mass balances that share conversion priors only."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from yupana.core.errors import DataError
from yupana.core.units import factor

if TYPE_CHECKING:
    from yupana.evidence.reconcile.result import Estimate, Reconciliation
    from yupana.results.result import Result

QUANTILES = (0.05, 0.5, 0.95)


@dataclass(frozen=True)
class Rival:
    """One quantity by both.

    Attributes
    ----------
    balance : by the reconciliation. q05, q50, q95 : by the run, in the unit of the balance.
    verdict : ``apart`` where the intervals do not meet, ``differ`` where a median lies outside the other's
        interval, ``agree`` otherwise.
    """

    balance: Estimate
    q05: float
    q50: float
    q95: float

    @property
    def verdict(self) -> str:
        """How the two stand to each other."""
        mine = self.balance
        if mine.q95 < self.q05 or self.q95 < mine.q05:
            return "apart"
        inside = mine.q05 <= self.q50 <= mine.q95 and self.q05 <= mine.q50 <= self.q95
        return "agree" if inside else "differ"


def compare_with_run(found: Reconciliation, result: Result, scenario: str = "baseline") -> tuple[Rival, ...]:
    """Return every quantity that both have, in the years that both have.

    Parameters
    ----------
    found : a reconciliation. result : a run of the same pack. scenario : of the run; its first by default.

    Raises
    ------
    DataError
        Y404 where the run holds none of the years, or comes from another pack.
    """
    import numpy as np

    of = str(result.manifest.recipe.get("pack", ""))
    if of != found.pack:
        raise DataError(
            "the run is of another pack",
            code="Y404",
            where=str(result.folder),
            got=of,
            expected=found.pack,
            fix=f"yupana run {found.pack}, then name that run",
        )
    years = [year for year in found.years if year in result.years]
    if not years:
        raise DataError(
            "the run holds none of the years",
            code="Y404",
            where=str(result.folder),
            got=f"{result.years[0]} to {result.years[-1]} of pack {of}",
            expected=", ".join(map(str, found.years)),
        )
    name = scenario if scenario in result.scenarios else result.scenarios[0]
    owner = result.manifest.columns.owner
    rivals = []
    for (key, year), estimate in found.quantities.items():
        if year not in years or key not in owner:
            continue
        band = result.quantiles(key, QUANTILES, (name,)).sel(year=year).to_numpy().ravel()
        times = factor(owner[key].unit, estimate.unit)
        if np.isfinite(band).all():
            rivals.append(Rival(estimate, *(float(end) * times for end in band)))
    return tuple(rivals)
