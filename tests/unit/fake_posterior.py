"""A posterior without a model: log figures are linear in the unknowns, so that answers are known."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import numpy as np

from yupana.fit.data import Data, Datum
from yupana.fit.posterior import Posterior
from yupana.fit.space import Space
from yupana.params import PriorSet

YEARS = (2000, 2001)


class LinearPosterior(Posterior):
    """`engine` is the matrix of the figures, (row, coordinate without biases)."""

    def log_figures(self, z: np.ndarray) -> np.ndarray:
        """Return the matrix times the unknowns."""
        return self.engine @ z[: self.engine.shape[1]]


def make_space(
    parameters: int = 3, biases: int = 1, rivals: tuple[str, ...] = ("r",), zones: tuple[str, ...] = ("z",)
) -> Space:
    """A space of lognormal parameters, the shocks of two years, and biases of log sd 0.2."""
    entries = [
        {"name": f"p{i}", "unit": "t", "meaning": "p", "family": "lognormal", "q05": 1.0 + i, "q95": 4.0 + i}
        for i in range(parameters)
    ]
    config: Any = SimpleNamespace(rivals=rivals, zones=zones)
    names = tuple(f"un/home/{i}" for i in range(biases))
    return Space(PriorSet.from_entries(entries, {}), config, YEARS, names, np.full(biases, 0.2))


def make_posterior(
    matrix: np.ndarray | None = None, values: np.ndarray | None = None, sd: float = 0.3, rows: int = 6
) -> LinearPosterior:
    """A posterior of `rows` figures; their values are those at the prior's centre unless given."""
    space = make_space()
    size = space.size - len(space.biases)
    if matrix is None:
        matrix = np.random.default_rng(3).normal(size=(rows, size)) * 0.5
    values = np.zeros(len(matrix)) if values is None else values
    data = tuple(
        Datum(f"row-{i}", "x" if i % 2 else "y", YEARS[i % 2], float(np.exp(value)), sd, space.biases[0])
        for i, value in enumerate(values)
    )
    return LinearPosterior(space, Data(data, {space.biases[0]: 0.2}), matrix, None, None)


def with_scale(made: LinearPosterior, sd: float) -> LinearPosterior:
    """The posterior with one factor on all errors, of prior log sd `sd`."""
    space = replace(made.space, scales=("all",), scale_sds=np.array([sd]))
    data = tuple(replace(item, series="all") for item in made.data.data)
    return replace(made, space=space, data=replace(made.data, data=data, scales={"all": sd}))


def whole_matrix(posterior: LinearPosterior) -> np.ndarray:
    """The matrix with the column of the bias, (row, coordinate)."""
    bias = np.full((len(posterior.engine), 1), posterior.space.bias_sds[0])
    return np.hstack([posterior.engine, bias])
