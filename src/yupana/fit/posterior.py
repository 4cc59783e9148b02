"""The log posterior over a :class:`Space`: the model run forward, its figures against those published.

Residuals are in logs. Errors are Student's t with five degrees of freedom: a figure may be wrong without
dragging the rest along. How large the errors of a variable are was judged; one factor for each variable lets
the figures correct the judgement.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import numpy as np

from yupana.core.settings import default
from yupana.fit.data import Data
from yupana.fit.space import Space
from yupana.model import Engine
from yupana.model.observe import Observable, observe

BLOCK = 256
DEGREES = 5.0
"""Degrees of freedom of the errors."""
FAILED = -1e30  # log likelihood of a draw that did not end


@dataclass(frozen=True, eq=False)
class Posterior:
    """What a fit explores.

    Attributes
    ----------
    space : unknowns. data : figures. engine : of the model, in the precision wanted.
    drivers, policy : over the fitted years, which begin with the pack's first.
    """

    space: Space
    data: Data
    engine: Engine
    drivers: Any
    policy: Any
    threads: int = default("threads")

    def log_figures(self, z: np.ndarray) -> np.ndarray:
        """Return the logs of what an unbiased source would publish, (row, batch); NaN where a run fails.

        Parameters
        ----------
        z : (coordinate, batch), any number of columns; blocks of 256 are run on `threads` threads.
        """
        count = z.shape[1]
        blocks = -(-count // BLOCK)
        padded = np.concatenate([z, np.repeat(z[:, -1:], blocks * BLOCK - count, axis=1)], axis=1)
        parts = [padded[:, i * BLOCK : (i + 1) * BLOCK] for i in range(blocks)]
        if blocks == 1:
            found = [self._block(parts[0])]
        else:
            with ThreadPoolExecutor(self.threads) as pool:
                found = list(pool.map(self._block, parts))
        return np.concatenate(found, axis=1)[:, :count]

    def _block(self, z: np.ndarray) -> np.ndarray:
        block = self.engine.run(self.space.parameters(z), self.drivers, self.policy, self.space.noise(z))
        plan = [Observable(*_key(item.variable), (item.year,)) for item in self.data.data]
        seen = observe(self.engine.config, block.yearly, self.space.years, plan, {}, {})
        from yupana.model import codes

        failed = (block.code & codes.FAILURES) != 0
        with np.errstate(divide="ignore", invalid="ignore"):
            logs = np.log(seen.astype(np.float64))
        return np.where(failed[None, :], np.nan, logs)

    def residuals(self, z: np.ndarray, log_figures: np.ndarray) -> np.ndarray:
        """Return standardised residuals, (row, batch)."""
        predicted = log_figures + self.space.log_biases(z)[self.data.bias_of]
        return (self.data.log_values[:, None] - predicted) / self.errors(z)

    def errors(self, z: np.ndarray) -> np.ndarray:
        """Return the scale of every figure's error in logs, (row, batch)."""
        return errors(self.space, self.data, z)

    def log_densities(self, z: np.ndarray, log_figures: np.ndarray) -> np.ndarray:
        """Return the log density of every figure up to a constant, (row, batch)."""
        r = self.residuals(z, log_figures)
        return -0.5 * (DEGREES + 1.0) * np.log1p(r**2 / DEGREES) - _log_factors(self.space, self.data, z)

    def log_likelihood(self, z: np.ndarray, log_figures: np.ndarray) -> np.ndarray:
        """Return the log likelihood up to a constant, (batch,)."""
        total = self.log_densities(z, log_figures).sum(axis=0)
        return np.where(np.isfinite(total), total, FAILED)

    def log_prior(self, z: np.ndarray) -> np.ndarray:
        """Return the log prior up to a constant, (batch,)."""
        return -0.5 * (z**2).sum(axis=0)


def errors(space: Space, data: Data, z: np.ndarray) -> np.ndarray:
    """Return the scale of every figure's error in logs at `z`, (row, batch)."""
    return data.sds[:, None] * np.exp(_log_factors(space, data, z))


def _log_factors(space: Space, data: Data, z: np.ndarray) -> np.ndarray:
    known = space.log_scales(z)
    return np.concatenate([known, np.zeros((1, *known.shape[1:]))])[data.scale_of]


def _key(variable: str) -> tuple[str, str | None]:
    base, _, rest = variable.partition("[")
    if not rest:
        return base, None
    return _DIMENSION[base], rest.rstrip("]")


class _Dimensions(dict):
    def __missing__(self, base: str) -> str:
        from yupana.model.variables import VARIABLES

        for variable in VARIABLES:
            if variable.key.partition("[")[0] == base and variable.over:
                self[base] = variable.key
                return variable.key
        raise KeyError(base)


_DIMENSION = _Dimensions()
