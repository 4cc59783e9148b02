"""The yardstick: a trade whose killings were counted in years of peace and of war, and what it says of
every other.

What a killing costs, where peace breaks and how sharply cannot be seen in a country with few killings. They
follow here, draw by draw, from one that had both: with the same equations, its killings of the war years
give the cost of a killing, the shares of its places at war in both periods give the point where peace
breaks and the noise around it, and its killings of the peace years give the fighting that goes on in peace.
So whatever moves all rents alike (the spread of costs between exits above all) moves both countries and not
the gap between them.

Two periods and four numbers: this anchors, it does not test. The facts stand in the pack as priors with the
error of their sources; the structure of the yardstick's trade (exits, rivals, turnover) is judged there.

References: rios2013 (killings before and after 2006), dickenson2014 and calderon2015 (leaders removed).
"""

from __future__ import annotations

from typing import NamedTuple

from yupana.model import violence
from yupana.model.numerics import Array, logit, softfloor
from yupana.model.violence import Yardstick

LEAST_GAP = 0.01  # of the rent, width of the floor under what keeping peace lost between the periods
LEAST_FRICTION = 0.02  # of war, width of the floor under fighting in peace


class Period(NamedTuple):
    """Politics of the yardstick in one period, (batch,)."""

    removal: Array  # 1/year
    turnover: Array  # 1/year
    conditionality: Array  # share


def yardstick_rent(p: dict[str, Array]) -> Array:
    """Return what could be taken by holding the yardstick's exits, (batch,), million USD/year."""
    whole = violence.rent_share(1.0 / p["yardstick_exits"]) * p["yardstick_flow"] * p["yardstick_price"]
    kept = 1.0 - p["explain_home_share"] * (1.0 - p["yardstick_kept"])
    return whole * p["exit_choice_scale"] / 1000.0 * kept


def build_yardstick(p: dict[str, Array]) -> Yardstick:
    """Return the cost of a killing, the point where peace breaks, its noise and the friction of peace.

    W = sigmoid((threshold - G) / noise) is the share at war; deaths = effort K [W + (1-W) friction + gain
    removal] / cost. Solved in closed form for both periods.
    """
    n = violence.rivals(p["yardstick_contenders"], 1.0, 0.0)
    war = Period(p["yardstick_removal_war"], p["yardstick_turnover_war"], p["yardstick_conditionality_war"])
    peace = Period(
        p["yardstick_removal_peace"], p["yardstick_turnover_peace"], p["yardstick_conditionality_peace"]
    )
    margins = [violence.margin(p, n, p["yardstick_integrity"], x.removal, x.turnover) for x in (war, peace)]
    at_war, in_peace = p["yardstick_war_share"], p["yardstick_peace_share"]
    gap = softfloor(margins[1] - margins[0], LEAST_GAP)
    noise = gap / (logit(at_war) - logit(in_peace))
    dear = [violence.deterred(p, x.conditionality, p["yardstick_integrity"]) for x in (war, peace)]
    gains = [p["succession_gain"] * x.removal for x in (war, peace)]
    # fighting in peace years over war years, cost of a killing allowed for
    ratio = p["yardstick_killings_peace"] * dear[1] / (p["yardstick_killings_war"] * dear[0])
    known = ratio * (at_war + gains[0]) - in_peace - gains[1]
    friction = softfloor(known, LEAST_FRICTION) / ((1.0 - in_peace) - ratio * (1.0 - at_war))
    fought = at_war + (1.0 - at_war) * friction + gains[0]
    spent = violence.effort(p, n) * yardstick_rent(p) / dear[0]
    return Yardstick(
        cost=spent * fought / p["yardstick_killings_war"],
        threshold=margins[0] + noise * logit(at_war),
        noise=noise,
        friction=friction,
    )
