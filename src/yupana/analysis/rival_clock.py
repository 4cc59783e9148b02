"""How long a comparison may still take, from what its steps took so far."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

COST = {"first": 14.0, "next": 4.0, "rival": 3.0}
"""Guesses of what kinds of steps cost, until steps have been timed."""

OnStep = Callable[[str, float, float, float | None], None]
"""Told what is done, the share done, the seconds since the start, and those that are left where known."""


class Clock:
    """Tells how long the rest may take, from what steps of the same kind took; a later year takes longer."""

    def __init__(self, todo: list[tuple[str, int]], tell: OnStep | None) -> None:
        self.todo, self.count, self.tell = todo, len(todo), tell
        self.start = self.since = time.monotonic()
        self.first = min((year for _, year in todo), default=0) - 10
        self.took: dict[str, list[tuple[float, float]]] = {}

    def size(self, year: int) -> float:
        """Return how long a run to a year is, in years."""
        return float(year - self.first)

    def begin(self, what: str) -> None:
        """Start a step."""
        self.since = time.monotonic()
        if self.tell:
            done = 1.0 - len(self.todo) / max(self.count, 1)
            self.tell(what, done, self.since - self.start, self.rest())

    def end(self, kind: str, year: int) -> None:
        """End a step of a kind."""
        seconds = time.monotonic() - self.since
        self.took.setdefault(kind, []).append((seconds, COST[kind] * self.size(year)))
        self.todo.remove((kind, year))

    def rest(self) -> float | None:
        """Return the seconds that are left, or None before anything was timed."""
        if not self.took:
            return None
        every = [pair for pairs in self.took.values() for pair in pairs]
        rates = {kind: _rate(self.took.get(kind, every)) for kind in COST}
        return sum(rates[kind] * COST[kind] * self.size(year) for kind, year in self.todo)


def _rate(pairs: Sequence[tuple[float, float]]) -> float:
    return sum(seconds for seconds, _ in pairs) / sum(size for _, size in pairs)
