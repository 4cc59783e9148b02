"""Public names and settings of a study: one owner, light imports, nothing written before all is checked."""

from __future__ import annotations

import dataclasses
import subprocess
import sys
from pathlib import Path

import pytest

import yupana as yu
from yupana.core.errors import DataError, UsageError
from yupana.core.settings import default

HEAVY = ("jax", "xarray", "pandas", "duckdb", "pyarrow", "matplotlib", "pydantic", "ruamel.yaml", "scipy")


@pytest.fixture(scope="module")
def study() -> yu.Study:
    return yu.load("exampleland")


def test_importing_costs_nothing() -> None:
    code = f"import sys, yupana; print([name for name in {HEAVY!r} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_reading_a_run_needs_no_engine() -> None:
    code = (
        "import sys, yupana.cli.show, yupana.results.result, yupana.results.summary; "
        "import yupana.report.run_tables; "
        "print('jax' in sys.modules or 'xarray' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"


def test_public_names_are_there() -> None:
    for name in yu.__all__:
        assert getattr(yu, name) is not None
    assert dir(yu) == sorted(yu.__all__)
    with pytest.raises(AttributeError):
        _ = yu.nothing


def test_the_version_is_that_of_the_package() -> None:
    from importlib.metadata import version

    assert yu.__version__ == version("yupana")


def test_a_study_is_a_value(study: yu.Study) -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        study.dtype = "float64"  # type: ignore[misc]
    assert repr(study) == "<Study exampleland: 12 steps a year, float32>"
    assert (study.steps_per_year, study.dtype) == (default("steps_per_year"), default("dtype"))


def test_defaults_come_from_the_table_of_settings(study: yu.Study) -> None:
    recipe = study.plan().job.recipe
    assert (recipe.draws, recipe.seed) == (default("draws"), default("seed"))
    assert tuple(recipe.scenarios) == default("scenarios")
    assert (recipe.start, recipe.end) == (study.pack.start, study.pack.end)
    assert study.plan(draws=1024, seed=1, scenarios="baseline").manifest.id == study.plan().manifest.id


@pytest.mark.parametrize(
    "wrong",
    [{"draws": 0}, {"draws": True}, {"draws": "many"}, {"seed": -1}, {"end": 1999}, {"start": 1990},
     {"monthly": "yes"}, {"scenarios": "nowhere"}, {"scenarios": ["baseline", "x.yaml"]}, {"threads": 0}],
)  # fmt: skip
def test_nothing_is_written_before_all_is_checked(
    study: yu.Study, tmp_path: Path, wrong: dict[str, object]
) -> None:
    with pytest.raises((UsageError, DataError)):
        study.run(**{"draws": 1, "out": tmp_path / "run", **wrong})  # type: ignore[arg-type]
    assert not (tmp_path / "run").exists()


def test_settings_of_the_model_are_checked(study: yu.Study) -> None:
    for wrong in ({"steps_per_year": 0}, {"steps_per_year": True}, {"dtype": "float16"}):
        with pytest.raises(UsageError):
            dataclasses.replace(study, **wrong)
    with pytest.raises(UsageError, match="steps by month"):
        dataclasses.replace(study, steps_per_year=24).plan(monthly=True)


def test_a_scalar_lever_holds_from_the_start_of_the_run(study: yu.Study, tmp_path: Path) -> None:
    path = tmp_path / "mine.yaml"
    path.write_text("name: mine\ndescribe: x\nlevers: {demand: 0.5}\n")
    plan = study.plan(scenarios=str(path), start=2010)
    scale = plan.job.policies["mine"].scale
    years = list(plan.job.drivers.years)
    assert (scale[: years.index(2010)] == 1.0).all()
    assert scale[years.index(2010)].min() == 0.5
    assert plan.job.recipe.scenarios["mine"] == {"demand": {0: ("multiple", 0.5)}}
    assert plan.manifest.about["scenario_words"] == {"mine": str(path)}


def test_the_price_index_is_one_in_the_year_of_real_money(study: yu.Study) -> None:
    money = study.plan().manifest.money
    assert money["index"][str(money["year"])] == 1.0
    assert list(money["index"]) == [str(year) for year in range(2000, 2031)]
