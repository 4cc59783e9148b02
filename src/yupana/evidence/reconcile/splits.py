"""How far data narrow the way in which a flow divides, apart from how large it is.

A balance that knows its total well narrows every flow of it, also where nothing is known of the shares. A
flow is therefore set by its prior, too, where data leave the share of what leaves its source as it was.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from yupana.evidence.reconcile.result import PRIOR_BELOW

if TYPE_CHECKING:
    from yupana.evidence.reconcile.graph import Floats, Graph, Key
    from yupana.evidence.reconcile.result import Estimate, Flow, Reconciliation

WEIGHTY = 0.25
"""Share of a flow's variance from which its division counts: half of the standard deviation, in logs."""


def draws_of(found: Reconciliation, part: Estimate) -> Floats | None:
    """Return the (draw,) values of a flow, t: those of a quantity, or of one over another.

    None where the reconciliation holds none.
    """
    at = {key: place for place, key in enumerate(found.names)}
    drawn = _over(part, lambda key: found.draws[:, at[key]] if key in at and len(found.draws) else None)
    # a flow may bear the name of a quantity in another unit, as leaf weighed as leaf
    return None if drawn is None or abs(np.median(drawn) - part.q50) > 0.01 * part.q50 else drawn


@dataclass(frozen=True)
class Division:
    """A flow's share of what leaves its source.

    Attributes
    ----------
    contraction : 1 - (posterior variance / prior variance) of the log of the share.
    weight : posterior variance of the log of the share over that of the log of the flow.
    """

    contraction: float
    weight: float

    @property
    def is_prior(self) -> bool:
        """Whether data say nothing of the share, and the share says much of the flow."""
        return self.contraction < PRIOR_BELOW and self.weight >= WEIGHTY


def divisions(graph: Graph, found: Reconciliation) -> dict[Flow, Division]:
    """Return how each flow's share of what leaves its source fared.

    Flows that leave a source alone, and flows without draws, are not there.

    Parameters
    ----------
    graph : the balance of the reconciliation, whose prior draws are taken.
    found : a reconciliation of it.
    """
    sides: dict[tuple[str, int], list[Flow]] = {}
    for flow in found.flows:
        sides.setdefault((flow.source, flow.estimate.year), []).append(flow)
    made: dict[Flow, Division] = {}
    for flows in sides.values():
        after = _stacked([draws_of(found, flow.estimate) for flow in flows])
        before = _stacked([_over(flow.estimate, lambda key: _prior(graph, key)) for flow in flows])
        if len(flows) < 2 or after is None or before is None:
            continue
        share = _variance(after)
        contraction, weight = 1.0 - share / _variance(before), share / np.log(after).var(axis=1)
        made |= {flow: Division(float(contraction[i]), float(weight[i])) for i, flow in enumerate(flows)}
    return made


def _over(part: Estimate, values: Callable[[Key], Floats | None]) -> Floats | None:
    top, over, bottom = part.name.partition("/")
    upper = values((top, part.year))
    if not over or upper is None:
        return upper
    lower = values((bottom, part.year))
    return None if lower is None else upper / lower


def _prior(graph: Graph, key: Key) -> Floats | None:
    return np.exp(graph.prior_logs[graph.index[key]]) if key in graph.index else None


def _stacked(masses: Sequence[Floats | None]) -> Floats | None:
    known = [mass for mass in masses if mass is not None]
    return np.stack(known) if len(known) == len(masses) else None


def _variance(masses: Floats) -> Floats:
    """Return the variance of the log of each part's share of the sum: (part, draw) to (part,)."""
    return np.log(masses / masses.sum(axis=0)).var(axis=1)
