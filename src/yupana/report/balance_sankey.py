"""The flow diagram of a reconciliation: every ribbon an interval, hatched where only the prior speaks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from yupana.evidence.reconcile.result import PRIOR_BELOW
from yupana.evidence.rounding import round_to_interval
from yupana.report import palette
from yupana.report.flow import Lettering, draw_label, frame, letter, ribbon_path
from yupana.report.layout import WIDTH, Page
from yupana.report.pages import HARD, join_parts, some
from yupana.report.sankey import (
    BAR,
    TOP,
    Bar,
    Link,
    Node,
    Ribbon,
    least_height,
    place_bars,
    place_ribbons,
    through,
)
from yupana.report.words import say, say_count

if TYPE_CHECKING:
    from matplotlib.artist import Artist
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

A4_WIDTH = 6.3  # inches: the 160 mm of text on a page of A4
WIDTHS = {"screen": WIDTH, "a4": A4_WIDTH}
"""Widths of the picture, inches, by name: 900 pixels of a page on a screen, the text of a page of A4."""

SIZE, SMALLEST = 7.2, 6.2  # points
MASS = 3.0  # inches of height for the mass itself, beside labels and gaps
THIN = 0.008  # inches: no ribbon is drawn thinner
LEAST_TONNES = 0.01
_HATCHED: dict[str, Any] = {"edgecolor": palette.INK, "linewidth": 0, "hatch": palette.HATCH}
_SIDE = 0.14  # inches of margin of the diagram; the words above and below keep the margin of the page


@dataclass(frozen=True)
class Balance:
    """One year of a reconciliation, ready to draw.

    Attributes
    ----------
    pack, year, anchor, solver : what was asked.
    nodes, links : bars and ribbons, t of pure cocaine equivalent.
    dropped : count of flows too small to draw.
    summed : count of bars whose interval is the sum of their parts' quantiles.
    rows, flagged : counts of rows of the ledger used, and of those flagged as gross errors.
    publishers : of those rows, once for each row.
    failed : names of the sampler's gates that did not pass.
    """

    pack: str
    year: int
    anchor: str
    solver: str
    nodes: tuple[Node, ...]
    links: tuple[Link, ...]
    dropped: int
    summed: int
    rows: int
    flagged: int
    publishers: tuple[str, ...]
    failed: tuple[str, ...]


def balance_page(balance: Balance, width: float = WIDTH) -> Figure:
    """Return a page with the diagram, `width` inches wide and as high as its labels need."""
    room = width - 2 * _SIDE
    nodes, lettering = letter(balance.nodes, room, _words, SIZE, SMALLEST, crowded=True)
    height = least_height(nodes, lettering.line) + MASS * width / WIDTH
    page = Page(
        height + 0.1,
        say("balance_title", pack=balance.pack, year=balance.year),
        _subtitle(balance),
        _notes(balance),
        _legend(balance),
        width,
    )
    ax = page.axes(_SIDE, 0.05, room, height)
    _draw(ax, nodes, balance.links, lettering, room, height)
    return page.figure


def _words(node: Node) -> str:
    return f"{figures(node.value)} {say('balance_prior')}" if node.prior else figures(node.value)


def figures(value: tuple[float, float, float]) -> str:
    """Return "middle (low–high)" with the digits that the interval supports; it breaks before the bracket.

    Examples
    --------
    >>> figures((251.3, 327.4, 418.9)), figures((0.0, 0.004, 0.031))
    ('330 (250–420)', '<0.01 (<0.01–0.03)')
    """
    low, middle, high = (_figure(part, value[0], value[2]) for part in value)
    return middle if low == high else f"{middle} ({low}–{high})"


def _figure(part: float, low: float, high: float) -> str:
    return f"<{LEAST_TONNES:g}" if part < LEAST_TONNES else round_to_interval(part, low, high)


def _subtitle(balance: Balance) -> str:
    return join_parts([
        say("balance_anchor", anchor=balance.anchor).replace(" ", HARD),
        say("balance_solver", solver=balance.solver).replace(" ", HARD),
        say("balance_values"),
    ])  # fmt: skip


def _notes(balance: Balance) -> list[str]:
    said = [say("balance_note")]
    if balance.summed:
        said.append(say_count("balance_ends", balance.summed))
    if balance.dropped:
        said.append(say_count("balance_dropped", balance.dropped, least=f"{LEAST_TONNES:g}"))
    if not balance.rows:
        source = say("balance_source_none", pack=balance.pack)
    else:
        source = say_count("balance_source", balance.rows, pack=balance.pack)
    if balance.publishers:
        source += say("balance_publishers", publishers=some(balance.publishers))
    last = [f"{source}."]
    if balance.flagged:
        last.append(say_count("balance_flagged", balance.flagged))
    if balance.failed:
        last.insert(0, say("balance_gates", gates=", ".join(balance.failed)))
    return [" ".join(said), " ".join(last)]


def _legend(balance: Balance) -> list[Artist]:
    from matplotlib.patches import Patch

    core, middle, halo = palette.tones(palette.SOFT_INK)
    handles: list[Artist] = [
        Patch(facecolor=core, label=say("balance_low")),
        Patch(facecolor=middle, label=say("balance_middle")),
        Patch(facecolor=halo, label=say("balance_high")),
    ]
    if any(part.prior for part in (*balance.nodes, *balance.links)):
        label = say("balance_hatched", percent=f"{PRIOR_BELOW * 100:g}")
        handles.append(
            Patch(facecolor=halo, edgecolor=palette.SOFT_INK, linewidth=0, hatch=palette.HATCH, label=label)
        )
    return handles


def _draw(
    ax: Axes,
    nodes: Sequence[Node],
    links: Sequence[Link],
    lettering: Lettering,
    width: float,
    height: float,
) -> None:
    bars = place_bars(nodes, links, lettering.lefts, height, lettering.line, level=TOP)
    frame(ax, width, height)
    by_id = {bar.node.id: bar for bar in bars}
    for ribbon in place_ribbons(bars, links, TOP):
        _draw_ribbon(ax, ribbon, by_id[ribbon.link.source], by_id[ribbon.link.target])
    tallest = max(bars, key=lambda bar: bar.height)
    scale = tallest.height / max(through(nodes, links, TOP)[tallest.node.id], 1e-12)  # inches a tonne
    for bar in bars:
        _draw_bar(ax, bar, scale)
        draw_label(ax, bar, lettering)


def _draw_bar(ax: Axes, bar: Bar, scale: float) -> None:
    """Draw the spine that ribbons touch and, on its middle, the bar's own interval."""
    from matplotlib.patches import Rectangle

    spine = max(bar.height, 2 * THIN)
    style = {"facecolor": palette.PAPER, "edgecolor": palette.SOFT_INK, "linewidth": 0.5}
    ax.add_patch(Rectangle((bar.left, bar.middle - spine / 2), BAR, spine, zorder=4, **style))
    for depth, (part, tone) in enumerate(_layers(bar.node.value, bar.node.role)):
        size = max(part * scale, THIN if depth < 2 else 0.0)
        at = (bar.left, bar.middle - size / 2)
        ax.add_patch(Rectangle(at, BAR, size, facecolor=tone, linewidth=0, zorder=5 + 0.1 * depth))
    if bar.node.prior:
        size = max(bar.node.value[TOP] * scale, THIN)
        at = (bar.left, bar.middle - size / 2)
        ax.add_patch(Rectangle(at, BAR, size, zorder=5.5, fill=False, **_HATCHED))


def _draw_ribbon(ax: Axes, ribbon: Ribbon, source: Bar, target: Bar) -> None:
    from matplotlib.patches import PathPatch

    top = ribbon.link.value[TOP]
    for depth, (part, tone) in enumerate(_layers(ribbon.link.value, ribbon.link.role)):
        width = max(ribbon.width * part / top if top > 0 else 0.0, THIN if depth < 2 else 0.0)
        path = ribbon_path(ribbon, source, target, width)
        ax.add_patch(PathPatch(path, facecolor=tone, linewidth=0, zorder=2 + 0.1 * depth))
    if ribbon.link.prior:
        path = ribbon_path(ribbon, source, target, max(ribbon.width, THIN))
        ax.add_patch(PathPatch(path, zorder=2.5, fill=False, **_HATCHED))


def _layers(value: tuple[float, float, float], role: str) -> list[tuple[float, str]]:
    """Return halo, middle and core with their tones, in the order of drawing."""
    return list(zip(reversed(value), reversed(palette.tones(palette.ROLES[role])), strict=True))
