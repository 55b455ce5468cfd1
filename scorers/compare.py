"""Whether two answers say the same: the rules for two shapes, in both directions."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from fractions import Fraction
from typing import TypeVar

from scorers.fingerprint import both_integral, common_digits, constant, points, proportional, same_points
from scorers.forms import difference, form
from scorers.precision import Undefined, Value, context, equal, is_exact
from scorers.realset import equal_sets, real_set, solutions
from scorers.shapes import is_name
from scorers.syntax import FORMULA, Node, TooLarge, Unreadable, contains, symbols
from scorers.units import MARKS, read_unit
from scorers.words import roman

T = TypeVar("T")


class Undecided(Exception):
    """Neither yes nor no by the rules here. `ask`: a computer algebra system may know."""

    def __init__(self, reason: str, *, ask: bool) -> None:
        super().__init__(reason)
        self.ask = ask


def same(gold: Node, answer: Node) -> bool:
    """Whether an answer says what the gold answer says; raises Undecided."""
    if form(gold) == form(answer):
        return True
    for left, right, swapped in ((gold, answer, False), (answer, gold, True)):
        rule = _RULES.get(left.op)
        found = rule(left, right, swapped) if rule else None
        if found is not None:
            return found
    if gold.op in FORMULA and answer.op in FORMULA:
        return same_formula(gold, answer)
    return False


def _pair(left: Node, right: Node, swapped: bool) -> bool:
    """`same` with the gold answer first again."""
    return same(right, left) if swapped else same(left, right)


# ------------------------------------------------------------------------------------------------------------ formulas


def same_formula(gold: Node, answer: Node) -> bool:
    """Two formulas: by their values, exactly or to nearly all of many digits; decimals of the gold are rounded to."""
    if contains(gold, "inf") or contains(answer, "inf"):
        return False
    if gold.op == "deg" or answer.op == "deg":
        return _degrees(gold, answer)
    if not symbols(gold) and not symbols(answer):
        return _constants(gold, answer)
    whole = both_integral(gold, answer)
    left, right = (_known(lambda node: points(node, whole), node) for node in (gold, answer))
    if left is None and right is None:
        raise Undecided("both values are out of bounds", ask=False)
    if left is None or right is None:
        return False
    verdict = same_points(left, right)
    if verdict is None:
        raise Undecided("nowhere defined", ask=False)
    return verdict


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
    if one is None and other is None:
        raise Undecided("both values are out of bounds", ask=False)
    if one is None or other is None:
        return False
    (left, first), (right, second) = one, other
    return equal(left, right, common_digits(left, first, right, second)) or rounds(gold, right, answer)


def rounds(gold: Node, value: Value, answer: Node) -> bool:
    """Whether a value rounds to a gold decimal, at the place where its digits end.

    A gold decimal with one decimal and two digits (0.5, 2.5) is taken for exact: too much would round to it."""
    literal = gold.args[0] if gold.op == "neg" else gold
    if literal.op != "num" or not literal.shown or literal.value is None:
        return False
    bare = answer.args[0] if answer.op == "neg" else answer
    short = literal.value * 10**literal.shown < 100
    coarser = bare.op == "num" and bare.shown is not None and bare.shown <= literal.shown
    if coarser or (short and literal.shown < 2):
        return False
    if not is_exact(value):
        mp = context(40)
        if isinstance(value, mp.mpc):
            return False
        value = Fraction(str(mp.nstr(value, 30)))
    unit = Fraction(1, 10**literal.shown)
    target = -literal.value if gold.op == "neg" else literal.value
    return bool(abs(value - target) <= (unit if literal.cut else unit / 2))


def _degrees(gold: Node, answer: Node) -> bool:
    """Degrees against a bare number of degrees, or against radians that are written with π."""
    if gold.op == answer.op:
        return same(gold.args[0], answer.args[0])
    bare_gold, bare = (node.args[0] if node.op == "deg" else node for node in (gold, answer))
    if same(bare_gold, bare):
        return True
    radians = answer if gold.op == "deg" else gold
    return contains(radians, "const") and not symbols(radians) and _constants(gold, answer)


# ---------------------------------------------------------------------------------------------------------- structures


def _unit(left: Node, right: Node, swapped: bool) -> bool | None:
    inner = left.args[0]
    if right.op == "unit":
        return _two_units(left, right, swapped)
    if right.op == "deg":
        return _pair(inner, right.args[0], swapped) if left.name in ("", *MARKS) else False
    if right.op in FORMULA or right.op in ("tuple", "list", "set", "ratio"):
        return _pair(inner, right, swapped) or _other_number(left, right, swapped)
    return None


def _other_number(left: Node, right: Node, swapped: bool) -> bool:
    """A percentage as the number that it is; a unit whose letter was read as a symbol."""
    if left.name == "share":
        return _pair(Node("div", (left.args[0], Node("num", value=Fraction(100)))), right, swapped)
    return right.op == "mul" and bool(left.name) and _bare_letter(left, right, swapped)


def _bare_letter(left: Node, right: Node, swapped: bool) -> bool:
    """`5 m` with the unit outside `\\text` was read as five times m."""
    letter = right.args[-1]
    unit = read_unit([letter.name]) if letter.op == "sym" and len(letter.name) == 1 else None
    if unit is None or unit.dimension != left.name:
        return False
    rest = right.args[0] if len(right.args) == 2 else Node("mul", right.args[:-1])
    return _two_units(left, Node("unit", (rest,), unit.dimension, unit.factor), swapped)


def _two_units(left: Node, right: Node, swapped: bool) -> bool:
    if left.name == right.name and left.value != right.value and left.value and right.value:
        scaled = Node("mul", (Node("num", value=left.value / right.value), left.args[0]))
        return _pair(scaled, right.args[0], swapped)
    comparable = left.name == right.name or not left.name or not right.name
    return comparable and _pair(left.args[0], right.args[0], swapped)


def _relation(left: Node, right: Node, swapped: bool) -> bool | None:
    if right.op == "rel":
        return _two_relations(left, right, swapped)
    if right.op == "list" and any(arg.op == "rel" for arg in right.args):
        return _same_solutions(left, right) or None
    if left.name == "=" and right.op not in ("words", "raw"):
        return _equation(left, right, swapped)
    if right.op in ("tuple", "union", "inter", "minus", "builder", "domain", "set"):
        return (left.name == "in" and _pair(left.args[1], right, swapped)) or _is_solution_set(left, right)
    return None


def _equation(left: Node, right: Node, swapped: bool) -> bool | None:
    """`x = 5` against 5; `1 + 2 = 3` against 3."""
    if len(left.args) == 2:
        name, value = left.args
        return (is_name(name) and _pair(value, right, swapped)) or None
    if any(symbols(arg) for arg in left.args if arg.op in FORMULA):
        return None
    return all(_pair(arg, right, swapped) for arg in left.args)


def _two_relations(left: Node, right: Node, swapped: bool) -> bool:
    if "in" in (left.name, right.name) or (left.name != "=" and right.name != "="):
        if _same_solutions(left, right):
            return True
        if left.name == right.name == "in":
            return left.args[0] == right.args[0] and _pair(left.args[1], right.args[1], swapped)
    if left.name != right.name or len(left.args) != len(right.args):
        return False
    if left.name in ("=", "ne") and len(left.args) == 2:
        a, b = difference(left), difference(right)
        if a and b and len(a) == len(b) and proportional(a, b, positive=False):
            return True
    if left.name in ("<", "le", ">", "ge"):
        a, b = difference(left), difference(right)
        return bool(a and b and len(a) == len(b) and proportional(a, b, positive=True))
    return all(_pair(x, y, swapped) for x, y in zip(left.args, right.args, strict=True))


def _same_solutions(left: Node, right: Node) -> bool:
    try:
        (first, a), (second, b) = solutions(left), solutions(right)
    except (TooLarge, Unreadable):
        return False
    return first == second and equal_sets(a, b)


def _is_solution_set(left: Node, right: Node) -> bool:
    try:
        return equal_sets(solutions(left)[1], real_set(right))
    except (TooLarge, Unreadable):
        return False


def _real_sets(left: Node, right: Node, swapped: bool) -> bool | None:
    if right.op not in ("tuple", "set", "union", "inter", "minus", "builder", "domain"):
        return None
    try:
        return equal_sets(real_set(left), real_set(right))
    except (TooLarge, Unreadable):
        pass
    if left.op == right.op and len(left.args) == len(right.args):
        pairs = zip(left.args, right.args, strict=True)
        return left.name == right.name and all(_pair(a, b, swapped) for a, b in pairs)
    return False


def _tuple(left: Node, right: Node, swapped: bool) -> bool | None:
    if right.op == "tuple":
        if len(left.args) != len(right.args) or (left.name != right.name and len(left.args) == 2):
            return False
        return all(_pair(a, b, swapped) for a, b in zip(left.args, right.args, strict=True))
    if right.op == "matrix" and left.name == "()":
        vector = _vector(right)
        return vector is not None and _tuple(left, vector, swapped)
    if right.op == "list":
        return left.name == "()" and _tuple_or_list(left, right, swapped)
    return None


def _tuple_or_list(left: Node, right: Node, swapped: bool) -> bool:
    """A tuple whose parentheses were left out, or one written as `x = 1, y = 2`."""
    items = _values_of_names(right) or right.args
    if right.name != "," or len(items) != len(left.args):
        return False
    return all(_pair(a, b, swapped) for a, b in zip(left.args, items, strict=True))


def _vector(matrix: Node) -> Node | None:
    if len(matrix.args) == 1:
        return matrix.args[0]
    if all(len(row.args) == 1 for row in matrix.args):
        return Node("tuple", tuple(row.args[0] for row in matrix.args), name="()")
    return None


def _matrix(left: Node, right: Node, swapped: bool) -> bool | None:
    if right.op != "matrix":
        return None
    if [len(row.args) for row in left.args] != [len(row.args) for row in right.args]:
        return False
    pairs = [(a, b) for x, y in zip(left.args, right.args, strict=True) for a, b in zip(x.args, y.args, strict=True)]
    return all(_pair(a, b, swapped) for a, b in pairs)


def _set(left: Node, right: Node, swapped: bool) -> bool | None:
    if right.op in ("set", "list"):
        return _matched(left.args, right.args, swapped)
    if right.op in ("union", "inter", "minus", "builder"):
        return _real_sets(left, right, swapped)
    if right.op in FORMULA and len(left.args) == 1:
        return _pair(left.args[0], right, swapped)
    return None


def _list(left: Node, right: Node, swapped: bool) -> bool | None:
    if right.op == "rel":
        return _list_or_equation(left, right, swapped)
    if any(arg.op == "rel" and arg.name != "=" for arg in left.args):
        if right.op == "list":
            return _same_solutions(left, right) or _matched(left.args, right.args, swapped)
        return _is_solution_set(left, right)
    return _items(left, right, swapped) if right.op in ("list", "set") else None


def _items(left: Node, right: Node, swapped: bool) -> bool:
    """Two lists of values, either of them perhaps as `x = 1, x = 2`."""
    if _matched(left.args, right.args, swapped):
        return True
    a, b = _one_name(left), _one_name(right)
    return (a is not None or b is not None) and _matched(a or left.args, b or right.args, swapped)


def _list_or_equation(left: Node, right: Node, swapped: bool) -> bool | None:
    """`x = 1, y = 2` against `(x, y) = (1, 2)`; `1, 2` against `x = 1, 2` or `x ∈ {1, 2}`."""
    if len(right.args) != 2 or right.name not in ("=", "in"):
        return None
    names, value = right.args
    if names.op == "tuple" and value.op == "tuple":
        given = {arg.args[0].name: arg.args[1] for arg in left.args if arg.op == "rel" and len(arg.args) == 2}
        if set(given) != {arg.name for arg in names.args} or len(names.args) != len(value.args):
            return False
        return all(_pair(given[n.name], v, swapped) for n, v in zip(names.args, value.args, strict=True))
    return is_name(names) and _pair(left, value, swapped)


def _one_name(node: Node) -> tuple[Node, ...] | None:
    """The values of `x = 1, x = 2`, or of `x = 1, 2`."""
    if node.op != "list" or not node.args or node.args[0].op != "rel":
        return None
    name = node.args[0].args[0]
    values = []
    for arg in node.args:
        if arg.op == "rel":
            if arg.name != "=" or len(arg.args) != 2 or arg.args[0] != name or not is_name(name):
                return None
            values.append(arg.args[1])
        else:
            values.append(arg)
    return tuple(values)


def _values_of_names(node: Node) -> tuple[Node, ...] | None:
    """The values of `x = 1, y = 2`."""
    if not all(arg.op == "rel" and arg.name == "=" and len(arg.args) == 2 for arg in node.args):
        return None
    names = [arg.args[0] for arg in node.args]
    if not all(name.op == "sym" for name in names) or len(set(names)) != len(names):
        return None
    return tuple(arg.args[1] for arg in node.args)


def _matched(left: Sequence[Node], right: Sequence[Node], swapped: bool) -> bool:
    """Whether the items can be paired off, in any order."""
    if len(left) != len(right) or len(left) > 60:
        return False
    free = list(right)
    keys = [form(node) for node in free]
    late = []
    for node in left:
        key = form(node)
        if key in keys:
            index = keys.index(key)
            del free[index], keys[index]
        else:
            late.append(node)
    for node in late:
        partner = next((i for i, other in enumerate(free) if _pair(node, other, swapped)), None)
        if partner is None:
            return False
        del free[partner]
    return True


def _ratio(left: Node, right: Node, swapped: bool) -> bool | None:
    if right.op == "ratio" and len(left.args) == len(right.args):
        quotients = [(Node("div", (x, left.args[-1])), Node("div", (y, right.args[-1])))
                     for x, y in zip(left.args[:-1], right.args[:-1], strict=True)]  # fmt: skip
        return all(_pair(a, b, swapped) for a, b in quotients)
    if right.op in FORMULA and len(left.args) == 2:
        return _pair(Node("div", left.args), right, swapped)
    return None


def _time(left: Node, right: Node, swapped: bool) -> bool | None:
    if right.op != "ratio" or len(right.args) != 2 or left.value is None:
        return None
    hours, minutes = (arg.value for arg in right.args)
    return minutes == left.value % 60 and hours is not None and hours % 12 == left.value // 60


def _words(left: Node, right: Node, swapped: bool) -> bool | None:
    plain = left.name
    if right.op == "num":
        value = roman(plain)
        return value is not None and value == right.value
    if right.op != "words":
        return None
    for short, other in ((plain, right.name), (right.name, plain)):
        if short in ("yes", "no") and other.startswith(short + " "):
            return True
    if min(len(plain.split()), len(right.name.split())) >= 6:
        raise Undecided("prose against prose", ask=False)
    return False


_RULES = {
    "unit": _unit, "rel": _relation, "tuple": _tuple, "matrix": _matrix, "set": _set, "list": _list, "ratio": _ratio,
    "time": _time, "words": _words, "union": _real_sets, "inter": _real_sets, "minus": _real_sets,
    "builder": _real_sets, "domain": _real_sets,
}  # fmt: skip
