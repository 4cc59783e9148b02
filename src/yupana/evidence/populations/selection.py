"""Choice of a log-linear model: stepwise by the p value of overlaps, or the smallest BIC of a family.

Every choice is made for many tables at once, so that a bootstrap can repeat it in each resample.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from yupana.core.errors import UsageError
from yupana.evidence.populations.lists import CaptureTable
from yupana.evidence.populations.loglinear import (
    OK,
    Bools,
    Design,
    Fits,
    Floats,
    fit,
    make_design,
    pairwise_design,
)

MOST_FOR_ALL_PAIRWISE = 6
MOST_FOR_ALL_HIERARCHICAL = 5
FAMILIES = ("pairwise", "hierarchical")
BIC_SIZES = ("individuals", "cells")


@dataclass(frozen=True)
class Choice:
    """The models chosen for a batch of tables.

    Attributes
    ----------
    design : the terms that could be chosen.
    on : (table, term), which of them were.
    fits : of the chosen models, one a table.
    """

    design: Design
    on: Bools
    fits: Fits

    def masks(self, table: int = 0) -> tuple[int, ...]:
        """Masks of the terms of two lists or more that were chosen for a table."""
        terms = self.design.terms
        return tuple(terms[i] for i in np.flatnonzero(self.on[table]) if terms[i].bit_count() > 1)


def fixed(design: Design, counts: Floats, masks: Sequence[int] = ()) -> Choice:
    """No choice: main effects and `masks` for every table.

    Parameters
    ----------
    counts : (table, cell), people; cells are masks 1 to 2 ** lists - 1.
    """
    counts = np.atleast_2d(counts)
    on = np.broadcast_to(design.on(masks), (len(counts), len(design.terms)))
    return Choice(design, on, fit(design, counts, on))


def stepwise(lists: int, counts: Floats, threshold: float) -> Choice:
    """Main effects, then the pair whose overlap surprises most, again and again.

    At each step the pair whose observed overlap has the smallest Poisson tail probability under the current
    fit (the smaller tail, not doubled) is added and the model fitted anew, until no tail is below the
    threshold. A pair whose model would have no estimate is passed over.

    Parameters
    ----------
    counts : (table, cell), people.
    threshold : p value below which a pair is added.

    References
    ----------
    chan2021, silverman2020.
    """
    design = pairwise_design(lists)
    counts = np.atleast_2d(np.asarray(counts, dtype=float))
    on = np.array(np.broadcast_to(design.on([]), (len(counts), len(design.terms))))
    pairs = np.flatnonzero(design.is_pair)
    open_ = np.ones((len(counts), len(pairs)), dtype=bool)
    observed = counts @ design.matrix[:, pairs]
    current = fit(design, counts, on)
    fields = {name: np.array(getattr(current, name)) for name in Fits.__dataclass_fields__}
    going = np.flatnonzero(current.status == OK)
    while len(going):
        expected = fields["fitted"][going] @ design.matrix[:, pairs]
        tails = np.where(open_[going], overlap_tail(observed[going], expected), 2.0)
        best = tails.argmin(axis=1)
        below = tails[np.arange(len(going)), best] < threshold
        going, best = going[below], best[below]
        if not len(going):
            break
        open_[going, best] = False
        trial = on[going].copy()
        trial[np.arange(len(going)), pairs[best]] = True
        found = fit(design, counts[going], trial)
        good = found.status == OK
        on[going[good]] = trial[good]
        for name, values in fields.items():
            values[going[good]] = getattr(found, name)[good]
    return Choice(design, on, Fits(**fields))


def overlap_tail(observed: Floats, expected: Floats) -> Floats:
    """The smaller tail probability of an overlap that is Poisson with a mean.

    Parameters
    ----------
    observed, expected : people; arrays of one shape.
    """
    from scipy.special import gammainc, gammaincc

    expected = np.maximum(expected, 1e-300)
    lower = gammaincc(observed + 1.0, expected)
    upper = np.where(observed > 0, gammainc(np.maximum(observed, 1.0), expected), 1.0)
    return np.minimum(lower, upper)


def smallest_bic(design: Design, models: Bools, counts: Floats, size: str = "individuals") -> Choice:
    """For each table the model with the smallest BIC among those that have an estimate.

    BIC = -2 log likelihood + parameters * log(size). Parameters at minus infinity count.

    Parameters
    ----------
    design : of all terms. models : (model, term), the family.
    counts : (table, cell), people.
    size : ``individuals`` (people seen), the default of tables of specifications, as it gives the published
        best model of four lists (silverman2024, [123,14,34]); or ``cells`` (2 ** lists - 1, as software for
        generalised linear models has it), which lets more terms in.

    References
    ----------
    schwarz1978.
    """
    counts = np.atleast_2d(np.asarray(counts, dtype=float))
    if len(counts) == 1:
        fits = fit(design, counts, models)
        best = int(np.argmin(bic(fits, counts, size)))
        return Choice(design, models[best : best + 1], _pick(fits, np.array([best])))
    chosen = np.zeros(len(counts), dtype=int)
    lowest = np.full(len(counts), np.inf)
    fields: dict[str, NDArray] = {}
    for index, model in enumerate(models):
        fits = fit(design, counts, model)
        values = bic(fits, counts, size)
        better = values < lowest
        if not fields:
            fields, better = (
                {n: np.array(getattr(fits, n)) for n in Fits.__dataclass_fields__},
                values < np.inf,
            )
        for name, array in fields.items():
            array[better] = getattr(fits, name)[better]
        chosen[better], lowest[better] = index, values[better]
    return Choice(design, models[chosen], Fits(**fields))


def bic(fits: Fits, counts: Floats, size: str = "individuals") -> Floats:
    """(fit,), the Bayesian information criterion; infinite where there is no estimate.

    Raises
    ------
    UsageError
        Y102 for an unknown size.
    """
    if size not in BIC_SIZES:
        raise UsageError(f"unknown size {size!r} for BIC", got=size, expected=" or ".join(BIC_SIZES))
    counts = np.atleast_2d(counts)
    n = np.full(len(counts), float(counts.shape[1])) if size == "cells" else counts.sum(axis=1)
    values = -2.0 * fits.log_likelihood + fits.parameters * np.log(n)
    return np.where(fits.status == OK, values, np.inf)


def _pick(fits: Fits, rows: NDArray[np.int64]) -> Fits:
    return Fits(*(getattr(fits, name)[rows] for name in Fits.__dataclass_fields__))


def family(table: CaptureTable, kind: str = "pairwise") -> tuple[Design, Bools, str]:
    """The models that BIC compares for a table: design, (model, term), and what they are in words.

    All of a kind where they can be counted; otherwise those that a search meets which adds or removes one
    pair at a time while BIC falls.

    Raises
    ------
    UsageError
        Y102 for an unknown kind, or all hierarchical models of more than 5 lists.
    """
    if kind not in FAMILIES:
        raise UsageError(f"unknown family of models {kind!r}", got=kind, expected=" or ".join(FAMILIES))
    if kind == "hierarchical":
        if table.lists > MOST_FOR_ALL_HIERARCHICAL:
            raise UsageError(
                "too many hierarchical models", got=f"{table.lists} lists",
                expected=f"at most {MOST_FOR_ALL_HIERARCHICAL}", fix="Use pairwise models.",
            )  # fmt: skip
        design = make_design(
            table.lists, [m for m in range(1 << table.lists) if 1 < m.bit_count() < table.lists]
        )
        models = hierarchical_models(table.lists)
        return design, models, f"all {len(models):,} hierarchical models"
    design = pairwise_design(table.lists)
    if table.lists <= MOST_FOR_ALL_PAIRWISE:
        models = pairwise_models(table.lists)
        return design, models, f"all {len(models):,} pairwise models"
    models = _searched(design, table.array[1:])
    return design, models, f"search among pairwise models, {len(models):,} met"


@lru_cache(maxsize=8)
def pairwise_models(lists: int) -> Bools:
    """(model, term), every set of pairs beside the main effects; terms as in `pairwise_design`.

    With two lists the pair itself can never be identified, so main effects are all.
    """
    design = pairwise_design(lists)
    pairs = np.flatnonzero(design.is_pair)
    if lists == 2:
        return design.on([])[None, :]
    codes = np.arange(1 << len(pairs))[:, None] >> np.arange(len(pairs)) & 1
    models = np.repeat(design.on([])[None, :], len(codes), axis=0)
    models[:, pairs] = codes.astype(bool)
    return models


@lru_cache(maxsize=8)
def hierarchical_models(lists: int) -> Bools:
    """(model, term), every model that holds with a term all terms inside it, short of the term of all lists.

    113 models of four lists, 6,893 of five.
    """
    terms = [m for m in range(1 << lists) if 1 < m.bit_count() < lists]
    terms.sort(key=lambda m: (m.bit_count(), m))
    design = make_design(lists, terms)
    place = {term: i for i, term in enumerate(design.terms)}
    rows = []
    for chosen in _closed(terms, 0, frozenset(range(0))):
        row = design.on(())
        row[[place[m] for m in chosen]] = True
        rows.append(row)
    return np.array(rows)


def _closed(terms: list[int], start: int, chosen: frozenset[int]) -> Iterator[frozenset[int]]:
    """Every set of terms that holds with a term all smaller terms inside it; terms come by size."""
    yield chosen
    for i in range(start, len(terms)):
        inside = (terms[i] & ~(1 << j) for j in range(terms[i].bit_length()) if terms[i] >> j & 1)
        if all(part.bit_count() < 2 or part in chosen for part in inside):
            yield from _closed(terms, i + 1, chosen | {terms[i]})


def _searched(design: Design, counts: Floats) -> Bools:
    """(model, term), the models met by a search from main effects that changes one pair at a time."""
    pairs = np.flatnonzero(design.is_pair)
    current = design.on(())
    met, lowest = [current], np.inf
    while True:
        trial = np.repeat(current[None, :], len(pairs), axis=0)
        trial[np.arange(len(pairs)), pairs] ^= True
        trial = np.vstack([current[None, :], trial])
        met.extend(trial[1:])
        values = bic(fit(design, counts, trial), counts[None, :])
        best = int(np.argmin(values))
        if not values[best] < lowest - 1e-9 or best == 0:
            return np.unique(np.array(met), axis=0)
        lowest, current = float(values[best]), trial[best]
