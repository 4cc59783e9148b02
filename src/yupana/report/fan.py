"""Fan charts: bands of quantiles over time with published figures on top."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from yupana.fit.informed import Mark
from yupana.report import palette
from yupana.report.marking import draw_marks
from yupana.report.numbers import Scale, tick
from yupana.report.tables import Fan, Observation, Panel
from yupana.report.words import has_words, say

if TYPE_CHECKING:
    from matplotlib.artist import Artist
    from matplotlib.axes import Axes

_MIDDLE = 2  # position of the median among the levels
_DOTS = (0, (1.0, 1.6))  # of bands that carry the error of form
_ROOM_ABOVE = 1.06
_FLOOR = 0.1  # on a logarithmic scale, the share of the lowest median below which nothing is shown
CROWD = 25  # figures on a panel beyond which their intervals step back


def draw_fan(
    ax: Axes,
    fans: Sequence[Fan],
    points: Sequence[Observation],
    scale: Scale,
    *,
    last_data_year: int | None = None,
    ticks: int = 6,
    small: bool = False,
    log: bool = False,
    marks: Sequence[Mark] = (),
) -> None:
    """Draw one panel: a band and a median for every scenario, marks for published figures.

    Parameters
    ----------
    ax : axes to draw on.
    fans : scenarios, first one most visible.
    points : published figures in the same unit as the fans.
    scale : unit shown and factor from the fans' unit.
    last_data_year : years after it are shaded; None for no shading.
    ticks : about how many ticks on the value axis.
    small : thinner lines and smaller marks, for many panels on a page.
    log : a logarithmic scale, for intervals of which a straight one shows only the upper end.
    marks : (time,) how much of the numbers is prior.
    """
    for position, fan in enumerate(fans):
        _draw_bands(ax, fan, scale.factor, position, alone=len(fans) == 1, small=small)
    for kind in sorted({point.kind for point in points}):
        _draw_points(
            ax, [p for p in points if p.kind == kind], scale.factor, small, crowded=len(points) > CROWD
        )
    _frame_years(ax, fans, last_data_year, small)
    draw_marks(ax, fans, marks, scale.factor)
    if log:
        _frame_powers(ax, fans, points, scale.factor, small)
    else:
        _frame_values(ax, fans, points, scale.factor, ticks)


def _draw_bands(ax: Axes, fan: Fan, factor: float, position: int, *, alone: bool, small: bool) -> None:
    stroke = palette.stroke_of(position)
    values = fan.values * factor
    depth = 10 + position
    strength = (0.16, 0.26) if alone else (0.09, 0.17)
    for (low, high), alpha in zip(((0, 4), (1, 3)), strength, strict=True):
        ax.fill_between(
            fan.x, values[low], values[high], color=stroke.colour, alpha=alpha, linewidth=0, zorder=depth
        )
    if not alone:
        for level in (0, 4):
            ax.plot(fan.x, values[level], color=stroke.colour, linewidth=0.6, alpha=0.7, zorder=depth)
    if alone and fan.form is not None:
        for edge in fan.form * factor:
            ax.plot(fan.x, edge, color=stroke.colour, linewidth=1.0, linestyle=_DOTS, zorder=depth + 5)
    width = 1.4 if small else 2.0
    dashes = (0, stroke.dashes) if stroke.dashes else "-"
    ax.plot(fan.x, values[_MIDDLE], color=stroke.colour, linewidth=width, linestyle=dashes, zorder=depth + 10)


def _draw_points(
    ax: Axes, points: Sequence[Observation], factor: float, small: bool, *, crowded: bool
) -> None:
    mark = palette.mark_of(points[0].kind)
    size = mark.size * (0.62 if small else 1.0)
    for point in points:
        x = point.x + (0.0 if small else mark.shift)
        if np.isfinite(point.low) and np.isfinite(point.high) and point.high > point.low:
            span = [point.low * factor, point.high * factor]
            ax.plot(
                [x, x],
                span,
                color=mark.colour,
                linewidth=0.8 if small else 1.1,
                zorder=40,
                alpha=0.3 if crowded else 0.85,
            )
        ax.plot(
            [x],
            [point.value * factor],
            marker=mark.marker,
            markersize=size,
            markerfacecolor=mark.colour if point.verified else palette.PAPER,
            markeredgecolor=palette.PAPER if point.verified else mark.colour,
            markeredgewidth=0.5 if point.verified else (0.8 if small else 1.1),
            linestyle="none",
            zorder=45,
        )


def _frame_years(ax: Axes, fans: Sequence[Fan], last_data_year: int | None, small: bool) -> None:
    first = min(float(fan.x[0]) for fan in fans)
    last = max(float(fan.x[-1]) for fan in fans)
    ax.set_xlim(first - 0.4, last + 0.4)
    # a year stands at its number and the next begins half a year later; months fill the year itself
    edge = None if last_data_year is None else last_data_year + (1.0 if _by_month(fans) else 0.5)
    if edge is not None and edge < last:
        ax.axvspan(edge, last + 0.4, color=palette.PROJECTION, linewidth=0, zorder=0)
        ax.axvline(edge, color=palette.BORDER, linewidth=0.8, zorder=1)
        if not small:
            ax.annotate(
                say("projection"), (edge, 1.0), xycoords=("data", "axes fraction"),
                xytext=(4, -3), textcoords="offset points", ha="left", va="top",
                fontsize=8, color=palette.SOFT_INK, zorder=60,
            )  # fmt: skip
    years = year_ticks(np.floor(first), last, 4 if small else 8)
    ax.set_xticks(years, [str(year) for year in years])


def _by_month(fans: Sequence[Fan]) -> bool:
    return any(bool(np.any(fan.x % 1.0)) for fan in fans)


def year_ticks(first: float, last: float, most: int) -> list[int]:
    """Return at most about `most` round years between `first` and `last`.

    Examples
    --------
    >>> year_ticks(2000.0, 2030.0, 8)
    [2000, 2005, 2010, 2015, 2020, 2025, 2030]
    """
    for step in (1, 2, 5, 10, 20, 50):
        start = int(np.ceil(first / step) * step)
        years = list(range(start, int(np.floor(last)) + 1, step))
        if len(years) <= most:
            return years
    return [int(first), int(last)]


def _frame_values(
    ax: Axes, fans: Sequence[Fan], points: Sequence[Observation], factor: float, ticks: int
) -> None:
    from matplotlib.ticker import MaxNLocator

    numbers = np.concatenate(
        [fan.values.ravel() for fan in fans]
        + [np.array([p.value, p.low, p.high]) for p in points]
    )  # fmt: skip
    numbers = numbers[np.isfinite(numbers)] * factor
    top = float(numbers.max(initial=0.0))
    bottom = min(float(numbers.min(initial=0.0)), 0.0)
    if top <= bottom:
        top = bottom + 1.0
    places = MaxNLocator(nbins=ticks, steps=[1, 2, 2.5, 5, 10]).tick_values(bottom, top * _ROOM_ABOVE)
    step = float(places[1] - places[0])
    ceiling = top + (top - bottom) * (_ROOM_ABOVE - 1.0)
    floor = bottom if bottom == 0 else bottom - (top - bottom) * (_ROOM_ABOVE - 1.0)
    shown = [float(place) for place in places if floor - 1e-12 <= place <= ceiling]
    ax.set_ylim(floor, ceiling)
    ax.set_yticks(shown, [tick(place, step) for place in shown])
    ax.grid(axis="y")
    if bottom < 0:
        ax.axhline(0.0, color=palette.SOFT_INK, linewidth=0.8, zorder=5)
    ax.spines["left"].set_visible(False)


def _frame_powers(
    ax: Axes, fans: Sequence[Fan], points: Sequence[Observation], factor: float, small: bool
) -> None:
    """Set a logarithmic scale down to well below the lowest median; bands go on beyond the edge."""
    middle = np.concatenate([fan.values[_MIDDLE] for fan in fans]) * factor
    numbers = np.concatenate([fan.values.ravel() for fan in fans]) * factor
    shown = np.array([p.value * factor for p in points if p.value > 0])
    numbers = np.concatenate([numbers[np.isfinite(numbers)], shown])
    lowest = float(np.concatenate([middle[np.isfinite(middle)], shown]).min())
    bottom = max(float(numbers[numbers > 0].min()), lowest * _FLOOR) * 0.8
    top = float(numbers.max()) * 1.25
    ax.set_yscale("log", nonpositive="clip")
    ax.set_ylim(bottom, top)
    powers = [10.0**p for p in range(int(np.ceil(np.log10(bottom))), int(np.floor(np.log10(top))) + 1)]
    if len(powers) < (2 if small else 4):  # so few decades leave room for steps within them
        powers = [m * 10.0**p for p in range(-6, 9) for m in (1, 2, 5) if bottom <= m * 10.0**p <= top]
    powers = powers[:: -(-len(powers) // (3 if small else 9))]
    ax.set_yticks(powers, [f"{p:,.0f}" if p >= 1 else f"{p:g}" for p in powers])
    ax.minorticks_off()
    ax.grid(axis="y")
    ax.spines["left"].set_visible(False)


def band_legend(scenarios: Sequence[str]) -> list[Artist]:
    """Return legend entries for medians and bands."""
    from matplotlib.lines import Line2D
    from matplotlib.patches import Patch

    handles: list[Artist] = []
    if len(scenarios) == 1:
        handles.append(Line2D([], [], color=palette.BLUE, linewidth=2.0, label=say("median")))
    else:
        for position, name in enumerate(scenarios):
            stroke = palette.stroke_of(position)
            dashes = (0, stroke.dashes) if stroke.dashes else "-"
            handles.append(
                Line2D(
                    [],
                    [],
                    color=stroke.colour,
                    linewidth=2.0,
                    linestyle=dashes,
                    label=f"{name}, {say('median')}",
                )
            )
    colour = palette.BLUE if len(scenarios) == 1 else palette.SOFT_INK
    handles.append(Patch(facecolor=colour, alpha=0.38, linewidth=0, label=say("half")))
    handles.append(Patch(facecolor=colour, alpha=0.16, linewidth=0, label=say("ninety")))
    return handles


def form_legend(panels: Sequence[Panel]) -> list[Artist]:
    """Return the legend entry of bands that carry the error of form, where one scenario has them."""
    from matplotlib.lines import Line2D

    if not has_form(panels):
        return []
    return [Line2D([], [], color=palette.BLUE, linewidth=1.0, linestyle=_DOTS, label=say("form"))]


def has_form(panels: Sequence[Panel]) -> bool:
    """Whether any panel shows bands that carry the error of form."""
    return any(len(panel.fans) == 1 and panel.fans[0].form is not None for panel in panels)


def point_legend(points: Sequence[Observation]) -> list[Artist]:
    """Return legend entries for the kinds of source that occur, and for hollow marks if there are any."""

    present = {point.kind for point in points}
    order = [kind for kind in palette.MARKS if kind in present] + sorted(present - set(palette.MARKS))
    handles: list[Artist] = []
    for kind in order:
        mark = palette.mark_of(kind)
        label = say(f"kind_{kind}") if has_words(f"kind_{kind}") else kind
        handles.append(_mark_handle(mark, mark.colour, palette.PAPER, label))
    if any(not point.verified for point in points):
        hollow = palette.mark_of("un")
        handles.append(_mark_handle(hollow, palette.PAPER, palette.SOFT_INK, say("unverified")))
    return handles


def _mark_handle(mark: palette.Mark, face: str, edge: str, label: str) -> Artist:
    from matplotlib.lines import Line2D

    return Line2D(
        [], [], marker=mark.marker, markersize=mark.size + 1.0, markerfacecolor=face, markeredgecolor=edge,
        linestyle="none", label=label,
    )  # fmt: skip


def all_points(panels: Sequence[Panel]) -> list[Observation]:
    """Return the published figures of all panels."""
    return [point for panel in panels for point in panel.points]
