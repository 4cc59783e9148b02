"""Peak memory of `yupana run` against the number of draws: it must not grow with them.

    python benchmarks/memory.py [--pack PACK] [--draws 4096 65536] [--limit 1.3]

Each run is a process of its own, summary included; the peak is what the operating system reports for it.
Exit code 1 where the largest run needs more than the limit times what the smallest needs.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Measurement:
    """One run.

    Attributes
    ----------
    draws : number of draws.
    peak : MB of memory at most.
    seconds : from start to end.
    disk : MB written.
    """

    draws: int
    peak: float
    seconds: float
    disk: float


def measure(pack: str, draws: int, folder: Path) -> Measurement:
    """Return what one run took."""
    out = folder / str(draws)
    command = [
        sys.executable,
        "-m",
        "yupana.cli.main",
        "run",
        pack,
        "--draws",
        str(draws),
        "--out",
        str(out),
        "--json",
    ]
    begin = time.monotonic()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    if status:
        raise SystemExit(f"the run of {draws} draws failed")
    seconds = time.monotonic() - begin
    disk = sum(path.stat().st_size for path in out.rglob("*") if path.is_file())
    unit = 1e6 if sys.platform == "darwin" else 1e3  # bytes there, kilobytes elsewhere
    return Measurement(draws, usage.ru_maxrss / unit, seconds, disk / 1e6)


def main(words: Sequence[str] | None = None) -> int:
    """Measure, print a table, and say whether memory is flat."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--pack", default="peru")
    parser.add_argument("--draws", type=int, nargs="+", default=[4096, 65536])
    parser.add_argument("--limit", type=float, default=1.3, help="largest ratio of peaks")
    options = parser.parse_args(words)
    print(f"{'draws':>8}  {'peak MB':>8}  {'seconds':>8}  {'disk MB':>8}")
    found = []
    with tempfile.TemporaryDirectory() as name:
        for draws in sorted(options.draws):
            found.append(measure(options.pack, draws, Path(name)))
            last = found[-1]
            print(f"{last.draws:8,}  {last.peak:8.0f}  {last.seconds:8.1f}  {last.disk:8.0f}", flush=True)
    ratio = found[-1].peak / found[0].peak
    print(f"ratio of peaks {ratio:.2f}, at most {options.limit:g} allowed")
    return int(ratio > options.limit)


if __name__ == "__main__":
    sys.exit(main())
