"""The shipped pack as arrays, for tests of the model: no run folder, no files."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest

from yupana.evidence import load_pack
from yupana.model import Block, Config, Drivers, Engine, build_config, build_drivers, compile_policy
from yupana.params import PriorSet


@dataclass(frozen=True)
class Country:
    """A pack ready for the engine."""

    pack: Any
    config: Config
    priors: PriorSet

    def drivers(self, end: int) -> Drivers:
        return build_drivers(self.pack, self.config, self.pack.start, end)

    def run(
        self,
        end: int,
        count: int,
        settings: dict[str, Any] | None = None,
        *,
        seed: int = 1,
        first: int = 0,
        dtype: str = "float64",
        backend: str = "numpy",
        monthly: bool = False,
        steps: int | None = None,
        params: dict[str, np.ndarray] | None = None,
    ) -> Block:
        """Return the report of `count` prior draws to the year `end`."""
        config = self.config if steps is None else build_config(self.pack, steps_per_year=steps)
        drivers = build_drivers(self.pack, config, self.pack.start, end)
        engine = Engine(config, dtype, monthly, backend)  # type: ignore[arg-type]
        chosen = self.priors.draw(seed, first, count, dtype) if params is None else params
        noise = engine.draw_noise(seed, first, count, self.pack.start, end)
        return engine.run(chosen, drivers, compile_policy(config, drivers, settings or {}), noise)


@pytest.fixture(scope="session")
def peru() -> Country:
    pack = load_pack("peru")
    config = build_config(pack)
    return Country(pack, config, PriorSet.from_pack(pack, config.dims))
