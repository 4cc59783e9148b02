"""Bibliographies: BibTeX that parses, CSL-JSON in the fields of its schema, and sources that a run used."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from yupana.core.errors import DataError, UsageError
from yupana.evidence.bibliography import bibtex_entry, csl_item, escape_bibtex, write_bibliography
from yupana.evidence.loading import load_pack
from yupana.evidence.pack import Pack
from yupana.evidence.rows import Source
from yupana.results.bibliography import USES, describe_uses, pack_of, run_bibliography, used_rows

CSL_TYPES = {"report", "article-journal", "article-newspaper", "dataset", "document"}
CSL_FIELDS = {
    "id", "type", "title", "author", "publisher", "container-title", "issued", "accessed", "URL", "note",
}  # fmt: skip
FIELDS = {
    "techreport": {"author", "title", "institution", "year"},
    "article": {"author", "title", "journal", "year"},
    "misc": set(),
}
"""What BibTeX asks of each type; the year only where the source has one."""


def parse_bibtex(text: str) -> dict[str, tuple[str, dict[str, str]]]:
    """Entries of a BibTeX file by key; a strict reader of the form that is written here.

    Raises
    ------
    AssertionError
        For anything that is not of that form, and for a key that comes twice.
    """
    entries: dict[str, tuple[str, dict[str, str]]] = {}
    for block in filter(None, text.split("\n\n")):
        first, *lines, last = block.strip("\n").split("\n")
        head = re.fullmatch(r"@(\w+)\{([a-z0-9_.+-]+),", first)
        assert head is not None, first
        assert last == "}"
        parsed = {}
        for line in lines:
            match = re.fullmatch(r"  (\w+) = \{(.*)\},", line)
            assert match is not None, line
            name, value = match.groups()
            assert name not in parsed
            check_value(value, verbatim=name == "url")
            parsed[name] = value
        assert head[2].lower() not in {key.lower() for key in entries}
        entries[head[2]] = (head[1], parsed)
    return entries


def check_value(value: str, verbatim: bool) -> None:
    """Braces close, and no sign is left that LaTeX would take for a command."""
    depth = 0
    bare = re.sub(r"\\[{}]", "", value)
    for sign in bare:
        depth += (sign == "{") - (sign == "}")
        assert depth >= 0, value
    assert depth == 0, value
    if not verbatim:
        assert not re.search(r"(?<!\\)[&%$#_~^]", value), value
        assert not re.search(r"\\(?![&%$#_{}]|text)", value), value


@pytest.fixture(scope="module")
def peru() -> Pack:
    """The pack with real sources."""
    return load_pack("peru")


def test_bibtex_of_a_pack(peru: Pack) -> None:
    entries = parse_bibtex(write_bibliography(peru.sources.values()))
    assert set(entries) == set(peru.sources)
    for key, (sort, fields) in entries.items():
        source = peru.sources[key]
        needs = FIELDS[sort] - (set() if source.year else {"year"})
        assert needs <= set(fields), key
        assert ("url" in fields) == bool(source.url)
    sorts = {source.kind: set() for source in peru.sources.values()}
    for key, (sort, _) in entries.items():
        sorts[peru.sources[key].kind].add(sort)
    assert sorts["press"] == {"article"}
    assert sorts["un"] == {"techreport"}
    assert sorts["academic"] == {"article", "techreport"}


def test_csl_of_a_pack(peru: Pack) -> None:
    items = json.loads(write_bibliography(peru.sources.values(), "csl-json"))
    assert [item["id"] for item in items] == sorted(peru.sources)
    for item in items:
        assert set(item) <= CSL_FIELDS
        assert item["type"] in CSL_TYPES
        assert item["title"]
        assert all(name["literal"] for name in item["author"])
        for when in filter(None, (item.get("issued"), item.get("accessed"))):
            assert all(isinstance(part, int) for parts in when["date-parts"] for part in parts)


@given(
    st.text(min_size=1).filter(lambda text: text.strip()),
    st.text(min_size=1).filter(lambda text: text.strip()),
    st.text(),
    st.sampled_from(["un", "press", "academic", "data", "judgement"]),
)
def test_no_text_breaks_an_entry(title: str, publisher: str, url: str, kind: Any) -> None:
    source = Source(id="a-1", title=title, publisher=publisher, url=url, year=2000, kind=kind, note=title)
    ((_, fields),) = parse_bibtex(bibtex_entry(source)).values()
    assert fields["year"] == "2000"
    assert json.loads(json.dumps([csl_item(source)]))[0]["title"] == source.title


def test_signs_of_latex() -> None:
    assert escape_bibtex(r"a\b {c} 5% & $1_0 #~^") == (
        r"a\textbackslash{}b \{c\} 5\% \& \$1\_0 \#\textasciitilde{}\textasciicircum{}"
    )


def test_an_article_has_its_authors_apart_from_its_journal() -> None:
    source = Source(
        id="a", title="T", publisher="Doe & Roe, Journal of Things 5(4)", year=2000, kind="academic"
    )
    entry = bibtex_entry(source)
    assert r"author = {{Doe \& Roe}}" in entry
    assert "journal = {Journal of Things 5(4)}" in entry
    item = csl_item(source)
    assert (item["type"], item["container-title"]) == ("article-journal", "Journal of Things 5(4)")
    paper = source.model_copy(update={"publisher": "Doe, Centre Working Paper 356"})
    assert bibtex_entry(paper).startswith("@techreport")


def test_the_day_of_access() -> None:
    source = Source(
        id="a", title="T", publisher="P", url="https://example.org/a b", kind="press", accessed="2024-05-31"
    )
    assert "urldate = {2024-05-31}" in bibtex_entry(source)
    assert "url = {https://example.org/a%20b}" in bibtex_entry(source)
    assert csl_item(source)["accessed"] == {"date-parts": [[2024, 5, 31]]}


@pytest.mark.parametrize("day", ["2024", "31/05/2024", "2024-13-01", "20240531"])
def test_a_day_of_access_that_is_none(day: str) -> None:
    with pytest.raises(ValueError, match="accessed"):
        Source(id="a", title="T", publisher="P", kind="press", accessed=day)


def test_unknown_format() -> None:
    with pytest.raises(UsageError, match="did you mean 'bibtex'"):
        write_bibliography([], "bibtx")


# --- of a run -------------------------------------------------------------------------------------------


@dataclass
class FakeResult:
    """What a bibliography asks of a run."""

    pack: Pack
    scenarios: tuple[str, ...] = ("baseline",)
    years: tuple[int, ...] = tuple(range(2005, 2011))
    changes: dict[str, Any] = field(default_factory=dict)
    id: str = "exampleland-0"

    @property
    def manifest(self) -> Any:
        """Recipe and words."""
        recipe = {"pack": self.pack.id, "pack_hash": self.pack.hash, "until": None, **self.changes}
        return SimpleNamespace(recipe=recipe, about={"pack_word": "exampleland", "scenario_words": {}})

    @property
    def variables(self) -> tuple[Any, ...]:
        """Two variables."""
        return (
            SimpleNamespace(key="coca_area", over=()),
            SimpleNamespace(key="coca_area[zone]", over=("zone",)),
        )

    @property
    def dims(self) -> dict[str, tuple[str, ...]]:
        """Places."""
        return {"zone": tuple(zone.id for zone in self.pack.places.zones)}


@pytest.fixture(scope="module")
def pack() -> Pack:
    """The invented pack."""
    return load_pack("exampleland")


def test_rows_of_a_run(pack: Pack) -> None:
    result: Any = FakeResult(pack)
    rows = used_rows(result)
    assert {row.use for row in rows} == {"prior", "observation"}
    cited = {row for prior in pack.priors for row in prior.cited}
    assert {row.row for row in rows if row.use == "prior"} == cited
    seen = [row for row in rows if row.use == "observation"]
    assert seen
    for row in seen:
        fact = pack.ledger[row.row]
        assert fact.quantity == "coca_area"
        assert 2005 <= fact.years[1] <= 2010
        assert row.source == fact.source


def test_drivers_tell_the_vintage_that_was_used_and_no_later_year(pack: Pack) -> None:
    base = pack.driver_rows[0]
    older, newer, later = "coca-area-highlands-2000-survey", "coca-area-lowlands-2000-survey", "seized"
    rows = tuple(
        base.model_copy(update={"year": year, "known": known, "evidence": row})
        for year, known, row in ((2006, 2007, older), (2006, 2009, newer), (2012, 2013, later))
    )
    result: Any = FakeResult(replace(pack, driver_rows=rows))
    found = used_rows(result, result.pack, ("driver",))
    assert [(row.row, row.by) for row in found] == [(newer, (base.driver,))]


def test_settings_of_scenarios_are_cited(tmp_path: Path, pack: Pack) -> None:
    parameter = "transport_cost"
    row = "coca-area-exampleland-2000-survey"
    path = tmp_path / "high.yaml"
    path.write_text(
        f"name: high\ndescribe: more\nstructure:\n  {parameter}: {{multiple: 1.1, source: [{row}]}}\n",
        encoding="utf-8",
    )
    result: Any = FakeResult(pack, scenarios=(str(path),))
    (used,) = used_rows(result, uses=("scenario",))
    assert (used.row, used.by) == (row, (f"high: {parameter}",))


def test_the_bibliography_of_a_run_says_what_each_source_was_used_for(pack: Pack) -> None:
    result: Any = FakeResult(pack)
    entries = parse_bibtex(run_bibliography(result))
    rows = used_rows(result)
    assert set(entries) == {row.source for row in rows} < set(pack.sources)
    assert "cited by priors (1 row)" in entries["survey"][1]["note"]
    only = parse_bibtex(run_bibliography(result, uses=("prior",)))
    assert set(only) == {row.source for row in rows if row.use == "prior"}
    assert describe_uses(rows[:1])[rows[0].source].endswith("(1 row)")


def test_a_pack_that_has_changed_is_refused(pack: Pack) -> None:
    result: Any = FakeResult(pack, changes={"pack_hash": "0" * 32})
    for given_pack in (None, pack):
        with pytest.raises(DataError) as caught:
            pack_of(result, given_pack)
        assert caught.value.code == "Y262"


def test_unknown_use(pack: Pack) -> None:
    result: Any = FakeResult(pack)
    with pytest.raises(UsageError, match="did you mean 'prior'"):
        used_rows(result, uses=("priors",))
    assert USES == ("prior", "driver", "scenario", "observation")
