"""What a summary shows where nobody asked for anything in particular: the one list of headline variables."""

from __future__ import annotations

from collections.abc import Sequence

from yupana.ensemble.columns import Columns

HEADLINES = (
    "coca_area",
    "eradicated_area",
    "leaf_output",
    "cocaine_output",
    "cocaine_made",
    "seizures_home",
    "cocaine_exports",
    "home_use",
    "leaf_price",
    "base_price",
    "hcl_price",
    "export_value",
    "grower_net_income",
    "organised_crime_earnings",
    "illicit_earnings",
    "prisoners",
    "homicide_rate",
    "drug_homicide_rate",
)
CHANGES = (
    "coca_area",
    "cocaine_made",
    "cocaine_exports",
    "leaf_price",
    "hcl_price",
    "grower_net_income",
    "organised_crime_earnings",
    "drug_homicide_rate",
)
"""Variables of which a summary shows what a scenario changes."""
SHOWN_YEARS = 3


def headline_columns(columns: Columns, names: Sequence[str] = HEADLINES) -> tuple[str, ...]:
    """Return those of `names` that a run holds."""
    return tuple(name for name in names if name in columns.owner)


def headline_years(years: Sequence[int], count: int = SHOWN_YEARS) -> tuple[int, ...]:
    """Return a few years spread over a run, the last one among them.

    Examples
    --------
    >>> headline_years(range(2000, 2031))
    (2010, 2020, 2030)
    """
    first, span = years[0], years[-1] - years[0]
    return tuple(dict.fromkeys(first + round(span * part / count) for part in range(1, count + 1)))
