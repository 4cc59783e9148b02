"""Logs of quantities as combinations of atoms."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

import numpy as np

from yupana.evidence.reconcile.graph import Floats


@dataclass
class Line:
    """The log of a quantity: a combination of atoms plus a constant. Atoms are numbered by kind."""

    atoms: dict[tuple[str, int], float] = field(default_factory=dict)
    constant: float = 0.0

    def plus(self, other: Line, times: float = 1.0, constant: float = 0.0) -> Line:
        """Return this line plus `times` another and a constant."""
        atoms = dict(self.atoms)
        for atom, weight in other.atoms.items():
            atoms[atom] = atoms.get(atom, 0.0) + times * weight
        return Line(atoms, self.constant + times * other.constant + constant)


def rows_of(lines: Iterable[Line], place: dict[tuple[str, int], int], width: int) -> tuple[Floats, Floats]:
    """Return lines as a matrix over atoms, and their constants."""
    found = list(lines)
    matrix = np.zeros((len(found), width))
    for row, line in enumerate(found):
        for atom, weight in line.atoms.items():
            matrix[row, place[atom]] = weight
    return matrix, np.array([line.constant for line in found])
