"""Pictures drawn from plain tables: nothing cut off, nothing covered, the same bytes every time."""

from __future__ import annotations

import csv
import itertools
import json
from pathlib import Path

import numpy as np
import pytest

from yupana.core.errors import EnvironmentFault, UsageError
from yupana.report import palette
from yupana.report.atlas import Atlas, ZoneArea, by_department, map_page
from yupana.report.dots import Dot, Strip
from yupana.report.fan import year_ticks
from yupana.report.flow import Diagram, flow_page
from yupana.report.layout import collisions, cut_off, wrap
from yupana.report.numbers import interval, number, scale_for, tick
from yupana.report.overview import Ladder, Step, overview_page
from yupana.report.pages import facet_page, fan_page
from yupana.report.sankey import Link, Node, place_bars, place_ribbons, spread_out
from yupana.report.save import Picture, check_formats, save_picture, tidy
from yupana.report.sections import Section, sections_page, strip_page
from yupana.report.shapes import Shape, inside, roomy_points, shapes_of
from yupana.report.tables import Context, Fan, Observation, Panel

CONTEXT = Context("somewhere-1a2b3c4d", "Somewhere", True, 1024, 3, 2020)
PURER = "bulk to pure at 80 percent"
YEARS = np.arange(2000.0, 2031.0)


def make_fan(scenario: str = "baseline", level: float = 50_000.0) -> Fan:
    z = np.array([-1.645, -0.674, 0.0, 0.674, 1.645])[:, None]
    return Fan(scenario, YEARS, level * np.exp(0.2 * np.sin(YEARS / 4) + z * (0.2 + 0.01 * (YEARS - 2000))))


def make_points(level: float = 50_000.0) -> tuple[Observation, ...]:
    nan = float("nan")
    return tuple(
        Observation(f"{kind}-{year}", float(year), level * (1 + 0.01 * (year - 2010)), low, high, kind,
                    f"Office of {kind}", f"Survey of {kind}", kind != "press", PURER, (PURER,))
        for year in range(2001, 2020)
        for kind, low, high in (("un", 0.8 * level, 1.2 * level), ("us", nan, nan), ("police", nan, nan),
                                ("press", nan, nan))
    )  # fmt: skip


def make_panel(key: str = "coca_area", title: str = "Land under coca", level: float = 50_000.0) -> Panel:
    return Panel(key, title, "ha", "stock", (make_fan(level=level),), make_points(level))


def make_diagram() -> Diagram:
    def value(median: float) -> tuple[float, float, float]:
        return median * 0.5, median, median * 1.9

    exits = {f"Exit class number {i}": 3.0 + 12.0 * i for i in range(10)}
    nodes = [
        Node("leaf", 0, ("Coca leaf", "110,000 t of sun-dried leaf"), "leaf", value(700)),
        Node("base", 1, ("Cocaine base",), "base", value(650)),
        Node("legal", 1, ("Legal and traditional use",), "legal", value(50)),
        Node("product", 2, ("Hydrochloride",), "hydrochloride", value(640)),
        Node("seized", 3, ("Seized at home",), "seized", value(0.9)),
        *(Node(name, 3, (name,), "corridor", value(size)) for name, size in exits.items()),
        Node("exports", 4, ("Exports",), "corridor", value(sum(exits.values())), above=True),
        Node("north", 5, ("The far northern market",), "market", value(560)),
        Node("used", 6, ("Consumed abroad",), "used", value(560)),
    ]
    links = [
        Link("leaf", "base", "base", value(650)), Link("leaf", "legal", "legal", value(50)),
        Link("base", "product", "hydrochloride", value(640)), Link("product", "seized", "seized", value(0.9)),
        *(Link("product", name, "corridor", value(size)) for name, size in exits.items()),
        *(Link(name, "exports", "corridor", value(size)) for name, size in exits.items()),
        Link("exports", "north", "market", value(560)), Link("north", "used", "used", value(560)),
    ]  # fmt: skip
    return Diagram(2010, "baseline", tuple(nodes), tuple(links))


def square(name: str, west: float, south: float, size: float = 4.0) -> Shape:
    ring = np.array([[0, 0], [1, 0], [1, 1], [0, 1], [0, 0]]) * size + [west, south]
    return Shape(name, name.title(), (ring,))


def make_atlas() -> Atlas:
    zones = (
        ZoneArea("High Valley", ("west", "east"), (4_000.0, 8_000.0, 15_000.0)),
        ZoneArea("Low Valley", ("east",), (500.0, 1_000.0, 2_000.0)),
    )
    outlines = (square("west", -80, -10), square("east", -76, -10), square("bare", -80, -14))
    return Atlas(2010, "baseline", "ha", zones, {"west": "West", "east": "East", "bare": "Bare"}, outlines,
                 (square("neighbour", -72, -14, 9.0),))  # fmt: skip


def make_strip(low: float, factor: float, count: int = 8) -> Strip:
    """Dots whose sizes fall by `factor` from row to row, the lower ends at `low` times the median."""
    sizes = [100.0 / factor**i for i in range(count)]
    dots = []
    for i, s in enumerate(sizes):
        values = ((low * s, s, 4 * s), (low * s, 2 * s, 9 * s))
        dots.append(Dot(f"v[{i}]", f"A place with a long name, number {i}", values, i > 5))
    title, names = "Something by place, 2010", ("one", "other")
    return Strip("v[place]", title, "musd", "flow", 2010, names, tuple(dots), "abroad")


def pages() -> dict[str, object]:
    ladder = Ladder(2010, "USD/kg", (
        Step("leaf for 1 kg", (600.0, 1_000.0, 1_500.0)), Step("base", (500.0, 850.0, 1_300.0)),
        Step("Far market", (0.3, 20_000.0, 40_000.0), hollow=True),
        Step("Far market", (50_000.0, 150_000.0, 300_000.0)),
    ))  # fmt: skip
    two = Panel(
        "coca_area", "Land under coca", "ha", "stock", (make_fan(), make_fan("pulse", 40e3)), make_points()
    )
    long_tail = np.array([0.02, 0.2, 1.0, 8.0, 60.0])[:, None] * np.ones(len(YEARS))
    heavy = Panel("rate", "Rate", "per_100000", "ratio", (Fan("baseline", YEARS, long_tail),))
    bare = Panel("bribes", "Bribes paid", "musd", "flow", (make_fan(level=12.0),))
    zones = [make_panel(f"coca_area[z{i}]", f"Zone number {i}", 30_000.0 / (1 + i) ** 2) for i in range(14)]
    return {
        "fan": fan_page(make_panel(), CONTEXT),
        "fans": fan_page(two, CONTEXT),
        "bare": fan_page(bare, CONTEXT),
        "facets": facet_page(zones, "Land under coca by zone", CONTEXT),
        "few": facet_page(zones[:2], "Land under coca by zone", CONTEXT),
        "straight": strip_page(make_strip(0.5, 1.2), CONTEXT),
        "decades": strip_page(make_strip(0.001, 5.0), CONTEXT),
        "signs": strip_page(make_strip(-0.5, 5.0), CONTEXT),
        "sections": sections_page(
            [Section("First", tuple(zones[:10])), Section("Second", strip=make_strip(0.5, 1.2))],
            "Two",
            CONTEXT,
        ),
        "heavy": fan_page(heavy, CONTEXT),
        "flow": flow_page(make_diagram(), CONTEXT),
        "map": map_page(make_atlas(), CONTEXT),
        "overview": overview_page([make_panel() for _ in range(5)], ladder, CONTEXT),
    }


@pytest.fixture(scope="module")
def drawn() -> dict[str, object]:
    with palette.styled():
        return pages()


NAMES = ("fan", "fans", "bare", "facets", "few", "straight", "decades", "signs", "sections", "heavy",
         "flow", "map", "overview")  # fmt: skip


@pytest.mark.parametrize("name", NAMES)
def test_no_text_covers_another_and_none_is_cut_off(drawn: dict, name: str) -> None:
    with palette.styled():
        assert collisions(drawn[name]) == []
        assert cut_off(drawn[name]) == []


@pytest.mark.parametrize("name", NAMES)
def test_a_page_is_as_wide_as_the_readme(drawn: dict, name: str) -> None:
    assert drawn[name].get_size_inches()[0] * 100 == pytest.approx(900)


def texts(figure: object) -> str:
    from matplotlib.text import Text

    return " ".join(item.get_text() for item in figure.findobj(Text)).replace("\u00a0", " ")


def test_a_fan_says_what_it_is(drawn: dict) -> None:
    said = texts(drawn["fan"])
    for part in ("Land under coca", "Somewhere", "Prior draws, not fitted to data", "1,024 draws",
                 "thousand ha",
                 "3 failed draws left out", "scenario baseline", "at 31 December", "Office of un",
                 PURER, "UN", "US government", "hollow: unverified", "projection",
                 "Run somewhere-1a2b3c4d"):  # fmt: skip
        assert part in said, part


def test_unverified_figures_are_hollow(drawn: dict) -> None:
    from matplotlib.lines import Line2D

    marks = [line for line in drawn["fan"].axes[0].findobj(Line2D) if line.get_marker() == "*"]
    assert len(marks) == 19
    assert all(line.get_markerfacecolor() == palette.PAPER for line in marks)


def test_a_map_says_how_zones_became_departments(drawn: dict) -> None:
    said = texts(drawn["map"])
    assert "split evenly among them (High Valley: West, East)" in said
    assert "imply no position" in said
    assert by_department(make_atlas().zones) == {"west": 4_000.0, "east": 5_000.0}


def test_scales_follow_from_the_numbers(drawn: dict) -> None:
    scales = [drawn[name].axes[0].get_xscale() for name in ("straight", "decades", "signs")]
    assert scales == ["linear", "log", "symlog"]
    assert drawn["heavy"].axes[0].get_yscale() == "log"
    assert "log scale" in texts(drawn["heavy"])
    assert drawn["fan"].axes[0].get_yscale() == "linear"


def test_a_panel_is_wide_only_where_all_of_it_is_above_nought() -> None:
    below = Fan("baseline", YEARS, np.array([-1.0, 0.5, 1.0, 8.0, 60.0])[:, None] * np.ones(len(YEARS)))
    assert not Panel("profit", "Profit", "musd", "flow", (below,)).wide


def test_strips_say_no_word_of_published_figures(drawn: dict) -> None:
    assert "No published figure" not in texts(drawn["straight"])
    assert "hollow" not in texts(drawn["straight"])
    assert "abroad" in texts(drawn["straight"])


def test_marks_of_sources_differ_in_form_and_colour() -> None:
    assert len({mark.marker for mark in palette.MARKS.values()}) == len(palette.MARKS)
    assert len({mark.colour for mark in palette.MARKS.values()}) == len(palette.MARKS)


@pytest.mark.parametrize("kind", ["svg", "png"])
def test_the_same_picture_has_the_same_bytes(tmp_path: Path, kind: str) -> None:
    table = tidy([], {})
    contents = []
    for turn in range(2):
        with palette.styled():
            picture = Picture("fan", fan_page(make_panel(), CONTEXT), table)
        path = save_picture(picture, tmp_path / str(turn), (kind,))[0]
        contents.append(path.read_bytes())
    assert contents[0] == contents[1]
    assert b"<dc:date>" not in contents[0]


def test_data_beside_a_picture(tmp_path: Path) -> None:
    row = {"layer": "band", "variable": "coca_area", "year": 2010, "q05": 1.0, "q50": float("nan")}
    with palette.styled():
        picture = Picture("fan", fan_page(make_panel(), CONTEXT), tidy([row], {"run": "r"}))
    paths = save_picture(picture, tmp_path, ("svg",))
    assert [path.suffix for path in paths] == [".svg", ".csv", ".json"]
    (read,) = csv.DictReader(paths[1].open())
    assert (read["year"], read["q05"], read["q50"]) == ("2010", "1", "")
    assert json.loads(paths[2].read_text()) == {
        "run": "r", "data": [{"layer": "band", "variable": "coca_area", "year": 2010, "q05": 1.0}]
    }  # fmt: skip
    assert sorted(path.name for path in tmp_path.iterdir()) == ["fan.csv", "fan.json", "fan.svg"]


def test_a_file_in_the_way_is_told_in_one_message(tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("")
    with palette.styled():
        picture = Picture("fan", fan_page(make_panel(), CONTEXT), tidy([], {}))
    with pytest.raises(EnvironmentFault, match="writing picture fan failed"):
        save_picture(picture, tmp_path / "taken", ("svg",))


def test_formats() -> None:
    assert check_formats("png, SVG,png") == ("png", "svg")
    for wrong in ("pgn", ""):
        with pytest.raises(UsageError, match="Y109"):
            check_formats(wrong)


# arithmetic of the flow diagram


def test_bars_keep_their_order_and_their_distance() -> None:
    diagram = make_diagram()
    bars = place_bars(diagram.nodes, diagram.links, [float(i) for i in range(7)], 6.0, 0.14, 0.3)
    for column in range(7):
        members = [bar for bar in bars if bar.node.column == column]
        for above, below in itertools.pairwise(members):
            assert below.middle - above.middle >= 0.14 - 1e-9
            assert below.top >= above.top + above.height
        assert members[0].top >= -1e-9
        assert members[-1].top + members[-1].height <= 6.0 + 1e-9


def test_ribbons_are_as_wide_as_their_medians_and_stay_on_their_bars() -> None:
    diagram = make_diagram()
    bars = place_bars(diagram.nodes, diagram.links, [float(i) for i in range(7)], 6.0, 0.14, 0.3)
    by_id = {bar.node.id: bar for bar in bars}
    ribbons = place_ribbons(bars, diagram.links)
    scale = {round(ribbon.width / ribbon.link.value[1], 9) for ribbon in ribbons}
    assert len(scale) == 1
    for ribbon in ribbons:
        for end, bar in ((ribbon.start, by_id[ribbon.link.source]), (ribbon.end, by_id[ribbon.link.target])):
            assert bar.top - 1e-9 <= end
            assert end + ribbon.width <= bar.top + bar.height + 1e-9


def test_labels_that_cannot_fit_are_refused() -> None:
    nodes = [Node(str(i), 0, ("a", "b"), "leaf", (1.0, 1.0, 1.0)) for i in range(40)]
    with pytest.raises(ValueError, match="labels alone"):
        place_bars(nodes, [], [0.0], 2.0, 0.14)


def test_spread_out_gives_wishes_where_they_do_not_clash() -> None:
    assert spread_out([1.0, 3.0], [0.5, 0.5], 0.0, 5.0) == [1.0, 3.0]
    tops = spread_out([2.0, 2.0], [0.5, 0.5], 0.0, 5.0)
    assert tops[1] - tops[0] >= 0.5
    assert np.mean(tops) == pytest.approx(2.0)


# shapes


def test_inside_knows_holes() -> None:
    outer, inner = square("outer", 0, 0, 4.0).rings[0], square("inner", 1, 1, 1.0).rings[0]
    shape = Shape("ring", "Ring", (outer, inner))
    assert inside(shape, np.array([[0.5, 0.5], [1.5, 1.5], [5.0, 1.0]])).tolist() == [True, False, False]


def test_the_roomiest_point_of_a_square_is_its_middle() -> None:
    x, y = roomy_points(square("box", -80, -10), (-90.0, -20.0, -60.0, 0.0))[0]
    assert (x, y) == (pytest.approx(-78, abs=0.2), pytest.approx(-8, abs=0.2))


def test_shapes_are_read_from_features() -> None:
    ring = [[0, 0], [1, 0], [1, 1], [0, 0]]
    features = [
        {"properties": {"code": "1", "name": "One"}, "geometry": {"type": "Polygon", "coordinates": [ring]}},
        {
            "properties": {"code": "2", "name": None},
            "geometry": {"type": "MultiPolygon", "coordinates": [[ring]] * 2},
        },
        {"properties": {}, "geometry": None},
    ]
    one, two = shapes_of({"features": features}, "code")
    assert (one.id, one.name, len(one.rings)) == ("1", "One", 1)
    assert (two.id, two.name, len(two.rings)) == ("2", "", 2)


# numbers and words


@pytest.mark.parametrize(
    ("value", "text"),
    [(1_004.0, "1,000"), (61_234.0, "61,200"), (999.6, "1,000"), (325.4, "325"), (9.96, "10"), (0.5, "0.5"),
     (-7.26, "−7.3"), (0.001, "<0.01"), (float("nan"), "–")],
)  # fmt: skip
def test_numbers_have_the_digits_that_matter(value: float, text: str) -> None:
    assert number(value) == text


def test_intervals_and_ticks() -> None:
    assert interval(31.2, 74.4, 140.1) == "74 (31–140)"
    assert interval(-0.5, 0.2, 1.0) == "0.2 (−0.5 to 1.0)"
    assert [tick(v, 0.25) for v in (0.0, 0.25, 1.0)] == ["0", "0.25", "1.00"]
    assert tick(1_000.0, 500.0) == "1,000"


@pytest.mark.parametrize(
    ("unit", "largest", "shown", "factor"),
    [("ha", 60_000.0, "thousand ha", 1e-3), ("ha", 900.0, "ha", 1.0), ("t", 500.0, "t", 1.0),
     ("musd", 5_000.0, "billion USD of 2012", 1e-3), ("musd", 50.0, "million USD of 2012", 1.0),
     ("USD/kg", 3.0, "USD of 2012 per kg", 1.0),
     ("USD/kg", 90_000.0, "thousand USD of 2012 per kg", 1e-3),
     ("share", 0.3, "percent", 100.0), ("thousand", 9.0,
     "thousand people", 1.0), ("per_100000", 7.0, "per 100,000 a year", 1.0),
     ("persons", 900.0, "people", 1.0), ("persons", 60_000.0, "thousand people", 1e-3),
     ("musd/year", 5.0, "million USD of 2012 a year", 1.0), ("thousand_m3", 5.0, "thousand m³", 1.0),
     ("count", 40.0, "number", 1.0)],
)  # fmt: skip
def test_scales(unit: str, largest: float, shown: str, factor: float) -> None:
    scale = scale_for(unit, largest)
    assert (scale.unit, scale.factor) == (shown, factor)


def test_nominal_money_is_called_so() -> None:
    assert scale_for("USD/kg", 3.0, None).unit == "USD of each year per kg"
    assert scale_for("t", 3.0, monthly_flow=True).unit == "t a month"


def test_wrapping_keeps_within_the_width() -> None:
    lines = wrap("one two three four five six seven eight nine ten", 1.0, 9.0)
    assert len(lines) > 1
    assert " ".join(lines) == "one two three four five six seven eight nine ten"


def test_ticks_of_years_are_round() -> None:
    assert year_ticks(2003.0, 2017.0, 4) == [2005, 2010, 2015]
