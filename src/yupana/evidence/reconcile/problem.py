"""A graph with its data under one anchor, and the two solvers that need no sampling."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from yupana.core.errors import DataError
from yupana.evidence.reconcile.data import Selection, Term, bias_sd
from yupana.evidence.reconcile.graph import Floats, Graph
from yupana.evidence.schema_balance import Anchor

STEPS = 200
"""Most steps; a balance of figures that agree to a factor of two takes about ten."""
PLAIN_STEPS = 25
"""Steps of Gauss-Newton before those of Newton, which cost more and end what curvature slows down."""
LARGE = 250
"""Unknowns above which no second derivatives are taken."""
CLOSE = 1e-9
"""Largest step, in prior standard deviations, after which the mode counts as found."""

SETTLING = 2
"""Steps by which draws are moved onto the true links: the second changes totals by a few percent, a third by
less than their Monte Carlo error."""


@dataclass(frozen=True, eq=False)
class Problem:
    """What is minimised: half the squared norm of the unknowns plus half that of the standardised residuals.

    The unknowns are the latents of the graph and one bias for each source, country and quantity, all standard
    normal before any data.

    Attributes
    ----------
    graph, terms, anchor : what it is made of.
    design : (term, atom) and constants : (term,): what each term predicts, in logs or log odds.
    observed, sd : (term,) figures and their own errors, on the same scale.
    biases : names of the biases. loads : (term, bias) standard deviation of the bias that a term has.
    """

    graph: Graph
    terms: tuple[Term, ...]
    anchor: Anchor
    design: Floats
    constants: Floats
    observed: Floats
    sd: Floats
    biases: tuple[tuple[str, str, str], ...]
    loads: Floats

    @property
    def size(self) -> int:
        """Number of unknowns."""
        return self.graph.size + len(self.biases)

    def residuals(self, point: Floats) -> tuple[Floats, Floats]:
        """Return standardised residuals and their derivatives: (term,), (term, unknown)."""
        z, bias = point[: self.graph.size], point[self.graph.size :]
        atoms, slopes = self.graph.atoms_and_slopes(z)
        fitted = self.design @ atoms + self.constants + self.loads @ bias
        slope = np.concatenate([self.design @ slopes, self.loads], axis=1)
        return (self.observed - fitted) / self.sd, -slope / self.sd[:, None]

    def fitted(self, atoms: Floats) -> Floats:
        """Return what each term predicts without bias, on its own scale: (atom, draw) to (term, draw)."""
        return self.design @ atoms + self.constants[:, None]

    @cached_property
    def is_share(self) -> np.ndarray:
        """(term,) whether a term is in log odds."""
        return np.array([term.key in self.graph.shares for term in self.terms], bool)

    def as_published(self, fitted: Floats) -> Floats:
        """Return predictions in the unit of the balance."""
        return np.where(self.is_share, 1.0 / (1.0 + np.exp(-fitted)), np.exp(np.minimum(fitted, 700.0)))


def build_problem(graph: Graph, selection: Selection, anchor: Anchor) -> Problem:
    """Return the problem of a selection under an anchor."""
    terms = selection.terms
    biases = tuple(sorted({term.bias for term in terms}))
    column = {bias: at for at, bias in enumerate(biases)}
    design = np.zeros((len(terms), graph.matrix.shape[1]))
    constants, observed = np.zeros(len(terms)), np.zeros(len(terms))
    loads = np.zeros((len(terms), len(biases)))
    for row, term in enumerate(terms):
        if term.key in graph.shares:
            _check_share(term)
            inside, outside = graph.shares[term.key]
            design[row, inside], design[row, outside] = 1.0, -1.0
            observed[row] = math.log(term.value / (1.0 - term.value))
        else:
            at = graph.index[term.key]
            design[row], constants[row] = graph.matrix[at], graph.constants[at]
            observed[row] = math.log(term.value)
        loads[row, column[term.bias]] = bias_sd(term, anchor)
    sd = np.array([term.sd for term in terms])
    return Problem(graph, terms, anchor, design, constants, observed, sd, biases, loads)


def _check_share(term: Term) -> None:
    if not 0.0 < term.value < 1.0:
        raise DataError(
            "a share does not lie between 0 and 1",
            code="Y243",
            where=f"row {term.row}",
            got=f"{term.value:g}",
            expected="a figure above 0 and below 1 (or 100 percent)",
        )


@dataclass(frozen=True, eq=False)
class Normal:
    """A normal distribution of the unknowns: where, and the triangular factor of its precision.

    Attributes
    ----------
    mode : (unknown,). factor : (unknown, unknown) lower Cholesky factor of the precision.
    slopes : (term, unknown) derivatives of standardised residuals at the point of linearisation.
    residuals : (term,) at that point, `at`: (unknown,).
    steps : how many steps it took.
    """

    mode: Floats
    factor: Floats
    slopes: Floats
    residuals: Floats
    at: Floats
    steps: int

    @cached_property
    def root(self) -> Floats:
        """(unknown, unknown) root of the covariance: ``root @ root.T``."""
        return np.linalg.inv(self.factor).T

    def draws(self, noise: Floats) -> Floats:
        """Return points: (unknown, draw), from standard normal numbers of that shape."""
        return self.mode[:, None] + self.root @ noise


def solve_linear(problem: Problem) -> Normal:
    """Return the closed form with every link linearised once, at the prior medians."""
    return _step(problem, np.zeros(problem.size), 1)


def solve_gauss_newton(problem: Problem) -> Normal:
    """Return the mode and the Gauss-Newton precision there [1]_.

    A step that does not lower the sum of squares is halved. Where figures contradict each other by factors
    the balance is curved and Gauss-Newton creeps: after `PLAIN_STEPS` steps are Newton's. The precision is
    that of Gauss-Newton in every case.

    Raises
    ------
    DataError
        Y244 where it does not settle.

    References
    ----------
    .. [1] bjorck1996
    """
    point = np.zeros(problem.size)
    residuals, slopes = problem.residuals(point)
    height = point @ point + residuals @ residuals
    for count in range(1, STEPS + 1):
        # for many years at once second derivatives cost more than many plain steps
        creeps = count > PLAIN_STEPS and problem.size <= LARGE
        move = _newton_move(problem) if creeps else _move
        step = move(point, residuals, slopes)
        whole = float(np.max(np.abs(step), initial=0.0))
        for _ in range(30):
            trial = point + step
            residuals, slopes = problem.residuals(trial)
            reached = trial @ trial + residuals @ residuals
            if reached <= height + 1e-12 * abs(height):
                break
            step = step / 2
        point, height = trial, reached
        if whole < CLOSE:
            factor = np.linalg.cholesky(np.eye(problem.size) + slopes.T @ slopes)
            return Normal(point, factor, slopes, residuals, point, count)
    raise DataError(
        "the balance did not settle",
        code="Y244",
        where=f"{problem.graph.pack}, {problem.anchor.name}",
        got=f"a last step of {whole:.2g} after {STEPS}",
        expected=f"below {CLOSE:g}",
        fix="look for a row wrong by orders of size: `yupana evidence reconcile` with --solver linear",
    )


def settle_draws(problem: Problem, normal: Normal, points: Floats) -> Floats:
    """Return draws moved to where they meet data and prior as they were meant to.

    A draw of the normal distribution solves a least-squares problem whose figures and priors are shifted at
    random and whose links are straight. Where a total is a sum of wide parts the links are not, and the draws
    overshoot the total. Each draw is therefore moved by a few steps towards the solution of its own problem
    with the true links, with the derivatives of the mode: randomise, then optimise [1]_.

    Parameters
    ----------
    points : (unknown, draw), from `Normal.draws`.

    References
    ----------
    .. [1] bardsley2014
    """
    if not problem.terms:
        return points
    size = problem.graph.size
    meant = normal.residuals[:, None] + normal.slopes @ (points - normal.at[:, None])
    spread = normal.root @ normal.root.T
    moved = points
    for _ in range(SETTLING):
        fitted = problem.fitted(problem.graph.atoms_of_draws(moved[:size])) + problem.loads @ moved[size:]
        residuals = (problem.observed[:, None] - fitted) / problem.sd[:, None]
        moved = moved - spread @ (moved - points + normal.slopes.T @ (residuals - meant))
    return moved


def _move(point: Floats, residuals: Floats, slopes: Floats) -> Floats:
    """Return the Gauss-Newton step from a point."""
    gradient = point + slopes.T @ residuals
    # the identity of the prior plus a part of low rank: solved in the space of data, which is smaller
    inner = np.eye(len(residuals)) + slopes @ slopes.T
    return -(gradient - slopes.T @ np.linalg.solve(inner, slopes @ gradient))


def _newton_move(problem: Problem) -> Callable[[Floats, Floats, Floats], Floats]:
    """Return the step of Newton's method, its second derivatives by central differences of the gradient."""

    def gradient(point: Floats) -> Floats:
        residuals, slopes = problem.residuals(point)
        return point + slopes.T @ residuals

    def move(point: Floats, residuals: Floats, slopes: Floats) -> Floats:
        away = 1e-4 * np.eye(problem.size)
        curved = np.stack([(gradient(point + one) - gradient(point - one)) / 2e-4 for one in away])
        try:
            root = np.linalg.cholesky((curved + curved.T) / 2)
        except np.linalg.LinAlgError:  # not near a minimum: Gauss-Newton always points down
            return _move(point, residuals, slopes)
        return -np.linalg.solve(root.T, np.linalg.solve(root, point + slopes.T @ residuals))

    return move


def _step(problem: Problem, point: Floats, count: int) -> Normal:
    residuals, slopes = problem.residuals(point)
    factor = np.linalg.cholesky(np.eye(problem.size) + slopes.T @ slopes)
    return Normal(point + _move(point, residuals, slopes), factor, slopes, residuals, point, count)
