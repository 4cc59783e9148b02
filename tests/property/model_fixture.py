"""Small and whole countries for property tests of the model: arrays only, NumPy in float64, nothing compiled.

``small()`` has 3 zones, 4 exits, 3 markets and 2 rivals, ``whole()`` the shape of the shipped country. Both
draw from the shipped priors, so that "for every draw" means every draw of the prior that is published.
Outside series are flat unless a test asks otherwise: what moves is what the test moved.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from importlib.resources import files
from typing import Any

import numpy as np

from yupana.model import PARAMETERS, Block, Config, Drivers, Engine, Policy, compile_policy
from yupana.model.config import STAGES
from yupana.model.reference import build_reference
from yupana.model.state import Fixed, State
from yupana.model.step import Noise
from yupana.params import PriorSet

Params = dict[str, np.ndarray]
PRIORS = files("yupana") / "packs" / "peru" / "priors.yaml"
TIERS = ("growers", "clans", "firms", "exporters", "foreign", "wholesale", "retail")
ZONES = (
    "alto_huallaga",
    "vraem",
    "la_convencion",
    "inambari_tambopata",
    "san_gaban",
    "aguaytia",
    "pichis_palcazu",
    "bajo_amazonas",
    "putumayo",
    "maranon",
    "kosnipata",
    "contamana",
    "calleria",
    "alto_chicama",
)
MARKETS = ("united_states", "brazil", "europe", "southern_cone", "rest", "home")
ORIGINS = ("peru", "colombia", "bolivia")
# class: stage, base carried, base processed by the neighbour, markets served
EXITS: dict[str, tuple[str, int, int, str]] = {
    "sea_container": ("sea", 0, 0, "europe united_states rest"),
    "sea_other": ("sea", 0, 0, "united_states europe rest"),
    "land_bolivia": ("land", 1, 1, "brazil southern_cone europe"),
    "land_chile": ("land", 1, 0, "southern_cone rest"),
    "land_ecuador": ("land", 1, 0, "united_states rest europe"),
    "land_brazil": ("land", 1, 0, "brazil europe"),
    "river_brazil": ("land", 1, 0, "brazil europe"),
    "river_colombia": ("land", 1, 0, "brazil united_states europe"),
    "air_bolivia": ("air", 1, 1, "brazil southern_cone europe"),
    "air_passenger": ("air", 0, 0, "europe rest united_states brazil southern_cone"),
    "domestic": ("domestic", 1, 0, "home"),
}
SMALL = {
    "zone": ("alto_huallaga", "vraem", "la_convencion"),
    "corridor": ("sea_container", "land_bolivia", "land_brazil", "domestic"),
    "market": ("brazil", "europe", "home"),
}


def build(zones: tuple[str, ...], exits: tuple[str, ...], markets: tuple[str, ...], steps: int) -> Config:
    """Return a configuration of some of the places above."""
    chosen = [EXITS[name] for name in exits]
    return Config(
        zones=zones,
        corridors=exits,
        markets=markets,
        origins=ORIGINS,
        tiers=TIERS,
        stages=tuple(STAGES.index(stage) for stage, *_ in chosen),
        serves=tuple(tuple(int(m in serves.split()) for m in markets) for *_, serves in chosen),
        carries=tuple((base, 1) for _, base, *_ in chosen),
        transforms=tuple(crossing for _, _, crossing, _ in chosen),
        home_market=markets.index("home"),
        residences=("home", "home", "home", "home", "abroad", "abroad", "abroad"),
        institutions=("police", "courts", "army"),
        zone_guards=(0,) * len(zones),
        corridor_guards=(0,) * len(exits),
        police=0,
        courts=1,
        army=2,
        districts=(),
        district_links=(),
        cities=(),
        buyers=(),
        trades=(),
        steps_per_year=steps,
    )


@lru_cache(maxsize=1)
def priors() -> PriorSet:
    """Return the shipped priors on the whole country's places."""
    from ruamel.yaml import YAML

    entries = YAML(typ="safe").load(PRIORS.read_text(encoding="utf-8"))
    if isinstance(entries, Mapping):
        entries = entries["priors"]
    return PriorSet.from_entries([dict(entry) for entry in entries], WHOLE.dims)


WHOLE = build(ZONES, tuple(EXITS), MARKETS, 12)


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
        """Return the run under lever settings, ``{lever: multiple | {year: multiple}}``."""
        return Engine(self.config, "float64", monthly, "numpy").run(
            self.params, self.drivers, self.policy(settings or {}), self.noise, state
        )

    def policy(self, settings: Mapping[str, Any]) -> Policy:
        """Return the arrays of lever settings; a plain number holds from the first year."""
        first = self.drivers.years[0]
        steps = {
            key: value if isinstance(value, Mapping) else {first: value} for key, value in settings.items()
        }
        steps = {key: {year: ("multiple", v) for year, v in value.items()} for key, value in steps.items()}
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
    """Return the small country: three zones, four exits, three markets, two rivals."""
    config = build(SMALL["zone"], SMALL["corridor"], SMALL["market"], steps)
    params = priors().draw(3, 0, count, "float64")
    for dim in ("zone", "corridor", "market", "foreign_market"):
        keep = [WHOLE.dims[dim].index(name) for name in config.dims[dim]]
        params = take(params, dim, keep)
    return _country(config, params, years, noisy)


def take(params: Params, dim: str, places: list[int]) -> Params:
    """Return parameters with the places of one dimension picked (in that order, also more than once)."""
    over = {parameter.name: parameter.over for parameter in PARAMETERS}
    return {
        name: np.take(value, places, axis=over[name].index(dim)) if dim in over[name] else value
        for name, value in params.items()
    }


def split(country: Country, dim: str, place: int) -> Country:
    """Return the same country with one place written as two identical halves; the second comes last.

    Weights are extensive and halve, all else is the same in both halves. The home market stays whole.
    """
    config, params = country.config, country.params
    names = config.dims[dim]
    order = [*range(len(names)), place]
    if dim == "market":
        abroad = config.dims["foreign_market"].index(names[place])
        params = take(params, "foreign_market", [*range(len(names) - 1), abroad])
    params = take(params, dim, order)
    for name in EXTENSIVE.get(dim, ()):
        over = next(p.over for p in PARAMETERS if p.name == name)
        axis = over.index(dim if dim in over else "foreign_market")
        at = abroad if dim not in over else place
        value = np.moveaxis(params[name].copy(), axis, 0)
        value[[at, -1]] *= 0.5
        params[name] = np.moveaxis(value, 0, axis)
    return replace(country, params=params, **_split_shape(country, dim, place, order))


EXTENSIVE = {
    "zone": ("initial_area_weight", "legal_use_weight"),
    "corridor": ("exit_weight_hydrochloride", "exit_weight_base"),
    "market": ("home_origin_weight", "rival_weight"),
}


def _split_shape(country: Country, dim: str, place: int, order: list[int]) -> dict[str, Any]:
    config, drivers, noise = country.config, country.drivers, country.noise
    twin = (*config.dims[dim], config.dims[dim][place] + "_twin")
    if dim == "zone":
        return {"config": replace(config, zones=twin)}
    if dim == "corridor":
        again = {
            key: tuple(getattr(config, key)[i] for i in order)
            for key in ("stages", "serves", "carries", "transforms")
        }
        return {"config": replace(config, corridors=twin, **again)}
    if dim == "market":
        serves = tuple(tuple(row[i] for i in order) for row in config.serves)
        return {"config": replace(config, markets=twin, serves=serves)}
    area = drivers.rival_area[:, order].copy()
    area[:, [place, -1]] *= 0.5
    drivers = drivers._replace(rival_area=area, rival_area_log_sd=drivers.rival_area_log_sd[:, order])
    noise = noise._replace(rival_area=noise.rival_area[:, order])
    return {"config": replace(config, origins=(config.origins[0], *twin)), "drivers": drivers, "noise": noise}
