"""Latent classes: people are of unseen kinds, and within a kind lists are independent (manriquevallier2016).

A Dirichlet process lets the data say how many kinds there are. The posterior is drawn by Gibbs sampling with
several chains, and no number leaves this file unless they agree: such models are often so weakly identified
that one chain looks steady at a size that another never visits.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from yupana.core.errors import DataError
from yupana.evidence.populations.specification import Specification

if TYPE_CHECKING:
    import numpy as np

    from yupana.evidence.populations.lists import CaptureTable

LARGEST_RHAT = 1.01
LEAST_EFFECTIVE = 400.0
"""Gates on the logarithm of the size: R-hat of ranks, effective draws of bulk and tails (vehtari2021)."""

FEWEST_LISTS = 3
HUGE = 1e12
"""Unseen people above which a draw counts as having no bound."""


@dataclass(frozen=True)
class LatentClasses:
    """Posterior draws of the size, with what the gate says of them.

    Attributes
    ----------
    sizes : (chain, draw), people, seen and unseen.
    rhat : rank-normalised R-hat of the logarithm of the size.
    effective : effective draws, the smaller of bulk and tail.
    reason : why the draws may not be used; empty where they pass.
    classes : most kinds of people allowed.
    """

    sizes: np.ndarray
    rhat: float
    effective: float
    reason: str
    classes: int

    def specification(self) -> Specification:
        """Posterior median and 95 percent interval, or no estimate where the gate failed."""
        import numpy as np

        chains, draws = self.sizes.shape
        options = f"at most {self.classes} classes, {chains} chains of {draws}"
        if self.reason:
            return Specification("latent-class", options, (), None, None, None, self.reason)
        low, middle, high = (float(q) for q in np.quantile(self.sizes, (0.025, 0.5, 0.975)))
        note = f"median; R-hat {self.rhat:.3f}, {self.effective:.0f} effective draws"
        return Specification(
            "latent-class", options, (), middle, low, high, note, citation="manriquevallier2016"
        )


def fit_latent_classes(
    table: CaptureTable,
    classes: int = 6,
    chains: int = 4,
    draws: int = 5000,
    warmup: int = 2000,
    thin: int = 4,
    seed: int = 0,
) -> LatentClasses:
    """Posterior of the size under latent classes, with the verdict of the gate.

    Prior: size N proportional to 1 / N; classes by stick-breaking with concentration of Gamma(1/4, rate 1/4);
    each class's chance to be on each list uniform.

    Parameters
    ----------
    table : three lists or more.
    classes : most kinds of people; the last takes what is left of the stick.
    chains, draws, warmup, thin : chains from dispersed starts; draws kept of each, draws dropped before, and
        sweeps for each draw.
    seed : of the draws.

    Raises
    ------
    DataError
        Y231 for fewer than three lists, Y232 for fewer than 2 chains or classes or no draws.

    References
    ----------
    manriquevallier2016, vehtari2021
    """
    import numpy as np

    if table.lists < FEWEST_LISTS:
        raise DataError(
            "latent classes need three lists", code="Y231", got=f"{table.lists} lists",
            expected="3 or more: two say nothing about kinds of people",
        )  # fmt: skip
    if min(classes, chains) < 2 or draws < 4 or warmup < 0 or thin < 1:
        raise DataError("settings of the sampler not usable", code="Y232",
                        got=f"{classes} classes, {chains} chains, {draws} draws",
                        expected="2 classes and 2 chains at least, 4 draws at least")  # fmt: skip
    masks = [mask for mask, count in enumerate(table.counts) if count]
    counts = np.array([table.counts[mask] for mask in masks])
    marks = np.array([[mask >> k & 1 for k in range(table.lists)] for mask in masks], dtype=float)
    state = _Chains(np.random.default_rng(seed), marks, counts, classes, chains)
    sizes = np.empty((chains, draws))
    for step in range(-warmup, draws * thin):
        unseen = state.sweep()
        if step >= 0 and step % thin == 0:
            sizes[:, step // thin] = table.n + unseen
    return _gated(sizes, classes)


def _gated(sizes: np.ndarray, classes: int) -> LatentClasses:
    import numpy as np
    from arviz_stats.base.array import array_stats

    logs = np.log(sizes)
    if not np.ptp(logs) > 0:
        return LatentClasses(sizes, np.nan, 0.0, "the draws do not move", classes)
    rhat = float(np.asarray(array_stats.rhat(logs, chain_axis=0, draw_axis=1)))
    bulk = array_stats.ess(logs, chain_axis=0, draw_axis=1, method="bulk")
    tail = array_stats.ess(logs, chain_axis=0, draw_axis=1, method="tail", prob=0.9)
    effective = min(float(np.asarray(bulk)), float(np.asarray(tail)))
    reasons = []
    if not rhat < LARGEST_RHAT:
        reasons.append(f"chains disagree: R-hat {rhat:.3f}, {LARGEST_RHAT} wanted")
    if not effective >= LEAST_EFFECTIVE:
        reasons.append(f"{effective:.0f} effective draws, {LEAST_EFFECTIVE:.0f} wanted")
    if float(sizes.max()) >= HUGE:
        reasons.append("the size has no upper bound in some draws")
    return LatentClasses(sizes, rhat, effective, "; ".join(reasons), classes)


class _Chains:
    """Gibbs sampler of all chains at once.

    Parameters
    ----------
    rng : random numbers.
    marks : (pattern, list), 0 or 1. counts : (pattern,), people.
    """

    def __init__(
        self, rng: np.random.Generator, marks: np.ndarray, counts: np.ndarray, classes: int, chains: int
    ) -> None:
        import numpy as np

        self.rng, self.marks, self.counts, self.classes = rng, marks, counts, classes
        # Dispersed starts: chances from rare to frequent, shares from one class to all alike.
        self.chance = rng.beta(0.5, 1.0, size=(chains, classes, marks.shape[1]))
        self.concentration = np.full(chains, 1.0)
        self.share = rng.dirichlet(np.full(classes, 0.5), size=chains)

    def sweep(self) -> np.ndarray:
        """One round over all unknowns; (chain,), unseen people."""
        import numpy as np

        rng = self.rng
        log_share = np.log(np.maximum(self.share, 1e-300))
        on, off = (np.log(np.clip(p, 1e-300, 1.0)) for p in (self.chance, 1.0 - self.chance))
        never = log_share + off.sum(axis=2)
        unseen_chance = np.clip(np.exp(never).sum(axis=1), 1e-12, 1.0 - 1e-12)
        unseen = np.minimum(self._unseen(unseen_chance), HUGE)
        # Class of each person of a pattern, of the unseen ones last.
        logits = (
            log_share[:, None, :]
            + np.einsum("pl,ckl->cpk", self.marks, on)
            + np.einsum("pl,ckl->cpk", 1.0 - self.marks, off)
        )
        seen_in = rng.multinomial(self.counts[None, :], _softmax(logits))
        unseen_in = rng.multinomial(unseen.astype(np.int64), _softmax(never))
        listed = np.einsum("cpk,pl->ckl", seen_in, self.marks)
        members = seen_in.sum(axis=1) + unseen_in
        self.chance = rng.beta(1.0 + listed, 1.0 + members[:, :, None] - listed)
        self._break_stick(members)
        return unseen

    def _unseen(self, chance: np.ndarray) -> np.ndarray:
        """Unseen people given their chance to be unseen: negative binomial, as a Poisson with a gamma rate.

        Numbers too large for the generator's integers come from the gamma alone, whose relative error is then
        below one in a million.
        """
        import numpy as np

        rate = self.rng.gamma(float(self.counts.sum()), chance / (1.0 - chance))
        return np.where(rate < HUGE, self.rng.poisson(np.minimum(rate, HUGE)), rate)

    def _break_stick(self, members: np.ndarray) -> None:
        import numpy as np

        after = members.sum(axis=1, keepdims=True) - np.cumsum(members, axis=1)
        pieces = self.rng.beta(1.0 + members[:, :-1], self.concentration[:, None] + after[:, :-1])
        pieces = np.clip(pieces, 1e-12, 1.0 - 1e-12)
        rest = np.cumprod(1.0 - pieces, axis=1)
        first = np.ones((len(rest), 1))
        self.share = np.concatenate([pieces, first], axis=1) * np.concatenate([first, rest], axis=1)
        self.concentration = self.rng.gamma(0.25 + self.classes - 1, 1.0 / (0.25 - np.log(rest[:, -1])))


def _softmax(logits: np.ndarray) -> np.ndarray:
    import numpy as np

    values = np.exp(logits - logits.max(axis=-1, keepdims=True))
    return values / values.sum(axis=-1, keepdims=True)
