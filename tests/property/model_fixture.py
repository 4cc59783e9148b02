"""Small and whole countries for property tests of the model: arrays only, NumPy in float64, nothing compiled.

``whole()`` has the shape of the shipped country, ``small()`` 3 zones, 4 exits, 3 markets, 2 rivals, 4
institutions, 2 districts, 2 cities, 2 buyers and 1 account trade of it. Both draw from the shipped priors, so
that "for every draw" means every draw of the prior that is published.
Outside series are flat unless a test asks otherwise: what moves is what the test moved.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

import numpy as np

from yupana.evidence import load_pack
from yupana.model import PARAMETERS, Block, Config, Drivers, Engine, Policy, build_config, compile_policy
from yupana.model.reference import build_reference
from yupana.model.state import Fixed, State
from yupana.model.step import Noise
from yupana.params import PriorSet

Params = dict[str, np.ndarray]
PACK = load_pack("peru")
WHOLE = build_config(PACK)
# zones guarded by police and army, a district beside one of them and one without coca, one account trade
SMALL = {
    "zones": ("alto_huallaga", "vraem", "la_convencion"),
    "corridors": ("sea_container", "land_bolivia", "land_brazil", "domestic"),
    "markets": ("brazil", "europe", "home"),
    "institutions": ("armed_forces", "police", "customs", "judiciary"),
    "districts": ("madre_de_dios_mines", "huanuco_mines"),
    "cities": ("lima_callao", "north_coast"),
    "buyers": ("colombian", "brazilian"),
    "trades": ("people",),
}


def part(names: Mapping[str, tuple[str, ...]], steps: int) -> Config:
    """Return a configuration of some of the places of the whole country."""
    where = {key: [getattr(WHOLE, key).index(name) for name in chosen] for key, chosen in names.items()}
    zones, corridors, markets = where["zones"], where["corridors"], where["markets"]
    guards = where["institutions"]
    return replace(
        WHOLE,
        **names,
        stages=tuple(WHOLE.stages[c] for c in corridors),
        serves=tuple(tuple(WHOLE.serves[c][m] for m in markets) for c in corridors),
        carries=tuple(WHOLE.carries[c] for c in corridors),
        transforms=tuple(WHOLE.transforms[c] for c in corridors),
        home_market=markets.index(WHOLE.home_market),
        zone_guards=tuple(guards.index(WHOLE.zone_guards[z]) for z in zones),
        corridor_guards=tuple(guards.index(WHOLE.corridor_guards[c]) for c in corridors),
        police=guards.index(WHOLE.police),
        courts=guards.index(WHOLE.courts),
        army=guards.index(WHOLE.army),
        district_links=tuple(tuple(WHOLE.district_links[d][z] for z in zones) for d in where["districts"]),
        steps_per_year=steps,
    )


@lru_cache(maxsize=1)
def priors() -> PriorSet:
    """Return the shipped priors on the whole country's places."""
    return PriorSet.from_pack(PACK, WHOLE.dims)


def flat_drivers(years: int, **change: Any) -> Drivers:
    """Return outside series that stay as they are; keyword arguments replace series."""
    flat = np.ones(years)
    series = Drivers(
        year=2000.0 + np.arange(years),
        elapsed=0.0 * flat,
        eradication=8000.0 * flat,
        eradication_log_sd=0.0 * flat,
        income=flat,
        population=flat,
        exchange=3.0 * flat,
        coffee=flat,
        cocoa=flat,
        output=flat,
        people=30.0 * flat,
        payroll=flat,
        gold=flat,
        gold_dollar=flat,
        pardons=300.0 * flat,
        rival_area=flat[:, None] * np.array([130_000.0, 20_000.0]),
        rival_area_log_sd=np.zeros((years, 2)),
    )
    return series._replace(
        **{key: np.asarray(value) * np.ones(np.shape(getattr(series, key))) for key, value in change.items()}
    )


@dataclass(frozen=True)
class Country:
    """A configuration, draws for it, its outside series and its noise: everything a run needs."""

    config: Config
    params: Params
    drivers: Drivers
    noise: Noise

    @property
    def batch(self) -> int:
        """Number of draws."""
        return self.params["initial_area"].shape[-1]

    def run(
        self, settings: Mapping[str, Any] | None = None, *, monthly: bool = False, state: State | None = None
    ) -> Block:
        """Return the run under lever settings, ``{lever: multiple | {year: multiple | (mode, value)}}``."""
        return Engine(self.config, "float64", monthly, "numpy").run(
            self.params, self.drivers, self.policy(settings or {}), self.noise, state
        )

    def policy(self, settings: Mapping[str, Any]) -> Policy:
        """Return the arrays of lever settings; a plain number holds from the first year."""
        first = self.drivers.years[0]
        steps = {
            key: value if isinstance(value, Mapping) else {first: value} for key, value in settings.items()
        }
        steps = {
            key: {year: v if isinstance(v, tuple) else ("multiple", v) for year, v in value.items()}
            for key, value in steps.items()
        }
        return compile_policy(self.config, self.drivers, steps)

    def reference(self) -> tuple[Fixed, State]:
        """Return the reference of the start and the state in it."""
        first = Drivers(*(series[0] for series in self.drivers))
        first = first._replace(eradication=np.full(self.batch, first.eradication))
        return build_reference(self.config, self.params, first)

    def with_params(self, **change: Any) -> Country:
        """Return the same country with some parameters set, broadcast to their shape."""
        new = {
            key: np.broadcast_to(value, self.params[key].shape).astype(float) for key, value in change.items()
        }
        return replace(self, params={**self.params, **new})

    def with_drivers(self, **change: Any) -> Country:
        """Return the same country with other outside series."""
        return replace(self, drivers=flat_drivers(len(self.drivers.years), **change))

    def with_steps(self, steps: int) -> Country:
        """Return the same country with another number of steps a year."""
        return replace(self, config=replace(self.config, steps_per_year=steps))


def _country(config: Config, params: Params, years: int, noisy: bool) -> Country:
    drivers = flat_drivers(years)
    count = params["initial_area"].shape[-1]
    noise = Engine(config, "float64", False, "numpy").draw_noise(5, 0, count, 2000, 1999 + years)
    if not noisy:
        noise = Noise(*(0.0 * series for series in noise))
    return Country(config, params, drivers, noise)


def whole(years: int, count: int = 256, *, noisy: bool = False) -> Country:
    """Return the whole country with `count` draws of the prior and flat outside series."""
    return _country(WHOLE, priors().draw(3, 0, count, "float64"), years, noisy)


def small(years: int, count: int = 64, *, noisy: bool = False, steps: int = 12) -> Country:
    """Return the small country: some of the places of the whole one."""
    config = part(SMALL, steps)
    params = priors().draw(3, 0, count, "float64")
    for dim in PLACED:
        keep = [WHOLE.dims[dim].index(name) for name in config.dims[dim]]
        params = take(params, dim, keep)
    return _country(config, params, years, noisy)


PLACED = (
    "zone", "corridor", "market", "foreign_market", "institution", "district", "city", "buyer", "trade",
    "contest",
)  # fmt: skip


def take(params: Params, dim: str, places: list[int]) -> Params:
    """Return parameters with the places of one dimension picked (in that order, also more than once)."""
    over = {parameter.name: parameter.over for parameter in PARAMETERS}
    return {
        name: np.take(value, places, axis=over[name].index(dim)) if dim in over[name] else value
        for name, value in params.items()
    }


def split(country: Country, dim: str, place: int) -> Country:
    """Return the same country with one place written as two identical halves; the second comes last.

    Weights and numbers are extensive and halve, so do the exits alike in a zone, a class or a district, all
    else is the same in both halves. The home market stays whole.
    """
    config, params = country.config, country.params
    names = config.dims[dim]
    order = [*range(len(names)), place]
    if dim == "market":
        abroad = config.dims["foreign_market"].index(names[place])
        params = take(params, "foreign_market", [*range(len(names) - 1), abroad])
    params = take(params, dim, order)
    if dim in ("zone", "corridor", "district"):
        params = _split_contest(config, params, dim, place)
    for name in EXTENSIVE.get(dim, ()):
        over = next(p.over for p in PARAMETERS if p.name == name)
        axis = over.index(dim if dim in over else "foreign_market")
        at = abroad if dim not in over else place
        value = np.moveaxis(params[name].copy(), axis, 0)
        value[[at, -1]] *= 0.5
        params[name] = np.moveaxis(value, 0, axis)
    return replace(country, params=params, **_split_shape(country, dim, place, order))


EXTENSIVE = {
    "zone": ("initial_area_weight", "legal_use_weight", "clan_number"),
    "corridor": ("exit_weight_hydrochloride", "exit_weight_base", "exporter_number"),
    "market": ("home_origin_weight", "rival_weight"),
    "district": ("district_labour",),
}


def _split_contest(config: Config, params: Params, dim: str, place: int) -> Params:
    """Return parameters over contests with the place's own written twice."""
    districts = len(config.contests) - len(config.districts)
    first = {"zone": 0, "corridor": len(config.zones), "district": districts}[dim]
    end = first + len(config.dims[dim])
    order = [*range(end), first + place, *range(end, len(config.contests))]
    params = take(params, "contest", order)
    exits = params["exit_substitutes"].copy()
    exits[[first + place, end]] *= 0.5
    return params | {"exit_substitutes": exits}


def _split_shape(country: Country, dim: str, place: int, order: list[int]) -> dict[str, Any]:
    config, drivers, noise = country.config, country.drivers, country.noise
    twin = (*config.dims[dim], config.dims[dim][place] + "_twin")
    links = config.district_links
    if dim == "zone":
        guards = tuple(config.zone_guards[i] for i in order)
        linked = tuple(tuple(row[i] for i in order) for row in links)
        config = replace(config, zones=twin, zone_guards=guards, district_links=linked)
        return {"config": config, "noise": noise._replace(campaign=noise.campaign[:, order])}
    if dim == "corridor":
        again = {
            key: tuple(getattr(config, key)[i] for i in order)
            for key in ("stages", "serves", "carries", "transforms", "corridor_guards")
        }
        return {"config": replace(config, corridors=twin, **again)}
    if dim == "market":
        serves = tuple(tuple(row[i] for i in order) for row in config.serves)
        return {"config": replace(config, markets=twin, serves=serves)}
    if dim == "district":
        return {"config": replace(config, districts=twin, district_links=tuple(links[i] for i in order))}
    area = drivers.rival_area[:, order].copy()
    area[:, [place, -1]] *= 0.5
    drivers = drivers._replace(rival_area=area, rival_area_log_sd=drivers.rival_area_log_sd[:, order])
    noise = noise._replace(rival_area=noise.rival_area[:, order])
    return {"config": replace(config, origins=(config.origins[0], *twin)), "drivers": drivers, "noise": noise}
