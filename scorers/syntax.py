"""The tree of a parsed answer, and the errors of reading one.

One node type serves numbers, formulas and structures alike: `op` says what it is, `args` are its parts, `name` is a
symbol, function, bracket pair, relation or unit, `value` an exact number. Trees are built by the parsers alone, which
bound their size and depth, so whatever walks a tree may recurse.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from fractions import Fraction

MAX_ANSWER = 8192
"""Characters of an answer that are read as mathematics; longer ones are compared as strings."""
MAX_NODES = 3000
MAX_DEPTH = 60


class Unreadable(ValueError):
    """The text is not mathematics that the parser knows."""


class TooLarge(Unreadable):
    """The text is well formed, but its value is out of bounds (or its size is): nobody evaluates it here."""


@dataclass(frozen=True, slots=True)
class Node:
    """A part of an answer.

    Formulas: num, sym, const, inf, add, mul, div, neg, pow, call, fact, binom, deg, pm, sum, int.
    Structures: tuple, set, list, matrix, union, inter, minus, builder, rel, ratio, time, base, unit, words, domain.
    `shown` is the number of decimals of a decimal literal; `cut` says that its digits were broken off by an ellipsis.
    """

    op: str
    args: tuple[Node, ...] = ()
    name: str = ""
    value: Fraction | None = None
    shown: int | None = None
    cut: bool = False
    _hash: int = field(init=False, repr=False, compare=False)

    def __hash__(self) -> int:
        """The hash, worked out once: trees are keys of what is remembered of them."""
        try:
            return self._hash
        except AttributeError:
            found = hash((self.op, self.args, self.name, self.value, self.shown, self.cut))
            object.__setattr__(self, "_hash", found)
            return found


def number(value: Fraction | int) -> Node:
    """An exact number."""
    return Node("num", value=Fraction(value))


FORMULA = frozenset(
    {
        "num",
        "sym",
        "const",
        "inf",
        "add",
        "mul",
        "div",
        "neg",
        "pow",
        "call",
        "fact",
        "binom",
        "deg",
        "pm",
        "sum",
        "int",
    }
)
"""What can stand inside a formula."""


def is_formula(node: Node) -> bool:
    """Whether the node is one formula, without structure inside."""
    return node.op in FORMULA and all(is_formula(arg) for arg in node.args)


def contains(node: Node, *ops: str) -> bool:
    """Whether a node of one of these kinds occurs in the tree."""
    return node.op in ops or any(contains(arg, *ops) for arg in node.args)


def symbols(node: Node) -> frozenset[str]:
    """Names of the free symbols."""
    if node.op == "sym":
        return frozenset((node.name,))
    if node.op in ("sum", "int"):
        return (symbols(node.args[2]) - {node.args[3].name}) | symbols(node.args[0]) | symbols(node.args[1])
    return frozenset().union(*(symbols(arg) for arg in node.args))


def letters(node: Node) -> frozenset[str]:
    """The names in any tree."""
    return symbols(node) if node.op in FORMULA else frozenset().union(*map(letters, node.args))
