"""Hashes of content: the same content has the same hash on every machine, whatever its order in memory."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from yupana.core.errors import from_os_error

SIZE = 16  # bytes; 128 bits make a chance collision of runs impossible in practice
SHORT = 10  # characters of the short form


def _plain(value: Any) -> Any:
    """Data that json writes, of the few other types that inputs are made of."""
    if hasattr(value, "model_dump"):
        return value.model_dump(mode="json")
    if hasattr(value, "tolist"):
        return value.tolist()
    if isinstance(value, (set, frozenset)):
        return sorted(value)
    if isinstance(value, Mapping):
        return dict(value)
    if isinstance(value, Path) or hasattr(value, "isoformat"):
        return str(value)
    raise TypeError(f"{type(value).__name__} has no canonical form")


def canonical_json(value: Any) -> str:
    """`value` as JSON in one form only: keys sorted, no spaces, no NaN.

    Raises
    ------
    ValueError
        For a number that is not finite.
    TypeError
        For a type without a canonical form.

    Examples
    --------
    >>> canonical_json({"b": 1, "a": (2.0, None)})
    '{"a":[2.0,null],"b":1}'
    """
    return json.dumps(
        value, sort_keys=True, separators=(",", ":"), ensure_ascii=True, allow_nan=False, default=_plain
    )


def content_hash(value: Any) -> str:
    """Hash of any data: 32 hexadecimal characters."""
    return hash_bytes(canonical_json(value).encode("ascii"))


def hash_bytes(data: bytes) -> str:
    """Hash of bytes: 32 hexadecimal characters."""
    return hashlib.blake2b(data, digest_size=SIZE, person=b"yupana-content").hexdigest()


def hash_file(path: Path) -> str:
    """Hash of the bytes of a file.

    Raises
    ------
    EnvironmentFault
        When the file cannot be read.
    """
    try:
        return hash_bytes(path.read_bytes())
    except OSError as fault:
        raise from_os_error(fault, "reading", path) from None


def hash_files(root: Path, names: Iterable[str]) -> str:
    """Hash of files by their names relative to `root` and their bytes."""
    return content_hash({name: hash_file(root / name) for name in names})


def short_id(full: str) -> str:
    """The short form of a hash: its first 10 characters."""
    return full[:SHORT]
