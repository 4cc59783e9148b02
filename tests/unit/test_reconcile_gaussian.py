"""The linear balance below every reconciliation: textbook formulas, exact equations, units, refusals."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from yupana.core.errors import DataError
from yupana.evidence.reconcile.gaussian import LinearGaussian, z_limit


def balance(correlated: bool = False) -> LinearGaussian:
    """Return four unknowns with a prior, six data and one equation, all made up."""
    rng = np.random.default_rng(20121231)
    root = rng.normal(size=(4, 4))
    error = rng.normal(size=(6, 6)) if correlated else np.diag(rng.uniform(0.5, 2.0, 6))
    return LinearGaussian(
        names=("a", "b", "c", "d"),
        rows=tuple(f"row {index}" for index in range(6)),
        design=rng.normal(size=(6, 4)),
        values=rng.normal(3.0, 2.0, 6),
        error_cov=error @ error.T + 0.1 * np.eye(6),
        prior_mean=rng.normal(2.0, 1.0, 4),
        prior_cov=root @ root.T + 0.2 * np.eye(4),
    )


def textbook(given: LinearGaussian) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Return posterior mean and covariance, innovation and its covariance, by the formula with a gain."""
    assert given.prior_cov is not None
    assert given.prior_mean is not None
    spread = given.design @ given.prior_cov @ given.design.T + given.errors
    innovation = given.values - given.design @ given.prior_mean
    gain = given.prior_cov @ given.design.T @ np.linalg.inv(spread)
    mean = given.prior_mean + gain @ innovation
    return mean, given.prior_cov - gain @ given.design @ given.prior_cov, innovation, spread


@pytest.mark.parametrize("correlated", [False, True])
def test_posterior_and_tests_agree_with_the_gain_formula(correlated: bool) -> None:
    given = balance(correlated)
    mean, cov, innovation, spread = textbook(given)
    found = given.solution
    np.testing.assert_allclose(found.mean, mean, rtol=1e-9)
    np.testing.assert_allclose(found.cov, cov, rtol=1e-8, atol=1e-12)
    inverse = np.linalg.inv(spread)
    assert found.chi2 == pytest.approx(innovation @ inverse @ innovation, rel=1e-9)
    assert found.degrees == 6
    np.testing.assert_allclose(found.z, inverse @ innovation / np.sqrt(np.diag(inverse)), rtol=1e-8)


def test_variances_alone_are_a_diagonal_covariance() -> None:
    given = balance()
    alone = replace(given, error_cov=np.diag(given.error_cov).copy())
    full = replace(given, error_cov=np.diag(alone.error_cov))
    for name in ("mean", "cov", "z", "redundancy"):
        np.testing.assert_allclose(
            getattr(alone.solution, name), getattr(full.solution, name), rtol=1e-10, atol=1e-13
        )


def test_z_is_the_datum_against_all_others() -> None:
    given = balance(correlated=False)
    given = replace(given, error_cov=np.diag(given.error_cov).copy())
    for index, row in enumerate(given.rows):
        others = given.without([row]).solution
        mean, variance = others.estimate(given.design[index])
        expected = (given.values[index] - mean) / np.sqrt(variance + given.error_cov[index])
        assert given.solution.z[index] == pytest.approx(expected, rel=1e-8)


def test_equation_is_the_limit_of_an_ever_better_datum() -> None:
    given = balance()
    equation = np.array([[1.0, -1.0, 2.0, 0.0]])
    exact = replace(given, equations=equation, targets=np.array([0.7])).solution
    near = replace(
        given,
        rows=(*given.rows, "nearly exact"),
        design=np.vstack([given.design, equation]),
        values=np.append(given.values, 0.7),
        error_cov=np.pad(given.error_cov, (0, 1)) + np.diag([0.0] * 6 + [1e-12]),
    ).solution
    np.testing.assert_allclose(exact.mean, near.mean, rtol=1e-6)
    np.testing.assert_allclose(exact.cov, near.cov, atol=1e-8)
    assert (equation @ exact.mean)[0] == pytest.approx(0.7, rel=1e-12)
    assert (equation @ exact.cov @ equation.T)[0, 0] == pytest.approx(0.0, abs=1e-12)


def test_precision_is_the_inverse_of_a_covariance() -> None:
    given = balance()
    assert given.prior_cov is not None
    other = replace(given, prior_cov=None, prior_precision=np.linalg.inv(given.prior_cov)).solution
    np.testing.assert_allclose(other.mean, given.solution.mean, rtol=1e-8)
    assert other.chi2 == pytest.approx(given.solution.chi2, rel=1e-8)


def test_prior_on_some_unknowns_only() -> None:
    """A flat direction takes one datum to place it: that datum tests nothing."""
    given = LinearGaussian(
        ("known", "unknown"),
        ("first", "second"),
        np.array([[1.0, 0.0], [0.0, 1.0]]),
        np.array([12.0, 70.0]),
        np.array([4.0, 9.0]),
        prior_mean=np.array([10.0, 0.0]),
        prior_precision=np.diag([0.25, 0.0]),
    ).solution
    np.testing.assert_allclose(given.mean, [11.0, 70.0])
    assert given.degrees == 1
    assert given.chi2 == pytest.approx(4.0 / 8.0)
    assert np.isnan(given.z[1])
    assert given.redundancy[1] == pytest.approx(0.0, abs=1e-12)
    assert given.z[0] == pytest.approx(2.0 / np.sqrt(8.0))


def test_unmeasured_flow_follows_from_the_equation() -> None:
    given = LinearGaussian(
        ("in", "out", "lost"),
        ("in", "out"),
        np.eye(2, 3),
        np.array([100.0, 93.0]),
        np.array([4.0, 5.0]),
        equations=np.array([[1.0, -1.0, -1.0]]),
        targets=np.zeros(1),
    ).solution
    np.testing.assert_allclose(given.mean, [100.0, 93.0, 7.0])
    assert given.sd[2] == pytest.approx(3.0)
    assert (given.degrees, given.p_value) == (0, 1.0)
    assert not given.flagged.any()


@pytest.mark.parametrize("flat", [True, False])
def test_units_change_nothing(flat: bool) -> None:
    given = replace(balance(), equations=np.array([[1.0, -1.0, 2.0, 0.0]]), targets=np.array([0.7]))
    if flat:
        given = replace(given, prior_cov=None, prior_mean=None)
    column, row = np.array([1e7, 1e-6, 0.4536, 31.1034768]), np.array([1e-9, 1.0, 1e5, 3.0, 0.01, 7.0])
    odd = replace(
        given,
        design=row[:, None] * given.design / column,
        values=row * given.values,
        error_cov=given.errors * np.outer(row, row),
        prior_mean=None if given.prior_mean is None else given.prior_mean * column,
        prior_cov=None if given.prior_cov is None else given.prior_cov * np.outer(column, column),
        equations=np.array([[1e4, -1e4, 2e4, 0.0]]) / column,
        targets=np.array([0.7e4]),
    ).solution
    plain = given.solution
    np.testing.assert_allclose(odd.mean / column, plain.mean, rtol=1e-9)
    np.testing.assert_allclose(odd.sd / column, plain.sd, rtol=1e-9)
    np.testing.assert_allclose(odd.z, plain.z, rtol=1e-9)
    assert odd.chi2 == pytest.approx(plain.chi2, rel=1e-9)


def test_false_flags_are_rare_on_clean_data() -> None:
    """2,000 clean sets: at most 5 percent hold a flag, within three Monte Carlo errors."""
    rng = np.random.default_rng(7)
    given = replace(balance(), error_cov=np.array([0.2, 0.5, 1.0, 1.0, 2.0, 0.1]))
    assert given.prior_cov is not None
    assert given.prior_mean is not None
    root, flags = np.linalg.cholesky(given.prior_cov), 0
    for _ in range(2000):
        truth = given.prior_mean + root @ rng.normal(size=4)
        values = given.design @ truth + np.sqrt(given.error_cov) * rng.normal(size=6)
        flags += bool(replace(given, values=values).solution.flagged.any())
    assert flags / 2000 <= 0.05 + 3 * np.sqrt(0.05 * 0.95 / 2000)


def test_limit_grows_with_the_number_of_data() -> None:
    assert z_limit(1) == pytest.approx(1.959964, abs=1e-6)
    assert z_limit(1) < z_limit(10) < z_limit(100)


@pytest.mark.parametrize(
    ("change", "code", "word"),
    [
        ({"values": np.array([1.0, 2.0])}, "Y247", "values"),
        ({"design": np.full((6, 4), np.nan)}, "Y247", "design"),
        ({"error_cov": np.array([1.0, 1.0, 0.0, 1.0, 1.0, 1.0])}, "Y247", "row 2"),
        ({"prior_cov": np.ones((4, 4))}, "Y247", "positive definite"),
        ({"prior_cov": None, "design": np.ones((6, 4))}, "Y248", "a, b, c, d"),
        (
            {"equations": np.array([[1.0, 1, 0, 0], [1.0, 1, 0, 0]]), "targets": np.array([1.0, 2.0])},
            "Y248",
            "contradict",
        ),
        ({"equations": np.ones((1, 4))}, "Y247", "together"),
    ],
)
def test_refusals_name_the_fault(change: dict, code: str, word: str) -> None:
    with pytest.raises(DataError) as caught:
        _ = replace(balance(), **change).solution
    assert caught.value.code == code
    assert word in str(caught.value)
