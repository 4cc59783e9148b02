"""The audit of a pack: its ledger as the tests need it, and a run where a reading asks for one."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any, cast

import numpy as np

from yupana.analysis.audit import Audit, audit_claims, needs_model
from yupana.analysis.audit_marks import Yardstick
from yupana.analysis.prior_twin import prior_twin
from yupana.core.errors import DataError, UsageError, did_you_mean
from yupana.core.names import listing
from yupana.core.units import factor
from yupana.evidence.claims import Model
from yupana.evidence.claims_pool import DRAWS, Floats
from yupana.evidence.claims_shelf import Row, Shelf
from yupana.evidence.claims_terms import ModelDraws

if TYPE_CHECKING:
    from yupana.evidence.pack import Pack
    from yupana.results.result import Result


def shelf_of(pack: Pack) -> Shelf:
    """Return the ledger of a pack as the tests need it."""
    sources = {source.id: source.kind for source in pack.sources.values()}
    labels = {quantity.id: quantity.name for quantity in pack.quantities.values()}
    labels |= {place: pack.places.name_of(place) for place in pack.places.all_ids()}
    for source in pack.sources.values():
        labels[source.id] = f"{source.publisher}, {source.year}" if source.year else source.publisher
    accounts = {
        quantity.id: (quantity.account or quantity.basis or ("",))[0] for quantity in pack.quantities.values()
    }
    # a cached property reads like the plain one of the protocol
    rows = cast(Mapping[str, Row], pack.ledger.by_id)
    return Shelf(rows, sources, factor, labels=labels, accounts=accounts)


def model_of(result: Result) -> ModelDraws:
    """Return a function that reads draws of a variable from the first scenario of a run.

    A variable with a dimension is summed over its elements.
    """

    def draws_of(asked: Model, unit: str) -> Floats:
        values = _read(result, asked.variable, asked.year)
        own = str(result[asked.variable].attrs.get("unit", unit))
        if asked.earlier is None:
            return _spread(values * (factor(own, unit) if unit else 1.0))
        return _spread(values / _read(result, asked.variable, asked.earlier))

    return draws_of


def _read(result: Result, variable: str, year: int) -> Floats:
    if year not in result.years:
        raise DataError(
            "the run does not hold a year that a claim asks for",
            code="Y601",
            where=f"run {result.id}",
            got=f"{result.years[0]} to {result.years[-1]}",
            expected=str(year),
            fix="audit with a run that covers the year, or without one",
        )
    array = result[variable].sel(scenario=result.scenarios[0], year=year)
    elements = [dim for dim in array.dims if dim != "draw"]
    values = np.asarray(array.sum(elements, skipna=False).values, dtype=np.float64)
    return values[np.isfinite(values)]


def _spread(values: Floats) -> Floats:
    """Return as many draws as a pool has, each run draw used about equally often."""
    return values[np.arange(DRAWS) % len(values)]


def audit_pack(pack: Pack, result: Callable[[], Result] | None = None, only: Iterable[str] = ()) -> Audit:
    """Return a verdict on every claim of a pack.

    Parameters
    ----------
    pack : Pack
        The pack with its claims and ledger; one loaded with `until` is judged by what was known then.
    result : callable, optional
        Gives a run of the pack; called only when a reading asks the model. Without it such readings stay
        undetermined.
    only : iterable of str
        Ids of claims; all when empty.

    Raises
    ------
    DataError
        Y601 if the pack holds no claims.
    UsageError
        Y102 if a claim is unknown.
    """
    claims = pack.claims
    if claims is None:
        raise DataError(
            "the pack holds no claims",
            code="Y601",
            where=str(pack.path),
            expected="a file claims.yaml",
            fix="write claims.yaml, or choose another pack",
        )
    wanted = tuple(only)
    _check_ids(wanted, [claim.id for claim in claims.claims], pack)
    run: Any = result() if result is not None and needs_model(claims, wanted) else None
    if run is None:
        found = audit_claims(claims, shelf_of(pack), None, wanted)
    else:
        with prior_twin(run) as twin:
            yardstick = Yardstick(model_of(twin), twin.draws, run.draws) if twin else None
            found = audit_claims(claims, shelf_of(pack), model_of(run), wanted, run.id, run.drawn, yardstick)
    return found if pack.until is None else replace(found, as_of=pack.until)


def _check_ids(wanted: Iterable[str], known: list[str], pack: Pack) -> None:
    for word in wanted:
        if word not in known:
            raise UsageError(
                f"unknown claim {word!r}",
                code="Y102",
                where=f"pack {pack.id}",
                got=word,
                expected=listing(known, 30),
                fix=did_you_mean(word, known) or "read `yupana pack claims`",
            )
