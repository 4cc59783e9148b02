"""The flow diagram of one year: from leaf to consumer, ribbons as wide as medians, intervals in the labels."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from yupana.report import palette
from yupana.report.layout import MARGIN, WIDTH, Page, text_width, wrap
from yupana.report.numbers import interval
from yupana.report.pages import subtitle
from yupana.report.sankey import BAR, Bar, Link, Node, Ribbon, drop_small, place_bars, place_ribbons
from yupana.report.tables import Context
from yupana.report.words import say

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

HEIGHT = 6.6
SIZE = 7.8  # points
LINE = SIZE * 1.3 / 72.0
LABEL_GAP = 0.05
LEAST_SHARE = 0.001  # bars whose 95% quantile is below this share of the largest are left out


@dataclass(frozen=True)
class Diagram:
    """Nodes and links of one year in t of pure cocaine; node labels hold the name only."""

    year: int
    scenario: str
    nodes: tuple[Node, ...]
    links: tuple[Link, ...]


def flow_page(diagram: Diagram, context: Context) -> Figure:
    """Return a page with the flow diagram."""
    page = Page(
        HEIGHT,
        say("flow_title", home=context.home, year=diagram.year),
        f"{say('flow_subtitle')} · {subtitle(context, 'flow', [diagram.scenario])}",
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
    widths = _label_widths(nodes, count, width)
    nodes = tuple(_with_label(node, widths[node.column]) for node in nodes)
    lefts = [0.0]
    for label in widths[:-1]:
        lefts.append(lefts[-1] + BAR + label)
    head = LINE * max((len(node.label) for node in nodes if node.above), default=0) + LABEL_GAP
    bars = place_bars(nodes, links, lefts, height, LINE, head)
    ax.set_xlim(0, width)
    ax.set_ylim(height, 0)
    ax.set_axis_off()
    by_id = {bar.node.id: bar for bar in bars}
    for ribbon in place_ribbons(bars, links):
        _draw_ribbon(ax, ribbon, by_id[ribbon.link.source], by_id[ribbon.link.target])
    for bar in bars:
        _draw_bar(ax, bar)
    return bars


def _label_widths(nodes: Sequence[Node], count: int, width: float) -> list[float]:
    """Share the width out over columns: as much as each column's longest unbreakable line needs, then evenly."""
    need = []
    for column in range(count):
        lines = [
            part
            for node in nodes
            if node.column == column and not node.above
            for part in (_value_text(node), *node.label[0].split(), *node.label[1:])
        ]
        longest = max((text_width(line, SIZE, "bold") for line in lines), default=0.0)
        need.append(longest + 2 * LABEL_GAP)
    for column in range(count):
        if any(node.column == column and node.above for node in nodes):
            need[column] = max(need[column], 0.55)
    spare = width - sum(need) - BAR * count
    return [each + max(spare, 0.0) / count for each in need]


def _value_text(node: Node) -> str:
    return interval(*node.value)


def _with_label(node: Node, width: float) -> Node:
    name = [node.label[0]] if node.above else wrap(node.label[0], width - 2 * LABEL_GAP, SIZE, "bold")
    return replace(node, label=(*name, _value_text(node), *node.label[1:]))


def _draw_bar(ax: Axes, bar: Bar) -> None:
    from matplotlib.patches import Rectangle

    colour = palette.ROLES[bar.node.role]
    ax.add_patch(
        Rectangle((bar.left, bar.top), BAR, max(bar.height, 0.012), facecolor=colour, linewidth=0, zorder=5)
    )
    lines = bar.node.label
    names = len(lines) - sum(1 for line in lines if line[:1].isdigit() or line[:1] in "<>–-")
    if bar.node.above:
        top = bar.top - LABEL_GAP - LINE * len(lines)
        x, align = bar.left + BAR / 2, "center"
    else:
        top = bar.middle - LINE * len(lines) / 2
        x, align = bar.left + BAR + LABEL_GAP, "left"
    for position, text in enumerate(lines):
        _write(ax, x, top + position * LINE, text, align, strong=position < names)


def _write(ax: Axes, x: float, y: float, text: str, align: str, *, strong: bool) -> None:
    from matplotlib.patheffects import withStroke

    ax.text(
        x, y, text, fontsize=SIZE, ha=align, va="top", zorder=10,
        fontweight="bold" if strong else "normal", color=palette.INK,
        path_effects=[withStroke(linewidth=2.2, foreground=palette.PAPER, alpha=0.75)],
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
        PathPatch(Path(points, codes), facecolor=palette.ROLES[ribbon.link.role], alpha=0.34, linewidth=0, zorder=2)
    )
