"""In: a finished run folder. Out: labelled arrays, exact quantiles, paired differences, tables, exports.

Must not know: how a run is computed, what a finding or a picture is, any colour.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from yupana.results.bibliography import run_bibliography, used_rows
    from yupana.results.finding import delete_run, find_run, list_runs
    from yupana.results.result import Result

__all__ = ["Result", "delete_run", "find_run", "list_runs", "run_bibliography", "used_rows"]

_HOMES = {
    "Result": "result",
    "delete_run": "finding",
    "find_run": "finding",
    "list_runs": "finding",
    "run_bibliography": "bibliography",
    "used_rows": "bibliography",
}


def __getattr__(name: str) -> Any:
    # found on first use: importing this folder costs nothing
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    import importlib

    return getattr(importlib.import_module(f"yupana.results.{_HOMES[name]}"), name)
