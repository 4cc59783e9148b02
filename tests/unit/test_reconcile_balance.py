"""The balance of a pack: what its file may hold, how its links become a graph, and what `pack check` says."""

from __future__ import annotations

from dataclasses import replace as changed
from pathlib import Path

import numpy as np
import pytest
from pack_copy import copy_pack, problems_of, replace

from yupana.core.errors import DataError, UsageError
from yupana.evidence import Pack, load_pack
from yupana.evidence.reconcile.build import build_graph
from yupana.evidence.reconcile.graph import DRAWS, Graph
from yupana.evidence.reconcile.priors import NormalPrior, normal_prior, sticks_of_weights
from yupana.evidence.reconcile.result import PRIOR_BELOW
from yupana.evidence.reconcile.solve import reconcile

YEAR = 2010


@pytest.fixture(scope="module")
def pack() -> Pack:
    return load_pack("exampleland")


@pytest.fixture(scope="module")
def graph(pack: Pack) -> Graph:
    return build_graph(pack, (YEAR, YEAR + 1))


def test_slopes_are_those_of_finite_differences(graph: Graph) -> None:
    z = graph.noise[:, 0]
    _, slopes = graph.atoms_and_slopes(z)
    step = 1e-6
    moves = step * np.eye(graph.size)
    differences = (graph.atoms(z[:, None] + moves) - graph.atoms(z[:, None] - moves)) / (2 * step)
    assert np.abs(slopes - differences).max() < 1e-7


def test_three_ways_to_the_atoms_agree(graph: Graph) -> None:
    z = graph.noise[:, :5]
    by_draw = np.stack([graph.atoms_and_slopes(column)[0] for column in z.T], axis=1)
    assert np.allclose(graph.atoms(z), by_draw, rtol=0, atol=1e-12)
    assert np.allclose(graph.atoms_of_draws(z), by_draw, rtol=0, atol=1e-12)


def test_noise_is_white_and_ordered_by_nothing(graph: Graph) -> None:
    assert graph.noise.shape == (graph.size, DRAWS)
    assert np.abs(graph.noise.mean(axis=1)).max() < 1e-12
    assert np.abs(graph.noise @ graph.noise.T / DRAWS - np.eye(graph.size)).max() < 1e-12


def test_prior_quantiles_come_back(graph: Graph, pack: Pack) -> None:
    """A quantity with a prior has the quantiles that the pack states, within Monte Carlo error."""
    assert pack.balance is not None
    area = next(entry for entry in pack.balance.quantities if entry.name == "coca_area")
    assert not isinstance(area.prior, str)
    logs = graph.prior_logs[graph.index[("coca_area", YEAR - 1)]]
    # three standard errors of a 5 percent point of DRAWS normal numbers, in standard deviations
    error = 3 * np.sqrt(0.05 * 0.95 / DRAWS) / 0.1031 * logs.std()
    assert np.quantile(logs, 0.05) == pytest.approx(np.log(area.prior.q05), abs=error)
    assert np.quantile(logs, 0.95) == pytest.approx(np.log(area.prior.q95), abs=error)


def test_share_prior_has_its_quantiles() -> None:
    prior = normal_prior("logitnormal", 0.88, 0.97, (0.7, 1.0), 1.0)
    ends = [prior.centre + sign * 1.6448536269514722 * prior.scale for sign in (-1, 1)]
    assert [0.7 + 0.3 / (1 + np.exp(-x)) for x in ends] == pytest.approx([0.88, 0.97], abs=1e-12)


def test_equal_certain_weights_split_equally() -> None:
    sticks = sticks_of_weights([NormalPrior(0.3, 1e-9)] * 4)
    left, parts = 1.0, []
    for stick in sticks:
        parts.append(left / (1 + np.exp(-stick.centre)))
        left -= parts[-1]
    assert [*parts, left] == pytest.approx([0.25] * 4, abs=1e-9)


def test_a_stock_has_the_year_before(graph: Graph) -> None:
    assert ("coca_area", YEAR - 1) in graph.index
    assert ("leaf_yield", YEAR - 1) not in graph.index


def test_a_walk_widens_with_the_years(pack: Pack) -> None:
    graph = build_graph(pack, tuple(range(2004, 2012)))
    at = [graph.index[("coca_area", year)] for year in (2003, 2011)]
    first, last = graph.prior_logs[at].var(axis=1)
    assert last - first == pytest.approx(8 * 0.1**2, rel=1e-6)


@pytest.mark.parametrize(
    ("old", "new", "code", "says"),
    [
        ("of: leaf_illicit, over: conversion", "of: leaf_ilicit, over: conversion", "Y242", "leaf_illicit"),
        ("prior: conversion}", "prior: conversionn}", "Y242", "did you mean 'conversion'"),
        ("ways: [port,", "ways: [prt,", "Y242", "did you mean 'port'"),
        ("free: 0.2", "fre: 0.2", "Y206", "did you mean 'free'"),
        ("walk: 0.1", "walk: -0.1", "Y207", "greater than or equal to 0"),
        ("q05: 6000, q95: 30000", "q05: 60000, q95: 30000", "Y207", "q05 < q95"),
        ("{mean: productive_area,", "{mean: productive_area, sum: lost,", "Y207", "exactly one of"),
        ("measures: seizures_home}", "measures: seizure_home}", "Y242", "did you mean 'seizures_home'"),
        ("shown: [coca_area", "shown: [coca_aera", "Y242", "did you mean 'coca_area'"),
        ("target: legal, quantity: leaf_legal_use", "target: legal, quantity: leaf_use", "Y242", "leaf_use"),
        ("name: trust-us", "name: trust-un", "Y207", "each once"),
        ("of: [productive_area, leaf_yield]", "of: [productive_area, conversion]", "Y212", "is no t"),
        ('"base_out[base_ways]", "hydr', 'leaf_illicit, "hydr', "Y212", "unlike basis"),
        ("share: legal_share", "share: coca_area", "Y242", "is no share"),
        ("of: coca_area, unit", "of: leaf_yield, unit", "Y242", "is no stock"),
    ],
)
def test_pack_check_names_what_is_wrong(tmp_path: Path, old: str, new: str, code: str, says: str) -> None:
    root = copy_pack(tmp_path, priors=None)
    replace(root / "balance.yaml", old, new)
    if code == "Y212" and "base_out" in old:
        replace(root / "balance.yaml", '{sum: "way_in[ways]"', "{sum: way_in_all")
        replace(root / "balance.yaml", '"hydrochloride_out[ways]"]}', "cocaine_output]}")
    problems = [fault for fault in problems_of(root) if "balance.yaml" in fault.where]
    assert problems
    first = next(fault for fault in problems if fault.code == code)
    assert says in str(first)
    assert "line " in first.where


def test_a_pack_without_a_balance_says_so(tmp_path: Path) -> None:
    pack = load_pack(copy_pack(tmp_path))
    assert pack.balance is None
    with pytest.raises(DataError, match="declares no balance") as caught:
        reconcile(pack, 2010)
    assert caught.value.code == "Y241"


@pytest.mark.parametrize(
    ("years", "anchor", "solver"),
    [
        ([2009, 2011], "agnostic", "linear"),
        ([], "agnostic", "linear"),
        (99999, "agnostic", "linear"),
        (range(1990, 2024), "agnostic", "linear"),
        (2010, "trust-eu", "linear"),
        (2010, "agnostic", "mcmc"),
    ],
)
def test_questions_that_cannot_be_asked(pack: Pack, years: object, anchor: str, solver: str) -> None:
    with pytest.raises(UsageError) as caught:
        reconcile(pack, years, anchor, solver)  # pyright: ignore[reportArgumentType]
    assert caught.value.code == "Y246"


def test_a_swapped_corridor_prior_shows_as_prior(pack: Pack) -> None:
    """The flow by an exit follows its prior wherever it goes; the contraction says that no datum speaks."""
    entry = next(item for item in pack.priors if item.name == "exit_weight_hydrochloride")
    assert entry.by is not None
    by = {**entry.by, "port": entry.by["border"], "border": entry.by["port"]}
    others = tuple(item for item in pack.priors if item is not entry)
    # by one form only, so that a swap is nothing but a swap
    swapped = changed(pack, priors=(*others, entry.model_copy(update={"by": by})))
    before, after = reconcile(pack, YEAR), reconcile(swapped, YEAR)
    port, border = (f"hydrochloride_out[{exit_}]" for exit_ in ("port", "border"))
    for found in (before, after):
        for name in (port, border):
            estimate = found.quantities[(name, YEAR)]
            assert estimate.contraction < PRIOR_BELOW
            assert estimate.is_prior

    def ratio(found: object) -> float:
        quantities = found.quantities  # pyright: ignore[reportAttributeAccessIssue]
        return quantities[(port, YEAR)].q50 / quantities[(border, YEAR)].q50

    assert ratio(before) > 1.5
    assert ratio(after) == pytest.approx(1 / ratio(before), rel=0.3)
    assert before.quantities[("coca_area", YEAR)].contraction > 0.5


def test_arrows_name_nodes_and_quantities(pack: Pack) -> None:
    found = reconcile(pack, YEAR)
    assert {flow.source for flow in found.flows} | {flow.target for flow in found.flows} <= set(found.nodes)
    assert found.nodes["way[port]"] == "Container port"
    assert all(flow.estimate.unit == "t" and flow.estimate.q05 > 0 for flow in found.flows)
    assert not any(flow.source == "way[port]" and "neighbours" in flow.target for flow in found.flows)
