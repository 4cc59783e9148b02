"""Structural settings of scenario files: basis, names, inheritance, run ids, and every refusal."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from fake_run import FakeEngine, Sampler, make_job
from pack_copy import copy_pack, problems_of, replace

from yupana.core.errors import YupanaError
from yupana.ensemble.scenarios import compile_structure, resolve_scenario
from yupana.ensemble.structure import check_structures
from yupana.evidence import Pack, load_pack
from yupana.model.parameters import PARAMETERS
from yupana.model.structure import CATEGORIES, FORBIDDEN, STRUCTURAL
from yupana.params import PriorSet, compile_settings
from yupana.study import Study

YEARS = range(2000, 2031)
HEAD = "name: mine\ndescribe: text\n"


@pytest.fixture(scope="module")
def pack() -> Pack:
    return load_pack("exampleland")


@pytest.fixture(scope="module")
def row(pack: Pack) -> str:
    """A row that a setting may cite."""
    return next(item.id for item in pack.ledger if item.confidence != "low")


def written(folder: Path, text: str, name: str = "mine.yaml") -> str:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return str(path)


def some_priors(pack: Pack) -> PriorSet:
    """The priors that the tests set, without those that the model may still lack."""
    from yupana.evidence.references import dimension_elements

    wanted = ("buyers", "state_presence", "transport_cost", "reference_price")
    dims = dimension_elements(pack.places)
    return PriorSet.from_entries([prior for prior in pack.priors if prior.name in wanted], dims)


def test_the_table_names_known_categories_and_forbids_what_it_does_not_offer() -> None:
    assert set(STRUCTURAL.values()) == set(CATEGORIES)
    assert not set(STRUCTURAL) & set(FORBIDDEN)
    declared = {parameter.name for parameter in PARAMETERS}
    assert {"exit_choice_scale", "zone_scale", "market_choice_scale"} <= set(FORBIDDEN) & declared


def test_a_regime_is_read_with_its_bases(pack: Pack, tmp_path: Path, row: str) -> None:
    text = HEAD + f"""structure:
  buyers: {{multiple: 0.2, source: [{row}]}}
  "buyers[highlands]": {{value: 3, judged: "a guess"}}
  state_presence: {{q05: 0.1, q95: 0.3, judged: "weak"}}
"""
    found = resolve_scenario(pack, written(tmp_path, text), YEARS)
    assert found.settings == {}
    assert found.plain["structure"] == {
        "buyers": ("multiple", 0.2),
        "state_presence": ("quantiles", 0.1, 0.3),
        "buyers[highlands]": ("value", 3.0),
    }
    assert found.structure["buyers"].source == (row,)
    assert found.structure["state_presence"].judged == "weak"
    changes = compile_structure(pack, some_priors(pack), found)
    assert [change.name for change in changes] == ["buyers", "state_presence", "buyers"]


def test_the_nearest_wins_and_all_places_override_farther_places(tmp_path: Path) -> None:
    root = copy_pack(tmp_path, priors=None)
    (root / "scenarios" / "far.yaml").write_text(
        """name: far
describe: far
structure:
  "buyers[highlands]": {value: 3, judged: a}
  "transport_cost[port]": {multiple: 2, judged: a}
  state_presence: {value: 0.5, judged: a}
""",
        encoding="utf-8",
    )
    (root / "scenarios" / "near.yaml").write_text(
        """name: near
extends: far
describe: near
structure:
  buyers: {value: 9, judged: b}
  "transport_cost[border]": {multiple: 3, judged: b}
  state_presence: {value: 0.7, judged: b}
""",
        encoding="utf-8",
    )
    assert problems_of(root) == []
    copy = load_pack(root)
    assert check_structures(copy) == []
    found = resolve_scenario(copy, "near", YEARS)
    assert found.plain["structure"] == {
        "buyers": ("value", 9.0),
        "state_presence": ("value", 0.7),
        "transport_cost[border]": ("multiple", 3.0),
        "transport_cost[port]": ("multiple", 2.0),
    }
    replace(root / "scenarios" / "far.yaml", "transport_cost[port]", "transport_cost[prot]")
    copy = load_pack(root)
    found = resolve_scenario(copy, "near", YEARS)
    with pytest.raises(YupanaError, match="did you mean 'port'") as caught:
        compile_structure(copy, some_priors(copy), found)
    assert "scenarios/far.yaml, line 5" in str(caught.value)
    (problem,) = check_structures(load_pack(root))
    assert problem.code == "Y108"
    assert "line 5" in problem.where


@pytest.mark.parametrize("name", FORBIDDEN)
def test_what_decides_the_answer_is_refused_with_the_reason(pack: Pack, tmp_path: Path, name: str) -> None:
    text = HEAD + f"structure:\n  {name}: {{multiple: 2, judged: why}}\n"
    with pytest.raises(YupanaError) as caught:
        resolve_scenario(pack, written(tmp_path, text), YEARS)
    assert caught.value.code == "Y306"
    for word in (name, FORBIDDEN[name], "line 4", "state_presence"):
        assert word in str(caught.value)


def setting(inner: str, key: str = "buyers") -> str:
    return HEAD + f"structure:\n  {key}: {{{inner}}}\n"


@pytest.mark.parametrize(
    ("text", "code", "words"),
    [
        (setting("value: 2"), "Y307", ("line 4", "neither", "exactly one")),
        (setting("value: 2, judged: a, source: [ROW]"), "Y307", ("source and judged",)),
        (setting("value: 2, source: [no-such-row]"), "Y210", ("no-such-row", "line 4")),
        (setting("value: 2, source: []"), "Y207", ("source",)),
        (setting('value: 2, judged: "  "'), "Y207", ("judged",)),
        (setting("judged: a"), "Y308", ("no number", "line 4")),
        (setting("value: 2, multiple: 3, judged: a"), "Y308", ("value and multiple",)),
        (setting("q05: 2, judged: a"), "Y308", ("q05",)),
        (setting("q05: 2, q95: 1, judged: a"), "Y308", ("q05 < q95",)),
        (setting("value: .nan, judged: a"), "Y219", ("finite",)),
        (setting("value: two, judged: a"), "Y207", ("line 4",)),
        (setting("values: 2, judged: a"), "Y206", ("did you mean 'value'",)),
        (setting("value: 2, judged: a", "Buyers"), "Y207", ("parameter[place]",)),
        (setting("value: 2, judged: a", "buyer"), "Y306", ("did you mean 'buyers'", "transport_cost")),
        (setting("value: 2, judged: a", "labour_days"), "Y306", ("not open to scenarios", "transport_cost")),
        (setting("value: 2, judged: a", "buyers[moon]"), "Y108", ("line 4", "highlands")),
        (setting("value: -2, judged: a"), "Y308", ("line 4", "above 0")),
        (setting("multiple: 3, judged: a", "state_presence"), "Y308", ("line 4", "leave their bounds")),
    ],
)
def test_what_cannot_be_used_is_refused_with_its_line(
    pack: Pack, tmp_path: Path, row: str, text: str, code: str, words: tuple[str, ...]
) -> None:
    path = written(tmp_path, text.replace("ROW", row))
    with pytest.raises(YupanaError) as caught:
        compile_structure(pack, some_priors(pack), resolve_scenario(pack, path, YEARS))
    assert caught.value.code == code, str(caught.value)
    for word in ("mine.yaml", *words):
        assert word in str(caught.value)
    assert caught.value.exit_code == 2


def test_a_row_of_low_confidence_carries_no_setting(tmp_path: Path) -> None:
    root = copy_pack(tmp_path, priors=None)
    low = next(item.id for item in load_pack(root).ledger if item.confidence == "low")
    text = HEAD + f"structure:\n  buyers: {{value: 2, source: [{low}]}}\n"
    (root / "scenarios" / "mine.yaml").write_text(text, encoding="utf-8")
    (problem,) = problems_of(root)
    assert problem.code == "Y214"
    assert "scenarios/mine.yaml, line 4" in problem.where


def test_settings_make_another_run_and_words_do_not(pack: Pack, tmp_path: Path) -> None:
    def address(text: str) -> Any:
        scenario = resolve_scenario(pack, written(tmp_path, HEAD + text), YEARS)
        return make_job(scenarios={"mine": scenario.plain})[1].id

    base = address("structure: {buyers: {value: 2, judged: one}}\n")
    assert base == address("structure: {buyers: {value: 2, judged: other}}\n")
    assert base != address("structure: {buyers: {value: 3, judged: one}}\n")
    assert base != address("")


class StructuredSampler(Sampler):
    """A source of draws that also tells the points of the standard normal."""

    def __init__(self) -> None:
        common = {"unit": "ratio", "meaning": "m", "reason": "r", "pedigree": "judged"}
        entry = {"name": "level", "family": "lognormal", "q05": 0.5, "q95": 2.0}
        self.priors = PriorSet.from_entries([common | entry], {})

    def draw(self, seed: int, first: int, count: int, dtype: Any) -> Any:
        return self.priors.draw(seed, first, count, dtype)

    def latents(self, seed: int, first: int, count: int, names: Any) -> Any:
        return self.priors.latents(seed, first, count, names)


def test_the_runner_changes_the_parameters_of_the_scenario_alone(tmp_path: Path) -> None:
    from dataclasses import replace as with_changes

    import pyarrow.parquet as pq

    from yupana.ensemble.chunks import chunk_path
    from yupana.ensemble.runner import run_job

    sampler = StructuredSampler()
    names = {"baseline": {}, "twice": {}, "other": {}}
    job, manifest = make_job(draws=300, scenarios=names, engine=FakeEngine())
    structures = {
        "twice": compile_settings(sampler.priors, {"level": ("multiple", 2.0)}),
        "other": compile_settings(sampler.priors, {"level": ("quantiles", 1.0, 4.0)}),
    }
    job = with_changes(job, sampler=sampler, structures=structures)
    run_job(job, manifest, tmp_path / "run", threads=1)

    def areas(scenario: str) -> Any:
        tables = [pq.read_table(chunk_path(tmp_path / "run", "years", scenario, chunk)) for chunk in (0, 1)]
        return np.concatenate([table["area"].to_numpy() for table in tables])

    # twice the median and quantiles, of the same points: twice the value, in single precision
    np.testing.assert_allclose(areas("twice"), 2 * areas("baseline"), rtol=3e-6)
    np.testing.assert_allclose(areas("other"), areas("twice"), rtol=3e-6)


def test_one_program_serves_every_regime(pack: Pack, tmp_path: Path) -> None:
    text = setting("multiple: 2, judged: a", "transport_cost")
    study = Study(pack, "exampleland")
    plan = study.plan(draws=1, end=2001, scenarios=["baseline", written(tmp_path, text)])
    job = plan.job
    params = job.sampler.draw(1, 0, 256, "float32")
    noise = job.engine.draw_noise(1, 0, 256, job.first_year, 2001)
    found: dict[str, Any] = {}
    for scenario in ("baseline", "mine"):
        own = job.params_of(scenario, params, 0)
        found[scenario] = job.engine.run(own, job.drivers, job.policies[scenario], noise).yearly
        if scenario == "baseline":
            before = job.engine.compilations
    assert job.engine.compilations == before
    key = "exports_corridor[corridor]"
    # from the first month on: what leaves the country differs in the first year already
    assert (found["mine"][key][0] != found["baseline"][key][0]).any()
