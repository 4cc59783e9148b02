"""What would flip a statement: the one unknown in whose outer quantiles most draws say the opposite."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from yupana.analysis.information import Floats

TENTHS = 10
NOISE = 4.0
"""Standard errors beyond which an unknown is said to move a statement: there are hundreds of unknowns."""
_SURE = 2.0  # standard errors by which a tenth must lie on the other side of one half


@dataclass(frozen=True)
class Flip:
    """A statement about an output, and the unknown that moves it most.

    Attributes
    ----------
    statement : in words. chance : share of draws in which it holds.
    unknown : name of the unknown that moves it most; empty where none does beyond noise.
    correlation : of the unknown with the statement.
    lowest, highest : chance within the lowest and the highest tenth of the unknown.
    flips : where most draws say the opposite of all draws, in words; empty where nowhere.
    """

    statement: str
    chance: float
    unknown: str = ""
    correlation: float = 0.0
    lowest: float = float("nan")
    highest: float = float("nan")
    flips: str = ""

    def to_json(self) -> dict[str, Any]:
        """Return the flip as plain data."""
        return {
            "statement": self.statement,
            "chance": self.chance,
            "unknown": self.unknown or None,
            "correlation": self.correlation if self.unknown else None,
            "chance_in_lowest_tenth": self.lowest if self.unknown else None,
            "chance_in_highest_tenth": self.highest if self.unknown else None,
            "flips": self.flips or None,
        }


def find_flip(
    statement: str, holds: NDArray[np.bool_], points: Floats, names: Sequence[str], size: int
) -> Flip:
    """Return what would flip a statement.

    Only one unknown is moved at a time, and only as far as the draws go: what two of them would do together,
    and what lies beyond the draws, is not asked.

    Parameters
    ----------
    holds : (draw,), whether the statement holds. points : (unknown, draw). names : of the unknowns.
    size : number of distinct draws, which the noise is judged by.
    """
    chance = float(holds.mean())
    if not 0.0 < chance < 1.0:
        return Flip(statement, chance)
    away = points - points.mean(1, keepdims=True)
    spread = np.sqrt((away**2).mean(1))
    with np.errstate(divide="ignore", invalid="ignore"):
        found = away @ (holds - chance) / holds.size / (spread * np.sqrt(chance * (1.0 - chance)))
    found = np.where(spread > 0.0, found, 0.0)
    best = int(np.argmax(np.abs(found)))
    if abs(found[best]) < NOISE / np.sqrt(size):
        return Flip(statement, chance)
    order = np.argsort(points[best], kind="stable")
    parts = [holds[part] for part in np.array_split(order, TENTHS)]
    shares = [float(part.mean()) for part in parts]
    noise = _SURE * 0.5 / np.sqrt(size / TENTHS)
    opposite = [share < 0.5 - noise if chance > 0.5 else share > 0.5 + noise for share in shares]
    return Flip(statement, chance, names[best], float(found[best]), shares[0], shares[-1], _where(opposite))


def _where(opposite: Sequence[bool]) -> str:
    """Return the outer stretch of tenths that are on the other side, in words."""
    below = next((i for i, flag in enumerate(opposite) if not flag), len(opposite))
    above = next((i for i, flag in enumerate(reversed(opposite)) if not flag), len(opposite))
    words = []
    if below:
        words.append(f"below its {below * 100 // TENTHS} % quantile")
    if above:
        words.append(f"above its {100 - above * 100 // TENTHS} % quantile")
    return " and ".join(words)
