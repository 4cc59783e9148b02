"""The overview: five fan charts and the price ladder on one page, the first picture a reader sees."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from yupana.fit.informed import Mark
from yupana.report import palette
from yupana.report.fan import draw_fan
from yupana.report.layout import MARGIN, WIDTH, Page, text_width, wrap
from yupana.report.marking import shown, sign_note, signed
from yupana.report.numbers import number, scale_for
from yupana.report.pages import fan_legend, name_panel, notes, panel_scale, subtitle
from yupana.report.tables import Context, Panel
from yupana.report.words import say

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

ROW = 2.45  # inches
COLUMNS = 3
FLOOR = 0.2  # prices below this share of the lowest median are beyond the edge
FIGURES = 1.08  # inches for the numbers beside the ladder


@dataclass(frozen=True)
class Step:
    """One step of the price ladder: (q05, q50, q95), USD/kg, whether it is drawn hollow, and its mark."""

    label: str
    value: tuple[float, float, float]
    hollow: bool = False
    mark: Mark | None = None


@dataclass(frozen=True)
class Ladder:
    """Prices of a kilogram from the farm to the consumer in one year; steps of one label share a row."""

    year: int
    unit: str
    steps: tuple[Step, ...]


def overview_page(panels: Sequence[Panel], ladder: Ladder, context: Context) -> Figure:
    """Return the page: panels in rows of three, the ladder last."""
    rows = -(-(len(panels) + 1) // COLUMNS)
    scenarios = [fan.scenario for fan in panels[0].fans]
    how = " ".join([say("ladder_note", name=scenarios[0]), *sign_note(step.mark for step in ladder.steps)])
    page = Page(
        rows * ROW,
        say("overview_title", home=context.home),
        subtitle(context, "", scenarios),
        [say("overview_note"), *notes(panels, context, [how])],
        fan_legend(panels, context),
    )
    step = (WIDTH - 2 * MARGIN) / COLUMNS
    for place in range(len(panels) + 1):
        row, column = divmod(place, COLUMNS)
        bottom = (rows - 1 - row) * ROW + 0.4
        height = ROW - 0.4 - 0.5
        left = MARGIN + column * step
        if place < len(panels):
            panel = panels[place]
            ax = page.axes(left + 0.42, bottom, step - 0.56, height)
            scale = panel_scale(panel, context)
            draw_fan(
                ax, panel.fans, panel.points, scale,
                last_data_year=context.last_known_year, ticks=5, small=True, log=panel.wide,
                marks=shown(panel, context),
            )  # fmt: skip
            name_panel(ax, panel.title, scale.unit)
        else:
            draw_ladder(
                page.axes(left + 0.95, bottom, step - 1.0 - FIGURES, height), ladder, context.money_year
            )
    return page.figure


def draw_ladder(ax: Axes, ladder: Ladder, money_year: str | None) -> None:
    """Draw prices on a logarithmic scale: a mark at the median, a line from the 5% to the 95% quantile."""
    labels = list(dict.fromkeys(step.label for step in ladder.steps))
    first = ladder.steps[0].value[1]
    left = max(min(s.value[0] for s in ladder.steps), min(s.value[1] for s in ladder.steps) * FLOOR) * 0.75
    right = max(step.value[2] for step in ladder.steps) * 1.2
    ax.set_xscale("log")
    ax.set_xlim(left, right)
    ax.set_ylim(len(labels) - 0.4, -0.6)
    for step in ladder.steps:
        row = labels.index(step.label)
        low, middle, high = step.value
        lift = -0.17 if step.hollow else (0.17 if _shares_row(ladder, step) else 0.0)
        ax.plot(
            [max(low, left), high], [row + lift] * 2, color=palette.BLUE, alpha=0.45, linewidth=2.4, zorder=2
        )
        if low < left:  # the line goes on beyond the edge, and says so
            edge = ax.get_yaxis_transform()
            ax.plot([0.03], [row + lift], "<", color=palette.BLUE, markersize=4.5, transform=edge, zorder=4)
        ax.plot(
            [middle], [row + lift], marker="o", markersize=4.6, zorder=3, markeredgecolor=palette.BLUE,
            markerfacecolor=palette.PAPER if step.hollow else palette.BLUE,
        )  # fmt: skip
        if not step.hollow:
            price = signed(number(middle), step.mark)
            _write_price(ax, row, price, say("times", factor=number(middle / first)))
    _frame_ladder(ax, labels, left, right)
    unit = scale_for(ladder.unit, 0.0, money_year).unit
    name_panel(ax, say("panel_multiples", year=ladder.year), unit, left=-68)


def _write_price(ax: Axes, row: int, price: str, times: str) -> None:
    """Write the median and its multiple of the first step to the right of the axes, in two columns."""
    wide = ax.get_position().width * ax.figure.get_figwidth()  # pyright: ignore
    for text, column, colour in ((price, 0.62, palette.INK), (times, FIGURES, palette.SOFT_INK)):
        ax.text(
            1 + column / wide, row, text, transform=ax.get_yaxis_transform(), fontsize=7.4,
            va="center", ha="right", color=colour,
        )  # fmt: skip


def _shares_row(ladder: Ladder, step: Step) -> bool:
    return sum(each.label == step.label for each in ladder.steps) > 1


def _frame_ladder(ax: Axes, labels: Sequence[str], left: float, right: float) -> None:
    powers = range(int(np.ceil(np.log10(left))), int(np.floor(np.log10(right))) + 1)
    decade = ax.get_position().width * ax.figure.get_figwidth() / np.log10(right / left)  # pyright: ignore
    widest = text_width(f"{10.0 ** powers[-1]:,.0f}", 8.5) + 0.08 if powers else 0.0
    shown = powers[:: max(1, int(np.ceil(widest / decade)))]
    ax.set_xticks([10.0**p for p in shown], [f"{10.0**p:,.0f}" for p in shown])
    ax.minorticks_off()
    ax.grid(axis="x")
    ax.set_yticks(
        range(len(labels)),
        ["\n".join(wrap(label, 0.86, 7.8)) for label in labels],
        fontsize=7.8,
        color=palette.INK,
    )
    ax.spines["left"].set_visible(False)
