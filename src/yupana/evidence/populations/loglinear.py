"""Poisson log-linear models of a capture table: many fits at once, each a maximum likelihood or a refusal.

The count of people with capture history x is Poisson with mean exp(sum of b[t] over the terms t inside x);
the empty history, which nobody saw, has mean exp(b[empty]). The whole population is those seen plus that mean
(fienberg1972, cormack1989).

Sparse tables follow chan2021: a term whose lists have nobody in common takes the parameter minus infinity and
its cells leave the table; what is left must be identified and must have a maximum (`existence`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from yupana.evidence.populations.newton import Bools, Cells, Floats, newton

OK, NOT_IDENTIFIED, NO_MAXIMUM, NOT_CONVERGED, NO_OVERLAP = range(5)
REASONS = {
    OK: "",
    NOT_IDENTIFIED: "not identified: pairs without overlap leave fewer cells than parameters",
    NO_MAXIMUM: "no maximum likelihood estimate: some means would have to be zero",
    NOT_CONVERGED: "the fit did not converge",
    NO_OVERLAP: "no overlap at all: nobody stands on two lists",
}
"""Status of a fit -> what to say of it."""

_LOOSE = 1e3  # variance of a coefficient above which the maximum may not exist, so it is checked


@dataclass(frozen=True)
class Design:
    """Which terms a family of models may hold.

    Attributes
    ----------
    lists : number of lists.
    terms : masks; the first is 0, the intercept.
    matrix : (cell, term), 1 where all lists of the term are in the cell; cells are masks 1 to 2 ** lists - 1.
    """

    lists: int
    terms: tuple[int, ...]
    matrix: Floats

    def on(self, masks: Sequence[int]) -> Bools:
        """(term,), whether each term is in the model of main effects and `masks`."""
        wanted = {0, *(1 << i for i in range(self.lists)), *masks}
        return np.array([term in wanted for term in self.terms])

    @property
    def is_pair(self) -> Bools:
        """(term,), whether a term joins two lists."""
        return np.array([term.bit_count() == 2 for term in self.terms])


def make_design(lists: int, terms: Sequence[int]) -> Design:
    """The design of main effects and `terms` (masks of two lists or more)."""
    singles = [1 << i for i in range(lists)]
    chosen = (0, *singles, *sorted({t for t in terms if t.bit_count() > 1}, key=lambda t: (t.bit_count(), t)))
    cells = np.arange(1, 1 << lists)[:, None]
    masks = np.array(chosen)[None, :]
    return Design(lists, chosen, ((cells & masks) == masks).astype(float))


def pairwise_design(lists: int) -> Design:
    """The design of main effects and every pair."""
    return make_design(lists, [1 << i | 1 << j for i in range(lists) for j in range(i)])


@dataclass(frozen=True)
class Fits:
    """A batch of fits.

    Attributes
    ----------
    n_hat : (fit,), people seen and unseen; NaN where the status is not OK.
    log_likelihood : (fit,), Poisson, without the factorials of the counts.
    parameters : (fit,), number of terms, those at minus infinity included.
    fitted : (fit, cell), mean counts; 0 in cells that left the table.
    coefficients : (fit, term); minus infinity where a term has no overlap, 0 where it is not in the model.
    unseen_variance : (fit,), of the intercept: the logarithm of the mean of the unseen cell.
    status : (fit,), a key of `REASONS`.
    """

    n_hat: Floats
    log_likelihood: Floats
    parameters: NDArray[np.int64]
    fitted: Floats
    coefficients: Floats
    unseen_variance: Floats
    status: NDArray[np.int64]


def fit(design: Design, counts: Floats, on: Bools, most: int = 1_000_000) -> Fits:
    """The fits of a batch of models, tables, or both.

    Parameters
    ----------
    design : of all terms.
    counts : (fit, cell) or (cell,), people; cells as in `design`, the unseen one left out.
    on : (fit, term) or (term,), which terms each model holds; the intercept and main effects always.
    most : means held at once; a matter of memory.

    References
    ----------
    chan2021, fienberg2012.
    """
    counts, on = np.atleast_2d(np.asarray(counts, dtype=float)), np.atleast_2d(on)
    size = max(len(counts), len(on))
    chunk = max(1, most // counts.shape[1])
    counts = np.broadcast_to(counts, (size, counts.shape[1]))
    on = np.broadcast_to(on, (size, on.shape[1]))
    parts = [_fit(design, counts[i : i + chunk], on[i : i + chunk]) for i in range(0, size, chunk)]
    if len(parts) == 1:
        return parts[0]
    return Fits(*(np.concatenate([getattr(p, name) for p in parts]) for name in Fits.__dataclass_fields__))


def _fit(design: Design, counts: Floats, on: Bools) -> Fits:
    matrix = design.matrix
    pad = ((0, 0), (1, 0))  # the unseen cell, which is not in the table
    whole = Cells(design.lists, design.terms)
    gone = on & (whole.margins(np.pad(counts, pad)) == 0)
    kept = whole.linear(gone.astype(float))[:, 1:] == 0  # (fit, cell)
    active = on & ~gone
    status = np.where(_identified(matrix, kept, active, gone), OK, NOT_IDENTIFIED)
    status[_disjoint(design, counts)] = NO_OVERLAP
    size = len(active)
    result = Fits(
        np.full(size, np.nan), np.full(size, -np.inf), on.sum(axis=1), np.zeros(counts.shape),
        np.where(gone, -np.inf, 0.0), np.full(size, np.nan), status,
    )  # fmt: skip
    good = np.flatnonzero(status == OK)
    if not len(good):
        return result
    columns = np.flatnonzero(active[good].any(axis=0))
    cells = Cells(design.lists, [design.terms[i] for i in columns])
    beta, mean, inverse, arrived = newton(
        cells, np.pad(counts[good], pad), np.pad(kept[good], pad), active[np.ix_(good, columns)]
    )
    mean = mean[:, 1:]
    variance = np.where(active[np.ix_(good, columns)], np.diagonal(inverse, axis1=1, axis2=2), 0.0)
    doubtful = ~arrived | (variance.max(axis=1) > _LOOSE) | ~np.isfinite(variance).all(axis=1)
    for i in np.flatnonzero(doubtful):
        row = good[i]
        if not _has_maximum(design, counts[row], kept[row], active[row]):
            status[row] = NO_MAXIMUM
        elif not arrived[i]:
            status[row] = NOT_CONVERGED
    result.coefficients[np.ix_(good, columns)] += np.where(active[np.ix_(good, columns)], beta, 0.0)
    result.fitted[good] = mean
    result.unseen_variance[good] = variance[:, 0]
    logs = counts[good] * np.log(np.where(counts[good] > 0, np.maximum(mean, 1e-300), 1.0))
    result.log_likelihood[good] = logs.sum(axis=1) - mean.sum(axis=1)
    result.n_hat[good] = counts[good].sum(axis=1) + np.exp(beta[:, 0])
    bad = status != OK
    result.n_hat[bad], result.log_likelihood[bad] = np.nan, -np.inf
    return result


def _disjoint(design: Design, counts: Floats) -> Bools:
    """Whether nobody in a table stands on two lists."""
    several = np.array([cell.bit_count() > 1 for cell in range(1, 1 << design.lists)])
    return counts[:, several].sum(axis=1) == 0


def _identified(matrix: Floats, kept: Bools, active: Bools, gone: Bools) -> Bools:
    """(fit,), whether the columns of the active terms are independent on the cells that are kept."""
    found = np.ones(len(active), dtype=bool)
    # With no cell gone, a hierarchical model short of the term of all lists is always identified.
    whole = ~gone.any(axis=1) & (active.sum(axis=1) < matrix.shape[0])
    seen: dict[bytes, bool] = {}
    for i in np.flatnonzero(~whole):
        key = np.packbits(active[i]).tobytes() + np.packbits(kept[i]).tobytes()
        if key not in seen:
            part = matrix[np.ix_(kept[i], active[i])]
            seen[key] = part.shape[0] >= part.shape[1] and _full_rank(part)
        found[i] = seen[key]
    return found


def _full_rank(part: Floats) -> bool:
    gram = part.T @ part
    # Whole numbers: the smallest eigenvalue of an independent set is far above rounding.
    return bool(np.linalg.eigvalsh(gram)[0] > 1e-9 * gram.max())


def _has_maximum(design: Design, counts: Floats, kept: Bools, active: Bools) -> bool:
    cells = tuple(int(cell) + 1 for cell in np.flatnonzero(kept))
    seen = tuple(int(cell) + 1 for cell in np.flatnonzero(counts))
    return maximum_exists(cells, seen, tuple(t for t, on in zip(design.terms, active, strict=True) if on))


@lru_cache(maxsize=20_000)
def maximum_exists(cells: tuple[int, ...], seen: tuple[int, ...], terms: tuple[int, ...]) -> bool:
    """Whether the maximum exists: it depends on which cells hold people, not on how many (fienberg2012)."""
    from yupana.evidence.populations.existence import has_maximum

    masks = np.array(terms)
    matrix = ((np.array(cells)[:, None] & masks) == masks).astype(float)
    return has_maximum(matrix, np.isin(cells, seen).astype(float))
