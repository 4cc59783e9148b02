"""Whether a log-linear model has a maximum of its likelihood for a table: a linear programme."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

_ZERO = 1e-7  # of the largest smallest mean, in people; the solver works to some 1e-9


def has_maximum(matrix: NDArray[np.float64], counts: NDArray[np.float64]) -> bool:
    """Whether the maximum likelihood estimate exists.

    It does exactly where some table of means above zero has the margins of the observed one. The programme
    finds the largest t with X'm = X'n and every m at least t; the maximum exists if t is above zero.

    Parameters
    ----------
    matrix : (cell, term), the design of the cells that are left.
    counts : (cell,), people.

    References
    ----------
    fienberg2012, chan2021.
    """
    if np.all(counts > 0):
        return True
    from scipy.optimize import linprog

    cells = matrix.shape[0]
    # m = t + s with s >= 0: the bounds of the programme are then all simple ones.
    equations = np.hstack([matrix.T, matrix.sum(axis=0)[:, None]])
    goal = np.zeros(cells + 1)
    goal[-1] = -1.0
    done = linprog(goal, A_eq=equations, b_eq=counts @ matrix, bounds=(0, None), method="highs")
    return done.status == 0 and -done.fun > _ZERO
