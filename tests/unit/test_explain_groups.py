"""Groups of settings in which two scenarios differ, how coalitions mix them, what picture and words say."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from yupana.analysis.coalitions import Group, Side, Statistic, groups_between, mixed_settings, side_of
from yupana.analysis.difference import Difference, GroupShare
from yupana.ensemble.scenarios import RunScenario
from yupana.evidence.schema_study import StructuralSetting
from yupana.params import PriorSet
from yupana.report.explain_page import (
    difference_picture,
    difference_sentence,
    difference_table,
    explain_page,
    years_text,
)
from yupana.report.layout import collisions, cut_off
from yupana.report.palette import styled
from yupana.report.save import save_picture
from yupana.report.tables import Context

CATEGORIES = {"gates": "exits", "rivals": "groups", "cost": "prices"}
RULE = {"signal": "area", "threshold": 1.0, "width": 1.0, "gain": 0.5}


def priors() -> PriorSet:
    common = {"unit": "ratio", "meaning": "m", "reason": "r", "pedigree": "judged", "family": "lognormal"}
    entries: list[dict[str, Any]] = [
        common | {"name": "gates", "over": ["exit"], "q05": 1, "q95": 2},
        common | {"name": "rivals", "q05": 1, "q95": 2},
        common | {"name": "cost", "over": ["exit"], "q05": 1, "q95": 2},
    ]
    return PriorSet.from_entries(entries, {"exit": ("sea", "land", "air")})


def side(name: str, settings: Any = None, **structure: dict[str, Any]) -> Side:
    parts = {key.replace("__", "[") + ("]" if "__" in key else ""): value for key, value in structure.items()}
    settled = {key: StructuralSetting.model_validate(value) for key, value in parts.items()}
    return side_of(RunScenario(name, "", settings or {}, name, settled), priors())


def judged(**numbers: float) -> dict[str, Any]:
    return {**numbers, "judged": "a guess"}


def sourced(**numbers: float) -> dict[str, Any]:
    return {**numbers, "source": ["row-1"]}


def test_every_lever_is_a_group_with_its_places_and_rules() -> None:
    one = side("one", {"demand": {0: ("multiple", 0.5)}, "effort": {0: ("multiple", 2.0)}})
    other = side(
        "other",
        {
            "demand": {0: ("multiple", 0.5)},
            "effort": {0: ("multiple", 2.0)},
            "demand[abroad]": {2005: ("multiple", 2.0)},
            "rules": {"support": RULE},
        },
    )
    groups = groups_between(one, other, CATEGORIES)
    assert [(group.name, group.basis) for group in groups] == [("demand", "lever"), ("support", "lever")]
    assert mixed_settings(one, other, groups, 0) == one.settings
    assert mixed_settings(one, other, groups, 0b11) == other.settings
    assert list(mixed_settings(one, other, groups, 0b01)) == ["demand", "effort", "demand[abroad]"]
    assert mixed_settings(one, other, groups, 0b10) == {**one.settings, "rules": {"support": RULE}}


def test_structure_goes_by_category_and_what_is_judged_stands_apart() -> None:
    one = side("one", cost=sourced(multiple=2.0))
    other = side(
        "other",
        gates=sourced(multiple=0.5),
        gates__sea=judged(value=1.5),
        rivals=judged(q05=1.0, q95=3.0),
        cost=sourced(multiple=2.0),
    )
    groups = groups_between(one, other, CATEGORIES)
    assert [(group.name, group.basis) for group in groups] == [
        ("exits (sourced)", "sourced"),
        ("exits (judged)", "judged"),
        ("groups", "judged"),
    ]
    assert [group.elements for group in groups] == [
        ("gates[land]", "gates[air]"),
        ("gates[sea]",),
        ("rivals",),
    ]
    assert other.elements["gates[sea]"] == ("value", 1.5)
    assert other.elements["gates[air]"] == ("multiple", 0.5)


def test_a_setting_that_is_judged_in_either_scenario_makes_the_difference_judged() -> None:
    one, other = side("one", rivals=judged(value=2.0)), side("other", rivals=sourced(value=3.0))
    assert [group.basis for group in groups_between(one, other, CATEGORIES)] == ["judged"]
    assert [group.basis for group in groups_between(other, side("none"), CATEGORIES)] == ["sourced"]


def test_the_same_numbers_for_another_reason_make_no_difference() -> None:
    one = side("one", rivals=judged(value=2.0), cost=judged(multiple=2.0))
    every = {f"cost__{place}": sourced(multiple=2.0) for place in ("sea", "land", "air")}
    assert groups_between(one, side("other", rivals=sourced(value=2.0), **every), CATEGORIES) == ()


def test_the_statistic_is_the_mean_over_the_years_asked_for() -> None:
    yearly = {"area[zone]": np.arange(4 * 2 * 3, dtype=np.float32).reshape(4, 2, 3)}
    found = Statistic("area[zone]", 1, (2001, 2003)).of(yearly, 2000)
    np.testing.assert_array_equal(found, [(9 + 21) / 2, (10 + 22) / 2, (11 + 23) / 2])


def make_difference(levels: tuple[float, float] = (1.2, 8.1), many: int = 0) -> Difference:
    gap = levels[1] - levels[0]
    names = [("exits (judged)", "judged", 0.6), ("removal", "sourced", 0.6), ("eradication", "lever", -0.2)]
    names += [(f"a_lever_of_a_long_name_{i}", "lever", 0.0) for i in range(many)]
    shares = tuple(
        GroupShare(
            Group(
                name,
                basis,
                (name,) if basis == "lever" else (),
                () if basis == "lever" else ("gates[sea]", "gates[air]"),
            ),
            part * gap, part * gap - 0.5 * abs(gap), part * gap + abs(gap), 0.03, part * gap / 2, part * gap,
        )
        for name, basis, part in names
    )  # fmt: skip
    return Difference(
        "somewhere-1a2b", "deaths[north_coast]", "1/year", ("peaceful", "violent"), (2008, 2009, 2010), 256,
        3, 8, False, levels, (gap - 2, gap + 2), shares,
    )  # fmt: skip


CONTEXT = Context("somewhere-1a2b", "Somewhere", True, 253, 3, 2020)


@pytest.mark.parametrize("levels", [(1.2, 8.1), (9.0, 2.0), (-3.0, 4.0), (1.0, 1.0)])
@pytest.mark.parametrize("many", [0, 9])
def test_the_picture_holds_together(levels: tuple[float, float], many: int) -> None:
    with styled():
        figure = explain_page(make_difference(levels, many), CONTEXT)
        assert collisions(figure) == []
        assert cut_off(figure) == []


def test_the_picture_lies_beside_its_data(tmp_path: Any) -> None:
    found = make_difference()
    paths = save_picture(difference_picture(found, CONTEXT), tmp_path)
    assert [path.suffix for path in paths] == [".png", ".svg", ".csv", ".json"]
    lines = (tmp_path / "explain-deaths-north_coast-peaceful-violent.csv").read_text().splitlines()
    assert len(lines) == 1 + 2 + len(found.shares)
    assert lines[2].startswith("share,exits (judged),judged,gates[sea]; gates[air],1/year,4.14,")


def test_words_and_table_say_what_is_judged() -> None:
    found = make_difference()
    text = difference_sentence(found)
    for part in ("2008–2010", "1.2 1/year in peaceful", "8.1 in violent", "6.9", "60% of it", "judged"):
        assert part in text
    assert "carry 4.1, 60% of it" in text
    table = difference_table(found)
    assert table.width <= 100
    assert table.rows[-1][:4] == ("all", "", "6.9", "100%")
    assert years_text((2001, 2003)) == "2001, 2003"


def test_json_has_the_promised_shape() -> None:
    value = make_difference().to_json()
    assert list(value)[:4] == ["statistic", "unit", "difference", "shares"]
    assert value["statistic"] == "mean over draws and years"
    keys = ["group", "share", "q05", "q95", "se", "mark", "contraction"]
    assert all(list(share) == keys for share in value["shares"])
    assert value["difference"] == pytest.approx(6.9)
    assert value["judged_share"] == pytest.approx(4.14)
