"""Which rows of the evidence a run rests on, and the works that one has to cite for it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from yupana.core.errors import DataError, UsageError, did_you_mean

if TYPE_CHECKING:
    from yupana.evidence.pack import Pack
    from yupana.results.result import Result

USES = ("prior", "driver", "scenario", "observation")
"""How a run can use a row: its priors cite it, a driver repeats it, a scenario's setting rests on it, or it
is drawn and scored against the run's variables."""

_WORDS = {
    "prior": "cited by priors",
    "driver": "drivers",
    "scenario": "settings of scenarios",
    "observation": "observations",
}


@dataclass(frozen=True)
class UsedRow:
    """A row of the evidence and how a run uses it.

    Attributes
    ----------
    row, source : ids.
    use : one of `USES`.
    by : names of the priors, drivers, scenarios or variables that use it.
    """

    row: str
    source: str
    use: str
    by: tuple[str, ...]


def pack_of(result: Result, pack: Pack | None = None) -> Pack:
    """The pack that a run was made with, as it was.

    Parameters
    ----------
    result : the run.
    pack : the pack; by default it is loaded by the name or folder that the run was made with.

    Raises
    ------
    DataError
        Y262 where it is not there any more, or not as it was.
    """
    from yupana.core.errors import YupanaError
    from yupana.evidence import load_pack

    recipe, word = result.manifest.recipe, result.manifest.about.get("pack_word", "")
    if pack is None:
        try:
            pack = load_pack(word or recipe["pack"], until=recipe["until"])
        except YupanaError as fault:
            raise DataError(
                "the pack of the run cannot be read",
                code="Y262",
                where=f"run {result.id}",
                got=fault.what,
                expected=f"the pack {recipe['pack']} as it was",
            ) from None
    elif pack.until != recipe["until"]:
        pack = load_pack(pack.path, until=recipe["until"])
    if pack.hash != recipe["pack_hash"]:
        raise DataError(
            "the pack has changed since the run was made",
            code="Y262",
            where=f"run {result.id}",
            got=f"{pack.path} with content {pack.hash[:10]}",
            expected=f"content {recipe['pack_hash'][:10]}",
        )
    return pack


def used_rows(result: Result, pack: Pack | None = None, uses: Sequence[str] = USES) -> tuple[UsedRow, ...]:
    """Rows of the evidence that a run rests on, by use and id.

    Parameters
    ----------
    result : the run.
    pack : its pack; found by the run's own record where None.
    uses : which of `USES` to tell.

    Raises
    ------
    UsageError
        Y102 for an unknown use.
    DataError
        Y262 where the pack, or a scenario file, is not as it was.
    """
    for use in uses:
        if use not in USES:
            raise UsageError(
                f"unknown use {use!r}",
                where="--use",
                got=use,
                expected=", ".join(USES),
                fix=did_you_mean(use, USES) or None,
            )
    known = pack_of(result, pack)
    found: list[UsedRow] = []
    for use in (use for use in USES if use in uses):
        by_row: dict[str, list[str]] = {}
        for row, name in _FINDERS[use](result, known):
            by_row.setdefault(row, []).append(name)
        found += [
            UsedRow(row, known.ledger[row].source, use, tuple(dict.fromkeys(names)))
            for row, names in sorted(by_row.items())
            if row in known.ledger
        ]
    return tuple(found)


def _prior_rows(result: Result, pack: Pack) -> Iterable[tuple[str, str]]:
    return ((row, prior.name) for prior in pack.priors for row in prior.cited)


def _driver_rows(result: Result, pack: Pack) -> Iterable[tuple[str, str]]:
    """Rows behind the values that drivers have up to the run's end; the latest vintage is the one used."""
    latest = {}
    for value in sorted(pack.driver_rows, key=lambda value: value.known):
        latest[(value.driver, value.place, value.year)] = value
    end = result.years[-1]
    return ((v.evidence, v.driver) for v in latest.values() if v.evidence is not None and v.year <= end)


def _scenario_rows(result: Result, pack: Pack) -> Iterable[tuple[str, str]]:
    from yupana.ensemble.scenarios import resolve_scenarios

    words = result.manifest.about.get("scenario_words", {})
    scenarios = resolve_scenarios(pack, [words.get(name, name) for name in result.scenarios], result.years)
    for scenario in scenarios:
        for key, setting in scenario.structure.items():
            for row in setting.source or ():
                yield row, f"{scenario.name}: {key}"


def _observation_rows(result: Result, pack: Pack) -> Iterable[tuple[str, str]]:
    """Rows that observe a variable of the run within its years."""
    from yupana.evidence.observations import observations

    first, last = result.years[0], result.years[-1]
    for variable in result.variables:
        if len(variable.over) > 1:
            continue  # no figure of the evidence is told by two dimensions at once
        places = result.dims[variable.over[0]] if variable.over else ()
        for item in observations(pack, variable.key, elements=places):
            if first <= item.year <= last:
                yield item.row, variable.key


_FINDERS = {
    "prior": _prior_rows,
    "driver": _driver_rows,
    "scenario": _scenario_rows,
    "observation": _observation_rows,
}


def run_bibliography(
    result: Result, form: str = "bibtex", pack: Pack | None = None, uses: Sequence[str] = USES
) -> str:
    """The sources that a run rests on, as BibTeX or CSL-JSON; each entry notes what it was used for.

    Parameters
    ----------
    result : the run.
    form : ``bibtex`` or ``csl-json``.
    pack : its pack; found by the run's own record where None.
    uses : which of `USES` count.

    Raises
    ------
    UsageError
        Y109 for an unknown format, Y102 for an unknown use.
    DataError
        Y262 where the pack is not as it was.
    """
    from yupana.evidence.bibliography import write_bibliography

    known = pack_of(result, pack)
    rows = used_rows(result, known, uses)
    notes = {source: f"used for: {text}" for source, text in describe_uses(rows).items()}
    return write_bibliography([known.sources[source] for source in notes], form, notes)


def describe_uses(rows: Iterable[UsedRow]) -> dict[str, str]:
    """Id of a source -> what its rows were used for, in words."""
    counts: dict[str, dict[str, int]] = {}
    for row in rows:
        uses = counts.setdefault(row.source, {})
        uses[row.use] = uses.get(row.use, 0) + 1
    return {
        source: ", ".join(
            f"{_WORDS[use]} ({number} row{'s' if number > 1 else ''})" for use, number in uses.items()
        )
        for source, uses in counts.items()
    }
