"""Priors of a pack: reading, draws addressed by name, points and back, agreement with a model."""

from __future__ import annotations

import json
from dataclasses import dataclass
from types import SimpleNamespace

import numpy as np
import pytest

from yupana.core.errors import DataError
from yupana.core.streams import normals
from yupana.params import PriorSet

DIMS = {"zone": ("north", "south", "east"), "corridor": ("sea", "air")}

ENTRIES = [
    {
        "name": "yield",
        "unit": "kg/ha",
        "meaning": "leaf of a hectare",
        "over": "zone",
        "family": "lognormal",
        "q05": 900,
        "q95": 1600,
        "by": {"south": {"q05": 1500, "q95": 2600, "reason": "measured", "sources": ["row-2"]}},
        "reason": "national figure",
        "sources": ["row-1"],
        "pedigree": "cited",
        "start": True,
    },
    {
        "name": "trend",
        "unit": "1/year",
        "meaning": "a trend",
        "over": None,
        "family": "normal",
        "q05": -0.1,
        "q95": 0.3,
        "reason": "guess",
        "pedigree": "judged",
    },
    {
        "name": "exit_cost",
        "unit": "USD/kg",
        "meaning": "cost of an exit",
        "over": "zone,corridor",
        "family": "uniform",
        "bounds": [10, 100],
        "by": {"east,air": {"bounds": [50, 60]}},
        "reason": "guess",
        "pedigree": "judged",
    },
    {
        "name": "share",
        "unit": "share",
        "meaning": "a share",
        "over": ["corridor"],
        "family": "logitnormal",
        "q05": 0.1,
        "q95": 0.4,
        "bounds": [0, 1],
        "reason": "guess",
        "pedigree": "judged",
    },
]


def entry(**changes: object) -> dict:
    base = {"name": "a", "unit": "share", "meaning": "a number", "family": "normal", "q05": 0, "q95": 1}
    return {key: value for key, value in {**base, **changes}.items() if value is not ...}


@pytest.fixture(scope="module")
def priors() -> PriorSet:
    return PriorSet.from_pack(SimpleNamespace(priors=ENTRIES), DIMS)


def equal(one: dict, two: dict) -> bool:
    return one.keys() == two.keys() and all(np.array_equal(one[name], two[name]) for name in one)


def test_entries_become_priors_with_what_they_rest_on(priors: PriorSet) -> None:
    assert priors.names == ("yield", "trend", "exit_cost", "share")
    assert priors["yield"].shape == (3,)
    assert priors["exit_cost"].elements[:3] == ("north,sea", "north,air", "south,sea")
    np.testing.assert_allclose(priors["yield"].q95, [1600, 2600, 1600])
    np.testing.assert_allclose(priors["exit_cost"].q50, [[55, 55], [55, 55], [55, 55]])
    np.testing.assert_allclose(priors["exit_cost"].q05[2], [14.5, 50.5])
    assert [basis.reason for basis in priors["yield"].bases] == [
        "national figure",
        "measured",
        "national figure",
    ]
    assert priors["yield"].sources == ("row-1", "row-2")
    assert priors["yield"].start
    assert not priors["trend"].start
    assert priors.latent_names[:4] == ("yield[north]", "yield[south]", "yield[east]", "trend")
    assert priors.size == 12


def test_entries_may_be_objects() -> None:
    found = PriorSet.from_entries([SimpleNamespace(**ENTRIES[0], line=7)], DIMS)
    np.testing.assert_allclose(found["yield"].q95, [1600, 2600, 1600])


def test_draws_have_the_shapes_and_numbers_of_their_names(priors: PriorSet) -> None:
    draws = priors.draw(3, 10, 5)
    assert {name: value.shape for name, value in draws.items()} == {
        "yield": (3, 5),
        "trend": (5,),
        "exit_cost": (3, 2, 5),
        "share": (2, 5),
    }
    z = normals(3, "prior/exit_cost[east,air]", 10, 5)
    row = priors.latent_names.index("exit_cost[east,air]")
    assert np.array_equal(priors.points(3, 10, 5)[row], z)
    assert np.array_equal(priors.points(3, 10, 5)[3], normals(3, "prior/trend", 10, 5))
    assert ((draws["exit_cost"][2, 1] > 50) & (draws["exit_cost"][2, 1] < 60)).all()


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_any_slice_of_the_draws_is_the_same_draws(priors: PriorSet, dtype: type) -> None:
    whole = priors.draw(1, 0, 37, dtype)
    for first, count in ((0, 5), (5, 1), (6, 31), (36, 1)):
        part = {name: value[..., first : first + count] for name, value in whole.items()}
        assert equal(priors.draw(1, first, count, dtype), part)
    assert not np.array_equal(priors.draw(2, 0, 37, dtype)["trend"], whole["trend"])


def test_float32_draws_are_the_float64_draws_rounded(priors: PriorSet) -> None:
    fine, coarse = priors.draw(1, 0, 9), priors.draw(1, 0, 9, np.float32)
    assert equal(coarse, {name: value.astype(np.float32) for name, value in fine.items()})


def test_another_prior_and_another_order_change_no_draw(priors: PriorSet) -> None:
    whole = priors.draw(1, 0, 8)
    extra = PriorSet.from_entries([entry(), *reversed(ENTRIES)], DIMS).draw(1, 0, 8)
    del extra["a"]
    assert equal({name: extra[name] for name in whole}, whole)


def test_permuted_places_permute_the_draws(priors: PriorSet) -> None:
    order = [2, 0, 1]
    dims = {**DIMS, "zone": tuple(DIMS["zone"][i] for i in order)}
    whole, permuted = priors.draw(1, 0, 8), PriorSet.from_entries(ENTRIES, dims).draw(1, 0, 8)
    for name in ("yield", "exit_cost"):
        assert np.array_equal(permuted[name], whole[name][order])
    for name in ("trend", "share"):
        assert np.array_equal(permuted[name], whole[name])


def test_points_and_parameters_are_one_to_one(priors: PriorSet) -> None:
    z = priors.points(1, 0, 16)
    np.testing.assert_allclose(priors.to_points(priors.from_points(z)), z, atol=1e-9)
    np.testing.assert_allclose(priors.to_points(priors.from_points(z[:, 0])), z[:, 0], atol=1e-9)
    assert equal(priors.median(), priors.from_points(np.zeros(priors.size)))


def test_log_density_is_the_sum_over_the_elements(priors: PriorSet) -> None:
    draws = priors.draw(1, 0, 6)
    want = sum(
        prior.distribution.log_density(draws[prior.name]).reshape(-1, 6).sum(axis=0) for prior in priors
    )
    np.testing.assert_allclose(priors.log_density(draws), want)
    assert priors.log_density({**draws, "yield": -draws["yield"]})[0] == -np.inf


def test_jax_runs_the_same_source_with_gradients(priors: PriorSet) -> None:
    import jax
    import jax.numpy as jnp

    def total(z: jax.Array) -> jax.Array:
        params = priors.from_points(z)
        return sum(jnp.log(jnp.abs(value)).sum() for value in params.values()) + priors.log_density(params)

    z = priors.points(1, 0, 1)[:, 0]
    with jax.enable_x64(True):
        compiled = jax.jit(jax.value_and_grad(total))
        value, gradient = compiled(jnp.asarray(z))
        np.testing.assert_allclose(priors.to_points(priors.from_points(jnp.asarray(z))), z, atol=1e-9)
        step = 1e-5
        for i in range(priors.size):
            shift = np.zeros_like(z)
            shift[i] = step
            slope = (compiled(jnp.asarray(z + shift))[0] - compiled(jnp.asarray(z - shift))[0]) / (2 * step)
            assert gradient[i] == pytest.approx(float(slope), rel=1e-6, abs=1e-6)
    assert np.isfinite(float(value))


def test_table_has_a_row_for_each_element(priors: PriorSet) -> None:
    rows = priors.table()
    assert len(rows) == priors.size
    south = rows[1]
    assert (south["name"], south["element"], south["unit"]) == ("yield", "south", "kg/ha")
    assert south["q05"] == pytest.approx(1500)
    assert south["q50"] == pytest.approx(np.sqrt(1500 * 2600))
    assert (south["reason"], south["sources"], south["pedigree"]) == ("measured", ("row-2",), "cited")
    assert rows[3]["element"] is None
    json.dumps(rows, allow_nan=False)


@dataclass(frozen=True)
class Declared:
    name: str
    over: tuple[str, ...]
    unit: str


def test_priors_and_model_must_agree(priors: PriorSet) -> None:
    declared = [Declared(prior.name, prior.over, prior.unit) for prior in priors]
    priors.expect(declared)
    wrong = [
        Declared("yields", ("zone",), "kg/ha"),
        Declared("trend", ("zone",), "1/year"),
        Declared("exit_cost", ("zone", "corridor"), "USD/t"),
        Declared("share", ("corridor",), "share"),
    ]
    with pytest.raises(DataError) as fault:
        priors.expect(wrong)
    text = str(fault.value)
    assert fault.value.code == "Y503"
    assert "no prior of yields" in text
    assert "unknown prior yield (did you mean 'yields'?)" in text
    assert "trend has dimensions 'none' in place of 'zone'" in text
    assert "exit_cost has unit 'USD/kg' in place of 'USD/t'" in text
    assert len(fault.value.problems) == 4


BAD_ENTRIES = [
    (entry(units="kg"), "Y206", "did you mean 'unit'?"),
    (entry(unit=...), "Y208", "unit"),
    (entry(over="zones"), "Y501", "did you mean 'zone'?"),
    (entry(over="zone", by={"nort": {"q05": 0, "q95": 2}}), "Y108", "did you mean 'north'?"),
    (entry(by={"north": {"q05": 0, "q95": 2}}), "Y108", "over nothing"),
    (entry(over="zone", by={"north": {"q5": 0}}), "Y206", "or 'q05'?"),
    (entry(over="zone", by={"south": {"q05": 7}}), "Y501", "priors.yaml, a, south"),
    (
        entry(over="zone", q05=..., q95=..., by={"south": {"q05": 0, "q95": 7}}),
        "Y501",
        "priors.yaml, a, north",
    ),
    (entry(q05="0"), "Y219", "q05 is not a number"),
    (entry(q95=True), "Y219", "q95 is not a number"),
    (entry(q95=float("inf")), "Y219", "finite"),
    (entry(family="uniform", bounds=[0]), "Y501", "[lower, upper]"),
    (entry(family="uniform", q05=..., q95=..., bounds="0 1"), "Y501", "[lower, upper]"),
    (entry(family="beta"), "Y501", "logitnormal"),
    (entry(pedigree="cite"), "Y207", "did you mean 'cited'?"),
]


@pytest.mark.parametrize(("bad", "code", "words"), BAD_ENTRIES)
def test_unusable_entries_are_refused_by_name(bad: dict, code: str, words: str) -> None:
    with pytest.raises(DataError) as fault:
        PriorSet.from_entries([*ENTRIES, bad], DIMS)
    assert fault.value.code == code
    assert "priors.yaml, a" in str(fault.value)
    assert words in str(fault.value)


def test_all_unusable_entries_are_reported_together() -> None:
    with pytest.raises(DataError, match="2 priors are not usable") as fault:
        PriorSet.from_entries([entry(q05=2), entry(name="b", family="beta")], DIMS)
    assert [problem.where for problem in fault.value.problems] == ["priors.yaml, a", "priors.yaml, b"]


def test_a_name_comes_once() -> None:
    with pytest.raises(DataError, match="Prior given twice"):
        PriorSet.from_entries([entry(), entry()], DIMS)


def test_parameters_that_are_no_draw_are_refused(priors: PriorSet) -> None:
    draws = priors.draw(1, 0, 4)
    with pytest.raises(DataError, match="Parameter missing"):
        priors.to_points({name: value for name, value in draws.items() if name != "share"})
    with pytest.raises(DataError, match="another shape"):
        priors.to_points({**draws, "share": draws["share"][:1]})
    with pytest.raises(DataError, match="outside the support") as fault:
        priors.to_points({**draws, "share": draws["share"] + 1})
    assert fault.value.where == "share[sea]"
    with pytest.raises(ValueError, match="12 rows"):
        priors.from_points(np.zeros((3, 4)))
    with pytest.raises(DataError, match="No prior of that name") as unknown:
        priors["yields"]
    assert "did you mean 'yield'?" in str(unknown.value)


def test_priors_cannot_be_changed(priors: PriorSet) -> None:
    with pytest.raises(ValueError, match="read-only"):
        priors["yield"].distribution.loc[0] = 1.0


def test_an_empty_set_has_empty_draws() -> None:
    empty = PriorSet.from_entries([], {})
    assert empty.draw(1, 0, 4) == {}
    assert empty.table() == []
