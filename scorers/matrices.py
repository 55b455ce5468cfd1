"""Sums, multiples, products and powers of matrices, computed entry by entry."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction

from scorers.syntax import Node, Unreadable, contains, is_formula, number

MAX_SIZE = 8
"""Rows and columns of a product."""
MAX_FACTORS = 3
"""Matrices in a product with symbols, whose entries grow with each of them."""
MAX_POWER = 64
MAX_BITS = 4000


def structure(node: Node) -> Node:
    """A formula of matrices, or a multiple of a vector, as one; other nodes as they are; raises Unreadable."""
    if node.op not in ("add", "mul", "neg", "div", "pow") or not contains(node, "matrix"):
        return _vector(node) if node.op in ("add", "mul", "neg", "div") and contains(node, "tuple") else node
    args = [structure(arg) for arg in node.args]
    matrices = [arg for arg in args if arg.op == "matrix"]
    if node.op == "add" and len(matrices) == len(args):
        return _combine(matrices)
    if node.op == "neg" and matrices:
        return _entrywise(matrices[0], lambda entry: Node("neg", (entry,)))
    if node.op == "mul" and matrices:
        rest = tuple(arg for arg in args if arg.op != "matrix")
        found = _product(matrices)
        return _entrywise(found, lambda entry: Node("mul", (*rest, entry))) if rest else found
    if node.op == "div" and args[0].op == "matrix" and args[1].op != "matrix":
        return _entrywise(args[0], lambda entry: Node("div", (entry, args[1])))
    if node.op == "pow" and args[0].op == "matrix":
        return _power(args[0], args[1])
    raise Unreadable("a formula of matrices")


def _vector(node: Node) -> Node:
    """Sums and multiples of vectors, `(1, 2) + t(3, -1)`, as one; raises Unreadable for other formulas with tuples."""
    args = tuple(_vector(arg) if contains(arg, "tuple") else arg for arg in node.args)
    vectors = [arg for arg in args if arg.op == "tuple" and arg.name == "()" and all(map(is_formula, arg.args))]
    if node.op == "tuple":
        return node
    if node.op == "add" and len(vectors) == len(args) and len({len(vector.args) for vector in vectors}) == 1:
        columns = zip(*(vector.args for vector in vectors), strict=True)
        return replace(vectors[0], args=tuple(Node("add", column) for column in columns))
    last = args[0] if node.op == "div" else args[-1]
    rest = tuple(arg for arg in args if arg is not last)
    if node.op not in ("mul", "neg", "div") or vectors != [last] or not all(map(is_formula, rest)):
        raise Unreadable("a formula of tuples")
    if rest and rest[0].op == "sym" and rest[0].name.isupper():
        raise Unreadable("a point with its name")  # A(1, 2)
    entries = ((entry, *rest) if node.op == "div" else (*rest, entry) for entry in last.args)
    return replace(last, args=tuple(Node(node.op, entry) for entry in entries))


def _entrywise(matrix: Node, change: Callable[[Node], Node]) -> Node:
    rows = tuple(replace(row, args=tuple(change(entry) for entry in row.args)) for row in matrix.args)
    return replace(matrix, args=rows)


def _combine(matrices: list[Node]) -> Node:
    first = matrices[0]
    if any([len(row.args) for row in m.args] != [len(row.args) for row in first.args] for m in matrices):
        raise Unreadable("matrices of different size")
    rows = tuple(
        replace(row, args=tuple(Node("add", tuple(m.args[i].args[j] for m in matrices)) for j in range(len(row.args))))
        for i, row in enumerate(first.args)
    )
    return replace(first, args=rows)


def _product(matrices: list[Node]) -> Node:
    """The product from left to right."""
    found = matrices[0]
    symbolic = not all(_values(matrix) for matrix in matrices)
    if len(matrices) > (MAX_FACTORS if symbolic else MAX_POWER):
        raise Unreadable("too many matrices")
    for matrix in matrices[1:]:
        found = _times(found, matrix)
    return found


def _power(matrix: Node, exponent: Node) -> Node:
    """A matrix of numbers to a small natural power; raises Unreadable for others."""
    power = exponent.value if exponent.op == "num" else None
    if power is None or power.denominator != 1 or not 1 <= power <= MAX_POWER or not _values(matrix):
        raise Unreadable("a power of a matrix")
    return _product([matrix] * int(power))


def _values(matrix: Node) -> list[list[Fraction]] | None:
    """The entries where all of them are rational numbers as written."""
    rows = [[_value(entry) for entry in row.args] for row in matrix.args]
    known = [[value for value in row if value is not None] for row in rows]
    return known if [len(row) for row in known] == [len(row) for row in rows] else None


def _value(node: Node) -> Fraction | None:
    if node.op == "neg":
        inner = _value(node.args[0])
        return None if inner is None else -inner
    if node.op == "div":
        top, bottom = _value(node.args[0]), _value(node.args[1])
        return top / bottom if top is not None and bottom else None
    return node.value if node.op == "num" else None


def _times(left: Node, right: Node) -> Node:
    """The product of two matrices; raises Unreadable where their sizes do not fit, or are out of bounds."""
    rows, columns = [row.args for row in left.args], list(zip(*(row.args for row in right.args), strict=True))
    if len(rows[0]) != len(right.args) or max(len(rows), len(columns), len(right.args)) > MAX_SIZE:
        raise Unreadable("a product of matrices that do not fit, or are too large")
    if not all(is_formula(entry) for row in (*rows, *columns) for entry in row):
        raise Unreadable("a product of something else than matrices of formulas")
    first, second = _values(left), _values(right)
    if first and second:
        exact = [
            [sum(map(_multiply, row, column), Fraction(0)) for column in zip(*second, strict=True)] for row in first
        ]
        if any(
            max(entry.numerator.bit_length(), entry.denominator.bit_length()) > MAX_BITS
            for row in exact
            for entry in row
        ):
            raise Unreadable("entries with too many digits")
        entries = [[number(entry) for entry in row] for row in exact]
    else:
        entries = [
            [Node("add", tuple(Node("mul", pair) for pair in zip(row, column, strict=True))) for column in columns]
            for row in rows
        ]
    return Node("matrix", tuple(Node("tuple", tuple(row), "()") for row in entries))


def _multiply(left: Fraction, right: Fraction) -> Fraction:
    return left * right
