"""Whether two formulas have the same value, at all points where they have symbols."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from scorers.fingerprint import as_printed, both_integral, common_digits, constant, points, rounded, rounds, same_points
from scorers.precision import DIGITS, Undefined, equal
from scorers.syntax import Node, TooLarge, Unreadable, contains, symbols

T = TypeVar("T")


class Undecided(Exception):
    """Neither yes nor no by the rules here. `ask`: a computer algebra system may know."""

    def __init__(self, reason: str, *, ask: bool) -> None:
        super().__init__(reason)
        self.ask = ask


def same_formula(gold: Node, answer: Node) -> bool:
    """Two formulas: by their values, exactly or to nearly all of many digits; decimals of the gold are rounded to."""
    if _infinite(gold) or _infinite(answer):
        return False
    if gold.op == "deg" or answer.op == "deg":
        return _degrees(gold, answer)
    if not symbols(gold) and not symbols(answer):
        return _constants(gold, answer)
    whole = both_integral(gold, answer)
    many = whole and (rounded(gold) or rounded(answer))
    left, right = (_known(lambda node: points(node, whole, many), node) for node in (gold, answer))
    if left is None and right is None:
        raise Undecided("both values are out of bounds", ask=False)
    if left is None or right is None:
        return False
    verdict = same_points(left, right)
    if verdict is None:
        raise Undecided("nowhere defined", ask=False)
    return verdict


def _infinite(node: Node) -> bool:
    """Whether infinity stands in a formula, and not only as a bound of an integral or a sum."""
    return node.op == "inf" or any(map(_infinite, node.args[2:] if node.op in ("int", "sum") else node.args))


def _known(worth: Callable[[Node], T], node: Node) -> T | None:
    """What a formula is worth, None where that is out of bounds; raises Undecided where it cannot be read."""
    try:
        return worth(node)
    except (TooLarge, Undefined):
        return None
    except Unreadable as error:
        raise Undecided(str(error), ask=True) from error


def _constants(gold: Node, answer: Node) -> bool:
    one, other = _known(constant, gold), _known(constant, answer)
    if one and other and max(one[1], other[1]) > DIGITS > min(one[1], other[1]) - 1:  # e^180 against e^180 + 1
        wanted = max(one[1], other[1])
        one, other = (_known(lambda node: constant(node, wanted), node) for node in (gold, answer))
    if one is None and other is None:
        raise Undecided("both values are out of bounds", ask=False)
    if one is None or other is None:
        return False
    (left, first), (right, second) = one, other
    if equal(left, right, common_digits(left, first, right, second)):
        return True
    return rounds(gold, right, answer) or as_printed(gold, left, answer)


def _degrees(gold: Node, answer: Node) -> bool:
    """Degrees against a bare number of degrees, or against radians that are written with π."""
    if gold.op == answer.op:
        return same_formula(gold.args[0], answer.args[0])
    bare_gold, bare = (node.args[0] if node.op == "deg" else node for node in (gold, answer))
    if same_formula(bare_gold, bare):
        return True
    radians = answer if gold.op == "deg" else gold
    return contains(radians, "const") and not symbols(radians) and _constants(gold, answer)
