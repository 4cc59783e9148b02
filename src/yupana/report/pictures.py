"""Which pictures a run gets, and what is written beside each."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from yupana.core.errors import DataError, UsageError
from yupana.core.names import did_you_mean
from yupana.report.atlas import Atlas, by_department, map_page
from yupana.report.flow import Diagram, flow_page
from yupana.report.gather import View, panels_of, rows_of, title_of
from yupana.report.gather_dots import strip_of, strip_rows
from yupana.report.gather_society import SOCIETY, holds_society, society_of
from yupana.report.gather_year import atlas_of, diagram_of, ladder_of
from yupana.report.marking import mark_cells
from yupana.report.overview import Ladder, overview_page
from yupana.report.pages import facet_page, fan_page
from yupana.report.palette import STROKES, styled
from yupana.report.save import FORMATS, Picture, save_picture, tidy
from yupana.report.sections import sections_page, strip_page
from yupana.report.tables import LEVELS, Panel

if TYPE_CHECKING:
    from yupana.evidence.pack import Pack
    from yupana.results.result import Result

KINDS = ("fan", "dots", "flow", "map", "overview", *SOCIETY, "all")

MOST_PANELS = 16
"""Elements of a variable up to which each gets a small fan chart; more are dots of one year."""

HEADLINE: tuple[str, ...] = (
    "coca_area", "eradicated_area", "cocaine_output", "cocaine_made", "leaf_price", "hcl_price",
    "cocaine_exports", "seizures_home", "home_use", "grower_net_income", "organised_crime_earnings",
    "homicide_rate_recorded", "drug_homicide_rate", "illicit_earnings", "prisoners",
    "coca_area[zone]", "exports[market]", "exports_corridor[corridor]", "wholesale_price[market]",
    "retail_price[market]", "revenue[tier]",
)  # fmt: skip
"""Variables drawn where none is asked for."""

_WHOLE = ("overview", "fan", "flow", "map", *SOCIETY)
"""Kinds of pictures where all are asked for, in order."""

OVERVIEW: tuple[str, ...] = (
    "coca_area", "cocaine_output", "leaf_price", "cocaine_exports", "seizures_home", "illicit_earnings",
    "drug_homicide_rate", "homicide_rate_recorded",
)  # fmt: skip
"""Variables of the overview; the last panel is the price ladder."""


@dataclass(frozen=True)
class Order:
    """What is to be drawn.

    Attributes
    ----------
    variables : keys; the headline where empty.
    kind : one of `KINDS`, or ``variables``: fans, or dots where a variable has many elements.
    year : of diagram, map, ladder and dots.
    """

    variables: tuple[str, ...]
    kind: str
    year: int


def make_pictures(
    result: Result,
    pack: Pack,
    out: Path,
    variables: Sequence[str] = (),
    scenarios: Sequence[str] = (),
    kind: str | None = None,
    year: int | None = None,
    money: str = "real",
    monthly: bool = False,
    formats: Sequence[str] = FORMATS,
) -> tuple[Path, ...]:
    """Draw pictures of a run into the folder `out` and return every file written.

    Parameters
    ----------
    result, pack : the run and the pack that it was made from.
    out : folder; made where it does not exist.
    variables : keys; the headline where none is given.
    scenarios : names; all of the run where none is given.
    kind : one of `KINDS`; where none is given, all pictures, or fans of the variables given and dots of those
        with many elements.
    year : of the flow diagram, the map, the price ladder and dots; the last recorded year by default.
    money : ``real`` or ``nominal``.
    monthly : fans by month; the run must hold months.
    formats : ``png``, ``svg``.

    Raises
    ------
    UsageError
        Y102 unknown kind, Y104 year, Y107 variable, Y108 place, Y301 scenario; before anything is written.
    DataError
        Y404 where months or prices are asked for that the run does not hold.
    EnvironmentFault
        Where the machine refuses to write.
    """
    view = _view(result, pack, scenarios, money, monthly)
    order = _order(view, variables, kind, year)
    written: list[Path] = []
    with _twin(view, order) as twin:
        for picture in draw_pictures(replace(view, twin=twin), order):
            written += save_picture(picture, out, formats)
    return tuple(written)


@contextmanager
def _twin(view: View, order: Order) -> Iterator[Result | None]:
    """Give the prior draws that numbers made of several variables are marked by, where any is drawn."""
    keys = order.variables or HEADLINE
    known = view.result.manifest.columns.by_key
    many = any(len(view.result.select(key).columns) > MOST_PANELS for key in keys if key in known)
    if order.kind in ("fan", "map") or (order.kind == "variables" and not many):
        yield None
        return
    from yupana.analysis.prior_twin import prior_twin

    with prior_twin(view.result) as twin:
        yield twin


def _view(result: Result, pack: Pack, scenarios: Sequence[str], money: str, monthly: bool) -> View:
    from yupana.results.money import check_kind, nominal_factors
    from yupana.results.selection import select_scenarios

    names = select_scenarios(result.scenarios, scenarios)
    if len(names) > len(STROKES):
        raise UsageError(
            "too many scenarios for one picture",
            code="Y102",
            where="--scenario",
            got=f"{len(names)}: {', '.join(names)}",
            expected=f"at most {len(STROKES)}",
            fix="choose some of them with --scenario",
        )
    if check_kind(money) == "nominal":
        nominal_factors(result.manifest.money, result.years)
    if monthly and "months" not in result.manifest.tables:
        raise DataError(
            "the run holds no months",
            code="Y404",
            where=str(result.folder),
            fix="run the study again with --monthly",
        )
    return View(result, pack, names, money, monthly)


def _order(view: View, variables: Sequence[str], kind: str | None, year: int | None) -> Order:
    from yupana.results.selection import select_years

    wanted = kind or ("variables" if variables else "all")
    if kind and kind not in KINDS:
        raise UsageError(
            f"unknown kind of picture {wanted!r}",
            code="Y102",
            where="--kind",
            got=wanted,
            expected=", ".join(KINDS),
            fix=did_you_mean(wanted, KINDS) or None,
        )
    for key in variables:
        view.result.select(key)
    years = view.result.years
    if year is not None:
        select_years(years, [year])
    shown = min(max(year or view.context.last_data_year or years[-1], years[0]), years[-1])
    return Order(tuple(dict.fromkeys(variables)), wanted, shown)


def draw_pictures(view: View, order: Order) -> Iterator[Picture]:
    """Yield the pictures of an order one by one, so that only one is in memory."""
    known = view.result.manifest.columns.by_key
    if order.kind in ("fan", "dots", "variables"):
        keys = order.variables or tuple(key for key in HEADLINE if key in known)
        yield from (_variable(view, key, order) for key in keys)
        return
    for kind in _WHOLE if order.kind == "all" else (order.kind,):
        if kind == "fan":
            yield from draw_pictures(view, Order(order.variables, "variables", order.year))
        elif kind == "overview":
            yield _overview(view.yearly(), order.year)
        elif kind in SOCIETY:
            if order.kind != "all" or holds_society(view, kind):
                yield _society(view.yearly(), kind, order.year)
        elif kind != "map" or order.kind != "all" or view.pack.maps:
            draw = _flow if kind == "flow" else _map
            yield from (draw(view.yearly().only(name), order.year) for name in view.scenarios)


def _variable(view: View, key: str, order: Order) -> Picture:
    """Return the picture of a variable that suits its number of elements, or the kind asked for."""
    chosen = view.result.select(key)
    many = len(chosen.columns) > MOST_PANELS
    if chosen.dims and (order.kind == "dots" or (order.kind == "variables" and many and not view.monthly)):
        return _dots(view.yearly(), chosen.info.key, order.year)
    return _fan(view, key)


def _dots(view: View, key: str, year: int) -> Picture:
    strip = strip_of(view, key, year)
    with styled():
        figure = strip_page(strip, view.context)
    parts = ["dots", key.replace("[", "-").replace("]", ""), str(year)]
    if view.money != "real":
        parts.append(view.money)
    facts = _facts(view, strip.title, [key], (), kind="dots", year=year)
    return Picture("-".join(parts), figure, tidy(strip_rows(strip), facts))


def _society(view: View, kind: str, year: int) -> Picture:
    page = society_of(view, kind, year)
    with styled():
        figure = sections_page(page.sections, page.title, view.context, more=page.more)
    panels = [panel for section in page.sections for panel in section.panels]
    rows = rows_of(panels)
    for section in page.sections:
        rows += strip_rows(section.strip) if section.strip is not None else []
    facts = _facts(view, page.title, page.keys, panels, kind=kind, year=year)
    return Picture(f"{kind}-{year}", figure, tidy(rows, facts))


def _fan(view: View, key: str) -> Picture:
    panels = panels_of(view, key)
    chosen = view.result.select(key)
    title = title_of(view, chosen)
    with styled():
        if chosen.dims:
            figure = facet_page(panels, title, view.context)
        else:
            figure = fan_page(panels[0], view.context)
    parts = ["fan", key.replace("[", "-").replace("]", ""), *(["monthly"] if view.monthly else [])]
    if view.money != "real":
        parts.append(view.money)
    facts = _facts(view, title, [key], panels, kind="fan")
    return Picture("-".join(parts), figure, tidy(rows_of(panels), facts))


def _overview(view: View, year: int) -> Picture:
    known = view.result.manifest.columns.by_key
    keys = [key for key in OVERVIEW if key in known]
    panels = [panels_of(view, key)[0] for key in keys]
    ladder = ladder_of(view.only(view.scenarios[0]), year)
    with styled():
        figure = overview_page(panels, ladder, view.context)
    facts = _facts(view, "overview", keys, panels, kind="overview", year=year)
    return Picture("overview", figure, tidy([*rows_of(panels), *_ladder_rows(view, ladder)], facts))


def _flow(view: View, year: int) -> Picture:
    diagram = diagram_of(view, year)
    with styled():
        figure = flow_page(diagram, view.context)
    facts = _facts(view, "flow", [], (), kind="flow", year=year)
    return Picture(_yearly_name(view, "flow", year), figure, tidy(_flow_rows(diagram), facts))


def _map(view: View, year: int) -> Picture:
    atlas = atlas_of(view, year)
    with styled():
        figure = map_page(atlas, view.context)
    facts = _facts(view, "map", ["coca_area[zone]"], (), kind="map", year=year)
    return Picture(_yearly_name(view, "map", year), figure, tidy(_map_rows(atlas), facts))


def _yearly_name(view: View, kind: str, year: int) -> str:
    one = len(view.result.scenarios) == 1
    return f"{kind}-{year}" if one else f"{kind}-{year}-{view.scenarios[0]}"


def _ladder_rows(view: View, ladder: Ladder) -> list[dict[str, object]]:
    return [
        {"layer": "ladder", "variable": "wholesale" if step.hollow else "price", "place": step.label,
         "scenario": view.scenarios[0], "year": ladder.year, "unit": ladder.unit,
         **dict(zip(("q05", "q50", "q95"), step.value, strict=True)), **mark_cells(step.mark)}
        for step in ladder.steps
    ]  # fmt: skip


def _flow_rows(diagram: Diagram) -> list[dict[str, object]]:
    same: dict[str, object] = {"scenario": diagram.scenario, "year": diagram.year, "unit": "t"}
    bars = [
        {**same, "layer": "bar", "variable": node.id, "place": node.label[0],
         **dict(zip(("q05", "q50", "q95"), node.value, strict=True)), **mark_cells(node.mark)}
        for node in diagram.nodes
    ]  # fmt: skip
    ribbons = [
        {**same, "layer": "ribbon", "variable": link.source, "place": link.target, "value": link.value[1],
         "note": "width as drawn"}
        for link in diagram.links
    ]  # fmt: skip
    return [*bars, *ribbons]


def _map_rows(atlas: Atlas) -> list[dict[str, object]]:
    same: dict[str, object] = {"scenario": atlas.scenario, "year": atlas.year, "unit": atlas.unit,
                               "variable": "coca_area"}  # fmt: skip
    zones = [
        {**same, "layer": "zone", "place": zone.name, "note": "; ".join(zone.departments),
         **dict(zip(("q05", "q50", "q95"), zone.value, strict=True)), **mark_cells(zone.mark)}
        for zone in atlas.zones
    ]  # fmt: skip
    shaded = by_department(atlas.zones)
    return [
        *zones,
        *({**same, "layer": "department", "place": d, "value": v} for d, v in sorted(shaded.items())),
    ]


def _facts(
    view: View,
    title: str,
    keys: Sequence[str],
    panels: Sequence[Panel],
    *,
    kind: str,
    year: int | None = None,
) -> dict[str, Any]:
    """Return what the JSON beside a picture says besides the numbers."""
    result, recipe = view.result, view.result.manifest.recipe
    infos = [result.select(key).info for key in keys]
    points = [point for panel in panels for point in panel.points]
    return {
        "title": title,
        "run": result.id,
        "pack": view.pack.id,
        "prior": not result.fitted,
        "drawn_from": result.drawn.words,
        "marks": result.marks.about(),
        "seed": recipe["seed"],
        "draws": result.draws,
        "failed": {name: result.failed[name] for name in view.scenarios},
        "scenarios": list(view.scenarios),
        "money": f"{view.pack.money.unit} of {view.pack.money.year if view.money == 'real' else 'each year'}",
        "variables": [
            {"key": key, "unit": info.unit, "kind": info.kind, "meaning": info.meaning}
            for key, info in zip(keys, infos, strict=True)
        ],
        "rows": sorted({point.row for point in points}),
        "sources": sorted({point.source for point in points}),
        "left_out": [{"row": row, "reason": why} for panel in panels for row, why in panel.left_out],
        "snippet": snippet(view, keys, kind, year),
    }


def snippet(view: View, keys: Sequence[str], kind: str, year: int | None) -> dict[str, str]:
    """Return a command that draws the picture again and Python that prints its numbers."""
    words = ["yupana", "plot", view.result.id, *(keys if kind in ("fan", "dots") else ())]
    words += [part for name in view.scenarios for part in ("--scenario", name)]
    words += ["--kind", kind] if kind != "fan" else []
    words += ["--year", str(year)] if year is not None else []
    words += ["--money", view.money] if view.money != "real" else []
    words += ["--monthly"] if view.monthly else []
    more = (f", money={view.money!r}" if view.money != "real" else "") + (
        ", monthly=True" if view.monthly else ""
    )
    lines = [
        "from yupana.results import Result, find_run",
        f"result = Result.open(find_run({view.result.id!r}))",
        *(
            f"print(result.quantiles({key!r}, {LEVELS}, {view.scenarios}{more}))"
            for key in (keys or ("cocaine_exports",))
        ),
    ]
    return {"shell": " ".join(_quoted(word) for word in words), "python": "\n".join(lines)}


def _quoted(word: str) -> str:
    import shlex

    return shlex.quote(word)
