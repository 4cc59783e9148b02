"""A traced function as a tape: the same numbers, nothing worked out that is known, clear errors."""

from __future__ import annotations

import numpy as np
import pytest

from yupana.fit.machine import LANES, Machine
from yupana.fit.tape import Node, Tape, taped
from yupana.model.engine import enable_double

jax = enable_double()
xp = jax.numpy


def everything(x, y):
    """Every operation that the model or its derivative is made of; x is (3, batch), y is (batch,)."""
    total = x.sum(0) + x[0] * x[1] - x[2] / (1.0 + y**2)
    smooth = xp.exp(-(x**2)) + xp.log(1.0 + x**2) + xp.log1p(x**2) + xp.tanh(x) + xp.sqrt(x**2 + 1.0)
    kinks = xp.maximum(x, 0.2) + xp.minimum(x, 0.1) + abs(x) + xp.where(x > y, x, 2.0 * y) + (x <= y) * 1.5
    table = xp.concatenate([x[::2], smooth[1:]])
    nested = jax.jit(lambda a: a * a)(total)
    held = jax.lax.optimization_barrier(xp.stack([y, -y])) + xp.broadcast_to(y, (2, *y.shape))
    parts = xp.split(table, [1, 3])
    return (
        {"total": total, "nested": nested / 3.0},
        [smooth, kinks, table.reshape(2, 2, -1).transpose(1, 0, 2), held, parts[0], parts[2]],
        jax.lax.stop_gradient(x) ** -2 + 0.0 * x,
    )


@pytest.fixture
def inputs():
    rng = np.random.default_rng(3)
    return rng.normal(size=(3, LANES)), rng.normal(size=LANES)


def one(inputs):
    return tuple(np.zeros((*array.shape[:-1], 1)) for array in inputs)


def run(machine, given):
    results = [np.zeros((rows, LANES)) for rows in machine.made]
    machine([array.reshape(-1, LANES) for array in given], results)
    return results


def flat(trees):
    return [
        np.concatenate([np.asarray(leaf).reshape(-1, LANES) for leaf in jax.tree.leaves(tree)])
        for tree in trees
    ]


def test_numbers_are_those_of_the_arrays(inputs) -> None:
    found = run(Machine(taped(everything, *one(inputs))), inputs)
    for got, expected in zip(found, flat(everything(*map(xp.asarray, inputs))), strict=True):
        assert got == pytest.approx(expected, rel=1e-14, abs=1e-14)


def test_derivatives_are_those_of_the_arrays(inputs) -> None:
    def back(x, y):
        return jax.grad(lambda *at: sum((leaf * (k + 1.0)).sum() for k, leaf in enumerate(
            jax.tree.leaves(everything(*at)))), argnums=(0, 1))(x, y)  # fmt: skip

    found = run(Machine(taped(back, *one(inputs))), inputs)
    for got, expected in zip(found, flat(back(*map(xp.asarray, inputs))), strict=True):
        assert got == pytest.approx(expected, rel=1e-12)


def test_what_is_known_is_not_worked_out() -> None:
    def idle(x):
        return (0.0 * x[0] + 1.0 * x[1] - 0.0, x[0] * x[1] + x[1] * x[0], -1.0 * -x[0], xp.exp(0.0 * x[0]))

    tape = taped(idle, np.zeros((2, 1)))
    work = [
        tape.nodes[place].what for place in tape.live() if tape.nodes[place].what not in ("input", "constant")
    ]
    assert work == ["mul", "add"]  # a product, twice the same
    assert [tape.nodes[places[0]] for places in tape.outputs[2:]] == [
        Node("input", (0, 0)),
        Node("constant", (0,), 1.0),
    ]


def test_constants_that_are_equal_but_not_the_same_are_apart() -> None:
    tape = Tape()
    assert len({tape.constant(value) for value in (True, 1.0, 0.0, -0.0, False, 1.0)}) == 5


def test_an_operation_without_an_entry_is_named() -> None:
    with pytest.raises(NotImplementedError, match="no entry for the operation 'sort'"):
        taped(lambda x: (xp.sort(x, axis=0),), np.zeros((3, 1)))
    with pytest.raises(NotImplementedError, match="cuts off"):
        taped(lambda x: (jax.lax.pad(x, 0.0, [(-1, 0, 0), (0, 0, 0)]),), np.zeros((3, 1)))
    with pytest.raises(NotImplementedError, match="truth value"):
        taped(lambda x: (xp.where(x.astype(bool), 1.0, x),), np.zeros((3, 1)))
