"""Other ways to write a shape: without its condition, in other variables, as a vector, as the values of its names."""

from __future__ import annotations

import re
from dataclasses import replace

from scorers.fingerprint import constant
from scorers.precision import is_exact
from scorers.shapes import is_name
from scorers.syntax import FORMULA, Node, TooLarge, Unreadable, letters, number, symbols

_FUNCTION = re.compile(r"^([^\W\d_]\w*(?:\^-1|'+)?)\(([a-z](?:,[a-z])*)\)$")
_SEQUENCE = re.compile(r"^([a-zA-Z])_([a-z])$")
_AXIS = re.compile(r"^(?:(?:vec|hat|overline|widehat)\()?([ijk])\)?$")
_HARMONIC = re.compile(r"^H_(?:[a-z]|\d{1,3})$")
_CONDITIONS = frozenset({"ne", "<", ">", "le", "ge", "in"})


def vector(matrix: Node) -> Node | None:
    """A matrix of one row or column as a tuple."""
    if len(matrix.args) == 1:
        return matrix.args[0]
    if all(len(row.args) == 1 for row in matrix.args):
        return Node("tuple", tuple(row.args[0] for row in matrix.args), name="()")
    return None


def matrix_of(node: Node) -> Node | None:
    """`[[1, 2], [3, 4]]` as a matrix."""
    rows = node.args
    if node.op != "tuple" or node.name != "[]" or len(rows) < 2:
        return None
    if any(row.op != "tuple" or row.name != "[]" or len(row.args) != len(rows[0].args) for row in rows):
        return None
    return Node("matrix", rows)


def basis_vector(node: Node, size: int) -> Node | None:
    """`i + 2j` as the tuple (1, 2)."""
    parts: dict[int, Node] = {}
    for term in node.args if node.op == "add" else (node,):
        inner = term.args[0] if term.op == "neg" else term
        factors = inner.args if inner.op == "mul" else (inner,)
        axes = [match for factor in factors if (match := _axis(factor))]
        if len(axes) != 1:
            return None
        index = "ijk".index(axes[0][1])
        rest = tuple(factor for factor in factors if not _axis(factor)) or (number(1),)
        value = rest[0] if len(rest) == 1 else Node("mul", rest)
        if index >= size or index in parts:
            return None
        parts[index] = Node("neg", (value,)) if term.op == "neg" else value
    if not set(parts) - {0}:
        return None
    return Node("tuple", tuple(parts.get(index, number(0)) for index in range(size)), name="()")


def _axis(node: Node) -> re.Match[str] | None:
    return _AXIS.match(node.name) if node.op in ("sym", "const") else None


def without_conditions(node: Node) -> Node | None:
    """The formula or definition before the conditions on its variables (`1/(x-1), x ≠ 1`); None without such."""
    first, *rest = node.args
    body = first.args[1] if first.op == "rel" and first.name == "=" and is_name(first.args[0]) else first
    names = symbols(body) if body.op in FORMULA else frozenset()
    if first.op == "rel" and (known := defined(first.args[0])):
        names = frozenset(known[1])  # f(x) = cx with c > 0 is not f(x) = cx
    if not names or not rest:
        return None
    for condition in rest:
        if condition.op != "rel" or not set(condition.name.split()) <= _CONDITIONS or not symbols(condition) <= names:
            return None
    return first


def defined(node: Node) -> tuple[str, list[str]] | None:
    """The name and the variables of what is defined: `f(x)`, `a_n`."""
    match = (_FUNCTION.match(node.name) or _SEQUENCE.match(node.name)) if node.op == "sym" else None
    return (match[1], match[2].split(",")) if match else None


def renamed(node: Node, names: dict[str, str]) -> Node:
    """The tree with other names of symbols."""
    if node.op == "sym":
        return replace(node, name=names.get(node.name, node.name))
    return replace(node, args=tuple(renamed(arg, names) for arg in node.args)) if node.args else node


def put(node: Node, name: str, value: Node) -> Node:
    """The tree with a value for a symbol."""
    if node.op == "sym":
        return value if node.name == name else node
    return replace(node, args=tuple(put(arg, name, value) for arg in node.args)) if node.args else node


def is_proper(node: Node) -> bool:
    """Whether a formula is a number between 0 and 1."""
    try:
        value = constant(node)[0] if node.op in FORMULA and not symbols(node) else None
    except (TooLarge, Unreadable):
        return False
    return value is not None and is_exact(value) and bool(0 < value < 1)


def congruent(left: Node, right: Node) -> bool:
    """Whether two congruences are about the same thing and leave the same residues."""
    names = (left.args[0], right.args[0])
    anonymous = Node("words")
    if anonymous not in names and names[0] != names[1]:
        return False
    residues = (_residue(left), _residue(right))
    return residues[0] is not None and residues[0] == residues[1]


def _residue(node: Node) -> tuple[int, int] | None:
    try:
        (value, _), (modulus, _) = (constant(arg) for arg in node.args[1:])
    except (TooLarge, Unreadable):
        return None
    if not (is_exact(value) and is_exact(modulus)) or value.denominator != 1 or modulus.denominator != 1 or not modulus:
        return None
    return int(value) % int(modulus), abs(int(modulus))


def one_name(node: Node) -> tuple[Node, ...] | None:
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


def is_applied(name: Node, value: Node, other: Node) -> bool:
    """Whether a left side that was read as a product is a function of what the right side is written in: `A(x)`."""
    if name.op != "mul" or len(name.args) != 2 or any(arg.op != "sym" or len(arg.name) != 1 for arg in name.args):
        return False
    function, variable = (arg.name for arg in name.args)
    known = letters(value) | letters(other)
    return variable in letters(value) and function not in known and function != variable


def rows_of_names(node: Node) -> tuple[Node, ...] | None:
    """The tuples of `p = 5, q = 2; p = 7, q = 2`: the same names again and again, in one order."""
    if not all(arg.op == "rel" and arg.name == "=" and len(arg.args) == 2 for arg in node.args):
        return None
    names = [arg.args[0] for arg in node.args]
    size = next((i for i, name in enumerate(names) if i and name == names[0]), 0)
    if size < 2 or len(names) % size or names != names[:size] * (len(names) // size) or len(set(names)) != size:
        return None
    if not all(name.op == "sym" for name in names):
        return None
    values = [arg.args[1] for arg in node.args]
    return tuple(Node("tuple", tuple(values[i : i + size]), "()") for i in range(0, len(values), size))


def values_of_names(node: Node) -> tuple[Node, ...] | None:
    """The values of `x = 1, y = 2`; x, y and z in their order, other names in the order given."""
    if not all(arg.op == "rel" and arg.name == "=" and len(arg.args) == 2 for arg in node.args):
        return None
    names = [arg.args[0] for arg in node.args]
    if not all(name.op == "sym" for name in names) or len(set(names)) != len(names):
        return None
    given = sorted(node.args, key=lambda arg: arg.args[0].name) if {n.name for n in names} <= set("xyz") else node.args
    return tuple(arg.args[1] for arg in given)


def crossed(node: Node) -> Node:
    """`a : b = 2 : 1` as the equation `a = 2b`; other relations as they are."""
    if node.op != "rel" or len(node.args) != 2 or any(arg.op != "ratio" or len(arg.args) != 2 for arg in node.args):
        return node
    (a, b), (c, d) = (arg.args for arg in node.args)
    return replace(node, args=(Node("mul", (a, d)), Node("mul", (b, c))))


def summed(left: Node, right: Node) -> tuple[Node, Node]:
    """Two formulas, with a harmonic number `H_n` that only one of them knows written as the sum that it is."""
    one, other = (tuple(filter(_HARMONIC.match, symbols(node))) for node in (left, right))
    if len(one) + len(other) != 1:
        return left, right
    name = (one + other)[0]
    last, index = name.removeprefix("H_"), Node("sym", name="#h")
    upper = number(int(last)) if last.isdigit() else Node("sym", name=last)
    written = Node("sum", (number(1), upper, Node("div", (number(1), index)), index), "sum")
    return put(left, name, written), put(right, name, written)
