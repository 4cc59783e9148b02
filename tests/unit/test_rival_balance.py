"""A run beside a reconciliation: what counts as disagreement, and which runs are refused."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest

from yupana.analysis.rival_balance import Rival, compare_with_run
from yupana.core.errors import DataError
from yupana.evidence import load_pack
from yupana.evidence.reconcile.result import Estimate, Reconciliation
from yupana.evidence.reconcile.solve import reconcile

YEAR = 2010


class Band:
    """As much of a labelled array as is read."""

    def __init__(self, values: list[float]) -> None:
        self.values = values

    def sel(self, year: int) -> Band:
        return self

    def to_numpy(self) -> np.ndarray:
        return np.array(self.values)


def a_run(pack: str = "exampleland", years: tuple[int, ...] = (YEAR,)) -> SimpleNamespace:
    owner = {"coca_area": SimpleNamespace(unit="km2"), "cocaine_output": SimpleNamespace(unit="t")}
    bands = {"coca_area": Band([100.0, 150.0, 200.0]), "cocaine_output": Band([1000.0, 1100.0, 1200.0])}
    return SimpleNamespace(
        folder="a-run",
        manifest=SimpleNamespace(recipe={"pack": pack}, columns=SimpleNamespace(owner=owner)),
        years=years,
        scenarios=("baseline",),
        quantiles=lambda key, q, scenarios: bands[key],
    )


@pytest.fixture(scope="module")
def found() -> Reconciliation:
    return reconcile(load_pack("exampleland"), YEAR)


def test_units_are_those_of_the_balance(found: Reconciliation) -> None:
    rivals = {item.balance.name: item for item in compare_with_run(found, a_run())}  # pyright: ignore[reportArgumentType]
    assert set(rivals) == {"coca_area", "cocaine_output"}
    assert rivals["coca_area"].q50 == pytest.approx(15000.0)
    assert rivals["coca_area"].verdict == "agree"
    assert rivals["cocaine_output"].verdict == "apart"


@pytest.mark.parametrize(
    ("run", "verdict"),
    [
        ((90, 100, 110), "agree"),
        ((105, 125, 140), "differ"),
        ((121, 130, 140), "apart"),
        ((1, 2, 79), "apart"),
    ],
)
def test_verdicts(run: tuple[float, float, float], verdict: str) -> None:
    estimate = Estimate("x", YEAR, "t", 80.0, 100.0, 120.0, 0.5)
    assert Rival(estimate, *run).verdict == verdict


def test_other_packs_and_other_years_are_refused(found: Reconciliation) -> None:
    for run in (a_run(pack="peru"), a_run(years=(2020, 2021))):
        with pytest.raises(DataError) as caught:
            compare_with_run(found, run)  # pyright: ignore[reportArgumentType]
        assert caught.value.code == "Y404"
