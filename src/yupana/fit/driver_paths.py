"""Drivers that a forecast may know: recorded to some year, then random walks, one path for each draw.

Two kinds of forecast. *Blind*: every driver walks from the last year known at the origin. *Given drivers*:
eradication, growth, the exchange rate with the price levels that make it real, and world prices of crops and
gold are as recorded; whatever a target could leak through (a rival's area above all) walks as in the blind
kind.

A walk is frozen at the origin: in logs, drift and spread from the driver's own yearly changes, the error of
the drift included. Numbers depend on seed, driver, year and draw alone.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import numpy as np

from yupana.core.streams import normals
from yupana.evidence.pack import Pack, Series
from yupana.model import Config, build_drivers
from yupana.model.drivers import Drivers

VERSIONS = ("blind", "given-drivers")
GIVEN = (
    "eradicated_area",
    "gdp_growth",
    "exchange_rate",
    "consumer_price_home",
    "consumer_price_us",
    "coffee_price",
    "cocoa_price",
    "gold_price",
)
"""Drivers whose records a forecast of the second kind may read after its origin."""
DRIVERS = (*GIVEN, "population", "pardons")
RATES = ("gdp_growth",)
"""Drivers that are yearly growth in percent: the sum of their logs walks."""
RIVALS = "rival_area"
DOUBTFUL = 0.5
"""Log sd from which a value is a judgement: its changes teach nothing of a walk."""

Key = tuple[str, str]
Paths = Mapping[Key, np.ndarray]
"""(driver, place) -> (year, draw), in the driver's unit."""


def knowable_pack(full: Pack, until: Pack, version: str, last: int) -> Pack:
    """Return the pack of an origin with the drivers that a version may know.

    Parameters
    ----------
    full : the whole pack. until : the same, truncated to what was known at the origin.
    version : ``blind`` or ``given-drivers``. last : last year of the forecast; nothing later is read.
        To the origin itself every version sees what a fit to that year saw, so that draws of the fit keep
        their meaning.

    Raises
    ------
    ValueError
        For another version, or a pack without an origin.
    """
    if version not in VERSIONS:
        raise ValueError(f"version must be one of {VERSIONS}, got {version!r}")
    if version == "blind":
        return until
    origin = _origin(until)
    given = tuple(row for row in full.driver_rows if row.driver in GIVEN and origin < row.year <= last)
    return replace(until, driver_rows=(*until.driver_rows, *given))


def _origin(pack: Pack) -> int:
    if pack.until is None:
        raise ValueError("a forecast needs a pack that was truncated to its origin")
    return pack.until


class Walk(NamedTuple):
    """A driver's record and how it goes on."""

    years: np.ndarray  # (year,) all years of the forecast
    value: np.ndarray  # (year,) recorded, or the last one held
    log_sd: np.ndarray  # (year,) of recorded values, zero after the last
    steps: np.ndarray  # (year,) years since the last record, zero where recorded
    beyond: np.ndarray  # (year,) whether the walk is what a forecast reads: after the record and the origin
    drift: float  # 1/year
    spread: float  # of a yearly change, log
    changes: int  # yearly changes it was learnt from
    rate: bool


@dataclass(frozen=True, eq=False)
class DriverPaths:
    """Drivers of a forecast as paths.

    Attributes
    ----------
    config : places of the model.
    years : (year,), from the pack's first.
    walks : (driver, place) -> its record and walk.
    """

    config: Config
    years: np.ndarray
    walks: Mapping[Key, Walk]

    @classmethod
    def of(
        cls, full: Pack, until: Pack, config: Config, version: str, last: int, end: int | None = None
    ) -> DriverPaths:
        """Return the paths of what a version knows.

        Parameters
        ----------
        full, until, version, last : as in :func:`knowable_pack`.
        config : places of the model.
        end : last year of the paths, `last` if not given; after `last` every driver walks.
        """
        pack = knowable_pack(full, until, version, last)
        years = np.arange(until.start, (last if end is None else end) + 1)
        keys = [(driver, "") for driver in DRIVERS] + [(RIVALS, rival) for rival in config.rivals]
        return cls(config, years, {key: learn_walk(until, pack, key, years) for key in keys})

    def draw(self, seed: int, first: int, count: int) -> dict[Key, np.ndarray]:
        """Return the paths of `count` draws from number `first`, (driver, place) -> (year, draw)."""
        return {key: _path(walk, key, seed, first, count) for key, walk in self.walks.items()}

    def drivers(self, paths: Paths) -> Drivers:
        """Return the drivers of the model, each (year, draw) but for the rivals' area.

        That one is (year, rival) as recorded, with a log sd of one where it walks: the engine multiplies it
        by the noise that :meth:`rival_noise` returns.
        """
        first, last = int(self.years[0]), int(self.years[-1])
        count = next(iter(paths.values())).shape[1]
        made = [
            build_drivers(_OneDraw(first, paths, self.walks, index), self.config, first, last)
            for index in range(count)
        ]
        out = made[0]._asdict()
        for name in out:
            if name not in ("year", "elapsed", "eradication_log_sd", "rival_area", "rival_area_log_sd"):
                out[name] = np.stack([getattr(one, name) for one in made], axis=-1)
        return Drivers(**out)

    def rival_noise(self, paths: Paths, noise: np.ndarray) -> np.ndarray:
        """Return the noise of the rivals' area with walks in the place of errors, (year, rival, draw)."""
        found = np.array(noise)
        for index, rival in enumerate(self.config.rivals):
            walk = self.walks[RIVALS, rival]
            beyond = walk.beyond
            found[beyond, index] = np.log(paths[RIVALS, rival][beyond] / walk.value[beyond, None])
        return found

    def features(self, paths: Paths) -> np.ndarray:
        """Return what a regression may read, (feature, year, draw): logs of the six drivers, money real."""
        level = {key[0]: np.maximum(value, 1e-9) for key, value in paths.items() if not key[1]}
        home, us = level["consumer_price_home"], level["consumer_price_us"]
        growth = np.log1p(paths["gdp_growth", ""] / 100.0)
        return np.stack(
            [
                np.log(np.maximum(level["eradicated_area"], 1.0)),
                np.log(level["exchange_rate"] * us / home),
                np.log(level["coffee_price"] / us),
                np.log(level["cocoa_price"] / us),
                np.log(level["gold_price"] / us),
                np.cumsum(growth, axis=0),
            ]
        )


def learn_walk(until: Pack, pack: Pack, key: Key, years: np.ndarray) -> Walk:
    """Return the record of a driver over `years` and the walk that begins after it.

    To the origin the record is that of `until`, missing years filled by the pack's rule as in a fit.
    A driver with fewer than two changes to learn from does not walk: its last value is held.
    """
    driver, place = key
    known = np.array(pack.driver_years(driver, place or None))
    known = known[known <= years[-1]]
    if not known.size:
        pack.driver_series(driver, years[:1], place or None)  # refuses, and says why
    last = int(known[-1])
    origin = _origin(until)
    start = max(last, origin)
    early = until.driver_series(driver, np.minimum(years, origin), place or None)
    later = pack.driver_series(driver, np.where(years > start, last, years), place or None)
    record, doubt = pack.driver_series(driver, known, place or None)
    rate = driver in RATES
    if rate:
        changes = np.log1p(record / 100.0)
    else:
        sure = (record > 0) & (doubt < DOUBTFUL)
        usable = (np.diff(known) == 1) & sure[1:] & sure[:-1]
        changes = np.log(record[1:][usable] / record[:-1][usable])
    count = changes.size
    enough = count >= 2 and (rate or record[-1] > 0)
    return Walk(
        years,
        np.where(years <= origin, early.value, later.value),
        np.where(years <= origin, early.log_sd, np.where(years <= last, later.log_sd, 0.0)),
        np.maximum(years - last, 0),
        years > start,
        float(changes.mean()) if enough else 0.0,
        float(changes.std(ddof=1)) if enough else 0.0,
        count if enough else 1,
        rate,
    )


def _path(walk: Walk, key: Key, seed: int, first: int, count: int) -> np.ndarray:
    name = f"driver/{key[0]}[{key[1]}]" if key[1] else f"driver/{key[0]}"
    out = np.repeat(walk.value[:, None], count, axis=1)
    drift = walk.drift + walk.spread / np.sqrt(walk.changes) * normals(seed, f"{name}/drift", first, count)
    total = np.zeros(count)
    for index in np.flatnonzero(walk.steps > 0):
        change = drift + walk.spread * normals(seed, f"{name}/{walk.years[index]}", first, count)
        total = total + change
        if not walk.beyond[index]:
            continue  # not recorded, but the fit to the origin held it: the walk goes on unseen
        out[index] = 100.0 * np.expm1(change) if walk.rate else walk.value[index] * np.exp(total)
    return out


class _OneDraw:
    """One draw of the paths, with the face that `build_drivers` reads of a pack."""

    def __init__(self, start: int, paths: Paths, walks: Mapping[Key, Walk], index: int) -> None:
        self.start, self.paths, self.walks, self.index = start, paths, walks, index

    def driver_series(self, driver: str, years: np.ndarray, place: str | None = None) -> Series:
        """Return the driver of this draw, (year,)."""
        walk = self.walks[driver, place or ""]
        if driver == RIVALS:
            return Series(walk.value, np.where(walk.beyond, 1.0, walk.log_sd))
        return Series(self.paths[driver, place or ""][:, self.index].copy(), walk.log_sd)


class PathEngine:
    """An engine whose drivers are paths: the same interface, drivers drawn with the noise.

    Parameters
    ----------
    engine : runs blocks of draws.
    paths : of the forecast; they begin in the first simulated year.
    """

    def __init__(self, engine: Any, paths: DriverPaths) -> None:
        self.engine, self.paths = engine, paths

    def draw_noise(self, seed: int, first: int, count: int, start: int, end: int) -> Any:
        """Return the noise of `count` draws from `first`, and their paths.

        Raises
        ------
        ValueError
            If the years are not those of the paths.
        """
        years = self.paths.years
        if (start, end) != (int(years[0]), int(years[-1])):
            raise ValueError(f"paths cover {years[0]} to {years[-1]}, the run {start} to {end}")
        return self.engine.draw_noise(seed, first, count, start, end), self.paths.draw(seed, first, count)

    def run(self, params: Any, drivers: Any, policy: Any, noise: Any) -> Any:
        """Return the report of a block; `drivers` give way to the paths."""
        errors, drawn = noise
        errors = errors._replace(rival_area=self.paths.rival_noise(drawn, errors.rival_area))
        return self.engine.run(params, self.paths.drivers(drawn), policy, errors)
