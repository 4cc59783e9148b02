"""The accounts of a year: reconciled masses at the ledger's prices, kept apart by stage and residence.

With sales ``S_k`` of stage k, mass times price, the value that a stage adds is ``A_k = S_k - S_(k-1)`` and
the sum over stages up to the border is the border value: every payment inside the country is bought off by
the next. Adding the ``S_k`` themselves counts the same leaf at every stage. With ``f`` the residents' share
of a stage's margin, what residents receive from non-residents for the product, the inward illicit financial
flow, is ``sum_k f_k A_k``; payments between residents cross no border and are no flow [unodcunctad2020]_.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import numpy as np

from yupana.core.errors import DataError, UsageError
from yupana.core.names import listing
from yupana.core.units import factor
from yupana.evidence.accounts.amounts import MONEY, NAIVE, Amount, difference, naive_sum, total
from yupana.evidence.accounts.drawing import (
    Bench,
    nearest_years,
    row_amount,
    rows_of,
    share_draws,
    to_real,
)
from yupana.evidence.accounts.gold import gold_lines
from yupana.evidence.accounts.result import PARTS, Accounts, Line, Part, Who
from yupana.evidence.accounts.schema import AccountsFile, Published, ResidentShare, Stage
from yupana.evidence.accounts.valuing import Link, Sale, link_stages, value_stages, weighted_contraction
from yupana.evidence.pack import Pack
from yupana.evidence.reconcile.result import PRIOR_BELOW

if TYPE_CHECKING:
    from yupana.evidence.reconcile.result import Reconciliation

PRIOR_MASS = "mass set by the prior"
"""Mark of a line whose mass is set by the prior."""

RESIDENCE: dict[str, Who] = {"all": "residents", "none": "non-residents", "unknown": "unknown"}
INWARD = "Inward flow: paid by non-residents for the product"
INWARD_NOTE = "what residents receive for what leaves; the margin of foreign buyers at home is not in it"
CHAIN_NOTE = "sales less what the stage paid for the good; licit inputs, pay and bribes are still inside"


def build_accounts(pack: Pack, reconciliation: Reconciliation, year: int, seed: int = 0) -> Accounts:
    """The illicit-flow accounts of a pack for one year.

    Parameters
    ----------
    pack : a pack with accounts.yaml.
    reconciliation : masses with joint draws; its year must hold `year`.
    year : calendar year.
    seed : of the draws of prices, shares and purities.

    Raises
    ------
    UsageError
        Y253 where the reconciliation does not hold the year.
    DataError
        Y252 where the pack declares no accounts; Y251 where a mass meets a price of something else; Y254
        where no stage at home can be valued.
    """
    declared = declared_accounts(pack)
    if year not in reconciliation.years:
        raise UsageError(
            f"the reconciliation does not hold {year}",
            code="Y253",
            got=str(year),
            expected=listing([str(y) for y in reconciliation.years]),
        )
    bench = Bench(pack, year, len(reconciliation.draws), seed)
    sold, without = value_stages(bench, declared, reconciliation)
    links, gap = link_stages(declared, sold)
    book = _Book()
    _generation(book, bench, sold, links)
    for stage, why in without:
        book.lines.append(
            _silent("generation", stage.id, stage.name, _who(stage), stage.account, why, stage.stage)
        )
    _flows(book, links, gap)
    _published(book, bench, declared.published)
    if declared.gold is not None:
        lines, amounts = gold_lines(bench, declared.gold)
        book.lines += lines
        book.amounts |= amounts
    if gap is None or gap.abroad:
        _mistake(book, [link for link in links if not link.stage.abroad])
    order = list(PARTS)
    lines = sorted(book.lines, key=lambda line: order.index(line.part))
    money = f"{MONEY} of {pack.money.year}"
    return Accounts(
        pack.id, year, reconciliation.anchor, reconciliation.solver, money, tuple(lines), book.amounts
    )


def declared_accounts(pack: Pack) -> AccountsFile:
    """The accounts that a pack declares.

    Raises
    ------
    DataError
        Y252 where it declares none.
    """
    if pack.accounts is None:
        raise DataError(
            f"the pack {pack.id} declares no accounts",
            code="Y252",
            where=str(pack.path),
            expected="accounts.yaml",
        )
    return pack.accounts


@dataclass
class _Book:
    """Lines and draws while they are written."""

    amounts: dict[str, Amount] = field(default_factory=dict)
    lines: list[Line] = field(default_factory=list)
    added: list[tuple[Link, Who, Amount]] = field(default_factory=list)

    def write(
        self,
        part: Part,
        name: str,
        label: str,
        who: Who,
        amount: Amount,
        behind: Sequence[Sale] = (),
        note: str = "",
    ) -> None:
        """Write a line and keep its draws; `behind` says which masses it rests on."""
        contraction = weighted_contraction(behind)
        if contraction is not None and contraction < PRIOR_BELOW:
            amount = amount.scaled(1.0, PRIOR_MASS)
        low, middle, high = (factor(amount.unit, MONEY) * x for x in amount.quantiles())
        self.amounts[name] = amount
        self.lines.append(
            Line(
                part, name, label, amount.stage, who, amount.account, MONEY, low, middle, high,
                mass=tuple(dict.fromkeys(name for item in behind for name in item.mass)),
                rows=amount.rows, contraction=contraction, marks=amount.marks, note=note,
            )
        )  # fmt: skip


def _silent(part: Part, name: str, label: str, who: Who, account: str, why: str, stage: str = "") -> Line:
    return Line(part, name, label, stage, who, account, MONEY, None, None, None, note=why)


# Income generation -----------------------------------------------------------------------------------------


def _split(bench: Bench, link: Link) -> list[tuple[Who, Amount]]:
    """Value added by residence; the two parts add up to it draw by draw."""
    stage = link.stage
    if isinstance(stage.residents, ResidentShare):
        share = share_draws(bench, stage.id, stage.residents)
        mark = f"share of residents {stage.residents.pedigree}"
        resident = link.added.scaled(share, mark, rows=stage.residents.sources)
        return [("residents", resident), ("non-residents", difference(link.added, resident))]
    return [(_who(stage), link.added)]


def _who(stage: Stage) -> Who:
    if isinstance(stage.residents, ResidentShare):
        return "both"
    return "residents" if stage.residents == "all" else "non-residents"


def _generation(book: _Book, bench: Bench, sold: Sequence[Sale], links: Sequence[Link]) -> None:
    ends = {link.parts[-1].stage.id: link for link in links}
    for sale in sold:
        stage = sale.stage
        note = stage.note or f"sales of {stage.earner}"
        book.write("generation", stage.id, stage.name, _who(stage), sale.sales, [sale], note)
        if stage.id in ends:
            _write_added(book, bench, ends[stage.id])


def _write_added(book: _Book, bench: Bench, link: Link) -> None:
    for whose, amount in _split(bench, link):
        name = f"{link.stage.stage}_added_{whose.replace('-', '_')}"
        if link.stage.abroad:
            name = f"abroad_{name}"
        label = f"Added by {link.stage.earner}, {whose}"
        book.write("generation", name, label, whose, amount, link.parts, CHAIN_NOTE)
        book.added.append((link, whose, amount))


# What crosses the border -----------------------------------------------------------------------------------


def _flows(book: _Book, links: Sequence[Link], gap: Stage | None) -> None:
    """Inward flow, what stays between residents, and what never enters the country."""
    if gap is not None and not gap.abroad:
        why = f"no evidence: {gap.name} has no value, and what crosses the border is found from every stage"
        book.lines.append(_silent("flow", "inward", INWARD, "residents", "transfer", why))
        return
    home = [link for link in links if not link.stage.abroad]
    inward = _added(book, home, "residents")
    if inward is None:
        why = "no stage at home earns residents anything"
        book.lines.append(_silent("flow", "inward", INWARD, "residents", "transfer", why))
    else:
        inward = replace(inward, account="transfer", stage="")
        book.write("flow", "inward", INWARD, "residents", inward, _parts(home), INWARD_NOTE)
    passed_on = _added(book, home[:-1], "residents")
    if passed_on is not None:
        book.write(
            "flow", "passed_on", "Of it, passed on at home: no flow by itself", "residents",
            replace(passed_on, account="income", stage=""), _parts(home[:-1]),
            "illicit income of growers and makers, paid by residents to residents: it crosses no border",
        )  # fmt: skip
    foreign = _added(book, home, "non-residents")
    if foreign is not None:
        book.write(
            "flow", "foreign_at_home", "Margin of non-residents before the border", "non-residents",
            replace(foreign, stage=""), _parts(home), "earned in the country by those who do not live in it",
        )  # fmt: skip
    abroad = [link for link in links if link.stage.abroad]
    outside = _added(book, abroad, "non-residents")
    if outside is not None and gap is None:
        book.write(
            "flow", "added_abroad", "Added abroad: never a flow of the country", "non-residents",
            replace(outside, stage=""), _parts(abroad),
            "sales abroad less what was paid at the border for them; begins and ends outside the country",
        )  # fmt: skip


def _parts(links: Sequence[Link]) -> list[Sale]:
    return [part for link in links for part in link.parts]


def _added(book: _Book, links: Sequence[Link], who: Who) -> Amount | None:
    """Value added of some links that goes to `who`; None where nothing does."""
    found = [amount for link, whose, amount in book.added if whose == who and link in links]
    return total(found) if found else None


# Published figures -----------------------------------------------------------------------------------------


def _published(book: _Book, bench: Bench, items: Sequence[Published]) -> None:
    """Lines that only a row can fill, as published; the others say that there is no evidence."""
    for item in items:
        who = RESIDENCE[item.residents]
        rows = rows_of(bench, item.quantity) if item.quantity else []
        if not rows:
            why = _why_silent(bench, item)
            book.lines.append(_silent(item.section, item.id, item.name, who, "", why))
            continue
        for number, row in enumerate(rows):
            amount = to_real(bench, row_amount(bench, row), bench.year)
            name = item.id if len(rows) == 1 else f"{item.id}_{number + 1}"
            source = bench.pack.sources[row.source]
            said = f"as published by {source.publisher}, {bench.pack.ledger.vintage(row)}"
            range_of = (
                "" if row.low is not None and row.high is not None else "no range stated: by confidence"
            )
            note = "; ".join(filter(None, (said, range_of, item.note)))
            book.write(item.section, name, item.name, who, amount, note=note)


def _why_silent(bench: Bench, item: Published) -> str:
    if item.quantity is None:
        return f"no evidence: {item.note}" if item.note else "no evidence: no row measures it"
    near = nearest_years(bench, item.quantity)
    have = f"the ledger has {near}, and no figure is carried over" if near else "the ledger has no row"
    return f"no evidence for {bench.year}: {have}"


# The mistake -----------------------------------------------------------------------------------------------


def _mistake(book: _Book, home: Sequence[Link]) -> None:
    last = home[-1]
    if len(home) < 2:
        return
    wrong = naive_sum([link.sales for link in home])
    book.write(
        "mistake", "sales_summed", "Sales of every stage at home, added", "both", wrong, _parts(home),
        "counts the same leaf at every stage; shown only to be avoided, and refused by every sum",
    )  # fmt: skip
    ratio = wrong.draws / last.sales.draws
    low, middle, high = (float(x) for x in np.quantile(ratio, (0.05, 0.5, 0.95)))
    book.lines.append(
        Line(
            "mistake", "times_border_value", "The same, over the value at the last stage at home", "", "both",
            NAIVE, "ratio", low, middle, high, note="how much too large the sum is",
        )
    )  # fmt: skip
