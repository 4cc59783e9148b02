"""Reconciliation against published answers; each test names the paper or book that prints them."""

from __future__ import annotations

import numpy as np
import pytest

from yupana.evidence.reconcile.gaussian import LinearGaussian

FLOWS = ("feed", "hot", "bypass", "heated", "valve", "mixed")
MEASURED = np.array([101.91, 64.45, 34.65, 64.20, 36.44, 98.88])
NODES = np.array(
    [
        [1.0, -1.0, -1.0, 0.0, 0.0, 0.0],  # splitter
        [0.0, 1.0, 0.0, -1.0, 0.0, 0.0],  # exchanger
        [0.0, 0.0, 1.0, 0.0, -1.0, 0.0],  # valve
        [0.0, 0.0, 0.0, 1.0, 1.0, -1.0],  # mixer
    ]
)


def readings(values: tuple[float, ...], sd: tuple[float, ...]) -> LinearGaussian:
    """Return one flow read several times, nothing known before."""
    rows = tuple(f"reading {index + 1}" for index in range(len(values)))
    return LinearGaussian(
        ("flow",), rows, np.ones((len(values), 1)), np.array(values), np.square(np.array(sd))
    )


def bypass(unit: np.ndarray | None = None) -> LinearGaussian:
    """Return the heat exchanger with a bypass; `unit` puts each flow's figures in a unit of its own."""
    unit = np.ones(6) if unit is None else unit
    return LinearGaussian(
        FLOWS,
        FLOWS,
        np.eye(6),
        MEASURED * unit,
        unit**2,
        equations=NODES / unit,
        targets=np.zeros(4),
    )


def test_two_readings_of_one_flow() -> None:
    """Narasimhan and Jordache (2000), Data Reconciliation and Gross Error Detection: the weighted mean."""
    found = readings((100.0, 110.0), (10.0, 10.0)).solution
    np.testing.assert_allclose(found.fitted, [105.0, 105.0], rtol=1e-12)
    assert found.sd[0] == pytest.approx(7.0711, abs=5e-5)
    assert found.chi2 == pytest.approx(0.5, rel=1e-12)
    assert found.degrees == 1
    assert not found.flagged.any()


def test_two_readings_of_unlike_precision() -> None:
    """Narasimhan and Jordache (2000): the better instrument weighs by its inverse variance."""
    found = readings((100.0, 110.0), (5.0, 10.0)).solution
    assert found.mean[0] == pytest.approx(102.0, rel=1e-12)
    assert found.sd[0] == pytest.approx(4.4721, abs=5e-5)


def test_gross_error_is_flagged() -> None:
    """Mah and Tamhane (1982), AIChE Journal 28: a reading ten times the other fails every test."""
    found = readings((100.0, 1100.0), (10.0, 10.0)).solution
    assert found.chi2 == pytest.approx(5000.0, rel=1e-12)
    assert found.p_value < 1e-300
    assert found.flagged.all()
    np.testing.assert_allclose(np.abs(found.z), 1000 / np.sqrt(200), rtol=1e-12)


def test_heat_exchanger_with_bypass() -> None:
    """Narasimhan and Jordache (2000), the heat exchanger with bypass that runs through the book."""
    found = bypass().solution
    np.testing.assert_allclose(found.mean, [100.22, 64.50, 35.72, 64.50, 35.72, 100.22], atol=0.005)
    # The measurements give 6.4075 exactly, half-way between two printed figures; the book prints 6.407.
    assert found.chi2 == pytest.approx(6.4075, rel=1e-9)
    assert found.degrees == 4
    assert found.p_value == pytest.approx(0.171, abs=5e-4)
    np.testing.assert_allclose(NODES @ found.mean, 0.0, atol=1e-9 * 100)
    assert not found.flagged.any()


def test_measurement_test_is_adjustment_over_its_error() -> None:
    """Mah and Tamhane (1982), AIChE Journal 28: adjustments V A' (A V A')^-1 A y over their errors, V = I."""
    found = bypass().solution
    gain = NODES.T @ np.linalg.inv(NODES @ NODES.T)
    adjustment = gain @ NODES @ MEASURED
    np.testing.assert_allclose(found.z, adjustment / np.sqrt(np.diag(gain @ NODES)), rtol=1e-10)
    np.testing.assert_allclose(found.redundancy, np.diag(gain @ NODES), rtol=1e-10)


def test_units_change_nothing() -> None:
    """Narasimhan and Jordache (2000), the same network with every flow in a unit of its own."""
    unit = np.array([1e6, 1e-3, 0.45359237, 1.0, 1e9, 32.1507466])
    plain, odd = bypass().solution, bypass(unit).solution
    np.testing.assert_allclose(odd.mean / unit, plain.mean, rtol=1e-9)
    np.testing.assert_allclose(odd.cov / np.outer(unit, unit), plain.cov, rtol=1e-9, atol=1e-12)
    np.testing.assert_allclose(odd.z, plain.z, rtol=1e-9)
    assert odd.chi2 == pytest.approx(plain.chi2, rel=1e-9)
