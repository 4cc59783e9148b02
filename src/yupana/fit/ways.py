"""The parts of a run as machine code, each with its derivative.

What a run starts from, what the months of a year share, a month, and what is counted at a year's end are
traced once each and become tapes (:mod:`yupana.fit.tape`) and machine code (:mod:`yupana.fit.machine`).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from yupana.fit.machine import LANES, Machine
from yupana.fit.tape import taped
from yupana.model import Config
from yupana.model.ledger import mass_residual, money_residual, people_residual
from yupana.model.reference import build_reference
from yupana.model.step import open_year, step_month
from yupana.model.variables import kinds, report, report_stocks, summed


class Way:
    """A part of a run as machine code, and the way back through it."""

    def __init__(
        self,
        function: Callable[..., Any],
        examples: tuple[Any, ...],
        moving: int,
        told: int,
        added: Sequence[int] = (),
    ) -> None:
        """Compile a function and its derivative.

        Parameters
        ----------
        function : of trees, returning a tuple of trees.
        examples : its arguments with one column, or their shapes.
        moving : how many of them, from the first, derivatives are taken by.
        told : how many results, from the first, have a derivative.
        added : results that are added to what their arrays hold.
        """
        import jax

        shapes = jax.eval_shape(function, *examples)

        def back(*given: Any) -> Any:
            at, still, pulled = given[:moving], given[moving : len(examples)], given[len(examples) :]
            return jax.vjp(lambda *moved: function(*moved, *still)[:told], *at)[1](pulled)

        self.forward = Machine(taped(function, *examples), added)
        self.back = Machine(taped(back, *examples, *shapes[:told]), added=range(moving))

    def run(self, inputs: Sequence[np.ndarray]) -> tuple[np.ndarray, ...]:
        """Return the results as (row, LANES) each."""
        results = tuple(np.empty((rows, LANES)) for rows in self.forward.made)
        self.forward(inputs, results)
        return results

    def pull(
        self, inputs: Sequence[np.ndarray], pulled: Sequence[np.ndarray], to: Sequence[np.ndarray]
    ) -> None:
        """Add derivatives by the inputs that move to `to`, given those by the results that have them."""
        self.back((*inputs, *pulled), to, backwards=True)


@dataclass(frozen=True, eq=False)
class Model:
    """The parts of a run of one posterior; arguments and results are arrays of (row, LANES).

    Attributes
    ----------
    start : (p, drivers) -> (fixed, state). year : (p, noise, drivers, policy) -> what its months share.
    month : (p, fixed, state, shared, noise, drivers, policy) -> (state, observed rows, gaps of the ledgers).
    stocks : (state) -> observed rows at a year's end, nothing where none is observed.
    parts : (row, 1), how much of a month's row goes into the year's. places : of the rows of months, then of
        stocks, in the table of all rows.
    """

    start: Way
    year: Way
    month: Way
    stocks: Way | None
    parts: np.ndarray
    places: tuple[np.ndarray, np.ndarray]


def model_of(config: Config, keys: tuple[str, ...], p: Any, drivers: Any, policy: Any, noise: Any) -> Model:
    """Return the machine code of a run; arguments are those of one year and one column."""
    import jax

    base = drivers._replace(eradication=jax.numpy.zeros(1) + drivers.eradication)
    fixed, state = jax.eval_shape(lambda p, base: build_reference(config, p, base), p, base)
    (shared,) = jax.eval_shape(lambda *given: (open_year(config, *given),), p, drivers, policy, noise)

    def values(p: Any, fixed: Any, old: Any, shared: Any, noise: Any, drivers: Any, policy: Any) -> Any:
        new, flows = step_month(config, p, fixed, old, drivers, policy, noise, shared)
        return new, report(config, fixed, old, flows), flows

    at = (p, fixed, state, shared, noise, drivers, policy)
    found = jax.eval_shape(lambda *given: values(*given)[1], *at)
    ends = jax.eval_shape(lambda state: report_stocks(config, state), state)
    sizes = [int(np.prod((found if key in found else ends)[key].shape)) for key in keys]
    first = np.cumsum([0, *sizes])
    rows = {key: np.arange(first[i], first[i + 1]) for i, key in enumerate(keys)}
    during, after = [key for key in keys if key in found], [key for key in keys if key not in found]
    kind = kinds()

    def month(*given: Any) -> Any:
        new, reported, flows = values(*given)
        gaps = (
            mass_residual(given[2], new, flows),
            money_residual(flows),
            people_residual(given[2], new, flows),
        )
        return new, [reported[key] for key in during], gaps

    def stocks(state: Any) -> Any:
        reported = report_stocks(config, state)
        return ([reported[key] for key in after],)

    none = np.zeros(0, dtype=int)
    return Model(
        start=Way(lambda p, base: build_reference(config, p, base), (p, base), 1, 2),
        year=Way(
            lambda p, noise, drivers, policy: (open_year(config, p, drivers, policy, noise),),
            (p, noise, drivers, policy), 2, 1,
        ),
        month=Way(month, at, 5, 2, added=(1,)),
        stocks=Way(stocks, (state,), 1, 1) if after else None,
        parts=np.concatenate([
            np.zeros((0, 1)),
            *(np.full((rows[key].size, 1), 1.0 if summed(kind[key]) else 1.0 / config.steps_per_year)
              for key in during),
        ]),
        places=(np.concatenate([none, *(rows[key] for key in during)]),
                np.concatenate([none, *(rows[key] for key in after)])),
    )  # fmt: skip


def rows(tree: Any, sizes: Any) -> np.ndarray:
    """Return a tree of arrays as (row, LANES); what has no columns of its own is the same in all.

    Parameters
    ----------
    sizes : the tree with one column.
    """
    import jax

    parts = [np.zeros((0, LANES))]
    for leaf, one in zip(jax.tree.leaves(tree), jax.tree.leaves(sizes), strict=True):
        size = int(np.prod(np.shape(one)))
        parts.append(np.broadcast_to(np.asarray(leaf, dtype=np.float64).reshape(size, -1), (size, LANES)))
    return np.ascontiguousarray(np.concatenate(parts))
