"""References of accounts.yaml: quantities, goods, rows and priced variables exist."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from yupana.core.names import did_you_mean, listing
from yupana.evidence.accounts.schema import AccountsFile, ResidentShare
from yupana.evidence.loading import Draft
from yupana.evidence.reading import Loc

LABEL = "accounts.yaml"

Reference = tuple[str, str, Loc]
"""Kind of what is referred to, its name, and where in the file."""


def check_accounts(draft: Draft) -> None:
    """Note every reference of accounts.yaml that leads nowhere."""
    accounts: AccountsFile | None = draft.content.get(LABEL)
    if accounts is None:
        return
    known: dict[str, Collection[str]] = {
        "quantity": [item.id for item in draft.content.get("quantities.yaml", ())],
        "good with a purity": [good.id for good in draft.content.get("goods.yaml", ()) if good.purity],
        "row": [row.id for row in draft.content["evidence"]],
        "variable that rows observe": _observed(draft),
    }
    for kind, name, loc in _references(accounts):
        if name in known[kind] or (kind == "row" and draft.knows("evidence", name)):
            continue
        draft.note(
            f"unknown {kind} {name!r}",
            "Y210",
            draft.where(LABEL, loc),
            got=name,
            expected=listing(known[kind], 8) or f"a {kind}",
            fix=did_you_mean(name, known[kind]) or None,
        )


def _observed(draft: Draft) -> list[str]:
    """Names, without element, of the variables that links of quantities name."""
    quantities = draft.content.get("quantities.yaml", ())
    return list(
        dict.fromkeys(link.variable.partition("[")[0] for item in quantities for link in item.all_links)
    )


def _references(accounts: AccountsFile) -> Iterator[Reference]:
    for index, stage in enumerate(accounts.stages):
        for number, term in enumerate(stage.prices):
            at: Loc = ("stages", index, "prices", number)
            yield "variable that rows observe", term.variable.partition("[")[0], (*at, "variable")
            if term.times is not None:
                yield "quantity", term.times, (*at, "times")
            if term.purity is not None:
                yield "good with a purity", term.purity, (*at, "purity")
        if isinstance(stage.residents, ResidentShare):
            for row in stage.residents.sources:
                yield "row", row, ("stages", index, "residents", "sources")
    for index, item in enumerate(accounts.published):
        if item.quantity is not None:
            yield "quantity", item.quantity, ("published", index, "quantity")
    if accounts.gold is not None:
        for key in ("price", "export_value", "production", "unregistered"):
            yield "quantity", getattr(accounts.gold, key), ("gold", key)
        for key in ("imports", "exports"):
            yield "quantity", getattr(accounts.gold.mirror, key), ("gold", "mirror", key)
