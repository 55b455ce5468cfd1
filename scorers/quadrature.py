"""Definite integrals of one variable, by quadrature with a bounded number of values.

Nothing symbolic is tried. The tanh-sinh rule of mpmath (Takahasi & Mori 1974) copes with infinite bounds and with
singular ends; a result counts only where its error estimate leaves enough digits, so that an integral that oscillates
or jumps stays unread here.
"""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from typing import Any

from scorers.precision import Undefined, Value, context, is_exact
from scorers.syntax import TooLarge, Unreadable

DIGITS = 60
"""Digits that are computed with; results are compared to 30 of them."""
_CERTAIN = 36
"""Digits that the error estimate must leave."""
_NOTHING = 55
"""A total that is smaller than the area around the curve by so many digits is rounding noise."""
_LEVEL = 7
"""The rule is refined so often, to about 2,000 values."""


def definite(function: Callable[[Any], Value], low: Any, high: Any) -> Value:
    """The integral of a function between two numbers or infinities; raises Unreadable where it is not certain."""
    mp = context(DIGITS)
    peak = mp.mpf(0)

    def value(at: Any) -> Any:
        nonlocal peak
        precision = mp.prec
        found = function(at)
        mp.prec = precision  # the function computes in the same context
        if is_exact(found):
            found = mp.mpf(found.numerator) / found.denominator
        elif isinstance(found, mp.mpc):
            raise Unreadable("an integral of something that is not real")
        peak = max(peak, abs(found))
        return found

    try:
        total, error = mp.quad(value, [low, high], error=True, maxdegree=_LEVEL)
    except (Undefined, TooLarge, ZeroDivisionError, ValueError, ArithmeticError) as problem:
        raise Unreadable("an integral that is not computed") from problem
    if isinstance(total, mp.mpc) or not mp.isfinite(total):
        raise Unreadable("an integral that is not finite")
    if error > mp.mpf(10) ** -_CERTAIN * max(abs(total), 1):
        raise Unreadable("an integral that is not certain")
    width = high - low
    if mp.isfinite(width) and abs(total) <= mp.mpf(10) ** -_NOTHING * peak * abs(width):
        return Fraction(0)  # halves that cancel
    return total
