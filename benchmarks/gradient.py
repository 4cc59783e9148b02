"""Exact derivatives of total exports against differences, for every parameter; and why some have none.

Usage: python benchmarks/gradient.py [--months] [--years N] [--write]
One draw of the shipped pack. By default what is checked is the gradient through `simulate`, which takes some
minutes to compile. `--months` takes the gradient month by month, which compiles a single month and is what
the tests do on a small country. Exit code 1 where a derivative is off or the list of parameters without one
is not the list below. `--write` puts the table into docs/reference/benchmarks.md.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from yupana.model import PARAMETERS, Config, Drivers, Engine, Policy
from yupana.model.engine import enable_double, simulate
from yupana.model.reference import build_reference
from yupana.model.step import Noise, open_year, step_month
from yupana.model.variables import report

PAGE = Path(__file__).resolve().parent.parent / "docs" / "reference" / "benchmarks.md"
BEGIN, END = "<!-- gradient: written by benchmarks/gradient.py -->", "<!-- end of gradient -->"
STEP = 1e-3  # of a parameter, of the differences
MOST = 1e-5  # error, relative to the derivative or to a millionth of exports over the parameter
SILENT = 1e-15  # a derivative below this of exports over the parameter is none: rounding leaves some 1e-17
# One draw runs once: a program that compiles soon is worth more than a fast one.
OPTIONS = {"xla_backend_optimization_level": 0, "xla_llvm_disable_expensive_passes": True}
Params = dict[str, np.ndarray]
Gradient = Callable[[Config, Params, Drivers, Policy, Noise], tuple[float, Params]]

# Parameters that total exports do not depend on, and why.
_READ_BY_NOBODY = "reported, and no decision reads it"
_UNPAID = "what policies cost binds only where one asks for more than the baseline"
WITHOUT_GRADIENT = {
    "hired_labour_share": "divides the cost of work into paid and own, decides nothing",
    "light_users": "use at home is anchored to what that market gets at the start: the number scales out",
    "prison_places": "crowding counts relative to the start: the number scales out",
    "firm_size": "members follow earnings relative to the start: the number scales out",
    "exporter_size": "members follow earnings relative to the start: the number scales out",
    "buyer_weight": "says where foreign buyers come from; their number decides",
    "buyer_affinity": "says where foreign buyers come from; their number decides",
    "buyer_adjustment_time": "says where foreign buyers come from; their number decides",
    "recording_share": _READ_BY_NOBODY,
    "explain_underrecording": _READ_BY_NOBODY,
    "extortion_income": _READ_BY_NOBODY,
    "gold_pay_share": "divides the price of gold between diggers and owners",
    "gold_input_share": "divides the price of gold between owners and inputs",
    "mining_forest": _READ_BY_NOBODY,
    "coca_forest_share": _READ_BY_NOBODY,
    "timber_productivity": _READ_BY_NOBODY,
    "timber_illegal_share": _READ_BY_NOBODY,
    "timber_price": _READ_BY_NOBODY,
    "timber_pay_share": _READ_BY_NOBODY,
    "timber_input_share": _READ_BY_NOBODY,
    "account_initial": "an account only",
    "account_income_elasticity": "an account only",
    "account_trend": "an account only",
    "security_budget": _UNPAID,
    "discretionary_share": _UNPAID,
    "eradication_cost": _UNPAID,
    "policy_cost": _UNPAID,
}
PLACES_WITHOUT_GRADIENT = {
    ("exit_weight_hydrochloride", "domestic"): "the only way to the home market, so its weight cancels",
    ("exit_weight_base", "domestic"): "the only way to the home market, so its weight cancels",
    ("exit_weight_base", "sea_container"): "carries no base",
    ("exit_weight_base", "sea_other"): "carries no base",
    ("exit_weight_base", "air_passenger"): "carries no base",
    ("habit_elasticity", "home"): "users at home are counted one by one instead of by habit",
}


@dataclass(frozen=True)
class Row:
    """One element of a parameter: its exact derivative, the difference, exports over it, and the error."""

    name: str
    index: tuple[int, ...]
    exact: float
    difference: float
    size: float

    @property
    def error(self) -> float:
        """Error relative to the derivative, or to a millionth of exports over the parameter."""
        return abs(self.exact - self.difference) / max(abs(self.exact), 1e-6 * self.size)


def by_simulate(
    config: Config, params: Params, drivers: Drivers, policy: Policy, noise: Noise
) -> tuple[float, Params]:
    """Return total exports and their gradient through :func:`yupana.model.engine.simulate`."""
    jax = enable_double()
    p, d, pol, eps = _arrays(config, params, drivers, policy, noise)
    total = jax.value_and_grad(lambda q: simulate(config, q, d, pol, eps)["cocaine_exports"].sum())
    value, gradient = jax.jit(total, compiler_options=OPTIONS)(p)
    return float(value), {name: np.asarray(part) for name, part in gradient.items()}


def by_month(
    config: Config, params: Params, drivers: Drivers, policy: Policy, noise: Noise
) -> tuple[float, Params]:
    """Return the same by the chain rule over months: forwards and keep, then backwards."""
    jax = enable_double()
    p, d, pol, eps = _arrays(config, params, drivers, policy, noise)

    def month(p: Any, fixed: Any, state: Any, now: Any) -> Any:
        shared = open_year(config, p, *now)
        new, flows = step_month(config, p, fixed, state, *now, shared)
        return new, report(config, fixed, state, flows)["cocaine_exports"]

    def start(p: Any) -> Any:
        base = _year(d, 0)
        return build_reference(config, p, base._replace(eradication=base.eradication[None]))

    def compiled(function: Any) -> Any:
        return jax.jit(function, compiler_options=OPTIONS)

    forwards = compiled(lambda p, f, s, now: jax.vjp(lambda *a: month(*a, now), p, f, s))
    backwards = compiled(lambda back, change: back(change))
    (fixed, state), back_to_start = compiled(lambda p: jax.vjp(start, p))(p)
    total, kept = 0.0, []
    for year in range(len(drivers.years)):
        levers = {key: getattr(pol, key)[year] for key in ("scale", "absolute", "use_absolute")}
        now = (_year(d, year), pol._replace(**levers), _year(eps, year))
        for _ in range(config.steps_per_year):
            (state, exports), back = forwards(p, fixed, state, now)
            total += float(exports.sum())
            kept.append(back)
    zero = jax.tree.map(jax.numpy.zeros_like, (p, fixed, state))
    to_p, to_fixed, to_state = zero
    for back in reversed(kept):
        more, more_fixed, to_state = backwards(back, (to_state, jax.numpy.ones_like(exports)))
        to_p, to_fixed = jax.tree.map(jax.numpy.add, (to_p, to_fixed), (more, more_fixed))
    (more,) = backwards(back_to_start, (to_fixed, to_state))
    return total, {name: np.asarray(to_p[name] + more[name]) for name in params}


def _year(record: Any, year: int) -> Any:
    return type(record)(*(series[year] for series in record))


def _arrays(config: Config, *records: Any) -> Any:
    jax = enable_double()
    engine = Engine(config, "float64")
    return tuple(jax.tree.map(jax.numpy.asarray, engine._cast(record)) for record in records)


def check(
    gradient: Gradient, config: Config, params: Params, drivers: Drivers, policy: Policy, noise: Noise
) -> list[Row]:
    """Return every element of every parameter with its derivative and its difference; for one draw."""
    total, exact = gradient(config, params, drivers, policy, noise)
    names = [(name, index) for name in params for index in np.ndindex(params[name].shape[:-1])]
    estimate = differences(config, params, names, drivers, policy, noise)
    return [
        Row(
            name,
            index,
            float(exact[name][(*index, 0)]),
            float(difference),
            abs(total / float(params[name][(*index, 0)])),
        )
        for (name, index), difference in zip(names, estimate, strict=True)
    ]


def differences(
    config: Config, params: Params, names: list[Any], drivers: Drivers, policy: Policy, noise: Noise
) -> list[Any]:
    """Return fourth-order central differences, all perturbations as columns of one NumPy run."""
    shifts = [(name, index, multiple) for name, index in names for multiple in (1, -1, 2, -2)]
    columns = {name: np.repeat(value, len(shifts), axis=-1) for name, value in params.items()}
    sizes = {}
    for column, (name, index, multiple) in enumerate(shifts):
        sizes[name, index] = STEP * max(abs(params[name][(*index, 0)]), 1e-3)
        columns[name][(*index, column)] += multiple * sizes[name, index]
    wide = type(noise)(*(np.repeat(leaf, len(shifts), axis=-1) for leaf in noise))
    block = Engine(config, "float64", backend="numpy").run(columns, drivers, policy, wide)
    totals = block.yearly["cocaine_exports"].sum(0).reshape(-1, 4)
    return [
        (8 * (a - b) - (c - d)) / (12 * sizes[key]) for key, (a, b, c, d) in zip(names, totals, strict=True)
    ]


def silent(rows: list[Row]) -> set[Any]:
    """Return the elements that exports do not depend on."""
    return {(row.name, row.index) for row in rows if abs(row.exact) < SILENT * row.size}


def expected(config: Config, rows: list[Row]) -> set[Any]:
    """Return the elements that exports should not depend on, by the lists above."""
    dims = {parameter.name: parameter.over for parameter in PARAMETERS}
    out = set()
    for row in rows:
        place = tuple(config.dims[d][i] for d, i in zip(dims[row.name], row.index, strict=True))
        if row.name in WITHOUT_GRADIENT or (place and (row.name, place[0]) in PLACES_WITHOUT_GRADIENT):
            out.add((row.name, row.index))
    return out


def main() -> int:
    """Check the shipped pack, print the table and say what is off."""
    from yupana.evidence import load_pack
    from yupana.model import build_config, build_drivers, compile_policy
    from yupana.params import PriorSet

    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--months", action="store_true", help="month by month instead of through simulate")
    parser.add_argument("--years", type=int, default=6)
    parser.add_argument("--write", action="store_true", help="put the table into the docs")
    options = parser.parse_args()
    pack = load_pack("peru")
    config = build_config(pack)
    end = pack.start + options.years - 1
    drivers = build_drivers(pack, config, pack.start, end)
    noise = Engine(config, "float64").draw_noise(1, 3, 1, pack.start, end)
    params = PriorSet.from_pack(pack, config.dims).draw(1, 3, 1, "float64")
    before = time.perf_counter()
    way = by_month if options.months else by_simulate
    rows = check(way, config, params, drivers, compile_policy(config, drivers, {}), noise)
    spent = time.perf_counter() - before
    worst = max(rows, key=lambda row: row.error)
    named = sorted({name for name, _ in silent(rows)})
    text = "\n".join(
        (
            "| parameters | elements | worst error, relative | of | without a gradient, elements | seconds |",
            "|---|---|---|---|---|---|",
            f"| {len(params)} | {len(rows)} | {worst.error:.1e} | `{worst.name}` | {len(silent(rows))} |"
            f" {spent:.0f} |",
            "",
            "Without a gradient, in part or whole: " + ", ".join(f"`{name}`" for name in named) + ".",
        )
    )
    print(text)
    off = silent(rows) ^ expected(config, rows)
    print("not as listed:", sorted(off) or "none")
    if options.write:
        before_mark, rest = PAGE.read_text(encoding="utf-8").split(BEGIN)
        PAGE.write_text(f"{before_mark}{BEGIN}\n\n{text}\n\n{END}{rest.split(END)[1]}", encoding="utf-8")
    return int(bool(off) or not worst.error < MOST)


if __name__ == "__main__":
    sys.exit(main())
