"""Rows of the ledger to draws of what they measure, pooled fairly.

Fairness has four parts. A figure and its parent never count both: the child is left out. Rows of one lineage
(one institution, one source, one ancestor, or the same number told twice) share one vote. Rows of low
confidence, recalled or judged, are shown and never vote. Each lineage has the same weight, so the pool is as
wide as the disagreement between those who measured: it does not narrow because a figure is repeated.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import combinations
from typing import Any

import numpy as np
from numpy.typing import NDArray

from yupana.core.streams import normals, uniforms
from yupana.core.units import canonical, currency_of
from yupana.evidence.claims import Rows
from yupana.evidence.claims_shelf import Row, Shelf, decides

#: number of draws of every pool; the Monte Carlo error of a probability is below 0.008
DRAWS = 4096
#: relative standard deviation of a figure that states no interval, by pedigree score
ERROR_BY_PEDIGREE = {4: 0.05, 3: 0.10, 2: 0.20, 1: 0.35, 0: 0.50}
#: kinds of sources that speak with one voice about a quantity
INSTITUTIONS = ("un", "us")
#: a figure of medium confidence may have been changed on its way to the ledger
LESS_SURE = 1.5
#: a stated range is read as 5th to 95th percentile: this many standard deviations from end to end
RANGE_WIDTH = 2 * 1.6448536269514722

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Pool:
    """What the rows of one query say together.

    Parameters
    ----------
    draws : (DRAWS,) float64 or None
        Draws of the quantity in `unit`; None when no row decides.
    rows : tuple of str
        Rows that decide.
    unverified : tuple of str
        Rows of low confidence, and rows without a number or without an exchange rate.
    derived, rates : tuple of str
        Children left out because a parent is there; exchange rates used.
    lineages : tuple of tuple of str
        The deciding rows by lineage.
    years : tuple of int, or None
        First and last year of the deciding rows.
    accounts : frozenset of str
        Accounts and bases of the deciding rows.
    doubtful : bool
        True where a recalled exchange rate was used or a bare zero counts: no likelihood word.
    best : int
        Highest pedigree of the deciding rows.
    agreeing : float or None
        Share of pairs of lineages whose 90 percent intervals meet; None for fewer than two.
    """

    draws: Floats | None
    unit: str
    rows: tuple[str, ...] = ()
    unverified: tuple[str, ...] = ()
    derived: tuple[str, ...] = ()
    rates: tuple[str, ...] = ()
    lineages: tuple[tuple[str, ...], ...] = ()
    years: tuple[int, int] | None = None
    accounts: frozenset[str] = frozenset()
    doubtful: bool = False
    best: int = 0
    agreeing: float | None = None


def rounding_error(value: float) -> float:
    """Return the relative standard deviation that rounding to the printed digits leaves.

    A figure printed as 300 may stand for 250 to 350: a uniform error of half a unit of the last digit that
    is not zero.

    Examples
    --------
    >>> round(rounding_error(300.0), 3), round(rounding_error(325.0), 4)
    (0.096, 0.0009)
    """
    if value == 0 or not math.isfinite(value):
        return 0.0
    digits = f"{abs(value):.12g}"
    if "." in digits or "e" in digits:
        decimals = len(digits.split(".")[1]) if "." in digits and "e" not in digits else 0
        unit = 10.0**-decimals
    else:
        unit = 10.0 ** (len(digits) - len(digits.rstrip("0")))
    return unit / 2 / math.sqrt(3) / abs(value)


def row_error(row: Row, published: bool = False) -> float:
    """Return the relative (log) standard deviation of a row.

    A stated range decides; without one, the pedigree does, half as much again at medium confidence; rounding
    adds.
    For a statement about the figure as published only rounding errs.
    """
    value = float(row.value) if row.value not in (None, "") else 0.0
    if published:
        return max(rounding_error(value), 0.002)
    if row.low and row.high and row.low > 0 and row.high > row.low:
        return math.log(row.high / row.low) / RANGE_WIDTH
    error = ERROR_BY_PEDIGREE.get(row.pedigree, ERROR_BY_PEDIGREE[0])
    if row.confidence == "medium":
        error *= LESS_SURE
    return math.hypot(error, rounding_error(value))


def _centre(row: Row) -> float | None:
    """Return the median of a row, the geometric middle of its range when it states no value."""
    if isinstance(row.value, (int, float)) and math.isfinite(row.value):
        return float(row.value)
    if row.low and row.high and row.low > 0:
        return math.sqrt(row.low * row.high)
    return None


def ancestors(row: Row, rows: Mapping[str, Row]) -> set[str]:
    """Return the ids of everything a row was derived from, directly or not."""
    found: set[str] = set()
    open_ids = list(row.derived_from)
    while open_ids:
        key = open_ids.pop()
        if key not in found:
            found.add(key)
            if key in rows:
                open_ids.extend(rows[key].derived_from)
    return found


def _origins(row: Row, shelf: Shelf) -> set[str]:
    """Return the marks by which two rows are recognised as one lineage."""
    kind = shelf.source_kind.get(row.source, "")
    marks = {f"source {row.source}", f"figure {row.value} {row.unit} {row.years}"}
    if kind in INSTITUTIONS:
        marks.add(f"institution {kind} {row.quantity}")
    return marks | {f"parent {key}" for key in ancestors(row, shelf.rows) | {row.id}}


def split_lineages(rows: Iterable[Row], shelf: Shelf) -> tuple[tuple[str, ...], ...]:
    """Return the ids of rows grouped by lineage, in the order of their ids."""
    groups: list[tuple[set[str], list[str]]] = []
    for row in sorted(rows, key=lambda each: each.id):
        marks, members = _origins(row, shelf), [row.id]
        apart = []
        for other_marks, other_members in groups:
            if other_marks & marks:
                marks |= other_marks
                members = other_members + members
            else:
                apart.append((other_marks, other_members))
        groups = [*apart, (marks, members)]
    return tuple(sorted(tuple(sorted(members)) for _, members in groups))


def split_parents(rows: Sequence[Row], shelf: Shelf) -> tuple[list[Row], list[Row]]:
    """Return the rows that count, and the children left out because one of their ancestors is among them."""
    ids = {row.id for row in rows}
    children = [row for row in rows if ancestors(row, shelf.rows) & ids]
    left_out = {row.id for row in children}
    return [row for row in rows if row.id not in left_out], children


def _account(row: Row, shelf: Shelf) -> str:
    """Return what a figure is a sum of: its account, or its basis where it is no sum of money."""
    return row.account or shelf.accounts.get(row.quantity, "") or row.basis


def _rate(row: Row, currency: str, shelf: Shelf) -> Row | None:
    """Return the exchange rate nearest in time to a row, at most one year away."""
    exchange = shelf.exchange
    place = (
        next((rate.place for rate in exchange.rates if rate.currency == currency), None) if exchange else None
    )
    if exchange is None or place is None:
        return None
    middle = (row.years[0] + row.years[1]) / 2
    span = (math.floor(middle) - 1, math.ceil(middle) + 1)
    found = shelf.find(Rows(quantity=(exchange.quantity,), place=(place,), years=span))
    return min(found, key=lambda rate: (abs(rate.years[0] - middle), rate.id), default=None)


def _noise(row: Row, shelf: Shelf) -> Floats:
    """Return the standard normal draws of a row: the same wherever it is used."""
    key = ("noise", row.id)
    if key not in shelf.memo:
        shelf.memo[key] = normals(0, f"claims/row/{row.id}", 0, DRAWS)
    return shelf.memo[key]


def scatter(centre: float | Floats, error: float, noise: Floats, unit: str) -> Floats:
    """Return draws round one figure or many: in logs, or in log odds for a percentage, to stay below 100."""
    if canonical(unit or "ratio") == "percent" and 0 < np.min(centre) <= np.max(centre) < 100:
        odds = centre / (100.0 - centre) * np.exp(error * noise)
        return 100.0 * odds / (1.0 + odds)
    return centre * np.exp(error * noise)


def _row_draws(row: Row, unit: str, shelf: Shelf, published: bool) -> tuple[Floats | None, Row | None]:
    """Return draws of one row in `unit` and the exchange rate used; no draws when it cannot be converted."""
    key = ("draws", row.id, unit, published)
    if key not in shelf.memo:
        shelf.memo[key] = _convert_row(row, unit, shelf, published)
    return shelf.memo[key]


def _convert_row(row: Row, unit: str, shelf: Shelf, published: bool) -> tuple[Floats | None, Row | None]:
    centre = _centre(row)
    if centre is None:
        return None, None
    draws = scatter(centre, row_error(row, published), _noise(row, shelf), row.unit)
    origin, rate = canonical(row.unit), None
    currency, wanted = currency_of(origin), currency_of(unit) if unit else None
    if currency and wanted and currency != wanted:
        rate = _rate(row, currency, shelf)
        if rate is None:
            return None, None
        draws = draws / scatter(float(rate.value), row_error(rate), _noise(rate, shelf), "")
        origin = origin.replace(currency, wanted)
    return (draws * shelf.convert(origin, unit) if unit else draws), rate


@dataclass(frozen=True)
class Supposed:
    """A further figure that is supposed: what if it were published?

    Parameters
    ----------
    value : float
        The figure, in the unit of the pool.
    error : float
        Its relative standard error, in logs (log odds for a percentage).
    by : str
        Kind of its source. A figure of an institution that already speaks joins its lineage; any other is
        a lineage of its own.
    """

    value: float
    error: float = 0.1
    by: str = ""


def pool_rows(
    found: Sequence[Row],
    shelf: Shelf,
    unit: str,
    path: str,
    published: bool = False,
    extra: Supposed | None = None,
) -> Pool:
    """Return the pool of some rows: one vote a lineage, no child beside its parent, no unverified row.

    Parameters
    ----------
    found : sequence of Row
        Rows of one query.
    shelf : Shelf
        The ledger.
    unit : str
        Unit of the draws; empty keeps the unit of the first row.
    path : str
        Name of this step, so that two pools choose independently between their lineages.
    published : bool
        Only rounding errs.
    extra : Supposed, optional
        A further figure, in `unit`: what if?
    """
    key = ("pool", path, unit, published, tuple(row.id for row in found))
    if key not in shelf.memo:
        shelf.memo[key] = _pool(found, shelf, unit, path, published)
    pool, voices = shelf.memo[key]
    if extra is None:
        return pool
    return replace(pool, draws=_mix(_with(voices, pool.lineages, pool.unit, extra, shelf), path, shelf))


def _pool(
    found: Sequence[Row], shelf: Shelf, unit: str, path: str, published: bool
) -> tuple[Pool, list[list[Any]]]:
    """Return the pool of some rows, and the draws of each lineage, row by row."""
    counted, children = split_parents([row for row in found if decides(row)], shelf)
    unit = unit or (counted[0].unit if counted else "")
    converted = {row.id: _row_draws(row, unit, shelf, published) for row in counted}
    lost = tuple(row.id for row in counted if converted[row.id][0] is None)
    counted = [row for row in counted if row.id not in lost]
    lineages = split_lineages(counted, shelf)
    voices = [[converted[key][0] for key in members] for members in lineages]
    rates = {rate.id: rate for _, rate in converted.values() if rate is not None}
    pool = Pool(
        draws=_mix(voices, path, shelf) if voices else None,
        unit=unit,
        rows=tuple(row.id for row in counted),
        unverified=tuple(row.id for row in found if not decides(row)) + lost,
        derived=tuple(row.id for row in children),
        rates=tuple(sorted(rates)),
        lineages=lineages,
        years=_span(counted),
        accounts=frozenset(_account(row, shelf) for row in counted) - {""},
        doubtful=any(not decides(rate) for rate in rates.values()) or any(map(_is_bare_zero, counted)),
        best=max((row.pedigree for row in counted), default=0),
        agreeing=_agreeing(voices),
    )
    return pool, voices


def _with(
    voices: list[list[Any]],
    lineages: Sequence[Sequence[str]],
    unit: str,
    extra: Supposed,
    shelf: Shelf,
) -> list[list[Any]]:
    """Return the voices with a supposed figure among them."""
    draws = supposed_draws(extra, unit, shelf)
    if extra.by in INSTITUTIONS:
        for number, members in enumerate(lineages):
            if any(shelf.source_kind.get(shelf.rows[row].source) == extra.by for row in members):
                return [[*voice, draws] if index == number else voice for index, voice in enumerate(voices)]
    return [*voices, [draws]]


def supposed_draws(extra: Supposed, unit: str, shelf: Shelf) -> Floats:
    """Return draws round a supposed figure."""
    if "extra" not in shelf.memo:
        shelf.memo["extra"] = normals(0, "claims/extra", 0, DRAWS)
    return scatter(extra.value, extra.error, shelf.memo["extra"], unit)


def _agreeing(voices: Sequence[Sequence[Any]]) -> float | None:
    """Return the share of pairs of lineages whose 90 percent intervals meet; None for fewer than two."""
    if len(voices) < 2:
        return None
    ends = [np.quantile(np.concatenate(list(members)), (0.05, 0.95)) for members in voices]
    pairs = list(combinations(ends, 2))
    return sum(bool(a[0] <= b[1] and b[0] <= a[1]) for a, b in pairs) / len(pairs)


def _is_bare_zero(row: Row) -> bool:
    """Return whether a row says zero and no more: a relative error cannot say how sure that is."""
    return row.value == 0 and not row.high


def _span(rows: Sequence[Row]) -> tuple[int, int] | None:
    if not rows:
        return None
    return min(row.years[0] for row in rows), max(row.years[1] for row in rows)


def _mix(voices: Sequence[Sequence[Any]], path: str, shelf: Shelf) -> Floats:
    """Return draws from the equal mixture of lineages, and within a lineage of its rows."""
    if ("pick", path) not in shelf.memo:
        shelf.memo["pick", path] = uniforms(0, f"claims/mix/{path}", 0, DRAWS)
    pick = shelf.memo["pick", path]
    lineage = np.minimum((pick * len(voices)).astype(np.int64), len(voices) - 1)
    within = pick * len(voices) - lineage
    mixed = np.empty(DRAWS)
    for number, members in enumerate(voices):
        here = np.flatnonzero(lineage == number)
        if len(members) == 1:
            mixed[here] = members[0][here]
            continue
        member = np.minimum((within[here] * len(members)).astype(np.int64), len(members) - 1)
        mixed[here] = np.stack(members)[member, here]
    return mixed
