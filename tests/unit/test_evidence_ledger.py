"""The ledger's guards: unlike things never add, a figure and its parent never stand together."""

from __future__ import annotations

from typing import Any

import pytest

from yupana.core.errors import DataError, UsageError
from yupana.evidence import Ledger, load_pack
from yupana.evidence.rows import Measurement, Source

SOURCES = {
    kind: Source(id=kind, title="T", publisher="P", year=2014, kind=kind)
    for kind in ("un", "us", "press", "police", "data")
}


def row(name: str, value: float | str | None = 100.0, **parts: Any) -> Measurement:
    given: dict[str, Any] = {
        "id": name,
        "quantity": "output",
        "place": "north",
        "period": "2010",
        "value": value,
        "unit": "t",
        "basis": "pure",
        "kind": "flow",
        "source": "un",
        "seen": "retrieved",
        "pedigree": 3,
        "confidence": "high",
    }
    return Measurement.model_validate(given | parts)


def ledger(*rows: Measurement) -> Ledger:
    return Ledger(rows, SOURCES)


def test_like_things_add() -> None:
    book = ledger(row("a"), row("b", 50.0, period="2011"))
    assert book.total(["a", "b"]) == 150.0
    assert book.difference("a", "b") == 50.0


@pytest.mark.parametrize(
    ("what", "parts"),
    [
        ("basis", {"basis": "bulk"}),
        ("kind", {"kind": "stock"}),
        ("unit", {"unit": "kg"}),
        ("account", {"account": "profit"}),
    ],
)
def test_unlike_things_never_add(what: str, parts: dict[str, str]) -> None:
    book = ledger(row("a"), row("b", **parts))
    with pytest.raises(DataError, match=f"unlike {what}") as caught:
        book.total(["a", "b"])
    assert caught.value.code == "Y212"
    with pytest.raises(DataError, match=f"unlike {what}"):
        book.difference("a", "b")


def test_spellings_of_a_unit_are_alike() -> None:
    assert ledger(row("a"), row("b", unit="tonnes", period="2011")).total(["a", "b"]) == 200.0


@pytest.mark.parametrize("kind", ["price", "ratio", "share", "index"])
def test_prices_and_ratios_never_add(kind: str) -> None:
    book = ledger(row("a", kind=kind), row("b", kind=kind))
    with pytest.raises(DataError, match="do not add"):
        book.total(["a", "b"])


def test_a_sum_may_not_count_twice() -> None:
    book = ledger(row("a"), row("b", derived_from="a"), row("c", derived_from="b"))
    for ids in (["a", "a"], ["a", "b"], ["a", "c"]):
        with pytest.raises(DataError) as caught:
            book.total(ids)
        assert caught.value.code == "Y213"
    with pytest.raises(DataError):
        book.total([])
    with pytest.raises(DataError, match="no number"):
        ledger(row("a"), row("b", "many", period="2011")).total(["a", "b"])


def test_parent_and_child_never_share_a_likelihood() -> None:
    book = ledger(
        row("a"), row("b", 90.0, derived_from="a"), row("c", 80.0, derived_from="b"), row("d", 70.0)
    )
    assert [item.id for item in book.likelihood_set(["a", "d"])] == ["a", "d"]
    for ids in (["a", "b"], ["c", "a"], ["b", "c"]):
        with pytest.raises(DataError, match="derived from") as caught:
            book.likelihood_set(ids)
        assert caught.value.code == "Y213"
    assert len(book.likelihood_set(["c", "d"])) == 2


@pytest.mark.parametrize("parts", [{"confidence": "low"}, {"seen": "recalled"}, {"seen": "judged"}])
def test_unverified_rows_anchor_nothing(parts: dict[str, str]) -> None:
    with pytest.raises(DataError, match="unverified") as caught:
        ledger(row("a", **parts)).likelihood_set(["a"])
    assert caught.value.code == "Y214"


def test_one_measurement_enters_once() -> None:
    with pytest.raises(DataError, match="twice"):
        ledger(row("a")).likelihood_set(["a", "a"])
    told_again = ledger(row("a"), row("b", source="press"), row("c", source="un", note="another document"))
    for ids in (["a", "b"], ["a", "c"]):
        with pytest.raises(DataError, match="twice"):
            told_again.likelihood_set(ids)
    # Two agencies that happen to measure the same number repeat nothing.
    assert len(ledger(row("a"), row("b", source="us")).likelihood_set(["a", "b"])) == 2


def test_words_enter_no_likelihood() -> None:
    with pytest.raises(DataError, match="without a number"):
        ledger(row("a", "rising")).likelihood_set(["a"])


def test_filters() -> None:
    book = ledger(
        row("a"), row("b", place="south", source="us"), row("c", period="2008-2009", confidence="low")
    )
    assert [r.id for r in book.select(place="south")] == ["b"]
    assert [r.id for r in book.select(by="us")] == ["b"]
    assert [r.id for r in book.select(first=2009)] == ["a", "b", "c"]
    assert [r.id for r in book.select(last=2009)] == ["c"]
    assert [r.id for r in book.select(quantity="output", confidence="high")] == ["a", "b"]
    assert len(book.select(quantity="nothing")) == 0


def test_unknown_row() -> None:
    with pytest.raises(UsageError, match=r"did you mean 'output-2010'"):
        ledger(row("output-2010"))["output-2011"]


def test_ancestors_and_descendants() -> None:
    book = ledger(row("a"), row("b", derived_from="a"), row("c", derived_from="b; d"), row("d"))
    assert book.ancestors("c") == {"a", "b", "d"}
    assert book.descendants("a") == {"b", "c"}
    with pytest.raises(DataError, match="circle"):
        ledger(row("a", derived_from="b"), row("b", derived_from="a")).ancestors("a")


def test_until_keeps_what_was_known() -> None:
    book = ledger(
        row("old", vintage=2011),
        row("revised", 120.0, vintage=2018),
        row("seen-late", 5.0, place="south", vintage=2020),
        row("later", period="2017", vintage=2017),
        row("mixed", 7.0, place="west", derived_from="old;later"),
        row("grandchild", 8.0, place="east", derived_from="mixed"),
        row("of-revised", 9.0, place="far", derived_from="revised"),
    )
    assert [r.id for r in book.until(2016)] == ["old", "seen-late"]
    assert len(book.until(2030)) == len(book)
    assert len(book.until(1990)) == 0


def test_garbage_after_the_cut_changes_nothing() -> None:
    pack = load_pack("exampleland")
    spoilt = [
        r if r.years[1] <= 2010 else r.model_copy(update={"value": -1e9, "low": None, "high": None})
        for r in pack.ledger
    ]
    assert Ledger(spoilt, pack.sources).until(2010).rows == pack.ledger.until(2010).rows


def test_periods() -> None:
    assert row("a", period="2010-05").years == (2010, 2010)
    assert row("a", period="2004-2008").years == (2004, 2008)
    assert row("a", period="first half", start="2016-01", end="2016-06").end == "2016-06"
    assert row("a", value=None, low=2, high=4).number == 3.0
    assert row("a", value=None, low=2).number is None
    assert row("a", value="words").number is None
    for bad in ("2004-05-06-07", "2017-18", "n.d.", "2010-13"):
        with pytest.raises(ValueError, match=r"YYYY|month"):
            row("a", period=bad)
