"""The Game of 24, decided: can 24 still be reached from what a path has left?"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from fractions import Fraction
from functools import lru_cache
from random import Random
from typing import Any

from harness.core import Desk, Path, Scores, UsageError

_SIGNS = {"×": "*", "·": "*", r"\times": "*", r"\cdot": "*", "÷": "/", r"\div": "/", "x": "*", "−": "-"}
_TOKEN = re.compile(r"\s*(\d{1,9}(?:\.\d{1,9})?|\\times|\\cdot|\\div|[-+*/×·÷x−()])")
_EQUATION = re.compile(
    r"((?:[-+*/×·÷x−()\s]|\d|\.(?=\d)|\\times|\\cdot|\\div){3,120})=\s*(-?\d{1,9}(?:[./]\d{1,9})?)(?![\d/])"
)
TARGET = Fraction(24)


class Exact:
    """1 while 24 can be reached from the numbers that the steps so far leave, else 0; of a finished response, whether
    it is right. For the task game24 alone. `noise` is the probability with which a verdict is turned round."""

    partial = True
    uses_gold = False
    concurrency = 64

    def __init__(self, name: str = "", *, noise: float = 0.0) -> None:
        self._noise = noise
        self.identity: Mapping[str, Any] = {"verifier": "exact", "version": "2", "noise": noise}
        self.environment: Mapping[str, Any] = {}

    async def score(self, path: Path, desk: Desk) -> Scores:
        """A score per step, that of a finished response's last step being its grade. A step is read by its
        equations of numbers; one that takes numbers that are not there, or reckons wrong, ends all hope; one without an
        equation changes nothing."""
        numbers = desk.problem.doc.get("numbers")
        if not isinstance(numbers, list | tuple):
            raise UsageError("The verifier 'exact' decides the Game of 24. Take it with the task game24.")
        left: Counter[Fraction] | None = Counter(Fraction(n) for n in numbers)
        scores, text = [], ""
        for step in path.steps:
            text += step
            left = _after(left, step)
            scores.append(self._told(left is not None and reachable(tuple(sorted(left.elements()))), path, text))
        if path.finished and scores:
            grade = await desk.grade(path.text)
            scores[-1] = self._told(grade.correct is True, path, text)
        return Scores(tuple(scores))

    def _told(self, truth: bool, path: Path, text: str) -> float:
        """The verdict, turned round with probability `noise` by a draw that belongs to the text."""
        turned = self._noise > 0 and Random(f"exact|{path.prompt.problem_id}|{text}").random() < self._noise  # noqa: S311
        return float(truth is not turned)

    async def close(self) -> None:
        """Nothing to let go."""


def _after(left: Counter[Fraction] | None, step: str) -> Counter[Fraction] | None:
    """The numbers after the equations of a step; None where it takes what is not there or reckons wrong. Text that is
    no equation of numbers changes nothing."""
    for written, result in _EQUATION.findall(step[:2000]):
        if left is None:
            return None
        taken: list[Fraction] = []
        try:
            value = _Reckoning(written, taken).value()
        except _NotRead:
            continue
        if len(taken) < 2:
            continue
        made, used = _fraction(result), Counter(taken)
        if value is None or value != made or any(left[number] < count for number, count in used.items()):
            return None
        left = left - used
        left[made] += 1
    return left


class _NotRead(Exception):
    """The text before an equals sign is no arithmetic."""


class _Reckoning:
    """The value of a short expression and the numbers that it takes; None after a division by zero."""

    def __init__(self, text: str, taken: list[Fraction]) -> None:
        self._tokens: list[str] = []
        end = 0
        while end < len(text.rstrip()):
            found = _TOKEN.match(text, end)
            if found is None:
                raise _NotRead
            self._tokens.append(_SIGNS.get(found[1], found[1]))
            end = found.end()
        self._taken = taken

    def value(self) -> Fraction | None:
        """The value of the whole."""
        found = self._sum(0)
        if self._tokens:
            raise _NotRead
        return found

    def _sum(self, depth: int) -> Fraction | None:
        found = self._product(depth)
        while self._tokens and self._tokens[0] in "+-":
            found = _reckon(found, self._tokens.pop(0), self._product(depth))
        return found

    def _product(self, depth: int) -> Fraction | None:
        found = self._atom(depth)
        while self._tokens and self._tokens[0] in "*/":
            found = _reckon(found, self._tokens.pop(0), self._atom(depth))
        return found

    def _atom(self, depth: int) -> Fraction | None:
        if not self._tokens or depth > 10:
            raise _NotRead
        first = self._tokens.pop(0)
        if first == "(":
            found = self._sum(depth + 1)
            if not self._tokens or self._tokens.pop(0) != ")":
                raise _NotRead
            return found
        if not first[0].isdigit():
            raise _NotRead
        self._taken.append(Fraction(first))
        return self._taken[-1]


def _fraction(text: str) -> Fraction | None:
    over, _, under = text.partition("/")
    return None if under and int(under) == 0 else Fraction(over) / int(under or 1)


def _reckon(x: Fraction | None, sign: str, y: Fraction | None) -> Fraction | None:
    if x is None or y is None or (sign == "/" and y == 0):
        return None
    return {"+": x + y, "-": x - y, "*": x * y}[sign] if sign != "/" else x / y


@lru_cache(maxsize=100_000)
def reachable(numbers: tuple[Fraction, ...]) -> bool:
    """Whether sums, differences, products and quotients of all of `numbers` can make 24."""
    if len(numbers) == 1:
        return numbers[0] == TARGET
    for i, x in enumerate(numbers):
        for j, y in enumerate(numbers):
            if i != j:
                rest = tuple(n for k, n in enumerate(numbers) if k not in (i, j))
                for sign in "+-*/":
                    made = _reckon(x, sign, y)
                    if made is not None and reachable(tuple(sorted((*rest, made)))):
                        return True
    return False
