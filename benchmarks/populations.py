"""All 1,024 pairwise models of five lists: one batch against one model at a time, on one core, one process.

Usage: python benchmarks/populations.py [--repeats N] [--write] [--check]
The table is that of 2,744 victims of trafficking (Silverman 2014), two of its six lists joined. Both sides do
the same work: every maximum, its BIC, and whether it exists. `--write` puts the table into
docs/reference/benchmarks.md; `--check` fails where the target is missed.
"""

from __future__ import annotations

import argparse
import os
import platform
import sys
import time
from collections.abc import Callable
from pathlib import Path

PAGE = Path(__file__).resolve().parent.parent / "docs" / "reference" / "benchmarks.md"
MOST_SECONDS = 5.0
BEGIN, END = "<!-- populations: written by benchmarks/populations.py -->", "<!-- end of populations -->"
CELLS = {
    "LA": 54, "NG": 463, "PF": 995, "GO": 695, "GP": 316, "LA+NG": 15, "LA+PF": 19, "LA+GO": 3, "NG+PF": 62,
    "NG+GO": 19, "NG+GP": 1, "PF+GO": 76, "PF+GP": 11, "GO+GP": 8, "LA+NG+PF": 1, "LA+NG+GO": 1,
    "NG+PF+GO": 4, "LA+NG+PF+GO": 1,
}  # fmt: skip
"""PF holds PF and NCA: 907 + 57 + 31 alone, and so on."""


def measure(repeats: int) -> dict[str, float]:
    """Return seconds by what was timed, the best of `repeats`, taken in turn."""
    for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
        os.environ[name] = "1"  # before NumPy is loaded: one core means one thread
    import numpy as np

    from yupana.evidence.populations import CaptureTable
    from yupana.evidence.populations.intervals import bca, resample
    from yupana.evidence.populations.loglinear import fit, maximum_exists, pairwise_design
    from yupana.evidence.populations.selection import bic, pairwise_models, smallest_bic, stepwise

    table = CaptureTable.from_cells(CELLS)
    assert table.n == 2744
    counts, design, models = table.array[1:], pairwise_design(5), pairwise_models(5)

    def batch() -> float:
        return float(smallest_bic(design, models, counts).fits.n_hat[0])

    def single() -> float:
        fits = [fit(design, counts, model) for model in models]
        values = [bic(each, counts)[0] for each in fits]
        return float(fits[int(np.argmin(values))].n_hat[0])

    def resampled() -> float:
        tables = resample(counts, 1000, 1)
        return bca(counts, lambda many: stepwise(5, many, 0.02).fits.n_hat, tables).low or 0.0

    work: dict[str, Callable[[], float]] = {"batch": batch, "single": single, "resampled": resampled}
    assert abs(batch() - single()) < 1e-3
    best: dict[str, float] = {}
    for _ in range(repeats):
        for key, action in work.items():
            maximum_exists.cache_clear()
            before = time.perf_counter()
            action()
            spent = time.perf_counter() - before
            best[key] = min(best.get(key, spent), spent)
    return best


def table(best: dict[str, float]) -> str:
    """Return the figures as a Markdown table."""
    rows = ["| work | one batch, s | one by one, s | ratio |", "|---|---|---|---|"]
    fast, slow = best["batch"], best["single"]
    rows.append(f"| 1,024 models of five lists | {fast:.3f} | {slow:.2f} | {slow / fast:.0f} |")
    rows.append(f"| stepwise choice in 1,000 resamples, BCa | {best['resampled']:.2f} | | |")
    return "\n".join(rows)


def about(repeats: int) -> str:
    """Return what was run on which kind of machine, in one sentence."""
    import numpy
    import scipy

    system = f"{platform.system()} {platform.machine()}, one core"
    software = f"Python {platform.python_version()}, NumPy {numpy.__version__}, SciPy {scipy.__version__}"
    return f"{system}; {software}; best of {repeats} runs taken in turn."


def write(text: str, page: Path = PAGE) -> None:
    """Put the table between the marks of the page; the rest of the page is written by hand."""
    before, rest = page.read_text(encoding="utf-8").split(BEGIN)
    after = rest.split(END)[1]
    page.write_text(f"{before}{BEGIN}\n\n{text}\n\n{END}{after}", encoding="utf-8")


def main() -> int:
    """Measure, print the table, and say whether the target is met."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--write", action="store_true", help="put the table into the docs")
    parser.add_argument("--check", action="store_true", help="exit code 1 where the target is missed")
    options = parser.parse_args()
    best = measure(options.repeats)
    met = best["batch"] < MOST_SECONDS
    said = "Target met." if met else f"Target missed: more than {MOST_SECONDS:g} s."
    text = f"{table(best)}\n\n{about(options.repeats)}\n\n{said}"
    print(text)
    if options.write:
        write(text)
    return int(options.check and not met)


if __name__ == "__main__":
    sys.exit(main())
