"""Posterior draws as a source of draws like the priors: parameters by number, with the shocks they need."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

from yupana.core.drawn import Drawn, posterior
from yupana.fit.space import Space
from yupana.model.flows import Noise
from yupana.params import PriorSet


@dataclass(frozen=True, eq=False)
class PosteriorDraws:
    """Draws of a fit.

    A draw holds the parameters and the annual shocks of the fitted years together: each without the other
    would not agree with the record. Draw number i of a run takes stored draw i modulo their number; what a
    run draws beyond the fitted years is new for every number.

    Attributes
    ----------
    fit : address of the fit. until : last fitted year.
    space : layout of the points. points : (coordinate, draw), standard normal a priori.
    failed : names of the gates that the fit failed.
    folder : that holds the fit; None where it lies nowhere.
    """

    fit: str
    until: int
    space: Space
    points: NDArray[np.float64]
    failed: tuple[str, ...] = ()
    folder: Path | None = None

    @property
    def count(self) -> int:
        """Number of stored draws."""
        return self.points.shape[1]

    @property
    def priors(self) -> PriorSet:
        """The priors that were updated."""
        return self.space.priors

    def in_words(self, draws: int) -> Drawn:
        """Return what `draws` draws of a run are, as every output of the run says it."""
        words = f"posterior draws, fitted to figures to {self.until} (fit {self.fit})"
        if draws > self.count:
            words += f"; the {self.count} stored draws repeat, with new shocks after {self.until}"
        if self.failed:
            words += f"; FIT FAILED {len(self.failed)} of its gates: {'; '.join(self.failed)}"
        return posterior(words, bool(self.failed))

    def _columns(self, first: int, count: int) -> NDArray[np.intp]:
        return np.arange(first, first + count) % self.count

    def draw(
        self, seed: int, first: int, count: int, dtype: DTypeLike = np.float64
    ) -> dict[str, NDArray[Any]]:
        """Return parameters of draws `first` to `first + count - 1`, name -> (..., count).

        The draws are stored: `seed` changes none of them.
        """
        z = self.points[: self.priors.size, self._columns(first, count)]
        return {name: np.asarray(v, dtype=dtype) for name, v in self.priors.from_points(z).items()}

    def latents(
        self, seed: int, first: int, count: int, names: Iterable[str]
    ) -> dict[str, NDArray[np.float64]]:
        """Return the points of some parameters: name -> (element, count)."""
        rows = {name: index for index, name in enumerate(self.priors.latent_names)}
        z = self.points[:, self._columns(first, count)]
        return {name: z[[rows[row] for row in self.priors[name].latent_names]] for name in names}

    def with_shocks(self, noise: Noise, first: int, start: int) -> Noise:
        """Return `noise`, (year, ..., draw) from year `start`, with the fitted years' shocks put in."""
        count = noise.planting.shape[-1]
        fitted = self.space.noise(self.points[:, self._columns(first, count)])
        skip = start - self.space.years[0]
        parts = []
        for new, old in zip(noise, fitted, strict=True):
            kept = old[skip : skip + new.shape[0]]
            parts.append(np.concatenate([kept, new[kept.shape[0] :]]))
        return Noise(*parts)


@dataclass(frozen=True, eq=False)
class FittedEngine:
    """An engine whose noise in the fitted years is that of the posterior draws; else the engine itself."""

    engine: Any
    draws: PosteriorDraws

    def draw_noise(self, seed: int, first: int, count: int, start: int, end: int) -> Noise:
        """Return the noise of `count` draws from `first`."""
        return self.draws.with_shocks(self.engine.draw_noise(seed, first, count, start, end), first, start)

    def run(self, *arguments: Any, **named: Any) -> Any:
        """Return the outcome of the engine."""
        return self.engine.run(*arguments, **named)
