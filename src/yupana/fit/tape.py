"""A traced function as a tape: the numbers it works out one by one, with no arrays left.

The model writes sums and small systems out element by element. As a program of arrays, its derivative
consists of thousands of tiny operations, each of which costs more to begin than to do. On a tape, taking an
element out of an array, or filling an array with zeros to add one element, is no operation at all: what is
left is arithmetic, and what is known beforehand, or worked out twice, is worked out once.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np

INPUT, CONSTANT = "input", "constant"
COMPARED = ("eq", "ne", "lt", "le", "gt", "ge")


class Node(NamedTuple):
    """One number, or one truth value.

    Attributes
    ----------
    what : ``"input"``, ``"constant"``, or the name of an operation.
    of : places of what it is worked out from; of an input the argument and the row; of a constant its kind.
    value : of a constant.
    """

    what: str
    of: tuple[int, ...] = ()
    value: float | bool = 0.0


@dataclass
class Tape:
    """Nodes in an order in which each follows what it needs.

    Attributes
    ----------
    nodes : list of Node.
    outputs : of each result, places of its elements in the order of its leaves.
    rows : elements of each argument.
    """

    nodes: list[Node] = field(default_factory=list)
    outputs: list[list[int]] = field(default_factory=list)
    rows: list[int] = field(default_factory=list)
    _known: dict[Node, int] = field(default_factory=dict)

    def add(self, node: Node) -> int:
        """Return the place of a node, which is the one it has if the tape holds it already."""
        if node not in self._known:
            self._known[node] = len(self.nodes)
            self.nodes.append(node)
        return self._known[node]

    def constant(self, value: float | bool) -> int:
        """Return the place of a constant."""
        # zero equals minus zero, and one equals true: `of` tells them apart
        if isinstance(value, bool):
            return self.add(Node(CONSTANT, (2,), value))
        return self.add(Node(CONSTANT, (int(np.signbit(value)),), float(value)))

    def known(self, place: int) -> float | bool | None:
        """Return the value of a constant, None of anything else."""
        node = self.nodes[place]
        return node.value if node.what == CONSTANT else None

    def live(self) -> list[int]:
        """Return the places that outputs need, in order."""
        needed = np.zeros(len(self.nodes), dtype=bool)
        for places in self.outputs:
            needed[places] = True
        for place in range(len(self.nodes) - 1, -1, -1):
            node = self.nodes[place]
            if needed[place] and node.what not in (INPUT, CONSTANT):
                needed[list(node.of)] = True
        return [int(place) for place in np.flatnonzero(needed)]


def taped(function: Callable[..., Any], *examples: Any) -> Tape:
    """Return the tape of a function.

    Parameters
    ----------
    function : of trees of JAX arrays, returning a tuple of trees. It must treat every column alike.
    examples : its arguments with one column, batch last; values do not matter, shapes do.

    Raises
    ------
    NotImplementedError
        If the function uses an operation that has no entry here.
    """
    import jax

    program = jax.make_jaxpr(function)(*examples)
    results = jax.eval_shape(function, *examples)
    tape, inputs = Tape(), []
    for place, tree in enumerate(examples):
        rows = 0
        for leaf in jax.tree.leaves(tree):
            size = int(np.prod(np.shape(leaf)))
            nodes = [tape.add(Node(INPUT, (place, rows + row))) for row in range(size)]
            inputs.append(np.array(nodes, dtype=np.int64).reshape(np.shape(leaf)))
            rows += size
        tape.rows.append(rows)
    found = iter(_Reader(tape).read(program.jaxpr, program.consts, inputs))
    for tree in results:
        taken = [next(found) for _ in jax.tree.leaves(tree)]
        tape.outputs.append([int(place) for array in taken for place in array.ravel()])
    return tape


class _Reader:
    """Reads programs of arrays onto a tape; arrays of places stand for arrays of numbers."""

    def __init__(self, tape: Tape) -> None:
        self.tape = tape

    def read(self, program: Any, constants: Sequence[Any], inputs: Sequence[np.ndarray]) -> list[np.ndarray]:
        """Return the places of what a program returns."""
        from jax.extend.core import Literal

        names: dict[Any, np.ndarray] = dict(zip(program.invars, inputs, strict=True))
        for name, value in zip(program.constvars, constants, strict=True):
            names[name] = self.held(value)

        def value(name: Any) -> np.ndarray:
            return self.held(name.val) if isinstance(name, Literal) else names[name]

        for one in program.eqns:
            made = self.step(one, [value(name) for name in one.invars])
            names |= zip(one.outvars, made, strict=True)
        return [value(name) for name in program.outvars]

    def held(self, value: Any) -> np.ndarray:
        """Return the places of an array of constants."""
        array = np.asarray(value)
        places = [self.tape.constant(bool(x) if array.dtype == bool else float(x)) for x in array.ravel()]
        return np.array(places, dtype=np.int64).reshape(array.shape)

    def step(self, one: Any, inputs: list[np.ndarray]) -> list[np.ndarray]:
        """Return the places of what one equation makes."""
        within = next((one.params[key] for key in ("jaxpr", "call_jaxpr") if key in one.params), None)
        if within is not None:
            return self.read(getattr(within, "jaxpr", within), getattr(within, "consts", ()), inputs)
        name = one.primitive.name
        if name in _ARRANGED:
            return _ARRANGED[name](self, one.params, inputs)
        if name in _WORKED_OUT:
            shape = one.outvars[0].aval.shape
            places = [np.broadcast_to(places, shape).ravel() for places in inputs]
            made = [_WORKED_OUT[name](self, one.params, *each) for each in zip(*places, strict=True)]
            return [np.array(made, dtype=np.int64).reshape(shape)]
        raise NotImplementedError(f"no entry for the operation {name!r} of a traced program: {one}"[:400])

    def sum(self, places: np.ndarray, axes: Sequence[int]) -> np.ndarray:
        """Return the places of sums along axes, added in order."""
        for axis in sorted(axes, reverse=True):
            parts = list(np.moveaxis(places, axis, 0))
            places = parts[0] if parts else np.full(np.delete(places.shape, axis), self.tape.constant(0.0))
            for part in parts[1:]:
                added = [self.plus(int(a), int(b)) for a, b in zip(places.ravel(), part.ravel(), strict=True)]
                places = np.array(added, dtype=np.int64).reshape(part.shape)
        return places

    def plus(self, a: int, b: int) -> int:
        """Return the place of a sum."""
        x, y = self.tape.known(a), self.tape.known(b)
        if x is not None and y is not None:
            return self.tape.constant(x + y)
        if x == 0.0:
            return b
        if y == 0.0:
            return a
        for one, other in ((a, b), (b, a)):
            if self.tape.nodes[other].what == "neg":
                return self.tape.add(Node("sub", (one, *self.tape.nodes[other].of)))
        return self.tape.add(Node("add", (min(a, b), max(a, b))))

    def minus(self, a: int, b: int) -> int:
        """Return the place of a difference."""
        x, y = self.tape.known(a), self.tape.known(b)
        if x is not None and y is not None:
            return self.tape.constant(x - y)
        if y == 0.0:
            return a
        return self.negative(b) if x == 0.0 else self.tape.add(Node("sub", (a, b)))

    def times(self, a: int, b: int) -> int:
        """Return the place of a product; by a known zero it is zero, whatever the other may be."""
        x, y = self.tape.known(a), self.tape.known(b)
        if x is not None and y is not None:
            return self.tape.constant(x * y)
        for value, other in ((x, b), (y, a)):
            if value == 0.0:
                return self.tape.constant(0.0)
            if value in (1.0, -1.0):
                return other if value == 1.0 else self.negative(other)
        return self.tape.add(Node("mul", (min(a, b), max(a, b))))

    def over(self, a: int, b: int) -> int:
        """Return the place of a quotient."""
        x, y = self.tape.known(a), self.tape.known(b)
        if x is not None and y is not None and y != 0.0:
            return self.tape.constant(x / y)
        if x == 0.0:
            return self.tape.constant(0.0)
        return a if y == 1.0 else self.tape.add(Node("div", (a, b)))

    def negative(self, a: int) -> int:
        """Return the place of a number with the other sign."""
        x, node = self.tape.known(a), self.tape.nodes[a]
        if x is not None:
            return self.tape.constant(-x)
        return node.of[0] if node.what == "neg" else self.tape.add(Node("neg", (a,)))

    def power(self, a: int, times: int) -> int:
        """Return the place of a whole power."""
        if times < 0:
            return self.over(self.tape.constant(1.0), self.power(a, -times))
        if times == 0:
            return self.tape.constant(1.0)
        half = self.power(a, times // 2)
        square = self.times(half, half) if times > 1 else half
        return self.times(square, a) if times % 2 else square

    def chosen(self, which: int, no: int, yes: int) -> int:
        """Return the place of one of two values, by a truth value."""
        known = self.tape.known(which)
        if known is not None:
            return yes if known else no
        return yes if yes == no else self.tape.add(Node("select", (which, yes, no)))

    def compared(self, how: str, a: int, b: int) -> int:
        """Return the place of a truth value."""
        x, y = self.tape.known(a), self.tape.known(b)
        if x is not None and y is not None:
            return self.tape.constant(bool(_COMPARED[how](x, y)))
        return self.tape.add(Node(how, (a, b)))

    def function(self, name: str, *places: int) -> int:
        """Return the place of a function of numbers."""
        values = [self.tape.known(place) for place in places]
        if name in _FUNCTIONS and None not in values:
            return self.tape.constant(float(_FUNCTIONS[name](*values)))
        return self.tape.add(Node(name, places))

    def converted(self, params: Any, place: int) -> int:
        """Return the place of a number of another type; a truth value becomes one or zero."""
        wanted = np.dtype(params["new_dtype"]).kind == "b"
        truth = self.tape.nodes[place].what in COMPARED or isinstance(self.tape.known(place), bool)
        if truth == wanted:
            return place
        if not truth:
            raise NotImplementedError("no entry for a number read as a truth value")
        return self.chosen(place, self.tape.constant(0.0), self.tape.constant(1.0))


_COMPARED: dict[str, Callable[..., Any]] = {
    "eq": operator.eq, "ne": operator.ne, "lt": operator.lt, "le": operator.le, "gt": operator.gt,
    "ge": operator.ge,
}  # fmt: skip
_FUNCTIONS: dict[str, Callable[..., float]] = {
    "exp": np.exp, "log": np.log, "log1p": np.log1p, "tanh": np.tanh, "sqrt": np.sqrt, "abs": np.abs,
    "max": max, "min": min,
}  # fmt: skip
_WORKED_OUT: dict[str, Callable[..., int]] = {
    "add": lambda r, _, a, b: r.plus(a, b),
    "add_any": lambda r, _, a, b: r.plus(a, b),
    "sub": lambda r, _, a, b: r.minus(a, b),
    "mul": lambda r, _, a, b: r.times(a, b),
    "div": lambda r, _, a, b: r.over(a, b),
    "neg": lambda r, _, a: r.negative(a),
    "integer_pow": lambda r, params, a: r.power(a, params["y"]),
    "square": lambda r, _, a: r.times(a, a),
    "select_n": lambda r, _, which, no, yes: r.chosen(which, no, yes),
    "convert_element_type": lambda r, params, a: r.converted(params, a),
    **{how: lambda r, _, a, b, how=how: r.compared(how, a, b) for how in COMPARED},
    **{name: lambda r, _, *of, name=name: r.function(name, *of) for name in _FUNCTIONS},
}
"""Operations on numbers, element by element: (reader, parameters, places) -> place."""


def _same(_: Any, __: Any, inputs: list[np.ndarray]) -> list[np.ndarray]:
    return inputs


def _slice(_: Any, params: Any, inputs: list[np.ndarray]) -> list[np.ndarray]:
    strides = params["strides"] or (1,) * inputs[0].ndim
    cuts = zip(params["start_indices"], params["limit_indices"], strides, strict=True)
    return [inputs[0][tuple(slice(*cut) for cut in cuts)]]


def _broadcast(_: Any, params: Any, inputs: list[np.ndarray]) -> list[np.ndarray]:
    shape, kept = params["shape"], params["broadcast_dimensions"]
    spread = [1] * len(shape)
    for axis, size in zip(kept, inputs[0].shape, strict=True):
        spread[axis] = size
    return [np.broadcast_to(inputs[0].reshape(spread), shape)]


def _pad(_: Any, params: Any, inputs: list[np.ndarray]) -> list[np.ndarray]:
    array, filling = inputs
    config = params["padding_config"]
    if any(low < 0 or high < 0 for low, high, _ in config):
        raise NotImplementedError("no entry for padding that cuts off")
    sizes = [low + high + size + max(size - 1, 0) * between
             for size, (low, high, between) in zip(array.shape, config, strict=True)]  # fmt: skip
    out = np.full(sizes, filling)
    places = zip(array.shape, config, strict=True)
    out[tuple(slice(low, low + size + max(size - 1, 0) * between, between + 1)
              for size, (low, _, between) in places)] = array  # fmt: skip
    return [out]


def _parts(sizes: Sequence[int]) -> Iterator[slice]:
    ends = np.cumsum([0, *sizes])
    return (slice(int(a), int(b)) for a, b in pairwise(ends))


_ARRANGED: dict[str, Callable[[_Reader, Any, list[np.ndarray]], list[np.ndarray]]] = {
    "optimization_barrier": _same,
    "stop_gradient": _same,
    "copy": _same,
    "slice": _slice,
    "squeeze": lambda _, params, inputs: [inputs[0].squeeze(tuple(params["dimensions"]))],
    "reshape": lambda _, params, inputs: [inputs[0].reshape(params["new_sizes"])],
    "transpose": lambda _, params, inputs: [inputs[0].transpose(params["permutation"])],
    "broadcast_in_dim": _broadcast,
    "pad": _pad,
    "concatenate": lambda _, params, inputs: [np.concatenate(inputs, axis=params["dimension"])],
    "stack": lambda _, params, inputs: [np.stack(inputs, axis=params.get("axis", 0))],
    "unstack": lambda _, params, inputs: list(np.moveaxis(inputs[0], params.get("axis", 0), 0)),
    "split": lambda _, params, inputs: [
        np.moveaxis(np.moveaxis(inputs[0], params["axis"], 0)[part], 0, params["axis"])
        for part in _parts(params["sizes"])
    ],
    "reduce_sum": lambda reader, params, inputs: [reader.sum(inputs[0], params["axes"])],
}
"""Operations that put elements elsewhere, and sums: (reader, parameters, arrays of places) -> the same."""
