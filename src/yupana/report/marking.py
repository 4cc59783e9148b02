"""How much of a number is prior, as pictures say it: a sign beside it, a strip along the years of a fan."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import groupby
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from yupana.fit.informed import DATA, GIVEN, MOSTLY_PRIOR, PRIOR, Mark, legend
from yupana.report import palette
from yupana.report.words import say

if TYPE_CHECKING:
    from matplotlib.artist import Artist
    from matplotlib.axes import Axes

    from yupana.report.tables import Context, Fan, Panel

HIGH = 3.2  # points
ORDER = (DATA, MOSTLY_PRIOR, PRIOR, GIVEN)
"""Words that a strip can say, in the order of the legend."""


def signed(text: str, mark: Mark | None, space: str = " ") -> str:
    """Return a number with the sign of its mark, and a tilde where the mark is in doubt."""
    if mark is None:
        return text
    return f"{text}{space}{mark.sign}"


def mark_cells(mark: Mark | None) -> dict[str, object]:
    """Return the mark of a number for the data beside a picture."""
    if mark is None:
        return {}
    return {"mark": mark.text, "contraction": "" if mark.contraction is None else mark.contraction}


def sign_note(marks: Iterable[Mark | None]) -> list[str]:
    """Return what the signs beside numbers mean; nothing where there are none."""
    known = [mark for mark in marks if mark is not None]
    signs = legend([mark.word for mark in known], any(mark.about for mark in known))
    return [say("mark_signs", signs=signs)] if known else []


def shown(panel: Panel, context: Context) -> tuple[Mark, ...]:
    """Return the marks that a panel shows: none where all draws are of the priors, as the subtitle says."""
    return () if context.prior else panel.marks


def strip_note(panels: Iterable[Panel], context: Context) -> list[str]:
    """Return what the strip along the years means, or that nothing is known; nothing where there is none."""
    marks = [mark for panel in panels for mark in shown(panel, context)]
    if not marks:
        return []
    if all(mark.word not in ORDER for mark in marks):
        return [say("mark_unknown")]
    return [say("mark_strip_levers" if context.levers else "mark_strip")]


def strip_legend(panels: Iterable[Panel], context: Context) -> list[Artist]:
    """Return legend entries for the words that the strips of panels say."""
    from matplotlib.patches import Patch

    words = {mark.word for panel in panels for mark in shown(panel, context)}
    return [Patch(**_face(word), label=say("mark_word", word=word)) for word in ORDER if word in words]


def draw_marks(ax: Axes, fans: Sequence[Fan], marks: Sequence[Mark], factor: float) -> None:
    """Draw the strip along the years, and hatch the band of a single scenario where it is prior.

    Parameters
    ----------
    fans : of the panel, with its values. marks : (time,). factor : from their unit to that shown.
    """
    if not marks:
        return
    x, words = fans[0].x, [mark.word for mark in marks]
    edges = _edges(x)
    high = HIGH / 72.0 / (ax.get_position().height * ax.figure.get_figheight())  # pyright: ignore
    start = 0
    for word, group in groupby(words):
        end = start + len(list(group))
        if word in ORDER:
            ax.axvspan(float(edges[start]), float(edges[end]), 0.0, high, zorder=30, **_face(word))
        start = end
    if len(fans) == 1:
        low, top = fans[0].values[0] * factor, fans[0].values[-1] * factor
        prior = np.array([word == PRIOR for word in words])
        ax.fill_between(
            x, low, top, where=prior.tolist(), facecolor="none", edgecolor=palette.PAPER, hatch=palette.HATCH,
            linewidth=0, zorder=12,
        )  # fmt: skip


def _edges(x: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return where the parts of the strip begin and end, (time + 1,)."""
    step = float(x[1] - x[0]) if len(x) > 1 else 1.0
    middle = (x[:-1] + x[1:]) / 2
    return np.concatenate([[x[0] - step / 2], middle, [x[-1] + step / 2]])


def _face(word: str) -> dict[str, Any]:
    face, hatched = palette.INFORMED[ORDER.index(word)]
    return {
        "facecolor": face, "edgecolor": palette.SOFT_INK, "linewidth": 0.4,
        "hatch": palette.HATCH * 2 if hatched else None,
    }  # fmt: skip
