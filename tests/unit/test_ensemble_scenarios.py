"""Scenarios of a run: names, files, inheritance, and everything that is refused, with its line."""

from __future__ import annotations

from pathlib import Path

import pytest

from yupana.core.errors import YupanaError
from yupana.ensemble.scenarios import resolve_scenario, resolve_scenarios
from yupana.evidence import Pack, load_pack

YEARS = range(2000, 2031)


@pytest.fixture(scope="module")
def pack() -> Pack:
    return load_pack("exampleland")


def written(tmp_path: Path, text: str, name: str = "mine.yaml") -> str:
    path = tmp_path / name
    path.write_text(text, encoding="utf-8")
    return str(path)


def test_the_baseline_moves_nothing(pack: Pack) -> None:
    assert resolve_scenario(pack, "baseline", YEARS).settings == {}


def test_a_file_is_read_resolved_and_sorted(pack: Pack, tmp_path: Path) -> None:
    text = """
name: mine
extends: eradicate
describe: half the demand of one market, fixed hectares, a rule
levers:
  "demand[overseas]": {2010: 0.5, 2020: 1}
  demand: 0.9
  eradication: {2005: "2000 ha", 2008: 1}
rules:
  interdiction_sea: {signal: cocaine_exports, threshold: 60, width: 5, gain: 0.5}
"""
    found = resolve_scenario(pack, written(tmp_path, text), YEARS)
    assert found.name == "mine"
    assert found.settings["eradication"] == {2005: ("absolute", 2000.0), 2008: ("multiple", 1.0)}
    assert found.settings["demand"] == {0: ("multiple", 0.9)}
    assert list(found.settings) == ["demand", "eradication", "demand[overseas]", "rules"]
    assert found.settings["rules"]["interdiction_sea"]["gain"] == 0.5


def test_scenarios_come_once_and_in_order(pack: Pack, tmp_path: Path) -> None:
    same = written(tmp_path, "name: baseline\ndescribe: nothing\n")
    found = resolve_scenarios(pack, ["eradicate", "baseline", same, "eradicate"], YEARS)
    assert [scenario.name for scenario in found] == ["eradicate", "baseline"]
    other = written(tmp_path, "name: baseline\ndescribe: x\nlevers: {input_cost: 2}\n", "other.yaml")
    with pytest.raises(YupanaError, match="two different scenarios"):
        resolve_scenarios(pack, ["baseline", other], YEARS)


HEAD = "name: mine\ndescribe: text\n"


@pytest.mark.parametrize(
    ("text", "code", "words"),
    [
        (HEAD + "levers:\n  eradicaton: 3\n", "Y302", ("line 4", "did you mean 'eradication'")),
        (HEAD + "levers:\n  demand[oversea]: 3\n", "Y108", ("line 4", "did you mean 'overseas'")),
        (HEAD + "levers:\n  eradication: 1e9\n", "Y303", ("line 4", "levers.eradication")),
        (HEAD + "levers:\n  eradication: .nan\n", "Y219", ("line 4", "finite")),
        (HEAD + "levers:\n  eradication: true\n", "Y207", ("line 4", "True")),
        (HEAD + "levers:\n  eradication: [1, 2]\n", "Y207", ("line 4", "list")),
        (HEAD + "levers:\n  eradication: 20000 kg\n", "Y304", ("line 4", "ha")),
        (HEAD + "levers:\n  eradication: 20000 acres\n", "Y211", ("line 4", "acres")),
        (HEAD + "levers:\n  input_cost: 20000 ha\n", "Y304", ("line 4", "no absolute value")),
        (HEAD + "levers:\n  eradication:\n    1999: 2\n", "Y104", ("line 5", "1999", "2000 to 2030")),
        (HEAD + "levers:\n  eradication:\n    soon: 2\n", "Y207", ("soon", "year")),
        (HEAD + "extends: mine\n", "Y305", ("line 3", "mine -> mine")),
        (HEAD + "extends: eradikate\n", "Y301", ("line 3", "did you mean 'eradicate'")),
        (HEAD + "lever:\n  eradication: 2\n", "Y206", ("line 3", "did you mean 'levers'")),
        (
            HEAD + "rules:\n  eradication: {signal: moon, threshold: 1, width: 1, gain: 1}\n",
            "Y107",
            ("moon",),
        ),
        (
            "levers: {eradicaton: 2}\nextends: eradikate\n",
            "Y208",
            ("'eradication'", "'eradicate'", "describe"),
        ),
        (
            "- name: mine\n",
            "Y207",
            ("a list of 1", "a mapping with the keys name, extends"),
        ),
        (HEAD + "levers: {eradication: 2\n", "Y204", ("line",)),
        (HEAD + HEAD, "Y205", ("line 3", "twice")),
        ("", "Y203", ("empty",)),
    ],
)
def test_what_cannot_be_used_is_refused_with_its_line(
    pack: Pack, tmp_path: Path, text: str, code: str, words: tuple[str, ...]
) -> None:
    path = written(tmp_path, text)
    with pytest.raises(YupanaError) as caught:
        resolve_scenario(pack, path, YEARS)
    assert caught.value.code == code, str(caught.value)
    for word in ("mine.yaml", *words):
        assert word in str(caught.value)
    assert caught.value.exit_code == 2
