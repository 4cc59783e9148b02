"""`yupana pack`: check, make and read packs."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from yupana.cli.common import WIDTH, notice, print_json, print_table, verb_group
from yupana.core.errors import DataError, UsageError, did_you_mean
from yupana.core.settings import default

if TYPE_CHECKING:
    from yupana.evidence.checking import CheckReport
    from yupana.evidence.pack import Pack

app = verb_group("Check, make and read packs: a country's data.")

_PACK = typer.Option(
    None, "--pack", metavar="PACK", help="Name or folder of a pack; the default pack if none."
)
_JSON = typer.Option(False, "--json", help="One JSON object on standard output.")


def open_pack(word: str | None) -> Pack:
    """The pack that is named, or the default one."""
    from yupana.evidence.loading import load_pack

    return load_pack(word or default("pack"))


@app.command("check")
def check(
    pack: str = typer.Argument(..., metavar="DIR|NAME", help="Folder or name of a pack."),
    as_json: bool = _JSON,
) -> None:
    """Check a pack: formats, units, references, sources, places, priors; print counts or every problem."""
    from yupana.analysis.study_figures import check_measures
    from yupana.ensemble.structure import check_structures
    from yupana.evidence.checking import check_pack
    from yupana.evidence.locate import find_pack

    report = check_pack(find_pack(pack))
    if report.pack is not None:
        found = (*check_structures(report.pack), *check_measures(report.pack))
        report = replace(report, problems=(*report.problems, *found))
    if as_json:
        print_json(_report_as_dict(report))
    elif report.valid:
        print_table(("what", "count"), list(report.counts.items()), f"{report.root.name}: valid", ("count",))
    else:
        for problem in report.problems:
            notice(str(problem))
    if not report.valid:
        raise DataError(
            f"pack check failed: {len(report.problems)} problem{'s' if len(report.problems) > 1 else ''}",
            code="Y220",
            where=str(report.root),
            fix="mend what is listed above and check again",
        )


def _report_as_dict(report: CheckReport) -> dict[str, Any]:
    return {
        "pack": report.root.name,
        "valid": report.valid,
        "counts": report.counts,
        "problems": [problem.as_dict() for problem in report.problems],
    }


@app.command("new")
def new(folder: str = typer.Argument(..., metavar="DIR", help="A new or empty folder.")) -> None:
    """Write a small valid pack of an invented country, to be filled with data."""
    from yupana.evidence.skeleton import new_pack

    names = new_pack(Path(folder).expanduser())
    typer.echo(f"{len(names)} files written to {folder}")
    typer.echo(f"check it with: yupana pack check {folder}")


@app.command("copy")
def copy(
    pack: str = typer.Argument(..., metavar="DIR|NAME", help="Folder or name of the pack to copy."),
    folder: str = typer.Argument(..., metavar="DIR", help="A new or empty folder."),
) -> None:
    """Copy a pack into a folder of your own, under the folder's name, to add to it."""
    from yupana.evidence.locate import find_pack
    from yupana.evidence.skeleton import new_pack

    names = new_pack(Path(folder).expanduser(), find_pack(pack))
    typer.echo(f"{len(names)} files written to {folder}")
    typer.echo(f"add facts with: yupana evidence import SHEET.xlsx --pack {folder}")


@app.command("list")
def list_packs(as_json: bool = _JSON) -> None:
    """List the packs that come with Yupana."""
    from yupana.evidence.listings import pack_list

    packs = pack_list()
    if as_json:
        print_json({"packs": packs})
        return
    rows = [(p["id"], p["name"], f"{p['start']} to {p['end']}", p["version"], p["note"]) for p in packs]
    print_table(("id", "name", "years", "version", "note"), rows)


@app.command("scenarios")
def scenarios(pack: str = _PACK, as_json: bool = _JSON) -> None:
    """List scenarios: which levers they move and parameters they set, to what, and why."""
    from yupana.evidence.listings import scenario_list

    loaded = open_pack(pack)
    found = scenario_list(loaded)
    if as_json:
        print_json({"pack": loaded.id, "scenarios": found})
        return
    rows = [(s["name"], s["extends"] or "", s["settings"], s["meaning"]) for s in found]
    print_table(("name", "extends", "settings", "meaning"), rows, whole=("name",))


@app.command("levers")
def levers(pack: str = _PACK, as_json: bool = _JSON) -> None:
    """List levers: what a scenario can move, in which unit, how far."""
    from yupana.evidence.listings import lever_list

    loaded = open_pack(pack)
    found = lever_list(loaded)
    if as_json:
        print_json({"pack": loaded.id, "levers": found})
        return
    rows = [(lever["id"], lever["over"] or "", lever["range"], lever["meaning"]) for lever in found]
    print_table(("lever", "over", "range", "meaning"), rows, whole=("lever",))
    typer.echo(
        '\nA number is a multiple of the baseline; "20000 ha" is absolute; {2013: 3, 2015: 1} are steps.'
    )


@app.command("variables")
def variables(pack: str = _PACK, as_json: bool = _JSON) -> None:
    """List the variables of the model: unit, kind, elements, meaning, and how many rows observe each."""
    from yupana.evidence.observations import observed_variables
    from yupana.model import VARIABLES, build_config

    loaded = open_pack(pack)
    counts, elements = observed_variables(loaded), build_config(loaded).dims
    found = []
    for variable in VARIABLES:
        keys = [variable.key]
        if variable.over:
            keys = [f"{variable.name}[{place}]" for place in elements.get(variable.over, ())]
        found.append(
            {
                "key": variable.key,
                "unit": variable.unit,
                "kind": variable.kind,
                "over": variable.over,
                "elements": list(elements.get(variable.over or "", ())),
                "observations": sum(counts.get(key, 0) for key in keys),
                "meaning": variable.meaning,
            }
        )
    if as_json:
        print_json({"pack": loaded.id, "variables": found})
        return
    rows = [(v["key"], v["unit"], v["kind"], v["observations"], v["meaning"]) for v in found]
    print_table(("variable", "unit", "kind", "rows", "meaning"), rows, numeric=("rows",))


@app.command("priors")
def priors(
    pack: str = _PACK,
    name: str = typer.Option(None, "--name", help="Only priors whose name holds this text."),
    as_json: bool = _JSON,
) -> None:
    """List priors: unit, 5 to 95 percent range by place, reason and rows cited."""
    from yupana.evidence.listings import prior_list

    loaded = open_pack(pack)
    every = prior_list(loaded)
    found = [prior for prior in every if not name or name in prior["name"]]
    if not found:
        near = did_you_mean(name, [prior["name"] for prior in every])
        raise UsageError(f"no prior holds {name!r} in its name", where="--name", got=name, fix=near or None)
    if as_json:
        print_json({"pack": loaded.id, "priors": found})
        return
    if name and 0 < len(found) <= 3:
        _print_priors(found)
        return
    rows = []
    for prior in found:
        key = f"{prior['name']}[{','.join(prior['over'])}]" if prior["over"] else prior["name"]
        unit = prior["unit"] if prior["unit"] != "ratio" else ""
        rows.append((key, f"{prior['range']} {unit}", prior["pedigree"], prior["meaning"]))
    print_table(("prior", "5 to 95 %", "basis", "meaning"), rows, whole=("prior",))


def _print_priors(found: list[dict[str, Any]]) -> None:
    for prior in found:
        typer.echo(f"{prior['name']}: {prior['meaning']} [{prior['unit']}], {prior['family']}")
        rows = [
            (p["place"] or "all", p["range"], p["pedigree"], ", ".join(p["sources"]) or p["reason"])
            for p in prior["places"]
        ]
        print_table(("place", "5 to 95 %", "basis", "why"), rows)
        typer.echo(f"reason: {prior['reason']}\n")


@app.command("claims")
def claims(pack: str = _PACK, as_json: bool = _JSON) -> None:
    """List published claims and their readings (verdicts: `yupana audit`)."""
    from yupana.evidence.listings import claim_list

    loaded = open_pack(pack)
    about, found = claim_list(loaded)
    if as_json:
        print_json({"pack": loaded.id, "about": about, "claims": found})
        return
    import textwrap

    typer.echo(textwrap.fill(about, WIDTH))
    for claim in found:
        typer.echo("\n" + textwrap.fill(f"{claim['id']}: {claim['text']}", WIDTH))
        for reading in claim["readings"]:
            said = f"  {reading['id']} ({reading['statement']}): {reading['text']}"
            typer.echo(textwrap.fill(said, WIDTH, subsequent_indent="      "))
