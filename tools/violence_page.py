"""Write the tables of the page on violence: regimes, settings moved, shares, draws, rivals.

    .venv/bin/python tools/violence_page.py            print them
    .venv/bin/python tools/violence_page.py --write    write them into the page (some minutes)
    .venv/bin/python tools/violence_page.py --check    say whether the page's tables are of today's form

Nothing here is a target. What was hoped for before the model ran stands beside what it gives, met or not.
`--check` runs no draws: it looks for regimes, settings and explanations that the tables lack.
"""

from __future__ import annotations

import argparse
import re
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from least_known import ranks
from reference import code, load_pack, table
from violence_runs import (
    CONTAINERS,
    DRAWS,
    END,
    FACTS,
    FEWER,
    GOLD,
    HOME,
    MEXICO,
    OWN,
    PORT,
    REGIMES,
    SEED,
    START,
    UNTIL,
    Bench,
    Level,
    scaled,
    short,
)  # fmt: skip

from yupana.analysis.rivals import FEW, LAST, RATE, STRENGTH, Weighing

PAGE = Path(__file__).resolve().parent.parent / "docs/explanation/mechanisms/violence.md"
ROBUST = 1000
LOW, HIGH = 1.5, 8.0  # killings per 100,000 hoped for at most at home, and at least under Mexican settings
MET = {True: "yes", False: "**no**", None: "**cannot be told from the bound**"}
PORT_TIMES, GOLD_TIMES, NEAR = 3.0, 2.0, 0.15
MOVES = (("half", 0.5), ("half more", 1.5))
SECTIONS = ("yardstick", "regimes", "sensitivity", "shares", "robustness", "rivals")


def mark(section: str) -> tuple[str, str]:
    """Marks around a section."""
    return f"<!-- {section}: written by tools/violence_page.py -->", f"<!-- end of {section} -->"


def percent(share: float) -> str:
    """A share in percent."""
    return f"{share:.0%}"


# Tables ----------------------------------------------------------------------------------------------------


def yardstick(bench: Bench) -> str:
    """The four numbers, and how well the killings they are made of come back."""
    from yupana.model.yardstick import build_yardstick, yardstick_rent

    p = bench.study.priors.draw(SEED, 0, DRAWS)
    found = build_yardstick(p)
    war, peace = (bench.counted(p, x) / p[f"yardstick_killings_{x}"] for x in ("war", "peace"))
    lines = {
        "rent of all exits, million USD a year": yardstick_rent(p),
        "cost of a killing, thousand USD of effort": 1000.0 * found.cost,
        "threshold of G, share of the rent": found.threshold,
        "noise, share of the rent": found.noise,
        "friction, peace over war": found.friction,
        "killings of the war years, given back over counted": war,
        "killings of the peace years, given back over counted": peace,
    }
    rows = [(name, *map(short, np.quantile(x, (0.05, 0.5, 0.95)))) for name, x in lines.items()]
    text = (
        f"{DRAWS:,} prior draws. The killings of the peace years come back within a tenth in "
        f"{percent((np.abs(peace - 1.0) < 0.1).mean())} of draws and at more than twice the count in "
        f"{percent((peace > 2.0).mean())}: there the politics drawn for the two periods differ too little to "
        "tell peace from war, and a floor of 0.01 of the rent under the difference sets the noise."
    )
    return f"{text}\n\n{table(('number', '5%', '50%', '95%'), rows)}"


def regimes(bench: Bench) -> str:
    """Levels of every regime, and what was hoped for."""
    rate = {name: Level.of(bench.values(RATE, name)) for name in REGIMES}
    out = {name: Level.of(bench.values("cocaine_exports", name)) for name in REGIMES}
    rows = [
        (
            code(name), short(rate[name].middle), rate[name].span,
            short(Level.of(bench.values("homicide_rate", name)).middle),
            short(out[name].middle), f"{out[name].middle / out[HOME].middle:.2f}",
        )
        for name in REGIMES
    ]  # fmt: skip
    head = (
        "regime", "drug killings", "5 to 95 %", "all killings", "exports, t", "over `peru-2012`",
    )  # fmt: skip
    port = {name: bench.values(f"homicide_rate[{CONTAINERS}]", name) for name in (HOME, PORT)}
    at_port = {name: Level.of(values).middle for name, values in port.items()}
    beside = {name: Level.of(bench.values(RATE, name) - port[name]).middle for name in port}
    mines = {name: Level.of(bench.values("homicide_rate[mining]", name)).middle for name in (HOME, GOLD)}
    error = {name: Level.error(bench.values(RATE, name)) for name in (HOME, MEXICO)}
    ratio = [out[name].middle / out[HOME].middle for name in REGIMES]
    people = 10.0 * bench.people
    hoped = [
        ("exports of all regimes within 15 percent", f"{min(ratio):.2f} to {max(ratio):.2f}",
         max(abs(x - 1.0) for x in ratio) < NEAR),
        (f"`{HOME}` below {LOW}", f"{rate[HOME].middle:.2f} (se {error[HOME]:.2f})",
         _beyond(LOW - rate[HOME].middle, error[HOME])),
        (f"`{MEXICO}` above {HIGH:g}", f"{rate[MEXICO].middle:.1f} (se {error[MEXICO]:.1f})",
         _beyond(rate[MEXICO].middle - HIGH, error[MEXICO])),
        (f"`{PORT}` at the port at least three times", _times(at_port, PORT, HOME),
         at_port[PORT] >= PORT_TIMES * at_port[HOME]),
        (f"`{PORT}` little elsewhere", _times(beside, PORT, HOME),
         abs(beside[PORT] / beside[HOME] - 1.0) < NEAR),
        (f"`{GOLD}` in mining places at least doubles", _times(mines, GOLD, HOME),
         mines[GOLD] >= GOLD_TIMES * mines[HOME]),
    ]  # fmt: skip
    wanted = [(text, found, MET[met]) for text, found, met in hoped]
    early = Level.of(bench.values(RATE, HOME)[:, : UNTIL - START + 1])
    text = (
        f"{DRAWS:,} prior draws, seed {SEED}, {START} to {END}; rates per 100,000 a year. Each number is the "
        "median over years of the yearly median, or 5 and 95 percent point, over draws. Between the two "
        f"countries the drug rate differs {rate[MEXICO].middle / rate[HOME].middle:.0f}-fold. Under Mexican "
        f"settings it is {rate[MEXICO].middle * people:,.0f} killings a year at the median of inhabitants."
        f" To {UNTIL} alone the rate of `{HOME}` is {early.middle:.2f}."
    )
    return "\n\n".join([text, table(head, rows), table(("hoped for", "found", "met"), wanted)])


def _beyond(distance: float, error: float) -> bool | None:
    """Whether a number lies beyond a bound; None where draws cannot tell it from the bound."""
    return None if abs(distance) < 2.0 * error else distance > 0.0


def _times(found: Mapping[str, float], name: str, base: str) -> str:
    return f"{short(found[base])} to {short(found[name])}, x{short(found[name] / found[base])}"


def judged_settings(pack: Any, regime: str) -> list[str]:
    """Parameters of which a regime sets some place by judgement, in order."""
    structure = pack.scenarios[regime].structure
    names = (key.partition("[")[0] for key, setting in structure.items() if setting.judged is not None)
    return list(dict.fromkeys(names))


def sensitivity(bench: Bench) -> str:
    """Every judged setting half as large and half as large again, one at a time."""
    rows, enough = [], []
    port, mines = f"homicide_rate[{CONTAINERS}]", "homicide_rate[mining]"
    watched = {HOME: RATE, MEXICO: RATE, PORT: port, GOLD: mines}
    for regime, key in watched.items():
        base = bench.elements(regime)
        names = OWN if regime == HOME else judged_settings(bench.study.pack, regime)
        middle = bench.moved(regime, base, key).middle
        for name in names:
            tried = [scaled(bench, base, regime, name, by) for _, by in MOVES]
            moved = [short(bench.moved(regime, settings, key).middle) for settings in tried]
            rows.append((code(regime), code(name), code(key), short(middle), *moved))
            if regime == HOME:
                enough += [f"{code(name)} {MOVES[i][0]}" for i, x in enumerate(moved) if float(x) < LOW]
    head = ("regime", "setting", "rate of", "as it is", *(word for word, _ in MOVES))
    text = (
        "Both quantiles of a setting are halved, or raised by half, at all its places together and all else "
        f"left; {FEWER} draws, to {UNTIL}. In `{HOME}`, which sets nothing, it is the prior that is moved. "
        f"Alone enough to bring its median below {LOW}: {', '.join(enough) or 'none'}."
    )
    return f"{text}\n\n{table(head, rows)}"


def shares(bench: Bench) -> str:
    """Shares of the difference between the two countries, exact."""
    from yupana.analysis.difference import explain_difference

    found = explain_difference(bench.result, RATE, (HOME, MEXICO), draws=FEWER)
    rows = [
        (s.group.name, s.group.basis, short(s.share), percent(s.share / found.difference),
         f"{short(s.q05)} to {short(s.q95)}", short(s.se), short(s.alone), short(s.without))
        for s in found.shares
    ]  # fmt: skip
    head = (
        "group", "rests on", "share", "of the whole", "5 to 95 %", "se", "alone", "last",
    )  # fmt: skip
    text = (
        f"`yupana explain RUN --of {RATE} --between {HOME} {MEXICO}`: mean over {found.draws} draws and "
        f"{START} to {END}, {short(found.levels[0])} and {short(found.levels[1])}; difference "
        f"{short(found.difference)} (5 to 95 % of draws {short(found.interval[0])} to "
        f"{short(found.interval[1])}). Shares are exact over {found.coalitions} coalitions and add up to it. "
        f"**{percent(found.judged_share / found.difference)} of it rests on judged settings.**"
    )
    return f"{text}\n\n{table(head, rows)}"


def robustness(bench: Bench) -> str:
    """How many draws give the puzzle, and which priors decide."""
    rate = {name: np.median(bench.values(RATE, name)[:ROBUST], axis=1) for name in (HOME, MEXICO)}
    low, high = rate[HOME] < LOW, rate[MEXICO] > HIGH
    always = (bench.values(RATE, HOME)[:ROBUST] < LOW).all(1)
    said = [
        (f"`{HOME}` below {LOW}, median over years", percent(low.mean())),
        (f"`{HOME}` below {LOW} in every year", percent(always.mean())),
        (f"`{MEXICO}` above {HIGH:g}, median over years", percent(high.mean())),
        ("both", percent((low & high).mean())),
        (f"`{MEXICO}` at least five times `{HOME}`", percent((rate[MEXICO] > 5.0 * rate[HOME]).mean())),
    ]
    points = ranks(bench.study.priors.points(SEED, 0, ROBUST))
    names = bench.study.priors.latent_names
    gap = np.log(rate[MEXICO] / rate[HOME])
    rows = []
    logs = {code(HOME): np.log(rate[HOME]), code(MEXICO): np.log(rate[MEXICO]), "ratio of the two": gap}
    for label, values in logs.items():
        found = points @ ranks(values)
        rows += [(label, code(names[i]), f"{found[i]:+.2f}") for i in np.argsort(-np.abs(found))[:5]]
    text = (
        f"{ROBUST:,} prior draws, seed {SEED}. Rank correlations of a prior's draws with the log of the "
        f"rate; beyond {4.0 / np.sqrt(ROBUST - 1.0):.2f} they are more than noise."
    )
    return "\n\n".join(
        [text, table(("regime", "share of draws"), said), table(("rate of", "prior", "correlation"), rows)]
    )


def rivals(bench: Bench) -> str:
    """Weight of every explanation before and after the facts."""
    from yupana.analysis.rivals import weigh_rivals

    found = weigh_rivals(bench.result, bench.study.pack, FACTS, HOME)
    rows = [
        (code(r.name), f"{r.before:.2f}", f"{r.after:.2f}", f"{r.se:.2f}",
         percent(r.half_before), percent(r.half_after))
        for r in found.rivals
    ]  # fmt: skip
    head = (
        "strength", "mean before", "after", "se", "above one half before", "after",
    )  # fmt: skip
    return "\n\n".join([_weighed(found), table(head, rows), _facts(bench, found)])


def _weighed(found: Weighing) -> str:
    few = (
        f"This is below {FEW}: read the weights as a direction at most."
        if found.few
        else f"This is above {FEW}, so that the weights stand on more than a few draws."
    )
    before, after = (
        f"{short(x[1])} ({short(x[0])} to {short(x[2])})" for x in (found.before, found.after)
    )
    return (
        f"{found.draws:,} prior draws weighted by facts to {LAST}: **effective draws {found.effective:.0f}**."
        f" {few} The drug rate, mean of {START} to {LAST}: {before} before, {after} after (median, 5 to 95 "
        "percent)."
    )


def _facts(bench: Bench, found: Weighing) -> str:
    cited = {row for prior in bench.study.priors.table() for row in prior["sources"]}
    rows = [
        (reading.fact.name, reading.fact.kind, f"{min(reading.years)} to {max(reading.years)}",
         short(reading.value), f"{reading.fact.sd:g}", short(middle), str(len(reading.rows)),
         str(len(cited & set(reading.rows))), reading.fact.reason)
        for reading, middle in zip(found.readings, found.medians, strict=True)
    ]  # fmt: skip
    head = (
        "fact", "kind", "years", "per 100,000", "sd of log", "median draw", "rows", "cited by a prior",
        "why this sd",
    )  # fmt: skip
    return table(head, rows)


WRITERS = {
    "yardstick": yardstick,
    "regimes": regimes,
    "sensitivity": sensitivity,
    "shares": shares,
    "robustness": robustness,
    "rivals": rivals,
}


# The page --------------------------------------------------------------------------------------------------


def inside(text: str, section: str) -> str:
    """What stands between the marks of a section."""
    begin, end = mark(section)
    if text.count(begin) != 1 or text.count(end) != 1:
        raise SystemExit(f"{PAGE.name}: the marks of {section} must stand there once each")
    return text.split(begin)[1].split(end)[0]


def stale(text: str, pack: Any) -> list[str]:
    """What the tables lack, or have and should not: in form, not in numbers."""
    wanted = {
        "regimes": [(name,) for name in REGIMES],
        "sensitivity": [(HOME, name) for name in OWN]
        + [(r, name) for r in (MEXICO, PORT, GOLD) for name in judged_settings(pack, r)],
        "rivals": [(prior.name,) for prior in pack.priors if prior.name.startswith(STRENGTH)],
    }
    names = {prior.name for prior in pack.priors}
    found = []
    for section in SECTIONS:
        rows = re.findall(r"^\| (`.+) \|$", inside(text, section), re.M)
        cells = [tuple(cell.strip("` ") for cell in row.split("|")) for row in rows]
        lines = inside(text, section).count("\n|")
        if lines < 3:
            found.append(f"{section}: no table")
        missing = [key for key in wanted.get(section, []) if not any(c[: len(key)] == key for c in cells)]
        found += [f"{section}: no row of {' '.join(key)}" for key in missing]
        if section == "robustness":
            listed = {c[1].partition("[")[0] for c in cells if len(c) == 3}
            found += [f"{section}: {name} is no prior" for name in sorted(listed - names)]
    return found


def main(words: Sequence[str]) -> int:
    """Print, write or check."""
    parser = argparse.ArgumentParser(description="tables of the page on violence")
    parser.add_argument("--write", action="store_true", help="write them into the page")
    parser.add_argument("--check", action="store_true", help="look at the page only")
    asked = parser.parse_args(words)
    text = PAGE.read_text(encoding="utf-8")
    if asked.check:
        faults = stale(text, load_pack())
        print("\n".join(faults) or "of today's form")
        return int(bool(faults))
    with tempfile.TemporaryDirectory() as folder:
        bench = Bench(Path(folder))
        for section, write in WRITERS.items():
            made = write(bench)
            print(f"## {section}\n\n{made}\n", flush=True)
            begin, end = mark(section)
            text = text.replace(f"{begin}{inside(text, section)}{end}", f"{begin}\n\n{made}\n\n{end}")
    if asked.write:
        PAGE.write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
