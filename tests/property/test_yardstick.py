"""The yardstick gives back the killings it was made of, through the equations of every other place."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from model_fixture import priors

from yupana.model import violence
from yupana.model.yardstick import LEAST_FRICTION, LEAST_GAP, build_yardstick, yardstick_rent

COUNT = 2000


@pytest.fixture(scope="module")
def params() -> dict[str, np.ndarray]:
    return priors().draw(3, 0, COUNT, "float64")


def counted(p: dict[str, np.ndarray], period: str) -> tuple[Any, np.ndarray]:
    """Killings a year of the yardstick's trade at rest in a period, and its share at war; (batch,) each.

    Nothing of the solution is used but the four numbers: rent, rivals, politics and courts are its own.
    """
    yard = build_yardstick(p)
    one = np.ones(COUNT)
    own = {
        **p,
        "contenders": p["yardstick_contenders"][None],
        "protector_turnover": p[f"yardstick_turnover_{period}"],
    }
    scene = violence.Scene(
        rent=yardstick_rent(p)[None],
        growth=one[None],
        integrity=p["yardstick_integrity"][None],
        removal=p[f"yardstick_removal_{period}"],
        conditionality=p[f"yardstick_conditionality_{period}"],
        fighters=one,
        pressure=one,
        frontier=one,
        people=100.0 * one,
        elapsed=0.0 * one,
    )
    state, k = violence.start(own, yard, scene, (0,))
    return (k.contest + k.succession)[0], state.war[0]


def test_killings_of_the_war_years_come_back(params: dict[str, np.ndarray]) -> None:
    # exact in every draw: the cost of a killing is solved last
    killings, _ = counted(params, "war")
    assert killings == pytest.approx(params["yardstick_killings_war"], rel=1e-9)


def test_killings_of_the_peace_years_come_back(params: dict[str, np.ndarray]) -> None:
    # the floors under the gap of the margins and under friction are soft: five widths above they add 0.7
    # percent of a width, 0.14 percent of the value; a logit of 5 moved by that moves a share by 0.7 percent
    killings, _ = counted(params, "peace")
    off = killings / params["yardstick_killings_peace"] - 1.0
    clear = floors_clear(params)
    assert clear.mean() > 0.1  # enough draws for the next line to mean something
    assert np.abs(off[clear]).max() < 0.01


def test_floors_only_add_killings_of_peace_years(params: dict[str, np.ndarray]) -> None:
    # where politics changed too little to tell the periods apart, peace comes out less peaceful, never more
    killings, _ = counted(params, "peace")
    assert (killings >= params["yardstick_killings_peace"] * (1.0 - 1e-9)).all()


def test_more_killings_in_war_make_a_killing_cheaper(params: dict[str, np.ndarray]) -> None:
    # the same rent and effort over more deaths; the other three numbers rest on the ratio of the counts alone
    both = {name: 2.0 * params[name] for name in ("yardstick_killings_war", "yardstick_killings_peace")}
    base, twice = build_yardstick(params), build_yardstick({**params, **both})
    assert twice.cost == pytest.approx(0.5 * base.cost)
    for name in ("threshold", "noise", "friction"):
        assert getattr(twice, name) == pytest.approx(getattr(base, name))


def floors_clear(p: dict[str, np.ndarray]) -> np.ndarray:
    """Draws that both floors of the yardstick leave alone, by five of their widths; (batch,)."""
    n = violence.rivals(p["yardstick_contenders"], 1.0, 0.0)
    war, peace = (
        violence.margin(
            p, n, p["yardstick_integrity"], p[f"yardstick_removal_{x}"], p[f"yardstick_turnover_{x}"]
        )
        for x in ("war", "peace")
    )
    return (peace - war > 5.0 * LEAST_GAP) & (build_yardstick(p).friction > 5.0 * LEAST_FRICTION)
