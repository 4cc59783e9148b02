"""The engine: one year compiled once, looped over years; and the same source on NumPy as the reference.

A year is a scan over its steps that carries the state and sums the report, so that neither the number of
years nor any lever value is part of what is compiled. Blocks have a fixed number of columns: one
compilation serves all.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Literal

import numpy as np

from yupana.core.arrays import namespace
from yupana.model import codes
from yupana.model.config import Config
from yupana.model.drivers import Drivers
from yupana.model.flows import Noise
from yupana.model.ledger import mass_residual, money_residual, people_residual
from yupana.model.noise import draw_noise
from yupana.model.numerics import cut, leaves
from yupana.model.policy import Policy
from yupana.model.reference import build_reference
from yupana.model.state import Fixed, State
from yupana.model.step import open_year, step_month
from yupana.model.variables import VARIABLES, report, report_stocks

BLOCK = 256
TOLERANCE = {"float32": 1e-4, "float64": 1e-10}  # relative, of the ledgers, in one step
CLEARING_NOTE = 0.2  # largest gap of planning prices at the end of a year that passes without a note
Precision = Literal["float32", "float64"]
# The first keeps the fusion cuts of `numerics.cut` until the compiler has fused; the second widens
# vectors. A name
# that a version of the compiler does not know is ignored, one that it refuses is dropped.
CPU_OPTIONS: dict[str, Any] = {
    "xla_disable_hlo_passes": "cse_barrier_expander",
    "xla_cpu_prefer_vector_width": 512,
}


@dataclass(frozen=True)
class Block:
    """What the engine returns for one block of draws; NumPy arrays, batch last."""

    yearly: dict[str, np.ndarray]
    monthly: dict[str, np.ndarray] | None
    state: State
    code: np.ndarray


def _kind(key: str) -> str:
    return _KINDS[key]


_KINDS = {variable.key: variable.kind for variable in VARIABLES}


def run_year(
    config: Config,
    monthly: bool,
    p: Any,
    fixed: Fixed,
    state: State,
    drivers: Any,
    policy: Any,
    noise: Noise,
    tolerance: float,
) -> tuple[State, dict[str, Any], Any, dict[str, Any] | None]:
    """Return the state a year later, the year's report, the result code and, if asked, the months."""
    xp = namespace(state.leaf)
    n = config.steps_per_year

    def one(carry: tuple[State, Any, Any], _: Any) -> tuple[Any, Any]:
        old, total, worst = carry
        new, flows = step_month(config, p, fixed, old, drivers, policy, noise, shared)
        values = report(config, fixed, old, flows)
        gaps = (
            xp.maximum(worst[0], mass_residual(old, new, flows)),
            xp.maximum(worst[1], money_residual(flows)),
            xp.maximum(worst[2], people_residual(old, new, flows)),
        )
        table = _table(values)
        kept = values | report_stocks(config, new) if monthly else None
        return (new, total + table * added, gaps), kept

    zero = 0.0 * state.supply
    shared = open_year(config, p, drivers, policy, noise)
    shapes = _shapes(config, p, fixed, state, drivers, policy, noise, shared)
    added = _weights(shapes, n, zero)
    start = xp.zeros((len(added), *zero.shape), zero.dtype)
    carry: Any = (state, start, (zero, zero, zero))
    if xp is np:
        months = []
        for _ in range(n):
            carry, values = one(carry, None)
            months.append(values)
        stacked = {k: np.stack([m[k] for m in months]) for k in months[0]} if monthly else None
    else:
        import jax

        carry, stacked = jax.lax.scan(one, carry, None, length=n)
    state, total, gaps = carry
    year = _untable(total, shapes) | report_stocks(config, state)
    return state, year, _code(xp, state, year, gaps, tolerance), stacked


def _table(values: dict[str, Any]) -> Any:
    """Return all reported values as rows of one array, (row, batch): one addition a step instead of a
    hundred.
    """
    some = next(iter(values.values()))
    rows = [values[key].reshape(-1, values[key].shape[-1]) for key in sorted(values)]
    return cut(namespace(some).concatenate(rows))


def _untable(table: Any, shapes: dict[str, tuple[int, ...]]) -> dict[str, Any]:
    """Return the rows of :func:`_table` as reported values."""
    out, first = {}, 0
    for key, shape in shapes.items():
        count = int(np.prod(shape[:-1]))
        out[key] = table[first : first + count].reshape(shape)
        first += count
    return out


def _shapes(config: Config, *inputs: Any) -> dict[str, tuple[int, ...]]:
    """Return the shape of every reported value, in the order of their names."""
    p, fixed, state, *rest = inputs

    def values(s: State) -> dict[str, Any]:
        return report(config, fixed, s, step_month(config, p, fixed, s, *rest)[1])

    if namespace(state.leaf) is np:
        found = values(state)
    else:
        import jax

        found = jax.eval_shape(values, state)
    return {key: found[key].shape for key in sorted(found)}


def _weights(shapes: dict[str, tuple[int, ...]], steps: int, like: Any) -> Any:
    """Return how a step's table is added to the year's, (row, 1): flows add up, prices and ratios average."""
    kinds = [_kind(key) for key, shape in shapes.items() for _ in range(int(np.prod(shape[:-1])))]
    added = [1.0 if kind == "flow" else 1.0 / steps for kind in kinds]
    return namespace(like).asarray(np.asarray(added)[:, None], dtype=like.dtype)


def _code(xp: Any, state: State, year: dict[str, Any], gaps: tuple[Any, ...], tolerance: float) -> Any:
    check = sum(leaf.sum(tuple(range(leaf.ndim - 1))) for leaf in (*leaves(state), *year.values()))
    bad = ~xp.isfinite(check)
    return (
        codes.NOT_FINITE * bad
        + codes.MASS_NOT_CLOSED * ~(gaps[0] <= tolerance)
        + codes.MONEY_NOT_CLOSED * ~(gaps[1] <= tolerance)
        + codes.PEOPLE_NOT_CLOSED * ~(gaps[2] <= tolerance)
        + codes.MARKETS_NOT_CLEARED * (year["clearing_gap"] > CLEARING_NOTE)
    ).astype("int32")


def _slice(record: Any, year: int) -> Any:
    """Return one year of a record of arrays."""
    return type(record)(*(leaf[year] for leaf in record))


def _policy_year(policy: Policy, year: int) -> Policy:
    return policy._replace(
        scale=policy.scale[year], absolute=policy.absolute[year], use_absolute=policy.use_absolute[year]
    )


def enable_double() -> Any:
    """Return JAX with both precisions available in one process; every array here states its own.

    Compiled programs are kept in the user's cache folder, unless the user has set a folder already.
    """
    import jax

    jax.config.update("jax_enable_x64", True)
    if getattr(jax.config, "jax_compilation_cache_dir", None) is None:
        from platformdirs import user_cache_dir

        jax.config.update("jax_compilation_cache_dir", user_cache_dir("yupana") + "/compiled")
        jax.config.update("jax_persistent_cache_min_compile_time_secs", 0.5)
    return jax


def _jit(jax: Any, function: Callable[..., Any]) -> Any:
    """Return `function` compiled with the processor's options, or without them where they are refused."""
    if jax.default_backend() != "cpu":
        return jax.jit(function)
    try:
        jax.jit(lambda x: x + 1.0, compiler_options=dict(CPU_OPTIONS)).lower(1.0).compile()
    except Exception:
        return jax.jit(function)
    return jax.jit(function, compiler_options=dict(CPU_OPTIONS))


@lru_cache(maxsize=16)
def _compiled(
    config: Config, monthly: bool, tolerance: float
) -> tuple[Callable[..., Any], Callable[..., Any]]:
    jax = enable_double()

    def start(p: Any, drivers: Any) -> Any:
        return build_reference(config, p, drivers)

    def year(p: Any, fixed: Any, state: Any, drivers: Any, policy: Any, noise: Any) -> Any:
        return run_year(config, monthly, p, fixed, state, drivers, policy, noise, tolerance)

    return _jit(jax, start), _jit(jax, year)


class Engine:
    """Runs blocks of draws through the model; compiled code is shared by engines of one configuration.

    Parameters
    ----------
    config : Config.
    dtype : "float32" for ensembles, "float64" for inference and reference.
    monthly : keep every month's report as well.
    backend : "jax", or "numpy" for the same source without compilation.
    """

    def __init__(
        self,
        config: Config,
        dtype: Precision = "float32",
        monthly: bool = False,
        backend: Literal["jax", "numpy"] = "jax",
    ) -> None:
        if dtype not in TOLERANCE:
            raise ValueError(f"dtype must be one of {sorted(TOLERANCE)}, got {dtype!r}")
        self.config, self.dtype, self.monthly, self.backend = config, dtype, monthly, backend

    @property
    def compilations(self) -> int:
        """Number of programs compiled for this configuration so far in the process, of all block sizes."""
        start, year = _compiled(self.config, self.monthly, TOLERANCE[self.dtype])
        return start._cache_size() + year._cache_size()

    def draw_noise(self, seed: int, first: int, count: int, start: int, end: int) -> Noise:
        """Return the noise of `count` draws from `first`; see :func:`yupana.model.noise.draw_noise`."""
        return draw_noise(self.config, seed, first, count, start, end)

    def _functions(self) -> tuple[Callable[..., Any], Callable[..., Any]]:
        if self.backend == "jax":
            return _compiled(self.config, self.monthly, TOLERANCE[self.dtype])
        config, monthly, tolerance = self.config, self.monthly, TOLERANCE[self.dtype]
        return (
            lambda p, d: build_reference(config, p, d),
            lambda p, f, s, d, pol, eps: run_year(config, monthly, p, f, s, d, pol, eps, tolerance),
        )

    def _cast(self, record: Any) -> Any:
        kind = np.dtype(self.dtype)
        if isinstance(record, dict):
            return {key: np.asarray(value, dtype=kind) for key, value in record.items()}
        return type(record)(*(np.asarray(leaf, dtype=kind) for leaf in record))

    def run(
        self,
        params: dict[str, np.ndarray],
        drivers: Drivers,
        policy: Policy,
        noise: Noise,
        state: State | None = None,
        reference: Drivers | None = None,
    ) -> Block:
        """Return the report of all years of `drivers` for one block of draws.

        Parameters
        ----------
        params : dict name -> (..., batch). drivers, policy, noise : over the same years.
        state : State, optional. Start from this state per draw instead of the reference of the start.
        reference : Drivers, optional. Drivers that begin at the reference year, when `drivers` do not.
        """
        start, year = self._functions()
        p, d, pol, eps = self._cast(params), self._cast(drivers), self._cast(policy), self._cast(noise)
        first = self._cast(reference) if reference is not None else d
        batch = next(iter(p.values())).shape[-1]
        base = _slice(first, 0)
        base = base._replace(eradication=np.full(batch, base.eradication, dtype=self.dtype))
        fixed, rest = start(p, base)
        current = rest if state is None else state
        years, months, code = [], [], np.zeros(batch, dtype=np.int32)
        for index in range(len(drivers.years)):
            current, values, flag, month = year(
                p, fixed, current, _slice(d, index), _policy_year(pol, index), _slice(eps, index)
            )
            years.append(values)
            months.append(month)
            code = code | np.asarray(flag)
        yearly = {key: np.stack([np.asarray(v[key]) for v in years]) for key in years[0]}
        monthly = (
            {key: np.concatenate([np.asarray(m[key]) for m in months]) for key in months[0]}
            if (self.monthly)
            else None
        )
        return Block(yearly, monthly, _host(current), np.asarray(code))


def simulate(config: Config, p: Any, drivers: Any, policy: Any, noise: Any) -> dict[str, Any]:
    """Return the yearly report of all years, (year, ..., batch), as one function that JAX can differentiate.

    Years are recomputed on the way back (checkpoints), which keeps memory at one state a year. Arguments
    as in :meth:`Engine.run`, as JAX arrays of one dtype.
    """
    jax = enable_double()
    jnp = jax.numpy
    batch = next(iter(p.values())).shape[-1]
    base = _slice(drivers, 0)
    base = base._replace(eradication=jnp.full((batch,), base.eradication))
    fixed, state = build_reference(config, p, base)

    def year(state: State, inputs: Any) -> Any:
        now, levers, eps = inputs
        full = policy._replace(scale=levers[0], absolute=levers[1], use_absolute=levers[2])
        state, values, _, _ = run_year(config, False, p, fixed, state, now, full, eps, TOLERANCE["float64"])
        return state, values

    levers = (policy.scale, policy.absolute, policy.use_absolute)
    return jax.lax.scan(jax.checkpoint(year), state, (drivers, levers, noise))[1]


def _host(record: Any) -> Any:
    """Return a record with every array on the host, records inside it included."""
    if not isinstance(record, tuple):
        return np.asarray(record)
    parts = (_host(part) for part in record)
    return type(record)(*parts) if hasattr(record, "_fields") else tuple(parts)
