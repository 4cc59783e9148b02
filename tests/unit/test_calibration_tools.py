"""What the scripts of the calibration study count: on made results whose answers are known."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from dataclasses import replace

import calibration_page
import calibration_results
import calibration_study
import numpy as np
import placebo_results
import pytest
from fake_posterior import YEARS, LinearPosterior, make_posterior

from yupana.core.errors import UsageError
from yupana.core.settings import default
from yupana.fit import calibration
from yupana.results.headlines import HEADLINES

COUNTRIES, DRAWS = 120, 96
ASKED = argparse.Namespace(countries=COUNTRIES, twice=2, draws=DRAWS, seeds=3, origins=1, each=2)


def countries(width: float = 1.0) -> dict[str, dict[str, np.ndarray]]:
    """Files of countries whose unknowns all contract by half, draws with `width` times the right spread."""
    rng = np.random.default_rng(1)
    size = make_posterior().space.size

    def case(*shape: int) -> tuple[np.ndarray, np.ndarray]:
        centre = rng.normal(size=shape) * np.sqrt(0.5)
        draws = centre[..., None] + width * np.sqrt(0.5) * rng.normal(size=(*shape, DRAWS))
        return draws, centre + np.sqrt(0.5) * rng.normal(size=shape)

    found = {}
    for task in calibration_results.tasks(ASKED, make_posterior(), 1):
        points, truth = case(size)
        outputs, true_outputs = case(len(HEADLINES), 2)
        likelihood, true_likelihood = case(1)
        found[task.file] = {
            "points": points,
            "truth": truth,
            "directions": np.linalg.qr(rng.normal(size=(size, calibration_results.DIRECTIONS)))[0],
            "outputs": outputs,
            "true_outputs": true_outputs,
            "likelihood": likelihood[0],
            "true_likelihood": true_likelihood,
            "refused": np.array(2),
        }
        if task.twice:
            found[task.file]["again"] = points[:, ::-1] + 0.0
    return found


def summary(width: float = 1.0) -> dict:
    posterior = make_posterior()
    made = calibration_results.tasks(ASKED, posterior, 1)
    return calibration_results.summary(ASKED, posterior, made, countries(width), 1)


@pytest.fixture(scope="module", autouse=True)
def quicker() -> Iterator[None]:
    """Fewer simulations than a study takes."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(calibration, "SIMULATIONS", 800)
        yield


@pytest.fixture(scope="module")
def right() -> dict:
    return summary()


def test_right_fits_are_covered_and_calibrated(right: dict) -> None:
    assert right["covered"]
    assert right["calibrated"]
    assert min(right["narrowed"]["0.6"].values()) < 0.025
    assert right["refused"] == 2
    every = right["coverage"]["all unknowns"]
    assert every["countries"] == COUNTRIES
    assert abs(every["share"] - 0.9) < 3 * every["cluster"]
    assert {one["name"] for one in right["ranks"]} >= {"coca_area", "log likelihood", "informed direction 1"}


def test_narrow_fits_fail_both(right: dict) -> None:
    wrong = summary(0.6)
    assert not wrong["covered"]
    assert not wrong["calibrated"]
    about = {"made": "d", "fits": 1, "pack": "p", "until": 1, "draws": 1, "seconds_a_fit": 1.0, "threads": 1,
             "seconds": 1, "stamp": "s"}  # fmt: skip
    page = calibration_page.known_truth(about | wrong)
    assert "**Not met**" in page
    assert "**Failed**" in page
    assert "**outside**" in page
    page = calibration_page.known_truth(about | right)
    assert "**Met**" in page
    assert "**Passed**" in page


def dated(years: list[int], values: list[float]) -> LinearPosterior:
    """A posterior of one variable with figures in some years."""
    posterior = make_posterior(rows=len(years))
    rows = [
        replace(item, variable="x", year=year, value=value)
        for item, year, value in zip(posterior.data.data, years, values, strict=True)
    ]
    return replace(posterior, data=replace(posterior.data, data=tuple(rows)))


def test_only_variables_with_enough_years_are_forecast() -> None:
    data = dated([2000, 2001, 2001, 2002, 2003], [1.0, 2.0, 3.0, 2.0, 9.0]).data
    assert placebo_results.next_rows(data, 2001) == []
    assert placebo_results.next_rows(data, 2002) == [4]


def test_the_forecast_without_time_does_not_depend_on_it() -> None:
    values = [1.0, 2.0, 4.0, 8.0, 9.0]
    one = dated([2000, 2001, 2002, 2003, 2004], values).data
    other = dated([2003, 2001, 2000, 2002, 2004], values).data
    found = placebo_results.without_time(one, 2003, [4])
    assert (found == placebo_results.without_time(other, 2003, [4])).all()
    assert found.mean() == pytest.approx(np.log(values[:4]).mean())
    assert found.std() > np.std(np.log(values[:4]))


def test_a_timed_coordinate_moves_differences_only() -> None:
    data = dated([2000, 2001, 2002, 2003], [1.0] * 4).data
    weighted = np.zeros((5, 3))
    weighted[:4, 0] = 2.0  # moves all years alike
    weighted[:4, 1] = [1.0, -1.0, 1.0, -1.0]
    assert placebo_results.timed_shares(data, weighted).tolist() == [0.0, 1.0, 0.0]


def records(
    skill: float,
) -> tuple[LinearPosterior, dict[str, dict[str, np.ndarray]], list[placebo_results.Task]]:
    """A posterior over the years of the stand-in, and files in which only the real fit knows anything."""
    rng = np.random.default_rng(3)
    posterior = dated([1998, 1999, 2000, YEARS[1]], [1.0, 2.0, 4.0, 16.0])
    made = placebo_results.tasks(ASKED, posterior, 1)
    files = {}
    for task in made:
        real = task.number == placebo_results.REAL
        points = rng.normal(size=(posterior.space.size, DRAWS)) * (0.3 if real else 1.0)
        centre = np.log(16.0) if real else np.log(2.0)
        files[task.file] = {
            "points": points,
            "log_evidence": np.array(-10.0 if real else -20.0),
            "forecast": (centre + skill * rng.normal(size=(1, DRAWS))),
            "timed": np.ones(posterior.space.size),
        }
    return posterior, files, made


def test_a_placebo_that_knows_nothing_has_vanished() -> None:
    posterior, files, made = records(0.3)
    found = placebo_results.summary(ASKED, posterior, made, files, 1)
    assert found["skill"]["figures"] == 1
    assert found["skill"]["crps"]["real"] < found["skill"]["crps"]["no_time"]
    assert found["evidence"] == {"real": -10.0, "permuted": [-20.0] * 3, "p": 0.25}
    assert found["vanished"]["evidence"]
    assert found["vanished"]["shocks"]
    assert found["vanished"]["timed parameters"]
    assert not found["vanished"]["skill"], "one year decides nothing"


def test_a_placebo_that_still_knows_is_told() -> None:
    posterior, files, made = records(0.3)
    real = files[placebo_results.Task(YEARS[1], 0).file]
    for number in (1, 2, 3):
        files[placebo_results.Task(YEARS[1], number).file] = real
    found = placebo_results.summary(ASKED, posterior, made, files, 1)
    assert not any(found["vanished"].values())
    assert found["shock_correlation"]["permuted"] == [1.0] * 3


def test_a_folder_of_other_fits_is_refused(tmp_path) -> None:
    calibration_study.check_folder(tmp_path, {"stamp": "a", "draws": 4})
    calibration_study.check_folder(tmp_path, {"stamp": "a", "draws": 4})
    with pytest.raises(UsageError, match="another study"):
        calibration_study.check_folder(tmp_path, {"stamp": "b", "draws": 4})


def test_the_method_is_named_and_the_placebo_needs_evidence() -> None:
    def asked(what: str, method: str | None) -> argparse.Namespace:
        return argparse.Namespace(what=what, method=method)

    assert calibration_study.method_of(asked("known-truth", None)) == default("method")
    assert calibration_study.method_of(asked("known-truth", "blocks")) == "blocks"
    assert calibration_study.method_of(asked("placebo", None)) == "smc"
    with pytest.raises(UsageError, match="evidence"):
        calibration_study.method_of(asked("placebo", "blocks"))
