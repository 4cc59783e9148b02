"""Static shape of a model: names and structure that never change within a run and are never traced."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

FORMS = ("base", "hydrochloride")
USER_TYPES = ("light", "heavy")
STAGES = ("sea", "land", "air", "domestic")
AGES = ("establishing_first", "establishing_second", "establishing_third", "young", "mature", "old")


@dataclass(frozen=True)
class Config:
    """Names and structure of one country's trade; hashable, so that compiled code can be kept by it.

    Attributes
    ----------
    zones, corridors, markets, tiers : names in order.
    origins : names in order, the home origin first, rivals after it.
    stages : (corridor,) index into ``STAGES``: which interdiction lever moves the class.
    serves : (corridor)(market) 0 or 1.
    carries : (corridor)(form) 0 or 1.
    transforms : (corridor,) 1 where base crosses to a neighbour, is processed there and moves on.
    home_market : index of the home market.
    steps_per_year : steps of the model in a year.
    """

    zones: tuple[str, ...]
    corridors: tuple[str, ...]
    markets: tuple[str, ...]
    origins: tuple[str, ...]
    tiers: tuple[str, ...]
    stages: tuple[int, ...]
    serves: tuple[tuple[int, ...], ...]
    carries: tuple[tuple[int, ...], ...]
    transforms: tuple[int, ...]
    home_market: int
    steps_per_year: int = 12
    price_solve_steps: int = 2

    @property
    def step(self) -> float:
        """Length of one step in years."""
        return 1.0 / self.steps_per_year

    @property
    def rivals(self) -> tuple[str, ...]:
        """Origins other than the home origin."""
        return self.origins[1:]

    @property
    def foreign_markets(self) -> tuple[int, ...]:
        """Indices of the markets abroad."""
        return tuple(i for i in range(len(self.markets)) if i != self.home_market)

    @property
    def dims(self) -> dict[str, tuple[str, ...]]:
        """Names of the elements of every dimension."""
        return {
            "zone": self.zones,
            "corridor": self.corridors,
            "market": self.markets,
            "foreign_market": tuple(self.markets[i] for i in self.foreign_markets),
            "origin": self.origins,
            "rival": self.rivals,
            "tier": self.tiers,
            "form": FORMS,
            "user": USER_TYPES,
        }


def build_config(pack: Any, steps_per_year: int = 12) -> Config:
    """Return the static configuration that a pack's places define."""
    places = pack.places
    home = next(origin.id for origin in places.origins if origin.kind == "home")
    markets = tuple(market.id for market in places.markets)
    return Config(
        zones=tuple(zone.id for zone in places.zones),
        corridors=tuple(corridor.id for corridor in places.corridors),
        markets=markets,
        origins=(home, *(origin.id for origin in places.origins if origin.id != home)),
        tiers=tuple(tier.id for tier in places.tiers),
        stages=tuple(STAGES.index(corridor.stage) for corridor in places.corridors),
        serves=tuple(tuple(int(m in corridor.serves) for m in markets) for corridor in places.corridors),
        carries=tuple(tuple(int(f in corridor.forms) for f in FORMS) for corridor in places.corridors),
        transforms=tuple(int(corridor.transforms) for corridor in places.corridors),
        home_market=next(i for i, market in enumerate(places.markets) if market.kind == "home"),
        steps_per_year=steps_per_year,
    )
