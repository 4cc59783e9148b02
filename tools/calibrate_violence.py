"""What Mexican killings say of the cost of a killing, the noise of peace, and the fall of leaders.

    .venv/bin/python tools/calibrate_violence.py
    .venv/bin/python tools/calibrate_violence.py --priors more.yaml

Three facts are solved for three numbers with the equations of :mod:`yupana.model.violence`: killings a
year while most places kept the peace give `peace_noise`, killings a year in the years of war give
`cost_per_death`, and the rise after the fall of a leader gives `succession_gain`. Everything else is
drawn: from the pack's priors where a number is the same in all countries, from the table `MEXICO` where
it is a country's own, and from the table `BEFORE` where the facts narrow it. Facts are three, so
`peace_friction` is drawn and not solved. Draws in which no noise of peace can give the ratio of the two
periods are dropped, and their share is printed. Nothing here knows of the country of the pack.

The priors of the three numbers and of those in `BEFORE` hold the points that this prints, rounded. The
numbers hang together in the draws that are kept; priors are independent, so what they say of Mexico is
wider than the facts.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from reference import load_pack

PEACE = "organised_crime_killings-mexico-2001-2006-rios-2013"
WAR = "organised_crime_killings-mexico-2006-12-2010-06-rios-2013"
FALL = "leader_removal_effect-mexico-2006-2010-calderon-2015"
REMOVALS = "leader_removals-mexico-2006-12-2010-12-dickenson-2014"
REMOVAL_DEATHS = "leader_removal_deaths-mexico-2006-12-2010-12-dickenson-2014"
YEARS = {PEACE: 6.0, WAR: 43.0 / 12.0, REMOVALS: 49.0 / 12.0}

#: number -> 5 and 95 percent point of a lognormal, and why; a country's own, all judged but the removals
MEXICO: dict[str, tuple[float, float, str]] = {
    "flow": (250.0, 430.0, "t a year under way to one market, about 330"),
    "exits": (4.0, 10.0, "crossings and plazas that can stand in for each other, some six"),
    "contenders": (1.8, 3.2, "two or three groups wanted one place"),
    "keepers": (1.2, 8.0, "sellers' part of the border gap over the buyers' part: few groups, many buyers"),
    "removal_peace": (0.02, 0.10, "leaders a year, few before 2006"),
    "removal_war": (0.15, 0.50, "25 in four years, or 20 of a list of 37 in 22 months"),
    "turnover_peace": (0.15, 0.40, "protectors a year, before parties and chiefs changed"),
    "turnover_war": (0.40, 1.20, "protectors a year, with local purges and new parties in office"),
    "conditional_peace": (0.10, 0.50, "part of repression that answered killings"),
    "conditional_war": (0.01, 0.10, "unconditional crackdown"),
    "reach": (0.5, 1.5, "places that feel the fall of a leader over the one that was measured"),
}
#: number -> bounds, 5 and 95 percent point before the facts, and why; lognormal where there are no bounds
BEFORE: dict[str, tuple[tuple[float, float] | None, float, float, str]] = {
    "peace_friction": ((0.0, 1.0), 0.02, 0.20, "killings of peace over those of war, to a fifth"),
    "grab_share": ((0.0, 1.0), 0.20, 0.70, "surprise takes a part of the rent before the answer"),
    "horizon": (None, 0.2, 1.0, "a breach is answered within weeks to a year"),
}
#: numbers of the model that hold in every country, drawn from the pack
COMMON = (
    "exit_choice_scale",
    "reference_price",
    "integrity_initial",
    "decisiveness",
    "horizon_discount",
    "protection_price",
    "protector_punishment",
    "repression_response",
    "explain_home_share",
    "explain_protection",
    "explain_fragmentation",
    "explain_discipline",
)
MARKET = "united_states"
GUARD = "police"
NOISES = np.exp(np.linspace(np.log(0.003), np.log(1.0), 400))
SEED, DRAWS = 20101, 20000

Draws = dict[str, np.ndarray]


def common(pack: Any, extra: Sequence[dict[str, Any]], draws: int) -> Draws:
    """Draws of the numbers that hold everywhere, (draw,) each: of one market and one guard."""
    from yupana.model import build_config
    from yupana.params import PriorSet

    before = [
        {
            "name": name,
            "unit": "number",
            "meaning": reason,
            "family": "logitnormal" if bounds else "lognormal",
            "q05": low,
            "q95": high,
            "bounds": bounds,
            "reason": reason,
            "pedigree": "judged",
        }
        for name, (bounds, low, high, reason) in BEFORE.items()
    ]
    known = {entry["name"] for entry in extra}
    entries = [*extra, *(entry for entry in pack.priors if entry.name not in known)]
    chosen = [e for e in entries if (e["name"] if isinstance(e, dict) else e.name) in COMMON] + before
    config = build_config(pack)
    drawn = PriorSet.from_entries(chosen, config.dims).draw(SEED, 0, draws)
    drawn["reference_price"] = drawn["reference_price"][config.dims["market"].index(MARKET)]
    drawn["integrity_initial"] = drawn["integrity_initial"][config.dims["institution"].index(GUARD)]
    return drawn


def mexico(draws: int) -> Draws:
    """Draws of a country's own numbers, (draw,) each."""
    from yupana.core.streams import normals

    found = {}
    for name, (low, high, _) in MEXICO.items():
        middle, spread = 0.5 * np.log(low * high), np.log(high / low) / (2.0 * 1.6448536269514722)
        found[name] = np.exp(middle + spread * normals(SEED, f"mexico/{name}", 0, draws))
    return found


def rent_at_stake(p: Draws, own: Draws) -> np.ndarray:
    """What can be taken by holding all exits, million USD/year, (draw,)."""
    from yupana.model import violence

    exits = violence.fragmented(p, own["exits"])
    scale = p["exit_choice_scale"] * p["reference_price"]
    rent = exits * violence.place_rent(1.0 / exits, np.ones_like(exits)) * own["flow"] * scale / 1000.0
    kept = own["keepers"] / (1.0 + own["keepers"])
    return rent * (1.0 - p["explain_home_share"] * (1.0 - kept))


def all_out(p: Draws, own: Draws, years: str) -> np.ndarray:
    """Killings a year if all places were at war, (draw,)."""
    from yupana.model import violence

    n = violence.rivals(own["contenders"], 1.0, 0.0)
    cost = violence.cost_of_killing(p, own[f"conditional_{years}"], p["integrity_initial"])
    return violence.effort(p, n) * rent_at_stake(p, own) / cost


def margins(p: Draws, own: Draws, years: str) -> np.ndarray:
    """What keeping the peace is worth over breaking it, share of the rent."""
    from yupana.model import violence

    n = violence.rivals(own["contenders"], 1.0, 0.0)
    params = {**p, "protector_turnover": own[f"turnover_{years}"]}
    return violence.margin(params, n, p["integrity_initial"], own[f"removal_{years}"])


def at_war(p: Draws, own: Draws, years: str) -> np.ndarray:
    """Share of places at war, (draw,)."""
    from yupana.model.numerics import sigmoid

    return sigmoid(-margins(p, own, years) / p["peace_noise"])


def fighting(p: Draws, own: Draws, years: str) -> np.ndarray:
    """Fighting over that of war everywhere, successions apart, (draw,)."""
    share = at_war(p, own, years)
    return share + (1.0 - share) * p["peace_friction"]


def killings(p: Draws, own: Draws, years: str) -> np.ndarray:
    """Killings a year, successions with them, (draw,)."""
    after = p["succession_gain"] * own[f"removal_{years}"]
    return all_out(p, own, years) * (fighting(p, own, years) + after)


def solve(pack: Any, extra: Sequence[dict[str, Any]] = (), draws: int = DRAWS) -> tuple[Draws, float]:
    """The three numbers in the draws that can give the facts, and the share of draws that can."""

    def fact(row: str) -> float:
        return float(pack.ledger[row].value)

    p, own = common(pack, extra, draws), mexico(draws)
    peace, war = fact(PEACE) / YEARS[PEACE], fact(WAR) / YEARS[WAR]
    # the rise lasts half a year and is a share of the killings of the war years
    rise = 0.5 * fact(FALL) / 100.0 * own["reach"]

    def given(noise: Any) -> Draws:
        known = {**p, "cost_per_death": np.ones(draws), "peace_noise": noise + np.zeros(draws)}
        return {**known, "succession_gain": rise * fighting(known, own, "war")}

    gaps = []
    for noise in NOISES:
        known = given(noise)
        gaps.append(np.log(killings(known, own, "peace") / killings(known, own, "war")) - np.log(peace / war))
    gap = np.stack(gaps)
    crossing = (gap[:-1] < 0.0) & (gap[1:] >= 0.0)  # the noise above which peace fails too often before
    found = crossing.any(0)
    last = len(NOISES) - 2 - np.argmax(crossing[::-1], axis=0)
    below, above = (np.take_along_axis(gap, (last + k)[None], 0)[0] for k in (0, 1))
    part = np.where(found, -below / np.where(found, above - below, 1.0), 0.0)
    known = given(np.exp(np.log(NOISES[last]) + part * np.log(NOISES[1] / NOISES[0])))
    known["cost_per_death"] = killings(known, own, "war") / war
    deaths = fact(REMOVAL_DEATHS) / YEARS[REMOVALS]
    result = {
        **{name: known[name] for name in ("cost_per_death", "peace_noise", *BEFORE, "succession_gain")},
        # the other study counts deaths by removal: the same number from sums of the country
        "succession_gain, second study": deaths / own["removal_war"] / all_out(known, own, "war"),
        "killings, first years": killings(known, own, "peace"),
        "killings, later years": killings(known, own, "war"),
        "places at war, first years": at_war(known, own, "peace"),
        "places at war, later years": at_war(known, own, "war"),
        "margin of peace, first years": margins(known, own, "peace"),
        "margin of peace, later years": margins(known, own, "war"),
        "rent at stake, million USD a year": rent_at_stake(known, own),
    }
    return {name: value[found] for name, value in result.items()}, float(found.mean())


def main(words: Sequence[str]) -> int:
    """Print 5, 50 and 95 percent points."""
    parser = argparse.ArgumentParser(description="what Mexican killings say of three numbers")
    parser.add_argument("--priors", type=Path, help="priors that stand before those of the pack")
    path = parser.parse_args(words).priors
    extra: list[dict[str, Any]] = []
    if path:
        import yaml

        extra = yaml.safe_load(path.read_text(encoding="utf-8"))
    found, share = solve(load_pack(), extra)
    for name, values in found.items():
        low, middle, high = np.quantile(values, [0.05, 0.5, 0.95])
        print(f"{name:36s} {low:10.3g} {middle:10.3g} {high:10.3g}")
    print(f"draws that can give the facts: {share:.0%} of {DRAWS:,}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
