"""The scoreboard is what the stored scores say, holds for what stands here now, and hides no loss."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import rolling_origins
import scoreboard
import scoreboard_page

from yupana.fit.scores import LEAST_YEARS
from yupana.fit.stamp import stamp
from yupana.study import load

PAGE = Path(__file__).parents[2] / "docs" / "explanation" / "scoreboard.md"


@pytest.fixture(scope="module")
def board() -> dict[str, Any]:
    return json.loads(scoreboard.STORED.read_text(encoding="utf-8"))


def test_the_page_is_what_the_stored_scores_say() -> None:
    assert scoreboard.main(["--check"]) == 0


@pytest.mark.parametrize("stored", [scoreboard.STORED, rolling_origins.STORED], ids=lambda path: path.name)
def test_stored_scores_hold_for_the_model_and_the_pack_of_now(stored: Path) -> None:
    if stored == rolling_origins.STORED and not stored.is_file():
        pytest.skip("rolling origins were not scored yet, and the page says so")
    body = json.loads(stored.read_text(encoding="utf-8"))
    assert body["stamp"] == stamp(load(body["pack"]).pack), f"{stored.name} is stale: make it again"


def test_every_series_and_every_loss_stands_on_the_page(board: dict[str, Any]) -> None:
    page = PAGE.read_text(encoding="utf-8")
    own = next(iter(board["boards"].values()))
    for version, words in scoreboard_page.VERSIONS.items():
        part = page.split(f"## {words}")[1].split("\n## ")[0]
        found = [one for one in own["series"] if one["version"] == version]
        assert found
        losses = part.split("- Beats it")[0]
        for one in found:
            assert f"| `{one['name']}` {one['part']}".strip() in part
            assert (f"`{one['name']}` {one['part']}".strip() in losses) == (one["verdict"] == "worse")
    for name, why in own["left_out"].items():
        assert f"| `{name}` | {why} |" in page
    for each in board["boards"].values():
        if each["draws"].startswith("prior"):
            assert "**Prior draws, nothing fitted.**" in page
        assert all(f"Gate failed: {gate}" in page for gate in each["failed"])


def test_page_and_scores_agree_on_when_nothing_is_concluded() -> None:
    assert scoreboard_page.LEAST_YEARS == LEAST_YEARS


def test_forecasts_on_record_are_those_of_the_page(board: dict[str, Any]) -> None:
    from yupana.analysis.forecast_table import read_forecasts

    page = PAGE.read_text(encoding="utf-8")
    assert board["forecasts"]
    for one in board["forecasts"]:
        rows = read_forecasts(scoreboard.FORECASTS / one["file"])
        assert {row[10] for row in rows} == {one["made"]}
        assert {row[3] for row in rows} == set(one["versions"])
        assert min(int(row[2]) for row in rows) == one["first"] == one["origin"] + 1
        assert f"forecasts/{one['file']}" in page


# --- a made-up fit beside made-up prior draws -------------------------------------------------------------


def _series(version: str, crps: list[float], name: str = "coca_area", naive: float | None = 2.0) -> Any:
    years = [
        {"year": 2017 + i, "horizon": 1 + i, "n": 1, "crps": value, "crps_best_naive": naive}
        for i, value in enumerate(crps)
    ]
    mean = sum(crps) / len(crps)
    return {
        "name": name,
        "part": "to 2020",
        "version": version,
        "unit": "ha",
        "n": len(crps),
        "crps": mean,
        "crps_se": 0.1,
        "best_naive": "drift" if naive else None,
        "crps_best_naive": naive,
        "crps_best_naive_se": 0.1,
        "naive": {"drift": naive},
        "difference_low": -1.0,
        "difference_high": -0.5,
        "verdict": "better" if mean < 2.0 else "worse",
        "coverage50": 0.5,
        "coverage90": 0.75,
        "by_year": years,
    }


def _body(crps: list[float], draws: str, failed: list[str]) -> dict[str, Any]:
    series = [_series(version, crps) for version in scoreboard_page.VERSIONS]
    series += [_series(version, crps, "coca_area[new]", None) for version in scoreboard_page.VERSIONS]
    return {
        "draws": draws,
        "failed": failed,
        "origin": 2016,
        "first": 2017,
        "last": 2024,
        "run_draws": 9,
        "runs": dict.fromkeys(scoreboard_page.VERSIONS, "r"),
        "series": series,
        "left_out": {},
    }


def test_what_fitting_lost_stands_beside_what_it_gained() -> None:
    boards = {
        "fit": _body([3.0, 3.1, 2.9, 3.0], "posterior draws", ["energy"]),
        "prior": _body([1.0, 1.1, 0.9, 1.1], "prior draws, not fitted to data", []),
    }
    gained = scoreboard.gained(boards)
    assert {one["verdict"] for one in gained} == {"worse"}
    assert gained[0]["mean"] == pytest.approx(1.975)
    body = {"pack": "p", "made": "2026-01-01", "boards": boards, "gained": gained, "forecasts": []}
    page = scoreboard_page.render(body, None)
    assert "Gate failed: energy" in page
    lost = "farther on 2 (`coca_area` to 2020, 1 series that had no figure at the origin)"
    assert f"the fit is closer on none; {lost}" in page
    assert "they hold 75%, which is outside" in page
    assert "The nation: to 2020 worse" in page
    assert "| `coca_area` to 2020 | 4 | ha | 3 (0.1) | 1.02 (0.1) |" in page
    assert "Not made yet" in page


def test_the_error_of_form_stands_beside_the_fit_and_hides_nothing() -> None:
    form = {"form": {"coca_area": {"a_year": [0.05, 0.1, 0.2], "figures": 7}}}
    boards = {
        "fit": _body([3.0, 3.1, 2.9, 3.0], "posterior draws", []),
        "form": _body([1.5, 1.5, 1.5, 1.5], "posterior draws", []) | form,
    }
    body = {"pack": "p", "made": "2026-01-01", "boards": boards, "gained": [], "forecasts": []}
    page = scoreboard_page.render(body, None)
    assert "| `coca_area` | 0.10 (0.05 to 0.20) | 0.69 to 1.44 | 7 |" in page
    assert "| `coca_area` to 2020 | 4 | ha | 3 | 1.5 | worse | better | 50% / 75% | 50% / 75% |" in page
    assert page.count("The nation: to 2020 worse") == page.count("The nation: to 2020 better") == 1
    assert page.count("- Loses to the best naive forecast (1 of 1)") == 2  # the fit's, in both versions


def test_rolling_scores_become_a_section() -> None:
    from yupana.analysis.hindcast_rolling import Case, rolling_scores

    found = [
        Case(version, origin, horizon, "coca_area", "", "ha", f"r{origin}-{horizon}", 1.0 + 0.01 * origin % 1,
             0.1, {"drift": 3.0, "last value": 9.0}, True, True, "coca_area", ())
        for version in scoreboard_page.VERSIONS
        for origin in range(2008, 2017)
        for horizon in (1, 3)
    ]  # fmt: skip
    origins = [{"origin": y, "failed": ["R-hat"] if y == 2010 else [], "draws": 512} for y in (2008, 2010)]
    body = {"made": "2026-01-01", "origins": origins, "series": rolling_scores(found)}
    page = scoreboard_page._rolling(body)
    assert "Fits that failed a gate: 2010" in page
    assert "| blind | 1 | 1 | 1 | 0 | 0 |" in page
    assert "| `coca_area` | ha | drift | " in page
    assert "better (9)" in page
