"""Answers with a parameter, whatever its name: `x = π/4 + kπ, k ∈ ℤ`, `{2m | m ∈ ℤ}`, `f(x) = cx`."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from itertools import permutations

from scorers.progressions import same_progressions
from scorers.shapes import is_name
from scorers.syntax import Node, letters, symbols
from scorers.variants import defined, renamed

MAX_PARAMETERS = 2


@dataclass(frozen=True, slots=True)
class Family:
    """`body` for every value of its parameters in the domain (`Z`, `N` …)."""

    body: Node
    parameters: frozenset[str]
    domain: str


def family(node: Node) -> Family | None:
    """The family that an answer gives with its conditions; None where no parameter has one."""
    if node.op == "rel" and node.name == "in" and node.args[1].op == "builder":
        node = node.args[1]
    if node.op not in ("builder", "list"):
        return None
    node = replace(node, args=tuple(map(_as_member, node.args)))
    conditions = [arg for arg in node.args if _is_condition(arg)]
    rest = tuple(arg for arg in node.args if not _is_condition(arg))
    names = frozenset(arg.args[0].name for arg in conditions)
    domains = {arg.args[1].name for arg in conditions}
    if not conditions or not rest or len(domains) > 1 or len(names) > MAX_PARAMETERS:
        return None
    if node.op == "builder" and len(rest) == 2 and rest[0].op == "sym":
        rest = (rest[1],)  # {x | x = 2k, k ∈ ℤ}
    elif node.op == "builder" and len(rest) > 1:
        return None
    if rest[0].op == "rel" and (known := defined(rest[0].args[0])) and names & set(known[1]):
        return None  # a condition on the variable of a function
    body, domain = _body(rest), domains.pop()
    if domain[:1] == "R" and body.op != "tuple":
        return None  # points of a curve; the variable of anything else is real anyway
    return Family(body, names, domain) if names <= letters(body) else None


def _is_condition(node: Node) -> bool:
    return _is_member(node) and node.args[1].name[:1] in ("Z", "N", "R")


_FROM = {("ge", 0): "Zge", ("ge", 1): "N", (">", 0): "N", (">", -1): "Zge"}


def _as_member(node: Node) -> Node:
    """A bound `k ≥ 0` on a parameter as its domain."""
    if node.op != "rel" or node.args[0].op != "sym" or len(node.args) != 2 or node.args[1].op != "num":
        return node
    if node.args[0].name not in "ijklmnprst":
        return node  # a constant is no integer for being positive
    domain = _FROM.get((node.name, int(node.args[1].value or 0))) if node.args[1].value in (0, 1, -1) else None
    return node if domain is None else Node("rel", (node.args[0], Node("domain", name=domain)), "in")


def _body(items: tuple[Node, ...]) -> Node:
    """The values of one name, or equations for several."""
    if len(items) == 1:
        return _value(items[0])
    names = {item.args[0] for item in items if item.op == "rel"}
    return Node("list", tuple(map(_value, items)), "or") if len(names) < 2 else Node("list", items, ",")


def _value(node: Node) -> Node:
    """The right side of `x = …`."""
    named = (
        node.op == "rel" and node.name == "=" and len(node.args) == 2 and node.args[0].op in ("sym", "words", "tuple")
    )
    return node.args[1] if named and is_name(node.args[0]) else node


def same_family(left: Node, right: Node, same: Callable[[Node, Node], bool]) -> bool:
    """Whether two answers, one of them with a condition on its parameters, give the same family."""
    one, other = family(left), family(right)
    if one is None or (other is not None and other.domain != one.domain and "N?" not in (one.domain, other.domain)):
        return False
    if other is None:
        body = _body(right.args) if right.op == "list" else _value(right)
        free = letters(body) - (symbols(one.body) - one.parameters)
        other = Family(body, free, one.domain)
    if len(one.parameters) != len(other.parameters):
        return False
    if one.domain == "Z" and same_progressions(one.body, one.parameters, other.body, other.parameters):
        return True
    return any(same(one.body, body) for body in _renamings(other.body, other.parameters, one.parameters))


def _renamings(body: Node, names: frozenset[str], wanted: frozenset[str]) -> Iterator[Node]:
    """The body with its parameters named as wanted, in every order."""
    if (symbols(body) - names) & wanted:
        return
    for order in permutations(sorted(wanted)):
        yield renamed(body, dict(zip(sorted(names), order, strict=True)))


def definitions(left: Node, right: Node) -> Iterator[Node]:
    """The right side of the definition `right` (`f(n) = cn`) in the variables, and with names of its constants, of
    `left` (`f(x) = kx`). `y`, and `f` alone, define as `f(x)` does."""
    one, other = defined(left.args[0]), defined(right.args[0])
    body = right.args[1]
    if one is None or other is None:
        names = [arg.args[0].name for arg in (left, right) if arg.args[0].op == "sym"]
        known = one or other
        if known is not None and len(names) == 2 and any(name in ("y", known[0]) for name in names):
            yield body
        return
    if one[0] != other[0] or len(one[1]) != len(other[1]) or len(set(other[1])) != len(other[1]):
        return
    if not (symbols(body) - set(other[1])) & set(one[1]):
        body = renamed(body, dict(zip(other[1], one[1], strict=True)))
        yield body
        mine, theirs = symbols(left.args[1]) - set(one[1]), symbols(body) - set(one[1])
        if len(mine - theirs) == len(theirs - mine) <= MAX_PARAMETERS and mine != theirs:
            yield from _renamings(body, theirs - mine, mine - theirs)


def without(node: Node) -> Node:
    """Definitions without the domain of their variables, and one with a condition on its constant (`f(x) = kx, k ∈ ℝ`)
    without the condition."""
    if node.op != "list" or node.args[0].op != "rel" or (known := defined(node.args[0].args[0])) is None:
        return node
    members = [arg for arg in node.args[1:] if _is_member(arg)]
    if len(members) == len(node.args) - 1:
        return replace(node.args[0])
    rest = tuple(arg for arg in node.args if arg not in members or arg.args[0].name not in known[1])
    return replace(node, args=rest) if len(rest) > 1 else rest[0]


def _is_member(node: Node) -> bool:
    """Whether a condition names the domain of a letter."""
    return node.op == "rel" and node.name == "in" and node.args[0].op == "sym" and node.args[1].op == "domain"


def other_domains(left: Node, right: Node) -> bool:
    """Whether two answers name domains for their letters that are not the same ones."""
    one, other = (sorted(arg.args[1].name for arg in node.args if _is_member(arg)) if node.op == "list" else []
                  for node in (left, right))  # fmt: skip
    return bool(one and other) and set(one) != set(other)


def same_definitions(left: Node, right: Node, same: Callable[[Node, Node], bool]) -> bool:
    """Whether two definitions with conditions on their constants (`f(x) = ax, a > 0`) agree, whatever the names."""
    one, other = (node.args[0] for node in (left, right))
    if len(left.args) != len(right.args) or not all(_defines(node) for node in (one, other)):
        return False
    mine, theirs = (_constants(node) for node in (left, right))
    if len(mine) != len(theirs) or len(mine) > MAX_PARAMETERS:
        return False
    variables = [defined(node.args[0]) for node in (one, other)]
    if variables[0] is None or variables[1] is None or len(variables[0][1]) != len(variables[1][1]):
        return False
    for order in permutations(sorted(mine)):
        names = dict(zip(sorted(theirs), order, strict=True)) | dict(zip(variables[1][1], variables[0][1], strict=True))
        changed = [renamed(arg, names) for arg in (other.args[1], *right.args[1:])]
        if all(same(a, b) for a, b in zip((one.args[1], *left.args[1:]), changed, strict=True)):
            return True
    return False


def _defines(node: Node) -> bool:
    return node.op == "rel" and node.name == "=" and len(node.args) == 2 and defined(node.args[0]) is not None


def _constants(node: Node) -> frozenset[str]:
    """The letters of a definition with conditions that are not its variables."""
    known = defined(node.args[0].args[0])
    return letters(Node("list", (node.args[0].args[1], *node.args[1:]))) - set(known[1] if known else ())
