"""Integers between two bounds, told by conditions: `{x ∈ ℤ : |x| ≤ 1}`, `n ∈ ℤ, 3 ≤ n < 6`."""

from __future__ import annotations

from fractions import Fraction

from scorers.realset import End, RealSet, order, solutions
from scorers.residues import LOWEST, integer
from scorers.syntax import Node, TooLarge, Unreadable

MAX_MEMBERS = 200
_FARTHEST = (End(0, Fraction(-(10**12))), End(0, Fraction(10**12)))
Integers = tuple[str, frozenset[int]]
"""The name that is given to them, which may be empty, and the integers."""


def same_finite(left: Node, right: Node) -> bool | None:
    """Whether two answers, one of which bounds integers, leave the same; None where none does, or the other one says
    nothing of that kind."""
    try:
        one, other = _bounded(left), _bounded(right)
        if one is None and other is None:
            return None
        (first, a), (second, b) = one or _listed(left), other or _listed(right)
    except (TooLarge, Unreadable):
        return None
    return a == b if not first or not second or first == second else None


def _bounded(node: Node) -> Integers | None:
    """The integers that fulfil the conditions; None where nobody says that they are integers."""
    if node.op == "rel" and node.name == "in" and node.args[1].op == "builder":
        node = node.args[1]
    if node.op not in ("builder", "list") or node.name == "or":
        return None
    parts = node.args[1:] if node.op == "builder" and node.args[0].op == "sym" else node.args
    members = [part for part in parts if _is_member(part)]
    conditions = tuple(part for part in parts if not _is_member(part))
    if len(members) != 1 or not conditions or not all(part.op in ("rel", "list") for part in conditions):
        return None
    subject, domain = members[0].args
    name, real = solutions(conditions[0] if len(conditions) == 1 else Node("list", conditions, "and"))
    if subject.name != name:
        raise Unreadable("conditions on something else")
    lowest = LOWEST[domain.name]
    return name, frozenset(n for n in _within(real) if lowest is None or n >= lowest)


def _is_member(node: Node) -> bool:
    named = node.op == "rel" and node.name == "in" and node.args[0].op == "sym"
    return named and node.args[1].op == "domain" and node.args[1].name in LOWEST


def _within(real: RealSet) -> list[int]:
    """The integers in a set of real numbers; raises Unreadable for more than a few."""
    found: list[int] = []
    for span in real:
        if order(span.low, _FARTHEST[0]) < 0 or order(span.high, _FARTHEST[1]) > 0:
            raise Unreadable("integers without a bound, or far out")
        low, high = int(span.low.value) - 1, int(span.high.value) + 2
        if high - low > MAX_MEMBERS:
            raise TooLarge("too many integers")
        for n in range(low, high):
            below, above = order(span.low, at := End(0, Fraction(n))), order(at, span.high)
            if (below < 0 or (below == 0 and span.low_closed)) and (above < 0 or (above == 0 and span.high_closed)):
                found.append(n)
    return found


def _listed(node: Node) -> Integers:
    """The integers of `{1, 2}`, `1, 2`, `x = 1, x = 2` or `x ∈ {1, 2}`; raises Unreadable for others."""
    name = ""
    if node.op == "rel" and node.name in ("in", "=") and len(node.args) == 2 and node.args[0].op == "sym":
        name, node = node.args[0].name, node.args[1]
    if node.op == "list" and any(arg.op == "rel" for arg in node.args):
        parts = [_listed(arg) for arg in node.args]
        names = {part for part, _ in parts if part}
        if len(names) != 1 or node.name == "and":
            raise Unreadable("several names")
        return names.pop(), frozenset[int]().union(*(values for _, values in parts))
    items = node.args if node.op in ("set", "list") else (node,)
    return name, frozenset(map(integer, items))
