"""Hidden populations from several lists against published answers; each test names its paper."""

from __future__ import annotations

import numpy as np
import pytest

from yupana.evidence.populations import CaptureTable, specifications
from yupana.evidence.populations.intervals import bca, resample
from yupana.evidence.populations.loglinear import NO_MAXIMUM, NOT_IDENTIFIED, OK, fit, make_design
from yupana.evidence.populations.selection import family, fixed, smallest_bic, stepwise

UNITED_KINGDOM = CaptureTable.from_cells(
    {
        "LA": 54, "NG": 463, "PF": 907, "GO": 695, "GP": 316, "NCA": 57, "LA+NG": 15, "LA+PF": 19, "LA+GO": 3,
        "NG+PF": 56, "NG+GO": 19, "NG+GP": 1, "NG+NCA": 3, "PF+GO": 69, "PF+GP": 10, "PF+NCA": 31, "GO+GP": 8,
        "GO+NCA": 6, "GP+NCA": 1, "LA+NG+PF": 1, "LA+NG+GO": 1, "NG+PF+GO": 4, "NG+PF+NCA": 3, "PF+GO+NCA": 1,
        "LA+NG+PF+GO": 1,
    }
)  # fmt: skip
"""Victims of trafficking, 2013, six lists: Silverman (2014), Modern Slavery, and Silverman (2020)."""

NEW_ORLEANS = CaptureTable.from_cells(
    {
        "A": 25, "A+C": 1, "A+D": 2, "A+E": 1, "A+C+G": 1, "A+D+E": 1, "B": 5, "B+F": 1, "C": 70, "C+D": 1,
        "C+E": 1, "C+G": 1, "D": 33, "D+E": 2, "E": 6, "E+H": 1, "F": 6, "G": 6, "H": 21,
    },
    tuple("ABCDEFGH"),
)  # fmt: skip
"""Eight lists: Bales, Murphy and Silverman (2020), How many trafficked people are there in New Orleans?"""

KOSOVO = CaptureTable.from_patterns(
    {
        "1000": 1131, "0100": 845, "0010": 936, "0001": 306, "1100": 177, "1010": 228, "1001": 106,
        "0110": 217, "0101": 31, "0011": 123, "1110": 181, "1101": 18, "1011": 42, "0111": 32, "1111": 27,
    },
    ("EXH", "ABA", "OSCE", "HRW"),
)  # fmt: skip
"""Killings of 1999, four lists: Ball, Betts, Scheuren, Dudukovich and Asher (2002)."""

ARTIFICIAL = CaptureTable.from_cells({"A": 40, "B": 30, "C": 20, "A+B": 6})
"""Three lists made up to show what may fail: Chan, Silverman and Vincent (2019)."""

RESAMPLES = 1000


def counts(table: CaptureTable) -> np.ndarray:
    return table.array[1:]


def test_tables_hold_as_many_people_as_published() -> None:
    """Silverman (2020); Bales, Murphy and Silverman (2020); Ball and others (2002)."""
    assert (UNITED_KINGDOM.n, NEW_ORLEANS.n, KOSOVO.n) == (2744, 185, 4400)


@pytest.mark.parametrize(("threshold", "expected"), [(0.02, 11_418.0), (0.001, 13_181.2)])
def test_united_kingdom_stepwise(threshold: float, expected: float) -> None:
    """Chan, Silverman and Vincent (2021), on the data of Silverman (2014)."""
    found = stepwise(6, counts(UNITED_KINGDOM), threshold)
    assert found.fits.n_hat[0] == pytest.approx(expected, abs=0.1)


def test_united_kingdom_main_effects() -> None:
    """Silverman (2020)."""
    found = specifications(UNITED_KINGDOM, ["main-effects"], bootstrap=0)[0]
    assert found.n_hat == pytest.approx(12_214.0, abs=0.1)


def test_new_orleans_stepwise_selects_one_pair() -> None:
    """Bales, Murphy and Silverman (2020): 1,184 with the pair D:E; 997 with main effects alone."""
    found = stepwise(8, counts(NEW_ORLEANS), 0.02)
    assert [NEW_ORLEANS.term(mask) for mask in found.masks()] == ["D:E"]
    assert found.fits.n_hat[0] == pytest.approx(1183.7, abs=0.1)
    plain = specifications(NEW_ORLEANS, ["main-effects"], bootstrap=0)[0]
    assert plain.n_hat == pytest.approx(996.7, abs=0.1)


@pytest.mark.parametrize(("threshold", "expected"), [(0.02, (717.0, 1657.0)), (None, (644.0, 1618.0))])
def test_new_orleans_intervals(threshold: float | None, expected: tuple[float, float]) -> None:
    """Bales, Murphy and Silverman (2020): BCa, the choice of the model repeated in each resample."""
    y = counts(NEW_ORLEANS)
    design = make_design(8, ())

    def estimate(tables: np.ndarray) -> np.ndarray:
        return (stepwise(8, tables, threshold) if threshold else fixed(design, tables)).fits.n_hat

    found = bca(y, estimate, resample(y, RESAMPLES, seed=1))
    assert (found.low, found.high) == pytest.approx(expected, rel=0.10)


@pytest.mark.parametrize(("threshold", "expected"), [(0.02, 14_341.7), (0.001, 8_238.7)])
def test_kosovo_stepwise(threshold: float, expected: float) -> None:
    """Chan, Silverman and Vincent (2021), on the data of Ball and others (2002)."""
    assert stepwise(4, counts(KOSOVO), threshold).fits.n_hat[0] == pytest.approx(expected, abs=0.1)


def test_kosovo_main_effects_and_bic() -> None:
    """Silverman, Chan and Vincent (2024): the best of all hierarchical models by BIC is [123,14,34]."""
    plain, best = specifications(KOSOVO, ["main-effects", "bic-hierarchical"], bootstrap=0)
    assert plain.n_hat == pytest.approx(7_394.6, abs=0.1)
    assert set(best.terms) == {"EXH:ABA", "EXH:OSCE", "ABA:OSCE", "EXH:HRW", "OSCE:HRW", "EXH:ABA:OSCE"}
    assert best.n_hat == pytest.approx(10_357, abs=1)


def test_kosovo_interval_with_the_selection_repeated() -> None:
    """Silverman, Chan and Vincent (2024): (6900, 18000), each resample choosing among all models."""
    y = counts(KOSOVO)
    design, models, words = family(KOSOVO, "hierarchical")
    assert words == "all 113 hierarchical models"
    found = bca(
        y, lambda tables: smallest_bic(design, models, tables, "individuals").fits.n_hat,
        resample(y, RESAMPLES, seed=1),
    )  # fmt: skip
    assert (found.low, found.high) == pytest.approx((6900.0, 18_000.0), rel=0.10)


@pytest.mark.parametrize(
    ("model", "status"),
    [(("A:B", "A:C", "B:C"), NOT_IDENTIFIED), (("A:B",), NO_MAXIMUM), (("A:C", "B:C"), OK)],
)
def test_artificial_existence(model: tuple[str, ...], status: int) -> None:
    """Chan, Silverman and Vincent (2019): [12,13,23] not identified, [12,3] has no maximum, [13,23] fine."""
    design = make_design(3, [ARTIFICIAL.mask(term) for term in model])
    found = fit(design, counts(ARTIFICIAL), np.ones(len(design.terms), dtype=bool))
    assert found.status[0] == status
    if status == OK:  # lists A and B are independent given C is nobody's: 96 + 40 * 30 / 6
        assert found.n_hat[0] == pytest.approx(296.0, abs=1e-6)
    else:
        assert np.isnan(found.n_hat[0])
