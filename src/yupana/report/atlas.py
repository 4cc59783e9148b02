"""The map of one year: departments shaded by the coca area of the zones in them, zones ranked beside it.

Zones have no outline finer than departments. A zone's area is split evenly over its departments, and the page
says so; the ranking beside the map shows the zones themselves with their intervals.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from yupana.fit.informed import GIVEN, Mark
from yupana.report import palette
from yupana.report.layout import MARGIN, WIDTH, Page, text_width
from yupana.report.marking import sign_note, signed
from yupana.report.numbers import interval, number
from yupana.report.pages import join_parts, subtitle
from yupana.report.shapes import Shape, View, meets, roomy_points, view_around
from yupana.report.tables import Context
from yupana.report.words import say

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.colors import Colormap, Normalize
    from matplotlib.figure import Figure

HEIGHT = 6.7
VIEW_MARGIN = 0.9  # degrees
LABEL = 7.0  # points
LEAST_ROWS = 14  # fewer zones leave the lower part empty
SIDE = 3.15  # inches for the ranking


@dataclass(frozen=True)
class ZoneArea:
    """One monitored zone: (q05, q50, q95) of its area, the departments that share it, and its mark."""

    name: str
    departments: tuple[str, ...]
    value: tuple[float, float, float]
    mark: Mark | None = None


@dataclass(frozen=True)
class Atlas:
    """What the map shows.

    Attributes
    ----------
    year, scenario : shown.
    unit : of the areas.
    zones : monitored zones.
    departments : id -> name.
    outlines : departments of the country; ids as in `departments`.
    context : countries and coasts around, the country itself included where the map has it.
    home : name of the country, which needs no label of its own.
    source : where the shapes come from.
    """

    year: int
    scenario: str
    unit: str
    zones: tuple[ZoneArea, ...]
    departments: Mapping[str, str]
    outlines: tuple[Shape, ...]
    context: tuple[Shape, ...]
    home: str = ""
    source: str = ""


def by_department(zones: Sequence[ZoneArea]) -> dict[str, float]:
    """Return the median area by department: each zone's median split evenly over its departments."""
    total: dict[str, float] = {}
    for zone in zones:
        for department in zone.departments:
            total[department] = total.get(department, 0.0) + zone.value[1] / len(zone.departments)
    return total


def least_informed(zones: Sequence[ZoneArea]) -> dict[str, Mark]:
    """Return the mark of a department's area: that of the zone in it which is most prior."""
    found: dict[str, Mark] = {}
    for zone in zones:
        for department in zone.departments:
            other = found.get(department)
            if zone.mark is not None and (other is None or _share(zone.mark) < _share(other)):
                found[department] = zone.mark
    return found


def _share(mark: Mark) -> float:
    if mark.contraction is None:
        return 1.0 if mark.word == GIVEN else -np.inf
    return mark.contraction


def _signs(atlas: Atlas) -> list[str]:
    said = sign_note(zone.mark for zone in atlas.zones)
    return [*said, say("map_marks")] if said else []


def map_page(atlas: Atlas, context: Context) -> Figure:
    """Return a page with the map and the ranking of zones."""
    split = [
        f"{zone.name}: {', '.join(atlas.departments.get(each, each) for each in zone.departments)}"
        for zone in atlas.zones
        if len(zone.departments) > 1
    ]
    source = [say("map_source", source=atlas.source.rstrip(". "))] if atlas.source else []
    how = say("map_note", split="; ".join(split)) if split else say("map_note_whole")
    page = Page(
        HEIGHT,
        say("map_title", home=context.home, year=atlas.year),
        join_parts([say("map_subtitle"), subtitle(context, "stock", [atlas.scenario])]),
        [how, " ".join([*_signs(atlas), say("map_position"), *source, say("run", run=context.run)])],
    )
    view = view_around(atlas.outlines, VIEW_MARGIN)
    room = WIDTH - 2 * MARGIN - SIDE - 0.25
    aspect = float(np.cos(np.radians((view[1] + view[3]) / 2)))
    view = _fill(view, room, HEIGHT - 0.1, aspect)
    ax = page.axes(MARGIN, 0.05, room, HEIGHT - 0.1)
    inches = (HEIGHT - 0.1) / (view[3] - view[1])
    values = by_department(atlas.zones)
    shades, norm = _shades(values)
    draw_map(ax, atlas, values, view, (inches * aspect, inches), shades, norm)
    left = WIDTH - MARGIN - SIDE
    _draw_ranking(page.axes(left, 0.75, SIDE, HEIGHT - 0.8), atlas)
    _draw_scale(page.axes(left, 0.3, SIDE * 0.8, 0.12), shades, norm, atlas.unit)
    return page.figure


def _fill(view: View, width: float, height: float, aspect: float) -> View:
    """Widen a view so that it fills a frame of `width` by `height` inches without distortion."""
    across, up = (view[2] - view[0]) * aspect, view[3] - view[1]
    if across / up < width / height:
        more = (up * width / height - across) / aspect / 2
        return view[0] - more, view[1], view[2] + more, view[3]
    more = (across * height / width - up) / 2
    return view[0], view[1] - more, view[2], view[3] + more


def _shades(values: Mapping[str, float]) -> tuple[Colormap, Normalize]:
    from matplotlib import colormaps
    from matplotlib.colors import ListedColormap, Normalize

    whole = colormaps[palette.SHADES](np.linspace(0.05, 0.62, 256))  # the darkest end would hide the letters
    return ListedColormap(whole), Normalize(0.0, max(values.values(), default=1.0))


def draw_map(
    ax: Axes,
    atlas: Atlas,
    values: Mapping[str, float],
    view: View,
    inches: tuple[float, float],
    shades: Colormap,
    norm: Normalize,
) -> None:
    """Draw the map.

    Parameters
    ----------
    values : department -> area.
    view : degrees shown.
    inches : inches a degree of longitude and of latitude take.
    """
    ax.set_xlim(view[0], view[2])
    ax.set_ylim(view[1], view[3])
    ax.set_xticks([])
    ax.set_yticks([])
    ax.set_facecolor(palette.SEA)
    for side in ax.spines.values():
        side.set_visible(True)
        side.set_color(palette.BORDER)
    around = [shape for shape in atlas.context if meets(shape, view)]
    for shape in around:
        _draw_shape(ax, shape, palette.LAND, palette.BORDER, 0.6, 1)
    for shape in atlas.outlines:
        value = values.get(shape.id, 0.0)
        colour = shades(norm(value)) if value > 0 else palette.HOME_EMPTY
        _draw_shape(ax, shape, colour, palette.HOME_BORDER, 0.5, 3)
    _draw_labels(ax, atlas, values, around, view, inches)


def _draw_shape(ax: Axes, shape: Shape, face: object, edge: str, width: float, depth: int) -> None:
    from matplotlib.patches import PathPatch
    from matplotlib.path import Path

    points = np.concatenate(shape.rings)
    codes = np.concatenate(
        [[Path.MOVETO, *[Path.LINETO] * (len(r) - 2), Path.CLOSEPOLY] for r in shape.rings]
    )
    patch = PathPatch(
        Path(points, codes), facecolor=face, edgecolor=edge, linewidth=width, zorder=depth, joinstyle="round"
    )
    ax.add_patch(patch)


Box = tuple[float, float, float, float]


def _draw_labels(
    ax: Axes,
    atlas: Atlas,
    values: Mapping[str, float],
    around: Sequence[Shape],
    view: View,
    inches: tuple[float, float],
) -> None:
    """Label departments with coca first, then the others where there is room, then neighbours and the sea."""
    taken: list[Box] = []
    marks = least_informed(atlas.zones)
    ranked = sorted(atlas.outlines, key=lambda shape: (-values.get(shape.id, 0.0), shape.name))
    for shape in ranked:
        value = values.get(shape.id, 0.0)
        name = atlas.departments.get(shape.id, shape.name)
        figure = signed(f"{number(value)} {atlas.unit}", marks.get(shape.id))
        text = f"{name}\n{figure}" if value > 0 else name
        spots = roomy_points(shape, view, most=160 if value > 0 else 60)
        size = LABEL if value > 0 else LABEL - 0.6
        spot = _free_spot(text, size, spots, taken, view, inches)
        if spot is None and value > 0:
            spot = _free_spot(text, size, _nearby(spots, view), taken, view, inches)
            if spot is not None:
                ax.plot(*zip(spots[0], spot, strict=True), color=palette.HOME_BORDER, linewidth=0.6, zorder=8)
        if spot is not None:
            _label(ax, spot, text, size, palette.INK if value > 0 else palette.SOFT_INK)
    for shape in (each for each in around if each.name != atlas.home):
        spots = roomy_points(shape, view, taken=atlas.outlines, most=40)
        spot = _free_spot(shape.name, LABEL + 0.5, spots, taken, view, inches)
        if spot is not None:
            _label(ax, spot, shape.name, LABEL + 0.5, palette.HOME_BORDER, style="italic")


def _nearby(spots: Sequence[tuple[float, float]], view: View) -> list[tuple[float, float]]:
    """Return points around the first spot, nearest first, for a label with a line to its place."""
    if not spots:
        return []
    x, y = spots[0]
    ring = [
        (x + radius * float(np.cos(angle)), y + radius * float(np.sin(angle)))
        for radius in np.arange(0.3, 4.0, 0.15)
        for angle in np.linspace(0, 2 * np.pi, 24, endpoint=False)
    ]
    return [(a, b) for a, b in ring if view[0] < a < view[2] and view[1] < b < view[3]]


def _free_spot(
    text: str,
    size: float,
    spots: Sequence[tuple[float, float]],
    taken: list[Box],
    view: View,
    inches: tuple[float, float],
) -> tuple[float, float] | None:
    """Return the first spot where the text covers no other and stays in view, and mark it taken."""
    lines = text.split("\n")
    wide = (max(text_width(line, size) for line in lines) + 0.04) / inches[0] / 2
    high = (size * 1.32 / 72 * len(lines) + 0.02) / inches[1] / 2
    for x, y in spots:
        box = (x - wide, y - high, x + wide, y + high)
        seen = box[0] > view[0] and box[1] > view[1] and box[2] < view[2] and box[3] < view[3]
        if seen and not any(_cover(box, other) for other in taken):
            taken.append(box)
            return x, y
    return None


def _cover(a: Box, b: Box) -> bool:
    return min(a[2], b[2]) > max(a[0], b[0]) and min(a[3], b[3]) > max(a[1], b[1])


def _label(
    ax: Axes, spot: tuple[float, float], text: str, size: float, colour: str, style: str = "normal"
) -> None:
    from matplotlib.patheffects import withStroke

    ax.text(
        *spot, text, fontsize=size, color=colour, ha="center", va="center", zorder=9, style=style,
        linespacing=1.15, path_effects=[withStroke(linewidth=1.8, foreground=palette.PAPER, alpha=0.7)],
    )  # fmt: skip


def _draw_ranking(ax: Axes, atlas: Atlas) -> None:
    """Draw the zones by area: a bar to the median, a line from the 5% to the 95% quantile."""
    zones = sorted(atlas.zones, key=lambda zone: (-zone.value[1], zone.name))
    largest = max((zone.value[2] for zone in zones), default=1.0)
    ax.set_xlim(0, max(largest, 1e-9))
    ax.set_ylim(max(len(zones), LEAST_ROWS) - 0.1, -0.9)
    ax.set_axis_off()
    ax.text(
        0.0,
        -0.85,
        f"{say('map_zones')}, {atlas.unit}",
        fontsize=palette.PANEL_SIZE - 1,
        fontweight="bold",
        va="center",
    )
    for row, zone in enumerate(zones):
        low, middle, high = zone.value
        ax.barh(row + 0.28, middle, height=0.2, color=palette.ROLES["leaf"], zorder=2)
        ax.plot([low, high], [row + 0.28] * 2, color=palette.INK, linewidth=1.0, zorder=3)
        ax.text(0.0, row - 0.02, zone.name, fontsize=7.6, va="center", ha="left")
        figures = signed(interval(low, middle, high), zone.mark)
        ax.text(largest, row - 0.02, figures, fontsize=7.6, va="center", ha="right")


def _draw_scale(ax: Axes, shades: Colormap, norm: Normalize, unit: str) -> None:
    from matplotlib.ticker import MaxNLocator

    most = float(norm.vmax or 1.0)
    ax.imshow(np.linspace(0, 1, 256)[None], aspect="auto", cmap=shades, extent=(0, most, 0, 1))
    ticks = [t for t in MaxNLocator(nbins=3, steps=[1, 2, 5, 10]).tick_values(0, most) if t <= most]
    ax.set_xticks(ticks, [f"{t:,.0f}" for t in ticks], fontsize=7.5)
    ax.set_title(say("map_scale", unit=unit), fontsize=7.6, loc="left", pad=3)
    ax.set_yticks([])
    for side in ax.spines.values():
        side.set_visible(False)
