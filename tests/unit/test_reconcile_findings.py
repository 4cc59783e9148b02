"""Findings about a pack's balance: each number again by the longer way, on the shipped pack."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest

from yupana.core.errors import DataError
from yupana.evidence.loading import load_pack
from yupana.evidence.pack import Pack
from yupana.evidence.reconcile.data import Selection, Term
from yupana.evidence.reconcile.findings import (
    NEW_SOURCE,
    Findings,
    find,
    findings_as_dict,
    side_rows,
)
from yupana.evidence.reconcile.problem import solve_gauss_newton
from yupana.evidence.reconcile.solve import Posed, linear_gaussian, pose, slopes_of_logs

YEAR = 2012


@pytest.fixture(scope="module")
def pack() -> Pack:
    return load_pack("peru")


@pytest.fixture(scope="module")
def posed(pack: Pack) -> Posed:
    return pose(pack, [YEAR])


@pytest.fixture(scope="module")
def found(posed: Posed) -> Findings:
    return find(posed)


def log_of(posed: Posed, name: str) -> tuple[float, float]:
    """Return mode and standard deviation of the log of a quantity, as solved."""
    normal = solve_gauss_newton(posed.problem)
    at = posed.graph.index[(name, YEAR)]
    weights = slopes_of_logs(posed.problem, normal)[at]
    variance = linear_gaussian(posed.problem, normal).solution.estimate(weights)[1]
    return float(posed.graph.logs_of(normal.mode[: posed.graph.size, None])[at, 0]), float(np.sqrt(variance))


def test_every_row_stands_on_one_side(posed: Posed) -> None:
    sides = side_rows(posed)
    rows = [term.row for term in posed.problem.terms]
    assert sorted([*sides["supply"], *sides["demand"]]) == sorted(rows)


def test_supply_side_is_the_balance_without_demand(pack: Pack, posed: Posed, found: Findings) -> None:
    """Node splitting is closed form about the common mode; solving without demand says nearly the same."""
    conflict = found.conflict[0]
    demand = set(conflict.demand_rows)
    terms = tuple(term for term in posed.selection.terms if term.row not in demand)
    alone, sd = log_of(pose(pack, [YEAR], selection=Selection(terms, ())), conflict.name)
    assert abs(np.log(conflict.supply[1]) - alone) < 0.3 * sd
    assert conflict.demand is not None
    assert conflict.p_value is not None
    assert 0 < conflict.p_value <= 1
    low, _, high = conflict.demand
    assert low < conflict.demand[1] < high


def test_posterior_lies_between_the_sides(posed: Posed, found: Findings) -> None:
    conflict = found.conflict[0]
    assert conflict.demand is not None
    middle = np.exp(log_of(posed, conflict.name)[0])
    low, high = sorted([conflict.supply[1], conflict.demand[1]])
    assert low < middle < high


def test_conflict_shows_when_a_side_is_moved(pack: Pack, posed: Posed) -> None:
    """Demand figures divided by twenty-five: p falls below 1 percent."""
    demand = set(side_rows(posed)["demand"])
    terms = tuple(
        replace(term, value=term.value / 25) if term.row in demand and "share" not in term.key[0] else term
        for term in posed.selection.terms
    )
    moved = find(pose(pack, [YEAR], selection=Selection(terms, ()))).conflict[0]
    assert moved.p_value is not None
    assert moved.p_value < 0.01


def test_source_left_out_is_solved_again(pack: Pack, posed: Posed, found: Findings) -> None:
    assert {item.source for item in found.without_source} == {term.bias[0] for term in posed.selection.terms}
    first = found.without_source[0]
    without = pose(pack, [YEAR], selection=posed.selection.without_source(first.source))
    for name in found.totals:
        (mode, sd), (left, wider) = log_of(posed, name), log_of(without, name)
        assert first.shift[name] == pytest.approx((left - mode) / sd, abs=1e-6)
        assert first.widening[name] == pytest.approx(wider / sd, rel=1e-6)
        assert first.median[name] == pytest.approx(np.exp(left), rel=1e-6)


def test_a_datum_removes_what_was_expected(pack: Pack, posed: Posed, found: Findings) -> None:
    """A figure that comes out as the balance expects leaves the mode: the reduction is then exact."""
    best = next(item for item in found.next if item.source == NEW_SOURCE)
    assert found.next[0].reduction[found.totals[0]] >= best.reduction[found.totals[0]]
    free = posed.problem.anchor.free
    at_mode = float(np.exp(log_of(posed, best.measures)[0]))
    own = float(np.sqrt(best.error**2 - free**2))
    new = Term("new", (best.measures, YEAR), at_mode, own, ("new", "new", "new"), "academic", 0.0, "")
    more = pose(pack, [YEAR], selection=replace(posed.selection, terms=(*posed.selection.terms, new)))
    for name in found.totals:
        left = (log_of(more, name)[1] / log_of(posed, name)[1]) ** 2
        assert 1 - left == pytest.approx(best.reduction[name], abs=1e-6)


def test_candidates_are_of_kinds_that_exist(pack: Pack, found: Findings) -> None:
    assert pack.balance is not None
    kinds = {entry.measures.partition("[")[0] for entry in pack.balance.data}
    for item in found.next:
        assert item.measures.partition("[")[0] in kinds
        assert item.rows >= 1
        assert all(0 <= share < 1 for share in item.reduction.values())
    first = [item.reduction[found.totals[0]] for item in found.next]
    assert first == sorted(first, reverse=True)


def test_several_years_give_a_conflict_each(pack: Pack) -> None:
    found = find(pose(pack, [2011, 2012]))
    assert [item.year for item in found.conflict] == [2011, 2012]
    assert found.year == 2012


def test_no_demand_data_is_no_conflict(pack: Pack, posed: Posed) -> None:
    supply = set(side_rows(posed)["supply"])
    terms = tuple(term for term in posed.selection.terms if term.row in supply)
    conflict = find(pose(pack, [YEAR], selection=Selection(terms, ()))).conflict[0]
    assert (conflict.demand, conflict.z, conflict.p_value) == (None, None, None)


def test_totals_that_the_balance_lacks_are_refused(pack: Pack, posed: Posed) -> None:
    assert pack.balance is not None
    for totals, word in (((), "none"), (("nothing",), "nothing")):
        other = replace(pack, balance=pack.balance.model_copy(update={"totals": totals}))
        with pytest.raises(DataError, match=word) as caught:
            find(replace(posed, pack=other))
        assert caught.value.code == "Y242"


def test_plain_data_is_json(found: Findings) -> None:
    body = findings_as_dict(found)
    assert set(body) == {"conflict", "without_source", "next"}
    assert json.loads(json.dumps(body, allow_nan=False)) == json.loads(json.dumps(body))
