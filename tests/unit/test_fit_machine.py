"""Machine code of tapes: cut into functions, gone through several times, and closed to what does not fit."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from yupana.fit import machine as module
from yupana.fit.elementary import NAMES
from yupana.fit.machine import LANES, Machine
from yupana.fit.tape import Node, Tape, taped

SPECIAL = np.array([0.0, -0.0, np.inf, -np.inf, np.nan, -1.0, 1.0, 800.0])
UNITS = {"exp": 1.0, "log": 1.0, "log1p": 2.0, "tanh": 4.0}  # in the last place


@pytest.fixture(scope="module")
def functions() -> Machine:
    tape = Tape(rows=[1])
    x = tape.add(Node("input", (0, 0)))
    tape.outputs = [[tape.add(Node(name, (x,)))] for name in NAMES]
    return Machine(tape)


def test_functions_are_those_of_a_library(functions) -> None:
    rng = np.random.default_rng(0)
    wide = rng.normal(size=4000) * 10.0 ** rng.uniform(-12, 2.5, 4000)
    x = np.concatenate([wide, np.exp(rng.uniform(-700, 700, 2000)), rng.normal(1.0, 1e-3, 800), SPECIAL])
    x = x.reshape(-1, 1, LANES)
    found = [np.zeros_like(x) for _ in NAMES]
    functions([x], found)
    for name, got in zip(NAMES, found, strict=True):
        with np.errstate(all="ignore"):
            expected = getattr(np, name)(x)
        plain = np.isfinite(expected) & (abs(expected) > 1e-300) & (abs(expected) < 8e307)
        gap = abs(got[plain] - expected[plain]) / np.spacing(abs(expected[plain]))
        assert plain.sum() > 3000
        assert gap.max() <= UNITS[name], name
        assert got[-1, 0] == pytest.approx(expected[-1, 0], nan_ok=True), name


def test_code_cut_into_small_functions_says_the_same(monkeypatch) -> None:
    """Numbers and truth values pass from one function to a later one."""
    from yupana.model.engine import enable_double

    xp = enable_double().numpy

    def function(x):
        high = x > 0.5
        total = x[0]
        for k in range(1, 9):
            total = xp.sqrt(total * total + x[k % 3] * k)
        return (xp.where(high, total, x), total)

    tape = taped(function, np.zeros((3, 1)))
    x = np.random.default_rng(1).random((3, LANES))
    results = []
    for size in (500, 3, 1):
        monkeypatch.setattr(module, "CHUNK", size)
        found = [np.zeros((3, LANES)), np.zeros((1, LANES))]
        Machine(tape)([x], found)
        results.append(np.concatenate(found))
    assert results[0] == pytest.approx(
        np.concatenate([np.asarray(y).reshape(-1, LANES) for y in function(xp.asarray(x))])
    )
    assert np.array_equal(results[0], results[1])
    assert np.array_equal(results[0], results[2])


def step(x, k):
    """A state that moves on, a constant, and something that adds up."""
    return (x * k, 0.0 * x[:1] + 2.0, x[:1] + x[1:])


@pytest.fixture(scope="module")
def moving() -> Machine:
    return Machine(taped(step, np.zeros((2, 1)), np.zeros(1)), added=(2,))


def test_times_follow_each_other_forwards_and_backwards(moving) -> None:
    states, twos, total = np.ones((4, 2, LANES)), np.zeros((3, 1, LANES)), np.full((1, LANES), 10.0)
    double = np.full((1, LANES), 2.0)
    moving([states[:-1], double], [states[1:], twos, total])
    assert states[:, 0, 0].tolist() == [1.0, 2.0, 4.0, 8.0]
    assert (twos == 2.0).all()
    assert total[0].tolist() == [10.0 + 2 * (1 + 2 + 4)] * LANES
    moving([states[1:], 0.5 * double], [states[:-1], twos, total], backwards=True)
    assert states[:, 1, 3].tolist() == [8.0] * 4  # from the last time to the first


def test_threads_have_memory_of_their_own(moving) -> None:
    def grown(start):
        states, rest = np.full((200, 2, LANES), float(start)), np.zeros((1, LANES))
        moving([states[:-1], np.full((1, LANES), 1.01)], [states[1:], rest, rest.copy()])
        return states[-1, 0, 0]

    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(grown, range(1, 40)))
    assert found == pytest.approx([start * 1.01**199 for start in range(1, 40)])


@pytest.mark.parametrize(
    "wrong",
    [
        np.zeros((3, LANES)),
        np.zeros((2, LANES), "float32"),
        np.zeros((LANES, 2)).T,
        np.zeros((2, 2 * LANES))[:, ::2],
    ],
)
def test_arrays_of_another_form_are_refused(moving, wrong) -> None:
    """The code would read and write beyond them."""
    rest = np.zeros((1, LANES))
    with pytest.raises(ValueError, match=r"an array of .*; expected \(2, 8\), float64"):
        moving([wrong, rest], [np.zeros((2, LANES)), rest, rest])


def test_arrays_of_different_times_are_refused(moving) -> None:
    rest = np.zeros((1, LANES))
    with pytest.raises(ValueError, match=r"arrays of \[2, 3\] times"):
        moving([np.zeros((2, 2, LANES)), rest], [np.zeros((3, 2, LANES)), rest, rest])
    with pytest.raises(ValueError, match="longer"):
        moving([np.zeros((2, LANES)), rest], [np.zeros((2, LANES)), rest])


def test_a_share_that_is_next_to_nothing_has_a_derivative() -> None:
    """An exponential of -774 would be zero, and the derivative of its logarithm zero over zero."""
    from yupana.fit.ways import Way
    from yupana.model.engine import enable_double

    xp = enable_double().numpy

    def function(x):
        weights = xp.exp(-x)
        share = weights / (weights[0] + weights[1])
        return (xp.exp(xp.log(share) + 1.0),)

    way = Way(function, (np.ones((2, 1)),), 1, 1)
    x = np.repeat([[1.0], [774.0]], LANES, axis=1)
    to = np.zeros((2, LANES))
    way.pull((x,), (np.ones((2, LANES)),), (to,))
    assert to == pytest.approx(np.zeros((2, LANES)), abs=1e-12)
