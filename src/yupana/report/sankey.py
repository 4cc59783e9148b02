"""Where the bars, ribbons and labels of a flow diagram go: arithmetic only, nothing is drawn here.

Bars stand in columns. In every column each bar gets a slot as high as the larger of the bar and its label (or
as both, where the label is stacked on the bar), so labels of a column never meet; columns lie as far apart as
their widest label, so labels of different columns never meet either. One vertical scale serves all columns:
the largest with which the fullest column fits.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from yupana.fit.informed import Mark

GAP = 0.07  # inches between slots
BAR = 0.13  # width of a bar, inches
LABEL_GAP = 0.05  # inches between a bar and its label
MEDIAN, TOP = 1, 2  # which of (q05, q50, q95) sets heights and widths


@dataclass(frozen=True)
class Node:
    """One bar.

    Attributes
    ----------
    id : name for links.
    column : position from the left.
    label : lines beside the bar, the first one the name.
    role : key of the palette's roles.
    value : (q05, q50, q95), t.
    above : whether the label stands above the bar, in the head of its column, instead of to its right.
    stacked : whether the label stands above the bar in the bar's own slot.
    prior : whether the interval is set by the prior rather than by data.
    mark : how much of the number is prior; None where nothing is said.
    """

    id: str
    column: int
    label: tuple[str, ...]
    role: str
    value: tuple[float, float, float]
    above: bool = False
    stacked: bool = False
    prior: bool = False
    mark: Mark | None = None


@dataclass(frozen=True)
class Link:
    """One ribbon; value is (q05, q50, q95), t, and prior says that no datum narrows it."""

    source: str
    target: str
    role: str
    value: tuple[float, float, float]
    prior: bool = False


@dataclass(frozen=True)
class Bar:
    """A node with its place: left edge, top and height, inches from the upper left corner."""

    node: Node
    left: float
    top: float
    height: float

    @property
    def middle(self) -> float:
        """Height of the centre below the upper edge."""
        return self.top + self.height / 2


@dataclass(frozen=True)
class Ribbon:
    """A link with its two ends: tops at source and target and the width, inches."""

    link: Link
    start: float
    end: float
    width: float


def place_bars(
    nodes: Sequence[Node],
    links: Sequence[Link],
    columns: Sequence[float],
    height: float,
    line: float,
    head: float = 0.0,
    level: int = MEDIAN,
) -> tuple[Bar, ...]:
    """Return every node with its place.

    Parameters
    ----------
    nodes : in the order in which they stand in their column, top first.
    links : ribbons; they pull bars towards the bars they come from.
    columns : (column,) left edge of each column, inches.
    height : of the diagram, inches.
    line : height of a line of a label, inches.
    head : room kept free at the top of columns whose labels stand above, inches.
    level : which of a value's three quantiles sets its height.

    Raises
    ------
    ValueError
        When the labels of a column alone are higher than the diagram.
    """
    sizes = through(nodes, links, level)
    scale = _largest_scale(nodes, sizes, height, line, head)
    placed: dict[str, Bar] = {}
    for column, left in enumerate(columns):
        members = [node for node in nodes if node.column == column]
        tops = _slots(members, links, placed, sizes, scale, height, line, head)
        for node, top in zip(members, tops, strict=True):
            size = sizes[node.id] * scale
            slack = _slot(node, size, line) - size
            placed[node.id] = Bar(node, left, top + (slack if node.stacked else slack / 2), size)
    return tuple(placed[node.id] for node in nodes)


def least_height(nodes: Sequence[Node], line: float) -> float:
    """Return the height that the labels and gaps of the fullest column take, inches."""
    columns = [[node for node in nodes if node.column == c] for c in {node.column for node in nodes}]
    used = [sum(_slot(node, 0.0, line) for node in c) + GAP * (len(c) - 1) for c in columns]
    return max(used, default=0.0)


def through(nodes: Sequence[Node], links: Sequence[Link], level: int = MEDIAN) -> dict[str, float]:
    """Return what a bar must be high enough for: its own quantile or the sum of its ribbons."""
    need = {node.id: node.value[level] for node in nodes}
    for node in nodes:
        coming = sum(link.value[level] for link in links if link.target == node.id)
        going = sum(link.value[level] for link in links if link.source == node.id)
        need[node.id] = max(need[node.id], coming, going, 0.0)
    return need


def _slot(node: Node, size: float, line: float) -> float:
    label = line * len(node.label)
    if node.stacked:
        return size + label + LABEL_GAP
    return size if node.above else max(size, label)


def _largest_scale(
    nodes: Sequence[Node], heights: dict[str, float], height: float, line: float, head: float
) -> float:
    """Return the largest number of inches a ton with which every column fits."""

    def fits(scale: float) -> bool:
        for column in {node.column for node in nodes}:
            members = [node for node in nodes if node.column == column]
            used = sum(_slot(node, heights[node.id] * scale, line) for node in members)
            used += GAP * (len(members) - 1) + (head if any(node.above for node in members) else 0.0)
            if used > height + 1e-9:
                return False
        return True

    if not fits(0.0):
        raise ValueError("the labels alone are higher than the diagram")
    low, high = 0.0, height / max(max(heights.values(), default=1.0), 1e-12)
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if fits(middle) else (low, middle)
    return low


def _slots(
    members: Sequence[Node],
    links: Sequence[Link],
    placed: dict[str, Bar],
    heights: dict[str, float],
    scale: float,
    height: float,
    line: float,
    head: float,
) -> list[float]:
    """Return the top of every slot of a column: near where its ribbons come from, never overlapping."""
    sizes = [_slot(node, heights[node.id] * scale, line) for node in members]
    wanted = []
    for node, size in zip(members, sizes, strict=True):
        pulls = [
            (placed[link.source].middle, link.value[1])
            for link in links
            if link.target == node.id and link.source in placed
        ]
        weight = sum(pull[1] for pull in pulls)
        centre = sum(at * pull for at, pull in pulls) / weight if weight > 0 else height / 2
        wanted.append(centre - size / 2)
    top = head if any(node.above for node in members) else 0.0
    return spread_out(wanted, sizes, top, height)


def spread_out(wanted: Sequence[float], sizes: Sequence[float], top: float, bottom: float) -> list[float]:
    """Return tops as near as possible to the wanted ones, in order, without overlap, between top and bottom.

    Least squares with order constraints: neighbours that would overlap are merged into one block
    that moves to the mean of its members' wishes.
    """
    offsets = []
    used = 0.0
    for size in sizes:
        offsets.append(used)
        used += size + GAP
    blocks: list[list[float]] = []  # sum of wishes less offsets, count
    for wish, offset in zip(wanted, offsets, strict=True):
        blocks.append([wish - offset, 1.0])
        while len(blocks) > 1 and blocks[-2][0] / blocks[-2][1] > blocks[-1][0] / blocks[-1][1]:
            total, count = blocks.pop()
            blocks[-1][0] += total
            blocks[-1][1] += count
    most = bottom - (used - GAP)
    tops = []
    for total, count in blocks:
        base = min(max(total / count, top), max(most, top))
        tops += [base] * int(count)
    return [base + offset for base, offset in zip(tops, offsets, strict=True)]


def place_ribbons(bars: Sequence[Bar], links: Sequence[Link], level: int = MEDIAN) -> tuple[Ribbon, ...]:
    """Return every link with its ends; at a bar ribbons lie in the order of the bars at their other ends.

    `level` is that of `place_bars`.
    """
    by_id = {bar.node.id: bar for bar in bars}
    sizes = through([bar.node for bar in bars], links, level)
    scale = max((bar.height / sizes[bar.node.id] for bar in bars if sizes[bar.node.id] > 0), default=0.0)
    starts: dict[int, float] = {}
    ends: dict[int, float] = {}
    for bar in bars:
        name = bar.node.id
        for side, own, other in ((starts, "source", "target"), (ends, "target", "source")):
            mine = [i for i, link in enumerate(links) if getattr(link, own) == name]
            mine.sort(key=lambda i: by_id[getattr(links[i], other)].middle)
            at = bar.top + (bar.height - scale * sum(links[i].value[level] for i in mine)) / 2
            for i in mine:
                side[i] = at
                at += links[i].value[level] * scale
    return tuple(Ribbon(link, starts[i], ends[i], link.value[level] * scale) for i, link in enumerate(links))


def drop_small(
    nodes: Sequence[Node], links: Sequence[Link], least: float
) -> tuple[tuple[Node, ...], tuple[Link, ...]]:
    """Return the nodes whose 95% quantile exceeds `least`, and the links between them."""
    kept = [node for node in nodes if node.value[2] > least]
    names = {node.id for node in kept}
    return tuple(kept), tuple(
        replace(link) for link in links if link.source in names and link.target in names
    )
