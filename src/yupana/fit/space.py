"""The unknowns of a fit as one vector of independent standard normals: parameters, shocks, scales of
errors and source biases.

Nothing is picked by hand: every prior stays uncertain, and so does every annual shock of the fitted years.
Which directions the data move is found by the fit (:mod:`yupana.fit.laplace`), the rest keep their prior.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from yupana.model import Config
from yupana.model.flows import Noise
from yupana.params import PriorSet


@dataclass(frozen=True, eq=False)
class Space:
    """Layout of the vector: points of the priors, then shocks by stream and year, then scales, then biases.

    Attributes
    ----------
    priors : of all parameters.
    config : places of the model.
    years : fitted years.
    biases : names of the log biases. bias_sds : (bias,), their prior sd.
    scales : variables whose errors may be larger or smaller than judged. scale_sds : (scale,), prior log sd.
    """

    priors: PriorSet
    config: Config
    years: tuple[int, ...]
    biases: tuple[str, ...]
    bias_sds: np.ndarray
    scales: tuple[str, ...] = ()
    scale_sds: np.ndarray = field(default_factory=lambda: np.zeros(0))

    @property
    def names(self) -> tuple[str, ...]:
        """Name of every coordinate."""
        shocks = [f"{stream}@{year}" for stream in self.streams for year in self.years]
        scales = [f"scale[{variable}]" for variable in self.scales]
        return (*self.priors.latent_names, *shocks, *scales, *(f"bias[{name}]" for name in self.biases))

    @property
    def streams(self) -> tuple[str, ...]:
        """Names of the annual streams, in order."""
        rivals = [f"rival_area[{rival}]" for rival in self.config.rivals]
        campaigns = [f"campaign[{zone}]" for zone in self.config.zones]
        return ("planting", "demand", "corridor", "eradication", *rivals, *campaigns)

    @property
    def size(self) -> int:
        """Number of coordinates."""
        return self.moving + len(self.scales) + len(self.biases)

    @property
    def moving(self) -> int:
        """Number of coordinates that the model reads: parameters and shocks, which come first."""
        return self.priors.size + len(self.streams) * len(self.years)

    def draw(self, seed: int, first: int, count: int) -> np.ndarray:
        """Return prior draws, (coordinate, count): the same numbers as a run's draws of that seed."""
        from yupana.core.streams import normals

        shocks = [
            normals(seed, f"noise/{stream}/{year}", first, count)
            for stream in self.streams
            for year in self.years
        ]
        errors = [normals(seed, f"scale/{name}", first, count) for name in self.scales]
        errors += [normals(seed, f"bias/{name}", first, count) for name in self.biases]
        return np.concatenate(
            [self.priors.points(seed, first, count), np.stack(shocks), *_rows(errors, count)]
        )

    def parameters(self, z: np.ndarray) -> dict[str, Any]:
        """Return the parameters at `z`, name -> (..., batch)."""
        return self.priors.from_points(z[: self.priors.size])

    def noise(self, z: np.ndarray) -> Noise:
        """Return the shocks of the fitted years at `z`, (year, ..., batch) each."""
        n, first = len(self.years), self.priors.size
        count = len(self.streams)
        table = z[first : first + count * n].reshape(count, n, *z.shape[1:])
        rivals = 4 + len(self.config.rivals)
        wide = (np.moveaxis(part, 0, 1) for part in (table[4:rivals], table[rivals:]))
        return Noise(table[0], table[1], table[2], table[3], *wide)

    def log_biases(self, z: np.ndarray) -> np.ndarray:
        """Return the log biases at `z`, (bias, batch)."""
        scale = self.bias_sds.reshape(-1, *(1,) * (z.ndim - 1))
        return z[self.size - len(self.biases) :] * scale

    def log_scales(self, z: np.ndarray) -> np.ndarray:
        """Return the log factors on errors at `z`, (scale, batch)."""
        wide = self.scale_sds.reshape(-1, *(1,) * (z.ndim - 1))
        return z[self.moving : self.moving + len(self.scales)] * wide


def _rows(parts: list[np.ndarray], count: int) -> list[np.ndarray]:
    return [np.stack(parts)] if parts else [np.zeros((0, count))]
