"""Comes in: counts of people by the lists, visits or answers that saw them; no pack is needed.
Goes out: tables of specifications, each with its estimate of the whole population or why it has none.
Must not know: packs, parameters, the model, runs, figures.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from yupana.evidence.populations.coverage import coverage_rows
    from yupana.evidence.populations.decomposable import average_graphs
    from yupana.evidence.populations.hiding import HiddenList, hide_lists
    from yupana.evidence.populations.latent import fit_latent_classes
    from yupana.evidence.populations.lists import CaptureTable
    from yupana.evidence.populations.reading import read_table
    from yupana.evidence.populations.recruitment import rds_ii, successive_sampling
    from yupana.evidence.populations.single import estimate_all
    from yupana.evidence.populations.specification import Specification
    from yupana.evidence.populations.survey import generalised_scale_up, multiplier, scale_up
    from yupana.evidence.populations.tables import specifications

__all__ = [
    "CaptureTable",
    "HiddenList",
    "Specification",
    "average_graphs",
    "coverage_rows",
    "estimate_all",
    "fit_latent_classes",
    "generalised_scale_up",
    "hide_lists",
    "multiplier",
    "rds_ii",
    "read_table",
    "scale_up",
    "specifications",
    "successive_sampling",
]

_HOMES = {
    "CaptureTable": "lists",
    "HiddenList": "hiding",
    "Specification": "specification",
    "average_graphs": "decomposable",
    "coverage_rows": "coverage",
    "estimate_all": "single",
    "fit_latent_classes": "latent",
    "generalised_scale_up": "survey",
    "hide_lists": "hiding",
    "multiplier": "survey",
    "rds_ii": "recruitment",
    "read_table": "reading",
    "scale_up": "survey",
    "specifications": "tables",
    "successive_sampling": "recruitment",
}


def __getattr__(name: str) -> Any:
    # Names are found on first use: importing this folder must not import scipy.
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    import importlib

    return getattr(importlib.import_module(f"yupana.evidence.populations.{_HOMES[name]}"), name)
