"""How a member's run can end: one place to read every result code."""

from __future__ import annotations

FINE = 0
NOT_FINITE = 1
MASS_NOT_CLOSED = 2
MONEY_NOT_CLOSED = 4
MARKETS_NOT_CLEARED = 8
PEOPLE_NOT_CLOSED = 16

MESSAGES: dict[int, str] = {
    FINE: "finished",
    NOT_FINITE: "a number became infinite or undefined; the member is kept out of every quantile",
    MASS_NOT_CLOSED: "the mass ledger did not close to rounding",
    MONEY_NOT_CLOSED: "the money ledger did not close to rounding",
    PEOPLE_NOT_CLOSED: "people in the justice system were not conserved to rounding",
    MARKETS_NOT_CLEARED: "planning prices were far from clearing at a year's end (a note, not a failure)",
}
FAILURES = NOT_FINITE | MASS_NOT_CLOSED | MONEY_NOT_CLOSED | PEOPLE_NOT_CLOSED


def describe(code: int) -> str:
    """Return the messages of all flags in `code`."""
    if code == FINE:
        return MESSAGES[FINE]
    return "; ".join(text for flag, text in MESSAGES.items() if flag and code & flag)
