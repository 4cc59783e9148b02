"""Exponentials and logarithms of several numbers at once, as text of LLVM.

A library takes one number at a time; a month of the model asks for twelve hundred of eight each. Both are
brought to a small range by powers of two and worked out there by their series: the exponential by Taylor's
up to the thirteenth power of at most ``log(2) / 2``, the logarithm of ``1 + f`` by that of ``s = f / (2 +
f)`` up to the 23rd power of at most 0.172. The other two follow from them by quotients that keep the digits
of small numbers. Exponential and logarithm are within one unit in the last place, the others within four;
a logarithm of less than 1e-307 is minus infinity, an exponential above e**709 infinite. None is zero: below
e**-690 it stays what it is there. The model takes logarithms of shares that are exponentials, and where a
share is exactly zero the derivative of its logarithm is zero over zero.
"""

from __future__ import annotations

import struct
from decimal import Decimal, getcontext
from math import factorial

NAMES = ("exp", "log", "log1p", "tanh")
_LARGEST, _SMALLEST = 709.0, -690.0
_SATURATED = 20.0  # beyond which a hyperbolic tangent is one
_TERMS_EXP, _TERMS_LOG = 13, 11


def number(value: float) -> str:
    """Return a number as LLVM reads it, to the last bit."""
    return f"0x{struct.unpack('<Q', struct.pack('<d', value))[0]:016X}"


def _bits(value: float) -> int:
    return struct.unpack("<q", struct.pack("<d", value))[0]


def _two_parts() -> tuple[float, float]:
    """Return the logarithm of two in 21 digits, whose products with exponents are exact, and the rest."""
    getcontext().prec = 60
    exact = Decimal(2).ln()
    high = struct.unpack("<d", struct.pack("<q", _bits(float(exact)) & ~0xFFFFFFFF))[0]
    return high, float(exact - Decimal(high))


class _Body:
    """Lines of a function of vectors, each with a name of its own."""

    def __init__(self, lanes: int) -> None:
        self.lanes, self.lines, self.count = lanes, [], 0
        self.f, self.i, self.b = f"<{lanes} x double>", f"<{lanes} x i64>", f"<{lanes} x i1>"

    def add(self, line: str) -> str:
        """Return the name of what a line works out."""
        self.count += 1
        self.lines.append(f"  %t{self.count} = {line}")
        return f"%t{self.count}"

    def all(self, value: float | int) -> str:
        """Return a vector of one number."""
        if isinstance(value, int):
            return f"<{', '.join([f'i64 {value}'] * self.lanes)}>"
        return f"<{', '.join([f'double {number(value)}'] * self.lanes)}>"

    def two(self, what: str, a: str, b: str | float) -> str:
        """Return an operation on two vectors, or on one and a number."""
        return self.add(f"{what} {self.f} {a}, {b if isinstance(b, str) else self.all(b)}")

    def whole(self, what: str, a: str, b: int | str) -> str:
        """Return an operation on whole numbers."""
        return self.add(f"{what} {self.i} {a}, {b if isinstance(b, str) else self.all(b)}")

    def pick(self, test: str, yes: str | float, no: str) -> str:
        """Return one value or the other by a test."""
        chosen = yes if isinstance(yes, str) else self.all(yes)
        return self.add(f"select {self.b} {test}, {self.f} {chosen}, {self.f} {no}")

    def fused(self, a: str, b: str | float, c: str | float) -> str:
        """Return a times b plus c."""
        given = ", ".join(f"{self.f} {x if isinstance(x, str) else self.all(x)}" for x in (a, b, c))
        return self.add(f"call {self.f} @llvm.fmuladd.v{self.lanes}f64({given})")

    def call(self, name: str, a: str) -> str:
        """Return a function of a vector."""
        return self.add(f"call {self.f} @{name}({self.f} {a})")

    def series(self, at: str, terms: list[float]) -> str:
        """Return a polynomial, its highest power first."""
        value: str | float = terms[0]
        for term in terms[1:]:
            value = self.fused(at, value, term)
        return str(value)

    def function(self, name: str, result: str) -> str:
        """Return the text of the function, whose result is named."""
        lines = "\n".join(self.lines)
        head = f"define internal {self.f} @lanes_{name}({self.f} %x) noinline #0 {{"
        return f"{head}\n{lines}\n  ret {self.f} {result}\n}}\n"


def _exp(lanes: int) -> str:
    b, (high, low) = _Body(lanes), _two_parts()
    x = b.pick(b.two("fcmp olt", "%x", _LARGEST), "%x", b.all(_LARGEST))
    x = b.pick(b.two("fcmp ogt", x, _SMALLEST), x, b.all(_SMALLEST))
    times = b.call(f"llvm.nearbyint.v{lanes}f64", b.two("fmul", x, 1.0 / (high + low)))
    r = b.fused(times, -low, b.fused(times, -high, x))
    value = b.series(r, [1.0 / factorial(k) for k in range(_TERMS_EXP, -1, -1)])
    power = b.whole("shl", b.whole("add", b.add(f"fptosi {b.f} {times} to {b.i}"), 1023), 52)
    value = b.two("fmul", value, b.add(f"bitcast {b.i} {power} to {b.f}"))
    value = b.pick(b.two("fcmp ogt", "%x", _LARGEST), float("inf"), value)
    return b.function("exp", b.pick(b.two("fcmp uno", "%x", "%x"), "%x", value))


def _log(lanes: int) -> str:
    b, (high, low) = _Body(lanes), _two_parts()
    bits = b.add(f"bitcast {b.f} %x to {b.i}")
    power = b.whole("ashr", b.whole("sub", bits, _bits(0.5**0.5)), 52)
    rest = b.add(f"bitcast {b.i} {b.whole('sub', bits, b.whole('shl', power, 52))} to {b.f}")
    times = b.add(f"sitofp {b.i} {power} to {b.f}")
    f = b.two("fsub", rest, 1.0)
    s = b.two("fdiv", f, b.two("fadd", f, 2.0))
    z = b.two("fmul", s, s)
    tail = b.two("fmul", z, b.series(z, [2.0 / (2 * k + 1) for k in range(_TERMS_LOG, 0, -1)]))
    near = b.fused(times, low, b.two("fmul", s, b.two("fsub", tail, f)))
    value = b.fused(times, high, b.two("fadd", f, near))
    value = b.pick(b.two("fcmp olt", "%x", 2.0**-1022), float("-inf"), value)
    value = b.pick(b.two("fcmp olt", "%x", 0.0), float("nan"), value)
    odd = b.add(f"or {b.b} {b.two('fcmp uno', '%x', '%x')}, {b.two('fcmp oeq', '%x', float('inf'))}")
    return b.function("log", b.pick(odd, "%x", value))


def _log1p(lanes: int) -> str:
    b = _Body(lanes)
    u = b.two("fadd", "%x", 1.0)
    value = b.two("fmul", b.call("lanes_log", u), b.two("fdiv", "%x", b.two("fsub", u, 1.0)))
    value = b.pick(b.two("fcmp oeq", u, float("inf")), "%x", value)
    value = b.pick(b.two("fcmp oeq", "%x", -1.0), float("-inf"), value)
    return b.function("log1p", b.pick(b.two("fcmp oeq", u, 1.0), "%x", value))


def _tanh(lanes: int) -> str:
    b = _Body(lanes)
    x = b.pick(b.two("fcmp olt", "%x", _SATURATED), "%x", b.all(_SATURATED))
    x = b.pick(b.two("fcmp ogt", x, -_SATURATED), x, b.all(-_SATURATED))
    twice = b.two("fadd", x, x)
    u = b.call("lanes_exp", twice)
    less = b.two("fsub", u, 1.0)
    grown = b.two("fmul", less, b.two("fdiv", twice, b.call("lanes_log", u)))  # exp(2x) - 1
    grown = b.pick(b.two("fcmp oeq", u, 1.0), twice, grown)
    value = b.two("fdiv", grown, b.two("fadd", grown, 2.0))
    return b.function("tanh", b.pick(b.two("fcmp uno", "%x", "%x"), "%x", value))


def functions(lanes: int) -> str:
    """Return the functions ``lanes_exp`` and so on of vectors of `lanes` doubles; they have attributes #0."""
    f = f"<{lanes} x double>"
    declared = (f"declare {f} @llvm.fmuladd.v{lanes}f64({f}, {f}, {f})\n"
                f"declare {f} @llvm.nearbyint.v{lanes}f64({f})\n")  # fmt: skip
    return declared + "\n".join(made(lanes) for made in (_exp, _log, _log1p, _tanh))
