"""Pages of several sections: rows of small fan charts and strips of dots under one title."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from yupana.report import palette
from yupana.report.dots import FIGURES, LABEL, Strip, dot_legend, draw_strip, strip_height
from yupana.report.fan import all_points, band_legend, draw_fan, form_legend, point_legend
from yupana.report.layout import MARGIN, WIDTH, Page, wrap
from yupana.report.marking import shown, sign_note, strip_legend
from yupana.report.numbers import scale_for
from yupana.report.pages import name_panel, notes, panel_scale, subtitle
from yupana.report.tables import Context, Panel
from yupana.report.words import say

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_HEAD = 0.27  # inches for the heading of a section
_ROW = 1.36  # inches a row of small panels takes
_TICKS = 0.34  # inches under a strip for the numbers of its scale
_NAME_SIZE = 8.2
MOST_COLUMNS = 5


@dataclass(frozen=True)
class Section:
    """Part of a page: small fan charts, or a strip of dots.

    Attributes
    ----------
    heading : words above; empty for none.
    panels : small fan charts.
    strip : dots with intervals, in place of panels.
    columns : panels in a row.
    """

    heading: str
    panels: tuple[Panel, ...] = ()
    strip: Strip | None = None
    columns: int = MOST_COLUMNS

    @property
    def height(self) -> float:
        """Inches that the section takes."""
        head = _HEAD if self.heading else 0.06
        if self.strip is not None:
            return head + strip_height(self.strip) + _TICKS
        return head + _ROW * -(-len(self.panels) // self.columns)


def strip_page(strip: Strip, context: Context) -> Figure:
    """Return a page with one strip of dots."""
    return sections_page([Section("", strip=strip)], strip.title, context, kind=strip.kind)


def sections_page(
    sections: Sequence[Section], title: str, context: Context, kind: str = "", more: Sequence[str] = ()
) -> Figure:
    """Return a page of sections, from above.

    Parameters
    ----------
    sections : in order.
    title : of the page.
    context : what every picture says of the run.
    kind : stock, flow, price or ratio where all sections show one kind; empty where kinds differ.
    more : what must be said under the chart besides.
    """
    panels = [panel for section in sections for panel in section.panels]
    strips = [section.strip for section in sections if section.strip is not None]
    scenarios = strips[0].scenarios if strips else tuple(fan.scenario for fan in panels[0].fans)
    said = [*more, *dict.fromkeys(strip.note for strip in strips if strip.note)]
    said += sign_note(mark for strip in strips for dot in strip.dots for mark in dot.marks)
    if panels:
        said.insert(0, say("own_scale"))
    legend = band_legend(scenarios) if panels else []
    if strips:  # colours and intervals are told by the bands where there are any
        legend += dot_legend(scenarios, strips[0].hollow)[len(scenarios) + 1 if panels else 0 :]
    page = Page(
        sum(section.height for section in sections),
        title,
        subtitle(context, kind, scenarios, home=True),
        [" ".join(said), *notes(panels, context)] if said else notes(panels, context),
        [*legend, *form_legend(panels), *point_legend(all_points(panels)), *strip_legend(panels, context)],
    )
    top = page.body
    for section in sections:
        _draw_section(page, section, top, context)
        top -= section.height
    return page.figure


def _draw_section(page: Page, section: Section, top: float, context: Context) -> None:
    if section.heading:
        page.write(MARGIN, top - 0.02, section.heading, 10.0, weight="bold", color=palette.INK)
    top -= _HEAD if section.heading else 0.06
    if section.strip is not None:
        height = strip_height(section.strip)
        ax = page.axes(LABEL, top - height, WIDTH - LABEL - FIGURES - MARGIN, height)
        scale = scale_for(section.strip.unit, section.strip.typical, context.money_year)
        draw_strip(ax, section.strip, scale)
        _name_scale(ax, scale.unit)
        return
    step = (WIDTH - 2 * MARGIN) / section.columns
    for place, panel in enumerate(section.panels):
        row, column = divmod(place, section.columns)
        ax = page.axes(
            MARGIN + column * step + 0.42, top - (row + 1) * _ROW + 0.34, step - 0.5, _ROW - 0.34 - 0.38
        )
        scale = panel_scale(panel, context)
        draw_fan(
            ax, panel.fans, panel.points, scale,
            last_data_year=context.last_known_year, ticks=4, small=True, log=panel.wide,
            marks=shown(panel, context),
        )  # fmt: skip
        years = ax.get_xticks()
        ax.set_xticks(years[::2], [f"{year:.0f}" for year in years[::2]], fontsize=7.6)
        ax.tick_params(axis="y", labelsize=7.6)
        name_panel(ax, wrap(panel.title, step - 0.1, _NAME_SIZE)[0], scale.unit, size=_NAME_SIZE)


def _name_scale(ax: Axes, unit: str) -> None:
    """Write the unit to the left of the numbers under a strip."""
    ax.annotate(
        unit, (0.0, 0.0), xycoords="axes fraction", xytext=(-(LABEL - MARGIN) * 72, -6),
        textcoords="offset points", ha="left", va="top", fontsize=8, color=palette.SOFT_INK,
    )  # fmt: skip
