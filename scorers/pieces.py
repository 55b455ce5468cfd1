"""Values by cases against each other and against one formula: compared where they can be told apart, at the ends of
their cases, between them and on both sides; at positive integers where a condition speaks of remainders."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from itertools import pairwise

from scorers.fingerprint import common_digits, coordinate, integral
from scorers.numeric import evaluate
from scorers.precision import Undefined, Value, check_time, context, equal, is_exact, snap
from scorers.realset import solutions
from scorers.syntax import FORMULA, Node, TooLarge, Unreadable, contains, letters
from scorers.values import Undecided

Env = dict[str, Fraction]
_INTEGERS, _SCATTERED = 36, 24
_LEAST = 6
"""Points where both must have a value before they are called the same."""
_AROUND = (Fraction(-17, 3), Fraction(-9, 7), Fraction(-2, 11), Fraction(3, 13), Fraction(5, 7), Fraction(23, 5))


def same_pieces(left: Node, right: Node) -> bool:
    """Whether two answers, at least one of them by cases, have the same values; raises Undecided."""
    rows = [row for node in (left, right) if node.op == "cases" for row in node.args]
    if any(row.args[0].op not in FORMULA for row in rows):
        raise Undecided("cases of something else than formulas", ask=False)
    names = frozenset().union(*(letters(node) for node in (left, right)))
    if len(names) > 4:
        raise Undecided("cases of too many symbols", ask=False)
    seen = 0
    for env in _points(names, rows, left, right):
        check_time()
        try:
            one, other = _worth(left, env), _worth(right, env)
        except TooLarge as error:
            raise Undecided(str(error), ask=False) from error
        except Unreadable as error:
            raise Undecided("a condition that is not evaluated", ask=False) from error
        if (one is None) != (other is None):
            return False
        if one is not None and other is not None:
            seen += 1
            if not equal(one[0], other[0], common_digits(*one, *other)):
                return False
    if seen < _LEAST:
        raise Undecided("cases that are hardly defined", ask=False)
    return True


def _points(names: frozenset[str], rows: list[Node], left: Node, right: Node) -> Iterator[Env]:
    whole = any(_about_integers(row.args[1]) for row in rows)
    whole = whole or any(integral(node) for node in (left, right) if node.op in FORMULA)
    ordered = sorted(names)
    if len(ordered) == 1 and whole:
        yield from ({ordered[0]: Fraction(n)} for n in range(1, _INTEGERS))
    elif len(ordered) == 1:
        ends = sorted({end for row in rows for end in _ends(row.args[1])} | {Fraction(0)})
        places = {end + gap for end in ends for gap in (Fraction(0), *_AROUND)}
        places |= {(a + b) / 2 for a, b in pairwise(ends)}
        yield from ({ordered[0]: place} for place in sorted(places))
    else:
        for index in range(_SCATTERED):
            point = {name: coordinate(name, 100 + index, whole) for name in ordered}
            yield {name: value / 4 for name, value in point.items()} if not whole and index % 2 else point


def _about_integers(condition: Node) -> bool:
    if condition.op == "rel" and condition.name in ("equiv", "nequiv"):
        return True
    if condition.op == "domain":
        return condition.name[:1] in ("Z", "N")
    return any(_about_integers(arg) for arg in condition.args)


def _ends(condition: Node) -> Iterator[Fraction]:
    """Where a condition begins or ends to hold."""
    try:
        _, spans = solutions(condition)
    except (TooLarge, Unreadable):
        return
    for span in spans[:20]:
        yield from (end.value for end in (span.low, span.high) if not end.side and is_exact(end.value))


def _worth(node: Node, env: Env) -> tuple[Value, int] | None:
    """The value at a point and its digits; None where there is none."""
    if node.op == "cases":
        row = next((row for row in node.args if _holds(row.args[1], env)), None)
        return None if row is None else _worth(row.args[0], env)
    try:
        value, real, digits = evaluate(node, env)
    except Undefined:
        return None
    return (snap(value, digits), digits) if real else None


def _holds(condition: Node, env: Env) -> bool:
    """Whether a condition holds at a point; raises Unreadable for one that cannot be told."""
    if condition.op == "words" and condition.name == "otherwise":
        return True
    if condition.op == "list":
        found = [_holds(arg, env) for arg in condition.args]
        return any(found) if condition.name == "or" else all(found)
    if condition.op != "rel":
        raise Unreadable("a condition in words")
    if condition.name in ("equiv", "nequiv") and len(condition.args) == 3:
        return _congruent(condition, env)
    if condition.name == "in":
        return _member(condition, env)
    sides = [_number(arg, env) for arg in condition.args]
    relations = condition.name.split()
    return all(_ordered(r, a, b) for r, a, b in zip(relations, sides, sides[1:], strict=False))


def _number(node: Node, env: Env) -> Value:
    if node.op == "inf" or (node.op == "neg" and node.args[0].op == "inf"):
        mp = context(30)
        return mp.inf if node.op == "inf" else -mp.inf
    if node.op == "words" and len(env) == 1:
        return next(iter(env.values()))
    try:
        value, real, digits = evaluate(node, env)
    except Undefined as error:
        raise Unreadable("a condition without a value") from error
    if not real:
        raise Unreadable("a condition off the real numbers")
    return snap(value, digits)


def _ordered(relation: str, left: Value, right: Value) -> bool:
    same = equal(left, right, 100) if is_exact(left) and is_exact(right) else equal(left, right, 60)
    if relation in ("=", "ne"):
        return same == (relation == "=")
    if relation not in ("<", ">", "le", "ge"):
        raise Unreadable(f"the relation {relation}")
    if same:
        return relation in ("le", "ge")
    mp = context(60)
    a, b = (mp.mpf(v.numerator) / v.denominator if is_exact(v) else v for v in (left, right))
    return bool(a < b) == (relation in ("<", "le"))


def _congruent(condition: Node, env: Env) -> bool:
    subject, target, modulus = (_number(arg, env) for arg in condition.args)
    if not all(is_exact(value) for value in (subject, target, modulus)) or not modulus:
        raise Unreadable("remainders of something else than integers")
    return bool((subject - target) % modulus == 0) == (condition.name == "equiv")


def _member(condition: Node, env: Env) -> bool:
    subject, kind = condition.args
    if kind.op == "set":
        value = _number(subject, env)
        return any(_ordered("=", value, _number(arg, env)) for arg in kind.args)
    if kind.op == "tuple" and len(kind.args) == 2:
        value, low, high = (_number(arg, env) for arg in (subject, *kind.args))
        above = _ordered("ge" if kind.name[0] == "[" else ">", value, low)
        return above and _ordered("le" if kind.name[1] == "]" else "<", value, high)
    if kind.op == "domain" and kind.name in ("R", "Z", "N"):
        return kind.name == "R" or (is_exact(value := _number(subject, env)) and value.denominator == 1)
    if contains(kind, "union"):
        parts = [Node("rel", (subject, arg), "in") for arg in kind.args]
        return any(_member(part, env) for part in parts)
    raise Unreadable("a set that is not evaluated")
