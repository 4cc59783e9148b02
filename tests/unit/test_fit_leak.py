"""Garbage in everything dated after the last year of a fit leaves its draws the same, bit for bit."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from garbage import spoil

from yupana.core.errors import UsageError
from yupana.core.settings import DEFAULT_PACK, default
from yupana.evidence import find_pack, load_pack
from yupana.fit import store
from yupana.fit.build import read_data
from yupana.model import build_drivers, compile_policy
from yupana.study import Study, load

LAST = 2004  # of the small fits


def copy(pack: str, folder: Path) -> Path:
    target = folder / "pack"
    shutil.copytree(find_pack(pack), target)
    return target


def everything(study: Study, until: int) -> dict[str, np.ndarray]:
    """Every number that the posterior of a fit is made of."""
    pack, config = study.pack, study.config
    data = read_data(pack, config, until)
    drivers = build_drivers(pack, config, pack.start, until)
    policy = compile_policy(config, drivers, {})
    found = {
        "rows": np.array([item.row for item in data.data]),
        "bias of": np.array([item.bias for item in data.data]),
        "values": data.log_values,
        "sds": data.sds,
        "biases": data.bias_sds,
    }
    for level in (-1.0, 1.0):
        drawn = study.priors.from_points(np.full(study.priors.size, level))
        found |= {f"prior {name} at {level}": value for name, value in drawn.items()}
    for name, record in (("drivers", drivers), ("policy", policy)):
        for field, value in zip(record._fields, record, strict=True):
            found[f"{name}.{field}"] = np.asarray(value)
    return found


def draws(study: Study, folder: Path) -> dict[str, np.ndarray]:
    """The file of a quick fit, as it lies on disk."""
    study.fit(quick=True, out=folder)
    return store.read_arrays(folder / store.DRAWS)


def test_garbage_after_the_last_year_leaves_every_draw_the_same(tmp_path: Path) -> None:
    clean, late, early = (copy("exampleland", tmp_path / name) for name in ("clean", "late", "early"))
    changed = spoil(late, LAST)
    assert min(changed["rows"], changed["drivers"]) > 20
    first, second = (draws(load(root, until=LAST), root.parent / "fit") for root in (clean, late))
    assert first["points"].shape[1] == 256
    for name, value in first.items():
        assert np.array_equal(value, second[name]), name
    # the same garbage in the fitted years is seen
    spoil(early, LAST, before=True)
    before, after = (everything(load(root, until=LAST), LAST) for root in (clean, early))
    assert not np.array_equal(before["values"], after["values"])
    assert any(not np.array_equal(before[name], after[name]) for name in before if "drivers" in name)


def test_garbage_after_the_last_year_changes_no_number_of_the_default_fit(tmp_path: Path) -> None:
    until = default("fit_until")
    late = copy(DEFAULT_PACK, tmp_path)
    changed = spoil(late, until)
    assert changed["rows"] > 200, changed
    assert changed["drivers"] > 50, changed
    assert changed["sources"] > 20, changed
    before, after = (
        everything(load(DEFAULT_PACK, until=until), until),
        everything(load(late, until=until), until),
    )
    assert before.keys() == after.keys()
    for name, value in before.items():
        assert np.array_equal(value, after[name]), name
    whole = everything(load(late), until)  # without `until` drivers of the last fitted year would show it
    assert any(not np.array_equal(value, whole[name]) for name, value in before.items())


def test_no_prior_cites_a_figure_of_a_later_year() -> None:
    pack = load_pack(DEFAULT_PACK)
    cited = {row for prior in pack.priors for row in prior.sources if row in pack.ledger.by_id}
    assert len(cited) > 100
    assert not [row for row in cited if pack.ledger[row].years[1] > default("fit_until")]


def test_drivers_of_the_fitted_years_were_known_then() -> None:
    until = default("fit_until")
    pack = load_pack(DEFAULT_PACK, until=until)
    assert max(row.known for row in pack.driver_rows) <= until
    assert max(row.known for row in load_pack(DEFAULT_PACK).driver_rows) > until


# kill -9 -------------------------------------------------------------------------------------------------


def start(pack: Path, folder: Path, method: str, *more: str) -> subprocess.Popen[bytes]:
    words = ["fit", str(pack), "--until", str(LAST), "--draws", "32", "--chains", "1", "--threads", "1"]
    words += ["--method", method]
    program = str(Path(sys.executable).with_name("yupana"))
    command = [program, *words, "--out", str(folder), "--json", *more]
    return subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env={**os.environ, "OMP_NUM_THREADS": "1"}
    )


@pytest.mark.parametrize("method", [default("method")])
def test_a_fit_killed_by_the_system_goes_on_to_the_same_bytes(method: str, tmp_path: Path) -> None:
    pack, folder = copy("exampleland", tmp_path), tmp_path / "killed"
    doomed = start(pack, folder, method)
    stage = folder / store.STAGE
    ends = time.monotonic() + 300.0
    while doomed.poll() is None and time.monotonic() < ends:
        kept = store.read_stage(folder) if stage.is_file() else None
        if kept and "state_0" in kept:  # in the middle: modes are found and a round is done
            break
        time.sleep(0.02)
    os.kill(doomed.pid, signal.SIGKILL)
    doomed.communicate()
    assert doomed.returncode == -signal.SIGKILL, "the fit ended before it could be killed"
    assert store.read_record(folder).status == store.RUNNING
    assert not (folder / store.DRAWS).exists()
    study = load(pack, until=LAST)
    with pytest.raises(UsageError) as refused:  # without being asked nothing goes on in a named folder
        study.fit(draws=32, chains=1, threads=1, method=method, out=folder)
    assert refused.value.code == "Y105"
    resumed = start(pack, folder, method, "--resume")
    told, trouble = resumed.communicate()
    assert resumed.returncode == 0, trouble.decode()
    study.fit(draws=32, chains=1, threads=1, method=method, out=tmp_path / "whole")
    assert (folder / store.DRAWS).read_bytes() == (tmp_path / "whole" / store.DRAWS).read_bytes()
    assert not stage.exists()
    assert json.loads(told)["gates"] == [dict(gate) for gate in store.read_record(tmp_path / "whole").gates]
