"""Determinants, written out: a small matrix in bars or after `\\det` is a formula."""

from __future__ import annotations

from scorers.syntax import Node, Unreadable, is_formula

MAX_SIZE = 4


def determinant(matrix: Node) -> Node:
    """The determinant of a square matrix by Laplace's expansion along its first row; raises Unreadable."""
    rows = [row.args for row in matrix.args]
    if len(rows) > MAX_SIZE or any(len(row) != len(rows) for row in rows):
        raise Unreadable("a determinant that is not square, or too large")
    if not all(is_formula(entry) for row in rows for entry in row):
        raise Unreadable("a determinant of something else than formulas")
    return _expanded(rows)


def _expanded(rows: list[tuple[Node, ...]]) -> Node:
    first, rest = rows[0], rows[1:]
    if not rest:
        return first[0]
    terms = []
    for column, entry in enumerate(first):
        minor = _expanded([(*row[:column], *row[column + 1 :]) for row in rest])
        term = Node("mul", (entry, minor))
        terms.append(Node("neg", (term,)) if column % 2 else term)
    return Node("add", tuple(terms))
