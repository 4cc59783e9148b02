"""Both ledgers, rebuilt from postings by a reader that knows nothing of the step, close for every draw."""

from __future__ import annotations

import numpy as np
import pytest

from yupana.model import build_drivers, compile_policy
from yupana.model.accounts import postings
from yupana.model.engine import _policy_year, _slice
from yupana.model.ledger import balances, movements
from yupana.model.reference import build_reference
from yupana.model.step import open_year, step_month

SCENARIOS = {
    "baseline": {},
    "extreme pressure": {
        "eradication": {2000: ("multiple", 6.0)},
        "interdiction_sea": {2000: ("multiple", 5.0)},
        "interdiction_valley": {2000: ("multiple", 5.0)},
        "interdiction_air": {2000: ("multiple", 5.0)},
        "interdiction_land": {2000: ("multiple", 5.0)},
        "input_cost": {2000: ("multiple", 10.0)},
        "transport_cost": {2000: ("multiple", 10.0)},
        "demand": {2001: ("multiple", 0.1)},
    },
    "no pressure, starved markets": {
        "eradication": {2000: ("multiple", 0.0)},
        "demand": {2000: ("multiple", 3.0)},
        "interdiction_valley": {2000: ("multiple", 0.0)},
        "interdiction_sea": {2000: ("multiple", 0.0)},
        "rival_supply": {2000: ("multiple", 0.0)},
        "substitution_support": {2000: ("absolute", 1.0)},
    },
    "a hard state": {
        "pardons": {2000: ("absolute", 0.0)},
        "leadership_targeting": {2000: ("multiple", 10.0)},
        "court_capacity": {2000: ("multiple", 5.0)},
        "prison_capacity": {2000: ("multiple", 5.0)},
        "oversight": {2000: ("multiple", 10.0)},
        "official_pay": {2000: ("multiple", 5.0)},
        "conditional_repression": {2000: ("multiple", 3.0)},
        "mining_pressure": {2000: ("multiple", 20.0)},
        "gold_traceability": {2000: ("multiple", 20.0)},
        "state_presence": {2000: ("multiple", 5.0)},
        "treatment_home": {2000: ("multiple", 10.0)},
    },
    "a weak state and dear gold": {
        "pardons": {2000: ("absolute", 20000.0)},
        "leadership_targeting": {2000: ("multiple", 0.0)},
        "court_capacity": {2000: ("multiple", 0.1)},
        "prison_capacity": {2000: ("multiple", 0.3)},
        "oversight": {2000: ("multiple", 0.1)},
        "official_pay": {2000: ("multiple", 0.3)},
        "conditional_repression": {2000: ("multiple", 0.0)},
        "mining_pressure": {2000: ("multiple", 0.1)},
        "mining_formalisation": {2000: ("multiple", 0.1)},
        "price_gold": {2001: ("multiple", 5.0)},
        "state_presence": {2000: ("multiple", 0.0)},
        "support_announced": {2000: ("absolute", 1.0)},
    },
}
DRAWS = 512
MONTHS = (0, 1, 5, 11, 35)


@pytest.mark.parametrize("name", SCENARIOS)
def test_every_account_changes_by_what_moved(peru, name):
    config = peru.config
    drivers = build_drivers(peru.pack, config, 2000, 2002)
    policy = compile_policy(config, drivers, SCENARIOS[name])
    params = peru.priors.draw(7, 0, DRAWS, "float64")
    from yupana.model.noise import draw_noise

    noise = draw_noise(config, 7, 0, DRAWS, 2000, 2002)
    base = _slice(drivers, 0)._replace(eradication=np.full(DRAWS, drivers.eradication[0]))
    fixed, state = build_reference(config, params, base)
    for month in range(36):
        year = month // 12
        new, flows = step_month(
            config,
            params,
            fixed,
            state,
            _slice(drivers, year),
            _policy_year(policy, year),
            _slice(noise, year),
            open_year(
                config, params, _slice(drivers, year), _policy_year(policy, year), _slice(noise, year)
            ),
        )
        if month in MONTHS:
            _check_mass(state, new, flows)
            _check_money(config, flows)
        state = new


def _check_mass(old, new, flows):
    before, after, moved = balances(old), balances(new), movements(flows)
    for account in before:
        gained = sum(row.amount for row in moved if row.destination == account)
        left = sum(row.amount for row in moved if row.origin == account)
        size = before[account] + gained + left + after[account]
        assert np.all(np.abs(after[account] - before[account] - gained + left) <= 1e-10 * size), account
    # conversion makes nothing: product out is less than product in, by a flow of its own
    base_in = flows.process.crystallised.sum(0)
    assert np.all(flows.process.hydrochloride_made.sum(0) < base_in)
    for row in moved:
        assert np.all(np.isfinite(row.amount)), row
        assert np.all(row.amount >= -1e-12 * (1.0 + np.abs(row.amount))), row


def _check_money(config, flows):
    """Payments equal price times the mass that moved; what all keep is what consumers spent."""
    t, entries = flows.trade, postings(config, flows.trade)
    home = config.home_market
    cash = {}
    for entry in entries:
        cash[entry.payer] = cash.get(entry.payer, 0.0) - entry.amount
        cash[entry.payee] = cash.get(entry.payee, 0.0) + entry.amount
    total = sum(entry.amount for entry in entries)
    assert np.all(np.abs(sum(cash.values())) <= 1e-10 * total)
    spent = (flows.retail * flows.market.sold).sum(0) / 1000.0
    legal = (t.leaf_price * flows.process.legal).sum(0) / 1000.0
    kept = sum(value for name, value in cash.items() if name not in ("consumers", "leaf_consumers"))
    assert np.allclose(kept, spent + legal, rtol=1e-10)
    named = {(e.payer, e.payee, e.what): e.amount for e in entries}
    leaf = (t.leaf_price * flows.process.processed).sum(0) / 1000.0
    assert np.allclose(named["clans", "growers", "leaf"], leaf, rtol=1e-12)
    base, product = flows.passage.delivered_base.sum(0), flows.passage.delivered_hydrochloride.sum(0)
    paid = t.border_price * product + t.border_price_base * base
    border = sum(paid[m] for m in range(len(config.markets)) if m != home) / 1000.0
    assert np.all(t.border_price_base < t.border_price)
    assert np.allclose(named["foreign", "exporters", "product at the border"], border, rtol=1e-12)
    shipped = (t.hydrochloride_price * flows.hydrochloride_shipped).sum(0) / 1000.0
    assert np.allclose(named["exporters", "firms", "hydrochloride"], shipped, rtol=1e-12)
    entered = flows.passage.entered_base + flows.passage.entered_hydrochloride
    assert np.allclose(
        entered.sum((0, 1)), flows.base_shipped.sum(0) + flows.hydrochloride_shipped.sum(0), rtol=1e-10
    )


@pytest.mark.parametrize("name", SCENARIOS)
def test_a_run_reports_no_failure(peru, name):
    block = peru.run(2012, 256, SCENARIOS[name], seed=11)
    from yupana.model import codes

    assert not np.any(block.code & codes.FAILURES)


def test_a_planted_leak_is_noticed(peru, monkeypatch):
    """The in-run check is not blind: product that vanishes on the way raises the result code."""
    from yupana.model import codes, trade

    honest = trade.step_passage

    def leaking(*args, **kwargs):
        passage = honest(*args, **kwargs)
        return passage._replace(entered_base=passage.entered_base * 0.99)

    monkeypatch.setattr(trade, "step_passage", leaking)
    block = peru.run(2001, 8)
    assert np.all(block.code & codes.MASS_NOT_CLOSED)
