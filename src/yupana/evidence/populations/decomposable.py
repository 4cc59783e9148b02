"""Size of a population averaged over all decomposable graphs of dependence between lists (madiganyork1997).

A graph joins the lists that depend on one another given the rest. For graphs without a chordless cycle the
marginal likelihood is a closed formula under a hyper-Dirichlet prior. Every graph and every number of unseen
people is summed over: no sampling, no convergence to doubt.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

from yupana.core.errors import DataError
from yupana.evidence.populations.specification import Specification

if TYPE_CHECKING:
    import numpy as np

    from yupana.evidence.populations.lists import CaptureTable

MOST_LISTS = 5
"""Most lists whose graphs are all taken: 822 decomposable graphs of 5, 18,154 of 6."""

EACH = 60_000
"""Longest range of unseen people in which each number is summed."""

FAR_TAIL = 1e-3
"""Posterior mass in the last percent of the range above which the range is too short."""


@dataclass(frozen=True)
class Graph:
    """A decomposable graph by what its likelihood needs.

    Attributes
    ----------
    edges : masks of joined pairs of lists.
    cliques, separators : masks of lists; a separator stands as often as it separates.
    """

    edges: tuple[int, ...]
    cliques: tuple[int, ...]
    separators: tuple[int, ...]


@dataclass(frozen=True)
class GraphAverage:
    """Posterior of the size, over graphs and unseen people.

    Attributes
    ----------
    n : people seen.
    unseen : (point,), numbers of unseen people: 1, 2, ..., or points that stand for those around them.
    posterior : (point,), probability of each.
    weights : notation of a graph, such as ``[A:C,B]`` -> posterior probability, largest first.
    delta : prior weight of each cell of the full table.
    most : largest number of unseen people.
    """

    n: int
    unseen: np.ndarray
    posterior: np.ndarray
    weights: dict[str, float]
    delta: float
    most: int

    @property
    def mean(self) -> float:
        """Posterior mean of all people."""
        return self.n + float(self.unseen @ self.posterior)

    def quantile(self, probability: float) -> int:
        """The least number of people whose cumulated probability reaches `probability`."""
        import numpy as np

        position = int(np.searchsorted(np.cumsum(self.posterior), probability))
        return self.n + round(float(self.unseen[min(position, len(self.unseen) - 1)]))

    @property
    def truncated(self) -> bool:
        """Whether the posterior leans on the end of the range: then the range answers, not the data."""
        return float(self.posterior[self.unseen >= 0.99 * self.most].sum()) > FAR_TAIL

    def specification(self) -> Specification:
        """The posterior median and 95 percent interval as a row of the common table."""
        best, weight = next(iter(self.weights.items()))
        options = f"delta {self.delta:g}, unseen 1 to {self.most}"
        reason = f"median; best graph {best} has probability {weight:.2f} of {len(self.weights)} graphs"
        if self.truncated:
            return Specification(
                "decomposable", options, (), None, None, None, "the posterior leans on the largest number of "
                "unseen people allowed: the data do not bound the size", citation="madiganyork1997",
            )  # fmt: skip
        low, middle, high = (float(self.quantile(p)) for p in (0.025, 0.5, 0.975))
        return Specification(
            "decomposable", options, (), middle, low, high, reason, citation="madiganyork1997"
        )


def average_graphs(table: CaptureTable, delta: float | None = None, most: int | None = None) -> GraphAverage:
    """Posterior of the size over all decomposable graphs and numbers of unseen people.

    Graphs are equally likely before the data; the prior of the size N is proportional to 1 / N; cells of the
    full table have Dirichlet weight delta, cells of a margin the sum of theirs.

    Parameters
    ----------
    table : 2 to 5 lists.
    delta : prior weight of a cell; 1 / 2 ** lists by default, one person spread over the table.
    most : largest number of unseen people; by default 20 times those seen, at least 1,000.

    Raises
    ------
    DataError
        Y231 for more than 5 lists, Y232 where delta or most is not positive.

    References
    ----------
    madiganyork1997

    Examples
    --------
    >>> from yupana.evidence.populations import CaptureTable
    >>> from yupana.evidence.populations.decomposable import average_graphs
    >>> seen = {"100": 60, "010": 49, "110": 4, "001": 247, "101": 112, "011": 142, "111": 12}
    >>> round(average_graphs(CaptureTable.from_patterns(seen), delta=1, most=300).mean, 1)
    733.7
    """
    import numpy as np
    from scipy.special import gammaln

    if table.lists > MOST_LISTS:
        raise DataError(
            "too many lists to take all decomposable graphs", code="Y231", got=f"{table.lists} lists",
            expected=f"at most {MOST_LISTS}", fix="Join lists of one kind, or average over fewer.",
        )  # fmt: skip
    weight = 0.5**table.lists if delta is None else float(delta)
    count = max(1000, 20 * table.n) if most is None else int(most)
    if not (weight > 0 and count > 0):
        raise DataError("prior not usable", code="Y232", got=f"delta {weight}, unseen 1 to {count}",
                        expected="both above 0")  # fmt: skip
    unseen, widths = _grid(count)
    size = table.n + unseen
    graphs = decomposable_graphs(table.lists)
    margins = _margins(table, weight, unseen)
    # Ways to choose who is unseen, times 1 / N; terms without the number of unseen people are dropped.
    base = gammaln(size + 1) - gammaln(unseen + 1) - np.log(size) + np.log(widths)
    scores = np.array([np.logaddexp.reduce(base + _evidence(graph, margins)) for graph in graphs])
    total = float(np.logaddexp.reduce(scores))
    shares = np.exp(scores - total)
    posterior = np.zeros(len(unseen))
    for graph, share in zip(graphs, shares, strict=True):
        if share > 1e-14:
            posterior += np.exp(base + _evidence(graph, margins) - total)
    order = np.argsort(-shares, kind="stable")
    weights = {notation(table, graphs[i]): float(shares[i]) for i in order}
    return GraphAverage(table.n, unseen, posterior / posterior.sum(), weights, weight, count)


def _grid(most: int) -> tuple[np.ndarray, np.ndarray]:
    """(point,), numbers of unseen people and how many each stands for.

    Every number up to `EACH`. In longer ranges numbers above 2,000 stand for one in a thousand around them: a
    posterior there is at least one in fifty wide, so the sum is that over all numbers to rounding.
    """
    import numpy as np

    if most <= EACH:
        return np.arange(1, most + 1, dtype=float), np.ones(most)
    ends = [2000]
    while ends[-1] < most:
        ends.append(min(most, ends[-1] + ends[-1] // 1000))
    first, last = np.array(ends[:-1]) + 1, np.array(ends[1:])
    points = np.concatenate([np.arange(1, 2001), (first + last) / 2.0])
    return points, np.concatenate([np.ones(2000), last - first + 1.0])


def _margins(table: CaptureTable, delta: float, unseen: np.ndarray) -> dict[int, np.ndarray]:
    """Log marginal likelihood of the table of each set of lists, by number of unseen people."""
    import numpy as np
    from scipy.special import gammaln

    found = {}
    total = delta * 2**table.lists
    size = table.n + unseen
    for lists in range(1 << table.lists):
        cells: dict[int, float] = {}
        for mask, people in enumerate(table.counts):
            cells[mask & lists] = cells.get(mask & lists, 0.0) + people
        prior = total / len(cells)
        known = np.array([people for cell, people in cells.items() if cell])
        value = gammaln(total) - gammaln(total + size) + np.sum(gammaln(prior + known))
        found[lists] = value + gammaln(prior + cells[0] + unseen) - len(cells) * gammaln(prior)
    return found


def _evidence(graph: Graph, margins: dict[int, np.ndarray]) -> np.ndarray:
    """Log marginal likelihood of a graph: its cliques' less its separators'."""
    return sum(margins[c] for c in graph.cliques) - sum(margins[s] for s in graph.separators)  # type: ignore[return-value]


def notation(table: CaptureTable, graph: Graph) -> str:
    """The cliques of a graph by the names of their lists, such as ``[A:C,B]``."""
    return "[" + ",".join(table.term(clique) for clique in sorted(graph.cliques)) + "]"


@cache
def decomposable_graphs(lists: int) -> tuple[Graph, ...]:
    """Every graph of so many lists without a chordless cycle: 2, 8, 61, 822 for 2, 3, 4, 5."""
    pairs = [(i, j) for i in range(lists) for j in range(i + 1, lists)]
    return tuple(graph for chosen in range(1 << len(pairs)) if (graph := _graph(lists, pairs, chosen)))


def _graph(lists: int, pairs: list[tuple[int, int]], chosen: int) -> Graph | None:
    """The graph of a choice of pairs, or None where it has a chordless cycle.

    Lists whose neighbours are all joined are taken away one by one (perfect elimination); a list and the
    neighbours it leaves behind are a clique, unless they lie within one found before.
    """
    near = [0] * lists
    edges = []
    for k, (i, j) in enumerate(pairs):
        if chosen >> k & 1:
            near[i] |= 1 << j
            near[j] |= 1 << i
            edges.append(1 << i | 1 << j)
    left = (1 << lists) - 1
    cliques: list[int] = []
    while left:
        found = next((i for i in _members(left) if _complete(near, near[i] & left)), None)
        if found is None:
            return None
        clique = near[found] & left | 1 << found
        left &= ~(1 << found)
        if not any(clique & ~other == 0 for other in cliques):
            cliques.append(clique)
    return Graph(tuple(edges), tuple(sorted(cliques)), _separators(cliques))


def _separators(cliques: list[int]) -> tuple[int, ...]:
    """What neighbours in a junction tree share: a spanning tree of the cliques with the largest overlaps."""
    placed, rest, cut = [cliques[0]], list(cliques[1:]), []
    while rest:
        best, other = max(
            ((clique, other) for clique in rest for other in placed),
            key=lambda pair: (pair[0] & pair[1]).bit_count(),
        )
        cut.append(best & other)
        placed.append(best)
        rest.remove(best)
    return tuple(sorted(cut))


def _members(mask: int) -> Iterator[int]:
    while mask:
        lowest = mask & -mask
        yield lowest.bit_length() - 1
        mask ^= lowest


def _complete(near: list[int], mask: int) -> bool:
    return all(mask & ~(1 << i) & ~near[i] == 0 for i in _members(mask))
