"""Bands that carry the error of form: how far equations went astray before, around later years of a fit."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from yupana.report.tables import Fan

if TYPE_CHECKING:
    from yupana.fit.form_error import FormError
    from yupana.report.gather import View

ENDS = (0.05, 0.95)
Fans = Mapping[tuple[str, str], Fan]


def with_form(view: View, fans: Fans) -> dict[tuple[str, str], Fan]:
    """Return fans with bands that carry the error of form, where it is known: yearly runs from a fit.

    Parameters
    ----------
    fans : (scenario, column) -> fan.

    The spread of a variable is that of the forecasts that `yupana score --form-error` makes.
    """
    error = _error(view)
    if error is None:
        return dict(fans)
    return {key: replace(fan, form=_band(view, error, *key)) for key, fan in fans.items()}


def _error(view: View) -> FormError | None:
    """Return the error of form of the run's pack; None where there is none for this run."""
    from yupana.core.errors import YupanaError
    from yupana.fit.form_error import of_pack

    until = view.result.fitted_to
    if until is None or view.monthly or view.result.years[-1] <= until:
        return None
    try:
        return of_pack(view.pack, until)
    except YupanaError:  # none, or of another state of the pack: pictures go on without
        return None


def _band(view: View, error: FormError, scenario: str, column: str) -> np.ndarray | None:
    """Return the 5 and 95 percent quantiles with the error of form, (2, year); NaN in fitted years."""
    from yupana.fit.hindcast import declared_key

    result, variable = view.result, declared_key(column)
    if variable not in error.weights:
        return None
    years = np.array(result.years)
    later = years > error.until
    values = result.values(scenario, [column], "years", view.money)[0][later].astype(np.float64)
    seed = int(result.manifest.recipe["seed"])
    walk = error.path(variable, column, years[later] - error.until, seed, values.shape[1])
    out = np.full((2, years.size), np.nan)
    out[:, later] = np.nanquantile(values * np.exp(walk), ENDS, axis=1)
    return out
