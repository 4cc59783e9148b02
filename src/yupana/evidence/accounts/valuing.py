"""Sales of every declared stage, and the chain that they make."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from yupana.core.errors import DataError
from yupana.core.names import listing
from yupana.core.units import factor
from yupana.evidence.accounts.amounts import Amount, total, value, value_added
from yupana.evidence.accounts.drawing import Bench, pool_prices, price_amount
from yupana.evidence.accounts.schema import AccountsFile, Stage

if TYPE_CHECKING:
    from yupana.evidence.reconcile.result import Reconciliation


@dataclass(frozen=True, eq=False)
class Sale:
    """Sales of a stage.

    Attributes
    ----------
    stage : as declared. sales : the draws.
    mass : reconciled quantities behind them.
    contraction : mean of theirs, weighted by median mass.
    covered : (draw,), share of the stage's mass that could be priced; 1 but for markets without a price.
    """

    stage: Stage
    sales: Amount
    mass: tuple[str, ...]
    contraction: float
    covered: np.ndarray

    @property
    def weight(self) -> float:
        """Median sales: weight of its contraction beside others."""
        return float(np.median(self.sales.draws))


@dataclass(frozen=True, eq=False)
class Link:
    """A link of the chain: all sales of one stage together, and the value that the stage adds."""

    parts: tuple[Sale, ...]
    sales: Amount
    added: Amount

    @property
    def stage(self) -> Stage:
        """The first of its stages: whose name and residence the link has."""
        return self.parts[0].stage


def weighted_contraction(sales: Sequence[Sale]) -> float | None:
    """Mean contraction of the masses behind sales, weighted by the sales; None for none."""
    weights = [sale.weight for sale in sales]
    if not sales or sum(weights) <= 0:
        return None
    return float(np.average([sale.contraction for sale in sales], weights=weights))


def value_stages(
    bench: Bench, declared: AccountsFile, masses: Reconciliation
) -> tuple[list[Sale], list[tuple[Stage, str]]]:
    """Sales of every stage that can be valued, and the others with the reason in words.

    Raises
    ------
    DataError
        Y254 where no link of the chain at home can be valued.
    """
    found: list[Sale] = []
    without: list[tuple[Stage, str]] = []
    for stage in declared.stages:
        sale = _sale(bench, stage, masses)
        if isinstance(sale, str):
            without.append((stage, sale))
        else:
            found.append(sale)
    if not any(sale.stage.chain and not sale.stage.abroad for sale in found):
        raise DataError(
            "no stage of the chain at home can be valued",
            code="Y254",
            where=("accounts.yaml", f"year {bench.year}"),
            got="; ".join(f"{stage.id}: {why}" for stage, why in without),
            expected="a reconciled mass and a price for at least one",
        )
    return found, without


def _sale(bench: Bench, stage: Stage, masses: Reconciliation) -> Sale | str:
    """Sales of a stage over all places that its names stand for; the reason in words where there is none."""
    sold: list[Amount] = []
    priced: list[Amount] = []
    unpriced: dict[str, Amount] = {}
    names: list[str] = []
    for place in _places(bench, stage):
        used = [_at(name, place) for name in (*stage.mass, *stage.less)]
        lacking = [name for name in used if (name, bench.year) not in masses.quantities]
        if lacking:
            return f"no evidence: {listing(lacking)} is not reconciled"
        mass, price = _mass(stage, place, masses, bench.year), _price(bench, stage, place)
        if price is None:
            unpriced[place or listing([term.variable for term in stage.prices])] = mass
            continue
        priced.append(mass)
        sold.append(value(mass, price, stage.account, stage.stage))
        names += used
    if not sold:
        return f"no evidence: no row near {bench.year} prices it ({listing(unpriced)})"
    if unpriced:
        stage = stage.model_copy(update={"note": f"{stage.note}; no price, left out: {listing(unpriced)}"})
    known = np.sum([mass.draws for mass in priced], axis=0)
    unknown = np.sum([mass.draws for mass in unpriced.values()] or [np.zeros_like(known)], axis=0)
    covered = known / np.maximum(known + unknown, np.finfo(float).tiny)
    quantities = [masses.quantities[name, bench.year] for name in names]
    contraction = float(np.average([q.contraction for q in quantities], weights=[q.q50 for q in quantities]))
    return Sale(stage, total(sold), tuple(dict.fromkeys(names)), contraction, covered)


def _places(bench: Bench, stage: Stage) -> tuple[str, ...]:
    """Markets abroad that ``[market]`` in a stage's names stands for; one empty place without it."""
    words = (*stage.mass, *stage.less, *(term.variable for term in stage.prices))
    if not any("[market]" in word for word in words):
        return ("",)
    return tuple(market.id for market in bench.pack.places.markets if market.kind == "abroad")


def _at(name: str, place: str) -> str:
    return name.replace("[market]", f"[{place}]") if place else name


def _mass(stage: Stage, place: str, masses: Reconciliation, year: int) -> Amount:
    """(draw,) mass of a stage, in t; what is taken off never makes it negative."""
    columns = {key: index for index, key in enumerate(masses.names)}

    def drawn(names: Iterable[str]) -> np.ndarray:
        found = np.zeros(len(masses.draws))
        for name in names:
            key = (_at(name, place), year)
            found = found + masses.draws[:, columns[key]] * factor(masses.quantities[key].unit, "t")
        return found

    return Amount(np.maximum(drawn(stage.mass) - drawn(stage.less), 0.0), "t", stage.basis)


def _price(bench: Bench, stage: Stage, place: str) -> Amount | None:
    ways = [price_amount(bench, term, _at(term.variable, place)) for term in stage.prices]
    found = [price for price in ways if price is not None]
    if not found:
        return None
    price = pool_prices(bench, f"{stage.id}/{place}", found)
    return replace(price, basis=_priced_of(price.basis))


def _priced_of(basis: str) -> str:
    """The basis of a price; a hydrochloride or base price for the pure content is one of pure."""
    words = [word for word in basis.split("+") if word]
    return "+".join(w for w in words if w not in ("base", "hydrochloride")) if "pure" in words else basis


def link_stages(declared: AccountsFile, sold: Sequence[Sale]) -> tuple[list[Link], Stage | None]:
    """Links of the chain, neighbours of one stage together, up to the first stage that has no value.

    What a stage adds needs the sales of the stage before, so that nothing after a gap is said.

    Returns
    -------
    links : in the order of the chain.
    gap : the first declared stage without a value; None where all have one.
    """
    found = {sale.stage.id: sale for sale in sold}
    groups: list[list[Sale]] = []
    gap: Stage | None = None
    for stage in (stage for stage in declared.stages if stage.chain):
        if stage.id not in found:
            gap = stage
            break
        if groups and groups[-1][0].stage.stage == stage.stage:
            groups[-1].append(found[stage.id])
        else:
            groups.append([found[stage.id]])
    if gap is not None and groups and groups[-1][0].stage.stage == gap.stage:
        groups.pop()  # half a stage is no link
    links: list[Link] = []
    for group in groups:
        sales = total([sale.sales for sale in group])
        bought = _bought(links[-1], group) if links else None
        links.append(Link(tuple(group), sales, value_added(sales, bought)))
    return links, gap


def _bought(before: Link, group: Sequence[Sale]) -> Amount:
    """What a link paid the one before: the part of it that its own sales cover."""
    mine = np.mean([sale.covered for sale in group], axis=0)
    theirs = np.mean([sale.covered for sale in before.parts], axis=0)
    return before.sales.scaled(np.minimum(mine / theirs, 1.0))
