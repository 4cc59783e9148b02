"""Static shape of a model: names and structure that never change within a run and are never traced."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

FORMS = ("base", "hydrochloride")
USER_TYPES = ("light", "heavy")
STAGES = ("sea", "land", "air", "domestic")
PERSONS = ("growers", "carriers", "clan_members", "leaders", "foreigners")
WORK = ("timber", "gold_illegal", "gold_informal", "gold_formal", "coca")
REGISTRIES = ("illegal", "informal", "formal")
LINES = (
    "interdiction",
    "pay",
    "oversight",
    "courts",
    "prisons",
    "presence",
    "substitution",
    "targeting",
    "treatment",
    "formalisation",
    "traceability",
    "mining_pressure",
)
CAUSES = (
    "contest",
    "succession",
    "insurgents",
    "retail",
    "threats",
    "mining",
    "extortion",
    "background",
)
DRUG_CAUSES = ("contest", "succession", "insurgents", "retail")
REMAINDER = "elsewhere"
CHAIN_TRADES = ("cocaine", "gold", "timber", "protection", "extortion")
SECTOR_TIERS = {
    "gold_miners": ("gold", "home"),
    "gold_owners": ("gold", "home"),
    "gold_traders": ("gold", "home"),
    "loggers": ("timber", "home"),
    "timber_traders": ("timber", "home"),
}
POWER_ACCOUNTS = {
    "officials": ("protection", "home"),
    "armed_groups": ("protection", "home"),
    "extorters": ("extortion", "home"),
}
RESIDENCES = ("home", "abroad")
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
    residences : (tier,) home or abroad.
    institutions : services of the state that can be bribed.
    zone_guards, corridor_guards : (zone,), (corridor,) index of the institution that polices each.
    police, courts, army : index of the institution that arrests, judges, fights armed groups.
    districts : of mines and forests; district_links : (district)(zone) 0 or 1, zones with the same people.
    cities : where groups extort. buyers : foreign buyers by where they come from.
    trades : other illicit trades that are accounts only.
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
    residences: tuple[str, ...]
    institutions: tuple[str, ...]
    zone_guards: tuple[int, ...]
    corridor_guards: tuple[int, ...]
    police: int
    courts: int
    army: int
    districts: tuple[str, ...]
    district_links: tuple[tuple[int, ...], ...]
    cities: tuple[str, ...]
    buyers: tuple[str, ...]
    trades: tuple[str, ...]
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
            "institution": self.institutions,
            "person": PERSONS,
            "district": self.districts,
            "work": WORK,
            "registry": REGISTRIES,
            "city": self.cities,
            "buyer": self.buyers,
            "trade": self.trades,
            "line": LINES,
            "cause": CAUSES,
            "contest": self.contests,
            "site": (*self.contests, *self.cities, REMAINDER),
            "account": self.accounts,
            "illicit_trade": (*CHAIN_TRADES, *self.trades),
            "residence": RESIDENCES,
        }

    @property
    def contests(self) -> tuple[str, ...]:
        """Places that groups can contest: zones, classes of exit, the market at home, districts."""
        return (*self.zones, *self.corridors, self.markets[self.home_market], *self.districts)

    @property
    def accounts(self) -> tuple[str, ...]:
        """Every account that earns from an illicit trade: tiers of the trades, officials, armed groups."""
        return (*self.tiers, *SECTOR_TIERS, *POWER_ACCOUNTS, *self.trades)


def build_config(pack: Any, steps_per_year: int = 12) -> Config:
    """Return the static configuration that a pack's places define."""
    places = pack.places
    home = next(origin.id for origin in places.origins if origin.kind == "home")
    markets = tuple(market.id for market in places.markets)
    guards = tuple(institution.id for institution in places.institutions)
    roles = [institution.role for institution in places.institutions]
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
        residences=tuple(tier.residence for tier in places.tiers),
        institutions=guards,
        zone_guards=tuple(guards.index(zone.guard) for zone in places.zones),
        corridor_guards=tuple(guards.index(corridor.guard) for corridor in places.corridors),
        police=roles.index("arrests"),
        courts=roles.index("courts"),
        army=roles.index("armed"),
        districts=tuple(district.id for district in places.districts),
        district_links=tuple(
            tuple(int(zone.id in district.zones) for zone in places.zones) for district in places.districts
        ),
        cities=tuple(city.id for city in places.cities),
        buyers=tuple(buyer.id for buyer in places.buyers),
        trades=tuple(trade.id for trade in places.trades),
        steps_per_year=steps_per_year,
    )
