"""A balance as arrays: what each quantity is of independent standard normals, on NumPy and on JAX.

Everything is in logarithms. An *atom* is the log of a quantity that has a prior, the log of a share or of
its complement, or the log of a sum. The log of every quantity is then a linear combination of atoms, and
sums are the only place where anything but a matrix product happens. A share is the logistic of a normal
number and parts are broken off a whole like sticks, so that every point of the space is a balance that
closes: there is no wall at zero to sample against.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from types import ModuleType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from yupana.core.arrays import namespace

Floats = NDArray[np.floating[Any]]
Key = tuple[str, int]
DRAWS = 1000
"""Draws behind every interval; stratified: the error of a quantile is below 0.06 standard deviations."""
SEED = 0


@dataclass(frozen=True, eq=False)
class Level:
    """Sums that need only atoms of earlier levels.

    Attributes
    ----------
    terms : (term, atom) combinations of earlier atoms. constants : (term,) what is added to each.
    groups : (sum, term), 1 where a term belongs to a sum.
    """

    terms: Floats
    constants: Floats
    groups: Floats


@dataclass(frozen=True)
class Arrow:
    """One arrow of the diagram: from node to node, a quantity or its ratio to another, and its stage."""

    source: str
    target: str
    quantity: str
    over: str | None
    stage: str


@dataclass(frozen=True, eq=False)
class Graph:
    """A compiled balance.

    Attributes
    ----------
    names : (quantity,) pairs of name and year. units, kinds, bases : name -> what the balance says of it.
    latents : (latent,) what each standard normal number is about.
    centre : (leaf,) and spread : (leaf, latent): leaves are ``centre + spread @ z``.
    logs : number of leaves that are logs of quantities; the others are log odds of shares.
    low, high : (share,) ends of the shares.
    levels : sums in order. matrix : (quantity, atom) and constants : (quantity,): logs of quantities.
    shares : (name, year) of a share -> atoms of its log and of the log of its complement.
    cited : row -> name of the prior that cites it.
    compositions : quantities of one year that are parts of one whole.
    arrows, nodes : of the diagram.
    pack : its id. years : years asked for; a stock has one more in front.
    """

    pack: str
    years: tuple[int, ...]
    names: tuple[Key, ...]
    units: dict[str, str]
    kinds: dict[str, str]
    bases: dict[str, str]
    latents: tuple[str, ...]
    centre: Floats
    spread: Floats
    logs: int
    low: Floats
    high: Floats
    levels: tuple[Level, ...]
    matrix: Floats
    constants: Floats
    shares: dict[Key, tuple[int, int]]
    cited: dict[str, str]
    compositions: tuple[tuple[int, ...], ...]
    arrows: tuple[Arrow, ...]
    nodes: dict[str, str]

    @cached_property
    def index(self) -> dict[Key, int]:
        """Where each (name, year) stands among the quantities."""
        return {key: at for at, key in enumerate(self.names)}

    @property
    def size(self) -> int:
        """Number of latents."""
        return len(self.latents)

    def atoms(self, z: Any) -> Any:
        """Return the atoms at points of the latent space: (latent, *draws) to (atom, *draws)."""
        xp = namespace(z)
        tail = (1,) * (z.ndim - 1)
        leaves = self.spread @ z + self.centre.reshape(-1, *tail)
        odds = leaves[self.logs :]
        low, high = self.low.reshape(-1, *tail), self.high.reshape(-1, *tail)
        share = _expit(odds, xp)
        found = xp.concatenate(
            [
                leaves[: self.logs],
                xp.log(low + (high - low) * share),
                # the complement from the other tail: no digits are lost where a share is near its upper end
                xp.log((1.0 - high) + (high - low) * _expit(-odds, xp)),
            ]
        )
        for level in self.levels:
            terms = level.terms @ found + level.constants.reshape(-1, *tail)
            found = xp.concatenate([found, xp.log(level.groups @ xp.exp(terms))])
        return found

    @cached_property
    def _sparse(self) -> tuple[Any, ...]:
        """Spread, the terms of each level, and the matrix, without their zeros: nine in ten."""
        from scipy.sparse import csr_array

        levels = [(csr_array(level.terms), csr_array(level.groups)) for level in self.levels]
        return csr_array(self.spread), levels, csr_array(self.matrix)

    def atoms_of_draws(self, z: Floats) -> Floats:
        """Return what `atoms` does, faster: (latent, draw) to (atom, draw), on NumPy."""
        spread, levels, _ = self._sparse
        leaves = spread @ z
        leaves += self.centre[:, None]
        found = np.empty((self.matrix.shape[1], z.shape[1]))
        at = self.logs
        found[:at] = leaves[:at]
        against = np.exp(-leaves[at:])
        whole = np.log1p(against)
        for ends in ((self.high, self.low), (1.0 - self.high, 1.0 - self.low)):
            part = found[at : at + len(self.low)]
            # a share between two ends over the odds: (high + low x) / (1 + x), and so its complement
            np.multiply(against, ends[1][:, None], out=part)
            part += ends[0][:, None]
            np.log(part, out=part)
            part -= whole
            at += len(self.low)
        for level, (terms, groups) in zip(self.levels, levels, strict=True):
            each = terms @ found[:at]
            each += level.constants[:, None]
            np.exp(each, out=each)
            np.log(groups @ each, out=found[at : at + groups.shape[0]])
            at += groups.shape[0]
        return found

    def logs_of_atoms(self, atoms: Floats) -> Floats:
        """Return the log of every quantity: (atom, draw) to (quantity, draw)."""
        logs = self._sparse[2] @ atoms
        logs += self.constants[:, None]
        return logs

    def logs_of(self, z: Floats) -> Floats:
        """Return the log of every quantity: (latent, draw) to (quantity, draw)."""
        return self.logs_of_atoms(self.atoms_of_draws(z))

    def atoms_and_slopes(self, z: Floats) -> tuple[Floats, Floats]:
        """Return atoms at one point and their derivatives: (atom,), (atom, latent)."""
        leaves = self.spread @ z + self.centre
        share = _expit(leaves[self.logs :], np)
        width = self.high - self.low
        inside, outside = self.low + width * share, (1.0 - self.high) + width * (1.0 - share)
        slope = width * share * (1.0 - share)
        turned = self.spread[self.logs :]
        found = np.concatenate([leaves[: self.logs], np.log(inside), np.log(outside)])
        slopes = np.concatenate(
            [
                self.spread[: self.logs],
                (slope / inside)[:, None] * turned,
                (-slope / outside)[:, None] * turned,
            ]
        )
        for level, (rows, groups) in zip(self.levels, self._sparse[1], strict=True):
            terms = np.exp(rows @ found + level.constants)
            sums = groups @ terms
            bent = rows @ slopes
            bent *= terms[:, None]
            found = np.concatenate([found, np.log(sums)])
            slopes = np.concatenate([slopes, (groups @ bent) / sums[:, None]])
        return found, slopes

    @cached_property
    def noise(self) -> Floats:
        """(latent, DRAWS) fixed standard normals, the same for every solver and anchor.

        Each is a Latin hypercube sample [1]_: one number from the middle of each of DRAWS equally likely
        strata, in random order. Unless there are very many, they then get unit covariance exactly.

        References
        ----------
        .. [1] mckay1979
        """
        return stratified(self.latents)

    @cached_property
    def prior_logs(self) -> Floats:
        """(quantity, DRAWS) log of each quantity before any data."""
        return self.logs_of(self.noise)

    @cached_property
    def _prior_variances(self) -> tuple[Floats, Floats]:
        return self._variances(self.prior_logs, np.exp(self.prior_logs))

    @cached_property
    def _parts(self) -> tuple[Floats, NDArray[np.intp], NDArray[np.intp]]:
        """Return compositions as (whole, quantity) of 0 and 1, and all pairs of quantity and whole."""
        wholes = np.zeros((len(self.compositions), len(self.names)))
        for whole, parts in enumerate(self.compositions):
            wholes[whole, list(parts)] = 1.0
        of, part = np.nonzero(wholes)
        return wholes, part, of

    def _variances(self, logs: Floats, values: Floats) -> tuple[Floats, Floats]:
        """Return variances of logs, (quantity,), and of the logs of shares of wholes, one a part."""
        wholes, part, of = self._parts
        logs = logs - logs.mean(axis=1, keepdims=True)
        own = np.einsum("ij,ij->i", logs, logs) / logs.shape[1]
        sums = np.log(wholes @ values)
        sums -= sums.mean(axis=1, keepdims=True)
        together = (logs @ sums.T) / logs.shape[1]
        spread = np.einsum("ij,ij->i", sums, sums) / logs.shape[1]
        return own, own[part] + spread[of] - 2.0 * together[part, of]

    def contraction(self, logs: Floats, values: Floats) -> Floats:
        """Return 1 - posterior over prior variance of the logs: (quantity, draw) to (quantity,).

        Of a part of a composition the smaller of its own and that of its share of the whole. `values` are the
        exponentials of `logs`.
        """
        before, shares_before = self._prior_variances
        after, shares_after = self._variances(logs, values)
        found = 1.0 - after / before
        np.minimum.at(found, self._parts[1], 1.0 - shares_after / shares_before)
        return found


def stratified(names: Sequence[str]) -> Floats:
    """Return (name, DRAWS) stratified standard normal numbers, the same on every call."""
    from scipy.special import ndtri

    from yupana.core.streams import uniforms

    if not names:
        return np.zeros((0, DRAWS))
    order = np.stack([np.argsort(uniforms(SEED, f"reconcile/{name}", 0, DRAWS)) for name in names])
    raw = ndtri((order + 0.5) / DRAWS)
    if len(names) > DRAWS // 4:  # so many would be bent out of shape
        return raw
    return np.linalg.solve(np.linalg.cholesky(raw @ raw.T / DRAWS), raw)


def _expit(x: Any, xp: ModuleType) -> Any:
    return 1.0 / (1.0 + xp.exp(-x))
