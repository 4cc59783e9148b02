"""A program rewritten for its way back: the same values, the same derivative, no array of zeros."""

from __future__ import annotations

import numpy as np
import pytest

from yupana.fit.backwards import rewritten
from yupana.model.engine import enable_double


def _program(inputs):
    """Sums written out along both axes, one element read alone, a range, a stride, a nested program."""
    jax = enable_double()
    x, y = inputs["x"], inputs["y"]
    total = x[0] + x[1] * x[2]
    across = y[:, 0] * y[:, 1]
    nested = jax.jit(lambda a: a * a)(total)
    return {
        "sum": total + nested + jax.numpy.exp(total),
        "pair": (x[1], across[1:3].sum(0), y[::2, 0].sum(0), jax.numpy.where(x[0] > 0.5, x[0], 1.0)),
    }


@pytest.fixture
def inputs():
    rng = np.random.default_rng(3)
    jax = enable_double()
    return {"x": jax.numpy.asarray(rng.random((3, 4))), "y": jax.numpy.asarray(rng.random((5, 2, 4)))}


def _slope(jax, function, inputs):
    def height(given):
        return sum((k + 1.0) * leaf.sum() for k, leaf in enumerate(jax.tree.leaves(function(given))))

    return jax.grad(height)


def test_values_and_derivatives_are_the_same(inputs) -> None:
    jax = enable_double()
    before, after = _program(inputs), rewritten(_program)(inputs)
    assert jax.tree.structure(before) == jax.tree.structure(after)
    for one, other in zip(jax.tree.leaves(before), jax.tree.leaves(after), strict=True):
        assert np.array_equal(one, other)
    plain, short = (_slope(jax, f, inputs)(inputs) for f in (_program, rewritten(_program)))
    for name in inputs:
        assert np.asarray(short[name]) == pytest.approx(np.asarray(plain[name]), rel=1e-12)


def test_elements_read_one_by_one_leave_no_array_of_zeros(inputs) -> None:
    jax = enable_double()

    def written_out(given):
        x = given["x"]
        return x[0] + x[1] * x[2]

    def operations(function):
        return str(jax.make_jaxpr(_slope(jax, function, inputs))(inputs))

    assert "pad" in operations(written_out)
    assert "pad" not in operations(rewritten(written_out))
    assert "optimization_barrier" in operations(rewritten(_program))


def test_it_can_be_compiled_and_looped(inputs) -> None:
    jax = enable_double()
    step = rewritten(lambda carry: {"x": 0.5 * carry["x"] + carry["x"][0] * carry["x"][1], "y": carry["y"]})
    looped = jax.jit(lambda start: jax.lax.scan(lambda c, _: (step(c), None), start, None, length=3)[0])
    expected = inputs
    for _ in range(3):
        expected = step(expected)
    assert np.asarray(looped(inputs)["x"]) == pytest.approx(np.asarray(expected["x"]), rel=1e-12)
