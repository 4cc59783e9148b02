"""A distribution of a stated family through elicited quantiles, and how far it misses them (ohagan2006)."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from yupana.core.errors import DataError, UsageError, did_you_mean
from yupana.evidence.experts.judgements import check_quantiles

if TYPE_CHECKING:
    import numpy as np

CLOSE = 0.02
"""Largest distance in probability at which a fit is called close."""


@dataclass(frozen=True)
class Fitted:
    """A fitted distribution.

    Attributes
    ----------
    family : ``normal``, ``lognormal``, ``gamma`` or ``beta``.
    parameters : name -> value; mean and sd (of the logarithm for lognormal), shape and scale, a and b.
    low, high : ends of a beta; None for the others.
    levels, stated : (level,), what was asked for.
    reached : (level,), quantiles of the fit at those levels.
    misfit : largest distance between stated and fitted probability at a stated quantile.
    """

    family: str
    parameters: dict[str, float]
    low: float | None
    high: float | None
    levels: tuple[float, ...]
    stated: tuple[float, ...]
    reached: tuple[float, ...]
    misfit: float

    @property
    def close(self) -> bool:
        """Whether the family can say what the expert said."""
        return self.misfit <= CLOSE


def _normal(parameters: Sequence[float]) -> Any:
    from scipy.stats import norm

    return norm(parameters[0], math.exp(parameters[1]))


def _gamma(parameters: Sequence[float]) -> Any:
    from scipy.stats import gamma

    return gamma(math.exp(parameters[0]), scale=math.exp(parameters[1]))


def _beta(parameters: Sequence[float]) -> Any:
    from scipy.stats import beta

    return beta(math.exp(parameters[0]), math.exp(parameters[1]))


_FAMILIES: dict[str, tuple[Callable[[Sequence[float]], Any], tuple[str, str]]] = {
    "normal": (_normal, ("mean", "sd")),
    "lognormal": (_normal, ("mean", "sd")),
    "gamma": (_gamma, ("shape", "scale")),
    "beta": (_beta, ("a", "b")),
}
FAMILIES = tuple(_FAMILIES)


def fit_quantiles(
    levels: Sequence[float],
    values: Sequence[float],
    family: str,
    low: float = 0.0,
    high: float = 1.0,
) -> Fitted:
    """The member of a family whose probabilities at the stated quantiles are nearest to their levels.

    Least squares of F(value) - level. With two quantiles the fit is exact; with more, `misfit` says how far
    the family is from what was said.

    Parameters
    ----------
    levels, values : (level,), probabilities and quantiles, both rising.
    family : one of `FAMILIES`.
    low, high : ends of a beta, in the values' unit.

    Raises
    ------
    UsageError
        Y102 for an unknown family.
    DataError
        Y263, Y264 for quantiles out of order or missing; Y266 where the family cannot hold them.

    References
    ----------
    ohagan2006

    Examples
    --------
    >>> from yupana.evidence.experts import fit_quantiles
    >>> found = fit_quantiles((0.05, 0.5, 0.95), (8.3551, 10.0, 11.6449), "normal")
    >>> round(found.parameters["sd"], 3), found.close
    (1.0, True)
    """
    import numpy as np
    from scipy.optimize import least_squares

    if family not in _FAMILIES:
        raise UsageError(f"unknown family {family!r}", code="Y102", got=family, expected=", ".join(FAMILIES),
                         fix=did_you_mean(family, FAMILIES) or None)  # fmt: skip
    check_quantiles(tuple(values), tuple(levels), f"{family} fit")
    _check_support(family, values, low, high)
    build, names = _FAMILIES[family]
    scaled = _scaled(family, np.asarray(values, dtype=float), low, high)
    probabilities = np.asarray(levels, dtype=float)

    def distance(parameters: np.ndarray) -> np.ndarray:
        return build(parameters.tolist()).cdf(scaled) - probabilities

    found = least_squares(distance, _start(family, scaled, probabilities), xtol=1e-12, ftol=1e-12, gtol=1e-12)
    chosen = build(found.x.tolist())
    first = found.x[0] if build is _normal else math.exp(found.x[0])
    reached = _unscaled(family, chosen.ppf(probabilities), low, high)
    bounded = family == "beta"
    return Fitted(
        family,
        {names[0]: float(first), names[1]: math.exp(float(found.x[1]))},
        low if bounded else None,
        high if bounded else None,
        tuple(levels),
        tuple(values),
        tuple(float(value) for value in reached),
        float(np.max(np.abs(distance(found.x)))),
    )


def _check_support(family: str, values: Sequence[float], low: float, high: float) -> None:
    if family in ("lognormal", "gamma") and values[0] <= 0:
        raise DataError(f"a {family} holds positive numbers only", code="Y266", got=f"{values[0]:g}",
                        expected="quantiles above 0", fix="Choose the normal family.")  # fmt: skip
    if family == "beta" and not low < values[0] < values[-1] < high:
        raise DataError("quantiles outside the ends of the beta", code="Y266",
                        got=f"{values[0]:g} to {values[-1]:g}", expected=f"within {low:g} and {high:g}",
                        fix="Give ends below the first and above the last quantile.")  # fmt: skip


def _scaled(family: str, values: np.ndarray, low: float, high: float) -> np.ndarray:
    import numpy as np

    if family == "lognormal":
        return np.log(values)
    return (values - low) / (high - low) if family == "beta" else values


def _unscaled(family: str, values: np.ndarray, low: float, high: float) -> np.ndarray:
    import numpy as np

    if family == "lognormal":
        return np.exp(values)
    return low + values * (high - low) if family == "beta" else values


def _start(family: str, scaled: np.ndarray, levels: np.ndarray) -> list[float]:
    """A start from the line through normal quantiles: its mean and spread as the family's parameters."""
    import numpy as np
    from scipy.stats import norm

    spread, mean = (float(x) for x in np.polyfit(norm.ppf(levels), scaled, 1))
    if family in ("normal", "lognormal"):
        return [mean, math.log(spread)]
    if family == "gamma":
        mean = max(mean, float(scaled[0]))
        return [2.0 * math.log(mean / spread), math.log(spread**2 / mean)]
    mean = min(max(mean, 0.01), 0.99)
    size = max(mean * (1.0 - mean) / spread**2 - 1.0, 0.5)
    return [math.log(mean * size), math.log((1.0 - mean) * size)]
