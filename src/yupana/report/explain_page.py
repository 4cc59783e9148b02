"""A difference between two scenarios as a bridge of bars, and in words and tables."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from yupana.analysis.coalitions import JUDGED
from yupana.analysis.difference import STATISTIC, Difference, GroupShare
from yupana.fit.informed import UNKNOWN, Mark
from yupana.report import palette
from yupana.report.gather import variable_name
from yupana.report.layout import MARGIN, WIDTH, Page, text_width
from yupana.report.marking import mark_cells, sign_note, signed
from yupana.report.numbers import Scale, interval, number, scale_for, tick
from yupana.report.pages import HARD, join_parts, name_panel, subtitle
from yupana.report.palette import styled
from yupana.report.run_tables import TextTable
from yupana.report.save import Picture
from yupana.report.tables import Context, Table
from yupana.report.words import say

if TYPE_CHECKING:
    from matplotlib.artist import Artist
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

ROW = 0.36  # inches
LETTERS = 9.0
FIGURES = 8.4
_COLUMNS = (
    *("layer", "group", "basis", "settings", "unit", "share", "q05", "q95", "se", "alone", "last"),
    *("value", "mark", "contraction"),
)


def years_text(years: tuple[int, ...]) -> str:
    """Return years in words: a range where they follow each other.

    Examples
    --------
    >>> years_text((2008, 2009, 2010)), years_text((2008, 2010)), years_text((2008,))
    ('2008–2010', '2008, 2010', '2008')
    """
    if len(years) > 1 and years == tuple(range(years[0], years[-1] + 1)):
        return f"{years[0]}–{years[-1]}"
    return ", ".join(map(str, years))


def _scale(found: Difference, money_year: str | None) -> Scale:
    sizes = [abs(x) for s in found.shares for x in (s.share, s.q05, s.q95)]
    return scale_for(found.unit, max([*map(abs, found.levels), *sizes]), money_year)


def share_of_whole(part: float, whole: float) -> str:
    """Return a part as a percentage of the whole; a dash where the whole is nothing.

    Examples
    --------
    >>> share_of_whole(3.0, 4.0), share_of_whole(-1.0, 4.0), share_of_whole(-0.001, 4.0)
    ('75%', '−25%', '0%')
    """
    return f"{round(100 * part / whole)}%".replace("-", "−") if whole else "–"


def difference_sentence(found: Difference, money_year: str | None = None) -> str:
    """Return the difference in words: how large, what makes most of it, how much of it is judged."""
    scale = _scale(found, money_year)
    unit = f" {scale.unit}" if scale.unit else ""
    one, other = found.between
    gap = found.difference * scale.factor
    first, second = (number(level * scale.factor) for level in found.levels)
    low, high = (end * scale.factor for end in found.interval)
    text = (
        f"The {STATISTIC} ({years_text(found.years)}) of {found.variable} is {first}{unit} in {one} and "
        f"{second} in {other}: a difference of {interval(low, gap, high)}, {_word(found.mark)}."
    )
    largest = found.shares[0]
    text += (
        f" The largest share is that of {largest.group.name}: {number(largest.share * scale.factor)}, "
        f"{share_of_whole(largest.share, found.difference)} of it."
    )
    if any(share.group.basis == JUDGED for share in found.shares):
        judged = number(found.judged_share * scale.factor)
        part = share_of_whole(found.judged_share, found.difference)
        return f"{text} Groups that rest on judged settings carry {judged}, {part} of it."
    return f"{text} None of it rests on judged settings."


def table_note(found: Difference) -> str:
    """Return what the last columns of the table mean."""
    marks = " ".join(sign_note((found.mark, *(share.mark for share in found.shares))))
    return f"alone: the group alone is switched in the first scenario; last: it joins all the others. {marks}"


def _word(mark: Mark) -> str:
    """Return how much of a number is prior, to stand within a sentence."""
    return f"{mark.text} how much of it prior" if mark.word == UNKNOWN else f"marked {mark.text}"


def difference_table(found: Difference, money_year: str | None = None) -> TextTable:
    """Return the shares as a table, and below them the two ways to switch one group."""
    scale = _scale(found, money_year)
    f = scale.factor
    rows = [
        (
            share.group.name,
            share.group.basis,
            number(share.share * f),
            share_of_whole(share.share, found.difference),
            f"{number(share.q05 * f)} to {number(share.q95 * f)}",
            number(share.se * f, 0.0001),
            number(share.alone * f),
            number(share.without * f),
            share.mark.sign,
        )
        for share in found.shares
    ]
    total = number(found.difference * f)
    low, high = (number(end * f) for end in found.interval)
    rows.append(("all", "", total, "100%", f"{low} to {high}", "", "", "", found.mark.sign))
    unit = f", {scale.unit}" if scale.unit else ""
    title = f"{found.variable}{unit}: {found.between[1]} less {found.between[0]}, {STATISTIC}"
    headers = ("group", "basis", "share", "of all", "5 to 95 %", "s.e.", "alone", "last", "mark")
    return TextTable(title, headers, tuple(rows), headers[2:])


def marks_of(found: Difference) -> tuple[Mark, ...]:
    """Return the marks of all numbers of a difference."""
    return (found.mark, *found.level_marks, *(share.mark for share in found.shares))


def difference_picture(found: Difference, context: Context) -> Picture:
    """Return the bridge from one scenario to the other, and its numbers."""
    with styled():
        figure = explain_page(found, context)
    name = found.variable.replace("[", "-").replace("]", "")
    facts: dict[str, Any] = {
        key: value for key, value in found.to_json().items() if key not in ("shares", "switches", "settings")
    }
    return Picture(
        f"explain-{name}-{found.between[0]}-{found.between[1]}",
        figure,
        Table(
            _COLUMNS,
            tuple(_rows(found)),
            {"pack": context.home, "prior": context.prior, "drawn_from": context.drawn, **facts},
        ),
    )


def _rows(found: Difference) -> list[dict[str, object]]:
    levels: list[dict[str, object]] = [
        {"layer": "level", "group": name, "unit": found.unit, "value": level, **mark_cells(mark)}
        for name, level, mark in zip(found.between, found.levels, found.level_marks, strict=True)
    ]
    shares = [
        {"layer": "share", "group": s.group.name, "basis": s.group.basis, "unit": found.unit,
         "settings": "; ".join((*s.group.levers, *s.group.elements)), "share": s.share, "q05": s.q05,
         "q95": s.q95, "se": s.se, "alone": s.alone, "last": s.without, **mark_cells(s.mark)}
        for s in found.shares
    ]  # fmt: skip
    return [levels[0], *shares, levels[1]]


def explain_page(found: Difference, context: Context) -> Figure:
    """Return the page: a bar for each scenario, and between them one for each group, end to end."""
    scale = _scale(found, context.money_year)
    one, other = found.between
    labels = [one, *(_label(share) for share in found.shares), other]
    figures = _figures(found, scale)
    left = min(max(text_width(label, LETTERS) for label in labels) + 0.2, 3.2)
    right = max(text_width(text, FIGURES) for text in figures) + 0.15
    height = ROW * len(labels)
    mean = say("explain_mean", years=years_text(found.years)).replace(" ", HARD)
    page = Page(
        height + 0.7,
        _title(found),
        join_parts([subtitle(context, "", found.between, home=True), mean]),
        _notes(found, context),
        _legend(found),
    )
    ax = page.axes(MARGIN + left, 0.38, WIDTH - 2 * MARGIN - left - right, height)
    _draw(ax, found, scale)
    ax.set_yticks(range(len(labels)), labels, fontsize=LETTERS)
    for row, text in enumerate(figures):
        ax.annotate(
            text, (1.0, row), xycoords=("axes fraction", "data"), xytext=(8, 0), textcoords="offset points",
            fontsize=FIGURES, va="center", ha="left", color=palette.INK,
        )  # fmt: skip
    name_panel(ax, "", scale.unit or found.unit, left=0)
    return page.figure


def _title(found: Difference) -> str:
    name, _, rest = found.variable.partition("[")
    one, other = found.between
    if rest:
        place = rest.rstrip("]").replace("_", " ")
        return say("explain_title_place", variable=variable_name(name), place=place, one=one, other=other)
    return say("explain_title", variable=variable_name(name), one=one, other=other)


def _label(share: GroupShare) -> str:
    name = share.group.name.replace("_", " ")
    return f"{name} ({say('explain_lever')})" if share.group.levers else name


def _notes(found: Difference, context: Context) -> list[str]:
    judged = share_of_whole(found.judged_share, found.difference)
    said = [say("explain_note")]
    said += [say("explain_sampled")] if found.sampled else []
    said += [say("explain_rests", share=judged)]
    return [" ".join(said), " ".join([*sign_note(marks_of(found)), say("run", run=context.run)])]


def _legend(found: Difference) -> list[Artist]:
    from matplotlib.lines import Line2D
    from matplotlib.patches import Patch

    handles: list[Artist] = [Patch(facecolor=palette.SOFT_INK, label=say("explain_level"))]
    if any(share.share > 0 for share in found.shares):
        handles.append(Patch(facecolor=palette.VERMILLION, label=say("explain_up")))
    if any(share.share < 0 for share in found.shares):
        handles.append(Patch(facecolor=palette.BLUE, label=say("explain_down")))
    if any(share.group.basis == JUDGED for share in found.shares):
        face = {"facecolor": palette.PAPER, "edgecolor": palette.SOFT_INK, "linewidth": 0.6}
        handles.append(Patch(**face, hatch=palette.HATCH, label=say("explain_judged")))
    handles.append(Line2D([], [], color=palette.INK, linewidth=1.2, label=say("explain_range")))
    return handles


def _figures(found: Difference, scale: Scale) -> list[str]:
    """Return the numbers beside the bars, from the top."""
    f = scale.factor
    first, last = (number(level * f) for level in found.levels)
    shares = [signed(interval(s.q05 * f, s.share * f, s.q95 * f), s.mark) for s in found.shares]
    one, other = found.level_marks
    return [signed(first, one), *shares, signed(last, other)]


def _draw(ax: Axes, found: Difference, scale: Scale) -> None:
    f, at, last = scale.factor, found.levels[0] * scale.factor, len(found.shares) + 1
    ends = [0.0, at, found.levels[1] * f]
    _bar(ax, 0, 0.0, at, palette.SOFT_INK)
    for row, share in enumerate(found.shares, 1):
        size = share.share * f
        colour = palette.VERMILLION if size > 0 else palette.BLUE
        _join(ax, row, at)
        _bar(ax, row, at, size, colour, hatched=share.group.basis == JUDGED)
        low, high = at + share.q05 * f, at + share.q95 * f
        ax.plot([low, high], [row, row], color=palette.INK, linewidth=1.2, zorder=5)
        for end in (low, high):
            ax.plot([end, end], [row - 0.1, row + 0.1], color=palette.INK, linewidth=1.2, zorder=5)
        ends += [low, high, at + size]
        at += size
    _join(ax, last, at)
    _bar(ax, last, 0.0, at, palette.SOFT_INK)
    _frame(ax, min(ends), max(ends))
    ax.set_ylim(last + 0.5, -0.5)
    ax.spines["left"].set_visible(False)
    ax.axvline(0.0, color=palette.SOFT_INK, linewidth=0.8, zorder=1)


def _frame(ax: Axes, low: float, high: float) -> None:
    """Set the ends of the value axis and its ticks."""
    from matplotlib.ticker import MaxNLocator

    room = 0.03 * (high - low or 1.0)
    low, high = low - (room if low < 0 else 0.0), high + room
    places = MaxNLocator(nbins=7, steps=[1, 2, 2.5, 5, 10]).tick_values(low, high)
    step = float(places[1] - places[0])
    shown = [float(place) for place in places if low <= place <= high]
    ax.set_xlim(low, high)
    ax.set_xticks(shown, [tick(place, step) for place in shown])
    ax.grid(axis="x")


def _join(ax: Axes, row: int, at: float) -> None:
    """Lead from the end of the bar above to the start of the bar in `row`."""
    ax.plot([at, at], [row - 1.32, row + 0.32], color=palette.SOFT_INK, linewidth=0.7, zorder=2)


def _bar(ax: Axes, row: int, start: float, size: float, colour: str, hatched: bool = False) -> None:
    ax.barh(
        row, size, left=start, height=0.64, color=colour, alpha=0.8, zorder=3,
        hatch=palette.HATCH if hatched else None, edgecolor=palette.PAPER if hatched else colour,
        linewidth=0.4,
    )  # fmt: skip
