"""What moves in one step, and the noise it reads: records that mechanisms and ledgers share."""

from __future__ import annotations

from typing import NamedTuple

from yupana.model import accounts, farming, markets, processing, society, trade
from yupana.model.numerics import Array


class Noise(NamedTuple):
    """Standard normals of one year; the batch is last."""

    planting: Array
    demand: Array
    corridor: Array
    eradication: Array  # error of the recorded area
    rival_area: Array  # (rival,)
    campaign: Array  # (zone,) where the state eradicates more than it usually does


class Flows(NamedTuple):
    """Everything that moved in one step, for outputs, ledgers and tests."""

    farm: farming.FarmFlows
    process: processing.ProcessFlows
    passage: trade.Passage
    neighbour: trade.Neighbour
    market: markets.MarketFlows
    rival: markets.RivalFlows
    trade: accounts.Trade
    entries: list[accounts.Posting]  # every payment of the step
    account: accounts.Statement
    society: society.SocietyFlows
    routes: trade.Routes
    clearing: markets.Clearing
    costs: farming.FarmCosts
    base_shipped: Array  # (zone,) t
    hydrochloride_shipped: Array  # (zone,) t
    potential: Array  # () t pure: all leaf after legal use, processed
    seizure_share: Array  # (corridor,)
    retail: Array  # (market,)
    wholesale: Array  # (market,)
    eradication_asked: Array  # () ha/year
