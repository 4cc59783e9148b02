"""Estimators from surveys recover a known truth; bands are 4 Monte Carlo standard errors."""

from __future__ import annotations

import numpy as np
import pytest

from yupana.evidence.populations.recruitment import SEED, rds_ii, successive_sampling
from yupana.evidence.populations.survey import generalised_scale_up, multiplier, scale_up

PEOPLE = 1000
REPEATS = 300


def population(rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Trait and ties of everybody; those with the trait have twice the ties, so plain shares are too high."""
    has = (np.arange(PEOPLE) < 300).astype(int)
    return has, 1 + rng.poisson(np.where(has == 1, 12, 5))


def inside(values: list[float], truth: float, bias: float = 0.0) -> bool:
    """Whether the mean of repetitions is within 4 of its standard errors of the truth, and a known bias."""
    mean, error = float(np.mean(values)), float(np.std(values, ddof=1)) / np.sqrt(len(values))
    return abs(mean - truth) <= 4 * error + bias


def test_rds_ii_recovers_the_share_and_states_its_error() -> None:
    rng = np.random.default_rng(11)
    has, ties = population(rng)
    found = []
    for _ in range(REPEATS):
        drawn = rng.choice(PEOPLE, size=200, p=ties / ties.sum())
        found.append(rds_ii(has[drawn].tolist(), ties[drawn].tolist()))
    # A ratio's bias is of the order of its relative variance: share / respondents.
    assert inside([each.share for each in found], 0.3, bias=0.3 / 200)
    plain = has @ ties / ties.sum()
    assert plain > 0.45, "the unweighted share must be wrong for the test to mean anything"
    spread = np.std([each.share for each in found], ddof=1)
    # The standard deviation of 300 repetitions errs by 1 / sqrt(600) of itself.
    assert np.mean([each.se for each in found]) == pytest.approx(spread, rel=4 / np.sqrt(2 * REPEATS))


def test_rds_ii_error_along_chains_is_larger_where_people_recruit_their_like() -> None:
    rng = np.random.default_rng(12)
    shares, along, alone = [], [], []
    for repeat in range(REPEATS):
        # A chain of 200 in which 80 percent of recruits are like their recruiter; equal ties, share one half.
        change = rng.random(200) < 0.2
        has = (int(rng.integers(2)) + np.cumsum(change)) % 2
        recruiters = [SEED, *range(199)]
        ties = np.full(200, 5.0)
        shares.append(float(has.mean()))
        if repeat < 40:
            along.append(rds_ii(has.tolist(), ties.tolist(), recruiters, resamples=300, seed=repeat).se)
            alone.append(rds_ii(has.tolist(), ties.tolist()).se)
    spread = float(np.std(shares, ddof=1))
    assert np.mean(alone) < 0.6 * spread
    # Repetitions err by 1 / sqrt(600), the 40 bootstraps by 1 / sqrt(40) of their own spread, a fifth or so.
    assert np.mean(along) == pytest.approx(spread, rel=4 * np.hypot(1 / np.sqrt(600), 0.2 / np.sqrt(40)))


def test_gile_recovers_the_share_of_a_large_sample_where_rds_ii_does_not() -> None:
    rng = np.random.default_rng(13)
    has, ties = population(rng)
    gile, volz, errors = [], [], []
    for _ in range(REPEATS):
        # Drawn one by one in proportion to ties, without replacement: the shortest waiting times.
        drawn = np.argsort(rng.exponential(size=PEOPLE) / ties)[:500]
        answer = successive_sampling(has[drawn].tolist(), ties[drawn].tolist(), PEOPLE)
        gile.append(answer.share)
        errors.append(answer.se)
        volz.append(rds_ii(has[drawn].tolist(), ties[drawn].tolist()).share)
    assert inside(gile, 0.3, bias=0.3 / 500)
    assert np.mean(volz) < 0.25
    # Weights are solved for, not known, which takes some spread away: the stated error is on the safe side.
    spread = np.std(gile, ddof=1)
    assert spread * (1 - 4 / np.sqrt(2 * REPEATS)) < np.mean(errors) < 2 * spread


def test_basic_scale_up_recovers_the_size() -> None:
    rng = np.random.default_rng(14)
    sizes = np.array([2000, 5000, 1000])
    found, covered = [], 0
    for _ in range(REPEATS):
        ties = rng.negative_binomial(4, 4 / 204, size=400)
        known = rng.binomial(ties[:, None], sizes / 1e6)
        hidden = rng.binomial(ties, 3000 / 1e6)
        answer = scale_up(known.tolist(), sizes.tolist(), hidden.tolist(), 1e6)
        found.append(answer.n_hat)
        covered += answer.low <= 3000 <= answer.high
    # The ratio's bias: relative variance of its denominator, about one in 600 reports of known groups.
    assert inside(found, 3000, bias=3000 / 600)
    assert abs(covered / REPEATS - 0.95) < 4 * np.sqrt(0.95 * 0.05 / REPEATS)


def test_generalised_scale_up_recovers_the_size_where_the_basic_one_cannot() -> None:
    rng = np.random.default_rng(15)
    frame, probe, size = 20_000, 2000, 500
    found, covered = [], 0
    visibility = rng.poisson(rng.gamma(4, 2.5, size=size))  # few know: a tenth of what others' ties would be
    for _ in range(REPEATS):
        knows = rng.integers(frame, size=int(visibility.sum()))
        reports = np.bincount(knows, minlength=frame)
        in_probe = np.bincount(np.repeat(np.arange(size), visibility)[knows < probe], minlength=size)
        asked = rng.choice(frame, size=2000, replace=False)
        # Hidden respondents are found in proportion to 1 + how visible they are, and weighed back.
        chance = (1 + visibility) / (1 + visibility).sum()
        met = rng.choice(size, size=200, p=chance)
        answer = generalised_scale_up(
            reports[asked].tolist(), [frame / 2000] * 2000, in_probe[met].tolist(),
            (1 / chance[met]).tolist(), probe, frame,
        )  # fmt: skip
        found.append(answer.n_hat)
        covered += answer.low <= size <= answer.high
    # One over an estimated mean is too high by its relative variance.
    spread = np.std(found, ddof=1) / np.mean(found)
    assert inside(found, size, bias=size * spread**2)
    assert abs(covered / REPEATS - 0.95) < 4 * np.sqrt(0.95 * 0.05 / REPEATS)


def test_multiplier_interval_covers() -> None:
    rng = np.random.default_rng(16)
    repeats, covered = 2000, 0
    for _ in range(repeats):
        share = rng.binomial(400, 0.3) / 400
        answer = multiplier(rng.binomial(5000, 0.3), share, np.sqrt(share * (1 - share) / 400))
        covered += answer.low <= 5000 <= answer.high
    assert abs(covered / repeats - 0.95) < 4 * np.sqrt(0.95 * 0.05 / repeats)
