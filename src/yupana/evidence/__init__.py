"""Comes in: a folder of cited data (a pack).
Goes out: checked packs, a ledger of measurements, observations of model variables, verdict rules.
Must not know: parameters, the model's equations, runs, figures.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from yupana.evidence.bibliography import write_bibliography
    from yupana.evidence.ledger import Ledger
    from yupana.evidence.loading import load_pack
    from yupana.evidence.locate import find_pack, shipped_packs
    from yupana.evidence.observations import Observation, observe
    from yupana.evidence.pack import Pack
    from yupana.evidence.rows import Measurement, Source
    from yupana.evidence.scenarios import load_scenario, settings_of
    from yupana.evidence.sheets.exporting import export_sheet, write_template
    from yupana.evidence.sheets.importing import import_sheet

__all__ = [
    "Ledger",
    "Measurement",
    "Observation",
    "Pack",
    "Source",
    "export_sheet",
    "find_pack",
    "import_sheet",
    "load_pack",
    "load_scenario",
    "observe",
    "settings_of",
    "shipped_packs",
    "write_bibliography",
    "write_template",
]

_HOMES = {
    "Ledger": "ledger",
    "load_pack": "loading",
    "find_pack": "locate",
    "shipped_packs": "locate",
    "Observation": "observations",
    "observe": "observations",
    "Pack": "pack",
    "Measurement": "rows",
    "Source": "rows",
    "load_scenario": "scenarios",
    "settings_of": "scenarios",
    "export_sheet": "sheets.exporting",
    "write_template": "sheets.exporting",
    "import_sheet": "sheets.importing",
    "write_bibliography": "bibliography",
}


def __getattr__(name: str) -> Any:
    # Names are found on first use: importing this folder must not import pydantic.
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    import importlib

    return getattr(importlib.import_module(f"yupana.evidence.{_HOMES[name]}"), name)
