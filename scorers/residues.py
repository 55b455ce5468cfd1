"""Sets of integers that are told by their remainders: `n ≡ 1 (mod 4)`, `n = 4k + 1`, `n is odd`, `3 ∤ n`.

A set is periodic, perhaps from a least member on. Whether it goes on below zero the problem says, so a bound that only
says "positive" may be left out; any other bound counts.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from scorers.fingerprint import constant
from scorers.precision import is_exact
from scorers.syntax import FORMULA, Node, TooLarge, Unreadable, contains, number, symbols
from scorers.variants import put

MAX_MODULUS = 2000
LOWEST = {"Z": None, "N": 1, "Z>": 1, "N*": 1, "Zge": 0}
"""The least integer of a domain."""
_BOUNDS = {">": 1, "ge": 0}


@dataclass(frozen=True, slots=True)
class IntegerSet:
    """The integers `name` with one of the remainders, none below `low`; `name` is empty where nobody gave one."""

    name: str
    modulus: int
    remainders: frozenset[int]
    low: int | None = None

    def first(self) -> int | None:
        """The least member, None where there is none."""
        if self.low is None:
            return None
        return next(n for n in range(self.low, self.low + self.modulus) if n % self.modulus in self.remainders)


def same_integers(left: Node, right: Node) -> bool | None:
    """Whether two answers, one of which speaks of remainders, leave the same integers; None where one is none of these
    sets, or where they are about different letters."""
    if not any(_speaks(node) for node in (left, right)):
        return None
    try:
        one, other = integer_set(left), integer_set(right)
    except (TooLarge, Unreadable):
        return None
    if one.name and other.name and one.name != other.name:
        return None
    if (one.modulus, one.remainders) != (other.modulus, other.remainders):
        return False
    first, second = one.first(), other.first()
    if first is None or second is None:
        bound = second if first is None else first
        return bound is None or (one.modulus > 1 and 0 <= bound <= one.modulus)  # the positive ones, or from zero on
    return first == second


def _speaks(node: Node) -> bool:
    """Whether an answer names remainders, or all integers of a kind."""
    if node.op == "list":
        return any(_speaks(arg) for arg in node.args)
    if node.op == "rel" and node.name in ("equiv", "nequiv"):
        return len(node.args) == 3
    if _shares(node):
        return True
    return (node.op == "rel" and node.name == "in" and node.args[1].op == "domain") or node.op == "domain"


def integer_set(node: Node) -> IntegerSet:  # noqa: PLR0911  # one rule a line
    """The set of integers that an answer gives; raises Unreadable where it gives none that is periodic."""
    if node.op == "domain":
        return _domain("", node.name)
    if node.op == "list":
        return _several(node)
    if node.op == "builder":
        return _built(node)
    if node.op in FORMULA:
        return _progression("", node)
    if node.op != "rel":
        raise Unreadable("no integers")
    if node.name in ("equiv", "nequiv") and len(node.args) == 3:
        return _congruence(node)
    if node.name == "in" and node.args[1].op == "builder":
        return integer_set(node.args[1])
    if node.name == "in" and node.args[1].op == "domain":
        return _domain(_name(node.args[0]), node.args[1].name)
    if node.name in _BOUNDS and len(node.args) == 2:
        return _from(_name(node.args[0]), integer(node.args[1]) + _BOUNDS[node.name])
    if _shares(node):
        return _common_divisor(node)
    if node.name == "=" and len(node.args) == 2:
        return _progression(_name(node.args[0]), node.args[1])
    raise Unreadable("no integers")


def _name(node: Node) -> str:
    if node.op == "words":
        return ""
    if node.op != "sym":
        raise Unreadable("integers of a formula")
    return node.name


def integer(node: Node) -> int:
    """The integer that a formula is; raises Unreadable for others."""
    value = constant(node)[0]
    if not is_exact(value) or value.denominator != 1:
        raise Unreadable("no integer")
    return int(value)


def _domain(name: str, domain: str) -> IntegerSet:
    """ℤ, and ℕ and ℤ⁺ as the positive integers: where zero counts among them is a convention."""
    if domain not in LOWEST:
        raise Unreadable("no integers")
    return IntegerSet(name, 1, frozenset({0}), LOWEST[domain])


def _from(name: str, low: int) -> IntegerSet:
    return IntegerSet(name, 1, frozenset({0}), low)


def _reduced(found: IntegerSet) -> IntegerSet:
    """The same set with the least modulus; raises Unreadable for none, or for too large a modulus."""
    if not found.remainders:
        raise Unreadable("no integers are left")
    for modulus in (d for d in range(1, found.modulus) if found.modulus % d == 0):
        small = frozenset(r % modulus for r in found.remainders)
        if len(found.remainders) * modulus == len(small) * found.modulus:
            return IntegerSet(found.name, modulus, small, found.low)
    return found


def _congruence(node: Node) -> IntegerSet:
    """`an + b ≡ c (mod m)`."""
    subject, target, modulus = node.args
    size = abs(integer(modulus))
    if not 0 < size <= MAX_MODULUS:
        raise Unreadable("a modulus out of bounds")
    wanted = integer(target) % size
    if subject.op in ("words", "sym"):
        left, name = frozenset({wanted}), _name(subject)
    else:
        name, slope, offset = _linear(subject)
        left = frozenset(r for r in range(size) if (slope * r + offset - wanted) % size == 0)
    if node.name == "nequiv":
        left = frozenset(range(size)) - left
    return _reduced(IntegerSet(name, size, left))


def _shares(node: Node) -> bool:
    """`gcd(n, 6) = 1`."""
    return node.op == "rel" and node.name == "=" and node.args[0].op == "call" and node.args[0].name == "gcd"


def _common_divisor(node: Node) -> IntegerSet:
    """The integers that share a divisor with a given one; raises Unreadable for other equations with gcd."""
    if len(node.args) != 2 or len(node.args[0].args) != 2:
        raise Unreadable("a divisor of several")
    letter, given = sorted(node.args[0].args, key=lambda arg: arg.op != "sym")
    size, wanted = abs(integer(given)), integer(node.args[1])
    if not 0 < size <= MAX_MODULUS:
        raise Unreadable("a modulus out of bounds")
    return _reduced(IntegerSet(_name(letter), size, frozenset(r for r in range(size) if math.gcd(r, size) == wanted)))


def _linear(node: Node) -> tuple[str, int, int]:
    """Name, slope and offset of `an + b` with integers a and b; raises Unreadable."""
    names = symbols(node)
    if len(names) != 1:
        raise Unreadable("no progression")
    name = next(iter(names))
    zero, one, two, far = (integer(put(node, name, number(value))) for value in (0, 1, 2, 1000))
    slope = one - zero
    if two != zero + 2 * slope or far != zero + 1000 * slope:
        raise Unreadable("no progression")
    return name, slope, zero


def _progression(name: str, body: Node) -> IntegerSet:
    """The values of `4k + 1` over all integers k."""
    parameter, slope, offset = _linear(body)
    line = "(" in name or parameter in ("x", "y", "z")  # y = 2x is no set of integers
    if line or parameter == name or not 0 < abs(slope) <= MAX_MODULUS:
        raise Unreadable("no progression")
    return _reduced(IntegerSet(name, abs(slope), frozenset({offset % slope if slope > 0 else offset % -slope})))


def _several(node: Node) -> IntegerSet:
    """Alternatives (`n = 4k or n = 4k + 1`), conditions on one name, or a progression with a bound on its parameter."""
    if node.name != "and" and (found := _with_parameter(node)):
        return found
    parts = [integer_set(arg) for arg in node.args]
    bounds = [part for part in parts if part.modulus == 1]  # n ∈ ℤ, n ≥ 3
    periodic = [part for part in parts if part not in bounds]
    if len({part.name for part in parts if part.name}) > 1 or (node.name == "or" and not periodic):
        raise Unreadable("several sets of integers")
    name = next((part.name for part in parts if part.name), "")
    lows = [part.low for part in parts if part.low is not None]
    modulus = _common(periodic)
    spread = [frozenset(n for n in range(modulus) if n % part.modulus in part.remainders) for part in periodic]
    kinds = [arg.name for arg in node.args if arg.name in ("equiv", "nequiv")]
    excluding = len(spread) > 1 and "nequiv" in kinds and (node.name == "and" or "equiv" not in kinds)
    if node.name == "or" and bounds:
        raise Unreadable("a bound beside remainders")
    every = spread or [frozenset({0})]
    joined = frozenset.intersection(*every) if excluding and node.name != "or" else frozenset.union(*every)
    return _reduced(IntegerSet(name, modulus, joined, max(lows) if lows else None))


def _common(parts: list[IntegerSet]) -> int:
    modulus = 1
    for part in parts:
        modulus = math.lcm(modulus, part.modulus)
        if modulus > MAX_MODULUS:
            raise Unreadable("a modulus out of bounds")
    return modulus


def _with_parameter(node: Node) -> IntegerSet | None:
    """`n = 2k + 1, k ≥ 0` and `2k, k ∈ ℤ`; None where no item is about the parameter alone."""
    first, *rest = node.args
    body = first.args[1] if first.op == "rel" and first.name == "=" and len(first.args) == 2 else first
    if body.op not in FORMULA or len(symbols(body)) != 1 or not rest:
        return None
    if not all(arg.op == "rel" and arg.args[0].op == "sym" and arg.args[0].name in symbols(body) for arg in rest):
        return None
    if contains(body, "pow", "call"):
        return None
    found = integer_set(first)
    lows = [low for arg in rest if (low := integer_set(arg).low) is not None]
    if not lows:
        return found
    _, slope, offset = _linear(body)
    if slope < 0:
        raise Unreadable("a progression that falls")
    return IntegerSet(found.name, found.modulus, found.remainders, slope * max(lows) + offset)


def _built(node: Node) -> IntegerSet:
    """`{n ∈ ℤ | n ≡ 1 (mod 4)}` and `{2k + 1 | k ∈ ℤ}`."""
    element, conditions = node.args[0], node.args[1:]
    if element.op == "rel" and element.name == "in":
        element, conditions = element.args[0], (element, *conditions)
    parts = tuple(conditions) if element.op == "sym" else (element, *conditions)
    return integer_set(parts[0]) if len(parts) == 1 else _several(Node("list", parts, ","))
