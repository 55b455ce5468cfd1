"""Sums without an end, by extrapolation of partial sums with a bounded number of terms.

Nothing symbolic is tried. mpmath's `nsum` extrapolates with Richardson's and Shanks' methods, which find what most
series of textbooks come to. There is no error bound, so that a sum counts only where two runs agree, of which one
begins some terms later and has more of them. The method gives a value to divergent series, too: terms that do not
vanish have no sum here.
"""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from typing import Any

from scorers.precision import Undefined, Value, context, is_exact
from scorers.syntax import TooLarge, Unreadable

DIGITS = 60
"""Digits that are computed with; results are compared to 30 of them."""
_LATER = 7
"""Terms that the second run adds up as they are."""
_CERTAIN = 34
"""Digits to which the two must agree."""
_TERMS, _MORE = 200, 270
_SMALL = 0.05
"""What the 200th term must be below."""


def endless(term: Callable[[Fraction], Value], low: int) -> Value:
    """The sum of the terms from `low` on; raises Unreadable where it is not found or not certain."""
    mp = context(DIGITS)
    late, later = (abs(_number(term(Fraction(low + at)), mp)) for at in (_TERMS // 2, _TERMS))
    if later > _SMALL or (late < later and late):
        raise Unreadable("terms that do not vanish")
    first = _extrapolated(term, low, _TERMS)
    head = [_number(term(Fraction(low + at)), context(DIGITS)) for at in range(_LATER)]
    second = context(DIGITS).fsum(head) + _extrapolated(term, low + _LATER, _MORE)
    mp = context(DIGITS)
    if not mp.isfinite(second) or abs(first - second) > mp.mpf(10) ** -_CERTAIN * max(abs(second), 1):
        raise Unreadable("a sum that is not certain")
    return second


def _number(value: Value, mp: Any) -> Any:
    if is_exact(value):
        return mp.mpf(value.numerator) / value.denominator
    if isinstance(value, mp.mpc):
        raise Unreadable("a sum of terms that are not real")
    return value


def _extrapolated(term: Callable[[Fraction], Value], low: int, terms: int) -> Any:
    mp = context(DIGITS)
    asked = 0

    def value(index: Any) -> Any:
        nonlocal asked
        asked += 1
        precision = mp.prec
        found = term(Fraction(int(index)))
        mp.prec = precision  # the term computes in the same context
        return _number(found, mp)

    try:
        found = +mp.nsum(value, [low, mp.inf], maxterms=terms)
    except (Undefined, TooLarge, ZeroDivisionError, ValueError, ArithmeticError) as problem:
        raise Unreadable("a sum that is not computed") from problem
    if asked >= terms:
        raise Unreadable("a sum that does not settle")
    return found
