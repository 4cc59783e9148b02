"""Rows as observations of model variables: what is converted, what is said, what is left out."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from pack_copy import append, copy_pack, replace

from yupana.core.errors import DataError
from yupana.evidence import Pack, load_pack
from yupana.evidence.comparison import compare, comparison_as_dict, interval
from yupana.evidence.observations import observations, observe, observed_variables
from yupana.model import VARIABLES, build_config

LEDGER = "evidence/ledger.csv"


@pytest.fixture(scope="module")
def pack() -> Pack:
    return load_pack("exampleland")


def test_plain_figures_stay_as_they_are(pack: Pack) -> None:
    found = [item for item in observations(pack, "coca_area") if item.by == "un"]
    assert [(item.year, item.value) for item in found][:2] == [(2000, 10_000.0), (2004, 11_500.0)]
    assert {(item.place, item.unit, item.note) for item in found} == {("exampleland", "ha", "")}


def test_elements(pack: Pack) -> None:
    every = observations(pack, "coca_area[zone]")
    assert {item.variable for item in every} == {"coca_area[highlands]", "coca_area[lowlands]"}
    one = observations(pack, "coca_area[highlands]")
    assert {item.place for item in one} == {"highlands"}
    assert observations(pack, "coca_area[nowhere]") == []
    assert observations(pack, "home_use") == []


@pytest.fixture(scope="module")
def peru() -> Pack:
    return load_pack("peru")


def test_every_dimension_of_the_model_can_be_asked_for(peru: Pack) -> None:
    dims = build_config(peru).dims
    observed = observed_variables(peru)
    for variable in VARIABLES:
        if variable.over is None:
            continue
        keys = {f"{variable.name}[{name}]" for name in dims[variable.over]} & set(observed)
        found = observe(peru, variable.key, elements=dims[variable.over])
        assert len(found.observations) + len(found.left_out) == sum(observed[key] for key in keys), variable


def test_a_dimension_holds_its_own_elements_only(peru: Pack) -> None:
    dims = build_config(peru).dims
    by_trade = observe(peru, "earnings[illicit_trade]", elements=dims["illicit_trade"]).observations
    assert {item.variable for item in by_trade} == {"earnings[people]"}
    assert observations(peru, "earnings[residence]", elements=dims["residence"]) == []


def test_every_register_of_killings_is_a_reading_of_what_registers_show(peru: Pack) -> None:
    found = observations(peru, "homicide_rate_recorded", unit="per_100000")
    registers = {item.quantity for item in found if item.year in (2011, 2013)}
    assert registers == {
        *("homicide_rate", "homicide_rate_inei", "homicide_rate_who", "homicide_rate_ihme"),
        "homicide_rate_police",
    }
    values = [item.value for item in found if item.year == 2013]
    assert max(values) > 2.5 * min(values)  # registers of killings alone; complaints are no such register
    assert {item.place for item in found} == {"peru"}


def test_an_excess_becomes_a_level(peru: Pack) -> None:
    found = {item.row: item.value for item in observations(peru, "prison_crowding", unit="ratio")}
    assert found["prison_overcrowding-peru-2013-12-un"] == pytest.approx(2.175)
    assert found["prison_occupancy-peru-2024-01-gov"] == pytest.approx(2.314)


def test_money_and_purity_are_converted_and_said(pack: Pack) -> None:
    first = observations(pack, "hcl_price")[0]
    index = pack.driver_series("consumer_price_us", np.array([2008, 2012])).value
    assert first.year == 2008
    assert first.value == pytest.approx(870 * index[1] / index[0] / 0.85)
    assert first.low == pytest.approx(870 * index[1] / index[0] / 0.95)
    assert first.high == pytest.approx(870 * index[1] / index[0] / 0.70)
    assert first.basis == "real+pure"
    assert "USD of 2012" in first.note
    assert "purity of 0.85 (0.7 to 0.95)" in first.note


def test_a_country_stands_for_its_market(pack: Pack) -> None:
    found = observations(pack, "retail_price[overseas]", unit="USD/kg")
    assert {item.place for item in found} == {"farland"}
    assert found[-1].value == pytest.approx(118_000 / 0.85)


def test_unverified_figures_say_so(pack: Pack) -> None:
    found = {item.row: item.verified for item in observations(pack, "seizures_home")}
    assert found["cocaine-seized-exampleland-2012-herald"] is False
    assert found["cocaine-seized-exampleland-2012-police"] is True


def test_what_cannot_be_converted_is_left_out_with_the_reason(tmp_path: Path) -> None:
    root = copy_pack(tmp_path)
    line = "x-{0},hcl_price,exampleland,{1},,,1000,,,{2},nominal+bulk,price,,survey,2013,,retrieved,3,high,"
    flow = "x-{0},cocaine_seized,exampleland,{1},,,5,,,t,bulk,flow,,police,2013,,retrieved,3,high,"
    append(root / LEDGER, line.format(1, 2011, "EUR/kg"))
    append(root / LEDGER, line.format(2, 2011, "LCU/kg"))
    append(root / LEDGER, line.format(3, "2009-2011", "USD/kg"))
    append(root / LEDGER, flow.format(4, "2009-2010"))
    append(root / LEDGER, flow.format(5, "2009-06"))
    pack = load_pack(root)
    prices, seized = observe(pack, "hcl_price"), observe(pack, "seizures_home")
    assert dict(prices.left_out) == {"x-1": "no exchange rate of EUR for 2011"}
    assert dict(seized.left_out) == {
        "x-4": "a flow over several calendar years",
        "x-5": "a flow over part of a year",
    }
    local = next(item for item in prices.observations if item.row == "x-2")
    rate = pack.driver_series("exchange_rate", np.array([2011])).value[0]
    index = pack.driver_series("consumer_price_us", np.array([2011, 2012])).value
    assert local.value == pytest.approx(1000 / rate * index[1] / index[0] / 0.85)
    assert "LCU at" in local.note
    spread = next(item for item in prices.observations if item.row == "x-3")
    assert spread.year == 2010
    assert "mean of 2009 to 2011" in spread.note


def test_a_link_names_variables_of_the_model(pack: Pack) -> None:
    names = {variable.name for variable in VARIABLES}
    assert {key.partition("[")[0] for key in observed_variables(pack)} <= names


def test_series_follow_their_rule(pack: Pack) -> None:
    years = np.arange(2000, 2031)
    held = pack.driver_series("eradicated_area", years)
    assert held.value[-1] == held.value[24]
    assert held.log_sd[0] == 0.15
    assert held.log_sd[-1] == 0.0
    people = pack.driver_series("population", years).value
    assert people[-1] / people[-2] == pytest.approx(1.012, rel=1e-4)
    assert pack.driver_series("rival_area", years, place="rivalia").value.shape == (31,)


NO_SERIES = [("populaton", None), ("rival_area", "rivaila"), ("rival_area", None)]


@pytest.mark.parametrize(("driver", "place"), NO_SERIES)
def test_unknown_series(pack: Pack, driver: str, place: str | None) -> None:
    with pytest.raises(DataError) as caught:
        pack.driver_series(driver, np.array([2005]), place)
    assert caught.value.code == "Y502"


def test_years_without_value(pack: Pack) -> None:
    with pytest.raises(DataError, match="1999"):
        pack.driver_series("population", np.array([1999]))


def test_the_latest_vintage_wins_and_until_takes_it_back(tmp_path: Path) -> None:
    root = copy_pack(tmp_path)
    append(root / "drivers/drivers.csv", "gdp_growth,,2010,9.9,percent,2020,,0,high,revised")
    year = np.array([2010])
    assert load_pack(root).driver_series("gdp_growth", year).value[0] == 9.9
    assert load_pack(root, until=2016).driver_series("gdp_growth", year).value[0] != 9.9
    early = load_pack(root, until=2010)
    assert max(early.driver_years("gdp_growth")) == 2009
    assert early.driver_series("gdp_growth", np.array([2009, 2030])).value.tolist()[0] == pytest.approx(
        early.driver_series("gdp_growth", np.array([2030])).value[0]
    )
    assert early.hash != load_pack(root).hash


def test_a_figure_against_all_others(pack: Pack, tmp_path: Path) -> None:
    found = compare(pack, "coca-area-exampleland-2010-survey")
    relations = {entry.row.id: (entry.relation, entry.disputes) for entry in found.entries}
    assert relations["coca-area-exampleland-2010-agency"] == ("other publisher", True)
    assert relations["leaf-output-exampleland-2010-survey"] == ("child", False)
    assert comparison_as_dict(pack, found)["against"][0]["ratio"] == pytest.approx(17_500 / 14_100)
    root = copy_pack(tmp_path)
    line = "x-{0},coca_area,exampleland,2010,,,{1},,,ha,,stock,,survey,{2},,retrieved,3,high,"
    append(root / LEDGER, line.format(1, 14_000, 2015))
    replace(root / LEDGER, "17500,,,ha", "15000,,,ha")
    again = compare(load_pack(root), "coca-area-exampleland-2010-survey")
    relations = {entry.row.id: (entry.relation, entry.disputes) for entry in again.entries}
    assert relations["x-1"] == ("vintage", False)
    assert relations["coca-area-exampleland-2010-agency"] == ("other publisher", False)


def test_siblings_and_unlike_figures(tmp_path: Path) -> None:
    root = copy_pack(tmp_path)
    quantity = "- {id: seized_pure, name: S, unit: t, basis: pure, kind: flow, meaning: m, "
    quantity += "variable: seizures_home}\n"
    with (root / "quantities.yaml").open("a") as file:
        file.write(quantity)
    append(
        root / LEDGER, "x-1,seized_pure,exampleland,2010,,,4,,,t,pure,flow,,police,2013,,retrieved,3,high,"
    )
    found = compare(load_pack(root), "x-1").entries
    assert [(e.relation, e.comparable) for e in found] == [("sibling", "basis: bulk, not pure")]


def test_ranges(pack: Pack) -> None:
    assert interval(pack.ledger["coca-area-exampleland-2010-survey"]) == (12_690.0, 15_510.0)
    assert interval(pack.ledger["coca-area-exampleland-2010-agency"]) == (16_625.0, 18_375.0)
