"""Draws follow their priors, within Monte Carlo error.

Every check compares a mean over independent draws with its exact value in units of its standard error. A band
of 3 standard errors fails by chance with probability 0.0027; each test says how many such checks it makes and
hence how often it would fail on right code. Seeds are fixed, so a test that passes once passes always.
"""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from yupana.params import PriorSet

DRAWS = 20_000
ENTRIES = [
    {"family": "normal", "q05": -3, "q95": 1},
    {"family": "lognormal", "q05": 0.2, "q95": 0.9},
    {"family": "logitnormal", "q05": 0.1, "q95": 0.5, "bounds": [0, 0.6]},
    {"family": "uniform", "q05": 10, "q95": 30},
]


@pytest.fixture(scope="module")
def priors() -> PriorSet:
    entries = [
        {"name": e["family"], "unit": "share", "meaning": "test", "over": "zone", **e} for e in ENTRIES
    ]
    return PriorSet.from_entries(entries, {"zone": ("north", "south")})


@pytest.fixture(scope="module")
def draws(priors: PriorSet) -> dict[str, np.ndarray]:
    return priors.draw(20261124, 0, DRAWS)


def errors(successes: np.ndarray, share: float) -> float:
    """How many standard errors a share of draws lies from its exact value."""
    return abs(successes.mean() - share) / np.sqrt(share * (1 - share) / successes.size)


def test_quantiles_hold_their_share_of_draws(priors: PriorSet, draws: dict[str, np.ndarray]) -> None:
    """4 families x 2 places x 5 quantiles = 40 checks: 10 per cent false alarms over all seeds."""
    for prior in priors:
        for place in range(2):
            for share in (0.05, 0.25, 0.5, 0.75, 0.95):
                cut = prior.distribution.quantile(share)[place]
                assert errors(draws[prior.name][place] < cut, share) < 3, (prior.name, place, share)


def test_means_are_the_closed_ones(priors: PriorSet, draws: dict[str, np.ndarray]) -> None:
    """3 families x 2 places = 6 checks: 1.6 per cent false alarms."""
    lognormal = priors["lognormal"].distribution
    exact = {
        "normal": -1.0,
        "lognormal": float(np.exp(lognormal.loc[0] + lognormal.scale[0] ** 2 / 2)),
        "uniform": 20.0,
    }
    for name, mean in exact.items():
        for sample in draws[name]:
            assert abs(sample.mean() - mean) < 3 * sample.std() / np.sqrt(DRAWS), name


def test_mean_log_density_is_minus_the_entropy(priors: PriorSet, draws: dict[str, np.ndarray]) -> None:
    """2 families x 2 places = 4 checks: 1.1 per cent false alarms."""
    normal, lognormal = priors["normal"].distribution, priors["lognormal"].distribution
    half = 0.5 * np.log(2 * np.pi * np.e)
    exact = {
        "normal": half + np.log(normal.scale[0]),
        "lognormal": half + np.log(lognormal.scale[0]) + lognormal.loc[0],
    }
    for name, entropy in exact.items():
        density = priors[name].distribution.log_density(draws[name])
        for sample in density:
            assert abs(sample.mean() + entropy) < 3 * sample.std() / np.sqrt(DRAWS), name


def test_elements_are_independent(priors: PriorSet) -> None:
    """8 elements, 28 pairs: 7.3 per cent false alarms."""
    z = priors.points(20261124, 0, DRAWS)
    correlation = np.corrcoef(z)[np.triu_indices(len(z), 1)]
    assert (np.abs(correlation) * np.sqrt(DRAWS) < 3).all()


def test_points_are_standard_normal(priors: PriorSet) -> None:
    """One Kolmogorov-Smirnov test over all elements at the 3-sigma level: 0.27 per cent false alarms."""
    z = priors.points(20261124, 0, DRAWS).ravel()
    assert stats.kstest(z, "norm").pvalue > 0.0027


def test_neighbouring_draws_are_independent(priors: PriorSet) -> None:
    """8 elements, 1 lag: 2.1 per cent false alarms."""
    z = priors.points(20261124, 0, DRAWS)
    lagged = (z[:, 1:] * z[:, :-1]).mean(axis=1)
    assert (np.abs(lagged) * np.sqrt(DRAWS - 1) < 3).all()
