"""One cell to the text that a pack's CSV file would hold, or the reason why no one can be sure what it says.

Nothing is guessed. "1,234" may be a thousand or one and a bit; a cell that shows 2010 may hold 1 January
2010; 45 % may be stored as 0.45. Each is refused with the readings it allows.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from yupana.core.units import canonical, is_unit
from yupana.evidence.sheets.excel import number_text
from yupana.evidence.sheets.grid import Cell

NUMBERS = ("value", "low", "high")
INTEGERS = ("vintage", "pedigree", "year")
DAYS = ("start", "end", "accessed")
WORDS = ("kind", "seen", "confidence", "basis", "account")
"""Columns whose words are lower case in a pack: ``High`` means ``high``."""

_PLAIN = re.compile(r"[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?")
_GROUPS = re.compile(
    r"(?P<sign>[+-]?)(?P<whole>\d{1,3}(?P<mark>[,.'’ \u00a0\u202f])\d{3}(?:(?P=mark)\d{3})*)"
    r"(?P<rest>[.,]\d+)?"
)
_COMMA = re.compile(r"[+-]?\d*,\d+")
_RANGE = re.compile(r"(?P<low>[\d.,]+)\s*(?:-|–|—|to|a)\s*(?P<high>[\d.,]+)", re.I)
_BOUND = re.compile(r"(?P<sign>[<>≤≥]=?|~|about|approx\.?|c\.)\s*(?P<number>[\d.,]+)", re.I)
_WITH_WORD = re.compile(r"(?P<number>[+-]?[\d.,]*\d)\s*(?P<word>[^\d\s.,].*)")
_MONEY = re.compile(r"(?P<word>US\$|\$|€|£|S/\.?)\s*(?P<number>[\d.,]*\d)")
_NOTHING = ("n/a", "na", "n.a.", "n.d.", "nd", "-", "–", "—", "..", "...", "null", "none", "?", "x")
_ENCLOSED = re.compile(r"\((?P<number>[\d.,]+)\)")


@dataclass(frozen=True)
class Doubt:
    """Why a cell is refused, and what could be written instead."""

    why: str
    offer: str


def read_cell(cell: Cell, field: str, decimal: str, wordy: bool = False) -> str | Doubt:
    """The text of a cell as a pack would hold it.

    Parameters
    ----------
    cell : the cell; one with a fault is refused.
    field : column it stands in.
    decimal : ``point``, ``comma``, or ``doubtful`` where the file does not say which it uses.
    wordy : whether the row's quantity is told in words, so that its value need not be a number.
    """
    if cell.fault:
        return Doubt(cell.fault, cell.offer)
    if cell.sort in ("day", "date"):
        return _date(cell, field)
    if not cell.text:
        return ""
    if field in NUMBERS and not (wordy and field == "value"):
        return cell.text if cell.sort in ("number", "percent") else read_number(cell.text, decimal)
    if field in INTEGERS and cell.sort == "text":
        return read_number(cell.text, decimal)
    if cell.sort in ("number", "percent") and field not in INTEGERS and "." in cell.text and field != "note":
        return _unwanted_number(cell, field)
    return cell.text.lower() if field in WORDS else cell.text


def _date(cell: Cell, field: str) -> str | Doubt:
    day = cell.text
    if field in DAYS and cell.sort == "day":
        return day
    if field in NUMBERS:
        return Doubt(
            f"the cell holds the date {day}: a spreadsheet took the figure for one",
            "format the cell as a number and write the figure again",
        )
    return Doubt(
        f"the cell holds the date {day}, and it cannot be told whether a day, a month or a year is meant",
        f"format the cell as text and write {day}, {day[:7]} or {day[:4]}",
    )


def _unwanted_number(cell: Cell, field: str) -> str | Doubt:
    if field in ("period", *DAYS):
        return Doubt(
            f"the cell holds the number {cell.text}, which is no period",
            "format the cell as text and write YYYY, YYYY-YYYY, YYYY-MM or YYYY-MM-DD",
        )
    return cell.text


def check_percent(cell: Cell, unit: str) -> Doubt | None:
    """The doubt about a figure that is shown as a percentage and whose unit is one, too."""
    if cell.sort != "percent" or not is_unit(unit):
        return None
    if not canonical(unit).startswith("percent"):
        return None
    shown = number_text(float(f"{100 * float(cell.text):.12g}"))
    return Doubt(
        f"the cell shows {shown}% and holds {cell.text}, which would be {cell.text} {unit}",
        f"format the cell as a number and write {shown} for {shown} percent",
    )


def read_number(text: str, decimal: str) -> str | Doubt:
    """A number written as text, as Python would write it, or the readings it allows.

    Examples
    --------
    >>> read_number("45.5", "point")
    '45.5'
    >>> read_number("1,234", "point").offer
    'write 1234 if the sign separates thousands, 1.234 if it is a decimal comma'
    >>> read_number("45,5", "comma")
    '45.5'
    """
    word = text.strip().replace("−", "-")
    doubtful = _GROUPS.fullmatch(word)
    if decimal == "comma" and _COMMA.fullmatch(word):
        return word.replace(",", ".")
    if _PLAIN.fullmatch(word):
        grouped = doubtful is not None and doubtful["mark"] == "." and doubtful["rest"] is None
        if decimal == "point" or not grouped:
            return word.removeprefix("+")
    return Doubt(f"'{text}' is not a plain number", _offer(word, doubtful))


def _offer(word: str, groups: re.Match[str] | None) -> str:
    """What could have been meant."""
    if word.lower() in _NOTHING:
        return "leave the cell empty where nothing is known"
    if groups:
        return _grouped(groups)
    if _COMMA.fullmatch(word):
        return f"write {word.replace(',', '.')}, or say --decimal comma if all commas of the file are decimal"
    if match := _RANGE.fullmatch(word):
        return f"write {_bare(match['low'])} in low and {_bare(match['high'])} in high"
    if match := _BOUND.fullmatch(word):
        bound = {"<": "high", "≤": "high", ">": "low", "≥": "low"}.get(match["sign"][0])
        number = _bare(match["number"])
        return (
            f"write {number} in {bound}, and leave value empty"
            if bound
            else f"write {number}, and say so in note"
        )
    if match := _MONEY.fullmatch(word):
        return f"write {_bare(match['number'])}, and the currency in unit"
    if match := _ENCLOSED.fullmatch(word):
        return f"write -{_bare(match['number'])} if the brackets mean a negative number"
    if match := _WITH_WORD.fullmatch(word):
        return f"write {_bare(match['number'])}, and {match['word'].strip()!r} in unit or note"
    return "write digits with a decimal point, and nothing else"


def _grouped(groups: re.Match[str]) -> str:
    mark, rest = groups["mark"], groups["rest"] or ""
    thousands = groups["sign"] + groups["whole"].replace(mark, "") + rest.replace(",", ".")
    if mark in ",." and not rest and groups["whole"].count(mark) == 1:
        decimal = groups["sign"] + groups["whole"].replace(mark, ".")
        sign = "a decimal comma" if mark == "," else "a decimal point"
        return f"write {thousands} if the sign separates thousands, {decimal} if it is {sign}"
    return f"write {thousands}, without separators"


def _bare(number: str) -> str:
    """A number within a text, without separators where they can be told."""
    groups = _GROUPS.fullmatch(number)
    if groups and groups["mark"] in ",'’":
        return groups["whole"].replace(groups["mark"], "") + (groups["rest"] or "").replace(",", ".")
    return number
