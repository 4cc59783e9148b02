"""Score forecasts of the test years and write them into the scoreboard, losses as plainly as wins.

.venv/bin/python tools/scoreboard.py           score prior draws of the default pack, and write the page
.venv/bin/python tools/scoreboard.py FIT       the same with the draws of a fit, by folder or id
.venv/bin/python tools/scoreboard.py --page    write the page again from the stored scores
.venv/bin/python tools/scoreboard.py --check   fail if the page is not what the stored scores say
"""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from statistics import median
from typing import Any

DOCS = Path(__file__).resolve().parent.parent / "docs"
PAGE = DOCS / "explanation" / "scoreboard.md"
STORED = DOCS / "explanation" / "scoreboard.json"
BEGIN, END = "<!-- written by tools/scoreboard.py -->", "<!-- end of what is written -->"
FIRST, LAST = 2017, 2024
DRAWS, SEED = 256, 1
LEAST_YEARS = 4  # as in yupana.fit.scores, where a test holds them together
VERSIONS = {
    "blind": "Blind: every driver walks from the origin",
    "given-drivers": "Given drivers: recorded where they leak nothing",
}


def main(words: Sequence[str]) -> int:
    """Score and write, or with --check compare."""
    if not {"--page", "--check"} & set(words):
        STORED.write_text(json.dumps(scores(next(iter(words), None)), indent=1) + "\n", encoding="utf-8")
    board = json.loads(STORED.read_text(encoding="utf-8"))
    old = PAGE.read_text(encoding="utf-8")
    head, rest = old.split(BEGIN)
    new = f"{head}{BEGIN}\n\n{render(board)}\n{END}{rest.split(END)[1]}"
    if new == old:
        return 0
    if "--check" in words:
        print(f"out of date: {PAGE.name}; run tools/scoreboard.py --page")
        return 1
    PAGE.write_text(new, encoding="utf-8")
    print(f"written: {PAGE.name}")
    return 0


def scores(fit: str | None) -> dict[str, Any]:
    """Return the scoreboard of a fit, or of prior draws, with the day on which it was made."""
    from yupana.analysis.hindcast import Origin, score
    from yupana.cli.common import without_nan
    from yupana.cli.score import find_origin
    from yupana.core.settings import DEFAULT_PACK
    from yupana.study import load

    if fit:
        origin = find_origin(fit, FIRST)
    else:
        origin = Origin(load(DEFAULT_PACK), load(DEFAULT_PACK, until=FIRST - 1), DRAWS, SEED)
    board = score(origin, FIRST, LAST).to_json()
    return without_nan({**board, "made": date.today().isoformat(), "run_draws": origin.draws})


def render(board: Mapping[str, Any]) -> str:
    """Return the written part of the page."""
    parts = [_about(board)]
    for version, words in VERSIONS.items():
        found = [one for one in board["series"] if one["version"] == version]
        parts += [f"## {words}", _verdicts(found), _table(found), _horizons(found)]
    parts.append("## Not scored\n\n| series | why |\n|---|---|")
    parts[-1] += "".join(f"\n| `{name}` | {why} |" for name, why in board["left_out"].items())
    return "\n\n".join(parts) + "\n"


def _about(board: Mapping[str, Any]) -> str:
    runs = ", ".join(f"`{run}` ({version})" for version, run in board["runs"].items())
    if board["draws"].startswith("prior"):
        source = "**Prior draws, nothing fitted.**"
    else:
        source = f"**{board['draws'][0].upper()}{board['draws'][1:]}.**"
    failed = "".join(f" **Gate failed: {gate}.**" for gate in board["failed"])
    return (
        f"{source}{failed} Pack `{board['pack']}`, {board['run_draws']} draws, forecast from the end of "
        f"{board['origin']}, scored on {board['first']} to {board['last']}, made on {board['made']}. "
        f"Runs: {runs}; each holds every variable of the model for all years, scored here or not."
    )


def _label(one: Mapping[str, Any]) -> str:
    return f"`{one['name']}` {one['part']}".strip()


def _verdicts(found: Sequence[Mapping[str, Any]]) -> str:
    compared = [one for one in found if one["best_naive"]]
    lines = []
    for verdict, words in (
        ("worse", "Loses to the best naive forecast"),
        ("better", "Beats it"),
        ("no difference", "No difference can be told"),
    ):
        names = [_label(one) for one in compared if one["verdict"] == verdict]
        lines.append(f"- {words} ({len(names)} of {len(compared)}): {', '.join(names) or 'none'}.")
    alone = len(found) - len(compared)
    lines.append(
        f"- {alone} series had no figure at the origin, so that no naive forecast of them exists. Inside the "
        f"90 percent interval are {_inside(found, '90')} figures, inside that of 50 percent "
        f"{_inside(found, '50')}."
    )
    return "\n".join(lines)


def _inside(found: Sequence[Mapping[str, Any]], level: str) -> str:
    total = sum(one["n"] for one in found)
    return f"{sum(one['n'] * one[f'coverage{level}'] for one in found):.0f} of {total}"


def _table(found: Sequence[Mapping[str, Any]]) -> str:
    lines = [
        "| series | n | unit | CRPS (se) | best naive | its CRPS (se) | model minus naive, 90% | model is "
        "| best in hindsight | inside 50% | 90% |",
        "|---|--:|---|--:|---|--:|--:|---|---|--:|--:|",
    ]
    for one in found:
        naive = hindsight = "-"
        its = gap = ""
        if one["best_naive"]:
            naive = one["best_naive"]
            its = f"{_three(one['crps_best_naive'])} ({_three(one['crps_best_naive_se'])})"
            gap = f"{_three(one['difference_low'])} to {_three(one['difference_high'])}"
            best = min(one["naive"], key=lambda name: one["naive"][name])
            hindsight = f"{best}, {_three(one['naive'][best])}"
        count = len(one["by_year"])
        verdict = one["verdict"] if one["best_naive"] else "-"
        verdict += f" ({count} years)" if one["best_naive"] and count < LEAST_YEARS else ""
        own = f"{_three(one['crps'])} ({_three(one['crps_se'])})"
        cells = (
            _label(one),
            one["n"],
            one["unit"],
            own,
            naive,
            its,
            gap,
            verdict,
            hindsight,
            f"{one['coverage50']:.0%}",
            f"{one['coverage90']:.0%}",
        )
        lines.append("| " + " | ".join(map(str, cells)) + " |")
    return "\n".join(lines)


def _horizons(found: Sequence[Mapping[str, Any]]) -> str:
    ratios: dict[int, list[float]] = {}
    for one in found:
        for year in one["by_year"]:
            if year["crps_best_naive"]:
                ratios.setdefault(year["horizon"], []).append(year["crps"] / year["crps_best_naive"])
    rows = sorted(ratios.items())
    return "\n".join(
        [
            "CRPS over that of the best naive forecast by horizon, median over series (below one: closer):",
            "",
            "| years ahead | " + " | ".join(str(horizon) for horizon, _ in rows) + " |",
            "|---|" + "--:|" * len(rows),
            "| median ratio | " + " | ".join(f"{median(values):.2f}" for _, values in rows) + " |",
            "| series | " + " | ".join(str(len(values)) for _, values in rows) + " |",
        ]
    )


def _three(value: float | None) -> str:
    if value is None:
        return "?"
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.3g}"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
