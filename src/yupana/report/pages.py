"""Whole pages of fan charts: one large panel, or many small ones that share a legend."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from yupana.report import palette
from yupana.report.fan import all_points, band_legend, draw_fan, form_legend, has_form, point_legend
from yupana.report.layout import MARGIN, WIDTH, Page
from yupana.report.marking import shown, strip_legend, strip_note
from yupana.report.numbers import Scale, scale_for
from yupana.report.tables import Context, Panel
from yupana.report.words import say, say_count

if TYPE_CHECKING:
    from matplotlib.artist import Artist
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

HARD = "\u00a0"
_BODY = 4.2  # inches
_BELOW = 0.1
_MOST_SOURCES = 8
_MOST_NOTES = 6


def fan_page(panel: Panel, context: Context) -> Figure:
    """Return a page with one fan chart."""
    scale = panel_scale(panel, context)
    scenarios = [fan.scenario for fan in panel.fans]
    page = Page(
        _BODY,
        panel.title,
        subtitle(context, panel.kind, scenarios, home=True),
        notes([panel], context),
        fan_legend([panel], context),
    )
    ax = page.axes(0.72, 0.36, WIDTH - 0.72 - MARGIN, _BODY - 0.36 - 0.26)
    draw_fan(
        ax, panel.fans, panel.points, scale, last_data_year=context.last_known_year, log=panel.wide,
        marks=shown(panel, context),
    )  # fmt: skip
    _name_unit(ax, scale.unit, 9.5)
    return page.figure


def facet_page(panels: Sequence[Panel], title: str, context: Context) -> Figure:
    """Return a page with a small fan chart for every panel, each with a scale of its own."""
    columns = 4 if len(panels) > 6 else min(3, len(panels))
    rows = -(-len(panels) // columns)
    height = 1.55 if columns == 4 else 2.1
    scenarios = [fan.scenario for fan in panels[0].fans]
    page = Page(
        rows * height + _BELOW,
        title,
        subtitle(context, panels[0].kind, scenarios, home=True),
        [say("own_scale"), *notes(panels, context)],
        fan_legend(panels, context),
    )
    step = (WIDTH - 2 * MARGIN) / columns
    for place, panel in enumerate(panels):
        row, column = divmod(place, columns)
        left = MARGIN + column * step + 0.42
        bottom = (rows - 1 - row) * height + 0.3 + _BELOW
        ax = page.axes(left, bottom, step - 0.52, height - 0.3 - 0.44)
        scale = panel_scale(panel, context)
        draw_fan(
            ax, panel.fans, panel.points, scale,
            last_data_year=context.last_known_year, ticks=4, small=True, log=panel.wide,
            marks=shown(panel, context),
        )  # fmt: skip
        name_panel(ax, panel.title, scale.unit)
    return page.figure


def fan_legend(panels: Sequence[Panel], context: Context) -> list[Artist]:
    """Return the legend of panels with fans of the same scenarios: bands, kinds of source, marks."""
    bands = band_legend([fan.scenario for fan in panels[0].fans])
    return [
        *bands, *form_legend(panels), *point_legend(all_points(panels)), *strip_legend(panels, context)
    ]  # fmt: skip


def panel_scale(panel: Panel, context: Context) -> Scale:
    """Return unit and factor in which a panel reads well, with what is weighed where it is a mass."""
    flow = context.monthly and panel.kind == "flow"
    scale = scale_for(panel.unit, panel.largest, context.money_year, flow)
    words = [scale.unit, panel.basis, say("log") if panel.wide else ""]
    return Scale(scale.factor, ", ".join(word for word in words if word))


def _name_unit(ax: Axes, unit: str, size: float) -> None:
    ax.annotate(
        unit, (0.0, 1.0), xycoords="axes fraction", xytext=(-32, 5), textcoords="offset points",
        ha="left", va="bottom", fontsize=size, color=palette.SOFT_INK,
    )  # fmt: skip


def name_panel(ax: Axes, title: str, unit: str, left: float = -24, size: float = 8.8) -> None:
    """Write title and unit above a small panel, `left` points from its left edge."""
    for text, above, weight, colour, letters in (
        (title, 16, "bold", palette.INK, size),
        (unit, 6, "normal", palette.SOFT_INK, 7.6),
    ):
        ax.annotate(
            text, (0.0, 1.0), xycoords="axes fraction", xytext=(left, above), textcoords="offset points",
            ha="left", va="bottom", fontsize=letters, color=colour, fontweight=weight,
        )  # fmt: skip


def subtitle(context: Context, kind: str, scenarios: Sequence[str], *, home: bool = False) -> str:
    """Return the line under the title: where, what draws, which scenario, what a value is."""
    parts = [context.home] if home else []
    parts += [say("invented")] if context.invented else []
    parts.append(context.drawn[:1].upper() + context.drawn[1:])
    parts.append(say("draws", count=f"{context.draws:,}"))
    if context.failed:
        parts.append(say_count("failed", context.failed))
    if len(scenarios) == 1:
        parts.append(say("scenario", name=scenarios[0]))
    else:
        parts.append(say("scenarios", names=", ".join(scenarios)))
    if kind:
        parts.append(say(f"monthly_{kind}" if context.monthly else kind))
    if context.money_year is None:
        parts.append(say("nominal"))
    return join_parts(part.replace(" ", HARD) if len(part) < 30 else part for part in parts)


def join_parts(parts: Iterable[str]) -> str:
    """Join parts by a dot that stays on the line of the part before it."""
    return f"{HARD}· ".join(parts)


def notes(panels: Sequence[Panel], context: Context, more: Sequence[str] = ()) -> list[str]:
    """Return the paragraphs under a chart: sources, conversions, what the marks and the shading mean."""
    points = all_points(panels)
    said = []
    if points:
        said.append(say("sources", sources=some([p.publisher for p in points], _MOST_SOURCES)))
        converted = [part for p in points for part in p.brief]
        if converted:
            said.append(say("conversions", notes=some(converted, _MOST_NOTES)))
    elif panels:
        said.append(say("nothing_published"))
    last = list(more)
    left_out = sum(len(panel.left_out) for panel in panels)
    if left_out:
        last.append(say_count("left_out", left_out))
    if context.monthly and points and panels[0].kind == "flow":
        last.append(say("monthly_points"))
    known = context.last_known_year
    if known is not None and _reaches_past(panels, known):
        word = "shaded" if context.fitted_to is None else "shaded_fitted"
        last.append(say(word, year=known))
        if has_form(panels):
            last.append(say("form_note", year=known))
    last += strip_note(panels, context)
    last.append(say("run", run=context.run))
    return [*said, " ".join(last)]


def _reaches_past(panels: Sequence[Panel], year: int) -> bool:
    return any(float(fan.x[-1]) > year for panel in panels for fan in panel.fans)


def some(texts: Sequence[str], most: int = _MOST_SOURCES) -> str:
    """Join the different texts, commonest first, and count those past `most`."""
    counts: dict[str, int] = {}
    for text in texts:
        counts[text] = counts.get(text, 0) + 1
    ranked = sorted(counts, key=lambda text: (-counts[text], text))
    shown = [text.rstrip(". ") for text in ranked[:most]]
    if len(ranked) > most:
        shown.append(say("more", count=len(ranked) - most))
    return "; ".join(shown)
