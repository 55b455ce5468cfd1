"""Whether two answers say the same: the rules for two shapes, in both directions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction

from scorers.antiderivatives import same_antiderivative
from scorers.families import definitions, other_domains, same_definitions, same_family, without
from scorers.fingerprint import proportional
from scorers.finite import same_finite
from scorers.forms import difference, form, gives_several
from scorers.loci import same_curves
from scorers.numerators import same_cleared
from scorers.phrases import is_figure, is_roman, same_time, spelled
from scorers.pieces import same_pieces
from scorers.realset import equal_sets, is_contradiction, real_set, solutions
from scorers.residues import same_integers
from scorers.shapes import is_name
from scorers.syntax import FORMULA, Node, TooLarge, Unreadable, number, symbols
from scorers.units import read_unit
from scorers.values import same_formula
from scorers.variants import (
    basis_vector,
    congruent,
    crossed,
    is_applied,
    is_proper,
    matrix_of,
    one_name,
    rows_of_names,
    summed,
    values_of_names,
    vector,
    without_conditions,
)
from scorers.wordings import same_words


def same(gold: Node, answer: Node) -> bool:  # noqa: PLR0911  # one layer after the other
    """Whether an answer says what the gold answer says; raises Undecided."""
    if form(gold) == form(answer):
        return True
    if is_contradiction(gold):
        alternatives = replace(answer, name="or") if is_contradiction(answer) else answer
        return same(replace(gold, name="or"), alternatives)
    if any(node.op in ("list", "builder") or (node.op == "rel" and node.name == "in") for node in (gold, answer)):
        if same_family(gold, answer, same) or same_family(answer, gold, lambda a, b: same(b, a)):
            return True
        if gold.op == answer.op == "list" and same_definitions(gold, answer, same):
            return True
        if other_domains(gold, answer):
            return False
        gold, answer = without(gold), without(answer)
    if (same_numbers := _same_integers(gold, answer)) is not None:
        return same_numbers
    for left, right, swapped in ((gold, answer, False), (answer, gold, True)):
        rule = _RULES.get(left.op)
        found = rule(left, right, swapped) if rule else None
        if found is not None:
            return found
    if gold.op in FORMULA and answer.op in FORMULA:
        if is_figure(gold, answer) or is_figure(answer, gold):
            return True
        if {"num", "mul"} == {gold.op, answer.op} and is_roman(gold, answer):
            return True
        return same_antiderivative(gold, answer) or same_formula(*summed(gold, answer))
    return False


def _same_integers(gold: Node, answer: Node) -> bool | None:
    """Sets of integers without an end, or with one; None where neither answer gives one."""
    found = same_integers(gold, answer)
    return same_finite(gold, answer) if found is None else found


def _pair(left: Node, right: Node, swapped: bool) -> bool:
    """`same` with the gold answer first again."""
    return same(right, left) if swapped else same(left, right)


# ---------------------------------------------------------------------------------------------------------- structures


def _unit(left: Node, right: Node, swapped: bool) -> bool | None:
    inner = left.args[0]
    if right.op == "unit":
        return _two_units(left, right, swapped)
    if right.op == "deg":
        return left.name in ("", "angle", "celsius", "fahrenheit") and _pair(inner, right.args[0], swapped)
    if left.name == "share" and is_proper(inner):  # 5/9 is a probability, and no percentage
        return right.op in FORMULA and _other_number(left, right, swapped)
    if right.op in FORMULA or right.op in ("tuple", "list", "set", "ratio"):
        return _pair(inner, right, swapped) or _other_number(left, right, swapped)
    return None


def _other_number(left: Node, right: Node, swapped: bool) -> bool:
    """A percentage as the number that it is; a unit whose letter was read as a symbol."""
    if left.name == "share":
        return _pair(Node("div", (left.args[0], Node("num", value=Fraction(100)))), right, swapped)
    return right.op in ("mul", "div") and bool(left.name) and _bare_letter(left, right, swapped)


def _bare_letter(left: Node, right: Node, swapped: bool) -> bool:
    """`5 m` and `5 m/s` with the unit outside `\\text` were read as products."""
    words: list[str] = []
    if right.op == "div":
        right, below = right.args
        base, power = below.args if below.op == "pow" else (below, None)
        words = ["/", base.name, *(("^", str(power.value)) if power is not None and power.op == "num" else ())]
    letter = right.args[-1] if right.op == "mul" else right
    if letter.op != "sym" or len(letter.name) != 1 or right.op != "mul" or (words and len(words[1]) != 1):
        return False
    unit = read_unit([letter.name, *words])
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
        return _same_solutions(left, right) or same_curves(left, right) or None
    if left.name == "=" and right.op not in ("words", "raw"):
        return _equation(left, right, swapped)
    if right.op in ("tuple", "union", "inter", "minus", "builder", "domain", "set"):
        return (left.name == "in" and _pair(left.args[1], right, swapped)) or _is_solution_set(left, right)
    return None


def _equation(left: Node, right: Node, swapped: bool) -> bool | None:
    """`x = 5` against 5; `1 + 2 = 3` against 3."""
    if len(left.args) == 2:
        name, value = left.args
        if name.op == "call" and name.name != "abs" and value == number(0):
            return None  # sin θ = 0 is no value of θ
        return ((is_name(name) or is_applied(name, value, right)) and _pair(value, right, swapped)) or None
    if any(symbols(arg) for arg in left.args if arg.op in FORMULA):
        return None
    return all(_pair(arg, right, swapped) for arg in left.args)


def _two_relations(left: Node, right: Node, swapped: bool) -> bool:  # noqa: PLR0911  # one rule a line
    if left.name == right.name == "equiv":
        return congruent(left, right)
    defining = left.name == right.name == "=" and len(left.args) == len(right.args) == 2
    if defining and any(_pair(left.args[1], body, swapped) for body in definitions(left, right)):
        return True
    if "in" in (left.name, right.name) or (left.name != "=" and right.name != "="):
        if _same_solutions(left, right):
            return True
        if left.name == right.name == "in":
            return left.args[0] == right.args[0] and _pair(left.args[1], right.args[1], swapped)
    if left.name != right.name or len(left.args) != len(right.args):
        return False
    if left.name in ("=", "ne") and len(left.args) == 2:
        left, right = crossed(left), crossed(right)
        a, b = difference(left), difference(right)
        if a and b and len(a) == len(b) and proportional(a, b, positive=False):
            return True
        if a and b and (same_cleared(left, right) or (left.name == "=" and same_curves(left, right))):
            return True
    if left.name in _BOUNDS:
        a, b = difference(left), difference(right)
        return bool(a and b and len(a) == len(b) and proportional(a, b, positive=True))
    if set(left.name.split()) == {"="} and len(left.args) > 2:  # a = b = c, in any order
        return _matched(left.args, right.args, swapped)
    return all(_pair(x, y, swapped) for x, y in zip(left.args, right.args, strict=True))


def _same_solutions(left: Node, right: Node) -> bool:
    try:
        (first, a), (second, b) = solutions(left), solutions(right)
    except (TooLarge, Unreadable):
        return False
    return (first == second or not first or not second) and equal_sets(a, b)


def _is_solution_set(left: Node, right: Node) -> bool:
    try:
        return equal_sets(solutions(left)[1], real_set(right))
    except (TooLarge, Unreadable):
        return False


def _real_sets(left: Node, right: Node, swapped: bool) -> bool | None:
    if right.op == "sym" and left.op == "domain":
        return right.name == left.name  # a bold R
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


def _tuple(left: Node, right: Node, swapped: bool) -> bool | None:  # noqa: PLR0911  # one rule a line
    if right.op == "tuple":
        if len(left.args) != len(right.args) or (left.name != right.name and len(left.args) == 2):
            return False
        return all(_pair(a, b, swapped) for a, b in zip(left.args, right.args, strict=True))
    if right.op == "matrix" and left.name == "()":
        column = vector(right)
        return column is not None and _tuple(left, column, swapped)
    if right.op == "list":
        if any(arg.op == "rel" and arg.name != "=" for arg in right.args):
            return None
        return left.name == "()" and _tuple_or_list(left, right, swapped)
    if right.op in FORMULA and left.name == "()" and (written := basis_vector(right, len(left.args))):
        return _tuple(left, written, swapped)
    return None


def _tuple_or_list(left: Node, right: Node, swapped: bool) -> bool:
    """A tuple whose parentheses were left out, or one written as `x = 1, y = 2`."""
    named = values_of_names(right)
    if named is None and any(arg.op == "rel" for arg in right.args):
        return False  # x = 1, x = 2
    items = named or right.args
    if right.name == "or" or (right.name != "," and not named) or len(items) != len(left.args):
        return False
    return all(_pair(a, b, swapped) for a, b in zip(left.args, items, strict=True))


def _matrix(left: Node, right: Node, swapped: bool) -> bool | None:
    if right.op in FORMULA and (found := vector(left)) is not None and found.name == "()":
        return _tuple(found, right, swapped)
    if right.op == "tuple":
        right = matrix_of(right) or right
    if right.op != "matrix":
        return None
    if [len(row.args) for row in left.args] != [len(row.args) for row in right.args]:
        return False
    pairs = [(a, b) for x, y in zip(left.args, right.args, strict=True) for a, b in zip(x.args, y.args, strict=True)]
    return all(_pair(a, b, swapped) for a, b in pairs)


def _set(left: Node, right: Node, swapped: bool) -> bool | None:
    if right.op in ("set", "list"):
        return _items(left, right, swapped)
    if right.op in ("union", "inter", "minus", "builder"):
        return _real_sets(left, right, swapped)
    if right.op in FORMULA and len(left.args) == 1:
        return _pair(left.args[0], right, swapped)
    return None


def _list(left: Node, right: Node, swapped: bool) -> bool | None:
    if right.op not in ("list", "set") and _said_twice(left, right, swapped):
        return True
    if right.op == "rel":
        return same_curves(left, right) or _list_or_equation(left, right, swapped)
    if any(arg.op == "rel" and arg.name != "=" for arg in left.args):
        if right.op == "list":
            opposite = {left.name, right.name} == {"and", "or"} and all(arg.name in _BOUNDS for arg in left.args)
            return _same_solutions(left, right) or (not opposite and _matched(left.args, right.args, swapped))
        return _is_solution_set(left, right)
    if right.op == "mul" and (letters := spelled(right)):  # A and C, written AC
        return sorted(letters.upper()) == sorted(arg.name for arg in left.args)
    return _items(left, right, swapped) if right.op in ("list", "set") else None


_BOUNDS = frozenset({"<", ">", "le", "ge"})


def _said_twice(left: Node, right: Node, swapped: bool) -> bool:
    """One value in two writings (`30° or π/6`), or with a condition behind it."""
    if left.name == "or" and len(left.args) <= 4 and all(_pair(arg, right, swapped) for arg in left.args):
        return True
    bare = without_conditions(left)
    return bare is not None and _pair(bare, right, swapped)


def _items(left: Node, right: Node, swapped: bool) -> bool:
    """Two lists of values, either of them perhaps as `x = 1, x = 2`."""
    if (left.name == "or") != (right.name == "or") and gives_several(left) and gives_several(right):
        return False
    if _matched(left.args, right.args, swapped):
        return True
    a, b = one_name(left), one_name(right)
    if (a is not None or b is not None) and _matched(a or left.args, b or right.args, swapped):
        return True
    for one, pairs in ((left, b or right.args), (right, a or left.args)):
        if pairs and pairs[0].op == "tuple" and (rows := rows_of_names(one)):
            return _matched(rows, pairs, swapped) if one is left else _matched(pairs, rows, swapped)
    return False


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


def _matched(left: Sequence[Node], right: Sequence[Node], swapped: bool) -> bool:
    """Whether the items can be paired off, in any order."""
    if len(left) != len(right) and {node.op for node in (*left, *right)} == {"tuple"}:
        left, right = (list({form(node): node for node in side}.values()) for side in (left, right))  # one is repeated
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
        if number(0) in (left.args[-1], right.args[-1]):  # four o'clock
            return all(_pair(a, b, swapped) for a, b in zip(left.args, right.args, strict=True))
        quotients = [(Node("div", (x, left.args[-1])), Node("div", (y, right.args[-1])))
                     for x, y in zip(left.args[:-1], right.args[:-1], strict=True)]  # fmt: skip
        return all(_pair(a, b, swapped) for a, b in quotients)
    if right.op in FORMULA and len(left.args) == 2:
        if left.args[1] == number(0):
            return _pair(left.args[0], right, swapped)
        if right.op == "num" and right.shown is None and right.value is not None and right.value.denominator == 1:
            return False  # 24:1 is no number
        return _pair(Node("div", left.args), right, swapped)
    return None


def _cases(left: Node, right: Node, swapped: bool) -> bool | None:
    if right.op in FORMULA:
        return same_pieces(left, right)
    if right.op != "cases":
        return None
    if _rows_match(left, right, swapped):
        return True
    return same_pieces(left, right)


def _rows_match(left: Node, right: Node, swapped: bool) -> bool:
    """Whether the rows can be paired off."""
    free = list(right.args)
    otherwise = 0
    for row in left.args:
        partner = next((i for i, other in enumerate(free) if _same_case(row, other, swapped)), None)
        if partner is None:
            return False
        otherwise += (row.args[1].op == "words") != (free[partner].args[1].op == "words")
        del free[partner]
    return not free and otherwise < 2


def _same_case(left: Node, right: Node, swapped: bool) -> bool:
    """One row against another; `otherwise` is whatever the other rows leave."""
    (value, condition), (other, when) = left.args, right.args
    return _pair(value, other, swapped) and ("words" in (condition.op, when.op) or _pair(condition, when, swapped))


_RULES = {
    "unit": _unit, "rel": _relation, "tuple": _tuple, "matrix": _matrix, "set": _set, "list": _list, "ratio": _ratio,
    "time": same_time, "words": same_words, "cases": _cases, "union": _real_sets, "inter": _real_sets,
    "minus": _real_sets, "builder": _real_sets, "domain": _real_sets,
}  # fmt: skip
