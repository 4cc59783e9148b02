"""A small reconciliation made by hand, for tests of the accounts."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from yupana.evidence.reconcile.result import Estimate, Reconciliation

MARKETS = ("united_states", "brazil", "europe", "southern_cone", "rest")
COUNT = 2000


def balance(year: int = 2012, contraction: float = 0.5, drop: tuple[str, ...] = ()) -> Reconciliation:
    """Masses of one year with joint draws; every quantity has the same contraction."""
    rng = np.random.default_rng(20)
    leaf = rng.lognormal(np.log(100_000.0), 0.15, COUNT)
    shipped = leaf / rng.lognormal(np.log(320.0), 0.15, COUNT)
    crossed = 0.85 * shipped
    masses: dict[str, NDArray[np.float64]] = {
        "leaf_illicit": leaf,
        "hydrochloride_shipped": 0.8 * shipped,
        "base_shipped": 0.2 * shipped,
        "cocaine_exports": crossed,
        "home_use": 0.03 * shipped,
        **{f"arrived[{market}]": 0.15 * crossed for market in MARKETS},
    }
    kept = {name: draws for name, draws in masses.items() if name not in drop}
    quantities = {}
    for name, draws in kept.items():
        low, middle, high = map(float, np.quantile(draws, (0.05, 0.5, 0.95)))
        quantities[name, year] = Estimate(name, year, "t", low, middle, high, contraction)
    return Reconciliation(
        pack="peru",
        years=(year,),
        anchor="agnostic",
        solver="gauss-newton",
        quantities=quantities,
        flows=(),
        nodes={},
        data=(),
        left_out=(),
        chi2=None,
        degrees=None,
        p_value=None,
        names=tuple(quantities),
        draws=np.stack(list(kept.values()), axis=1),
        gates={},
    )
