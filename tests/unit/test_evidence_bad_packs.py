"""Whatever is wrong with a pack: one message that names file, line, what was got and what to do."""

from __future__ import annotations

from pathlib import Path

import pytest
from pack_copy import Breaker, append, copy_pack, problems_of, refusal, replace

from yupana.core.errors import CODES, DataError, UsageError
from yupana.evidence.loading import load_pack

ROW = "x-{n},coca_area,exampleland,2009,,,100,,,ha,,stock,,survey,2010,,retrieved,3,high,"


def sub(name: str, old: str, new: str) -> Breaker:
    return lambda root: replace(root / name, old, new)


def write(name: str, data: bytes) -> Breaker:
    return lambda root: (root / name).write_bytes(data) and None


def row(line: str) -> Breaker:
    return lambda root: append(root / "evidence/ledger.csv", line) and None


def driver(line: str) -> Breaker:
    return lambda root: append(root / "drivers/drivers.csv", line) and None


LOADING: dict[str, tuple[Breaker, str, str, str]] = {
    # name: (what to break, code, where, a word of the message)
    "no places": (lambda r: (r / "places.yaml").unlink(), "Y201", "places.yaml", ""),
    "no evidence": (lambda r: (r / "evidence/ledger.csv").unlink(), "Y201", "evidence/*.csv", ""),
    "empty file": (write("goods.yaml", b""), "Y203", "goods.yaml", "empty"),
    "only comments": (write("goods.yaml", b"# nothing\n"), "Y203", "goods.yaml", "comments only"),
    "binary": (write("goods.yaml", b"\x89PNG\x00\x01"), "Y202", "goods.yaml", "binary"),
    "latin-1": (write("sources.csv", "id,title\nx,Perú\n".encode("latin-1")), "Y202", "line 2", "UTF-8"),
    "unclosed": (
        sub("pack.yaml", "money: {unit: USD, year: 2012}", "money: {unit: USD"),
        "Y204",
        "pack.yaml",
        "",
    ),
    "tab": (
        sub("places.yaml", "  - {id: highlands", "\t- {id: highlands"),
        "Y204",
        "places.yaml, line 3",
        "",
    ),
    "tag": (
        sub("pack.yaml", "id: exampleland", "id: !!python/object exampleland"),
        "Y204",
        "pack.yaml",
        "tag",
    ),
    "key twice": (
        sub("pack.yaml", "start: 2000", "start: 2000\nstart: 2001"),
        "Y205",
        "line 6",
        "first on line 5",
    ),
    "unknown key": (sub("pack.yaml", "licence:", "lisence:"), "Y206", "line 9", "did you mean 'licence'"),
    "wrong type": (sub("pack.yaml", "start: 2000", "start: early"), "Y207", "line 5", "'early'"),
    "boolean number": (sub("pack.yaml", "start: 2000", "start: true"), "Y207", "line 5", "true or false"),
    "number as text": (sub("places.yaml", 'ubigeo: "01"', "ubigeo: 1"), "Y207", "places.yaml", "quotes"),
    "end before start": (sub("pack.yaml", "end: 2030", "end: 1999"), "Y207", "pack.yaml", "after start"),
    "missing key": (sub("pack.yaml", "name: Exampleland\n", ""), "Y208", "pack.yaml", "name"),
    "not a list": (write("goods.yaml", b"leaf: 3\n"), "Y207", "goods.yaml", ""),
    "id twice": (
        sub("places.yaml", "id: lowlands", "id: highlands"),
        "Y209",
        "places.yaml, line 4",
        "highlands",
    ),
    "row twice": (
        lambda r: [append(r / "evidence/ledger.csv", ROW.format(n=1)) for _ in "ab"] and None,
        "Y209",
        "line 39",
        "first in evidence/ledger.csv, line 38",
    ),
    "unknown place": (
        row(ROW.format(n=1).replace("exampleland", "exampelland")),
        "Y210",
        "line 38",
        "did you mean",
    ),
    "unknown source": (row(ROW.format(n=1).replace("survey", "surevy")), "Y210", "column source", "'survey'"),
    "unknown quantity": (
        row(ROW.format(n=1).replace("coca_area", "coca_aera")),
        "Y210",
        "line 38",
        "'coca_area'",
    ),
    "unknown parent": (
        row(ROW.format(n=1).replace("2010,,ret", "2010,nobody,ret")),
        "Y210",
        "derived_from",
        "",
    ),
    "unknown unit": (
        row(ROW.format(n=1).replace(",ha,", ",hectars,")),
        "Y211",
        "column unit",
        "did you mean",
    ),
    "unit of another thing": (row(ROW.format(n=1).replace(",ha,", ",kg,")), "Y212", "column unit", "kg"),
    "wrong kind": (row(ROW.format(n=1).replace("stock", "flow")), "Y207", "column kind", "stock"),
    "basis not allowed": (row(ROW.format(n=1).replace("ha,,", "ha,pure,")), "Y207", "column basis", "pure"),
    "nan": (row(ROW.format(n=1).replace("100", "nan")), "Y219", "line 38", "finite"),
    "inf": (row(ROW.format(n=1).replace("100,,", "100,,inf")), "Y219", "line 38", "finite"),
    "thousands": (row(ROW.format(n=1).replace("100", '"1,200"')), "Y219", "line 38", "thousands"),
    "yaml nan": (sub("goods.yaml", "median: 0.8,", "median: .nan,"), "Y219", "goods.yaml", "finite"),
    "cell too many": (row(ROW.format(n=1) + ",more"), "Y218", "line 38", "21 cells"),
    "unknown column": (sub("sources.csv", "publisher", "publsher"), "Y206", "line 1", "'publisher'"),
    "missing column": (sub("sources.csv", "id,title,", "id,titel,"), "Y206", "line 1", "'title'"),
    "period": (row(ROW.format(n=1).replace("2009,,", "about 2009,,")), "Y207", "line 38", "YYYY"),
    "start after end": (
        row(ROW.format(n=1).replace("2009,,", "2009,2010,2008")),
        "Y207",
        "line 38",
        "after end",
    ),
    "range upside down": (
        row(ROW.format(n=1).replace("100,,", "100,200,50")),
        "Y207",
        "line 38",
        "above high",
    ),
    "outside its range": (row(ROW.format(n=1).replace("100,,", "100,200,300")), "Y207", "line 38", "within"),
    "no figure": (row(ROW.format(n=1).replace("100", "")), "Y207", "line 38", "at least one"),
    "own parent": (row(ROW.format(n=1).replace("2010,,ret", "2010,x-1,ret")), "Y221", "line 38", "x-1"),
    "stranger": (write("priorz.yaml", b"[]\n"), "Y206", "priorz.yaml", "nothing reads"),
    "driver unit": (driver("population,,2024,5,ha,2026,,0,high,"), "Y212", "column unit", "persons"),
    "driver place": (
        driver("rival_area,rivaila,2024,5,ha,2026,,0,high,"),
        "Y210",
        "column place",
        "'rivalia'",
    ),
    "driver twice": (driver("population,,2024,5,persons,2025,,0,high,"), "Y209", "line 277", "first in"),
    "two homes": (sub("places.yaml", "kind: rival", "kind: home"), "Y503", "origins", "one"),
    "lever": (
        sub("scenarios/eradicate.yaml", "eradication:", "eradicaton:"),
        "Y302",
        "line 5",
        "'eradication'",
    ),
    "lever range": (sub("scenarios/eradicate.yaml", "2013: 3", "2013: 30"), "Y303", "line 5", "0 to 10"),
    "lever nan": (sub("scenarios/eradicate.yaml", "2013: 3", "2013: .nan"), "Y219", "line 5", "finite"),
    "lever word": (sub("scenarios/eradicate.yaml", "2013: 3", "2013: triple"), "Y207", "line 5", "absolute"),
    "lever unit": (sub("scenarios/eradicate.yaml", "2013: 3", "2013: 3 kg"), "Y304", "line 5", "ha"),
    "lever place": (
        sub("scenarios/demand_falls.yaml", "[overseas]", "[oversea]"),
        "Y108",
        "line 5",
        "'overseas'",
    ),
    "parent scenario": (
        sub("scenarios/eradicate.yaml", "extends: baseline", "extends: base"),
        "Y301",
        "",
        "baseline",
    ),
    "circle": (
        sub("scenarios/eradicate.yaml", "extends: baseline", "extends: eradicate"),
        "Y305",
        "scenarios/eradicate.yaml, line 2",
        "eradicate -> eradicate",
    ),
    "prior upside down": (sub("priors.yaml", "q05: 9000", "q05: 90000"), "Y207", "priors.yaml", "q05 < q95"),
    "prior cites nothing there": (
        sub("priors.yaml", "2000-survey]", "2000-surveys]"),
        "Y210",
        "priors.yaml",
        "did",
    ),
    "check": (sub("checks.yaml", "product:", "prodcut:"), "Y206", "checks.yaml", "'product'"),
    "deep": (write("goods.yaml", b"- " + b"[" * 200 + b"]" * 200 + b"\n"), "Y204", "goods.yaml", ""),
    "circle of aliases": (write("goods.yaml", b"&a [*a]\n"), "Y204", "goods.yaml", ""),
}


@pytest.mark.parametrize("name", LOADING)
def test_loading_refuses(name: str, tmp_path: Path) -> None:
    breaker, code, where, word = LOADING[name]
    root = copy_pack(tmp_path)
    breaker(root)
    error = refusal(root)
    assert isinstance(error, (DataError, UsageError))
    found = [p for p in error.problems or (error,) if p.code == code and where in p.where]
    assert found, [str(p) for p in error.problems or (error,)]
    assert any(word in str(problem) for problem in found), str(found[0])
    assert all(problem.code in CODES and "Traceback" not in str(problem) for problem in error.problems)
    assert error.exit_code == 2


CHECKING: dict[str, tuple[Breaker, str, str]] = {
    "point": (sub("map/departments.geojson", '"type": "Polygon"', '"type": "Point"'), "Y215", "feature 1"),
    "line": (
        sub("map/departments.geojson", '"type": "Polygon"', '"type": "LineString"'),
        "Y215",
        "feature 1",
    ),
    "latitude in yaml": (
        sub("places.yaml", "name: North,", "name: North, note: '-12.345, -75.678',"),
        "Y215",
        "line 6",
    ),
    "degrees": (sub("pack.yaml", "note: An", "note: 12° 30' south. An"), "Y215", "pack.yaml"),
    "pair in csv": (row(ROW.format(n=1) + "seen at 12.3456 75.1234"), "Y215", "column note"),
    "map not json": (write("map/departments.geojson", b"{"), "Y204", "map/departments.geojson"),
    "map of another kind": (write("map/departments.geojson", b"[]"), "Y207", "map/departments.geojson"),
    "orphan": (
        sub("places.yaml", "id: farland, name", "id: nowhere, name: N}\n  - {id: farland, name"),
        "Y210",
        "line",
    ),
    "source unused": (sub("evidence/ledger.csv", ",herald,", ",police,"), "Y216", "herald"),
    "recalled and high": (row(ROW.format(n=1).replace("retrieved", "recalled")), "Y216", "x-1"),
    "prior of the start": (sub("priors.yaml", "2000-survey]", "2004-survey]"), "Y217", "priors.yaml"),
    "cited and silent": (sub("priors.yaml", "pedigree: judged", "pedigree: cited"), "Y216", "priors.yaml"),
    "claim": (
        sub("claims.yaml", "quantity: coca_area", "quantity: coca_areas"),
        "Y210",
        "claims.yaml, line 9",
    ),
    "driver gap": (
        lambda r: replace(r / "drivers/drivers.csv", "population,,2010,", "population,,1999,"),
        "Y502",
        "drivers/*.csv",
    ),
}


@pytest.mark.parametrize("name", CHECKING)
def test_check_refuses_what_loading_lets_pass(name: str, tmp_path: Path) -> None:
    breaker, code, where = CHECKING[name]
    root = copy_pack(tmp_path)
    assert problems_of(root) == []
    breaker(root)
    found = problems_of(root)
    assert any(p.code == code and where in p.where for p in found), [str(p) for p in found]


def test_all_problems_are_listed_at_once(tmp_path: Path) -> None:
    root = copy_pack(tmp_path)
    for name in ("unknown key", "unknown place", "lever", "driver unit", "empty file"):
        LOADING[name][0](root)
    codes = {problem.code for problem in problems_of(root)}
    assert {"Y206", "Y210", "Y302", "Y212", "Y203"} <= codes
    error = refusal(root)
    assert len(error.problems) >= 5
    assert "more: yupana pack check" in str(error)


def test_the_prior_may_not_know_the_years_of_the_score(tmp_path: Path) -> None:
    root = copy_pack(tmp_path)
    append(root / "evidence/ledger.csv", ROW.format(n=1).replace("2009", "2017"))
    replace(root / "priors.yaml", "pedigree: judged", "sources: [x-1]\n  pedigree: judged")
    assert [p.code for p in problems_of(root)] == ["Y217"]


@pytest.mark.parametrize("word", ["exampelland", "/nowhere/at/all", ""])
def test_unknown_pack(word: str) -> None:
    with pytest.raises((UsageError, DataError)) as caught:
        load_pack(word)
    assert caught.value.code in ("Y103", "Y201")


def test_folder_without_a_pack(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"pack\.yaml"):
        load_pack(tmp_path)


@pytest.mark.parametrize("name", ["latin-1", "unknown column", "nan"])
def test_one_broken_file_is_one_problem(name: str, tmp_path: Path) -> None:
    root = copy_pack(tmp_path)
    LOADING[name][0](root)
    found = problems_of(root)
    assert len({problem.where.split(",")[0] for problem in found}) == 1, [str(p) for p in found]
