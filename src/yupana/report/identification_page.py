"""What a fit knows of its headline outputs, as tables of text and as a page of the documentation."""

from __future__ import annotations

from collections.abc import Sequence

from yupana.analysis.data_influence import SeriesInfluence
from yupana.analysis.flips import Flip
from yupana.analysis.identification import Identification, Identified
from yupana.analysis.information import Estimate
from yupana.fit.informed import MUCH, SOME
from yupana.report.numbers import interval, scale_for
from yupana.report.run_tables import TextTable

MOST_SERIES = 3
"""Series shown for each output, the most telling first."""
LEAST_ALONE = 0.02
"""Share of the variance below which a series is not shown."""
HEADS = ("output", "unit", "prior", "fit", "variance left", "the interval is")
DATA_HEADS = ("output", "series", "figures", "alone removes", "without it", "mean moves", "k")
FLIP_HEADS = ("output", "statement", "holds in", "moved most by", "lowest", "highest", "flips")

_HOW_TO_READ = (
    "*Variance left* is the variance of the fit's draws over that of prior draws, of the log where the "
    "output is always positive: 100 % means that the figures said nothing, 10 % that nine tenths of the "
    "variance are gone. Its word is that of the marks of a run: *data* where at most {data} are left, "
    "*prior* above {prior}, *mostly prior* between them, and two words where the interval reaches over "
    "a limit. Intervals are from 5 to 95 %, of outputs over draws, of all else over other draws that might "
    "have been taken.",
    "*Alone removes* asks of prior draws what one series of figures, with its stated errors and the "
    "bias of its source, could be expected to remove of the variance were it the only one, as if all "
    "were normal. Shares of several series do not add: they tell the same thing twice, or need each "
    "other.",
    "*Without it* takes a series out of the fit again by importance weights of the draws: the variance "
    "without it over the variance with it; *mean moves* is how far the mean moves then, in standard "
    "deviations. Where the Pareto *k* of the weights is above {limit:g} the draws cannot tell, and "
    "nothing is shown: usually because the series says much.",
    "*Moved most by* is the one unknown that goes most with the statement, of parameters, yearly shocks "
    "and biases of sources; *lowest* and *highest* are the shares of draws in which it holds within "
    "that unknown's lowest and highest tenth. It *flips* where most draws beyond a quantile of the "
    "unknown say the opposite. Two unknowns together, and values that no draw has, are not asked.",
)


def identification_tables(found: Identification, wide: bool = True) -> tuple[TextTable, ...]:
    """Return how much is prior, which data inform it, and what would flip it.

    Parameters
    ----------
    wide : with how far the mean moves; without it the tables fit a terminal.
    """
    known = tuple(_known(one) for one in found.outputs)
    data = tuple(row for one in found.outputs for row in _series(one))
    heads = DATA_HEADS
    if not wide:
        data, heads = tuple((*row[:5], row[6]) for row in data), (*DATA_HEADS[:5], DATA_HEADS[6])
    flips = tuple(_flip(one.output, flip) for one in found.outputs for flip in one.flips)
    return (
        TextTable(f"How much of the interval of {found.until} is prior", HEADS, known, HEADS[2:5]),
        TextTable("Which figures inform it", heads, data, heads[2:]),
        TextTable("What would flip it", FLIP_HEADS, flips, (FLIP_HEADS[2], *FLIP_HEADS[4:6])),
    )


def identification_lines(found: Identification) -> tuple[str, ...]:
    """Return what the numbers are of, in sentences."""
    copies = "" if found.different == found.draws else f", {found.different} of them no copies"
    lines = [
        f"Fit {found.fit}: {found.draws} posterior draws{copies}, fitted to figures to {found.until}, beside "
        f"{found.prior_draws} prior draws of the same seed."
    ]
    if found.failed:
        lines.append(f"FIT FAILED {len(found.failed)} of its gates: {'; '.join(found.failed)}.")
    if found.changed:
        lines.append(f"Pack {found.pack} has changed since the fit; its figures and unknowns have not.")
    lines += [f"{name} is not here: {reason}." for name, reason in found.left_out.items()]
    return tuple(lines)


def identification_help(found: Identification) -> tuple[str, ...]:
    """Return how to read the tables, in Markdown, a paragraph each."""
    limits = {"limit": found.limit, "data": _percent(1.0 - MUCH), "prior": _percent(1.0 - SOME)}
    return tuple(text.format(**limits) for text in _HOW_TO_READ)


def identification_markdown(found: Identification, command: str) -> str:
    """Return the page, written whole from the fit.

    Parameters
    ----------
    command : that made the fit known to this page, for readers who want to make it again.
    """
    parts = ["# What the data decide", f"<!-- Written by {command}; do not edit. -->"]
    parts += [
        "Every interval of the model has two parents: what was assumed before, and what the figures of the "
        "ledger say. This page says for each headline output how much of its interval is the first, which "
        "figures make up the second, and what would turn a statement about it round. A number that is almost "
        "all prior is an assumption with error bars."
    ]
    parts += list(identification_lines(found))
    for table in identification_tables(found):
        parts += [f"## {table.title}", _markdown(table)]
    parts += ["## How to read it", "\n".join(f"- {text}" for text in identification_help(found))]
    parts.append(f"Made by `{command}`, with the fit `{found.fit}`.")
    return "\n\n".join(parts) + "\n"


def _known(one: Identified) -> tuple[str, ...]:
    scale = scale_for(one.unit, max(abs(x) for x in (*one.prior, *one.posterior)))
    bands = (interval(*(x * scale.factor for x in band)) for band in (one.prior, one.posterior))
    return (one.output, scale.unit, *bands, _percents(one.remaining), one.word)


def _series(one: Identified) -> list[tuple[str, ...]]:
    telling = [s for s in one.series if s.alone and s.alone.value >= LEAST_ALONE and s.alone.low > 0.0]
    return [_influence(one.output, s) for s in telling[:MOST_SERIES]] or [
        (one.output, "none beyond noise", "", "", "", "", "")
    ]


def _influence(output: str, s: SeriesInfluence) -> tuple[str, ...]:
    alone = _percents(s.alone) if s.alone else "not told"
    wider = f"× {interval(s.wider.low, s.wider.value, s.wider.high)}" if s.wider else "not told"
    moved = "not told"
    if s.moved:
        moved = f"{_signed(s.moved.value)} ({_signed(s.moved.low)} to {_signed(s.moved.high)})"
    k = f"{s.pareto:.2f}" if abs(s.pareto) < 1e6 else "–"
    return (output, s.series, str(s.figures), alone, wider, moved, k)


def _flip(output: str, flip: Flip) -> tuple[str, ...]:
    head = (output, flip.statement, _percent(flip.chance))
    if not flip.unknown:
        return (*head, "none beyond noise", "", "", "nowhere" if flip.chance in (0.0, 1.0) else "by no one")
    where = flip.flips.replace("its ", "").replace(" quantile", "") or "nowhere"
    return (*head, flip.unknown, _percent(flip.lowest), _percent(flip.highest), where)


def _percent(value: float) -> str:
    return f"{100 * value:.0f} %"


def _percents(e: Estimate) -> str:
    return f"{100 * e.value:.0f} % ({100 * e.low:.0f}–{100 * e.high:.0f})"


def _signed(value: float) -> str:
    text = f"{value:+.1f}"
    return "0.0" if text in ("-0.0", "+0.0") else text.replace("-", "−")


def _markdown(table: TextTable) -> str:
    def line(cells: Sequence[str]) -> str:
        return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"

    aligns = ["---:" if head in table.numeric else "---" for head in table.headers]
    codes = [[f"`{row[0]}`", *row[1:]] for row in table.rows]
    return "\n".join([line(table.headers), line(aligns), *(line(row) for row in codes)])
