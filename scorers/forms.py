"""One form for what two answers may say in different ways: the canonical string of a shape.

Formulas appear by their value (`scorers.fingerprint`), sets of real numbers by their intervals, equations by the values
of the difference of their sides up to a factor, everything else by its structure.
"""

from __future__ import annotations

import math
from fractions import Fraction

from scorers.fingerprint import Point, constant, coordinate, digest, integral, points, rounded, spell
from scorers.precision import Value, check_time, is_exact, remembered
from scorers.realset import RealSet, real_set, solutions
from scorers.syntax import FORMULA, Node, TooLarge, Unreadable, contains, symbols

MAX_ITEMS = 400


@remembered
def form(node: Node) -> str:
    """The canonical form of a shape; it starts with `?` where the value is out of reach and only the writing counts."""
    if node.op in FORMULA:
        return formula_form(node)
    check_time()
    if len(node.args) > MAX_ITEMS:
        raise TooLarge("too many parts")
    method = _FORMS.get(node.op)
    return method(node) if method else written(node)


def formula_form(node: Node) -> str:
    """`3/4`, 60 digits, or a digest of the values at the points."""
    if node.op == "deg":
        return f"{form(node.args[0])} °"
    if node.op in ("inf", "neg") and contains(node, "inf"):
        return "oo" if node.op == "inf" else "-oo" if node.args[0].op == "inf" else written(node)
    try:
        if symbols(node):
            return node.name if node.op == "sym" else _by_points(node)
        value, digits = constant(node)
    except (TooLarge, Unreadable):
        return written(node)
    return spell(value, digits)


def _by_points(node: Node) -> str:
    whole = integral(node)
    values = points(node, whole, whole and rounded(node))
    known = [item.value for item in values if item.value is not None]
    if not known:
        return written(node)
    if len(known) == len(values) and all(is_exact(value) and value == known[0] for value in known):
        return spell(known[0])
    return f"f {digest(values)}"


def written(node: Node) -> str:
    """The tree as it was written, for what cannot be evaluated."""
    return "?" + _written(node)


def _written(node: Node) -> str:
    if node.op == "num":
        return str(node.value) if node.value is not None and node.value.numerator.bit_length() < 12_000 else "#"
    args = [_written(arg) for arg in node.args]
    if node.op in ("add", "mul"):
        args.sort()
    return f"{node.op}:{node.name}({' '.join(args)})" if args else f"{node.op}:{node.name}"


# ---------------------------------------------------------------------------------------------------------- structures


def _unit(node: Node) -> str:
    factor = node.value if node.value is not None else Fraction(1)
    inner = node.args[0]
    if factor != 1:
        inner = Node("mul", (Node("num", value=factor), inner))
    return f"{form(inner)} {_MARKS.get(node.name, node.name)}" if node.name else form(inner)


_MARKS = {"share": "%", "angle": "°", "money": "$"}


def _tuple(node: Node) -> str:
    inside = ", ".join(form(arg) for arg in node.args)
    return f"{node.name[0]}{inside}{node.name[1]}"


def _set(node: Node) -> str:
    return "{" + ", ".join(sorted({form(arg) for arg in node.args})) + "}"


def _list(node: Node) -> str:
    try:
        name, spans = solutions(node)
        if any(arg.op == "rel" and arg.name != "=" for arg in node.args):
            return f"{name} in {spell_set(spans)}"
    except (TooLarge, Unreadable):
        pass
    items = [form(arg) for arg in node.args]
    if node.name == "or":
        return (" or " if gives_several(node) else ", ").join(sorted(set(items)))
    return ", ".join(sorted(items))


def gives_several(node: Node) -> bool:
    """Whether a list gives values to several names: then `a = 2 or b = 3` is not `a = 2, b = 3`."""
    if not all(arg.op == "rel" and arg.name == "=" and arg.args[0].op == "sym" for arg in node.args):
        return False
    names = {arg.args[0].name for arg in node.args}
    return len(names) == len(node.args) > 1 and all(name.isalpha() for name in names)


def _matrix(node: Node) -> str:
    return "[" + "; ".join(", ".join(form(entry) for entry in row.args) for row in node.args) + "]"


def spell_set(spans: RealSet) -> str:
    """A set of real numbers as a union of intervals."""
    if spans and all(str(span).startswith("{") for span in spans):
        return "{" + ", ".join(sorted(str(span)[1:-1] for span in spans)) + "}"
    return " u ".join(map(str, spans)) or "{}"


def _real_set(node: Node) -> str:
    try:
        return spell_set(real_set(node))
    except (TooLarge, Unreadable):
        parts = [form(arg) for arg in node.args]
        if node.op in ("union", "inter"):
            parts.sort()
        return f"{node.op}({'; '.join(parts)}){node.name}"


def _ratio(node: Node) -> str:
    try:
        values = [constant(arg)[0] for arg in node.args]
    except (TooLarge, Unreadable):
        values = [None]
    if all(is_exact(value) and value and value.numerator.bit_length() < 500 for value in values):
        scale = math.lcm(*(value.denominator for value in values[:20]))
        whole = [value * scale for value in values]
        divisor = math.gcd(*(value.numerator for value in whole))
        if len(values) <= 20 and scale.bit_length() < 5000:
            return "ratio " + ":".join(spell(value / divisor) for value in whole)
    last = node.args[-1]
    return "ratio " + ":".join(form(Node("div", (arg, last))) for arg in node.args[:-1])


def _base(node: Node) -> str:
    return f"{node.name}_{node.value}"


def _time(node: Node) -> str:
    minutes, seconds = int(node.value or 0), int((node.value or Fraction(0)) % 1 * 60)
    written = f"{minutes // 60 or 12}:{minutes % 60:02d}"
    return f"{written}:{seconds:02d} {node.name}" if seconds else f"{written} {node.name}"


def _dotted(node: Node) -> str:
    first, last, step = (int(arg.value or 0) for arg in node.args)
    return f"{first}, {first + step} .. {last}"


def _words(node: Node) -> str:
    return f'"{node.name}"'


# ----------------------------------------------------------------------------------------------------------- relations


def difference(node: Node) -> list[Point] | None:
    """The values of left side minus right side of a relation between two formulas; None where there are none."""
    if len(node.args) != 2 or not all(arg.op in FORMULA for arg in node.args):
        return None
    gap = Node("add", (node.args[0], Node("neg", (node.args[1],))))
    try:
        whole = integral(gap)
        found = points(gap, whole, whole and rounded(gap)) if symbols(gap) else None
    except (TooLarge, Unreadable):
        return None
    return found if found and any(item.value is not None and item.value != 0 for item in found) else None


def _relation(node: Node) -> str:
    if node.name == "=":
        return _equation(node)
    if node.name == "equiv" and all(arg.op == "num" and arg.value for arg in node.args[1:]):
        left, right, modulus = node.args
        return f"{form(left)} = {(right.value or 0) % (modulus.value or 1)} mod {modulus.value}"
    if node.name == "in":
        return f"{form(node.args[0])} in {form(node.args[1])}"
    try:
        name, spans = solutions(node)
        return f"{name} in {spell_set(spans)}"
    except (TooLarge, Unreadable):
        return _inequality(node)


def _inequality(node: Node) -> str:
    """A relation that is not solved: by the difference of its sides, or by all of its sides."""
    if node.name in (*_ORDER, "ne") and (values := difference(node)):
        strict, sign = _ORDER.get(node.name, ("ne", 0))
        return f"{strict} 0: {digest(values, _scale(values, sign))}"
    relations = node.name.split()
    if set(relations) <= {">", "ge"}:
        flipped = " ".join({">": "<", "ge": "le"}[relation] for relation in reversed(relations))
        return _relation(Node("rel", tuple(reversed(node.args)), flipped))
    return f"{node.name}: " + "; ".join(form(arg) for arg in node.args)


_ORDER = {"<": ("lt", 1), "le": ("le", 1), ">": ("lt", -1), "ge": ("le", -1)}


def _scale(values: list[Point], sign: int) -> Value:
    """What to divide by: the first value, or its size with a sign where the direction matters."""
    first = next(item.value for item in values if item.value is not None and item.value != 0)
    if not sign:
        return first
    return abs(first) * sign


def _equation(node: Node) -> str:
    if len(node.args) != 2:
        parts = [form(arg) for arg in node.args]
        return parts[0] if len(set(parts)) == 1 and not any(symbols(a) for a in node.args) else " = ".join(parts)
    left, right = node.args
    if left.op == "sym" and right.op in FORMULA and not symbols(right) and (value := _rational(right)) is not None:
        return f"{left.name} = {spell(value)}"
    if left.op in FORMULA and right.op in FORMULA:
        names = symbols(left) | symbols(right)
        if not names:
            a, b = form(left), form(right)
            return a if a == b else f"{a} = {b}"
        values = difference(node)
        if values:
            root = _linear(values, names) if len(names) == 1 else None
            return f"{next(iter(names))} = {root}" if root is not None else f"0 = {digest(values, _scale(values, 0))}"
    return f"{form(left)} = {form(right)}"


def _rational(node: Node) -> Fraction | None:
    try:
        value = constant(node)[0]
    except (TooLarge, Unreadable):
        return None
    return value if is_exact(value) else None


def _linear(values: list[Point], names: frozenset[str]) -> Fraction | None:
    """The solution of an equation that is linear in its one symbol, with rational coefficients."""
    name = next(iter(names))
    if len(values) < 4 or not all(is_exact(item.value) for item in values):
        return None
    xs = [coordinate(name, index, False) for index in range(len(values))]
    slope = (values[1].value - values[0].value) / (xs[1] - xs[0]) if xs[1] != xs[0] else 0
    if not slope:
        return None
    root = xs[0] - values[0].value / slope
    straight = all(item.value == slope * (x - root) for x, item in zip(xs, values, strict=True))
    return Fraction(root) if straight else None


_FORMS = {
    "unit": _unit, "tuple": _tuple, "set": _set, "list": _list, "matrix": _matrix, "union": _real_set,
    "inter": _real_set, "minus": _real_set, "builder": _real_set, "domain": _real_set, "ratio": _ratio, "base": _base,
    "time": _time, "words": _words, "raw": written, "rel": _relation, "dotted": _dotted,
}  # fmt: skip
