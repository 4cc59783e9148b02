"""Dots with intervals: many elements of one variable in one year, several scenarios side by side."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from yupana.fit.informed import Mark
from yupana.report import palette
from yupana.report.layout import text_width, wrap
from yupana.report.marking import signed
from yupana.report.numbers import Scale, interval, tick
from yupana.report.words import say

if TYPE_CHECKING:
    from matplotlib.artist import Artist
    from matplotlib.axes import Axes

Three = tuple[float, float, float]

LABEL = 2.0  # inches for the names on the left
FIGURES = 1.75  # inches for the numbers on the right
LABEL_SIZE = 8.2
_FIGURE_SIZE = 7.4
_LINE = 0.165  # inches a scenario takes in a row
_BETWEEN = 0.1  # inches between rows
_WIDE = 40.0  # largest over a typical number beyond which a straight scale hides the small ones
_FLOOR = 0.15  # numbers below this share of the smallest median are beyond the edge
_DECADES = 1e-5  # and so is what is smaller than this share of the largest


@dataclass(frozen=True)
class Dot:
    """One element: (q05, q50, q95) by scenario, and whether it is drawn hollow.

    Attributes
    ----------
    column : name of the column, or of the sum of several.
    label : plain words.
    values : by scenario, in the unit of the strip.
    hollow : a second kind of element, told in the legend.
    note : what the data beside the picture say of it.
    marks : by scenario, how much of the number is prior; empty where nothing is said.
    """

    column: str
    label: str
    values: tuple[Three, ...]
    hollow: bool = False
    note: str = ""
    marks: tuple[Mark, ...] = ()


@dataclass(frozen=True)
class Strip:
    """Elements of one variable in one year.

    Attributes
    ----------
    key : variable with its dimension.
    title : plain words.
    unit, kind : of the registry.
    year : of the numbers.
    scenarios : in the order of the dots' values.
    dots : rows, from above.
    hollow : what a hollow mark means; empty where there is none.
    note : what must be said under the chart.
    """

    key: str
    title: str
    unit: str
    kind: str
    year: int
    scenarios: tuple[str, ...]
    dots: tuple[Dot, ...]
    hollow: str = ""
    note: str = ""

    @property
    def typical(self) -> float:
        """Size of a typical median: in its unit most numbers read well."""
        sizes = np.array([abs(three[1]) for dot in self.dots for three in dot.values])
        sizes = sizes[np.isfinite(sizes)]
        return float(np.median(sizes)) if sizes.size else 0.0


def strip_height(strip: Strip) -> float:
    """Return the height of the rows in inches, without title and ticks."""
    return len(strip.dots) * _row(strip)


def _row(strip: Strip) -> float:
    return _LINE * len(strip.scenarios) + _BETWEEN


def draw_strip(ax: Axes, strip: Strip, scale: Scale) -> None:
    """Draw the rows; axes must leave `LABEL` inches on the left and `FIGURES` on the right."""
    step = _row(strip)
    left, right = _frame_scale(ax, strip, scale.factor)
    size = strip.typical * scale.factor
    least = 10.0 ** min(max(np.floor(np.log10(size)) - 2, -3), -1) if size > 0 else 0.01
    ax.set_ylim(len(strip.dots) * step, 0.0)
    for place, dot in enumerate(strip.dots):
        top = place * step + _BETWEEN / 2
        for position, three in enumerate(dot.values):
            y = top + _LINE * (position + 0.5)
            values = (three[0] * scale.factor, three[1] * scale.factor, three[2] * scale.factor)
            _draw_dot(ax, y, values, position, (left, right), dot.hollow)
            mark = dot.marks[position] if dot.marks else None
            _write_figures(ax, y, signed(interval(*values, least), mark), position)
        if place:
            ax.axhline(place * step, color=palette.GRID, linewidth=0.5, zorder=1)
    middles = [(place + 0.5) * step for place in range(len(strip.dots))]
    lines = max(1, int(step / 0.15))
    labels = ["\n".join(wrap(dot.label, LABEL - 0.32, LABEL_SIZE)[:lines]) for dot in strip.dots]
    ax.set_yticks(middles, labels, fontsize=LABEL_SIZE, color=palette.INK)
    ax.spines["left"].set_visible(False)


def _draw_dot(
    ax: Axes, y: float, value: Three, position: int, edges: tuple[float, float], hollow: bool
) -> None:
    low, middle, high = value
    left, right = edges
    colour = palette.stroke_of(position).colour
    if np.isfinite(middle):
        ax.plot([max(low, left), min(high, right)], [y, y], color=colour, alpha=0.45, linewidth=2.6, zorder=3)
        if low < left:  # the line goes on beyond the edge, and says so
            across = ax.get_yaxis_transform()
            ax.plot([0.006], [y], "<", color=colour, markersize=4.0, transform=across, zorder=4)
        if middle >= left:
            ax.plot(
                [middle], [y], marker=palette.DOTS[position % len(palette.DOTS)], markersize=5.2, zorder=5,
                markeredgecolor=colour, markerfacecolor=palette.PAPER if hollow else colour,
            )  # fmt: skip


def _write_figures(ax: Axes, y: float, text: str, position: int) -> None:
    ax.annotate(
        text, (1.0, y), xycoords=("axes fraction", "data"),
        xytext=(FIGURES * 72 - 6, 0), textcoords="offset points", fontsize=_FIGURE_SIZE,
        va="center", ha="right", color=palette.stroke_of(position).colour,
    )  # fmt: skip


def _frame_scale(ax: Axes, strip: Strip, factor: float) -> tuple[float, float]:
    """Set a straight scale, or a logarithmic one where sizes differ much, and return its ends."""
    low, middle, high = (
        np.array([three[i] * factor for dot in strip.dots for three in dot.values]) for i in range(3)
    )
    low, middle, high = (part[np.isfinite(part)] for part in (low, middle, high))
    top, bottom = float(high.max(initial=0.0)), float(low.min(initial=0.0))
    top = top if top > bottom else bottom + 1.0
    typical = float(np.median(middle)) if middle.size else 0.0
    wide = top > _WIDE * abs(typical)
    ax.grid(axis="x")
    if not wide:
        room = (top - bottom) * 0.04
        ax.set_xlim(bottom - (room if bottom < 0 else 0.0), top + room)
        _straight_ticks(ax, bottom, top)
    elif bottom >= 0:
        above = np.concatenate([middle[middle > 0], [top]])
        bottom = max(float(above.min()) * _FLOOR, top * _DECADES)
        ax.set_xscale("log")
        ax.set_xlim(bottom, top * 1.3)
        _log_ticks(ax, bottom, top * 1.3, negative=False)
    else:
        near = 10.0 ** np.floor(np.log10(max(top, -bottom)) - 2)
        ax.set_xscale("symlog", linthresh=near, linscale=0.6)
        ax.set_xlim(bottom * 1.6 - near * 0.2, top * 1.3)
        _log_ticks(ax, near, top * 1.3, negative=True, lowest=bottom * 1.6)
        ax.axvline(0.0, color=palette.SOFT_INK, linewidth=0.8, zorder=2)
    left, right = ax.get_xlim()
    return float(left), float(right)


def _straight_ticks(ax: Axes, bottom: float, top: float) -> None:
    from matplotlib.ticker import MaxNLocator

    places = MaxNLocator(nbins=6, steps=[1, 2, 2.5, 5, 10]).tick_values(bottom, top)
    step = float(places[1] - places[0])
    left, right = ax.get_xlim()
    shown = [float(place) for place in places if left <= place <= right]
    ax.set_xticks(shown, [tick(place, step) for place in shown])
    if bottom < 0:
        ax.axvline(0.0, color=palette.SOFT_INK, linewidth=0.8, zorder=2)


def _log_ticks(ax: Axes, first: float, last: float, *, negative: bool, lowest: float = 0.0) -> None:
    """Set ticks at powers of ten, as many as have room for their numbers."""
    powers = [10.0**p for p in range(int(np.ceil(np.log10(first) - 1e-9)), int(np.floor(np.log10(last))) + 1)]
    wide = ax.get_position().width * ax.figure.get_figwidth()  # pyright: ignore
    widest = max((text_width(_power(p), 8.5) for p in powers), default=0.5) + 0.12
    most = max(2, int(wide / widest) - (2 if negative else 0))
    shown = powers[:: -(-len(powers) // most)]
    if negative:
        shown = [p for p in reversed(powers[1:]) if -p >= lowest][:1] + shown
        shown = [-shown[0], 0.0, *shown[2:]] if -shown[0] >= lowest else [0.0, *shown[1:]]
    ax.set_xticks(shown, [_power(p) for p in shown])
    ax.minorticks_off()


def _power(value: float) -> str:
    size = f"{abs(value):,.0f}" if abs(value) >= 1 else f"{abs(value):g}"
    return f"−{size}" if value < 0 else size


def dot_legend(scenarios: Sequence[str], hollow: str = "") -> list[Artist]:
    """Return legend entries for the marks of scenarios, the interval and hollow marks."""
    from matplotlib.lines import Line2D

    handles: list[Artist] = []
    for position, name in enumerate(scenarios):
        colour = palette.stroke_of(position).colour
        label = say("median") if len(scenarios) == 1 else f"{name}, {say('median')}"
        handles.append(_handle(palette.DOTS[position % len(palette.DOTS)], colour, colour, label))
    first = palette.stroke_of(0).colour if len(scenarios) == 1 else palette.SOFT_INK
    handles.append(Line2D([], [], color=first, alpha=0.45, linewidth=2.6, label=say("ninety")))
    if hollow:
        handles.append(_handle("o", palette.PAPER, palette.SOFT_INK, hollow))
    return handles


def _handle(marker: str, face: str, edge: str, label: str) -> Artist:
    from matplotlib.lines import Line2D

    return Line2D(
        [], [], marker=marker, markersize=5.6, markerfacecolor=face, markeredgecolor=edge,
        linestyle="none", label=label,
    )  # fmt: skip
