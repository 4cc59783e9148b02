"""The flow diagram of one year, leaf to consumer: ribbons as wide as medians, intervals in the labels."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from yupana.report import palette
from yupana.report.layout import MARGIN, WIDTH, Page, text_width, wrap
from yupana.report.marking import sign_note, signed
from yupana.report.numbers import interval
from yupana.report.pages import HARD, join_parts, subtitle
from yupana.report.sankey import (
    BAR,
    LABEL_GAP,
    Bar,
    Link,
    Node,
    Ribbon,
    drop_small,
    place_bars,
    place_ribbons,
)
from yupana.report.tables import Context
from yupana.report.words import say

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from matplotlib.path import Path

HEIGHT = 6.6
SIZE = 7.8  # points
LEAST_TONNES = 0.1
LEAST_SHARE = 0.001  # bars whose 95% quantile is below this share of the largest are left out

Line = tuple[str, str]
"""Words and weight of a line of a label."""


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
        [
            say("flow_note"),
            " ".join([*_signs(diagram), say("run", run=context.run)]),
        ],
    )
    ax = page.axes(MARGIN, 0.05, WIDTH - 2 * MARGIN, HEIGHT - 0.1)
    draw_flow(ax, diagram, WIDTH - 2 * MARGIN, HEIGHT - 0.1)
    return page.figure


@dataclass(frozen=True)
class Lettering:
    """Labels of a diagram, broken into lines, and where its columns stand.

    Attributes
    ----------
    lines : id of a node -> its lines with their weights.
    lefts : (column,) left edge of each column, inches.
    size : of the letters, points.
    """

    lines: dict[str, list[Line]]
    lefts: tuple[float, ...]
    size: float

    @property
    def line(self) -> float:
        """Height of a line, inches."""
        return self.size * 1.3 / 72.0


def _shown(diagram: Diagram) -> tuple[tuple[Node, ...], tuple[Link, ...]]:
    largest = max(node.value[1] for node in diagram.nodes)
    return drop_small(diagram.nodes, diagram.links, LEAST_SHARE * largest)


def _signs(diagram: Diagram) -> list[str]:
    return sign_note(node.mark for node in _shown(diagram)[0])


def draw_flow(ax: Axes, diagram: Diagram, width: float, height: float) -> tuple[Bar, ...]:
    """Draw the diagram on axes of `width` by `height` inches and return its bars."""
    nodes, links = _shown(diagram)
    nodes, lettering = letter(nodes, width, _figures)
    most = max((len(node.label) for node in nodes if node.above), default=0)
    bars = place_bars(
        nodes, links, lettering.lefts, height, lettering.line, lettering.line * most + LABEL_GAP
    )
    frame(ax, width, height)
    by_id = {bar.node.id: bar for bar in bars}
    for ribbon in place_ribbons(bars, links):
        _draw_ribbon(ax, ribbon, by_id[ribbon.link.source], by_id[ribbon.link.target])
    for bar in bars:
        _draw_bar(ax, bar)
        draw_label(ax, bar, lettering)
    return bars


def frame(ax: Axes, width: float, height: float) -> None:
    """Let the axes count inches from their upper left corner."""
    ax.set_xlim(0, width)
    ax.set_ylim(height, 0)
    ax.set_axis_off()


def _figures(node: Node) -> str:
    return signed(interval(*node.value, least=LEAST_TONNES), node.mark).replace(" ", HARD)


def letter(
    nodes: Sequence[Node],
    width: float,
    figures: Callable[[Node], str],
    size: float = SIZE,
    smallest: float = 0.0,
    *,
    crowded: bool = False,
) -> tuple[tuple[Node, ...], Lettering]:
    """Return the nodes with their labels broken into lines, and those lines.

    Each column gets what its longest unbreakable text needs, and a part of what is left over: an even one, or
    by the number of its nodes where `crowded`. Where nothing is left over the letters shrink until all fit;
    at the smallest size longer words are broken.

    Parameters
    ----------
    nodes : labels hold the name and further lines.
    width : of the diagram, inches.
    figures : the words for a node's value; they break at plain spaces only.
    size, smallest : of the letters, points.
    """
    count = max(node.column for node in nodes) + 1
    texts = {node.id: _texts(node, figures) for node in nodes}
    need = []
    for column in range(count):
        words = [
            text_width(word, size, weight)
            for node in nodes
            if node.column == column
            for text, weight in texts[node.id]
            for word in text.split(" ")
        ]
        need.append(max(words, default=0.0))
    room = width - (BAR + 2 * LABEL_GAP) * count
    shrink = min(1.0, max(room / sum(need), smallest / size))
    parts = [sum(node.column == c for node in nodes) if crowded else 1 for c in range(count)]
    widths = _share_out([each * shrink for each in need], room, parts)
    last = [text for node in nodes if node.column == count - 1 for text in texts[node.id]]
    longest = max(text_width(text, size * shrink, weight) for text, weight in last)
    if crowded and count > 1 and widths[-1] > longest:  # nothing flows there: more room would stay empty
        rest = _share_out([each * shrink for each in need[:-1]], room - longest, parts[:-1])
        widths = [*rest, longest]
    labels = {
        node.id: [
            (line, weight)
            for text, weight in texts[node.id]
            for line in _lines(text, widths[node.column] + 1e-6, size * shrink, weight)
        ]
        for node in nodes
    }
    lefts = [0.0]
    for each in widths[:-1]:
        lefts.append(lefts[-1] + BAR + 2 * LABEL_GAP + each)
    shown = tuple(replace(node, label=tuple(text for text, _ in labels[node.id])) for node in nodes)
    return shown, Lettering(labels, tuple(lefts), size * shrink)


def _texts(node: Node, figures: Callable[[Node], str]) -> list[Line]:
    more = [(text, "normal") for text in node.label[1:]]
    return [(node.label[0], "bold"), (figures(node), "normal"), *more]


def _share_out(need: Sequence[float], room: float, parts: Sequence[int]) -> list[float]:
    """Return widths that add up to `room`: what is over goes by parts, what is short the widest give."""
    over = room - sum(need)
    if over >= 0:
        return [each + over * part / sum(parts) for each, part in zip(need, parts, strict=True)]
    cap, left, open_ = 0.0, room, sorted(need)
    for place, each in enumerate(open_):
        cap = left / (len(open_) - place)
        if each > cap:
            break
        left -= each
    return [min(each, cap) for each in need]


def _lines(text: str, room: float, size: float, weight: str) -> list[str]:
    pieces = [piece for word in text.split(" ") for piece in _pieces(word, room, size, weight)]
    return wrap(" ".join(pieces), room, size, weight)


def _pieces(word: str, room: float, size: float, weight: str) -> list[str]:
    """Break a word that is wider than the room; every piece but the last ends in a hyphen."""
    pieces = []
    while text_width(word, size, weight) > room and len(word) > 2:
        cut = len(word) - 1
        while cut > 1 and text_width(word[:cut] + "-", size, weight) > room:
            cut -= 1
        pieces.append(word[:cut] + "-")
        word = word[cut:]
    return [*pieces, word]


def _draw_bar(ax: Axes, bar: Bar) -> None:
    from matplotlib.patches import Rectangle

    colour = palette.ROLES[bar.node.role]
    ax.add_patch(
        Rectangle((bar.left, bar.top), BAR, max(bar.height, 0.012), facecolor=colour, linewidth=0, zorder=5)
    )


def draw_label(ax: Axes, bar: Bar, lettering: Lettering) -> None:
    """Write the label of a bar, above it or to its right."""
    from matplotlib.patheffects import withStroke

    line, lines = lettering.line, lettering.lines[bar.node.id]
    if bar.node.above or bar.node.stacked:
        gap = 0.0 if bar.node.stacked else LABEL_GAP  # a stacked label keeps its distance from the bar above
        x, top = bar.left, bar.top - gap - line * len(lines)
    else:
        x, top = bar.left + BAR + LABEL_GAP, bar.middle - line * len(lines) / 2
    halo = [withStroke(linewidth=2.6, foreground=palette.PAPER, alpha=0.9)]
    for position, (text, weight) in enumerate(lines):
        ax.text(
            x, top + position * line, text, fontsize=lettering.size, ha="left", va="top", zorder=10,
            fontweight=weight, color=palette.INK, path_effects=halo,
        )  # fmt: skip


def ribbon_path(ribbon: Ribbon, source: Bar, target: Bar, width: float) -> Path:
    """Return the outline of a ribbon of `width` inches about the middle line of its place."""
    from matplotlib.path import Path

    left, right = source.left + BAR, target.left
    bend = (left + right) / 2
    start, end = (at + (ribbon.width - width) / 2 for at in (ribbon.start, ribbon.end))
    points = [
        (left, start), (bend, start), (bend, end), (right, end),
        (right, end + width), (bend, end + width), (bend, start + width), (left, start + width),
        (left, start),
    ]  # fmt: skip
    codes = [Path.MOVETO, *[Path.CURVE4] * 3, Path.LINETO, *[Path.CURVE4] * 3, Path.CLOSEPOLY]
    return Path(points, codes)


def _draw_ribbon(ax: Axes, ribbon: Ribbon, source: Bar, target: Bar) -> None:
    from matplotlib.patches import PathPatch

    path = ribbon_path(ribbon, source, target, max(ribbon.width, 0.008))
    ax.add_patch(
        PathPatch(path, facecolor=palette.ROLES[ribbon.link.role], alpha=0.34, linewidth=0, zorder=2)
    )
