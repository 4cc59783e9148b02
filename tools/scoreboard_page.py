"""The scoreboard in words and tables, from stored scores."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from statistics import median
from typing import Any

from scoreboard_form import section, three, widened

LEAST_YEARS = 4  # as in yupana.fit.scores, where a test holds them together
AIM = (0.80, 0.97)  # of the 90 percent intervals, set before the first score
AREA = "coca_area"
VERSIONS = {
    "blind": "Blind: every driver walks from the origin",
    "given-drivers": "Given drivers: recorded where they leak nothing",
}
SHORT = {"blind": "blind", "given-drivers": "given drivers"}
WORDS = {"fit": "the fit", "form": "the fit with its error of form", "prior": "prior draws"}
VERDICTS = ("better", "worse", "no difference")

Scores = Mapping[str, Any]


def render(board: Mapping[str, Any], rolling: Mapping[str, Any] | None) -> str:
    """Return the written part of the page."""
    boards = board["boards"]
    name, own = next(iter(boards.items()))
    parts = [_about(board), _in_short(boards, board["gained"])]
    for version, words in VERSIONS.items():
        found = _of(own["series"], version)
        parts += [f"## {words}", _verdicts(found, WORDS[name]), _table(found), _horizons(found)]
        if "form" in boards:
            wide = _of(boards["form"]["series"], version)
            parts += [f"### With the error of form, {SHORT[version]}", widened(found, wide)]
        if "prior" in boards and name != "prior":
            parts += [
                f"### What fitting changed, {SHORT[version]}",
                _changed(found, _of(boards["prior"]["series"], version), _of(board["gained"], version)),
            ]
    if "form" in boards:
        parts.append(section(boards))
    parts += [_rolling(rolling), _forecasts(board["forecasts"])]
    parts.append("## Not scored\n\n| series | why |\n|---|---|")
    parts[-1] += "".join(f"\n| `{series}` | {why} |" for series, why in own["left_out"].items())
    return "\n\n".join(parts) + "\n"


def _of(found: Sequence[Scores], version: str) -> list[Scores]:
    return [one for one in found if one["version"] == version]


def _about(board: Mapping[str, Any]) -> str:
    lines = []
    for name, one in board["boards"].items():
        if name == "form":  # the draws and runs of the fit
            continue
        if one["draws"].startswith("prior"):
            source = "**Prior draws, nothing fitted.**"
        else:
            source = f"**{one['draws'][0].upper()}{one['draws'][1:]}.**"
        failed = "".join(f" **Gate failed: {gate}.**" for gate in one["failed"])
        runs = ", ".join(f"`{run}` ({SHORT[version]})" for version, run in one["runs"].items())
        lines.append(f"{source}{failed} {one['run_draws']} draws; runs {runs}.")
    first = next(iter(board["boards"].values()))
    lines.append(
        f"Pack `{board['pack']}`, forecast from the end of {first['origin']}, scored on {first['first']} to "
        f"{first['last']}, made on {board['made']}."
    )
    return "\n\n".join(lines)


# --- in short ---------------------------------------------------------------------------------------------


def _in_short(boards: Mapping[str, Any], gained: Sequence[Scores]) -> str:
    lines = [
        "## In short",
        "",
        "Series on which the model is better or worse than the best naive forecast, and figures inside its "
        "intervals.",
        "",
        "| forecast | draws | better | worse | no difference | in 50% | in 90% |",
        "|---|---|--:|--:|--:|--:|--:|",
    ]
    for version, short in SHORT.items():
        for name, board in boards.items():
            found = _of(board["series"], version)
            counts = [_count(found, verdict) for verdict in VERDICTS]
            cells = [short, WORDS[name], *counts, _inside(found, "50"), _inside(found, "90")]
            lines.append("| " + " | ".join(map(str, cells)) + " |")
    lines += ["", *_gain_lines(boards, gained), *_aims(boards)]
    return "\n".join(lines)


def _count(found: Sequence[Scores], verdict: str) -> int:
    return sum(one["verdict"] == verdict for one in found if one["best_naive"])


def _gain_lines(boards: Mapping[str, Any], gained: Sequence[Scores]) -> list[str]:
    """Return what fitting gained and lost against prior draws, a line a version."""
    lines = []
    known = {(one["name"], one["part"]) for one in next(iter(boards.values()))["series"] if one["best_naive"]}
    for version, short in SHORT.items():
        found = _of(gained, version)
        if found:
            words = {v: _listed([one for one in found if one["verdict"] == v], known) for v in VERDICTS}
            count = sum(one["verdict"] == "no difference" for one in found)
            lines.append(
                f"- Against prior draws, {short}: the fit is closer on {words['better']}; farther on "
                f"{words['worse']}; on {count} of {len(found)} series no difference can be told."
            )
    return lines


def _listed(found: Sequence[Scores], known: set[tuple[str, str]]) -> str:
    """Return series by name where a figure was known at the origin, the others by number."""
    names = [_label(one) for one in found if (one["name"], one["part"]) in known]
    rest = len(found) - len(names)
    if rest:
        names.append(f"{rest} series that had no figure at the origin")
    return f"{len(found)} ({', '.join(names)})" if names else "none"


def _aims(boards: Mapping[str, Any]) -> list[str]:
    """Return the lines on the aims: of the main draws, and of the same with the error of form."""
    first = next(iter(boards))
    return [line for name in boards if name in (first, "form") for line in _aim_lines((name, boards[name]))]


def _aim_lines(board: tuple[str, Mapping[str, Any]]) -> list[str]:
    """Return whether the aim of the area was reached, given drivers."""
    name, body = board
    area = [one for one in _of(body["series"], "given-drivers") if one["name"].partition("[")[0] == AREA]
    low, high = AIM
    share = sum(one["n"] * one["coverage90"] for one in area) / max(sum(one["n"] for one in area), 1)
    national = [one for one in area if one["name"] == AREA]
    seen = [one for one in area if one["best_naive"] and one["name"] != AREA]
    unseen = [one for one in area if not one["best_naive"] and one["name"] != AREA]
    verdicts = "; ".join(f"{one['part']} {one['verdict']}" for one in national if one["best_naive"])
    counts = ", ".join(f"{_count(seen, verdict)} {verdict}" for verdict in VERDICTS)
    words = "inside" if low <= share <= high else "outside"
    return [
        f"- The aim, {WORDS[name]} given drivers: closer than the best naive forecast on area. The nation: "
        f"{verdicts}. Zones that had a figure at the origin, before and after the survey change apart: "
        f"{counts}.",
        f"- The aim of coverage, 90 percent intervals of area that hold {low:.0%} to {high:.0%} of the "
        f"figures: they hold {share:.0%}, which is {words}. Of the nation's figures "
        f"{_inside(national, '90')}, of zones that had a figure at the origin {_inside(seen, '90')}, of "
        f"zones that had none {_inside(unseen, '90')}.",
    ]


# --- one version ------------------------------------------------------------------------------------------


def _label(one: Scores) -> str:
    return f"`{one['name']}` {one['part']}".strip()


def _verdicts(found: Sequence[Scores], who: str) -> str:
    compared = [one for one in found if one["best_naive"]]
    lines = [f"Of {who}:", ""]
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


def _inside(found: Sequence[Scores], level: str) -> str:
    total = sum(one["n"] for one in found)
    return f"{sum(one['n'] * one[f'coverage{level}'] for one in found):.0f} of {total}"


def _table(found: Sequence[Scores]) -> str:
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
            its = f"{three(one['crps_best_naive'])} ({three(one['crps_best_naive_se'])})"
            gap = _interval(one["difference_low"], one["difference_high"])
            best = min(one["naive"], key=lambda name: one["naive"][name])
            hindsight = f"{best}, {three(one['naive'][best])}"
        count = len(one["by_year"])
        verdict = one["verdict"] if one["best_naive"] else "-"
        verdict += f" ({count} years)" if one["best_naive"] and count < LEAST_YEARS else ""
        own = f"{three(one['crps'])} ({three(one['crps_se'])})"
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


def _horizons(found: Sequence[Scores]) -> str:
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


def _changed(fit: Sequence[Scores], prior: Sequence[Scores], gained: Sequence[Scores]) -> str:
    """Return the table of the fit beside prior draws."""
    other = {(one["name"], one["part"]): one for one in prior}
    gaps = {(one["name"], one["part"]): one for one in gained}
    lines = [
        "| series | n | unit | CRPS of the fit (se) | of prior draws (se) | fit minus prior, 90% | fit is "
        "| fit inside 50% / 90% | prior inside |",
        "|---|--:|---|--:|--:|--:|---|--:|--:|",
    ]
    for one in fit:
        key = (one["name"], one["part"])
        if key not in other:
            continue
        before, gap = other[key], gaps[key]
        years = f" ({gap['years']} years)" if gap["years"] < LEAST_YEARS else ""
        cells = (
            _label(one),
            one["n"],
            one["unit"],
            f"{three(one['crps'])} ({three(one['crps_se'])})",
            f"{three(before['crps'])} ({three(before['crps_se'])})",
            _interval(gap["low"], gap["high"]),
            gap["verdict"] + years,
            _both(one),
            _both(before),
        )
        lines.append("| " + " | ".join(map(str, cells)) + " |")
    return "\n".join(lines)


def _both(one: Scores) -> str:
    return f"{one['coverage50']:.0%} / {one['coverage90']:.0%}"


# --- rolling origins --------------------------------------------------------------------------------------


def _rolling(body: Mapping[str, Any] | None) -> str:
    title = "## Rolling origins"
    if body is None:
        return f"{title}\n\nNot made yet."
    origins = body["origins"]
    first, last = origins[0]["origin"], origins[-1]["origin"]
    failed = [str(one["origin"]) for one in origins if one["failed"]]
    draws = sorted({one["draws"] for one in origins})
    parts = [
        title,
        f"One fit a year, {first} to {last}, each to the figures and drivers known by then, in "
        f"{' or '.join(map(str, draws))} draws: cheaper than the fit above. Forecasts one, three and five "
        "years ahead against the naive forecast that was best over these very origins and horizons, which "
        "nobody could know: the hardest one. Neighbouring forecasts share years; intervals are those of "
        f"blocks as long as the horizon. Made on {body['made']}. "
        + (f"Fits that failed a gate: {', '.join(failed)}." if failed else "Every fit passed its gates."),
        _rolling_short(body["series"]),
    ]
    for version, words in VERSIONS.items():
        parts += [f"### {words}", _rolling_table(_of(body["series"], version))]
    return "\n\n".join(parts)


def _rolling_short(found: Sequence[Scores]) -> str:
    lines = [
        "| forecast | years ahead | series compared | better | worse | no difference | median CRPS ratio "
        "| figures | inside 50% | 90% |",
        "|---|--:|--:|--:|--:|--:|--:|--:|--:|--:|",
    ]
    for version, short in SHORT.items():
        for horizon in sorted({one["horizon"] for one in found}):
            rows = [one for one in _of(found, version) if one["horizon"] == horizon]
            pairs = [one for one in rows if one["best_naive"]]
            total = sum(one["n"] for one in rows)
            ratios = [one["crps_compared"] / one["crps_best_naive"] for one in pairs]
            cells = [
                short,
                horizon,
                len(pairs),
                *(_count(pairs, verdict) for verdict in VERDICTS),
                f"{median(ratios):.2f}" if ratios else "",
                total,
                *(
                    f"{sum(one['n'] * one[f'coverage{level}'] for one in rows) / total:.0%}"
                    for level in ("50", "90")
                ),
            ]
            lines.append("| " + " | ".join(map(str, cells)) + " |")
    return "\n".join(lines)


def _rolling_table(found: Sequence[Scores]) -> str:
    horizons = sorted({one["horizon"] for one in found})
    lines = [
        "CRPS of the model / of the naive forecast, verdict, and figures compared:",
        "",
        "| series | unit | naive | " + " | ".join(f"{horizon} ahead" for horizon in horizons) + " |",
        "|---|---|---|" + "---|" * len(horizons),
    ]
    series: dict[tuple[str, str], dict[int, Scores]] = {}
    for one in found:
        if one["best_naive"]:
            series.setdefault((one["name"], one["part"]), {})[one["horizon"]] = one
    for each in series.values():
        one = next(iter(each.values()))
        cells = [_rolling_cell(each[horizon]) if horizon in each else "" for horizon in horizons]
        lines.append(f"| {_label(one)} | {one['unit']} | {one['best_naive']} | {' | '.join(cells)} |")
    return "\n".join(lines)


def _rolling_cell(one: Scores) -> str:
    return (
        f"{three(one['crps_compared'])} / {three(one['crps_best_naive'])}, {one['verdict']} "
        f"({one['compared']})"
    )


# --- stored forecasts -------------------------------------------------------------------------------------


def _forecasts(stored: Sequence[Mapping[str, Any]]) -> str:
    lines = [
        "## Forecasts on record",
        "",
        "Every variable of a run, scored above or not, with its quantiles by year and the day on which the "
        "table was made. The quantity is forecast, not a figure that a source may publish of it.",
        "",
        "| file | from the end of | years | variables and places | versions | made on | draws |",
        "|---|--:|---|--:|---|---|---|",
    ]
    for one in stored:
        versions = ", ".join(SHORT[version] for version in one["versions"])
        lines.append(
            f"| [{one['file']}](forecasts/{one['file']}) | {one['origin']} | {one['first']} to {one['last']} "
            f"| {one['variables']} | {versions} | {one['made']} | {one['draws']} |"
        )
    return "\n".join(lines)


def _interval(low: float | None, high: float | None) -> str:
    return "" if low is None or high is None else f"{three(low)} to {three(high)}"
