"""The flow diagram of one year, leaf to consumer: ribbons as wide as medians, intervals in the labels."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from yupana.report import palette
from yupana.report.layout import MARGIN, WIDTH, Page, text_width, wrap
from yupana.report.numbers import interval
from yupana.report.pages import join_parts, subtitle
from yupana.report.sankey import BAR, Bar, Link, Node, Ribbon, drop_small, place_bars, place_ribbons
from yupana.report.tables import Context
from yupana.report.words import say

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

HEIGHT = 6.6
SIZE = 7.8  # points
LABEL_GAP = 0.05
LEAST_TONNES = 0.1
LEAST_SHARE = 0.001  # bars whose 95% quantile is below this share of the largest are left out


@dataclass(frozen=True)
class Diagram:
    """Nodes and links of one year, t of pure cocaine; labels hold the name and further lines."""

    year: int
    scenario: str
    nodes: tuple[Node, ...]
    links: tuple[Link, ...]


def flow_page(diagram: Diagram, context: Context) -> Figure:
    """Return a page with the flow diagram."""
    page = Page(
        HEIGHT,
        say("flow_title", home=context.home, year=diagram.year),
        join_parts([say("flow_subtitle"), subtitle(context, "flow", [diagram.scenario])]),
        [say("flow_note"), say("run", run=context.run)],
    )
    ax = page.axes(MARGIN, 0.05, WIDTH - 2 * MARGIN, HEIGHT - 0.1)
    draw_flow(ax, diagram, WIDTH - 2 * MARGIN, HEIGHT - 0.1)
    return page.figure


def draw_flow(ax: Axes, diagram: Diagram, width: float, height: float) -> tuple[Bar, ...]:
    """Draw the diagram on axes of `width` by `height` inches and return its bars."""
    largest = max(node.value[1] for node in diagram.nodes)
    nodes, links = drop_small(diagram.nodes, diagram.links, LEAST_SHARE * largest)
    count = max(node.column for node in nodes) + 1
    widths, size = _label_widths(nodes, count, width)
    labels = {node.id: _label(node, widths[node.column], size) for node in nodes}
    nodes = tuple(replace(node, label=tuple(text for text, _ in labels[node.id])) for node in nodes)
    lefts = [0.0]
    for label in widths[:-1]:
        lefts.append(lefts[-1] + BAR + label)
    line = size * 1.3 / 72.0
    head = line * max((len(node.label) for node in nodes if node.above), default=0) + LABEL_GAP
    bars = place_bars(nodes, links, lefts, height, line, head)
    ax.set_xlim(0, width)
    ax.set_ylim(height, 0)
    ax.set_axis_off()
    by_id = {bar.node.id: bar for bar in bars}
    for ribbon in place_ribbons(bars, links):
        _draw_ribbon(ax, ribbon, by_id[ribbon.link.source], by_id[ribbon.link.target])
    for bar in bars:
        _draw_bar(ax, bar, labels[bar.node.id], size)
    return bars


def _label_widths(nodes: Sequence[Node], count: int, width: float) -> tuple[list[float], float]:
    """Return the room for labels to the right of each column, inches, and the size of letters, points.

    Each column gets what its longest unbreakable text needs, and an even part of what is left over. Where
    nothing is left over the letters shrink until all fit.
    """
    need = []
    for column in range(count):
        members = [node for node in nodes if node.column == column]
        texts = [(word, "bold") for node in members for word in node.label[0].split()]
        texts += [(word, "normal") for node in members for line in node.label[1:] for word in line.split()]
        texts += [(interval(*node.value, least=LEAST_TONNES), "normal") for node in members]
        longest = max((text_width(text, SIZE, weight) for text, weight in texts), default=0.0)
        need.append(longest + 2 * LABEL_GAP)
    room = width - BAR * count
    shrink = min(1.0, room / sum(need))
    spare = room - sum(need) * shrink
    return [each * shrink + spare / count for each in need], SIZE * shrink


Line = tuple[str, str]
"""Words and weight of a line of a label."""


def _label(node: Node, width: float, size: float) -> list[Line]:
    room = width - 2 * LABEL_GAP + 1e-6
    lines = [(text, "bold") for text in wrap(node.label[0], room, size, "bold")]
    lines.append((interval(*node.value, least=LEAST_TONNES), "normal"))
    return lines + [(text, "normal") for more in node.label[1:] for text in wrap(more, room, size)]


def _draw_bar(ax: Axes, bar: Bar, lines: Sequence[Line], size: float) -> None:
    from matplotlib.patches import Rectangle
    from matplotlib.patheffects import withStroke

    colour = palette.ROLES[bar.node.role]
    ax.add_patch(
        Rectangle((bar.left, bar.top), BAR, max(bar.height, 0.012), facecolor=colour, linewidth=0, zorder=5)
    )
    line = size * 1.3 / 72.0
    if bar.node.above:
        x, top = bar.left, bar.top - LABEL_GAP - line * len(lines)
    else:
        x, top = bar.left + BAR + LABEL_GAP, bar.middle - line * len(lines) / 2
    halo = [withStroke(linewidth=2.2, foreground=palette.PAPER, alpha=0.75)]
    for position, (text, weight) in enumerate(lines):
        ax.text(
            x, top + position * line, text, fontsize=size, ha="left", va="top", zorder=10, fontweight=weight,
            color=palette.INK, path_effects=halo,
        )  # fmt: skip


def _draw_ribbon(ax: Axes, ribbon: Ribbon, source: Bar, target: Bar) -> None:
    from matplotlib.patches import PathPatch
    from matplotlib.path import Path

    left, right = source.left + BAR, target.left
    bend = (left + right) / 2
    width = max(ribbon.width, 0.008)
    points = [
        (left, ribbon.start), (bend, ribbon.start), (bend, ribbon.end), (right, ribbon.end),
        (right, ribbon.end + width), (bend, ribbon.end + width), (bend, ribbon.start + width),
        (left, ribbon.start + width), (left, ribbon.start),
    ]  # fmt: skip
    codes = [Path.MOVETO, *[Path.CURVE4] * 3, Path.LINETO, *[Path.CURVE4] * 3, Path.CLOSEPOLY]
    ax.add_patch(
        PathPatch(
            Path(points, codes), facecolor=palette.ROLES[ribbon.link.role], alpha=0.34, linewidth=0, zorder=2
        )
    )
