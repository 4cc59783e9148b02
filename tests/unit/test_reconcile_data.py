"""Which rows are data of a balance, how wrong each may be, and what is refused."""

from __future__ import annotations

import math
from dataclasses import replace as changed
from pathlib import Path

import pytest
from pack_copy import append, copy_pack, replace

from yupana.core.errors import DataError, UsageError
from yupana.evidence import Pack, load_pack
from yupana.evidence.ledger import Ledger
from yupana.evidence.reconcile.build import build_graph
from yupana.evidence.reconcile.data import Selection, bias_sd, select_data

YEAR = 2010
SURVEY, AGENCY = "coca-area-exampleland-2010-survey", "coca-area-exampleland-2010-agency"
LEAF = "leaf-output-exampleland-2010-survey"
YIELD = "leaf-yield-exampleland-2010-survey"
POLICE = "cocaine-seized-exampleland-2010-police"


def chosen(pack: Pack, *years: int) -> Selection:
    return select_data(pack, build_graph(pack, years or (YEAR,)))


@pytest.fixture(scope="module")
def pack() -> Pack:
    return load_pack("exampleland")


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    return copy_pack(tmp_path, priors=None)


def rows(selection: Selection) -> set[str]:
    return {term.row for term in selection.terms}


def test_what_is_used_and_what_is_not(pack: Pack) -> None:
    found = chosen(pack)
    assert rows(found) == {SURVEY, AGENCY, YIELD, POLICE}
    assert dict(found.left_out)[LEAF] == f"derived from {SURVEY}, which is there"


def test_low_confidence_never_counts(pack: Pack) -> None:
    found = chosen(pack, 2012)
    assert "cocaine-seized-exampleland-2012-herald" not in rows(found)
    assert "low confidence" in dict(found.left_out)["cocaine-seized-exampleland-2012-herald"]


def test_a_derived_row_counts_where_its_parents_do_not(pack: Pack) -> None:
    kept = Ledger((row for row in pack.ledger if row.id != SURVEY and row.id != YIELD), pack.sources)
    orphan = pack.ledger[LEAF].model_copy(update={"derived_from": ()})
    kept = Ledger((orphan if row.id == LEAF else row for row in kept), pack.sources)
    found = chosen(changed(pack, ledger=kept))
    assert LEAF in rows(found)


def test_adding_a_derived_row_beside_its_parent_raises(pack: Pack) -> None:
    graph = build_graph(pack, (YEAR,))
    with pytest.raises(DataError, match="derived from stand together") as caught:
        select_data(pack, graph).with_row(pack, graph, LEAF)
    assert caught.value.code == "Y213"


def test_adding_a_row_twice_or_unverified_raises(pack: Pack) -> None:
    graph = build_graph(pack, (2012,))
    found = select_data(pack, graph)
    for row, code in ((found.terms[0].row, "Y213"), ("cocaine-seized-exampleland-2012-herald", "Y214")):
        with pytest.raises(DataError) as caught:
            found.with_row(pack, graph, row)
        assert caught.value.code == code


def test_adding_a_row_that_measures_nothing_raises(pack: Pack) -> None:
    graph = build_graph(pack, (YEAR,))
    for row, code in (("leaf-price-exampleland-2010-survey", "Y245"), ("no-such-row", "Y223")):
        with pytest.raises(UsageError) as caught:
            select_data(pack, graph).with_row(pack, graph, row)
        assert caught.value.code == code


def test_a_row_taken_out_can_be_added_again(pack: Pack) -> None:
    graph = build_graph(pack, (YEAR,))
    every = select_data(pack, graph)
    fewer = changed(every, terms=tuple(term for term in every.terms if term.row != AGENCY))
    assert rows(fewer.with_row(pack, graph, AGENCY)) == rows(every)
    assert rows(every.without_source("us")) == rows(fewer)


def test_an_unlike_basis_raises(copy: Path) -> None:
    replace(
        copy / "quantities.yaml",
        "{variable: seizures_home, purity: hydrochloride}",
        "{variable: seizures_home}",
    )
    with pytest.raises(DataError) as caught:
        chosen(load_pack(copy))
    assert caught.value.code == "Y243"
    assert POLICE in caught.value.where


def test_errors_follow_range_pedigree_and_rounding(pack: Pack) -> None:
    terms = {term.row: term for term in chosen(pack).terms}
    assert terms[SURVEY].sd == pytest.approx(math.log(15510 / 12690) / (2 * 1.6448536269514722))
    assert terms[AGENCY].sd == pytest.approx(math.hypot(0.10, 50 / math.sqrt(3) / 17500))
    assert terms[AGENCY].shared == 0.0
    # purity 0.7 to 0.95 is an error of the conversion, shared by all rows of that source
    assert terms[POLICE].value == pytest.approx(6.1 * 0.85)
    assert terms[POLICE].shared == pytest.approx(math.log(0.95 / 0.70) / (2 * 1.6448536269514722))


def test_carried_rows_err_more_with_the_years(pack: Pack) -> None:
    near = {term.row: term for term in chosen(pack).terms}[YIELD]
    far = {term.row: term for term in chosen(pack, 2012).terms}[YIELD]
    assert far.sd == pytest.approx(math.hypot(near.sd, 0.05 * math.sqrt(2)))
    assert "2 years away" in far.note
    assert YIELD not in rows(chosen(pack, 2013))


def test_biases_are_of_source_country_and_quantity(pack: Pack) -> None:
    terms = {term.row: term for term in chosen(pack).terms}
    assert terms[SURVEY].bias == ("un", "exampleland", "coca_area")
    assert terms[AGENCY].bias == ("us", "exampleland", "coca_area")
    assert terms[POLICE].bias[0] == "Exampleland police"
    assert pack.balance is not None
    anchors = {name: pack.balance.anchor(name) for name in ("agnostic", "trust-un", "trust-us")}
    assert [bias_sd(terms[SURVEY], anchor) for anchor in anchors.values()] == [0.2, 0.03, 0.2]
    assert [bias_sd(terms[AGENCY], anchor) for anchor in anchors.values()] == [0.2, 0.2, 0.03]


def test_of_two_vintages_the_later_counts(copy: Path) -> None:
    append(
        copy / "evidence/ledger.csv",
        "coca-area-exampleland-2010-late,coca_area,exampleland,2010,,,15000,,,ha,,stock,,survey,2013,,"
        "retrieved,3,high,",
    )
    found = chosen(load_pack(copy))
    assert "coca-area-exampleland-2010-late" in rows(found)
    assert SURVEY not in rows(found)
    assert "later vintage" in dict(found.left_out)[SURVEY]


def test_a_bound_is_no_figure(copy: Path) -> None:
    replace(copy / "evidence/ledger.csv", "2010,,,17500,,,ha", "2010,,,17500,,17500,ha")
    found = chosen(load_pack(copy))
    assert AGENCY not in rows(found)
    assert "bound" in dict(found.left_out)[AGENCY]


def test_what_a_prior_cites_is_no_data(copy: Path) -> None:
    replace(copy / "balance.yaml", 'reason: "invented"}', f'reason: "invented", sources: [{YIELD}]}}')
    found = chosen(load_pack(copy))
    assert YIELD not in rows(found)
    assert "in the prior already" in dict(found.left_out)[YIELD]


def test_one_measurement_told_twice_counts_once(copy: Path) -> None:
    append(
        copy / "evidence/ledger.csv",
        "coca-area-exampleland-2010-told,coca_area,exampleland,2010,,,17500,,,ha,,stock,,herald,2012,,"
        "secondary,1,medium,",
    )
    found = chosen(load_pack(copy))
    assert AGENCY in rows(found)
    assert dict(found.left_out)["coca-area-exampleland-2010-told"] == f"the same measurement as {AGENCY}"
