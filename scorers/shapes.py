"""From the tree of an answer to its shape: signs of units moved inside, ± written out, vectors computed, relations in
one direction. What is left differs between two answers only where they say different things."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import product

from scorers.dots import dotted
from scorers.matrices import structure
from scorers.syntax import FORMULA, Node, TooLarge, Unreadable, contains, is_formula, symbols

MAX_VARIANTS = 64


def shape(node: Node) -> Node:  # noqa: PLR0911  # one rule a line
    """The shape of a parsed answer; raises Unreadable for structures inside formulas, TooLarge for too many ±."""
    node = _identity(structure(_signs(node))) if node.op != "list" else node
    if node.op in ("set", "list", "builder", "union"):
        parts = _residues(list(node.args)) if node.op == "list" else list(node.args)
        if any(part.op == "dots" for part in parts) and (written := dotted(node.op, parts)):
            return written
        args = [item for part in parts for item in _flat(node.op, shape(part))]
        args = _members(_exclusions(args)) if node.op == "list" else args
        return replace(node, args=tuple(args)) if len(args) != 1 or node.op != "list" else args[0]
    if node.op == "rel" and node.name in ("in", "=") and node.args[-1].op == "set":
        node = replace(node, args=(*node.args[:-1], shape(node.args[-1])))  # x ∈ {0, ±2} is one set
    variants = list(_variants(node))
    if len(variants) > 1:
        joint = "and" if node.op == "rel" and node.name == "ne" else "or"
        return Node("list", tuple(shape(variant) for variant in variants), name=joint)
    if node.op == "rel" and (named := _all_named(node)):
        return named
    if node.op == "rel":
        return _relation(replace(node, args=tuple(shape(arg) for arg in node.args)))
    if node.op in FORMULA:
        if not is_formula(node):
            raise Unreadable("a structure inside a formula")
        return node
    return replace(node, args=tuple(shape(arg) for arg in node.args)) if node.args else node


def _exclusions(items: list[Node]) -> list[Node]:
    """`x ≠ 1, 2` excludes both."""
    first = items[0]
    if first.op != "rel" or first.name != "ne" or not all(item.op in FORMULA for item in items[1:]):
        return items
    return [first, *(replace(first, args=(first.args[0], item)) for item in items[1:])]


def _members(items: list[Node]) -> list[Node]:
    """`f(x) = ax + b, a, b ∈ ℝ`: the domain is that of both letters."""
    found = list(items)
    for index in range(len(items) - 1, 1, -1):
        member, letter = found[index], found[index - 1]
        if member.op == "rel" and member.name == "in" and member.args[1].op == "domain" and letter.op == "sym":
            found[index - 1] = replace(member, args=(letter, member.args[1]))
    return found


def _residues(items: list[Node]) -> list[Node]:
    """`n ≡ 0, 2 (mod 6)`: the modulus is said once."""
    found = list(items)
    start: int | None = None
    for index, item in enumerate(items):
        if item.op == "rel" and item.name in ("equiv", "nequiv") and len(item.args) == 2:
            start = index
        elif item.op == "rel" and len(item.args) == 3 and item.args[0].op == "words" and start is not None:
            subject = items[start].args[0]
            for place in range(start, index + 1):
                known = items[place]
                value = known.args[1] if known.op == "rel" else known
                found[place] = Node("rel", (subject, value, item.args[2]), items[start].name)
            start = None
        elif item.op not in FORMULA:
            start = None
    return found


def _identity(node: Node) -> Node:
    """`f(x) ≡ 0` without a modulus is an equation; a map is the function that it defines."""
    if node.op != "rel":
        return node
    names = node.name.split()
    if "equiv" in names and len(node.args) == len(names) + 1:
        return replace(node, name=" ".join("=" if name == "equiv" else name for name in names))
    if node.name == "in" and node.args[1].op == "sym" and node.args[1].name in ("Z", "N", "R", "Q"):
        return replace(node, args=(node.args[0], Node("domain", name=node.args[1].name)))
    if node.name in ("to", "mapsto") and len(node.args) == 2:
        left, right = node.args
        if left.op == "sym" and (node.name == "mapsto" or left.name in symbols(right)) and right.op in FORMULA:
            return replace(node, name="=", args=(replace(left, name=f"f({left.name})"), right))
        if left.op == right.op == "tuple":
            return replace(node, name="=")
    return node


def _flat(op: str, node: Node) -> tuple[Node, ...]:
    """The items of a list inside a list or a set."""
    return node.args if node.op == "list" and op in ("list", "set") else (node,)


def _signs(node: Node) -> Node:
    """A minus sign before an amount belongs to the number; a set taken from a domain is no subtraction."""
    if node.op == "neg" and node.args[0].op == "unit":
        unit = node.args[0]
        return replace(unit, args=(Node("neg", unit.args),))
    if node.op == "div" and node.args[1].op == "unit" and node.args[1].name == "share":  # 40/9 %
        share = node.args[1]
        return replace(share, args=(Node("div", (node.args[0], share.args[0])),))
    if node.op in ("neg", "div", "mul") and contains(node, "deg"):
        node = _degrees(node)
    if node.op == "add" and len(node.args) == 2 and node.args[0].op == "domain" and node.args[1].op == "neg":
        return Node("minus", (node.args[0], node.args[1].args[0]))
    if node.op == "unit" and node.args[0].op == "unit":  # $5 dollars, 10 % percent
        return replace(node, args=node.args[0].args) if node.name == node.args[0].name else node
    return node


def _degrees(node: Node) -> Node:
    """A multiple of degrees is a number of degrees."""
    if node.op not in ("neg", "div", "mul"):
        return node
    args = tuple(_degrees(arg) for arg in node.args)
    marked = [arg for arg in args if contains(arg, "deg")]
    if len(marked) != 1 or marked[0].op != "deg" or (node.op == "div" and args[0].op != "deg"):
        return node
    return Node("deg", (replace(node, args=tuple(arg.args[0] if arg.op == "deg" else arg for arg in args)),))


# ------------------------------------------------------------------------------------------------------------------- ±


def _count(node: Node) -> tuple[int, int]:
    """How many ± and ∓ are in a tree."""
    own = (int(node.op == "pm" and node.name == "pm"), int(node.op == "pm" and node.name == "mp"))
    parts = [_count(arg) for arg in node.args]
    return own[0] + sum(p for p, _ in parts), own[1] + sum(m for _, m in parts)


def _variants(node: Node) -> Iterator[Node]:
    """The answers that ± stands for: every ± on its own, or all together where a ∓ follows them."""
    plus, minus = _count(node)
    if not plus and not minus:
        yield node
        return
    if plus > 6:
        raise TooLarge("too many signs")
    together = [(sign,) * max(plus, 1) for sign in (1, -1)]
    for choice in together if minus else product((1, -1), repeat=plus):
        yield _choose(node, list(choice), choice[0])


def _choose(node: Node, signs: list[int], common: int) -> Node:
    if node.op == "pm":
        sign = signs.pop(0) if node.name == "pm" else -common
        inner = _choose(node.args[0], signs, common)
        return inner if sign > 0 else Node("neg", (inner,))
    return replace(node, args=tuple(_choose(arg, signs, common) for arg in node.args)) if node.args else node


# ----------------------------------------------------------------------------------------------------------- relations


def _relation(node: Node) -> Node:
    """Approximations after an exact value go; `5 = x` is turned round; a chain of equations keeps its ends."""
    relations, sides = node.name.split(), list(node.args)
    if "approx" in relations:
        cut = relations.index("approx")
        keep = 1 if cut or not _is_name(sides[0]) else 2
        relations, sides = relations[: cut + keep - 1], sides[: cut + keep]
        relations = ["=" if r == "approx" else r for r in relations]
        if not relations:
            return sides[0]
    if set(relations) == {"="}:
        if len(sides) == 2 and _is_name(sides[1]) and not _is_name(sides[0]):
            sides.reverse()
        names = [side for side in sides if _is_name(side)]
        if len(sides) > 2 and len(names) == 1 and names[0] is sides[0]:
            return _chain(node, sides)
    return replace(node, name=" ".join(relations), args=tuple(sides))


def _all_named(node: Node) -> Node | None:
    """`x = y = 1` as `x = 1, y = 1`."""
    names, value = node.args[:-1], node.args[-1]
    if len(names) < 2 or set(node.name.split()) != {"="} or not all(name.op == "sym" for name in names):
        return None
    if value.op not in FORMULA or symbols(value) or len(set(names)) != len(names):
        return None
    return Node("list", tuple(Node("rel", (name, value), "=") for name in names), ",")


def _chain(node: Node, sides: list[Node]) -> Node:
    """`A = πr² = 25π` says A = 25π."""
    return replace(node, name="=", args=(sides[0], sides[-1]))


def is_name(node: Node) -> bool:  # noqa: PLR0911  # one rule a line
    """Whether a left side only names what the right side gives: `x`, `f(x)`, `AB`, `m + n`, `(x, y)`, `[ABC]`."""
    if node.op in ("sym", "words", "const"):
        return node.op != "const" or node.name == "i"
    if node.op == "ratio":
        return all(map(is_name, node.args))
    if node.op == "tuple":
        return len(set(node.args)) == len(node.args) and all(arg.op == "sym" for arg in node.args)
    if node.op == "add":
        return all(arg.op == "sym" for arg in node.args) and len(set(node.args)) == len(node.args)
    if node.op == "div":
        steps = all(
            arg.op == "mul" and arg.args[0] == Node("sym", name="d") and len(arg.args) == 2 for arg in node.args
        )
        return steps or (all(map(is_name, node.args)) and node.args[0] != node.args[1])
    if node.op == "mul" and node.args[0] == Node("sym", name="m") and len(node.args) == 2:
        return node.args[1].name.startswith("angle")  # the measure of an angle
    if node.op == "mul":
        names = [arg.name for arg in node.args if arg.op == "sym"]
        return len(names) == len(node.args) and all(n[0].isupper() or " " in n for n in names)
    if node.op == "call" and node.name in ("abs", "det"):
        return is_name(node.args[0])
    return node.op == "call" and node.name in _TRIGONOMETRIC and _is_angle(node.args[0])


_TRIGONOMETRIC = frozenset("sin cos tan cot sec csc".split())


def _is_angle(node: Node) -> bool:
    """Whether a symbol is called as angles of figures are (`A`, `\\angle ABC`, `\\theta`), or is a multiple of one."""
    if node.op == "div" and node.args[1].op == "num":
        return _is_angle(node.args[0])
    if node.op == "mul" and node.args[0].op == "num" and len(node.args) == 2:
        return _is_angle(node.args[1])
    if node.op == "mul":
        return all(arg.op == "sym" and len(arg.name) == 1 and arg.name.isupper() for arg in node.args)
    greek = node.name in ("alpha", "beta", "gamma", "delta", "theta", "phi")
    return node.op == "sym" and (
        greek or node.name.startswith("angle") or (len(node.name) == 1 and node.name.isupper())
    )


def _is_name(node: Node) -> bool:
    return is_name(node) and (node.op != "add" or bool(symbols(node)))
