"""Noise of a run: annual standard normals, each addressed by stream, year and draw number."""

from __future__ import annotations

import numpy as np

from yupana.core.streams import normals
from yupana.model.config import Config
from yupana.model.flows import Noise


def draw_noise(config: Config, seed: int, first: int, count: int, start: int, end: int) -> Noise:
    """Return the noise of `count` draws from number `first`, for the years `start` to `end`.

    Returns
    -------
    Noise of float64 arrays: (year, count), (year, rival, count) for the rivals' area, and (year, zone, count)
    for campaigns of eradication.
    """
    years = range(start, end + 1)

    def stream(name: str) -> np.ndarray:
        return np.stack([normals(seed, f"noise/{name}/{year}", first, count) for year in years])

    rivals = [stream(f"rival_area[{rival}]") for rival in config.rivals]
    campaigns = [stream(f"campaign[{zone}]") for zone in config.zones]
    return Noise(
        stream("planting"),
        stream("demand"),
        stream("corridor"),
        stream("eradication"),
        np.stack(rivals, axis=1),
        np.stack(campaigns, axis=1),
    )
