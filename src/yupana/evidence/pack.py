"""A pack in memory: everything a country's study is made of, checked and frozen."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from yupana.core.errors import DataError, UsageError
from yupana.core.names import did_you_mean, listing
from yupana.core.units import factor
from yupana.evidence.rows import Source
from yupana.evidence.schema import Check, Good, Money, PackInfo, Places, Quantity
from yupana.evidence.schema_balance import Balance
from yupana.evidence.schema_disputes import Dispute
from yupana.evidence.schema_study import DriverInfo, DriverRow, Lever, PriorEntry, Scenario

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from yupana.evidence.accounts.schema import AccountsFile
    from yupana.evidence.claims import ClaimFile
    from yupana.evidence.ledger import Ledger
    from yupana.evidence.schema_hindcast import HindcastFile
    from yupana.evidence.schema_likelihood import LikelihoodSeries
    from yupana.evidence.schema_rival_models import RivalQuestion
    from yupana.evidence.schema_studies import FieldStudy


class Series(NamedTuple):
    """Yearly values of a driver and how uncertain each is."""

    value: NDArray[np.float64]
    log_sd: NDArray[np.float64]


@dataclass(frozen=True, repr=False)
class Pack:
    """A checked pack.

    Attributes
    ----------
    path : folder it was read from.
    info : content of pack.yaml.
    places, goods, quantities, sources, levers, priors, checks : content of the files of that name.
    ledger : every measurement, with its guards.
    drivers, driver_rows : series from outside and their values.
    scenarios : by name; `baseline` is always there.
    claims : the claim file, or None.
    maps : name -> GeoJSON file, name without ending.
    files : every file read, relative to `path`.
    until : last year anything may be known of, or None.
    balance : mass balance that is reconciled, or None.
    likelihood : figures that a fit confronts the model with; none where the pack declares none.
    hindcast : what was decided about test years before any score, or None.
    studies : studies that could be bought; none where the pack names none.
    rival_models : questions with rival answers; none where the pack names none.
    disputes : why published figures differ, where the pack knows.
    accounts : the accounts of illicit flows that accounts.yaml declares, or None.
    """

    path: Path
    info: PackInfo
    places: Places
    goods: Mapping[str, Good]
    quantities: Mapping[str, Quantity]
    sources: Mapping[str, Source]
    ledger: Ledger
    drivers: Mapping[str, DriverInfo]
    driver_rows: tuple[DriverRow, ...]
    priors: tuple[PriorEntry, ...]
    levers: tuple[Lever, ...]
    scenarios: Mapping[str, Scenario]
    claims: ClaimFile | None
    checks: tuple[Check, ...]
    maps: Mapping[str, Path]
    files: tuple[str, ...]
    until: int | None = None
    disputes: tuple[Dispute, ...] = ()
    balance: Balance | None = None
    likelihood: tuple[LikelihoodSeries, ...] = ()
    hindcast: HindcastFile | None = None
    studies: tuple[FieldStudy, ...] = ()
    rival_models: tuple[RivalQuestion, ...] = ()
    accounts: AccountsFile | None = None

    def __repr__(self) -> str:
        """Id and size in one line."""
        until = "" if self.until is None else f", until {self.until}"
        return f"<Pack {self.id}: {len(self.ledger)} rows, {len(self.priors)} priors{until}>"

    @property
    def id(self) -> str:
        """Name by which the pack is called."""
        return self.info.id

    @property
    def name(self) -> str:
        """Name for people."""
        return self.info.name

    @property
    def start(self) -> int:
        """First year of a run by default."""
        return self.info.start

    @property
    def end(self) -> int:
        """Last year of a run by default."""
        return self.info.end

    @property
    def money(self) -> Money:
        """Unit of account."""
        return self.info.money

    @property
    def home(self) -> str:
        """Id of the evidence place that means the whole country."""
        return self.info.home_country or self.info.home_origin

    @cached_property
    def hash(self) -> str:
        """Hash of the content of every file and of `until`: what a run's id is made from."""
        from yupana.core.hashing import content_hash, hash_files

        return content_hash({"files": hash_files(self.path, self.files), "until": self.until})

    def scenario(self, name: str) -> Scenario:
        """The scenario called `name`.

        Raises
        ------
        UsageError
            Y301 where there is none.
        """
        if name not in self.scenarios:
            raise UsageError(
                f"unknown scenario {name!r}",
                code="Y301",
                where=f"pack {self.id}",
                got=name,
                expected=listing(self.scenarios),
                fix=did_you_mean(name, self.scenarios) or None,
            )
        return self.scenarios[name]

    def lever(self, name: str) -> Lever:
        """The lever called `name`, an element such as ``demand[abroad]`` included.

        Raises
        ------
        DataError
            Y302 where there is none.
        """
        base = name.partition("[")[0]
        for lever in self.levers:
            if lever.id == base:
                return lever
        names = [lever.id for lever in self.levers]
        raise DataError(
            f"unknown lever {name!r}",
            code="Y302",
            where=f"pack {self.id}",
            got=name,
            expected=listing(names, 20),
            fix=did_you_mean(base, names) or None,
        )

    @cached_property
    def _by_driver(self) -> dict[tuple[str, str], dict[int, tuple[float, float]]]:
        """(driver, place) -> year -> (value in the driver's unit, log sd); the latest vintage wins."""
        found: dict[tuple[str, str], dict[int, tuple[float, float]]] = {}
        for row in sorted(self.driver_rows, key=lambda row: row.known):
            info = self.drivers[row.driver]
            series = found.setdefault((row.driver, row.place if info.over else ""), {})
            series[row.year] = (row.value * factor(row.unit, info.unit), row.log_sd)
        return found

    def driver_years(self, driver: str, place: str | None = None) -> tuple[int, ...]:
        """Years for which a driver has a recorded value, in order."""
        return tuple(sorted(self._by_driver.get((driver, place or ""), {})))

    def driver_series(self, driver: str, years: NDArray[np.int_], place: str | None = None) -> Series:
        """Value of a driver in each year, in the driver's unit.

        After the last known year the driver's rule holds: its last value, or the mean growth of its last
        years. A missing year between two known ones is an error; only in a pack truncated by `until`, where
        a middle year may have become known later than its neighbours, the year before is repeated.

        Parameters
        ----------
        driver : id of the driver.
        years : (year,), calendar years.
        place : element of the driver's dimension, for a driver that has one.

        Raises
        ------
        DataError
            Y502 for an unknown driver or place, or a year without a value.
        """
        import numpy as np

        known = self._known(driver, place)
        values, spread = [], []
        for year in (int(y) for y in years):
            value, log_sd = known[year] if year in known else (self._fill(driver, place, known, year), 0.0)
            values.append(value)
            spread.append(log_sd)
        return Series(np.asarray(values, np.float64), np.asarray(spread, np.float64))

    def _known(self, driver: str, place: str | None) -> dict[int, tuple[float, float]]:
        if driver not in self.drivers:
            raise DataError(
                f"unknown driver {driver!r}",
                code="Y502",
                where="drivers.yaml",
                got=driver,
                expected=listing(self.drivers, 20),
                fix=did_you_mean(driver, self.drivers) or None,
            )
        known = self._by_driver.get((driver, place or ""))
        if not known:
            places = [p for d, p in self._by_driver if d == driver]
            of = f" for {place}" if place else ""
            raise DataError(
                f"driver {driver!r} has no value{of}",
                code="Y502",
                where="drivers/*.csv",
                got=f"places {listing(places)}" if places else "no row",
                fix=did_you_mean(place or "", places) or None,
            )
        return known

    def _fill(
        self, driver: str, place: str | None, known: dict[int, tuple[float, float]], year: int
    ) -> float:
        info, ordered = self.drivers[driver], sorted(known)
        first, last = ordered[0], ordered[-1]
        if year > last:
            return known[last][0] * _growth(info, known, ordered) ** (year - last)
        if year < first and info.before == "hold":
            return known[first][0]
        if year > first and self.until is not None:
            return known[max(y for y in ordered if y < year)][0]
        raise DataError(
            f"driver {driver!r} has no value for {year}",
            code="Y502",
            where=("drivers/*.csv", f"place {place}" if place else ""),
            got=f"{first} to {last}" + ("" if year < first else f" without {year}"),
            expected=f"a row for {year}",
        )


def _growth(info: DriverInfo, known: Mapping[int, tuple[float, float]], ordered: list[int]) -> float:
    """Yearly factor after the last known year."""
    if info.after == "hold" or len(ordered) < 2:
        return 1.0
    first = ordered[max(0, len(ordered) - 1 - info.trend_years)]
    begin, end = known[first][0], known[ordered[-1]][0]
    if begin <= 0 or end <= 0:
        raise DataError(
            f"driver {info.id!r} cannot follow a trend",
            code="Y502",
            where="drivers.yaml",
            got="values that are not positive",
            expected="after: hold",
        )
    return (end / begin) ** (1.0 / (ordered[-1] - first))
