"""Scores of forecasts that are samples: how far off, how sure, and how sure of the score itself.

Every score is negatively oriented: smaller is better. A case is one figure of one year; the sample of its
forecast is the last axis.

References: gneiting2007 (CRPS, log score, energy score), ferro2014 (fair version of a finite sample),
czado2009 (randomised PIT), politis1992 (circular blocks).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.floating]

LEAST_YEARS = 4
"""Test years below which no difference is ever concluded."""
LEVEL = 0.9  # of the interval of a difference


def crps(sample: Floats, y: Floats) -> Floats:
    """Return the fair continuous ranked probability score of each case, in the unit of `y`.

    E|X - y| - E|X - X'| / 2, the second mean over pairs of different draws, so that the score of a small
    sample is that of a large one in expectation.

    Parameters
    ----------
    sample : (..., draw), two draws or more. y : (...).

    Examples
    --------
    >>> float(crps(np.array([1.0, 3.0]), np.array(2.0)))
    0.0
    """
    m = sample.shape[-1]
    if m < 2:
        raise ValueError("a sample needs two draws or more")
    ordered = np.sort(sample, axis=-1)
    weights = 2.0 * np.arange(1, m + 1) - m - 1.0
    spread = (weights * ordered).sum(-1) / (m * (m - 1.0))
    return np.abs(sample - np.asarray(y)[..., None]).mean(-1) - spread


def log_score(sample: Floats, y: Floats) -> Floats:
    """Return minus the log density of each case, by a normal kernel over the logs of the draws.

    The kernel has Silverman's width; the density is one of the figure itself, per unit.

    Parameters
    ----------
    sample : (..., draw), positive. y : (...), positive.

    References
    ----------
    silverman1986.
    """
    logs, at = np.log(sample), np.log(np.asarray(y))
    m = logs.shape[-1]
    quartiles = np.quantile(logs, (0.25, 0.75), axis=-1)
    spread = np.minimum(logs.std(-1, ddof=1), (quartiles[1] - quartiles[0]) / 1.349)
    width = 0.9 * np.maximum(spread, 1e-9) * m**-0.2
    z = (at[..., None] - logs) / width[..., None]
    peak = (-0.5 * z**2).max(-1)
    mean = np.exp(-0.5 * z**2 - peak[..., None]).mean(-1)
    return -(peak + np.log(mean) - np.log(width) - 0.5 * np.log(2.0 * np.pi) - at)


def pit(sample: Floats, y: Floats, u: Floats) -> Floats:
    """Return the probability integral transform of each case: uniform where forecasts are calibrated.

    The rank of `y` among the draws, ties and the ends broken by `u`.

    Parameters
    ----------
    sample : (..., draw). y : (...). u : (...), uniform numbers.
    """
    at = np.asarray(y)[..., None]
    below, equal = (sample < at).sum(-1), (sample == at).sum(-1)
    return (below + u * (equal + 1.0)) / (sample.shape[-1] + 1.0)


def covered(sample: Floats, y: Floats, share: float) -> NDArray[np.bool_]:
    """Return whether each case lies in the central interval that holds `share` of the sample."""
    low, high = np.quantile(sample, (0.5 - share / 2.0, 0.5 + share / 2.0), axis=-1)
    return (low <= y) & (y <= high)


def energy_score(sample: Floats, y: Floats) -> float:
    """Return the fair energy score of several figures at once: CRPS with distances between vectors.

    Parameters
    ----------
    sample : (figure, draw), two draws or more. y : (figure,).
    """
    m = sample.shape[-1]
    apart = np.sqrt(((sample[:, :, None] - sample[:, None, :]) ** 2).sum(0))
    off = np.sqrt(((sample - np.asarray(y)[:, None]) ** 2).sum(0)).mean()
    return float(off - apart.sum() / (2.0 * m * (m - 1.0)))


def mean_error(values: Floats, years: NDArray[np.integer], overlap: int = 1) -> float:
    """Return the standard error of the mean of `values` by a circular block bootstrap over years.

    Years are resampled in blocks of L = 1 to about the cube root of their number, or to `overlap` where that
    is more, and the largest error is kept; the variance over all resamples is known in closed form, L / n
    times that of the n block means, and
    n / (n - L) makes it unbiased where years are independent. NaN with fewer than two years.

    Parameters
    ----------
    values : (case,). years : (case,); cases of one year always go together.

    Examples
    --------
    >>> float(mean_error(np.array([1.0, 3.0]), np.array([2017, 2018])))
    1.0
    """
    unique, place = np.unique(years, return_inverse=True)
    n = unique.size
    if n < 2:
        return float("nan")
    mean = values.mean()
    # sums of a year's departures: where years have several cases, a ratio of sums, made linear
    yearly = np.bincount(place, values - mean, n) * n / values.size
    found = 0.0
    longest = min(max(1, round(n ** (1.0 / 3.0)), overlap), n - 1)
    for length in range(1, longest + 1):
        blocks = np.stack([np.roll(yearly, -shift) for shift in range(length)]).mean(0)
        found = max(found, float(length / (n - length) * (blocks**2).mean()))
    return float(np.sqrt(found))


@dataclass(frozen=True)
class Difference:
    """Mean score of one forecast minus that of another, over the same cases.

    Attributes
    ----------
    mean, error : in the unit of the score. low, high : of the 90 percent interval. years : number of them.
    verdict : ``better``, ``worse`` or ``no difference`` of the first against the second.
    """

    mean: float
    error: float
    low: float
    high: float
    years: int
    verdict: str


def compare(one: Floats, other: Floats, years: NDArray[np.integer], overlap: int = 1) -> Difference:
    """Return the difference of two forecasts' scores, and whether anything can be concluded.

    Nothing is concluded with fewer than four years, nor where the 90 percent t interval of the mean holds
    zero.

    Parameters
    ----------
    one, other : (case,). years, overlap : as in :func:`mean_error`.
    """
    from scipy.stats import t

    gap = one - other
    count = int(np.unique(years).size)
    mean, error = float(gap.mean()), mean_error(gap, years, overlap)
    if not np.isfinite(error):
        return Difference(mean, error, float("nan"), float("nan"), count, "no difference")
    degrees = max(round(count / overlap) - 1, 1)  # spans of years that share nothing, less one
    reach = float(t.ppf(0.5 + LEVEL / 2.0, degrees)) * error
    low, high = mean - reach, mean + reach
    verdict = "no difference"
    if count >= LEAST_YEARS and (high < 0.0 or low > 0.0):
        verdict = "better" if high < 0.0 else "worse"
    return Difference(mean, error, low, high, count, verdict)
