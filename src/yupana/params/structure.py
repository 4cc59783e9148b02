"""Parameters that a scenario sets for the whole run, in place of or on top of what the priors draw.

A setting is given in plain terms: key -> ``("value", x)``, ``("multiple", x)`` or
``("quantiles", q05, q95)``, where a key is a parameter, meaning all its places, or ``parameter[place]``. A
prior that is replaced is evaluated at the draw's own point of the standard normal, so that a draw that was
high stays high and the difference between two scenarios is not blurred by other random numbers.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from yupana.core.errors import DataError, did_you_mean
from yupana.core.names import listing
from yupana.params.distributions import Distribution
from yupana.params.prior import Prior
from yupana.params.priors import PriorSet

Setting = tuple[Any, ...]
"""``("value", x)``, ``("multiple", x)`` or ``("quantiles", q05, q95)``; numbers in the parameter's unit."""


@dataclass(frozen=True, eq=False)
class Change:
    """What one setting does to elements of one parameter.

    Attributes
    ----------
    name : of the parameter.
    rows : (element,) int. Which elements, counted over the parameter's places in order.
    mode : ``"value"``, ``"multiple"`` or ``"quantiles"``.
    number : value in the parameter's unit, or multiple; unused for quantiles.
    distribution : (element,), unit of the parameter; for quantiles only.
    """

    name: str
    rows: NDArray[np.intp]
    mode: str
    number: float = 0.0
    distribution: Distribution | None = None


def split_setting(key: str) -> tuple[str, str]:
    """Return parameter and place of a key; the place is empty where all places are meant.

    Examples
    --------
    >>> split_setting("reference_price[abroad]"), split_setting("buyers")
    (('reference_price', 'abroad'), ('buyers', ''))
    """
    name, _, rest = key.partition("[")
    return name, rest.removesuffix("]")


def spread_settings(priors: PriorSet, settings: Mapping[str, Any]) -> dict[str, str]:
    """Return for every element that is set the key that sets it: a place overrides all places.

    Returns
    -------
    name of the element, as in ``priors.latent_names`` -> key of `settings`.

    Raises
    ------
    DataError
        Y306 for a parameter without a prior, Y108 for an unknown place.
    """
    found: dict[str, str] = {}
    for key in sorted(settings, key=lambda key: "[" in key):
        prior, rows = _target(priors, key)
        found |= {prior.latent_names[row]: key for row in rows}
    return found


def compile_settings(priors: PriorSet, settings: Mapping[str, Setting]) -> tuple[Change, ...]:
    """Return settings as changes of elements, checked against the priors; what is set for a place comes last.

    Parameters
    ----------
    priors : of the pack.
    settings : key -> setting.

    Raises
    ------
    DataError
        Y306 for a parameter without a prior, Y108 for an unknown place, Y308 for numbers that the parameter's
        family and bounds do not allow.
    """
    ordered = sorted(settings.items(), key=lambda item: ("[" in item[0], item[0]))
    return tuple(_change(priors, key, tuple(setting)) for key, setting in ordered)


def needed(changes: Iterable[Change]) -> tuple[str, ...]:
    """Return the parameters whose points of the standard normal :func:`structured` reads."""
    return tuple(dict.fromkeys(change.name for change in changes if change.mode == "quantiles"))


def structured(
    params: Mapping[str, NDArray[Any]], latents: Mapping[str, NDArray[Any]], changes: Iterable[Change]
) -> dict[str, NDArray[Any]]:
    """Return the parameters of a scenario; what no change names is passed on as it is.

    Parameters
    ----------
    params : name -> (*dimensions, draw), unit of the parameter.
    latents : name -> (element, draw), dimensionless. Points of the parameters in :func:`needed`.
    changes : from :func:`compile_settings`, in order.

    Returns
    -------
    name -> (*dimensions, draw), unit and dtype of `params`.
    """
    found = dict(params)
    for change in changes:
        drawn = np.asarray(params[change.name])
        values = np.array(found[change.name]).reshape(-1, drawn.shape[-1])
        if change.mode == "value":
            values[change.rows] = change.number
        elif change.mode == "multiple":
            # of the draw, not of what a setting for all places made of it
            values[change.rows] = drawn.reshape(values.shape)[change.rows] * change.number
        elif change.distribution is not None:
            points = np.asarray(latents[change.name], np.float64)[change.rows]
            values[change.rows] = change.distribution.from_normal(points)
        found[change.name] = values.reshape(drawn.shape)
    return found


def _target(priors: PriorSet, key: str) -> tuple[Prior, NDArray[np.intp]]:
    name, place = split_setting(key)
    if name not in priors:
        raise DataError(
            f"the pack has no parameter {name!r}",
            code="Y306",
            got=key,
            fix=did_you_mean(name, priors.names) or "run `yupana pack priors`",
        )
    prior = priors[name]
    if not place:
        return prior, np.arange(prior.size)
    if place not in prior.elements or not prior.over:
        raise DataError(
            f"{name} has no place {place!r}",
            code="Y108",
            got=key,
            expected=listing(prior.elements, 20) if prior.over else f"{name}, without a place",
            fix=did_you_mean(place, prior.elements) or None,
        )
    return prior, np.array([prior.elements.index(place)])


def _change(priors: PriorSet, key: str, setting: Setting) -> Change:
    prior, rows = _target(priors, key)
    mode, *numbers = setting
    lower, upper = (array.ravel()[rows] for array in (prior.distribution.lower, prior.distribution.upper))
    if mode == "value":
        _check_value(prior, key, float(numbers[0]), lower, upper)
        return Change(prior.name, rows, mode, float(numbers[0]))
    if mode == "multiple":
        _check_multiple(prior, key, float(numbers[0]), lower, upper)
        return Change(prior.name, rows, mode, float(numbers[0]))
    return Change(prior.name, rows, mode, 0.0, _replaced(prior, key, numbers, lower, upper))


def _check_value(
    prior: Prior, key: str, value: float, lower: NDArray[np.float64], upper: NDArray[np.float64]
) -> None:
    inside = (lower <= value) & (value <= upper)
    if not prior.distribution.family.bounded:
        inside &= (lower < value) & (value < upper)
    if not inside.all():
        raise _refusal(
            prior, key, f"the value of {key} lies outside its range", f"{value:g}", _span(lower, upper)
        )


def _check_multiple(
    prior: Prior, key: str, number: float, lower: NDArray[np.float64], upper: NDArray[np.float64]
) -> None:
    if not number > 0:
        raise _refusal(
            prior, key, f"the multiple of {key} is not positive", f"{number:g}", "a number above 0"
        )
    ends = [array for array in (lower, upper) if np.isfinite(array).all()]
    if any(((end * number < lower) | (end * number > upper)).any() for end in ends):
        raise _refusal(
            prior,
            key,
            f"some draws of {key} would leave their bounds",
            f"{number:g} times {_span(lower, upper)}",
            "value, or q05 and q95, within the bounds",
        )


def _replaced(
    prior: Prior, key: str, numbers: list[float], lower: NDArray[np.float64], upper: NDArray[np.float64]
) -> Distribution:
    family = prior.distribution.family
    low, high = (np.full(lower.shape, float(number)) for number in numbers)
    try:
        bounds = (lower, upper) if family.name == "logitnormal" else (None, None)
        found = Distribution.from_quantiles(family.name, low, high, *bounds)
    except DataError as fault:
        raise _refusal(
            prior, key, f"q05 and q95 of {key} make no distribution", fault.got, fault.expected
        ) from None
    if family.bounded and ((found.lower < lower) | (found.upper > upper)).any():
        raise _refusal(
            prior,
            key,
            f"q05 and q95 of {key} reach beyond its bounds",
            _span(found.lower, found.upper),
            f"within {_span(lower, upper)}",
        )
    return found


def _span(lower: NDArray[np.float64], upper: NDArray[np.float64]) -> str:
    low, high = float(lower.max()), float(upper.min())
    return f"above {low:g}" if high == np.inf else f"{low:g} to {high:g}"


def _refusal(prior: Prior, key: str, what: str, got: str | None, expected: str | None) -> DataError:
    unit = f"{expected} ({prior.family}, {prior.unit})"
    return DataError(what, code="Y308", got=got, expected=unit, fix=f"change the numbers of {key}")
