"""The gradient of the log posterior in double precision: forwards month by month, and back the same way.

The model is machine code here (:mod:`yupana.fit.ways`), as a program of arrays spends its time on beginning
thousands of tiny operations. A run keeps the state at the start of every month; the way back works each
month out again from there. Figures agree with the engine's to rounding. What no figure reads is not looked
at: a report that is no number elsewhere fails in the engine alone.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Any

import numpy as np

from yupana.fit.centred import Centred
from yupana.fit.compiled import table_of
from yupana.fit.machine import LANES
from yupana.fit.posterior import DEGREES, FAILED, Posterior
from yupana.fit.ways import Model, model_of, rows
from yupana.model.engine import TOLERANCE, _policy_year, _slice, enable_double


@lru_cache(maxsize=8)
def _from_points(priors: Any) -> tuple[Any, Any]:
    """Return the parameters of points as rows, and the way back from cotangents, compiled."""
    jax = enable_double()

    def parameters(z: Any) -> Any:
        found = jax.tree.leaves(priors.from_points(z))
        return jax.numpy.concatenate([leaf.reshape(-1, z.shape[-1]) for leaf in found])

    return jax.jit(parameters), jax.jit(lambda z, pulled: jax.vjp(parameters, z)[1](pulled)[0])


@dataclass(frozen=True, eq=False)
class Gradient:
    """The log posterior and its gradient at some points at once.

    Attributes
    ----------
    posterior : with an engine in double precision.
    coordinates : of the points, where they are not those of the space.
    """

    posterior: Posterior
    coordinates: Centred | None = None

    def __post_init__(self) -> None:
        if self.posterior.engine.dtype != "float64":
            raise ValueError("gradients are taken in double precision")

    @cached_property
    def years(self) -> list[tuple[Any, Any]]:
        """Drivers and policy of every year."""
        engine, posterior = self.posterior.engine, self.posterior
        drivers, policy = engine._cast(posterior.drivers), engine._cast(posterior.policy)
        return [(_slice(drivers, i), _policy_year(policy, i)) for i in range(len(posterior.space.years))]

    @cached_property
    def known(self) -> tuple[np.ndarray, list[tuple[np.ndarray, ...]]]:
        """Drivers of the start, and drivers and policy of every year, as rows."""
        drivers = self.years[0][0]
        base = drivers._replace(eradication=np.zeros(1) + drivers.eradication)
        return rows(base, drivers), [tuple(rows(tree, tree) for tree in year) for year in self.years]

    @cached_property
    def one(self) -> tuple[Any, Any]:
        """Parameters and shocks of a year with one column, for their shapes."""
        jax = enable_double()
        space = self.posterior.space
        noise = self.posterior.engine._cast(space.noise(np.zeros((space.size, 1))))
        p = jax.eval_shape(space.priors.from_points, np.zeros((space.priors.size, 1)))
        return p, _slice(noise, 0)

    @cached_property
    def model(self) -> Model:
        """The run as machine code, made at the first use, in half a minute."""
        jax = enable_double()
        p, noise = self.one
        known = jax.tree.map(jax.numpy.asarray, (*self.years[0], noise))
        return model_of(self.posterior.engine.config, table_of(self.posterior).keys, p, *known)

    def __call__(self, z: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return the log posterior up to the constant of :class:`Posterior`, (batch,), and its gradient.

        Parameters
        ----------
        z : (coordinate, batch), any number of columns, of which LANES are run at a time.

        Returns
        -------
        (batch,) and (coordinate, batch). Where the run fails, the value of a failed run
        and a gradient of zero.
        """
        count = z.shape[1]
        found = [self._columns(part) for part in _groups(z)]
        value = np.concatenate([v for v, _ in found])[:count]
        return value, np.concatenate([g for _, g in found], axis=1)[:, :count]

    def back(self, x: np.ndarray) -> np.ndarray:
        """Return points, (coordinate, batch), in the coordinates of the space; the model is run for it."""
        if self.coordinates is None:
            return x
        runs = [self._figures(_Run(self, part))[0] for part in _groups(x)]
        return self.coordinates.back(x, np.concatenate(runs, axis=1)[:, : x.shape[1]])

    def _figures(self, run: _Run) -> tuple[np.ndarray, np.ndarray]:
        """Return log figures, (row, batch), NaN where the run fails, and the table that they stand in."""
        _, years, places = table_of(self.posterior)
        table, failed = run.forward()  # (year, row, batch)
        with np.errstate(divide="ignore", invalid="ignore"):
            seen = np.log(table[years, places])
        seen[:, failed] = np.nan
        return seen, table

    def _columns(self, z: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        posterior, space = self.posterior, self.posterior.space
        _, years, places = table_of(posterior)
        run = _Run(self, z)
        seen, table = self._figures(run)
        if self.coordinates is not None:
            z = self.coordinates.back(z, seen)
        value = posterior.log_likelihood(z, seen) + posterior.log_prior(z)
        r = posterior.residuals(z, seen)
        with np.errstate(invalid="ignore"):
            pull = (DEGREES + 1.0) * r / (DEGREES + r**2)
        slope = pull / posterior.errors(z)  # by the log figure
        bad = np.asarray(~np.isfinite(slope).all(axis=0))
        slope[:, bad] = 0.0
        first, bias = space.moving + len(space.scales), posterior.data.bias_of
        by_bias = np.zeros((len(space.biases), LANES))
        np.add.at(by_bias, bias, slope * space.bias_sds[bias][:, None])
        by_bias -= np.where(bad, 0.0, z[first:])
        if self.coordinates is not None:
            slope = self.coordinates.slope(slope, by_bias)
        pulled = np.zeros_like(table)
        with np.errstate(divide="ignore", invalid="ignore"):
            by_value = np.where(bad, 0.0, slope / table[years, places])
        np.add.at(pulled, (years, places), by_value)
        gradient = np.zeros_like(z)
        points = space.priors.size
        gradient[:points], gradient[points : space.moving] = run.back(pulled)
        sized = posterior.data.scale_of < len(space.scales)
        which = posterior.data.scale_of[sized]
        np.add.at(gradient, space.moving + which, ((pull * r) - 1.0)[sized] * space.scale_sds[which][:, None])
        gradient[:first] -= z[:first]
        gradient[first:] = by_bias
        bad = np.asarray(bad | ~np.isfinite(gradient).all(axis=0))
        gradient[:, bad] = 0.0
        return np.where(bad, FAILED, value), gradient


def _groups(z: np.ndarray) -> list[np.ndarray]:
    """Return points as groups of LANES columns, the last filled up with its last."""
    groups = -(-z.shape[1] // LANES)
    filled = np.concatenate([z, np.repeat(z[:, -1:], groups * LANES - z.shape[1], axis=1)], axis=1)
    return np.split(filled, groups, axis=1)


class _Run:
    """One run of LANES columns: forward keeping the state of every month, then back."""

    def __init__(self, gradient: Gradient, z: np.ndarray) -> None:
        self.model, space = gradient.model, gradient.posterior.space
        self.priors, self.z = space.priors, z[: space.priors.size]
        self.months = gradient.posterior.engine.config.steps_per_year
        self.p = np.array(_from_points(space.priors)[0](self.z))
        shocks = z[space.priors.size : space.moving].reshape(len(space.streams), len(space.years), LANES)
        self.noise = np.ascontiguousarray(shocks.swapaxes(0, 1))
        self.base, self.known = gradient.known
        self.shared: list[np.ndarray] = []

    def forward(self) -> tuple[np.ndarray, np.ndarray]:
        """Return the observed rows of the report, (year, row, batch), and which columns failed."""
        model = self.model
        self.fixed, state = model.start.run((self.p, self.base))
        during, after = model.places
        table = np.zeros((len(self.known), during.size + after.size, LANES))
        self.states = np.zeros((len(self.known), self.months + 1, *state.shape))
        gaps = np.zeros((len(self.known), self.months, model.month.forward.made[2], LANES))
        for i in range(len(self.known)):
            self.shared += model.year.run((self.p, self.noise[i], *self.known[i]))
            self.states[i, 0] = state
            seen = np.zeros((during.size, LANES))
            months = self._at(i, self.states[i, :-1])
            model.month.forward(months, (self.states[i, 1:], seen, gaps[i]))
            state = self.states[i, -1]
            table[i, during] = seen * model.parts
            if model.stocks:
                (table[i, after],) = model.stocks.run((state,))
        closed = (gaps <= TOLERANCE["float64"]).all(axis=(0, 1, 2))
        return table, np.asarray(~(closed & np.isfinite(state).all(axis=0)))

    def _at(self, year: int, state: np.ndarray) -> tuple[np.ndarray, ...]:
        return (self.p, self.fixed, state, self.shared[year], self.noise[year], *self.known[year])

    def back(self, pulled: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return the gradient by the points of the priors and by the shocks, (coordinate, batch) each.

        Parameters
        ----------
        pulled : (year, row, batch), derivatives by the observed rows.
        """
        model, (during, after) = self.model, self.model.places
        to_p, to_fixed, to_states = (np.zeros_like(x) for x in (self.p, self.fixed, self.states[0]))
        shocks = np.zeros_like(self.noise)
        for i in reversed(range(len(self.known))):
            to_states[-1] = to_states[0] if i + 1 < len(self.known) else 0.0
            if model.stocks:
                model.stocks.pull((self.states[i, -1],), (pulled[i, after],), (to_states[-1],))
            seen, to_shared = pulled[i, during] * model.parts, np.zeros_like(self.shared[i])
            to_states[:-1] = 0.0
            to = (to_p, to_fixed, to_states[:-1], to_shared, shocks[i])
            model.month.pull(self._at(i, self.states[i, :-1]), (to_states[1:], seen), to)
            model.year.pull((self.p, self.noise[i], *self.known[i]), (to_shared,), (to_p, shocks[i]))
        model.start.pull((self.p, self.base), (to_fixed, to_states[0]), (to_p,))
        points = np.asarray(_from_points(self.priors)[1](self.z, to_p))
        return points, shocks.swapaxes(0, 1).reshape(-1, LANES)
