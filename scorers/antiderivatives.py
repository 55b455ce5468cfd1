"""Antiderivatives: `x²/2 + C` and `(x² + 1)/2 + c` are the same family of functions."""

from __future__ import annotations

import re

from scorers.fingerprint import common_digits, points
from scorers.precision import equal
from scorers.syntax import Node, TooLarge, Unreadable, symbols

_CONSTANT = re.compile(r"[CcKk](?:_\{?[01]\}?)?|constant|const")


def same_antiderivative(gold: Node, answer: Node) -> bool:
    """Whether two formulas in one variable that each end in a constant of integration, which the gold answer calls C,
    differ by a constant."""
    first, second = _without_constant(gold), _without_constant(answer)
    if first is None or second is None or "C" not in (first[1], second[1]):
        return False
    names = symbols(first[0])
    if names != symbols(second[0]) or len(names) != 1 or {first[1], second[1], "C"} & names:
        return False
    gap = Node("add", (first[0], Node("neg", (second[0],))))
    try:
        seen = [found for found in points(gap, False) if found.value is not None and found.real]
    except (TooLarge, Unreadable):
        return False
    return len(seen) > 1 and all(
        equal(seen[0].value, other.value, common_digits(seen[0].value, seen[0].digits, other.value, other.digits))
        for other in seen[1:]
    )


def _without_constant(node: Node) -> tuple[Node, str] | None:
    """A sum without the lone constant in it, and what that is called."""
    if node.op != "add":
        return None
    for index, term in enumerate(node.args):
        if term.op == "sym" and _CONSTANT.fullmatch(term.name):
            return Node("add", node.args[:index] + node.args[index + 1 :]), term.name
    return None
