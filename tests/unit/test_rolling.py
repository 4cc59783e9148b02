"""Rolling origins: each fit begins at the last one's mode, only the wanted years count, overlap widens."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from yupana.analysis import hindcast_rolling
from yupana.analysis.hindcast_figures import Origin
from yupana.analysis.hindcast_rolling import Case, cases, rolling_scores
from yupana.core.errors import UsageError
from yupana.fit import rolling, scores, store
from yupana.fit.build import build_posterior
from yupana.fit.hindcast import scorable
from yupana.study import load

ORIGIN = 2012


# --- fits at origins --------------------------------------------------------------------------------------


@pytest.fixture
def starts(monkeypatch: pytest.MonkeyPatch) -> list[Mapping[str, float]]:
    """Where each made-up fit began; its mode is 0.5 everywhere, its draws are those of the prior."""
    seen: list[Mapping[str, float]] = []

    def run_fit(pack, config, priors, request, recipe, folder, threads, on_progress, start, thorough):  # type: ignore[no-untyped-def]
        seen.append(dict(start or {}))
        folder.mkdir(exist_ok=True)
        space = build_posterior(pack, config, priors, request.until).space
        points = space.draw(1, 0, request.draws).astype(np.float32)
        digest = store.write_arrays(
            folder / store.DRAWS, {"points": points, "mode": np.full(space.size, 0.5), "figures": points}
        )
        about = {
            "years": list(space.years),
            "biases": list(space.biases),
            "bias_sds": [float(x) for x in space.bias_sds],
            "scales": dict(zip(space.scales, map(float, space.scale_sds), strict=True)),
            "contraction": dict.fromkeys(space.names, 0.0),
            "rows": [],
        }
        record = store.FitRecord(recipe, store.FINISHED, (), about, digest)
        record.write(folder)
        return record

    monkeypatch.setattr(rolling.fitting, "run_fit", run_fit)
    return seen


def _fit(folder: Path, until: int, start: Mapping[str, float] | None = None) -> rolling.OriginFit:
    study = load("exampleland", until=until)
    return rolling.fit_at_origin(study.pack, study.config, study.priors, folder, start, each=4)


def test_the_next_fit_begins_at_the_last_mode_by_name(
    starts: list[Mapping[str, float]], tmp_path: Path
) -> None:
    one = _fit(tmp_path / "a", 2006)
    two = _fit(tmp_path / "b", 2007, one.mode)
    assert starts == [{}, one.mode]
    assert set(one.mode) == set(one.draws.space.names)
    assert set(one.mode.values()) == {0.5}
    new = set(two.draws.space.names) - set(one.draws.space.names)
    assert {name.partition("@")[2] for name in new if "@" in name} == {"2007"}
    assert (one.origin, two.origin, one.draws.count) == (2006, 2007, 8)


def test_a_fit_that_lies_there_is_used_again_and_no_other(
    starts: list[Mapping[str, float]], tmp_path: Path
) -> None:
    one = _fit(tmp_path, 2006)
    assert _fit(tmp_path, 2006).record.id == one.record.id
    assert len(starts) == 1
    with pytest.raises(UsageError, match="another fit"):
        _fit(tmp_path, 2006, {"planting@2001": 1.0})


def test_a_pack_that_knows_everything_has_no_origin(tmp_path: Path) -> None:
    study = load("exampleland")
    with pytest.raises(ValueError, match="truncated"):
        rolling.fit_at_origin(study.pack, study.config, study.priors, tmp_path)


# --- cases and scores -------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def origin() -> Origin:
    return Origin(load("peru"), load("peru", until=ORIGIN), 16, 1)


@pytest.fixture(scope="module")
def found(origin: Origin) -> tuple[Case, ...]:
    """Cases of runs that know the truth to a hair."""
    full = origin.full
    tests, _ = scorable(full.pack, full.config, ORIGIN + 1, ORIGIN + 5, least=1)
    truth: dict[str, dict[int, float]] = {}
    for one in tests.series:
        truth.setdefault(one.name, {}).update({figure.year: figure.value for figure in one.figures})
    years = tuple(range(2000, ORIGIN + 6))

    def values(scenario: str, columns: tuple[str, ...]) -> np.ndarray:
        spread = np.exp(0.01 * np.random.default_rng(1).standard_normal(16))
        return np.array([truth[columns[0]].get(year, 1.0) * spread for year in years])[None]

    run: Any = SimpleNamespace(
        scenarios=("baseline",),
        years=years,
        select=lambda name: SimpleNamespace(columns=(name,)),
        values=values,
        reader=SimpleNamespace(fine=lambda scenario: np.ones(16, bool)),
    )
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(hindcast_rolling, "forecast", lambda *_, **__: run)
        return cases(origin, ORIGIN + 4)


def test_only_the_wanted_years_are_cases(found: tuple[Case, ...]) -> None:
    assert {case.horizon for case in found} == {1, 3}  # five years ahead lies after the last year
    assert {case.version for case in found} == {"blind", "given-drivers"}
    area = [case for case in found if case.name == "coca_area"]
    assert area
    assert all(set(case.naive) == {"last value", "drift", "AR(1)", "ETS", "ARX"} for case in area)
    assert {case.origin for case in found} == {ORIGIN}
    assert len({(case.version, case.row) for case in found}) == len(found)


def test_runs_that_know_the_truth_are_closer(found: tuple[Case, ...]) -> None:
    compared = [case for case in found if case.naive]
    for name in compared[0].naive:  # biases and errors of sources stay, so not always
        assert np.mean([case.crps < case.naive[name] for case in compared]) > 0.5, name
    assert np.mean([case.inside90 for case in found]) > 0.9


def test_after_the_last_year_nothing_is_scored(origin: Origin) -> None:
    assert cases(origin, ORIGIN) == ()


def _case(origin: int, horizon: int, own: float, naive: Mapping[str, float]) -> Case:
    row = f"r{origin + horizon}"
    return Case("blind", origin, horizon, "x", "", "t", row, own, 0.1, naive, True, False, "x", ())


def test_scores_of_known_cases() -> None:
    made = [_case(year, 1, 1.0, {"drift": 3.0, "ETS": 2.0}) for year in range(2008, 2014)]
    made += [_case(2014, 1, 9.0, {})]  # no history yet: scored, not compared
    (one,) = rolling_scores(made)
    assert (one["best_naive"], one["n"], one["compared"], one["verdict"]) == ("ETS", 7, 6, "better")
    assert (one["crps"], one["crps_compared"], one["crps_best_naive"]) == pytest.approx((15 / 7, 1.0, 2.0))
    assert (one["coverage50"], one["coverage90"]) == (1.0, 0.0)
    (alone,) = rolling_scores([_case(2008, 1, 1.0, {})])
    assert alone["best_naive"] is None


def test_forecasts_that_share_years_conclude_less() -> None:
    rng = np.random.default_rng(5)
    steps = rng.standard_normal(400 * 10 + 3)
    years = np.arange(9)
    wrong = {1: 0, 5: 0}
    for k in range(400):
        # errors that five years share, no difference in truth
        shared = np.convolve(steps[10 * k : 10 * k + 13], np.ones(5), "valid")[:9]
        for overlap in wrong:
            wrong[overlap] += scores.compare(shared, np.zeros(9), years, overlap).verdict != "no difference"
    assert wrong[1] > 0.3 * 400  # as if nine independent years: mostly wrong
    assert wrong[5] < 0.15 * 400
