"""The marks of a run: how much of each of its numbers is prior, as its folder holds it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from yupana.core.errors import DataError
from yupana.fit.informed import (
    ALL_PRIOR,
    DATA,
    GIVEN,
    MOSTLY_PRIOR,
    NO_MARK,
    PRIOR,
    UNKNOWN,
    Mark,
    legend,
    mark_of,
    word_of,
)
from yupana.fit.store import read_arrays, write_arrays

if TYPE_CHECKING:
    from yupana.ensemble.columns import Columns
    from yupana.ensemble.manifest import Manifest
    from yupana.fit.informed import Informed

NAME = "marks.npz"


@dataclass(frozen=True, eq=False)
class Marks:
    """Marks by column and year.

    Attributes
    ----------
    years : of the run.
    fitted : whether the draws are of a fit; else every number is prior.
    shares : column -> (year,) contraction in the baseline, NaN where the number is given; empty where it is
        not known, or where every number is prior.
    levers : whether the run holds a scenario other than the baseline, whose marks are those of the baseline.
    """

    years: tuple[int, ...]
    fitted: bool
    shares: Mapping[str, NDArray[np.float64]]
    levers: bool = False

    @property
    def known(self) -> bool:
        """Whether there are marks."""
        return bool(self.shares) or not self.fitted

    def at(self, column: str, year: int) -> Mark:
        """Return the mark of a column in a year."""
        if not self.fitted:
            return ALL_PRIOR
        if column not in self.shares:
            return NO_MARK
        return mark_of(float(self.shares[column][self.years.index(year)]))

    def words(self, column: str) -> tuple[str, ...]:
        """Return the word for a column in every year, (year,)."""
        if not self.fitted:
            return (PRIOR,) * len(self.years)
        if column not in self.shares:
            return (UNKNOWN,) * len(self.years)
        return tuple(word_of(float(share)) for share in self.shares[column])

    def about(self) -> str:
        """Return what the marks of a run mean, in a sentence."""
        if not self.fitted:
            return f"{legend([PRIOR])}: no figure has changed these numbers"
        if not self.shares:
            return f"{legend([UNKNOWN])} how much of a number is prior: make the run again to have it marked"
        of = ", of the baseline's number in every scenario" if self.levers else ""
        words = legend([DATA, MOSTLY_PRIOR, PRIOR, GIVEN], about=self.levers)
        return f"{words}: how much figures narrowed what the priors said{of}; narrowed is not right"


def read_marks(folder: Path, manifest: Manifest) -> Marks:
    """Return the marks of a run; what is damaged or of another run counts as not known."""
    years, fitted = manifest.years, manifest.recipe["prior"] != "pack"
    shares: dict[str, NDArray[np.float64]] = {}
    if fitted and (folder / NAME).is_file():
        try:
            found = read_arrays(folder / NAME)
            if str(found["run"]) == manifest.id:
                table = found["shares"].astype(np.float64)
                shares = dict(zip(manifest.columns.names, table, strict=True))
        except (DataError, KeyError, ValueError):
            shares = {}
    return Marks(years, fitted, shares, any(manifest.recipe["scenarios"].values()))


def write_marks(folder: Path, manifest: Manifest, told: Informed) -> None:
    """Write what a fit told of a run's numbers into the run's folder.

    Raises
    ------
    EnvironmentFault
        Where the folder may not be written.
    """
    first, last = (year - told.start for year in (manifest.years[0], manifest.years[-1]))
    table = _by_column(manifest.columns, told)[:, first : last + 1]
    write_arrays(folder / NAME, {"run": manifest.id, "fit": told.fit, "shares": table.astype(np.float16)})


def _by_column(columns: Columns, told: Informed) -> NDArray[np.float64]:
    """Return contraction of every column, (column, year), in the order of the columns."""
    found: dict[str, Any] = {}
    for info in columns.variables:
        share = told.shares[info.key]
        # two variables may share a column (a place that is a cause too): the later one has it, as in a chunk
        found |= zip(columns.elements(info), share.reshape(len(share), -1).T, strict=True)
    return np.stack([found[name] for name in columns.names])
