"""Simulated ledgers with known truth: does the reconciliation find it again, and does it flag what is wrong?

    .venv/bin/python tools/reconcile_study.py                   run the studies and write the tables
    .venv/bin/python tools/reconcile_study.py --nuts-minutes 0  without the sampler

Truth is drawn from the prior, biases of sources included. Data are made where the pack has them, with their
stated errors and the biases of their sources. Each made ledger is reconciled as the real one would be.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from reference import PACK, code, load_pack, table

from yupana.core.errors import DataError
from yupana.evidence.pack import Pack
from yupana.evidence.reconcile.conflict import split_node
from yupana.evidence.reconcile.data import Selection
from yupana.evidence.reconcile.findings import side_rows
from yupana.evidence.reconcile.gaussian import LinearGaussian
from yupana.evidence.reconcile.problem import solve_gauss_newton
from yupana.evidence.reconcile.result import Reconciliation
from yupana.evidence.reconcile.solve import (
    ANCHORS,
    Posed,
    linear_gaussian,
    pose,
    reconcile,
    slopes_of_logs,
)

PAGE = Path(__file__).resolve().parent.parent / "docs" / "explanation" / "reconciliation-study.md"
BEGIN, END = "<!-- tables: written by tools/reconcile_study.py -->", "<!-- end of tables -->"
YEAR, LEDGERS, SEED = 2012, 200, 20121231
TOTALS = ("leaf_output", "cocaine_output", "cocaine_exports", "home_use", "lost")
BAND = (0.84, 0.96)
"""Share of 200 intervals of 90 percent that may cover: within three standard errors."""
LEVELS = (0.05, 0.1, 0.25, 0.5)
ERROR = 5.0
"""Size of a planted error in standard deviations."""
REDUNDANT = 2.0
"""A datum is redundant where its variance given all others is at most this many times that of its own whole
error: the others know what it measures at least as well as it does."""


@dataclass(frozen=True, eq=False)
class World:
    """One made ledger: the truth behind it, and its data.

    Attributes
    ----------
    truth : name of a total -> what it is in the year.
    observed : (datum,) logs, or log odds, as published.
    """

    truth: dict[str, float]
    observed: np.ndarray


def make_worlds(posed: Posed, count: int, seed: int, year: int = YEAR) -> list[World]:
    """Draw truths from the prior, biases included, and publish data about them."""
    problem, graph = posed.problem, posed.graph
    rng = np.random.default_rng(seed)
    at = {name: graph.index[(name, year)] for name in TOTALS}
    worlds = []
    for _ in range(count):
        point = rng.normal(size=problem.size)
        logs = graph.logs_of(point[: graph.size, None])[:, 0]
        true = problem.observed - problem.sd * problem.residuals(point)[0]
        observed = true + problem.sd * rng.normal(size=len(problem.sd))
        worlds.append(World({name: float(np.exp(logs[i])) for name, i in at.items()}, observed))
    return worlds


def publish(posed: Posed, observed: np.ndarray) -> Selection:
    """Return the selection of rows with other figures in them."""
    figures = posed.problem.as_published(observed)
    terms = tuple(
        replace(term, value=float(figure)) for term, figure in zip(posed.problem.terms, figures, strict=True)
    )
    return replace(posed.selection, terms=terms)


@dataclass(frozen=True)
class Coverage:
    """How many of the ledgers' 90 percent intervals hold the truth.

    Attributes
    ----------
    ledgers : how many were reconciled. covered : total -> share that covers.
    flagged : share of clean ledgers with at least one flag. failed : ledgers that did not settle, which cover
        nothing, or whose samples failed a gate.
    """

    ledgers: int
    covered: dict[str, float]
    flagged: float
    failed: int

    def band(self) -> tuple[float, float]:
        """Shares outside which so many intervals of 90 percent cover with a chance of 1 percent."""
        from scipy.stats import binom

        low, high = binom.ppf((0.005, 0.995), self.ledgers, 0.9) / self.ledgers
        return float(low), float(high)


def study_coverage(
    pack: Pack,
    posed: Posed,
    solver: str = "gauss-newton",
    ledgers: int = LEDGERS,
    seconds: float = float("inf"),
    anchor: str | None = None,
) -> Coverage:
    """Reconcile made ledgers and count the intervals that hold the truth.

    Parameters
    ----------
    posed : the question that ledgers are made for, under its anchor.
    anchor : under which they are reconciled; the same by default.
    seconds : no further ledger is begun after so many.
    """
    years = list(posed.graph.years)
    hits, flags, failed, done = dict.fromkeys(TOTALS, 0), 0, 0, 0
    start = time.monotonic()
    for world in make_worlds(posed, ledgers, SEED):
        if time.monotonic() - start > seconds:
            break
        done += 1
        selection = publish(posed, world.observed)
        try:
            found = reconcile(pack, years, anchor or posed.problem.anchor.name, solver, selection)
        except DataError:
            failed += 1
            continue
        failed += not all(passed for _, _, passed in found.gates.values())
        for name in TOTALS:
            hits[name] += covers(found, name, world.truth[name])
        flags += any(datum.flagged for datum in found.data)
    return Coverage(done, {name: hit / done for name, hit in hits.items()}, flags / done, failed)


def covers(found: Reconciliation, name: str, truth: float, year: int = YEAR) -> bool:
    """Whether the 90 percent interval of a quantity holds the truth."""
    estimate = found.quantities[(name, year)]
    return estimate.q05 <= truth <= estimate.q95


@dataclass(frozen=True)
class Power:
    """How often an error planted in one datum is flagged.

    Attributes
    ----------
    row : the datum. own, whole : standard deviation of its own error, and with its source's bias, in logs.
    given : standard deviation of the datum given all others.
    flagged : by which standard deviation the error was measured -> share of ledgers that flag the datum.
    """

    row: str
    own: float
    whole: float
    given: float
    flagged: dict[str, float]

    @property
    def redundant(self) -> bool:
        """Whether the others know what it measures at least as well as it does."""
        return self.given**2 <= REDUNDANT * self.whole**2


def flags_of(posed: Posed, observed: np.ndarray) -> np.ndarray:
    """Return which data of a made ledger are flagged."""
    problem = replace(posed.problem, observed=observed)
    return linear_gaussian(problem, solve_gauss_newton(problem)).solution.flagged


SIZES: tuple[str, ...] = ("own", "whole", "given")


def study_power(
    posed: Posed, ledgers: int = LEDGERS, sizes: Sequence[str] = SIZES, every: bool = True
) -> list[Power]:
    """Plant an error in each datum of each made ledger in turn, up and down by turns, and count the flags.

    Parameters
    ----------
    sizes : standard deviations by which errors are measured. every : or in redundant data alone.
    """
    problem = posed.problem
    own = problem.sd
    whole = np.hypot(own, np.sqrt((problem.loads**2).sum(axis=1)))
    actual = linear_gaussian(problem, solve_gauss_newton(problem)).solution
    given = own / np.sqrt(actual.redundancy)
    spread: dict[str, np.ndarray] = {"own": own, "whole": whole, "given": given}
    counts = {kind: np.zeros(len(own)) for kind in sizes}
    planted = [row for row in range(len(own)) if every or given[row] ** 2 <= REDUNDANT * whole[row] ** 2]
    for turn, world in enumerate(make_worlds(posed, ledgers, SEED + 1)):
        sign = 1.0 if turn % 2 else -1.0
        for kind in sizes:
            for row in planted:
                wrong = world.observed.copy()
                wrong[row] += sign * ERROR * spread[kind][row]
                counts[kind][row] += flags_of(posed, wrong)[row]
    return [
        Power(
            term.row,
            float(own[row]),
            float(whole[row]),
            float(given[row]),
            {kind: float(count[row] / ledgers) for kind, count in counts.items()},
        )
        for row, term in enumerate(problem.terms)
        if row in planted
    ]


def study_conflict(posed: Posed, ledgers: int = LEDGERS) -> np.ndarray:
    """Return p of supply against demand in clean ledgers, where both see the same total: (ledger,)."""
    sides = side_rows(posed)
    at = posed.graph.index[(TOTALS[1], YEAR)]
    found = []
    for world in make_worlds(posed, ledgers, SEED + 2):
        problem = replace(posed.problem, observed=world.observed)
        normal = solve_gauss_newton(problem)
        balance, slopes = linear_gaussian(problem, normal), slopes_of_logs(problem, normal)
        split = split_node(balance, slopes[at], sides["supply"], sides["demand"])
        found.append(np.nan if split is None else split.p_value)
    return np.array(found)


def study_textbook(ledgers: int = 500) -> list[float]:
    """Plant five standard deviations in each flow of the heat exchanger with bypass; return shares flagged.

    Its six flows are all measured and tied by four balances, so that each datum is redundant.
    """
    nodes = np.array(
        [[1, -1, -1, 0, 0, 0], [0, 1, 0, -1, 0, 0], [0, 0, 1, 0, -1, 0], [0, 0, 0, 1, 1, -1]], float
    )
    true = np.array([100.0, 64.0, 36.0, 64.0, 36.0, 100.0])
    names = tuple("123456")
    rng = np.random.default_rng(SEED)
    counts = np.zeros(6)
    for _ in range(ledgers):
        noise = rng.normal(size=6)
        for flow in range(6):
            values = true + noise + ERROR * np.eye(6)[flow]
            balance = LinearGaussian(
                names, names, np.eye(6), values, np.ones(6), equations=nodes, targets=np.zeros(4)
            )
            counts[flow] += balance.solution.flagged[flow]
    return [float(count / ledgers) for count in counts]


# Tables ----------------------------------------------------------------------------------------------------


def percent(share: float) -> str:
    """A share as whole percent."""
    return f"{100 * share:.0f}%"


def coverage_table(found: dict[str, Coverage]) -> str:
    """One column a way to reconcile, one row a total."""
    rows = [(code(name), *(percent(one.covered[name]) for one in found.values())) for name in TOTALS]
    rows += [
        ("ledgers", *(str(one.ledgers) for one in found.values())),
        ("band at 1 percent", *(" to ".join(percent(end) for end in one.band()) for one in found.values())),
        ("did not settle, or failed a gate", *(str(one.failed) for one in found.values())),
        (
            "clean ledgers with a flag",
            *("as gauss-newton" if name == "nuts" else percent(one.flagged) for name, one in found.items()),
        ),
    ]
    return table(("90 percent interval covers", *found), rows)


def power_table(found: Sequence[Power]) -> str:
    """One row a datum."""
    rows = [
        (
            code(item.row),
            *(f"{size:.2f}" for size in (item.own, item.whole, item.given)),
            "yes" if item.redundant else "no",
            *(percent(item.flagged[kind]) for kind in SIZES),
        )
        for item in sorted(found, key=lambda item: item.given / item.whole)
    ]
    good = [item for item in found if item.redundant]
    pooled = (percent(float(np.mean([item.flagged[kind] for item in good]))) for kind in SIZES)
    rows.append(("all redundant data", "", "", "", "", *pooled))
    head = (
        "datum",
        "own",
        "whole",
        "given others",
        "redundant",
        "flagged: 5 own",
        "5 whole",
        "5 given others",
    )
    return table(head, rows)


def tables(nuts_minutes: float) -> str:
    """All tables, with what they rest on."""
    pack = load_pack()
    posed = {name: pose(pack, [YEAR], name) for name in ANCHORS}
    made = posed["agnostic"]
    solvers = {name: study_coverage(pack, made, name) for name in ("linear", "gauss-newton")}
    if nuts_minutes:
        solvers["nuts"] = study_coverage(pack, made, "nuts", seconds=60 * nuts_minutes)
    anchors = {name: study_coverage(pack, one) for name, one in posed.items()}
    trusted = {
        f"{name}, wrongly": study_coverage(pack, made, anchor=name) for name in ANCHORS if name != "agnostic"
    }
    power = study_power(made)
    textbook = study_textbook()
    clash = study_conflict(made)
    several = pose(pack, list(range(YEAR - 3, YEAR + 2)))
    return "\n\n".join(
        [
            f"Balance of the pack `{PACK}`, {YEAR}: {made.problem.size} unknowns, "
            f"{len(made.problem.terms)} data. Seed {SEED}.",
            "### Three solvers, anchor agnostic",
            coverage_table(solvers),
            "### Three anchors, Gauss-Newton",
            "Sources err as the anchor says. In the last two columns trust is misplaced: sources err as "
            "agnostic says, and are reconciled as if one of them were right.",
            coverage_table({**anchors, **trusted}),
            f"### Five years jointly, {several.graph.years[0]} to {several.graph.years[-1]}, Gauss-Newton",
            coverage_table({"gauss-newton": study_coverage(pack, several)}),
            "### Planted errors",
            power_table(power),
            "Heat exchanger with bypass, five standard deviations on each of its six flows: flagged in "
            + ", ".join(percent(share) for share in textbook)
            + ".",
            "### Supply against demand on clean ledgers",
            f"Both sides see the same `{TOTALS[1]}` in all of {len(clash)} ledgers. p should lie below a "
            "level as often as the level says: "
            + ", ".join(f"below {level:g} in {percent(float(np.mean(clash < level)))}" for level in LEVELS)
            + ".",
        ]
    )


def main(words: Sequence[str]) -> int:
    """Write the tables into the page; the rest of the page is written by hand."""
    parser = argparse.ArgumentParser(description="simulated ledgers with known truth")
    parser.add_argument("--nuts-minutes", type=float, default=6.0)
    found = tables(parser.parse_args(words).nuts_minutes)
    text = PAGE.read_text(encoding="utf-8")
    before, rest = text.split(BEGIN)
    PAGE.write_text(f"{before}{BEGIN}\n\n{found}\n\n{END}{rest.split(END)[1]}", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
