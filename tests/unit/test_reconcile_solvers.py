"""Solvers: they agree where links are straight, close every balance, and answer in any unit alike."""

from __future__ import annotations

import json
from dataclasses import replace as changed
from pathlib import Path

import numpy as np
import pytest
from pack_copy import copy_pack, replace

from yupana.cli.main import run
from yupana.evidence import Pack, load_pack
from yupana.evidence.reconcile.gaussian import LinearGaussian
from yupana.evidence.reconcile.problem import solve_gauss_newton, solve_linear
from yupana.evidence.reconcile.result import Reconciliation
from yupana.evidence.reconcile.solve import ANCHORS, linear_gaussian, pose, reconcile, slopes_of_logs

YEAR = 2010
TOTALS = ("coca_area", "leaf_output", "cocaine_output", "cocaine_exports")


@pytest.fixture(scope="module")
def pack() -> Pack:
    return load_pack("exampleland")


@pytest.fixture(scope="module")
def peru() -> Pack:
    return load_pack("peru")


def column(found: Reconciliation, name: str, year: int = YEAR) -> np.ndarray:
    return found.draws[:, found.names.index((name, year))]


def total(found: Reconciliation, *names: str) -> np.ndarray:
    return sum((column(found, name) for name in names), np.zeros(len(found.draws)))


def test_every_draw_closes_every_balance(peru: Pack) -> None:
    for solver in ("linear", "gauss-newton"):
        found = reconcile(peru, YEAR, "agnostic", solver)
        assert peru.balance is not None
        groups = peru.balance.groups

        def spread(base: str, group: str, found: Reconciliation = found, groups: dict = groups) -> np.ndarray:
            return total(found, *(f"{base}[{item}]" for item in groups[group]))

        closed = {
            "leaf": (
                column(found, "leaf_output"),
                total(found, "leaf_legal_use", "leaf_lost", "leaf_processed"),
            ),
            "area": (
                column(found, "productive_area"),
                (column(found, "coca_area") + column(found, "coca_area", YEAR - 1)) / 2,
            ),
            "yield": (
                column(found, "leaf_output"),
                column(found, "productive_area") * column(found, "leaf_yield") / 1000,
            ),
            "potential": (
                column(found, "cocaine_output") * column(found, "conversion"),
                column(found, "leaf_illicit"),
            ),
            "made": (
                column(found, "base_made"),
                total(found, "seizures_home", "lost", "home_use", "cocaine_exports"),
            ),
            "exits": (column(found, "cocaine_exports"), spread("exports_corridor", "exits")),
            "markets": (column(found, "cocaine_exports"), spread("exports", "abroad")),
            "abroad": (
                column(found, "cocaine_exports"),
                spread("seizures_abroad", "abroad")
                + spread("abroad_lost", "abroad")
                + spread("arrived", "abroad"),
            ),
        }
        for name, (whole, parts) in closed.items():
            assert np.abs(parts / whole - 1).max() < 1e-9, (solver, name)


def test_units_of_the_inputs_change_nothing(tmp_path: Path, pack: Pack) -> None:
    other = copy_pack(tmp_path, priors=None)
    ledger = other / "evidence/ledger.csv"
    replace(ledger, "17500,,,ha", "175,,,km2")
    replace(ledger, "14100,12690,15510,ha", "141,126.9,155.1,km2")
    replace(ledger, "2010,,,6.1,,,t,", "2010,,,6100,,,kg,")
    balance = other / "balance.yaml"
    replace(
        balance,
        "unit: ha\n    kind: stock\n    prior: {q05: 6000, q95: 30000",
        "unit: km2\n    kind: stock\n    prior: {q05: 60, q95: 300",
    )
    replace(balance, "of: coca_area, unit: ha", "of: coca_area, unit: km2")
    replace(balance, "prior: {q05: 1200, q95: 3000", "prior: {q05: 1.2, q95: 3.0")
    replace(balance, "unit: kg/ha", "unit: t/ha")
    converted = load_pack(other)
    for solver in ("linear", "gauss-newton"):
        mine, theirs = (
            reconcile(pack, YEAR, "trust-un", solver),
            reconcile(converted, YEAR, "trust-un", solver),
        )
        for (name, year), estimate in mine.quantities.items():
            again = theirs.quantities[(name, year)]
            times = {"km2": 100.0, "t/ha": 1000.0}.get(again.unit, 1.0)
            for end in ("q05", "q50", "q95"):
                assert getattr(again, end) * times == pytest.approx(getattr(estimate, end), rel=1e-9), name
            assert again.contraction == pytest.approx(estimate.contraction, abs=1e-9)
        assert theirs.chi2 == pytest.approx(mine.chi2, rel=1e-9)


def test_gauss_newton_stands_at_the_mode(peru: Pack) -> None:
    problem = pose(peru, [YEAR]).problem
    normal = solve_gauss_newton(problem)

    def height(point: np.ndarray) -> float:
        return float(point @ point + problem.residuals(point)[0] @ problem.residuals(point)[0]) / 2

    residuals, slopes = problem.residuals(normal.mode)
    assert np.abs(normal.mode + slopes.T @ residuals).max() < 1e-7
    for sign in (-1, 1):
        moves = normal.mode + sign * 0.01 * np.eye(problem.size)
        assert min(height(point) for point in moves) > height(normal.mode)


def test_straight_links_make_both_solvers_one(pack: Pack) -> None:
    """Area and yield alone are products, so that linearising once is exact."""
    posed = pose(pack, [YEAR])
    terms = tuple(term for term in posed.selection.terms if term.key[0] == "leaf_yield")
    problem = pose(pack, [YEAR], "agnostic", changed(posed.selection, terms=terms)).problem
    one, other = solve_linear(problem), solve_gauss_newton(problem)
    assert np.abs(one.mode - other.mode).max() < 1e-9
    assert np.abs(one.factor - other.factor).max() < 1e-9


def test_closed_form_of_one_datum(pack: Pack) -> None:
    """A normal prior and one figure with error and bias: the textbook posterior."""
    posed = pose(pack, [YEAR])
    term = next(term for term in posed.selection.terms if term.key[0] == "leaf_yield")
    only = changed(posed.selection, terms=(term,))
    found = reconcile(pack, YEAR, "agnostic", "linear", only).quantities[("leaf_yield", YEAR)]
    centre, scale = (np.log(1200) + np.log(3000)) / 2, np.log(3000 / 1200) / (2 * 1.6448536269514722)
    noise = term.sd**2 + 0.2**2
    gain = scale**2 / (scale**2 + noise)
    assert found.contraction == pytest.approx(gain, abs=0.02)
    # within three standard errors of a median of 1,000 draws
    error = 3 * 1.2533 * scale * np.sqrt(1 - gain) / np.sqrt(1000)
    assert np.log(found.q50) == pytest.approx(centre + gain * (np.log(term.value) - centre), abs=error)


def test_the_anchor_decides_whose_level_holds(pack: Pack) -> None:
    area = {name: reconcile(pack, YEAR, name).quantities[("coca_area", YEAR)] for name in ANCHORS}
    assert area["trust-un"].q50 < area["agnostic"].q50 < area["trust-us"].q50
    width = {name: np.log(one.q95 / one.q05) for name, one in area.items()}
    assert width["trust-un"] < width["agnostic"]


def test_years_are_tied(pack: Pack) -> None:
    """A year without any row of area is told by its neighbours, less surely than they."""
    found = reconcile(pack, range(2010, 2013), "trust-un")
    area = {year: found.quantities[("coca_area", year)] for year in range(2009, 2013)}
    assert area[2010].contraction > area[2011].contraction > 0.7
    alone = reconcile(pack, 2011, "trust-un").quantities[("coca_area", 2011)]
    assert area[2011].q95 / area[2011].q05 < 0.95 * alone.q95 / alone.q05


def test_a_balance_without_data_is_the_prior(pack: Pack) -> None:
    posed = pose(pack, [YEAR])
    empty = changed(posed.selection, terms=())
    found = reconcile(pack, YEAR, "agnostic", "gauss-newton", empty)
    assert max(abs(estimate.contraction) for estimate in found.quantities.values()) < 1e-9
    assert found.data == ()


def test_tests_of_data_are_those_of_the_linear_balance(peru: Pack) -> None:
    problem = pose(peru, [2012]).problem
    normal = solve_gauss_newton(problem)
    balance = linear_gaussian(problem, normal)
    assert isinstance(balance, LinearGaussian)
    assert balance.solution.mean == pytest.approx(normal.mode, abs=1e-7)
    found = reconcile(peru, 2012)
    # the same by hand, in the space of the data
    spread = np.diag(problem.sd**2) + balance.design @ balance.design.T
    inverse, centred = np.linalg.inv(spread), balance.values
    assert found.chi2 == pytest.approx(float(centred @ inverse @ centred), rel=1e-9)
    by_hand = (inverse @ centred) / np.sqrt(np.diag(inverse))
    assert [datum.z for datum in found.data] == pytest.approx(by_hand, rel=1e-7)


def test_slopes_of_logs_tell_a_total_by_the_unknowns(peru: Pack) -> None:
    problem = pose(peru, [2012]).problem
    normal = solve_gauss_newton(problem)
    slopes = slopes_of_logs(problem, normal)
    row = problem.graph.index[("cocaine_output", 2012)]
    step = 1e-6 * np.eye(problem.graph.size)[0]
    z = normal.mode[: problem.graph.size]
    logs = problem.graph.logs_of(np.stack([z + step, z - step], axis=1))[row]
    assert slopes[row, 0] == pytest.approx((logs[0] - logs[1]) / 2e-6, abs=1e-7)


def test_the_same_question_has_the_same_answer(pack: Pack) -> None:
    one, other = reconcile(pack, YEAR), reconcile(load_pack("exampleland"), YEAR)
    assert np.array_equal(one.draws, other.draws)


@pytest.mark.slow
def test_gauss_newton_agrees_with_the_sampler(pack: Pack) -> None:
    sampled = reconcile(pack, YEAR, "agnostic", "nuts")
    assert all(passed for _, _, passed in sampled.gates.values()), sampled.gates
    quick = reconcile(pack, YEAR)
    for name in TOTALS:
        one, other = sampled.quantities[(name, YEAR)], quick.quantities[(name, YEAR)]
        assert other.q50 == pytest.approx(one.q50, rel=0.1), name
        assert other.q05 == pytest.approx(one.q05, rel=0.1), name
        assert other.q95 == pytest.approx(one.q95, rel=0.1), name


def test_json_of_the_verb(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["evidence", "reconcile", "exampleland", "--year", "2010", "--json"]) == 0
    body = json.loads(capsys.readouterr().out)
    entry = body["quantities"]["cocaine_output"]
    assert set(entry) >= {"unit", "q05", "q50", "q95", "contraction"}
    assert entry["unit"] == "t"
    assert entry["q05"] < entry["q50"] < entry["q95"]
    assert set(body["anchors"]) == {"trust-un", "trust-us"}
    assert "years" not in body


def test_several_years_in_json(capsys: pytest.CaptureFixture[str]) -> None:
    words = ["evidence", "reconcile", "exampleland", "--years", "2010:2012", "--year", "2011", "--json"]
    assert run(words) == 0
    body = json.loads(capsys.readouterr().out)
    assert list(body["years"]) == ["2010", "2011", "2012"]
    assert body["quantities"] == body["years"]["2011"]


def test_text_of_the_verb(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["evidence", "reconcile", "exampleland", "--year", "2010", "--anchor", "trust-us"]) == 0
    text = capsys.readouterr().out
    for word in ("agnostic", "trust-un", "trust-us", "prior", "not used:", "rival", "--against"):
        assert word in text
    assert max(map(len, text.splitlines())) <= 100


@pytest.mark.parametrize(
    "words",
    [
        [],
        ["--year", "2010", "--anchor", "trust-eu"],
        ["--year", "2010", "--solver", "mcmc"],
        ["--years", "2012:2010"],
        ["--years", "2010-2012"],
        ["--years", "2010:2012", "--year", "2014"],
        ["--year", "2010", "--against", "no-such-run"],
    ],
)
def test_bad_words_exit_2_with_a_sentence(capsys: pytest.CaptureFixture[str], words: list[str]) -> None:
    assert run(["evidence", "reconcile", "exampleland", *words]) == 2
    assert "[Y" in capsys.readouterr().err
