"""Gold that leaves beyond what was registered: by production against export, and by mirror trade.

Gold is legal by itself; what is illicit is its origin. Two published ways find it as a residual of two large
figures, and inherit the errors of both. Mirror trade is shown with what can go wrong in it, never above a
pedigree of 1 [unodcunctad2020]_ [marur2019]_ [schusterdavis2020]_.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from yupana.core.errors import DataError
from yupana.core.units import factor
from yupana.evidence.accounts.amounts import MONEY, Amount, difference, merge, value
from yupana.evidence.accounts.drawing import Bench, nearest_years, row_amount, rows_of, to_real
from yupana.evidence.accounts.result import Line
from yupana.evidence.accounts.schema import Gold, Mirror

WORLD = "world"
"""Place of rows of world prices."""


def mass_of(worth: Amount, price: Amount, unit: str = "t") -> Amount:
    """Mass that a sum of money buys at a price, ``worth / price``.

    Raises
    ------
    DataError
        Y212 where units do not fit or money is of unlike basis.
    """
    if worth.basis != price.basis:
        raise DataError(
            "money and price of unlike basis", code="Y212", got=f"{worth.basis} and {price.basis}"
        )
    currency, _, per = price.unit.partition("/")
    by = factor(worth.unit, currency) * factor(per, unit)
    return Amount(
        worth.draws / price.draws * by,
        unit,
        "",
        rows=merge(worth.rows, price.rows),
        marks=merge(worth.marks, price.marks),
    )


def beyond_register(exports: Amount, production: Amount) -> Amount:
    """Mass exported less mass registered, in the unit of the first; below zero where stocks grew.

    Raises
    ------
    DataError
        Y212 where the two are not masses of one basis.
    """
    same = replace(
        production, draws=production.draws * factor(production.unit, exports.unit), unit=exports.unit
    )
    return difference(exports, same)


def mirror_gap(imports: Amount, exports: Amount, margin: np.ndarray) -> Amount:
    """Partner imports at the price of export, less reported exports: ``imports / (1 + margin) - exports``.

    Parameters
    ----------
    imports : value with insurance and freight, as partners record it.
    exports : value free on board, as the country reports it.
    margin : (draw,), insurance and freight over the value free on board.

    Raises
    ------
    DataError
        Y212 where the two are not money of one basis and account.
    """
    return difference(replace(imports, draws=imports.draws / (1.0 + margin)), exports)


def gold_lines(bench: Bench, gold: Gold) -> tuple[list[Line], dict[str, Amount]]:
    """Lines of gold and the draws behind them."""
    lines: list[Line] = []
    amounts: dict[str, Amount] = {}
    price = _price(bench, gold)
    for name, label, mass, note in (
        (
            "gold_unregistered",
            "Gold in no register, as published",
            _one(bench, gold.unregistered),
            gold.note,
        ),
        (
            "gold_beyond_register",
            "Gold exported beyond registered production",
            _residual(bench, gold, price),
            "a residual of two large figures: it may be stocks, scrap, or gross weight taken for fine",
        ),
    ):
        if mass is None or price is None:
            lines.append(_silent(bench, name, label, _missing(bench, gold, name)))
            continue
        priced = replace(price, basis=price.basis)
        worth = to_real(bench, value(mass, priced, "border_value", "border"), bench.year)
        amounts[f"{name}_mass"], amounts[name] = mass, worth
        lines.append(_line(f"{name}_mass", f"{label}, mass", "", "t", mass, note))
        lines.append(_line(name, label, "border_value", MONEY, worth, note))
    line, gap = _mirror(bench, gold.mirror)
    if gap is not None:
        amounts[line.id] = gap
    return [*lines, line], amounts


def _one(bench: Bench, quantity: str, place: str | None = None) -> Amount | None:
    """Draws of the best row of a quantity in the year: single years first, then pedigree."""
    rows = rows_of(bench, quantity, place)
    if not rows:
        return None
    best = min(rows, key=lambda row: (row.years[1] - row.years[0], -row.pedigree, row.id))
    return row_amount(bench, best)


def _price(bench: Bench, gold: Gold) -> Amount | None:
    return _one(bench, gold.price, WORLD) or _one(bench, gold.price)


def _residual(bench: Bench, gold: Gold, price: Amount | None) -> Amount | None:
    worth, made = _one(bench, gold.export_value), _one(bench, gold.production)
    if worth is None or made is None or price is None:
        return None
    return beyond_register(mass_of(worth, price), made)


def _missing(bench: Bench, gold: Gold, name: str) -> str:
    wanted = (gold.unregistered,) if name == "gold_unregistered" else (gold.export_value, gold.production)
    lacking = [quantity for quantity in (*wanted, gold.price) if not rows_of(bench, quantity)]
    said = [f"{q} (the ledger has {nearest_years(bench, q) or 'none'})" for q in lacking if q != gold.price]
    return f"no row of {bench.year} of " + " and ".join(said or lacking)


def _mirror(bench: Bench, mirror: Mirror) -> tuple[Line, Amount | None]:
    modes = "; ".join(f"{mode.name}: {mode.effect}" for mode in mirror.failure_modes)
    name, label = "gold_mirror", "Gold by mirror trade: partner imports less exports"
    imports, exports = _one(bench, mirror.imports), _one(bench, mirror.exports)
    if imports is None or exports is None:
        lacking = mirror.imports if imports is None else mirror.exports
        has = nearest_years(bench, lacking) or "none"
        why = f"no row of {bench.year} of {lacking} (the ledger has {has}). It would have to answer: {modes}"
        return _silent(bench, name, label, why), None
    width = mirror.margin_high - mirror.margin_low
    margin = mirror.margin_low + width * bench.uniform("mirror/margin")
    same = replace(imports, draws=imports.draws * factor(imports.unit, MONEY), unit=MONEY)
    home = replace(exports, draws=exports.draws * factor(exports.unit, MONEY), unit=MONEY)
    gap = to_real(bench, mirror_gap(same, home, margin), bench.year)
    marks = (f"pedigree {mirror.pedigree} of 4", "margin of freight and insurance judged")
    gap = gap.scaled(1.0, *marks)
    return _line(name, label, gap.account, MONEY, gap, f"not illegality by itself. {modes}"), gap


def _line(name: str, label: str, account: str, unit: str, amount: Amount, note: str) -> Line:
    by = factor(amount.unit, unit)
    low, middle, high = (by * x for x in amount.quantiles())
    return Line(
        "gold", name, label, "border", "unknown", account, unit, low, middle, high,
        rows=amount.rows, marks=amount.marks, note=note,
    )  # fmt: skip


def _silent(bench: Bench, name: str, label: str, why: str) -> Line:
    return Line("gold", name, label, "border", "unknown", "border_value", MONEY, None, None, None, note=why)
