"""Single lists, latent classes and averages of graphs recover a known truth where their assumptions hold."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest

from yupana.evidence.populations import CaptureTable
from yupana.evidence.populations.coverage import coverage_rows
from yupana.evidence.populations.decomposable import average_graphs
from yupana.evidence.populations.latent import fit_latent_classes
from yupana.evidence.populations.single import ESTIMATORS

REPEATS = 300
TRUTH = 4000


def frequencies(seen: np.ndarray) -> dict[int, int]:
    """Times seen -> people, of people seen."""
    times, people = np.unique(seen[seen > 0], return_counts=True)
    return dict(zip(times.tolist(), people.tolist(), strict=True))


@pytest.mark.parametrize(
    ("method", "spread_of_rates"),
    [
        ("truncated-poisson", False),
        ("chao", False),
        ("zelterman", False),
        ("geometric", True),
    ],
)
def test_single_list_size_and_error(method: str, spread_of_rates: bool) -> None:
    rng = np.random.default_rng(21)
    found, covered = [], 0
    for _ in range(REPEATS):
        rates = rng.exponential(0.5, TRUTH) if spread_of_rates else np.full(TRUTH, 0.5)
        answer = ESTIMATORS[method](frequencies(rng.poisson(rates)))
        found.append((answer.n_hat, answer.se))
        covered += answer.low <= TRUTH <= answer.high
    sizes, errors = np.array(found).T
    spread = sizes.std(ddof=1)
    # The bias of a ratio of counts is about its relative variance; then 4 Monte Carlo errors of the mean.
    assert abs(sizes.mean() - TRUTH) < 4 * spread / np.sqrt(REPEATS) + 2 * spread**2 / TRUTH
    assert errors.mean() == pytest.approx(spread, rel=4 / np.sqrt(2 * REPEATS))
    assert abs(covered / REPEATS - 0.95) < 4 * np.sqrt(0.95 * 0.05 / REPEATS)


def test_one_inflation_is_taken_out() -> None:
    rng = np.random.default_rng(22)
    plain, inflated = [], []
    for _ in range(REPEATS):
        seen = rng.poisson(0.8, TRUTH)
        # Half of those seen are never seen again: the first sighting changes what they do.
        seen = np.where((seen > 0) & (rng.random(TRUTH) < 0.5), 1, seen)
        counts = frequencies(seen)
        plain.append(ESTIMATORS["truncated-poisson"](counts).n_hat)
        inflated.append(ESTIMATORS["one-inflated"](counts))
    sizes = np.array([answer.n_hat for answer in inflated])
    spread = sizes.std(ddof=1)
    assert abs(sizes.mean() - TRUTH) < 4 * spread / np.sqrt(REPEATS) + 2 * spread**2 / TRUTH
    assert np.mean([answer.se for answer in inflated]) == pytest.approx(spread, rel=4 / np.sqrt(2 * REPEATS))
    assert np.mean(plain) > 1.5 * TRUTH, "the plain estimator must be wrong for the test to mean anything"


def capture(rng: np.random.Generator, chances: np.ndarray) -> CaptureTable:
    """A table of people with given chances, (person, list)."""
    seen = rng.random(chances.shape) < chances
    patterns = Counter("".join(str(int(x)) for x in row) for row in seen if row.any())
    return CaptureTable.from_patterns(patterns)


def test_latent_classes_find_the_size_that_independence_misses() -> None:
    rng = np.random.default_rng(4)
    kinds = np.array([[0.25, 0.3, 0.2, 0.3, 0.25, 0.3], [0.8, 0.9, 0.85, 0.8, 0.9, 0.85]])
    table = capture(rng, kinds[(rng.random(1000) < 0.3).astype(int)])
    row = fit_latent_classes(table, classes=3, draws=1500, warmup=500, thin=2).specification()
    assert row.n_hat is not None, row.reason
    assert row.low < 1000 < row.high
    assert "R-hat" in row.reason
    independent = coverage_rows(table)[0]
    assert independent.high < 1000


def test_latent_classes_without_agreement_give_no_number() -> None:
    kosovo = {
        "1000": 1131, "0100": 845, "0010": 936, "0001": 306, "1100": 177, "1010": 228, "1001": 106,
        "0110": 217, "0101": 31, "0011": 123, "1110": 181, "1101": 18, "1011": 42, "0111": 32, "1111": 27,
    }  # fmt: skip
    found = fit_latent_classes(CaptureTable.from_patterns(kosovo), draws=1000, warmup=500)
    row = found.specification()
    assert (row.n_hat, row.low, row.high) == (None, None, None)
    assert "effective draws" in row.reason
    assert np.isfinite(found.sizes).all()


def test_graph_average_covers_where_lists_depend_in_pairs() -> None:
    rng = np.random.default_rng(24)
    covered, repeats = 0, 60
    for _ in range(repeats):
        first = rng.random(1500) < 0.3
        chances = np.stack(
            [first, np.where(first, 0.5, 0.2), np.full(1500, 0.35), np.full(1500, 0.3)], axis=1
        )
        found = average_graphs(capture(rng, chances.astype(float)), most=4000)
        covered += found.quantile(0.025) <= 1500 <= found.quantile(0.975)
    # 95 percent less the price of weighing graphs without the dependence; lower 3 sigma binomial band of 60.
    assert covered / repeats > 0.95 - 3 * np.sqrt(0.95 * 0.05 / repeats)
