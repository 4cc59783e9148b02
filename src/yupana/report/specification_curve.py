"""A specification curve: estimates of a hidden population in order of size, and below what was chosen."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from yupana.core.errors import UsageError
from yupana.evidence.rounding import round_to_interval, significant
from yupana.report import palette
from yupana.report.layout import MARGIN, WIDTH, Page, text_width, wrap
from yupana.report.save import FORMATS, Picture, save_picture
from yupana.report.tables import Table

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from yupana.evidence.populations import Specification

_LABEL = 2.35  # inches for the names of rows
_ROW = 0.19  # inches of a row of dots
_CURVE = 2.9  # inches of the curve
_GAP = 0.1
_SIZE = 8.0
_MOST_TERMS = 16
_WIDE = 12.0  # largest upper end over the middle estimate, above which the scale is logarithmic
_COLUMNS = ("label", "method", "options", "terms", "n_hat", "low", "high", "reason")

Group = tuple[str, tuple[str, ...], tuple[frozenset[str], ...]]
"""Title, names of the rows, and for each column the names that hold for it."""


def specification_picture(
    name: str, title: str, found: Sequence[Specification], seen: int, intervals: str = ""
) -> Picture:
    """The curve as a picture with its numbers.

    Parameters
    ----------
    name : of the file, without ending. title : words above.
    found : rows of one table of specifications; those without an estimate are named below the curve.
    seen : people seen, drawn as a line. intervals : what the intervals are, in words.
    """
    shown = sorted((each for each in found if each.n_hat is not None), key=lambda each: each.n_hat or 0.0)
    missing = [each for each in found if each.n_hat is None]
    groups = _groups(shown)
    notes = [intervals.strip() + "." if intervals.strip() else ""]
    hidden = len({term for each in shown for term in each.terms}) - _MOST_TERMS
    if hidden > 0:
        notes.append(f"{hidden} pairs that fewer models hold are not shown.")
    notes += [f"No estimate: {each.name} ({each.reason})." for each in missing]
    rows = sum(len(names) for _, names, _ in groups) + 0.45 * len(groups)
    below = rows * _ROW
    with palette.styled():
        page = Page(below + _GAP + _CURVE, title, _subtitle(shown, seen), [note for note in notes if note])
        if shown:
            wide = WIDTH - 2 * MARGIN - _LABEL
            top = page.axes(MARGIN + _LABEL, below + _GAP, wide, _CURVE)
            _draw_curve(top, shown, seen, wide)
            _draw_matrix(page.axes(MARGIN + _LABEL, 0.0, wide, below), groups, len(shown))
    facts = {"title": title, "seen": seen, "intervals": intervals}
    data = [{**each.as_dict(), "terms": " ".join(each.terms)} for each in found]
    return Picture(name, page.figure, Table(_COLUMNS, tuple(data), facts))


def save_specifications(path: Path, picture: Picture, source: Path | None = None) -> tuple[Path, ...]:
    """Write the picture to a file that ends in .png or .svg, its numbers beside it.

    Parameters
    ----------
    source : the file that the numbers came from, which must not be overwritten.

    Raises
    ------
    UsageError
        Y109 for another ending, Y102 where the numbers would overwrite the source.
    """
    kind = path.suffix.lower().lstrip(".")
    if kind not in FORMATS:
        raise UsageError(
            f"unknown picture format {kind!r}" if kind else "the picture's name has no ending", code="Y109",
            where="--out", got=str(path), expected="a name that ends in .png or .svg",
        )  # fmt: skip
    beside = [path.with_suffix(ending) for ending in (".csv", ".json")]
    if source is not None and any(each.resolve() == source.resolve() for each in beside):
        raise UsageError(
            "the numbers beside the picture would overwrite the lists", where="--out", got=str(path),
            expected="a name other than that of the table", fix="Give the picture another name.",
        )  # fmt: skip
    return save_picture(picture, path.parent, (kind,))


def _subtitle(shown: Sequence[Specification], seen: int) -> str:
    if not shown:
        return f"{seen:,} people seen; no specification has an estimate"
    low, high = (significant(each.n_hat or 0.0, 3) for each in (shown[0], shown[-1]))
    spread = f"{low} to {high}" if low != high else low
    return (
        f"{seen:,} people seen. Estimates of all people, seen and unseen, run from {spread} over "
        f"{len(shown)} specifications; none of them is the answer alone"
    )


def _groups(shown: Sequence[Specification]) -> list[Group]:
    methods = tuple(frozenset([each.method]) for each in shown)
    options = tuple(
        frozenset(part.strip() for part in each.options.split(", ") if part.strip()) for each in shown
    )
    terms = tuple(frozenset(each.terms) for each in shown)
    groups = [("method", _names(methods), methods)]
    if any(options):
        groups.append(("options", _names(options), options))
    if any(terms):
        often = sorted(_names(terms), key=lambda term: -sum(term in held for held in terms))
        kept = set(often[:_MOST_TERMS])
        groups.append(("terms in the model", tuple(t for t in _names(terms) if t in kept), terms))
    return groups


def _names(columns: Sequence[frozenset[str]]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(name for column in columns for name in sorted(column)))


def _draw_curve(ax: Axes, shown: Sequence[Specification], seen: int, wide: float) -> None:
    places = np.arange(len(shown))
    middle = np.array([each.n_hat for each in shown], dtype=float)
    ends = [each.high for each in shown if each.high is not None]
    top = max([*ends, float(middle.max())])
    bottom = min([seen, *(each.low for each in shown if each.low is not None), float(middle.min())])
    if top > _WIDE * float(np.median(middle)):
        ax.set_yscale("log")
        ax.set_ylim(bottom * 0.8, top * 1.6)
    else:
        ax.set_ylim(max(0.0, bottom - 0.08 * (top - bottom)), top + 0.16 * (top - bottom))
    ceiling = ax.get_ylim()[1]
    for place, each in zip(places, shown, strict=True):
        if each.low is not None:
            high = ceiling if each.high is None else each.high
            ax.plot(
                [place, place], [each.low, high], color=palette.BLUE, alpha=0.45, linewidth=3.0, zorder=3,
                solid_capstyle="butt",
            )  # fmt: skip
    ax.plot(places, middle, "o", color=palette.BLUE, markersize=5.5, zorder=4)
    ax.axhline(seen, color=palette.SOFT_INK, linewidth=0.9, dashes=(4, 2), zorder=2)
    _write_numbers(ax, shown, wide)
    ax.set_xlim(-0.5, len(shown) - 0.5)
    ax.set_xticks([])
    ax.spines["bottom"].set_visible(False)
    ax.grid(axis="y")
    ax.yaxis.set_major_formatter(lambda value, _: f"{value:,.0f}")
    ax.set_ylabel("people", fontsize=_SIZE)
    ax.annotate(
        f"seen: {seen:,}", (len(shown) - 0.5, seen), xytext=(0, 3), textcoords="offset points",
        fontsize=7.5, ha="right", va="bottom", color=palette.SOFT_INK,
    )  # fmt: skip


def _write_numbers(ax: Axes, shown: Sequence[Specification], wide: float) -> None:
    """Write each estimate above its interval, upright where columns are narrow."""
    ceiling = ax.get_ylim()[1]
    texts = [_text(each) for each in shown]
    room = wide / len(shown)
    upright = max(text_width(text, 7.5) for text in texts) > room - 0.06
    for place, (each, text) in enumerate(zip(shown, texts, strict=True)):
        at = each.n_hat if each.low is None else each.high if each.high is not None else ceiling
        ax.annotate(
            text, (place, at or 0.0), xytext=(0, 4), textcoords="offset points", fontsize=7.5, ha="center",
            va="bottom", rotation=90 if upright else 0, color=palette.INK, annotation_clip=False,
        )  # fmt: skip


def _text(each: Specification) -> str:
    n_hat = each.n_hat or 0.0
    if each.low is None or each.high is None:
        return significant(n_hat, 3)
    return round_to_interval(n_hat, each.low, each.high)


def _draw_matrix(ax: Axes, groups: Sequence[Group], columns: int) -> None:
    """Draw a dot where a row holds for a column."""
    across = ax.get_yaxis_transform()
    y = 0.0
    for title, names, held in groups:
        ax.annotate(
            title, (0.0, y + 0.25), xycoords=across, xytext=(-_LABEL * 72, 0), textcoords="offset points",
            fontsize=7.0, color=palette.SOFT_INK, va="center", ha="left", style="italic",
        )  # fmt: skip
        y += 0.45
        for row, name in enumerate(names):
            middle = y + 0.5
            if row % 2 == 0:
                ax.axhspan(y, y + 1.0, color=palette.PROJECTION, zorder=0, linewidth=0)
            on = np.array([name in column for column in held])
            ax.plot(np.flatnonzero(~on), np.full(int((~on).sum()), middle), ".", color=palette.GRID, zorder=1)
            ax.plot(
                np.flatnonzero(on), np.full(int(on.sum()), middle), "o", color=palette.INK, markersize=5.0
            )
            lines = wrap(name, _LABEL - 0.12, _SIZE)
            text = lines[0] if len(lines) == 1 else lines[0] + " ..."
            ax.annotate(
                text, (0.0, middle), xycoords=across, xytext=(-7, 0), textcoords="offset points",
                fontsize=_SIZE, va="center", ha="right", color=palette.INK,
            )  # fmt: skip
            y += 1.0
    ax.set_xlim(-0.5, columns - 0.5)
    ax.set_ylim(y, 0.0)
    ax.set_xticks([])
    ax.set_yticks([])
    for spine in ax.spines.values():
        spine.set_visible(False)
