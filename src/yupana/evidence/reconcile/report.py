"""A reconciliation as plain data: what `--json` prints and other programs read."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from yupana.evidence.reconcile.result import Estimate, Reconciliation

if TYPE_CHECKING:
    from yupana.evidence.pack import Pack


def estimate_as_dict(estimate: Estimate) -> dict[str, Any]:
    """Return an estimate as plain data."""
    return {
        "unit": estimate.unit,
        "q05": estimate.q05,
        "q50": estimate.q50,
        "q95": estimate.q95,
        "contraction": estimate.contraction,
        "prior": estimate.is_prior,
    }


def of_year(found: Reconciliation, year: int) -> dict[str, dict[str, Any]]:
    """Return the quantities of one year by name."""
    return {
        name: estimate_as_dict(estimate) for (name, at), estimate in found.quantities.items() if at == year
    }


def reconciliations_as_dict(
    found: Mapping[str, Reconciliation], anchor: str, year: int, pack: Pack
) -> dict[str, Any]:
    """Return the reconciliations under all anchors as plain data, the one asked for in front.

    Parameters
    ----------
    found : anchor -> reconciliation. anchor : the one asked for. year : whose quantities stand on top.
    """
    main = found[anchor]
    body: dict[str, Any] = {
        "pack": main.pack,
        "year": year,
        "anchor": anchor,
        "solver": main.solver,
        "quantities": of_year(main, year),
        "anchors": {name: of_year(other, year) for name, other in found.items() if name != anchor},
        "test": {"chi2": main.chi2, "degrees": main.degrees, "p_value": main.p_value},
        "gates": {
            name: {
                gate: {"value": value, "limit": limit, "passed": passed}
                for gate, (value, limit, passed) in other.gates.items()
            }
            for name, other in found.items()
            if other.gates
        },
        "data": [
            {
                "row": datum.row,
                "name": datum.name,
                "year": datum.year,
                "unit": datum.unit,
                "value": datum.value,
                "fitted": datum.fitted,
                "z": datum.z,
                "flagged": datum.flagged,
                "publisher": pack.sources[pack.ledger[datum.row].source].publisher,
            }
            for datum in main.data
        ],
        "left_out": [{"row": row, "reason": reason} for row, reason in main.left_out],
    }
    if len(main.years) > 1:
        body["years"] = {str(one): of_year(main, one) for one in main.years}
    return body


def shown_names(pack: Pack, found: Reconciliation) -> list[str]:
    """Return the names that a summary shows, groups spelt out."""
    assert pack.balance is not None
    every = list(dict.fromkeys(name for name, _ in found.quantities))
    if not pack.balance.shown:
        return every
    names: list[str] = []
    for name in pack.balance.shown:
        base, _, rest = name.partition("[")
        elements = pack.balance.groups.get(rest.rstrip("]"))
        names += [f"{base}[{item}]" for item in elements] if elements else [name]
    return [name for name in names if name in every]
