"""Claims judged at two times, side by side: a picture of every reading's verdict, and a page."""

from __future__ import annotations

from typing import TYPE_CHECKING

from yupana.analysis.hindsight import Answer, ClaimTwice, Hindsight, TwoAnswers, counts
from yupana.report import palette
from yupana.report.layout import MARGIN, WIDTH, Page, text_width, wrap
from yupana.report.save import Picture
from yupana.report.tables import Table

if TYPE_CHECKING:
    from matplotlib.artist import Artist
    from matplotlib.axes import Axes

LETTERS = {
    "consistent": ("C", "#9ccbe8"),
    "plausible-high": ("H", "#f6dc8f"),
    "plausible-low": ("L", "#f6dc8f"),
    "not supported": ("N", "#f0a98b"),
    "stale": ("S", "#dcaac9"),
    "definition-dependent": ("D", "#c3bde6"),
    "internally inconsistent": ("I", "#e08f8f"),
    "untraceable": ("T", "#d9d9d9"),
    "undetermined": ("", "#ffffff"),
}
"""Letter and colour of a verdict; the letter alone says it too, and no letter says that nothing was said."""

COLUMNS = (
    *("claim", "reading", "then", "then_probability", "then_q05", "then_q50", "then_q95"),
    *("now", "now_probability", "now_q05", "now_q50", "now_q95", "unit", "why"),
)
_SQUARE = 0.2  # inches
_WORDS = 3.0  # inches for the text of a claim
_SIZE = 8.2
_GAP = 0.3


def hindsight_picture(found: Hindsight, name: str = "view-of-the-past") -> Picture:
    """Return the verdicts of every reading as squares: left as of the year, right with all that is known.

    A square stands at the same place on both sides; a dot in its corner says that the model spoke.
    """
    widest = max(len(claim.readings) for claim in found.claims)
    per_line = max(1, int((WIDTH - 2 * MARGIN - _WORDS - _GAP) / 2 / _SQUARE))
    texts = ["\n".join(wrap(claim.text, _WORDS - 0.2, _SIZE)) for claim in found.claims]
    heights = [
        max((text.count("\n") + 1) * 0.152, _SQUARE * -(-len(claim.readings) // per_line)) + 0.17
        for text, claim in zip(texts, found.claims, strict=True)
    ]
    body = sum(heights) + 0.32
    numbers = counts(found)
    subtitle = (
        f"{numbers['all']} readings of {len(found.claims)} claims: {numbers['same']} have the verdict that "
        f"they had, {numbers['changed']} another one, {numbers['only now']} could not be judged then"
    )
    notes = _drawn_words(found)
    notes.append("Empty square: undetermined. A dot: the model spoke, where the ledger was silent.")
    with palette.styled():
        page = Page(body, _title(found), subtitle, notes, _legend(found))
        heads = (f"known at the end of {found.year}", "all that is known now")
        across = max(
            min(per_line, widest) * _SQUARE, *(text_width(head, _SIZE, "bold") + 0.05 for head in heads)
        )
        for which, head in enumerate(heads):
            left = MARGIN + _WORDS + which * (across + _GAP)
            page.write(left, body, head, _SIZE, weight="bold")
            ax = page.axes(left, 0.0, across, body - 0.32)
            _draw(ax, found.claims, heights, which, across, per_line)
        top = body - 0.32
        for text, height in zip(texts, heights, strict=True):
            page.write(MARGIN, top - 0.03, text, _SIZE, linespacing=1.15)
            top -= height
    facts = {"title": _title(found), "about": found.about, "year": found.year}
    return Picture(
        name, page.figure, Table(COLUMNS, tuple(_row(c, r) for c in found.claims for r in c.readings), facts)
    )


def _title(found: Hindsight) -> str:
    return f"What could be said at the end of {found.year}, and what can be said now"


def _drawn_words(found: Hindsight) -> list[str]:
    """Return what the draws of the two models are, one sentence each; none where no model was asked."""
    pairs = ((f"Model of {found.year}", found.then_drawn), ("Model now", found.now_drawn))
    return [f"{name}: {words}." for name, words in pairs if words]


def _legend(found: Hindsight) -> list[Artist]:
    from matplotlib.patches import Patch

    seen = {answer.verdict for each in found.readings for answer in (each.then, each.now)}
    return [
        Patch(
            facecolor=colour, edgecolor=palette.SOFT_INK, linewidth=0.5, label=f"{letter} {verdict}".strip()
        )
        for verdict, (letter, colour) in LETTERS.items()
        if verdict in seen
    ]


def _draw(
    ax: Axes, claims: tuple[ClaimTwice, ...], heights: list[float], which: int, across: float, per_line: int
) -> None:
    from matplotlib.patches import Rectangle

    ax.set_xlim(0.0, across)
    ax.set_ylim(-sum(heights), 0.0)
    ax.axis("off")
    top = 0.0
    for claim, height in zip(claims, heights, strict=True):
        for place, reading in enumerate(claim.readings):
            answer = (reading.then, reading.now)[which]
            letter, colour = LETTERS[answer.verdict]
            x = place % per_line * _SQUARE
            y = top - 0.03 - (place // per_line + 1) * _SQUARE
            moved = which == 1 and reading.differs
            ax.add_patch(
                Rectangle(
                    (x + 0.012, y + 0.012), _SQUARE - 0.024, _SQUARE - 0.024, facecolor=colour, zorder=3,
                    edgecolor=palette.INK if moved else palette.SOFT_INK, linewidth=1.5 if moved else 0.5,
                )
            )  # fmt: skip
            ax.text(
                x + _SQUARE / 2, y + _SQUARE / 2, letter, fontsize=7.6, ha="center", va="center", zorder=4,
                color=palette.INK,
            )  # fmt: skip
            if answer.mark:
                ax.plot([x + _SQUARE - 0.045], [y + 0.045], "o", color=palette.INK, markersize=1.8, zorder=5)
        top -= height
        ax.axhline(top + 0.05, color=palette.GRID, linewidth=0.5, zorder=1)


def _row(claim: ClaimTwice, reading: TwoAnswers) -> dict[str, object]:
    def three(answer: Answer) -> tuple[object, object, object]:
        i = answer.interval
        return (i.q05, i.q50, i.q95) if i else ("", "", "")

    then, now = three(reading.then), three(reading.now)
    interval = reading.now.interval or reading.then.interval
    values = (
        claim.claim, reading.reading, reading.then.verdict, _number(reading.then.probability), *then,
        reading.now.verdict, _number(reading.now.probability), *now,
        interval.unit if interval else "", reading.why,
    )  # fmt: skip
    return dict(zip(COLUMNS, values, strict=True))


def _number(value: float | None) -> object:
    return "" if value is None else value


def hindsight_markdown(found: Hindsight, picture: str) -> str:
    """Return the body of a page: counts, the picture named `picture`, one table a claim."""
    numbers = counts(found)
    parts = [
        f"{found.about}. {numbers['all']} readings of {len(found.claims)} claims: {numbers['same']} have the "
        f"verdict that they had at the end of {found.year}, {numbers['changed']} another one, "
        f"{numbers['only now']} could not be judged then. {numbers['on late rows']} answers of {found.year} "
        "rest on a figure that is in the ledger only in an edition published later (marked †).",
        "\n".join(f"- {words}" for words in _drawn_words(found)),
        f"![{_title(found)}]({picture})",
        "A square is a reading, at the same place on both sides; those with a thick edge have another "
        "verdict now. A letter and a colour for each verdict; empty squares are undetermined, a dot says "
        "that the model spoke.",
    ]
    for claim in found.claims:
        verdicts = (
            f"**{claim.then}**, now **{claim.now}**"
            if claim.then != claim.now
            else f"**{claim.now}**, then as now"
        )
        parts.append(f"## {claim.text}\n\n`{claim.claim}`: {verdicts}.")
        lines = [
            f"| reading | true if | at the end of {found.year} | now | what made the difference |",
            "|---" * 5 + "|",
        ]
        for reading in claim.readings:
            dagger = " †" if reading.late else ""
            cells = (
                f"`{reading.reading}` {reading.text}",
                reading.said,
                _answer(reading.then) + dagger,
                _answer(reading.now),
                reading.why,
            )
            lines.append("| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |")
        parts.append("\n".join(lines))
    return "\n\n".join(part for part in parts if part) + "\n"


def _answer(answer: Answer) -> str:
    """Return verdict, interval and probability, with what they rest on."""
    parts = [f"**{answer.verdict}**"]
    if answer.interval:
        parts.append(str(answer.interval))
    if answer.probability is not None:
        number = {0.01: "<0.02", 0.99: ">0.98"}.get(answer.probability, f"{answer.probability:.2f}")
        parts.append(f"probability {number}")
    if answer.mark:
        parts.append(f"model, {answer.mark}")
    return "; ".join(parts)
