"""Runs behind the tables of the page on violence, and the facts by which its explanations are weighed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from reference import PACK

from yupana.analysis.rivals import Fact

HOME, MEXICO, PORT, GOLD = REGIMES = ("peru-2012", "mexico-2010", "callao", "gold-rush")
START, END, SEED, DRAWS = 2000, 2030, 1, 1024
FEWER, UNTIL = 256, 2016  # draws and last year where one setting after the other is moved
CONTAINERS = "sea_container"
#: judged structural numbers of the country of the pack that are moved by half
OWN = (
    "exit_substitutes",
    "contenders",
    "leader_removal",
    "protector_turnover",
    "repression_conditionality",
)
FACTS = (
    Fact(
        "national register",
        {"homicide_rate_recorded": 1.0},
        "homicide_rate_inei", "peru", "measured", 0.15,
        reason="three registers reconciled; two counts of one year differ by some percent, cases are missed",
    ),
    Fact(
        "estimate of the health organisation",
        {"homicide_rate_recorded": 1.0},
        "homicide_rate_who", "peru", "measured", 0.25,
        reason="its own range of 5 to 11 in one year",
    ),
    Fact(
        "police",
        {"homicide_rate_recorded": 1.0},
        "homicide_rate_police", "peru", "measured", 0.45,
        reason="spread of four registers of one year: 3.3, 6.6, 7.9, 9.6",
    ),
    Fact(
        "killings at the container port",
        {f"homicide_rate[{CONTAINERS}]": 1.0},
        "homicide_rate_inei", "callao", "ceiling", 0.7,
        less="peru", share=1.0 / 30.0,
        reason="at most the excess of the place over the nation, with a thirtieth of the people (judged); "
        "without its port it might lie above or below the nation",
    ),
    Fact(
        "insurgents",
        {"homicide_rate[insurgents]": 1.0},
        "security_force_deaths", "vraem", "measured", 0.5,
        rows=("security_force_deaths-vraem-2008-to-early-2011-insight-2011-shining",),
        reason="forces alone, about; remnants and neighbours add to it",
    ),
    Fact(
        "contract killings",
        {
            "homicide_rate_recorded": 1.0,
            "homicide_rate[background]": -1.0,
            "homicide_rate[threats]": -1.0,
        },
        "contract_killings", "peru", "floor", 0.4,
        reason="recorded killings of organised crime are at least these: the row itself calls them too few",
    ),
)  # fmt: skip


def short(value: float) -> str:
    """A number with what of it can be read."""
    return f"{value:.0f}" if abs(value) >= 99.5 else f"{value:.3g}"


@dataclass(frozen=True)
class Level:
    """Median over years of the yearly quantiles of one number: 5, 50 and 95 percent."""

    low: float
    middle: float
    high: float

    @classmethod
    def of(cls, values: np.ndarray) -> Level:
        """From (draw, year)."""
        return cls(*np.median(np.nanquantile(values, (0.05, 0.5, 0.95), axis=0), axis=1))

    @staticmethod
    def error(values: np.ndarray, tries: int = 200) -> float:
        """Monte Carlo standard error of the middle: draws drawn again, (draw, year)."""
        rng = np.random.default_rng(SEED)
        count = len(values)
        again = (values[rng.integers(0, count, count)] for _ in range(tries))
        return float(np.std([np.median(np.nanmedian(sample, axis=0)) for sample in again], ddof=1))

    @property
    def span(self) -> str:
        """The ends in words."""
        return f"{short(self.low)} to {short(self.high)}"


class Bench:
    """Runs: all regimes with all draws, and one setting moved with fewer."""

    def __init__(self, folder: Path) -> None:
        import yupana

        self.study = yupana.load(PACK)
        self.result = self.study.run(
            draws=DRAWS, seed=SEED, scenarios=REGIMES, start=START, end=END, out=folder / "run", prior=True
        )

    def values(self, key: str, regime: str) -> np.ndarray:
        """A variable of a regime, (draw, year)."""
        return self.result[key].sel(scenario=regime).to_numpy().astype(float)

    def elements(self, regime: str) -> dict[str, tuple[Any, ...]]:
        """What a regime sets: element -> setting."""
        from yupana.analysis.coalitions import side_of

        return dict(side_of(self._scenario(regime), self.study.priors).elements)

    def _scenario(self, regime: str) -> Any:
        from yupana.ensemble.scenarios import resolve_scenario

        return resolve_scenario(self.study.pack, regime, range(START, UNTIL + 1))

    @cached_property
    def _tools(self) -> tuple[Any, Any, Any, Any]:
        from yupana.model import Engine, build_drivers

        pack, config = self.study.pack, self.study.config
        engine = Engine(config, "float32")
        noise = engine.draw_noise(SEED, 0, FEWER, pack.start, UNTIL)
        params = self.study.priors.draw(SEED, 0, FEWER, "float32")
        return engine, build_drivers(pack, config, pack.start, UNTIL), noise, params

    def moved(self, regime: str, elements: Mapping[str, tuple[Any, ...]], key: str) -> Level:
        """A variable of a regime whose structural settings are `elements`, to UNTIL."""
        from yupana.ensemble.plan import dated
        from yupana.model import compile_policy
        from yupana.params.structure import compile_settings, needed, structured

        engine, drivers, noise, params = self._tools
        start = self.study.pack.start
        policy = compile_policy(
            self.study.config, drivers, dated(self._scenario(regime).settings, start, START)
        )
        changes = compile_settings(self.study.priors, elements)
        latents = self.study.priors.latents(SEED, 0, FEWER, needed(changes))
        yearly = engine.run(structured(params, latents, changes), drivers, policy, noise).yearly
        base, _, place = key.partition("[")
        whole = base if not place else f"{base}[cause]" if place[:-1] in self.causes else f"{base}[site]"
        found = yearly[whole][START - start :]
        if place:
            names = self.study.config.dims["cause" if whole.endswith("[cause]") else "site"]
            found = found[:, names.index(place[:-1])]
        return Level.of(np.asarray(found, float).T)

    @property
    def causes(self) -> tuple[str, ...]:
        """Causes of killings."""
        return self.study.config.dims["cause"]

    def counted(self, p: Mapping[str, np.ndarray], period: str) -> np.ndarray:
        """Killings a year of the yardstick's trade at rest in a period, by its four numbers, (draw,)."""
        from yupana.model import violence
        from yupana.model.yardstick import build_yardstick, yardstick_rent

        one = np.ones_like(p["yardstick_flow"])
        own = dict(p)
        own["contenders"] = p["yardstick_contenders"][None]
        own["protector_turnover"] = p[f"yardstick_turnover_{period}"]
        scene = violence.Scene(
            yardstick_rent(own)[None], one[None], p["yardstick_integrity"][None],
            p[f"yardstick_removal_{period}"], p[f"yardstick_conditionality_{period}"],
            one, one, one, one, one,
        )  # fmt: skip
        _, k = violence.start(own, build_yardstick(own), scene, (0,))
        return (k.contest + k.succession)[0]

    @cached_property
    def people(self) -> float:
        """Million inhabitants, median over years."""
        from yupana.model import build_drivers

        drivers = build_drivers(self.study.pack, self.study.config, START, END)
        return float(np.median(drivers.people))


def scaled(
    bench: Bench, base: Mapping[str, tuple[Any, ...]], regime: str, name: str, by: float
) -> dict[str, tuple[Any, ...]]:
    """Settings with one parameter moved: as the regime sets it, or the prior where nothing is set."""
    if regime == HOME:
        rows = [row for row in bench.study.priors.table() if row["name"] == name]
        found = {
            f"{name}[{row['element']}]" if row["element"] else name: ("quantiles", row["q05"], row["q95"])
            for row in rows
        }
    else:
        found = {key: setting for key, setting in base.items() if key.partition("[")[0] == name}
    return {**base, **{key: (mode, *(by * x for x in numbers)) for key, (mode, *numbers) in found.items()}}
