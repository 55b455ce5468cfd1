"""Numbers of high precision beside exact ones, and the time that computing with them may take.

mpmath is used through contexts of our own, one a thread, so that neither threads nor other users of mpmath meet our
precision.
"""

from __future__ import annotations

import gc
import math
import threading
import time
from collections.abc import Callable
from fractions import Fraction
from functools import wraps
from typing import Any, ParamSpec, TypeVar

from scorers.syntax import Unreadable

Value = Any
"""A Fraction, or a real or complex number of an mpmath context."""

DIGITS = 100
MAX_PRECISION = 4000
MAX_REMEMBERED = 256
_local = threading.local()
P = ParamSpec("P")
R = TypeVar("R")


class Undefined(Unreadable):
    """A division by zero or the like."""


class NeedsPrecision(Exception):
    """Digits were lost that may matter; the evaluation is to be repeated with more of them."""

    def __init__(self, digits: int) -> None:
        super().__init__(digits)
        self.digits = digits


class OutOfTime(Exception):
    """The time allowed for one comparison is used up. `waited`: on the clock, and not by computing, so that a machine
    with less to do may find the answer."""

    def __init__(self, waited: bool) -> None:
        super().__init__(waited)
        self.waited = waited


class time_limit:
    """Evaluations of this thread raise OutOfTime after so many seconds of its own computing, which do not depend on
    what else the machine does, and after `wall` seconds in any case; an outer limit stays in force."""

    def __init__(self, seconds: float, wall: float) -> None:
        self.seconds = seconds
        self.wall = wall
        self.kept: tuple[float, float] | None = None

    def __enter__(self) -> None:
        if _not_counted not in gc.callbacks:
            gc.callbacks.append(_not_counted)
        self.kept = getattr(_local, "deadline", None)
        if self.kept is None:
            _local.deadline = time.thread_time() + self.seconds, time.monotonic() + self.wall

    def __exit__(self, *error: object) -> None:
        _local.deadline = self.kept


def _not_counted(phase: str, info: dict[str, int]) -> None:
    """Take a full collection of garbage off this thread's clock: it costs what the whole process holds, which may be
    half a second and more, and comes when it likes."""
    if info["generation"] < 2:
        return
    if phase == "start":
        _local.collecting = time.thread_time(), time.monotonic()
        return
    began, deadline = getattr(_local, "collecting", None), getattr(_local, "deadline", None)
    if began is not None and deadline is not None:
        _local.deadline = deadline[0] + time.thread_time() - began[0], deadline[1] + time.monotonic() - began[1]


def check_time() -> None:
    """Raise OutOfTime past the deadline of this thread."""
    deadline = getattr(_local, "deadline", None)
    if deadline is None:
        return
    if time.thread_time() > deadline[0]:
        raise OutOfTime(waited=False)
    if time.monotonic() > deadline[1]:
        raise OutOfTime(waited=True)


def remembered(function: Callable[P, R]) -> Callable[P, R]:
    """The function with a memory of its latest results, one a thread: numbers belong to the context of their thread."""
    name = f"{function.__module__}.{function.__qualname__}"

    @wraps(function)
    def recall(*args: P.args, **kwargs: P.kwargs) -> R:
        memory: dict[Any, R] = _local.__dict__.setdefault(name, {})
        key = args
        if key not in memory:
            result = function(*args, **kwargs)
            if len(memory) >= MAX_REMEMBERED:
                memory.clear()
            memory[key] = result
        return memory[key]

    return recall


def context(digits: int) -> Any:
    """This thread's mpmath context, set to a precision."""
    if not hasattr(_local, "context"):
        _local.context = _loaded()
    _local.context.dps = digits
    return _local.context


def _loaded() -> Any:
    """A new context. Loading mpmath, which most answers do not need, is not on the clock of the comparison."""
    computed, wall = time.thread_time(), time.monotonic()
    from mpmath.ctx_mp import MPContext  # type: ignore[import-untyped]

    found = MPContext()
    deadline = getattr(_local, "deadline", None)
    if deadline is not None:
        _local.deadline = deadline[0] + time.thread_time() - computed, deadline[1] + time.monotonic() - wall
    return found


def is_exact(value: Value) -> bool:
    """Whether the value is a Fraction."""
    return isinstance(value, Fraction)


def exact_root(value: Fraction, degree: int) -> Fraction | None:
    """The real root if it is rational."""
    negative = value < 0
    if negative and degree % 2 == 0:
        return None
    top, bottom = integer_root(abs(value.numerator), degree), integer_root(value.denominator, degree)
    if top is None or bottom is None:
        return None
    return Fraction(-top if negative else top, bottom)


def integer_root(value: int, degree: int) -> int | None:
    """The root of a non-negative integer if it is an integer."""
    if degree == 2:
        root = math.isqrt(value)
        return root if root * root == value else None
    if value < 2:
        return value
    root, lower = 1 << (value.bit_length() // degree + 1), 0
    while True:  # Newton from above: the sequence falls until it reaches the floor of the root
        lower = ((degree - 1) * root + value // root ** (degree - 1)) // degree
        if lower >= root:
            return root if root**degree == value else None
        root = lower


def snap(value: Value, digits: int) -> Value:  # noqa: PLR0911  # one case after the other
    """A value that is a fraction of small numbers to all its digits, as that fraction."""
    if is_exact(value):
        return value
    mp = context(digits)
    if isinstance(value, mp.mpc) or not mp.isfinite(value):
        return value
    sign, mantissa, exponent, bits = value._mpf_
    if not mantissa:
        return Fraction(0)
    if not -250 < exponent + bits < 70:
        return value
    if exponent < -20_000:
        return value
    top, bottom = (int(mantissa) << exponent, 1) if exponent >= 0 else (int(mantissa), 1 << -exponent)
    last, guess = (0, 1), (1, 0)  # convergents of the continued fraction
    over, under = top, bottom
    while under:
        whole, rest = divmod(over, under)
        further = (last[0] + whole * guess[0], last[1] + whole * guess[1])
        if further[1] > 10**12:
            break
        last, guess, over, under = guess, further, under, rest
    error = abs(top * guess[1] - guess[0] * bottom) * 10 ** (digits - 25)
    if guess[0] and error < guess[0] * bottom:
        return Fraction(-guess[0] if sign else guess[0], guess[1])
    return value


def equal(left: Value, right: Value, digits: int) -> bool:
    """Whether two values agree: exactly where both are exact, else to nearly all digits they were computed with."""
    if is_exact(left) and is_exact(right):
        return bool(left == right)
    mp = context(digits + 10)
    a = mp.mpf(left.numerator) / left.denominator if is_exact(left) else left
    b = mp.mpf(right.numerator) / right.denominator if is_exact(right) else right
    return bool(abs(a - b) <= max(abs(a), abs(b)) * mp.mpf(10) ** (30 - digits))
