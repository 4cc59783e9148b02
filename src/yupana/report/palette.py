"""The one file that knows colours, marks and type sizes.

Sources take Okabe and Ito's eight colours, which stay apart for colour-blind readers, and each has a mark of
its own besides; scenarios take a second set, and each has a line of its own besides.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

INK = "#1b1b1b"
SOFT_INK = "#5a5a5a"
GRID = "#e4e4e4"
PAPER = "#ffffff"
PROJECTION = "#f3f1ea"

BLACK = "#000000"
ORANGE = "#E69F00"
SKY = "#56B4E9"
GREEN = "#009E73"
YELLOW = "#F0E442"
BLUE = "#0072B2"
VERMILLION = "#D55E00"
PURPLE = "#CC79A7"


@dataclass(frozen=True)
class Mark:
    """How the figures of one kind of source are drawn."""

    marker: str
    colour: str
    size: float
    shift: float  # years: figures of one year stand side by side, not on top of each other


MARKS: dict[str, Mark] = {
    "un": Mark("o", BLACK, 5.2, 0.0),
    "us": Mark("s", VERMILLION, 5.0, 0.13),
    "police": Mark("^", GREEN, 5.8, -0.13),
    "government": Mark("D", "#8A5A83", 4.6, -0.2),
    "press": Mark("*", ORANGE, 8.0, 0.2),
    "academic": Mark("p", SKY, 6.0, 0.1),
    "data": Mark("X", SOFT_INK, 5.8, -0.1),
    "judgement": Mark("P", "#B8A800", 5.8, 0.26),
}
OTHER_MARK = Mark("h", SOFT_INK, 5.6, 0.0)


@dataclass(frozen=True)
class Stroke:
    """How one scenario is drawn."""

    colour: str
    dashes: tuple[float, ...]  # on, off in points; empty is solid


STROKES: tuple[Stroke, ...] = (
    Stroke(BLUE, ()),
    Stroke("#882255", (5, 2)),
    Stroke("#2F8F83", (1.5, 1.5)),
    Stroke("#8C6D1F", (6, 2, 1.5, 2)),
    Stroke("#4D4D4D", (3, 1, 1, 1, 1, 1)),
)

DOTS: tuple[str, ...] = ("o", "s", "D", "^", "v")
"""Marks of scenarios in charts of dots, in the order of `STROKES`."""

ROLES: dict[str, str] = {
    "leaf": "#6FA287",
    "legal": "#B9CDB0",
    "base": "#D9B26A",
    "hydrochloride": BLUE,
    "seized": VERMILLION,
    "lost": "#9A9A9A",
    "used": PURPLE,
    "stored": "#8E8BB5",
    "corridor": SKY,
    "market": "#3C88B8",
}
"""Colours of the flow diagram by what happens to the mass."""

TONES: tuple[float, float, float] = (88.0, 165.0, 222.0)
"""Greys, 0 to 255, of the core, the middle and the halo of an interval."""
HATCH = "////"

INFORMED: tuple[tuple[str, bool], ...] = ((INK, False), ("#a3a3a3", False), (PAPER, True), (GRID, False))
"""Face of the strip along the years, and whether it is hatched: data, mostly prior, prior, given."""


def tones(colour: str) -> tuple[str, str, str]:
    """Return a colour as core, middle and halo: dark, medium and light, also for a reader who sees greys.

    Parameters
    ----------
    colour : six hexadecimal digits after a hash.
    """
    parts = [int(colour[at : at + 2], 16) for at in (1, 3, 5)]
    grey = sum(weight * part for weight, part in zip((0.299, 0.587, 0.114), parts, strict=True))
    made = []
    for wanted in TONES:  # towards black or white until the grey is as wanted, so that tones of all agree
        if grey >= wanted:
            mixed = [part * wanted / grey for part in parts]
        else:
            mixed = [part + (255 - part) * (wanted - grey) / (255 - grey) for part in parts]
        made.append("#" + "".join(f"{round(part):02x}" for part in mixed))
    return made[0], made[1], made[2]


SEA = "#e9f1f6"
LAND = "#f2efe9"
HOME_EMPTY = "#fbfaf7"
BORDER = "#b9b3a8"
HOME_BORDER = "#6e685e"
SHADES = "YlGn"
"""Name of the map's colour scale: one hue direction, light to dark, legible without colour."""

STYLE: dict[str, object] = {
    "font.family": "sans-serif",
    "font.sans-serif": ["DejaVu Sans"],  # ships with the drawing library: the same letters everywhere
    "font.size": 9.0,
    "text.color": INK,
    "axes.labelcolor": INK,
    "axes.edgecolor": "#8c8c8c",
    "axes.linewidth": 0.8,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.axisbelow": True,
    "axes.grid": False,
    "grid.color": GRID,
    "grid.linewidth": 0.8,
    "xtick.color": SOFT_INK,
    "ytick.color": SOFT_INK,
    "xtick.labelsize": 8.5,
    "ytick.labelsize": 8.5,
    "xtick.major.size": 3.0,
    "ytick.major.size": 0.0,
    "legend.frameon": False,
    "legend.fontsize": 8.5,
    "figure.facecolor": PAPER,
    "savefig.facecolor": PAPER,
    "axes.facecolor": "none",
    "hatch.linewidth": 0.6,
    "svg.hashsalt": "yupana",  # the same drawing gives the same bytes
    "svg.fonttype": "path",  # letters keep their places on machines without the font
    "path.simplify": False,
}

TITLE_SIZE = 14.0
SUBTITLE_SIZE = 9.5
NOTE_SIZE = 8.0
PANEL_SIZE = 10.0
DOTS_PER_INCH = 200


def mark_of(kind: str) -> Mark:
    """Return the mark of a kind of source."""
    return MARKS.get(kind, OTHER_MARK)


def stroke_of(position: int) -> Stroke:
    """Return the stroke of the scenario at `position`; past the last one they come round again."""
    return STROKES[position % len(STROKES)]


@contextmanager
def styled() -> Iterator[None]:
    """Draw and save inside this context: style is set nowhere else and left as it was."""
    from matplotlib import rc_context

    with rc_context(STYLE):  # pyright: ignore[reportArgumentType]
        yield
