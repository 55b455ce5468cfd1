"""Values of formulas at given points: exact fractions as long as possible, high precision beyond.

Every operation is bounded before it is carried out, by bits, by steps and by magnitude.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from fractions import Fraction
from typing import Any

from scorers import quadrature, series
from scorers.functions import call
from scorers.precision import (
    DIGITS,
    MAX_PRECISION,
    NeedsPrecision,
    Undefined,
    Value,
    check_time,
    context,
    exact_root,
    is_exact,
)
from scorers.syntax import Node, TooLarge, Unreadable, symbols

BITS = 3.3219
"""Bits of a digit."""
MAX_BITS = 131_072
MAX_STEPS = 20_000
_VANISHES = -(10**5)
"""Below this exponent a power of e is no part of an integral."""
MAX_COST = 4 * 10**8
MAX_GAMMA_DIGITS = 200
"""Digits to which factorials of other numbers than integers are known: the first at 1,000 digits takes seconds."""


class Evaluator:
    """Evaluates formulas with values for their symbols. `left_reals`: a root or logarithm of real numbers was not
    real, so the formula is outside its natural domain here."""

    def __init__(self, env: Mapping[str, Fraction], digits: int = DIGITS) -> None:
        self.env: dict[str, Value] = dict(env)
        self.digits = digits
        self.steps = 0
        self.cost = 0
        self.left_reals = False
        self.lost = 0  # digits that cancelled in a sum
        check_time()

    @property
    def mp(self) -> Any:
        """The context, at the precision of this evaluation. Raises OutOfTime: nothing inexact goes unwatched."""
        check_time()
        return context(self.digits)

    def value(self, node: Node) -> Value:
        """The value of a formula. Raises TooLarge, Undefined, Unreadable, NeedsPrecision."""
        self.steps += 1
        if self.steps > MAX_STEPS:
            raise TooLarge("the value takes too many steps")
        if self.steps % 32 == 0:
            check_time()
        if node.op == "num":
            return node.value
        method = getattr(self, "_" + node.op, None)
        if method is None:
            raise Unreadable(f"{node.op} inside a formula")
        return method(node)

    # ------------------------------------------------------------------------------------------------------- helpers

    def charge(self, bits: int) -> None:
        """Account for an operation on exact numbers of this size; raises TooLarge."""
        if bits > MAX_BITS:
            raise TooLarge("a number has too many digits")
        check_time()
        self.cost += bits * bits // 600
        if self.cost > MAX_COST:
            raise TooLarge("the value takes too long")

    def exact(self, value: Fraction) -> Fraction:
        """The same value, charged for."""
        bits = value.numerator.bit_length() + value.denominator.bit_length()
        if bits > 1000:
            self.charge(bits)
        return value

    def real(self, value: Value) -> Any:
        """The value as a number of the context; asks for more digits where it has more."""
        if not is_exact(value):
            return value
        bits = max(value.numerator.bit_length(), value.denominator.bit_length())
        if bits > 3.3 * (self.digits - 30):
            raise NeedsPrecision(int(bits / 3.3) + 60)
        return self.mp.mpf(value.numerator) / value.denominator

    def tidy(self, value: Any) -> Value:
        """A complex value whose imaginary part is rounding noise becomes real; infinities are no values."""
        mp = self.mp
        if not mp.isfinite(value):
            raise Undefined("an infinite value")
        if isinstance(value, mp.mpc):
            noise = mp.ldexp(abs(value), -int((self.digits - 20) * BITS))
            if abs(value.imag) <= noise:
                return +value.real
            if abs(value.real) <= noise:
                return mp.mpc(0, value.imag)
        return value

    # ---------------------------------------------------------------------------------------------------- operations

    def _sym(self, node: Node) -> Value:
        if node.name not in self.env:
            raise Unreadable(f"no value for {node.name[:30]}")
        return self.env[node.name]

    def _const(self, node: Node) -> Value:
        mp = self.mp
        return mp.mpc(0, 1) if node.name == "i" else +mp.pi if node.name == "pi" else +mp.e

    def _inf(self, node: Node) -> Value:
        raise Undefined("infinity")

    def _neg(self, node: Node) -> Value:
        return -self.value(node.args[0])

    def _deg(self, node: Node) -> Value:
        return self.multiply(self.value(node.args[0]), self.mp.pi / 180)

    def _add(self, node: Node) -> Value:
        return self.total([self.value(arg) for arg in node.args])

    def total(self, terms: list[Value]) -> Value:
        """The sum, exact where it can be; asks for more digits where a term is lost in another."""
        if all(is_exact(term) for term in terms):
            result = Fraction(0)
            for term in terms:
                result = self.exact(result + term)
            return result
        mp = self.mp
        numbers = [self.real(term) for term in terms if term != 0]
        sizes = [int(mp.mag(item)) for item in numbers]  # in bits
        largest = max(sizes, default=0)
        if any(largest - size > (self.digits - 45) * BITS for size in sizes):  # forms and comparisons see fewer digits
            raise NeedsPrecision(self.digits * 5)
        result = mp.fsum(numbers)
        if result == 0 or largest - int(mp.mag(result)) >= (self.digits - 20) * BITS:
            return Fraction(0)
        lost = int((largest - int(mp.mag(result))) / BITS)
        if lost > 20 and self.digits < 2 * lost + 60:  # a difference of near equals: what is left must be certain
            raise NeedsPrecision(2 * lost + 60)
        self.lost = max(self.lost, lost)
        return self.tidy(result)

    def _mul(self, node: Node) -> Value:
        result: Value = Fraction(1)
        for arg in node.args:
            result = self.multiply(result, self.value(arg))
        return result

    def multiply(self, left: Value, right: Value) -> Value:
        """The product."""
        if is_exact(left) and is_exact(right):
            return self.exact(left * right)
        if (is_exact(left) and left == 0) or (is_exact(right) and right == 0):
            return Fraction(0)
        return self.tidy(self.real(left) * self.real(right))

    def _div(self, node: Node) -> Value:
        top, bottom = self.value(node.args[0]), self.value(node.args[1])
        if bottom == 0:
            raise Undefined("a division by zero")
        if is_exact(top) and is_exact(bottom):
            return self.exact(top / bottom)
        return Fraction(0) if top == 0 else self.tidy(self.real(top) / self.real(bottom))

    def _pow(self, node: Node) -> Value:
        return self.power(self.value(node.args[0]), self.value(node.args[1]))

    def power(self, base: Value, exponent: Value) -> Value:
        """A power; of a negative number with an odd root, the real one."""
        if is_exact(exponent):
            if exponent == 0:
                return Fraction(1)
            if base == 0:
                if exponent < 0:
                    raise Undefined("a division by zero")
                return Fraction(0)
            if is_exact(base):
                found = self.exact_power(base, exponent)
                if found is not None:
                    return found
                if base < 0 and exponent.denominator % 2 and exponent.denominator > 1:
                    size = self.power(-base, exponent)
                    return -size if exponent.numerator % 2 else size
        elif base == 0:
            raise Undefined("a power of zero")
        return self.numeric_power(base, exponent)

    def exact_power(self, base: Fraction, exponent: Fraction) -> Fraction | None:
        """An integer power, or a root that comes out even; None where the result is not exact or not small."""
        if abs(base) == 1 and exponent.denominator == 1:
            return base if exponent.numerator % 2 else Fraction(1)
        bits = max(base.numerator.bit_length(), base.denominator.bit_length())
        if exponent.denominator != 1:
            root = exact_root(base, exponent.denominator) if exponent.denominator <= 64 and bits < 20_000 else None
            if root is None:
                return None
            base, exponent = root, Fraction(exponent.numerator)
            bits = max(base.numerator.bit_length(), base.denominator.bit_length())
        if abs(exponent.numerator) * bits > MAX_BITS:
            return None
        self.charge(abs(exponent.numerator) * bits)
        return base**exponent.numerator

    def numeric_power(self, base: Value, exponent: Value) -> Value:
        """A power in high precision; raises TooLarge for towers."""
        mp = self.mp
        left, right = self.real(base), self.real(exponent)
        size = (abs(int(mp.mag(left))) + 4) * abs(right)  # no less than |log base| · |exponent|
        if size > 10**4:
            size = abs(mp.log(left)) * abs(right)
        if size > 10**9:
            raise TooLarge("a power is too large")
        if not isinstance(left, mp.mpc) and left < 0 and not mp.isint(right):
            self.left_reals = True
        if mp.isint(right) and is_exact(exponent):
            return self.tidy(left ** int(exponent))
        root = is_exact(exponent) and exponent.numerator == 1 and exponent.denominator <= 64
        if root and not isinstance(left, mp.mpc) and left > 0:
            return mp.sqrt(left) if exponent.denominator == 2 else mp.root(left, exponent.denominator)
        if size > 10**4:  # digits of the exponent that the result needs
            raise_to = self.digits + 12
            return self.tidy(context(raise_to).power(left, right))
        return self.tidy(mp.power(left, right))

    def _fact(self, node: Node) -> Value:
        value = self.value(node.args[0])
        if is_exact(value) and value.denominator == 1:
            if value < 0:
                raise Undefined("a factorial of a negative number")
            if value <= 11_000:
                return self.factorial(int(value), node.name)
        if node.name == "!!":
            raise TooLarge("a double factorial is too large")
        number = self.real(value)
        if abs(number) > 10**12 or self.digits > MAX_GAMMA_DIGITS:
            raise TooLarge("a factorial is too large")
        return self.tidy(self.mp.gamma(number + 1))

    def factorial(self, n: int, kind: str) -> Fraction:
        """n! or n!!."""
        self.charge(int(math.lgamma(n + 1) / math.log(2)) // len(kind))
        return Fraction(math.factorial(n) if kind == "!" else math.prod(range(n, 0, -2)))

    def _binom(self, node: Node) -> Value:
        top, bottom = self.value(node.args[0]), self.value(node.args[1])
        if is_exact(top) and is_exact(bottom) and top.denominator == bottom.denominator == 1 and top >= 0:
            if not 0 <= bottom <= top:
                return Fraction(0)
            smaller = min(bottom, top - bottom)
            if smaller * top.numerator.bit_length() <= MAX_BITS and smaller <= 20_000:
                self.charge(int(smaller) * top.numerator.bit_length())
                return Fraction(math.comb(int(top), int(smaller)))
        exact = is_exact(top) and is_exact(bottom) and bool(symbols(node))
        if exact and any(part < 0 and part.denominator == 1 for part in (top, bottom, top - bottom)):
            raise Undefined("a binomial coefficient at a pole, where conventions differ")
        left, right = self.real(top), self.real(bottom)
        if abs(left) > 10**9 or abs(right) > 10**9 or self.digits > MAX_GAMMA_DIGITS:
            raise TooLarge("a binomial coefficient is too large")
        return self.tidy(self.mp.binomial(left, right))

    def _sum(self, node: Node) -> Value:
        if node.args[1].op == "inf" and node.name == "sum":
            return self._endless(node)
        if any(arg.op == "inf" for arg in node.args[:2]):
            raise Unreadable("a product without an end")
        low, high = self.value(node.args[0]), self.value(node.args[1])
        if not (is_exact(low) and is_exact(high) and low.denominator == high.denominator == 1):
            raise Unreadable("a sum between bounds that are not integers")
        if high - low > 5000:
            raise TooLarge("a sum has too many terms")
        name, kept = node.args[3].name, dict(self.env)
        terms = []
        for index in range(int(low), int(high) + 1):
            self.env[name] = Fraction(index)
            terms.append(self.value(node.args[2]))
        self.env = kept
        if node.name == "sum":
            return self.total(terms) if terms else Fraction(0)
        result: Value = Fraction(1)
        for term in terms:
            result = self.multiply(result, term)
        return result

    def _endless(self, node: Node) -> Value:
        """A sum to infinity, without other symbols."""
        low = self.value(node.args[0])
        if self.env or not is_exact(low) or low.denominator != 1 or abs(low) > 1000:
            raise Unreadable("a sum with a parameter")
        name, inner = node.args[3].name, _Sampler({}, series.DIGITS + 20)

        def term(index: Fraction) -> Value:
            inner.env[name], inner.steps = index, 0
            return inner.value(node.args[2])

        total = series.endless(term, int(low))
        self.lost = max(self.lost, self.digits - series.DIGITS)
        return total

    def _int(self, node: Node) -> Value:
        """A definite integral of one variable, without other symbols."""
        if self.env:
            raise Unreadable("an integral with a parameter")
        low, high = (self._bound(arg) for arg in node.args[:2])
        name, inner = node.args[3].name, _Sampler({}, quadrature.DIGITS + 20)

        def function(at: Any) -> Value:
            inner.env[name], inner.steps = at, 0
            found = inner.value(node.args[2])
            if inner.left_reals:
                raise Unreadable("an integral off the real numbers")
            return found

        total = quadrature.definite(function, low, high)
        self.lost = max(self.lost, self.digits - quadrature.DIGITS)
        return total

    def _bound(self, node: Node) -> Any:
        if node.op == "inf" or (node.op == "neg" and node.args[0].op == "inf"):
            return self.mp.inf if node.op == "inf" else -self.mp.inf
        number = self.real(self.value(node))
        if isinstance(number, self.mp.mpc):
            raise Unreadable("a bound that is not real")
        return number

    def _call(self, node: Node) -> Value:
        return call(self, node.name, [self.value(arg) for arg in node.args])


class _Sampler(Evaluator):
    """Evaluates an integrand, where a term that is lost in another does not matter: the rule tells what is certain."""

    def total(self, terms: list[Value]) -> Value:
        """The sum."""
        if all(is_exact(term) for term in terms):
            return super().total(terms)
        return self.tidy(self.mp.fsum(self.real(term) for term in terms))

    def power(self, base: Value, exponent: Value) -> Value:
        """A small power without detours."""
        if not is_exact(base) and is_exact(exponent) and exponent.denominator == 1 and abs(exponent) <= 64:
            return base ** int(exponent)
        return super().power(base, exponent)

    def _call(self, node: Node) -> Value:
        if node.name == "exp" and len(node.args) == 1:
            power = self.value(node.args[0])
            number = self.real(power)
            if not isinstance(number, self.mp.mpc) and number < _VANISHES:
                return Fraction(0)
        return super()._call(node)


def evaluate(node: Node, env: Mapping[str, Fraction], digits: int = DIGITS) -> tuple[Value, bool, int]:
    """The value of a formula, whether it stayed within the real numbers, and the digits it was computed with, which are
    `digits` or more, less what cancelled.

    Raises TooLarge, Undefined, Unreadable."""
    for _ in range(4):
        evaluator = Evaluator(env, digits)
        try:
            value = evaluator.value(node)
            return value, not evaluator.left_reals, digits - evaluator.lost
        except NeedsPrecision as error:
            if error.digits > MAX_PRECISION and digits >= MAX_PRECISION:
                break
            digits = min(max(error.digits, 2 * digits), MAX_PRECISION)
        except (ZeroDivisionError, ValueError, OverflowError, ArithmeticError) as error:
            if isinstance(error, Unreadable):
                raise
            raise Undefined(str(error)[:100]) from error
    raise TooLarge("the value needs too many digits")
