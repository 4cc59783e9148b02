"""One question in, one answer out: pack, years, anchor and solver to a `Reconciliation`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Literal

import numpy as np

from yupana.core.errors import UsageError, did_you_mean
from yupana.core.names import listing
from yupana.evidence.reconcile.build import build_graph
from yupana.evidence.reconcile.data import Selection, select_data
from yupana.evidence.reconcile.drawing import flows_of, quantiles_of
from yupana.evidence.reconcile.gaussian import LinearGaussian
from yupana.evidence.reconcile.graph import Floats, Graph, stratified
from yupana.evidence.reconcile.problem import (
    Normal,
    Problem,
    build_problem,
    settle_draws,
    solve_gauss_newton,
    solve_linear,
)
from yupana.evidence.reconcile.result import Datum, Estimate, Reconciliation

if TYPE_CHECKING:
    from yupana.evidence.pack import Pack
    from yupana.evidence.reconcile.gaussian import Solution

Solver = Literal["linear", "gauss-newton", "nuts"]
SOLVERS: tuple[Solver, ...] = ("linear", "gauss-newton", "nuts")
ANCHORS = ("agnostic", "trust-un", "trust-us")
EARLIEST, LATEST = 1800, 2200
MOST_YEARS = 30
"""Most years of one reconciliation."""


@dataclass(frozen=True, eq=False)
class Posed:
    """A question ready to be solved.

    Attributes
    ----------
    pack : the pack. graph : its balance. selection : rows used and left out. problem : all under one anchor.
    """

    pack: Pack
    graph: Graph
    selection: Selection
    problem: Problem


def pose(
    pack: Pack, years: Sequence[int], anchor: str = "agnostic", selection: Selection | None = None
) -> Posed:
    """Return the question of a pack's balance in some years under an anchor.

    Parameters
    ----------
    pack : a pack with balance.yaml.
    years : consecutive calendar years.
    anchor : agnostic, trust-un or trust-us.
    selection : rows to use; by default all that may be used.

    Raises
    ------
    UsageError
        Y246 for an unknown anchor, or years that are not consecutive.
    DataError
        Y241 where the pack has no balance; Y242, Y243 where it, or a row, cannot be used.
    """
    check_word(anchor, ANCHORS, "anchor")
    graph = build_graph(pack, _check_years(years))
    assert pack.balance is not None
    chosen = select_data(pack, graph) if selection is None else selection
    return Posed(pack, graph, chosen, build_problem(graph, chosen, pack.balance.anchor(anchor)))


def reconcile(
    pack: Pack,
    years: int | Sequence[int],
    anchor: str = "agnostic",
    solver: Solver | str = "gauss-newton",
    selection: Selection | None = None,
) -> Reconciliation:
    """Return the reconciled balance of a pack in one year, or in several jointly.

    Parameters
    ----------
    pack : a pack with balance.yaml.
    years : one calendar year, or consecutive ones, tied by random walks of what moves slowly.
    anchor : agnostic, trust-un or trust-us: whose level is taken to be right.
    solver : linear, gauss-newton or nuts.
    selection : rows to use; by default all that may be used.

    Raises
    ------
    UsageError
        Y246 for an unknown anchor or solver, or years that are not consecutive.
    DataError
        Y241 to Y244: no balance, or one that cannot be built, measured or solved.
    """
    check_word(solver, SOLVERS, "solver")
    posed = pose(pack, [years] if isinstance(years, int) else years, anchor, selection)
    if solver == "nuts":
        from yupana.evidence.reconcile.sampling import sample

        points, gates = sample(posed.problem)
        # the tests of the data are closed form about the mode, whoever drew the intervals
        return _answer(posed, solver, points, solve_gauss_newton(posed.problem), gates)
    normal = solve_linear(posed.problem) if solver == "linear" else solve_gauss_newton(posed.problem)
    noise = np.concatenate([posed.graph.noise, _bias_noise(posed.problem.biases)])
    points = normal.draws(noise)
    if solver == "gauss-newton":
        points = settle_draws(posed.problem, normal, points)
    return _answer(posed, solver, points, normal, {})


def linear_gaussian(problem: Problem, normal: Normal) -> LinearGaussian:
    """Return a problem as linear and Gaussian at the point where a solver linearised it.

    Unknowns are the standard normal latents and biases; data are logs (log odds of shares).
    """
    design = -normal.slopes * problem.sd[:, None]
    return LinearGaussian(
        names=(*problem.graph.latents, *(f"bias of {' '.join(bias)}" for bias in problem.biases)),
        rows=tuple(term.row for term in problem.terms),
        design=design,
        values=normal.residuals * problem.sd + design @ normal.at,
        error_cov=np.square(problem.sd, dtype=np.float64),
        prior_mean=np.zeros(problem.size),
        prior_cov=np.eye(problem.size),
    )


def slopes_of_logs(problem: Problem, normal: Normal) -> Floats:
    """Return derivatives of the logs of all quantities by the unknowns: (quantity, unknown)."""
    graph = problem.graph
    slopes = graph.matrix @ graph.atoms_and_slopes(normal.at[: graph.size])[1]
    return np.concatenate([slopes, np.zeros((len(slopes), len(problem.biases)))], axis=1)


def check_word(word: str, options: Sequence[str], what: str) -> None:
    """Refuse a word that is none of the options.

    Raises
    ------
    UsageError
        Y246.
    """
    if word not in options:
        raise UsageError(
            f"unknown {what} {word!r}",
            code="Y246",
            where=f"--{what}",
            got=word,
            expected=listing(options),
            fix=did_you_mean(word, options) or None,
        )


def _check_years(years: Sequence[int]) -> tuple[int, ...]:
    found = tuple(years)
    if not found or found != tuple(range(found[0], found[0] + len(found))) or len(found) > MOST_YEARS:
        raise UsageError(
            "the years are not consecutive, or too many",
            code="Y246",
            where="--years",
            got=f"{len(found)} years, {found[0]} to {found[-1]}" if found else "none",
            expected=f"one year, or up to {MOST_YEARS} in a row",
        )
    if not (found[0] >= EARLIEST and found[-1] <= LATEST):
        raise UsageError(
            "a year lies outside the calendar",
            code="Y246",
            where="--year",
            got=f"{found[0]} to {found[-1]}",
            expected=f"{EARLIEST} to {LATEST}",
        )
    return found


def _answer(
    posed: Posed,
    solver: str,
    points: Floats,
    normal: Normal,
    gates: dict[str, tuple[float, float, bool]],
) -> Reconciliation:
    graph, problem = posed.graph, posed.problem
    z = points[: graph.size]
    atoms = graph.atoms_of_draws(z)
    logs = graph.logs_of_atoms(atoms)
    values = np.exp(logs)
    contraction = graph.contraction(logs, values)
    quantiles = quantiles_of(values)
    quantities = {
        (name, year): Estimate(name, year, graph.units[name], low, middle, high, learned)
        for (name, year), low, middle, high, learned in zip(
            graph.names, *quantiles.tolist(), contraction.tolist(), strict=True
        )
    }
    tested = linear_gaussian(problem, normal).solution if problem.terms else None
    return Reconciliation(
        pack=graph.pack,
        years=graph.years,
        anchor=problem.anchor.name,
        solver=solver,
        quantities=quantities,
        flows=flows_of(graph, values, quantities),
        nodes=graph.nodes,
        data=_data(posed, atoms, tested),
        left_out=posed.selection.left_out,
        chi2=None if tested is None else tested.chi2,
        degrees=None if tested is None else tested.degrees,
        p_value=None if tested is None else tested.p_value,
        names=graph.names,
        draws=values.T,
        gates=gates,
    )


def _data(posed: Posed, atoms: Floats, tested: Solution | None) -> tuple[Datum, ...]:
    """Return how each row fared: its figure, what the balance says instead, and its test."""
    problem = posed.problem
    if tested is None:
        return ()
    fitted = np.median(problem.fitted(atoms), axis=1)
    published = problem.as_published(fitted)
    return tuple(
        Datum(
            row=term.row,
            name=term.key[0],
            year=term.key[1],
            unit=posed.graph.units[term.key[0]],
            value=term.value,
            fitted=float(published[at]),
            z=float(tested.z[at]),
            flagged=bool(tested.flagged[at]),
        )
        for at, term in enumerate(problem.terms)
    )


@cache
def _bias_noise(biases: tuple[tuple[str, str, str], ...]) -> Floats:
    return stratified([f"bias/{'/'.join(bias)}" for bias in biases])
