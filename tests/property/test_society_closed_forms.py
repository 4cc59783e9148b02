"""Society: people and money conserved, and what courts, groups and peace give on paper."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from model_fixture import Country, small, whole

from yupana.model import codes, groups, justice, step, violence
from yupana.model.ledger import people_residual

STEP = 1.0 / 12.0
COUNT = 256
STRESS = {
    "pardons": {2001: ("absolute", 3000.0)},
    "leadership_targeting": {2001: 5.0},
    "court_capacity": {2001: 2.0},
    "oversight": {2001: 3.0},
    "mining_pressure": {2001: 4.0},
    "price_gold": {2002: 2.0},
}


@pytest.fixture(scope="module")
def country() -> Country:
    return whole(1, COUNT)


@pytest.fixture(scope="module")
def stressed() -> tuple[Country, Any]:
    found = small(4, 64, noisy=True)
    return found, found.run(STRESS)


# Conservation ----------------------------------------------------------------------------------------------


def months(country: Country, levers: dict[str, Any], count: int) -> Any:
    """Yield (old, new, flows) of the first months."""
    fixed, state = country.reference()
    policy = country.policy(levers)
    for month in range(count):
        year = month // 12
        drivers = type(country.drivers)(*(series[year] for series in country.drivers))
        now = policy._replace(
            scale=policy.scale[year], absolute=policy.absolute[year], use_absolute=policy.use_absolute[year]
        )
        noise = type(country.noise)(*(series[year] for series in country.noise))
        shared = step.open_year(country.config, country.params, drivers, now, noise)
        given = (country.config, country.params, fixed, state, drivers, now, noise, shared)
        new, flows = step.step_month(*given)
        yield state, new, flows
        state = new


def test_people_in_prison_change_by_who_came_and_who_left():
    country = small(3, 64, noisy=True)
    held, came, left = [], 0.0, 0.0
    for old, new, flows in months(country, STRESS, 30):
        moved = flows.society.justice
        held.append(old.society.justice.prison)
        came, left = came + moved.convicted, left + moved.released + moved.pardoned
        assert np.all(moved.pardoned >= 0.0)
        assert np.all(people_residual(old, new, flows) < 1e-12)
    change = new.society.justice.prison - held[0]
    assert np.allclose(change, came - left, rtol=0.0, atol=1e-10 * np.max(held[0] + came))


def test_every_bribe_has_a_payer_and_reaches_its_institution():
    country = small(2, 64, noisy=True)
    services = country.config.institutions
    for _, _, flows in months(country, STRESS, 14):
        paid = dict.fromkeys(services, 0.0)
        for entry in flows.entries:
            if entry.payee in services:
                assert entry.payer not in services
                paid[entry.payee] = paid[entry.payee] + entry.amount
        for name in services:
            assert np.all(paid[name] > 0.0)
            assert np.allclose(paid[name], flows.account.receipts[name], rtol=1e-12)
            assert np.all(flows.account.payments[name] == 0.0)
        t = flows.trade
        whole_sum = (t.bribe * t.entered.sum(1)).sum(0) + (t.valley_bribe * t.base_made).sum(0)
        cases = (t.case_bribe * t.charged).sum(0)
        mines = sum(e.amount for e in flows.entries if e.what == "bribes of diggers")
        expected = whole_sum / 1e3 + cases / 1e6 + mines
        assert np.allclose(sum(paid.values()), expected, rtol=1e-10)


def test_reported_bribes_are_what_institutions_received(stressed):
    report = stressed[1].yearly
    assert np.allclose(report["bribes[institution]"].sum(1), report["bribes"], rtol=1e-12)


def test_earnings_by_account_trade_and_residence_are_one_sum(stressed):
    report = stressed[1].yearly
    size = np.abs(report["earnings[account]"]).sum(1)
    total = report["earnings[account]"].sum(1)
    for key in ("earnings[illicit_trade]", "earnings[residence]"):
        assert np.all(np.abs(report[key].sum(1) - total) < 1e-12 * size), key
    assert np.array_equal(report["illicit_earnings"], report["earnings[residence]"][:, 0])
    assert np.all(report["illicit_turnover"] > report["illicit_earnings"])


def test_killings_by_cause_and_by_place_are_one_sum(stressed):
    report = stressed[1].yearly
    total = report["homicide_rate"]
    for key in ("homicide_rate[cause]", "homicide_rate[site]"):
        assert np.allclose(report[key].sum(1), total, rtol=1e-12), key
        assert np.all(report[key] >= 0.0)
    assert np.allclose(report["homicides"], total * 30.0 * 10.0, rtol=1e-10)  # 30 million inhabitants
    assert np.all(report["homicide_rate_recorded"] <= total)


@pytest.mark.parametrize(
    ("place", "field", "flag"),
    [("prison", "convicted", codes.PEOPLE_NOT_CLOSED), ("charged", "charged", codes.PEOPLE_NOT_CLOSED)],
)
def test_people_who_vanish_are_noticed(monkeypatch, place, field, flag):
    honest = justice.step_justice

    def leaking(*args, **kwargs):
        new, flows = honest(*args, **kwargs)
        return new, flows._replace(**{field: getattr(flows, field) * 1.001})

    country = small(1, 4)
    assert not np.any(country.run().code & flag)
    monkeypatch.setattr(justice, "step_justice", leaking)
    assert np.all(country.run().code & flag), place


def test_money_that_is_received_and_not_paid_is_noticed(monkeypatch):
    from yupana.model import accounts

    honest = accounts.statement

    def minting(entries):
        account = honest(entries)
        return account._replace(receipts={**account.receipts, "police": account.receipts["police"] * 1.01})

    country = small(1, 4)
    monkeypatch.setattr("yupana.model.ledger.statement", minting)
    assert np.all(country.run().code & codes.MONEY_NOT_CLOSED)


# Justice ---------------------------------------------------------------------------------------------------


def at_rest(country: Country) -> tuple[Any, Any, np.ndarray]:
    """Return reference and state of justice at the start, and people at large."""
    p, fixed = country.params, country.reference()[0].society
    state = country.reference()[1].society
    taken = -np.expm1(-fixed.justice.arrest_rate * STEP) / STEP
    return fixed.justice, state.justice, p["arrests_initial"] / taken


def hold(country: Country, state: Any, years: float, *, courts: float = 1.0, pardons: float = 1e-9) -> Any:
    """Return justice after some years of constant arrests at the ordinary capacity of prisons."""
    p = {**country.params, "crowding_release": 0.0 * country.params["crowding_release"]}
    fixed, _, large = at_rest(country)
    one = np.ones(country.batch)
    effort = np.ones((5, country.batch))
    for _ in range(round(years / STEP)):
        state, flows = justice.step_justice(
            p, fixed, state, large, effort, one, pardons * one, courts * one, p["prison_places"],
            p["other_prisoners"], STEP,
        )  # fmt: skip
    return state, flows


def test_prison_stock_is_inflow_times_duration(country):
    p = country.params
    _, state, _ = at_rest(country)
    empty = state._replace(prison=1e-3 * state.prison)
    found, flows = hold(country, empty, 160.0)
    # a month's exits take 1 - exp(-D/T): the mean stay is that of the month's start, half a month more than T
    stay = STEP / -np.expm1(-STEP / p["sentence_time"])
    late = np.exp(-160.0 / p["sentence_time"]) < 1e-6
    assert late.mean() > 0.9
    assert np.allclose(found.prison[late], (flows.convicted / STEP * stay)[late], rtol=1e-4)
    assert np.allclose(stay, p["sentence_time"] + 0.5 * STEP, rtol=1e-2)


def test_the_start_of_justice_is_at_rest(country):
    _, state, _ = at_rest(country)
    found, _ = hold(country, state, 1.0)
    for name in state._fields:
        assert np.allclose(getattr(found, name), getattr(state, name), rtol=1e-6), name


def test_more_courts_mean_fewer_cases_that_collapse_in_every_draw(country):
    _, state, _ = at_rest(country)
    few, some = (hold(country, state, 3.0, courts=c)[1] for c in (1.0, 2.0))
    assert np.all(some.collapsed < few.collapsed)
    assert np.all(some.convicted.sum(0) > few.convicted.sum(0))


def test_pardons_free_as_many_as_they_say_while_prisons_hold_them(country):
    _, state, _ = at_rest(country)
    asked = 0.02 * state.prison.sum(0)
    _, flows = hold(country, state, STEP, pardons=1.0)
    assert np.all(np.abs(flows.pardoned.sum(0) - STEP) < 0.02 * STEP)
    _, flows = hold(country, state, STEP, pardons=asked / STEP)
    assert np.all(np.abs(flows.pardoned.sum(0) / asked - 1.0) < 0.05)


# Contests --------------------------------------------------------------------------------------------------


def test_one_group_wages_no_war(country):
    p = country.params
    one = np.ones((3, COUNT))
    assert np.all(violence.effort(p, one) == 0.0)
    assert np.all(violence.rivals(one, one, 1.0) == 1.0)
    assert np.all(violence.effort(p, 2.0 * one) > 0.0)


def test_the_rent_of_one_exit_vanishes_as_exits_multiply():
    share = np.array([0.02, 0.1, 0.3, 0.6, 1.0])
    for exits in (50.0, 500.0, 5000.0):
        rent = violence.place_rent(share, exits)
        assert np.allclose(rent, (share / exits) ** 2 * exits / 2.0, rtol=0.7 / exits * 2.0)
    many = violence.place_rent(1.0, np.array([6.0, 100.0]))
    # 6 [-ln(5/6) - 1/6] and 100 [-ln(0.99) - 0.01], worked out by hand
    assert np.allclose(many, [0.0939293, 0.00503359], rtol=1e-5)
    assert many[1] / many[0] < 0.06


def test_a_typical_exit_is_one_of_all_or_one_of_few_and_splitting_leaves_it():
    share, exits, few = np.array([0.7, 0.25, 0.05]), np.array([60.0, 8.0, 3.0]), 6.0
    many = share / exits
    assert np.allclose(violence.typical_exit(share, exits, few, 1.0), many)
    least = np.sqrt(many**2 + 1.0 / 36.0)
    assert np.allclose(violence.typical_exit(share, exits, few, 0.0), least)
    assert np.allclose(violence.typical_exit(share, exits, few, 0.5), 2.0 / (1.0 / many + 1.0 / least))
    halves = violence.typical_exit(0.5 * share, 0.5 * exits, few, 0.5)
    assert np.array_equal(halves, violence.typical_exit(share, exits, few, 0.5))
    # the rent of the whole country without fragmentation is that of six exits, however many there are: the
    # smooth maximum adds a half of (6 s/N)^2, at most 3.2 percent of a share here
    rents = violence.class_rents(100.0 * share, 900.0, 10.0 * exits, few, 0.0)
    assert np.isclose(rents.sum(), 100.0 * 0.9 * 6.0 * (-np.log(5.0 / 6.0) - 1.0 / 6.0), rtol=5e-3)


def test_lasting_rent_makes_peace_and_falling_leaders_break_it(country):
    p = country.params
    n = 1.5 + np.linspace(0.0, 3.0, 7)[:, None] + np.zeros((7, COUNT))
    bribe, zero = 0.05 + 0.0 * n, 0.0 * n
    turnover = p["protector_turnover"]

    def margin(removal: float, punished: Any = zero) -> np.ndarray:
        return violence.peace_margin(p, n, punished, bribe, removal + 0.0 * turnover, turnover)

    # keeping is worth more than one year of war only where breaking does not pay at once: where it does not,
    # a shorter horizon lowers the margin; the derivative is that of delta (deviate - war)
    keep = (1.0 - bribe) / n
    grab = p["grab_share"] * (1.0 - p["explain_discipline"])
    deviate = grab + (1.0 - grab) * keep
    m = p["decisiveness"]
    war = (n - m * (n - 1.0)) / n**2
    expected = deviate > war
    assert expected.mean() > 0.9
    assert np.array_equal(margin(0.5) < margin(0.05), expected)
    assert np.all(margin(0.05, zero + 0.1) > margin(0.05))
    assert np.all(margin(0.05, zero + 0.3) > margin(0.05, zero + 0.1))


def test_extortion_is_logistic_growth_to_the_digit(country):
    p = country.params
    one = np.ones(COUNT)
    state = violence.State(np.zeros((1, COUNT)), p["extortion_initial"])
    killings = SimpleNamespace(peace=np.zeros((1, COUNT)))
    rule = violence.Yardstick(one, 0.0 * one, one, one)  # of the contests; extortion does not read it
    for _ in range(120):
        state = violence.step_violence(p, rule, state, killings, one, one, STEP)
    room, first = p["extortion_cap"], p["extortion_initial"]
    expected = room / (1.0 + (room / first - 1.0) * np.exp(-10.0 * p["extortion_growth"]))
    assert np.allclose(state.extortion, expected, rtol=1e-10)


# Groups ----------------------------------------------------------------------------------------------------


def test_groups_stay_as_they_are_while_nothing_changes(country):
    p = country.params
    fixed, state = (part.society.groups for part in country.reference())
    one = np.ones(COUNT)
    floor = p["leader_removal"] * p["split_share"] * (p["split_size"] - 1.0)
    lost = p["group_turnover"] + p["merger_rate"] + p["leader_removal"] * (1.0 - p["split_share"])
    clear = lost - floor > 5.0 * groups.ENTRY_FLOOR  # where the floor under entry is far
    assert clear.mean() > 0.5
    value = np.ones((6, COUNT))
    nothing = 0.0 * state.members
    start = state
    for _ in range(24):
        state, _ = groups.step_groups(
            p, fixed, state, fixed.rent_reference, value, one, p["leader_removal"], nothing, nothing,
            fixed.tax_reference, one, STEP,
        )  # fmt: skip
    # groups and members leave by a month's exits of a hazard H, which take 1 - exp(-H) of them and not H
    off = np.abs(state.number / start.number - 1.0)
    assert np.all((off <= 0.51 * STEP * lost + 2.0 * groups.ENTRY_FLOOR * np.exp(-5.0))[:, clear])
    off = np.abs(state.members / start.members - 1.0)
    assert np.all(off <= 0.51 * STEP * p["member_turnover"])
    assert np.allclose(state.fighters / start.fighters, 1.0, atol=0.02)


def test_the_tax_of_armed_groups_is_bounded(country):
    p = country.params
    state = country.reference()[1].society.groups
    assert np.allclose(groups.armed_tax(p, state), p["armed_tax"], rtol=1e-12)
    vast = state._replace(fighters=1e9 * state.fighters)
    assert np.all(groups.armed_tax(p, vast) <= p["armed_tax"] * np.exp(groups.TAX_RANGE) * (1.0 + 1e-12))
