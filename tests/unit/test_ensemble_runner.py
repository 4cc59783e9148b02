"""The runner with a small engine: chunks, padding, resume, damage, failures, folders."""

from __future__ import annotations

import errno
import json
import os
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest
from fake_run import FakeEngine, chunk_bytes, make_job, make_run

from yupana.core import files
from yupana.core.errors import DataError, EnvironmentFault, UsageError
from yupana.ensemble.chunks import chunk_path, record_path
from yupana.ensemble.folder import check_free
from yupana.ensemble.manifest import Manifest
from yupana.ensemble.recipe import CHUNK
from yupana.ensemble.runner import run_job


def test_chunks_hold_the_draws_and_no_padding(tmp_path: Path) -> None:
    engine = FakeEngine()
    manifest = make_run(tmp_path / "run", draws=600, engine=engine)
    assert manifest.computed == 6
    assert manifest.reused == 0
    assert sorted(set(engine.blocks)) == [(0, CHUNK), (256, CHUNK), (512, CHUNK)]
    table = pq.read_table(chunk_path(tmp_path / "run", "years", "cut", 2))
    assert table["draw"].to_numpy().max() == 599
    assert table.num_rows == (600 - 512) * 5
    assert table.schema.field("price").metadata[b"unit"] == b"USD/kg"
    assert table.schema.metadata[b"yupana_run"] == manifest.id.encode()


def test_rows_carry_year_draw_and_code_in_order(tmp_path: Path) -> None:
    make_run(tmp_path / "run", draws=300, engine=FakeEngine(failing=(7, 299)))
    table = pq.read_table(chunk_path(tmp_path / "run", "years", "baseline", 1))
    assert table["year"].to_pylist()[:45] == [2010] * 44 + [2011]
    assert table["draw"].to_pylist()[:2] == [256, 257]
    assert set(np.flatnonzero(table["code"].to_numpy()) % 44) == {43}


def test_first_draws_of_more_are_the_same_draws(tmp_path: Path) -> None:
    make_run(tmp_path / "few", draws=100)
    make_run(tmp_path / "many", draws=600)
    few = pq.read_table(chunk_path(tmp_path / "few", "years", "cut", 0)).to_pandas()
    many = pq.read_table(chunk_path(tmp_path / "many", "years", "cut", 0)).to_pandas()
    assert few.equals(many[many["draw"] < 100].reset_index(drop=True))


def test_order_and_threads_change_no_bit(tmp_path: Path) -> None:
    make_run(tmp_path / "a", draws=1500)
    make_run(tmp_path / "b", draws=1500, threads=2, order=[5, 0, 3, 1, 4, 2])
    assert chunk_bytes(tmp_path / "a") == chunk_bytes(tmp_path / "b")
    make_run(tmp_path / "c", draws=1500, seed=2)
    assert chunk_bytes(tmp_path / "a") != chunk_bytes(tmp_path / "c")


def test_years_before_the_start_are_simulated_and_not_stored(tmp_path: Path) -> None:
    make_run(tmp_path / "whole", draws=10)
    make_run(tmp_path / "late", draws=10, start=2012)
    whole = pq.read_table(chunk_path(tmp_path / "whole", "years", "baseline", 0)).to_pandas()
    late = pq.read_table(chunk_path(tmp_path / "late", "years", "baseline", 0)).to_pandas()
    assert late.equals(whole[whole["year"] >= 2012].reset_index(drop=True))


def test_an_interrupted_run_goes_on_where_it_was(tmp_path: Path) -> None:
    out = tmp_path / "run"
    job, manifest = make_job(draws=1500, engine=FakeEngine(broken_at=768))
    with pytest.raises(RuntimeError):
        run_job(job, manifest, out, threads=1)
    assert Manifest.read(out).status == "running"
    finished = chunk_bytes(out)
    assert len(finished) == 6
    times = {path: (out / path).stat().st_mtime_ns for path in finished}
    engine = FakeEngine()
    again = make_run(out, draws=1500, engine=engine)
    assert (again.computed, again.reused, again.repaired) == (6, 6, 0)
    assert all(first >= 768 for first, _ in engine.blocks)
    assert times == {path: (out / path).stat().st_mtime_ns for path in finished}
    make_run(tmp_path / "other", draws=1500)
    assert chunk_bytes(out) == chunk_bytes(tmp_path / "other")


@pytest.mark.parametrize("damage", ["flip", "cut", "remove", "record", "no record"])
def test_a_damaged_chunk_is_computed_again(tmp_path: Path, damage: str) -> None:
    out = tmp_path / "run"
    make_run(out, draws=600)
    before = chunk_bytes(out)
    path, record = chunk_path(out, "years", "cut", 1), record_path(out, "cut", 1)
    if damage == "flip":
        data = bytearray(path.read_bytes())
        data[len(data) // 2] ^= 1
        path.write_bytes(bytes(data))
    elif damage == "cut":
        path.write_bytes(path.read_bytes()[:100])
    elif damage == "remove":
        path.unlink()
    elif damage == "record":
        record.write_text("{")
    else:
        record.unlink()
    again = make_run(out, draws=600)
    assert (again.computed, again.reused) == (1, 5)
    assert again.repaired == (0 if damage == "no record" else 1)
    assert chunk_bytes(out) == before


def test_failed_members_are_kept_and_counted(tmp_path: Path) -> None:
    manifest = make_run(tmp_path / "run", draws=600, engine=FakeEngine(failing=(3, 4, 511)))
    assert manifest.members["cut"] == {"draws": 600, "failed": 3, "codes": {"1": 3, "8": 1}}
    assert Manifest.read(tmp_path / "run").members == manifest.members


def test_leftovers_of_a_killed_run_are_cleared(tmp_path: Path) -> None:
    out = tmp_path / "run"
    make_run(out, draws=10)
    left = out / "years" / "scenario=cut" / ".000000.parquet.123.tmp"
    left.write_bytes(b"half")
    make_run(out, draws=10)
    assert not left.exists()


@pytest.mark.parametrize(
    ("number", "code"), [(errno.ENOSPC, "Y902"), (errno.EACCES, "Y901"), (errno.EIO, "Y904")]
)
def test_a_refusing_disk_leaves_nothing_half_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int, code: str
) -> None:
    def refuse(handle: int) -> None:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(files.os, "fsync", refuse)
    with pytest.raises(EnvironmentFault) as caught:
        make_run(tmp_path / "run", draws=10)
    assert caught.value.code == code
    assert not (tmp_path / "run").exists()


def test_a_disk_that_fills_later_keeps_what_was_finished(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real, calls = os.fsync, iter(range(1000))

    def refuse(handle: int) -> None:
        if next(calls) > 15:
            raise OSError(errno.ENOSPC, "no space")
        real(handle)

    with monkeypatch.context() as patch:
        patch.setattr(files.os, "fsync", refuse)
        with pytest.raises(EnvironmentFault):
            make_run(tmp_path / "run", draws=600)
    assert 0 < len(chunk_bytes(tmp_path / "run")) < 6
    assert not list((tmp_path / "run").rglob("*.tmp"))
    assert make_run(tmp_path / "run", draws=600).reused > 0


def test_two_processes_do_not_write_one_run(tmp_path: Path) -> None:
    out = tmp_path / "run"
    make_run(out, draws=10)
    with files.locked(out), pytest.raises(UsageError, match="another process"):
        make_run(out, draws=10)


def test_only_a_free_folder_or_this_run_is_used(tmp_path: Path) -> None:
    out = tmp_path / "run"
    _, manifest = make_job(draws=10)
    check_free(out, manifest, resume=False, named=True)
    make_run(out, draws=10)
    check_free(out, manifest, resume=False, named=True)
    other = make_job(draws=11)[1]
    with pytest.raises(UsageError, match="another run") as caught:
        check_free(out, other, resume=True, named=True)
    assert "draws 10 instead of 11" in str(caught.value)
    manifest.with_progress(status="running").write(out)
    with pytest.raises(UsageError, match="--resume"):
        check_free(out, manifest, resume=False, named=True)
    check_free(out, manifest, resume=True, named=True)
    check_free(out, manifest, resume=False, named=False)


def test_folders_with_other_things_are_refused(tmp_path: Path) -> None:
    _, manifest = make_job()
    (tmp_path / "file").write_text("x")
    for out in (tmp_path / "file", tmp_path / "file" / "below"):
        with pytest.raises(UsageError, match="is a file"):
            check_free(out, manifest, resume=False, named=True)
    with pytest.raises(UsageError, match="other files"):
        check_free(tmp_path, manifest, resume=False, named=True)


@pytest.mark.parametrize(
    ("change", "code"),
    [({"format": 99}, "Y401"), ({"recipe": {"pack": "x"}}, "Y403"), ({"id": "fake-1"}, "Y403")],
)
def test_manifests_of_others_are_refused(tmp_path: Path, change: dict[str, object], code: str) -> None:
    out = tmp_path / "run"
    _, manifest = make_job(draws=10)
    make_run(out, draws=10)
    value = json.loads((out / "manifest.json").read_text())
    (out / "manifest.json").write_text(json.dumps(value | change))
    with pytest.raises(DataError) as caught:
        check_free(out, manifest, resume=True, named=True)
    assert caught.value.code == code
    assert "manifest.json" in str(caught.value)


def test_progress_is_told_from_the_start(tmp_path: Path) -> None:
    told: list[tuple[int, int]] = []
    job, manifest = make_job(draws=600)
    run_job(job, manifest, tmp_path / "run", 2, on_chunk=lambda done, total: told.append((done, total)))
    assert told[0] == (0, 6)
    assert told[-1] == (6, 6)
    assert [done for done, _ in told] == sorted(done for done, _ in told)


def test_the_recipe_is_the_address() -> None:
    ids = {make_job(**options)[1].id for options in (  # type: ignore[arg-type]
        {}, {"draws": 601}, {"seed": 2}, {"end": 2015}, {"monthly": True}, {"scenarios": {"baseline": {}}},
    )}  # fmt: skip
    assert len(ids) == 6
    assert make_job()[1].id == make_job()[1].id
