"""One year of a run as plain tables: the flow diagram, the map and the price ladder."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from yupana.core.errors import DataError
from yupana.report.atlas import Atlas, ZoneArea
from yupana.report.flow import Diagram
from yupana.report.gather import View, draws_of, place_name, three
from yupana.report.numbers import number
from yupana.report.overview import Ladder, Step
from yupana.report.sankey import Link, Node
from yupana.report.shapes import Shape, shapes_of
from yupana.report.words import say

Draws = NDArray[np.float64]
LADDER_MARKETS = 3
_CODES = ("id", "ubigeo", "iso3", "adm0_a3")


class _Mass:
    """Masses of one year by draw, t of pure cocaine."""

    def __init__(self, view: View, year: int) -> None:
        self.view, self.year = view, year
        self.home = {m.id for m in view.pack.places.markets if m.kind == "home"}

    def total(self, key: str) -> Draws:
        """Return a variable without places, (draw,)."""
        return draws_of(self.view, key, self.year)[key]

    def places(self, key: str, abroad: bool = False) -> dict[str, Draws]:
        """Return a variable by place; markets at home left out where asked."""
        found = draws_of(self.view, key, self.year)
        by_place = {column.partition("[")[2].rstrip("]"): values for column, values in found.items()}
        return {name: v for name, v in by_place.items() if not (abroad and name in self.home)}


def diagram_of(view: View, year: int) -> Diagram:
    """Return the flow diagram of a year, every bar marked against the same bar of the prior twin."""
    found = _diagram(view, year)
    before = {} if view.prior is None else {node.id: node.value for node in _diagram(view.prior, year).nodes}
    nodes = (replace(node, mark=view.compared(before.get(node.id), node.value)) for node in found.nodes)
    return replace(found, nodes=tuple(nodes))


def _diagram(view: View, year: int) -> Diagram:
    """Return the flow diagram of a year: every bar from its draws, every residue draw by draw.

    Leaf is counted as the base it yields, so that the left of the diagram balances. What no variable
    holds (stored or under way; lost or in stock abroad) is the residue of each draw.
    """
    mass = _Mass(view, year)
    nodes: list[Node] = []
    links: list[Link] = []
    _farm(mass, nodes, links)
    base, product = mass.total("base_made"), mass.total("hydrochloride_made")
    _home(mass, base, product, nodes, links)
    _abroad(mass, nodes, links)
    return Diagram(year, view.scenarios[0], tuple(nodes), tuple(links))


def _farm(mass: _Mass, nodes: list[Node], links: list[Link]) -> None:
    leaf, legal, base = mass.total("leaf_output"), mass.total("leaf_legal_use"), mass.total("base_made")
    yield_of_leaf = mass.total("cocaine_output") / (leaf - legal)
    yield_of_leaf = yield_of_leaf * base / mass.total("cocaine_made")  # base is what leaf becomes first
    kept = leaf * yield_of_leaf - legal * yield_of_leaf - base
    tonnes = say("flow_leaf_tonnes", tonnes=f"{number(three(leaf)[1])} t")
    _node(nodes, "leaf", 0, "leaf", leaf * yield_of_leaf, tonnes)
    _node(nodes, "base", 1, "base", base)
    _node(nodes, "legal", 1, "legal", legal * yield_of_leaf)
    _node(nodes, "unprocessed", 1, "lost", kept)
    for target, role in (("base", "base"), ("legal", "legal"), ("unprocessed", "lost")):
        _link(links, nodes, "leaf", target, role)


def _home(mass: _Mass, base: Draws, product: Draws, nodes: list[Node], links: list[Link]) -> None:
    """Add hydrochloride, the ends at home and the classes of exits.

    Ends that take both forms are drawn from both in proportion; classes that carry one form from that one.
    """
    ends = {
        "seized_home": ("seized", mass.total("seizures_home")),
        "lost": ("lost", mass.total("lost")),
        "home_use": ("used", mass.total("home_use")),
    }
    exports = mass.total("cocaine_exports")
    stored = base - exports - sum(values for _, values in ends.values())
    exits = mass.places("exports_corridor[corridor]")
    forms = {str(c.id): {str(form) for form in c.forms} for c in mass.view.pack.places.corridors}
    _node(nodes, "hydrochloride", 2, "hydrochloride", product)
    _link(links, nodes, "base", "hydrochloride", "hydrochloride")
    as_base = _base_shares(exits, forms, mass.total("base_export_share") * exports)
    rest = _median(base) - _median(product) - sum(as_base[name] * _median(exits[name]) for name in exits)
    at_home = sum(_median(values) for _, values in ends.values())
    home_share = min(max(rest / at_home, 0.0), 1.0) if at_home > 0 else 0.0
    for name, (role, values) in ends.items():
        _node(nodes, name, 3, role, values)
        _split(links, name, role, home_share, _median(values))
    _store(nodes, links, stored)
    for name in sorted(exits, key=lambda each: (as_base[each] > 0.5, -_median(exits[each]))):
        title = place_name(mass.view.pack, "corridor", name)
        nodes.append(Node(f"exit {name}", 3, (title,), "corridor", three(exits[name])))
        _split(links, f"exit {name}", "corridor", as_base[name], _median(exits[name]))
        links.append(Link(f"exit {name}", "exports", "corridor", three(exits[name])))
    nodes.append(Node("exports", 4, (say("flow_exports"),), "corridor", three(exports), above=True))


def _store(nodes: list[Node], links: list[Link], stored: Draws) -> None:
    low, middle, high = three(stored)
    if middle >= 0:
        nodes.append(Node("stored", 3, (say("flow_stored"),), "stored", (low, middle, high)))
        links.append(Link("hydrochloride", "stored", "stored", (low, middle, high)))
    else:  # a year that lives off its stocks: they join from the left
        nodes.insert(1, Node("drawn", 1, (say("flow_drawn"),), "stored", (-high, -middle, -low)))
        links.append(Link("drawn", "hydrochloride", "stored", (-high, -middle, -low)))


def _base_shares(exits: Mapping[str, Draws], forms: Mapping[str, set[str]], base: Draws) -> dict[str, float]:
    """Return the share of base in each class of exits, so that their sum is the base exported."""
    shares = {name: 1.0 if forms.get(name) == {"base"} else 0.0 for name in exits}
    both = [name for name in exits if forms.get(name, set()) >= {"base", "hydrochloride"}]
    open_base = _median(base) - sum(_median(exits[name]) for name in exits if shares[name] == 1.0)
    room = sum(_median(exits[name]) for name in both)
    for name in both:
        shares[name] = min(max(open_base / room, 0.0), 1.0) if room > 0 else 0.0
    return shares


def _split(links: list[Link], target: str, role: str, base: float, median: float) -> None:
    for source, share in (("base", base), ("hydrochloride", 1.0 - base)):
        if share * median > 0:
            drawn = "base" if source == "base" and role == "corridor" else role
            links.append(Link(source, target, drawn, (0.0, share * median, 0.0)))


def _abroad(mass: _Mass, nodes: list[Node], links: list[Link]) -> None:
    """Add markets and the ends abroad."""
    sent = mass.places("exports[market]", abroad=True)
    seized = mass.places("seizures_abroad[market]", abroad=True)
    share, used = mass.places("origin_share[market]"), mass.places("consumption[market]")
    ends: dict[str, tuple[str, Draws | float]] = {
        "seized_abroad": ("seized", 0.0), "consumed": ("used", 0.0), "other_abroad": ("lost", 0.0)
    }  # fmt: skip
    for name in sorted(sent, key=lambda each: -_median(sent[each])):
        title = place_name(mass.view.pack, "market", name)
        nodes.append(Node(f"market {name}", 5, (title,), "market", three(sent[name])))
        links.append(Link("exports", f"market {name}", "market", three(sent[name])))
        eaten = share[name] * used[name]
        parts = {
            "seized_abroad": seized[name],
            "consumed": eaten,
            "other_abroad": sent[name] - seized[name] - eaten,
        }
        for end, values in parts.items():
            role, total = ends[end]
            ends[end] = (role, total + values)
            if _median(values) > 0:
                links.append(Link(f"market {name}", end, role, three(values)))
    for end, (role, total) in ends.items():
        value = three(np.asarray(total))
        words = "flow_net_abroad" if end == "other_abroad" and value[1] < 0 else f"flow_{end}"
        nodes.append(Node(end, 6, (say(words),), role, value))


def _node(nodes: list[Node], name: str, column: int, role: str, values: Draws, *more: str) -> None:
    nodes.append(Node(name, column, (say(f"flow_{name}"), *more), role, three(values)))


def _link(links: list[Link], nodes: list[Node], source: str, target: str, role: str) -> None:
    value = next(node.value for node in nodes if node.id == target)
    links.append(Link(source, target, role, value))


def _median(values: Draws) -> float:
    return three(values)[1]


def ladder_of(view: View, year: int) -> Ladder:
    """Return what a kilogram costs from the farm to the consumer, each marked against the prior twin."""
    found = _ladder(view, year)
    steps = [None] * len(found.steps) if view.prior is None else _ladder(view.prior, year).steps
    marked = (
        replace(step, mark=view.compared(other and other.value, step.value))
        for step, other in zip(found.steps, steps, strict=True)
    )
    return replace(found, steps=tuple(marked))


def _ladder(view: View, year: int) -> Ladder:
    mass = _Mass(view, year)
    leaf_for_one = (mass.total("leaf_output") - mass.total("leaf_legal_use")) / mass.total("cocaine_output")
    steps = [Step(say("step_leaf"), three(mass.total("leaf_price") * leaf_for_one))]
    for key, name in (
        ("base_price", "step_base"),
        ("hcl_price", "step_hcl"),
        ("border_price", "step_border"),
    ):
        steps.append(Step(say(name), three(mass.total(key))))
    wholesale = mass.places("wholesale_price[market]", abroad=True)
    retail = mass.places("retail_price[market]", abroad=True)
    for market in list(retail)[:LADDER_MARKETS]:
        name = place_name(view.pack, "market", market)
        steps.append(Step(name, three(wholesale[market]), hollow=True))
        steps.append(Step(name, three(retail[market])))
    unit = view.result.select("leaf_price").info.unit
    return Ladder(year, unit, tuple(steps))


def atlas_of(view: View, year: int) -> Atlas:
    """Return the map of a year.

    Raises
    ------
    DataError
        Y201 where the pack has no map of its departments.
    """
    pack = view.pack
    areas = draws_of(view, "coca_area[zone]", year)
    zones = tuple(
        ZoneArea(zone.name, zone.departments, three(areas[column]), view.mark(column, year))
        for zone in pack.places.zones
        for column in (f"coca_area[{zone.id}]",)
    )
    collections = {
        name: json.loads(path.read_text(encoding="utf-8")) for name, path in sorted(pack.maps.items())
    }
    outlines, home = _departments(pack, collections)
    context = tuple(
        shape
        for name, collection in collections.items()
        if name != home and _code_key(collection) != "adm0_a3"  # parts of neighbours would crowd the page
        for shape in shapes_of(collection, _code_key(collection))
    )
    names = {department.id: department.name for department in pack.places.departments}
    unit = view.result.select("coca_area").info.unit
    source = str(collections[home].get("source") or "")
    return Atlas(year, view.scenarios[0], unit, zones, names, outlines, context, pack.name, source)


def _departments(pack: Any, collections: Mapping[str, Any]) -> tuple[tuple[Shape, ...], str]:
    """Return the departments' outlines with the pack's ids, and the name of the map that holds them."""
    known = {code: d.id for d in pack.places.departments for code in (d.id, d.ubigeo, d.name) if code}
    for name, collection in collections.items():
        shapes = shapes_of(collection, _code_key(collection))
        matched = tuple(
            Shape(known.get(s.id) or known[s.name], s.name, s.rings)
            for s in shapes
            if s.id in known or s.name in known
        )
        if len(matched) == len(pack.places.departments) > 0:
            return matched, name
    raise DataError(
        "the pack has no map of its departments",
        code="Y201",
        where=str(pack.path / "map"),
        got=", ".join(collections) or "no map",
        expected="a GeoJSON file whose features carry id, ubigeo or name of every department",
    )


def _code_key(collection: Mapping[str, Any]) -> str:
    """Return the property by which the features of a map are known."""
    properties = collection["features"][0].get("properties", {}) if collection["features"] else {}
    return next((code for code in _CODES if code in properties), "name")
