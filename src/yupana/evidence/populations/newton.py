"""Newton's method for many Poisson log-linear models at once.

Sums over the cells that hold a term come from one pass of sums over supersets (a zeta transform), which costs
the number of lists for each cell and does not grow with the model: twelve lists have 4,096 cells. It keeps
clear of threads, which on a busy machine slow many small matrix products down.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

_STEPS = 60
_DECREMENT = 1e-10  # squared Newton decrement at which a fit has arrived
_LARGEST = 50.0  # of the logarithm of a mean


class Cells:
    """Sums over the cells of a table of lists; every array of cells starts with the one on no list.

    Parameters
    ----------
    lists : number of lists.
    terms : masks of the terms, in the order of columns; the first is 0, the intercept.
    """

    def __init__(self, lists: int, terms: Sequence[int]) -> None:
        self.lists = lists
        self.terms = np.array(terms)
        self.joint = self.terms[:, None] | self.terms[None, :]

    def margins(self, values: Floats) -> Floats:
        """(fit, term), sums of (fit, cell) values over the cells that hold each term."""
        return self._supersets(values)[:, self.terms]

    def information(self, mean: Floats) -> Floats:
        """(fit, term, term), sums of means over the cells that hold both terms."""
        return self._supersets(mean)[:, self.joint]

    def linear(self, beta: Floats) -> Floats:
        """(fit, cell), sums of (fit, term) parameters over the terms inside each cell."""
        values = np.zeros((len(beta), 1 << self.lists))
        values[:, self.terms] = beta
        for i in range(self.lists):
            halves = values.reshape(len(beta), -1, 2, 1 << i)
            halves[:, :, 1] += halves[:, :, 0]
        return values

    def _supersets(self, values: Floats) -> Floats:
        values = np.array(values, dtype=float, order="C")
        for i in range(self.lists):
            halves = values.reshape(len(values), -1, 2, 1 << i)
            halves[:, :, 0] += halves[:, :, 1]
        return values


def newton(cells: Cells, counts: Floats, kept: Bools, active: Bools) -> tuple[Floats, Floats, Floats, Bools]:
    """Parameters, means, inverse information, and whether each fit arrived.

    Steps are halved until the likelihood does not fall; it is concave, so the start does not matter.

    Parameters
    ----------
    cells : with the terms of all fits.
    counts : (fit, cell), people.
    kept : (fit, cell), which cells are in the table.
    active : (fit, term), which terms are in the model.
    """
    hold = kept.astype(float)
    beta = _start(cells, counts, hold, active)
    value, mean = _value(cells, counts, hold, beta)
    observed = cells.margins(counts)
    arrived = np.zeros(len(counts), dtype=bool)
    going = np.arange(len(counts))
    for _ in range(_STEPS):
        information = cells.information(mean[going])
        # The intercept comes first, and its row holds the margins of the means.
        gradient = np.where(active[going], observed[going] - information[:, 0, :], 0.0)
        step = _solve(_only(information, active[going]), gradient)
        with np.errstate(all="ignore"):
            decrement = (gradient * step).sum(axis=1)
        new_beta = beta[going] + step
        new_value, new_mean = _value(cells, counts[going], hold[going], new_beta)
        scale = np.ones(len(going))
        for _ in range(30):
            worse = ~(new_value >= value[going] - 1e-9 * (1 + np.abs(value[going])))
            if not worse.any():
                break
            scale[worse] *= 0.5
            rows = going[worse]
            new_beta[worse] = beta[rows] + scale[worse, None] * step[worse]
            new_value[worse], new_mean[worse] = _value(cells, counts[rows], hold[rows], new_beta[worse])
        beta[going], value[going], mean[going] = new_beta, new_value, new_mean
        done = np.abs(decrement) < _DECREMENT
        arrived[going[done]] = True
        going = going[~done]
        if not len(going):
            break
    return beta, mean, _inverse(_only(cells.information(mean), active)), arrived


def _start(cells: Cells, counts: Floats, hold: Floats, active: Bools) -> Floats:
    """Parameters of independent lists that see a third of the people."""
    total = np.maximum(counts.sum(axis=1), 1.0)
    share = np.clip(cells.margins(counts) / (3.0 * total[:, None]), 1e-6, 0.5)
    single = np.array([int(term).bit_count() == 1 for term in cells.terms])
    beta = np.where(active & single, np.log(share / (1.0 - share)), 0.0)
    around = (np.exp(cells.linear(beta)) * hold).sum(axis=1)
    beta[:, 0] = np.log(total / np.maximum(around, 1e-300))
    return beta


def _value(cells: Cells, counts: Floats, hold: Floats, beta: Floats) -> tuple[Floats, Floats]:
    """(fit,) log likelihood without the factorials, and (fit, cell) means."""
    linear = cells.linear(beta)
    mean = np.exp(np.minimum(linear, _LARGEST)) * hold
    return np.einsum("ij,ij->i", counts, linear) - mean.sum(axis=1), mean


def _only(information: Floats, active: Bools) -> Floats:
    """The information of the active terms; the others stand apart with a one on the diagonal."""
    information = information * (active[:, :, None] & active[:, None, :])
    index = np.arange(active.shape[1])
    information[:, index, index] += ~active
    return information


def _solve(information: Floats, right: Floats) -> Floats:
    try:
        return np.asarray(np.linalg.solve(information, right[..., None]), dtype=float)[..., 0]
    except np.linalg.LinAlgError:
        inverse: Floats = np.asarray(np.linalg.pinv(information, hermitian=True), dtype=float)
        return np.asarray(inverse @ right[..., None], dtype=float)[..., 0]


def _inverse(information: Floats) -> Floats:
    try:
        return np.asarray(np.linalg.inv(information), dtype=float)
    except np.linalg.LinAlgError:
        # A singular member is one without a maximum: an infinite variance sends it to be checked.
        found = np.full(information.shape, np.inf)
        for i, each in enumerate(information):
            if np.linalg.cond(each) < 1e14:
                found[i] = np.linalg.inv(each)
        return found
