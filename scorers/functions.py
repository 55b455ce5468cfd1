"""Values of the functions that a formula may call."""

from __future__ import annotations

import math
from collections.abc import Callable
from fractions import Fraction
from typing import Any, Protocol

from scorers.precision import Undefined, Value, is_exact, snap
from scorers.syntax import TooLarge, Unreadable


class Evaluator(Protocol):
    """What the functions need of `scorers.numeric.Evaluator`, which calls them."""

    digits: int
    left_reals: bool

    @property
    def mp(self) -> Any:
        """The mpmath context."""

    def real(self, value: Value) -> Any:
        """The value as a number of the context."""

    def tidy(self, value: Any) -> Value:
        """The value without rounding noise."""

    def charge(self, bits: int) -> None:
        """Account for an operation on exact numbers of this size."""


def call(evaluator: Evaluator, name: str, arguments: list[Value]) -> Value:
    """The value of a function; raises Undefined at a pole, TooLarge and Unreadable."""
    if name in _INTEGER:
        return _integer(evaluator, name, arguments)
    if name == "log":
        return _log(evaluator, arguments)
    if len(arguments) != 1:
        raise Unreadable(f"arguments of {name}")
    if name in _PLAIN:
        return _PLAIN[name](evaluator, arguments[0])
    return _transcendental(evaluator, name, arguments[0])


def _integer(evaluator: Evaluator, name: str, arguments: list[Value]) -> Value:
    values = [snap(value, evaluator.digits) for value in arguments]
    if name in ("max", "min"):
        if any(hasattr(value, "imag") and not is_exact(value) and value.imag != 0 for value in values):
            raise Undefined("an order of complex numbers")
        choose = max if name == "max" else min
        return choose(values, key=evaluator.real)
    if not all(is_exact(value) and value.denominator == 1 for value in values):
        raise Unreadable(f"{name} of numbers that are not integers")
    if name == "gcd":
        return Fraction(math.gcd(*(int(value) for value in values)))
    found = 1
    for value in values:
        found = math.lcm(found, int(value))
        evaluator.charge(found.bit_length())
    return Fraction(found)


_INTEGER = frozenset({"gcd", "lcm", "max", "min"})


def _log(evaluator: Evaluator, arguments: list[Value]) -> Value:
    mp = evaluator.mp
    logs = []
    for value in arguments:
        if value == 0:
            raise Undefined("a logarithm of zero")
        number = evaluator.real(value)
        if not isinstance(number, mp.mpc) and number < 0:
            evaluator.left_reals = True
        logs.append(mp.log(number))
    if len(logs) == 1:
        return Fraction(0) if arguments[0] == 1 else evaluator.tidy(logs[0])
    if len(logs) != 2 or logs[1] == 0:
        raise Undefined("a logarithm to the base one")
    return evaluator.tidy(logs[0] / logs[1])


def _floor(evaluator: Evaluator, value: Value) -> Value:
    value = snap(value, evaluator.digits)
    if is_exact(value):
        return Fraction(math.floor(value))
    mp = evaluator.mp
    if isinstance(value, mp.mpc) or abs(value) > 10**40:
        raise Undefined("a floor out of bounds")
    return Fraction(int(mp.floor(value)))


def _ceil(evaluator: Evaluator, value: Value) -> Value:
    return -_floor(evaluator, -value)


def _sgn(evaluator: Evaluator, value: Value) -> Value:
    number = evaluator.real(value)
    if isinstance(number, evaluator.mp.mpc):
        raise Undefined("a sign of a complex number")
    return Fraction((number > 0) - (number < 0))


def _exp(evaluator: Evaluator, value: Value) -> Value:
    if value == 0:
        return Fraction(1)
    number = evaluator.real(value)
    if abs(number) > 10**9:
        raise TooLarge("an exponential is too large")
    return evaluator.tidy(evaluator.mp.exp(number))


def _log10(evaluator: Evaluator, value: Value) -> Value:
    return _log(evaluator, [value, Fraction(10)])


def _part(name: str) -> Callable[[Evaluator, Value], Value]:
    def part(evaluator: Evaluator, value: Value) -> Value:
        if is_exact(value):
            return value if name == "real" else Fraction(0)
        return getattr(evaluator.mp.mpc(value), name)

    return part


def _conj(evaluator: Evaluator, value: Value) -> Value:
    return value if is_exact(value) else evaluator.tidy(evaluator.mp.conj(value))


def _zeta(evaluator: Evaluator, value: Value) -> Value:
    if not is_exact(value) or not 1 < value <= 1000:
        raise Unreadable("the zeta function outside of its series")
    return evaluator.tidy(evaluator.mp.zeta(evaluator.real(value)))


_PLAIN: dict[str, Callable[[Evaluator, Value], Value]] = {
    "abs": lambda evaluator, value: abs(value),
    "floor": _floor,
    "ceil": _ceil,
    "sgn": _sgn,
    "exp": _exp,
    "zeta": _zeta,
    "conj": _conj,
    "log10": _log10,
    "Re": _part("real"),
    "Im": _part("imag"),
}

_NAMES = {
    "sin": "sin", "cos": "cos", "tan": "tan", "cot": "cot", "sec": "sec", "csc": "csc", "sinh": "sinh",
    "cosh": "cosh", "tanh": "tanh", "coth": "coth", "arcsin": "asin", "arccos": "acos", "arctan": "atan",
    "arccot": "acot", "arcsec": "asec", "arccsc": "acsc", "arg": "arg", "sech": "sech", "csch": "csch",
    "arcsinh": "asinh", "arccosh": "acosh", "arctanh": "atanh",
}  # fmt: skip
_AT_ZERO = {
    "sin": 0, "cos": 1, "tan": 0, "sec": 1, "sinh": 0, "cosh": 1, "tanh": 0, "sech": 1, "arcsin": 0, "arctan": 0,
    "arcsinh": 0, "arctanh": 0,
}  # fmt: skip


def _transcendental(evaluator: Evaluator, name: str, value: Value) -> Value:
    if name not in _NAMES:
        raise Unreadable(f"unknown function {name[:30]}")
    if value == 0 and name in _AT_ZERO:
        return Fraction(_AT_ZERO[name])
    mp = evaluator.mp
    number: Any = evaluator.real(value)
    if abs(number) > 10**20 or (name.endswith("h") and abs(number) > 10**8):
        raise TooLarge(f"{name} of a large number")
    result = getattr(mp, _NAMES[name])(number)
    if isinstance(result, mp.mpc) and not isinstance(number, mp.mpc):
        evaluator.left_reals = True
    size, noise = abs(result), mp.mpf(10) ** (25 - evaluator.digits)
    if size * noise > 1:
        raise Undefined(f"a pole of {name}")
    # The noise of pi in the argument: sin(pi) is zero, not 1e-80.
    return Fraction(0) if size < noise * max(1, abs(number)) and abs(number) > 0.1 else evaluator.tidy(result)
