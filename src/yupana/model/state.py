"""The state of the model on a time bound, and everything of a member that never changes within a run."""

from __future__ import annotations

from typing import NamedTuple

from yupana.model.numerics import Array


class State(NamedTuple):
    """Stocks and memories at the start of a step; the batch is always the last axis.

    Masses in t (cocaine pure, leaf sun-dried), areas in ha, prices in USD/kg.
    """

    area: tuple[Array, ...]  # six ages of (zone,), ha
    leaf: Array  # (zone,) t
    base: Array  # (zone,) t
    hydrochloride: Array  # (zone,) t
    moving_base: Array  # (corridor, market) t
    moving_hydrochloride: Array  # (corridor, market) t
    processing_abroad: Array  # (market,) t
    abroad: Array  # (market,) t, home origin, on the way to the market's stock
    stock: Array  # (market,) t, home origin
    rival_product: Array  # (rival,) t
    rival_abroad: Array  # (rival, market) t
    rival_stock: Array  # (rival, market) t
    rival_capacity: Array  # (rival,) t/year
    supply: Array  # () t/year, smoothed, home origin
    rival_supply: Array  # (rival,) t/year, smoothed
    habit: Array  # (market,) ratio
    light_users: Array  # () thousand
    heavy_users: Array  # () thousand
    log_leaf_price: Array  # (zone,)
    log_base_price: Array  # (zone,)
    log_hydrochloride_price: Array  # (zone,)
    expected_leaf_price: Array  # (zone,) USD/kg
    yield_price: Array  # (zone,) USD/kg
    leaf_throughput: Array  # (zone,) t/year, three-year mean
    product_throughput: Array  # (zone,) t/year, three-year mean
    log_retail_plan: Array  # (market,) log of the planned price, until it nears the choke
    belief: Array  # (corridor,) share
    effort: Array  # (corridor,) relative to the start
    seizure_memory: Array  # (corridor,) t/year, smoothed
    corridor_flow: Array  # (corridor,) t/year, remembered over half a year
    demand_shock: Array  # () log
    corridor_shock: Array  # () log


class Fixed(NamedTuple):
    """What follows from a member's parameters alone, worked out once: the reference of the start."""

    land: Array  # (zone,) ha
    margin_reference: Array  # (zone,) day wages/ha/year
    leaf_price_reference: Array  # (zone,) USD/kg
    legal_demand: Array  # (zone,) t/year
    leaf_weight: Array  # (zone,) t/year sold at the start: weights of national mean prices
    product_weight: Array  # (zone,) t/year
    leaf_cover: Array  # (zone,) year
    product_cover: Array  # (zone,) year
    leaf_value_ratio: Array  # (zone,) value of leaf over its price at the start
    route_base: Array  # (zone, corridor) weights
    route_hydrochloride: Array  # (zone, corridor) weights
    node_base: Array  # (market,) mean choice sum over exits at the start
    node_hydrochloride: Array  # (market,)
    route_cost_reference: Array  # (market,) USD/kg
    exit_cost_reference: Array  # (corridor, market) USD/kg
    netback_reference: Array  # (market,) USD/kg
    onward_cost: Array  # (market,) USD/kg, zero at home
    demand_trend: Array  # (market,) 1/year, zero at home
    delivery_ratio: Array  # (market,) product sold over product planned at the start
    rival_delivery_ratio: Array  # (rival, market)
    origin_weights: Array  # (market,) shares of the home origin at the start
    rival_weights: Array  # (rival, market)
    value_reference: Array  # () USD/kg
    demand_reference: Array  # (market,) t/year
    retail_reference: Array  # (market,) USD/kg
    effort_half: Array  # (corridor,)
    flow_reference: Array  # (corridor,) t/year
    seizure_reference: Array  # (corridor,) t/year
    initiation: Array  # () thousand/year
    users_reference: Array  # () thousand of occasional-user equivalents
