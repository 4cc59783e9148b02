"""The gradient of the log posterior of a pack: how exact and how fast, and what its parts consist of.

Usage: python benchmarks/fit_gradient.py [PACK] [UNTIL]
"""

from __future__ import annotations

import sys
import time

import numpy as np

from yupana.core.settings import DEFAULT_PACK
from yupana.fit.build import build_posterior
from yupana.fit.gradient import Gradient
from yupana.fit.machine import LANES
from yupana.study import load

STEP = 1e-4
COUNTS = (LANES, 2 * LANES, 8 * LANES)
TURNS = 5


def main(pack: str = DEFAULT_PACK, until: str = "2016") -> None:
    """Print the seconds of gradients at few and at many points, beside those of values alone, and the largest
    error along random lines."""
    study = load(pack, until=int(until))
    posterior = build_posterior(study.pack, study.config, study.priors, int(until), "float64", 1)
    gradient = Gradient(posterior)
    z = 0.3 * posterior.space.draw(1, 0, COUNTS[-1])
    began = time.perf_counter()
    model = gradient.model
    print(f"traced and compiled: {time.perf_counter() - began:.1f} s", flush=True)
    for name in ("start", "year", "month", "stocks"):
        way = getattr(model, name)
        if way:
            print(
                f"{name}: {way.forward.operations:,} operations, {way.back.operations:,} with its derivative"
            )
    for count in COUNTS:
        seconds: dict[str, list[float]] = {"gradients": [], "values by the engine": []}
        _, slope = gradient(z[:, :count])
        posterior.log_figures(z[:, :count])
        for _ in range(TURNS):
            for what, asked in (("gradients", gradient), ("values by the engine", posterior.log_figures)):
                began = time.perf_counter()
                asked(z[:, :count])
                seconds[what].append(time.perf_counter() - began)
        said = ", ".join(f"{what} {np.median(each):.3f} s" for what, each in seconds.items())
        print(f"{count} points: {said}", flush=True)
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
