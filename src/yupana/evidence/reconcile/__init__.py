"""Comes in: a pack's ledger, its priors as written, and the balance that it declares (balance.yaml).
Goes out: reconciled quantities with intervals, what each datum did, and what to measure next.
Must not know: the model, runs, figures.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from yupana.evidence.reconcile.result import Datum, Estimate, Flow, Reconciliation
    from yupana.evidence.reconcile.solve import pose, reconcile

__all__ = ["Datum", "Estimate", "Flow", "Reconciliation", "pose", "reconcile"]

_HOMES = {"pose": "solve", "reconcile": "solve"}


def __getattr__(name: str) -> Any:
    # Names are found on first use: importing this folder must not import NumPy.
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    import importlib

    return getattr(importlib.import_module(f"{__name__}.{_HOMES.get(name, 'result')}"), name)
