"""Sums of money and masses as joint draws, with guards: what is unlike never adds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from yupana.core.errors import DataError
from yupana.core.units import canonical, currency_of, factor

MONEY = "million USD"
"""Unit of every sum of money in the accounts."""

PER_STAGE = ("gross_output", "farm_value", "border_value", "wholesale_value", "retail_value")
"""Accounts of sales. The good of one stage is paid for again at the next: they add within a stage only."""

NAIVE = "not an account"
"""Account of a sum that must not be used: sales of every stage added."""


@dataclass(frozen=True, eq=False)
class Amount:
    """A mass, a price or a sum of money.

    Attributes
    ----------
    draws : (draw,), in `unit`. Two amounts of one set of accounts are joint draw by draw.
    unit : unit of the table of units.
    basis : ``pure``, ``sun-dried``, ``hydrochloride``, ``real``, ``real+pure``, ``nominal``, ...
    account : of a sum of money, what it is a sum of; empty otherwise.
    stage : where it is valued; empty where that does not matter.
    rows : ids of the ledger's rows it rests on.
    marks : why it is set by a prior rather than by data, in words; empty where it is not.
    """

    draws: NDArray[np.float64]
    unit: str
    basis: str
    account: str = ""
    stage: str = ""
    rows: tuple[str, ...] = ()
    marks: tuple[str, ...] = ()

    def quantiles(self) -> tuple[float, float, float]:
        """5th, 50th and 95th percentile, in `unit`."""
        low, middle, high = np.quantile(self.draws, (0.05, 0.5, 0.95))
        return float(low), float(middle), float(high)

    def scaled(self, by: NDArray[np.float64] | float, *marks: str, rows: Sequence[str] = ()) -> Amount:
        """The amount times a plain number or one per draw; `marks` and `rows` are added."""
        return replace(
            self,
            draws=self.draws * by,
            rows=merge(self.rows, tuple(rows)),
            marks=merge(self.marks, marks),
        )


def merge(*parts: Sequence[str]) -> tuple[str, ...]:
    """Words of all parts in order, each once."""
    return tuple(dict.fromkeys(word for part in parts for word in part))


def check_alike(amounts: Sequence[Amount]) -> None:
    """Refuse amounts that may not be added.

    Raises
    ------
    DataError
        Y212 where basis, unit or account differ, where sales of different stages are given, and where a
        sum that is no account enters a sum. Y602 where there is nothing to add.
    """
    if not amounts:
        raise DataError("there is nothing to add", code="Y602", got="no amount", expected="at least one")
    first = amounts[0]
    for other in amounts:
        if other.account == NAIVE:
            raise DataError(
                "sales of all stages added are no account, and enter no sum",
                code="Y212",
                got=NAIVE,
                expected="value at one stage, or value added of all",
            )
        for name in ("basis", "account", "unit"):
            mine, theirs = getattr(first, name), getattr(other, name)
            if name == "unit":
                mine, theirs = canonical(mine), canonical(theirs)
            if mine != theirs:
                raise DataError(
                    f"amounts of unlike {name} were to be added",
                    code="Y212",
                    got=f"{mine or 'none'} and {theirs or 'none'}",
                    expected=f"one {name}",
                )
        if first.account in PER_STAGE and first.stage != other.stage:
            raise DataError(
                "sales of two stages were to be added: the second pays for the first again",
                code="Y212",
                got=f"{first.stage or 'none'} and {other.stage or 'none'}",
                expected="sales of one stage, or value added",
                fix="take the value at the last stage, or add the value added of each",
            )


def total(amounts: Sequence[Amount]) -> Amount:
    """Sum of amounts that may be added, draw by draw; guards of `check_alike`."""
    found = list(amounts)
    check_alike(found)
    stages = {item.stage for item in found}
    return replace(
        found[0],
        draws=np.sum([item.draws for item in found], axis=0),
        stage=found[0].stage if len(stages) == 1 else "",
        rows=merge(*(item.rows for item in found)),
        marks=merge(*(item.marks for item in found)),
    )


def difference(amount: Amount, other: Amount) -> Amount:
    """`amount` less `other`, draw by draw; guards of `check_alike`."""
    return total([amount, other.scaled(-1.0)])


def value_added(sales: Amount, purchases: Amount | None) -> Amount:
    """What a stage adds: its sales less what it paid the stage before for the good.

    Licit inputs, pay, bribes and what is seized are still inside.

    Parameters
    ----------
    sales : sales of the stage.
    purchases : sales of the stage before, or None at the first.

    Raises
    ------
    DataError
        Y212 where the two are not money of one kind.
    """
    bought = np.zeros_like(sales.draws) if purchases is None else purchases.draws
    if purchases is not None:
        like = replace(purchases, account=sales.account, stage=sales.stage)
        check_alike([sales, like])
    return replace(
        sales,
        draws=sales.draws - bought,
        account="value_added",
        rows=merge(sales.rows, purchases.rows if purchases else ()),
        marks=merge(sales.marks, purchases.marks if purchases else ()),
    )


def naive_sum(sales: Sequence[Amount]) -> Amount:
    """Sales of every stage added: the mistake to avoid, never a total.

    The result's account is `NAIVE`, which no sum takes.
    """
    first = sales[0]
    return replace(
        first,
        draws=np.sum([item.draws for item in sales], axis=0),
        account=NAIVE,
        stage="",
        rows=merge(*(item.rows for item in sales)),
        marks=merge(*(item.marks for item in sales)),
    )


def value(mass: Amount, price: Amount, account: str, stage: str = "", unit: str = MONEY) -> Amount:
    """Money of a mass sold at a price, ``mass * price``, units and bases checked.

    Parameters
    ----------
    mass : a mass of any unit; its basis says of what (``pure``, ``sun-dried``, ``hydrochloride``).
    price : money for a unit of mass; its basis says of what, beside ``real`` or ``nominal``.
    account, stage : of the result.
    unit : unit of the result, money.

    Raises
    ------
    DataError
        Y251 where the price is paid for something else than the mass is a mass of, such as a pure mass at
        the price of a diluted kilogram. Y212 where units do not fit.

    Examples
    --------
    >>> import numpy as np
    >>> gold = Amount(np.array([1.14]), "million oz", "")
    >>> price = Amount(np.array([1569.2]), "USD/oz", "nominal")
    >>> round(float(value(gold, price, "border_value", unit="billion USD").draws[0]), 3)
    1.789
    """
    money, of = split_basis(price.basis)
    if of != mass.basis:
        raise DataError(
            "a mass and a price do not speak of the same thing",
            code="Y251",
            where=stage or None,
            got=f"a mass of basis {mass.basis or 'none'} at a price for {of or 'none'}",
            expected="one basis for both",
        )
    currency, _, per = canonical(price.unit).partition("/")
    if not per or currency_of(currency) is None:
        raise DataError("not a price", code="Y212", got=price.unit, expected="money a unit of mass")
    by = factor(mass.unit, per) * factor(currency, unit)
    return Amount(
        draws=mass.draws * price.draws * by,
        unit=canonical(unit),
        basis=money,
        account=account,
        stage=stage,
        rows=merge(mass.rows, price.rows),
        marks=merge(mass.marks, price.marks),
    )


def split_basis(basis: str) -> tuple[str, str]:
    """Money word (``real``, ``nominal`` or empty) and the rest of a basis."""
    words = [word for word in basis.split("+") if word]
    money = next((word for word in words if word in ("real", "nominal")), "")
    return money, "+".join(word for word in words if word != money)


def as_sold(price: Amount, purity: NDArray[np.float64], good: str) -> Amount:
    """The price of a pure kilogram where the price is paid for a kilogram as sold: price over purity.

    Parameters
    ----------
    price : price with a basis of bulk, base or hydrochloride.
    purity : (draw,), share 0 to 1.
    good : whose purity it is, for the marks.

    Raises
    ------
    DataError
        Y251 where the price is for the pure content already, or for a good without purity.
    """
    money, of = split_basis(price.basis)
    if of not in ("bulk", "base", "hydrochloride", "hydrochloride+bulk", "base+bulk"):
        raise DataError(
            "a purity was given for a price that needs none",
            code="Y251",
            got=f"a price for {of or 'no basis'}, purity of {good}",
            expected="a price of bulk, base or hydrochloride",
        )
    return replace(price, draws=price.draws / purity, basis=f"{money}+pure" if money else "pure")
