"""Random numbers addressed by name and draw number, never by position in a stream.

A number depends on the seed, the stable name of the stream and the draw it belongs to, and on nothing
else: not on chunk size, order of work, number of threads, or which other streams exist. The first n of N
draws are therefore the same draws, scenarios share their numbers, and a new parameter changes no old one.
"""

from __future__ import annotations

import hashlib

import numpy as np
from numpy.typing import NDArray

_PER_BLOCK = 4  # Philox 4x64 yields four words for each step of its counter


def _key(seed: int, name: str) -> int:
    """Return the 128-bit Philox key of one stream."""
    digest = hashlib.blake2b(f"{seed}\x1f{name}".encode(), digest_size=16, person=b"yupana-stream").digest()
    return int.from_bytes(digest, "little")


def uniforms(seed: int, name: str, first: int, count: int) -> NDArray[np.float64]:
    """Return uniform numbers in the open interval (0, 1) for draws `first` to `first + count - 1`.

    Parameters
    ----------
    seed : int
        The seed of the run.
    name : str
        Stable name of the stream, such as ``"prior/planting_rate"``.
    first, count : int
        Number of the first draw and how many draws.

    Returns
    -------
    (count,) float64, dimensionless.

    Examples
    --------
    >>> bool((uniforms(1, "a", 0, 8)[3:] == uniforms(1, "a", 3, 5)).all())
    True
    """
    if first < 0 or count < 0:
        raise ValueError(f"first and count must not be negative, got {first} and {count}")
    skip = first % _PER_BLOCK
    bits = np.random.Philox(key=_key(seed, name))
    bits.advance(first // _PER_BLOCK)
    words = bits.random_raw(skip + count)[skip:]
    # 52 bits and a half step: never 0, never 1, so the normal quantile is finite
    return (np.right_shift(words, np.uint64(12)).astype(np.float64) + 0.5) * 2.0**-52


def normals(seed: int, name: str, first: int, count: int) -> NDArray[np.float64]:
    """Return standard normal numbers for draws `first` to `first + count - 1`, by inversion.

    Inversion costs one uniform a number, is monotone, and keeps the addressing of :func:`uniforms`.

    Returns
    -------
    (count,) float64, dimensionless.
    """
    from scipy.special import ndtri

    return ndtri(uniforms(seed, name, first, count))
