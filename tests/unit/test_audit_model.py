"""The audit where it asks the model: sums over places, and sums of rows and model part by part."""

from __future__ import annotations

import numpy as np
from test_audit import Fact, claim_file, rows_of, shelf_of

from yupana.analysis.audit import audit_claims
from yupana.analysis.audit_pack import model_of
from yupana.evidence.claims import Model
from yupana.evidence.claims_pool import DRAWS
from yupana.report.audit_page import render_audit


def test_a_variable_with_a_dimension_is_summed_over_its_elements() -> None:
    import xarray as xr

    values = np.array([[[1.0, 2.0], [3.0, 4.0], [np.nan, np.nan]]])[:, :, None, :]
    array = xr.DataArray(
        values,
        dims=("scenario", "draw", "year", "zone"),
        coords={"scenario": ["baseline"], "draw": [0, 1, 2], "year": [2012], "zone": ["north", "south"]},
        attrs={"unit": "t"},
    )

    class Run(dict[str, xr.DataArray]):
        id, years, scenarios = "run", (2012,), ("baseline",)

    draws = model_of(Run(made=array))(Model(variable="made", year=2012), "kg")  # type: ignore[arg-type]
    assert draws is not None
    assert sorted(set(draws)) == [3000.0, 7000.0]
    assert len(draws) == DRAWS


def test_a_sum_of_rows_and_model_shows_its_parts() -> None:
    test = {
        "sum": [
            rows_of(),
            {"model": {"variable": "made", "year": 2012}, "unit": "t", "name": "what the model adds"},
        ]
    }
    claims = claim_file(test, {"relation": "at_least", "value": 100_000, "unit": "kg"})
    finding = audit_claims(claims, shelf_of(Fact("a", 320.0)), lambda *_: np.full(DRAWS, 50.0))
    reading = finding.claims[0].readings[0]
    first, second = reading.parts
    assert (first.from_model, first.rows, second.from_model, second.rows) == (False, ("a",), True, ())
    assert (second.name, second.amount.q50, second.amount.unit) == ("what the model adds", 50_000, "kg")
    assert reading.rests_on_prior
    assert reading.would_change.endswith("what the model adds, in the place of prior draws of the model.")
    page = render_audit(finding, "text")
    assert "of which what the model adds: 50,000 kg (prior)" in " ".join(page.split())
