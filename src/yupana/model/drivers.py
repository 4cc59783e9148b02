"""What comes from outside the country's trade: series a year, in the form in which a step reads them."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from yupana.model.config import Config


class Drivers(NamedTuple):
    """Outside series on intervals; the leading axis is the year. Rows that are not certain carry a log sd."""

    year: np.ndarray  # (year,) calendar year at the start of the interval
    elapsed: np.ndarray  # (year,) years since the start of the run's reference
    eradication: np.ndarray  # (year,) ha/year
    eradication_log_sd: np.ndarray  # (year,)
    income: np.ndarray  # (year,) real income a head relative to the first year
    population: np.ndarray  # (year,) relative to the first year
    exchange: np.ndarray  # (year,) real local money of the money year for one USD of the money year
    coffee: np.ndarray  # (year,) real local price relative to the first years
    cocoa: np.ndarray  # (year,) real local price relative to the first years
    output: np.ndarray  # (year,) real output of the country relative to the first year
    people: np.ndarray  # (year,) million inhabitants
    payroll: np.ndarray  # (year,) real USD that the state can pay its officials, relative to the first year
    gold: np.ndarray  # (year,) real local price of gold relative to the first year
    gold_dollar: np.ndarray  # (year,) the same in real USD
    pardons: np.ndarray  # (year,) person/year, recorded pardons and commutations
    rival_area: np.ndarray  # (year, rival) ha
    rival_area_log_sd: np.ndarray  # (year, rival)

    @property
    def years(self) -> tuple[int, ...]:
        """Calendar years covered."""
        return tuple(int(y) for y in self.year)


def build_drivers(pack: Any, config: Config, start: int, end: int) -> Drivers:
    """Return the drivers of `start` to `end`, both included, on the pack's reference year.

    Years beyond the last known one follow the rule the pack states for each driver: the last value is held,
    or its trend goes on. Ratios are relative to the pack's start, whatever `start` is, so that parameters
    keep their meaning.

    Raises
    ------
    DataError
        If a driver has no value at or before a year and none after it.
    """
    first = int(pack.start)
    years = np.arange(first, end + 1)
    series = {
        d: pack.driver_series(d, years)
        for d in (
            "eradicated_area",
            "gdp_growth",
            "population",
            "exchange_rate",
            "consumer_price_home",
            "consumer_price_us",
            "coffee_price",
            "cocoa_price",
            "gold_price",
            "pardons",
        )
    }
    value = {name: s.value for name, s in series.items()}
    growth = np.log1p(value["gdp_growth"] / 100.0)
    growth[0] = 0.0
    output = np.exp(np.cumsum(growth))
    people = value["population"] / value["population"][0]
    exchange = value["exchange_rate"] * value["consumer_price_us"] / value["consumer_price_home"]
    local = {}
    for crop in ("coffee", "cocoa", "gold"):
        real = value[f"{crop}_price"] / value["consumer_price_us"] * exchange
        local[crop] = real / real[0]
    rivals = [pack.driver_series("rival_area", years, place=rival) for rival in config.rivals]
    keep = slice(start - first, None)
    return Drivers(
        year=years[keep].astype(np.float64),
        elapsed=(years - first)[keep].astype(np.float64),
        eradication=value["eradicated_area"][keep],
        eradication_log_sd=series["eradicated_area"].log_sd[keep],
        income=(output / people)[keep],
        population=people[keep],
        exchange=exchange[keep],
        coffee=local["coffee"][keep],
        cocoa=local["cocoa"][keep],
        output=output[keep],
        people=(value["population"] / 1e6)[keep],
        payroll=(output * exchange[0] / exchange)[keep],
        gold=local["gold"][keep],
        gold_dollar=(local["gold"] / exchange * exchange[0])[keep],
        pardons=value["pardons"][keep],
        rival_area=np.stack([r.value for r in rivals], axis=-1)[keep],
        rival_area_log_sd=np.stack([r.log_sd for r in rivals], axis=-1)[keep],
    )
