"""`yupana evidence`: the cited figures of a pack, one or all, and what is wrong with them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import typer

from yupana.cli import (
    evidence_accounts,
    evidence_bibliography,
    evidence_experts,
    evidence_export,
    evidence_import,
    evidence_population,
    evidence_reconcile,
    evidence_template,
)
from yupana.cli.common import format_number, print_json, print_table, verb_group
from yupana.cli.evidence_disputes import disputes
from yupana.cli.pack import open_pack
from yupana.core.errors import UsageError, did_you_mean
from yupana.core.names import listing

if TYPE_CHECKING:
    from yupana.evidence.ledger import Ledger
    from yupana.evidence.pack import Pack
    from yupana.evidence.rows import Measurement

app = verb_group("List, show and check the cited figures of a pack.")

_PACK = typer.Option(
    None, "--pack", metavar="PACK", help="Name or folder of a pack; the default pack if none."
)
_JSON = typer.Option(False, "--json", help="One JSON object on standard output.")
_FILTERS: dict[str, Any] = {
    "quantity": typer.Option(None, "--quantity", help="Id of a quantity."),
    "place": typer.Option(None, "--place", help="Id of a place."),
    "years": typer.Option(None, "--years", metavar="YYYY[-YYYY]", help="Periods that overlap these years."),
    "source": typer.Option(None, "--source", help="Id of a source."),
    "by": typer.Option(None, "--by", help="Kind of publisher: un, us, police, government, press, ..."),
    "kind": typer.Option(None, "--kind", help="stock, flow, price, ratio, share, index, count or text."),
    "confidence": typer.Option(None, "--confidence", help="high, medium or low."),
    "basis": typer.Option(None, "--basis", help="Such as pure, bulk, nominal+bulk."),
    "account": typer.Option(None, "--account", help="Such as border_value, profit."),
    "variable": typer.Option(None, "--variable", help="Rows that observe this variable of the model."),
}


@app.command("list")
def list_rows(
    quantity: str = _FILTERS["quantity"],
    place: str = _FILTERS["place"],
    years: str = _FILTERS["years"],
    source: str = _FILTERS["source"],
    by: str = _FILTERS["by"],
    kind: str = _FILTERS["kind"],
    confidence: str = _FILTERS["confidence"],
    basis: str = _FILTERS["basis"],
    account: str = _FILTERS["account"],
    variable: str = _FILTERS["variable"],
    limit: int = typer.Option(0, "--limit", min=0, help="At most so many rows; 0 for all."),
    pack: str = _PACK,
    as_json: bool = _JSON,
) -> None:
    """List figures, one a row, filtered."""
    loaded = open_pack(pack)
    exact = {
        "quantity": quantity,
        "place": place,
        "source": source,
        "by": by,
        "kind": kind,
        "confidence": confidence,
        "basis": basis,
        "account": account,
    }
    found = filtered(loaded, years, exact)
    rows = _observing(loaded, found, variable) if variable else list(found)
    shown = rows[:limit] if limit else rows
    if as_json:
        from yupana.evidence.comparison import row_as_dict

        print_json(
            {"pack": loaded.id, "count": len(rows), "rows": [row_as_dict(loaded, row) for row in shown]}
        )
        return
    _print_rows(loaded, shown)
    typer.echo(
        f"\n{len(rows)} rows"
        + (f", {len(shown)} shown" if len(shown) < len(rows) else "")
        + "; * not verified: recalled, judged or of low confidence"
    )


def filtered(pack: Pack, years: str | None, exact: Mapping[str, str | None]) -> Ledger:
    """Return the rows of some years that have these values.

    Raises
    ------
    UsageError
        Where no row can have a value, or the years cannot be read.
    """
    for name, value in exact.items():
        check_filter(pack, name, value)
    first, last = parse_years(years)
    wanted: dict[str, Any] = dict(exact)
    return pack.ledger.select(first=first, last=last, **wanted)


def _observing(pack: Pack, ledger: Ledger, variable: str) -> list[Measurement]:
    from yupana.evidence.observations import observations, observed_variables

    ids = {item.row for item in _observations(pack, variable, observations)}
    if not ids:
        known = observed_variables(pack)
        raise UsageError(
            f"no row observes {variable!r}",
            code="Y107",
            got=variable,
            expected=listing(known, 20),
            fix=did_you_mean(variable, known) or None,
        )
    return [row for row in ledger if row.id in ids]


def _observations(pack: Pack, variable: str, find: Any) -> list[Any]:
    from yupana.core.names import split_key
    from yupana.model import build_config

    try:
        element = split_key(variable)[1]
    except ValueError:
        return []
    return find(pack, variable, elements=build_config(pack).dims.get(element or "", ()))


def check_filter(pack: Pack, name: str, value: str | None) -> None:
    """Refuse a filter value that no row can have.

    Raises
    ------
    UsageError
        Y102 (Y108 for a place) with a near miss.
    """
    if value is None:
        return
    if name == "place":
        known = set(pack.places.all_ids())
    elif name == "quantity":
        known = set(pack.quantities)
    elif name == "source":
        known = set(pack.sources)
    elif name == "by":
        known = {source.kind for source in pack.sources.values()}
    else:
        known = {getattr(row, name) for row in pack.ledger} - {""}
    if value not in known:
        raise UsageError(
            f"unknown {name} {value!r}",
            code="Y108" if name == "place" else "Y102",
            where=f"--{name}",
            got=value,
            expected=listing(sorted(known), 20),
            fix=did_you_mean(value, known) or None,
        )


def parse_years(text: str | None) -> tuple[int | None, int | None]:
    """First and last year of ``2010`` or ``2008-2012``.

    Raises
    ------
    UsageError
        Y102 where the text is neither.
    """
    if text is None:
        return None, None
    parts = text.split("-")
    if len(parts) in (1, 2) and all(len(part) == 4 and part.isdigit() for part in parts):
        first, last = int(parts[0]), int(parts[-1])
        if first <= last:
            return first, last
    raise UsageError("years not understood", where="--years", got=text, expected="2010 or 2008-2012")


def figure(row: Measurement) -> str:
    """A row's figure and range, in words."""
    value = format_number(row.value)
    if row.low is None and row.high is None:
        return value
    ends = f"{format_number(row.low) or '..'} to {format_number(row.high) or '..'}"
    return f"{value} ({ends})" if value else ends


def _mark(pack: Pack, row: Measurement) -> str:
    return "" if pack.ledger.is_verified(row) else "*"


def _print_rows(pack: Pack, rows: list[Measurement]) -> None:
    cells = [
        (
            row.id,
            row.period,
            figure(row) + _mark(pack, row),
            " ".join(filter(None, (row.unit if row.unit != "text" else "", row.basis, row.account))),
            pack.ledger.publisher_kind(row),
        )
        for row in rows
    ]
    headers = ("row", "period", "figure", "unit, basis", "by")
    print_table(headers, cells, numeric=("figure",), whole=("row",))


@app.command("show")
def show(
    row: str = typer.Argument(..., metavar="ROW", help="Id of a row; `yupana evidence list` prints them."),
    pack: str = _PACK,
    as_json: bool = _JSON,
) -> None:
    """Show one figure with everything published against it: publishers, vintages, disputes."""
    from yupana.evidence.comparison import compare, comparison_as_dict

    loaded = open_pack(pack)
    comparison = compare(loaded, row)
    if as_json:
        print_json(
            {"pack": loaded.id, **comparison_as_dict(loaded, comparison), "observes": _observes(loaded, row)}
        )
        return
    _print_row(loaded, comparison.row)
    cells = []
    for entry in comparison.entries:
        against = entry.comparable or ("" if entry.ratio is None else f"x {entry.ratio:.3g}")
        cells.append(
            (
                entry.row.id,
                entry.relation,
                f"{figure(entry.row)}{_mark(loaded, entry.row)} {entry.row.unit}",
                against + (" DISPUTE" if entry.disputes else ""),
                f"{loaded.sources[entry.row.source].publisher} {loaded.ledger.vintage(entry.row)}",
            )
        )
    if cells:
        typer.echo("")
        headers = ("published against it", "relation", "figure", "against", "publisher, vintage")
        print_table(headers, cells, whole=("published against it",))
    typer.echo(f"\n{len(comparison.entries)} figures beside it, {len(comparison.disputes)} in dispute")


def _observes(pack: Pack, row: str) -> list[dict[str, Any]]:
    """What a row says about variables of the model, conversions named."""
    from dataclasses import asdict

    from yupana.evidence.observations import observations

    names = {link.variable.partition("[")[0] for link in pack.quantities[pack.ledger[row].quantity].all_links}
    keys = [key for name in sorted(names) for key in _keys_of(pack, name)]
    return [asdict(item) for key in keys for item in observations(pack, key) if item.row == row]


def _keys_of(pack: Pack, name: str) -> list[str]:
    from yupana.evidence.observations import observed_variables

    return [key for key in observed_variables(pack) if key.partition("[")[0] == name]


def _print_row(pack: Pack, row: Measurement) -> None:
    source, quantity = pack.sources[row.source], pack.quantities[row.quantity]
    parts = [
        ("row", row.id),
        ("measures", f"{quantity.name}: {quantity.meaning}"),
        ("place, period", f"{pack.places.name_of(row.place)}, {row.period}"),
        ("figure", f"{figure(row)} {row.unit}"),
        ("is a", ", ".join(filter(None, (row.kind, row.basis, row.account.replace("_", " "))))),
        ("source", f"{source.publisher}: {source.title} ({source.kind}, {pack.ledger.vintage(row)})"),
        ("address", source.url),
        ("seen", f"{row.seen}, {row.confidence} confidence, pedigree {row.pedigree} of 4"),
        ("", "" if pack.ledger.is_verified(row) else "NOT VERIFIED: it never anchors a fit"),
        ("derived from", ", ".join(row.derived_from)),
        ("note", row.note),
    ]
    for item in _observes(pack, row.id):
        parts.append(
            (
                "observes",
                f"{item['variable']} = {format_number(item['value'])} {item['unit']}, {item['year']}"
                + (f" ({item['note']})" if item["note"] else ""),
            )
        )
    import textwrap

    for label, text in parts:
        if text:
            typer.echo(textwrap.fill(text, 100, initial_indent=f"{label:<15}", subsequent_indent=" " * 15))


@app.command("lint")
def lint(
    source: str = typer.Option(None, "--source", help="Only findings in this source."),
    pack: str = _PACK,
    as_json: bool = _JSON,
) -> None:
    """Recompute sums, products and ratios inside sources; flag digits out of order and misread separators."""
    from yupana.evidence.lint_ledger import lint_pack

    loaded = open_pack(pack)
    check_filter(loaded, "source", source)
    found = [finding for finding in lint_pack(loaded) if source is None or finding.source == source]
    if as_json:
        print_json({"pack": loaded.id, "findings": [finding.as_dict() for finding in found]})
        return
    rows = [
        (finding.rule, loaded.sources[finding.source].publisher, finding.message, finding.acknowledged)
        for finding in found
    ]
    if rows:
        print_table(("rule", "publisher", "finding", "the pack says"), rows)
    checked = f"{len(loaded.checks)} declared relations and {len(loaded.ledger)} rows checked"
    typer.echo(f"{len(found)} findings; {checked}")


@app.command("sources")
def sources(
    by: str = typer.Option(None, "--by", help="Kind: un, us, police, government, press, academic, ..."),
    pack: str = _PACK,
    as_json: bool = _JSON,
) -> None:
    """List sources: publisher, title, kind, and how many rows rest on each."""
    loaded = open_pack(pack)
    check_filter(loaded, "by", by)
    counts: dict[str, int] = {}
    for row in loaded.ledger:
        counts[row.source] = counts.get(row.source, 0) + 1
    found = [item for item in loaded.sources.values() if by is None or item.kind == by]
    if as_json:
        entries = [{**item.model_dump(mode="json"), "rows": counts.get(item.id, 0)} for item in found]
        print_json({"pack": loaded.id, "sources": entries})
        return
    cells = [
        (item.id, item.kind, item.year, counts.get(item.id, 0), f"{item.publisher}: {item.title}")
        for item in found
    ]
    cells = [(a, b, str(c or ""), d, e) for a, b, c, d, e in cells]
    print_table(("source", "kind", "year", "rows", "publisher and title"), cells, numeric=("rows",))


app.command("disputes")(disputes)
app.command("template")(evidence_template.command)
app.command("import")(evidence_import.command)
app.command("export")(evidence_export.command)
app.command("bibliography")(evidence_bibliography.command)
app.command("accounts")(evidence_accounts.command)
app.command("experts")(evidence_experts.command)
app.command("reconcile")(evidence_reconcile.command)
app.command("population")(evidence_population.command)
