"""The unknowns of a fit as one vector of independent standard normals: parameters, shocks and source biases.

Nothing is picked by hand: every prior stays uncertain, and so does every annual shock of the fitted years.
Which directions the data move is found by the fit (:mod:`yupana.fit.laplace`), the rest keep their prior.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from yupana.model import Config
from yupana.model.flows import Noise
from yupana.params import PriorSet


@dataclass(frozen=True, eq=False)
class Space:
    """Layout of the vector: points of the priors, then shocks by stream and year, then biases.

    Attributes
    ----------
    priors : of all parameters.
    config : places of the model.
    years : fitted years.
    biases : names of the log biases. bias_sds : (bias,), their prior sd.
    """

    priors: PriorSet
    config: Config
    years: tuple[int, ...]
    biases: tuple[str, ...]
    bias_sds: np.ndarray

    @property
    def names(self) -> tuple[str, ...]:
        """Name of every coordinate."""
        shocks = [f"{stream}@{year}" for stream in self.streams for year in self.years]
        return (*self.priors.latent_names, *shocks, *(f"bias[{name}]" for name in self.biases))

    @property
    def streams(self) -> tuple[str, ...]:
        """Names of the annual streams, in order."""
        rivals = [f"rival_area[{rival}]" for rival in self.config.rivals]
        return ("planting", "demand", "corridor", "eradication", *rivals)

    @property
    def size(self) -> int:
        """Number of coordinates."""
        return self.priors.size + len(self.streams) * len(self.years) + len(self.biases)

    def draw(self, seed: int, first: int, count: int) -> np.ndarray:
        """Return prior draws, (coordinate, count): the same numbers as a run's draws of that seed."""
        from yupana.core.streams import normals

        shocks = [
            normals(seed, f"noise/{stream}/{year}", first, count)
            for stream in self.streams
            for year in self.years
        ]
        bias = [normals(seed, f"bias/{name}", first, count) for name in self.biases]
        return np.concatenate([self.priors.points(seed, first, count), np.stack(shocks), *_rows(bias, count)])

    def parameters(self, z: np.ndarray) -> dict[str, Any]:
        """Return the parameters at `z`, name -> (..., batch)."""
        return self.priors.from_points(z[: self.priors.size])

    def noise(self, z: np.ndarray) -> Noise:
        """Return the shocks of the fitted years at `z`, records of (year, ..., batch)."""
        n, first = len(self.years), self.priors.size
        count = len(self.streams)
        table = z[first : first + count * n].reshape(count, n, *z.shape[1:])
        return Noise(table[0], table[1], table[2], table[3], np.moveaxis(table[4:], 0, 1))

    def log_biases(self, z: np.ndarray) -> np.ndarray:
        """Return the log biases at `z`, (bias, batch)."""
        scale = self.bias_sds.reshape(-1, *(1,) * (z.ndim - 1))
        return z[self.size - len(self.biases) :] * scale


def _rows(parts: list[np.ndarray], count: int) -> list[np.ndarray]:
    return [np.stack(parts)] if parts else [np.zeros((0, count))]
