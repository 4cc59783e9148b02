"""Packs that load: the skeleton round trip, scenarios, schemas, lists."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import schemas as tool
from pack_copy import copy_pack, replace
from ruamel.yaml import YAML

from yupana.core.errors import DataError, EnvironmentFault, UsageError
from yupana.evidence import load_pack, load_scenario, settings_of, shipped_packs
from yupana.evidence.checking import check_pack
from yupana.evidence.listings import claim_list, lever_list, pack_list, prior_list, scenario_list
from yupana.evidence.scenarios import is_scenario_file
from yupana.evidence.skeleton import new_pack, pack_id_of
from yupana.model import PARAMETERS, build_config
from yupana.params import PriorSet


@pytest.mark.parametrize("name", sorted(shipped_packs()))
def test_shipped_packs_are_valid(name: str) -> None:
    report = check_pack(shipped_packs()[name])
    assert report.valid, "\n".join(str(problem) for problem in report.problems)
    assert report.pack is not None
    assert report.pack.id == name
    assert all(report.counts[key] > 0 for key in ("rows", "sources", "priors", "drivers", "levers", "claims"))


def test_skeleton_round_trip(tmp_path: Path) -> None:
    folder = tmp_path / "My Country-2"
    names = new_pack(folder)
    assert "pack.yaml" in names
    assert check_pack(folder).valid
    pack = load_pack(folder)
    assert pack.id == "my_country_2"
    priors = PriorSet.from_pack(pack, build_config(pack).dims)
    priors.expect(PARAMETERS)
    with pytest.raises(UsageError) as caught:
        new_pack(folder)
    assert caught.value.code == "Y105"


def test_skeleton_in_an_empty_folder(tmp_path: Path) -> None:
    assert new_pack(tmp_path)
    assert load_pack(tmp_path).ledger


def test_skeleton_refuses_a_file(tmp_path: Path) -> None:
    (tmp_path / "x").write_text("kept")
    with pytest.raises(UsageError):
        new_pack(tmp_path / "x")
    with pytest.raises(EnvironmentFault):
        new_pack(tmp_path / "x" / "y")
    assert (tmp_path / "x").read_text() == "kept"


def test_ids_of_folders() -> None:
    assert pack_id_of(Path("/a/2020")) == "pack_2020"
    assert pack_id_of(Path("/a/Land_1")) == "land_1"


def test_hash_is_of_content(tmp_path: Path) -> None:
    root = copy_pack(tmp_path, priors=None)
    first = load_pack(root).hash
    assert first == load_pack("exampleland").hash
    replace(root / "pack.yaml", "name: Exampleland", "name: Elsewhere")
    assert load_pack(root).hash != first


def test_a_list_may_stand_under_the_name_of_its_file(tmp_path: Path) -> None:
    root = copy_pack(tmp_path)
    text = (root / "levers.yaml").read_text()
    (root / "levers.yaml").write_text("levers:\n" + text)
    assert load_pack(root).levers == load_pack("exampleland").levers
    replace(root / "levers.yaml", "high: 10", "hihg: 10")
    with pytest.raises(DataError, match=r"levers\.yaml, line 3"):
        load_pack(root)


def test_settings_of_scenarios(tmp_path: Path) -> None:
    pack = load_pack("exampleland")
    assert settings_of(pack, pack.scenario("baseline")) == {}
    assert settings_of(pack, pack.scenario("eradicate")) == {
        "eradication": {2013: ("multiple", 3.0), 2015: ("multiple", 1.0)}
    }
    file = tmp_path / "mine.yaml"
    file.write_text(
        "name: mine\nextends: eradicate\ndescribe: d\nlevers:\n  demand: 0.5\n  'demand[overseas]': 2\n"
        "  eradication: {2020: 15_000 ha}\n"
        "rules:\n  input_cost: {signal: coca_area, threshold: 1, width: 1, gain: 0}\n"
    )
    scenario = load_scenario(pack, str(file))
    assert settings_of(pack, scenario) == {
        "demand": {0: ("multiple", 0.5)},
        "eradication": {2020: ("absolute", 15_000.0)},
        "demand[overseas]": {0: ("multiple", 2.0)},
        "rules": {"input_cost": {"signal": "coca_area", "threshold": 1.0, "width": 1.0, "gain": 0.0}},
    }


def test_a_lever_for_all_places_overrides_what_is_extended(tmp_path: Path) -> None:
    pack = load_pack("exampleland")
    file = tmp_path / "s.yml"
    file.write_text("name: s\nextends: demand_falls\ndescribe: d\nlevers: {demand: 2}\n")
    assert settings_of(pack, load_scenario(pack, str(file))) == {"demand": {0: ("multiple", 2.0)}}


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", "Y203"),
        ("name: x\nlevers: {}\n", "Y208"),
        ("name: x\ndescribe: d\nlevers: {nothing: 1}\n", "Y302"),
        ("name: x\ndescribe: d\nlevers: {eradication: -1}\n", "Y303"),
        ("name: x\ndescribe: d\nlevers: {eradication: 1 furlong}\n", "Y211"),
        ("name: x\ndescribe: d\nlevers: {eradication: 90000 ha}\n", "Y303"),
        ("name: x\ndescribe: d\nlevers: {input_cost: 5 USD}\n", "Y304"),
        ("name: x\ndescribe: d\nlevers: {eradication: {soon: 1}}\n", "Y207"),
        ("name: x\ndescribe: d\nlevers: {eradication: {}}\n", "Y207"),
        ("name: x\ndescribe: d\nlevers: {eradication: [1]}\n", "Y207"),
        ("name: x\ndescribe: d\nlevers: {'eradication[north]': 1}\n", "Y302"),
        ("name: x\ndescribe: d\nextends: nobody\n", "Y301"),
        ("name: x\ndescribe: d\nextends: x\n", "Y305"),
        ("name: x\ndescribe: d\nlevel: {}\n", "Y206"),
        ("- 1\n", "Y207"),
    ],
)
def test_bad_scenario_files(text: str, code: str, tmp_path: Path) -> None:
    file = tmp_path / "bad.yaml"
    file.write_text(text)
    with pytest.raises((DataError, UsageError)) as caught:
        load_scenario(load_pack("exampleland"), str(file))
    assert caught.value.code == code
    assert "bad.yaml" in caught.value.where
    assert caught.value.exit_code == 2


def test_scenarios_by_name_and_file() -> None:
    pack = load_pack("exampleland")
    with pytest.raises(UsageError, match="did you mean 'eradicate'"):
        load_scenario(pack, "eradicat")
    with pytest.raises(DataError) as caught:
        load_scenario(pack, "nowhere.yaml")
    assert caught.value.code == "Y201"
    assert [is_scenario_file(word) for word in ("baseline", "a.yaml", "a.yml", "b/c")] == [
        False,
        True,
        True,
        True,
    ]


def _text_keys(value: Any) -> Any:
    if isinstance(value, dict):
        return {str(key): _text_keys(item) for key, item in value.items()}
    return [_text_keys(item) for item in value] if isinstance(value, list) else value


@pytest.mark.parametrize("name", sorted(tool.contents()))
def test_published_schemas_are_up_to_date(name: str) -> None:
    assert (tool.FOLDER / name).read_text() == tool.contents()[name], "run tools/schemas.py"


@pytest.mark.parametrize("pack", sorted(shipped_packs()))
def test_shipped_files_satisfy_the_published_schemas(pack: str) -> None:
    root = shipped_packs()[pack]
    files = {name: root / f"{name}.yaml" for name in tool.contents() if name.endswith(".json")}
    files = {name: root / f"{name.removesuffix('.json')}.yaml" for name in files}
    checked = 0
    for name, path in [*files.items(), *(("scenario.json", path) for path in root.glob("scenarios/*.yaml"))]:
        if not path.is_file():
            continue
        data = _text_keys(YAML(typ="safe", pure=True).load(path.read_text()))
        if isinstance(data, dict) and list(data) == [path.stem]:
            data = data[path.stem]
        schema = json.loads((tool.FOLDER / name).read_text())
        jsonschema.Draft202012Validator.check_schema(schema)
        jsonschema.validate(data, schema)
        checked += 1
    assert checked >= 9


def test_lists_name_unit_range_and_meaning() -> None:
    pack = load_pack("exampleland")
    assert all(item["unit"] and item["range"] and item["meaning"] for item in lever_list(pack))
    assert all(item["unit"] and item["range"] and item["meaning"] for item in prior_list(pack))
    assert next(item["name"] for item in scenario_list(pack)) == "baseline"
    about, claims = claim_list(pack)
    assert about
    assert claims[0]["readings"][0]["statement"] == "about 14,000 ha"
    assert "exampleland" in {item["id"] for item in pack_list()}


def test_ranges_by_place() -> None:
    entry = next(item for item in prior_list(load_pack("exampleland")) if item["name"] == "mature_yield")
    assert {place["place"]: place["low"] for place in entry["places"]} == {
        "": 1100,
        "highlands": 1100,
        "lowlands": 1900,
    }
