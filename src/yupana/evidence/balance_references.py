"""What `pack check` asks of balance.yaml beyond its schema: every name leads somewhere, it can be built."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from yupana.core.errors import DataError, did_you_mean
from yupana.core.names import listing
from yupana.evidence.loading import Draft
from yupana.evidence.reading import Loc
from yupana.evidence.schema_balance import Balance, StatedPrior

if TYPE_CHECKING:
    from yupana.evidence.pack import Pack

LABEL = "balance.yaml"
_ENTRY = re.compile(r"^(\w+)\[(\d+)\]$")


def check_balance(draft: Draft, pack: Pack) -> None:
    """Note what is wrong with the balance of a pack that can be loaded otherwise."""
    balance = pack.balance
    if balance is None:
        return
    _check_groups(draft, balance, pack)
    _check_sources(draft, balance)
    names = _build(draft, pack)
    if names is not None:
        _check_data(draft, balance, pack, names)


def _note(draft: Draft, word: str, known: list[str], what: str, loc: Loc) -> None:
    draft.note(
        f"unknown {what} {word!r}",
        "Y242",
        draft.where(LABEL, loc),
        got=word,
        expected=listing(known, 12),
        fix=did_you_mean(word, known) or None,
    )


def _check_groups(draft: Draft, balance: Balance, pack: Pack) -> None:
    places = pack.places
    known = [item.id for group in (places.corridors, places.markets, places.zones) for item in group]
    for name, elements in balance.groups.items():
        for index, element in enumerate(elements):
            if element not in known:
                _note(draft, element, known, "corridor, market or zone", ("groups", name, index))


def _check_sources(draft: Draft, balance: Balance) -> None:
    stated = [(("quantities", i, "prior"), entry.prior) for i, entry in enumerate(balance.quantities)]
    stated += [(("links", i, "weights"), link.weights) for i, link in enumerate(balance.links)]
    for loc, prior in stated:
        for row in prior.sources if isinstance(prior, StatedPrior) else ():
            if not draft.knows("evidence", row):
                _note(draft, row, sorted(draft.ids.get("evidence", ())), "row", (*loc, "sources"))


def _build(draft: Draft, pack: Pack) -> set[str] | None:
    """Return the names of a balance that can be built; note why where it cannot."""
    from yupana.evidence.reconcile.build import build_graph

    try:
        graph = build_graph(pack, (pack.start + 1,))
    except DataError as fault:
        entry = _ENTRY.match(fault.where.rpartition(", ")[2])
        loc: Loc = (entry[1], int(entry[2])) if entry else ()
        draft.note(
            fault.what,
            fault.code,
            draft.where(LABEL, loc),
            got=fault.got,
            expected=fault.expected,
            fix=fault.fix,
        )
        return None
    return {name for name, _ in graph.names}


def _check_data(draft: Draft, balance: Balance, pack: Pack, names: set[str]) -> None:
    places = list(pack.places.all_ids())
    for index, entry in enumerate(balance.data):
        base, _, rest = entry.measures.partition("[")
        elements = balance.groups.get(rest.rstrip("]"))
        spelt = [f"{base}[{item}]" for item in elements] if elements else [entry.measures]
        for name in spelt:
            if name not in names:
                _note(draft, name, sorted(names), "quantity of the balance", ("data", index, "measures"))
        if entry.quantity is not None and entry.quantity not in pack.quantities:
            _note(draft, entry.quantity, list(pack.quantities), "quantity", ("data", index, "quantity"))
        if entry.place is not None and entry.place not in places:
            _note(draft, entry.place, places, "place", ("data", index, "place"))
    for index, name in enumerate(balance.shown):
        base, _, rest = name.partition("[")
        elements = balance.groups.get(rest.rstrip("]"))
        first = f"{base}[{elements[0]}]" if elements else name
        if first not in names:
            _note(draft, name, sorted(names), "quantity of the balance", ("shown", index))
