"""The versions that decide the bits of a number: of this code and of what it stands on."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from yupana.core.hashing import hash_files, short_id

_NUMERICS = ("core/streams.py", "core/arrays.py", "params/*.py", "model/*.py")
FITTING = (*_NUMERICS, "fit/*.py", "evidence/observations.py")
"""Source files that decide the draws of a fit."""


@cache
def software(files: tuple[str, ...] = _NUMERICS) -> dict[str, str]:
    """Return the versions that decide the bits of a run, with the hash of the code that makes its numbers.

    Parameters
    ----------
    files : patterns of the source files that count; those of a run if none are given.

    Two versions of JAX may round a sum differently: their chunks must not meet in one folder, so they belong
    to the address of a run.
    """
    from importlib.metadata import version

    return {
        "numerics": numerics_hash(files),
        **{name: version(name) for name in ("yupana", "jax", "jaxlib", "numpy")},
    }


def numerics_hash(files: tuple[str, ...] = _NUMERICS) -> str:
    """Return the hash of source files; by default of those that turn draws into numbers."""
    root = Path(__file__).resolve().parent.parent
    paths = [file for name in files for file in sorted(root.glob(name))]
    return short_id(hash_files(root, [path.relative_to(root).as_posix() for path in paths]))
