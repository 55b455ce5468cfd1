"""Sums and products that go on with dots: `1 + 2 + … + n` is the sum of what its last term is at 1, 2 and so on."""

from __future__ import annotations

from fractions import Fraction
from itertools import pairwise

from scorers.fingerprint import constant
from scorers.precision import Undefined, is_exact
from scorers.syntax import Node, TooLarge, Unreadable, number, symbols
from scorers.values import Undecided, same_formula
from scorers.variants import put

MAX_TERMS = 5000
_STARTS = (1, 0, 2, -1, 3)
DOTS = Node("dots")


def written_out(terms: list[Node], kind: str) -> Node:
    """The sum or product (`kind` is `sum` or `prod`) that terms with one `DOTS` among them stand for.

    Raises Unreadable where the first terms do not tell what the dots stand for."""
    if DOTS not in terms:  # they stand above a fraction bar
        raise Unreadable("dots inside a part")
    at = terms.index(DOTS)
    first, last = terms[:at], terms[at + 1 :]
    if len(first) < 2 or not 1 <= len(last) <= 2 or DOTS in last:
        raise Unreadable("dots that say too little")
    names = symbols(last[-1]) - frozenset().union(*map(symbols, first))
    if len(names) == 1:
        return _general(first, last, next(iter(names)), kind)
    if names or kind == "prod":
        raise Unreadable("dots without a general term")
    return _progression(first, last)


def _general(first: list[Node], last: list[Node], name: str, kind: str) -> Node:
    """The last term is the general one: its values at the start are the first terms."""
    term = last[-1]
    before = put(term, name, Node("add", (Node("sym", name=name), number(-1))))
    if len(last) == 2 and not _same(before, last[0]):
        raise Unreadable("dots before other terms")
    for start in _STARTS:
        if all(_same(put(term, name, number(start + place)), given) for place, given in enumerate(first)):
            index = Node("sym", name="#" + name)
            return Node("sum", (number(start), Node("sym", name=name), put(term, name, index), index), kind)
    raise Unreadable("dots that do not follow from the last term")


def _same(left: Node, right: Node) -> bool:
    try:
        return same_formula(left, right)
    except (Undecided, Undefined):
        return False


def _progression(first: list[Node], last: list[Node]) -> Node:
    """Numbers in arithmetic or geometric progression, where only one of the two fits."""
    values = [_exact(term) for term in (*first, *last)]
    *given, end = values
    found = []
    known = given[: len(first)]
    step = known[1] - known[0]
    if step and all(b - a == step for a, b in pairwise(known)):
        count = (end - known[0]) / step + 1
        if count.denominator == 1 and len(known) < count and (len(last) == 1 or end - given[-1] == step):
            found.append((known[0] + end) * count / 2)
    ratio = known[1] / known[0] if known[0] else Fraction(0)
    steady = ratio not in (0, 1, -1) and all(b == a * ratio for a, b in pairwise(known))
    if steady and _reaches(known[-1], ratio, end) and (len(last) == 1 or end == given[-1] * ratio):
        found.append((end * ratio - known[0]) / (ratio - 1))
    if len(found) != 1:
        raise Unreadable("dots that stand for no progression")
    return number(found[0])


def _reaches(value: Fraction, ratio: Fraction, end: Fraction) -> bool:
    for _ in range(MAX_TERMS):
        value *= ratio
        if value == end:
            return True
        if max(value.numerator.bit_length(), value.denominator.bit_length()) > 4000:
            break
    return False


def _exact(node: Node) -> Fraction:
    if symbols(node):
        raise Unreadable("dots between terms that are no numbers")
    value, _ = constant(node)
    if not is_exact(value):
        raise Unreadable("dots between terms that are not rational")
    if max(value.numerator.bit_length(), value.denominator.bit_length()) > 4000:
        raise TooLarge("a term has too many digits")
    return Fraction(value)
