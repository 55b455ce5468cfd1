"""Equations cleared of fractions: `1/x + 1/y = 2` is `x + y = 2xy` wherever both say something."""

from __future__ import annotations

from scorers.fingerprint import integral, points, proportional
from scorers.syntax import FORMULA, Node, TooLarge, Unreadable, number, symbols

MAX_PARTS = 300


def same_cleared(left: Node, right: Node) -> bool:
    """Whether two equations with symbols in a denominator are the same one, a constant factor apart."""
    if not any(_fractional(side) for node in (left, right) for side in node.args):
        return False
    try:
        first, second = map(_cleared, (left, right))
        names = symbols(first)
        if names != symbols(second) or len(names) < 2 or integral(first) or integral(second):
            return False
        one, other = points(first, False), points(second, False)
    except (TooLarge, Unreadable):
        return False
    return len(one) == len(other) and proportional(one, other, positive=False)


def _fractional(node: Node) -> bool:
    if node.op == "div" and symbols(node.args[1]):
        return True
    return node.op in ("add", "neg", "mul", "div") and any(map(_fractional, node.args))


def _cleared(equation: Node) -> Node:
    """The numerator of left side minus right side."""
    left, right = equation.args
    return _fraction(Node("add", (left, Node("neg", (right,)))), [0])[0]


def _fraction(node: Node, seen: list[int]) -> tuple[Node, Node]:
    """Numerator and denominator; raises TooLarge."""
    seen[0] += 1
    if seen[0] > MAX_PARTS:
        raise TooLarge("a fraction has too many parts")
    one = number(1)
    if node.op not in FORMULA or not _fractional(node):
        return node, one
    parts = [_fraction(arg, seen) for arg in node.args]
    if node.op == "neg":
        return Node("neg", (parts[0][0],)), parts[0][1]
    if node.op == "mul":
        return Node("mul", tuple(top for top, _ in parts)), Node("mul", tuple(bottom for _, bottom in parts))
    if node.op == "div":
        (a, b), (c, d) = parts
        return Node("mul", (a, d)), Node("mul", (b, c))
    bottoms = list(dict.fromkeys(bottom for _, bottom in parts if bottom != one))
    terms = []
    for top, bottom in parts:
        rest = tuple(other for other in bottoms if other != bottom)
        terms.append(Node("mul", (top, *rest)) if rest else top)
    return Node("add", tuple(terms)), Node("mul", tuple(bottoms)) if len(bottoms) > 1 else bottoms[0]
