"""Comes in: counts of people by the lists, visits or answers that saw them; no pack is needed.
Goes out: tables of specifications, each with its estimate of the whole population or why it has none.
Must not know: packs, parameters, the model, runs, figures.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from yupana.evidence.populations.hiding import HiddenList, hide_lists
    from yupana.evidence.populations.lists import CaptureTable
    from yupana.evidence.populations.reading import read_table
    from yupana.evidence.populations.specification import Specification
    from yupana.evidence.populations.tables import specifications

__all__ = ["CaptureTable", "HiddenList", "Specification", "hide_lists", "read_table", "specifications"]

_HOMES = {
    "CaptureTable": "lists",
    "HiddenList": "hiding",
    "Specification": "specification",
    "hide_lists": "hiding",
    "read_table": "reading",
    "specifications": "tables",
}


def __getattr__(name: str) -> Any:
    # Names are found on first use: importing this folder must not import scipy.
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    import importlib

    return getattr(importlib.import_module(f"yupana.evidence.populations.{_HOMES[name]}"), name)
