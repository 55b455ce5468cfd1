"""Sets of real numbers: intervals, unions, inequalities and finite sets in one normal form."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import cmp_to_key

from scorers.fingerprint import common_digits, constant, spell
from scorers.precision import DIGITS, Value, context, equal, is_exact
from scorers.roots import sign_changes
from scorers.syntax import Node, TooLarge, Unreadable, number, symbols

_FLIP = {"<": ">", ">": "<", "le": "ge", "ge": "le", "=": "=", "ne": "ne"}


@dataclass(frozen=True, slots=True)
class End:
    """One end of an interval: `side` is -1 for minus infinity, 1 for infinity, 0 for `value`."""

    side: int
    value: Value = None
    digits: int = DIGITS

    def __str__(self) -> str:
        return spell(self.value, self.digits) if not self.side else "oo" if self.side > 0 else "-oo"


@dataclass(frozen=True, slots=True)
class Span:
    """An interval from `low` to `high`, each end closed or open."""

    low: End
    low_closed: bool
    high: End
    high_closed: bool

    def __str__(self) -> str:
        if self.low_closed and self.high_closed and order(self.low, self.high) == 0:
            return f"{{{self.low}}}"
        return f"{'[' if self.low_closed else '('}{self.low}, {self.high}{']' if self.high_closed else ')'}"


class Contradiction(Unreadable):
    """Conditions that no number fulfils together, `x < 1 and x > 3`: wrong in an answer; a gold answer means `or`."""


RealSet = tuple[Span, ...]
LOWEST, HIGHEST = End(-1), End(1)
EVERYTHING: RealSet = (Span(LOWEST, False, HIGHEST, False),)


def order(left: End, right: End) -> int:
    """-1, 0 or 1 as the one end lies before, at or behind the other."""
    if left.side or right.side:
        return (left.side > right.side) - (left.side < right.side)
    digits = common_digits(left.value, left.digits, right.value, right.digits)
    if equal(left.value, right.value, digits):
        return 0
    if is_exact(left.value) and is_exact(right.value):
        return -1 if left.value < right.value else 1
    mp = context(digits)
    a, b = (mp.mpf(v.numerator) / v.denominator if is_exact(v) else v for v in (left.value, right.value))
    return -1 if a < b else 1


def end(node: Node) -> End:
    """The end that a formula names; raises Unreadable unless it is a real constant or an infinity."""
    if node.op == "inf":
        return HIGHEST
    if node.op == "neg" and node.args[0].op == "inf":
        return LOWEST
    if node.op in ("deg", "unit"):
        node = node.args[0]
    value, digits = constant(node)
    if not is_exact(value) and isinstance(value, context(digits).mpc):
        raise Unreadable("an end that is not real")
    return End(0, value, digits)


def unite(spans: Sequence[Span]) -> RealSet:
    """The union of intervals: disjoint, in order, none touching the next."""
    found: list[Span] = []
    for span in sorted((s for s in spans if not _is_empty(s)), key=cmp_to_key(_by_start)):
        last = found[-1] if found else None
        if last is not None and _touches(last, span):
            found[-1] = _stretch(last, span)
        else:
            found.append(span)
    return tuple(found)


def _is_empty(span: Span) -> bool:
    where = order(span.low, span.high)
    return where > 0 or (where == 0 and not (span.low_closed and span.high_closed))


def _by_start(left: Span, right: Span) -> int:
    return order(left.low, right.low) or int(right.low_closed) - int(left.low_closed)


def _touches(first: Span, second: Span) -> bool:
    where = order(second.low, first.high)
    return where < 0 or (where == 0 and (second.low_closed or first.high_closed))


def _stretch(first: Span, second: Span) -> Span:
    where = order(first.high, second.high)
    if where > 0:
        return first
    closed = second.high_closed or (where == 0 and first.high_closed)
    return Span(first.low, first.low_closed, second.high, closed)


def complement(spans: RealSet) -> RealSet:
    """All other real numbers."""
    found = []
    low, closed = LOWEST, False
    for span in spans:
        found.append(Span(low, closed, span.low, not span.low_closed and not span.low.side))
        low, closed = span.high, not span.high_closed and not span.high.side
    found.append(Span(low, closed, HIGHEST, False))
    return tuple(span for span in found if not _is_empty(span))


def intersect(left: RealSet, right: RealSet) -> RealSet:
    """What two sets have in common."""
    return complement(unite(complement(left) + complement(right)))


def equal_sets(left: RealSet, right: RealSet) -> bool:
    """Whether two sets in normal form are the same."""
    return len(left) == len(right) and all(
        order(a.low, b.low) == 0
        and order(a.high, b.high) == 0
        and (a.low_closed, a.high_closed) == (b.low_closed, b.high_closed)
        for a, b in zip(left, right, strict=True)
    )


def real_set(node: Node) -> RealSet:
    """The set that a structure names; raises Unreadable where it names none."""
    if node.op == "tuple" and len(node.args) == 2:
        low, high = end(node.args[0]), end(node.args[1])
        if order(low, high) > 0:
            raise Unreadable("an interval from right to left")
        span = Span(low, node.name[0] == "[" and not low.side, high, node.name[1] == "]" and not high.side)
        return unite([span])
    if node.op == "set":
        ends = [end(arg) for arg in node.args]
        return unite([Span(item, True, item, True) for item in ends])
    if node.op == "domain" and node.name == "R":
        return EVERYTHING
    if node.op == "union":
        return unite([span for arg in node.args for span in real_set(arg)])
    if node.op in ("inter", "minus"):
        left, right = real_set(node.args[0]), real_set(node.args[1])
        return intersect(left, complement(right) if node.op == "minus" else right)
    if node.op == "builder":
        return _built(node)
    raise Unreadable(f"{node.op} is no set of real numbers")


def _built(node: Node) -> RealSet:
    element, conditions = node.args[0], node.args[1:]
    found = EVERYTHING
    if element.op == "rel" and element.name == "in":
        element, found = element.args[0], real_set(element.args[1])
    for condition in conditions:
        if condition.op == "rel" and condition.name == "in" and condition.args[0] == element:
            found = intersect(found, real_set(condition.args[1]))
            continue
        name, part = solutions(condition)
        if element.op != "sym" or name != element.name:
            raise Unreadable("a condition on another variable")
        found = intersect(found, part)
    return found


def solutions(node: Node) -> tuple[str, RealSet]:
    """The variable and the numbers that an inequality, or several about one variable, leave it.

    Raises Unreadable for relations between formulas."""
    if node.op == "list":
        return _several(node)
    if node.op != "rel":
        raise Unreadable("no relation")
    if node.name in ("in", "notin") and node.args[0].op == "sym":
        members = real_set(node.args[1])
        return node.args[0].name, members if node.name == "in" else complement(members)
    relations, found, name = node.name.split(), EVERYTHING, ""
    for relation, left, right in zip(relations, node.args, node.args[1:], strict=False):
        if relation not in _FLIP:
            raise Unreadable(f"the relation {relation}")
        variable, part = _solved(relation, left, right)
        if name not in ("", variable) and variable:
            raise Unreadable("relations on several variables")
        name = variable or name
        found = intersect(found, part)
    return name, found


def _solved(relation: str, left: Node, right: Node) -> tuple[str, RealSet]:
    """The variable and the solutions of one relation that is linear in it, or in an absolute value."""
    if left.op in ("sym", "words"):
        return left.name, _half(relation, end(right))
    if right.op in ("sym", "words") or (right.op == "call" and right.name == "abs" and not symbols(left)):
        return _solved(_FLIP[relation], right, left)
    if left.op == "call" and left.name == "abs" and not symbols(right):
        return _distance(relation, left.args[0], right)
    gap = Node("add", (left, Node("neg", (right,))))
    if _degree(gap) != 1 and relation != "=":
        return _by_signs(relation, left, right)
    name, slope, offset = linear(gap)
    if order(slope_end := end(slope), End(0, Fraction(0))) == 0:
        raise Unreadable("no variable is left")
    flipped = _FLIP[relation] if order(slope_end, End(0, Fraction(0))) < 0 else relation
    return name, _half(flipped, end(Node("div", (Node("neg", (offset,)), slope))))


def _by_signs(relation: str, left: Node, right: Node) -> tuple[str, RealSet]:
    """The solutions of an inequality between polynomials or rational functions."""
    name, places, signs = sign_changes(left, right)
    wanted = {"<": (-1,), "le": (-1,), ">": (1,), "ge": (1,), "ne": (-1, 1)}[relation]
    ends = [LOWEST, *(End(0, value, DIGITS) for value, _ in places), HIGHEST]
    spans = [
        Span(low, False, high, False) for low, high, sign in zip(ends, ends[1:], signs, strict=False) if sign in wanted
    ]
    if relation in ("le", "ge"):
        spans += [Span(at, True, at, True) for at, (_, zero) in zip(ends[1:-1], places, strict=True) if zero]
    return name, unite(spans)


def _distance(relation: str, inner: Node, bound: Node) -> tuple[str, RealSet]:
    """The solutions of `|ax + b| < c` and the like."""
    name, slope, offset = linear(inner)
    if relation in ("=", "ne") or order(end(bound), End(0, Fraction(0))) < 0 or end(bound).side:
        raise Unreadable("a bound that no distance has")
    if order(end(slope), End(0, Fraction(0))) == 0:
        raise Unreadable("no variable is left")
    gaps = [Node("add", (side, Node("neg", (offset,)))) for side in (bound, Node("neg", (bound,)))]
    high, low = (end(Node("div", (gap, slope))) for gap in gaps)
    if order(low, high) > 0:
        low, high = high, low
    closed = relation in ("le", ">")  # of what lies within, or of what is left out
    within = unite([Span(low, closed, high, closed)])
    return name, within if relation in ("<", "le") else complement(within)


def linear(node: Node) -> tuple[str, Node, Node]:
    """The variable, slope and offset of a linear formula in one variable; raises Unreadable for others."""
    names = symbols(node)
    if len(names) != 1 or _degree(node) != 1:
        raise Unreadable("a relation that is not linear in one variable")
    name = next(iter(names))
    offset, one = _put(node, name, 0), _put(node, name, 1)
    return name, Node("add", (one, Node("neg", (offset,)))), offset


def _degree(node: Node) -> int:
    if not symbols(node):
        return 0
    if node.op == "sym":
        return 1
    if node.op in ("add", "neg"):
        return max(_degree(arg) for arg in node.args)
    if node.op == "mul":
        return sum(_degree(arg) for arg in node.args)
    if node.op == "div" and not symbols(node.args[1]):
        return _degree(node.args[0])
    return 2


def _put(node: Node, name: str, value: int) -> Node:
    if node.op == "sym":
        return number(value) if node.name == name else node
    return replace(node, args=tuple(_put(arg, name, value) for arg in node.args)) if node.args else node


def _half(relation: str, bound: End) -> RealSet:
    if relation in ("=", "ne"):
        single: RealSet = (Span(bound, True, bound, True),)
        return single if relation == "=" else complement(single)
    closed = relation in ("le", "ge") and not bound.side
    below = relation in ("<", "le")
    return unite([Span(LOWEST, False, bound, closed) if below else Span(bound, closed, HIGHEST, False)])


def is_contradiction(node: Node) -> bool:
    """Whether an answer is a list of conditions that exclude each other."""
    if node.op != "list" or node.name != "and":
        return False
    try:
        solutions(node)
    except Contradiction:
        return True
    except (TooLarge, Unreadable):
        pass
    return False


def _several(node: Node) -> tuple[str, RealSet]:
    first, *rest = node.args
    if first.op in ("tuple", "union") and rest and all(arg.op == "rel" and arg.name == "ne" for arg in rest):
        parts = [("", real_set(first)), *map(solutions, rest)]  # (0, 9), x ≠ 3
    else:
        parts = [solutions(arg) for arg in node.args]
    name = next((name for name, _ in parts if name), "")
    if any(other not in (name, "") for other, _ in parts) or len(parts) > 50:
        raise Unreadable("relations on several variables")
    common = EVERYTHING
    for _, part in parts:
        common = intersect(common, part)
    if not common and node.name == "and" and not any(arg.name == "=" for arg in node.args):
        raise Contradiction("no number fulfils them all")
    if node.name == "or" or not common:  # `x < 1, x > 3`, `n ≥ 3 and n = 1`
        return name, unite([span for _, part in parts for span in part])
    return name, common
