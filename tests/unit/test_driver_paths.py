"""What each kind of forecast can see of the drivers after its origin, and how drivers walk."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest
from pack_copy import copy_pack

from yupana.evidence import load_pack
from yupana.fit.driver_paths import (
    GIVEN,
    VERSIONS,
    DriverPaths,
    PathEngine,
)
from yupana.model import Engine, build_config, build_drivers, compile_policy

UNTIL, LAST = 2012, 2018


def _spoil(root: Path, spoilt: set[str] | None, first: int) -> None:
    """Multiply drivers of the years from `first` by seven; all of them where none is named."""
    for path in (root / "drivers").glob("*.csv"):
        with path.open(encoding="utf-8", newline="") as file:
            rows = list(csv.DictReader(file))
        for row in rows:
            if int(row["year"]) >= first and (spoilt is None or row["driver"] in spoilt):
                row["value"] = str(7.0 * float(row["value"]) + 3.0)
        with path.open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, list(rows[0]))
            writer.writeheader()
            writer.writerows(rows)


def _paths(root: Path, version: str) -> DriverPaths:
    full, until = load_pack(root), load_pack(root, until=UNTIL)
    return DriverPaths.of(full, until, build_config(full), version, LAST)


def _drawn(root: Path, version: str) -> dict[tuple[str, str], np.ndarray]:
    return _paths(root, version).draw(5, 0, 8)


@pytest.fixture(scope="module")
def clean(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return copy_pack(tmp_path_factory.mktemp("clean"), priors=None)


@pytest.fixture(scope="module")
def all_spoilt(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = copy_pack(tmp_path_factory.mktemp("spoilt"), priors=None)
    _spoil(root, None, UNTIL + 1)
    return root


def test_blind_sees_no_driver_after_its_origin(clean: Path, all_spoilt: Path) -> None:
    before, after = _drawn(clean, "blind"), _drawn(all_spoilt, "blind")
    assert before.keys() == after.keys()
    assert all((before[key] == after[key]).all() for key in before)


def test_given_drivers_sees_those_it_may_and_no_other(clean: Path, all_spoilt: Path, tmp_path: Path) -> None:
    forbidden = copy_pack(tmp_path, priors=None)
    others = {row.driver for row in load_pack(clean).driver_rows} - set(GIVEN)
    assert "rival_area" in others
    _spoil(forbidden, others, UNTIL + 1)
    before, after = _drawn(clean, "given-drivers"), _drawn(forbidden, "given-drivers")
    assert all((before[key] == after[key]).all() for key in before)
    # and it does read the records of the others: garbage there shows, and the record is what is seen
    seen = _drawn(all_spoilt, "given-drivers")
    changed = {key[0] for key in before if not (before[key] == seen[key]).all()}
    assert changed == set(GIVEN)
    # the origin itself is what a fit saw, so the record speaks from the year after
    recorded = load_pack(clean).driver_series("gold_price", np.array([LAST])).value[0]
    assert (before["gold_price", ""][-1] == recorded).all()


def test_no_version_reads_beyond_the_last_test_year(clean: Path, tmp_path: Path) -> None:
    late = copy_pack(tmp_path, priors=None)
    _spoil(late, None, LAST + 1)
    for version in VERSIONS:
        before, after = _drawn(clean, version), _drawn(late, version)
        assert all((before[key] == after[key]).all() for key in before)


@pytest.mark.parametrize("version", VERSIONS)
def test_to_the_origin_drivers_are_those_of_a_fit(clean: Path, version: str) -> None:
    until = load_pack(clean, until=UNTIL)
    config = build_config(until)
    fitted = build_drivers(until, config, until.start, UNTIL)
    paths = _paths(clean, version)
    ours = paths.drivers(paths.draw(1, 0, 3))
    for name, value in fitted._asdict().items():
        found = getattr(ours, name)[: len(value)]
        if found.ndim > value.ndim:
            found = found[..., 0]
        assert np.allclose(found, value, rtol=1e-12), name


def test_paths_belong_to_their_draw(clean: Path) -> None:
    paths = _paths(clean, "blind")
    whole, part = paths.draw(3, 0, 12), paths.draw(3, 5, 4)
    assert all((whole[key][:, 5:9] == part[key]).all() for key in whole)


def test_walks_spread_as_their_record_says(clean: Path) -> None:
    paths = _paths(clean, "blind")
    walk = paths.walks["gold_price", ""]
    drawn = paths.draw(2, 0, 4000)["gold_price", ""]
    ahead = int(walk.steps[-1])
    logs = np.log(drawn[-1] / walk.value[-1])
    spread = walk.spread * np.sqrt(ahead + ahead**2 / walk.changes)
    assert walk.spread > 0
    assert abs(logs.mean() - walk.drift * ahead) < 4 * spread / np.sqrt(4000)
    assert logs.std() == pytest.approx(spread, rel=0.06)


def test_rivals_walk_through_the_noise_of_the_engine(clean: Path) -> None:
    paths = _paths(clean, "given-drivers")
    drawn = paths.draw(1, 0, 5)
    made = paths.drivers(drawn)
    noise = paths.rival_noise(drawn, np.zeros((paths.years.size, len(paths.config.rivals), 5)))
    area = made.rival_area[..., None] * np.exp(made.rival_area_log_sd[..., None] * noise)
    for index, rival in enumerate(paths.config.rivals):
        assert np.allclose(area[:, index], drawn["rival_area", rival])
        assert (area[-1, index].std() > 0) == (paths.walks["rival_area", rival].spread > 0)


def test_engine_runs_paths_draw_by_draw(clean: Path) -> None:
    """A block with paths equals a block of one draw with its drivers; rivals walk through the noise."""
    from yupana.model import PARAMETERS
    from yupana.params import PriorSet

    full = load_pack(clean)
    config = build_config(full)
    priors = PriorSet.from_pack(full, config.dims)
    priors.expect(PARAMETERS)
    paths = _paths(clean, "blind")
    engine = PathEngine(Engine(config, "float64", backend="numpy"), paths)
    start = int(paths.years[0])
    policy = compile_policy(config, build_drivers(full, config, start, LAST), {})
    block = engine.run(priors.draw(1, 0, 2), None, policy, engine.draw_noise(1, 0, 2, start, LAST))
    assert np.isfinite(block.yearly["coca_area"]).all()
    alone = engine.run(priors.draw(1, 1, 1), None, policy, engine.draw_noise(1, 1, 1, start, LAST))
    assert np.allclose(block.yearly["coca_area"][:, 1:], alone.yearly["coca_area"], rtol=1e-9)
    with pytest.raises(ValueError, match="paths cover"):
        engine.draw_noise(1, 0, 2, start, LAST + 1)
