"""A first answer about Peru: run two scenarios, print areas and what an eradication campaign changes.

    python examples/01_first_answer.py [DRAWS]
"""

from __future__ import annotations

import sys
from typing import Any

import yupana as yu


def band(values: Any, unit: str) -> str:
    """The median and the 5% and 95% quantiles over draws, as text."""
    low, middle, high = values.quantile([0.05, 0.5, 0.95], dim="draw").values
    return f"{middle:,.4g} ({low:,.4g} to {high:,.4g}) {unit}"


def main(draws: int = 1024) -> None:
    """Run, then print 5, 50 and 95 percent quantiles of a few years."""
    study = yu.load("peru")
    result = study.run(draws=draws, seed=1, scenarios=("baseline", "eradication_pulse"))

    area = result["coca_area"].sel(scenario="baseline")
    print(result.drawn.words)
    for year in (2004, 2008, 2012):
        print(f"coca area {year}: {band(area.sel(year=year), area.attrs['unit'])}")

    for name in ("coca_area", "leaf_price", "grower_net_income"):
        values = result[name].sel(year=2014)
        change = values.sel(scenario="eradication_pulse") - values.sel(scenario="baseline")
        print(f"the campaign changes {name} in 2014 by {band(change, values.attrs['unit'])}")


if __name__ == "__main__":
    main(*(int(word) for word in sys.argv[1:]))
