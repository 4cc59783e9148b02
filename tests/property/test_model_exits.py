"""Exits that crowd settle in every draw; what is at stake on the way; base at rest and at the border."""

from __future__ import annotations

import numpy as np
import pytest
from model_fixture import Country, whole

from yupana.model import accounts, markets, trade

STEP = 1.0 / 12.0


@pytest.fixture(scope="module")
def country() -> Country:
    return whole(1, 256)


def crowding_matrix(country: Country, lever: float, *, remembered: bool) -> np.ndarray:
    """Return how the flow that crowds each class answers itself in one step, (draw, corridor, corridor).

    At the state of the start and at the prices of the markets, by differences; `remembered` or as if only the
    flow of the last step counted.
    """
    p, config = country.params, country.config
    fixed, state = country.reference()
    theta = markets.choice_scale(p)

    def after(flow: np.ndarray) -> np.ndarray:
        transport = trade.transport_costs(p, fixed, flow, lever, 0.0)
        routes = trade.plan_routes(
            config, p, fixed, state.base, state.hydrochloride, state.belief, p["reference_price"],
            fixed.onward_cost, transport,
        )  # fmt: skip
        shares, _ = markets._choose(
            fixed.origin_weights, p["hold_share"], theta * (routes.netback - fixed.netback_reference)
        )
        entered = shares * (
            trade.spread(fixed.route_base, routes.nodes_base, routes.exit_weight, state.base)
            + trade.spread(
                fixed.route_hydrochloride, routes.nodes_hydrochloride, routes.exit_weight, state.hydrochloride
            )
        )
        if remembered:
            return trade.remember_flow(p, fixed, flow, transport, entered, STEP)
        return entered.sum(1) / STEP

    flow = state.corridor_flow
    columns = []
    for corridor in range(len(config.corridors)):
        move = np.zeros_like(flow)
        move[corridor] = 1e-5 * flow[corridor]
        columns.append((after(flow + move) - after(flow - move)) / (2.0 * move[corridor]))
    return np.moveaxis(np.array(columns), 0, 1).transpose(2, 0, 1)


@pytest.mark.parametrize("lever", [1.0, 4.0])
def test_flows_that_crowd_settle_without_changing_sides_in_every_draw(country, lever):
    found = np.linalg.eigvals(crowding_matrix(country, lever, remembered=True))
    assert np.all(found.real > 0.0)
    assert np.all(np.abs(found) < 1.0)
    # real but for the mean over zones in the netback, by which markets do not see quite the flows' own costs
    assert np.all(np.abs(found.imag) < 0.01 * found.real)
    # the last step alone does not: what is tested here can fail
    plain = np.linalg.eigvals(crowding_matrix(country, lever, remembered=False))
    assert np.any(plain.real < -1.0)


def test_what_is_at_stake_in_an_exit_is_never_negative_and_follows_the_price_above_zero(country):
    p = country.params
    zero = 0.0 * p["transport_cost"]
    calm = {**p, "seizure_penalty": 0.0 * p["seizure_penalty"], "bribe_cost": zero}
    for multiple in (-3.0, 0.0, 0.5, 1.0):
        price = multiple * p["reference_price"]
        stake = trade.exit_costs(calm, zero, 1.0 + zero, price)[0]
        assert np.all(stake > 0.0)
        if multiple > 0.0:
            assert np.allclose(stake, (1.0 - p["abroad_seizure_share"]) * price, rtol=1e-9)
        else:
            assert np.all(stake < 0.02 * p["reference_price"])


# Prices at the source and at the border --------------------------------------------------------------------


def test_at_rest_a_firm_neither_gains_nor_loses(country):
    p = country.params
    state = country.reference()[1]
    product, base = np.exp(state.log_hydrochloride_price), np.exp(state.log_base_price)
    # of a kilogram of base, at the hazards of the start
    on_hand = p["shipping_rate"] + p["valley_seizure_rate"] + p["product_loss_rate"]
    earned = product * p["crystallisation_yield"] * p["shipping_rate"] / on_hand
    spent = base + p["crystallisation_cost"]
    assert np.all(earned - spent < 1e-9 * earned)  # the floor under the price of base only raises it
    assert np.mean(np.abs(earned / spent - 1.0) < 1e-3) > 0.9


def test_base_at_the_border_carries_the_gap_of_the_hydrochloride_made_of_it(country):
    p = country.params
    one = np.ones((5, country.batch))
    share = np.linspace(0.1, 0.9, country.batch)
    product, base = accounts.border_prices(
        p, share, 1000.0 * one, 800.0 * one, 200.0 * one, 0.2 * one, 21_500.0 * one
    )
    # a kilogram that arrives cost 1.25 at the source and on the way
    assert np.allclose(product - 1500.0, share * 20_000.0, rtol=1e-6)
    assert np.allclose(base - 1250.0, p["crystallisation_yield"] * (product - 1500.0), rtol=1e-12)
