"""The compiled engine against the NumPy run of the same source, side by side in one process on one core.

Usage: python benchmarks/engine.py [--repeats N] [--years N] [--write] [--check]
Both run blocks of 256 draws of the shipped pack. The figure is CPU time of this process over member-months;
compilation is not counted. `--write` puts the table into docs/reference/benchmarks.md; `--check` fails where
a target is missed.
"""

from __future__ import annotations

import argparse
import os
import platform
import sys
import time
from pathlib import Path

PAGE = Path(__file__).resolve().parent.parent / "docs" / "reference" / "benchmarks.md"
BLOCK = 256
MOST_MICROSECONDS = 3.5  # of the compiled engine in float32
LEAST_RATIO = 5.0  # NumPy over compiled, in either precision
BEGIN, END = "<!-- engine: written by benchmarks/engine.py -->", "<!-- end of engine -->"


def measure(repeats: int, years: int) -> dict[tuple[str, str], float]:
    """Return CPU microseconds per member-month by (backend, dtype), best of `repeats`, in turn."""
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    from yupana.evidence import load_pack
    from yupana.model import Engine, build_config, build_drivers, compile_policy
    from yupana.params import PriorSet

    pack = load_pack("peru")
    config = build_config(pack)
    priors = PriorSet.from_pack(pack, config.dims)
    end = pack.start + years - 1
    drivers = build_drivers(pack, config, pack.start, end)
    policy = compile_policy(config, drivers, {})
    engines = {(b, d): Engine(config, d, backend=b) for d in ("float32", "float64") for b in ("jax", "numpy")}
    inputs = {d: priors.draw(1, 0, BLOCK, d) for d in ("float32", "float64")}
    noise = engines["jax", "float32"].draw_noise(1, 0, BLOCK, pack.start, end)
    best: dict[tuple[str, str], float] = {}
    for turn in range(repeats + 1):
        for key, engine in engines.items():
            before = time.process_time()
            engine.run(inputs[key[1]], drivers, policy, noise)
            spent = (time.process_time() - before) / (BLOCK * years * config.steps_per_year) * 1e6
            if turn:  # the first turn compiles
                best[key] = min(best.get(key, spent), spent)
    return best


def table(best: dict[tuple[str, str], float]) -> str:
    """Return the figures as a Markdown table with the ratio of NumPy to the compiled engine."""
    rows = ["| precision | compiled, us | NumPy, us | ratio |", "|---|---|---|---|"]
    for dtype in ("float32", "float64"):
        fast, slow = best["jax", dtype], best["numpy", dtype]
        rows.append(f"| {dtype} | {fast:.2f} | {slow:.1f} | {slow / fast:.1f} |")
    return "\n".join(rows)


def about(repeats: int) -> str:
    """Return what was run on which kind of machine, in one sentence."""
    import jax
    import numpy

    system = f"{platform.system()} {platform.machine()}, one core"
    software = f"Python {platform.python_version()}, jax {jax.__version__}, NumPy {numpy.__version__}"
    return f"{system}; {software}; best of {repeats} runs taken in turn."


def verdict(best: dict[tuple[str, str], float]) -> list[str]:
    """Return the targets that were missed, in words."""
    missed = []
    if best["jax", "float32"] > MOST_MICROSECONDS:
        missed.append(f"float32 takes more than {MOST_MICROSECONDS} us")
    for dtype in ("float32", "float64"):
        if best["numpy", dtype] < LEAST_RATIO * best["jax", dtype]:
            missed.append(f"{dtype} is less than {LEAST_RATIO:g} times as fast as NumPy")
    return missed


def sentence(best: dict[tuple[str, str], float]) -> str:
    """Return whether the targets are met, as the page says it."""
    missed = verdict(best)
    return f"Targets missed: {'; '.join(missed)}." if missed else "Targets met."


def write(text: str, page: Path = PAGE) -> None:
    """Put the table between the marks of the page; the rest of the page is written by hand."""
    before, rest = page.read_text(encoding="utf-8").split(BEGIN)
    after = rest.split(END)[1]
    page.write_text(f"{before}{BEGIN}\n\n{text}\n\n{END}{after}", encoding="utf-8")


def main() -> int:
    """Measure, print the table, and say which targets were missed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--years", type=int, default=31)
    parser.add_argument("--write", action="store_true", help="put the table into the docs")
    parser.add_argument("--check", action="store_true", help="exit code 1 where a target is missed")
    options = parser.parse_args()
    best = measure(options.repeats, options.years)
    text = f"{table(best)}\n\n{about(options.repeats)}\n\n{sentence(best)}"
    print(text)
    missed = verdict(best)
    if options.write:
        write(text)
    return int(options.check and bool(missed))


if __name__ == "__main__":
    sys.exit(main())
