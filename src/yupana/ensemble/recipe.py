"""Everything that makes a run, as one value whose hash is the run's address."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from yupana.core.hashing import content_hash, short_id

FORMAT = 1
"""Layout of run folders; a folder of another number is refused."""

CHUNK = 256
"""Draws in a chunk, always: other sizes round differently."""


@dataclass(frozen=True)
class Recipe:
    """What a run is made of. Where it is written and by how many threads is no part of it.

    Attributes
    ----------
    pack, pack_hash : id of the pack and the hash of its content.
    until : the year from which evidence and drivers are unknown, or None.
    prior : where the draws come from: ``"pack"``, or ``"fit ID"``.
    steps_per_year : steps of the model in a year.
    scenarios : name -> settings of the levers, the empty mapping for the baseline.
    seed, draws, start, end : of the run; both years included.
    dtype : ``"float32"`` or ``"float64"``.
    monthly : whether months are stored beside years.
    software : versions that decide the last bit of a number.
    drivers : ``"recorded"``, or how a forecast knew them (``"blind"``, ``"given-drivers"``) and their hash.
    """

    pack: str
    pack_hash: str
    until: int | None
    prior: str
    steps_per_year: int
    scenarios: dict[str, Any]
    seed: int
    draws: int
    start: int
    end: int
    dtype: str
    monthly: bool
    software: dict[str, str]
    drivers: str = "recorded"

    def to_json(self) -> dict[str, Any]:
        """Return the recipe in plain types; years of levers as texts."""
        # a run with recorded drivers keeps the address it had before forecasts knew of any other
        forecast = {} if self.drivers == "recorded" else {"drivers": self.drivers}
        return {
            **forecast,
            "format": FORMAT,
            "pack": self.pack,
            "pack_hash": self.pack_hash,
            "until": self.until,
            "prior": self.prior,
            "steps_per_year": self.steps_per_year,
            "scenarios": {name: _plain(settings) for name, settings in self.scenarios.items()},
            "seed": self.seed,
            "draws": self.draws,
            "start": self.start,
            "end": self.end,
            "dtype": self.dtype,
            "monthly": self.monthly,
            "software": dict(self.software),
        }

    @property
    def id(self) -> str:
        """The run's address: the pack's id and the first digits of the hash of the recipe."""
        return run_id(self.to_json())

    @property
    def years(self) -> tuple[int, ...]:
        """Calendar years of the run."""
        return tuple(range(self.start, self.end + 1))

    @property
    def chunks(self) -> int:
        """Number of chunks of each scenario."""
        return -(-self.draws // CHUNK)

    def draws_in(self, chunk: int) -> int:
        """Return how many draws of the run lie in a chunk; the last may be short."""
        return min(CHUNK, self.draws - chunk * CHUNK)


def run_id(recipe: dict[str, Any]) -> str:
    """Return the address of the run that a recipe in plain JSON makes."""
    return f"{recipe['pack']}-{short_id(content_hash(recipe))}"


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {str(key): _plain(part) for key, part in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(part) for part in value]
    return value
