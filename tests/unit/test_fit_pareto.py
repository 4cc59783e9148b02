"""The gate on an approximation: Pareto k of importance ratios whose tail is known."""

from __future__ import annotations

import numpy as np
import pytest

from yupana.fit.gates import pareto_gate


@pytest.mark.parametrize("k", [0.3, 0.5, 0.9])
def test_pareto_k_is_that_of_the_ratios_and_not_of_their_inverse(k: float) -> None:
    """Ratios whose logs are exponential with mean k have a Pareto tail of shape k."""
    log_ratios = np.random.default_rng(1).exponential(k, 20_000)
    found = pareto_gate(log_ratios)
    # the tail holds 3 sqrt(n) ratios; sd of k from m of them is about (1 + k) / sqrt(m)
    noise = (1.0 + k) / np.sqrt(3.0 * np.sqrt(log_ratios.size))
    assert abs(found.value - k) < 3.0 * noise
    assert found.passed == (k < 0.7)


def test_ratios_that_hardly_vary_pass() -> None:
    assert pareto_gate(0.01 * np.random.default_rng(2).standard_normal(1000)).passed
