"""Fit the default pack to every year from 2008 to 2016, and score forecasts 1, 3 and 5 years ahead from each.

.venv/bin/python tools/rolling_origins.py             go on where the last call stopped, and store the scores
.venv/bin/python tools/rolling_origins.py 2008 2009   these origins in order; nothing is stored in the docs

Every origin has a folder of its own below yupana-fits/rolling: its fit, its runs, and its cases; what is
there and still holds is used again. What the forecasts say of the equations (the error of form) is written
beside the fit that comes with the pack. The page is written from the stored scores by tools/scoreboard.py.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from yupana.analysis.hindcast_rolling import Case
    from yupana.study import Study

ROOT = Path(__file__).resolve().parent.parent
STORED = ROOT / "docs" / "explanation" / "scoreboard-rolling.json"
FOLDER = Path("yupana-fits", "rolling")
HANDS = (range(2008, 2013), range(2013, 2017))
"""Origins that follow each other; two processes work on them side by side. The first of each starts anew."""
LAST_YEAR = 2024  # whose figures are looked at
SEED = 1


def main(words: Sequence[str]) -> int:
    """Fit, score and store."""
    from yupana.core.settings import DEFAULT_PACK
    from yupana.study import load

    if not words:
        _side_by_side()
    wanted = [int(word) for word in words] or [year for years in HANDS for year in years]
    folder = FOLDER.resolve()
    folder.mkdir(parents=True, exist_ok=True)
    full = load(DEFAULT_PACK)
    done, mode = [], None
    for origin in wanted:
        start = None if origin in (years[0] for years in HANDS) else mode
        body, mode = at_origin(full, origin, start, folder / str(origin))
        done.append(body)
        print(
            f"{origin}: {body['figures']} figures, fit {body['fit_seconds']:.0f} s, forecasts "
            f"{body['score_seconds']:.0f} s, {len(body['cases'])} cases, gates failed: {len(body['failed'])}",
            flush=True,
        )
    if not words:
        STORED.write_text(json.dumps(summary(full, done), indent=1) + "\n", encoding="utf-8")
        print(f"written: {STORED.name}")
        write_form_error(full, done)
    return 0


def _side_by_side() -> None:
    """Work on the origins in two processes and wait for them; each keeps what it finishes."""
    calls = [
        subprocess.Popen([sys.executable, str(Path(__file__).resolve()), *map(str, years)]) for years in HANDS
    ]
    codes = [call.wait() for call in calls]
    if any(codes):
        sys.exit("an origin was not finished; call again to go on")


def at_origin(
    full: Study, year: int, start: Mapping[str, float] | None, folder: Path
) -> tuple[dict[str, Any], Mapping[str, float]]:
    """Return what one origin gives, and its mode; a stored answer that still holds is used again."""
    from yupana.analysis.hindcast_figures import Origin
    from yupana.analysis.hindcast_rolling import Case, cases
    from yupana.fit.rolling import fit_at_origin
    from yupana.fit.stamp import stamp
    from yupana.study import load

    until = load(full.pack_word, until=year)
    folder.mkdir(exist_ok=True)
    fit = fit_at_origin(until.pack, until.config, until.priors, folder / "fit", start, seed=SEED, threads=1)
    stored, now = folder / "cases.json", stamp(full.pack)
    if stored.is_file():
        body = json.loads(stored.read_text(encoding="utf-8"))
        whole = all(set(case) == set(Case.__dataclass_fields__) for case in body["cases"])
        if (body["fit"], body["stamp"]) == (fit.record.id, now) and whole:
            return body, fit.mode
    began = time.monotonic()
    os.chdir(folder)  # runs lie beside the fit
    origin = Origin(full, until, fit.draws.count, SEED, str(fit.folder))
    found = cases(origin, LAST_YEAR, threads=1)
    body = {
        "origin": year,
        "fit": fit.record.id,
        "stamp": now,
        "figures": len((fit.record.about or {})["rows"]),
        "draws": fit.draws.count,
        "failed": list(fit.record.failed),
        "fit_seconds": (fit.record.about or {})["seconds"],
        "score_seconds": round(time.monotonic() - began, 1),
        "cases": [case.to_json() for case in found],
    }
    stored.write_text(json.dumps(body) + "\n", encoding="utf-8")
    return body, fit.mode


def write_form_error(full: Study, done: Sequence[Mapping[str, Any]]) -> None:
    """Write what the forecasts say of the equations beside the fit that comes with the pack."""
    from yupana.analysis.hindcast_rolling import Case, form_error
    from yupana.fit import form_error as files
    from yupana.fit.shipped import required
    from yupana.fit.stamp import stamp
    from yupana.fit.store import read_record

    folder = required(full.pack)
    until = int(read_record(folder).recipe["until"])
    error = form_error((Case(**case) for body in done for case in body["cases"]), until)
    path = files.write(error, folder, stamp(full.pack, until), [body["fit"] for body in done])
    print(f"written: {path.name}")


def summary(full: Study, done: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Return what is stored in the docs: origins and scores, without the cases."""
    from datetime import date

    from yupana.analysis.hindcast_rolling import Case, rolling_scores
    from yupana.cli.common import without_nan
    from yupana.fit.stamp import stamp

    found: list[Case] = [Case(**case) for body in done for case in body["cases"]]
    return without_nan(
        {
            "pack": full.pack.id,
            "stamp": stamp(full.pack),
            "made": date.today().isoformat(),
            "origins": [{k: v for k, v in body.items() if k not in ("cases", "stamp")} for body in done],
            "series": rolling_scores(found),
        }
    )


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
