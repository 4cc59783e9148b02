"""What a reconciliation answers: quantities with intervals, flows between them, and how each datum fared."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

PRIOR_BELOW = 0.1
"""Contraction below which a quantity is marked as prior wherever it is printed or drawn."""


@dataclass(frozen=True)
class Estimate:
    """One quantity of one year.

    Attributes
    ----------
    name : variable of the model, such as ``cocaine_output`` or ``exports[market]``, or a name of
        the balance.
    year : calendar year; 31 December of it for a stock.
    unit : unit of the three quantiles.
    q05, q50, q95 : 5th, 50th and 95th percentile.
    contraction : 1 - (posterior variance / prior variance) of the logarithm; 0 where the data say nothing.
        Of a part of a declared composition (an exit, a market), the smaller of its own and that of its share
        of the whole: that a total is known says nothing about its parts.
    """

    name: str
    year: int
    unit: str
    q05: float
    q50: float
    q95: float
    contraction: float

    @property
    def is_prior(self) -> bool:
        """Whether the interval is set by the prior rather than by data."""
        return self.contraction < PRIOR_BELOW


@dataclass(frozen=True)
class Flow:
    """One arrow of the balance: mass that goes from one quantity to another in a year, with its estimate.

    Attributes
    ----------
    source, target : ids of nodes of the balance (`Reconciliation.nodes`).
    stage : group of the target for colouring: ``leaf``, ``product``, ``legal``, ``seized``, ``lost``,
        ``home``, ``corridor``, ``market``, ``consumed``.
    estimate : in t of pure cocaine equivalent.
    """

    source: str
    target: str
    stage: str
    estimate: Estimate


@dataclass(frozen=True)
class Datum:
    """How one row of the ledger fared.

    Attributes
    ----------
    row : id of the row. name, year : quantity that it measures.
    value, fitted : the published figure and its prediction at the posterior median, in `unit`.
    z : standardised residual (measurement test); above `z_limit` in size it is a suspected gross error.
    flagged : whether the test with its correction for many data flags it.
    """

    row: str
    name: str
    year: int
    unit: str
    value: float
    fitted: float
    z: float
    flagged: bool


@dataclass(frozen=True)
class Reconciliation:
    """The answer of one solver under one anchor.

    Attributes
    ----------
    pack, years, anchor, solver : what was asked.
    quantities : every quantity of every year, by (name, year).
    flows : arrows of the balance for drawing, all years.
    nodes : id of a node -> its name in words.
    data : every datum used. left_out : row id and the reason, of rows that were not used.
    chi2, degrees, p_value : global test of all data; None where there are none.
    names : (name, year) of the columns of `draws`. draws : (draw, column), same units as `quantities`.
    gates : for sampling solvers, name -> (value, limit, passed); empty for the others.
    """

    pack: str
    years: tuple[int, ...]
    anchor: str
    solver: str
    quantities: dict[tuple[str, int], Estimate]
    flows: tuple[Flow, ...]
    nodes: dict[str, str]
    data: tuple[Datum, ...]
    left_out: tuple[tuple[str, str], ...]
    chi2: float | None
    degrees: int | None
    p_value: float | None
    names: tuple[tuple[str, int], ...]
    draws: np.ndarray
    gates: dict[str, tuple[float, float, bool]]
