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

_NUMBER = r"\(?(-?\d{1,9}(?:/\d{1,9})?)\)?"
_STEP = re.compile(rf"{_NUMBER}\s*([-+*/×·÷]|\\times|\\cdot|\\div)\s*{_NUMBER}\s*=\s*{_NUMBER}")
_SIGNS = {"×": "*", "·": "*", r"\times": "*", r"\cdot": "*", "÷": "/", r"\div": "/"}
TARGET = Fraction(24)


class Exact:
    """1 while 24 can be reached from the numbers that the steps so far leave, else 0; of a finished response, whether
    it is right. For the task game24 alone. `noise` is the probability with which a verdict is turned round."""

    partial = True
    uses_gold = False
    concurrency = 64

    def __init__(self, name: str = "", *, noise: float = 0.0) -> None:
        self._noise = noise
        self.identity: Mapping[str, Any] = {"verifier": "exact", "noise": noise}
        self.environment: Mapping[str, Any] = {}

    async def score(self, path: Path, desk: Desk) -> Scores:
        """A score per step, that of a finished response's last step being its grade. A step is read as `a op b = c`
        lines; one that takes numbers that are not there, or reckons wrong, ends all hope; one without such a line
        changes nothing."""
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
    """The numbers after the equations of a step; None where it takes what is not there or reckons wrong."""
    for a, sign, b, c in _STEP.findall(step[:2000]):
        if left is None:
            return None
        x, y, result = (_fraction(text) for text in (a, b, c))
        if x is None or y is None or result is None or _reckon(x, _SIGNS.get(sign, sign), y) != result:
            return None
        taken = Counter([x, y])
        if any(left[number] < count for number, count in taken.items()):
            return None
        left = left - taken
        left[result] += 1
    return left


def _fraction(text: str) -> Fraction | None:
    over, _, under = text.partition("/")
    return None if under and int(under) == 0 else Fraction(int(over), int(under or 1))


def _reckon(x: Fraction, sign: str, y: Fraction) -> Fraction | None:
    if sign == "/":
        return x / y if y else None
    return {"+": x + y, "-": x - y, "*": x * y}[sign]


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
