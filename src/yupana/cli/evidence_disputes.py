"""`yupana evidence disputes`: published figures for one thing that differ beyond their errors, and why."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING, get_args

import typer

from yupana.cli.common import format_number, print_json
from yupana.core.errors import UsageError, did_you_mean

if TYPE_CHECKING:
    from yupana.evidence.disputes import Disputes, Group, Pair
    from yupana.evidence.pack import Pack
    from yupana.evidence.rows import Measurement

_WIDTH = 100


def disputes(
    pack: str = typer.Argument(
        None, metavar="[PACK]", help="Name or folder of a pack; the default pack if none."
    ),
    quantity: str = typer.Option(None, "--quantity", help="Only figures of this quantity."),
    place: str = typer.Option(None, "--place", help="Only figures of this place."),
    reason: str = typer.Option(
        None, "--reason", help="Only disputes with this reason, such as definition, unknown."
    ),
    each: int = typer.Option(3, "--each", min=0, help="Pairs shown of each quantity and place; 0 for all."),
    named: bool = typer.Option(
        False, "--named", help="Also pairs that disputes.yaml explains and that lie within their errors."
    ),
    as_json: bool = typer.Option(False, "--json", help="One JSON object on standard output."),
) -> None:
    """Pairs of figures for the same thing that differ beyond their errors, and why, where it is known."""
    from yupana.cli.evidence import check_filter
    from yupana.cli.pack import open_pack
    from yupana.evidence.disputes import disputes_as_dict, find_disputes

    loaded = open_pack(pack)
    check_filter(loaded, "quantity", quantity)
    check_filter(loaded, "place", place)
    _check_reason(reason)
    found = find_disputes(loaded, quantity, place, reason, named)
    if as_json:
        print_json(dict(disputes_as_dict(loaded, found)))
        return
    for group in found.groups:
        _print_group(loaded, group, each)
    _wrap(_summary(found), "")


def _check_reason(reason: str | None) -> None:
    from yupana.evidence.schema_disputes import Reason

    known = get_args(Reason)
    if reason is not None and reason not in known:
        raise UsageError(
            f"unknown reason {reason!r}",
            where="--reason",
            got=reason,
            expected=", ".join(known),
            fix=did_you_mean(reason, known) or None,
        )


def _print_group(pack: Pack, group: Group, each: int) -> None:
    count = len(group.pairs)
    names = [pack.quantities[quantity].name for quantity in group.quantities]
    many = "pair" if count == 1 else "pairs"
    _wrap(f"{'; '.join(names)}: {pack.places.name_of(group.place)}, {count} {many}", "")
    shown = group.pairs[:each] if each else group.pairs
    reasons: dict[tuple[str, str, str], list[Pair]] = {}
    for pair in shown:
        reasons.setdefault((_reason(pair), pair.words, pair.source), []).append(pair)
    for (label, words, source), pairs in reasons.items():
        for pair in pairs:
            _print_pair(pack, pair)
        by = f" ({pack.sources[source].publisher}: {pack.sources[source].title})" if source else ""
        _wrap(f"why: {label}: {words}{by}" if label != "unknown" else "why: unknown", "    ")
        for note in dict.fromkeys(note for pair in pairs for note in pair.notes):
            _wrap(f'note: "{note}"', "      ")
    if len(shown) < count:
        typer.echo(f"    and {count - len(shown)} more (--each 0)")
    typer.echo("")


def _reason(pair: Pair) -> str:
    """The reason, and how far it can be trusted."""
    return {
        "pack": pair.reason,
        "rows": f"{pair.reason}, by the rows",
        "note": f"perhaps {pair.reason}",
    }.get(pair.known_from, "unknown")


def _print_pair(pack: Pack, pair: Pair) -> None:
    first, second = pair.rows
    cells = [
        _figure(pack, row, error, stated)
        for row, error, stated in zip(pair.rows, pair.errors, pair.stated, strict=True)
    ]
    when = first.period if first.period == second.period else f"{first.period} and {second.period}"
    _wrap(
        f"{when}: {cells[0]} against {cells[1]}: {format_number(round(pair.ratio, 2))} times, "
        f"{pair.size:.1f} standard errors" + ("" if pair.beyond else ", within error"),
        "  ",
    )


def _figure(pack: Pack, row: Measurement, error: float, stated: bool) -> str:
    from yupana.cli.evidence import figure

    mark = "" if pack.ledger.is_verified(row) else "*"
    origin = "stated" if stated else "by pedigree"
    publisher = textwrap.shorten(pack.sources[row.source].publisher, 48, placeholder=" ...")
    by = f"{publisher}, {pack.ledger.vintage(row)}; error {error:.0%} {origin}"
    return f"{figure(row)}{mark} {row.unit} ({by})"


def _wrap(text: str, indent: str) -> None:
    shape = textwrap.TextWrapper(
        _WIDTH,
        initial_indent=indent,
        subsequent_indent=indent + "  ",
        break_long_words=False,
        break_on_hyphens=False,
    )
    typer.echo(shape.fill(text))


def _summary(found: Disputes) -> str:
    beyond = sum(pair.beyond for pair in found.pairs)
    within = f"; {found.within} explained by the pack lie within them (--named)" if found.within else ""
    return (
        f"{beyond} of {found.compared} pairs for the same thing differ beyond their errors{within}; "
        "* not verified: recalled or of low confidence"
    )
