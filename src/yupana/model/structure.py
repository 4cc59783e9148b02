"""Which parameters a scenario may set for the whole run, and which it may not because they decide the answer.

A regime differs from the country of the pack in numbers that stand in the record or are judged one by one:
how many exits and groups there are, how leaders and protectors change, what things cost. The numbers that
turn such a difference into killings are the same in every regime; otherwise it could be given any answer.
"""

from __future__ import annotations

from yupana.model.parameters import YARDSTICK

CATEGORIES = ("exits", "groups", "removal", "turnover", "conditionality", "prices", "presence")
"""Kinds of structural settings, by which a difference between scenarios is explained."""

STRUCTURAL: dict[str, str] = {
    "exit_substitutes": "exits",
    "buyers": "groups",
    "contenders": "groups",
    "clan_number": "groups",
    "firm_number": "groups",
    "exporter_number": "groups",
    "foreign_buyers": "groups",
    "leader_removal": "removal",
    "protector_turnover": "turnover",
    "repression_conditionality": "conditionality",
    "transport_cost": "prices",
    "bribe_cost": "prices",
    "onward_cost": "prices",
    "reference_price": "prices",
    "state_presence": "presence",
}
"""Parameter that a scenario may set -> its category."""

FORBIDDEN: dict[str, str] = {
    "exit_choice_scale": "how readily trade moves between exits is the same people's choice in every regime",
    "zone_scale": "how readily a zone changes its exits is the same people's choice in every regime",
    "market_choice_scale": "how readily trade moves between markets is the same choice in every regime",
    **dict.fromkeys(
        (parameter.name for parameter in YARDSTICK),
        "what turns rents into killings follows from the yardstick, the same in every regime",
    ),
    "grab_share": "what breaking the peace yields is the same in every regime",
    "horizon": "how fast a breach is answered is the same in every regime",
    "succession_gain": "what the fall of a leader sets off is the same in every regime",
    "repression_response": "how killings answer to repression is the effect that the comparison is to show",
}
"""Parameter that no scenario may set -> why."""
