"""Processing: leaf to base to hydrochloride by zone, and the prices that sellers at the source get.

Leaf leaves by legal use (a demand of its own, zone by zone), processing, seizure and spoilage; base leaves by
crystallisation, shipping, seizure and loss; hydrochloride by shipping, seizure and loss. Source prices are
closed forms: a reservation price of slow costs plus a share of the value at the border of the chain that
falls with stocks on hand.

References: rydelleveringham1994 and caulkinsreuter1998 (costs along the chain); mejiarestrepo2016 (bargaining
over a scarce stage). The yields are pack priors; there is no chemistry here.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from yupana.core.arrays import namespace
from yupana.model.numerics import Array, cut, demand_hazard, exits, sigmoid, softfloor

VALUE_WIDTH = 150.0  # USD/kg, width of the floor under the gain above the reservation price
LEAF_WIDTH = 0.15  # USD/kg of leaf, the same for leaf
SELLER_SHARE_OF_VALUE = 0.85  # of the hydrochloride price that reaches the maker of base


class ProcessFlows(NamedTuple):
    """Leaf and product of one step, t; (zone,) each."""

    legal: Array
    processed: Array
    leaf_seized: Array
    leaf_spoiled: Array
    base_made: Array
    crystallised: Array
    hydrochloride_made: Array
    base_shippable: Array  # leaves if every seller ships: multiply by market shares
    hydrochloride_shippable: Array
    base_seized: Array
    hydrochloride_seized: Array
    base_lost: Array
    hydrochloride_lost: Array
    crystallisation_lost: Array


class SourcePrices(NamedTuple):
    """Prices towards which sellers at the source move, USD/kg; (zone,) each."""

    leaf: Array
    base: Array
    hydrochloride: Array


def conversion(p: dict[str, Array], elapsed: Array) -> Array:
    """Return kilograms of sun-dried leaf in one kilogram of pure hydrochloride, (zone,)."""
    xp = namespace(p["conversion"])
    return p["conversion"] * p["conversion_deviation"] * xp.exp(-p["conversion_progress"] * elapsed)


def processing_cost(p: dict[str, Array], input_cost: Array, input_control: Array) -> Array:
    """Return the cost of inputs and work for one kilogram of base, (batch,), USD/kg of base."""
    return p["processing_cost"] * input_cost * (1.0 + p["input_control_share"] * (input_control - 1.0))


def leaf_value(p: dict[str, Array], hydrochloride_price: Array, leaf_per_kg: Array, cost: Array) -> Array:
    """Return what a kilogram of leaf is worth to a maker of base, (zone,), USD/kg.

    ``leaf_per_kg`` counts by the kilogram of hydrochloride and ``cost`` by that of base: a kilogram of the
    first takes 1 / yield of the second.
    """
    return (SELLER_SHARE_OF_VALUE * hydrochloride_price - cost / p["crystallisation_yield"]) / leaf_per_kg


def kept_on_hand(p: dict[str, Array]) -> Array:
    """Return the share of hydrochloride that is shipped and not seized or lost on hand at the start."""
    drain = p["valley_seizure_rate"] + p["product_loss_rate"]
    return p["shipping_rate"] / (p["shipping_rate"] + drain)


def source_prices(
    p: dict[str, Array],
    value: Array,
    leaf_cost: Array,
    leaf_per_kg: Array,
    cost: Array,
    log_product_cover: Array,
    log_leaf_cover: Array,
) -> SourcePrices:
    """Return the prices at which sellers at the source would settle.

    P* = r + softplus(V - r - tax) sigmoid(logit(beta) - phi ln cover), r the reservation price of slow costs;
    leaf the same with the value of leaf and a mark-down that falls with the number of buyers. Base fetches
    what a firm gets for the hydrochloride made of it that is not lost on hand, less the cost of making it.
    Costs of processing and of crystallisation are both by the kilogram of base.

    Parameters
    ----------
    value : (zone,), USD/kg. Value of a kilogram of hydrochloride at the zone.
    leaf_cost : (zone,), USD/kg of leaf; leaf_per_kg : (zone,), kg/kg; cost : (zone,), USD/kg of base, bribes
    in the zone included.
    log_product_cover, log_leaf_cover : (zone,). Stocks on hand over their reference, in logs.
    """
    xp = namespace(value)
    reservation = cost / p["crystallisation_yield"] + leaf_per_kg * leaf_cost + p["armed_tax"]
    share = sigmoid(
        xp.log(p["producer_share"] / (1.0 - p["producer_share"]))
        - p["product_cover_exponent"] * log_product_cover
    )
    hydrochloride = reservation + softfloor(value - reservation, VALUE_WIDTH) * share
    base = softfloor(
        kept_on_hand(p) * p["crystallisation_yield"] * hydrochloride - p["crystallisation_cost"],
        VALUE_WIDTH / 3.0,
    )
    bargaining = sigmoid(p["grower_share_logit"] - p["leaf_cover_exponent"] * log_leaf_cover)
    grower_share = bargaining * p["buyers"] / (1.0 + p["buyers"])
    worth = leaf_value(p, hydrochloride, leaf_per_kg, cost)
    leaf = leaf_cost + softfloor(worth - leaf_cost, LEAF_WIDTH) * grower_share
    return SourcePrices(leaf, base, hydrochloride)


def shipping_hazards(p: dict[str, Array], hold_share: Array) -> Array:
    """Return the hazard at which product would leave if no seller waited, (batch,), per year."""
    return p["shipping_rate"] / (1.0 - hold_share)


def valley_multiple(p: dict[str, Array], effort: Array) -> Array:
    """Return the multiple of valley seizures at an effort relative to the start: saturating, 1 at 1."""
    most = p["valley_seizure_max"]
    return most * effort / (effort + most - 1.0)


def step_processing(
    p: dict[str, Array],
    fixed: Any,
    leaf: Array,
    base: Array,
    hydrochloride: Array,
    legal_demand: Array,
    worth: Array,
    leaf_price: Array,
    leaf_per_kg: Array,
    shipped_share: Array,
    effort: Array,
    step: float,
) -> ProcessFlows:
    """Return what happened to leaf and product in one step; every exit by competing hazards.

    Parameters
    ----------
    leaf, base, hydrochloride : (zone,), t. Stocks on hand at the start of the step.
    legal_demand : (zone,), t/year. worth, leaf_price : (zone,), USD/kg of leaf.
    leaf_per_kg : (zone,), kg/kg. shipped_share : (batch,). Share of shippable product that sellers ship.
    effort : (zone,). Interdiction in the valleys relative to the start.
    """
    xp = namespace(leaf)
    margin = softfloor(worth, LEAF_WIDTH) / leaf_price / fixed.leaf_value_ratio
    keen = xp.exp(p["processing_margin_response"] * xp.log(margin))
    processing = cut(p["leaf_processing_rate"] * 2.0 * keen / (1.0 + keen))
    multiple = valley_multiple(p, effort)
    seized_rate = p["leaf_seizure_rate"] * multiple
    other = processing + seized_rate + p["leaf_spoilage_rate"]
    legal_rate = cut(demand_hazard(leaf, legal_demand * step, other, step))
    legal, processed, leaf_seized, spoiled = exits(
        leaf, [legal_rate, processing, seized_rate + 0.0 * leaf, p["leaf_spoilage_rate"] + 0.0 * leaf], step
    )

    nothing = 0.0 * base
    ship = shipping_hazards(p, p["hold_share"])
    product_seizure = p["valley_seizure_rate"] * multiple + nothing
    as_base = p["base_export_share"] / (1.0 - p["base_export_share"]) * p["crystallisation_rate"]
    as_base = as_base / (1.0 - p["hold_share"])
    crystal, base_out, base_seized, base_lost = exits(
        base,
        [
            p["crystallisation_rate"] + nothing,
            as_base * shipped_share + nothing,
            product_seizure,
            p["product_loss_rate"] + nothing,
        ],
        step,
    )
    out, seized, lost = exits(
        hydrochloride,
        [ship * shipped_share + nothing, product_seizure, p["product_loss_rate"] + nothing],
        step,
    )
    made = p["crystallisation_yield"] * crystal
    return ProcessFlows(
        legal,
        processed,
        leaf_seized,
        spoiled,
        base_made=processed / (leaf_per_kg * p["crystallisation_yield"]),
        crystallised=crystal,
        hydrochloride_made=made,
        base_shippable=base_out / shipped_share,
        hydrochloride_shippable=out / shipped_share,
        base_seized=base_seized,
        hydrochloride_seized=seized,
        base_lost=base_lost,
        hydrochloride_lost=lost,
        crystallisation_lost=crystal - made,
    )
