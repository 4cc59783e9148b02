"""Names of things."""

from __future__ import annotations

import pytest

from yupana.core.names import closest, is_id, is_row_id, listing, split_key


@pytest.mark.parametrize("word", ["north", "alto_valle_2", "a"])
def test_ids(word: str) -> None:
    assert is_id(word)
    assert is_row_id(word)


@pytest.mark.parametrize("word", ["", "North", "2a", "a-b", "a b", "ñandu"])
def test_no_ids(word: str) -> None:
    assert not is_id(word)


def test_row_ids_may_hold_hyphens() -> None:
    assert is_row_id("coca-area-north-2004-05-survey")
    assert not is_row_id("-x")


def test_keys() -> None:
    assert split_key("coca_area") == ("coca_area", None)
    assert split_key("exports[sea]") == ("exports", "sea")
    for bad in ("exports[]", "exports[a", "Exports", "a[b][c]", ""):
        with pytest.raises(ValueError, match="form name"):
            split_key(bad)


def test_closest_prefers_the_nearest() -> None:
    assert closest("eradicaton", ["eradication", "interdiction", "radiation"])[0] == "eradication"


def test_listing_is_short() -> None:
    assert listing("abc") == "a, b, c"
    assert listing(range(20), 2) == "0, 1, ... (20 in all)"
