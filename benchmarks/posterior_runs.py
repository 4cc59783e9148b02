"""What a run from a fit costs beside one from the priors: CPU seconds, taken in turn in one process.

    python benchmarks/posterior_runs.py [--posterior FIT] [--draws 1024] [--repeats 5] [--write]

The fit is that of the pack where none is named. Both runs are whole (plan, draws, model, files); compilation
is not counted. Exit code 1 where the run from the fit costs more than the limit times the other.
"""

from __future__ import annotations

import argparse
import os
import platform
import re
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from yupana.core.settings import DEFAULT_PACK
from yupana.study import Study, load

PAGE = Path(__file__).resolve().parent.parent / "docs" / "reference" / "benchmarks.md"
MARKS = "<!-- posterior runs: written by benchmarks/posterior_runs.py -->", "<!-- end of posterior runs -->"
LIMIT = 1.05
"""Largest ratio: five percent are the noise of best times on one core."""


def measure(
    draws: int, repeats: int, posterior: str | None, allow_failed: bool
) -> dict[str, tuple[float, float]]:
    """Return the best CPU and clock seconds of both runs."""
    best: dict[str, tuple[float, float]] = {}
    with tempfile.TemporaryDirectory() as folder:

        def run(name: str, out: Path) -> None:
            study: Study = load(DEFAULT_PACK)  # a new one: nothing may be remembered
            if name == "prior":
                study.run(draws=draws, out=out, threads=1, prior=True)
            else:
                study.run(draws=draws, out=out, threads=1, posterior=posterior, allow_failed=allow_failed)

        for repeat in range(repeats + 1):
            names = ("prior", "fit") if repeat % 2 else ("fit", "prior")
            for name in names:
                out = Path(folder, f"{name}-{repeat}")
                cpu, clock = timed(lambda name=name, out=out: run(name, out))
                if repeat:  # the first compiles, and looks up how much of each number is prior
                    old = best.get(name, (float("inf"),) * 2)
                    best[name] = (min(old[0], cpu), min(old[1], clock))
    return best


def timed(action: Callable[[], None]) -> tuple[float, float]:
    """Return CPU and clock seconds of an action."""
    cpu, clock = time.process_time(), time.perf_counter()
    action()
    return time.process_time() - cpu, time.perf_counter() - clock


def text(best: dict[str, tuple[float, float]], draws: int, repeats: int) -> str:
    """Return the table, and what was run where."""
    from importlib.metadata import version

    ratio = best["fit"][0] / best["prior"][0]
    lines = ["| draws from | CPU, s | clock, s | over the priors |", "|---|---|---|---|"]
    for name, words in (("prior", "the priors"), ("fit", "a fit")):
        cpu, clock = best[name]
        lines.append(f"| {words} | {cpu:.2f} | {clock:.2f} | {cpu / best['prior'][0]:.3f} |")
    lines += [
        "",
        f"{platform.system()} {platform.machine()}, one thread; Python {platform.python_version()}, jax "
        f"{version('jax')}; {draws:,} draws of the baseline, best of {repeats} runs taken in turn.",
        "",
        "Target met." if ratio <= LIMIT else "Target missed.",
    ]
    return "\n".join(lines)


def put(table: str) -> None:
    """Write the table into the page of benchmarks."""
    page = PAGE.read_text(encoding="utf-8")
    begin, end = MARKS
    pattern = re.compile(f"{re.escape(begin)}.*?{re.escape(end)}", re.S)
    PAGE.write_text(pattern.sub(lambda _: f"{begin}\n\n{table}\n\n{end}", page), encoding="utf-8")


def main() -> int:
    """Measure, print, write where asked, and say whether the target is met."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--posterior", help="folder or id of a fit; the pack's own if none")
    parser.add_argument("--allow-failed", action="store_true", help="also a fit that failed a gate")
    parser.add_argument("--draws", type=int, default=1024)
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--write", action="store_true", help="write the table into the documentation")
    asked = parser.parse_args()
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    if asked.posterior is None and load(DEFAULT_PACK).shipped is None:
        print("no fit comes with the pack: name one with --posterior", file=sys.stderr)
        return 2
    best = measure(asked.draws, asked.repeats, asked.posterior, asked.allow_failed)
    table = text(best, asked.draws, asked.repeats)
    print(table)
    if asked.write:
        put(table)
    return int(best["fit"][0] > LIMIT * best["prior"][0])


if __name__ == "__main__":
    sys.exit(main())
