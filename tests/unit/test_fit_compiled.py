"""One program for all years of a fit: the figures of the engine, and what is kept between runs."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from fake_posterior import make_posterior

import yupana
from yupana.fit.build import build_posterior
from yupana.fit.compiled import Compiled, compiled, table_of
from yupana.fit.posterior import Posterior

UNTIL = 2006


@pytest.fixture(scope="module")
def posterior() -> Posterior:
    study = yupana.load("exampleland", until=UNTIL)
    return build_posterior(study.pack, study.config, study.priors, UNTIL, "float32", threads=1)


@pytest.mark.parametrize("share", [1.0, 2.5])
def test_figures_are_those_of_the_engine(posterior: Posterior, share: float) -> None:
    """Also far out in the prior, and where there are more points than columns of a block."""
    z = share * posterior.space.draw(3, 0, 300)
    wanted, found = posterior.log_figures(z), compiled(posterior).log_figures(z)
    assert np.array_equal(np.isnan(found), np.isnan(wanted))
    assert np.isfinite(found).mean() > 0.5
    away = np.abs(found - wanted) / posterior.data.sds[:, None]
    assert np.nanmax(away) < 0.02  # single precision; a thousandth of that is usual
    assert np.nanmean(away) < 1e-4


def test_runs_that_fail_give_no_figures(posterior: Posterior) -> None:
    z = np.zeros((posterior.space.size, 2))
    z[: posterior.space.priors.size, 1] = np.nan
    found = compiled(posterior).log_figures(z)
    assert np.isfinite(found[:, 0]).all()
    assert np.isnan(found[:, 1]).all()


def test_what_is_kept_is_what_the_posterior_says(posterior: Posterior) -> None:
    some = compiled(posterior)
    assert isinstance(some, Compiled)
    for name in ("log_values", "sds", "bias_of", "bias_sds", "scale_of", "scale_sds"):
        assert np.array_equal(getattr(some.data, name), getattr(posterior.data, name))
    assert some.data.sds is some.data.sds
    other = replace(some, threads=3)
    assert isinstance(other, Compiled)
    assert (other.threads, some.threads) == (3, 1)


def test_other_figures_are_not_those_that_were_kept(posterior: Posterior) -> None:
    some = compiled(posterior)
    before = some.data.log_values
    made = replace(some, data=some.data.replace_values(before + 1.0))
    assert made.data.log_values == pytest.approx(before + 1.0)


def test_rows_of_the_table_are_those_of_the_figures(posterior: Posterior) -> None:
    table = table_of(posterior)
    first = posterior.space.years[0]
    assert (table.years + first).tolist() == [item.year for item in posterior.data.data]
    assert list(table.keys) == sorted(table.keys)
    seen: dict[Any, set[str]] = {}
    for item, row in zip(posterior.data.data, table.rows, strict=True):
        seen.setdefault(int(row), set()).add(item.variable)
    assert all(len(names) == 1 for names in seen.values())


def test_what_is_no_run_of_the_model_stays_as_it_is() -> None:
    made = make_posterior()
    assert compiled(made) is made


def test_a_record_of_the_ends_of_years_alone_is_fitted_by_the_engine() -> None:
    """The program of a fit adds months up, and such a record has nothing to add up."""
    from yupana.fit.fitting import _swift

    for until, kind in ((2003, Posterior), (2005, Compiled)):
        study = yupana.load("exampleland", until=until)
        plain = build_posterior(study.pack, study.config, study.priors, until, "float32", threads=1)
        assert type(_swift(plain)) is kind
