"""Contraction and its words: what figures took from the spread of the priors, and how it is stored."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from fake_run import COLUMNS, ZONES

from yupana.analysis.difference_marks import mark_difference
from yupana.analysis.explain import all_coalitions, exact_shares
from yupana.fit import informed
from yupana.fit.informed import (
    ALL_PRIOR,
    DATA,
    GIVEN,
    MOSTLY_PRIOR,
    NO_MARK,
    PRIOR,
    UNKNOWN,
    Mark,
    compare,
    contraction,
    mark_of,
)
from yupana.results.marks import Marks, read_marks, write_marks
from yupana.results.result import Result

N = 20_000


def draws(sd: float, seed: int, size: int = N) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=size) * sd


@pytest.mark.parametrize(
    ("left", "word"),
    [(1.0, PRIOR), (0.97, PRIOR), (0.85, MOSTLY_PRIOR), (0.6, DATA), (0.1, DATA), (2.0, PRIOR)],
)
def test_share_of_normal_draws_is_the_variance_removed(left: float, word: str) -> None:
    mark = compare(draws(1.0, 1), draws(left, 2))
    assert mark.word == word
    assert mark.contraction is not None
    bound = 3 * informed.standard_error(1 - left**2, N, N)
    assert mark.contraction == pytest.approx(1 - left**2, abs=bound)


def test_positive_numbers_are_compared_in_logs_whatever_their_level() -> None:
    before, after = np.exp(draws(0.5, 1)), np.exp(draws(0.5, 1) + 3.0)
    assert contraction(*(np.quantile(x, informed.ENDS) for x in (before, after))) == pytest.approx(
        0.0, abs=1e-9
    )
    # the same shift of a number of either sign widens it by nothing either
    assert compare(draws(0.5, 1), draws(0.5, 1) + 3.0).contraction == pytest.approx(0.0, abs=1e-9)


def test_an_interval_down_to_almost_nothing_is_not_compared_in_logs() -> None:
    # in logs the prior would be 20 wide and every posterior would look learnt
    assert contraction([1e-9, 1.0], [0.1, 1.0]).item() == pytest.approx(1 - 0.9**2, abs=1e-6)


def test_a_number_that_the_prior_fixes_is_given() -> None:
    assert compare(np.full(100, 7.0), np.full(100, 7.0)) == Mark(GIVEN)
    assert compare(np.zeros(100), np.zeros(100)).word == GIVEN
    assert compare(np.full(100, np.nan), draws(1.0, 1)) == NO_MARK


def test_few_draws_say_about_near_a_limit_only() -> None:
    assert mark_of(0.12, 0.1).text == "about mostly prior"
    assert mark_of(0.12, 0.01).text == "mostly prior"
    assert mark_of(0.9, 0.1).text == "data"
    wide = [
        compare(draws(1.0, 2 * i, 256), draws(0.9, 2 * i + 1, 256)).contraction or 0.0 for i in range(200)
    ]
    error = informed.standard_error(1 - 0.81, 256, 256)
    assert np.std(wide) == pytest.approx(error, rel=0.2)


def told(years: range, share: float) -> informed.Informed:
    shape = {"area": (), "area[zone]": (len(ZONES),), "price": (), "income[zone]": (len(ZONES),)}
    shares = {key: np.full((len(years), *over), share) for key, over in shape.items()}
    shares["area[zone]"] = np.stack([np.full(len(years), s) for s in (0.05, 0.3, np.nan)], axis=1)
    return informed.Informed("fit-1", years[0], 1024, 1024, shares)


def manifest(prior: str = "fit fit-1", cut: bool = False) -> Any:
    scenarios = {"baseline": {}, **({"cut": {"area": 1}} if cut else {})}
    return SimpleNamespace(
        id="run-1", columns=COLUMNS, years=(2001, 2002), recipe={"prior": prior, "scenarios": scenarios}
    )


def test_marks_of_a_run_lie_in_its_folder(tmp_path: Path) -> None:
    write_marks(tmp_path, manifest(), told(range(2000, 2004), 0.8))
    marks = read_marks(tmp_path, manifest())
    assert marks.at("area", 2001).text == DATA
    assert [marks.at(f"area[{zone}]", 2002).word for zone in ZONES] == [PRIOR, MOSTLY_PRIOR, GIVEN]
    assert marks.words("price") == (DATA, DATA)
    assert "baseline" not in marks.about()
    assert "of the baseline" in read_marks(tmp_path, manifest(cut=True)).about()


def test_marks_of_another_run_or_damaged_ones_are_not_known(tmp_path: Path) -> None:
    write_marks(tmp_path, manifest(), told(range(2000, 2004), 0.8))
    other = manifest()
    other.id = "run-2"
    assert read_marks(tmp_path, other).at("area", 2001).word == UNKNOWN
    (tmp_path / "marks.npz").write_bytes(b"no")
    found = read_marks(tmp_path, manifest())
    assert found.at("area", 2001) == NO_MARK
    assert not found.known
    assert "again" in found.about()


def test_every_number_of_prior_draws_is_prior(tmp_path: Path) -> None:
    marks: Marks = read_marks(tmp_path, manifest("pack"))
    assert marks.known
    assert {marks.at("area", 2001), marks.at("area[north]", 2002)} == {ALL_PRIOR}
    assert "○ prior" in marks.about()


@pytest.mark.parametrize(
    ("until", "last", "said"), [(2016, 2030, True), (2016, 2016, False), (None, 2030, False)]
)
def test_bands_after_a_fit_say_what_they_leave_out(until: int | None, last: int, said: bool) -> None:
    made = manifest()
    made.about, made.years = {"fitted_to": until}, (last - 1, last)
    result = Result(Path("run"), made)
    assert (result.after_fit is not None) == said
    if said:
        assert "after 2016" in result.after_fit


class Twin:
    """Two groups whose worth is a sum of their effects."""

    groups = ("a", "b")

    def __init__(self, worth: dict[int, np.ndarray]) -> None:
        self.worth = worth

    def worths(self, coalitions: Any, *_: Any) -> tuple[dict[int, np.ndarray], int]:
        return {mask: self.worth[mask] for mask in coalitions}, 0


def test_shares_are_marked_by_what_the_priors_say_of_the_same_shares() -> None:
    def worth(learnt: float, seed: int) -> dict[int, np.ndarray]:
        a, b = draws(learnt, seed), draws(1.0, seed + 1)
        return {
            mask: (a if mask & 1 else 0.0) + (b if mask & 2 else 0.0) + np.zeros(N)
            for mask in all_coalitions(2)
        }

    after, before = worth(0.2, 1), worth(1.0, 5)
    game: Any = Twin(after)
    prior: Any = Twin(before)
    found = mark_difference(game, prior, after, exact_shares(2, after), (), N, 1)
    assert [mark.word for mark in found.groups] == [DATA, PRIOR]
    assert found.levels[0].word == GIVEN
    assert found.difference.contraction == pytest.approx(1 - 1.04 / 2, abs=0.05)
    own = mark_difference(game, None, after, exact_shares(2, after), (), N, 1)
    assert set(own.groups) == {ALL_PRIOR}
