"""Figures of an outside table in the place of the ledger's."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from yupana.core.errors import DataError, UsageError, did_you_mean
from yupana.core.units import factor
from yupana.evidence import Pack
from yupana.evidence.claims_pool import ERROR_BY_PEDIGREE, RANGE_WIDTH, rounding_error
from yupana.evidence.observed_table import Observed, read_observed
from yupana.fit.data import Datum
from yupana.fit.hindcast import OUTSIDE, Scorable, entries, split_by_survey
from yupana.model import VARIABLES, Config

PEDIGREE = 3
"""Pedigree whose error a figure without a range is given: a secondary source of a known method."""


def outside_figures(
    path: str | Path, pack: Pack, config: Config, first: int, last: int
) -> tuple[Scorable, dict[str, float]]:
    """Return the series of a table, and the prior log sd of the bias of each.

    Every series of the table is scored, however few its figures; years outside `first` to `last` are not.

    Raises
    ------
    UsageError, DataError
        Y107, Y108 for an unknown variable or place, Y2 codes for what is wrong with the file or a unit.
    """
    found: dict[str, list[Datum]] = {}
    biases: dict[str, float] = {}
    left: dict[str, str] = {}
    declared = {entry.variable: entry for entry in entries(pack)}
    for item in read_observed(path):
        key, name = _variable(item, pack, config)
        if not first <= item.row.period <= last:
            left[f"{name} ({item.where})"] = f"{item.row.period} is outside {first}-{last}"
            continue
        unit = next(variable.unit for variable in VARIABLES if variable.key == key)
        value = item.row.value * _factor(item, unit)
        who = f"{OUTSIDE}/{pack.home}/{name}"
        sd = float(np.hypot(_error(item), declared[key].discrepancy))
        biases[who] = declared[key].bias
        found.setdefault(name, []).append(Datum(item.where, name, item.row.period, value, sd, who, key))
    series = []
    for name in sorted(found):
        rows = sorted(found[name], key=lambda figure: (figure.year, figure.row))
        series += [one for one in split_by_survey(pack, name, rows, outside=True) if one.figures]
    scales = {key: entry.error_scale for key, entry in declared.items() if entry.error_scale}
    return Scorable(tuple(series), left, scales), biases


def _factor(item: Observed, unit: str) -> float:
    try:
        return factor(item.row.unit, unit)
    except DataError as fault:
        raise DataError(
            fault.what, code=fault.code, where=item.where, got=item.row.unit, expected=unit, fix=fault.fix
        ) from fault


def _error(item: Observed) -> float:
    """Return the log sd of a figure: its range as 5 to 95 percent, else that of a secondary source."""
    low, high = item.row.low, item.row.high
    if low is not None and high is not None and low < high:
        own = float(np.log(high / low)) / RANGE_WIDTH
    else:
        own = ERROR_BY_PEDIGREE[PEDIGREE]
    return float(np.hypot(own, rounding_error(item.row.value)))


def _variable(item: Observed, pack: Pack, config: Config) -> tuple[str, str]:
    """Return the declared key and the name of the series that a row speaks of."""
    base, _, inside = item.row.series.partition("[")
    place = item.row.place or inside.rstrip("]")
    place = "" if place == pack.home else place
    names = {variable.name for variable in VARIABLES}
    if base not in names:
        raise UsageError(
            f"unknown variable {base!r}",
            code="Y107",
            where=item.where,
            got=base,
            fix=did_you_mean(base, names) or "run `yupana pack variables`",
        )
    for variable in VARIABLES:
        if variable.name != base or bool(variable.over) != bool(place):
            continue
        if not place:
            return variable.key, base
        if place in config.dims[variable.over or ""]:
            return variable.key, f"{base}[{place}]"
    known = [p for v in VARIABLES if v.name == base and v.over for p in config.dims[v.over]]
    raise UsageError(
        f"unknown place {place!r} of {base}" if place else f"{base} needs a place",
        code="Y108",
        where=item.where,
        got=place or "no place",
        expected=", ".join(known[:20]) or "no place: the variable has none",
        fix=did_you_mean(place, known) or None,
    )
