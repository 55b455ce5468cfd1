"""Inequalities between polynomials and rational functions of one variable, solved: `x² > 4` is `x < -2 or x > 2`.

Coefficients are rational. Real roots come from a polynomial without square factors, rational ones exactly, the others
to all digits, each proved by a change of sign between two fractions; between roots the sign is computed exactly.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from itertools import pairwise
from math import isqrt

from scorers.numeric import evaluate
from scorers.precision import DIGITS, Value, check_time, context, is_exact
from scorers.syntax import Node, Unreadable, symbols

Polynomial = tuple[Fraction, ...]
"""Coefficients from the constant on; no zero at the end."""
MAX_DEGREE = 10
MAX_BITS = 400
_ONE: Polynomial = (Fraction(1),)


def sign_changes(left: Node, right: Node) -> tuple[str, list[tuple[Value, bool]], list[int]]:
    """For `left - right` in one variable: its name, the real numbers where the sign may change with whether the
    difference is defined (and zero) there, in order, and the signs before, between and behind them.

    Raises Unreadable for other relations."""
    names = symbols(left) | symbols(right)
    if len(names) != 1:
        raise Unreadable("a relation on several variables")
    name = next(iter(names))
    top, bottom = _rational(Node("add", (left, Node("neg", (right,)))), name)
    if not top:
        raise Unreadable("both sides are the same")
    places = [(root, True) for root in _roots(top)]
    places += [(root, False) for root in _roots(bottom)]
    places.sort(key=lambda place: _float(place[0]))
    merged: list[tuple[Value, bool]] = []
    for root, defined in places:
        if merged and _float(merged[-1][0]) == _float(root):
            merged[-1] = (root, merged[-1][1] and defined)
        else:
            merged.append((root, defined))
    tests = _between([root for root, _ in merged])
    return name, merged, [_sign(top, at) * _sign(bottom, at) for at in tests]


def _float(value: Value) -> Value:
    mp = context(60)
    return mp.mpf(value.numerator) / value.denominator if is_exact(value) else +value


def _between(roots: Sequence[Value]) -> list[Fraction]:
    """A fraction before, between and behind the roots."""
    if not roots:
        return [Fraction(0)]
    near = [_near(root) for root in roots]
    middle = [(a + b) / 2 for a, b in pairwise(near)]
    return [near[0] - 1, *middle, near[-1] + 1]


def _near(value: Value) -> Fraction:
    if is_exact(value):
        return Fraction(value)
    return Fraction(int(context(80).floor(value * 10**50)), 10**50)


def _sign(polynomial: Polynomial, at: Fraction) -> int:
    value = _at(polynomial, at)
    return (value > 0) - (value < 0)


def _at(polynomial: Polynomial, at: Fraction) -> Fraction:
    value = Fraction(0)
    for coefficient in reversed(polynomial):
        value = value * at + coefficient
    return value


def radical(node: Node, name: str) -> Polynomial:
    """The polynomial in one variable that a formula is, without repeated roots and with 1 before its highest power.

    Raises Unreadable for other formulas, and for zero."""
    top, bottom = _rational(node, name)
    if not top or len(bottom) > 1:
        raise Unreadable("no polynomial")
    simple = _simple(top)
    return _scaled(simple, 1 / simple[-1])


# -------------------------------------------------------------------------------------------------------- polynomials


def _rational(node: Node, name: str) -> tuple[Polynomial, Polynomial]:
    """Numerator and denominator; raises Unreadable for other formulas."""
    if node.op == "sym" and node.name == name:
        return (Fraction(0), Fraction(1)), _ONE
    if not symbols(node):
        value = evaluate(node, {})[0]
        if not is_exact(value):
            raise Unreadable("a coefficient that is not rational")
        return _trimmed([value]), _ONE
    parts = [_rational(arg, name) for arg in node.args if node.op != "pow"]
    if node.op == "neg":
        return _scaled(parts[0][0], Fraction(-1)), parts[0][1]
    if node.op in ("add", "mul"):
        top, bottom = parts[0]
        for other, below in parts[1:]:
            sums = _sum(_product(top, below), _product(other, bottom))
            top, bottom = (sums if node.op == "add" else _product(top, other)), _product(bottom, below)
        return top, bottom
    if node.op == "div":
        (top, below), (other, bottom) = parts
        if not other:
            raise Unreadable("a division by zero")
        return _product(top, bottom), _product(below, other)
    if node.op == "pow" and node.args[1].op == "num" and (power := node.args[1].value) is not None:
        return _power(node.args[0], power, name)
    raise Unreadable("no rational function")


def _power(base: Node, power: Fraction, name: str) -> tuple[Polynomial, Polynomial]:
    if power.denominator != 1 or not 0 <= power <= MAX_DEGREE:
        raise Unreadable("no rational function")
    top, bottom = _ONE, _ONE
    factor, below = _rational(base, name)
    for _ in range(int(power)):
        top, bottom = _product(top, factor), _product(bottom, below)
    return top, bottom


def _trimmed(coefficients: Sequence[Fraction]) -> Polynomial:
    found = list(coefficients)
    while found and not found[-1]:
        found.pop()
    if len(found) > MAX_DEGREE + 1 or any(
        max(c.numerator.bit_length(), c.denominator.bit_length()) > MAX_BITS for c in found
    ):
        raise Unreadable("a polynomial that is too large")
    return tuple(found)


def _scaled(polynomial: Polynomial, factor: Fraction) -> Polynomial:
    return tuple(factor * coefficient for coefficient in polynomial)


def _sum(left: Polynomial, right: Polynomial) -> Polynomial:
    size = max(len(left), len(right))
    a, b = (tuple(p) + (Fraction(0),) * (size - len(p)) for p in (left, right))
    return _trimmed([x + y for x, y in zip(a, b, strict=True)])


def _product(left: Polynomial, right: Polynomial) -> Polynomial:
    found = [Fraction(0)] * max(0, len(left) + len(right) - 1)
    for i, a in enumerate(left):
        for j, b in enumerate(right):
            found[i + j] += a * b
    return _trimmed(found)


def _divided(left: Polynomial, right: Polynomial) -> tuple[Polynomial, Polynomial]:
    """Quotient and remainder."""
    rest, quotient = list(left), [Fraction(0)] * max(0, len(left) - len(right) + 1)
    while len(rest) >= len(right):
        factor, shift = rest[-1] / right[-1], len(rest) - len(right)
        quotient[shift] = factor
        for index, coefficient in enumerate(right):
            rest[index + shift] -= factor * coefficient
        rest.pop()
    while rest and not rest[-1]:
        rest.pop()
    return tuple(quotient), tuple(rest)


def _simple(polynomial: Polynomial) -> Polynomial:
    """The polynomial without repeated roots."""
    a, b = polynomial, tuple(k * c for k, c in enumerate(polynomial))[1:]
    while b:
        a, b = b, _divided(a, b)[1]
        if b:
            b = _scaled(b, 1 / b[-1])
    return _divided(polynomial, a)[0] if len(a) > 1 else polynomial


# ---------------------------------------------------------------------------------------------------------------- roots


def _roots(polynomial: Polynomial) -> list[Value]:
    """The distinct real roots; raises Unreadable where they are not certain."""
    if len(polynomial) < 2:
        return []
    simple = _simple(polynomial)
    found: list[Value] = []
    if not simple[0]:
        found.append(Fraction(0))
        simple = simple[1:]
    if len(simple) == 2:
        return [*found, -simple[0] / simple[1]]
    if len(simple) == 3:
        return [*found, *_quadratic(simple)]
    return found + (_numeric(simple) if len(simple) > 3 else [])


def _quadratic(polynomial: Polynomial) -> list[Value]:
    c, b, a = polynomial
    inside = b * b - 4 * a * c
    if inside < 0:
        return []
    top, bottom = isqrt(inside.numerator), isqrt(inside.denominator)
    if top * top == inside.numerator and bottom * bottom == inside.denominator:
        root = Fraction(top, bottom)
        return [(-b - root) / (2 * a), (-b + root) / (2 * a)]
    mp = context(DIGITS + 20)
    real = mp.sqrt(mp.mpf(inside.numerator) / inside.denominator)
    middle, width = (mp.mpf(v.numerator) / v.denominator for v in (-b / (2 * a), 1 / (2 * a)))
    return [middle - real * width, middle + real * width]


def _refined(polynomial: Polynomial, value: Value) -> Value:
    """A simple root to all digits, by Newton's method."""
    mp = context(DIGITS + 20)
    coefficients = [mp.mpf(c.numerator) / c.denominator for c in reversed(polynomial)]
    for _ in range(3):
        at, slope = mp.polyval(coefficients, value, derivative=True)
        value = value - at / slope if slope else value
    return value


def _numeric(polynomial: Polynomial) -> list[Value]:
    """Real roots of degree three and more, by the eigenvalue-free iteration of mpmath, each proved by a sign change."""
    mp = context(DIGITS + 20)
    check_time()
    try:
        roots = mp.polyroots([mp.mpf(c.numerator) / c.denominator for c in reversed(polynomial)], maxsteps=200,
                             extraprec=400)  # fmt: skip
    except mp.NoConvergence as error:
        raise Unreadable("roots that are not found") from error
    check_time()
    gap = Fraction(1, 10**45)
    found: list[Value] = []
    for root in roots:
        if abs(mp.mpc(root).imag) > mp.mpf(10) ** -50:
            continue
        value = _refined(polynomial, mp.mpc(root).real)
        near = _near(value)
        rational = near.limit_denominator(10**6)
        if not _at(polynomial, rational):
            found.append(rational)
        elif _sign(polynomial, near - gap) * _sign(polynomial, near + gap) < 0:
            found.append(value)
        else:
            raise Unreadable("a root that is not certain")
    return found
