"""Hidden populations from several lists: reading, refusals, known truth, existence, the table of rows."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from yupana.cli.main import run
from yupana.core.errors import DataError, UsageError
from yupana.evidence.populations import CaptureTable, hide_lists, read_table, specifications
from yupana.evidence.populations.existence import has_maximum
from yupana.evidence.populations.intervals import profile
from yupana.evidence.populations.loglinear import NO_OVERLAP, OK, fit, make_design, pairwise_design
from yupana.evidence.populations.newton import Cells
from yupana.evidence.populations.selection import (
    family,
    hierarchical_models,
    overlap_tail,
    pairwise_models,
    smallest_bic,
    stepwise,
)
from yupana.evidence.populations.thresholding import sample

SMALL = CaptureTable.from_cells({"A": 60, "B": 50, "C": 40, "A+B": 12, "A+C": 9, "B+C": 8, "A+B+C": 3})


def written(folder: Path, text: str) -> str:
    path = folder / "lists.csv"
    path.write_text(text, encoding="utf-8")
    return str(path)


# --- reading ---------------------------------------------------------------------------------------------


def test_patterns_and_records_read_alike(tmp_path: Path) -> None:
    patterns = read_table(written(tmp_path, "A,B,count\n1,0,3\n0,1,2\n1,1,1\n"))
    records = read_table(written(tmp_path, "A,B\n1,0\n1,0\n0,1\n1,1\n1,0\n0,1\n"))
    named = read_table(written(tmp_path, "\ufeffpattern;count\n10;3\n01;2\n11;1\n"))
    assert isinstance(patterns, CaptureTable)
    assert isinstance(named, CaptureTable)
    assert patterns == records == CaptureTable.from_cells({"A": 3, "B": 2, "A+B": 1})
    assert named.counts == patterns.counts


def test_frequencies_are_read_as_such(tmp_path: Path) -> None:
    assert read_table(written(tmp_path, "times,count\n2,5\n1,40\n")) == {1: 40, 2: 5}


THIRTEEN = ",".join(f"L{i}" for i in range(13))


@pytest.mark.parametrize(
    ("text", "code", "words"),
    [
        ("", "Y236", "empty"),
        ("A,B,count\n", "Y236", "no people"),
        ("A,count\n1,5\n", "Y231", "one list"),
        (f"{THIRTEEN},count\n{','.join('1' * 13)},5\n", "Y231", "more lists"),
        ("A,B,count\n1,0,-3\n", "Y232", "negative"),
        ("A,B,count\n1,0,2.5\n", "Y232", "not whole"),
        ("A,B,count\n1,0,many\n", "Y232", "no number"),
        ("A,B,count\n1,0,\n", "Y232", "no number"),
        ('A,B,count\n1,0,"1,200"\n', "Y232", "no number"),
        ("A,B,count\n1,0\n", "Y233", "wrong length"),
        ("A,B,count\n1,2,3\n", "Y233", "other than 0 and 1"),
        ("A,B,count\n1,,3\n", "Y233", "other than 0 and 1"),
        ("A,B,count\n0,0,3\n", "Y233", "no list"),
        ("A,B,count\n1,0,3\n1,0,4\n", "Y233", "twice"),
        ("A,A,count\n1,0,3\n", "Y236", "one name"),
        ("A,B,count\n1,0,0\n", "Y236", "nobody"),
        ("pattern,count\n101,3\n11,2\n", "Y233", "wrong length"),
        ("times,count\n0,3\n", "Y233", "1 or more"),
    ],
)
def test_bad_files_are_refused_with_a_sentence(tmp_path: Path, text: str, code: str, words: str) -> None:
    with pytest.raises(DataError) as caught:
        read_table(written(tmp_path, text))
    assert caught.value.code == code
    assert words in caught.value.what
    assert caught.value.fix


def test_missing_file_folder_and_bytes_are_refused(tmp_path: Path) -> None:
    binary = tmp_path / "binary.csv"
    binary.write_bytes(b"\xff\xfe\x00A,B")
    for path in (tmp_path / "absent.csv", tmp_path, binary):
        with pytest.raises(DataError) as caught:
            read_table(path)
        assert caught.value.code == "Y236"


@pytest.mark.parametrize(
    ("patterns", "code"),
    [
        ({"1011": 4, "101": 2}, "Y233"),
        ({"10x1": 4}, "Y233"),
        ({"1011": -4}, "Y232"),
        ({"1011": 1.5}, "Y232"),
        ({"1011": True}, "Y232"),
        ({"0000": 4, "1000": 2}, "Y233"),
        ({"1": 4}, "Y231"),
        ({"1" * 13: 4}, "Y231"),
        ({}, "Y236"),
    ],
)
def test_bad_patterns_are_refused(patterns: dict[str, int], code: str) -> None:
    with pytest.raises(DataError) as caught:
        CaptureTable.from_patterns(patterns)
    assert caught.value.code == code


def test_no_overlap_and_unknown_names_are_refused() -> None:
    apart = CaptureTable.from_cells({"A": 40, "B": 30, "C": 20})
    with pytest.raises(DataError) as caught:
        specifications(apart)
    assert caught.value.code == "Y234"
    for wrong in ({"methods": ["bick"]}, {"resamples": 3}, {"kind": "odd"}, {"bic_size": "people"},
                  {"thresholds": (2.0,)}, {"bootstrap": -1}):  # fmt: skip
        with pytest.raises(UsageError):
            specifications(SMALL, **wrong)  # pyright: ignore[reportArgumentType]
    with pytest.raises(DataError):
        specifications(SMALL, models=("A:D",), bootstrap=0)


# --- fits ------------------------------------------------------------------------------------------------


def test_two_lists_give_petersen_and_a_saturated_margin_is_kept() -> None:
    table = CaptureTable.from_cells({"A": 40, "B": 30, "A+B": 6})
    found = specifications(table, ["main-effects", "stepwise", "bic"], bootstrap=0)
    assert all(row.n_hat == pytest.approx(46 * 36 / 6) for row in found)
    design = pairwise_design(3)
    fits = fit(design, SMALL.array[1:], np.ones(len(design.terms), dtype=bool))
    closed = SMALL.n + 60 * 50 * 40 * 3 / (12 * 9 * 8)  # no three-list term, closed form
    assert fits.n_hat[0] == pytest.approx(closed, rel=1e-9)
    assert fits.fitted[0] == pytest.approx(SMALL.array[1:], rel=1e-8)


@pytest.mark.parametrize("lists", [3, 8])
def test_sums_over_cells_agree_with_their_definition(lists: int) -> None:
    design = pairwise_design(lists)
    cells = Cells(lists, design.terms)
    random = np.random.default_rng(3)
    values, beta = random.random((2, 1 << lists)), random.standard_normal((2, len(design.terms)))
    matrix = np.vstack([np.eye(1, len(design.terms)), design.matrix])
    assert cells.margins(values) == pytest.approx(values @ matrix)
    assert cells.linear(beta) == pytest.approx(beta @ matrix.T)
    expected = np.einsum("bc,cs,ct->bst", values, matrix, matrix)
    assert cells.information(values) == pytest.approx(expected)


def test_maximum_satisfies_its_equations_in_a_batch() -> None:
    design = pairwise_design(4)
    models = pairwise_models(4)
    counts = np.random.default_rng(5).poisson(20.0, 15).astype(float)
    fits = fit(design, counts, models)
    assert (fits.status == OK).all()
    error = np.abs((counts - fits.fitted) @ design.matrix)[models]
    assert error.max() < 1e-4


def test_order_and_names_of_lists_do_not_matter() -> None:
    first = specifications(SMALL, ["stepwise", "bic"], bootstrap=0)
    turned = CaptureTable.from_cells(
        {"z+y": 12, "x": 40, "z": 60, "y": 50, "z+x": 9, "y+x": 8, "z+y+x": 3}, ("x", "y", "z")
    )
    for a, b in zip(first, specifications(turned, ["stepwise", "bic"], bootstrap=0), strict=True):
        assert a.n_hat == pytest.approx(b.n_hat, rel=1e-8)
        assert a.low == pytest.approx(b.low, rel=1e-3)


def test_families_are_complete() -> None:
    assert [len(pairwise_models(k)) for k in (2, 3, 4, 5)] == [1, 8, 64, 1024]
    assert [len(hierarchical_models(k)) for k in (3, 4, 5)] == [8, 113, 6893]
    assert len(np.unique(hierarchical_models(4), axis=0)) == 113


def test_tail_is_the_smaller_one_and_not_doubled() -> None:
    tails = overlap_tail(np.array([0.0, 3.0, 3.0]), np.array([2.0, 1.0, 9.0]))
    e = np.exp
    assert tails[0] == pytest.approx(e(-2.0))
    assert tails[1] == pytest.approx(1.0 - e(-1.0) * 2.5)
    assert tails[2] == pytest.approx(e(-9.0) * (1 + 9 + 81 / 2 + 729 / 6))


def test_batches_repeat_what_single_tables_give() -> None:
    random = np.random.default_rng(7)
    tables = random.multinomial(SMALL.n, SMALL.array[1:] / SMALL.n, size=20).astype(float)
    design, models, _ = family(SMALL)
    many, best = stepwise(3, tables, 0.05), smallest_bic(design, models, tables)
    for i, table in enumerate(tables):
        assert many.fits.n_hat[i] == pytest.approx(stepwise(3, table, 0.05).fits.n_hat[0], nan_ok=True)
        one = smallest_bic(design, models, table)
        assert best.fits.n_hat[i] == pytest.approx(one.fits.n_hat[0], nan_ok=True)


def test_existence_depends_on_the_support_alone() -> None:
    design = make_design(3, [3])
    thin = np.array([40.0, 30, 6, 20, 0, 0, 0])
    assert not has_maximum(design.matrix, thin)
    assert not has_maximum(design.matrix, 1000 * thin)
    assert has_maximum(design.matrix, np.array([40.0, 30, 6, 20, 1, 0, 0])) == has_maximum(
        design.matrix, np.array([4.0, 3, 60, 2, 10, 0, 0])
    )
    apart = fit(make_design(3, ()), np.array([40.0, 30, 0, 20, 0, 0, 0]), np.ones(4, dtype=bool))
    assert apart.status[0] == NO_OVERLAP


# --- known truth -----------------------------------------------------------------------------------------


def test_profile_intervals_cover_a_known_population() -> None:
    """100 tables of 1,000 people on three independent lists: 95 percent, and the binomial band of 100."""
    random = np.random.default_rng(11)
    design = make_design(3, ())
    on = np.ones(4, dtype=bool)
    hits = 0
    for _ in range(100):
        seen = random.random((1000, 3)) < np.array([0.3, 0.25, 0.2])
        counts = np.bincount(seen @ np.array([1, 2, 4]), minlength=8).astype(float)[1:]
        found = profile(design, counts, on, float(fit(design, counts, on).n_hat[0]))
        hits += found.low is not None and found.low <= 1000 and (found.high is None or found.high >= 1000)
    assert 88 <= hits <= 100  # 0.1 percent of 100 intervals at 95 percent fall below 88


def test_bayes_with_a_strong_pull_is_main_effects() -> None:
    posterior = sample(pairwise_design(3), SMALL.array[1:], 1e-3, seed=1)
    plain = specifications(SMALL, ["main-effects"], bootstrap=0)[0]
    assert posterior.effective > 400
    assert plain.low is not None
    assert SMALL.n + posterior.quantile(0.5) == pytest.approx(plain.n_hat, rel=0.05)
    assert SMALL.n + posterior.quantile(0.025) == pytest.approx(plain.low, rel=0.1)


def test_hidden_lists_of_independent_lists_are_foreseen() -> None:
    random = np.random.default_rng(2)
    seen = random.random((4000, 4)) < np.array([0.3, 0.25, 0.2, 0.35])
    counts = np.bincount(seen @ np.array([1, 2, 4, 8]), minlength=16)
    table = CaptureTable(("A", "B", "C", "D"), (0, *counts[1:].tolist()))
    found = hide_lists(table, "main-effects", bootstrap=0)
    assert [each.name for each in found] == list("ABCD")
    assert all(each.inside for each in found)
    alone = {each.name: each.observed for each in found}
    assert alone["B"] == table.counts[2]
    two = hide_lists(CaptureTable.from_cells({"A": 4, "B": 3, "A+B": 2}), bootstrap=0)
    assert all(each.predicted is None and each.reason for each in two)


# --- the table and the command ---------------------------------------------------------------------------


def test_default_table_and_bootstrap() -> None:
    found = specifications(SMALL, bootstrap=200, seed=3)
    assert found == specifications(SMALL, bootstrap=200, seed=3)
    methods = [row.method for row in found]
    assert methods[:4] == ["main-effects", "stepwise", "stepwise", "bic"]
    assert [row.options for row in found[1:3]] == ["threshold 0.02", "threshold 0.001"]
    assert "n = individuals" in found[3].options
    for row in found:
        assert row.reason or (row.n_hat is not None and row.low is not None and row.low <= row.n_hat)
    drawn = specifications(SMALL, ["main-effects"], bootstrap=200, kind="parametric")[0]
    assert drawn.low is not None


def test_resamples_without_an_estimate_leave_the_upper_end_open() -> None:
    few = CaptureTable.from_cells({"A": 1, "B": 1, "A+B": 2})
    row = specifications(few, ["main-effects"], bootstrap=200)[0]
    assert row.n_hat == pytest.approx(4.5)
    assert row.high is None
    assert row.low is not None
    assert row.low <= row.n_hat
    assert "not bounded" in row.reason


def test_named_model_is_labelled_and_closed_downwards() -> None:
    row = specifications(SMALL, ["model"], models=("A:B + C",), bootstrap=0)[0]
    assert (row.method, row.terms, row.label) == ("model", ("A:B",), "model A:B + C")
    both = specifications(CaptureTable.from_patterns({"1110": 4, "1000": 9, "0101": 5, "1101": 3, "0010": 8,
                                                      "0111": 2, "1111": 1, "0100": 9, "0001": 7,
                                                      "1100": 3, "1010": 2, "1001": 2, "0110": 2,
                                                      "0011": 2, "1011": 1}),
                          models=("L1:L2:L3",), methods=[], bootstrap=0)[0]  # fmt: skip
    assert both.terms == ("L1:L2", "L1:L3", "L2:L3", "L1:L2:L3")


def test_command_prints_json_and_draws(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "three.csv"
    path.write_text("A,B,C,count\n1,0,0,40\n0,1,0,30\n0,0,1,20\n1,1,0,6\n", encoding="utf-8")
    out = tmp_path / "curve.svg"
    line = ["evidence", "population", str(path), "--bootstrap", "100", "--model", "A:B", "--out", str(out)]
    assert run([*line, "--json"]) == 0
    answer = json.loads(capsys.readouterr().out)
    rows = answer["specifications"]
    assert {"method", "options", "terms", "n_hat", "low", "high", "reason"} <= set(rows[0])
    failed = rows[-1]
    assert failed["n_hat"] is None
    assert "no maximum likelihood estimate" in failed["reason"]
    assert out.read_text(encoding="utf-8").startswith("<?xml")
    assert {p.name for p in tmp_path.iterdir()} == {"three.csv", "curve.svg", "curve.csv", "curve.json"}
    assert run(["evidence", "population", str(path), "--method", "model", "--model", "A:B"]) == 2
    said = capsys.readouterr()
    assert "Y235" in said.err
    assert "no maximum likelihood estimate" in said.err


def test_command_never_writes_over_its_lists(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = written(tmp_path, "A,B,count\n1,0,40\n0,1,30\n1,1,6\n")
    before = Path(path).read_text(encoding="utf-8")
    for name, code in (("lists.png", "Y102"), ("curve.pdf", "Y109"), ("curve", "Y109")):
        out = str(tmp_path / name)
        assert run(["evidence", "population", path, "--bootstrap", "0", "--out", out]) == 2
        assert code in capsys.readouterr().err
    assert Path(path).read_text(encoding="utf-8") == before


def test_curve_covers_nothing_and_cuts_nothing_off() -> None:
    from yupana.evidence.populations import Specification
    from yupana.report.layout import collisions, cut_off
    from yupana.report.specification_curve import specification_picture

    rows = [
        Specification(f"method-{i % 4}", f"threshold {i}", ("A:B",) * (i % 2), 900.0 + 250 * i,
                      700.0 + 200 * i, None if i == 3 else 1500.0 + 900 * i)
        for i in range(14)
    ]  # fmt: skip
    rows.append(Specification("bic", "", (), None, None, None, "no maximum likelihood estimate"))
    picture = specification_picture("curve", "How many are there?", rows, 500, "95 percent intervals")
    assert not collisions(picture.figure)
    assert not cut_off(picture.figure)
    assert len(picture.table.rows) == 15
