"""A page: title and subtitle above, body in the middle, legend and notes below, all measured in inches.

Heights follow from the words that must fit, so nothing is cut off and nothing covers anything else.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from yupana.report.palette import NOTE_SIZE, SOFT_INK, SUBTITLE_SIZE, TITLE_SIZE

if TYPE_CHECKING:
    from matplotlib.artist import Artist
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

WIDTH = 9.0  # inches: at 100 dots an inch the 900 pixels of a readme page
MARGIN = 0.22
_MEASURE = 72.0  # dots an inch at which words are measured: points


class Page:
    """A figure whose body is addressed in inches from the body's lower left corner.

    Parameters
    ----------
    body : height of the body, inches.
    title, subtitle : words above.
    notes : paragraphs below, in small letters.
    legend : handles with labels, drawn in rows between body and notes.
    """

    def __init__(
        self,
        body: float,
        title: str,
        subtitle: str,
        notes: Sequence[str] = (),
        legend: Sequence[Artist] = (),
        width: float = WIDTH,
    ) -> None:
        from matplotlib.backends.backend_agg import FigureCanvasAgg
        from matplotlib.figure import Figure

        self.width = width
        room = width - 2 * MARGIN
        head = [(line, TITLE_SIZE, "bold") for line in wrap(title, room, TITLE_SIZE, "bold")]
        head += [(line, SUBTITLE_SIZE, "normal") for line in wrap(subtitle, room, SUBTITLE_SIZE)]
        foot = [line for note in notes for line in wrap(note, room, NOTE_SIZE)]
        rows = _rows(legend, room)
        head_height = sum(_line(size) for _, size, _ in head) + 0.12
        foot_height = len(foot) * _line(NOTE_SIZE) + (0.1 if foot else 0.0)
        legend_height = 0.21 * len(rows) + (0.08 if rows else 0.0)
        self.bottom = MARGIN * 0.7 + foot_height + legend_height
        self.body = body
        self.height = self.bottom + body + head_height + MARGIN
        self.figure: Figure = Figure(figsize=(width, self.height), dpi=100)
        FigureCanvasAgg(self.figure)
        self._head(head)
        self._foot(foot)
        self._legend(rows, self.bottom - 0.04)

    def axes(self, left: float, bottom: float, width: float, height: float, **options: object) -> Axes:
        """Return new axes, placed in inches within the body."""
        rect = (
            left / self.width,
            (self.bottom + bottom) / self.height,
            width / self.width,
            height / self.height,
        )
        return self.figure.add_axes(rect, **options)  # pyright: ignore

    def write(self, left: float, bottom: float, text: str, size: float, **options: Any) -> None:
        """Write `text` with its upper left corner at a place within the body, inches."""
        self._write(left, self.bottom + bottom, text, size, **options)

    def _head(self, lines: list[tuple[str, float, str]]) -> None:
        top = self.height - MARGIN * 0.8
        for text, size, weight in lines:
            self._write(MARGIN, top, text, size, weight=weight, color="k" if weight == "bold" else SOFT_INK)
            top -= _line(size)

    def _foot(self, lines: list[str]) -> None:
        top = MARGIN * 0.7 + len(lines) * _line(NOTE_SIZE)
        for text in lines:
            self._write(MARGIN, top, text, NOTE_SIZE, color=SOFT_INK)
            top -= _line(NOTE_SIZE)

    def _write(self, x: float, y: float, text: str, size: float, **options: Any) -> None:
        self.figure.text(x / self.width, y / self.height, text, fontsize=size, va="top", ha="left", **options)

    def _legend(self, rows: list[list[Artist]], top: float) -> None:
        for row in rows:
            self.figure.legend(
                handles=row,
                loc="upper left",
                bbox_to_anchor=((MARGIN - 0.02) / self.width, top / self.height),
                ncols=len(row),
                borderpad=0.0,
                borderaxespad=0.0,
                columnspacing=1.5,
                handletextpad=0.6,
            )
            top -= 0.21


def _line(size: float) -> float:
    """Height of a line of letters of `size` points, in inches."""
    return size * 1.36 / 72.0


def text_width(text: str, size: float, weight: str = "normal") -> float:
    """Return the width of `text` in inches, without drawing it."""
    from matplotlib.font_manager import FontProperties
    from matplotlib.textpath import text_to_path

    if not text:
        return 0.0
    font = FontProperties(family="DejaVu Sans", size=size, weight=weight)
    return text_to_path.get_text_width_height_descent(text, font, False)[0] / _MEASURE


def wrap(text: str, width: float, size: float, weight: str = "normal") -> list[str]:
    """Break `text` into lines of at most `width` inches; a single longer word keeps its line."""
    lines: list[str] = []
    for word in text.split(" "):  # a hard space keeps words together
        joined = f"{lines[-1]} {word}" if lines else word
        if lines and text_width(joined, size, weight) <= width:
            lines[-1] = joined
        else:
            lines.append(word)
    return lines


def _rows(handles: Sequence[Artist], width: float) -> list[list[Artist]]:
    """Share legend entries out over rows that fit."""
    rows: list[list[Artist]] = []
    used = 0.0
    for handle in handles:
        need = text_width(str(handle.get_label()), 8.5) + 0.55
        if not rows or used + need > width:
            rows.append([])
            used = 0.0
        rows[-1].append(handle)
        used += need
    return rows


def _extents(figure: Figure) -> list[tuple[str, tuple[float, float, float, float]]]:
    """Return every drawn text with its box in dots."""
    from matplotlib.text import Text

    figure.canvas.draw()
    renderer = figure.canvas.get_renderer()  # pyright: ignore[reportAttributeAccessIssue]
    found = []
    for artist in figure.findobj(Text):
        if not isinstance(artist, Text) or not artist.get_text().strip() or not artist.get_visible():
            continue
        if artist.axes is not None and not artist.axes.get_visible():
            continue
        box = artist.get_window_extent(renderer)
        if box.width > 0 and box.height > 0:
            found.append((artist.get_text(), (box.x0, box.y0, box.x1, box.y1)))
    return found


def collisions(figure: Figure, slack: float = 1.0) -> list[tuple[str, str]]:
    """Return the pairs of texts whose boxes cover each other by more than `slack` dots each way."""
    boxes = _extents(figure)
    hits = []
    for i, (first, a) in enumerate(boxes):
        for second, b in boxes[i + 1 :]:
            wide = min(a[2], b[2]) - max(a[0], b[0])
            high = min(a[3], b[3]) - max(a[1], b[1])
            if wide > slack and high > slack:
                hits.append((first, second))
    return hits


def cut_off(figure: Figure) -> list[str]:
    """Return the texts that reach over the edge of the page."""
    width, height = figure.get_size_inches() * figure.dpi
    return [
        text
        for text, (left, bottom, right, top) in _extents(figure)
        if left < -0.5 or bottom < -0.5 or right > width + 0.5 or top > height + 0.5
    ]
