"""Score forecasts of the test years and write them into the scoreboard, losses as plainly as wins.

.venv/bin/python tools/scoreboard.py               score the pack's own fit and prior draws, write the page
.venv/bin/python tools/scoreboard.py FIT           the same with the draws of a fit, by folder or id
.venv/bin/python tools/scoreboard.py --issue FIT   store a forecast from the last year of a fit, dated today
.venv/bin/python tools/scoreboard.py --page        write the page again from the stored scores
.venv/bin/python tools/scoreboard.py --check       fail if the page is not what the stored scores say

Scores of rolling origins are made by tools/rolling_origins.py.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

from scoreboard_page import render

if TYPE_CHECKING:
    from yupana.analysis.hindcast_figures import Origin

DOCS = Path(__file__).resolve().parent.parent / "docs"
PAGE = DOCS / "explanation" / "scoreboard.md"
STORED = DOCS / "explanation" / "scoreboard.json"
ROLLING = DOCS / "explanation" / "scoreboard-rolling.json"
FORECASTS = DOCS / "explanation" / "forecasts"
BEGIN, END = "<!-- written by tools/scoreboard.py -->", "<!-- end of what is written -->"
FIRST, LAST = 2017, 2024
DRAWS, SEED = 1024, 1


def main(words: Sequence[str]) -> int:
    """Score and write, or with --check compare."""
    named = [word for word in words if not word.startswith("--")]
    if "--issue" in words:
        body = json.loads(STORED.read_text(encoding="utf-8"))
        _write({**body, "forecasts": _with(body["forecasts"], issue(named[0]))})
    elif not {"--page", "--check"} & set(words):
        _write(scores(next(iter(named), None)))
    board = json.loads(STORED.read_text(encoding="utf-8"))
    rolling = json.loads(ROLLING.read_text(encoding="utf-8")) if ROLLING.is_file() else None
    old = PAGE.read_text(encoding="utf-8")
    head, rest = old.split(BEGIN)
    new = f"{head}{BEGIN}\n\n{render(board, rolling)}\n{END}{rest.split(END)[1]}"
    if new == old:
        return 0
    if "--check" in words:
        print(f"out of date: {PAGE.name}; run tools/scoreboard.py --page")
        return 1
    PAGE.write_text(new, encoding="utf-8")
    print(f"written: {PAGE.name}")
    return 0


def _write(body: Mapping[str, Any]) -> None:
    STORED.write_text(json.dumps(body, indent=1) + "\n", encoding="utf-8")


def scores(fit: str | None) -> dict[str, Any]:
    """Return the scores of a fit and of prior draws side by side, with the day on which they were made.

    Without a fit that comes with the pack or was named, the prior draws stand alone.
    """
    from yupana.analysis.hindcast import score
    from yupana.cli.common import without_nan
    from yupana.cli.score import find_origin, with_form_error
    from yupana.core.settings import DEFAULT_PACK
    from yupana.fit.stamp import stamp

    origins = {"prior": find_origin(None, FIRST, DRAWS, DEFAULT_PACK, prior=True)}
    fitted = find_origin(fit, FIRST, DRAWS, DEFAULT_PACK)
    if fitted.posterior is not None:
        origins = {"fit": fitted, "form": with_form_error(fitted), **origins}
    boards = {}
    for name, origin in origins.items():
        board = score(origin, FIRST, LAST).to_json()
        boards[name] = {**board, "run_draws": origin.draws}
    main_origin = next(iter(origins.values()))
    body = {
        "pack": DEFAULT_PACK,
        "stamp": stamp(main_origin.full.pack),
        "made": date.today().isoformat(),
        "boards": boards,
        "gained": gained(boards) if len(boards) > 1 else [],
        "forecasts": _with(_stored_forecasts(), _store(main_origin, ("blind", "given-drivers"))),
    }
    return without_nan(body)


def gained(boards: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return the CRPS of the fit minus that of prior draws, series by series, with its error."""
    import numpy as np

    from yupana.fit.scores import compare

    other = {(one["version"], one["name"], one["part"]): one for one in boards["prior"]["series"]}
    found = []
    for one in boards["fit"]["series"]:
        key = (one["version"], one["name"], one["part"])
        if key not in other:
            continue
        pairs = list(zip(one["by_year"], other[key]["by_year"], strict=True))
        counts = [a["n"] for a, _ in pairs]
        own, prior = (np.repeat([pair[side]["crps"] for pair in pairs], counts) for side in (0, 1))
        gap = compare(own, prior, np.repeat([a["year"] for a, _ in pairs], counts))
        found.append(dict(zip(("version", "name", "part"), key, strict=True)) | vars(gap))
    return found


def issue(fit: str) -> dict[str, Any]:
    """Store the forecast of a fit from its last year on, and return what the page says of it."""
    from yupana.cli.score import find_origin

    # no year after the last is given: the years of a test only tell where the drivers may be read
    return _store(find_origin(fit, FIRST, DRAWS), ("blind",))


def _store(origin: Origin, versions: tuple[str, ...]) -> dict[str, Any]:
    """Write the forecasts of every variable, and return what the page says of the file."""
    from yupana.analysis.forecast_table import forecast_runs, read_forecasts, write_forecasts

    until = int(origin.until.pack.until or 0)
    path = FORECASTS / f"forecasts-{until}.csv.gz"
    runs = forecast_runs(origin, versions, max(LAST, until))
    write_forecasts(origin, runs, path, date.today().isoformat())
    rows = read_forecasts(path)
    years = [int(row[2]) for row in rows]
    return {
        "file": path.name,
        "origin": until,
        "versions": list(versions),
        "made": rows[0][10],
        "draws": next(iter(runs.values())).drawn.words,
        "first": min(years),
        "last": max(years),
        "variables": len({(row[0], row[1]) for row in rows}),
    }


def _stored_forecasts() -> list[dict[str, Any]]:
    return json.loads(STORED.read_text(encoding="utf-8")).get("forecasts", [])


def _with(known: Sequence[Mapping[str, Any]], new: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    kept = [one for one in known if one["file"] != new["file"]]
    return sorted([*kept, new], key=lambda one: one["origin"])


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
