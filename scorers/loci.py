"""Equations in several variables that have the same points: `|x| = |y|`, `y² = x²` and `y = ±x`.

An equation in one variable is no answer for its solutions (`x² = 4` is not `x = ±2`): it is the problem, not solved. In
several variables it is a curve, and two ways to write a curve are one answer.
"""

from __future__ import annotations

from scorers.fingerprint import coordinate
from scorers.roots import radical
from scorers.syntax import FORMULA, Node, TooLarge, Unreadable, number, symbols
from scorers.variants import put

_SLICES = 3
MAX_VARIABLES = 3
MAX_CURVES = 6


def same_curves(left: Node, right: Node) -> bool:
    """Whether two polynomial equations, or alternatives of such, have the same points, complex ones included: on lines
    parallel to every axis they have the same roots, whatever their multiplicity."""
    one, other = _vanishing(left), _vanishing(right)
    if one is None or other is None:
        return False
    names = symbols(one)
    if names != symbols(other) or not 2 <= len(names) <= MAX_VARIABLES or any("(" in name for name in names):
        return False  # f(x)² = x² leaves a sign for every x
    try:
        return all(
            radical(_on_line(one, names, name, index), name) == radical(_on_line(other, names, name, index), name)
            for name in sorted(names)
            for index in range(_SLICES)
        )
    except (TooLarge, Unreadable):
        return False


def _on_line(node: Node, names: frozenset[str], free: str, index: int) -> Node:
    """The formula with numbers for all variables but one."""
    for name in names - {free}:
        node = put(node, name, number(coordinate(name, index, False)))
    return node


def _vanishing(node: Node) -> Node | None:
    """A formula that is zero on the curve: left side minus right side, for alternatives the product of these."""
    if node.op == "rel":
        return _difference(node)
    if node.op != "list" or len(node.args) > MAX_CURVES or not _alternative(node):
        return None
    factors = [_difference(arg) for arg in node.args]
    known = tuple(factor for factor in factors if factor is not None)
    return Node("mul", known) if len(known) == len(factors) else None


def _difference(node: Node) -> Node | None:
    if node.op != "rel" or node.name != "=" or len(node.args) != 2 or not all(arg.op in FORMULA for arg in node.args):
        return None
    left, right = node.args
    if _is_size(left) and _is_size(right):
        left, right = (_squared(side) for side in node.args)
    return Node("add", (left, Node("neg", (right,))))


def _is_size(node: Node) -> bool:
    """Whether a formula is a product of absolute values and positive numbers: |x|, 3|y|."""
    if node.op in ("mul", "div"):
        return all(map(_is_size, node.args))
    return (node.op == "call" and node.name == "abs") or (node.op == "num" and bool(node.value))


def _squared(node: Node) -> Node:
    inner = node.args[0] if node.op == "call" else node
    if node.op in ("mul", "div"):
        return Node(node.op, tuple(map(_squared, node.args)))
    return Node("pow", (inner, number(2)))


def _alternative(node: Node) -> bool:
    """Whether a list of equations means one or the other, and not all of them: by its word, or as it names one variable
    again and again."""
    if node.name == "or":
        return True
    first = node.args[0].args[:1]
    return all(arg.op == "rel" and arg.args[:1] == first and first[0].op == "sym" for arg in node.args)
