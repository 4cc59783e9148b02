"""Is the fit right? Made countries whose truth is known, and records whose years were permuted.

    .venv/bin/python tools/calibration_study.py known-truth    fit 50 made countries, store what came out
    .venv/bin/python tools/calibration_study.py placebo        fit records without time, store what came out
    .venv/bin/python tools/calibration_study.py page           write the page from what is stored
    .venv/bin/python tools/calibration_study.py check          fail if page and stored results differ

Every fit is one file in the folder of the study: a killed study goes on where it was. A fit is made by the
default method or the one named, from the mode next to the centre of the prior, with fewer draws and in one
repetition. The placebo compares evidence, which only smc tells.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from datetime import date
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import calibration_page
import calibration_results
import numpy as np
import placebo_results

from yupana.core.errors import YupanaError
from yupana.core.files import read_json, write_json
from yupana.core.settings import DEFAULT_PACK, default
from yupana.fit.posterior import Posterior
from yupana.fit.stamp import method_hash
from yupana.fit.store import read_arrays, write_arrays

STUDIES = {"known-truth": calibration_results, "placebo": placebo_results}
SEED = 20161231
WORLD: list[Any] = []
"""The posteriors and what else a process needs, made once in each."""


def main(words: Sequence[str]) -> int:
    """Run a study, or write or check the page."""
    parser = argparse.ArgumentParser(description="is the fit right?")
    parser.add_argument("what", choices=(*STUDIES, "page", "check"))
    parser.add_argument("--pack", default=DEFAULT_PACK, help="name or folder of a pack")
    parser.add_argument("--until", type=int, default=default("fit_until"), help="last year of the figures")
    parser.add_argument("--countries", type=int, default=50, help="made countries")
    parser.add_argument("--twice", type=int, default=6, help="of them, fitted by a second repetition")
    parser.add_argument("--seeds", type=int, default=5, help="permutations of all years")
    parser.add_argument("--origins", type=int, default=5, help="years from which the next is forecast")
    parser.add_argument("--each", type=int, default=2, help="permutations at each of these origins")
    parser.add_argument("--draws", type=int, default=256, help="draws of a fit")
    parser.add_argument("--method", choices=("smc", "blocks"), help="of the fits; the placebo takes smc")
    parser.add_argument("--threads", type=int, default=2, help="fits at once")
    parser.add_argument("--out", type=Path, help="folder of the fits of the study")
    parser.add_argument("--dry", action="store_true", help="print the result, store nothing in the docs")
    asked = parser.parse_args(words)
    if asked.what in ("page", "check"):
        return calibration_page.write(check=asked.what == "check")
    try:
        found = run(asked)
    except YupanaError as fault:
        print(fault, file=sys.stderr)
        return fault.exit_code
    if asked.dry:
        calibration_page.show(asked.what, found)
        return 0
    stored = read_json(calibration_page.STORED) or {}
    write_json(calibration_page.STORED, {**stored, asked.what: found})
    return calibration_page.write()


def run(asked: argparse.Namespace) -> dict[str, Any]:
    """Make all fits that are missing, and return the result of the study."""
    study = STUDIES[asked.what]
    asked.method = method_of(asked)
    began = time.monotonic()
    _, quick, stamp = world(asked.pack, asked.until)
    settings = {"study": asked.what, "pack": asked.pack, "until": asked.until, "draws": asked.draws,
                "seed": SEED, "stamp": stamp, "method": asked.method,
                "method_code": method_hash(asked.method)}  # fmt: skip
    folder = asked.out or Path("yupana-runs") / f"calibration-{asked.what}"
    folder.mkdir(parents=True, exist_ok=True)
    check_folder(folder, settings)
    tasks = study.tasks(asked, quick, SEED)
    missing = [task for task in tasks if not (folder / task.file).exists()]
    print(f"{len(tasks)} fits, {len(tasks) - len(missing)} of them there; stamp {stamp}", file=sys.stderr)
    fit_all(missing, folder, asked)
    files = {task.file: read_arrays(folder / task.file) for task in tasks}
    each = [float(arrays["seconds"]) for arrays in files.values()]
    about = {**settings, "made": date.today().isoformat(), "threads": asked.threads, "fits": len(tasks),
             "seconds_a_fit": round(float(np.median(each)), 1), "seconds": round(float(sum(each))),
             "seconds_this_time": round(time.monotonic() - began)}  # fmt: skip
    return {**about, **study.summary(asked, quick, tasks, files, SEED)}


def method_of(asked: argparse.Namespace) -> str:
    """Return the method of the fits.

    Raises
    ------
    UsageError
        Y102 where the placebo is asked for by a method that does not tell the evidence.
    """
    from yupana.core.errors import UsageError

    if asked.what == "placebo" and asked.method not in (None, "smc"):
        raise UsageError(
            "the placebo compares evidence",
            code="Y102",
            where="--method",
            got=asked.method,
            expected="smc, the one method that tells it",
        )
    return "smc" if asked.what == "placebo" else asked.method or default("method")


def check_folder(folder: Path, settings: dict[str, Any]) -> None:
    """Refuse a folder that holds fits of other code, evidence or settings.

    Raises
    ------
    UsageError
        Y105 where it does.
    """
    from yupana.core.errors import UsageError

    known = read_json(folder / "settings.json")
    if known is None:
        write_json(folder / "settings.json", settings)
    elif known != settings:
        other = {key: (known.get(key), value) for key, value in settings.items() if known.get(key) != value}
        raise UsageError(
            "the folder holds fits of another study",
            code="Y105",
            where=str(folder),
            got="; ".join(f"{key} {old}, not {new}" for key, (old, new) in other.items()),
            fix="name another folder with --out, or remove it",
        )


def world(pack: str, until: int) -> tuple[Posterior, Posterior, str]:
    """Return the posterior in double and in single precision, and the stamp of what decides draws."""
    from yupana.fit.build import build_posterior
    from yupana.fit.stamp import stamp
    from yupana.study import load

    study = load(pack, until=until)
    exact, quick = (
        build_posterior(study.pack, study.config, study.priors, until, dtype, threads=1)
        for dtype in ("float64", "float32")
    )
    return exact, quick, stamp(study.pack)


def fit_all(missing: Sequence[Any], folder: Path, asked: argparse.Namespace) -> None:
    """Make the files of the tasks, `threads` at once, each in a process of its own."""
    if not missing:
        return
    os.environ["OMP_NUM_THREADS"] = "1"  # read by the processes that are started below
    began = time.monotonic()
    count = min(asked.threads, len(missing))
    with ProcessPoolExecutor(count, get_context("spawn"), enter, (asked.pack, asked.until)) as pool:
        running = [pool.submit(work, asked.what, task, folder, asked.draws, asked.method) for task in missing]
        for done, future in enumerate(as_completed(running), 1):
            future.result()
            spent = time.monotonic() - began
            rest = spent / done * (len(missing) - done)
            print(f"{done} of {len(missing)} after {spent:.0f} s, about {rest:.0f} s more", file=sys.stderr)


def enter(pack: str, until: int) -> None:
    """Make the posteriors of a process."""
    WORLD[:] = world(pack, until)


def work(what: str, task: Any, folder: Path, draws: int, method: str) -> None:
    """Make the file of one task."""
    exact, quick, _ = WORLD
    began = time.monotonic()
    make: Callable[..., dict[str, Any]] = STUDIES[what].fit
    arrays = make(task, exact, quick, draws, SEED, method)
    write_arrays(folder / task.file, {**arrays, "seconds": time.monotonic() - began})


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
