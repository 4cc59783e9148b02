"""Illicit-flow accounts: identities, residence, evidence kept apart from priors, gold."""

from __future__ import annotations

import functools
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from account_cases import COUNT, balance
from pack_copy import copy_pack, problems_of

from yupana.core.errors import DataError, UsageError
from yupana.evidence.accounts.amounts import NAIVE, Amount, total
from yupana.evidence.accounts.building import build_accounts
from yupana.evidence.accounts.drawing import Bench, price_amount, row_amount
from yupana.evidence.accounts.gold import beyond_register, gold_lines, mass_of, mirror_gap
from yupana.evidence.accounts.result import PARTS, Accounts
from yupana.evidence.accounts.schema import PriceTerm
from yupana.evidence.ledger import Ledger
from yupana.evidence.loading import load_pack
from yupana.evidence.pack import Pack


@functools.cache
def peru() -> Pack:
    return load_pack("peru")


@functools.cache
def accounts(year: int = 2012) -> Accounts:
    return build_accounts(peru(), balance(year), year)


def drawn(name: str) -> np.ndarray:
    return accounts().amounts[name].draws


def test_what_stages_add_sums_to_the_border_value() -> None:
    home = ("farm_added_residents", "valley_added_residents", "border_added_residents")
    parts = [accounts().amounts[name] for name in (*home, "border_added_non_residents")]
    np.testing.assert_allclose(total(parts).draws, drawn("product_border"), rtol=1e-9)


def test_residents_and_non_residents_are_the_whole() -> None:
    valley = drawn("hydrochloride_valley") + drawn("base_valley")
    both = drawn("border_added_residents") + drawn("border_added_non_residents")
    np.testing.assert_allclose(both, drawn("product_border") - valley, rtol=1e-9, atol=1e-9)
    np.testing.assert_allclose(drawn("inward") + drawn("foreign_at_home"), drawn("product_border"), rtol=1e-9)


def test_what_is_passed_on_at_home_is_what_makers_sell_and_no_flow() -> None:
    valley = drawn("hydrochloride_valley") + drawn("base_valley")
    np.testing.assert_allclose(drawn("passed_on"), valley, rtol=1e-9)
    assert accounts()["passed_on"].account == "income"
    with pytest.raises(DataError, match="unlike account"):
        total([accounts().amounts["inward"], accounts().amounts["passed_on"]])


def test_sales_of_all_stages_stand_apart_and_are_no_account() -> None:
    line = accounts()["sales_summed"]
    assert (line.part, line.account) == ("mistake", NAIVE)
    assert (drawn("sales_summed") > drawn("product_border")).all()
    ratio = np.median(drawn("sales_summed") / drawn("product_border"))
    assert accounts()["times_border_value"].q50 == pytest.approx(float(ratio))
    with pytest.raises(DataError):
        total([accounts().amounts["sales_summed"], accounts().amounts["product_border"]])


def test_one_price_has_one_set_of_draws_in_every_line() -> None:
    """The capital's price is the valley's times a mark-up: where one is high the other is."""
    capital, valley = np.log(drawn("product_capital")), np.log(drawn("hydrochloride_valley"))
    masses = np.log(balance().draws[:, list(balance().names).index(("cocaine_exports", 2012))])
    assert np.std(capital - valley) < 0.2 * np.std(capital)
    assert abs(np.corrcoef(capital - masses, masses)[0, 1]) < 4.0 / np.sqrt(COUNT)


def test_sales_abroad_bear_only_the_purchases_of_markets_that_have_a_price() -> None:
    """Three of five equal markets have a price near 2012: they bought three fifths of the border value."""
    line = accounts()["wholesale_abroad"]
    assert "left out: southern_cone, rest" in line.note
    bought = drawn("wholesale_abroad") - drawn("abroad_wholesale_added_non_residents")
    np.testing.assert_allclose(bought, 0.6 * drawn("product_border"), rtol=1e-9)


def test_a_prior_mass_is_marked_and_a_measured_one_is_not() -> None:
    weak = build_accounts(peru(), balance(contraction=0.05), 2012)
    assert "mass set by the prior" in weak["leaf_farm"].marks
    assert weak["leaf_farm"].contraction == pytest.approx(0.05)
    assert accounts()["leaf_farm"].marks == ()
    assert any("share of residents judged" in mark for mark in accounts()["inward"].marks)
    dump = weak.as_dict()["lines"]
    assert next(line for line in dump if line["id"] == "leaf_farm")["prior"] is True


def test_every_known_line_rests_on_rows_and_every_other_says_why() -> None:
    for line in accounts().lines:
        if line.known and line.id != "times_border_value":
            assert line.rows, line.id
            assert all(row in peru().ledger for row in line.rows)
            assert line.q05 is not None
            assert line.q05 <= (line.q50 or 0.0) <= (line.q95 or 0.0)
        elif not line.known:
            assert line.note, line.id
            assert line.q05 is None
            assert line.q95 is None
    assert [line.part for line in accounts().lines] == sorted(
        (line.part for line in accounts().lines), key=list(PARTS).index
    )


def test_management_is_published_or_silent_never_derived() -> None:
    for year in (2012, 2014, 2015):
        found = accounts(year)
        for line in found.lines:
            if line.part == "management":
                assert line.mass == ()
                assert not line.known or line.note.startswith("as published")
    assert not any(line.known for line in accounts(2012).lines if line.part == "management")
    reported = accounts(2014)["reported_drugs"]
    index = peru().driver_series("consumer_price_us", np.array([2014, 2012])).value
    assert reported.q50 == pytest.approx(78.0 * index[1] / index[0], rel=0.01)
    assert accounts(2015)["laundered_drugs"].account == "laundered"


def test_stages_without_a_mass_or_a_price_say_so_and_the_rest_stands() -> None:
    found = build_accounts(peru(), balance(drop=("arrived[europe]", "home_use")), 2012)
    assert "arrived[europe] is not reconciled" in found["wholesale_abroad"].note
    assert not found["retail_abroad"].known
    assert "added_abroad" not in found
    assert found["inward"].known
    assert "sales_summed" in found


@pytest.mark.parametrize("gap", ["cocaine_exports", "base_shipped"])
def test_after_a_gap_in_the_chain_nothing_is_said_of_what_crosses(gap: str) -> None:
    """Without border value, or half of what the valleys sell, residents' receipts are unknown, not small."""
    found = build_accounts(peru(), balance(drop=(gap,)), 2012)
    assert not found["inward"].known
    assert "has no value" in found["inward"].note
    for name in ("passed_on", "sales_summed", "border_added_residents", "added_abroad"):
        assert name not in found
    assert ("valley_added_residents" in found) is (gap == "cocaine_exports")
    assert found["leaf_farm"].known


def test_refusals() -> None:
    with pytest.raises(UsageError) as year:
        build_accounts(peru(), balance(2012), 2011)
    assert year.value.code == "Y253"
    with pytest.raises(DataError) as none:
        build_accounts(replace(peru(), accounts=None), balance(), 2012)
    assert none.value.code == "Y252"
    with pytest.raises(DataError) as late:
        build_accounts(peru(), balance(2040), 2040)
    assert late.value.code == "Y254"


def test_an_undiluted_price_needs_its_purity() -> None:
    bench = Bench(peru(), 2012, 100)
    term = PriceTerm(variable="hcl_price", reason="a test")
    bare = price_amount(bench, term, "hcl_price")
    pure = price_amount(bench, term.model_copy(update={"purity": "hydrochloride"}), "hcl_price")
    assert bare is not None
    assert pure is not None
    assert (bare.basis, pure.basis) == ("real+hydrochloride", "real+pure")
    np.testing.assert_allclose(pure.draws * bench.purity("hydrochloride"), bare.draws, rtol=1e-12)


def test_a_carried_price_is_wider_and_marked() -> None:
    term = PriceTerm(variable="hcl_price", drift=0.2, window=3, reason="a test")
    here, later = (price_amount(Bench(peru(), year, COUNT), term, "hcl_price") for year in (2014, 2016))
    assert here is not None
    assert later is not None
    own = price_amount(Bench(peru(), 2012, COUNT), term, "hcl_price")
    assert own is not None
    assert own.marks == ()
    assert later.marks == ("price of 2017",)
    assert np.std(np.log(later.draws)) > np.std(np.log(own.draws)) + 0.1
    assert price_amount(Bench(peru(), 2030, COUNT), term, "hcl_price") is None


# Gold ------------------------------------------------------------------------------------------------------


def test_gold_beyond_the_register_is_exports_less_production() -> None:
    ledger, bench = peru().ledger, Bench(peru(), 2012, COUNT)
    worth = row_amount(bench, ledger["gold_export_value-peru-2012-snmpe"])
    price = row_amount(bench, ledger["gold_price-world-2012-gold-prices-2026"])
    made = row_amount(bench, ledger["gold_production_registered-peru-2012-gov"])
    expected = 9.5e9 / 1670.0 * 31.1034768e-6 - 161.7
    one = [replace(item, draws=np.median(item.draws, keepdims=True)) for item in (worth, price, made)]
    assert beyond_register(mass_of(one[0], one[1]), one[2]).draws[0] == pytest.approx(expected, rel=0.01)
    line = accounts()["gold_beyond_register_mass"]
    assert (line.q05 or 0.0) < expected < (line.q95 or 0.0)
    # A small difference of two large figures: its relative error is many times theirs.
    assert (line.q95 or 0.0) - (line.q05 or 0.0) > expected


def test_sums_of_several_years_become_a_marked_mean() -> None:
    bench = Bench(peru(), 2014, 50)
    row = peru().ledger["gold_exports-peru-2013-2022-convoca-2023"]
    mean = row_amount(bench, row)
    assert np.median(mean.draws) == pytest.approx(398.1, rel=0.05)
    assert "mean of the 10 years" in mean.marks[0]


def test_mirror_gap_takes_the_margin_off_imports_first() -> None:
    imports = Amount(np.array([102.0, 110.0]), "million USD", "nominal", "border_value", "border")
    exports = replace(imports, draws=np.array([100.0, 100.0]))
    np.testing.assert_allclose(mirror_gap(imports, exports, np.array([0.02, 0.1])).draws, 0.0, atol=1e-12)
    with pytest.raises(DataError):
        mirror_gap(replace(imports, basis="real"), exports, np.zeros(2))


def test_mirror_line_is_silent_without_imports_and_names_its_failure_modes_with_them() -> None:
    silent = accounts()["gold_mirror"]
    assert not silent.known
    pack = peru()
    exports = pack.ledger["gold_export_value-peru-2012-snmpe"]
    imports = exports.model_copy(
        update={"id": "imports", "quantity": "gold_import_value", "value": 10.4, "confidence": "medium"}
    )
    richer = replace(pack, ledger=Ledger([*pack.ledger, imports], pack.sources))
    assert pack.accounts is not None
    assert pack.accounts.gold is not None
    lines, amounts = gold_lines(Bench(richer, 2012, COUNT), pack.accounts.gold)
    line = next(line for line in lines if line.id == "gold_mirror")
    assert line.known
    assert "pedigree 1 of 4" in line.marks
    assert "not illegality by itself" in line.note
    for mode in pack.accounts.gold.mirror.failure_modes:
        assert mode.name in line.note
        assert mode.name in silent.note
    assert np.median(amounts["gold_mirror"].draws) == pytest.approx(10_400 / 1.01 - 9_500, rel=0.15)


# The file --------------------------------------------------------------------------------------------------

FILE = """stages:
  - id: leaf
    name: Leaf
    stage: farm
    account: farm_value
    mass: [leaf_output]
    basis: sun-dried
    prices: [{variable: leaf_price, reason: a test}]
    earner: growers
    residents: all
"""


def test_a_good_file_passes_and_is_part_of_the_pack(tmp_path: Path) -> None:
    root = copy_pack(tmp_path, priors=None)
    (root / "accounts.yaml").write_text(FILE, encoding="utf-8")
    assert problems_of(root) == []
    loaded = load_pack(root)
    assert loaded.accounts is not None
    assert "accounts.yaml" in loaded.files


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        ("leaf_price,", "leaf_prise,", "Y210"),
        ("reason: a test}", "times: mark_up, reason: a test}", "Y210"),
        ("reason: a test}", "purity: unobtainium, reason: a test}", "Y210"),
        ("reason: a test}", "}", "Y208"),
        ("farm_value", "farmvalue", "Y207"),
        ("stage: farm", "stage: moon", "Y207"),
        ("earner:", "earnr:", "Y206"),
        ("residents: all", "residents: {q05: 0.9, q95: 0.1, reason: x, pedigree: judged}", "Y207"),
        ("residents: all", "residents: none\n    abroad: true", "Y207"),
    ],
)
def test_a_broken_file_is_refused_with_its_place(old: str, new: str, code: str, tmp_path: Path) -> None:
    root = copy_pack(tmp_path, priors=None)
    assert old in FILE
    (root / "accounts.yaml").write_text(FILE.replace(old, new), encoding="utf-8")
    problems = problems_of(root)
    assert code in {problem.code for problem in problems}
    assert all("accounts.yaml" in problem.where for problem in problems)
