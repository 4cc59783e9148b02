"""One reconciliation of the shipped pack by every solver, side by side in one process on one core.

Usage: python benchmarks/reconcile.py [--repeats N] [--year Y] [--no-nuts] [--write] [--check]
A figure holds everything from the pack in memory to intervals, flows and tests; the pack and its graph are
loaded before and not counted, nor is compilation of the sampler. `--write` puts the table into
docs/reference/benchmarks.md; `--check` fails where the target is missed.
"""

from __future__ import annotations

import argparse
import os
import platform
import sys
import time
from pathlib import Path

PAGE = Path(__file__).resolve().parent.parent / "docs" / "reference" / "benchmarks.md"
MOST_MILLISECONDS = 20.0  # of Gauss-Newton
BEGIN, END = "<!-- reconcile: written by benchmarks/reconcile.py -->", "<!-- end of reconcile -->"


def measure(repeats: int, year: int, nuts: bool) -> dict[str, tuple[float, float]]:
    """Return CPU and clock milliseconds by solver: the best of `repeats`; of the sampler, its second call."""
    for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
        os.environ[name] = "1"  # before NumPy is loaded: one core means one thread
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    from yupana.evidence import load_pack
    from yupana.evidence.reconcile.solve import reconcile

    pack = load_pack("peru")
    best: dict[str, tuple[float, float]] = {}
    for solver in ("linear", "gauss-newton", *(("nuts",) if nuts else ())):
        for turn in range(2 if solver == "nuts" else repeats + 3):
            cpu, clock = time.process_time(), time.perf_counter()
            reconcile(pack, year, "agnostic", solver)
            spent = ((time.process_time() - cpu) * 1e3, (time.perf_counter() - clock) * 1e3)
            if turn >= (1 if solver == "nuts" else 3):  # the first turns build, load and compile
                old = best.get(solver, spent)
                best[solver] = (min(old[0], spent[0]), min(old[1], spent[1]))
    return best


def table(best: dict[str, tuple[float, float]]) -> str:
    """Return the figures as a Markdown table."""
    rows = ["| solver | CPU, ms | clock, ms | over Gauss-Newton |", "|---|---|---|---|"]
    base = best["gauss-newton"][0]
    rows += [
        f"| {solver} | {cpu:,.1f} | {clock:,.1f} | {cpu / base:,.1f} |"
        for solver, (cpu, clock) in best.items()
    ]
    return "\n".join(rows)


def about(repeats: int, year: int) -> str:
    """Return what was run on which kind of machine, in one sentence."""
    import jax
    import numpy as np
    import numpyro

    system = f"{platform.system()} {platform.machine()}, one core"
    versions = (
        f"Python {platform.python_version()}, NumPy {np.__version__}, jax {jax.__version__}, "
        f"numpyro {numpyro.__version__}"
    )
    return f"{system}; {versions}; {year}, best of {repeats} runs, of the sampler the second."


def put(text: str) -> None:
    """Put the result between its marks on the page of benchmarks."""
    page = PAGE.read_text(encoding="utf-8")
    before, _, rest = page.partition(BEGIN)
    _, _, after = rest.partition(END)
    PAGE.write_text(f"{before}{BEGIN}\n\n{text}\n\n{END}{after}", encoding="utf-8")


def main() -> int:
    """Measure, print, and write or check where asked."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--repeats", type=int, default=50)
    parser.add_argument("--year", type=int, default=2012)
    parser.add_argument("--no-nuts", action="store_true", help="without the sampler")
    parser.add_argument("--write", action="store_true")
    parser.add_argument("--check", action="store_true")
    options = parser.parse_args()
    best = measure(options.repeats, options.year, not options.no_nuts)
    met = best["gauss-newton"][0] < MOST_MILLISECONDS
    verdict = "Target met." if met else "Target missed."
    text = f"{table(best)}\n\n{about(options.repeats, options.year)}\n\n{verdict}"
    print(text)
    if options.write:
        put(text)
    return int(options.check and not met)


if __name__ == "__main__":
    sys.exit(main())
