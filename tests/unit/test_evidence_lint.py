"""Lint finds slips in printed figures, and nothing in clean ones."""

from __future__ import annotations

import random
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pack_copy import append, copy_pack, replace

from yupana.evidence import load_pack
from yupana.evidence.lint import check_relation, is_transposition, read_figure, resolution, slip_of
from yupana.evidence.lint_ledger import lint_pack


def test_the_press_release_of_2013() -> None:
    # 121,424 less 9,000 was printed as 112,242.
    slip = check_relation("difference", [121_424, 9_000], 112_242)
    assert slip is not None
    assert slip.computed == 112_424
    assert {(s.printed, s.meant, s.slip) for s in slip.suspects} == {
        (121_424.0, 121_242.0, "transposition"),
        (112_242.0, 112_424.0, "transposition"),
    }
    assert "likely transposition" in slip.message
    assert check_relation("difference", [121_242, 9_000], 112_242) is None
    assert check_relation("difference", [121_424, 9_000], 112_424) is None


def test_a_dot_that_parts_thousands() -> None:
    figure = read_figure("12.024", "t", beside=[(28_976, "kg"), (41_000, "kg")])
    assert (figure.value, figure.unit, figure.ambiguous) == (12_024.0, "kg", False)


@pytest.mark.parametrize(
    ("text", "value", "ambiguous"),
    [
        ("12.024", 12.024, True),
        ("12,024.5", 12_024.5, False),
        ("12.024,5", 12_024.5, False),
        ("1.234.567", 1_234_567.0, False),
        ("62,3", 62.3, False),
        ("0.123", 0.123, False),
        ("41 000", 41_000.0, False),
        ("700", 700.0, False),
    ],
)
def test_reading_figures(text: str, value: float, ambiguous: bool) -> None:
    figure = read_figure(text, "t")
    assert (figure.value, figure.ambiguous) == (value, ambiguous)


def test_size_decides_where_no_sum_does() -> None:
    assert read_figure("12.024", "t", beside=[(9_800, "t"), (14_200, "t")]).value == 12_024.0
    assert read_figure("12.024", "t", beside=[(9.8, "t"), (14.2, "t")]).value == 12.024


@pytest.mark.parametrize("text", ["", "many", "1.2.3", "1,2,3.4.5"])
def test_no_figure(text: str) -> None:
    with pytest.raises(ValueError, match=r"could not convert|expected"):
        read_figure(text, "t")


@pytest.mark.parametrize(
    ("value", "unit"),
    [(41_000, 1000.0), (121_424, 1.0), (62.3, 0.1), (61_200, 100.0), (30, 1.0), (1.569, 0.001)],
)
def test_resolution(value: float, unit: float) -> None:
    assert resolution(value) == pytest.approx(unit)


def test_transpositions() -> None:
    assert is_transposition(53_200, 35_200)
    assert is_transposition(1_896, 1_986)
    assert is_transposition(62.3, 63.2)
    for printed, meant in ((1_896, 1_896), (1_896, 1_897), (189, 1_890), (12, 21), (123_456, 213_465)):
        assert not is_transposition(printed, meant)
    assert slip_of(12.024, 12_024) == "misread thousands separator"
    assert slip_of(62, 620) == "misplaced decimal point"
    assert slip_of(-3, 5) == ""


@pytest.mark.parametrize(
    ("relation", "parts", "printed", "factor"),
    [
        ("sum", [54, 22, 8], 84, 1.0),
        ("sum", [28_976, 12_024], 41_000, 1.0),
        ("sum", [33.3, 33.3, 33.3], 100, 1.0),
        ("product", [1.14e6, 1_569.2], 1.79e9, 1.0),
        ("product", [61_200, 2_000], 122_400, 0.001),
        ("ratio", [97_000, 375], 258.7, 1.0),
        ("ratio", [97_000, 180], 538.9, 1.0),
        ("ratio", [211.5, 22_885], 9.242, 1000.0),
    ],
)
def test_clean_sources_raise_no_alarm(
    relation: str, parts: list[float], printed: float, factor: float
) -> None:
    assert check_relation(relation, parts, printed, factor=factor) is None


@given(st.lists(st.integers(101, 10**7), min_size=2, max_size=6), st.sampled_from([1, 10, 100, 1000]))
def test_rounded_sums_raise_no_certain_alarm(parts: list[int], step: int) -> None:
    parts = [part + 10 * step for part in parts]
    slip = check_relation(
        "sum", [round(part / step) * step for part in parts], round(sum(parts) / step) * step
    )
    assert slip is None or not slip.certain


def test_false_alarms_are_rare() -> None:
    # Independent roundings to 100: a slip of digits is suspected in less than two of a hundred clean sums.
    rng, alarms = random.Random(7), 0
    for _ in range(2000):
        parts = [rng.uniform(2e3, 9e4) for _ in range(4)]
        printed = [round(part / 100) * 100 for part in parts]
        alarms += check_relation("sum", printed, round(sum(parts) / 100) * 100) is not None
    assert alarms <= 40


def test_swapped_digits_are_found() -> None:
    rng, found, tried = random.Random(3), 0, 0
    while tried < 300:
        parts = [rng.randrange(1_001, 99_999) for _ in range(3)]
        text = str(sum(parts))
        at = rng.randrange(1, len(text) - 1)
        if text[at] == text[at + 1]:
            continue
        tried += 1
        slip = check_relation("sum", parts, int(text[:at] + text[at + 1] + text[at] + text[at + 2 :]))
        found += slip is not None and any(s.meant == sum(parts) for s in slip.suspects)
    assert found >= 295  # the last two digits of a round part may hide a slip of nine


def test_the_invented_pack_is_clean() -> None:
    assert lint_pack(load_pack("exampleland")) == []


@pytest.mark.parametrize(
    ("old", "new", "rule"),
    [
        ("2010,,,26790,", "2010,,,27690,", "declared"),
        ("highlands,2010,,,8700,", "highlands,2010,,,7800,", "declared"),
        ("highlands,2012,,,8400,", "highlands,2012,,,9400,", "total"),
        ("cocaine_seized,exampleland,2010,,,6.1,", "cocaine_seized,exampleland,2010,,,6100,", "thousands"),
    ],
)
def test_slips_in_a_pack_are_found(old: str, new: str, rule: str, tmp_path: Path) -> None:
    root = copy_pack(tmp_path)
    if rule == "thousands":
        line = "x-1,cocaine_seized,exampleland,2006,,,5,,,t,bulk,flow,,police,2007,,retrieved,2,high,"
        append(root / "evidence/ledger.csv", line)
        replace(root / "evidence/ledger.csv", "2012,,,9,,,t,bulk", "2012-06,,,9,,,t,bulk")
    replace(root / "evidence/ledger.csv", old, new)
    findings = lint_pack(load_pack(root))
    assert [finding.rule for finding in findings] == [rule]
    assert findings[0].as_dict()["rows"]


def test_area_times_yield(tmp_path: Path) -> None:
    root = copy_pack(tmp_path)
    (root / "checks.yaml").unlink()
    replace(root / "evidence/ledger.csv", "2010,,,26790,", "2010,,,62790,")
    assert [finding.rule for finding in lint_pack(load_pack(root))] == ["yield"]
