"""A posterior whose figures come from one compiled program: all years at once, and only what is observed.

The engine of every run reports a hundred variables of every year. A fit reads a few dozen of them, thousands
of times over: a program of its own that hands out these alone takes two thirds of the time. The equations
and the ledgers that must close are the engine's; figures agree with it to rounding. What no figure reads is
not looked at: a report that is no number elsewhere fails in the engine alone, which a fit asks last.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from functools import cached_property, lru_cache
from typing import Any, NamedTuple

import numpy as np

from yupana.fit.data import Data
from yupana.fit.posterior import Posterior, _key
from yupana.model import Config
from yupana.model.engine import TOLERANCE, Precision, _jit, enable_double
from yupana.model.ledger import mass_residual, money_residual, people_residual
from yupana.model.numerics import cut, leaves
from yupana.model.reference import build_reference
from yupana.model.step import open_year, step_month
from yupana.model.variables import VARIABLES, kinds, report, report_stocks, summed


class Table(NamedTuple):
    """Where the figures of a posterior stand in a table of all years.

    Attributes
    ----------
    keys : report keys of the observed variables, whose rows follow each other.
    years, rows : (figure,) int, place of each figure.
    """

    keys: tuple[str, ...]
    years: np.ndarray
    rows: np.ndarray


def table_of(posterior: Posterior) -> Table:
    """Return where the figures of a posterior stand."""
    dims = posterior.engine.config.dims
    seen = [_key(item.variable) for item in posterior.data.data]
    keys = tuple(sorted({key for key, _ in seen}))
    over = {variable.key: variable.over for variable in VARIABLES}
    places = {key: _elements(dims, over[key]) for key in keys}
    row = {name: i for i, name in enumerate((key, place) for key in keys for place in places[key])}
    years = np.array([item.year for item in posterior.data.data]) - posterior.space.years[0]
    return Table(keys, years, np.array([row[name] for name in seen]))


def _elements(dims: Any, over: str | None) -> tuple[str | None, ...]:
    return tuple(dims[over]) if over else (None,)


@lru_cache(maxsize=8)
def _program(config: Config, keys: tuple[str, ...], dtype: Precision) -> Any:
    """Return the compiled run: (p, drivers, policy, noise) -> tables, (year, row, batch), and failures."""
    jax = enable_double()
    xp, parts = jax.numpy, {key: summed(kind) for key, kind in kinds().items()}

    def run(p: Any, drivers: Any, policy: Any, noise: Any) -> Any:
        batch = next(iter(p.values())).shape[-1]
        base = type(drivers)(*(leaf[0] for leaf in drivers))
        base = base._replace(eradication=xp.full(batch, base.eradication))
        fixed, state = build_reference(config, p, base)

        def year(state: Any, inputs: Any) -> Any:
            d, (scale, absolute, use), eps = inputs
            own = policy._replace(scale=scale, absolute=absolute, use_absolute=use)
            return _year(p, fixed, state, d, own, eps)

        by_year = (policy.scale, policy.absolute, policy.use_absolute)
        _, (tables, failed) = jax.lax.scan(year, state, (drivers, by_year, noise))
        return tables, failed.any(axis=0)

    def _year(p: Any, fixed: Any, state: Any, drivers: Any, policy: Any, noise: Any) -> Any:
        shared = open_year(config, p, drivers, policy, noise)
        zero = 0.0 * state.supply

        def month(carry: Any, _: Any) -> Any:
            old, total, worst = carry
            new, flows = step_month(config, p, fixed, old, drivers, policy, noise, shared)
            values = report(config, fixed, old, flows)
            gaps = (mass_residual(old, new, flows), money_residual(flows), people_residual(old, new, flows))
            worst = tuple(xp.maximum(a, b) for a, b in zip(worst, gaps, strict=True))
            return (new, total + _rows(values, during), worst), None

        def reported(old: Any) -> Any:
            return report(
                config, fixed, old, step_month(config, p, fixed, old, drivers, policy, noise, shared)[1]
            )

        shapes = jax.eval_shape(reported, state)
        during = [key for key in keys if key in shapes]
        sizes = [int(np.prod(shapes[key].shape[:-1])) for key in during]
        start = xp.zeros((sum(sizes), zero.shape[-1]), zero.dtype)
        carry = (state, start, (zero, zero, zero))
        (state, total, worst), _ = jax.lax.scan(month, carry, None, length=config.steps_per_year)
        ends, stocks, table = np.cumsum([0, *sizes]), report_stocks(config, state), []
        for key in keys:
            if key in shapes:
                at = during.index(key)
                share = 1.0 if parts[key] else 1.0 / config.steps_per_year
                table.append(total[ends[at] : ends[at + 1]] * share)
            else:
                table.append(_rows(stocks, [key]))
        whole = xp.isfinite(sum(leaf.sum(tuple(range(leaf.ndim - 1))) for leaf in leaves(state)))
        failed = ~whole | ~((worst[0] <= limit) & (worst[1] <= limit) & (worst[2] <= limit))
        return state, (xp.concatenate(table), failed)

    def _rows(values: Any, wanted: Any) -> Any:
        return cut(xp.concatenate([values[key].reshape(-1, values[key].shape[-1]) for key in wanted]))

    limit = TOLERANCE[dtype]
    return _jit(jax, run)


class _Kept(Data):
    """Figures whose arrays are made once."""

    log_values = cached_property(lambda self: Data.log_values.fget(self))  # type: ignore[attr-defined]
    sds = cached_property(lambda self: Data.sds.fget(self))  # type: ignore[attr-defined]
    bias_of = cached_property(lambda self: Data.bias_of.fget(self))  # type: ignore[attr-defined]
    scale_of = cached_property(lambda self: Data.scale_of.fget(self))  # type: ignore[attr-defined]


@dataclass(frozen=True, eq=False)
class Compiled(Posterior):
    """A posterior that runs one program for all years; see :func:`compiled`."""

    def _block(self, z: np.ndarray) -> np.ndarray:
        engine, at = self.engine, self._at
        p, noise = engine._cast(self.space.parameters(z)), engine._cast(self.space.noise(z))
        run = _program(engine.config, at.keys, engine.dtype)
        table, failed = (np.asarray(found) for found in run(p, *self._given, noise))
        with np.errstate(divide="ignore", invalid="ignore"):
            logs = np.log(table[at.years, at.rows].astype(np.float64))
        return np.where(failed[None, :], np.nan, logs)

    @cached_property
    def _at(self) -> Table:
        return table_of(self)

    @cached_property
    def _given(self) -> tuple[Any, Any]:
        return self.engine._cast(self.drivers), self.engine._cast(self.policy)


def compiled(posterior: Posterior) -> Posterior:
    """Return the posterior with a program of its own; one that is no run of the model comes back as it is."""
    if type(posterior) is not Posterior:
        return posterior
    parts: Any = {each.name: getattr(posterior, each.name) for each in fields(Posterior)}
    figures: Any = {each.name: getattr(posterior.data, each.name) for each in fields(Data)}
    return Compiled(**parts | {"data": _Kept(**figures)})
