"""What a formula is worth: its exact value, or its values at fixed points, as one short string and for comparison.

Constants that are rational are known exactly; every other constant to 60 digits. A formula with symbols is known by its
values at rational points that depend on the names of the symbols alone: positive ones, where every convention about
roots and logarithms agrees, and ones of mixed sign, which count where the formula stays real (|x| is not x). Formulas
with floors, greatest common divisors, bounds of sums or powers of -1 are compared at positive integers.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache

from scorers.numeric import evaluate
from scorers.precision import DIGITS, MAX_PRECISION, Undefined, Value, context, equal, is_exact, remembered, snap
from scorers.syntax import Node, TooLarge, symbols

_PRIMES = (7, 11, 13, 17, 19, 23, 29, 31)
_MODULUS = 2**521 - 1
_POSITIVE, _MIXED, _WHOLE, _ROUNDED = 3, 2, 8, 32
MAX_SYMBOLS = 24
_SPELLED = 60
"""Digits of a constant in its form; 40 where some were lost. A number of 40 digits and one more than it differ."""


@dataclass(frozen=True, slots=True)
class Point:
    """The value of a formula at one point: None where it is undefined; `real` if it stayed within the real numbers."""

    value: Value
    real: bool
    digits: int


@lru_cache(maxsize=4096)
def coordinate(name: str, index: int, integral: bool) -> Fraction:
    """The value of a symbol at a point: the same for the same name, always."""
    digest = hashlib.blake2b(f"{name}\0{index}".encode("utf-8", "replace"), digest_size=8).digest()
    seed = int.from_bytes(digest, "big")
    if integral:
        return Fraction(3 + seed % 37 if index < _WHOLE else index - _WHOLE + 1 + sum(map(ord, name)) % 3)
    prime = _PRIMES[seed % len(_PRIMES)]
    top = prime // 3 + seed // 8 % (3 * prime)
    size = Fraction(top + (top % prime == 0), prime)  # no integer: formulas have their gaps there
    negative = index == _POSITIVE or (index > _POSITIVE and seed >> 40 & 1)
    return -size if negative else size


def integral(node: Node, rounding: bool = True) -> bool:
    """Whether the symbols of a formula stand for integers; a floor or ceiling says so only with `rounding`."""
    calls = ("floor", "ceil", "gcd", "lcm") if rounding else ("gcd", "lcm")
    if (node.op == "call" and node.name in calls) or node.op == "sum" or (node.op == "fact" and node.name == "!!"):
        return bool(symbols(node))
    if node.op == "pow" and node.args[0].op == "neg" and symbols(node.args[1]):
        return True
    return any(integral(arg, rounding) for arg in node.args)


def rounded(node: Node) -> bool:
    """Whether a formula rounds something with a symbol in it, so that two may differ at few integers only."""
    if node.op == "call" and node.name in ("floor", "ceil"):
        return bool(symbols(node))
    return any(map(rounded, node.args))


def both_integral(left: Node, right: Node) -> bool:
    """Whether two formulas are compared at integers: ⌊x⌋ against x is not, ⌈n/2⌉ against ⌊(n+1)/2⌋ is."""
    return integral(left, False) or integral(right, False) or (integral(left) and integral(right))


def point(node: Node, names: frozenset[str], index: int, whole: bool) -> Point:
    """The value at one point; raises TooLarge and Unreadable."""
    env = {name: coordinate(name, index, whole) for name in names}
    try:
        value, real, digits = evaluate(node, env)
    except Undefined:
        return Point(None, False, DIGITS)
    return Point(snap(value, digits), real, digits)


@remembered
def points(node: Node, whole: bool, many: bool = False) -> list[Point]:
    """The values at all points; at `many` integers where a formula rounds."""
    names = symbols(node)
    if len(names) > MAX_SYMBOLS:
        raise TooLarge("too many symbols")
    count = _ROUNDED if whole and many else _WHOLE if whole else _POSITIVE + _MIXED
    return [point(node, names, index, whole) for index in range(count)]


@remembered
def constant(node: Node, wanted: int = DIGITS) -> tuple[Value, int]:
    """The value of a formula without symbols and its digits; raises TooLarge, Undefined, Unreadable."""
    value, _, digits = evaluate(node, {}, min(wanted, MAX_PRECISION))
    return snap(value, digits), digits


def spell(value: Value, digits: int = DIGITS) -> str:
    """A value as a string: `3/4`, or 60 digits of it."""
    if is_exact(value):
        if max(value.numerator.bit_length(), value.denominator.bit_length()) > 1024:
            return f"{'-' if value < 0 else ''}#{_residue(value):x}"
        return str(value)
    mp = context(digits)
    if isinstance(value, mp.mpc):
        real, imaginary = (spell(snap(part, digits), digits) for part in (value.real, value.imag))
        return f"{imaginary}i" if real == "0" else f"{real} + {imaginary}i"
    text = str(mp.nstr(value, _SPELLED if digits >= DIGITS - 10 else 40, strip_zeros=True))
    if digits > DIGITS:  # digits that were asked for because they matter
        text += "~" + hashlib.blake2b(str(mp.nstr(value, digits - 40)).encode(), digest_size=8).hexdigest()
    return text


def _residue(value: Fraction) -> int:
    return value.numerator * pow(value.denominator, -1, _MODULUS) % _MODULUS


def digest(values: list[Point], scale: Value = None) -> str:
    """A short name for the values at the points, divided by `scale`."""
    parts = []
    for index, item in enumerate(values):
        if item.value is None or (index >= _POSITIVE and not item.real):
            parts.append("-")
            continue
        value = item.value
        if scale is not None:
            value = snap(divide(value, scale, item.digits), item.digits)
        parts.append(f"#{_residue(value):x}" if is_exact(value) else spell(value, item.digits))
    return hashlib.blake2b(";".join(parts).encode(), digest_size=10).hexdigest()


def divide(left: Value, right: Value, digits: int) -> Value:
    """A quotient, exact where it can be."""
    if is_exact(left) and is_exact(right):
        return left / right
    mp = context(digits)
    a = mp.mpf(left.numerator) / left.denominator if is_exact(left) else left
    b = mp.mpf(right.numerator) / right.denominator if is_exact(right) else right
    return a / b


def common_digits(left: Value, first: int, right: Value, second: int) -> int:
    """The digits to which two values can be compared: an exact one has as many as the other."""
    return first if is_exact(right) else second if is_exact(left) else min(first, second)


def same_points(left: list[Point], right: list[Point]) -> bool | None:
    """Whether two formulas agree wherever both are defined (and real, where signs are mixed); None: nowhere."""
    seen = 0
    for index, (a, b) in enumerate(zip(left, right, strict=True)):
        if a.value is None or b.value is None:
            if index < _POSITIVE and (a.value is None) != (b.value is None):
                return False
            continue
        if index >= _POSITIVE and not (a.real and b.real):
            continue
        seen += 1
        if not equal(a.value, b.value, common_digits(a.value, a.digits, b.value, b.digits)):
            return False
    return True if seen else None


def proportional(left: list[Point], right: list[Point], positive: bool) -> bool:
    """Whether one list of values is a constant multiple of the other, a positive one if asked for."""
    factor: Value = None
    for a, b in zip(left, right, strict=True):
        if a.value is None or b.value is None or not (a.real and b.real):
            continue
        if a.value == 0 or b.value == 0:
            if a.value != b.value:
                return False
            continue
        digits = common_digits(a.value, a.digits, b.value, b.digits)
        quotient = divide(a.value, b.value, digits)
        if factor is None:
            factor = quotient
        elif not equal(quotient, factor, digits):
            return False
    if factor is None:
        return False
    return not positive or (getattr(factor, "imag", 0) == 0 and factor > 0)


def rounds(gold: Node, value: Value, answer: Node) -> bool:
    """Whether a value rounds to a gold decimal, at the place where its digits end.

    A gold decimal with one digit (0.5, 0.05), or with one decimal and two digits (2.5), is taken for exact: too much
    would round to it."""
    literal = gold.args[0] if gold.op == "neg" else gold
    if literal.op != "num" or not literal.shown or literal.value is None:
        return False
    bare = answer.args[0] if answer.op == "neg" else answer
    size = literal.value * 10**literal.shown
    coarser = bare.op == "num" and bare.shown is not None and bare.shown <= literal.shown
    if coarser or size < 10 or (size < 100 and literal.shown < 2):
        return False
    if not is_exact(value):
        mp = context(40)
        if isinstance(value, mp.mpc):
            return False
        value = Fraction(str(mp.nstr(value, 30)))
    unit = Fraction(1, 10**literal.shown)
    target = -literal.value if gold.op == "neg" else literal.value
    return bool(abs(value - target) <= (unit if literal.cut else unit / 2))


PRINTED = 16
"""Significant digits from which on a decimal counts as what a computer prints for a number: a double holds 15.95 digits
(IEEE 754, binary64) and is written with up to 17."""
_NOISE = Fraction(1, 2**51)
"""Relative error that a few operations on doubles leave: four times that of one, 2⁻⁵³."""


def as_printed(gold: Node, value: Value, answer: Node) -> bool:
    """Whether an answer is the exact gold value as a computer prints it: 0.3333333333333333 for 1/3.

    That takes a decimal of at least 16 significant digits, right but for the noise of doubles (beyond 17 digits to one
    unit in the last), of a number that no decimal of that length is: 0.30000000000000004 is not 3/10, which is 0.3."""
    literal = answer.args[0] if answer.op == "neg" else answer
    if literal.op != "num" or not literal.shown or literal.value is None or _has_decimal(gold):
        return False
    digits = len(str(int(literal.value * 10**literal.shown)))
    if digits < PRINTED:
        return False
    if not is_exact(value):
        mp = context(DIGITS)
        if isinstance(value, mp.mpc):
            return False
        value = Fraction(str(mp.nstr(value, 40)))
    elif (value * 10**literal.shown).denominator == 1:
        return False
    unit = Fraction(1, 10**literal.shown)
    room = unit / 2 + abs(value) * _NOISE if digits <= PRINTED + 1 else unit
    target = -literal.value if answer.op == "neg" else literal.value
    return bool(abs(value - target) <= room)


def _has_decimal(node: Node) -> bool:
    return node.shown is not None or any(map(_has_decimal, node.args))
