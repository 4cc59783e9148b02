"""The fit that comes with a pack: the default of every run, and refused where it does not belong any more."""

from __future__ import annotations

import json
from dataclasses import replace as with_changes
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pack_copy import append, copy_pack, replace

from yupana.analysis.identification import open_fit
from yupana.cli.score import find_origin
from yupana.core.drawn import PRIOR
from yupana.core.errors import DataError, UsageError
from yupana.core.settings import DEFAULT_PACK
from yupana.evidence.loading import load_pack
from yupana.evidence.locate import POSTERIOR, shipped_packs
from yupana.evidence.skeleton import new_pack
from yupana.fit import store
from yupana.fit.build import read_data
from yupana.fit.fitting import Request, make_recipe
from yupana.fit.shipped import LARGEST, command_of, required, rounded, ship, shipped, size, thinned
from yupana.fit.space import Space
from yupana.fit.stamp import stamp
from yupana.study import Study, load

UNTIL = 2012
CHAINS, DRAWS = 4, 64


def make_fit(study: Study, folder: Path, failed: bool = False, **recipe: Any) -> store.FitRecord:
    """A finished fit whose draws are prior draws, moved a little: what it learned does not matter here."""
    pack, config = study.pack, study.config
    data = read_data(pack, config, UNTIL)
    years = tuple(range(pack.start, UNTIL + 1))
    space = space_of(study, data, years)
    points = 0.5 * space.draw(1, 0, DRAWS) + 0.1
    points[0] = np.arange(DRAWS) / DRAWS  # so that a draw can be told from its neighbours
    arrays = {"points": points.astype(np.float32), "mode": points[:, 0], "figures": np.ones((3, DRAWS))}
    folder.mkdir()
    gate = {"name": "stuck chain", "value": 2.0, "limit": 1.01, "pass": not failed}
    about = {
        "rows": [item.row for item in data.data], "left_out": {}, "years": list(years),
        "biases": list(space.biases), "bias_sds": [float(x) for x in space.bias_sds],
        "scales": dict(zip(space.scales, map(float, space.scale_sds), strict=True)),
        "contraction": dict.fromkeys(space.names, 0.5), "coordinates": space.size,
    }  # fmt: skip
    made = make_recipe(pack, config, Request(UNTIL, "smc", DRAWS, CHAINS, 1)) | recipe
    record = store.FitRecord(
        made, store.FINISHED, (gate,), about, store.write_arrays(folder / store.DRAWS, arrays)
    )
    record.write(folder)
    return record


def space_of(study: Study, data: Any, years: tuple[int, ...]) -> Space:
    return Space(
        study.priors,
        study.config,
        years,
        tuple(data.biases),
        data.bias_sds,
        tuple(data.scales),
        data.scale_sds,
    )


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A pack with a fit in it, and the fit beside it."""
    folder = tmp_path_factory.mktemp("shipped")
    pack = copy_pack(folder, priors=None)
    study = load(pack, until=UNTIL)
    make_fit(study, folder / "fit")
    make_fit(study, folder / "failed", failed=True)
    before = load_pack(pack).hash
    ship(folder / "fit", study.pack, 32)
    assert load_pack(pack).hash == before, "a fit is no part of its pack"
    return folder


@pytest.fixture(scope="module")
def study(world: Path) -> Study:
    return load(world / "pack")


# What is drawn ---------------------------------------------------------------------------------------------


def test_it_is_the_default_and_the_priors_can_be_asked_for(world: Path, study: Study) -> None:
    draws = study.draws_of()
    assert draws is not None
    assert (draws.until, draws.count) == (UNTIL, 32)
    assert study.draws_of(prior=True) is None
    plan, prior = study.plan(draws=8), study.plan(draws=8, prior=True)
    assert plan.job.recipe.prior == f"fit {draws.fit}"
    assert prior.job.recipe.prior == "pack"
    assert plan.manifest.id != prior.manifest.id
    assert draws.fit in plan.manifest.about["draws"]
    assert prior.manifest.about["draws"] == PRIOR.words
    other = study.plan(draws=8, posterior=world / "fit").job.recipe.prior
    assert other != plan.job.recipe.prior, "all draws of a fit are another source than some of them"


def test_both_together_are_refused(world: Path, study: Study) -> None:
    with pytest.raises(UsageError) as refused:
        study.plan(draws=8, prior=True, posterior=world / "fit")
    assert refused.value.code == "Y110"


def test_draws_beyond_the_stored_ones_repeat_and_say_so(study: Study) -> None:
    assert "repeat" not in study.plan(draws=32).manifest.about["draws"]
    assert "the 32 stored draws repeat, with new shocks" in study.plan(draws=33).manifest.about["draws"]
    draws = study.draws_of()
    assert draws is not None
    some = next(iter(draws.draw(1, 0, 64).values()))
    assert np.array_equal(some[..., :32], some[..., 32:])


@pytest.mark.parametrize(
    "years", [{"start": 2005}, {"start": 2015}, {"end": 2008}, {"start": 2020, "end": 2021}]
)
def test_a_run_may_begin_and_end_in_any_year(study: Study, years: dict[str, int]) -> None:
    recipe = study.plan(draws=8, **years).job.recipe
    assert recipe.prior.startswith("fit ")
    assert {"start": recipe.start, "end": recipe.end} | years == {"start": recipe.start, "end": recipe.end}


def test_a_run_draws_from_it(study: Study, tmp_path: Path) -> None:
    late = study.run(draws=8, start=2011, end=2014, out=tmp_path / "late")
    whole = study.run(draws=8, end=2014, out=tmp_path / "whole")
    prior = study.run(draws=8, end=2014, out=tmp_path / "prior", prior=True)
    area = [run["coca_area"].sel(year=2013).values for run in (late, whole, prior)]
    assert np.array_equal(area[0], area[1])
    assert not np.allclose(area[1], area[2], rtol=0.01)
    assert whole.fitted
    assert not prior.fitted


def test_it_is_found_by_its_id(study: Study) -> None:
    draws = study.draws_of()
    assert draws is not None
    again = study.posterior(draws.fit)
    assert np.array_equal(again.points, draws.points)


def test_a_pack_that_knows_less_than_the_fit_has_none(world: Path) -> None:
    assert load(world / "pack", until=UNTIL).shipped is not None
    assert load(world / "pack", until=UNTIL - 1).shipped is None
    assert shipped(load_pack(shipped_packs()["exampleland"])) is None
    with pytest.raises(UsageError) as refused:
        required(load_pack(shipped_packs()["exampleland"]))
    assert refused.value.code == "Y505"


def test_scores_and_identification_take_it_too(world: Path) -> None:
    word = str(world / "pack")
    folder, known = open_fit(None, word)
    assert folder == world / "pack" / POSTERIOR
    assert known.pack.until == UNTIL
    origin = find_origin(None, UNTIL + 1, None, word)
    assert (origin.posterior, origin.until.pack.until, origin.draws) == (str(folder), UNTIL, DRAWS)
    assert find_origin(None, UNTIL + 1, None, word, prior=True).posterior is None
    assert find_origin(None, UNTIL + 1, None, "exampleland").posterior is None
    with pytest.raises(UsageError) as refused:
        find_origin(str(folder), UNTIL + 1, None, word, prior=True)
    assert refused.value.code == "Y110"


# What is refused -------------------------------------------------------------------------------------------


@pytest.fixture
def changed(world: Path, tmp_path: Path) -> Path:
    """A copy of the pack that may be broken."""
    import shutil

    return Path(shutil.copytree(world / "pack", tmp_path / "pack"))


def refusal(pack: Path) -> DataError:
    with pytest.raises(DataError) as refused:
        load(pack).plan(draws=8)
    return refused.value


def test_a_pack_that_changed_is_told_so(changed: Path) -> None:
    replace(changed / "priors.yaml", "q95: ", "q95: 1")
    fault = refusal(changed)
    assert fault.code == "Y511"
    assert "other figures, priors or drivers" in str(fault)
    assert "--prior" in str(fault)
    assert load(changed).plan(draws=8, prior=True).job.recipe.prior == "pack"


def test_a_model_that_changed_is_told_so(changed: Path) -> None:
    path = changed / POSTERIOR / store.NAME
    body = json.loads(path.read_text("utf-8"))
    body["about"]["shipped"] |= {"stamp": "0" * 24, "code": "another"}
    path.write_text(json.dumps(body), "utf-8")
    fault = refusal(changed)
    assert fault.code == "Y511"
    assert "another version of the model" in str(fault)


def test_a_method_that_changed_is_told_so(changed: Path) -> None:
    """Code that only one method reads is no part of the stamp: it has a hash of its own."""
    path = changed / POSTERIOR / store.NAME
    body = json.loads(path.read_text("utf-8"))
    assert body["about"]["shipped"]["method_code"] is None  # smc reads nothing that others do not
    body["recipe"]["method"] = "blocks"
    path.write_text(json.dumps(body), "utf-8")
    fault = refusal(changed)
    assert fault.code == "Y511"
    assert "another version of blocks" in str(fault)


def test_a_copy_of_a_pack_has_no_fit(world: Path, tmp_path: Path) -> None:
    assert not [name for name in new_pack(tmp_path / "mine", world / "pack") if name.startswith(POSTERIOR)]
    assert load(tmp_path / "mine").draws_of() is None


def test_what_changes_no_draw_may_change(changed: Path) -> None:
    append(changed / "claims.yaml", "# a remark")
    assert load(changed).draws_of() is not None


@pytest.mark.parametrize("name", [store.NAME, store.DRAWS])
@pytest.mark.parametrize("harm", ["cut", "gone"])
def test_damage_is_told(changed: Path, name: str, harm: str) -> None:
    path = changed / POSTERIOR / name
    path.write_bytes(path.read_bytes()[:-100])
    if harm == "gone":
        path.unlink()
    assert refusal(changed).code == "Y403"


def test_a_failed_gate_holds_here_too(world: Path, changed: Path) -> None:
    pack = load_pack(changed, until=UNTIL)
    with pytest.raises(UsageError) as refused:
        ship(world / "failed", pack, 32)
    assert refused.value.code == "Y506"
    ship(world / "failed", pack, 32, allow_failed=True)
    study = load(changed)
    with pytest.raises(UsageError) as refused:
        study.plan(draws=8)
    assert refused.value.code == "Y506"
    assert "stuck chain" in study.plan(draws=8, allow_failed=True).manifest.about["draws"]


def test_only_a_fit_of_this_pack_and_model_is_shipped(world: Path, changed: Path, tmp_path: Path) -> None:
    study = load(changed, until=UNTIL)
    make_fit(study, tmp_path / "other", stamp="0" * 24)
    for source, pack in [
        (tmp_path / "other", study.pack),
        (world / "fit", load_pack(changed, until=UNTIL + 1)),
    ]:
        with pytest.raises(DataError) as refused:
            ship(source, pack, 32)
        assert refused.value.code == "Y508"
    record = store.read_record(world / "fit")
    with_changes(record, status=store.RUNNING).write(tmp_path / "running")
    with pytest.raises(UsageError) as unfinished:
        ship(tmp_path / "running", study.pack, 32)
    assert unfinished.value.code == "Y112"


# What is stored --------------------------------------------------------------------------------------------


def test_the_record_says_how_it_was_made(world: Path) -> None:
    record = store.read_record(world / "pack" / POSTERIOR)
    source = store.read_record(world / "fit")
    made = (record.about or {})["shipped"]
    assert (
        made["command"]
        == command_of(source)
        == "yupana fit exampleland --until 2012 --method smc --draws 64 --chains 4 --seed 1"
    )
    assert made["of"] == source.id != record.id
    assert made["stamp"] == stamp(load_pack(world / "pack"), UNTIL)


@pytest.mark.parametrize("one_after_another", [True, False])
def test_draws_are_kept_evenly_from_every_chain(one_after_another: bool) -> None:
    picked = thinned(2048, 4, 1024, one_after_another)
    chain = picked // 512 if one_after_another else picked % 4
    assert len(set(picked)) == 1024
    assert np.array_equal(np.bincount(chain), [256] * 4)
    assert np.array_equal(chain[:4], [0, 1, 2, 3]), "also the first few are of all chains"
    with pytest.raises(UsageError):
        thinned(64, 4, 65, one_after_another)


def test_rounding_is_far_below_what_draws_tell() -> None:
    values = np.random.default_rng(1).normal(size=10_000).astype(np.float32)
    assert np.abs(rounded(values) / values - 1.0).max() < 3.1e-5
    assert np.array_equal(rounded(np.float32([0.0, -1.5, np.inf])), np.float32([0.0, -1.5, np.inf]))
    assert np.isnan(rounded(np.float32([np.nan])))[0]


# The one that comes with Yupana ----------------------------------------------------------------------------


def test_the_country_comes_with_a_fit_that_is_fresh_and_small() -> None:
    pack = load_pack(DEFAULT_PACK)
    folder = shipped(pack)  # refuses one that does not belong to the pack and the model as they are
    assert folder is not None, "make a fit, and put it into the pack with tools/ship_fit.py"
    assert size(folder) <= LARGEST
    record = store.read_record(folder)
    assert not record.failed
    draws = load(DEFAULT_PACK).draws_of()
    assert draws is not None
    assert draws.count == record.about["shipped"]["draws"] >= 256  # type: ignore[index]
