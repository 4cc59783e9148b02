"""Machine code for a tape: straight through, eight columns at a time.

Every number of a tape is a vector of as many columns as a processor's widest register holds, and stays in
registers or in a small scratch memory. The code is cut into functions of some hundred operations, as a
compiler needs much longer for one of ten thousand; what later functions need is handed on in the scratch
memory.
"""

from __future__ import annotations

import ctypes
import threading
from collections.abc import Sequence
from typing import Any

import numpy as np

from yupana.fit.elementary import NAMES, functions, number
from yupana.fit.tape import COMPARED, CONSTANT, INPUT, Tape

LANES = 8
"""Columns worked out together: doubles in the widest register of today's processors."""
CHUNK = 200
"""Operations of one function."""
_VECTOR = f"<{LANES} x double>"
_TRUTH = f"<{LANES} x i1>"
_PLAIN = {"add": "fadd", "sub": "fsub", "mul": "fmul", "div": "fdiv"}
_INTRINSIC = {"sqrt": "sqrt", "abs": "fabs", "max": "maximum", "min": "minimum"}
_ORDER = {"eq": "oeq", "ne": "une", "lt": "olt", "le": "ole", "gt": "ogt", "ge": "oge"}


class Machine:
    """A tape as machine code.

    Attributes
    ----------
    rows : elements of each argument. made : elements of each result. operations : of the tape.
    """

    def __init__(self, tape: Tape, added: Sequence[int] = ()) -> None:
        """Compile a tape.

        Parameters
        ----------
        added : results that are added to what their arrays hold; others are stored.
        """
        self.rows, self.made = tuple(tape.rows), tuple(len(places) for places in tape.outputs)
        writer = _Writer(tape, frozenset(added))
        text = writer.text()
        self.operations, self.slots = writer.operations, writer.slots
        self._engine, self._memory = _compiled(text), threading.local()
        self._call = ctypes.CFUNCTYPE(None, ctypes.c_void_p, ctypes.c_void_p, ctypes.c_int64)(
            self._engine.get_function_address("all")
        )

    def __call__(
        self, inputs: Sequence[np.ndarray], outputs: Sequence[np.ndarray], backwards: bool = False
    ) -> None:
        """Work out the results of some columns, several times over where an array has an axis of times.

        Parameters
        ----------
        inputs, outputs : (row, LANES) each, or (time, row, LANES), contiguous and in double precision, one
            for each argument or result. Those with an axis of times are gone through one by one.
        backwards : whether from the last time to the first.

        Raises
        ------
        ValueError
            If an array is not as the tape needs it: the code would read or write elsewhere.
        """
        sizes = (*self.rows, *self.made)
        times = {len(array) for array in (*inputs, *outputs) if array.ndim == 3} or {1}
        if len(times) > 1:
            raise ValueError(f"arrays of {sorted(times)} times; expected as many in each")
        (count,) = times
        at = np.zeros((2, len(sizes)), dtype=np.int64)
        for i, (array, rows) in enumerate(zip((*inputs, *outputs), sizes, strict=True)):
            at[:, i] = _place(array, rows, backwards)
        if not hasattr(self._memory, "scratch"):
            self._memory.scratch = np.zeros((self.slots, LANES))
        self._call(at.ctypes.data, self._memory.scratch.ctypes.data, count)


def _place(array: np.ndarray, rows: int, backwards: bool) -> tuple[int, int]:
    """Return where an array begins in memory and how far it is to its next time, in bytes."""
    if array.shape[-2:] != (rows, LANES) or array.dtype != np.float64 or not array.flags.c_contiguous:
        raise ValueError(f"an array of {array.shape}, {array.dtype}; expected ({rows}, {LANES}), float64")
    first = array.__array_interface__["data"][0]
    if array.ndim == 2:
        return first, 0
    size = array.strides[0]
    return (first + (len(array) - 1) * size, -size) if backwards else (first, size)


class _Writer:
    """Writes a tape as a program of LLVM, function by function."""

    def __init__(self, tape: Tape, added: frozenset[int]) -> None:
        self.tape, self.added = tape, added
        order = [place for place in tape.live() if tape.nodes[place].what not in (INPUT, CONSTANT)]
        self.operations = len(order)
        self.chunks = [order[at : at + CHUNK] for at in range(0, len(order), CHUNK)] or [[]]
        self.home = {place: i for i, chunk in enumerate(self.chunks) for place in chunk}
        self.last: dict[int, int] = {}
        for i, chunk in enumerate(self.chunks):
            for place in chunk:
                self.last |= {other: i for other in tape.nodes[place].of if other in self.home}
        self.wanted: dict[int, list[tuple[int, int]]] = {}
        for result, places in enumerate(tape.outputs):
            for row, place in enumerate(places):
                self.wanted.setdefault(place, []).append((result, row))
        self.slots = 0
        self.slot = self._slots()

    def _slots(self) -> dict[int, int]:
        """Return where in the scratch memory values lie that later functions need."""
        free: list[int] = []
        slot: dict[int, int] = {}
        ends: dict[int, list[int]] = {}
        for i, chunk in enumerate(self.chunks):
            for place in chunk:
                if self.last.get(place, i) > i:
                    if not free:
                        free.append(self.slots)
                        self.slots += 1
                    slot[place] = free.pop()
                    ends.setdefault(self.last[place], []).append(slot[place])
            free += ends.pop(i, [])
        return slot

    def text(self) -> str:
        """Return the program."""
        parts = [_Part(self).text(i) for i in range(len(self.chunks))]
        parts.append(self._repeated())
        parts.append(functions(LANES))
        for name, intrinsic in _INTRINSIC.items():
            given = ", ".join([_VECTOR] * (2 if name in ("max", "min") else 1))
            parts.append(f"declare {_VECTOR} @llvm.{intrinsic}.v{LANES}f64({given})")
        parts.append(
            'attributes #0 = { nounwind "prefer-vector-width"="512" "min-legal-vector-width"="512" }\n'
        )
        return "\n".join(parts)

    def _repeated(self) -> str:
        """Return the function that calls all others in turn, and again at the next time of its arrays."""
        count, inputs = len(self.tape.rows) + len(self.tape.outputs), len(self.tape.rows)
        lines = [f"  call void @part{i}(ptr %at, ptr %out, ptr %mem)" for i in range(len(self.chunks))]
        for i in range(count):
            lines += [
                f"  %p{i} = getelementptr i64, ptr %at, i64 {i}",
                f"  %d{i} = getelementptr i64, ptr %at, i64 {count + i}",
                f"  %now{i} = load i64, ptr %p{i}",
                f"  %step{i} = load i64, ptr %d{i}",
                f"  %next{i} = add i64 %now{i}, %step{i}",
                f"  store i64 %next{i}, ptr %p{i}",
            ]
        return "\n".join([
            "define void @all(ptr %at, ptr %mem, i64 %times) {",
            "start:",
            f"  %out = getelementptr i64, ptr %at, i64 {inputs}",
            "  br label %again",
            "again:",
            "  %done = phi i64 [ 0, %start ], [ %more, %again ]",
            *lines,
            "  %more = add i64 %done, 1",
            "  %left = icmp slt i64 %more, %times",
            "  br i1 %left, label %again, label %end",
            "end:",
            "  ret void\n}\n",
        ])  # fmt: skip


class _Part:
    """Writes one of the functions of a tape."""

    def __init__(self, whole: _Writer) -> None:
        self.whole, self.nodes = whole, whole.tape.nodes
        self.lines: list[str] = []
        self.bases: dict[str, str] = {}
        self.names: dict[int, str] = {}

    def text(self, which: int) -> str:
        """Return the function of a chunk; the last also gives the results that are inputs or constants."""
        for place in self.whole.chunks[which]:
            node = self.nodes[place]
            given = [self.value(other) for other in node.of]
            self.lines.append(f"  %v{place} = {_operation(node.what, given)}")
            self.names[place] = f"%v{place}"
            if place in self.whole.slot:
                self.store(place, self.pointer(f"%v{place}.m", "%mem", self.whole.slot[place]))
            self.give(place)
        if which == len(self.whole.chunks) - 1:
            for place in self.whole.wanted:
                if place not in self.whole.home:
                    self.give(place)
        head = f"define internal void @part{which}(ptr noalias %in, ptr noalias %out, ptr noalias %mem) #0 {{"
        return "\n".join([head, *self.bases.values(), *self.lines, "  ret void\n}\n"])

    def base(self, side: str, number: int) -> str:
        """Return the name of where an argument or a result begins."""
        name = f"%{side}{number}"
        self.bases[name] = (
            f"  {name}.at = getelementptr ptr, ptr %{side}, i64 {number}\n  {name} = load ptr, ptr {name}.at"
        )
        return name

    def pointer(self, name: str, start: str, row: int) -> str:
        """Return the name of where a row lies."""
        self.lines.append(f"  {name} = getelementptr {_VECTOR}, ptr {start}, i64 {row}")
        return name

    def value(self, place: int) -> str:
        """Return the name of a number, loaded where the function has not seen it yet, or the constant."""
        node = self.nodes[place]
        if node.what == CONSTANT:
            return _constant(node.value)
        if place in self.names:
            return self.names[place]
        name = self.names[place] = f"%v{place}"
        start = (
            (self.base("in", node.of[0]), node.of[1])
            if node.what == INPUT
            else ("%mem", self.whole.slot[place])
        )
        at = self.pointer(f"{name}.p", *start)
        if node.what in COMPARED:
            self.lines.append(f"  {name}.f = load {_VECTOR}, ptr {at}, align 8")
            self.lines.append(f"  {name} = fcmp une {_VECTOR} {name}.f, zeroinitializer")
        else:
            self.lines.append(f"  {name} = load {_VECTOR}, ptr {at}, align 8")
        return name

    def store(self, place: int, at: str) -> None:
        """Store a number, or a truth value as one or zero."""
        name = self.value(place)
        if self.nodes[place].what in COMPARED:
            self.lines.append(f"  {at}.f = uitofp {_TRUTH} {name} to {_VECTOR}")
            name = f"{at}.f"
        self.lines.append(f"  store {_VECTOR} {name}, ptr {at}, align 8")

    def give(self, place: int) -> None:
        """Store a number in the results that hold it, or add it to them."""
        for result, row in self.whole.wanted.get(place, ()):
            at = self.pointer(f"%o{result}.{row}", self.base("out", result), row)
            if result not in self.whole.added:
                self.store(place, at)
                continue
            self.lines.append(f"  {at}.b = load {_VECTOR}, ptr {at}, align 8")
            self.lines.append(f"  {at}.s = fadd {_VECTOR} {at}.b, {self.value(place)}")
            self.lines.append(f"  store {_VECTOR} {at}.s, ptr {at}, align 8")


def _operation(what: str, given: list[str]) -> str:
    if what in _PLAIN:
        return f"{_PLAIN[what]} {_VECTOR} {given[0]}, {given[1]}"
    if what == "neg":
        return f"fneg {_VECTOR} {given[0]}"
    if what in _ORDER:
        return f"fcmp {_ORDER[what]} {_VECTOR} {given[0]}, {given[1]}"
    if what == "select":
        return f"select {_TRUTH} {given[0]}, {_VECTOR} {given[1]}, {_VECTOR} {given[2]}"
    name = f"lanes_{what}" if what in NAMES else f"llvm.{_INTRINSIC[what]}.v{LANES}f64"
    return f"call {_VECTOR} @{name}({', '.join(f'{_VECTOR} {one}' for one in given)})"


def _constant(value: float | bool) -> str:
    if isinstance(value, bool):
        return f"<{', '.join([f'i1 {str(value).lower()}'] * LANES)}>"
    return f"<{', '.join([f'double {number(value)}'] * LANES)}>"


def _compiled(text: str) -> Any:
    import llvmlite.binding as llvm

    llvm.initialize_native_target()
    llvm.initialize_native_asmprinter()
    machine = llvm.Target.from_default_triple().create_target_machine(
        cpu=llvm.get_host_cpu_name(), features=llvm.get_host_cpu_features().flatten(), opt=2
    )
    module = llvm.parse_assembly(text)
    engine = llvm.create_mcjit_compiler(module, machine)
    engine.finalize_object()
    return engine
