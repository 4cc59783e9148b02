"""A first answer about Peru: run two scenarios, print areas and what an eradication campaign changes.

    python examples/01_first_answer.py [DRAWS]
"""

from __future__ import annotations

import sys

import yupana as yu


def main(draws: int = 1024) -> None:
    """Run, then print 5, 50 and 95 percent quantiles of a few years."""
    study = yu.load("peru")
    result = study.run(draws=draws, seed=1, scenarios=("baseline", "eradication_pulse"))

    area = result["coca_area"]
    print(f"coca area, {area.attrs['unit']}, {area.attrs['meaning']}; prior draws, not fitted to data")
    for year in (2004, 2008, 2012):
        low, middle, high = area.sel(scenario="baseline", year=year).quantile([0.05, 0.5, 0.95], dim="draw").values
        print(f"  {year}: {middle:8,.0f}  ({low:,.0f} to {high:,.0f})")

    for name in ("coca_area", "leaf_price", "grower_net_income"):
        values = result[name]
        change = values.sel(scenario="eradication_pulse") - values.sel(scenario="baseline")
        low, middle, high = change.sel(year=2014).quantile([0.05, 0.5, 0.95], dim="draw").values
        print(f"the campaign changes {name} in 2014 by {middle:,.2f} ({low:,.2f} to {high:,.2f}) {values.attrs['unit']}")


if __name__ == "__main__":
    main(*(int(word) for word in sys.argv[1:]))
