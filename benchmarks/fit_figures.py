"""The figures of a fit from its own program beside those from the engine of every run: CPU seconds, in turn.

    python benchmarks/fit_figures.py [--write]

One block of 256 draws of the shipped fit, single precision, compilation not counted.
"""

from __future__ import annotations

import argparse
import platform
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

from yupana.core.settings import DEFAULT_PACK, default
from yupana.fit.build import build_posterior
from yupana.fit.compiled import compiled
from yupana.study import load

PAGE = Path(__file__).resolve().parent.parent / "docs" / "reference" / "benchmarks.md"
MARKS = "<!-- fit figures: written by benchmarks/fit_figures.py -->", "<!-- end of fit figures -->"
TURNS = 15


def seconds(work: Callable[[], object]) -> float:
    """Return the CPU seconds of one call."""
    began = time.process_time()
    work()
    return time.process_time() - began


def measure() -> str:
    """Return the table."""
    import jax

    until = default("fit_until")
    study = load(DEFAULT_PACK, until=until)
    plain = build_posterior(study.pack, study.config, study.priors, until, "float32", threads=1)
    quick = compiled(plain)
    shipped = load(DEFAULT_PACK).shipped
    assert shipped is not None
    z = shipped.points[:, :256]
    away = np.abs(plain.log_figures(z) - quick.log_figures(z)) / plain.data.sds[:, None]
    times = np.array([[seconds(lambda p=p: p.log_figures(z)) for p in (plain, quick)] for _ in range(TURNS)])
    one, other = np.median(times, axis=0)
    ratios = np.sort(times[:, 1] / times[:, 0])
    span = f"{ratios[1]:.2f} to {ratios[-2]:.2f}"
    return "\n".join(
        [
            "| figures from | CPU, s | over the engine |",
            "|---|--:|--:|",
            f"| the engine | {one:.3f} | 1.00 |",
            f"| a program of the fit | {other:.3f} | {np.median(ratios):.2f} ({span}) |",
            "",
            f"{platform.system()} {platform.machine()}; Python {platform.python_version()}, "
            f"jax {jax.__version__}; medians of {TURNS} turns. {len(plain.data.data)} figures of 256 draws; "
            f"largest difference {away.max():.1e} of a figure's error.",
        ]
    )


def main() -> int:
    """Print the table, or write it into the page."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--write", action="store_true", help="write the table into the page")
    asked = parser.parse_args()
    table = measure()
    print(table)
    if asked.write:
        text = PAGE.read_text(encoding="utf-8")
        head, rest = text.split(MARKS[0])
        PAGE.write_text(f"{head}{MARKS[0]}\n\n{table}\n\n{MARKS[1]}{rest.split(MARKS[1])[1]}", "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
