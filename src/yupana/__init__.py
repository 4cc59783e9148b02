"""Yupana: an open laboratory for illicit economies.

The public names, and nothing else. Each is imported when it is first used.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from yupana.core.errors import DataError, EnvironmentFault, UsageError, YupanaError
    from yupana.results.result import Result
    from yupana.study import Study, load

__version__ = "0.1.0"

_HOMES = {
    "DataError": "core.errors",
    "EnvironmentFault": "core.errors",
    "Result": "results.result",
    "Study": "study",
    "UsageError": "core.errors",
    "YupanaError": "core.errors",
    "load": "study",
}

__all__ = [
    "DataError",
    "EnvironmentFault",
    "Result",
    "Study",
    "UsageError",
    "YupanaError",
    "__version__",
    "load",
]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'yupana' has no attribute {name!r}")
    import importlib

    return getattr(importlib.import_module(f"yupana.{_HOMES[name]}"), name)


def __dir__() -> list[str]:
    return sorted(__all__)
