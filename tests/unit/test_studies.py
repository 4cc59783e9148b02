"""What studies can be expected to tell, on made draws whose answers are known."""

from __future__ import annotations

from pathlib import Path
from shutil import copytree

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.stats import norm

from yupana.analysis.information import (
    Figures,
    cost_samples,
    curve_of,
    distinct,
    linear_loss,
    linear_share,
    perfect_loss,
    resample,
    spline_basis,
    stack_figures,
    unit_loss,
)
from yupana.analysis.studies import value_studies
from yupana.analysis.study_figures import check_measures, find_studies, measured
from yupana.cli.main import run
from yupana.core.errors import DataError, UsageError
from yupana.evidence import load_pack
from yupana.evidence.checking import check_pack
from yupana.results.result import Result
from yupana.study import load

N = 4000
ALL = np.arange(N)


def _figures(logs: NDArray[np.float64], error: float, bias: float = 0.0) -> Figures:
    k = len(logs)
    return Figures(logs, np.full(k, error), np.full(k, bias), np.zeros(k, np.intp))


@pytest.fixture(scope="module")
def made() -> tuple[NDArray[np.float64], Figures, float]:
    """Two correlated figures with a shared bias, an output of both, and the exact share that they remove."""
    rng = np.random.default_rng(1)
    x = rng.standard_normal((3, N))
    logs = np.stack([0.3 * x[0], 0.2 * x[0] + 0.1 * x[1]])
    y = 2.0 * x[0] - x[1] + x[2]
    figures = _figures(logs, 0.1, 0.05)
    within = np.array([[0.09, 0.06], [0.06, 0.05]]) + 0.01 * np.eye(2) + 0.0025
    cross = np.array([0.6, 0.3])
    return y, figures, float(cross @ np.linalg.solve(within, cross)) / 6.0


def test_the_linear_share_is_exact(made: tuple[NDArray[np.float64], Figures, float]) -> None:
    y, figures, truth = made
    found = resample(lambda w: linear_share(y, figures, w, N), ALL, 1).estimate()
    noise = (found.high - found.low) / 3.29
    assert abs(found.value - truth) < 3.0 * noise
    assert noise < 0.02


def test_one_figure_is_the_textbook_formula() -> None:
    x = np.random.default_rng(2).standard_normal(N)
    x = (x - x.mean()) / x.std()
    found = linear_share(x, _figures(x[None], 0.5), np.ones(N), N)
    assert found == pytest.approx(1.0 / 1.25, abs=3.0 / N)


def test_the_spline_agrees_where_all_is_linear(made: tuple[NDArray[np.float64], Figures, float]) -> None:
    y, figures, truth = made
    found = resample(curve_of(y, figures, ALL, 1, "x").share, ALL, 1).estimate()
    assert abs(found.value - truth) < 3.0 * (found.high - found.low) / 3.29


def test_the_spline_sees_a_bend_that_the_line_does_not() -> None:
    x = np.random.default_rng(3).standard_normal(N)
    figures, y = _figures(x[None], 0.1), x**2
    assert linear_share(y, figures, np.ones(N), N) < 0.05
    assert curve_of(y, figures, ALL, 1, "x").share(np.ones(N)) > 0.7


@pytest.mark.parametrize("seed", range(5))
def test_a_useless_study_removes_nothing(seed: int) -> None:
    """Thirty figures of something else in 400 draws: the raw share would be 7 percent."""
    rng = np.random.default_rng(seed)
    y, figures, every = (
        rng.standard_normal(400),
        _figures(rng.standard_normal((30, 400)), 0.1),
        np.arange(400),
    )
    line = resample(lambda w: linear_share(y, figures, w, 400), every, seed)
    low, high = np.quantile(line.samples, (0.05, 0.95))
    assert low <= 0.0 <= high
    assert line.estimate().low == 0.0
    assert resample(curve_of(y, figures, every, 1, "x").share, every, seed).estimate().low == 0.0


def test_the_gain_of_a_choice_is_exact(made: tuple[NDArray[np.float64], Figures, float]) -> None:
    y, figures, truth = made
    sd, mean = np.sqrt(6.0 * truth), 1.0
    exact = sd * norm.pdf(mean / sd) - mean * norm.cdf(-mean / sd)
    assert unit_loss(mean, sd) == pytest.approx(exact)
    line = resample(lambda w: linear_loss(y + 1.0, figures, w, N), ALL, 1).estimate()
    curve = resample(curve_of(y + 1.0, figures, ALL, 1, "x").loss, ALL, 1).estimate()
    for found in (line, curve):
        assert abs(found.value - exact) < 3.0 * (found.high - found.low) / 3.29
    known = perfect_loss(y + 1.0, np.ones(N))
    assert line.high < known
    assert known == pytest.approx(unit_loss(1.0, np.sqrt(6.0)), abs=0.06)


def test_a_choice_that_no_draw_doubts_gains_nothing() -> None:
    y = 5.0 + np.random.default_rng(4).uniform(-1.0, 1.0, N)
    figures = _figures(y[None], 0.1)
    assert perfect_loss(y, np.ones(N)) == pytest.approx(0.0, abs=1e-12)
    assert linear_loss(y, figures, np.ones(N), N) < 1e-6


def test_errors_that_figures_share_do_not_average_out() -> None:
    x = np.random.default_rng(5).standard_normal(N)
    own, shared = (np.repeat(x[None], 20, 0) for _ in range(2))
    apart = linear_share(x, _figures(own, 1.0), np.ones(N), N)
    together = linear_share(x, _figures(shared, 1e-3, 1.0), np.ones(N), N)
    assert apart == pytest.approx(20.0 / 21.0, abs=0.01)
    assert together == pytest.approx(0.5, abs=0.03)
    parts = stack_figures([_figures(x[None], 1e-3, 1.0), _figures(x[None], 1e-3, 1.0)])
    assert linear_share(x, parts, np.ones(N), N) == pytest.approx(2.0 / 3.0, abs=0.03)


def test_figures_made_have_the_errors_stated() -> None:
    figures = _figures(np.zeros((2, N)), 0.3, 0.4)
    found = np.cov(figures.make(1, "x"))
    assert found[0, 0] == pytest.approx(0.25, rel=0.1)
    assert found[0, 1] == pytest.approx(0.16, rel=0.15)


def test_copies_of_draws_count_once() -> None:
    rng = np.random.default_rng(6)
    x = rng.standard_normal((2, 100))
    copies = distinct(np.repeat(x, 8, axis=1))
    assert len(set(copies.tolist())) == 100
    y, logs = np.repeat(x[0], 8), np.repeat(x[1], 8)[None]
    once = resample(lambda w: linear_share(x[0], _figures(x[1][None], 0.5), w, 100), np.arange(100), 1)
    eight = resample(lambda w: linear_share(y, _figures(logs, 0.5), w, 100), copies, 1)
    assert eight.value == pytest.approx(once.value)
    assert np.std(eight.samples) == pytest.approx(np.std(once.samples), rel=0.3)


def test_costs_have_their_quantiles() -> None:
    found = np.quantile(cost_samples(1e6, 2e6, 8e6, 20_000, 1), (0.05, 0.5, 0.95))
    assert found == pytest.approx([1e6, 2e6, 8e6], rel=0.06)


def test_a_spline_of_few_values_is_short() -> None:
    assert spline_basis(np.ones(9)).shape == (9, 1)
    assert np.linalg.matrix_rank(spline_basis(np.repeat([0.0, 1.0], 50))) == 2
    assert spline_basis(np.linspace(0.0, 1.0, 50)).shape == (50, 5)


# --- a run ------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def result(tmp_path_factory: pytest.TempPathFactory) -> Result:
    folder = tmp_path_factory.mktemp("studies") / "run"
    return load("exampleland").run(draws=64, end=2015, scenarios=["baseline", "eradicate"], out=folder)


def test_a_run_ranks_the_studies_of_its_pack(result: Result) -> None:
    studies = load_pack("exampleland").studies
    found = value_studies(result, studies, "coca_area", 2015)
    assert found.values[0].study == "areas"
    assert found.values[0].share.value > 0.8
    assert {v.study for v in found.values} == {s.id for s in studies}
    assert found.drawn.words.startswith("prior draws")
    for value in found.values:
        assert value.share.low <= value.share.value <= value.share.high <= 1.0
        assert value.per_million.low <= value.per_million.high
    assert found.to_json()["variance_of"] == "log"


def test_a_choice_between_scenarios(result: Result) -> None:
    studies = load_pack("exampleland").studies
    between = ("baseline", "eradicate")
    plain = value_studies(result, studies, "coca_area", 2015, between)
    assert plain.favours is not None
    assert plain.perfect is not None
    back = value_studies(result, studies, "coca_area", 2015, ("eradicate", "baseline"))
    assert back.perfect is not None
    assert back.perfect.value == pytest.approx(plain.perfect.value, abs=1e-6)  # whichever way it is asked
    middle = plain.interval[1]
    torn = value_studies(result, studies, "coca_area", 2015, between, threshold=middle)
    assert torn.favours == pytest.approx(0.5, abs=0.02)
    assert torn.perfect is not None
    assert torn.perfect.value > plain.perfect.value
    assert torn.interval == pytest.approx(plain.interval)


@pytest.mark.parametrize(
    ("asked", "code"),
    [
        ({"of": "coca_are"}, "Y107"),
        ({"of": "coca_area[nowhere]"}, "Y108"),
        ({"of": "coca_area[zone]"}, "Y108"),
        ({"of": "coca_area", "year": 1990}, "Y104"),
        ({"of": "coca_area", "between": ("baseline", "nothing")}, "Y301"),
        ({"of": "coca_area", "between": ("baseline", "baseline")}, "Y111"),
        ({"of": "coca_area", "scenario": "nothing"}, "Y301"),
        ({"of": "coca_area", "threshold": float("nan")}, "Y102"),
    ],
)
def test_questions_that_cannot_be_asked(result: Result, asked: dict[str, object], code: str) -> None:
    with pytest.raises(UsageError) as fault:
        value_studies(result, load_pack("exampleland").studies, **asked)  # type: ignore[arg-type]
    assert fault.value.code == code


def test_unknown_studies(result: Result) -> None:
    with pytest.raises(UsageError) as fault:
        find_studies(load_pack("exampleland"), ["yield"])
    assert fault.value.code == "Y509"
    assert "yields" in fault.value.fix
    with pytest.raises(UsageError) as fault:
        value_studies(result, (), "coca_area")
    assert fault.value.code == "Y509"


def test_a_study_of_a_year_that_the_run_lacks_is_told(result: Result) -> None:
    (study,) = find_studies(load_pack("exampleland"), ["areas"])
    measure = study.measures[0].model_copy(update={"years": (2020,)})
    found = value_studies(result, [study.model_copy(update={"measures": (measure,)})], "coca_area", 2015)
    assert not found.values
    assert "2020" in found.left_out["areas"]


# --- the file ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["peru", "exampleland"])
def test_shipped_studies_measure_what_the_model_has(name: str) -> None:
    pack = load_pack(name)
    assert pack.studies
    assert check_measures(pack) == []


def _pack_with(folder: Path, text: str) -> Path:
    root = folder / "exampleland"
    copytree(load_pack("exampleland").path, root)
    (root / "studies.yaml").write_text(text, encoding="utf-8")
    return root


GOOD = """- id: a
  name: A
  measures: [{variable: coca_area, error: 0.1}]
  cost: {low: 1, best: 2, high: 3}
  pedigree: judged
  reason: invented
"""


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        ("low: 1", "low: 4", "Y207"),
        ("error: 0.1", "error: 0", "Y207"),
        ("pedigree: judged", "pedigree: cited", "Y207"),
        ("pedigree: judged", "pedigree: judged\n  sources: [no-such-row]", "Y210"),
        ("pedigree: judged", "pedigre: judged", "Y206"),
    ],
)
def test_pack_check_finds_what_is_wrong(tmp_path: Path, old: str, new: str, code: str) -> None:
    report = check_pack(_pack_with(tmp_path, GOOD.replace(old, new)))
    assert code in {problem.code for problem in report.problems}


def test_pack_check_knows_the_variables(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    root = _pack_with(tmp_path, GOOD.replace("variable: coca_area", "variable: coca_aera"))
    assert run(["pack", "check", str(root)]) == 2
    assert "coca_aera" in capsys.readouterr().err
    pairs = GOOD.replace("variable: coca_area", '"variable": "coca_area[zone]", "over": "exports[market]"')
    (study,) = load_pack(_pack_with(tmp_path / "b", pairs)).studies
    from yupana.ensemble.columns import Columns
    from yupana.model import VARIABLES

    columns = Columns.of(VARIABLES, load("exampleland").config.dims)
    with pytest.raises(DataError) as fault:
        measured(study.measures[0], columns)
    assert fault.value.code == "Y503"


def test_the_command(result: Result, capsys: pytest.CaptureFixture[str]) -> None:
    folder = str(result.folder)
    assert run(["studies", folder, "--of", "coca_area", "--study", "areas"]) == 0
    text = capsys.readouterr().out
    assert "prior draws, not fitted to data" in text
    assert "judged" in text
    assert max(map(len, text.splitlines())) <= 100
    assert run(["studies", folder, "--of", "coca_area", "--between", "eradicate", "baseline", "--json"]) == 0
    assert '"loss_removed"' in capsys.readouterr().out
    assert run(["studies", folder, "--of", "coca_area", "--study", "nothing"]) == 2
    assert "Y509" in capsys.readouterr().err
