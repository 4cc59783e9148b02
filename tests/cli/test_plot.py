"""`yupana plot` from the outside, on a run whose numbers are made up by a stand-in for the engine."""

from __future__ import annotations

import csv
import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from yupana.cli.main import run as run_command
from yupana.ensemble.labels import labels_of
from yupana.ensemble.plan import Request, make_plan
from yupana.ensemble.runner import run_job
from yupana.evidence.loading import load_pack
from yupana.model import VARIABLES, build_config
from yupana.params import PriorSet
from yupana.report.gather import View, last_data_year, observations_of, panels_of, three, times
from yupana.report.gather_dots import strip_of
from yupana.report.gather_society import SOCIETY, society_of
from yupana.report.gather_year import atlas_of, diagram_of, ladder_of
from yupana.report.layout import collisions, cut_off
from yupana.report.pages import notes
from yupana.report.palette import styled
from yupana.report.pictures import HEADLINE, Order, draw_pictures
from yupana.results.result import Result

LEVELS = {
    "leaf_output": 18_000.0, "leaf_legal_use": 2_500.0, "cocaine_output": 62.0, "cocaine_made": 60.0,
    "base_made": 66.0, "hydrochloride_made": 48.0, "seizures_home": 3.0, "lost": 4.0, "home_use": 2.0,
    "cocaine_exports": 55.0, "exports": 27.0, "exports_corridor": 27.0, "base_export_share": 0.2,
    "seizures_abroad": 5.0, "origin_share": 0.4, "consumption": 50.0, "coca_area": 14_000.0,
}  # fmt: skip


class MadeUp:
    """An engine's stand-in: every variable is its level times a lognormal number of the draw."""

    def __init__(self, config: Any, monthly: bool) -> None:
        self.config, self.monthly = config, monthly

    def draw_noise(self, seed: int, first: int, count: int, start: int, end: int) -> Any:
        return SimpleNamespace(draws=np.arange(first, first + count), years=end - start + 1)

    def run(self, params: Any, drivers: Any, policy: Any, noise: Any) -> Any:
        yearly = {v.key: self._values(v, noise, noise.years, 1.0) for v in VARIABLES}
        months = {
            v.key: self._values(v, noise, 12 * noise.years, 1 / 12 if v.kind == "flow" else 1.0)
            for v in VARIABLES
        }
        code = np.where(noise.draws == 3, 1, 0)  # one member fails and must be left out
        return SimpleNamespace(yearly=yearly, monthly=months if self.monthly else None, code=code)

    def _values(self, variable: Any, noise: Any, steps: int, factor: float) -> np.ndarray:
        places = len(self.config.dims[variable.over]) if variable.over else 1
        spread = np.exp(0.3 * np.random.default_rng(5).standard_normal(10_000)[noise.draws])
        level = LEVELS.get(variable.name, 100.0) * factor * np.linspace(1.0, 1.2, steps)[:, None, None]
        values = level * spread * np.linspace(1.0, 0.5, places)[:, None]
        return (values if variable.over else values[:, 0]).astype(np.float32)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    pack = load_pack("exampleland")
    config = build_config(pack)
    priors = PriorSet.from_pack(pack, config.dims)
    request = Request(40, 1, ("baseline", "eradicate"), 2000, 2026, True)
    plan = make_plan(pack, "exampleland", config, priors, "float32", request)
    out = tmp_path_factory.mktemp("runs") / "yupana-runs" / plan.manifest.id
    run_job(replace(plan.job, engine=MadeUp(config, True)), plan.manifest, out)
    return out


@pytest.fixture(scope="module")
def view(folder: Path) -> View:
    return View(Result.open(folder), load_pack("exampleland"), ("baseline",))


def call(*arguments: object) -> int:
    return run_command(["plot", *(str(word) for word in arguments)])


# from a run to tables


def test_bands_leave_out_failed_members(view: View) -> None:
    assert (view.context.draws, view.context.failed) == (39, 1)
    (panel,) = panels_of(view, "coca_area")
    values = np.delete(view.result.values("baseline", ["coca_area"])[0, 10], 3)
    assert panel.fans[0].at(2010) == pytest.approx(
        np.quantile(values, (0.05, 0.25, 0.5, 0.75, 0.95)), rel=1e-6
    )


def test_published_figures_are_converted_and_say_so(view: View) -> None:
    points, left_out = observations_of(view, "seizures_home")
    assert points
    assert left_out == ()
    assert {point.kind for point in points} == {"police", "press"}
    assert all(point.verified == (point.kind == "police") for point in points)
    assert all("as pure" in point.note for point in points)


def test_nominal_money_moves_bands_and_figures_alike(view: View) -> None:
    nominal = View(view.result, view.pack, view.scenarios, "nominal")
    one, other = (panels_of(each, "leaf_price")[0] for each in (view, nominal))
    index = view.result.manifest.money["index"]["2004"]
    assert other.fans[0].at(2004) == pytest.approx(one.fans[0].at(2004) * index)
    old, new = (next(p for p in panel.points if p.x == 2004) for panel in (one, other))
    assert new.value == pytest.approx(old.value * index)
    assert nominal.context.money_year is None


def test_months_stand_within_their_year(view: View) -> None:
    assert times([2010], False, "stock").tolist() == [2010.0]
    assert times([2010], True, "stock")[[0, -1]].tolist() == [2010 + 1 / 12, 2011.0]
    assert times([2010], True, "flow")[[0, -1]].tolist() == pytest.approx([2010 + 0.5 / 12, 2011 - 0.5 / 12])
    monthly = View(view.result, view.pack, view.scenarios, monthly=True)
    by_year, by_month = (observations_of(each, "seizures_home")[0][0] for each in (view, monthly))
    assert by_month.value == pytest.approx(by_year.value / 12)
    assert by_month.x == by_year.x + 0.5


def test_the_shading_begins_where_drivers_end(view: View) -> None:
    assert last_data_year(view.pack) == 2024


def test_the_shading_of_a_fitted_run_begins_where_its_figures_end(view: View) -> None:
    assert view.result.fitted_to is None
    assert view.context.last_known_year == 2024
    fitted = replace(view.context, fitted_to=2009)
    panels = panels_of(view, "coca_area")
    words = {one.fitted_to: " ".join(notes(panels, one)) for one in (view.context, fitted)}
    assert fitted.last_known_year == 2009
    assert "after the last year that was fitted (2009)" in words[2009]
    assert "after the last year that was fitted" not in words[None]


def test_panels_by_place_come_largest_first_and_are_named(view: View) -> None:
    assert [panel.title for panel in panels_of(view, "coca_area[zone]")] == ["Highlands", "Lowlands"]
    (panel,) = panels_of(view, "coca_area[highlands]")
    assert panel.title == "Highlands"


def test_the_flow_diagram_balances(view: View) -> None:
    diagram = diagram_of(view, 2010)
    bars = {node.id: node for node in diagram.nodes}
    into = {n: sum(link.value[1] for link in diagram.links if link.target == n) for n in bars}
    out = {n: sum(link.value[1] for link in diagram.links if link.source == n) for n in bars}
    # all draws of this run move together, so medians balance here
    assert out["leaf"] == pytest.approx(bars["leaf"].value[1])
    assert into["base"] == pytest.approx(bars["base"].value[1])
    for name in ("exit port", "exit border", "lost", "home_use", "seized_home", "consumed", "seized_abroad"):
        assert into[name] == pytest.approx(bars[name].value[1], rel=1e-6), name
    for name in ("market overseas", "market neighbours"):
        assert out[name] == pytest.approx(bars[name].value[1])
    assert "market home" not in bars
    made, kept = (
        bars["base"].value[1],
        sum(bars[n].value[1] for n in ("lost", "home_use", "seized_home", "stored")),
    )
    assert made == pytest.approx(kept + bars["exports"].value[1])


def test_a_class_that_carries_one_form_is_drawn_from_that_form(view: View) -> None:
    sources = {link.source for link in diagram_of(view, 2010).links if link.target == "exit port"}
    assert sources == {"hydrochloride"}


def test_the_map_splits_zones_and_finds_departments(view: View) -> None:
    atlas = atlas_of(view, 2010)
    assert [shape.id for shape in atlas.outlines] == ["north", "south"]
    assert [zone.departments for zone in atlas.zones] == [("north",), ("south",)]


def test_the_ladder_climbs_from_the_farm(view: View) -> None:
    ladder = ladder_of(view, 2010)
    assert [step.label for step in ladder.steps[:4]] == [
        "leaf for 1 kg",
        "base",
        "hydrochloride",
        "at the border",
    ]
    assert ladder.steps[0].value[1] == pytest.approx(100 * (18_000 - 2_500) / 62, rel=0.5)
    assert [step.hollow for step in ladder.steps[4:]] == [True, False] * 2


def test_quantiles_of_one_year_are_exact() -> None:
    values = np.array([3.0, np.nan, 1.0, 2.0])
    assert three(values) == (pytest.approx(1.1), 2.0, pytest.approx(2.9))


def test_what_is_not_named_is_summed_draw_by_draw(view: View) -> None:
    strip = strip_of(view, "homicide_rate[site]", 2010, most=3)
    named, rest = strip.dots[:-1], strip.dots[-1]
    assert [dot.values[0][1] for dot in named] == sorted((d.values[0][1] for d in named), reverse=True)
    columns = view.result.select("homicide_rate[site]").columns
    others = [column for column in columns if column not in {dot.column for dot in named}]
    assert len(named) == 3
    assert rest.note.split("; ") == [column.partition("[")[2].rstrip("]") for column in others]
    draws = view.result.values("baseline", others)[:, 10].astype(float).sum(axis=0)
    assert rest.values[0] == pytest.approx(np.nanquantile(draws, (0.05, 0.5, 0.95)), rel=1e-5)


def test_shares_are_never_summed(view: View) -> None:
    strip = strip_of(view, "integrity[institution]", 2010, most=2)
    assert len(strip.dots) == 2
    assert strip.note == "2 smaller ones are left out."


def test_earnings_stand_in_the_order_of_the_chain_and_tell_who_lives_abroad(view: View) -> None:
    (strip,) = (s.strip for s in society_of(view, "earnings", 2010).sections if s.strip is not None)
    assert [dot.label for dot in strip.dots[:4]] == ["Growers", "Clans", "Firms", "Exporters"]
    hollow = {dot.label for dot in strip.dots if dot.hollow}
    assert hollow == {tier.name for tier in view.pack.places.tiers if tier.residence == "abroad"}


def test_every_element_of_every_dimension_has_a_name(view: View) -> None:
    for name in ("exampleland", "peru"):
        pack = load_pack(name)
        names = labels_of(pack)
        used = {variable.over for variable in VARIABLES if variable.over}
        for dim, elements in build_config(pack).dims.items():
            assert dim not in used or set(elements) <= set(names[dim]), dim
    assert labels_of(view.pack) == view.result.manifest.about["labels"]


def test_killings_hold_every_cause_and_place(view: View) -> None:
    both = View(view.result, view.pack, view.result.scenarios)
    (picture,) = draw_pictures(both, Order((), "killings", 2010))
    rows = picture.table.rows
    causes = {row["place"] for row in rows if row["variable"] == "homicide_rate" and row["layer"] == "band"}
    assert causes == {"", *view.result.dims["cause"]}
    places = {row["place"] for row in rows if row["layer"] == "dot"}
    assert places == set(view.result.dims["site"])
    assert {row["scenario"] for row in rows if row["layer"] == "dot"} == set(view.result.scenarios)


def test_every_picture_of_a_run_is_whole(view: View) -> None:
    both = View(view.result, view.pack, view.result.scenarios)
    names = []
    for picture in draw_pictures(both, Order((), "all", 2010)):
        with styled():
            assert collisions(picture.figure) == [], picture.name
            assert cut_off(picture.figure) == [], picture.name
        names.append(picture.name)
    assert len(names) == len(set(names)) == len(HEADLINE) + 5 + len(SOCIETY)


# the verb


def test_plot_writes_pictures_with_data(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = (
        "coca_area",
        "retail_price[market]",
        "--scenario",
        "baseline",
        "--out",
        tmp_path / "new" / "p",
    )
    assert call(folder, *arguments, "--json") == 0
    said = json.loads(capsys.readouterr().out)
    names = [f"fan-{name}.{kind}" for name in ("coca_area", "retail_price-market") for kind in
             ("png", "svg", "csv", "json")]  # fmt: skip
    assert said["files"] == names
    assert sorted(path.name for path in (tmp_path / "new" / "p").iterdir()) == sorted(names)
    data = json.loads((tmp_path / "new" / "p" / "fan-coca_area.json").read_text())
    assert data["run"] == folder.name
    assert data["variables"][0]["unit"] == "ha"
    rows = [row for row in data["data"] if row["layer"] == "observation"]
    assert {row["row"] for row in rows} == set(data["rows"])
    table = list(csv.DictReader((tmp_path / "new" / "p" / "fan-coca_area.csv").open()))
    assert len(table) == len(data["data"])
    assert [row["q50"] for row in table if row["layer"] == "band" and row["year"] == "2010"]


def test_plot_draws_diagram_and_map_of_a_year(folder: Path, tmp_path: Path) -> None:
    for kind in ("flow", "map"):
        assert call(folder, "--kind", kind, "--year", 2012, "--out", tmp_path, "--format", "svg") == 0
    stems = {path.name for path in tmp_path.glob("*.svg")}
    assert stems == {
        f"{kind}-2012-{name}.svg" for kind in ("flow", "map") for name in ("baseline", "eradicate")
    }


def test_dots_of_a_variable_on_request(folder: Path, tmp_path: Path) -> None:
    words = ("homicide_rate[cause]", "--year", 2012, "--out", tmp_path, "--format", "svg")
    assert call(folder, *words, "--kind", "dots") == 0
    assert call(folder, *words) == 0
    stems = {path.name for path in tmp_path.glob("*.svg")}
    assert stems == {"dots-homicide_rate-cause-2012.svg", "fan-homicide_rate-cause.svg"}


def test_plot_by_month_and_in_nominal_money(folder: Path, tmp_path: Path) -> None:
    assert (
        call(folder, "leaf_price", "--monthly", "--money", "nominal", "--out", tmp_path, "--format", "svg")
        == 0
    )
    assert (tmp_path / "fan-leaf_price-monthly-nominal.svg").exists()


def test_snippets_run(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(folder.parent.parent)
    assert call(folder.name, "coca_area", "--out", tmp_path, "--format", "svg") == 0
    written = json.loads((tmp_path / "fan-coca_area.json").read_text())["snippet"]
    done = subprocess.run(
        [sys.executable, "-c", written["python"]], capture_output=True, text=True, check=True
    )
    assert "quantile" in done.stdout
    words = written["shell"].split()
    assert words[:2] == ["yupana", "plot"]
    assert run_command([*words[1:], "--out", str(tmp_path / "again"), "--format", "svg"]) == 0
    again, first = (f / "fan-coca_area.svg" for f in (tmp_path / "again", tmp_path))
    assert again.read_bytes() == first.read_bytes()


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["coca_aera"], 2, ["Y107", "coca_aera", "did you mean 'coca_area'"]),
        (["coca_area[highland]"], 2, ["Y108", "did you mean"]),
        (["--scenario", "baselin"], 2, ["Y301", "did you mean 'baseline'"]),
        (["--year", "1999"], 2, ["Y104", "1999", "2000 to 2026"]),
        (["--year", "next"], 2, ["Y102", "--year", "integer"]),
        (["--format", "pgn"], 2, ["Y109", "did you mean 'png'"]),
        (["--kind", "fans"], 2, ["Y102", "did you mean 'fan'"]),
        (["--money", "gold"], 2, ["Y102", "real or nominal"]),
        (["--pack", "exampelland"], 2, ["Y103"]),
        (["--colour", "red"], 2, ["Y101", "--colour"]),
    ],
)  # fmt: skip
def test_mistakes_get_one_message_and_leave_nothing(
    folder: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    arguments: list[str],
    code: int,
    words: list[str],
) -> None:
    assert call(folder, *arguments, "--out", tmp_path / "out") == code
    said = capsys.readouterr()
    assert said.out == ""
    assert "Traceback" not in said.err
    for word in words:
        assert word in said.err, said.err
    assert not (tmp_path / "out").exists()


def test_an_unknown_run_and_a_file_in_the_way(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert call("no-such-run") == 2
    assert "Y106" in capsys.readouterr().err
    (tmp_path / "taken").write_text("")
    assert call(folder, "--out", tmp_path / "taken") == 2
    assert "Y105" in capsys.readouterr().err
