"""Rival models compared on a linear stand-in, year by year, where what must come out is known."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from fake_posterior import LinearPosterior

from yupana.analysis import average_models, rival_scores
from yupana.analysis import compare_models as cm
from yupana.analysis import rival_work as rw
from yupana.analysis.rival_clock import Clock
from yupana.core.errors import UsageError
from yupana.evidence.schema_rival_models import RivalQuestion
from yupana.fit import ahead
from yupana.fit.data import Data, Datum
from yupana.fit.restricted import restriction_of
from yupana.fit.space import Space
from yupana.params import PriorSet

FIRST, LAST = 2000, 2008
YEARS = range(2004, LAST + 1)
TRUTH = 1.3  # of the parameter that decides, in prior sds
SD = 0.3


class NormalErrors(LinearPosterior):
    """The linear stand-in with normal errors."""

    def log_densities(self, z: np.ndarray, log_figures: np.ndarray) -> np.ndarray:
        """Log density of every figure up to a constant."""
        return -0.5 * self.residuals(z, log_figures) ** 2


def question(id: str, parameter: str) -> RivalQuestion:
    """One low value, held, against the upper half of a prior that the figures are free to move."""
    low = {"parameter": parameter, "between": (0.045, 0.05)}
    high = {"parameter": parameter, "between": (0.6, 0.98)}
    return RivalQuestion(
        id=id,
        question="low or high?",
        form="ends of one parameter",
        rivals=(
            {"id": "low", "words": "low", "priors": [low], "reason": "r"},
            {"id": "high", "words": "high", "priors": [high], "reason": "r"},
            {"id": "any", "words": "the pack", "reason": "r"},
        ),  # type: ignore[arg-type]
    )


def posteriors(years: range) -> dict[int, Any]:
    """Three figures a year: they see p0 whole and a shock of the year by half; nothing sees p1."""
    entries = [
        {"name": name, "unit": "t", "meaning": "p", "family": "lognormal", "q05": 1.0, "q95": 4.0}
        for name in ("p0", "p1")
    ]
    priors = PriorSet.from_entries(entries, {})
    config: Any = SimpleNamespace(rivals=(), zones=())
    rng = np.random.default_rng(8)
    values = {
        year: TRUTH + 0.5 * rng.standard_normal() + SD * rng.standard_normal(3)
        for year in range(FIRST, LAST + 1)
    }
    found = {}
    for last in years:
        known = tuple(range(FIRST, last + 1))
        space = Space(priors, config, known, ("un/home/q",), np.array([0.1]))
        names = list(space.names)
        rows, matrix = [], []
        for year in known:
            for i in range(3):
                line = np.zeros(space.moving)
                line[names.index("p0")], line[names.index(f"planting@{year}")] = 1.0, 0.5
                matrix.append(line)
                rows.append(
                    Datum(f"row-{year}-{i}", "x", year, float(np.exp(values[year][i])), SD, "un/home/q")
                )
        data = Data(tuple(rows), {"un/home/q": 0.1})
        engine: Any = np.array(matrix)
        found[last] = NormalErrors(space, data, engine, None, None)
    return found


@pytest.fixture(scope="module")
def patched() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as monkeypatch:
        _patch(monkeypatch)
        yield


def _patch(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ahead, "posteriors", lambda pack, config, priors, years, threads: posteriors(years))
    monkeypatch.setattr("yupana.fit.stamp.stamp", lambda pack, until=None: "stamp")


def make_work(folder: Path) -> rw.Work:
    pack = SimpleNamespace(
        id="made", rival_models=(question("seen", "p0"), question("unseen", "p1")), hash="hash"
    )
    study: Any = SimpleNamespace(pack=pack, config=SimpleNamespace(steps_per_year=12), priors=None)
    return rw.Work(study, rw.Request(YEARS[0], LAST, 600, 1), folder)


@pytest.fixture
def work(tmp_path: Path, patched: None) -> rw.Work:
    return make_work(tmp_path / "out")


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory, patched: None) -> tuple[rw.Work, Any]:
    """A comparison that ran through, and its result."""
    made = make_work(tmp_path_factory.mktemp("whole") / "out")
    return made, run(made)


def run(work: rw.Work, tell: Any = None) -> rival_scores.Comparison:
    rw.prepare(work, resume=True, named=True)
    return cm.compare(work, tell)


def exact_next_year(posterior: NormalErrors, rival: Any) -> float:
    """Log density of each figure of the last year given all before, summed, up to constants."""
    restriction = restriction_of(posterior.space, rival)
    rows = np.column_stack([np.asarray(posterior.engine), np.full(len(posterior.data.data), 0.1)])
    now = np.array([item.year == posterior.space.years[-1] for item in posterior.data.data])
    values, scaled = posterior.data.log_values, rows * restriction.sd
    centre = rows @ restriction.mean
    cover = scaled @ scaled.T + SD**2 * np.eye(len(rows))
    gain = cover[np.ix_(now, ~now)] @ np.linalg.inv(cover[np.ix_(~now, ~now)])
    mean = centre[now] + gain @ (values[~now] - centre[~now])
    var = np.diag(cover[np.ix_(now, now)] - gain @ cover[np.ix_(~now, now)])
    return float((-0.5 * (values[now] - mean) ** 2 / var - 0.5 * np.log(var / SD**2)).sum())


def test_the_rival_that_made_the_figures_wins_and_nothing_is_told_where_nothing_is_seen(
    whole: tuple[rw.Work, Any],
) -> None:
    work, found = whole
    seen, unseen = found.answers
    low, high, free = seen.rivals
    assert seen.finding == rival_scores.APART
    assert low.ahead.worse
    assert low.left_out.worse
    assert low.ahead.weight < 0.05
    assert low.log_evidence < high.log_evidence - 2.0
    assert not high.ahead.worse
    assert "low" in seen.said
    assert unseen.finding == rival_scores.OPEN
    assert "do not decide" in unseen.said
    assert all(abs(one.log_evidence) < 0.3 for one in unseen.rivals)
    assert sum(one.ahead.weight for one in seen.rivals) == pytest.approx(1.0)
    assert free.id == "any"
    assert (found.figures, found.figures_ahead) == (27, 12)
    assert json.loads((work.folder / rw.RESULT).read_text())["questions"][0]["id"] == "seen"


def test_one_year_ahead_scores_are_those_of_the_formula(whole: tuple[rw.Work, Any]) -> None:
    work, _ = whole
    made = posteriors(YEARS)
    _, high, free = work.questions[0].rivals
    for year in YEARS[:-1]:
        known, noise = [], []
        for name in ("seen.high", rw.PACK):
            body = json.loads((work.folder / f"{name}-{year}.json").read_text())
            known.append(sum(body["scores"]))
            noise.append(body["noise"])
        expected = exact_next_year(made[year + 1], high) - exact_next_year(made[year + 1], free)
        assert max(noise) < 0.2
        assert known[0] - known[1] == pytest.approx(expected, abs=4.0 * float(np.hypot(*noise)))


def test_a_comparison_that_was_killed_goes_on_to_the_same_result(
    work: rw.Work, whole: tuple[rw.Work, Any]
) -> None:
    steps = 0

    def stop(what: str, share: float, seconds: float, rest: float | None) -> None:
        nonlocal steps
        steps += 1
        if steps == 9:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run(work, stop)
    kept = {path.name: path.stat().st_mtime_ns for path in work.folder.glob("*-*.json")}
    assert len(kept) == 6
    again = replace(work)
    assert run(again) == whole[1]
    assert {name: (work.folder / name).stat().st_mtime_ns for name in kept} == kept


def test_a_damaged_file_of_draws_is_made_anew(work: rw.Work, whole: tuple[rw.Work, Any]) -> None:
    shutil.copytree(whole[0].folder, work.folder)
    (work.folder / "base-2005.npz").write_bytes(b"half")
    (work.folder / "seen.low-2005.json").unlink()
    assert run(work) == whole[1]


def test_a_folder_of_something_else_is_refused(work: rw.Work) -> None:
    work.folder.mkdir()
    (work.folder / "mine.txt").write_text("mine")
    with pytest.raises(UsageError) as fault:
        run(work)
    assert fault.value.code == "Y105"
    (work.folder / "mine.txt").unlink()
    rw.prepare(work, resume=False, named=True)
    other = replace(work, request=replace(work.request, seed=2))
    with pytest.raises(UsageError, match="another comparison"):
        rw.prepare(other, resume=True, named=True)
    with pytest.raises(UsageError, match="unfinished"):
        rw.prepare(work, resume=False, named=True)


def test_questions_that_are_not_there_are_named(work: rw.Work) -> None:
    with pytest.raises(UsageError) as fault:
        rw.find_questions(work.study, ["sen"])
    assert fault.value.code == "Y512"
    assert "seen" in str(fault.value)


def test_the_average_holds_each_rival_by_its_weight(work: rw.Work) -> None:
    points = [np.full((2, 50), float(i)) for i in range(3)]
    mixed = average_models.mixture(points, np.array([0.5, 0.3, 0.2]), 50, 1)
    assert [int((mixed[0] == i).sum()) for i in range(3)] == [25, 15, 10]
    assert average_models.shares(np.array([1.0, 1.0, 1.0]), 50).sum() == 50


def test_fewer_years_than_four_decide_nothing_ahead() -> None:
    rng = np.random.default_rng(2)

    def scores(shift: float) -> rival_scores.Scores:
        years = np.array([-1.0, -1.1, -0.9]) + shift
        figures = rng.normal(0.0, 0.01, 30)
        return rival_scores.Scores(years, np.full(3, 0.01), figures, 0.01, np.zeros(30), 0.0)

    made = {"a": scores(0.0), "b": scores(-5.0)}
    found = rival_scores.answer("q", "?", "form", [("a", "a"), ("b", "b")], made, 1)
    assert found.finding == rival_scores.OPEN
    assert "3 years" in found.said


def test_what_is_left_is_told_from_what_steps_took() -> None:
    told: list[float | None] = []
    clock = Clock([("first", 2000), *[("rival", 2000)] * 4], lambda w, s, t, rest: told.append(rest))
    clock.begin("first")
    clock.end("first", 2000)
    clock.begin("rival")
    clock.took = {"first": [(14.0, 140.0)], "rival": [(6.0, 30.0)]}
    assert told[0] is None
    assert clock.rest() == pytest.approx(4 * 6.0)


def test_draws_of_a_fit_are_where_the_last_year_starts(work: rw.Work) -> None:
    posterior = posteriors(YEARS)[LAST]
    rng = np.random.default_rng(9)
    # coordinates go by name: this fit knows one source less
    space = replace(posterior.space, biases=(), bias_sds=np.zeros(0))
    given: Any = SimpleNamespace(
        fit="made-fit",
        failed=("a gate",),
        count=1000,
        space=space,
        points=rng.normal(size=(space.size, 1000)),
    )
    request = replace(work.request, first=LAST - 1, questions=("unseen",), draws=64)
    found = run(replace(work, request=request, given=given))
    assert (found.fit, found.failed) == ("made-fit", ("a gate",))
    kept = np.load(work.folder / f"base-{LAST}.npz")["points"]
    assert kept.shape == (posterior.space.size, 128)
    assert np.allclose(kept[: space.size, 0], given.points[:, 0], atol=1e-6)
    assert kept[space.size :].std() == pytest.approx(1.0, abs=0.2)
