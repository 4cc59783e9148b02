"""The error of form: found where it was put, blind to later years, tied to model and pack."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pytest
from pack_copy import copy_pack

from yupana.analysis.hindcast_figures import Origin
from yupana.cli.score import with_form_error
from yupana.core.errors import DataError, UsageError
from yupana.evidence.locate import POSTERIOR
from yupana.fit import form_error
from yupana.fit.form_error import QUANTILES, SPREADS, FormError, estimate
from yupana.fit.stamp import stamp
from yupana.study import load

UNTIL = 2016


@dataclass(frozen=True)
class Met:
    """A forecast that met a figure."""

    variable: str
    row: str
    origin: int
    horizon: int
    off: tuple[float, ...]


def _met(spread: float, count: int, seed: int = 1, sd: float = 0.1) -> list[Met]:
    """Return forecasts of spread `sd` whose truth has walked away by `spread` a year."""
    from scipy.stats import norm

    rng = np.random.default_rng(seed)
    shape = sd * norm.ppf(QUANTILES)
    found = []
    for i in range(count):
        horizon = int(rng.choice([1, 3, 5]))
        off = rng.normal(0.0, np.hypot(sd, spread * horizon**0.5))
        found.append(Met("coca_area", f"row-{i}", UNTIL - horizon, horizon, tuple(shape - off)))
    return found


@pytest.mark.parametrize("spread", [0.05, 0.2, 0.5])
def test_a_spread_is_found_again(spread: float) -> None:
    error = estimate(_met(spread, 300), UNTIL)
    low, middle, high = error.quantiles("coca_area", (0.005, 0.5, 0.995))
    assert low < spread < high
    assert middle == pytest.approx(spread, rel=0.25, abs=0.02)
    assert error.figures == {"coca_area": 300}


def test_without_an_error_the_spread_is_small_and_without_figures_the_prior_stays() -> None:
    none = estimate(_met(0.0, 300), UNTIL).quantiles("coca_area", (0.95,))[0]
    assert none < 0.05
    one = estimate(_met(0.0, 1, sd=2.0), UNTIL).quantiles("coca_area", (0.5,))[0]
    assert one == pytest.approx(0.6745 * form_error.PRIOR, rel=0.1)  # the median of a half-normal


def test_a_figure_that_many_origins_forecast_counts_once() -> None:
    met = _met(0.3, 12)
    alone = estimate(met, UNTIL)
    often = estimate([one for one in met for _ in range(5)], UNTIL)
    assert alone.weights["coca_area"] == pytest.approx(often.weights["coca_area"])
    assert alone.figures == often.figures


def test_figures_of_later_years_are_refused() -> None:
    late = replace(_met(0.1, 1)[0], origin=UNTIL - 1, horizon=3)
    with pytest.raises(ValueError, match=f"no figure of a later year to {UNTIL}"):
        estimate([late], UNTIL)
    with pytest.raises(ValueError, match="no figure of a later year"):
        estimate([replace(late, origin=UNTIL, horizon=0)], UNTIL)


def test_paths_walk_and_are_the_same_again() -> None:
    weights = np.zeros(SPREADS.size)
    weights[20] = 1.0  # 0.2 a year
    error = FormError(UNTIL, (2008,), {"coca_area[zone]": weights}, {"coca_area[zone]": 9})
    path = error.path("coca_area[zone]", "coca_area[a]", np.array([1, 4, 9]), 1, 20_000)
    assert path.std(axis=1) == pytest.approx(SPREADS[20] * np.array([1.0, 2.0, 3.0]), rel=0.03)
    assert np.corrcoef(path[0], path[2])[0, 1] == pytest.approx(1.0 / 3.0, abs=0.03)
    first = error.path("coca_area[zone]", "coca_area[a]", np.array([4]), 1, 100)
    assert np.array_equal(first[0], path[1, :100])  # neither later years nor more draws change it
    other = error.path("coca_area[zone]", "coca_area[b]", np.array([4]), 1, 20_000)
    assert abs(np.corrcoef(path[1], other[0])[0, 1]) < 0.05
    assert not error.path("leaf_price", "leaf_price", np.array([1]), 1, 5).any()


def test_the_shipped_error_holds_for_pack_and_fit_and_knows_no_test_year() -> None:
    pack = load("peru").pack
    body = json.loads((pack.path / POSTERIOR / form_error.FILE).read_text(encoding="utf-8"))
    assert body["stamp"] == stamp(pack, body["until"]), "make it again with tools/rolling_origins.py"
    error = form_error.of_pack(pack, UNTIL)
    assert error.until == UNTIL
    assert max(error.origins) < UNTIL
    assert all(w.sum() == pytest.approx(1.0) for w in error.weights.values())


def test_an_error_that_knows_later_figures_or_is_stale_is_refused(tmp_path: Path) -> None:
    pack = load(str(copy_pack(tmp_path, None))).pack
    (pack.path / POSTERIOR).mkdir(exist_ok=True)
    error = estimate(_met(0.1, 5), UNTIL)
    with pytest.raises(UsageError, match="Y513"):
        form_error.of_pack(pack, UNTIL)
    form_error.write(error, pack.path / POSTERIOR, stamp(pack, UNTIL), ["fit"])
    known = form_error.of_pack(pack, UNTIL)
    assert known.weights["coca_area"] == pytest.approx(error.weights["coca_area"], abs=1e-4)
    with pytest.raises(UsageError, match="Y513"):
        form_error.of_pack(pack, UNTIL - 1)
    form_error.write(error, pack.path / POSTERIOR, "another", ["fit"])
    with pytest.raises(DataError, match="Y511"):
        form_error.of_pack(pack, UNTIL)


def test_prior_draws_have_no_error_of_form() -> None:
    study = load("exampleland")
    with pytest.raises(UsageError, match="Y110"):
        with_form_error(Origin(study, study, 8, 1))


def test_pictures_widen_later_years_only() -> None:
    from types import SimpleNamespace

    from yupana.report.gather_form import _band

    weights = np.zeros(SPREADS.size)
    weights[10] = 1.0  # 0.1 a year
    error = FormError(2010, (2008,), {"coca_area": weights}, {"coca_area": 9})
    rng = np.random.default_rng(1)
    values = np.exp(rng.normal(0.0, 0.2, (1, 6, 20_000)))
    result = SimpleNamespace(
        years=tuple(range(2009, 2015)),
        manifest=SimpleNamespace(recipe={"seed": 1}),
        values=lambda *_: values,
    )
    view = SimpleNamespace(result=result, money="real")
    band = _band(view, error, "baseline", "coca_area")  # type: ignore[arg-type]
    assert band is not None
    assert np.isnan(band[:, :2]).all()  # 2009 and 2010 were fitted
    wanted = 1.645 * np.sqrt(0.2**2 + 0.1**2 * np.arange(1, 5))
    assert np.log(band[:, 2:]) == pytest.approx(np.stack([-wanted, wanted]), rel=0.06)
    assert _band(view, error, "baseline", "leaf_price") is None  # type: ignore[arg-type]
