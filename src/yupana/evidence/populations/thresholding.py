"""Bayesian thresholding: all pairs with a prior that pulls them to zero, then only those that stand out.

Main effects have flat priors, each pair a normal one around zero. The posterior of the model with every pair
is found first; a pair is kept where the mean of its parameter is more than `threshold` posterior standard
deviations from zero; the posterior of the model with those pairs gives the answer. This is the idea of
silverman2020, built anew: posteriors come from importance sampling around the mode, which a concave posterior
allows, and are refused where too few draws carry the weight.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from yupana.evidence.populations.lists import CaptureTable
from yupana.evidence.populations.loglinear import Design, Floats, make_design

PRIOR_SD = 1.0  # of a pair's parameter: with 95 percent an odds ratio between 1/7 and 7
THRESHOLD = 2.0
DRAWS = 8000
LEAST_EFFECTIVE = 400.0
_FREEDOM = 8.0  # of the t distribution that draws are proposed from: heavier tails than the posterior
_LARGEST = 50.0  # of a logarithm of a mean


@dataclass(frozen=True)
class Posterior:
    """A posterior as weighted draws.

    Attributes
    ----------
    terms : masks, the intercept first.
    draws : (draw, term), parameters. weights : (draw,), sum 1.
    unseen : (draw,), people.
    effective : number of equally weighted draws that would say as much.
    """

    terms: tuple[int, ...]
    draws: Floats
    weights: Floats
    unseen: Floats
    effective: float

    def quantile(self, share: float) -> float:
        """The quantile of the unseen, people."""
        order = np.argsort(self.unseen)
        reached = np.cumsum(self.weights[order])
        return float(self.unseen[order][min(np.searchsorted(reached, share), len(order) - 1)])

    def standing_out(self, threshold: float) -> tuple[int, ...]:
        """Masks of the pairs whose posterior mean is more than `threshold` standard deviations from zero."""
        mean = self.weights @ self.draws
        spread = np.sqrt(np.maximum(self.weights @ (self.draws - mean) ** 2, 1e-300))
        apart = np.abs(mean) > threshold * spread
        return tuple(t for t, far in zip(self.terms, apart, strict=True) if far and t.bit_count() == 2)


def threshold_pairs(
    table: CaptureTable, threshold: float = THRESHOLD, prior_sd: float = PRIOR_SD, seed: int = 0
) -> tuple[Posterior, tuple[int, ...]]:
    """The posterior of the model with the pairs that stand out, and their masks.

    Parameters
    ----------
    table : people by lists.
    threshold : posterior standard deviations from zero above which a pair is kept.
    prior_sd : of the normal prior of a pair's parameter.
    seed : of the random numbers.

    References
    ----------
    silverman2020.
    """
    full = sample(make_design(table.lists, list(table.pairs())), table.array[1:], prior_sd, seed)
    kept = full.standing_out(threshold)
    return sample(make_design(table.lists, kept), table.array[1:], prior_sd, seed + 1), kept


def sample(design: Design, counts: Floats, prior_sd: float, seed: int, draws: int = DRAWS) -> Posterior:
    """The posterior of one model by importance sampling.

    Parameters
    ----------
    design : its terms are the model. counts : (cell,), people. prior_sd : of terms of two lists or more.
    """
    random = np.random.Generator(np.random.Philox(seed))
    matrix = design.matrix
    pull = np.array([1.0 / prior_sd**2 if term.bit_count() > 1 else 0.0 for term in design.terms])
    mode = _mode(matrix, counts, pull)
    mean = np.exp(np.minimum(matrix @ mode, _LARGEST))
    root = np.linalg.cholesky(matrix.T @ (matrix * mean[:, None]) + np.diag(pull))
    terms = len(mode)
    normal = random.standard_normal((draws, terms))
    stretch = np.sqrt(_FREEDOM / random.chisquare(_FREEDOM, draws))
    step = np.linalg.solve(root.T, normal.T).T * stretch[:, None]
    values = mode + step
    linear = values @ matrix.T
    log_target = linear @ counts - np.exp(np.minimum(linear, _LARGEST)).sum(axis=1) - 0.5 * values**2 @ pull
    distance = ((step @ root) ** 2).sum(axis=1)
    log_weight = log_target + 0.5 * (_FREEDOM + terms) * np.log1p(distance / _FREEDOM)
    weights = np.exp(log_weight - log_weight.max())
    weights /= weights.sum()
    unseen = random.poisson(np.exp(np.minimum(values[:, 0], 40.0))).astype(float)
    return Posterior(design.terms, values, weights, unseen, float(1.0 / (weights**2).sum()))


def _mode(matrix: Floats, counts: Floats, pull: Floats) -> Floats:
    """(term,), where the posterior is highest: Newton's method with halved steps."""

    def height(values: Floats) -> float:
        linear = matrix @ values
        return float(counts @ linear - np.exp(np.minimum(linear, _LARGEST)).sum() - 0.5 * values**2 @ pull)

    values = np.zeros(matrix.shape[1])
    values[0] = np.log(max(counts.mean(), 0.1))
    for _ in range(200):
        mean = np.exp(np.minimum(matrix @ values, _LARGEST))
        gradient = matrix.T @ (counts - mean) - pull * values
        step = np.linalg.solve(matrix.T @ (matrix * mean[:, None]) + np.diag(pull + 1e-10), gradient)
        scale, before = 1.0, height(values)
        while height(values + scale * step) < before and scale > 1e-8:
            scale *= 0.5
        values = values + scale * step
        if gradient @ step < 1e-12:
            break
    return values
