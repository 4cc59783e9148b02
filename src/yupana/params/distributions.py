"""Distributions given by two quantiles, each a smooth bijection from a standard normal.

Every family is ``x = link(loc + scale z)`` with ``z`` standard normal and a smooth, rising link. A draw is
therefore a point in the space of ``z``, where all parameters are alike and independent: samplers, optimisers
and gradients work there, and the same source runs on NumPy and on JAX, in float32 and in float64.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from types import ModuleType
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from yupana.core.arrays import namespace
from yupana.core.errors import DataError, did_you_mean

#: quantile of the standard normal at 0.95
Z95 = 1.6448536269514722
_LOG_ROOT_TWO_PI = 0.9189385332046727
#: given bounds and quantiles of a uniform may differ by this share of its width, so that they can be rounded
_UNIFORM_TOLERANCE = 0.01


def _special(xp: ModuleType) -> Any:
    """Return the special functions that belong to an array namespace."""
    if xp is np:
        import scipy.special

        return scipy.special
    import jax.scipy.special

    return jax.scipy.special


def _fraction(x: Any, lower: Any, upper: Any, xp: ModuleType) -> Any:
    """Return where `x` lies between the bounds, 0 to 1, kept a quarter of a rounding step off both ends.

    A number on a bound is the rounded image of a point a little inside, so it must stay invertible.
    """
    edge = float(xp.finfo(x.dtype).eps) / 4
    return xp.clip((x - lower) / (upper - lower), edge, 1 - 2 * edge)


@dataclass(frozen=True)
class Family:
    """A smooth rising map from the real line to the support, its inverse and the log of its slope.

    Attributes
    ----------
    link, unlink : functions of (values, lower, upper, array namespace).
    log_slope : log of the derivative of `link`, as a function of (x, lower, upper, array namespace).
    bounded : whether the family needs bounds.
    support : lower and upper end of the support of a family without bounds.
    """

    name: str
    link: Callable[[Any, Any, Any, ModuleType], Any]
    unlink: Callable[[Any, Any, Any, ModuleType], Any]
    log_slope: Callable[[Any, Any, Any, ModuleType], Any]
    bounded: bool
    support: tuple[float, float] = (-np.inf, np.inf)


def _between(share: Any, lower: Any, upper: Any, xp: ModuleType) -> Any:
    """Return the value at a share of the way between the bounds; rounding must not carry it beyond them."""
    return xp.clip(lower + (upper - lower) * share, lower, upper)


def _logit_unlink(x: Any, lower: Any, upper: Any, xp: ModuleType) -> Any:
    share = _fraction(x, lower, upper, xp)
    return xp.log(share) - xp.log1p(-share)


def _logit_log_slope(x: Any, lower: Any, upper: Any, xp: ModuleType) -> Any:
    share = _fraction(x, lower, upper, xp)
    return xp.log(upper - lower) + xp.log(share) + xp.log1p(-share)


def _uniform_unlink(x: Any, lower: Any, upper: Any, xp: ModuleType) -> Any:
    return _special(xp).ndtri(_fraction(x, lower, upper, xp))


def _uniform_log_slope(x: Any, lower: Any, upper: Any, xp: ModuleType) -> Any:
    y = _uniform_unlink(x, lower, upper, xp)
    return xp.log(upper - lower) - 0.5 * y * y - _LOG_ROOT_TWO_PI


NORMAL = Family(
    "normal",
    link=lambda y, lower, upper, xp: y,
    unlink=lambda x, lower, upper, xp: x,
    log_slope=lambda x, lower, upper, xp: xp.zeros_like(x),
    bounded=False,
)
LOGNORMAL = Family(
    "lognormal",
    link=lambda y, lower, upper, xp: xp.exp(y),
    unlink=lambda x, lower, upper, xp: xp.log(x),
    log_slope=lambda x, lower, upper, xp: xp.log(x),
    bounded=False,
    support=(0.0, np.inf),
)
LOGITNORMAL = Family(
    "logitnormal",
    link=lambda y, lower, upper, xp: _between(_special(xp).expit(y), lower, upper, xp),
    unlink=_logit_unlink,
    log_slope=_logit_log_slope,
    bounded=True,
)
UNIFORM = Family(
    "uniform",
    link=lambda y, lower, upper, xp: _between(_special(xp).ndtr(y), lower, upper, xp),
    unlink=_uniform_unlink,
    log_slope=_uniform_log_slope,
    bounded=True,
)

FAMILIES: dict[str, Family] = {family.name: family for family in (NORMAL, LOGNORMAL, LOGITNORMAL, UNIFORM)}
"""Families by name."""


def _columns(array: NDArray[np.float64], like: Any) -> Any:
    """Return `array` in the dtype of `like`, with an axis for each axis that `like` has to its right."""
    return array.astype(like.dtype).reshape(array.shape + (1,) * (like.ndim - array.ndim))


@dataclass(frozen=True, eq=False)
class Distribution:
    """A distribution, or an array of independent ones of one family.

    Use :meth:`from_quantiles`. Methods take arrays whose leading axes are the shape of the distribution; any
    further axes, such as draws, lie to the right. Results have the dtype and the array type of the argument.

    Attributes
    ----------
    family : Family
    loc, scale : (...,) float64, unit of the linked space. Mean and standard deviation before the link.
    lower, upper : (...,) float64, unit of the parameter. Ends of the support.

    Examples
    --------
    >>> days = Distribution.from_quantiles("lognormal", 50.0, 200.0)
    >>> round(float(days.quantile(0.5)), 6)
    100.0
    """

    family: Family
    loc: NDArray[np.float64]
    scale: NDArray[np.float64]
    lower: NDArray[np.float64]
    upper: NDArray[np.float64]

    @property
    def shape(self) -> tuple[int, ...]:
        """Shape of the array of distributions."""
        return self.loc.shape

    @classmethod
    def from_quantiles(
        cls,
        family: str,
        q05: ArrayLike | None = None,
        q95: ArrayLike | None = None,
        lower: ArrayLike | None = None,
        upper: ArrayLike | None = None,
    ) -> Distribution:
        """Return the distribution of `family` whose 5 and 95 per cent quantiles are `q05` and `q95`.

        Parameters
        ----------
        family : a name in ``FAMILIES``.
        q05, q95 : (...,), unit of the parameter. A uniform may leave them out.
        lower, upper : (...,), unit of the parameter. Bounds of a logitnormal; a uniform may have them in
            place of quantiles.

        Raises
        ------
        DataError
            Unless lower < q05 < q95 < upper hold, all are finite, and the family takes what is given.
        """
        kind = _family(family)
        given = {"q05": q05, "q95": q95, "lower": lower, "upper": upper}
        values = {name: _finite(name, value) for name, value in given.items() if value is not None}
        _check_given(kind, values)
        names, arrays = list(values), np.broadcast_arrays(*values.values())
        values = {name: np.array(array) for name, array in zip(names, arrays, strict=True)}
        if kind is UNIFORM:
            return _uniform(values)
        _rising("q05", values["q05"], "q95", values["q95"])
        low, high = values.get("lower"), values.get("upper")
        if low is None or high is None:
            low, high = (np.full(values["q05"].shape, end) for end in kind.support)
        _rising("the lower bound", low, "q05", values["q05"])
        _rising("q95", values["q95"], "the upper bound", high)
        first, last = (kind.unlink(values[name], low, high, np) for name in ("q05", "q95"))
        _rising("q05 in the space of the family", first, "q95 there", last)
        return cls(kind, (first + last) / 2, (last - first) / (2 * Z95), low, high)

    @classmethod
    def concatenate(cls, parts: Sequence[Distribution]) -> Distribution:
        """Return one flat array of distributions from several of the same family."""
        fields = ("loc", "scale", "lower", "upper")
        return cls(parts[0].family, *(np.concatenate([getattr(p, f).ravel() for p in parts]) for f in fields))

    def from_normal(self, z: Any) -> Any:
        """Return the values at the points `z` of the standard normal, smooth and rising in `z`.

        Parameters
        ----------
        z : (..., *more), dimensionless.

        Returns
        -------
        (..., *more), unit of the parameter.
        """
        xp, z = _floating(z)
        lower, upper = _columns(self.lower, z), _columns(self.upper, z)
        return self.family.link(_columns(self.loc, z) + _columns(self.scale, z) * z, lower, upper, xp)

    def to_normal(self, x: Any) -> Any:
        """Return the points of the standard normal at the values `x`; not a number outside the support."""
        xp, x = _floating(x)
        lower, upper, inside, safe = self._inside(x, xp)
        z = (self.family.unlink(safe, lower, upper, xp) - _columns(self.loc, x)) / _columns(self.scale, x)
        return xp.where(inside, z, xp.asarray(np.nan, dtype=x.dtype))

    def quantile(self, p: Any) -> Any:
        """Return the values below which a share `p` of the probability lies, 0 < p < 1."""
        xp, p = _floating(p)
        if p.ndim < len(self.shape):
            p = xp.broadcast_to(p, self.shape)
        return self.from_normal(_special(xp).ndtri(p))

    def log_density(self, x: Any) -> Any:
        """Return the log of the density with respect to `x`; minus infinity outside the support.

        log f(x) = -z^2/2 - log(scale sqrt(2 pi)) - log link'(y), with y = loc + scale z and x = link(y).
        """
        xp, x = _floating(x)
        lower, upper, inside, safe = self._inside(x, xp)
        scale = _columns(self.scale, x)
        z = (self.family.unlink(safe, lower, upper, xp) - _columns(self.loc, x)) / scale
        slope = self.family.log_slope(safe, lower, upper, xp)
        density = -0.5 * z * z - xp.log(scale) - slope - _LOG_ROOT_TWO_PI
        return xp.where(inside, density, xp.asarray(-np.inf, dtype=x.dtype))

    def _inside(self, x: Any, xp: ModuleType) -> tuple[Any, Any, Any, Any]:
        """Return the bounds, what lies within, and `x` with the median in place of what does not.

        The replacement keeps the branch that is not taken free of infinities, which would spoil gradients.
        """
        lower, upper = _columns(self.lower, x), _columns(self.upper, x)
        if self.family.bounded:
            inside = (x >= lower) & (x <= upper)
        else:
            inside = (x > lower) & (x < upper)
        median = self.family.link(_columns(self.loc, x), lower, upper, xp)
        return lower, upper, inside, xp.where(inside, x, median)


def _floating(value: Any) -> tuple[ModuleType, Any]:
    """Return the array namespace and `value` as a floating array of it."""
    xp = namespace(value)
    if xp is np:
        value = np.asarray(value)
        if not np.issubdtype(value.dtype, np.floating):
            value = value.astype(np.float64)
    return xp, value


def _family(name: str) -> Family:
    if name not in FAMILIES:
        raise DataError(
            "Unknown family of distributions",
            code="Y501",
            got=name,
            expected=", ".join(FAMILIES),
            fix=did_you_mean(str(name), FAMILIES) or None,
        )
    return FAMILIES[name]


def _finite(name: str, value: ArrayLike) -> NDArray[np.float64]:
    try:
        array = np.asarray(value, dtype=np.float64)
    except (TypeError, ValueError):
        array = np.asarray(np.nan)
    if not np.isfinite(array).all():
        raise DataError(
            f"{name} is not a finite number", code="Y219", got=str(value), expected="a finite number"
        )
    return array


def _check_given(family: Family, values: dict[str, NDArray[np.float64]]) -> None:
    """Raise unless the numbers that `family` needs are there, and no other."""
    quantiles = "q05" in values, "q95" in values
    bounds = "lower" in values, "upper" in values
    if quantiles[0] != quantiles[1] or bounds[0] != bounds[1]:
        fault, want = "One of a pair is missing", "q05 with q95, a lower with an upper bound"
    elif any(bounds) and not family.bounded:
        fault, want = "The family takes no bounds", "no bounds; logitnormal and uniform take them"
    elif family is LOGITNORMAL and not all(bounds):
        fault, want = "The family needs bounds", "bounds: [lower, upper]"
    elif family is not UNIFORM and not all(quantiles):
        fault, want = "Quantiles are missing", "q05 and q95"
    elif not values:
        fault, want = "Quantiles and bounds are missing", "q05 and q95, or bounds"
    else:
        return
    raise DataError(
        fault, code="Y501", where=f"family {family.name}", got=", ".join(values) or "nothing", expected=want
    )


def _rising(name: str, low: NDArray[np.float64], other: str, high: NDArray[np.float64]) -> None:
    wrong = ~(low < high)
    if wrong.any():
        at = np.flatnonzero(wrong.ravel())[0]
        got = f"{low.ravel()[at]:g} and {high.ravel()[at]:g}"
        raise DataError(f"{name} is not below {other}", code="Y501", got=got, expected=f"{name} < {other}")


def _uniform(values: dict[str, NDArray[np.float64]]) -> Distribution:
    """Return the uniform whose quantiles, or bounds, are given; bounds win where both are and agree."""
    if "lower" in values:
        low, high = values["lower"], values["upper"]
        _rising("the lower bound", low, "the upper bound", high)
    else:
        _rising("q05", values["q05"], "q95", values["q95"])
        margin = (values["q95"] - values["q05"]) / 18  # five of the ninety per cent between the quantiles
        low, high = values["q05"] - margin, values["q95"] + margin
    width = high - low
    for name, share in (("q05", 0.05), ("q95", 0.95)):
        off = np.abs(values.get(name, low + share * width) - (low + share * width))
        if (off > _UNIFORM_TOLERANCE * width).any():
            raise DataError(
                f"{name} of the uniform does not fit its bounds",
                code="Y501",
                got=str(values[name]),
                expected=f"{low + share * width}, or leave the quantiles out",
            )
    return Distribution(UNIFORM, np.zeros_like(low), np.ones_like(low), low, high)
