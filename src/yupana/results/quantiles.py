"""Quantiles that are exact: every value is sorted, none is sketched, failed members take no part."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from yupana.core.errors import UsageError

DEFAULT = (0.05, 0.5, 0.95)


def exact_quantiles(values: NDArray[np.floating], q: Sequence[float]) -> NDArray[np.float64]:
    """Return quantiles along the last axis by linear interpolation between order statistics.

    With n values, quantile q stands at position q (n - 1) among the sorted ones. Sorting keeps the stored
    precision, interpolation is in double precision.

    Parameters
    ----------
    values : (..., draw).
    q : shares from 0 to 1.

    Returns
    -------
    (quantile, ...) float64; NaN where there is no draw.
    """
    count = values.shape[-1]
    if count == 0:
        return np.full((len(q), *values.shape[:-1]), np.nan)
    ordered = np.sort(values, axis=-1)
    position = np.asarray(q, np.float64) * (count - 1)
    below = np.floor(position).astype(int)
    above = np.minimum(below + 1, count - 1)
    weight = position - below
    low = ordered[..., below].astype(np.float64)
    high = ordered[..., above].astype(np.float64)
    return np.moveaxis(low + (high - low) * weight, -1, 0)


def check_shares(q: Sequence[float]) -> tuple[float, ...]:
    """Return `q` as floats.

    Raises
    ------
    UsageError
        Where one of them is no share.
    """
    shares = tuple(float(share) for share in q)
    for share in shares:
        if not 0.0 <= share <= 1.0:
            raise UsageError(
                "a quantile is not a share", code="Y102", got=f"{share:g}", expected="from 0 to 1"
            )
    return shares
