"""What a fit must pass before its draws may be used without a warning."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from yupana.fit.data import Data
from yupana.fit.posterior import DEGREES, Posterior

RHAT = 1.01
EFFECTIVE = 400.0
PARETO = 0.7
PREDICTIVE = 0.01  # smallest share of replicated records that may lie on one side of a series' misfit
TAIL = (0.05, 0.95)
SAME = 0.005  # log distance below which two figures of one variable and year are one
SHIFT = 3.0  # prior standard deviations; of a thousand unknowns without data none has such a mean


@dataclass(frozen=True)
class Gate:
    """One check.

    Attributes
    ----------
    name : what is checked. value : found. limit : allowed.
    side : whether the value may be at most or must be at least the limit.
    """

    name: str
    value: float
    limit: float
    side: Literal["at most", "at least"]

    @property
    def passed(self) -> bool:
        """Whether the check is passed; a value that is no number fails."""
        if not np.isfinite(self.value):
            return False
        return self.value <= self.limit if self.side == "at most" else self.value >= self.limit

    def to_json(self) -> dict[str, Any]:
        """Return the gate in plain types."""
        value = float(self.value) if np.isfinite(self.value) else None
        return {"name": self.name, "value": value, "limit": self.limit, "pass": self.passed}


def chain_gates(chains: np.ndarray, names: Sequence[str]) -> list[Gate]:
    """Return R-hat and bulk and tail effective sample size, the worst over quantities.

    A single chain has no R-hat: the value is no number, and the gate fails.

    Parameters
    ----------
    chains : (chain, draw, quantity). names : of the quantities; the worst is named in the gate.
    """
    from arviz_stats.base.array import array_stats

    each = [np.ascontiguousarray(chains[..., i]) for i in range(chains.shape[-1])]
    rhat = np.array([array_stats.rhat(one) for one in each])
    bulk = np.array([array_stats.ess(one, method="bulk") for one in each])
    tail = np.array([array_stats.ess(one, method="tail", prob=TAIL) for one in each])
    worst, least, outer = _furthest(rhat), _furthest(-bulk), _furthest(-tail)
    return [
        Gate(f"R-hat, worst of {len(names)} ({names[worst]})", float(rhat[worst]), RHAT, "at most"),
        Gate(f"bulk effective draws, least ({names[least]})", float(bulk[least]), EFFECTIVE, "at least"),
        Gate(f"tail effective draws, least ({names[outer]})", float(tail[outer]), EFFECTIVE, "at least"),
    ]


def _furthest(values: np.ndarray) -> int:
    """Return the place of the largest value; the first place where none is a number."""
    return int(np.nanargmax(values)) if np.isfinite(values).any() else 0


def pareto_gate(log_ratios: np.ndarray) -> Gate:
    """Return the Pareto k of importance ratios, (draw,), of an approximation against the posterior."""
    from arviz_stats.base.array import array_stats

    # the library takes the negative of log weights, as it is made for log likelihoods that are left out
    _, k = array_stats.psislw(log_ratios.max() - log_ratios)
    return Gate("Pareto k of the approximation", float(k), PARETO, "at most")


def predictive_gates(posterior: Posterior, points: np.ndarray, figures: np.ndarray, seed: int) -> list[Gate]:
    """Return a check of all figures and one a variable: is their misfit usual for records that the fit makes?

    Both are needed: where two variables contradict each other, some draws fit the one and some the other, so
    that neither misfit is strange by itself.

    Variables share one chance in a hundred of a false alarm: each may be as strange as that chance over
    their number (Bonferroni). Were each given the whole, a right model of two dozen variables would fail one
    time in five.

    The misfit is the mean log density of a variable's residuals under Student's t; a record made from a draw
    has residuals of that distribution. The value is the share of draws whose made record fits worse; the gate
    fails where the real record fits worse than all but so few.

    Parameters
    ----------
    points : (coordinate, draw). figures : (row, draw), log figures of the model there.
    """
    r = posterior.residuals(points, figures)
    rng = np.random.Generator(np.random.Philox(key=np.array([seed, 2**32], dtype=np.uint64)))
    made = rng.standard_t(DEGREES, size=r.shape)
    gates = []
    each = rows_of(posterior.data)
    groups = {"all variables together": list(range(len(r))), **each}
    for variable, rows in groups.items():
        real, copy = _misfit(r[rows]), _misfit(made[rows])
        limit = PREDICTIVE / len(each) if variable in each else PREDICTIVE
        share = float((copy >= real).mean())
        gates.append(Gate(f"record no stranger than made ones: {variable}", share, limit, "at least"))
    return gates


def furthest_gate(posterior: Posterior, points: np.ndarray, figures: np.ndarray, seed: int) -> Gate:
    """Return a check of the one figure that lies furthest out: a figure copied wrongly, or of another unit.

    Among many good figures one wrong one hardly moves the misfit of all. The value is the share of draws
    whose made record has a figure as far out as the furthest of the real one.

    Parameters
    ----------
    points : (coordinate, draw). figures : (row, draw), log figures of the model there.
    """
    r = np.abs(posterior.residuals(points, figures))
    rng = np.random.Generator(np.random.Philox(key=np.array([seed, 2**34], dtype=np.uint64)))
    made = np.abs(rng.standard_t(DEGREES, size=r.shape)).max(axis=0)
    row = posterior.data.data[int(np.argmax(np.median(r, axis=1)))].row
    share = float((made >= r.max(axis=0)).mean())
    return Gate(f"no figure further out than in made records ({row})", share, PREDICTIVE, "at least")


def copies_gate(data: Data) -> Gate:
    """Return how many figures tell again what another one tells: the same variable, place, year and value.

    Rows of a ledger that do so are left out before a fit; a figure that stood twice would count twice.
    """
    places = [item.bias.split("/")[-2:] for item in data.data]  # of the bias: country and quantity
    found: list[str] = []
    for i, item in enumerate(data.data):
        if any(
            other.variable == item.variable
            and other.year == item.year
            and places[j] == places[i]
            and abs(np.log(other.value / item.value)) < SAME
            for j, other in enumerate(data.data[:i])
        ):
            found.append(item.row)
    name = "figures told twice" + (f" ({found[0]})" if found else "")
    return Gate(name, float(len(found)), 0.0, "at most")


def shift_gate(names: Sequence[str], points: np.ndarray) -> Gate:
    """Return how far the figures pulled any unknown from its prior, in prior standard deviations.

    A wrong equation or a prior of the wrong scale can be bought off by one unknown, most cheaply by the bias
    of a source: all other checks then pass.

    Parameters
    ----------
    points : (coordinate, draw), standard normal a priori. names : of the coordinates.
    """
    shift = np.abs(points.mean(axis=1))
    worst = int(np.argmax(shift))
    return Gate(f"largest shift in prior sd ({names[worst]})", float(shift[worst]), SHIFT, "at most")


def _misfit(residuals: np.ndarray) -> np.ndarray:
    return np.log1p(residuals**2 / DEGREES).sum(axis=0)


def rows_of(data: Data) -> Mapping[str, list[int]]:
    """Return variable -> positions of its figures."""
    found: dict[str, list[int]] = {}
    for index, item in enumerate(data.data):
        found.setdefault(item.variable, []).append(index)
    return found


def contraction(points: np.ndarray) -> np.ndarray:
    """Return 1 - posterior variance over prior variance of every coordinate, (coordinate,)."""
    return 1.0 - points.var(axis=1)
