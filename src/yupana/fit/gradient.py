"""The gradient of the log posterior in double precision, by reverse differentiation year by year.

A whole run as one differentiated program takes minutes to compile; one year takes one. So the run goes
forward a year at a time, keeping the state at the start of each, then back through the one compiled program,
which works every month out again instead of keeping all that it needs on the way back.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np

from yupana.fit.backwards import rewritten
from yupana.fit.compiled import table_of
from yupana.fit.posterior import DEGREES, FAILED, Posterior
from yupana.model import Config, codes
from yupana.model.engine import TOLERANCE, _jit, _policy_year, _slice, enable_double, run_year
from yupana.model.reference import build_reference
from yupana.model.step import open_year, step_month
from yupana.model.variables import kinds, report, report_stocks, summed

COLUMNS = (4, 32)
"""Columns of the compiled programs: few points take the first, which costs nearly as much as the second.

Which one is taken depends on the number of points alone, so that the number of threads changes no digit.
"""


class _Programs(NamedTuple):
    """Compiled once for a configuration and its observed variables; inputs and outputs are JAX arrays."""

    start: Any  # (p, drivers) -> (fixed, state)
    forward: Any  # (p, fixed, state, drivers, policy, noise) -> (state, table of observed rows, code)
    backward: Any  # the same, with cotangents of state and table and sums so far -> cotangents
    start_back: Any  # (p, drivers, cotangents of fixed and state, sum so far) -> cotangent of p


@lru_cache(maxsize=8)
def _programs(config: Config, keys: tuple[str, ...]) -> _Programs:
    jax = enable_double()

    def start(p: Any, drivers: Any) -> Any:
        return build_reference(config, p, drivers)

    def forward(p: Any, fixed: Any, state: Any, drivers: Any, policy: Any, noise: Any) -> Any:
        state, values, code, _ = run_year(
            config, False, p, fixed, state, drivers, policy, noise, TOLERANCE["float64"]
        )
        rows = [values[key].reshape(-1, values[key].shape[-1]) for key in keys]
        return state, jax.numpy.concatenate(rows), code

    def backward(
        p: Any, fixed: Any, state: Any, drivers: Any, policy: Any, noise: Any, pulled: Any, sums: Any
    ) -> Any:
        def year(p: Any, fixed: Any, state: Any, noise: Any) -> Any:
            return reported_year(config, keys, p, fixed, state, drivers, policy, noise)

        to_p, to_fixed, to_state, to_noise = jax.vjp(year, p, fixed, state, noise)[1](pulled)
        return jax.tree.map(lambda a, b: a + b, sums, (to_p, to_fixed)), to_state, to_noise

    def start_back(p: Any, drivers: Any, pulled: Any, total: Any) -> Any:
        (to_p,) = jax.vjp(lambda p: start(p, drivers), p)[1](pulled)
        return jax.tree.map(lambda a, b: a + b, total, to_p)

    return _Programs(*(_jit(jax, one) for one in (start, forward, backward, start_back)))


def reported_year(
    config: Config,
    keys: tuple[str, ...],
    p: Any,
    fixed: Any,
    state: Any,
    drivers: Any,
    policy: Any,
    noise: Any,
) -> tuple[Any, Any]:
    """Return the state a year later and the rows of the report under `keys`, (row, batch).

    The values of :func:`yupana.model.engine.run_year`, in a form whose derivative compiles well.
    """
    import jax

    xp = jax.numpy
    shared = open_year(config, p, drivers, policy, noise)
    kind = kinds()
    parts = {key: 1.0 if summed(kind[key]) else 1.0 / config.steps_per_year for key in keys}

    def month(old: Any, p: Any, fixed: Any, drivers: Any, policy: Any, noise: Any, shared: Any) -> Any:
        new, flows = step_month(config, p, fixed, old, drivers, policy, noise, shared)
        values = report(config, fixed, old, flows)
        return new, {key: parts[key] * values[key] for key in keys if key in values}

    inputs = (p, fixed, drivers, policy, noise, shared)
    shapes = jax.eval_shape(lambda old: month(old, *inputs)[1], state)
    body = jax.checkpoint(rewritten(month))

    def one(carry: Any, _: Any) -> Any:
        new, values = body(carry[0], *inputs)
        return (new, {key: total + values[key] for key, total in carry[1].items()}), None

    start = {key: xp.zeros(shape.shape, shape.dtype) for key, shape in shapes.items()}
    (state, sums), _ = jax.lax.scan(one, (state, start), None, length=config.steps_per_year)
    values = sums | report_stocks(config, state)
    return state, xp.concatenate([values[key].reshape(-1, values[key].shape[-1]) for key in keys])


@lru_cache(maxsize=8)
def _from_points(priors: Any) -> tuple[Any, Any]:
    """Return the parameters of points, and the way back from cotangents, compiled."""
    jax = enable_double()
    return jax.jit(priors.from_points), jax.jit(
        lambda z, pulled: jax.vjp(priors.from_points, z)[1](pulled)[0]
    )


@dataclass(frozen=True, eq=False)
class Gradient:
    """The log posterior and its gradient at a few points at once.

    Attributes
    ----------
    posterior : with an engine in double precision.
    """

    posterior: Posterior

    def __post_init__(self) -> None:
        if self.posterior.engine.dtype != "float64":
            raise ValueError("gradients are taken in double precision")

    def __call__(self, z: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return the log posterior up to the constant of :class:`Posterior`, (batch,), and its gradient.

        Parameters
        ----------
        z : (coordinate, batch), any number of columns; blocks of them are run on the posterior's threads.

        Returns
        -------
        (batch,) and (coordinate, batch). Where the run fails, the value of a failed run
        and a gradient of zero.
        """
        columns = next((size for size in COLUMNS if z.shape[1] <= size), COLUMNS[-1])
        blocks = -(-z.shape[1] // columns)
        more = blocks * columns - z.shape[1]
        parts = np.split(np.concatenate([z, np.repeat(z[:, -1:], more, axis=1)], axis=1), blocks, axis=1)
        if blocks == 1:
            found = [self._columns(parts[0])]
        else:
            with ThreadPoolExecutor(self.posterior.threads) as pool:
                found = list(pool.map(self._columns, parts))
        value = np.concatenate([v for v, _ in found])[: z.shape[1]]
        return value, np.concatenate([g for _, g in found], axis=1)[:, : z.shape[1]]

    def _columns(self, z: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        posterior, space = self.posterior, self.posterior.space
        keys, years, rows = table_of(posterior)
        run = _Run(posterior, z, _programs(posterior.engine.config, keys))
        table, failed = run.forward()  # (year, row, batch)
        with np.errstate(divide="ignore", invalid="ignore"):
            seen = np.log(table[years, rows])
        seen[:, failed] = np.nan
        value = posterior.log_likelihood(z, seen) + posterior.log_prior(z)
        r = posterior.residuals(z, seen)
        with np.errstate(invalid="ignore"):
            pull = (DEGREES + 1.0) * r / (DEGREES + r**2)
        slope = pull / posterior.errors(z)  # by the log figure
        bad = np.asarray(~np.isfinite(slope).all(axis=0))
        slope[:, bad] = 0.0
        pulled = np.zeros_like(table)
        with np.errstate(divide="ignore", invalid="ignore"):
            by_value = np.where(bad, 0.0, slope / table[years, rows])
        np.add.at(pulled, (years, rows), by_value)
        gradient = np.zeros_like(z)
        points = space.priors.size
        gradient[:points], gradient[points : space.moving] = run.back(pulled)
        first, sized = space.moving + len(space.scales), posterior.data.scale_of < len(space.scales)
        which = posterior.data.scale_of[sized]
        np.add.at(gradient, space.moving + which, ((pull * r) - 1.0)[sized] * space.scale_sds[which][:, None])
        np.add.at(
            gradient, first + posterior.data.bias_of, slope * space.bias_sds[posterior.data.bias_of][:, None]
        )
        bad = np.asarray(bad | ~np.isfinite(gradient).all(axis=0))
        gradient -= z
        gradient[:, bad] = 0.0
        return np.where(bad, FAILED, value), gradient


class _Run:
    """One run of some columns: forward keeping the states, then back."""

    def __init__(self, posterior: Posterior, z: np.ndarray, programs: _Programs) -> None:
        jax = enable_double()
        engine, space = posterior.engine, posterior.space
        self.jax, self.programs, self.space = jax, programs, space
        put = jax.numpy.asarray
        self.points = put(z[: space.priors.size])
        self.p = _from_points(space.priors)[0](self.points)
        drivers, policy = engine._cast(posterior.drivers), engine._cast(posterior.policy)
        noise = engine._cast(space.noise(z))
        years = range(len(space.years))
        self.inputs = [
            jax.tree.map(put, (_slice(drivers, i), _policy_year(policy, i), _slice(noise, i))) for i in years
        ]
        base = _slice(drivers, 0)
        full = np.full(z.shape[1], base.eradication, dtype=np.float64)
        self.base = jax.tree.map(put, base._replace(eradication=full))
        self.fixed, state = programs.start(self.p, self.base)
        self.states = [state]

    def forward(self) -> tuple[np.ndarray, np.ndarray]:
        """Return the observed rows of the report, (year, row, batch), and which columns failed."""
        tables, code = [], np.zeros(self.points.shape[1], dtype=np.int32)
        for inputs in self.inputs:
            state, table, flag = self.programs.forward(self.p, self.fixed, self.states[-1], *inputs)
            self.states.append(state)
            tables.append(table)
            code = code | np.asarray(flag)
        return np.stack([np.asarray(t) for t in tables]), (code & codes.FAILURES) != 0

    def back(self, pulled: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return the gradient by the points of the priors and by the shocks, (coordinate, batch) each."""
        jax = self.jax
        zero = jax.numpy.zeros_like
        sums = jax.tree.map(zero, (self.p, self.fixed))
        to_state = jax.tree.map(zero, self.states[-1])
        shocks = []
        for index in reversed(range(len(self.inputs))):
            at = (self.p, self.fixed, self.states[index], *self.inputs[index])
            sums, to_state, to_noise = self.programs.backward(*at, (to_state, pulled[index]), sums)
            shocks.append(to_noise)
        to_p = self.programs.start_back(self.p, self.base, (sums[1], to_state), sums[0])
        points = np.asarray(_from_points(self.space.priors)[1](self.points, to_p))
        table = [np.stack([np.asarray(one[stream]) for one in reversed(shocks)]) for stream in range(4)]
        wide = [np.stack([np.asarray(one[stream]) for one in reversed(shocks)]) for stream in (4, 5)]
        parts = [*table, *(row for part in wide for row in np.moveaxis(part, 1, 0))]  # (year, batch) each
        return points, np.concatenate(parts)


def value_and_gradient(posterior: Posterior, z: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the log posterior, (batch,), and its gradient, (coordinate, batch); see :class:`Gradient`."""
    return Gradient(posterior)(z)
