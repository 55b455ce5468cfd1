"""Numbers that repeat with a period: `π/6 + 2kπ or 5π/6 + 2kπ` and `(-1)^k π/6 + kπ` over all integers k are the same.

A family of one parameter is a union of arithmetic progressions, if need be one for even and one for odd parameters; two
unions are the same where they have the same members within a common period.
"""

from __future__ import annotations

import math
from fractions import Fraction

from scorers.fingerprint import constant, divide
from scorers.precision import DIGITS, Value, equal, is_exact, snap
from scorers.syntax import FORMULA, Node, TooLarge, Unreadable, number, symbols
from scorers.variants import put

MAX_MEMBERS = 60
Progression = tuple[Value, Value]
"""First member and step."""


def same_progressions(left: Node, names: frozenset[str], right: Node, others: frozenset[str]) -> bool:
    """Whether the values of two bodies over all integers, in one parameter each, are the same numbers."""
    try:
        one, other = _progressions(left, names), _progressions(right, others)
        return _within_a_period(one, other)
    except (TooLarge, Unreadable):
        return False


def _progressions(body: Node, names: frozenset[str]) -> list[Progression]:
    if len(names) != 1:
        raise Unreadable("several parameters")
    name = next(iter(names))
    found: list[Progression] = []
    for part in body.args if body.op == "list" else (body,):
        if part.op not in FORMULA or symbols(part) - names:
            raise Unreadable("no progression")
        found.extend(_linear(part, name))
    return found


def _linear(body: Node, name: str) -> list[Progression]:
    """The progressions of a body: one, or those for even and for odd parameters."""
    try:
        return [_progression(body, name)]
    except Unreadable:
        twice = Node("mul", (number(2), Node("sym", name=name)))
        odd = Node("add", (twice, number(1)))
        return [_progression(put(body, name, parameter), name) for parameter in (twice, odd)]


def _progression(body: Node, name: str) -> Progression:
    values = [constant(put(body, name, number(value)))[0] for value in (0, 1, 2, 7)]
    step = _difference(values[1], values[0])
    if not equal(_difference(values[2], values[1]), step, DIGITS) or not equal(
        _difference(values[3], values[0]), 7 * step if is_exact(step) else step * 7, DIGITS
    ):
        raise Unreadable("no progression")
    if is_exact(step) and step == 0:
        raise Unreadable("a constant")
    return values[0], step


def _difference(left: Value, right: Value) -> Value:
    if is_exact(left) and is_exact(right):
        return left - right
    difference = divide(left, Fraction(1), DIGITS) - divide(right, Fraction(1), DIGITS)
    return snap(difference, DIGITS)


def _within_a_period(one: list[Progression], other: list[Progression]) -> bool:
    """Whether both have the same members modulo a common period, in units of the first step."""
    unit, origin = one[0][1], one[0][0]
    rows = [
        [(_ratio(_difference(first, origin), unit), abs(_ratio(step, unit))) for first, step in part]
        for part in (one, other)
    ]
    steps = [step for row in rows for _, step in row]
    period = Fraction(math.lcm(*(s.numerator for s in steps)), math.gcd(*(s.denominator for s in steps)))
    if sum(period / step for step in steps) > MAX_MEMBERS:
        raise Unreadable("too many members in a period")
    members = [
        {(first + index * step) % period for first, step in row for index in range(int(period / step))} for row in rows
    ]
    return members[0] == members[1]


def _ratio(value: Value, unit: Value) -> Fraction:
    """How many units a value is; raises Unreadable where that is no fraction."""
    found = snap(divide(value, unit, DIGITS), DIGITS)
    if not is_exact(found):
        raise Unreadable("steps without a common measure")
    return Fraction(found)
