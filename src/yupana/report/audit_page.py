"""The audit as text, Markdown, HTML and CSV. Nothing is decided here; colours never carry meaning alone."""

from __future__ import annotations

import csv
import html
import io
import textwrap

from yupana.analysis.audit import Audit, ClaimFinding, PartFinding, ReadingFinding
from yupana.analysis.next_datum import LEAST_CHANCE
from yupana.analysis.wording import count
from yupana.core.drawn import PRIOR, Drawn
from yupana.fit.informed import UNKNOWN, Mark

#: background and border of a verdict's label; the text of the label says it too
_COLOURS = {
    "consistent": ("#dbeaf6", "#0072b2"),
    "plausible-high": ("#fdf1cf", "#b07d00"),
    "plausible-low": ("#fdf1cf", "#b07d00"),
    "not supported": ("#fbe0d2", "#b34700"),
    "stale": ("#f3dfec", "#8f3f76"),
    "definition-dependent": ("#e4e1f3", "#4f4799"),
    "internally inconsistent": ("#fbe0d2", "#7a1f1f"),
    "undetermined": ("#eeeeee", "#666666"),
    "untraceable": ("#eeeeee", "#333333"),
}

_COLUMNS = (
    *("claim", "claim_text", "claim_verdict", "reading", "reading_text", "verdict", "rule", "probability"),
    *("word", "q05", "q50", "q95", "unit", "year", "reason", "rows", "unverified", "would_change"),
    *("confidence", "next_datum", "chance_of_change", "drawn_from", "mark", "contraction"),
)

_STYLE = """
body{font:15px/1.5 Georgia,'Times New Roman',serif;color:#1c1c1c;max-width:62rem;margin:2rem auto;
padding:0 1.2rem}
h1{font-size:1.6rem;margin:0 0 .3rem}h2{font-size:1.1rem;margin:2rem 0 .3rem;page-break-after:avoid}
.sub{color:#555}.trace{font-size:.9rem;color:#444;margin:.1rem 0 .5rem}
table{border-collapse:collapse;width:100%;font-size:.88rem;page-break-inside:auto}
tr{page-break-inside:avoid}th{text-align:left;border-bottom:2px solid #444;padding:.3rem .5rem}
td{border-bottom:1px solid #ccc;padding:.4rem .5rem;vertical-align:top}
td.p{white-space:nowrap}.mark{display:inline-block;padding:0 .45rem;border:1px solid;border-radius:.25rem;
font:600 .82rem/1.5 Helvetica,Arial,sans-serif;white-space:nowrap;color:#1c1c1c}
code{font-size:.8rem;color:#333;word-break:break-all}.change{color:#444;font-style:italic}
@media print{body{margin:0;max-width:none;font-size:11px}h2{margin-top:1rem}}
"""

_PREAMBLE = (
    "Each reading is one way to understand the words, tested against the ledger by fixed rules. The "
    "probability is that the statement holds under that reading, given the figures and their errors. A "
    "likelihood word follows the IPCC scale. It is printed only with medium confidence or more, which "
    "follows from the number and pedigree of independent lineages and from how far they agree, and never "
    "where the evidence is in words, adds unlike accounts, was converted at a recalled exchange rate, or is "
    "draws of the model. Unverified rows (recalled or judged) are listed and never decide. The chance "
    "named beside a further figure is that such a figure, with the error usual for its source, changes the "
    "verdict. Where the model answers from a fit, the word after the colon says how much of the answer is "
    "the priors': data, mostly prior, or prior."
)


def render_audit(audit: Audit, form: str) -> str:
    """Return the audit as ``text``, ``md``, ``html`` or ``csv``.

    Raises
    ------
    KeyError
        If the form is not one of these.
    """
    return {"text": audit_text, "md": audit_markdown, "html": audit_html, "csv": audit_csv}[form](audit)


def chance(reading: ReadingFinding) -> str:
    """Return the probability of a reading, its word and the confidence in it, ``-`` without one."""
    if reading.probability is None:
        return "-"
    number = {0.01: "<0.02", 0.99: ">0.98"}.get(reading.probability, f"{reading.probability:.2f}")
    if reading.confidence:
        word = f", {reading.word}" if reading.word else ""
        return f"{number}{word} ({reading.confidence} confidence)"
    return f"{number} ({_said(reading.drawn, reading.mark)})" if reading.drawn else number


def _said(drawn: Drawn, mark: Mark | None) -> str:
    """Return what the draws behind a number are, and for those of a fit how much of the number is prior."""
    if mark is None or drawn == PRIOR:
        return drawn.mark
    return f"{drawn.mark}: {mark.text}"


def _rows(reading: ReadingFinding, code: bool = False) -> list[str]:
    """Return the kinds of rows a reading rests on or shows, one line each."""
    parts = (
        ("rows", reading.rows),
        ("exchange rates", reading.rates),
        ("unverified, not deciding", reading.unverified),
        ("repeat the statement, not deciding", reading.repeats),
        ("derived, not counted beside their parents", reading.derived),
    )
    mark = "`" if code else ""
    lines = [f"of which {_part(part, reading)}" for part in reading.parts]
    lines += _others(reading)
    lines += [f"{name}: " + ", ".join(f"{mark}{row}{mark}" for row in rows) for name, rows in parts if rows]
    return lines + (
        [f"rests on {reading.drawn.short} of the model{_removed(reading)}"] if reading.drawn else []
    )


def _removed(reading: ReadingFinding) -> str:
    """Return what the figures that the model was fitted to did to the priors' answer, in words."""
    mark = reading.mark
    if mark is None or reading.drawn == PRIOR:
        return ""
    if mark.contraction is None:
        return f"; {mark.text} how much is prior" if mark.word == UNKNOWN else f"; {mark.text}"
    if mark.contraction < 0:
        return f"; {mark.text}: the figures did not narrow what the priors say"
    return (
        f"; {mark.text}: the figures took about {mark.contraction:.0%} of the variance that the priors leave"
    )


def _others(reading: ReadingFinding) -> list[str]:
    """Return the next likeliest data to change the verdict, where their chance is worth a line."""
    seen = {reading.next_data[0].what} if reading.next_data else set()
    found = []
    for each in reading.next_data[1:]:
        if each.what not in seen and each.chance >= LEAST_CHANCE and len(found) < 2:
            seen.add(each.what)
            found.append(f"{each.what}: {each.chance:.0%}")
    return ["a next figure for other parts may change it too: " + "; ".join(found)] if found else []


def _part(part: PartFinding, reading: ReadingFinding) -> str:
    """Return one part of a sum in words."""
    said = f" ({_said(reading.drawn, part.mark)})" if part.from_model and reading.drawn else ""
    return f"{part.name}: {part.amount}{said}"


def _traced(claim: ClaimFinding) -> str:
    if claim.figure is None:
        return ""
    if not claim.traces:
        return "Figure not traced: no row of the ledger carries it."
    first = claim.traces[0]
    others = len(claim.traces) - 1
    more = f"; {count(others, 'further row')} with the same figure" if others else ""
    return f"Figure traced to {first.series}, {first.year} ({first.source}; {first.row}){more}."


def _about(audit: Audit) -> str:
    """Return whose claims are judged, and by what was known when."""
    known = "" if audit.as_of is None else f"; judged by what was known at the end of {audit.as_of}"
    return f"{audit.about}{known}"


def _summary(audit: Audit) -> str:
    counts = ", ".join(f"{number} {name}" for name, number in audit.counts().items())
    readings = sum(len(claim.readings) for claim in audit.claims)
    return f"{len(audit.claims)} claims, {readings} readings: {counts}"


def _model(audit: Audit) -> str:
    """Return which run answers where a reading asks the model, and what its draws are."""
    return f"Model: run {audit.run}, {audit.drawn.words}" if audit.drawn else ""


def audit_text(audit: Audit, width: int = 100) -> str:
    """Return the audit for a terminal, at most `width` columns wide."""

    def wrap(line: str, first: str, rest: str) -> str:
        shape = textwrap.TextWrapper(
            width,
            initial_indent=first,
            subsequent_indent=rest,
            break_long_words=False,
            break_on_hyphens=False,
        )
        return shape.fill(line)

    lines = [wrap(_about(audit), "", ""), wrap(_summary(audit), "", "")]
    lines += [wrap(_model(audit), "", "")] if _model(audit) else []
    lines.append("")
    for claim in audit.claims:
        lines.append(wrap(f"{claim.id}  [{claim.verdict}]  {claim.text}", "", "  "))
        if _traced(claim):
            lines.append(wrap(_traced(claim), "  ", "  "))
        for reading in claim.readings:
            lines.append(wrap(f"{reading.id}: {reading.text}", "  - ", "    "))
            verdict = f"{reading.verdict.upper()}  {chance(reading)}  {reading.reason}"
            lines.append(wrap(verdict, "    ", "    "))
            lines += [wrap(line, "    ", "      ") for line in _rows(reading)]
            lines.append(wrap(f"would change: {reading.would_change}", "    ", "      "))
        lines.append("")
    return "\n".join(lines)


def audit_markdown(audit: Audit) -> str:
    """Return the audit as a Markdown page."""
    lines = [f"# Audit: {_about(audit)}", "", _summary(audit) + ".", "", _PREAMBLE, ""]
    lines += [_model(audit) + ".", ""] if _model(audit) else []
    for claim in audit.claims:
        lines += [f"## {claim.text}", "", f"`{claim.id}`: **{claim.verdict}**. {_traced(claim)}".rstrip(), ""]
        lines += ["| reading | verdict | probability | why | rests on | would change it |", "|---" * 6 + "|"]
        for reading in claim.readings:
            cells = (
                f"`{reading.id}` {reading.text}" + (f" ({reading.note})" if reading.note else ""),
                f"**{reading.verdict}**",
                chance(reading),
                reading.reason,
                "; ".join(_rows(reading, code=True)) or "-",
                reading.would_change,
            )
            safe = (cell.replace("|", "\\|").replace("\n", " ") for cell in cells)
            lines.append(f"| {' | '.join(safe)} |")
        lines.append("")
    return "\n".join(lines)


def _mark(verdict: str) -> str:
    back, edge = _COLOURS.get(verdict, ("#eeeeee", "#333333"))
    return f'<span class="mark" style="background:{back};border-color:{edge}">{html.escape(verdict)}</span>'


def audit_html(audit: Audit) -> str:
    """Return the audit as one page that needs nothing else and prints well."""
    out = [
        '<!doctype html><html lang="en"><head><meta charset="utf-8">',
        '<meta name="viewport" content="width=device-width,initial-scale=1">',
        f"<title>Audit: {html.escape(_about(audit))}</title><style>{_STYLE}</style></head><body>",
        f"<h1>Audit of published claims</h1><p class='sub'>{html.escape(_about(audit))}<br>"
        f"{html.escape(_summary(audit))}<br><b>{html.escape(_model(audit))}</b></p>"
        f"<p>{html.escape(_PREAMBLE)}</p>",
    ]
    for claim in audit.claims:
        out.append(f'<h2 id="{claim.id}">{html.escape(claim.text)} {_mark(claim.verdict)}</h2>')
        if _traced(claim):
            out.append(f'<p class="trace">{html.escape(_traced(claim))}</p>')
        out.append("<table><thead><tr><th style='width:24%'>Reading</th><th>Verdict</th><th>Probability</th>")
        out.append("<th style='width:48%'>Why, and what would change it</th></tr></thead><tbody>")
        out += [_html_reading(reading) for reading in claim.readings]
        out.append("</tbody></table>")
    out.append("</body></html>")
    return "\n".join(out)


def _html_reading(reading: ReadingFinding) -> str:
    note = f"<br><small>{html.escape(reading.note)}</small>" if reading.note else ""
    rows = "<br>".join(f"<code>{html.escape(line)}</code>" for line in _rows(reading))
    return (
        f"<tr><td>{html.escape(reading.text)}{note}</td><td>{_mark(reading.verdict)}</td>"
        f'<td class="p">{html.escape(chance(reading)).replace(", ", "<br>").replace(" (", "<br>(")}</td>'
        f"<td>{html.escape(reading.reason)}<br>"
        f"<span class='change'>{html.escape(reading.would_change)}</span><br>{rows}</td></tr>"
    )


def _mark_cells(reading: ReadingFinding) -> tuple[str, str]:
    found = reading.to_json()
    return found["mark"] or "", "" if found["contraction"] is None else f"{found['contraction']:.2f}"


def audit_csv(audit: Audit) -> str:
    """Return the audit as CSV, one reading a line."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(_COLUMNS)
    for claim in audit.claims:
        for reading in claim.readings:
            e = reading.evidence
            numbers = (e.q05, e.q50, e.q95, e.unit) if e else ("", "", "", "")
            probability = "" if reading.probability is None else reading.probability
            said = (claim.id, claim.text, claim.verdict, reading.id, reading.text, reading.verdict)
            found = (
                reading.rule,
                probability,
                reading.word or "",
                *numbers,
                reading.year or "",
                reading.reason,
            )
            rests = (";".join(reading.rows), ";".join(reading.unverified), reading.would_change)
            best = reading.next_data[0] if reading.next_data else None
            after = (
                reading.confidence or "",
                best.what if best else "",
                f"{best.chance:.2f}" if best else "",
                audit.drawn.words if audit.drawn and reading.drawn else "",
                *_mark_cells(reading),
            )
            writer.writerow((*said, *found, *rests, *after))
    return out.getvalue()
