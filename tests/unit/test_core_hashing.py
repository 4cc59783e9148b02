"""The same content has the same hash, whatever its order; other content another."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from yupana.core.hashing import canonical_json, content_hash, hash_files, short_id

PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)


@given(st.dictionaries(st.text(), PLAIN, max_size=6))
def test_order_does_not_matter(content: dict[str, object]) -> None:
    backwards = dict(reversed(list(content.items())))
    assert content_hash(content) == content_hash(backwards)


def test_one_known_hash() -> None:
    # A change here means that every run of every user has another address.
    assert content_hash({"a": [1, 2.5, "x", None, True]}) == "de80f90f8e87d03feb78b57378436d2d"


def test_small_differences_count() -> None:
    hashes = {content_hash(value) for value in (1, 1.5, "1", [1], None, True, {"1": 1}, 1.5000000000000002)}
    assert len(hashes) == 8
    assert len(short_id(next(iter(hashes)))) == 10


def test_arrays_sets_and_tuples() -> None:
    assert (
        canonical_json({"b": np.array([1, 2]), "a": (1,), "c": {"y", "x"}})
        == '{"a":[1],"b":[1,2],"c":["x","y"]}'
    )
    assert canonical_json(np.float64(0.5)) == "0.5"


@pytest.mark.parametrize("value", [math.nan, math.inf])
def test_not_finite(value: float) -> None:
    with pytest.raises(ValueError, match="JSON"):
        content_hash({"x": value})


def test_no_canonical_form() -> None:
    with pytest.raises(TypeError, match="canonical"):
        content_hash(object())


def test_files_by_name_and_bytes(tmp_path: Path) -> None:
    (tmp_path / "a").write_text("1")
    (tmp_path / "b").write_text("2")
    first = hash_files(tmp_path, ["a", "b"])
    assert hash_files(tmp_path, ["b", "a"]) == first
    (tmp_path / "b").write_text("3")
    assert hash_files(tmp_path, ["a", "b"]) != first
