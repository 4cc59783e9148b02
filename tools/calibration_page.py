"""The page on whether the fit is right, from stored results. See calibration_study.py."""

from __future__ import annotations

import io
import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from reference import code, table

from yupana.core.files import read_json, write_whole

DOCS = Path(__file__).resolve().parent.parent / "docs"
PAGE = DOCS / "explanation" / "calibration.md"
STORED = DOCS / "explanation" / "calibration.json"
PICTURE = DOCS / "assets" / "calibration-ranks.png"
COLUMNS = 5
DOTS = 110  # per inch of the picture
SHOWN = 12  # rows of the table of single unknowns
Found = Mapping[str, Any]


def write(check: bool = False) -> int:
    """Write the page and its picture, or say whether the page is what is stored."""
    stored = read_json(STORED)
    if stored is None:
        print(
            f"nothing is stored in {STORED.name}: run tools/calibration_study.py known-truth", file=sys.stderr
        )
        return 1
    text = render(stored)
    old = PAGE.read_text(encoding="utf-8") if PAGE.exists() else ""
    if check:
        if text != old:
            print(f"out of date: {PAGE.name}; run tools/calibration_study.py page", file=sys.stderr)
        return int(text != old)
    if "known-truth" in stored:
        write_whole(PICTURE, picture(stored["known-truth"]))
    write_whole(PAGE, text.encode())
    print(f"written: {PAGE.name}", file=sys.stderr)
    return 0


def show(what: str, found: Found) -> None:
    """Print a result, and its part of the page."""
    print(json.dumps(found, indent=1))
    print({"known-truth": known_truth, "placebo": placebo}[what](found))


def render(stored: Found) -> str:
    """Return the whole page."""
    parts = [
        "# Is the fit right about what it does not know?",
        "<!-- written by tools/calibration_study.py: change that, not this -->",
        "Two studies ask it. In the first the truth is known: prior draws of the model are taken as "
        "countries, their "
        "sources publish records with the real gaps, errors and biases, and each record is fitted as "
        "the real one is. "
        "In the second there is nothing to find: the years of each series are permuted.",
    ]
    for what, one in (("known-truth", known_truth), ("placebo", placebo)):
        parts.append(one(stored[what]) if what in stored else f"The study `{what}` was not made yet.")
    return "\n\n".join(parts) + "\n"


def _about(found: Found, command: str) -> str:
    return (
        f"Made on {found['made']} by `tools/calibration_study.py {command}`: {found['fits']} fits of "
        f"the pack "
        f"`{found['pack']}`, figures to {found['until']}, {found['draws']} draws each by "
        f"`{found.get('method', 'smc')}` in one repetition, "
        f"{found['seconds_a_fit']:.0f} seconds a fit (median) with {found['threads']} at once, "
        f"{found['seconds'] / found['threads'] / 60:.0f} minutes in all. It holds for the code and "
        f"evidence with "
        f"the stamp `{found['stamp']}` only."
    )


def _percent(share: float | None, digits: int = 0) -> str:
    return "-" if share is None else f"{100 * share:.{digits}f}%"


# --- known truth -----------------------------------------------------------------------------------------


def known_truth(found: Found) -> str:
    """Return the part on made countries."""
    low, high = found["aim"]
    pooled = found["coverage"]["parameters"]
    verdict = "**Met**" if found["covered"] else "**Not met**"
    outside = [one["name"] for one in found["ranks"] if not one["inside"]]
    ranks = "**Passed**" if found["calibrated"] else "**Failed**"
    return "\n\n".join(
        [
            "## Known truth",
            _about(found, "known-truth"),
            f"{found['countries']} countries; {found['refused']} prior draws did not run or gave a "
            f"figure without a "
            "logarithm and were drawn again.",
            "### Do the intervals hold the truth?",
            f"{verdict}: 90 percent intervals of the parameters that contract by more than "
            f"{found['least_contraction']:g} in their fit hold the truth in "
            f"{_percent(pooled['share'], 1)} of "
            f"{pooled['intervals']} cases; asked for are {_percent(low)} to {_percent(high)}.",
            _coverage_table(found["coverage"]),
            "Intervals of one country err together, so that the second error counts; parameters that "
            "few countries "
            f"inform are in the pooled number only. Outputs are read in {found['output_years'][0]} and "
            f"{found['output_years'][1]}, whether they contract or not.",
            _unknown_table(found),
            "### Are the ranks of the truth even?",
            f"{ranks}: among {found['thinned']} thinned draws the rank of a truth is as likely one as "
            f"any other "
            "where the fit is right (`talts2018`). Two tests of all quantities together, which exchange "
            "the truth with "
            "a draw and so know how quantities of a country depend on each other: the worst quantity has "
            f"p {found['worst']:.3f}, all ranks in one curve p {found['together']:.3f}; either below "
            f"0.025 fails. "
            f"Alone, {len(outside)} of {len(found['ranks'])} quantities leave their simultaneous band "
            f"of 95 percent "
            f"(`sailynoja2022`), where one in twenty would by chance: "
            f"{', '.join(map(code, outside)) or 'none'}.",
            _thinning(found),
            "Whether the test would notice: with the same draws drawn together about their mean "
            + "; ".join(
                f"to {share} of their spread the two p are {one['worst']:.3f} and {one['together']:.3f}"
                for share, one in found["narrowed"].items()
            )
            + ".",
            f"![Ranks of the truth: cumulative share minus the even one, with "
            f"bands](../assets/{PICTURE.name})",
            _rank_table(found),
            f"What {found['countries']} countries cannot show: a small error of the spread, anything of "
            f"a quantity "
            "that is not in the table, and whether the model is true. Truths are draws of the model's "
            "own priors.",
        ]
    )


def _thinning(found: Found) -> str:
    effective = found["effective"]
    if not effective["cases"]:
        return f"No country was fitted twice: {found['thinned']} draws are taken without a count of the "
        "effective ones."
    return (
        f"A fit has {effective['draws']:.0f} effective draws, by how far two repetitions lie apart in "
        f"{effective['countries']} countries and {effective['cases']} unknowns that contract."
    )


def _coverage_table(coverage: Found) -> str:
    rows = [
        (
            name,
            one["intervals"],
            one["countries"],
            _percent(one["share"], 1),
            _percent(one["binomial"], 1),
            _percent(one["cluster"], 1),
        )
        for name, one in coverage.items()
    ]
    head = (
        "",
        "intervals",
        "countries",
        "hold the truth",
        "error if independent",
        "error, countries together",
    )
    return table(head, rows)


def _unknown_table(found: Found) -> str:
    single, outputs = found["by_unknown"], found["by_output"]
    odd = [one for one in single if one["p"] < 0.01]
    rows = [
        (
            code(one["name"]),
            one["countries"],
            one["covered"],
            f"{one['p']:.3f}",
            "odd" if one["p"] < 0.01 else "",
        )
        for one in single[:SHOWN]
    ]
    worst = sorted(outputs.items(), key=lambda pair: pair[1])
    told = ", ".join(f"{code(name)} {_percent(share)}" for name, share in worst)
    return (
        f"Of {len(single)} unknowns that contract in eight countries or more, {len(odd)} cover so "
        f"seldom or so "
        f"often that chance would do it once in a hundred; {0.01 * len(single):.1f} would by chance. "
        f"The oddest:\n\n"
        + table(("unknown", "countries", "covered", "p", ""), rows)
        + f"\n\nOutputs: {told}."
    )


def _rank_table(found: Found) -> str:
    bins = found["thinned"] + 1
    rows = []
    for one in found["ranks"]:
        u = (np.array(one["ranks"]) + 0.5) / bins
        rows.append(
            (
                code(one["name"]),
                " ".join(map(str, np.histogram(u, np.linspace(0, 1, 9))[0])),
                f"{u.mean():.2f}",
                f"{u.std() * np.sqrt(12):.2f}",
                f"{one['p']:.3f}",
                "inside" if one["inside"] else "**outside**",
            )
        )
    even = found["countries"] / 8
    head = ("quantity", f"ranks in eighths (even: {even:.1f} each)", "mean (0.5)", "spread (1)", "p", "band")
    return (
        table(head, rows)
        + "\n\nA mean below one half says that draws lie above the truth, a spread above one that they "
        "are too narrow."
    )


def picture(found: Found) -> bytes:
    """Return the curves of all quantities with their bands, as PNG."""
    import matplotlib

    matplotlib.use("agg")
    from matplotlib import pyplot

    from yupana.fit.calibration import band, limits
    from yupana.report import palette

    bins, countries = found["thinned"] + 1, found["countries"]
    low, high = limits(*band(countries, bins))
    at = np.arange(1, bins) / bins
    rows = -(-len(found["ranks"]) // COLUMNS)
    with palette.styled():
        figure, axes = pyplot.subplots(
            rows,
            COLUMNS,
            figsize=(2.0 * COLUMNS, 1.25 * rows),
            sharex=True,
            sharey=True,
            layout="constrained",
        )
        for axis in axes.flat[len(found["ranks"]) :]:
            axis.set_axis_off()
        for axis, one in zip(axes.flat, found["ranks"], strict=False):
            counts = np.bincount(one["ranks"], minlength=bins).cumsum()[:-1]
            colour = palette.BLUE if one["inside"] else palette.VERMILLION
            axis.fill_between(at, low / countries - at, high / countries - at, color=palette.GRID, step="mid")
            axis.step(at, counts / countries - at, where="mid", color=colour, linewidth=1.2)
            axis.axhline(0.0, color=palette.SOFT_INK, linewidth=0.5)
            axis.set_title(one["name"], fontsize=6.5, loc="left", color=palette.INK)
            axis.tick_params(labelsize=6)
        figure.supxlabel("rank of the truth among draws, as a share", fontsize=8)
        figure.supylabel("cumulative share of countries minus the even one", fontsize=8)
        buffer = io.BytesIO()
        figure.savefig(buffer, format="png", dpi=DOTS, metadata={"Software": None})
        pyplot.close(figure)
    return buffer.getvalue()


# --- placebo ---------------------------------------------------------------------------------------------


def _none_to_vanish(skill: Found) -> str:
    """Return what must be said where even the real record gives no skill that a permutation could destroy."""
    if skill["against_no_time"]["real"]["verdict"] == "better":
        return ""
    return (
        " There was no skill to vanish: the fit of the real record, too, forecasts the next year no better "
        "than a forecast without time."
    )


def placebo(found: Found) -> str:
    """Return the part on permuted years."""
    gone = found["vanished"]
    words = "; ".join(
        f"{name} {'vanishes' if good else '**does not vanish**'}" for name, good in gone.items()
    )
    first, last = found["origins"]
    evidence = found["evidence"]
    shocks = found["shock_correlation"]
    return "\n\n".join(
        [
            "## Placebo",
            _about(found, "placebo"),
            f"The years of each variable are permuted among the years that have figures, "
            f"{found['permutations']} times "
            "for the whole record. Every figure keeps its error and its source. **Findings:** "
            f"{words}.{_none_to_vanish(found['skill'])}",
            "A permutation cannot destroy what does not depend on time: the level of a price still "
            "informs the "
            "parameters that set it, and drivers keep their years. Nor does it widen a posterior by "
            "itself: in a model "
            "that is nearly linear the width follows from which rows there are and how large their "
            "errors are, and "
            "only a scale of errors that grows makes it wider. What it must destroy is skill a year "
            "ahead, the "
            "evidence for the record, and knowledge of when shocks came.",
            "### Skill one year ahead",
            f"Fits to the years to {first}, ... {last} forecast the next year's figures (drivers given, "
            f"{found['each']} "
            "permutations at each origin), in logs, against a forecast by all earlier figures of the "
            "variable whatever "
            f"their year. {found['skill']['figures']} figures of {len(found['skill']['years'])} years.",
            _skill_table(found["skill"]),
            "### Evidence and shocks",
            f"Log evidence of the record: {evidence['real']:.1f}; with permuted years "
            f"{', '.join(f'{one:.1f}' for one in evidence['permuted'])} (p {evidence['p']:.2f}: no "
            f"smaller p is "
            f"possible with {len(evidence['permuted'])} permutations than "
            f"{1 / (1 + len(evidence['permuted'])):.2f}). Means of the {shocks['shocks']} annual shocks "
            f"correlate with "
            f"those of the real fit by {', '.join(f'{one:.2f}' for one in shocks['permuted'])}; noise "
            f"would by some "
            f"{1 / np.sqrt(shocks['shocks']):.2f} either way.",
            "### Contraction",
            _contraction_table(found["contraction"]),
            "Sums over unknowns of 1 minus posterior over prior variance. A parameter is timed where "
            "more than half of "
            "what the figures say of it they say by differences between years of a variable, at the "
            "mode of the real "
            "fit. Shocks and timed parameters are called vanished below a quarter of the real sum.",
        ]
    )


def _skill_table(skill: Found) -> str:
    crps, against = skill["crps"], skill["against_no_time"]
    names = {"real": "fit of the record", "permuted": "fits of permuted records", "prior": "prior draws"}
    rows = [(words, f"{crps[key]:.3f}", *_difference(against[key])) for key, words in names.items()]
    rows.append(("forecast without time", f"{crps['no_time']:.3f}", "", ""))
    rows.append(("the record against permuted ones", "", *_difference(skill["real_against_permuted"])))
    return table(("", "CRPS of logs", "minus that without time, 90%", "it is"), rows)


def _difference(one: Found) -> tuple[str, str]:
    return f"{one['mean']:+.3f} ({one['low']:+.3f} to {one['high']:+.3f})", one["verdict"]


def _contraction_table(groups: Found) -> str:
    rows: list[Sequence[Any]] = []
    for name, one in groups.items():
        permuted = one["permuted"]
        rows.append(
            (
                name,
                one["unknowns"],
                f"{one['real']:.1f}",
                f"{np.mean(permuted):.1f} ({min(permuted):.1f} to {max(permuted):.1f})",
                f"{one['chance']:.1f}",
                "-" if one["ratio"] is None else f"{one['ratio']:.2f}",
            )
        )
    return table(("", "unknowns", "real", "permuted", "error by chance", "ratio"), rows)
