"""The engine asked for one variable: the compiler leaves out what only the others and the checks need.

Worth its own compilation where hundreds of runs are wanted for one number each. The ledgers are not checked:
whoever uses it runs the settings that matter through the whole engine as well.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Any

from yupana.model import Config, Engine, codes
from yupana.model.engine import TOLERANCE, Precision, _jit, enable_double, run_year


@lru_cache(maxsize=4)
def _compiled(config: Config, key: str, tolerance: float) -> Callable[..., Any]:
    jax = enable_double()

    def year(p: Any, fixed: Any, state: Any, drivers: Any, policy: Any, noise: Any) -> Any:
        state, values, _, _ = run_year(config, False, p, fixed, state, drivers, policy, noise, tolerance)
        value = values[key]
        bad = ~jax.numpy.isfinite(value).all(axis=tuple(range(value.ndim - 1)))
        return state, {key: value}, (codes.NOT_FINITE * bad).astype("int32"), None

    return _jit(jax, year)


class Probe(Engine):
    """An engine whose blocks hold one variable, and whose code says only whether that is finite.

    Parameters
    ----------
    config : Config.
    key : of the variable.
    dtype : precision.
    """

    def __init__(self, config: Config, key: str, dtype: Precision = "float32") -> None:
        super().__init__(config, dtype)
        self.key = key

    def _functions(self) -> tuple[Callable[..., Any], Callable[..., Any]]:
        start, _ = super()._functions()
        return start, _compiled(self.config, self.key, TOLERANCE[self.dtype])
