"""The gradient of the log posterior of a pack: how exact and how fast; no test, for it compiles for minutes.

Usage: python benchmarks/fit_gradient.py [PACK] [UNTIL]
"""

from __future__ import annotations

import sys
import time

import numpy as np

from yupana.core.settings import DEFAULT_PACK
from yupana.fit.build import build_posterior
from yupana.fit.gradient import COLUMNS, Gradient
from yupana.study import load

STEP = 1e-4


def main(pack: str = DEFAULT_PACK, until: str = "2016") -> None:
    """Print the seconds of gradients at few and at many points, and the largest error along random lines."""
    study = load(pack, until=int(until))
    posterior = build_posterior(study.pack, study.config, study.priors, int(until), "float64")
    gradient = Gradient(posterior)
    z = 0.3 * posterior.space.draw(1, 0, COLUMNS[-1])
    for count in COLUMNS:
        for name in ("first, compilation included", "second", "third"):
            began = time.perf_counter()
            _, slope = gradient(z[:, :count])
            print(f"gradients at {count} points, {name}: {time.perf_counter() - began:.2f} s", flush=True)
    ways = np.random.default_rng(0).normal(size=(z.shape[0], 30))
    moved = []
    for times in (1, -1, 2, -2):
        at = z[:, :1] + times * STEP * ways
        moved.append(posterior.log_likelihood(at, posterior.log_figures(at)) + posterior.log_prior(at))
    differences = (8.0 * (moved[0] - moved[1]) - (moved[2] - moved[3])) / (12.0 * STEP)
    error = np.abs(ways.T @ slope[:, 0] - differences).max() / np.abs(differences).max()
    print(f"largest error of 30 directional derivatives, relative: {error:.1e}")


if __name__ == "__main__":
    main(*sys.argv[1:])
