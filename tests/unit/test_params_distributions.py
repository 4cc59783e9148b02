"""Families of distributions against closed forms, SciPy and finite differences."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import integrate, stats

from yupana.core.errors import DataError
from yupana.params import FAMILIES, Distribution
from yupana.params.distributions import Z95

CASES = {
    "normal": {"q05": [-3.0, 0.1], "q95": [1.0, 0.2]},
    "lognormal": {"q05": [0.01, 50.0], "q95": [0.3, 200.0]},
    "logitnormal": {"q05": [0.1, -2.0], "q95": [0.5, 6.0], "lower": [0.0, -3.0], "upper": [0.6, 20.0]},
    "uniform": {"q05": [0.1, -5.0], "q95": [0.5, 30.0]},
}
POINTS = np.linspace(-4, 4, 41)


def make(family: str, element: int | None = None) -> Distribution:
    numbers = CASES[family]
    if element is not None:
        numbers = {name: values[element] for name, values in numbers.items()}
    return Distribution.from_quantiles(family, **numbers)


def reference(family: str, element: int) -> stats.rv_continuous | None:
    """The same distribution by SciPy; it has no logit-normal."""
    numbers = {name: values[element] for name, values in CASES[family].items()}
    low, high = numbers["q05"], numbers["q95"]
    if family == "normal":
        return stats.norm((low + high) / 2, (high - low) / 2 / Z95)
    if family == "lognormal":
        return stats.lognorm(np.log(high / low) / 2 / Z95, scale=np.sqrt(low * high))
    if family == "uniform":
        width = (high - low) / 0.9
        return stats.uniform(low - 0.05 * width, width)
    return None


@pytest.mark.parametrize("family", FAMILIES)
def test_quantiles_are_those_given(family: str) -> None:
    found = make(family).quantile(np.array([[0.05, 0.95], [0.05, 0.95]]))
    np.testing.assert_allclose(found[:, 0], CASES[family]["q05"], rtol=1e-12)
    np.testing.assert_allclose(found[:, 1], CASES[family]["q95"], rtol=1e-12)


@pytest.mark.parametrize(("dtype", "within"), [(np.float64, 1e-9), (np.float32, 5e-3)])
@pytest.mark.parametrize("family", FAMILIES)
def test_points_survive_the_round_trip(family: str, dtype: type, within: float) -> None:
    # 5e-3: a float32 near an upper bound has 2e-7 of its share left, where a normal quantile is that coarse
    z = np.tile(POINTS.astype(dtype), (2, 1))
    x = make(family).from_normal(z)
    back = make(family).to_normal(x)
    assert x.dtype == back.dtype == dtype
    np.testing.assert_allclose(back, z, atol=within)


@pytest.mark.parametrize("element", [0, 1])
@pytest.mark.parametrize("family", ["normal", "lognormal", "uniform"])
def test_quantile_and_density_are_those_of_scipy(family: str, element: int) -> None:
    ours, theirs = make(family, element), reference(family, element)
    p = np.linspace(0.001, 0.999, 37)
    x = theirs.ppf(p)
    np.testing.assert_allclose(ours.quantile(p), x, rtol=1e-10, atol=1e-12)
    np.testing.assert_allclose(ours.log_density(x), theirs.logpdf(x), rtol=1e-10, atol=1e-10)


def test_logitnormal_density_is_that_of_its_definition() -> None:
    ours = make("logitnormal", 0)
    x = np.linspace(0.01, 0.59, 30)
    logit = np.log(x / (0.6 - x))
    want = stats.norm(float(ours.loc), float(ours.scale)).logpdf(logit) + np.log(0.6 / (x * (0.6 - x)))
    np.testing.assert_allclose(ours.log_density(x), want, rtol=1e-10)


@pytest.mark.parametrize("element", [0, 1])
@pytest.mark.parametrize("family", FAMILIES)
def test_density_integrates_to_one(family: str, element: int) -> None:
    ours = make(family, element)
    ends = ours.quantile(np.array([1e-9, 1 - 1e-9]))
    middle = ours.quantile(np.linspace(0.05, 0.95, 7))
    area, _ = integrate.quad(
        lambda x: float(np.exp(ours.log_density(np.float64(x)))), *ends, points=middle, limit=200
    )
    assert area == pytest.approx(1, abs=1e-6)


@pytest.mark.parametrize("family", FAMILIES)
def test_density_is_that_of_the_change_of_variable(family: str) -> None:
    """f(x) dx/dz = phi(z), with dx/dz by central differences."""
    ours, step = make(family), 1e-5
    z = np.tile(np.linspace(-3, 3, 13), (2, 1))
    slope = (ours.from_normal(z + step) - ours.from_normal(z - step)) / (2 * step)
    found = ours.log_density(ours.from_normal(z)) + np.log(slope)
    np.testing.assert_allclose(found, stats.norm.logpdf(z), atol=1e-7)


def test_nothing_lies_outside_the_support() -> None:
    for family, outside in (("lognormal", -1.0), ("logitnormal", 0.7), ("uniform", 99.0)):
        assert make(family, 0).log_density(outside) == -np.inf
        assert np.isnan(make(family, 0).to_normal(outside))


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("family", ["logitnormal", "uniform"])
def test_numbers_rounded_onto_a_bound_stay_invertible(family: str, dtype: type) -> None:
    ours = Distribution.from_quantiles(
        family, 0.12, 0.28, **({"lower": 0.1, "upper": 0.3} if family != "uniform" else {})
    )
    x = ours.from_normal(np.array([-40, 40], dtype=dtype))
    assert x[0] >= dtype(ours.lower)
    assert x[1] <= dtype(ours.upper)
    assert np.isfinite(ours.to_normal(x)).all()
    assert np.isfinite(ours.log_density(x)).all()


@pytest.mark.parametrize("family", FAMILIES)
def test_jax_agrees_with_numpy_and_has_the_gradient(family: str) -> None:
    import jax
    import jax.numpy as jnp

    ours, step = make(family, 0), 1e-6
    z = np.linspace(-3, 3, 13)
    slope = (ours.from_normal(z + step) - ours.from_normal(z - step)) / (2 * step)
    with jax.enable_x64(True):
        x = ours.from_normal(jnp.asarray(z))
        assert isinstance(x, jax.Array)
        assert x.dtype == jnp.float64
        np.testing.assert_allclose(x, ours.from_normal(z), rtol=1e-12)
        np.testing.assert_allclose(ours.log_density(x), ours.log_density(np.asarray(x)), rtol=1e-9)
        gradient = jax.vmap(jax.grad(ours.from_normal))(jnp.asarray(z))
        back = jax.vmap(jax.grad(ours.to_normal))(x)
    np.testing.assert_allclose(gradient, slope, rtol=1e-6)
    np.testing.assert_allclose(back * gradient, 1, rtol=1e-8)
    assert ours.from_normal(jnp.zeros(3, dtype=jnp.float32)).dtype == jnp.float32


@pytest.mark.parametrize("family", FAMILIES)
def test_gradient_of_the_density_is_finite_outside_the_support(family: str) -> None:
    import jax
    import jax.numpy as jnp

    gradient = jax.vmap(jax.grad(make(family, 0).log_density))(jnp.asarray([-9.0, 0.0, 99.0]))
    assert np.isfinite(np.asarray(gradient)).all()


def test_bounds_of_a_uniform_may_stand_for_its_quantiles() -> None:
    plain = Distribution.from_quantiles("uniform", lower=2.0, upper=4.0)
    rounded = Distribution.from_quantiles("uniform", 2.1, 3.91, 2.0, 4.0)
    np.testing.assert_allclose(plain.quantile(np.array([0.05, 0.5, 0.95])), [2.1, 3.0, 3.9])
    assert rounded.upper == plain.upper


@pytest.mark.parametrize(
    ("family", "numbers", "code", "words"),
    [
        ("normal", {"q05": 2, "q95": 1}, "Y501", "q05 is not below q95"),
        ("normal", {"q05": 1, "q95": 1}, "Y501", "q05 is not below q95"),
        ("normal", {"q05": [0, 3], "q95": [1, 2]}, "Y501", "3 and 2"),
        ("normal", {"q05": 1}, "Y501", "q05 with q95"),
        ("normal", {}, "Y501", "q05 and q95"),
        ("normal", {"q05": 0, "q95": 1, "lower": 0, "upper": 1}, "Y501", "takes no bounds"),
        ("lognormal", {"q05": 0, "q95": 1}, "Y501", "lower bound is not below q05"),
        ("lognormal", {"q05": float("nan"), "q95": 1}, "Y219", "q05 is not a finite number"),
        ("lognormal", {"q05": 1, "q95": float("inf")}, "Y219", "q95 is not a finite number"),
        ("lognormal", {"q05": 1, "q95": "many"}, "Y219", "many"),
        ("logitnormal", {"q05": 0.1, "q95": 0.2}, "Y501", "needs bounds"),
        ("logitnormal", {"q05": 0.1, "q95": 0.2, "lower": 0.1, "upper": 1}, "Y501", "not below q05"),
        ("logitnormal", {"q05": 0.1, "q95": 1, "lower": 0, "upper": 1}, "Y501", "not below the upper bound"),
        ("logitnormal", {"q05": 0.1, "q95": 0.9, "lower": 0}, "Y501", "upper"),
        ("uniform", {"lower": 1, "upper": 1}, "Y501", "lower bound is not below"),
        ("uniform", {"q05": 0.3, "q95": 0.9, "lower": 0, "upper": 1}, "Y501", "does not fit its bounds"),
        ("gamma", {"q05": 0, "q95": 1}, "Y501", "lognormal"),
        ("lognormall", {"q05": 0, "q95": 1}, "Y501", "did you mean 'lognormal'"),
    ],
)
def test_what_makes_no_distribution_is_refused(family: str, numbers: dict, code: str, words: str) -> None:
    with pytest.raises(DataError) as fault:
        Distribution.from_quantiles(family, **numbers)
    assert fault.value.code == code
    assert words in str(fault.value)
