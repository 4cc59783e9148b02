"""Half a month instead of a month: what a year reports moves by little of what is not known about it."""

from __future__ import annotations

import numpy as np
import pytest

LIMIT = 0.02  # of the 5-95 percent interval over draws: mean over years of the median draw's move

# Variables that move by more, and why; measured shares in brackets.
MOVED = {
    "product_stock": "what came in during the last step has not had its turn to leave (0.24)",
    "leaf_legal_use": "its share of a step's exits is set by the stock at the step's start (0.08)",
    "profit[tier]": "firms keep a small difference of two large sums, at prices of the step's start (0.06)",
    "earnings[account]": "the same, as one of the accounts (0.06)",
    "leaf_output": "fields lost to eradication in a step do not bear in it (0.02)",
    "leaf_output[zone]": "the same by zone (0.03)",
    "effort[corridor]": "it hardly moves at home, so that its interval is narrow (0.03)",
}


@pytest.mark.slow
def test_yearly_outputs_hardly_move_when_the_step_is_halved(peru):
    month, half = (peru.run(2010, 256, steps=steps).yearly for steps in (12, 24))
    moved = {}
    for key, value in month.items():
        if key == "clearing_gap":  # a check of numbers, not a result
            continue
        low, high = np.quantile(value, [0.05, 0.95], axis=-1)
        width = high - low
        wide = width > 0.0  # nothing leaves by a class for the market at home
        move = np.median(np.abs(half[key] - value), axis=-1) / np.where(wide, width, 1.0)
        moved[key] = float(np.max(np.where(wide, move, 0.0).mean(0)))
    beyond = {key: share for key, share in moved.items() if share > LIMIT}
    assert set(beyond) == set(MOVED), beyond
    assert sum(share < 0.01 for share in moved.values()) > 0.6 * len(moved)
