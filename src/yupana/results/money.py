"""Real money to nominal money by the price index that the run carries with it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from yupana.core.errors import DataError, UsageError, did_you_mean

KINDS = ("real", "nominal")


def is_money(unit: str) -> bool:
    """Whether a unit of the model counts money: ``USD/kg``, ``musd``."""
    return "usd" in unit.lower()


def check_kind(kind: str) -> str:
    """Return `kind`.

    Raises
    ------
    UsageError
        Where it is neither real nor nominal.
    """
    if kind not in KINDS:
        raise UsageError(
            f"unknown kind of money {kind!r}",
            code="Y102",
            got=kind,
            expected=" or ".join(KINDS),
            fix=did_you_mean(kind, KINDS) or None,
        )
    return kind


def nominal_factors(money: dict[str, Any], years: Sequence[int]) -> NDArray[np.float64]:
    """Return what real money must be multiplied by to be money of each year: (year,).

    Parameters
    ----------
    money : of the manifest: ``year`` of real money and ``index``, prices of a year over those of that year.
    years : calendar years.

    Raises
    ------
    DataError
        Y404 where the run carries no price index.
    """
    index = money.get("index") or {}
    missing = [year for year in years if str(year) not in index]
    if missing:
        raise DataError(
            "the run carries no price index for nominal money",
            code="Y404",
            got=f"nothing for {missing[0]}",
            fix="show real money, or run the study again with a pack whose drivers hold consumer prices",
        )
    return np.array([float(index[str(year)]) for year in years])


def money_words(money: dict[str, Any], kind: str) -> str:
    """Return the money in words: ``USD of 2012`` or ``USD of each year``."""
    unit = money.get("unit", "USD")
    return f"{unit} of each year" if kind == "nominal" else f"{unit} of {money.get('year')}"
