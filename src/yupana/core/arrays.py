"""The array namespace: the same source runs on NumPy and on JAX."""

from __future__ import annotations

import sys
from types import ModuleType
from typing import Any

import numpy as np


def namespace(*arrays: Any) -> ModuleType:
    """Return ``jax.numpy`` if any of `arrays` is a JAX array or tracer, else ``numpy``.

    JAX is looked up, never imported: a process that has not loaded it cannot hold its arrays.
    """
    jax = sys.modules.get("jax")
    kind = getattr(jax, "Array", None)  # None also while another thread is still importing it
    if jax is not None and kind is not None and any(isinstance(array, kind) for array in arrays):
        return jax.numpy
    return np
