"""Lists and sets that go on with dots: `0, 2, 4, …, 1022` is known by its first member, its step and its last one."""

from __future__ import annotations

from itertools import pairwise

from scorers.fingerprint import constant
from scorers.precision import is_exact
from scorers.syntax import FORMULA, Node, Unreadable, number, symbols

MAX_WRITTEN = 60
"""Members that are written out."""


def dotted(op: str, parts: list[Node]) -> Node | None:  # noqa: PLR0911  # one rule a line
    """The members of an arithmetic progression: written out where they are few, a node with first, last and step where
    they are many, a congruence with a bound where they do not end. None for other rows."""
    if parts and parts[0].op == "rel" and parts[0].name == "=" and parts[0].args[0].op == "sym":
        name, value = parts[0].args  # n = 3, 4, 5, …
        found = dotted(op, [value, *parts[1:]])
        return (
            None if found is None else Node("rel", (name, found), "in") if found.op != "list" else _about(found, name)
        )
    where = [index for index, part in enumerate(parts) if part.op == "dots"]
    if len(where) != 1 or where[0] < 1:
        return None
    known, last = parts[: where[0]], parts[where[0] + 1 :]
    if len(last) > 3 or not all(part.op in FORMULA and not symbols(part) for part in (*known, *last)):
        return None
    first, *rest = (_integer(part) for part in known)
    step = rest[0] - first if rest else 1
    if not step or any(b - a != step for a, b in pairwise([first, *rest])):
        return None
    if not last:
        return _endless(first, step) if len(known) > 1 else None
    ends = [_integer(part) for part in last]
    if (ends[-1] - first) % step or (ends[-1] - first) // step <= len(rest):
        return None
    if any(b - a != step for a, b in pairwise(ends)):
        return None
    count = (ends[-1] - first) // step + 1
    if count <= len(known) + len(last):  # the dots stand for nothing
        return None
    if count > MAX_WRITTEN:
        return Node("dotted", (number(first), number(ends[-1]), number(step)))
    members = tuple(number(first + index * step) for index in range(count))
    return Node(op, members, "," if op == "list" else "")


def _about(found: Node, name: Node) -> Node:
    """The members as values of a name."""
    if found.name == "and":
        return Node("list", tuple(Node("rel", (name, *arg.args[1:]), arg.name) for arg in found.args), "and")
    return Node("rel", (name, Node("set", found.args)), "in")


def _integer(node: Node) -> int:
    value = constant(node)[0]
    if not is_exact(value) or value.denominator != 1:
        raise Unreadable("dots between numbers that are not integers")
    return int(value)


def _endless(first: int, step: int) -> Node | None:
    if step < 0:
        return None
    anything = Node("words")
    claim = Node("rel", (anything, number(first), number(step)), "equiv")
    return Node("list", (claim, Node("rel", (anything, number(first)), "ge")), "and")
