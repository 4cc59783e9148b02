"""Sources as bibliographies: BibTeX for LaTeX, CSL-JSON for Zotero, Pandoc and word processors.

A figure that another work quotes is cited as the pack has it: the work that was seen, with the body that
measured it in its publisher. Nothing is added that the pack does not say.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping

from yupana.core.errors import UsageError, did_you_mean
from yupana.evidence.rows import Source

FORMATS = ("bibtex", "csl-json")

_BIBTEX_TYPES = {
    "un": "techreport",
    "us": "techreport",
    "police": "techreport",
    "government": "techreport",
    "academic": "techreport",
    "press": "article",
    "data": "misc",
    "judgement": "misc",
}
_CSL_TYPES = {
    "un": "report",
    "us": "report",
    "police": "report",
    "government": "report",
    "academic": "report",
    "press": "article-newspaper",
    "data": "dataset",
    "judgement": "document",
}
_JOURNAL = re.compile(r"^(?P<author>.+), (?P<journal>(?!.*\bPaper\b)[^,]+ \d+(?:\(\d+\))?)$")
"""A publisher that ends in a journal with its volume; all else that is academic is a report."""
_PUBLISHER_FIELD = {"techreport": "institution", "article": "journal", "misc": "howpublished"}
_SIGNS = {
    "\\": r"\textbackslash{}",
    "{": r"\{",
    "}": r"\}",
    "&": r"\&",
    "%": r"\%",
    "$": r"\$",
    "#": r"\#",
    "_": r"\_",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
}
_UNSAFE = re.compile(r"[\s{}\\^|<>\"`]")


def write_bibliography(
    sources: Iterable[Source], form: str = "bibtex", notes: Mapping[str, str] | None = None
) -> str:
    """The sources as a bibliography, each once, in the order of their ids.

    Parameters
    ----------
    sources : of a pack.
    form : ``bibtex`` or ``csl-json``.
    notes : id of a source -> what it was used for, added to its note.

    Raises
    ------
    UsageError
        Y109 for another format.

    Examples
    --------
    >>> survey = Source(id="survey-2013", title="Survey 2012", publisher="Office", year=2013, kind="un")
    >>> print(write_bibliography([survey]))
    @techreport{survey-2013,
      author = {{Office}},
      title = {{Survey 2012}},
      institution = {Office},
      year = {2013},
    }
    <BLANKLINE>
    """
    if form not in FORMATS:
        raise UsageError(
            f"unknown format {form!r}",
            code="Y109",
            where="--format",
            got=form,
            expected=" or ".join(FORMATS),
            fix=did_you_mean(form, FORMATS) or None,
        )
    chosen = sorted({source.id: source for source in sources}.values(), key=lambda source: source.id)
    said = notes or {}
    if form == "bibtex":
        return "\n".join(bibtex_entry(source, said.get(source.id, "")) for source in chosen)
    items = [csl_item(source, said.get(source.id, "")) for source in chosen]
    return json.dumps(items, ensure_ascii=False, indent=1) + "\n"


def escape_bibtex(text: str) -> str:
    """A text in which LaTeX finds no command; letters with accents stay, for files are UTF-8.

    Examples
    --------
    >>> escape_bibtex("R&D_50%")
    'R\\\\&D\\\\_50\\\\%'
    """
    return "".join(_SIGNS.get(sign, sign) for sign in " ".join(text.split()))


def safe_url(url: str) -> str:
    """An address without signs that would end a field or a command; they are written in hexadecimal."""
    return _UNSAFE.sub(lambda match: "".join(f"%{byte:02X}" for byte in match[0].encode()), url.strip())


def bibtex_entry(source: Source, used: str = "") -> str:
    """One entry. Its key is the id of the source, which is unique in a pack."""
    journal = _journal(source)
    sort = "article" if journal else _BIBTEX_TYPES[source.kind]
    author, publisher = map(escape_bibtex, journal or (source.publisher, source.publisher))
    title = escape_bibtex(source.title)
    note = escape_bibtex("; ".join(filter(None, (source.note, used))))
    # braces around the whole keep names of bodies and capitals of titles as they are
    fields = {
        "author": f"{{{author}}}",
        "title": f"{{{title}}}",
        _PUBLISHER_FIELD[sort]: "Data set" if source.kind == "data" else publisher,
        "year": "" if source.year is None else str(source.year),
        "url": safe_url(source.url),
        "urldate": source.accessed,
        "note": note,
    }
    lines = [f"  {name} = {{{value}}}," for name, value in fields.items() if value]
    return "\n".join((f"@{sort}{{{source.id},", *lines, "}", ""))


def _journal(source: Source) -> tuple[str, str] | None:
    """Authors and journal of an article, where the publisher names both."""
    match = _JOURNAL.match(source.publisher) if source.kind == "academic" else None
    return (match["author"], match["journal"]) if match else None


def csl_item(source: Source, used: str = "") -> dict[str, object]:
    """One item in the fields of the CSL-JSON schema, empty ones left out."""
    journal = _journal(source)
    author, publisher = journal or (source.publisher, source.publisher)
    parts = [[int(part) for part in source.accessed.split("-")]] if source.accessed else []
    item: dict[str, object] = {
        "id": source.id,
        "type": "article-journal" if journal else _CSL_TYPES[source.kind],
        "title": source.title,
        "author": [{"literal": author}],
        "publisher": "" if journal else publisher,
        "container-title": publisher if journal or source.kind == "press" else "",
        "issued": {} if source.year is None else {"date-parts": [[source.year]]},
        "accessed": {"date-parts": parts} if parts else {},
        "URL": source.url,
        "note": "; ".join(filter(None, (source.note, used))),
    }
    return {key: value for key, value in item.items() if value}
