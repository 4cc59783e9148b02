"""A fit on one page: gates, figures, unknowns, the record, what was left out; it needs nothing else."""

from __future__ import annotations

import html
import re
from collections.abc import Iterable, Sequence

from yupana.fit.diagnosis import LEAST_CONTRACTION, Diagnosis, Unknown
from yupana.report.diagnosis_figures import PLURALS
from yupana.report.numbers import interval, number
from yupana.report.save import Picture, drawn

_LEAST = 0.0001
Gate = tuple[str, str, str, str]

_STYLE = """
body{font:15px/1.5 Georgia,'Times New Roman',serif;color:#1c1c1c;max-width:62rem;margin:2rem auto;
padding:0 1.2rem}
h1{font-size:1.6rem;margin:0 0 .3rem}h2{font-size:1.15rem;margin:2rem 0 .4rem}
.sub{color:#555}.failed{background:#fbe0d2;border:1px solid #b34700;padding:.5rem .8rem}
table{border-collapse:collapse;width:100%;font-size:.88rem}
th{text-align:left;border-bottom:2px solid #444;padding:.2rem .5rem}
td{border-bottom:1px solid #ccc;padding:.2rem .5rem;vertical-align:top}
td.n,th.n{text-align:right;font-variant-numeric:tabular-nums;white-space:nowrap}
svg{max-width:100%;height:auto}code{font-size:.85rem;word-break:break-all}
summary{cursor:pointer;margin:.6rem 0}
@media print{body{margin:0;max-width:none;font-size:11px}}
"""

MARKS = (
    f"prior: contraction below {LEAST_CONTRACTION}, the figures say next to nothing; unclear: within two "
    "standard errors of that"
)


def gate_rows(found: Diagnosis) -> list[Gate]:
    """Return the gates as cells: outcome, value, limit, name; what failed comes first."""
    rows = [
        (
            "passed" if gate["pass"] else "FAILED",
            "none" if gate["value"] is None else f"{gate['value']:.4g}",
            f"{gate['limit']:.3g}",
            str(gate["name"]),
        )
        for gate in found.record.gates
    ]
    return sorted(rows, key=lambda row: row[0] != "FAILED")


def quantiles(three: tuple[float, float, float]) -> str:
    """Return "median (low–high)" with the digits that the interval supports."""
    return interval(*three, _LEAST)


def unknown_rows(unknowns: Iterable[Unknown]) -> list[tuple[str, ...]]:
    """Return unknowns as cells: name, prior, posterior, unit, contraction, shift, mark."""
    return [
        (
            u.name,
            quantiles(u.prior),
            quantiles(u.posterior),
            u.unit,
            f"{u.contraction:.2f} ± {u.error:.2f}",
            f"{u.shift:+.2f}",
            u.mark,
        )
        for u in unknowns
    ]


UNKNOWN_HEADERS = ("unknown", "prior", "posterior", "unit", "contraction", "shift", "mark")


def series_rows(found: Diagnosis) -> list[tuple[str, ...]]:
    """Return series as cells: variable, figures, inside 50 and 90 percent, z and row of the furthest figure.

    That with the figure furthest out comes first.
    """
    return [
        (
            series.variable,
            str(len(series.checks)),
            str(series.within_half),
            str(series.within_ninety),
            f"{series.worst.z:+.1f}",
            series.worst.row,
        )
        for series in sorted(found.series, key=lambda series: -abs(series.worst.z))
    ]


SERIES_HEADERS = ("series", "figures", "in 50%", "in 90%", "worst z", "its row")


def worst_rows(found: Diagnosis, most: int) -> list[tuple[str, ...]]:
    """Return the figures furthest out as cells: row, year, published, fit, unit, z."""
    return [
        (
            check.row,
            str(check.year),
            number(check.value, _LEAST),
            quantiles((check.predicted[0], check.predicted[2], check.predicted[4])),
            series.unit,
            f"{check.z:+.1f}",
        )
        for series, check in found.worst[:most]
    ]


WORST_HEADERS = ("row", "year", "published", "fit", "unit", "z")


def reasons(found: Diagnosis) -> list[tuple[str, int, str]]:
    """Return why rows were left out: reason, how many, the first few; the commonest first.

    What a row's own parent or twin is called does not make a reason of its own.
    """
    kinds: dict[str, list[str]] = {}
    for row, why in found.about["left_out"].items():
        if why.startswith("tells again"):
            why = "tells again what a better row tells"
        kinds.setdefault(re.split(r": |; | \(", why)[0], []).append(row)
    ranked = sorted(kinds.items(), key=lambda item: (-len(item[1]), item[0]))
    return [(why, len(rows), ", ".join(sorted(rows)[:3])) for why, rows in ranked]


def made_by(found: Diagnosis) -> str:
    """Return what made the fit, in a sentence."""
    recipe = found.record.recipe
    software = ", ".join(f"{name} {version}" for name, version in recipe["software"].items())
    return (
        f"Method {recipe['method']}, {recipe['draws']} draws in {recipe['chains']} chains, seed "
        f"{recipe['seed']}, pack {recipe['pack']} as known in {recipe['until']} (hash "
        f"{recipe['pack_hash'][:10]}), {found.about['seconds']:.0f} s; {software}."
    )


def counts(found: Diagnosis) -> list[tuple[str, int, int, int]]:
    """Return for each kind of unknown: its name, how many, how many marked prior, how many unclear."""
    rows = []
    for kind, plural in PLURALS.items():
        marks = [unknown.mark for unknown in found.of_kind(kind)]
        rows.append((plural, len(marks), marks.count("prior"), marks.count("unclear")))
    return rows


def diagnosis_html(found: Diagnosis, pictures: Sequence[Picture], home: str) -> str:
    """Return the diagnosis as one page."""
    e = html.escape
    failed = found.record.failed
    out = [
        '<!doctype html><html lang="en"><head><meta charset="utf-8">',
        '<meta name="viewport" content="width=device-width,initial-scale=1">',
        f"<title>Fit {e(found.record.id)}</title><style>{_STYLE}</style></head><body>",
        f"<h1>{e(home)}: diagnosis of a fit</h1><p class='sub'>{e(made_by(found))}</p>",
        f"<p{' class=failed' if failed else ''}>{e(found.words[:1].upper() + found.words[1:])}.</p>",
    ]
    if found.changed:
        out.append("<p class=failed>The pack has changed since: published figures are of today's pack.</p>")
    out += ["<h2>Gates</h2>", _table(("", "value", "limit", "gate"), gate_rows(found), (1, 2))]
    out.append("<h2>What the figures inform</h2>")
    out.append(_table(("kind", "unknowns", "marked prior", "unclear"), counts(found), (1, 2, 3)))
    out.append(f"<p class='sub'>{e(MARKS)}. Contraction is 1 less posterior over prior variance.</p>")
    out += [_svg(picture) for picture in pictures]
    out += ["<h2>The record against the fit</h2>", _table(SERIES_HEADERS, series_rows(found), (1, 2, 3, 4))]
    out += ["<h2>Figures furthest out</h2>", _table(WORST_HEADERS, worst_rows(found, 15), (1, 2, 5))]
    for kind, plural in PLURALS.items():
        rows = unknown_rows(found.of_kind(kind))
        out.append(f"<details><summary>All {len(rows)} {plural}</summary>")
        out.append(_table(UNKNOWN_HEADERS, rows, (4, 5)) + "</details>")
    out.append(f"<h2>Rows</h2><p>{len(found.about['rows'])} rows used.</p>")
    out.append("<details><summary>Their ids</summary>")
    out.append(f"<p>{', '.join(f'<code>{e(row)}</code>' for row in found.about['rows'])}</p></details>")
    left = sorted(found.about["left_out"].items())
    out.append(_table(("why left out", "rows", "such as"), reasons(found), (1,)))
    out.append(f"<details><summary>All {len(left)} rows left out</summary>")
    out.append(_table(("row", "why"), left, ()) + "</details></body></html>")
    return "\n".join(out) + "\n"


def _table(headers: Sequence[str], rows: Iterable[Sequence[object]], numeric: Sequence[int]) -> str:
    def cell(tag: str, i: int, value: object) -> str:
        return f"<{tag}{' class=n' if i in numeric else ''}>{html.escape(str(value))}</{tag}>"

    head = "".join(cell("th", i, header) for i, header in enumerate(headers))
    body = "".join(f"<tr>{''.join(cell('td', i, v) for i, v in enumerate(row))}</tr>\n" for row in rows)
    return f"<table><thead><tr>{head}</tr></thead><tbody>\n{body}</tbody></table>"


def _svg(picture: Picture) -> str:
    """Return a picture as markup to stand within a page."""
    text = drawn(picture.figure, "svg").decode("utf-8")
    text = re.sub(r"<metadata>.*?</metadata>", "", text, flags=re.S)
    return text[text.index("<svg") :]
