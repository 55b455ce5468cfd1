"""The game of 24: every solvable puzzle of four numbers between 1 and 13, made here, with no data file.

    {"problem_id": "game24/1-2-3-4", "numbers": [1, 2, 3, 4], "answer": "1 * 2 * 3 * 4", "level": 1, ...}

1,362 of the 1,820 multisets of four numbers can make 24. All arithmetic is exact.

Solutions are counted as different when they are different sums and products, not when they are written differently:
order and grouping of a sum or a product do not count (`a - (b - c)` is `a + c - b`, `a / (b / c)` is `a * c / b`), nor
does which of two equal numbers stands where; a factor that equals 1 may multiply or divide, and no intermediate value
is negative (turning differences round makes any solution one of that kind, which would otherwise count twice).

The level says how few there are: 5 for a single solution (450 puzzles), 4 for two (367), 3 for three (218), 2 for four
(159), 1 for five and more (168).
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import suppress
from fractions import Fraction
from functools import cache
from itertools import combinations, combinations_with_replacement
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from harness.core import IncompleteError
from harness.files import cache_folder, file_digest, write_json
from tasks import documents

if TYPE_CHECKING:
    from datasets import Dataset

TARGET = 24
NUMBERS = range(1, 14)


class Expression(NamedTuple):
    """A sum or a product in canonical form: `plus` and `minus` are its sorted terms (or factors and divisors).

    `kind` is "n" (a number, which stands in `value`), "+" or "*".
    """

    value: Fraction
    kind: str
    plus: tuple[Expression, ...] = ()
    minus: tuple[Expression, ...] = ()


def load(scorer: str = "game24", **_: Any) -> dict[str, Dataset]:
    """The puzzles as lm-eval wants them, from the easiest numbers up."""
    return documents.splits(_kept(), scorer)


def _kept() -> list[dict[str, Any]]:
    """The puzzles from the cache folder, made anew (which takes seconds) where they are not there or cannot be read.

    The file's name holds the digest of this module: changed rules are never answered from an old file."""
    path = cache_folder() / f"game24-{file_digest(Path(__file__))[:12]}.json"
    with suppress(OSError, ValueError):
        kept: list[dict[str, Any]] = json.loads(path.read_bytes())
        return kept
    made = list(rows())
    with suppress(OSError, IncompleteError):  # without a cache it only takes longer
        path.parent.mkdir(parents=True, exist_ok=True)
        write_json(path, made)
    return made


def rows() -> Iterator[dict[str, Any]]:
    """One document per solvable puzzle; `answer` is one solution, `num_solutions` how many there are."""
    for numbers in combinations_with_replacement(NUMBERS, 4):
        found = solutions(numbers)
        if not found:
            continue
        yield {
            "problem_id": "game24/" + "-".join(map(str, numbers)),
            "problem": "Use the numbers {}, {}, {} and {} to make 24.".format(*numbers),
            "answer": min((show(solution) for solution in found), key=lambda text: (len(text), text)),
            "level": max(1, 6 - len(found)),
            "subject": None,
            "difficulty": None,
            "solutions": None,
            "numbers": list(numbers),
            "num_solutions": len(found),
        }


@cache
def solutions(numbers: tuple[int, ...]) -> frozenset[Expression]:
    """All different expressions that use each of `numbers` (sorted) once and make 24."""
    found: set[Expression] = set()
    for left, right in _splits(numbers):
        # Only partners that can lead to 24 are combined; `right` is the smaller half, so this is a short loop.
        for b, small in _reachable(right).items():
            for a in {TARGET - b, TARGET + b, b - TARGET, TARGET / b if b else None, TARGET * b, b / TARGET}:
                for x in _reachable(left).get(a, ()) if a is not None else ():
                    found.update(made for y in small for made in _combine(x, y) if made.value == TARGET)
    return frozenset(found)


@cache
def _reachable(numbers: tuple[int, ...]) -> dict[Fraction, frozenset[Expression]]:
    """Every value that `numbers` (sorted) can make, with the expressions that make it."""
    if len(numbers) == 1:
        value = Fraction(numbers[0])
        return {value: frozenset({Expression(value, "n")})}
    found: dict[Fraction, set[Expression]] = {}
    for left, right in _splits(numbers):
        for x in (x for many in _reachable(left).values() for x in many):
            for y in (y for many in _reachable(right).values() for y in many):
                for made in _combine(x, y):
                    found.setdefault(made.value, set()).add(made)
    return {value: frozenset(many) for value, many in found.items()}


def _splits(numbers: tuple[int, ...]) -> set[tuple[tuple[int, ...], tuple[int, ...]]]:
    """The ways to part a sorted multiset in two, the second part never the larger one."""
    everything = range(len(numbers))
    return {
        (tuple(numbers[i] for i in everything if i not in part), tuple(numbers[i] for i in part))
        for size in range(1, len(numbers) // 2 + 1)
        for part in combinations(everything, size)
    }


def _combine(x: Expression, y: Expression) -> Iterator[Expression]:
    """The sum, the difference that is not negative, the product and the quotients of two expressions."""
    (xp, xm), (yp, ym) = _parts(x, "+"), _parts(y, "+")
    yield _node(x.value + y.value, "+", xp + yp, xm + ym)
    if x.value >= y.value:
        yield _node(x.value - y.value, "+", xp + ym, xm + yp)
    if y.value >= x.value:
        yield _node(y.value - x.value, "+", yp + xm, ym + xp)
    (xp, xm), (yp, ym) = _parts(x, "*"), _parts(y, "*")
    yield _node(x.value * y.value, "*", xp + yp, xm + ym)
    if y.value:
        yield _node(x.value / y.value, "*", xp + ym, xm + yp)
    if x.value:
        yield _node(y.value / x.value, "*", yp + xm, ym + xp)


def _parts(x: Expression, kind: str) -> tuple[tuple[Expression, ...], tuple[Expression, ...]]:
    return (x.plus, x.minus) if x.kind == kind else ((x,), ())


def _node(value: Fraction, kind: str, plus: tuple[Expression, ...], minus: tuple[Expression, ...]) -> Expression:
    if kind == "*":
        plus += tuple(factor for factor in minus if factor.value == 1)
        minus = tuple(factor for factor in minus if factor.value != 1)
    return Expression(value, kind, tuple(sorted(plus)), tuple(sorted(minus)))


def show(x: Expression) -> str:
    """The expression as a person writes it, with no more parentheses than needed."""
    if x.kind == "n":
        return str(x.value)
    if x.kind == "+":
        return " + ".join(map(show, x.plus)) + "".join(f" - {show(term)}" for term in x.minus)
    factors = [f"({show(part)})" if part.kind == "+" else show(part) for part in x.plus]
    divisors = [f" / ({show(part)})" if part.kind == "+" else f" / {show(part)}" for part in x.minus]
    return " * ".join(factors) + "".join(divisors)
